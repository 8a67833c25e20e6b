"""Known records: a few of each book, drawn by a seed, that two persons key whatever its design. Their agreed values
stand for the truth by which recognisers and persons are measured; no machine has a say in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.keyings import ROUND, FieldValues, note
from connectors.ledger.paper_sealed import open_book_key, open_reading, open_record
from connectors.vault import DataKey
from schemas.keying import FieldValue, KeyingDesign
from schemas.paper_states import BookState, RecordState

CHOSEN = "book_design_chosen"
_DECIDED = (RecordState.AGREED, RecordState.HELD, RecordState.ACCEPTED, RecordState.ENTERED)

_BOOK = f"""
    SELECT b.state, b.wrapped, b.book_kind, {ROUND} AS round_number,
           EXISTS (SELECT FROM events e
                    WHERE e.subject_kind = 'book' AND e.subject_id = b.book_id AND e.kind = '{CHOSEN}'
                      AND (e.detail ->> 'round')::int = {ROUND}) AS is_chosen
      FROM books b WHERE b.book_id = :book_id"""
BOOK, LOCK_BOOK = text(_BOOK), text("SELECT book_id FROM books WHERE book_id = :book_id FOR UPDATE")
HAS_KNOWN = text("SELECT EXISTS (SELECT FROM records WHERE book_id = :book_id AND is_known)")
DRAW = text("""
    WITH readable AS (
        SELECT r.record_id FROM records r
         WHERE r.book_id = :book_id AND r.state = 'unkeyed'
           AND EXISTS (SELECT FROM readings g WHERE g.record_id = r.record_id)),
    drawn AS (
        SELECT record_id FROM readable WHERE (SELECT count(*) FROM readable) >= :least
         ORDER BY md5(concat(CAST(:book_id AS text), '/', record_id)) LIMIT :count)
    UPDATE records SET is_known = TRUE WHERE record_id IN (SELECT record_id FROM drawn) RETURNING record_id""")
KNOWN = text("SELECT record_id, state, sealed FROM records WHERE book_id = :book_id AND is_known ORDER BY record_id")
READINGS = text("""
    SELECT record_id, recogniser_code, sealed FROM readings WHERE record_id = ANY(:ids)
     ORDER BY record_id, recogniser_code""")
SET_DESIGN = text("UPDATE books SET design = :design, recogniser_code = :recogniser_code WHERE book_id = :book_id")
LATEST = text(f"""
    SELECT detail FROM events WHERE subject_kind = 'book' AND subject_id = :book_id AND kind = '{CHOSEN}'
     ORDER BY event_id DESC LIMIT 1""")


@dataclass(frozen=True)
class KnownRecord:
    """A known record that is decided: what stands in it, and what each recogniser read, by its code."""

    truth: FieldValues = field(repr=False)
    readings: Mapping[str, FieldValues] = field(repr=False)


def draw_known(ledger: Ledger, book_id: int, count: int, least: int) -> int:
    """Draws the known records of a book that is being keyed and has none; returns how many were drawn. None are drawn
    from a book with fewer than `least` records that a machine has read. Equal books give equal draws."""
    values = {"book_id": book_id, "count": count, "least": least}
    with ledger.engine.begin() as connection:
        if connection.execute(HAS_KNOWN, values).scalar():
            return 0
        connection.execute(LOCK_BOOK, values)
        book = connection.execute(BOOK, values).one_or_none()
        if book is None or book.state != BookState.KEYING or connection.execute(HAS_KNOWN, values).scalar():
            return 0
        return len(connection.execute(DRAW, values).all())


def known_records(ledger: Ledger, book_id: int) -> tuple[str, list[KnownRecord]] | None:
    """The kind of the book and its known records; None while one of them is not decided, and when the design of this
    round is chosen. Raises VaultError."""
    with ledger.engine.connect() as connection:
        book = connection.execute(BOOK, {"book_id": book_id}).one()
        if book.is_chosen:
            return None
        rows = connection.execute(KNOWN, {"book_id": book_id}).all()
        if not rows or any(row.state not in _DECIDED for row in rows):
            return None
        key = open_book_key(ledger, book_id, book.wrapped)
        readings = _readings(connection, key, [row.record_id for row in rows])
    opened = [KnownRecord(_truth(key, row.record_id, row.sealed), readings.get(row.record_id, {})) for row in rows]
    return book.book_kind, opened


def _truth(key: DataKey, record_id: int, sealed: bytes) -> dict[str, FieldValue]:
    return open_record(key, record_id, sealed)


def _readings(connection: Connection, key: DataKey, record_ids: Sequence[int]) -> dict[int, dict[str, FieldValues]]:
    readings: dict[int, dict[str, FieldValues]] = {}
    for row in connection.execute(READINGS, {"ids": list(record_ids)}):
        values = open_reading(key, row.record_id, row.recogniser_code, row.sealed).as_values()
        readings.setdefault(row.record_id, {})[row.recogniser_code] = values
    return readings


def choose(
    ledger: Ledger, book_id: int, design: KeyingDesign, recogniser_code: str | None, figures: Mapping[str, Any]
) -> bool:
    """Writes the design of a book with the figures that it follows from (codes and counts), once in each round; False
    when it was chosen before. Within a round it stays: records compared by one design are not decided by another."""
    with ledger.engine.begin() as connection:
        connection.execute(LOCK_BOOK, {"book_id": book_id})
        book = connection.execute(BOOK, {"book_id": book_id}).one()
        if book.is_chosen:
            return False
        connection.execute(SET_DESIGN, {"book_id": book_id, "design": design, "recogniser_code": recogniser_code})
        detail = {**figures, "round": book.round_number, "design": design, "recogniser": recogniser_code}
        note(connection, "book", book_id, CHOSEN, "lienthong", detail)
    return True


def chosen_by(ledger: Ledger, book_id: int) -> dict[str, Any] | None:
    """The design of a book with the figures that it follows from, as `choose` wrote them; None while there is none."""
    with ledger.engine.connect() as connection:
        detail = connection.execute(LATEST, {"book_id": book_id}).scalar()
    return dict(detail) if detail else None
