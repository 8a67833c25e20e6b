"""Keying: the ledger lends and keeps, `quality` compares and judges; here the two meet.

A book's design follows from its own known records: two persons key a few records of it, the recognisers are measured by
them, and only where one reads the book well enough is its hidden reading the second key of the other records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from hashlib import sha256

from connectors.ledger import Ledger, decided_keyings, keyings, known_records, samples
from connectors.ledger import differences as third_person
from connectors.ledger.keyings import KeyingTask
from dags.steps.searching import index_records
from quality.acceptance import Outlook, SampleJudgement, draw, judge
from quality.adjudication import (
    agree,
    choose_design,
    compare,
    exact_matches,
    known_count,
    majority,
)
from quality.keyer_figures import DecidedKeying, PersonFigures, person_figures
from schemas.dates import local_day
from schemas.keying import FieldValue
from schemas.keying_thresholds import keying_threshold
from schemas.paper_states import RecordState
from schemas.register_columns import columns_of
from schemas.roles import Reach
from schemas.sampling import AcceptancePlan, FieldVerdict, PlanScope, SampledField, acceptance_plans


def next_to_key(ledger: Ledger, actor: str, reach: Reach, book_id: int | None = None) -> int | None:
    """Lends the next record to a keyer; None when nothing is left for them. The first record of a book that is lent has
    the book's known records drawn first."""
    keying_id = keyings.take(ledger, actor, reach, book_id)
    task = keyings.task_of(ledger, keying_id) if keying_id else None
    if task is None or not _draw_known(ledger, task):
        return keying_id
    keyings.give_back(ledger, task.keying_id, actor)
    return keyings.take(ledger, actor, reach, book_id)


def _draw_known(ledger: Ledger, task: KeyingTask) -> int:
    threshold = keying_threshold(_today())
    count = known_count(len(task.columns), threshold)
    return known_records.draw_known(ledger, task.book_id, count, threshold.least_records)


def keep_keying(ledger: Ledger, task: KeyingTask, actor: str, values: Mapping[str, FieldValue]) -> RecordState | None:
    """Keeps what a person keyed and compares it with the other key; None when the record is not theirs any more. Raises
    ValueError unless `values` has exactly the columns of the task, each with a text or a mark."""
    if set(values) != set(task.columns):
        raise ValueError("a record is keyed whole: each column has a text, or a mark")
    return _decided(ledger, task, keyings.keep(ledger, task.keying_id, actor, values, compare))


def fields_to_key(ledger: Ledger, task: KeyingTask, actor: str) -> tuple[str, ...] | None:
    """The columns that a third person keys blind; None when the record is not theirs to key. Raises VaultError."""
    return third_person.differing_columns(ledger, task.keying_id, actor, compare)


def keep_third_key(
    ledger: Ledger, task: KeyingTask, actor: str, values: Mapping[str, FieldValue]
) -> RecordState | None:
    """Keeps what a third person keyed blind: `agreed` when it agrees with one of the two keys in each field, `differs`
    when the same person looks again; None when the record is not theirs. Raises ValueError when `values` is not about
    exactly the differing fields."""
    after = third_person.key_difference(ledger, task.keying_id, actor, values, compare, majority)
    return _decided(ledger, task, after)


@dataclass(frozen=True)
class UnsettledField:
    """A field in which no two of three keys agree: its values, in an order that says nothing of whose they are."""

    column: str
    values: tuple[FieldValue, ...] = field(repr=False)


def unsettled_fields(ledger: Ledger, task: KeyingTask, actor: str) -> list[UnsettledField] | None:
    """What is shown for a look; None when the record is not theirs to look at. Raises VaultError."""
    keys = third_person.three_keys(ledger, task.keying_id, actor, compare, majority)
    if keys is None:
        return None
    shown = []
    for column in keys.unsettled:
        values = [key[column] for key in (keys.key, keys.other, keys.third) if column in key]
        order = sorted(range(len(values)), key=lambda place: hash_of(task.record_id, f"{column}/{place}"))
        shown.append(UnsettledField(column, tuple(values[place] for place in order)))
    return shown


def hash_of(record_id: int, column: str) -> int:
    """A number that looks thrown and stays, so that values stand in one order whenever a page is opened."""
    return int.from_bytes(sha256(f"{record_id}/{column}".encode()).digest()[:8])


def decide_difference(
    ledger: Ledger, task: KeyingTask, actor: str, decided: Mapping[str, FieldValue]
) -> RecordState | None:
    """Writes what was decided at a look; None when the record is not theirs to decide. Raises ValueError when `decided`
    is not about exactly the unsettled fields."""
    after = third_person.decide(ledger, task.keying_id, actor, decided, compare, majority)
    return _decided(ledger, task, after)


