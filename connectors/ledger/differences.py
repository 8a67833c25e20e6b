"""Differences: records whose two keys differ, lent to a third person, who may be neither of the two.

The third person keys the differing fields before seeing either value. Where that key agrees with one of the two, two of
three have decided; where it agrees with neither, they look again and see all three values, without learning whose each
is, and write what stands there. Fields on which two keys agree stay as they were agreed.
"""

from collections.abc import Callable
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
    note,
    reach_values,
)
from schemas.keying import FieldValue, KeyingSlot, MajorityOfThree, RecordComparison
from schemas.paper_states import RECORD, RecordEvent, RecordState
from schemas.roles import May, Reach
from schemas.states import listed

Majority = Callable[[str, FieldValues, FieldValues, FieldValues], MajorityOfThree]
"""Kind of book, a third person's key, and the two keys that differ."""

THIRD_KEYED = "record_third_keyed"
_TO_DECIDE = RECORD.before(RecordEvent.DECIDED)
_THIRD_PERSON = [KeyingSlot.THIRD, KeyingSlot.LOOK]
NEXT = text(f"""
    SELECT r.record_id, {ROUND} AS round_number,
           CASE WHEN EXISTS (SELECT FROM keyings t
                              WHERE t.record_id = r.record_id AND t.round_number = {ROUND}
                                AND t.slot = '{KeyingSlot.THIRD}' AND t.kept_at IS NOT NULL)
                THEN '{KeyingSlot.LOOK}' ELSE '{KeyingSlot.THIRD}' END AS slot
      FROM records r JOIN books b USING (book_id)
     WHERE r.state IN ({listed(_TO_DECIDE)}) AND {IN_REACH}
       AND (CAST(:book_id AS bigint) IS NULL OR b.book_id = :book_id)
       AND NOT EXISTS (SELECT FROM keyings k
                        WHERE k.record_id = r.record_id AND k.round_number = {ROUND}
                          AND (k.kept_at IS NULL AND k.leased_until > clock_timestamp()
                               OR k.keyed_by = :actor AND k.kept_at IS NOT NULL AND k.slot <> ALL(:third_person)))
     ORDER BY r.is_wanted DESC, r.is_known DESC, r.record_id
     LIMIT 1 FOR UPDATE OF r SKIP LOCKED""")


@dataclass(frozen=True)
class ThreeKeys:
    """The keys of a record of which no two agree in some field: which of them is a machine's is not said.
    `unsettled`: those fields."""

    unsettled: tuple[str, ...]
    third: FieldValues = field(repr=False)
    key: FieldValues = field(repr=False)
    other: FieldValues = field(repr=False)


@dataclass(frozen=True)
class _Difference:
    """A record whose keys differ, while it is locked."""

    held: HeldKeying
    key: FieldValues = field(repr=False)
    other: FieldValues = field(repr=False)
    compared: RecordComparison = field(repr=False)

    def majority(self, third: FieldValues, majority: Majority) -> MajorityOfThree:
        return majority(self.held.row.book_kind, third, self.key, self.other)

    def whole(self, decided: FieldValues) -> RecordComparison:
        """The record with what was decided, in the order of its first key."""
        values = {**self.compared.agreed, **decided}
        return RecordComparison(agreed={column: values[column] for column in self.key})


def take_difference(ledger: Ledger, actor: str, reach: Reach, book_id: int | None = None) -> int | None:
    """Lends the next record whose keys differ to a third person, and returns the number of the keying; None when
    nothing is left for them. Never a record of which one of the two keys is theirs. A record whose third key agrees
    with neither is lent for a look: to the third person at once, to another one when the lease has ended."""
    values = {**reach_values(reach, May.ADJUDICATE), "actor": actor, "lease": LEASE, "book_id": book_id}
    resumed_in = {"slots": _THIRD_PERSON, "states": list(_TO_DECIDE)}
    with ledger.engine.begin() as connection:
        if resumed := connection.execute(RESUME, {**values, **resumed_in}).scalar():
            return int(resumed)
        while record := connection.execute(NEXT, {**values, "third_person": _THIRD_PERSON}).one_or_none():
            if keying_id := connection.execute(LEND, {**values, **record._mapping}).scalar():
                return int(keying_id)
    return None


