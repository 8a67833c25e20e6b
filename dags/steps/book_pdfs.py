"""Searchable copies of books (PDF/A-2b with a text layer): one written to a file, or all that the desk asked for.

A copy is made by a worker and never inside a request: a large book takes minutes. It is sealed again as
soon as it is made; what lies on disk meanwhile is removed at the end, also of a run that failed, and what a killed run
left is removed by the next one.
"""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.ledger import Ledger
from connectors.ledger.book_pdfs import (
    NO_LIBRARY,
    NO_PAGES,
    NOT_MADE,
    ClaimedPdf,
    claimed_pdf,
    texts_of_page,
)
from connectors.ledger.handed_over import HandedBook, handed_book, note_handed_over, pages_of
from connectors.paper.extra import PaperExtraMissing
from connectors.paper.handover import HandoverRefused
from connectors.paper.searchable_pdf import NoSearchablePdf, PlacedText, TextPage, write_searchable_pdf
from connectors.postgres import home

UNDER_WAY = "copies_under_way"
"""A folder of this installation for copies that are not sealed yet. One run makes them at a time."""


def write_pdf(ledger: Ledger, actor: str, book_id: int, target: Path) -> int:
    """Writes the searchable copy of a book to a file that only this user may read, and an event that says who did.
    Returns how many pages it has. Raises HandoverRefused, PaperExtraMissing, NoSearchablePdf."""
    book = handed_book(ledger, book_id)
    if book is None:
        raise HandoverRefused(f"no book {book_id}: the desk lists the books with their numbers")
    if target.exists():
        raise HandoverRefused(f"{target.name} is there already: choose another name, or move it away")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        count = write_searchable_pdf(target, book.code, _pages(ledger, book), os.cpu_count() or 1)
    except ValueError as error:
        raise HandoverRefused(f"{book.code}: {error}; take the scans of the book in first") from None
    note_handed_over(ledger, actor, book_id, {"form": "searchable_pdf", "pages": count})
    return count


def make_pdfs(ledger: Ledger) -> dict[str, int]:
    """Makes every copy that was asked for. Returns counts of those made, and of those that could not be."""
    shutil.rmtree(home() / UNDER_WAY, ignore_errors=True)
    counts: Counter[str] = Counter()
    while True:
        with claimed_pdf(ledger) as claimed:
            if claimed is None:
                return dict(counts)
            reason_code = _make(ledger, claimed)
        counts["refused" if reason_code else "made"] += 1


def _make(ledger: Ledger, claimed: ClaimedPdf) -> str | None:
    """Makes one copy; returns why it could not be made."""
    book = handed_book(ledger, claimed.book_id)
    assert book is not None  # the claim refers to it
    place = home() / UNDER_WAY
    place.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(dir=place) as folder:
        target = Path(folder) / "book.pdf"
        try:
            count = write_searchable_pdf(target, book.code, _pages(ledger, book))
        except (ValueError, PaperExtraMissing, NoSearchablePdf) as error:
            reason_code = _reason_of(error)
            claimed.refuse(reason_code)
            return reason_code
        claimed.keep(book.key, target, count)
    return None


def _reason_of(error: Exception) -> str:
    if isinstance(error, PaperExtraMissing):
        return NO_LIBRARY
    return NOT_MADE if isinstance(error, NoSearchablePdf) else NO_PAGES


def _pages(ledger: Ledger, book: HandedBook) -> Iterator[TextPage]:
    """The pages that have an image, one at a time."""
    for page in pages_of(ledger, book):
        if page.copy is not None:
            texts = [PlacedText(text, box) for text, box in texts_of_page(ledger, book, page.page_id)]
            yield TextPage(page.copy, texts)
