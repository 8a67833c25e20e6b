"""Samples: the fields of a book that are looked at once more, blind, and what a named person decides by them.

Who looks at a field, or settles a difference in one, has keyed nothing of its record in this round. What they keyed
lies sealed beside the sample. How a sample is drawn, compared and judged is given by the caller and asked inside the
transaction that writes it, with the book or the sample locked: two persons at once, and one wins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.keyings import ROUND, note
from connectors.ledger.paper_sealed import open_book_key, open_record
from connectors.ledger.search import mark_unchecked
from connectors.vault import DataKey
from schemas.fields import Model
from schemas.keying import FieldValue, KeyingDesign
from schemas.paper_states import BOOK, RECORD, BookEvent, RecordEvent, RecordState
from schemas.sampling import FieldVerdict, SampledField
from schemas.states import listed

SAMPLE_PURPOSE = "sample/{}"
NORMAL, TIGHTENED = "normal", "tightened"

(_SAMPLING,) = BOOK.before(BookEvent.ACCEPTED)
_VALUED = listed({RecordState.AGREED, RecordState.HELD})

LOCK_BOOK = text("""
    SELECT book_id, book_kind, state, is_tightened, wrapped FROM books WHERE book_id = :book_id FOR UPDATE""")
FILES_WAIT = text("SELECT EXISTS (SELECT FROM uploads WHERE book_id = :book_id AND state <> 'examined')")
LOT = text(
    f"SELECT record_id, sealed FROM records WHERE book_id = :book_id AND state IN ({_VALUED}) ORDER BY record_id"
)
_OUTDATED = f"""(s.decided_as IS NULL AND s.drawn_at < (
    SELECT max(e.happened_at) FROM events e
     WHERE e.subject_kind = 'book' AND e.subject_id = s.book_id AND e.kind = 'book_{BookEvent.KEYED}'))"""
"""Pages came after it was drawn, so it does not speak for the book."""
DROP_OUTDATED = text(f"""
    UPDATE samples s SET decided_as = 'outdated', decided_by = :actor, decided_at = clock_timestamp()
     WHERE s.book_id = :book_id AND {_OUTDATED}""")
ADD = text("""
    INSERT INTO samples (book_id, plan_code, fields)
    SELECT CAST(:book_id AS bigint), CAST(:plan_code AS text), CAST(:fields AS jsonb)
     WHERE NOT EXISTS (SELECT FROM samples WHERE book_id = :book_id AND decided_as IS NULL)
    RETURNING sample_id""")
SAMPLE = text("""
    SELECT s.sample_id, s.book_id, s.plan_code, s.drawn_at, s.fields, s.decided_as, s.decided_by, s.decided_at,
           s.sealed, b.book_kind, b.wrapped
      FROM samples s JOIN books b USING (book_id) WHERE s.sample_id = :sample_id""")
LOCK_SAMPLE = text(f"""
    SELECT s.sample_id FROM samples s
     WHERE s.sample_id = :sample_id AND s.decided_as IS NULL AND NOT coalesce({_OUTDATED}, FALSE) FOR UPDATE""")
LATEST = text(f"""
    SELECT s.sample_id FROM samples s
     WHERE s.book_id = :book_id AND s.decided_as IS DISTINCT FROM 'outdated' AND NOT coalesce({_OUTDATED}, FALSE)
     ORDER BY s.sample_id DESC LIMIT 1""")
KEYED_BY = text(f"""
    SELECT DISTINCT k.record_id FROM keyings k JOIN records r USING (record_id) JOIN books b USING (book_id)
     WHERE k.record_id = ANY(:ids) AND k.keyed_by = :actor AND k.kept_at IS NOT NULL AND k.round_number = {ROUND}""")
WRITE = text("UPDATE samples SET fields = CAST(:fields AS jsonb), sealed = :sealed WHERE sample_id = :sample_id")
RECORD_VALUES = text("SELECT record_id, sealed FROM records WHERE record_id = ANY(:ids) AND sealed IS NOT NULL")
PAGE_OF_RECORD = text("SELECT page_id FROM records WHERE record_id = :record_id")
DECIDE = text("""
    UPDATE samples SET decided_as = :decision, decided_by = :actor, decided_at = clock_timestamp(), sealed = :sealed
     WHERE sample_id = :sample_id""")
MOVE_BOOK = text("UPDATE books SET state = :state WHERE book_id = :book_id")
RETURN_BOOK = text(f"""
    UPDATE books SET state = :state, is_tightened = TRUE, design = '{KeyingDesign.TWO_PERSONS}', recogniser_code = NULL
     WHERE book_id = :book_id""")
MOVE_RECORDS = text("""
    WITH moved AS (
        UPDATE records SET state = :after WHERE book_id = :book_id AND state = ANY(:before) RETURNING record_id)
    INSERT INTO events (subject_kind, subject_id, kind, actor)
    SELECT 'record', record_id, CAST(:kind AS text), CAST(:actor AS text) FROM moved RETURNING subject_id""")


class BookDecision(StrEnum):
    """What a person decides about a book by its sample."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class BookDecisionOutcome(StrEnum):
    """What came of a decision about a book."""

    DONE = "done"
    DECIDED_BEFORE = "decided_before"
    NOT_ACCEPTABLE = "not_acceptable"  # the sample does not allow it
    FILES_WAIT = "files_wait"  # scans of the book were handed in, and are not examined yet


