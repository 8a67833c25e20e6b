"""The ministry's form of a book, read back with openpyxl, zipfile and pikepdf."""

import base64
import json
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from PIL import Image
from sqlalchemy import URL
from typer.testing import CliRunner, Result

from connectors.ledger import Ledger, open_ledger
from connectors.paper.case_pdf import PageCopy, case_pdf
from connectors.paper.handover import HandoverRefused, name_date
from connectors.vault import Vault
from dags.cli.app import app
from dags.steps.handing_over import HandoverForm, find_book, hand_over
from schemas.register_columns import columns_of
from tests.support.paper_books import BIRTH, PaperBook, page_image

MINISTRY = HandoverForm.MINISTRY
OPENED: list[pikepdf.Pdf] = []
"""Documents that stay open as long as their images are looked at."""
BLANK, ILLEGIBLE = {"mark": "blank"}, {"mark": "illegible"}


@pytest.fixture
def book(ledger: Ledger) -> PaperBook:
    """Three births on two pages."""
    book = PaperBook(ledger)
    first, second = book.page(1), book.page(2)
    book.record({**BIRTH, "so": "0034", "meHoTen": BLANK, "nksQueQuan": ILLEGIBLE}, first)
    book.record({**BIRTH, "so": "35", "ngayDangKy": "03.1962", "ghiChu": '=HYPERLINK("x")'}, second)
    book.record({**BIRTH, "so": "36/b", "ngayDangKy": "1962", "chaSoGiayToTuyThan": "012345678"}, first)
    return book


def rows_of(path: Path) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))


def page_of(pdf: bytes) -> pikepdf.Page:
    """The one page of a PDF."""
    opened = pikepdf.open(BytesIO(pdf))
    OPENED.append(opened)
    (page,) = opened.pages
    return page


def image_of(pdf: bytes) -> pikepdf.Object:
    (image,) = page_of(pdf).get_images().values()
    return image


def test_one_row_and_one_pdf_for_each_record(book: PaperBook, tmp_path: Path) -> None:
    handed = hand_over(book.ledger, "lan", book.book_id, tmp_path, MINISTRY)
    assert [path.name for path in handed.paths] == ["KS.1962.01.xlsx", "KS.1962.01.zip"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["KS.1962.01.xlsx", "KS.1962.01.zip"]
    assert handed.counts == {"records": 3, "pdfs": 3}
    header, *rows = rows_of(handed.paths[0])
    assert header == ("STT", *columns_of("KS"))
    assert len(header) == 61
    assert [row[0] for row in rows] == ["1", "2", "3"]
    with zipfile.ZipFile(handed.paths[1]) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        images = [image_of(archive.read(name)) for name in names]
    assert names == ["KS.1962.01.1962-03-12.0034.pdf", "KS.1962.01.1962.036-b.pdf", "KS.1962.01.1962-03.035.pdf"]
    assert [(image.Width, image.Height) for image in images] == [(640, 900)] * 3


def test_cells_are_texts_as_they_were_keyed(book: PaperBook, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(hand_over(book.ledger, "lan", book.book_id, tmp_path, MINISTRY).paths[0]).active
    place = {cell.value: cell.column - 1 for cell in sheet[1]}
    first, third, second = ({name: row[at] for name, at in place.items()} for row in sheet.iter_rows(min_row=2))
    assert (first["so"].value, first["ngayDangKy"].value, first["meNgaySinh"].value) == ("0034", "12.03.1962", "1935")
    assert (first["meHoTen"].value, first["nksQueQuan"].value) == (None, "(không đọc được)")
    assert (second["ngayDangKy"].value, third["ngayDangKy"].value) == ("03.1962", "1962")
    assert (second["ghiChu"].value, second["ghiChu"].data_type) == ('=HYPERLINK("x")', "s")
    assert (third["chaSoGiayToTuyThan"].value, third["chaSoGiayToTuyThan"].number_format) == ("012345678", "@")
    assert {cell.data_type for cell in third.values() if cell.value is not None} == {"s"}


def test_a_character_that_no_sheet_may_hold_spoils_no_book(ledger: Ledger, tmp_path: Path) -> None:
    book = PaperBook(ledger)
    book.record({**BIRTH, "ghiChu": "a\x0bb\ud800"}, book.page())
    assert rows_of(hand_over(ledger, "lan", book.book_id, tmp_path, MINISTRY).paths[0])[1][10] == "a\ufffdb\ufffd"


def test_a_pdf_shows_the_page_or_the_row_of_its_record_and_is_small(ledger: Ledger, tmp_path: Path) -> None:
    book = PaperBook(ledger, {"book_kind": "KT"})
    page_id = book.page(copy=page_image(2000, 1400))
    for row, (top, bottom) in enumerate(((200, 300), (400, 500)), 1):
        values = {"so": str(row), "quyenSo": "01/1962", "ngayDangKy": "01.02.1962", "nktHoTen": "A"}
        record_id = book.record(values, page_id, row_number=row)
        book.reading(record_id, {"so": (30, top, 80, 40), "nktHoTen": (120, top + 20, 400, bottom - top - 20)})
    archive = zipfile.ZipFile(hand_over(ledger, "lan", book.book_id, tmp_path, MINISTRY).paths[1])
    for name in archive.namelist():
        pdf = archive.read(name)
        assert len(pdf) < 110_000
        image = image_of(pdf)
        assert (image.Width, image.Height) == (1400, 130)  # a hundred of its own, fifteen to each side
    box = tuple(map(float, page_of(pdf).mediabox))
    assert box == pytest.approx((0, 0, 595.276, 595.276 * 130 / 1400), abs=0.1)


def test_a_small_jpeg_goes_into_its_pdf_unchanged_and_a_large_one_is_made_smaller() -> None:
    small = page_image()
    assert image_of(case_pdf(PageCopy(small), None, 100_000)).read_raw_bytes() == small
    noise = Image.effect_noise((1500, 2000), 90).convert("RGB")
    target = BytesIO()
    noise.save(target, "JPEG", quality=95)
    assert len(target.getvalue()) > 1_000_000
    assert len(case_pdf(PageCopy(target.getvalue()), None, 100_000)) < 105_000


def test_two_records_of_one_name_are_refused_before_anything_is_written(ledger: Ledger, tmp_path: Path) -> None:
    book = PaperBook(ledger)
    page_id = book.page()
    numbers = ("34", "34", "034", "35", "KHÁC", "khác")
    ids = [book.record({**BIRTH, "so": number}, page_id) for number in numbers]
    with pytest.raises(HandoverRefused, match="would have one name") as refused:
        hand_over(ledger, "lan", book.book_id, tmp_path, MINISTRY)
    assert f"{ids[0]} and {ids[1]}; {ids[0]} and {ids[2]}; {ids[4]} and {ids[5]}." in str(refused.value)
    assert "34a" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("04.05.1998", "1998-05-04"),
        ("4/5/1998", "1998-05-04"),
        ("5.1998", "1998-05"),
        ("1998", "1998"),
        ("22/8 năm Quý Mùi", ""),
        ("", ""),
        ("../../x", ""),
    ],
)
def test_a_day_in_a_name_begins_with_its_year(written: str, name: str) -> None:
    assert name_date(written) == name


