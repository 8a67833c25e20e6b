"""Files become masters: known by content, guarded before they are decoded, each refused alone and with a reason."""

import io
import sys
from collections.abc import Callable
from hashlib import sha256

import numpy as np
import pytest

from connectors.paper.book_names import (
    BookFacts,
    book_facts,
    checked_facts,
    entry_number_of,
    facts_of_book_file,
    facts_of_name,
    gaps,
    name_gaps,
    natural_order,
    page_number_of,
)
from connectors.paper.examining import Examiner
from connectors.paper.intake import ScanMaster, ScanReason, ScanRefused, masters_of, media_type_of
from connectors.paper.masters import access_copy, opened
from tests.support import scans

KNOWN = BookFacts("KS", 1998, "01", "")
HAP_LINH = BookFacts("KS", 1998, "01", "xã Hạp Lĩnh, huyện Tiên Du")


def masters(name: str, content: bytes) -> list[ScanMaster]:
    return list(masters_of(name, io.BytesIO(content)))


def refusals(name: str, content: bytes) -> list[str | None]:
    return [master.reason_code for master in masters(name, content)]


def pages_of(content: bytes) -> int:
    (master,) = masters("x", content)
    return count_of(master)


def count_of(master: ScanMaster) -> int:
    with opened(master.content, master.media_type) as found:
        return found.count


# What a file is


@pytest.mark.parametrize(
    ("make", "media_type"),
    [
        (lambda: scans.jpeg(scans.page()), "image/jpeg"),
        (lambda: scans.png(scans.page()), "image/png"),
        (lambda: scans.heic(scans.page()), "image/heic"),
        (lambda: scans.tiff(scans.page()), "image/tiff"),
        (lambda: scans.pdf(scans.page()), "application/pdf"),
        (lambda: scans.zipped({"a.jpg": b""}), "application/zip"),
        (lambda: b"hello", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_content_says_whatever_it_is_called(make: Callable[[], bytes], media_type: str) -> None:
    assert media_type_of(make()) == media_type


def test_a_master_is_kept_as_it_came_with_its_digest() -> None:
    content = scans.jpeg(scans.page())
    (master,) = masters("trang 1.pdf", content)
    assert (master.content, master.size, master.reason_code) == (content, len(content), None)
    assert master.sha256 == sha256(content).digest()


def test_every_page_of_a_pdf_and_of_a_tiff_is_there() -> None:
    assert pages_of(scans.pdf(scans.page(1), scans.page(2), scans.page(3))) == 3
    assert pages_of(scans.tiff(scans.page(1), scans.page(2))) == 2
    assert pages_of(scans.jpeg(scans.page(1))) == 1


def test_an_archive_gives_its_files_and_the_clutter_of_file_managers_is_none() -> None:
    page = scans.jpeg(scans.page())
    files = {"a/1.jpg": page, "__MACOSX/a/._1.jpg": b"x", "a/.DS_Store": b"x", "a/Thumbs.db": b"x", "a/2.txt": b"x"}
    assert [(master.name, master.reason_code) for master in masters("so.zip", scans.zipped(files))] == [
        ("a/1.jpg", None),
        ("a/2.txt", "unknown_type"),
    ]


def test_a_pdf_page_is_drawn_in_the_resolution_of_its_scan() -> None:
    with opened(scans.pdf(scans.page()), "application/pdf") as master:
        page = master.page(0)
    assert page.image.shape[0] == 2339
    assert page.image.shape[1] in (1654, 1655), "a PDF has points, not pixels"
    assert page.dpi == pytest.approx(200, abs=1)
    assert page.image[20, 20].tolist() == pytest.approx([222, 238, 244], abs=4), "blue, green, red of the paper"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I;16", "LA"])
def test_every_mode_of_an_image_becomes_blue_green_red_of_eight_bits(mode: str) -> None:
    from PIL import Image

    image, file = scans.smaller(scans.page(), 0.3), io.BytesIO()
    if mode == "I;16":
        grey = np.asarray(image.convert("L"), np.uint16) * 256
        Image.fromarray(grey).save(file, "TIFF")
    else:
        image.convert("RGB" if mode == "LA" else mode).convert(mode).save(file, "TIFF")
    with opened(file.getvalue(), "image/tiff") as master:
        found = master.page(0).image
    assert (found.dtype, found.shape) == (np.uint8, (702, 496, 3))
    assert found.max() > 200, "paper is bright"
    assert found.min() < 110, "ink is dark"


def test_the_orientation_that_a_phone_writes_down_is_applied_to_the_copy_and_not_to_the_master() -> None:
    content = scans.jpeg(scans.page(), orientation=6)
    (master,) = masters("IMG_1.jpg", content)
    with opened(master.content, master.media_type) as found:
        image = found.page(0).image
    assert image.shape[:2] == (1654, 2339), "turned by a quarter"
    assert master.content == content


def test_a_photograph_of_an_iphone_is_read_as_others_are() -> None:
    """Its orientation is applied once; its dots per inch are those of a camera, and say nothing."""
    dark = scans.page().copy()
    dark.paste((10, 10, 10), (0, 0, 400, 200))
    content = scans.heic(dark, orientation=6)
    (master,) = masters("IMG_0001.HEIC", content)
    assert (master.reason_code, master.content) == (None, content)
    with opened(master.content, master.media_type) as found:
        page = found.page(0)
    assert (found.count, page.image.shape, page.dpi) == (1, (1654, 2339, 3), None), "turned by a quarter"
    corners = [int(page.image[row, column].max()) for row in (50, -50) for column in (50, -50)]
    assert [level < 60 for level in corners] == [False, True, False, False], "top left went to top right"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda content: scans.heic_that_says(content, 30_000, 20_000), "too_many_pixels"),
        (lambda content: scans.heic_that_says(content, 12_000, 10_000), "too_many_pixels"),
        (lambda content: scans.heic_that_says(content, 64, 48), "damaged"),
        (lambda content: scans.heic_that_says(content, 0, 0), "damaged"),
        (scans.truncated, "damaged"),
        (lambda content: content[:200], "damaged"),
    ],
)
def test_a_heic_that_is_too_large_or_lies_or_is_cut_is_refused(make: Callable[[bytes], bytes], reason: str) -> None:
    """600 million pixels are refused by the header, before anything is decoded."""
    (master,) = masters("IMG_1.HEIC", make(scans.heic(scans.page().resize((1600, 2400)))))
    assert master.reason_code is None
    with pytest.raises(ScanRefused) as refused, opened(master.content, master.media_type) as found:
        found.page(0)
    assert refused.value.reason_code == reason


