"""The third person: keys the fields in which two keys of a record differ, blind; only where that key agrees with
neither do all three values stand beside the crop, and it is not said whose they are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from connectors.ledger.differences import take_difference
from connectors.ledger.grants import note_subject
from connectors.ledger.keying_overview import book_work
from connectors.ledger.keyings import KeyingTask, give_back
from dags.desk.book_access import FormFieldsDep, SubjectId, book_name
from dags.desk.keyed_fields import KeyedField, empty_fields, typed_fields
from dags.desk.lent_records import OPEN_STATES, BookChoice, LentRecords, today_of
from dags.desk.visit import PostDep, Visit, VisitDep
from dags.steps.keying import (
    UnsettledField,
    decide_difference,
    fields_to_key,
    keep_third_key,
    unsettled_fields,
)
from schemas.keying import FieldValue, KeyingSlot
from schemas.paper_states import RecordState
from schemas.roles import May

OTHER = "other"
"""None of the values that are shown: what the third person types counts."""
ADJUDICATING = LentRecords("adjudicating", May.ADJUDICATE, (KeyingSlot.THIRD, KeyingSlot.LOOK), "nothing_to_decide")

router = APIRouter()


@dataclass(frozen=True)
class ChoiceField:
    """An unsettled field of the form. `choice`: the place of the chosen value, or `other`; empty when nothing was."""

    field: KeyedField
    unsettled: UnsettledField
    choice: str = ""
    is_wrong: bool = False

    @property
    def choices(self) -> list[str]:
        return [str(place) for place in range(len(self.unsettled.values))]

    @property
    def value(self) -> FieldValue:
        return self.unsettled.values[int(self.choice)] if self.choice in self.choices else self.field.value


@router.get("/adjudicating")
def differences_overview(visit: VisitDep, done: str = "", no: str = "") -> Response:
    """The books in which keys differ."""
    visit.need(May.ADJUDICATE, "adjudicating")
    books = [book for book in book_work(visit.ledger, visit.reach, May.ADJUDICATE, OPEN_STATES) if book.to_decide]
    return visit.page("adjudicating_books", books=books, title_of=book_name, progress=today_of(visit), done=done, no=no)


@router.post("/adjudicating/next")
def take_next_difference(visit: PostDep, book: BookChoice = 0) -> Response:
    """Lends the next record whose keys differ."""
    visit.need(May.ADJUDICATE, "adjudicating")
    return _lend_next(visit, book)


@router.get("/adjudicating/{keying_id}")
def difference_page(
    visit: VisitDep, keying_id: SubjectId, book: Annotated[int, Query(ge=0, le=2**62)] = 0, done: str = ""
) -> Response:
    """The differing fields of the record that is lent to this person: to be keyed blind, or for a look."""
    task = ADJUDICATING.task(visit, keying_id)
    keyed = _blind(visit, task)
    looked_at = _unsettled(visit, task) if keyed is None else None
    if keyed is None and looked_at is None:
        return ADJUDICATING.not_theirs(visit)
    note_subject(visit.ledger, visit.user_name, "adjudicating", "record", task.record_id)
    if keyed is not None:
        return _key_page(visit, task, keyed, book, done=done)
    return ADJUDICATING.page(visit, task, looked_at or [], book, done=done)


@router.post("/adjudicating/{keying_id}")
def decide(visit: PostDep, keying_id: SubjectId, form: FormFieldsDep, book: BookChoice = 0) -> Response:
    """Keeps what this person keyed blind, or decided at a look, and lends the next record."""
    task = ADJUDICATING.task(visit, keying_id)
    if (keyed := _blind(visit, task)) is not None:
        return _keep(visit, task, typed_fields(keyed, form), book)
    if (unsettled := _unsettled(visit, task)) is not None:
        return _decide(visit, task, [_chosen(field, form) for field in unsettled], book)
    return ADJUDICATING.not_theirs(visit)


@router.post("/adjudicating/{keying_id}/give-back")
def return_difference(visit: PostDep, keying_id: SubjectId) -> Response:
    """Ends the lease, so that somebody else may decide."""
    task = ADJUDICATING.task(visit, keying_id)
    given = give_back(visit.ledger, task.keying_id, visit.user_name)
    return visit.back_to("/adjudicating?done=given_back" if given else "/adjudicating?no=not_yours")


def _blind(visit: Visit, task: KeyingTask) -> list[KeyedField] | None:
    """What is keyed blind, without any text; None when it is not this person's to key."""
    columns = fields_to_key(visit.ledger, task, visit.user_name)
    return None if columns is None else empty_fields(visit, task, columns)


def _unsettled(visit: Visit, task: KeyingTask) -> list[ChoiceField] | None:
    """What is looked at again, with its values; None when it is not this person's to look at."""
    unsettled = unsettled_fields(visit.ledger, task, visit.user_name)
    if unsettled is None:
        return None
    fields = empty_fields(visit, task, [one.column for one in unsettled])
    return [ChoiceField(field, one) for field, one in zip(fields, unsettled, strict=True)]


def _chosen(one: ChoiceField, form: Mapping[str, str]) -> ChoiceField:
    choice = form.get(f"choice.{one.field.column}", "")
    (typed,) = typed_fields([one.field], form)
    if choice != OTHER:  # nothing need be typed, so nothing is missing in what is typed
        typed = replace(typed, wrong="")
    is_wrong = choice not in (*one.choices, OTHER) or bool(typed.wrong)
    return replace(one, field=typed, choice=choice, is_wrong=is_wrong)


def _keep(visit: Visit, task: KeyingTask, fields: list[KeyedField], book: int) -> Response:
    if any(field.wrong for field in fields):
        return _key_page(visit, task, fields, book, status=422)
    values = {field.column: field.value for field in fields}
    kept = keep_third_key(visit.ledger, task, visit.user_name, values)
    if kept is None:
        return ADJUDICATING.not_theirs(visit)
    return _lend_next(visit, book, "decided_keying" if kept == RecordState.AGREED else "look_again")


def _decide(visit: Visit, task: KeyingTask, fields: list[ChoiceField], book: int) -> Response:
    if any(one.is_wrong for one in fields):
        return ADJUDICATING.page(visit, task, fields, book, status=422)
    decided = {one.field.column: one.value for one in fields}
    if decide_difference(visit.ledger, task, visit.user_name, decided) is None:
        return ADJUDICATING.not_theirs(visit)
    return _lend_next(visit, book, "decided_keying")


def _lend_next(visit: Visit, book: int, done: str = "") -> Response:
    keying_id = take_difference(visit.ledger, visit.user_name, visit.reach, book or None)
    return ADJUDICATING.to_next(visit, keying_id, book, done)


def _key_page(
    visit: Visit, task: KeyingTask, fields: list[KeyedField], book: int, *, done: str = "", status: int = 200
) -> Response:
    """The form of keying, which shows neither of the two values."""
    return ADJUDICATING.page(visit, task, fields, book, done=done, status=status, template="keying")
