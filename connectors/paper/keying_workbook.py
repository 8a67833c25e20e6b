"""The workbook for keying offline: a sheet for each slot, a row for each record, locked keys, and a seal over them.

It holds no personal data when it leaves. A cell is a text as written, `-` for a blank field or `?` for an illegible
one; an empty cell was not keyed. Who changes the keys (which row is which record) breaks the seal, and the file is
refused. The seal is a digest under the vault's key.
"""

import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from schemas.keying import FieldValue, Mark
from schemas.register_columns import ValueKind, columns_of

BLANK_SIGN, ILLEGIBLE_SIGN = "-", "?"
KEYS = ("keying_id", "page", "row")
KEY_TITLES = ("mã", "trang", "dòng")
META_SHEET = "lienthong"
FIRST_ROW = 4
"""Row 1 says how to key, row 2 has the names of the columns, row 3 their titles."""
MOST_BYTES, MOST_UNPACKED = 20 * 2**20, 200 * 2**20
HOW = "Gõ đúng như sổ ghi. Ô trống: gõ -   Ô không đọc được: gõ ?   Ô để nguyên trống là chưa nhập."

Seal = Callable[[str], bytes]


class WorkbookRefused(Exception):
    """The file cannot be taken as a whole. `reason`: unreadable, too_large, not_ours, changed_keys, merged_cells, or
    came_before."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class OfflineRow:
    """A record in the workbook. `page_number`, `row_number`: where it stands in the book, for the person."""

    slot: str
    keying_id: int
    page_number: int
    row_number: int


@dataclass(frozen=True)
class ReturnedRow:
    """What came back of a record. `values`: None when the row was not keyed at all, or cannot be taken; then `faults`
    says in which columns and why (missing, formula, number)."""

    keying_id: int
    values: dict[str, FieldValue] | None = field(repr=False)
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class KeyedWorkbook:
    """A workbook that came back."""

    book_id: int
    keyed_by: str
    rows: tuple[ReturnedRow, ...]


def write_workbook(
    book_id: int, book_kind: str, keyed_by: str, columns: Sequence[str], rows: Sequence[OfflineRow], seal: Seal
) -> bytes:
    """The workbook of these records, of which a person keys these columns."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for slot in dict.fromkeys(row.slot for row in rows):
        _write_sheet(book.create_sheet(slot), book_kind, columns, [row for row in rows if row.slot == slot])
    meta = book.create_sheet(META_SHEET)
    meta.sheet_state = "veryHidden"
    keys = [[row.slot, row.keying_id, row.page_number, row.row_number] for row in rows]
    facts = {"book_id": book_id, "book_kind": book_kind, "keyed_by": keyed_by, "columns": list(columns)}
    meta.append([json.dumps(facts), seal(_sealed_text(facts, keys)).hex()])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _write_sheet(sheet: Any, book_kind: str, columns: Sequence[str], rows: Iterable[OfflineRow]) -> None:
    from openpyxl.styles import Protection

    titles = columns_of(book_kind)
    sheet.append([HOW])
    sheet.append([*KEYS, *columns])
    sheet.append([*KEY_TITLES, *(titles[column].title_vi for column in columns)])
    for row in rows:
        sheet.append([row.keying_id, row.page_number, row.row_number, *([None] * len(columns))])
        for cell in sheet[sheet.max_row][len(KEYS) :]:
            cell.number_format = "@"  # a text: no leading zero is lost, and no number becomes a day
            cell.protection = Protection(locked=False)
    sheet.freeze_panes = sheet.cell(FIRST_ROW, len(KEYS) + 1)
    sheet.protection.enable()


def _sealed_text(facts: dict[str, Any], keys: list[list[Any]]) -> str:
    return json.dumps([facts, keys], sort_keys=True, ensure_ascii=False)


def read_workbook(content: bytes, seal: Seal) -> KeyedWorkbook:
    """What a person keyed. Raises WorkbookRefused for a file that is none of ours, or whose keys were changed."""
    book = _opened(content)
    if META_SHEET not in book.sheetnames:
        raise WorkbookRefused("not_ours")
    sheets = [book[name] for name in book.sheetnames if name != META_SHEET]
    if any(sheet.merged_cells.ranges for sheet in sheets):
        raise WorkbookRefused("merged_cells")
    facts, signed = _facts(book[META_SHEET])
    width = len(KEYS) + len(facts["columns"])
    lines = [
        (sheet.title, cells)
        for sheet in sheets
        for cells in sheet.iter_rows(min_row=FIRST_ROW, max_col=width, values_only=True)
        if any(cell is not None for cell in cells)
    ]
    names = [*KEYS, *facts["columns"]]
    heads = [[cell.value for cell in sheet[2][:width]] for sheet in sheets]
    keys = [[title, *cells[: len(KEYS)]] for title, cells in lines]
    if any(head != names for head in heads) or not hmac.compare_digest(seal(_sealed_text(facts, keys)).hex(), signed):
        raise WorkbookRefused("changed_keys")
    kinds = {column: columns_of(facts["book_kind"])[column].value_kind for column in facts["columns"]}
    rows = tuple(_row(cells, kinds) for _, cells in lines)
    return KeyedWorkbook(facts["book_id"], facts["keyed_by"], rows)


def _opened(content: bytes) -> Any:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with ZipFile(BytesIO(content)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if len(content) > MOST_BYTES or unpacked > MOST_UNPACKED:
            raise WorkbookRefused("too_large")
        return load_workbook(BytesIO(content))
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise WorkbookRefused("unreadable") from error


def _facts(meta: Any) -> tuple[dict[str, Any], str]:
    try:
        facts = json.loads(meta.cell(1, 1).value)
        if not {"book_id", "book_kind", "keyed_by", "columns"} <= facts.keys():
            raise WorkbookRefused("not_ours")
        return facts, str(meta.cell(1, 2).value)
    except (TypeError, ValueError, AttributeError) as error:
        raise WorkbookRefused("not_ours") from error


def _row(cells: Sequence[Any], kinds: dict[str, ValueKind]) -> ReturnedRow:
    keyed = dict(zip(kinds, cells[len(KEYS) :], strict=True))
    if all(_text(cell) == "" for cell in keyed.values()):
        return ReturnedRow(int(cells[0]), None)
    faults = tuple((column, fault) for column, cell in keyed.items() if (fault := _fault(cell, kinds[column])))
    if faults:
        return ReturnedRow(int(cells[0]), None, faults)
    return ReturnedRow(int(cells[0]), {column: _value(cell) for column, cell in keyed.items()})


def _fault(cell: Any, kind: ValueKind) -> str:
    """Why a cell cannot be taken. A number that Excel holds as a number has lost its leading zeros, and a long one its
    last digits."""
    if _text(cell) == "":
        return "missing"
    if isinstance(cell, str) and cell.startswith("="):
        return "formula"
    if isinstance(cell, float) or (isinstance(cell, int) and kind == ValueKind.NUMBER):
        return "number"
    return ""


def _text(cell: Any) -> str:
    if isinstance(cell, datetime | date):
        return f"{cell:%d/%m/%Y}"
    return "" if cell is None else str(cell).strip()


def _value(cell: Any) -> FieldValue:
    text = _text(cell)
    marks = {BLANK_SIGN: Mark.BLANK, ILLEGIBLE_SIGN: Mark.ILLEGIBLE}
    return FieldValue(mark=marks[text]) if text in marks else FieldValue(text=text)