def _decided(ledger: Ledger, task: KeyingTask, after: RecordState | None) -> RecordState | None:
    if after == RecordState.AGREED:
        index_records(ledger, [task.record_id])
        settle_design(ledger, task.book_id)
    return after


def settle_design(ledger: Ledger, book_id: int) -> None:
    """Chooses the design of a book once all its known records are decided, and keeps it with the figures."""
    known = known_records.known_records(ledger, book_id)
    if known is None:
        return
    book_kind, records = known
    matches = exact_matches(book_kind, [(record.truth, record.readings) for record in records])
    choice = choose_design(matches, keying_threshold(_today()))
    figures = {
        "reason": choice.reason,
        "records": len(records),
        "matches": [[match.recogniser_code, match.fields, match.exact] for match in choice.matches],
    }
    known_records.choose(ledger, book_id, choice.design, choice.recogniser_code, figures)


def people_of(ledger: Ledger, book_id: int) -> list[PersonFigures]:
    """How each person keyed in a book. Raises VaultError."""
    return _figures(decided_keyings.decided_in_book(ledger, book_id))


def own_figures(ledger: Ledger, user_name: str) -> list[PersonFigures]:
    """How this person keyed lately, for themselves; nothing when nothing of it is decided. Raises VaultError."""
    return _figures(decided_keyings.decided_of_person(ledger, user_name))


def figures_of_all(ledger: Ledger, reach: Reach) -> list[PersonFigures]:
    """How everybody keyed lately in the books that this user digitises. Raises VaultError."""
    return _figures(decided_keyings.decided_within_reach(ledger, reach))


def _figures(rows: list[decided_keyings.DecidedRow]) -> list[PersonFigures]:
    return person_figures(
        DecidedKeying(
            row.book_kind,
            row.slot,
            row.keyed_by,
            row.keyed,
            row.decided,
            row.is_known,
            row.is_keyed_again,
            row.seconds,
        )
        for row in rows
    )


# Acceptance


def plans_of(is_tightened: bool) -> dict[PlanScope, AcceptancePlan]:
    """The plans by which a book is sampled today."""
    return acceptance_plans(is_tightened=is_tightened, day=_today())


def draw_sample(ledger: Ledger, book_id: int, actor: str) -> int | None:
    """Draws the sample of a book; None when it is not in sampling or has one already."""

    def drawn(book_kind: str, is_tightened: bool, lot: Sequence[tuple[int, str]]) -> list[SampledField]:
        critical = frozenset(name for name, column in columns_of(book_kind).items() if column.is_critical)
        return draw(f"book/{book_id}", lot, critical, plans_of(is_tightened))

    return samples.draw_sample(ledger, book_id, actor, drawn)


def next_to_check(ledger: Ledger, sample: samples.BookSample, actor: str) -> SampledField | None:
    """The next field of a sample that this person may look at; None when nothing is left for them. Persons who look at
    once begin at different fields."""
    waiting = [one for one in sample.fields if one.verdict is None]
    theirs = samples.keyed_by(ledger, actor, [one.record_id for one in waiting])
    free = [one for one in waiting if one.record_id not in theirs]
    return min(free, key=lambda one: hash_of(one.record_id, f"{one.column}/{actor}"), default=None)


def check_field(
    ledger: Ledger, sample_id: int, place: tuple[int, str], actor: str, value: FieldValue
) -> FieldVerdict | None:
    """Compares a second look at a field with the book; None when there is nothing to look at for this person."""

    def same(book_kind: str, column: str, standing: FieldValue, seen: FieldValue) -> bool:
        return agree(columns_of(book_kind)[column].value_kind, standing, seen)

    return samples.check_field(ledger, sample_id, place, actor, value, same)


def judgement_of(sample: samples.BookSample) -> SampleJudgement:
    """What the sample allows so far, by the plans of today."""
    return judge(plans_of(sample.is_tightened), sample.fields)


def decide_book(
    ledger: Ledger, sample: samples.BookSample, actor: str, decision: samples.BookDecision, reason: str
) -> samples.BookDecisionOutcome:
    """Accepts a book whose sample allows it, or returns the whole book."""

    def is_acceptable(is_tightened: bool, fields: Sequence[SampledField]) -> bool:
        return judge(plans_of(is_tightened), fields).outlook == Outlook.ACCEPTABLE

    return samples.decide_book(ledger, sample, actor, decision, reason, is_acceptable)


def _today() -> date:
    return local_day(datetime.now(timezone.utc))
