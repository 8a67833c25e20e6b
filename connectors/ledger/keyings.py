"""Keying: a record is lent to one person at a time, keyed blind, and compared when two keys of it are there.

A lease keeps others off a record while somebody keys it; an abandoned one ends by itself. What a machine read, and what
another person keyed, never leaves the ledger before a record is decided, but to a third person who agrees with neither
(`connectors.ledger.differences`). How two keys are compared is given by the caller (`Compare`): it is asked inside the
transaction that moves the record, so what was read is still so when the state is written.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.forms import form_named
from connectors.ledger.paper_sealed import (
    KEYING_PURPOSE,
    RECORD_PURPOSE,
    open_book_key,
    open_reading,
    opened_values,
    sealed_values,
)
from connectors.vault import DataKey
from schemas.keying import FieldValue, KeyingDesign, KeyingSlot, RecordComparison
from schemas.paper_states import BOOK, RECORD, BookEvent, BookState, RecordEvent, RecordState
from schemas.register_columns import columns_of
from schemas.register_forms import FormDraft
from schemas.roles import May, Reach
from schemas.states import listed

LEASE = timedelta(minutes=30)
"""A long record takes five minutes; who went for lunch gives the record back."""
ENTRY_NUMBER = "so"
TIMED = "k.kept_at - k.started_at <= :lease"
"""Whether the time of a keying `k` says how long somebody worked: not when it was kept offline, or after a lunch."""

FieldValues = Mapping[str, FieldValue]
Compare = Callable[[str, FieldValues, FieldValues], RecordComparison]
"""Kind of book, a person's key, the other key."""

_TO_KEY = listed(RECORD.before(RecordEvent.KEYED))
_UNDECIDED = listed(RECORD.before(RecordEvent.KEYED) | RECORD.before(RecordEvent.DECIDED))
_BY_THE_BOOK = BookState.KEYING
_WANTED_ONLY = BookState.INTAKE
"""While pages still come in, only what somebody needs is keyed."""
_LIVE = "k.kept_at IS NULL AND k.leased_until > clock_timestamp()"

ROUND = """(1 + (SELECT count(*) FROM samples s WHERE s.book_id = b.book_id AND s.decided_as = 'rejected'))::int"""
"""The round of a book: one more than it was rejected."""
IN_REACH = "(:_everywhere OR b.province_code = ANY(:_provinces) OR b.commune_code = ANY(:_communes))"
OPEN_BOOKS = text(f"""
    SELECT b.book_id, b.state, {ROUND} AS round_number FROM books b
     WHERE b.state IN ('{_BY_THE_BOOK}', '{_WANTED_ONLY}') AND {IN_REACH}
       AND (CAST(:book_id AS bigint) IS NULL OR b.book_id = :book_id)
     ORDER BY EXISTS (SELECT FROM records r
                       WHERE r.book_id = b.book_id AND r.is_wanted AND r.state IN ({_TO_KEY})) DESC, b.book_id""")
NEXT = text(f"""
    SELECT r.record_id, r.state FROM records r LEFT JOIN pages p USING (page_id)
     WHERE r.book_id = :book_id AND r.state IN ({_TO_KEY}) AND (r.is_wanted OR NOT :wanted_only)
       AND (CAST(:record_id AS bigint) IS NULL OR r.record_id = :record_id)
       AND (p.page_id IS NULL OR p.state IN ('fitted', 'read'))
       AND NOT EXISTS (SELECT FROM keyings k
                        WHERE k.record_id = r.record_id AND k.round_number = :round_number
                          AND ({_LIVE} OR k.keyed_by = :actor AND k.kept_at IS NOT NULL))
     ORDER BY r.is_wanted DESC, r.is_known DESC, p.page_number, r.row_number, r.record_id
     LIMIT 1 FOR UPDATE OF r SKIP LOCKED""")
LEND = text("""
    INSERT INTO keyings (record_id, round_number, slot, keyed_by, started_at, leased_until)
    VALUES (:record_id, :round_number, :slot, :actor, clock_timestamp(), clock_timestamp() + :lease)
    ON CONFLICT (record_id, round_number, slot) DO UPDATE
       SET keyed_by = excluded.keyed_by, started_at = excluded.started_at, leased_until = excluded.leased_until
     WHERE keyings.kept_at IS NULL AND keyings.leased_until <= clock_timestamp()
    RETURNING keying_id""")
