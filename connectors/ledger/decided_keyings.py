"""What persons keyed of records that are decided by now, beside what was decided: for the figures of each person."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.keyings import IN_REACH, LEASE, ROUND, TIMED, FieldValues, reach_values
from connectors.ledger.paper_sealed import KEYING_PURPOSE, open_book_key, open_record, opened_values
from connectors.vault import DataKey
from schemas.keying import KeyingSlot
from schemas.paper_states import RecordState
from schemas.roles import May, Reach
from schemas.states import listed

RECENT = timedelta(days=30)
MOST_OF_A_PERSON = 300
"""Records whose values are opened for the figures of one person: the newest say how somebody keys now."""

_DECIDED = (RecordState.AGREED, RecordState.HELD, RecordState.ACCEPTED, RecordState.ENTERED)
KEYED = text(f"""
    WITH kept AS (
        SELECT k.keying_id, k.round_number < {ROUND} AS is_keyed_again,
               row_number() OVER (PARTITION BY k.keyed_by ORDER BY k.kept_at DESC, k.keying_id DESC) AS newest
          FROM keyings k JOIN records r USING (record_id) JOIN books b USING (book_id)
         WHERE k.kept_at >= clock_timestamp() - CAST(:recent AS interval) AND k.slot <> '{KeyingSlot.LOOK}'
           AND r.sealed IS NOT NULL AND r.state IN ({listed(_DECIDED)})
           AND (CAST(:book_id AS bigint) IS NULL OR r.book_id = :book_id)
           AND (CAST(:keyed_by AS text) IS NULL OR k.keyed_by = :keyed_by) AND {IN_REACH})
    SELECT k.record_id, k.slot, k.keyed_by, k.sealed AS keyed, r.sealed AS decided, r.is_known, r.book_id, b.book_kind,
           b.wrapped, kept.is_keyed_again,
           (CASE WHEN {TIMED} THEN extract(epoch FROM k.kept_at - k.started_at) END)::float AS seconds
      FROM kept JOIN keyings k USING (keying_id) JOIN records r USING (record_id) JOIN books b USING (book_id)
     WHERE kept.newest <= :most
     ORDER BY r.book_id, k.keying_id""")
EVERYWHERE = {"_everywhere": True, "_provinces": [], "_communes": []}


@dataclass(frozen=True)
class DecidedRow:
    """What a person keyed of a record that is decided, beside its values. `slot`: a third key holds the differing
    fields only. `is_keyed_again`: the book was rejected, so the whole record had to be keyed again. `seconds`: from
    taking to keeping it; None when that says nothing of work (`TIMED`)."""

    book_kind: str
    slot: KeyingSlot
    keyed_by: str
    keyed: FieldValues = field(repr=False)
    decided: FieldValues = field(repr=False)
    is_known: bool
    is_keyed_again: bool
    seconds: float | None


def decided_in_book(ledger: Ledger, book_id: int) -> list[DecidedRow]:
    """What everybody keyed of the decided records of a book. Raises VaultError."""
    return _rows(ledger, {**EVERYWHERE, "book_id": book_id, "recent": timedelta(days=36500), "most": 10**9})


def decided_of_person(ledger: Ledger, keyed_by: str) -> list[DecidedRow]:
    """What a person keyed lately, wherever it was. Raises VaultError."""
    return _rows(ledger, {**EVERYWHERE, "keyed_by": keyed_by})


def decided_within_reach(ledger: Ledger, reach: Reach) -> list[DecidedRow]:
    """What everybody keyed lately of books that this user digitises. Raises VaultError."""
    return _rows(ledger, reach_values(reach, May.DIGITISE))


def _rows(ledger: Ledger, values: dict[str, Any]) -> list[DecidedRow]:
    asked = {"book_id": None, "keyed_by": None, "recent": RECENT, "most": MOST_OF_A_PERSON, "lease": LEASE, **values}
    with ledger.engine.connect() as connection:
        rows = connection.execute(KEYED, asked).all()
    return list(_opened(ledger, rows))


def _opened(ledger: Ledger, rows: Iterable[Any]) -> Iterable[DecidedRow]:
    keys: dict[int, DataKey] = {}
    for row in rows:
        if row.book_id not in keys:
            keys[row.book_id] = open_book_key(ledger, row.book_id, row.wrapped)
        key = keys[row.book_id]
        yield DecidedRow(
            row.book_kind,
            KeyingSlot(row.slot),
            row.keyed_by,
            opened_values(key, row.keyed, KEYING_PURPOSE.format(row.record_id, row.slot)),
            open_record(key, row.record_id, row.decided),
            row.is_known,
            row.is_keyed_again,
            row.seconds,
        )
