"""Searchable copies of books: asked for at the desk, made by a worker, kept sealed in parts.

A claim is two steps, as for a page that is read: the first counts the attempt and is committed, the second locks the
row for as long as the copy is made. A worker that is killed loses its lock with its connection.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.handed_over import GIVEN_OUT, HandedBook
from connectors.ledger.paper_sealed import open_book_key, open_reading, open_record
from connectors.vault import DataKey
from schemas.keying import FieldValue, Reading

MOST_ATTEMPTS = 3
PART_BYTES = 4 * 2**20
PART_PURPOSE = "searchable copy/{}/{}"
"""Of a part: the second it was asked in, and its number. So no part of an older copy can take its place."""
BREAKS_MAKER, NO_PAGES, NO_LIBRARY, NOT_MADE = "breaks_maker", "no_pages", "no_library", "not_made"
"""Why a copy could not be made: the worker ended, no page has an image, the extra is missing, OCRmyPDF refused."""

ASK = text("""
    INSERT INTO book_pdfs (book_id, asked_by) VALUES (:book_id, :asked_by)
    ON CONFLICT (book_id) DO UPDATE SET asked_by = excluded.asked_by, asked_at = clock_timestamp(), attempts = 0,
                                        made_at = NULL, page_count = NULL, reason_code = NULL
       WHERE book_pdfs.made_at IS NOT NULL OR book_pdfs.reason_code IS NOT NULL
    RETURNING book_id""")
NOTE = text("""
    INSERT INTO events (kind, actor, subject_kind, subject_id, detail)
    VALUES ('book_pdf_asked', :actor, 'book', :book_id, '{}')""")
STANDING = text("SELECT asked_at, made_at, page_count, reason_code FROM book_pdfs WHERE book_id = :book_id")
OPEN = "made_at IS NULL AND reason_code IS NULL"
EXHAUSTED = text(f"""
    UPDATE book_pdfs SET reason_code = '{BREAKS_MAKER}'
     WHERE book_id IN (SELECT book_id FROM book_pdfs WHERE {OPEN} AND attempts >= {MOST_ATTEMPTS}
                        FOR UPDATE SKIP LOCKED)
    RETURNING book_id""")
BEGIN = text(f"""
    UPDATE book_pdfs SET attempts = attempts + 1
     WHERE book_id = (SELECT book_id FROM book_pdfs WHERE {OPEN} AND attempts < {MOST_ATTEMPTS}
                       ORDER BY attempts, asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING book_id""")
LOCK = text(f"""
    SELECT book_id, extract(epoch FROM asked_at)::bigint AS asked_s FROM book_pdfs
     WHERE book_id = :book_id AND {OPEN} FOR UPDATE SKIP LOCKED""")
CLEAR = text("DELETE FROM book_pdf_parts WHERE book_id = :book_id")
KEEP_PART = text("""
    INSERT INTO book_pdf_parts (book_id, part_number, sealed) VALUES (:book_id, :part_number, :sealed)""")
MADE = text("""
    UPDATE book_pdfs SET made_at = clock_timestamp(), page_count = :page_count WHERE book_id = :book_id""")
REFUSED = text("UPDATE book_pdfs SET reason_code = :reason_code WHERE book_id = :book_id")
PARTS = text("""
    SELECT p.part_number, p.sealed, b.wrapped, extract(epoch FROM d.asked_at)::bigint AS asked_s
      FROM book_pdf_parts p JOIN book_pdfs d USING (book_id) JOIN books b USING (book_id)
     WHERE book_id = :book_id AND d.made_at IS NOT NULL ORDER BY p.part_number""")
TEXTS = text("""
    SELECT r.record_id, r.row_number, r.state, r.sealed, r.page_id <> p.page_id AS is_facing,
           p.fit #> ARRAY['boxes_px', r.row_number::text] AS boxes_px,
           ARRAY(SELECT g.recogniser_code FROM readings g WHERE g.record_id = r.record_id
                  ORDER BY (g.recogniser_code = b.recogniser_code) DESC NULLS LAST, g.recogniser_code) AS recognisers,
           ARRAY(SELECT g.sealed FROM readings g WHERE g.record_id = r.record_id
                  ORDER BY (g.recogniser_code = b.recogniser_code) DESC NULLS LAST, g.recogniser_code) AS readings
      FROM records r JOIN pages l ON l.page_id = r.page_id JOIN pages p ON p.page_id IN (l.page_id, l.facing_page_id)
      JOIN books b ON b.book_id = r.book_id
     WHERE p.page_id = :page_id ORDER BY r.row_number, r.record_id""")


@dataclass(frozen=True)
class PdfStanding:
    """How far the searchable copy of a book is: waited for, made (`made_at`), or not to be made (`reason_code`)."""

    asked_at: datetime
    made_at: datetime | None
    page_count: int | None
    reason_code: str | None

    @property
    def is_waited_for(self) -> bool:
        return self.made_at is None and self.reason_code is None


@dataclass(frozen=True)
class ClaimedPdf:
    """A copy that is being made; it is locked until its transaction ends."""

    connection: Connection = field(repr=False)
    book_id: int
    asked_s: int

    def keep(self, key: DataKey, path: Path, page_count: int) -> None:
        """Seals the file in the place of an older one, part by part."""
        self.connection.execute(CLEAR, {"book_id": self.book_id})
        with path.open("rb") as file:
            for number, part in enumerate(iter(lambda: file.read(PART_BYTES), b"")):
                sealed = key.seal(part, PART_PURPOSE.format(self.asked_s, number))
                values = {"book_id": self.book_id, "part_number": number, "sealed": sealed}
                self.connection.execute(KEEP_PART, values)
        self.connection.execute(MADE, {"book_id": self.book_id, "page_count": page_count})

    def refuse(self, reason_code: str) -> None:
        """Writes why the copy cannot be made; it may be asked for again."""
        self.connection.execute(CLEAR, {"book_id": self.book_id})
        self.connection.execute(REFUSED, {"book_id": self.book_id, "reason_code": reason_code})


def ask_pdf(ledger: Ledger, actor: str, book_id: int) -> bool:
    """Asks for the searchable copy of a book, and notes who did. False while one is waited for already."""
    with ledger.engine.begin() as connection:
        is_new = connection.execute(ASK, {"book_id": book_id, "asked_by": actor}).scalar() is not None
        if is_new:
            connection.execute(NOTE, {"actor": actor, "book_id": book_id})
    return is_new


def pdf_standing(ledger: Ledger, book_id: int) -> PdfStanding | None:
    """How far the copy is; None when nobody ever asked for one."""
    with ledger.engine.connect() as connection:
        row = connection.execute(STANDING, {"book_id": book_id}).one_or_none()
    return PdfStanding(**row._mapping) if row else None


@contextmanager
def claimed_pdf(ledger: Ledger) -> Iterator[ClaimedPdf | None]:
    """The next copy to be made; None when none is asked for. What is kept is committed at the end."""
    with ledger.engine.begin() as connection:
        connection.execute(EXHAUSTED)
    while (book_id := _begin(ledger)) is not None:
        with ledger.engine.begin() as connection:
            row = connection.execute(LOCK, {"book_id": book_id}).first()
            if row is not None:
                yield ClaimedPdf(connection, row.book_id, row.asked_s)
                return
    yield None


def _begin(ledger: Ledger) -> int | None:
    with ledger.engine.begin() as connection:
        return connection.execute(BEGIN).scalar()


def pdf_parts(ledger: Ledger, book_id: int) -> Iterator[bytes]:
    """The bytes of the copy, part by part; none when there is no copy. Raises VaultError."""
    key: DataKey | None = None
    with ledger.engine.connect().execution_options(yield_per=1) as connection:
        for row in connection.execute(PARTS, {"book_id": book_id}):
            key = key or open_book_key(ledger, book_id, row.wrapped)
            yield key.unseal(row.sealed, PART_PURPOSE.format(row.asked_s, row.part_number))


def texts_of_page(ledger: Ledger, book: HandedBook, page_id: int) -> list[tuple[str, tuple[int, int, int, int]]]:
    """What is written on a page, and where: of an accepted record the values that count, of any other what a machine
    read, by the recogniser that serves the book before others. A field whose place nobody knows is left out."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(TEXTS, {"page_id": page_id}).all()
    return [placed for row in rows for placed in _texts_of_record(book.key, row)]


def _texts_of_record(key: DataKey, row: Any) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    whole = open_reading(key, row.record_id, row.recognisers[0], row.readings[0]) if row.recognisers else None
    reading = whole.on_page(is_facing=row.is_facing) if whole else None
    boxes = _boxes(row.boxes_px, reading)
    if row.state in GIVEN_OUT and row.sealed:
        texts = _texts_of_values(open_record(key, row.record_id, row.sealed))
    else:
        texts = {column: value.text for column, value in reading.values.items()} if reading else {}
    for column, box in boxes.items():
        if texts.get(column):
            yield texts[column], box


def _texts_of_values(values: dict[str, FieldValue]) -> dict[str, str]:
    return {column: value.text for column, value in values.items() if value.mark is None}


def _boxes(fitted: dict[str, list[int]] | None, reading: Reading | None) -> dict[str, tuple[int, int, int, int]]:
    boxes = {column: value.box_px for column, value in reading.values.items()} if reading else {}
    return boxes | {column: (box[0], box[1], box[2], box[3]) for column, box in (fitted or {}).items()}