class SecondLooks(Model):
    """What lies sealed beside a sample. `values`: what was keyed at the second look, by record and column. `reason`:
    of who decided."""

    values: dict[str, FieldValue] = {}
    reason: str = ""


@dataclass(frozen=True)
class BookSample:
    """A sample of a book. `decided_as`: None while nobody has decided."""

    sample_id: int
    book_id: int
    book_kind: str
    is_tightened: bool
    drawn_at: datetime
    fields: tuple[SampledField, ...]
    decided_as: str | None
    decided_by: str | None
    decided_at: datetime | None
    looks: SecondLooks = field(repr=False)
    key: DataKey = field(repr=False)

    def field_at(self, record_id: int, column: str) -> SampledField | None:
        return next((one for one in self.fields if (one.record_id, one.column) == (record_id, column)), None)


Draw = Callable[[str, bool, Sequence[tuple[int, str]]], Sequence[SampledField]]
"""Kind of book, whether it is sampled more strictly, all its fields."""
Agree = Callable[[str, str, FieldValue, FieldValue], bool]
"""Kind of book, column, the book's value, the value of the second look."""
IsAcceptable = Callable[[bool, Sequence[SampledField]], bool]

_FIELDS = TypeAdapter(list[SampledField])


def draw_sample(ledger: Ledger, book_id: int, actor: str, draw: Draw) -> int | None:
    """Draws the sample of a book and keeps it; None when the book is not in sampling, or has a sample that nobody
    decided by. Raises VaultError."""
    with ledger.engine.begin() as connection:
        book = connection.execute(LOCK_BOOK, {"book_id": book_id}).one_or_none()
        if book is None or book.state != _SAMPLING:
            return None
        key = open_book_key(ledger, book_id, book.wrapped)
        lot = [
            (row.record_id, column)
            for row in connection.execute(LOT, {"book_id": book_id})
            for column in open_record(key, row.record_id, row.sealed)
        ]
        sampled = _FIELDS.dump_json(list(draw(book.book_kind, book.is_tightened, lot))).decode()
        connection.execute(DROP_OUTDATED, {"book_id": book_id, "actor": actor})
        plan_code = TIGHTENED if book.is_tightened else NORMAL
        drawn = connection.execute(ADD, {"book_id": book_id, "plan_code": plan_code, "fields": sampled}).scalar()
        if drawn is None:
            return None
        note(connection, "book", book_id, "book_sample_drawn", actor, {"sample": drawn, "of_fields": len(lot)})
    return int(drawn)


def latest_sample(ledger: Ledger, book_id: int) -> BookSample | None:
    """The newest sample of a book; None when none was drawn since its pages are complete. Raises VaultError."""
    with ledger.engine.connect() as connection:
        sample_id = connection.execute(LATEST, {"book_id": book_id}).scalar()
        return _sample(ledger, connection, sample_id) if sample_id else None