def test_where_the_library_is_missing_a_heic_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    content = scans.heic(scans.page())
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert refusals("IMG_1.HEIC", content) == ["phone_format"]


def test_an_access_copy_is_about_a_hundred_kilobytes_and_says_its_scale() -> None:
    with opened(scans.png(scans.page()), "image/png") as master:
        copy = access_copy(master.page(0).image)
    assert 30_000 < len(copy.jpeg) <= 100_000
    with opened(copy.jpeg, "image/jpeg") as small:
        assert small.page(0).image.shape[1] == round(1654 * copy.scale)


# What is refused


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("so.pdf", lambda: scans.truncated(scans.pdf(scans.page(1), scans.page(2))), "damaged"),
        ("so.pdf", lambda: scans.without_its_last_lines(scans.pdf(scans.page(1), scans.page(2))), "damaged"),
        ("so.pdf", lambda: scans.pdf(scans.page(), password="bí mật"), "locked"),
        ("so.tif", scans.huge_tiff, "too_many_pixels"),
        ("so.jpg", lambda: b"\xff\xd8\xff\xe0 no image", "damaged"),
        ("so.png", lambda: b"\x89PNG\r\n\x1a\n", "damaged"),
        ("so.pdf", lambda: b"%PDF-1.7 no document", "damaged"),
    ],
)
def test_what_cannot_be_opened_is_refused_when_it_is_opened(name: str, make: Callable[[], bytes], reason: str) -> None:
    (master,) = masters(name, make())
    assert master.reason_code is None
    with pytest.raises(ScanRefused) as refused:
        count_of(master)
    assert refused.value.reason_code == reason


