"""Keyed rows in .xls workbooks (Excel 97-2003), read by xlrd with fonts, formats and merged cells."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from connectors.paper.keyed_layout import Cell, RawRow, SheetDate, find_header
from connectors.paper.keyed_problems import FileSetAside
from connectors.paper.keyed_xlsx import HEADER_ROWS, date_parts_of, shown_date
from schemas.text import is_font_of_capitals

ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
"""The stream of an .xlsx that has a password: its outside is that of an .xls."""
MOST_XLS_BYTES = 256 << 20


@dataclass(frozen=True)
class XlsFile:
    """An open workbook; xlrd holds all of it, and a sheet has at most 65,536 rows."""

    workbook: Any
    sheet: Any

    is_bytes = False

    def rows(self) -> Iterator[RawRow]:
        """Every row of the sheet that is not empty."""
        merged = {row for first, end, _, _ in self.sheet.merged_cells for row in range(first, end)}
        for row in range(self.sheet.nrows):
            shown = [self._cell(row, column) for column in range(self.sheet.row_len(row))]
            cells = [cell for cell, _ in shown]
            if any(cell not in (None, "") for cell in cells):
                capitals = frozenset(column for column, (_, is_capital) in enumerate(shown) if is_capital)
                yield RawRow(row + 1, cells, ("merged_cells",) if row in merged else (), capitals)

    def _cell(self, row: int, column: int) -> tuple[Cell, bool]:
        import xlrd

        kind, value = self.sheet.cell_type(row, column), self.sheet.cell_value(row, column)
        if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            return None, False
        style = self.workbook.xf_list[self.sheet.cell_xf_index(row, column)]
        is_capital = is_font_of_capitals(self.workbook.font_list[style.font_index].name)
        written = self.workbook.format_map[style.format_key].format_str
        if kind == xlrd.XL_CELL_DATE:
            return self._date(value, written), is_capital
        if kind == xlrd.XL_CELL_BOOLEAN:
            return bool(value), is_capital
        if kind == xlrd.XL_CELL_ERROR:
            return xlrd.error_text_from_code.get(value, "#VALUE!"), is_capital
        if kind == xlrd.XL_CELL_NUMBER and len(written) > 1 and set(written) == {"0"} and value == int(value):
            return str(int(value)).zfill(len(written)), is_capital
        return value, is_capital

    def _date(self, serial: float, written: str) -> SheetDate | time | float:
        import xlrd

        try:
            moment: datetime = xlrd.xldate_as_datetime(serial, self.workbook.datemode)
        except (xlrd.xldate.XLDateError, OverflowError, ValueError):
            return serial
        return moment.time() if serial < 1 else shown_date(moment, date_parts_of(written))


def open_xls(path: Path) -> XlsFile:
    """Reads the workbook and finds the sheet that has rows. Raises FileSetAside when it cannot be used."""
    import xlrd
    from xlrd.compdoc import CompDocError

    content = path.read_bytes() if path.stat().st_size <= MOST_XLS_BYTES else None
    if content is None:
        raise FileSetAside("file_too_large")
    if ENCRYPTED_PACKAGE in content:
        raise FileSetAside("password_protected")
    try:
        workbook = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=_Nowhere())
    except xlrd.XLRDError as error:
        raise FileSetAside("password_protected" if "encrypted" in str(error) else "file_truncated") from None
    except (CompDocError, struct.error, AssertionError, IndexError, ValueError, KeyError, TypeError, MemoryError):
        raise FileSetAside("file_truncated") from None
    sheets = [sheet for sheet in map(XlsFile, [workbook] * workbook.nsheets, workbook.sheets()) if _has_header(sheet)]
    if not sheets:
        raise FileSetAside("header_missing")
    if len(sheets) > 1:
        raise FileSetAside("several_sheets", *(found.sheet.name for found in sheets))
    return sheets[0]


def _has_header(file: XlsFile) -> bool:
    return find_header([row for _, row in zip(range(HEADER_ROWS), file.rows(), strict=False)]) is not None


class _Nowhere:
    """Where xlrd's own warnings go: they may hold words of the file."""

    def write(self, words: str) -> int:
        return len(words)

    def flush(self) -> None:
        return None
