"""Held rows of a keyed file as a workbook: corrected in Excel, it is loaded like any keyed file.

Its header has the ministry's columns, so `connectors.paper.keyed_files` reads it. The column `stt`, which a load leaves
out, has the number of each row in the first file; the reasons stand in a column whose title is no name, and in lines
above the header. Every cell is a text: no leading zero is lost, and no number becomes a day.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from connectors.paper.keyed_layout import ID_COLUMN, ORDINAL, SHORT_BY_ONE
from connectors.paper.keyed_problems import PROBLEMS, VI
from connectors.paper.rows import missing_columns
from schemas.register_columns import ValueKind, columns_of

REASONS_TITLE = "(lý do, việc cần làm)"
HOW = "Sửa các ô tô vàng theo sổ giấy. Giữ nguyên cột stt và dòng tên cột. Dòng chưa sửa được thì xóa khỏi tệp này."
FAULTY = "FFF2B3"
MOST_ROWS = 20_000
"""Of one workbook; the next one has the rows behind them."""

_SERIAL = re.compile(r"\d+|\d{5}[.,]\d+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_POWER = re.compile(r"[+-]?\d+(?:[.,]\d+)?e\+?\d+|\d{16,}(?:\.0)?|nan|inf", re.IGNORECASE)
OF_ONE_COLUMN = {
    "book_not_named": "quyenSo",
    "place_not_named": "noiDangKy",
    "place_of_another_province": "noiDangKy",
}


def columns_at_fault(reason_code: str, values: Mapping[str, str], book_kind: str) -> list[str]:
    """The columns of which a reason speaks, as far as what was read shows it; none when the whole row is meant."""
    if reason_code in OF_ONE_COLUMN:
        return [OF_ONE_COLUMN[reason_code]]
    if reason_code == "values_missing":
        return list(missing_columns(values, book_kind))
    kinds = {name: column.value_kind for name, column in columns_of(book_kind).items()}
    return [name for name, text in values.items() if name in kinds and _is_meant(reason_code, name, text, kinds[name])]


def _is_meant(reason_code: str, name: str, text: str, kind: ValueKind) -> bool:
    match reason_code:
        case "date_is_number":
            return kind is ValueKind.DATE and bool(_SERIAL.fullmatch(text)) and len(text) != len("1983")
        case "scientific_notation":
            return bool(_POWER.fullmatch(text))
        case "number_is_fraction":
            return kind is not ValueKind.DATE and "." in text and bool(_NUMBER.fullmatch(text))
        case "formula_error":
            return text.startswith("#")
        case "leading_zero_lost":
            return name.endswith(ID_COLUMN) and len(text) in SHORT_BY_ONE and text.isdecimal()
        case "bytes_unreadable" | "encoding_unclear":
            return not text.isascii()
    return False


def write_held_workbook(book_kind: str, rows: Sequence[tuple[int, Sequence[str], Mapping[str, str]]]) -> bytes:
    """The workbook of held rows: number in the file, reason codes, what was read."""
    from openpyxl import Workbook
    from openpyxl.styles import PatternFill

    book = Workbook()
    sheet = book.active
    columns = list(columns_of(book_kind))
    sheet.append([HOW])
    sheet.append([ORDINAL, REASONS_TITLE, *columns])
    yellow = PatternFill("solid", fgColor=FAULTY)
    for line_number, reason_codes, values in rows:
        reasons = " ".join(PROBLEMS[code][VI] for code in reason_codes)
        sheet.append([line_number, reasons, *([None] * len(columns))])
        faulty = {name for code in reason_codes for name in columns_at_fault(code, values, book_kind)}
        for cell, name in zip(sheet[sheet.max_row][2:], columns, strict=True):
            _write_text(cell, values.get(name, ""))
            if name in faulty:
                cell.fill = yellow
    sheet.freeze_panes = "C3"
    sheet.column_dimensions["B"].width = 60
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _write_text(cell: Any, text: str) -> None:
    """As a text, also where it begins like a formula."""
    cell.number_format = "@"
    if text:
        cell.value = "".join(letter for letter in text if letter >= " " or letter in "\t\n")
        cell.data_type = "s"


def lines_of_workbook(path: Path) -> list[int]:
    """The numbers in the column `stt` of a corrected workbook that stand there once; none when it has no such column.
    Raises FileSetAside for a file that is no workbook."""
    from connectors.paper.keyed_xlsx import open_xlsx

    numbers: Counter[int] = Counter()
    place: int | None = None
    for row in open_xlsx(path).rows():
        if place is None:
            place = next((index for index, cell in enumerate(row.cells) if cell == ORDINAL), None)
        elif place < len(row.cells) and str(row.cells[place]).isdecimal() and any(row.cells[place + 2 :]):
            numbers[int(str(row.cells[place]))] += 1
    return [number for number, count in numbers.items() if count == 1]
