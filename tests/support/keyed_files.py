"""Keyed files of register books, written by hand from the ministry's template and from the tables of old encodings.

Nothing here uses the readers under test: the old encodings are spelled out from TCVN 5712:1993 and the VNI table, and
spreadsheets are written by openpyxl, by bytes, or by the BIFF and dBASE formats themselves.
"""

import csv
import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

HEADERS_KS = (
    "so quyenSo trangSo ngayDangKy loaiDangKy noiDangKy nguoiKy ghiChu nksHoTen nksGioiTinh nksNgaySinh nksNoiSinh"
    " nksQueQuan nksDanToc nksQuocTich nksLoaiKhaiSinh meHoTen meNgaySinh meDanToc meQuocTich meNoiCuTru"
    " meLoaiGiayToTuyThan meSoGiayToTuyThan chaHoTen chaNgaySinh chaDanToc chaQuocTich chaNoiCuTru"
).split()

PLACE = "xã Phú Lâm, huyện Tiên Du, tỉnh Bắc Ninh"
"""A commune that kept its name to the end of the old units (code 09322, province 27)."""

BIRTH_ROW: Mapping[str, str] = {
    "so": "34", "quyenSo": "01/1983", "trangSo": "17", "ngayDangKy": "25.08.1983", "loaiDangKy": "1",
    "noiDangKy": PLACE, "nguoiKy": "Ngô Văn Toàn", "nksHoTen": "NGUYỄN THỊ MAI", "nksGioiTinh": "2",
    "nksNgaySinh": "22.08.1983", "nksNoiSinh": PLACE, "nksQueQuan": PLACE, "nksDanToc": "Kinh",
    "nksQuocTich": "Việt Nam", "nksLoaiKhaiSinh": "1", "meHoTen": "TRẦN THỊ HOA", "meNgaySinh": "1960",
    "meDanToc": "Kinh", "meQuocTich": "Việt Nam", "meNoiCuTru": f"Thôn Đông, {PLACE}", "chaHoTen": "NGUYỄN VĂN NAM",
    "chaNgaySinh": "05.1958", "chaDanToc": "Kinh", "chaQuocTich": "Việt Nam", "chaNoiCuTru": f"Thôn Đông, {PLACE}",
}  # fmt: skip

DEATH_ROW: Mapping[str, str] = {
    "so": "4", "quyenSo": "01/1983", "ngayDangKy": "25.08.1983", "noiDangKy": PLACE, "nktHoTen": "PHẠM VĂN THÀNH",
    "nktGioiTinh": "1", "nktNgaySinh": "1901", "nktDanToc": "Kinh", "nktQuocTich": "Việt Nam", "nktLoaiCuTru": "1",
    "nktNoiCuTru": PLACE, "nktNgayChet": "20.08.1983", "nktGioPhutChet": "05:30", "nktNoiChet": "Tại nhà",
    "nktNguyenNhanChet": "Tuổi già", "gbtLoai": "7", "gbtSo": "3", "nycHoTen": "PHẠM VĂN BA", "nycQuanHe": "Con",
}  # fmt: skip

MARRIAGE_ROW: Mapping[str, str] = {
    "so": "9", "quyenSo": "02/1983", "ngayDangKy": "14.02.1983", "loaiDangKy": "1", "noiDangKy": PLACE,
    "chongHoTen": "LÊ VĂN BÌNH", "chongNgaySinh": "1958", "chongDanToc": "Kinh", "chongQuocTich": "VN",
    "chongNoiCuTru": PLACE, "voHoTen": "VŨ THỊ LAN", "voNgaySinh": "1960", "voDanToc": "Tày", "voQuocTich": "VN",
    "voLoaiGiayToTuyThan": "1", "voSoGiayToTuyThan": "121234567",
}  # fmt: skip


def births(count: int, **changed: str) -> list[dict[str, str]]:
    """So many sound births of one book, numbered from 1; the last digit of the page tells them apart."""
    given = "MAI LAN HOA HÙNG SƠN LONG BÌNH AN TÂM DŨNG".split()
    return [
        {
            **BIRTH_ROW,
            "so": str(number),
            "trangSo": str(number // 2 + 1),
            "nksHoTen": f"NGUYỄN THỊ {given[number % 10]}",
            **changed,
        }
        for number in range(1, count + 1)
    ]


def write_csv(
    path: Path,
    rows: Sequence[Mapping[str, str]],
    headers: Sequence[str] = HEADERS_KS,
    *,
    encoding: str = "utf-8",
    separator: str = ",",
) -> Path:
    with path.open("w", encoding=encoding, newline="") as content:
        writer = csv.writer(content, delimiter=separator)
        writer.writerow(headers)
        writer.writerows([row.get(header.split(" ")[0], "") for header in headers] for row in rows)
    return path


def write_xlsx(path: Path, rows: Sequence[Sequence[Any]], *, fonts: Mapping[str, str] | None = None) -> Path:
    """A workbook of one sheet. `fonts`: the font of a cell by its coordinate."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for coordinate, name in (fonts or {}).items():
        sheet[coordinate].font = Font(name=name)
    book.save(path)
    return path


def table_of(rows: Sequence[Mapping[str, Any]], headers: Sequence[str] = HEADERS_KS) -> list[list[Any]]:
    """Header and rows for `write_xlsx`."""
    return [list(headers), *([row.get(header) for header in headers] for row in rows)]


def write_bomb(path: Path) -> Path:
    """A .xlsx of some 200 kB whose sheet unpacks to 200 MB."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(200):
            member.write(b" " * (1 << 20))
    return path


def write_dbf(path: Path, fields: Sequence[tuple[str, str, int]], records: Sequence[Sequence[bytes]]) -> Path:
    """A dBASE III table: (name, type, length) and the bytes of each record's fields."""
    record_length = 1 + sum(length for _, _, length in fields)
    today = date(2020, 1, 2)
    head = struct.pack(
        "<BBBBIHH20x", 3, today.year - 1900, today.month, today.day, len(records), 33 + 32 * len(fields), record_length
    )
    described = b"".join(
        struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), length, 0) for name, kind, length in fields
    )
    body = b"".join(
        b" " + b"".join(cell.ljust(length) for cell, (_, _, length) in zip(record, fields, strict=True))
        for record in records
    )
    path.write_bytes(head + described + b"\r" + body + b"\x1a")
    return path


# One name in the old encodings, letter by letter: "Nguyễn Thị Hường", "Trần Văn Đức", "Lê Hữu Phước".
TCVN3_NAMES = ("NguyÔn ThÞ H­êng", "TrÇn V¨n §øc", "Lª H÷u Ph­íc")
VNI_NAMES = ("Nguyeãn Thò Höôøng", "Traàn Vaên Ñöùc", "Leâ Höõu Phöôùc")
UNICODE_NAMES = ("Nguyễn Thị Hường", "Trần Văn Đức", "Lê Hữu Phước")
