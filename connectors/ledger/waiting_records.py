"""Accepted records that cannot be entered yet, since a place of their book is not known."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.book_progress import EVERYWHERE
from connectors.ledger.grants import Condition
from schemas.paper_states import RECORD, RecordEvent
from schemas.states import listed

WAITING = f"""
    SELECT b.book_id, b.place_code, b.commune_code, count(*) AS records
      FROM books b JOIN records r USING (book_id)
     WHERE (b.place_code IS NULL OR b.commune_code IS NULL) AND b.book_kind = ANY(:kinds)
       AND r.state IN ({listed(RECORD.before(RecordEvent.ENTERED))}) AND r.sealed IS NOT NULL
       AND (CAST(:book_id AS bigint) IS NULL OR b.book_id = :book_id) AND {{reach}}
     GROUP BY b.book_id"""


class EnteringBar(StrEnum):
    """Why the records of an accepted book cannot be entered."""

    WITHOUT_COMMUNE = "without_commune"  # it is not known which commune of today keeps the book
    WITHOUT_PLACE = "without_place"  # the commune that opened it has no code yet


@dataclass(frozen=True)
class WaitingBook:
    """A book whose accepted records wait: how many, and for what."""

    records: int
    bars: tuple[EnteringBar, ...]


def bars_of(commune_code: str | None, place_code: str | None) -> tuple[EnteringBar, ...]:
    """What is missing before records of a book with these places can be entered."""
    known = {EnteringBar.WITHOUT_COMMUNE: commune_code, EnteringBar.WITHOUT_PLACE: place_code}
    return tuple(bar for bar, code in known.items() if not code)


def waiting_books(
    ledger: Ledger, kinds: Collection[str], reach: Condition = EVERYWHERE, book_id: int | None = None
) -> dict[int, WaitingBook]:
    """The books of these kinds with accepted records that wait for a place, by id. `book_id`: only this one."""
    values = {**reach.values, "kinds": list(kinds), "book_id": book_id}
    with ledger.engine.connect() as connection:
        rows = connection.execute(text(WAITING.format(reach=reach.sql)), values).all()
    return {row.book_id: WaitingBook(row.records, bars_of(row.commune_code, row.place_code)) for row in rows}
