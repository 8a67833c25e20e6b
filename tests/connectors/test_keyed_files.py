"""Keyed files are read as they were meant; what a spreadsheet destroyed is set aside, and the rows behind it go on."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.paper.keyed_files import KeyedFile, open_keyed_file
from connectors.paper.keyed_layout import KeyedRow, encoding_of
from connectors.paper.keyed_problems import PROBLEMS, FileSetAside
from tests.support.keyed_files import (
    BIRTH_ROW,
    DEATH_ROW,
    HEADERS_KS,
    MARRIAGE_ROW,
    TCVN3_NAMES,
    UNICODE_NAMES,
    VNI_NAMES,
    births,
    table_of,
    write_bomb,
    write_csv,
    write_dbf,
    write_xlsx,
)

TONES_APART = {
    "ễ": "ê\u0303", "ị": "i\u0323", "ờ": "ơ\u0300", "ầ": "â\u0300", "ứ": "ư\u0301", "ữ": "ư\u0303",
    "ớ": "ơ\u0301",
}  # fmt: skip
"""Windows-1258 has letters and, apart from them, tones."""
OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def rows_of(file: KeyedFile) -> list[KeyedRow]:
    return list(file.rows())


def problems_of(path: Path, **options: Any) -> list[tuple[int, tuple[str, ...]]]:
    """Line and problems of every row."""
    return [(row.line_number, row.problems) for row in open_keyed_file(path, **options).rows()]


# Text files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_text_file_is_read_in_its_encoding_with_its_separator(tmp_path: Path, encoding: str, separator: str) -> None:
    rows = [{"so": "1", "quyenSo": "01/1983", "ngayDangKy": "25.08.1983", "nksHoTen": name} for name in UNICODE_NAMES]
    path = tmp_path / "so.csv"
    if encoding == "cp1258":
        apart = str.maketrans(TONES_APART)
        rows = [{**row, "nksHoTen": row["nksHoTen"].translate(apart)} for row in rows]
    write_csv(path, rows, encoding=encoding, separator=separator)
    file = open_keyed_file(path)
    assert file.layout.book_kind == "KS"
    assert [row.values["nksHoTen"] for row in rows_of(file)] == list(UNICODE_NAMES)
    assert all(row.problems == () for row in rows_of(file))


def test_rows_keep_their_line_and_only_the_columns_that_are_filled(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "so.csv", [BIRTH_ROW])
    (row,) = rows_of(open_keyed_file(path))
    assert row == KeyedRow(2, dict(BIRTH_ROW), ())


@pytest.mark.parametrize(("kind", "row"), [("KS", BIRTH_ROW), ("KT", DEATH_ROW), ("KH", MARRIAGE_ROW)])
def test_the_kind_of_book_follows_from_the_columns(tmp_path: Path, kind: str, row: dict[str, str]) -> None:
    path = write_csv(tmp_path / "so.csv", [row], list(row))
    assert open_keyed_file(path).layout.book_kind == kind


def test_headers_with_an_ordinal_hints_other_case_and_titles_above_are_understood(tmp_path: Path) -> None:
    headers = ["STT", "SO", "quyenso", "ngayDangKy", "noiDangKy UBND xã Phú Lâm", "nksHoTen", "nksGioiTinh i=[1,2,3]",
               "nksHanCheNangLucHanhViNgayCanCuHuyTuyenBo"]  # fmt: skip
    path = tmp_path / "so.csv"
    with path.open("w", newline="") as content:
        writer = csv.writer(content)
        writer.writerow(["SỔ ĐĂNG KÝ KHAI SINH"] + [""] * 7)
        writer.writerow(headers)
        writer.writerow(["1", "34", "01/1983", "25.08.1983", "xã Phú Lâm", "NGUYỄN THỊ MAI", "2", "không"])
    (row,) = rows_of(open_keyed_file(path))
    assert row.values == {
        "so": "34", "quyenSo": "01/1983", "ngayDangKy": "25.08.1983", "noiDangKy": "xã Phú Lâm",
        "nksHoTen": "NGUYỄN THỊ MAI", "nksGioiTinh": "2", "nksHanCheNangLucHanhViNgayCanCuHuyTuyenBo": "không",
    }  # fmt: skip
    assert row.problems == ()


def test_a_quotation_mark_too_many_costs_one_row(tmp_path: Path) -> None:
    path = tmp_path / "so.csv"
    lines = ["so,quyenSo,ngayDangKy,nksHoTen", "1,01/1983,25.08.1983,Mai", '2,01/1983,25.08.1983,"Lan']
    lines += [f"{number},01/1983,25.08.1983,Hoa" for number in range(3, 4000)]
    path.write_text("\n".join(lines) + "\n")
    found = problems_of(path)
    assert len(found) == 3999
    assert [line for line, problems in found if problems] == [3]
    assert found[2] == (4, ())


def test_a_quotation_mark_too_many_in_another_cell_costs_one_row_too(tmp_path: Path) -> None:
    path = tmp_path / "so.csv"
    lines = ["so,quyenSo,ngayDangKy,nksHoTen", '1,"01/1983,25.08.1983,Mai', "2,01/1983,25.08.1983,Lan"]
    path.write_text("\n".join(lines) + "\n")
    assert problems_of(path) == [(2, ("wrong_number_of_cells",)), (3, ())]


def test_a_cell_over_two_lines_is_one_cell(tmp_path: Path) -> None:
    rows = [{**BIRTH_ROW, "ghiChu": "cải chính\nnăm 1990"}, BIRTH_ROW]
    first, second = rows_of(open_keyed_file(write_csv(tmp_path / "so.csv", rows)))
    assert (first.values["ghiChu"], first.problems) == ("cải chính năm 1990", ())
    assert (second.line_number, second.problems) == (4, ())


def test_a_row_with_a_cell_too_few_or_too_many_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "so.csv"
    path.write_text(
        "so,quyenSo,ngayDangKy,nksHoTen\n1,01/1983,25.08.1983\n2,01/1983,25.08.1983,Mai\n3,01/1983,25.08.1983,Mai,x\n"
    )
    assert problems_of(path) == [(2, ("wrong_number_of_cells",)), (3, ()), (4, ("wrong_number_of_cells",))]


def test_bytes_that_are_no_unicode_in_a_unicode_file_cost_their_row(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "so.csv", births(40))
    content = path.read_bytes()
    at = content.rindex("Thôn Đông".encode())
    path.write_bytes(content[: at + 2] + b"\xff" + content[at + 3 :])
    found = problems_of(path)
    assert [problems for _, problems in found if problems] == [("bytes_unreadable",)]
    assert found[-1][1] == ("bytes_unreadable",)


# Encodings


@pytest.mark.parametrize(("encoding", "names"), [("tcvn3", TCVN3_NAMES), ("vni", VNI_NAMES)])
@pytest.mark.parametrize("file_encoding", ["utf-8", "latin-1"])
def test_an_old_encoding_is_read_by_column(
    tmp_path: Path, encoding: str, names: tuple[str, ...], file_encoding: str
) -> None:
    """The names are in the old encoding, the fathers' names in Unicode, as when two files were put together."""
    fathers = ["x"] * 3 if file_encoding == "latin-1" else list(UNICODE_NAMES)
    rows = [
        {"so": "1", "quyenSo": "01/1983", "ngayDangKy": "25.08.1983", "nksHoTen": name, "chaHoTen": father}
        for name, father in zip(names, fathers, strict=True)
    ]
    path = write_csv(tmp_path / "so.csv", rows, encoding=file_encoding)
    file = open_keyed_file(path)
    assert file.layout.encodings["nksHoTen"] == encoding
    assert [row.values["nksHoTen"] for row in rows_of(file)] == list(UNICODE_NAMES)
    assert [row.values["chaHoTen"] for row in rows_of(file)] == fathers


