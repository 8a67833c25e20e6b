"""Books are taken in and read: bad files are set aside and the rest goes on, and a killed reader loses nothing."""

import base64
import io
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text

from connectors.ledger import Ledger, open_ledger
from connectors.ledger.book_progress import book_progress
from connectors.ledger.pages import pages_of, scans_of, set_aside_by, try_again
from connectors.vault import Vault
from dags.steps.digitising import DroppedFile, read_pages, take_in
from dags.steps.looking_over import likely_doubles, number_gaps
from schemas.register_forms import forms_of
from schemas.source import Book
from tests.support import scans
from tests.support.paper_pages import access_copy_of
from tests.support.register_pages import Damage, make_page

BOOK = Book(book_kind="KS", opened_year=1998, book_number="01", place_as_written="xã Hạp Lĩnh, huyện Tiên Du")
CLEAN = Damage(dpi=200)
NAMES = ("NGUYỄN THỊ HẠNH", "TRẦN VĂN SƠN", "LÊ QUANG MINH", "PHẠM THỊ THỦY")


def dropped(files: Mapping[str, bytes]) -> list[DroppedFile]:
    return [DroppedFile(name, lambda content=content: io.BytesIO(content)) for name, content in files.items()]


def take(ledger: Ledger, files: Mapping[str, bytes], **options: Any) -> Counter[str]:
    return take_in(ledger, BOOK, dropped(files), province_code="24", commune_code="09430", **options).counts


def birth_page(number: int, name: str) -> bytes:
    """A page of a birth register, entry `number`."""
    row = {
        "so": str(number),
        "quyenSo": "01",
        "ngayDangKy": "04/05/1998",
        "nksHoTen": name,
        "nksGioiTinh": "Nam",
        "nksNgaySinh": "01/05/1998",
        "nksNoiSinh": "xã Hạp Lĩnh",
        "meHoTen": "ĐỖ THỊ MAI",
        "chaHoTen": "NGUYỄN VĂN AN",
    }
    return make_page("ks_a4_dotted", number, done=CLEAN, rows=[row]).jpeg


def rows(ledger: Ledger, question: str) -> list[Any]:
    with ledger.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(question))]


def states(ledger: Ledger, book_id: int = 1) -> list[tuple[int, str, str | None]]:
    return [(page.page_number, page.state, page.reason_code) for page in pages_of(ledger, book_id)]


# Files come in


def test_each_bad_file_is_set_aside_with_its_reason_and_the_rest_of_the_book_goes_on(ledger: Ledger) -> None:
    counts = take(
        ledger,
        {
            "p1.jpg": scans.jpeg(scans.page(1)),
            "p2.pdf": scans.truncated(scans.pdf(scans.page(2))),
            "p3.tif": scans.huge_tiff(),
            "p4.zip": scans.zip_bomb(),
            "p5.pdf": scans.pdf(scans.page(5), scans.blank_page(), scans.page(6)),
            "p6.jpg": scans.truncated(scans.jpeg(scans.page(7))),
            "p7.exe": b"MZ a program",
            "p8.png": scans.png(scans.page(1)),
            "p9.xlsx": scans.workbook(),
        },
    )
    assert counts == {"scans": 4, "pages": 6, "set_aside": 2, "refused": 5}
    assert [(scan.name, scan.reason_code) for scan in scans_of(ledger, 1) if scan.reason_code] == [
        ("p2.pdf", "damaged"),
        ("p3.tif", "too_many_pixels"),
        ("p4.zip", "zip_bomb"),
        ("p7.exe", "unknown_type"),
        ("p9.xlsx", "keyed_file"),
    ]
    assert states(ledger) == [
        (1, "received", None),
        (2, "received", None),
        (3, "set_aside", "blank"),
        (4, "received", None),
        (5, "set_aside", "damaged"),
        (6, "received", None),
    ]
    assert pages_of(ledger, 1)[5].fault_codes == ("likely_duplicate",), "page 1 once more, as PNG"


def test_files_are_taken_once_and_in_the_order_of_their_numbers(ledger: Ledger) -> None:
    files = {f"p{number}.jpg": scans.jpeg(scans.page(number)) for number in (10, 9, 1)}
    assert take(ledger, files) == {"scans": 3, "pages": 3}
    assert [scan.name for scan in scans_of(ledger, 1)] == ["p1.jpg", "p9.jpg", "p10.jpg"]
    before = rows(ledger, "SELECT * FROM pages ORDER BY page_id")
    assert take(ledger, files) == {"repeated": 3}
    assert rows(ledger, "SELECT * FROM pages ORDER BY page_id") == before