@pytest.mark.parametrize(
    ("name", "make", "reasons"),
    [
        ("so.zip", scans.zip_bomb, ["zip_bomb"]),
        ("so.zip", lambda: scans.zipped({"../../etc/cron.d/x.jpg": b"x"}), ["unsafe_name"]),
        ("so.zip", lambda: scans.zipped({"/etc/x.jpg": b"x", "1.txt": b"x"}), ["unsafe_name", "unknown_type"]),
        ("so.zip", lambda: scans.zipped({"C:\\x.jpg": b"x"}), ["unsafe_name"]),
        ("so.zip", lambda: scans.zipped({"a\\..\\..\\x.jpg": b"x"}), ["unsafe_name"]),
        ("so.zip", scans.linked_zip, ["unsafe_name"]),
        ("so.zip", lambda: scans.zipped({"inner.zip": scans.zipped({"1.jpg": b"x"})}), ["nested_archive"]),
        ("so.zip", lambda: scans.truncated(scans.zipped({"1.jpg": bytes(range(256)) * 90})), ["damaged"]),
        ("so.zip", lambda: scans.lying_zip("1.jpg", bytes(9000), 50), ["damaged"]),
        ("so.jpg", lambda: b"", ["empty_file"]),
        ("so.jpg", lambda: b"MZ\x90 a program", ["unknown_type"]),
        ("IMG_1.jpg", lambda: b"\x00\x00\x00\x18ftypavif" + bytes(40), ["phone_format"]),
        ("IMG_1.jpg", lambda: b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00avifmiaf" + bytes(40), ["phone_format"]),
        ("so.xlsx", scans.workbook, ["keyed_file"]),
        ("so.csv", lambda: b"so,quyenSo\n1,01/1998\n", ["keyed_file"]),
        ("so.zip", lambda: scans.zipped({"so.xlsx": scans.workbook(), "1.dbf": b"\x03"}), ["keyed_file"] * 2),
    ],
)
def test_what_is_no_scan_or_wants_to_do_harm_is_refused_before_it_is_opened(
    name: str, make: Callable[[], bytes], reasons: list[str]
) -> None:
    assert refusals(name, make()) == reasons


def test_a_file_beside_a_refused_one_goes_on() -> None:
    good = scans.jpeg(scans.page())
    packed = scans.zipped({"../x.jpg": good, "1.jpg": good, "2.jpg": b""})
    assert [(master.name, master.reason_code) for master in masters("so.zip", packed)] == [
        ("../x.jpg", "unsafe_name"),
        ("1.jpg", None),
        ("2.jpg", "empty_file"),
    ]


def test_a_file_of_too_many_bytes_is_refused_without_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    content = scans.jpeg(scans.page())
    monkeypatch.setattr("connectors.paper.intake.MOST_BYTES", len(content) - 1)
    (master,) = masters("1.jpg", content)
    assert (master.reason_code, master.content, master.size) == ("too_many_bytes", b"", len(content))
    assert refusals("so.zip", scans.zipped({"1.jpg": content})) == ["too_many_bytes"]


def test_a_document_of_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.paper.masters.MOST_PAGES", 1)
    for content in (scans.pdf(scans.page(1), scans.page(2)), scans.tiff(scans.page(1), scans.page(2))):
        with pytest.raises(ScanRefused, match="too_many_pages"):
            pages_of(content)


def test_an_image_of_too_many_pixels_inside_a_pdf_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = scans.pdf(scans.page(), dpi=400)  # a small page: drawn at 200 dots per inch it has a quarter of them
    assert pages_of(content) == 1
    monkeypatch.setattr("connectors.paper.masters.MOST_PIXELS", 1654 * 2339 - 1)
    with pytest.raises(ScanRefused, match="too_many_pixels"):
        pages_of(content)


def test_what_breaks_or_stalls_the_program_that_opens_it_breaks_that_process_alone() -> None:
    good = masters("1.jpg", scans.jpeg(scans.page()))[0]
    with Examiner() as examiner:
        examiner.examine(good)
        assert examiner._process is not None
        examiner._process.kill()
        with pytest.raises(ScanRefused, match="breaks_reader"):
            examiner.examine(good)
        assert len(examiner.examine(good)) == 1, "the next file has a new process"
    with Examiner(longest_page_s=0.001) as impatient, pytest.raises(ScanRefused, match="breaks_reader"):
        impatient.examine(good)


def test_the_process_says_why_it_refuses_and_goes_on() -> None:
    bad, good = masters("1.tif", scans.huge_tiff())[0], masters("2.jpg", scans.jpeg(scans.page()))[0]
    with Examiner() as examiner:
        with pytest.raises(ScanRefused) as refused:
            examiner.examine(bad)
        assert refused.value.reason_code == ScanReason.TOO_MANY_PIXELS
        assert [page.fault_codes for page in examiner.examine(good)] == [()]


# Which book it is of


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("KS.1998.01", KNOWN),
        ("ks_1998_01", KNOWN),
        ("KS-1998-01 xã Hạp Lĩnh, huyện Tiên Du", HAP_LINH),
        ("KS.1998.01.1998-05-04.034.pdf", KNOWN),
        ("so/KS.1998.01 trang 12.jpg", KNOWN),
        ("KS.1998.01 p3.tif", KNOWN),
        ("CMC.1985.2A", BookFacts("CMC", 1985, "2A", "")),
        ("HN 1977 03 phường Vĩnh Ninh.pdf", BookFacts("HN", 1977, "03", "phường Vĩnh Ninh")),
        ("KS.0001.01", BookFacts()),
        ("XX.1998.01", BookFacts()),
        ("KS.98.01", BookFacts()),
        ("Scan_20240101_001.jpg", BookFacts()),
        ("", BookFacts()),
    ],
)
def test_a_name_says_which_book_it_is_of_or_nothing(name: str, facts: BookFacts) -> None:
    assert facts_of_name(name) == facts