def differing_columns(ledger: Ledger, keying_id: int, actor: str, compare: Compare) -> tuple[str, ...] | None:
    """What a third person keys blind; None when the record is not theirs to key. Raises VaultError."""
    with ledger.engine.begin() as connection:
        difference = _difference(ledger, connection, keying_id, actor, KeyingSlot.THIRD, compare)
        return difference.compared.differing if difference else None


def key_difference(
    ledger: Ledger, keying_id: int, actor: str, values: FieldValues, compare: Compare, majority: Majority
) -> RecordState | None:
    """Keeps what a third person keyed blind. The record is agreed when in each field two of three agree; else it still
    differs, and is lent to the same person for a look.

    None when it is not theirs to key: it was keyed before, another person has taken it, or one of the two keys is
    theirs. Then nothing is written. Raises ValueError when `values` is not about exactly the differing fields,
    VaultError.
    """
    with ledger.engine.begin() as connection:
        difference = _difference(ledger, connection, keying_id, actor, KeyingSlot.THIRD, compare)
        if difference is None:
            return None
        if set(values) != set(difference.compared.differing):
            raise ValueError("a third person keys the differing fields, all of them and no others")
        held = difference.held
        keep_values(connection, held, values)
        result = difference.majority(values, majority)
        if not result.unsettled:
            return _decide(connection, difference, actor, result.decided)
        row = held.row
        detail = {"slot": held.slot, "round": row.round_number, "unsettled": len(result.unsettled)}
        note(connection, "record", row.record_id, THIRD_KEYED, actor, detail)
        lent = {"record_id": row.record_id, "round_number": row.round_number, "actor": actor, "lease": LEASE}
        connection.execute(LEND, {**lent, "slot": KeyingSlot.LOOK})
    return held.state


def three_keys(ledger: Ledger, keying_id: int, actor: str, compare: Compare, majority: Majority) -> ThreeKeys | None:
    """What is shown for a look; None when the record is not theirs to look at, and before a third key of it is kept.
    Raises VaultError."""
    with ledger.engine.begin() as connection:
        difference = _difference(ledger, connection, keying_id, actor, KeyingSlot.LOOK, compare)
        if difference is None:
            return None
        third = kept_values(connection, difference.held, KeyingSlot.THIRD)
        unsettled = difference.majority(third, majority).unsettled
        return ThreeKeys(unsettled, third, difference.key, difference.other)


def decide(
    ledger: Ledger, keying_id: int, actor: str, decided: FieldValues, compare: Compare, majority: Majority
) -> RecordState | None:
    """Writes what was decided at a look in the fields in which no two keys agree; the record is agreed then.

    None when it is not theirs to decide. Then nothing is written. Raises ValueError when `decided` is not about exactly
    those fields, VaultError.
    """
    with ledger.engine.begin() as connection:
        difference = _difference(ledger, connection, keying_id, actor, KeyingSlot.LOOK, compare)
        if difference is None:
            return None
        result = difference.majority(kept_values(connection, difference.held, KeyingSlot.THIRD), majority)
        if set(decided) != set(result.unsettled):
            raise ValueError("a look decides the unsettled fields, all of them and no others")
        keep_values(connection, difference.held, decided)
        return _decide(connection, difference, actor, {**result.decided, **decided})


def _decide(connection: Connection, difference: _Difference, actor: str, decided: FieldValues) -> RecordState:
    after = RECORD.after(RecordEvent.DECIDED)
    move_record(connection, difference.held, RecordEvent.DECIDED, after, actor, difference.whole(decided))
    return after


def _difference(
    ledger: Ledger, connection: Connection, keying_id: int, actor: str, slot: KeyingSlot, compare: Compare
) -> _Difference | None:
    held = hold(ledger, connection, keying_id, actor)
    if held is None or held.slot != slot or held.state not in _TO_DECIDE:
        return None
    first = kept_values(connection, held, KeyingSlot.FIRST)
    other: dict[str, FieldValue] = kept_values(connection, held, KeyingSlot.SECOND) or machine_values(connection, held)
    return _Difference(held, first, other, compare(held.row.book_kind, first, other))
