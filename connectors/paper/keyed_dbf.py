"""Keyed rows in .dbf tables (FoxPro, dBASE), read by dbfread as Latin-1, so that old encodings stay as they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.paper.keyed_layout import Cell, RawRow, SheetDate
from connectors.paper.keyed_problems import FileSetAside

MEMO_TYPES = frozenset("MGPB")


@dataclass(frozen=True)
class DbfFile:
    """An open table. Its first row is made of the names of its fields."""

    table: Any

    is_bytes = True

    def rows(self) -> Iterator[RawRow]:
        """The names of the fields, then every record that is neither empty nor deleted; numbered from 1."""
        yield RawRow(0, list(self.table.field_names))
        for number, record in enumerate(self.table, 1):
            cells = list(record.values())
            if any(cell not in (None, "") for cell in cells):
                yield RawRow(number, cells)


def open_dbf(path: Path) -> DbfFile:
    """Opens a table. Raises FileSetAside when it is cut off, or the file with its long texts is not beside it."""
    from dbfread import DBF, FieldParser, MissingMemoFile

    class Parser(FieldParser):  # type: ignore[misc]  # dbfread has no types
        """Keeps what stands in a field, also where it does not fit the field's type."""

        def parse(self, field: Any, data: bytes) -> Cell:
            if field.type in MEMO_TYPES:
                memo = super().parse(field, data)
                return memo if isinstance(memo, str) else None
            text = data.decode("latin-1").strip(" \0")
            if field.type == "D" and len(text) == 8 and text.isdecimal():
                return SheetDate(f"{text[6:]}.{text[4:6]}.{text[:4]}")
            return _without_zeros(text) if field.type in "NF" else text

    try:
        table = DBF(path, encoding="latin-1", parserclass=Parser, char_decode_errors="replace")
    except MissingMemoFile:
        raise FileSetAside("memo_missing") from None
    except (ValueError, KeyError, EOFError, OSError, AttributeError, IndexError, TypeError):
        raise FileSetAside("file_truncated") from None
    header = table.header
    if path.stat().st_size < header.headerlen + header.numrecords * header.recordlen:
        raise FileSetAside("file_truncated")
    return DbfFile(table)


def _without_zeros(number: str) -> str:
    """`34.000` -> `34`: a number with no fraction is written without its point."""
    whole, point, fraction = number.partition(".")
    return whole if point and not fraction.strip("0") else number
