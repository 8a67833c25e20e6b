"""The third person: where two keys of a record differ, both values stand beside the crop, and it is not said whose."""

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
from dags.steps.keying import DifferingField, decide_difference, differing_fields
from schemas.keying import FieldValue, KeyingSlot
from schemas.roles import May

CHOICES = ("0", "1")
"""The values as they are shown; `other`: what the third person types."""
ADJUDICATING = LentRecords("adjudicating", May.ADJUDICATE, (KeyingSlot.THIRD,), "nothing_to_decide")

router = APIRouter()


@dataclass(frozen=True)
class ChoiceField:
    """A differing field of the form. `choice`: what was chosen; empty when nothing was."""

    field: KeyedField
    difference: DifferingField
    choice: str = ""
    is_wrong: bool = False

    @property
    def value(self) -> FieldValue:
        return self.difference.values[int(self.choice)] if self.choice in CHOICES else self.field.value


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
    """The differing fields of the record that is lent to this person."""
    task = ADJUDICATING.task(visit, keying_id)
    differing = differing_fields(visit.ledger, task, visit.user_name)
    if differing is None:
        return ADJUDICATING.not_theirs(visit)
    note_subject(visit.ledger, visit.user_name, "adjudicating", "record", task.record_id)
    return ADJUDICATING.page(visit, task, _empty(visit, task, differing), book, done=done)


@router.post("/adjudicating/{keying_id}")
def decide(visit: PostDep, keying_id: SubjectId, form: FormFieldsDep, book: BookChoice = 0) -> Response:
    """Writes what this person decided, and lends the next record."""
    task = ADJUDICATING.task(visit, keying_id)
    differing = differing_fields(visit.ledger, task, visit.user_name)
    if differing is None:
        return ADJUDICATING.not_theirs(visit)
    fields = [_chosen(one, form) for one in _empty(visit, task, differing)]
    if any(one.is_wrong for one in fields):
        return ADJUDICATING.page(visit, task, fields, book, status=422)
    decided = {one.field.column: one.value for one in fields}
    if decide_difference(visit.ledger, task, visit.user_name, decided) is None:
        return ADJUDICATING.not_theirs(visit)
    return _lend_next(visit, book, "decided_keying")


@router.post("/adjudicating/{keying_id}/give-back")
def return_difference(visit: PostDep, keying_id: SubjectId) -> Response:
    """Ends the lease, so that somebody else may decide."""
    task = ADJUDICATING.task(visit, keying_id)
    given = give_back(visit.ledger, task.keying_id, visit.user_name)
    return visit.back_to("/adjudicating?done=given_back" if given else "/adjudicating?no=not_yours")


def _empty(visit: Visit, task: KeyingTask, differing: list[DifferingField]) -> list[ChoiceField]:
    fields = empty_fields(visit, task, [one.column for one in differing])
    return [ChoiceField(field, difference) for field, difference in zip(fields, differing, strict=True)]


def _chosen(one: ChoiceField, form: Mapping[str, str]) -> ChoiceField:
    choice = form.get(f"choice.{one.field.column}", "")
    (typed,) = typed_fields([one.field], form)
    if choice != "other":  # nothing need be typed, so nothing is missing in what is typed
        typed = replace(typed, wrong="")
    is_wrong = choice not in (*CHOICES, "other") or bool(typed.wrong)
    return replace(one, field=typed, choice=choice, is_wrong=is_wrong)


def _lend_next(visit: Visit, book: int, done: str = "") -> Response:
    keying_id = take_difference(visit.ledger, visit.user_name, visit.reach, book or None)
    return ADJUDICATING.to_next(visit, keying_id, book, done)
