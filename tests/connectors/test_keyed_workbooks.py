"""Keyed workbooks (.xlsx, .xls): what a spreadsheet destroyed is set aside, and the rows behind it go on."""

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.paper.keyed_files import open_keyed_file
from connectors.paper.keyed_layout import KeyedRow
from connectors.paper.keyed_problems import PROBLEMS, FileSetAside
from tests.support.keyed_files import HEADERS_KS, TCVN3_NAMES, births, table_of, write_bomb, write_xlsx
from tests.support.keyed_reading import problems_of, reason_for, rows_of
from tests.support.old_workbooks import write_xls

OLE = bytes.fromhex("d0cf11e0a1b11ae1")


TCVN3_SMALL = ("nguyÔn thÞ h­êng", "trÇn v¨n ®øc", "lª h÷u ph­íc")


def test_capitals_of_a_tcvn3_font_are_capitals(tmp_path: Path) -> None:
    rows = [
        {"so": "1", "quyenSo": "01/1983", "ngayDangKy": "25.08.1983", "nksHoTen": name, "chaHoTen": other}
        for name, other in zip(TCVN3_SMALL, TCVN3_NAMES, strict=True)
    ]
    at = f"{'ABCDEFGHIJ'[HEADERS_KS.index('nksHoTen')]}2"
    path = write_xlsx(tmp_path / "so.xlsx", table_of(rows), fonts={at: ".VnTimeH"})
    first, second, _ = rows_of(open_keyed_file(path))
    assert first.values["nksHoTen"] == "NGUYỄN THỊ HƯỜNG"
    assert second.values["nksHoTen"] == "trần văn đức"


def test_a_workbook_is_read_with_its_dates_as_they_are_shown(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["so", "quyenSo", "ngayDangKy", "nksHoTen", "nksNgaySinh", "meNgaySinh", "chaNgaySinh", "trangSo"])
    sheet.append([34, "01/1983", date(1983, 8, 25), "MAI", date(1983, 8, 1), date(1960, 1, 1), 1958, 17.0])
    for coordinate, shown in (("C2", "dd/mm/yyyy"), ("E2", "mm/yyyy"), ("F2", "yyyy")):
        sheet[coordinate].number_format = shown
    book.save(tmp_path / "so.xlsx")
    (row,) = rows_of(open_keyed_file(tmp_path / "so.xlsx"))
    assert row == KeyedRow(
        2,
        {
            "so": "34",
            "quyenSo": "01/1983",
            "ngayDangKy": "25.08.1983",
            "nksHoTen": "MAI",
            "nksNgaySinh": "08.1983",
            "meNgaySinh": "1960",
            "chaNgaySinh": "1958",
            "trangSo": "17",
        },
        (),
    )


SOUND = {"so": "1", "quyenSo": "01/1983", "ngayDangKy": "25.08.1983", "nksHoTen": "MAI"}


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("ngayDangKy", 30553, "date_is_number"),
        ("ngayDangKy", "30553", "date_is_number"),
        ("nksNgaySinh", 8.1983, "date_is_number"),
        ("quyenSo", date(1983, 1, 1), "date_in_other_column"),
        ("meSoGiayToTuyThan", "2.4085E+10", "scientific_notation"),
        ("meSoGiayToTuyThan", "1,23E+11", "scientific_notation"),
        ("meSoGiayToTuyThan", 1.2340850012345678e15, "scientific_notation"),
        ("meSoGiayToTuyThan", 24085001234, "leading_zero_lost"),
        ("meSoGiayToTuyThan", "24085001234", "leading_zero_lost"),
        ("meSoGiayToTuyThan", 11234567, "leading_zero_lost"),
        ("so", 34.5, "number_is_fraction"),
        ("nksHoTen", True, "cell_not_text"),
        ("ghiChu", "#REF!", "formula_error"),
    ],
)
def test_what_a_spreadsheet_destroyed_is_set_aside(tmp_path: Path, column: str, value: Any, problem: str) -> None:
    path = write_xlsx(tmp_path / "so.xlsx", table_of([{**SOUND, column: value}, SOUND]))
    assert problems_of(path) == [(2, (problem,)), (3, ())]
    assert problem in PROBLEMS


@pytest.mark.parametrize("value", ["024085001234", "121234567", 121234567, "C1234567"])
def test_numbers_of_identity_papers_that_are_whole_stay(tmp_path: Path, value: Any) -> None:
    path = write_xlsx(tmp_path / "so.xlsx", table_of([{**SOUND, "meSoGiayToTuyThan": value}]))
    (row,) = rows_of(open_keyed_file(path))
    assert (row.values["meSoGiayToTuyThan"], row.problems) == (str(value), ())