def test_a_heic_that_was_refused_is_taken_when_the_library_is_there(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"IMG_1.HEIC": scans.heic(scans.page(1))}
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "pillow_heif", None)
        assert take(ledger, files) == {"refused": 1}
        assert take(ledger, files) == {"repeated": 1}
    assert take(ledger, files) == {"scans": 1, "pages": 1}
    assert [(scan.media_type, scan.reason_code, scan.pages) for scan in scans_of(ledger, 1)] == [
        ("image/heic", None, 1)
    ]
    assert states(ledger) == [(1, "received", None)]
    assert take(ledger, files) == {"repeated": 1}


def test_the_same_image_in_another_file_is_set_aside_as_a_duplicate(ledger: Ledger) -> None:
    take(ledger, {"p1.png": scans.png(scans.page(1))})
    take(ledger, {"p2.tif": scans.tiff(scans.page(1))})
    assert states(ledger) == [(1, "received", None), (2, "set_aside", "duplicate")]


def test_a_better_scan_takes_the_place_of_a_page(ledger: Ledger) -> None:
    take(ledger, {"p1.jpg": scans.jpeg(scans.blank_page()), "p2.jpg": scans.jpeg(scans.page(2))})
    page_id = pages_of(ledger, 1)[0].page_id
    assert take(ledger, {"p1b.jpg": scans.jpeg(scans.page(1))}, replaces=page_id) == {"scans": 1, "pages": 1}
    assert states(ledger) == [(1, "replaced", "blank"), (1, "received", None), (2, "received", None)]


# Pages are read


def test_a_book_is_read_found_and_ready_for_keying(ledger: Ledger) -> None:
    upside_down = scans.jpeg(scans.page(9).rotate(180))
    files = {f"p{number}.jpg": birth_page(number, name) for number, name in zip((1, 2, 4), NAMES, strict=False)}
    take(ledger, {**files, "p5.jpg": upside_down})
    assert read_pages(ledger, processes=1) == {"read": 3, "records": 3, "set_aside": 1, "books": 1}
    assert [(number, state) for number, state, _ in states(ledger)] == [
        (1, "read"),
        (2, "read"),
        (3, "read"),
        (4, "set_aside"),
    ]
    progress = book_progress(ledger, 1)
    assert progress is not None
    assert (progress.state, progress.records, progress.keyed) == ("keying", 3, 0)
    assert (
        rows(ledger, "SELECT subject_kind, province_code, commune_code, year FROM searchables")
        == [("reading", "24", "09430", 1998)] * 3
    )
    ((detail,),) = rows(ledger, "SELECT detail FROM events WHERE kind = 'book_read'")
    assert detail == {"gaps": [[3, 3]], "likely_duplicates": 0}
    assert read_pages(ledger, processes=1) == {}


