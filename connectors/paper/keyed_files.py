"""Keyed files of register books (.csv, .xlsx, .xls, .dbf), streamed row by row in the ministry's columns.

A file that cannot be used raises FileSetAside before its first row; a row that is no entry comes with its problems, and
the rows behind it go on. Nothing is repaired: what a spreadsheet destroyed (a leading zero, digits of a long number, a
date that became a number) only the page can tell.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

from connectors.paper.keyed_csv import HEADER_LINES, CsvFile, open_csv
from connectors.paper.keyed_dbf import open_dbf
from connectors.paper.keyed_layout import Cell, KeyedRow, Layout, RawRow, find_header, layout_of, with_encodings
from connectors.paper.keyed_problems import FileSetAside
from connectors.paper.keyed_xls import open_xls
from connectors.paper.keyed_xlsx import open_xlsx
from schemas.register_columns import BookKind

SAMPLE_ROWS = 2_000
"""Rows by which the encoding of a column is judged."""
ZIP, OLE = b"PK", b"\xd0\xcf\x11\xe0"
DBF_VERSIONS = frozenset(b"\x02\x03\x30\x31\x32\x43\x63\x83\x8b\xcb\xf5\xfb")


class RowSource(Protocol):
    """A file of any format. `is_bytes`: its letters are bytes of an unknown code page, read as Latin-1."""

    @property
    def is_bytes(self) -> bool: ...

    def rows(self) -> Iterator[RawRow]: ...


@dataclass(frozen=True)
class KeyedFile:
    """An open keyed file: its kind of book and columns, and its rows as often as they are asked for."""

    source: RowSource = field(repr=False)
    layout: Layout
    header_index: int

    def raw_rows(self) -> Iterator[RawRow]:
        """The rows behind the header as the file has them, for `layout.read`."""
        width = self.layout.width if isinstance(self.source, CsvFile) else 0
        for row in islice(self.source.rows(), self.header_index + 1, None):
            yield row if not width or _fits(row, width) else row._replace(problems=("wrong_number_of_cells",))

    def rows(self) -> Iterator[KeyedRow]:
        """The rows by the ministry's columns."""
        return map(self.layout.read, self.raw_rows())


def _fits(row: RawRow, width: int) -> bool:
    """Whether a row of a .csv has all cells: one cell less or more shifts the values behind it."""
    return bool(row.problems) or len(row.cells) == width or (len(row.cells) > width and not any(row.cells[width:]))


def open_keyed_file(
    path: Path,
    book_kind: BookKind | None = None,
    renames: Mapping[str, str] | None = None,
    left_out: Iterable[str] = (),
) -> KeyedFile:
    """Opens a keyed file by its content, whatever its name is. Raises FileSetAside when it cannot be used.

    `book_kind`: the kind of the books in it, when the columns shall not tell. `renames`, `left_out`: see `layout_of`.
    """
    source = _opener(path)(path)
    rows = source.rows()
    first = list(islice(rows, HEADER_LINES))
    header_index = find_header(_renamed(first, renames or {}))
    if header_index is None:
        raise FileSetAside("header_missing")
    layout = layout_of(first[header_index], book_kind, renames, left_out)
    sample = list(islice(chain(first[header_index + 1 :], rows), SAMPLE_ROWS))
    return KeyedFile(source, with_encodings(layout, sample, is_bytes=source.is_bytes), header_index)


def _renamed(rows: list[RawRow], renames: Mapping[str, str]) -> list[RawRow]:
    new = {old.strip().lower(): name for old, name in renames.items()}

    def renamed(cell: Cell) -> Cell:
        return new.get(cell.strip().lower(), cell) if isinstance(cell, str) else cell

    return [row._replace(cells=[renamed(cell) for cell in row.cells]) for row in rows]


def _opener(path: Path) -> Callable[[Path], RowSource]:
    with path.open("rb") as content:
        start = content.read(32)
    if start.startswith(ZIP):
        return open_xlsx
    if start.startswith(OLE):
        return open_xls
    if path.suffix.lower() == ".dbf" or (start[:1] and start[0] in DBF_VERSIONS and b"\0" in start):
        return open_dbf
    if path.suffix.lower() in (".xlsx", ".xls"):
        raise FileSetAside("file_truncated")
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        return open_csv
    raise FileSetAside("kind_unknown")
