"""Keyed files are read as they were meant; what a spreadsheet destroyed is set aside, and the rows behind it go on."""

import csv
from pathlib import Path

import pytest

from connectors.paper.keyed_files import open_keyed_file
from connectors.paper.keyed_layout import KeyedRow, encoding_of
from connectors.paper.keyed_problems import PROBLEMS, FileSetAside
from tests.support.keyed_files import (
    BIRTH_ROW,
    DEATH_ROW,
    MARRIAGE_ROW,
    TCVN3_NAMES,
    UNICODE_NAMES,
    VNI_NAMES,
    births,
    write_csv,
    write_dbf,
)
from tests.support.keyed_reading import problems_of, reason_for, rows_of

TONES_APART = {
    "ễ": "ê\u0303",
    "ị": "i\u0323",
    "ờ": "ơ\u0300",
    "ầ": "â\u0300",
    "ứ": "ư\u0301",
    "ữ": "ư\u0303",
    "ớ": "ơ\u0301",
}
"""Windows-1258 has letters and, apart from them, tones."""


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
    headers = [
        "STT",
        "SO",
        "quyenso",
        "ngayDangKy",
        "noiDangKy UBND xã Phú Lâm",
        "nksHoTen",
        "nksGioiTinh i=[1,2,3]",
        "nksHanCheNangLucHanhViNgayCanCuHuyTuyenBo",
    ]
    path = tmp_path / "so.csv"
    with path.open("w", newline="") as content:
        writer = csv.writer(content)
        writer.writerow(["SỔ ĐĂNG KÝ KHAI SINH"] + [""] * 7)
        writer.writerow(headers)
        writer.writerow(["1", "34", "01/1983", "25.08.1983", "xã Phú Lâm", "NGUYỄN THỊ MAI", "2", "không"])
    (row,) = rows_of(open_keyed_file(path))
    assert row.values == {
        "so": "34",
        "quyenSo": "01/1983",
        "ngayDangKy": "25.08.1983",
        "noiDangKy": "xã Phú Lâm",
        "nksHoTen": "NGUYỄN THỊ MAI",
        "nksGioiTinh": "2",
        "nksHanCheNangLucHanhViNgayCanCuHuyTuyenBo": "không",
    }
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
        tmp_path / "so.csv",
        [{"so": "1", "quyenSo": "01/1983", "ngayDangKy": "1983", "HOTEN": "MAI", "maTui": "7"}],
        ["so", "quyenSo", "ngayDangKy", "HOTEN", "maTui"],
    )
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
