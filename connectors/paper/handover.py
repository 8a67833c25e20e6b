"""The ministry's form of a digitised book: one sheet with a row for each entry, one archive with a PDF for each.

Document: CV 1437/BTP-CNTT of 2019, which could not be read. Known of it, by a vendor's summary: one Excel and one zip
of PDFs for each book, one case is one row and one PDF, in colour, about 100 kB a page, no digital signature. Assumed:
every name and every way to write a cell, which are rows of `schemas/data/handover_rules.csv`.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.ledger.handed_over import HandedRecord
from schemas.handover_rules import HandoverRules
from schemas.keying import FieldValue, Mark
from schemas.register_columns import columns_of
from schemas.source import Book

DAY = re.compile(r"(?:(?:(\d{1,2})[./-])?(\d{1,2})[./-])?(\d{4})")
NOT_IN_NAMES = re.compile(r"[^0-9A-Za-zĐđÀ-ỹ_-]+")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML may hold, so no sheet either."""
TEXT_FORMAT = "@"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""Of every file in the archive, so that one book gives equal bytes at every hand-over."""
MOST_NAMED = 10


class HandoverRefused(Exception):
    """A book cannot be handed over as it is; the message says what to do."""


@dataclass
class CaseNames:
    """The names of the PDFs of a book's records, made by rule; no two are equal."""

    rules: HandoverRules
    book: Book
    by_record: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: HandoverRules, book: Book, records: Iterable[HandedRecord]) -> "CaseNames":
        """The names of all records. Raises HandoverRefused when two would have one name, or one has no page."""
        names = cls(rules, book)
        taken: dict[str, int] = {}
        clashes: list[str] = []
        without_page = 0
        for record in records:
            name = names.by_record[record.record_id] = names.name_of(record.values)
            if taken.setdefault(name.lower(), record.record_id) != record.record_id:
                clashes.append(f"{taken[name.lower()]} and {record.record_id}")
            without_page += record.page_id is None
        if clashes:
            raise HandoverRefused(_several(clashes))
        if without_page:
            raise HandoverRefused(
                f"{without_page} records have no page, so no PDF can be made: take the scans of the book in first, or"
                " hand over the archive bag alone (--form bag)"
            )
        return names

    def name_of(self, values: Mapping[str, FieldValue]) -> str:
        """`KS.1998.01.1998-05-04.034.pdf`"""
        return self.rules.case_file.format(
            **self._book_parts,
            registered_on=name_date(text_of(values, "ngayDangKy")) or self.rules.unknown_date,
            number=self._number(text_of(values, "so")),
        )

    @property
    def sheet(self) -> str:
        return self.rules.sheet_file.format(**self._book_parts)

    @property
    def archive(self) -> str:
        return self.rules.zip_file.format(**self._book_parts)

    @property
    def _book_parts(self) -> dict[str, object]:
        number = NOT_IN_NAMES.sub("-", self.book.book_number)
        return {"book_kind": self.book.book_kind, "opened_year": self.book.opened_year, "book_number": number}

    def _number(self, written: str) -> str:
        """`34` -> `034`, `34/b` -> `034-b`"""
        digits = re.match(r"\d*", written)
        first = digits[0] if digits else ""
        number = first.zfill(self.rules.number_digits) + written[len(first) :] if first else written
        return NOT_IN_NAMES.sub("-", number).strip("-") or self.rules.unknown_number


def _several(clashes: list[str]) -> str:
    shown = "; ".join(clashes[:MOST_NAMED]) + (
        f"; and {len(clashes) - MOST_NAMED} more" if clashes[MOST_NAMED:] else ""
    )
    return (
        f"the files of these records would have one name: {shown}. Look both up in the book: correct the number or the"
        " day of the one that was keyed wrong, or, if the book itself has the number twice, write it as in the book"
        " with a letter (34a, 34b), then hand over again"
    )


def name_date(written: str) -> str:
    """A day for a file's name: `04.05.1998` -> `1998-05-04`, `05.1998` -> `1998-05`, `1998` -> `1998`; empty for what
    is no such date."""
    found = DAY.fullmatch(written.strip())
    if found is None:
        return ""
    day, month, year = found.groups()
    return "-".join(part.zfill(2) for part in (year, month, day) if part)


def text_of(values: Mapping[str, FieldValue], column: str) -> str:
    """The text of a column; empty for one that is blank, illegible or missing."""
    value = values.get(column)
    return value.text if value and value.mark is None else ""


# The sheet


def write_sheet(path: Path, rules: HandoverRules, book: Book, records: Iterable[HandedRecord]) -> int:
    """Writes a row for each record, row by row; returns how many. Every cell is a text, so that no number loses its
    zeros, no date is turned round, and no text is taken for a formula."""
    from openpyxl import Workbook

    columns = columns_of(book.book_kind)
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(book.book_kind)
    sheet.append(list(_cells(sheet, [rules.row_number_column, *columns], as_text=False)))
    count = 0
    for count, record in enumerate(records, 1):
        texts = [str(count), *(cell_text(rules, record.values.get(column)) for column in columns)]
        sheet.append(list(_cells(sheet, texts, as_text=True)))
    workbook.save(path)
    return count


def cell_text(rules: HandoverRules, value: FieldValue | None) -> str:
    """What stands in a cell: the text as it was keyed, or what the rules say for a blank or an illegible field."""
    if value is None or value.mark is Mark.BLANK:
        return rules.blank
    return rules.illegible if value.mark is Mark.ILLEGIBLE else value.text


def _cells(sheet: object, texts: Iterable[str], *, as_text: bool) -> Iterator[object]:
    from openpyxl.cell import WriteOnlyCell

    for text in texts:
        cell = WriteOnlyCell(sheet, CONTROLS.sub("\ufffd", text) or None)
        if text:
            cell.data_type = "s"  # openpyxl takes what begins with "=" for a formula
        if as_text:
            cell.number_format = TEXT_FORMAT
        yield cell


# The archive


def write_archive(
    path: Path, names: CaseNames, records: Iterable[HandedRecord], pdf_of: Callable[[HandedRecord], bytes]
) -> int:
    """Writes a PDF for each record into a zip, one at a time; returns how many."""
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
        for record in records:
            name = zipfile.ZipInfo(names.by_record[record.record_id], ZIP_TIME)
            archive.writestr(name, pdf_of(record))
        return len(archive.infolist())