def test_a_name_with_marks_apart_from_their_letters_is_read_as_one_with_whole_letters() -> None:
    import unicodedata

    name = unicodedata.normalize("NFD", "KS-1998-01 xã Hạp Lĩnh, huyện Tiên Du")
    assert facts_of_name(name) == HAP_LINH


def test_what_a_name_does_not_say_is_asked_for_and_not_guessed() -> None:
    assert KNOWN.missing == ["place"]
    assert BookFacts().missing == ["kind", "year", "number", "place"]
    with pytest.raises(ValueError, match="place"):
        KNOWN.book()
    assert HAP_LINH.book().book_code == "01/1998"


def test_a_book_file_says_what_names_do_not() -> None:
    content = '{"kind": "ks", "year": 1998, "number": "01", "place": "xã Hạp Lĩnh,  huyện Tiên Du"}'.encode()
    assert facts_of_book_file(content) == HAP_LINH
    for bad in (b"{", b"[]", b'{"loai": "KS"}', b'{"kind": "XX"}', b'{"year": 19988}', b'{"year": "n\xc4\x83m"}'):
        with pytest.raises(ValueError, match=r"must be|no JSON"):
            facts_of_book_file(bad)


def test_two_books_in_one_folder_are_told_apart_and_what_belongs_to_none_is_listed() -> None:
    found = book_facts("sổ quét", ["KS.1998.01 p2.jpg", "KT.1999.03 p1.jpg", "KS.1998.01 p1.jpg", "IMG_7.jpg"])
    assert [(book.facts.kind, book.names) for book in found.books] == [
        ("KS", ("KS.1998.01 p1.jpg", "KS.1998.01 p2.jpg")),
        ("KT", ("KT.1999.03 p1.jpg",)),
    ]
    assert found.homeless == ("IMG_7.jpg",)


def test_a_file_without_a_book_in_its_name_belongs_to_the_book_of_its_folder() -> None:
    found = book_facts("KS-1998-01 xã Hạp Lĩnh, huyện Tiên Du", ["IMG_10.jpg", "IMG_9.jpg", "KT.1999.03 p1.jpg"])
    assert [(book.facts, book.names) for book in found.books] == [
        (HAP_LINH, ("IMG_9.jpg", "IMG_10.jpg")),
        (BookFacts("KT", 1999, "03", ""), ("KT.1999.03 p1.jpg",)),
    ]
    assert found.homeless == ()


def test_what_a_person_says_counts_for_the_folders_own_book() -> None:
    given = checked_facts({"place": "xã Hạp Lĩnh, huyện Tiên Du"})
    (book,) = book_facts("quét", ["KS.1998.1 p1.jpg"], given).books
    assert book.facts == BookFacts("KS", 1998, "1", "xã Hạp Lĩnh, huyện Tiên Du")
    (unknown,) = book_facts("quét", ["IMG_1.jpg"]).books
    assert unknown.facts.missing == ["kind", "year", "number", "place"]


def test_numbers_in_names_order_pages_and_show_gaps() -> None:
    assert sorted(["p10.jpg", "p9.jpg", "p1.jpg"], key=natural_order) == ["p1.jpg", "p9.jpg", "p10.jpg"]
    assert [page_number_of(name) for name in ("p012.jpg", "so trang 3.tif", "IMG_7.jpg")] == [12, 3, None]
    assert entry_number_of("KS.1998.01.1998-05-04.034.pdf") == 34
    assert entry_number_of("KS.1998.01.pdf") is None
    assert name_gaps(["p1.jpg", "p2.jpg", "p5.jpg", "IMG_99.jpg"]) == [(3, 4)]
    assert name_gaps(["KS.1998.01.1998-05-04.034.pdf", "KS.1998.01.1998-05-06.036.pdf"]) == [(35, 35)]
    assert gaps([1, 2, 5, 9, 5]) == [(3, 4), (6, 8)]
    assert gaps([]) == gaps([7]) == []