RESUME = text(f"""
    UPDATE keyings SET leased_until = clock_timestamp() + :lease
     WHERE keying_id = (SELECT k.keying_id FROM keyings k JOIN records r USING (record_id) JOIN books b USING (book_id)
                         WHERE k.keyed_by = :actor AND {_LIVE} AND k.leased_until <= clock_timestamp() + :lease
                           AND k.slot = ANY(:slots) AND k.round_number = {ROUND}
                           AND r.state = ANY(:states) AND {IN_REACH}
                         ORDER BY k.keying_id LIMIT 1)
       AND kept_at IS NULL
    RETURNING keying_id""")
GIVE_BACK = text("""
    UPDATE keyings SET leased_until = clock_timestamp()
     WHERE keying_id = :keying_id AND keyed_by = :actor AND kept_at IS NULL""")
TASK = text(f"""
    SELECT k.keying_id, k.slot, k.keyed_by, k.kept_at IS NULL AS is_open, r.record_id, r.page_id, r.row_number,
           r.is_wanted, r.state, b.book_id, b.book_kind, b.opened_year, b.book_number, b.place_as_written,
           b.province_code, b.commune_code, p.page_number, coalesce(p.form_code, b.form_code) AS form_code
      FROM keyings k JOIN records r USING (record_id) JOIN books b ON b.book_id = r.book_id
      LEFT JOIN pages p USING (page_id)
     WHERE k.keying_id = :keying_id AND k.round_number = {ROUND}""")
LOCK_RECORD = text("""
    SELECT record_id FROM records
     WHERE record_id = (SELECT record_id FROM keyings WHERE keying_id = :keying_id) FOR UPDATE""")
HELD = text(f"""
    SELECT k.keying_id, k.slot, k.keyed_by, k.kept_at, k.round_number, r.record_id, r.state, r.is_known, b.book_id,
           b.book_kind, b.design, b.recogniser_code, b.wrapped,
           EXISTS (SELECT FROM keyings o WHERE o.record_id = k.record_id AND o.round_number = k.round_number
                      AND o.keying_id <> k.keying_id AND o.keyed_by = k.keyed_by
                      AND NOT (k.slot = '{KeyingSlot.LOOK}' AND o.slot = '{KeyingSlot.THIRD}')) AS keyed_another
      FROM keyings k JOIN records r USING (record_id) JOIN books b USING (book_id)
     WHERE k.keying_id = :keying_id AND k.round_number = {ROUND} FOR UPDATE OF k""")
KEPT_VALUES = text("""
    SELECT sealed FROM keyings
     WHERE record_id = :record_id AND round_number = :round_number AND slot = :slot AND kept_at IS NOT NULL""")
READ_VALUES = text("SELECT sealed FROM readings WHERE record_id = :record_id AND recogniser_code = :recogniser_code")
KEEP = text("""
    UPDATE keyings SET kept_at = clock_timestamp(), leased_until = NULL, sealed = :sealed
     WHERE keying_id = :keying_id""")
MOVE = text("UPDATE records SET state = :after WHERE record_id = :record_id")
AGREE = text("""
    UPDATE records SET state = :after, sealed = :sealed, entry_number = coalesce(:entry_number, entry_number)
     WHERE record_id = :record_id""")
NOTE = text("""
    INSERT INTO events (subject_kind, subject_id, kind, actor, detail)
    VALUES (:subject_kind, :subject_id, :kind, :actor, CAST(:detail AS jsonb))""")
LOCK_BOOK = text("SELECT state FROM books WHERE book_id = :book_id FOR UPDATE")
CLOSE_BOOK = text(f"""
    UPDATE books b SET state = '{BOOK.after(BookEvent.KEYED)}'
     WHERE b.book_id = :book_id AND b.state = '{_BY_THE_BOOK}'
       AND NOT EXISTS (SELECT FROM records r WHERE r.book_id = b.book_id AND r.state IN ({_UNDECIDED}))
    RETURNING book_id""")


@dataclass(frozen=True)
class KeyingTask:
    """A record that is lent to a person, without anything that stands in it. `columns`: what is keyed, in the order of
    the form. `page_id`, `page_number`: None for a record that has no page. `is_open`: it is not kept yet."""

    keying_id: int
    slot: KeyingSlot
    keyed_by: str
    is_open: bool
    record_id: int
    state: RecordState
    row_number: int
    is_wanted: bool
    page_id: int | None
    page_number: int | None
    book_id: int
    book_kind: str
    opened_year: int
    book_number: str
    place_as_written: str
    province_code: str
    commune_code: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True)
class HeldKeying:
    """A keying while its record is locked. `key`: of the book."""

    row: Any
    key: DataKey = field(repr=False)

    @property
    def slot(self) -> KeyingSlot:
        return KeyingSlot(self.row.slot)

    @property
    def state(self) -> RecordState:
        return RecordState(self.row.state)


