"""A book as it is handed over: its facts, masters, pages and records, and what happened to it, one at a time.

Nothing here holds a whole book: rows are read in the order in which they are written, and opened one by one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import TextClause, text

from connectors.ledger import Ledger
from connectors.ledger.accepted_records import book_of
from connectors.ledger.paper_sealed import open_book_key, open_record
from connectors.vault import DataKey
from schemas.keying import FieldValue, KeyingSlot, Reading
from schemas.paper_states import BookEvent, PageState, RecordState
from schemas.source import Book
from schemas.states import listed

ROWS_AT_ONCE, FILES_AT_ONCE = 100, 1
"""How many rows are fetched at once; a master may have many megabytes."""
HANDED_OVER = "book_handed_over"
"""An event that moves nothing: it says who handed a book over, in what form, and the digests of the files."""
GIVEN_OUT = (RecordState.ACCEPTED, RecordState.ENTERED)

_BOOK = """SELECT book_id, book_kind, opened_year, book_number, place_as_written, place_code, province_code,
                  commune_code, state, wrapped FROM books"""
BOOK = text(f"{_BOOK} WHERE book_id = :book_id")
BOOKS_OF_CODE = text("""
    SELECT book_id FROM books WHERE concat_ws('.', book_kind, opened_year, book_number) = :code ORDER BY book_id""")
UNACCEPTED = text(f"SELECT count(*) FROM records WHERE book_id = :book_id AND state NOT IN ({listed(GIVEN_OUT)})")
_RECORDS = """
    SELECT r.record_id, r.page_id, p.page_number, r.row_number, r.sealed{}
      FROM records r LEFT JOIN pages p USING (page_id)
     WHERE r.book_id = :book_id ORDER BY p.page_number NULLS LAST, r.row_number, r.record_id"""
RECORDS = text(_RECORDS.format(""))
RECORDS_WITH_ROWS = text(
    _RECORDS.format(""",
           ARRAY(SELECT g.recogniser_code FROM readings g WHERE g.record_id = r.record_id
                  ORDER BY g.recogniser_code) AS recognisers,
           ARRAY(SELECT g.sealed FROM readings g WHERE g.record_id = r.record_id
                  ORDER BY g.recogniser_code) AS readings""")
)
PAGES = text(f"""
    SELECT page_id, page_number, scan_id, scan_page, sealed_copy FROM pages
     WHERE book_id = :book_id AND state <> '{PageState.REPLACED}' ORDER BY page_number, page_id""")
COPY = text("SELECT sealed_copy FROM pages WHERE page_id = :page_id")
READINGS = text("""
    SELECT r.record_id, r.row_number, g.recogniser_code, g.sealed, r.page_id <> :page_id AS is_facing
      FROM readings g JOIN records r USING (record_id) JOIN pages p USING (page_id)
     WHERE :page_id IN (p.page_id, p.facing_page_id) ORDER BY r.row_number, r.record_id, g.recogniser_code""")
MASTERS = text("""
    SELECT scan_id, sha256, media_type, size, sealed FROM scans WHERE book_id = :book_id ORDER BY scan_id""")
HISTORY = text(f"""
    SELECT 'scanned' AS kind, received_at AS happened_at, 'scan' AS subject_kind, scan_id AS subject_id, '' AS detail
      FROM scans WHERE book_id = :book_id
    UNION ALL
    SELECT 'read', max(g.read_at), 'page', r.page_id, g.recogniser_code
      FROM readings g JOIN records r USING (record_id)
     WHERE r.book_id = :book_id AND r.page_id IS NOT NULL GROUP BY r.page_id, g.recogniser_code
    UNION ALL
    SELECT CASE k.slot WHEN '{KeyingSlot.FIRST}' THEN 'keyed_first' WHEN '{KeyingSlot.SECOND}' THEN 'keyed_second'
                       WHEN '{KeyingSlot.THIRD}' THEN 'keyed_third' ELSE 'looked_again' END,
           k.kept_at, 'record', k.record_id, 'round ' || k.round_number
      FROM keyings k JOIN records r USING (record_id) WHERE r.book_id = :book_id AND k.kept_at IS NOT NULL
    UNION ALL
    SELECT 'loaded', l.started_at, 'record', r.record_id, 'row ' || r.line_number
      FROM loads l JOIN records r USING (load_id) WHERE r.book_id = :book_id
    UNION ALL
    SELECT substr(e.kind, length(e.subject_kind) + 2), e.happened_at, e.subject_kind, e.subject_id, ''
      FROM events e
     WHERE (e.subject_kind = 'book' AND e.subject_id = :book_id
            AND e.kind IN ('book_{BookEvent.ACCEPTED}', 'book_{BookEvent.REJECTED}', '{HANDED_OVER}'))
        OR (e.subject_kind = 'record' AND e.kind = 'record_entered'
            AND e.subject_id IN (SELECT record_id FROM records WHERE book_id = :book_id))
    ORDER BY 2, 1, 4""")
NOTE = text("""
    INSERT INTO events (kind, actor, subject_kind, subject_id, detail)
    VALUES (:kind, :actor, 'book', :book_id, :detail)""")


@dataclass(frozen=True)
class HandedBook:
    """A book that is handed over, and the key of all that lies in it."""

    book_id: int
    book: Book
    state: str
    province_code: str
    commune_code: str | None
    key: DataKey = field(repr=False)

    @property
    def code(self) -> str:
        """`KS.1962.01`"""
        return f"{self.book.book_kind}.{self.book.opened_year}.{self.book.book_number}"


@dataclass(frozen=True)
class HandedRecord:
    """A record with its values. `page_number`: None when it has no page. `row_px`: top and bottom of its row of a table
    on the access copy of the page; None for a record that has the page to itself, and where it was not asked for."""

    record_id: int
    page_id: int | None
    page_number: int | None
    values: Mapping[str, FieldValue] = field(repr=False)
    row_px: tuple[int, int] | None = None


@dataclass(frozen=True)
class HandedPage:
    """A page. `copy`: its access copy, a JPEG; None when none could be made. `scan_page`: from 0, in its master."""

    page_id: int
    page_number: int
    scan_id: int
    scan_page: int
    copy: bytes | None = field(repr=False)


@dataclass(frozen=True)
class HandedMaster:
    """A scan as it came."""

    scan_id: int
    sha256: bytes
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class PastEvent:
    """What happened to a scan, a page, a record or the book, in codes; `detail` names a recogniser or counts rounds."""

    kind: str
    happened_at: datetime
    subject_kind: str
    subject_id: int
    detail: str


def books_of_code(ledger: Ledger, code: str) -> list[int]:
    """The ids of the books of this code (`KS.1962.01`); a code may be that of books of several places."""
    with ledger.engine.connect() as connection:
        return list(connection.execute(BOOKS_OF_CODE, {"code": code}).scalars())


def handed_book(ledger: Ledger, book_id: int) -> HandedBook | None:
    """The book; None when there is none of this id."""
    with ledger.engine.connect() as connection:
        row = connection.execute(BOOK, {"book_id": book_id}).one_or_none()
    if row is None:
        return None
    key = open_book_key(ledger, book_id, row.wrapped)
    return HandedBook(book_id, book_of(row), row.state, row.province_code, row.commune_code, key)


def unaccepted(ledger: Ledger, book_id: int) -> int:
    """How many records of a book are not accepted."""
    with ledger.engine.connect() as connection:
        return int(connection.execute(UNACCEPTED, {"book_id": book_id}).scalar_one())


def records_of(ledger: Ledger, book: HandedBook, *, with_rows: bool = False) -> Iterator[HandedRecord]:
    """The records in the order of the pages, one at a time. `with_rows`: with the place of each on its page, for which
    what machines read is opened."""
    for row in _each(ledger, RECORDS_WITH_ROWS if with_rows else RECORDS, book):
        values = open_record(book.key, row.record_id, row.sealed) if row.sealed else {}
        row_px = row_px_of(book.key, row) if with_rows and row.row_number else None
        yield HandedRecord(row.record_id, row.page_id, row.page_number, values, row_px)


def pages_of(ledger: Ledger, book: HandedBook) -> Iterator[HandedPage]:
    """The pages in their order with their access copies, one at a time."""
    for row in _each(ledger, PAGES, book, FILES_AT_ONCE):
        copy = book.key.unseal(row.sealed_copy, "page") if row.sealed_copy else None
        yield HandedPage(row.page_id, row.page_number, row.scan_id, row.scan_page, copy)


def copy_of(ledger: Ledger, book: HandedBook, page_id: int) -> bytes | None:
    """The access copy of a page; None when it has none."""
    with ledger.engine.connect() as connection:
        sealed = connection.execute(COPY, {"page_id": page_id}).scalar_one()
    return book.key.unseal(sealed, "page") if sealed else None


def readings_of(ledger: Ledger, book: HandedBook, page_id: int) -> list[tuple[int, Reading]]:
    """What machines read on a page: the row number of each record, and a reading for each recogniser."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(READINGS, {"page_id": page_id}).all()
    return [
        (
            row.row_number,
            _reading(book.key, row.record_id, row.recogniser_code, row.sealed).on_page(is_facing=row.is_facing),
        )
        for row in rows
    ]