def test_one_word_does_not_decide_an_encoding() -> None:
    assert encoding_of(["Nguyễn", "An"], is_bytes=False) is None
    assert encoding_of(["Thò"], is_bytes=False) is None


def test_a_single_odd_cell_is_not_read_in_another_encoding_than_its_column(tmp_path: Path) -> None:
    """`Thò` alone is a syllable in Unicode and Thị in VNI."""
    names = [*UNICODE_NAMES, "Trần Thò"]
    rows = [{"so": "1", "quyenSo": "01/1983", "ngayDangKy": "25.08.1983", "nksHoTen": name} for name in names]
    file = open_keyed_file(write_csv(tmp_path / "so.csv", rows))
    assert [row.values["nksHoTen"] for row in rows_of(file)] == names


def test_a_column_that_tells_nothing_beside_columns_that_disagree_is_unclear(tmp_path: Path) -> None:
    rows = [
        {
            "so": "1",
            "quyenSo": "01/1983",
            "ngayDangKy": "25.08.1983",
            "nksHoTen": old,
            "chaHoTen": name,
            "ghiChu": "Hoµ",
        }
        for old, name in zip(TCVN3_NAMES, UNICODE_NAMES, strict=True)
    ]
    path = write_csv(tmp_path / "so.csv", rows)
    assert {problems for _, problems in problems_of(path)} == {("encoding_unclear",)}


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