def reach_values(reach: Reach, act: May) -> dict[str, Any]:
    """The values of `IN_REACH`."""
    places = reach.places(act)
    return {
        "_everywhere": "" in places,
        "_provinces": [place for place in places if len(place) == 2],
        "_communes": [place for place in places if len(place) == 5],
    }


def keyed_columns(book_kind: str, form: FormDraft | None) -> tuple[str, ...]:
    """What is keyed of a record: the fields of its form, in their order; every column of the kind of book while the
    form is not known."""
    known = columns_of(book_kind)
    return tuple(dict.fromkeys(box.column for box in form.fields if box.column in known)) if form else tuple(known)


def take(
    ledger: Ledger, actor: str, reach: Reach, book_id: int | None = None, record_id: int | None = None
) -> int | None:
    """Lends the next record to a person, and returns the number of the keying; None when nothing is left for them.

    What they have begun comes first, then what somebody needs, then known records, then page by page. Never a record
    whose other key is theirs. `book_id`: only of this book; `record_id`: only this record.
    """
    values = {**reach_values(reach, May.KEY), "actor": actor, "lease": LEASE, "book_id": book_id}
    slots = [KeyingSlot.FIRST, KeyingSlot.SECOND]
    states = list(RECORD.before(RecordEvent.KEYED))
    with ledger.engine.begin() as connection:
        resumed = connection.execute(RESUME, {**values, "slots": slots, "states": states}).scalar()
        if resumed and record_id is None:
            return int(resumed)
        for book in connection.execute(OPEN_BOOKS, values).all():
            if taken := take_in_book(connection, book, actor, LEASE, record_id):
                return taken
    return None


def take_in_book(
    connection: Connection, book: Any, actor: str, lease: timedelta, record_id: int | None = None
) -> int | None:
    """Lends the next record of a book, a row of `OPEN_BOOKS`; None when nothing of it is left for this person.

    A statement that waited for the lock of a record still sees the leases of before (READ COMMITTED), so a lease that
    another worker has just written is met by the unique constraint, and the next record is tried.
    """
    values = {
        "book_id": book.book_id,
        "round_number": book.round_number,
        "wanted_only": book.state == _WANTED_ONLY,
        "actor": actor,
        "lease": lease,
        "record_id": record_id,
    }
    while record := connection.execute(NEXT, values).one_or_none():
        slot = KeyingSlot.FIRST if record.state == RecordState.UNKEYED else KeyingSlot.SECOND
        lent = connection.execute(LEND, {**values, "record_id": record.record_id, "slot": slot}).scalar()
        if lent:
            return int(lent)
    return None


def give_back(ledger: Ledger, keying_id: int, actor: str) -> bool:
    """Ends a person's lease, so that somebody else may take the record; False when it is not theirs or is kept."""
    with ledger.engine.begin() as connection:
        return connection.execute(GIVE_BACK, {"keying_id": keying_id, "actor": actor}).rowcount == 1


def task_of(ledger: Ledger, keying_id: int) -> KeyingTask | None:
    """What is to be keyed; None for a keying that there is not, or of an earlier round."""
    with ledger.engine.connect() as connection:
        row = connection.execute(TASK, {"keying_id": keying_id}).one_or_none()
        named = form_named(connection, row.form_code) if row and row.form_code else None
    if row is None:
        return None
    columns = dict(row._mapping)
    columns.pop("form_code")
    columns["slot"], columns["state"] = KeyingSlot(row.slot), RecordState(row.state)
    return KeyingTask(**columns, columns=keyed_columns(row.book_kind, named.form if named else None))


def keep(ledger: Ledger, keying_id: int, actor: str, values: FieldValues, compare: Compare) -> RecordState | None:
    """Keeps what a person keyed, and moves the record: `first_keyed`, `differs` or `agreed`.

    None when it is not theirs any more: it was kept before, another person has taken it, they keyed the other key of
    this record, or the record was decided meanwhile. Then nothing is written. Raises VaultError.
    """
    with ledger.engine.begin() as connection:
        held = hold(ledger, connection, keying_id, actor)
        if held is None or held.state != _STATE_OF_SLOT.get(held.slot):
            return None
        comparison = _compared(connection, held, values, compare)
        after = _after(comparison)
        keep_values(connection, held, values)
        move_record(connection, held, RecordEvent.KEYED, after, actor, comparison)
    return after


_STATE_OF_SLOT = {KeyingSlot.FIRST: RecordState.UNKEYED, KeyingSlot.SECOND: RecordState.FIRST_KEYED}


