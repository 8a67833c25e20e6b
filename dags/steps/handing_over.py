"""A book that was accepted is handed over: in the ministry's form, as a bag for an archive, or both.

Files get their names when they are whole, and only when none of that name is there: a run that is killed leaves a
folder that begins with a dot, which the next run replaces.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import StrEnum
from hashlib import file_digest
from pathlib import Path
from typing import Any

from connectors.ledger import Ledger
from connectors.ledger.handed_over import (
    HandedBook,
    HandedRecord,
    books_of_code,
    copy_of,
    handed_book,
    history_of,
    masters_of,
    note_handed_over,
    pages_of,
    readings_of,
    records_of,
    unaccepted,
)
from connectors.paper.bag import BagSource, write_bag
from connectors.paper.case_pdf import PageCopy, case_pdf
from connectors.paper.handover import CaseNames, HandoverRefused, write_archive, write_sheet
from schemas.dates import local_day
from schemas.handover_rules import handover_rules
from schemas.paper_states import BookState

ADDRESS = "https://archive.invalid"
"""Where an archive that named no address of its own will show books: nowhere, by RFC 2606."""


class HandoverForm(StrEnum):
    """In what form a book is handed over."""

    MINISTRY = "ministry"
    BAG = "bag"
    BOTH = "both"


@dataclass(frozen=True)
class HandedOver:
    """What was written: the paths, and counts of what is in them."""

    paths: tuple[Path, ...]
    counts: dict[str, int]


def find_book(ledger: Ledger, named: str) -> int:
    """The id of a book by its id or its code (`KS.1962.01`). Raises HandoverRefused when there is none, or several."""
    if named.isdecimal():
        return int(named)
    found = books_of_code(ledger, named)
    if len(found) != 1:
        ids = ", ".join(map(str, found))
        raise HandoverRefused(
            f"{len(found)} books have the code {named}: name one by its number ({ids})"
            if found
            else f"no book {named}: name it as KS.1962.01, or by the number that the desk shows"
        )
    return found[0]


def hand_over(
    ledger: Ledger,
    actor: str,
    book_id: int,
    folder: Path,
    form: HandoverForm = HandoverForm.BOTH,
    address: str = ADDRESS,
) -> HandedOver:
    """Writes a book into a folder, and an event that says who did. Raises HandoverRefused for a book that is not
    accepted, or whose files are there already, or cannot get names of their own."""
    book = _accepted_book(ledger, book_id)
    made: list[HandedOver] = []
    if form is not HandoverForm.BAG:
        made.append(_hand_over_form(ledger, book, folder))
    if form is not HandoverForm.MINISTRY:
        made.append(_hand_over_bag(ledger, book, folder, address))
    paths = tuple(path for part in made for path in part.paths)
    counts = {name: count for part in made for name, count in part.counts.items()}
    note_handed_over(ledger, actor, book_id, {"form": str(form), **counts, "sha256": _digests(paths)})
    return HandedOver(paths, counts)


def _accepted_book(ledger: Ledger, book_id: int) -> HandedBook:
    book = handed_book(ledger, book_id)
    if book is None:
        raise HandoverRefused(f"no book {book_id}: the desk lists the books with their numbers")
    if book.state != BookState.ACCEPTED:
        raise HandoverRefused(f"{book.code} is not accepted yet ({book.state}): an archivist accepts it at the desk")
    if left := unaccepted(ledger, book_id):
        raise HandoverRefused(f"{book.code} has {left} records that are not accepted: key and accept them first")
    return book


def _hand_over_form(ledger: Ledger, book: HandedBook, folder: Path) -> HandedOver:
    """The sheet and the archive of PDFs, which have one row and one PDF for each record."""
    rules = handover_rules()
    names = CaseNames.of(rules, book.book, records_of(ledger, book))
    with _whole(folder, names.sheet, names.archive) as (sheet, archive):
        rows = write_sheet(sheet, rules, book.book, records_of(ledger, book))
        pdf_of = CasePages(ledger, book, rules.page_bytes).pdf
        pdfs = write_archive(archive, names, records_of(ledger, book, with_rows=True), pdf_of)
        if not rows == pdfs == len(names.by_record):
            raise HandoverRefused(f"{rows} rows and {pdfs} PDFs were written: the book changed, hand it over again")
    return HandedOver((folder / names.sheet, folder / names.archive), {"records": rows, "pdfs": pdfs})


def _hand_over_bag(ledger: Ledger, book: HandedBook, folder: Path, address: str) -> HandedOver:
    rules = handover_rules()
    name = f"{CaseNames(rules, book.book).sheet.removesuffix('.xlsx')}.bag"
    source = BagSource(
        code=book.code,
        book=book.book,
        masters=masters_of(ledger, book),
        pages=pages_of(ledger, book),
        readings_of=lambda page: readings_of(ledger, book, page.page_id),
        write_records=lambda path: write_sheet(path, rules, book.book, records_of(ledger, book)),
        history=history_of(ledger, book),
        made_on=local_day(datetime.now(timezone.utc)),
        address=address.rstrip("/"),
    )
    with _whole(folder, name) as (bag,):
        bag.mkdir(mode=0o700)
        counts = write_bag(bag, source)
    return HandedOver((folder / name,), counts)


@dataclass
class CasePages:
    """Makes the PDFs of records in the order of their pages: one page is opened once, and only one is held."""

    ledger: Ledger
    book: HandedBook
    most_bytes: int
    page_id: int = 0
    copy: PageCopy = field(default_factory=lambda: PageCopy(b""))

    def pdf(self, record: HandedRecord) -> bytes:
        """The PDF of a record. Raises HandoverRefused when its page has no image that can be opened."""
        assert record.page_id is not None  # `CaseNames.of` refused a book with such a record
        if record.page_id != self.page_id:
            content = copy_of(self.ledger, self.book, record.page_id)
            self.page_id, self.copy = record.page_id, PageCopy(content or b"")
        try:
            return case_pdf(self.copy, record.row_px, self.most_bytes)
        except ValueError:
            raise HandoverRefused(
                f"page {record.page_number} has no image that can be opened: scan it again, or set it aside"
            ) from None


@contextmanager
def _whole(folder: Path, *names: str) -> Iterator[tuple[Path, ...]]:
    """Places to write files of these names, which are put into the folder together at the end. Nobody but this user may
    read them."""
    if there := [name for name in names if (folder / name).exists()]:
        raise HandoverRefused(f"{', '.join(there)} is there already: choose another folder, or move it away")
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{names[0]}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    umask = os.umask(0o077)
    try:
        unfinished.mkdir()
        yield tuple(unfinished / name for name in names)
        for name in names:
            (unfinished / name).rename(folder / name)
    finally:
        os.umask(umask)
        shutil.rmtree(unfinished, ignore_errors=True)


def _digests(paths: tuple[Path, ...]) -> dict[str, Any]:
    """The SHA-256 of each file; of a bag, that of its list of digests, which stands for all of it."""
    digests = {}
    for path in paths:
        with (path / "tagmanifest-sha256.txt" if path.is_dir() else path).open("rb") as file:
            digests[path.name] = file_digest(file, "sha256").hexdigest()
    return digests
