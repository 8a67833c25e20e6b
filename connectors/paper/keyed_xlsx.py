"""Keyed rows in .xlsx workbooks, read without loading the sheet (openpyxl, read-only).

What openpyxl does not say when it streams is looked for before the first row is read: how much the file unpacks to,
cells that are merged, and formulas that no program has calculated yet.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from lxml import etree

from connectors.paper.keyed_layout import Cell, RawRow, SheetDate, find_header
from connectors.paper.keyed_problems import FileSetAside
from schemas.text import is_font_of_capitals

MOST_BYTES = 8 << 30
MOST_STRING_BYTES = 256 << 20
MOST_MEMBERS = 2_000
MOST_RATIO, RATIO_COUNTS_FROM_BYTES = 200, 16 << 20
"""What a workbook may unpack to; a sheet of a million rows of 40 cells has 3 GB. Shared strings are held in memory."""
HEADER_ROWS = 30

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, etree.XMLSyntaxError)
_MAIN = "{*}"


@dataclass(frozen=True)
class _Drawn:
    """How a style draws a cell: the parts of a date that it shows, the digits that it pads to, and its font's case."""

    date_parts: str = ""
    zeros: int = 0
    is_capital: bool = False


@dataclass(frozen=True)
class XlsxFile:
    """An open workbook whose sheet `title` has the rows."""

    path: Path
    title: str
    problems: dict[int, tuple[str, ...]] = field(repr=False)

    is_bytes = False

    def rows(self) -> Iterator[RawRow]:
        """Every row of the sheet that is not empty. Raises FileSetAside where the file is damaged."""
        workbook = _open(self.path)
        try:
            yield from _rows(workbook[self.title], self.problems)
        except DAMAGE:
            raise FileSetAside("file_truncated") from None
        finally:
            workbook.close()


def open_xlsx(path: Path) -> XlsxFile:
    """Finds the sheet that has rows. Raises FileSetAside for a workbook that is damaged, too large or has no header."""
    _refuse_bombs(path)
    workbook = _open(path)
    try:
        titles = [sheet.title for sheet in workbook.worksheets if _has_header(sheet)]
        members = {sheet.title: sheet._worksheet_path for sheet in workbook.worksheets}
    except DAMAGE:
        raise FileSetAside("file_truncated") from None
    finally:
        workbook.close()
    if not titles:
        raise FileSetAside("header_missing")
    if len(titles) > 1:
        raise FileSetAside("several_sheets", *titles)
    return XlsxFile(path, titles[0], _problems(path, members[titles[0]]))


def _open(path: Path) -> Any:
    from openpyxl import load_workbook  # a quarter of a second

    try:
        return load_workbook(path, read_only=True, data_only=True)
    except (*DAMAGE, ValueError, TypeError, OSError):
        raise FileSetAside("file_truncated") from None


def _refuse_bombs(path: Path) -> None:
    """Raises FileSetAside for a file that unpacks to too much. `zipfile` reads no more of a member than it declares."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise FileSetAside("file_truncated") from None
    ratios = [
        member.file_size / max(member.compress_size, 1)
        for member in members
        if member.file_size > RATIO_COUNTS_FROM_BYTES
    ]
    strings = sum(member.file_size for member in members if member.filename.lower().endswith("sharedstrings.xml"))
    is_over = sum(member.file_size for member in members) > MOST_BYTES or strings > MOST_STRING_BYTES
    if is_over or len(members) > MOST_MEMBERS or max(ratios, default=0) > MOST_RATIO:
        raise FileSetAside("file_too_large")


def _has_header(sheet: Any) -> bool:
    sheet.reset_dimensions()
    first = [RawRow(0, row) for row in sheet.iter_rows(max_row=HEADER_ROWS, values_only=True)]
    return find_header(first) is not None


def _problems(path: Path, member: str) -> dict[int, tuple[str, ...]]:
    """The rows with merged cells and with formulas that have no value, read from the sheet's XML."""
    found: dict[int, tuple[str, ...]] = {}
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as content:
            # No entities: a sheet has none, and an outside one must not be read.
            events = etree.iterparse(
                content, tag=(f"{_MAIN}c", f"{_MAIN}row", f"{_MAIN}mergeCell"), resolve_entities=False, huge_tree=True
            )
            row_number = 0
            for _, element in events:
                name = etree.QName(element).localname
                if name == "mergeCell":
                    for number in _merged_rows(element.get("ref", "")):
                        found[number] = (*found.get(number, ()), "merged_cells")
                elif name == "row":
                    row_number = int(element.get("r", row_number + 1))
                    if _has_uncalculated(element):
                        found[row_number] = (*found.get(row_number, ()), "formula_without_value")
                    _forget(element)
    except DAMAGE:
        raise FileSetAside("file_truncated") from None
    return found


def _has_uncalculated(row: Any) -> bool:
    return any(
        formula.getparent().findtext(f"{_MAIN}v") in (None, "") for formula in row.iterfind(f"{_MAIN}c/{_MAIN}f")
    )


def _forget(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _merged_rows(reference: str) -> range:
    """`B7:D9` -> 7, 8, 9."""
    rows = [int(digits) for digits in re.findall(r"\d+", reference)]
    return range(min(rows), max(rows) + 1) if rows else range(0)


def _rows(sheet: Any, problems: dict[int, tuple[str, ...]]) -> Iterator[RawRow]:
    sheet.reset_dimensions()
    drawn: dict[int, _Drawn] = {}
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells: list[Cell] = []
        capitals = []
        for index, cell in enumerate(row):
            value = cell.value
            if value is not None and (style_id := getattr(cell, "_style_id", 0)):
                look = drawn.get(style_id) or drawn.setdefault(style_id, _look(cell))
                if look.is_capital:
                    capitals.append(index)
                value = _shown(value, look)
            elif isinstance(value, (date, time)):
                value = _shown(value, _Drawn())
            cells.append(value)
        if any(cell not in (None, "") for cell in cells):
            yield RawRow(number, cells, problems.get(number, ()), frozenset(capitals))


def _look(cell: Any) -> _Drawn:
    number_format = str(cell.number_format or "")
    zeros = len(number_format) if number_format and set(number_format) == {"0"} and len(number_format) > 1 else 0
    return _Drawn(date_parts_of(number_format), zeros, is_font_of_capitals(cell.font.name if cell.font else None))


def date_parts_of(number_format: str) -> str:
    """The parts of a date that a format shows: `dmy`, `my`, `y`; empty for another format."""
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", number_format.lower())
    return "".join(part for part in "dmy" if part in bare) if "y" in bare else ""


def _shown(value: Any, look: _Drawn) -> Cell:
    if isinstance(value, (datetime, date)):
        return shown_date(value, look.date_parts)
    if look.zeros and isinstance(value, int) and not isinstance(value, bool):
        return str(value).zfill(look.zeros)
    kept: Cell = value
    return kept


def shown_date(day: date, parts: str) -> SheetDate:
    """The parts that the sheet shows: a year typed alone is no first of January."""
    forms = {"y": f"{day.year:04d}", "my": f"{day.month:02d}.{day.year:04d}"}
    return SheetDate(forms.get(parts, f"{day.day:02d}.{day.month:02d}.{day.year:04d}"))