def test_zeros_that_the_format_shows_are_not_lost(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = write_xlsx(tmp_path / "so.xlsx", table_of([{**SOUND, "meSoGiayToTuyThan": 24085001234}]))
    book = load_workbook(path)
    book.active.cell(2, HEADERS_KS.index("meSoGiayToTuyThan") + 1).number_format = "0" * 12  # type: ignore[union-attr]  # a workbook has a sheet
    book.save(path)
    (row,) = rows_of(open_keyed_file(path))
    assert (row.values["meSoGiayToTuyThan"], row.problems) == ("024085001234", ())


def test_merged_cells_and_formulas_without_a_value_cost_their_rows(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = write_xlsx(tmp_path / "so.xlsx", table_of([SOUND] * 5))
    book = load_workbook(path)
    sheet = book.active
    assert sheet is not None
    sheet.merge_cells("B3:C4")
    sheet["A5"] = "=A2+1"  # openpyxl calculates nothing: the cell has no value
    book.save(path)
    found = dict(problems_of(path))
    assert found[2] == ()
    assert found[3][0] == found[4][0] == "merged_cells"
    assert "formula_without_value" in found[5]
    assert found[6] == ()


def test_a_formula_that_was_calculated_is_its_value(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "so.xlsx", table_of([{**SOUND, "so": "=1+33"}]))
    _put_value(path, b"<f>1+33</f><v></v>", b"<f>1+33</f><v>34</v>")
    (row,) = rows_of(open_keyed_file(path))
    assert (row.values["so"], row.problems) == ("34", ())


def _put_value(path: Path, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    assert old in sheet
    members["xl/worksheets/sheet1.xml"] = sheet.replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    assert reason_for(write_bomb(tmp_path / "so.xlsx")) == "file_too_large"


@pytest.mark.parametrize("kept", [3, 200, 0.5, 0.95])
def test_a_truncated_workbook_is_set_aside(tmp_path: Path, kept: float) -> None:
    path = write_xlsx(tmp_path / "so.xlsx", table_of([SOUND] * 50))
    content = path.read_bytes()
    path.write_bytes(content[: kept if isinstance(kept, int) else int(len(content) * kept)])
    assert reason_for(path) == "file_truncated"


def test_a_workbook_with_a_damaged_sheet_is_set_aside_before_its_first_row(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "so.xlsx", table_of(births(400)))
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("xl/worksheets/sheet1.xml")
    content = bytearray(path.read_bytes())
    middle = member.header_offset + member.compress_size // 2
    content[middle : middle + 8] = bytes(8)
    path.write_bytes(content)
    with pytest.raises(FileSetAside, match="file_truncated"):
        open_keyed_file(path)


def test_a_workbook_with_a_password_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "so.xlsx"
    path.write_bytes(OLE + bytes(2000) + "EncryptedPackage".encode("utf-16-le") + bytes(600))
    assert reason_for(path) == "password_protected"


def test_a_broken_old_workbook_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "so.xls"
    path.write_bytes(OLE + bytes(4000))
    assert reason_for(path) == "file_truncated"


def test_two_sheets_with_rows_are_set_aside_and_a_sheet_of_codes_is_not_read(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = write_xlsx(tmp_path / "so.xlsx", table_of([SOUND]))
    book = load_workbook(path)
    book.create_sheet("DanhMuc").append(["1", "Nam"])
    book.save(path)
    assert len(rows_of(open_keyed_file(path))) == 1
    book.create_sheet("So2").append(list(HEADERS_KS))
    book.save(path)
    assert reason_for(path) == "several_sheets"


# .xls


def test_an_old_workbook_is_read_with_fonts_formats_and_dates(tmp_path: Path) -> None:
    """30553 is 25 August 1983, counted from 30 December 1899."""
    headers = ["so", "quyenSo", "ngayDangKy", "nksHoTen", "nksNgaySinh", "meSoGiayToTuyThan", "chaHoTen"]
    names = zip(TCVN3_SMALL, TCVN3_NAMES, strict=True)
    rows = [[34.0, "01/1983", 30553.0, small, 30553.0, 24085001234.0, name] for small, name in names]
    looks = {(1, 2): ("Arial", "dd/mm/yyyy"), (1, 3): (".VnTimeH", "General"), (1, 5): ("Arial", "0" * 12)}
    looks[1, 4] = ("Arial", "mm/yyyy")
    first, second, third = rows_of(open_keyed_file(write_xls(tmp_path / "so.xls", [headers, *rows], looks)))
    assert first == KeyedRow(
        2,
        {
            "so": "34",
            "quyenSo": "01/1983",
            "ngayDangKy": "25.08.1983",
            "nksHoTen": "NGUYỄN THỊ HƯỜNG",
            "nksNgaySinh": "08.1983",
            "meSoGiayToTuyThan": "024085001234",
            "chaHoTen": "Nguyễn Thị Hường",
        },
        (),
    )
    assert second.values["nksHoTen"] == "trần văn đức"
    assert second.problems == third.problems == ("date_is_number", "leading_zero_lost")


def test_merged_cells_of_an_old_workbook_cost_their_rows(tmp_path: Path) -> None:
    rows = [["so", "quyenSo", "ngayDangKy", "nksHoTen"], *[["1", "01/1983", "1983", "MAI"]] * 4]
    path = write_xls(tmp_path / "so.xls", rows, merged=[(2, 3, 1, 2)])
    assert problems_of(path) == [(2, ()), (3, ("merged_cells",)), (4, ("merged_cells",)), (5, ())]


def test_an_old_workbook_that_is_cut_off_is_set_aside(tmp_path: Path) -> None:
    path = write_xls(tmp_path / "so.xls", [["so", "quyenSo", "ngayDangKy", "nksHoTen"]])
    path.write_bytes(path.read_bytes()[:1500])
    assert reason_for(path) == "file_truncated"