def _sample(ledger: Ledger, connection: Connection, sample_id: int) -> BookSample | None:
    row = connection.execute(SAMPLE, {"sample_id": sample_id}).one_or_none()
    if row is None:
        return None
    key = open_book_key(ledger, row.book_id, row.wrapped)
    opened = key.unseal(row.sealed, SAMPLE_PURPOSE.format(sample_id)) if row.sealed else b"{}"
    return BookSample(
        row.sample_id,
        row.book_id,
        row.book_kind,
        row.plan_code == TIGHTENED,
        row.drawn_at,
        tuple(_FIELDS.validate_python(row.fields)),
        row.decided_as,
        row.decided_by,
        row.decided_at,
        SecondLooks.model_validate_json(opened),
        key,
    )


def page_of_record(ledger: Ledger, record_id: int) -> int | None:
    """The page on which a record stands; None for a record that has no page."""
    with ledger.engine.connect() as connection:
        page_id = connection.execute(PAGE_OF_RECORD, {"record_id": record_id}).scalar()
    return int(page_id) if page_id is not None else None


def keyed_by(ledger: Ledger, actor: str, record_ids: Sequence[int]) -> frozenset[int]:
    """Those of the records of which this person keyed or decided something in this round."""
    with ledger.engine.connect() as connection:
        return _keyed_by(connection, actor, record_ids)


def _keyed_by(connection: Connection, actor: str, record_ids: Sequence[int]) -> frozenset[int]:
    return frozenset(connection.execute(KEYED_BY, {"ids": list(record_ids), "actor": actor}).scalars())


def book_values(ledger: Ledger, sample: BookSample, record_ids: Sequence[int]) -> dict[int, dict[str, FieldValue]]:
    """The values of these records of the sample, by record. Raises VaultError."""
    with ledger.engine.connect() as connection:
        return _book_values(connection, sample, record_ids)


def _book_values(
    connection: Connection, sample: BookSample, record_ids: Sequence[int]
) -> dict[int, dict[str, FieldValue]]:
    rows = connection.execute(RECORD_VALUES, {"ids": list(record_ids)})
    return {row.record_id: open_record(sample.key, row.record_id, row.sealed) for row in rows}


def check_field(
    ledger: Ledger, sample_id: int, place: tuple[int, str], actor: str, value: FieldValue, agree: Agree
) -> FieldVerdict | None:
    """Keeps what a person keyed at the second look at a field (record and column), and compares it with the book.

    None when there is nothing to look at: the field is no part of the sample, was looked at before, the sample is
    decided, or the person keyed something of the record. Then nothing is written. Raises VaultError.
    """
    with ledger.engine.begin() as connection:
        sample, sampled = _locked(ledger, connection, sample_id, place, actor)
        if sample is None or sampled is None or sampled.verdict is not None:
            return None
        standing = _book_values(connection, sample, [place[0]])[place[0]][place[1]]
        is_same = agree(sample.book_kind, place[1], standing, value)
        verdict = FieldVerdict.SAME if is_same else FieldVerdict.DIFFERS
        looks = sample.looks.model_copy(update={"values": {**sample.looks.values, look_name(*place): value}})
        _write(connection, sample, sampled.model_copy(update={"verdict": verdict, "checked_by": actor}), looks)
    return verdict


def settle_field(ledger: Ledger, sample_id: int, place: tuple[int, str], actor: str, is_upheld: bool) -> bool:
    """Writes what another person found at a difference: the book is right (`is_upheld`), or it is not.

    False when there is nothing to settle: no difference, settled before, the sample is decided, or the person is the
    one who looked, or keyed something of the record. Then nothing is written. Raises VaultError.
    """
    with ledger.engine.begin() as connection:
        sample, sampled = _locked(ledger, connection, sample_id, place, actor)
        if sample is None or sampled is None or sampled.verdict != FieldVerdict.DIFFERS:
            return False
        if sampled.settled_by is not None or sampled.checked_by == actor:
            return False
        _write(
            connection, sample, sampled.model_copy(update={"is_upheld": is_upheld, "settled_by": actor}), sample.looks
        )
    return True


def look_name(record_id: int, column: str) -> str:
    """How a second look is named in `SecondLooks.values`."""
    return f"{record_id}/{column}"


def _locked(
    ledger: Ledger, connection: Connection, sample_id: int, place: tuple[int, str], actor: str
) -> tuple[BookSample | None, SampledField | None]:
    """The sample, locked, and its field; the field is None for a person who keyed something of the record."""
    if connection.execute(LOCK_SAMPLE, {"sample_id": sample_id}).first() is None:
        return None, None
    sample = _sample(ledger, connection, sample_id)
    if sample is None or _keyed_by(connection, actor, [place[0]]):
        return sample, None
    return sample, sample.field_at(*place)