def test_boxes_lie_on_the_access_copy_where_the_name_is_written(ledger: Ledger) -> None:
    import cv2
    import numpy as np

    take(ledger, {"p1.jpg": birth_page(1, NAMES[0])})
    read_pages(ledger, processes=1)
    (page,) = pages_of(ledger, 1)
    assert page.fit is not None
    left, top, width, height = page.fit["boxes_px"]["0"]["nksHoTen"]
    copy = access_copy_of(ledger, page.page_id)
    image = cv2.imdecode(np.frombuffer(copy, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    assert 0 < left < left + width < image.shape[1]
    per_mm = image.shape[1] / (210 + 2 * 2)  # the page and the border that the scanner sees
    assert left / per_mm == pytest.approx(2 + 18 + 40, abs=4), "the frame begins at 18 mm, the dots at 40 mm"
    assert top / per_mm < 2 + 17 + 40 < (top + height) / per_mm + 4, "their line is at 40 mm"


def test_a_page_upside_down_is_set_aside_and_read_when_it_is_scanned_again(ledger: Ledger) -> None:
    good = make_page("ks_a4_dotted", 1, done=CLEAN)
    turned = make_page("ks_a4_dotted", 1, done=Damage(dpi=200, turned=2))
    take(ledger, {"p1.jpg": turned.jpeg})
    assert read_pages(ledger, processes=1) == {"set_aside": 1, "books": 1}
    assert states(ledger) == [(1, "set_aside", "upside_down")]
    take(ledger, {"p1b.jpg": good.jpeg}, replaces=pages_of(ledger, 1)[0].page_id)
    read_pages(ledger, processes=1)
    assert states(ledger) == [(1, "replaced", "upside_down"), (1, "read", None)]


def test_a_page_scanned_twice_is_marked_by_what_is_read_of_it(ledger: Ledger) -> None:
    row = make_page("ks_a4_dotted", 3, done=CLEAN).rows
    first = make_page("ks_a4_dotted", 3, done=CLEAN, rows=row)
    again = make_page("ks_a4_dotted", 3, done=Damage(dpi=300, skew_deg=1.2), rows=row)
    take(ledger, {"p1.jpg": first.jpeg, "p2.jpg": again.jpeg, "p3.jpg": birth_page(7, NAMES[1])})
    read_pages(ledger, processes=1)
    assert [page.fault_codes for page in pages_of(ledger, 1)] == [(), ("likely_duplicate",), ()]


def test_pages_that_read_alike_and_missing_numbers_are_found() -> None:
    first = {(0, "so"): "1", (0, "a"): "x", (0, "b"): "y", (0, "c"): "z", (0, "d"): "w"}
    again = {**first, (0, "d"): "v"}
    other = {**first, (0, "a"): "p", (0, "b"): "q"}
    assert likely_doubles({1: first, 2: other, 3: again}) == [3]
    assert likely_doubles({1: {(0, "so"): "1"}, 2: {(0, "so"): "1"}}) == [], "too little is read to say so"
    assert number_gaps(["1", "2", "5", "x", "9999"]) == [(3, 4)]


def test_a_book_of_a_kind_without_a_form_is_set_aside_page_by_page(ledger: Ledger) -> None:
    book = BOOK.model_copy(update={"book_kind": "HN"})
    assert forms_of("HN", 1998) == ()
    take_in(ledger, book, dropped({"p1.jpg": scans.jpeg(scans.page(1))}), province_code="24")
    assert read_pages(ledger, processes=1) == {"set_aside": 1, "books": 1}
    assert states(ledger) == [(1, "set_aside", "no_form")]


# Readers are killed


def end_state(ledger: Ledger) -> list[Any]:
    return [
        *rows(ledger, "SELECT page_number, state, form_code, attempts FROM pages ORDER BY page_number"),
        *rows(ledger, "SELECT page_id, row_number, state FROM records ORDER BY page_id, row_number"),
        *rows(ledger, "SELECT count(*) FROM readings"),
        *rows(ledger, "SELECT count(*), count(DISTINCT subject_id) FROM searchables"),
        *rows(ledger, "SELECT state FROM books"),
    ]


def _read_in_child(url: URL) -> None:
    with open_ledger(url, Vault(bytes(range(32)))) as ledger:
        read_pages(ledger, processes=1)


def test_a_reader_that_is_killed_in_the_middle_ends_in_the_undisturbed_state(
    ledger: Ledger, ledger_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(ledger, {f"p{number}.jpg": birth_page(number, name) for number, name in enumerate(NAMES, 1)})
    context = get_context("spawn")
    killed = 0
    for _ in range(2):
        reader = context.Process(target=_read_in_child, args=(ledger_url,))
        reader.start()
        before = rows(ledger, "SELECT count(*) FROM readings")
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and rows(ledger, "SELECT count(*) FROM readings") == before:
            time.sleep(0.02)
        assert reader.pid is not None
        os.kill(reader.pid, signal.SIGKILL)
        reader.join()
        killed += 1
    unread = rows(ledger, "SELECT count(*) FROM pages WHERE state = 'received'")[0][0]
    assert killed == 2
    assert 1 <= unread <= 2, "each reader was killed after one page at least"
    monkeypatch.setenv("LIENTHONG_MASTER_KEY", base64.b64encode(bytes(range(32))).decode())
    assert read_pages(ledger, processes=2)["read"] == unread
    assert [row[:2] for row in end_state(ledger)[:4]] == [(number, "read") for number in (1, 2, 3, 4)]
    assert end_state(ledger)[4:] == [
        *[(page_id, 0, "unkeyed") for page_id in (1, 2, 3, 4)],
        (8,),
        (4, 4),
        ("keying",),
    ]


def test_a_page_that_is_tried_again_keeps_its_records(ledger: Ledger) -> None:
    take(ledger, {"p1.jpg": birth_page(1, NAMES[0])})
    read_pages(ledger, processes=1)
    (page,) = pages_of(ledger, 1)
    undisturbed = end_state(ledger)
    set_aside_by(ledger, page.page_id, "lan")
    assert rows(ledger, "SELECT FROM searchables") == []
    assert try_again(ledger, page.page_id, "lan")
    read_pages(ledger, processes=1)
    assert end_state(ledger) == undisturbed


def test_a_folder_gives_its_files(tmp_path: Path) -> None:
    (tmp_path / "p1.jpg").write_bytes(b"x")
    file = DroppedFile.at(tmp_path / "p1.jpg")
    with file.open() as stream:
        assert (file.name, stream.read()) == ("p1.jpg", b"x")
