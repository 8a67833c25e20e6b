"""How far each paper book is, in one query; who sees it; and when it goes on to keying."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.grants import Condition
from connectors.ledger.paper_moves import BOOK_MOVES, move_subject
from connectors.ledger.paper_sealed import open_book_key
from connectors.vault import DataKey
from schemas.paper_states import BookEvent, BookState, PageState, RecordState
from schemas.roles import May, Reach
from schemas.source import Book
from schemas.states import listed

WRAPPED = text("SELECT wrapped FROM books WHERE book_id = :book_id")
KEYED = frozenset(RecordState) - {RecordState.UNKEYED, RecordState.FIRST_KEYED}
"""Nobody has to key these any more."""
UNREAD = frozenset({PageState.RECEIVED})
PROGRESS = f"""
    SELECT b.book_id, b.book_kind, b.opened_year, b.book_number, b.place_as_written, b.place_code, b.province_code,
           b.commune_code, b.state, b.opened_at, p.pages, p.fitted, p.read, p.set_aside, p.received,
           p.with_faults, s.refused, r.records, r.keyed
      FROM books b
      CROSS JOIN LATERAL (
          SELECT count(*) FILTER (WHERE state <> '{PageState.REPLACED}') AS pages,
                 count(*) FILTER (WHERE state = '{PageState.FITTED}') AS fitted,
                 count(*) FILTER (WHERE state = '{PageState.READ}') AS read,
                 count(*) FILTER (WHERE state = '{PageState.SET_ASIDE}') AS set_aside,
                 count(*) FILTER (WHERE state = '{PageState.RECEIVED}') AS received,
                 count(*) FILTER (WHERE state <> '{PageState.REPLACED}' AND cardinality(fault_codes) > 0) AS with_faults
            FROM pages WHERE book_id = b.book_id) p
      CROSS JOIN LATERAL (
          SELECT count(*) AS refused FROM scans WHERE book_id = b.book_id AND reason_code IS NOT NULL) s
      CROSS JOIN LATERAL (
          SELECT count(*) AS records, count(*) FILTER (WHERE state IN ({listed(KEYED)})) AS keyed
            FROM records WHERE book_id = b.book_id) r
     WHERE (CAST(:book_id AS bigint) IS NULL OR b.book_id = :book_id)
       AND (CAST(:before AS bigint) IS NULL OR b.book_id < :before) AND {{reach}}
     ORDER BY b.book_id DESC LIMIT :limit"""
LOCK_OPEN = text(f"""
    SELECT book_id FROM books
     WHERE state = '{BookState.INTAKE}' AND (CAST(:book_id AS bigint) IS NULL OR book_id = :book_id)
     ORDER BY book_id FOR UPDATE""")
LAST_READ = text("""
    SELECT detail FROM events WHERE subject_kind = 'book' AND subject_id = :book_id AND kind = 'book_read'
     ORDER BY event_id DESC LIMIT 1""")
TO_READ = text(f"""
    SELECT book_id FROM books b
     WHERE state = '{BookState.INTAKE}' AND EXISTS (SELECT FROM pages p WHERE p.book_id = b.book_id)
        OR EXISTS (SELECT FROM pages p WHERE p.book_id = b.book_id AND p.state IN ({listed(UNREAD)}))
     ORDER BY book_id""")
ALL_READ = text(f"""
    SELECT book_id FROM books b WHERE book_id = ANY(:ids) AND EXISTS (SELECT FROM pages p WHERE p.book_id = b.book_id)
       AND NOT EXISTS (SELECT FROM pages p WHERE p.book_id = b.book_id AND p.state IN ({listed(UNREAD)}))""")


@dataclass(frozen=True)
class BookProgress:
    """A book and how far it is, in counts. `read` by machine, `fitted` waits for two keyers, `with_faults` is hard to
    read; `refused`: files that nothing could be taken from; `keyed`: records that nobody has to key any more."""

    book_id: int
    book_kind: str
    opened_year: int
    book_number: str
    place_as_written: str
    place_code: str | None
    province_code: str
    commune_code: str | None
    state: str
    opened_at: Any
    pages: int
    fitted: int
    read: int
    set_aside: int
    received: int
    with_faults: int
    refused: int
    records: int
    keyed: int

    @property
    def book(self) -> Book:
        names = ("book_kind", "opened_year", "book_number", "place_code", "place_as_written")
        return Book.model_validate({name: getattr(self, name) for name in names})

    @property
    def label(self) -> str:
        """`KS 01/1998`."""
        return f"{self.book_kind} {self.book.book_code}"


def key_of_book(connection: Connection, ledger: Ledger, book_id: int) -> DataKey:
    """Raises KeyError for a book that is not there."""
    wrapped = connection.execute(WRAPPED, {"book_id": book_id}).scalar()
    if wrapped is None:
        raise KeyError(book_id)
    return open_book_key(ledger, book_id, wrapped)


def books_within(reach: Reach, act: May, alias: str = "b") -> Condition:
    """The books that a user may do this with, as a condition on `province_code` and `commune_code` of `alias`."""
    places = reach.places(act)
    if "" in places:
        return Condition("TRUE", {})
    sql = f"({alias}.province_code = ANY(:_places) OR {alias}.commune_code = ANY(:_places))"
    return Condition(sql, {"_places": sorted(places)})


EVERYWHERE = Condition("TRUE", {})


def books_page(
    ledger: Ledger, reach: Condition = EVERYWHERE, *, before: int | None = None, limit: int = 1000
) -> list[BookProgress]:
    """Books and how far they are, the newest first, in one query. `before`: only books with a smaller id."""
    return _progress(ledger, reach, None, before, limit)


def book_progress(ledger: Ledger, book_id: int, reach: Condition = EVERYWHERE) -> BookProgress | None:
    """One book; None when it is not there, or not within reach."""
    return next(iter(_progress(ledger, reach, book_id, None, 1)), None)


def _progress(
    ledger: Ledger, reach: Condition, book_id: int | None, before: int | None, limit: int
) -> list[BookProgress]:
    values = {**reach.values, "book_id": book_id, "before": before, "limit": limit}
    with ledger.engine.connect() as connection:
        rows = connection.execute(text(PROGRESS.format(reach=reach.sql)), values)
        return [BookProgress(**row._mapping) for row in rows]


def number_gaps_of(ledger: Ledger, book_id: int) -> list[tuple[int, int]]:
    """The numbers that were missing between entries when the book was last read, as a machine read them."""
    with ledger.engine.connect() as connection:
        detail = connection.execute(LAST_READ, {"book_id": book_id}).scalar()
    return [(first, last) for first, last in (detail or {}).get("gaps", [])]


def books_to_read(ledger: Ledger) -> list[int]:
    """Books with pages that are not read yet, and those that only have to be finished; the oldest first."""
    with ledger.engine.connect() as connection:
        return list(connection.execute(TO_READ).scalars())


def finish_reading(ledger: Ledger, book_id: int | None, detail_of: Callable[[int], dict[str, object]]) -> list[int]:
    """Books all of whose pages are read or set aside go on to keying. Returns them. `detail_of(book_id)`: what the
    event says of a book, in codes and counts.

    The books are locked first: pages that come in meanwhile wait for the lock, and then open the book again.
    """
    with ledger.engine.begin() as connection:
        ids: Sequence[int] = connection.execute(LOCK_OPEN, {"book_id": book_id}).scalars().all()
        done = list(connection.execute(ALL_READ, {"ids": list(ids)}).scalars())
        for finished in done:
            move_subject(connection, BOOK_MOVES, finished, BookEvent.READ, detail=detail_of(finished))
    return done