def _write(connection: Connection, sample: BookSample, changed: SampledField, looks: SecondLooks) -> None:
    place = (changed.record_id, changed.column)
    fields = [changed if (one.record_id, one.column) == place else one for one in sample.fields]
    values = {"sample_id": sample.sample_id, "fields": _FIELDS.dump_json(fields).decode()}
    connection.execute(WRITE, {**values, "sealed": _sealed(sample, looks)})


def _sealed(sample: BookSample, looks: SecondLooks) -> bytes:
    return sample.key.seal(looks.model_dump_json().encode(), SAMPLE_PURPOSE.format(sample.sample_id))


def decide_book(
    ledger: Ledger,
    sample: BookSample,
    actor: str,
    decision: BookDecision,
    reason: str,
    is_acceptable: IsAcceptable,
) -> BookDecisionOutcome:
    """Writes a person's decision about a book by its sample; the first decision counts.

    Accepted: every agreed record is accepted; those that checks hold are accepted when they are released
    (`accept_released`). Rejected: the whole book is keyed again by two persons, in a new round, and is sampled more
    strictly then; what was keyed stays, and is found as unchecked. Raises VaultError.
    """
    with ledger.engine.begin() as connection:
        book = connection.execute(LOCK_BOOK, {"book_id": sample.book_id}).one()
        if book.state != _SAMPLING or connection.execute(LOCK_SAMPLE, {"sample_id": sample.sample_id}).first() is None:
            return BookDecisionOutcome.DECIDED_BEFORE
        if decision == BookDecision.ACCEPTED and connection.execute(FILES_WAIT, {"book_id": sample.book_id}).scalar():
            return BookDecisionOutcome.FILES_WAIT
        current = _sample(ledger, connection, sample.sample_id) or sample
        if decision == BookDecision.ACCEPTED and not is_acceptable(current.is_tightened, current.fields):
            return BookDecisionOutcome.NOT_ACCEPTABLE
        sealed = _sealed(current, current.looks.model_copy(update={"reason": reason}))
        at = {"sample_id": sample.sample_id, "book_id": sample.book_id, "actor": actor}
        if decision == BookDecision.ACCEPTED:
            _accept(connection, at)
        else:
            _reject(connection, at)
        connection.execute(DECIDE, {**at, "decision": decision, "sealed": sealed})
    return BookDecisionOutcome.DONE


def _accept(connection: Connection, at: dict[str, Any]) -> None:
    connection.execute(MOVE_BOOK, {**at, "state": BOOK.after(BookEvent.ACCEPTED)})
    _move_records(connection, at, RecordEvent.ACCEPTED)
    detail = {"sample": at["sample_id"]}
    note(connection, "book", at["book_id"], f"book_{BookEvent.ACCEPTED}", at["actor"], detail)


def _reject(connection: Connection, at: dict[str, Any]) -> None:
    connection.execute(RETURN_BOOK, {**at, "state": BOOK.after(BookEvent.REJECTED)})
    mark_unchecked(connection, _move_records(connection, at, RecordEvent.RETURNED))
    detail = {"sample": at["sample_id"]}
    note(connection, "book", at["book_id"], f"book_{BookEvent.REJECTED}", at["actor"], detail)


def _move_records(connection: Connection, at: dict[str, Any], event: RecordEvent) -> Sequence[int]:
    """Moves every record of a book that can be moved so, and returns their ids."""
    moves = {"before": list(RECORD.before(event)), "after": RECORD.after(event), "kind": f"record_{event}"}
    return connection.execute(MOVE_RECORDS, {**at, **moves}).scalars().all()


def accept_released(ledger: Ledger, book_id: int, actor: str) -> int:
    """Accepts the records of an accepted book that were held when it was accepted and are released since; returns how
    many."""
    with ledger.engine.begin() as connection:
        book = connection.execute(LOCK_BOOK, {"book_id": book_id}).one_or_none()
        if book is None or book.state != BOOK.after(BookEvent.ACCEPTED):
            return 0
        return len(_move_records(connection, {"book_id": book_id, "actor": actor}, RecordEvent.ACCEPTED))