def masters_of(ledger: Ledger, book: HandedBook) -> Iterator[HandedMaster]:
    """The scans as they came, in the order in which they came, one at a time."""
    for row in _each(ledger, MASTERS, book, FILES_AT_ONCE):
        yield HandedMaster(row.scan_id, bytes(row.sha256), row.media_type, book.key.unseal(row.sealed, "scan"))


def history_of(ledger: Ledger, book: HandedBook) -> Iterator[PastEvent]:
    """What happened to the book and to what is in it, in its order; who did it stands in the ledger only."""
    for row in _each(ledger, HISTORY, book):
        yield PastEvent(row.kind, row.happened_at, row.subject_kind, row.subject_id, row.detail)


def note_handed_over(ledger: Ledger, actor: str, book_id: int, detail: Mapping[str, Any]) -> None:
    """Writes that somebody handed a book over; `detail` holds the form, counts and digests of files."""
    values = {"kind": HANDED_OVER, "actor": actor, "book_id": book_id, "detail": Jsonb(dict(detail))}
    with ledger.engine.begin() as connection:
        connection.execute(NOTE, values)


def _each(ledger: Ledger, question: TextClause, book: HandedBook, at_once: int = ROWS_AT_ONCE) -> Iterator[Any]:
    with ledger.engine.connect().execution_options(yield_per=at_once) as connection:
        yield from connection.execute(question, {"book_id": book.book_id})


def row_px_of(key: DataKey, row: Any) -> tuple[int, int] | None:
    """From the highest to the lowest crop that a machine read in the row; None when no machine read it."""
    boxes = [
        value.box_px
        for code, sealed in zip(row.recognisers, row.readings, strict=True)
        for value in _reading(key, row.record_id, code, sealed).values.values()
        if not value.is_facing
    ]
    if not boxes:
        return None
    return min(top for _, top, _, _ in boxes), max(top + height for _, top, _, height in boxes)


def _reading(key: DataKey, record_id: int, recogniser_code: str, sealed: bytes) -> Reading:
    return Reading.model_validate_json(key.unseal(sealed, f"reading/{record_id}/{recogniser_code}"))
