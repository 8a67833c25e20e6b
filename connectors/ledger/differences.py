"""Differences: records whose two keys differ, lent to a third person, who may be neither of the two.

The third person sees both values of a differing field without learning whose each is, and writes what stands there. It
decides; the agreed fields stay as they were agreed.
"""

from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.keyings import (
    IN_REACH,
    LEASE,
    LEND,
    RESUME,
    ROUND,
    Compare,
    FieldValues,
    HeldKeying,
    hold,
    keep_values,
    kept_values,
    machine_values,
    move_record,
    reach_values,
)
from schemas.keying import FieldValue, KeyingSlot, RecordComparison
from schemas.paper_states import RECORD, RecordEvent, RecordState
from schemas.roles import May, Reach
from schemas.states import listed

_TO_DECIDE = RECORD.before(RecordEvent.DECIDED)
NEXT = text(f"""
    SELECT r.record_id, {ROUND} AS round_number FROM records r JOIN books b USING (book_id)
     WHERE r.state IN ({listed(_TO_DECIDE)}) AND {IN_REACH}
       AND (CAST(:book_id AS bigint) IS NULL OR b.book_id = :book_id)
       AND NOT EXISTS (SELECT FROM keyings k
                        WHERE k.record_id = r.record_id AND k.round_number = {ROUND}
                          AND (k.kept_at IS NULL AND k.leased_until > clock_timestamp()
                               OR k.keyed_by = :actor AND k.kept_at IS NOT NULL))
     ORDER BY r.is_wanted DESC, r.is_known DESC, r.record_id
     LIMIT 1 FOR UPDATE OF r SKIP LOCKED""")


@dataclass(frozen=True)
class TwoKeys:
    """The two keys of a record that differ: which of them is a machine's is not said."""

    book_kind: str
    key: FieldValues = field(repr=False)
    other: FieldValues = field(repr=False)


def take_difference(ledger: Ledger, actor: str, reach: Reach, book_id: int | None = None) -> int | None:
    """Lends the next record whose keys differ to a third person, and returns the number of the keying; None when
    nothing is left for them. Never a record of which one of the two keys is theirs."""
    values = {**reach_values(reach, May.ADJUDICATE), "actor": actor, "lease": LEASE, "book_id": book_id}
    resumed_in = {"slots": [KeyingSlot.THIRD], "states": list(_TO_DECIDE)}
    with ledger.engine.begin() as connection:
        if resumed := connection.execute(RESUME, {**values, **resumed_in}).scalar():
            return int(resumed)
        while record := connection.execute(NEXT, values).one_or_none():
            lent = {**values, "slot": KeyingSlot.THIRD, **record._mapping}
            if keying_id := connection.execute(LEND, lent).scalar():
                return int(keying_id)
    return None


def two_keys(ledger: Ledger, keying_id: int, actor: str) -> TwoKeys | None:
    """What the third person is shown, in the order first and other; None when the record is not theirs to decide.
    Raises VaultError."""
    with ledger.engine.begin() as connection:
        held = _hold_difference(ledger, connection, keying_id, actor)
        return _both(connection, held) if held else None


def decide(ledger: Ledger, keying_id: int, actor: str, decided: FieldValues, compare: Compare) -> RecordState | None:
    """Writes what the third person decided in the differing fields; the record is agreed then.

    None when it is not theirs to decide: it was decided before, another person has taken it, or one of the two keys is
    theirs. Then nothing is written. Raises ValueError when `decided` is not about exactly the differing fields,
    VaultError.
    """
    with ledger.engine.begin() as connection:
        held = _hold_difference(ledger, connection, keying_id, actor)
        if held is None:
            return None
        keys = _both(connection, held)
        compared = compare(keys.book_kind, keys.key, keys.other)
        if set(decided) != set(compared.differing):
            raise ValueError("a third person decides the differing fields, all of them and no others")
        keep_values(connection, held, decided)
        whole = {column: decided.get(column) or compared.agreed[column] for column in keys.key}
        after = RECORD.after(RecordEvent.DECIDED)
        move_record(connection, held, RecordEvent.DECIDED, after, actor, RecordComparison(agreed=whole))
    return after


def _hold_difference(ledger: Ledger, connection: Connection, keying_id: int, actor: str) -> HeldKeying | None:
    held = hold(ledger, connection, keying_id, actor)
    return held if held and held.slot == KeyingSlot.THIRD and held.state in _TO_DECIDE else None


def _both(connection: Connection, held: HeldKeying) -> TwoKeys:
    first = kept_values(connection, held, KeyingSlot.FIRST)
    other: dict[str, FieldValue] = kept_values(connection, held, KeyingSlot.SECOND) or machine_values(connection, held)
    return TwoKeys(held.row.book_kind, first, other)