# Workbooks


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
        {"so": "34", "quyenSo": "01/1983", "ngayDangKy": "25.08.1983", "nksHoTen": "MAI", "nksNgaySinh": "08.1983",
         "meNgaySinh": "1960", "chaNgaySinh": "1958", "trangSo": "17"},
        (),
    )  # fmt: skip


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
    import zipfile

    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    assert old in sheet
    members["xl/worksheets/sheet1.xml"] = sheet.replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def reason_for(path: Path, **options: Any) -> str:
    with pytest.raises(FileSetAside) as raised:
        rows_of(open_keyed_file(path, **options))
    assert raised.value.reason_code in PROBLEMS
    return raised.value.reason_code


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    assert reason_for(write_bomb(tmp_path / "so.xlsx")) == "file_too_large"


@pytest.mark.parametrize("kept", [3, 200, 0.5, 0.95])
def test_a_truncated_workbook_is_set_aside(tmp_path: Path, kept: float) -> None:
    path = write_xlsx(tmp_path / "so.xlsx", table_of([SOUND] * 50))
    content = path.read_bytes()
    path.write_bytes(content[: kept if isinstance(kept, int) else int(len(content) * kept)])
    assert reason_for(path) == "file_truncated"


def test_a_workbook_with_a_damaged_sheet_is_set_aside_before_its_first_row(tmp_path: Path) -> None:
    import zipfile

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


def test_columns_that_are_unknown_stand_twice_or_are_missing_are_named(tmp_path: Path) -> None:
    base = ["so", "quyenSo", "ngayDangKy", "nksHoTen"]
    assert reason_for(write_csv(tmp_path / "a.csv", [], [*base, "maTuiHoSo"])) == "unknown_columns"
    assert reason_for(write_csv(tmp_path / "b.csv", [], [*base, "nksHoTen"])) == "duplicate_columns"
    assert reason_for(write_csv(tmp_path / "c.csv", [], base[1:])) == "columns_missing"
    assert reason_for(write_csv(tmp_path / "d.csv", [], ["ten", "tuoi"])) == "header_missing"
    with pytest.raises(FileSetAside, match="maTuiHoSo"):
        open_keyed_file(tmp_path / "a.csv")


def test_columns_can_be_renamed_and_left_out(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "so.csv", [{"so": "1", "quyenSo": "01/1983", "ngayDangKy": "1983", "HOTEN": "MAI", "maTui": "7"}],
        ["so", "quyenSo", "ngayDangKy", "HOTEN", "maTui"],
    )  # fmt: skip
    (row,) = rows_of(open_keyed_file(path, None, {"HOTEN": "nksHoTen"}, ["maTui"]))
    assert row.values == {"so": "1", "quyenSo": "01/1983", "ngayDangKy": "1983", "nksHoTen": "MAI"}


def test_a_file_of_another_kind_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "so.pdf"
    path.write_bytes(b"%PDF-1.7")
    assert reason_for(path) == "kind_unknown"


# dBASE


FIELDS = (("SO", "N", 6), ("QUYENSO", "C", 10), ("NGAYDANGKY", "D", 8), ("NKSHOTEN", "C", 30), ("MESOGIAYTO", "N", 12))


def test_a_dbf_is_read_with_its_short_names_old_letters_and_dates(tmp_path: Path) -> None:
    records = [[b"34", b"01/1983", b"19830825", name.encode("latin-1"), b""] for name in TCVN3_NAMES]
    path = write_dbf(tmp_path / "so.dbf", FIELDS, records)
    file = open_keyed_file(path)
    rows = rows_of(file)
    assert [row.values["nksHoTen"] for row in rows] == list(UNICODE_NAMES)
    assert rows[0] == KeyedRow(
        1, {"so": "34", "quyenSo": "01/1983", "ngayDangKy": "25.08.1983", "nksHoTen": UNICODE_NAMES[0]}, ()
    )


def test_a_number_in_a_dbf_lost_its_zero(tmp_path: Path) -> None:
    path = write_dbf(tmp_path / "so.dbf", FIELDS, [[b"1", b"01/1983", b"19830825", b"MAI", b"24085001234"]])
    assert problems_of(path) == [(1, ("leading_zero_lost",))]


def test_a_dbf_that_is_cut_off_is_set_aside(tmp_path: Path) -> None:
    path = write_dbf(tmp_path / "so.dbf", FIELDS, [[b"1", b"01/1983", b"19830825", b"MAI", b""]] * 5)
    path.write_bytes(path.read_bytes()[:-80])
    assert reason_for(path) == "file_truncated"


def test_a_short_name_that_could_be_two_columns_is_not_guessed(tmp_path: Path) -> None:
    """NKSNGAYSIN may be nksNgaySinh or nksNgaySinhBangChu."""
    path = write_dbf(tmp_path / "so.dbf", (*FIELDS, ("NKSNGAYSIN", "C", 10)), [])
    assert reason_for(path) == "unknown_columns"


def test_every_problem_says_what_to_do_in_two_languages() -> None:
    assert all(vietnamese.strip() and english.strip() for vietnamese, english in PROBLEMS.values())