def hold(ledger: Ledger, connection: Connection, keying_id: int, actor: str) -> HeldKeying | None:
    """Locks the record of a keying, then reads both; None unless the keying is this person's, is not kept, and is the
    only one that they have of the record in this round, but for a third key before a look."""
    connection.execute(LOCK_RECORD, {"keying_id": keying_id})
    row = connection.execute(HELD, {"keying_id": keying_id}).one_or_none()
    if row is None or row.keyed_by != actor or row.kept_at is not None or row.keyed_another:
        return None
    return HeldKeying(row, open_book_key(ledger, row.book_id, row.wrapped))


def _compared(
    connection: Connection, held: HeldKeying, values: FieldValues, compare: Compare
) -> RecordComparison | None:
    """The comparison with the other key; None while there is none."""
    kind = held.row.book_kind
    if held.slot == KeyingSlot.SECOND:
        return compare(kind, kept_values(connection, held, KeyingSlot.FIRST), values)
    read = machine_values(connection, held)
    return compare(kind, values, read) if read and values.keys() <= read.keys() else None


def kept_values(connection: Connection, held: HeldKeying, slot: KeyingSlot) -> dict[str, FieldValue]:
    """What was keyed in that slot of the record; nothing when nobody did."""
    at = {"record_id": held.row.record_id, "round_number": held.row.round_number, "slot": slot}
    sealed = connection.execute(KEPT_VALUES, at).scalar()
    return opened_values(held.key, sealed, KEYING_PURPOSE.format(held.row.record_id, slot)) if sealed else {}


def machine_values(connection: Connection, held: HeldKeying) -> dict[str, FieldValue]:
    """The reading that is the second key of the record; nothing where two persons key it."""
    row = held.row
    if row.design != KeyingDesign.PERSON_AND_MACHINE or row.is_known or row.recogniser_code is None:
        return {}
    at = {"record_id": row.record_id, "recogniser_code": row.recogniser_code}
    sealed = connection.execute(READ_VALUES, at).scalar()
    if sealed is None:
        return {}
    return open_reading(held.key, row.record_id, row.recogniser_code, sealed).as_values()


def _after(comparison: RecordComparison | None) -> RecordState:
    if comparison is None:
        return RecordState.FIRST_KEYED
    return RecordState.DIFFERS if comparison.differing else RecordState.AGREED


def keep_values(connection: Connection, held: HeldKeying, values: FieldValues) -> None:
    """Seals what a person keyed, and ends the lease."""
    sealed = sealed_values(held.key, values, KEYING_PURPOSE.format(held.row.record_id, held.slot))
    connection.execute(KEEP, {"keying_id": held.row.keying_id, "sealed": sealed})


def move_record(
    connection: Connection,
    held: HeldKeying,
    event: RecordEvent,
    after: RecordState,
    actor: str,
    comparison: RecordComparison | None,
) -> None:
    """Moves a record with its event. An agreed one gets its values, and its book goes to sampling when it was the last.

    Raises ValueError for a move that `schemas.paper_states` does not have.
    """
    if after not in RECORD.possible(held.state, event):
        raise ValueError(f"a record does not become {after} when it is {event} while {held.state}")
    values = {"record_id": held.row.record_id, "after": after}
    if after == RecordState.AGREED and comparison:
        values["sealed"] = sealed_values(held.key, comparison.agreed, RECORD_PURPOSE.format(held.row.record_id))
        number = comparison.agreed.get(ENTRY_NUMBER)
        connection.execute(AGREE, {**values, "entry_number": number.text or None if number else None})
    else:
        connection.execute(MOVE, values)
    detail = {"slot": held.slot, "round": held.row.round_number, "after": after}
    if comparison and comparison.differing:
        detail["differing"] = len(comparison.differing)
    note(connection, "record", held.row.record_id, f"record_{event}", actor, detail)
    if after == RecordState.AGREED:
        _close_book(connection, held.row.book_id, actor)


def _close_book(connection: Connection, book_id: int, actor: str) -> None:
    """Two workers may finish the last two records at once: each locks the book first, so that the later one sees what
    the other has written (READ COMMITTED: a statement sees what was committed before it began)."""
    connection.execute(LOCK_BOOK, {"book_id": book_id})
    if connection.execute(CLOSE_BOOK, {"book_id": book_id}).first():
        note(connection, "book", book_id, f"book_{BookEvent.KEYED}", actor, {})


def note(
    connection: Connection, subject_kind: str, subject_id: int, kind: str, actor: str, detail: Mapping[str, Any]
) -> None:
    """Writes an event of a book or a record; `detail` holds codes and counts only."""
    values = {"subject_kind": subject_kind, "subject_id": subject_id, "kind": kind, "actor": actor}
    connection.execute(NOTE, {**values, "detail": json.dumps(detail)})