def test_an_entry_without_a_legible_number_or_day_has_a_name_that_says_so(ledger: Ledger, tmp_path: Path) -> None:
    book = PaperBook(ledger)
    book.record({**BIRTH, "so": ILLEGIBLE, "ngayDangKy": "Quý Mùi"}, book.page())
    archive = zipfile.ZipFile(hand_over(ledger, "lan", book.book_id, tmp_path, MINISTRY).paths[1])
    assert archive.namelist() == ["KS.1962.01.khong-ro-ngay.khong-ro-so.pdf"]


def test_a_path_in_a_number_stays_in_the_archive(ledger: Ledger, tmp_path: Path) -> None:
    book = PaperBook(ledger, {"book_number": "../01"})
    book.record({**BIRTH, "so": "../../etc/passwd"}, book.page())
    handed = hand_over(ledger, "lan", book.book_id, tmp_path, MINISTRY)
    assert [path.name for path in handed.paths] == ["KS.1962.-01.xlsx", "KS.1962.-01.zip"]
    assert zipfile.ZipFile(handed.paths[1]).namelist() == ["KS.1962.-01.1962-03-12.etc-passwd.pdf"]


# What is refused


@pytest.mark.parametrize("state", ["intake", "keying", "sampling"])
def test_only_an_accepted_book_is_handed_over(ledger: Ledger, tmp_path: Path, state: str) -> None:
    book = PaperBook(ledger, {"state": state})
    book.record(BIRTH, book.page())
    with pytest.raises(HandoverRefused, match=rf"not accepted yet \({state}\): an archivist accepts it"):
        hand_over(ledger, "lan", book.book_id, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_is_not_accepted_keeps_its_book_here(ledger: Ledger, tmp_path: Path) -> None:
    book = PaperBook(ledger)
    book.record(BIRTH, book.page(), state="agreed")
    with pytest.raises(HandoverRefused, match="1 records that are not accepted"):
        hand_over(ledger, "lan", book.book_id, tmp_path)


def test_a_record_without_a_page_has_no_pdf(ledger: Ledger, tmp_path: Path) -> None:
    book = PaperBook(ledger)
    book.record(BIRTH)
    with pytest.raises(HandoverRefused, match="1 records have no page"):
        hand_over(ledger, "lan", book.book_id, tmp_path, MINISTRY)


def test_a_page_that_is_no_image_is_named_and_nothing_half_stays(ledger: Ledger, tmp_path: Path) -> None:
    book = PaperBook(ledger)
    book.record(BIRTH, book.page(4, copy=b"no image"))
    with pytest.raises(HandoverRefused, match="page 4 has no image"):
        hand_over(ledger, "lan", book.book_id, tmp_path, MINISTRY)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_written_over(book: PaperBook, tmp_path: Path) -> None:
    (tmp_path / "KS.1962.01.zip").write_bytes(b"of yesterday")
    with pytest.raises(HandoverRefused, match=r"KS\.1962\.01\.zip is there already"):
        hand_over(book.ledger, "lan", book.book_id, tmp_path, MINISTRY)
    assert (tmp_path / "KS.1962.01.zip").read_bytes() == b"of yesterday"


def test_what_a_killed_run_left_is_replaced(book: PaperBook, tmp_path: Path) -> None:
    (tmp_path / ".KS.1962.01.xlsx.unfinished").mkdir()
    (tmp_path / ".KS.1962.01.xlsx.unfinished" / "KS.1962.01.zip").write_bytes(b"half")
    handed = hand_over(book.ledger, "lan", book.book_id, tmp_path, MINISTRY)
    assert len(zipfile.ZipFile(handed.paths[1]).namelist()) == 3
    assert len(list(tmp_path.iterdir())) == 2


# Who did it


def test_who_handed_over_is_an_event_with_digests_and_without_a_name_of_the_book(
    book: PaperBook, tmp_path: Path
) -> None:
    hand_over(book.ledger, "lan", book.book_id, tmp_path, MINISTRY)
    ((actor, subject_id, detail),) = book.rows(
        "SELECT actor, subject_id, detail FROM events WHERE kind = 'book_handed_over'"
    )
    assert (actor, subject_id) == ("lan", book.book_id)
    digests = detail.pop("sha256")
    assert detail == {"form": "ministry", "records": 3, "pdfs": 3}
    assert sorted(digests) == ["KS.1962.01.xlsx", "KS.1962.01.zip"]
    assert "NGUYỄN" not in json.dumps(detail, ensure_ascii=False)


def test_only_who_handed_over_may_read_the_files(book: PaperBook, tmp_path: Path) -> None:
    paths = hand_over(book.ledger, "lan", book.book_id, tmp_path).paths
    assert {path.stat().st_mode & 0o077 for path in (*paths, *paths[-1].rglob("*"))} == {0}


def test_a_book_is_found_by_its_number_or_by_a_code_that_no_other_has(ledger: Ledger) -> None:
    first, second = PaperBook(ledger), PaperBook(ledger, {"book_number": "02"})
    PaperBook(ledger, {"book_number": "02", "place_as_written": "xã Phù Khê"})
    assert find_book(ledger, "KS.1962.01") == find_book(ledger, str(first.book_id)) == first.book_id
    with pytest.raises(HandoverRefused, match=rf"2 books have the code KS\.1962\.02: .*\({second.book_id}, "):
        find_book(ledger, "KS.1962.02")
    with pytest.raises(HandoverRefused, match=r"no book KT\.1"):
        find_book(ledger, "KT.1")
    with pytest.raises(HandoverRefused, match="no book 999"):
        hand_over(ledger, "lan", 999, Path())


# The command


def test_a_person_hands_a_book_over_with_one_command(
    ledger_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = bytes(range(32))
    environment = {
        "LIENTHONG_DATABASE_URL": ledger_url.render_as_string(hide_password=False),
        "LIENTHONG_MASTER_KEY": base64.b64encode(key).decode(),
    }

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["backfill", "hand-over", *words], env=environment)

    with open_ledger(ledger_url, Vault(key)) as ledger:
        book = PaperBook(ledger)
        book.record(BIRTH, book.page())
    done = run("KS.1962.01", str(tmp_path / "to archive"), "--by", "lan")
    assert done.exit_code == 0, done.output
    names = ["KS.1962.01.bag", "KS.1962.01.xlsx", "KS.1962.01.zip"]
    assert sorted(path.name for path in (tmp_path / "to archive").iterdir()) == names
    assert "records 1" in done.output
    assert "NGUYỄN" not in done.output
    again = run("KS.1962.01", str(tmp_path / "to archive"), "--form", "bag")
    assert (again.exit_code, "is there already" in again.output) == (1, True)
    monkeypatch.setitem(sys.modules, "pikepdf", None)  # as where the extra is not installed
    lacking = run("KS.1962.01", str(tmp_path / "elsewhere"))
    assert (lacking.exit_code, "pikepdf is not installed: uv sync --extra paper" in lacking.output) == (1, True)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert "no form paper: ministry, bag or both" in run("KS.1962.01", str(tmp_path), "--form", "paper").output
    assert "no book KT.1962.01" in run("KT.1962.01", str(tmp_path)).output
