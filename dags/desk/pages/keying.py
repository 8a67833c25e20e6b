"""Keying: a record is lent to a keyer, who types what stands in it beside the image of each field, blind.

Neither what a machine read nor what another person keyed is in these pages.
"""

from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from connectors.ledger.grants import note_subject
from connectors.ledger.keying_overview import DayProgress, book_work, place_of_record, progress_since, want
from connectors.ledger.keyings import KeyingTask, give_back, take, task_of
from dags.desk.book_access import FormFieldsDep, SubjectId, book_name
from dags.desk.keyed_fields import KeyedField, empty_fields, typed_fields
from dags.desk.visit import PostDep, RequestRefused, Visit, VisitDep
from dags.steps.keying import keep_keying, next_to_key
from schemas.dates import VIETNAM, local_day
from schemas.keying import KeyingSlot
from schemas.paper_states import BookState
from schemas.roles import May

OPEN_STATES = [str(BookState.KEYING), str(BookState.INTAKE)]

BookChoice = Annotated[int, Form(ge=0, le=2**62)]
"""The book that a keyer stays in; 0: any."""

router = APIRouter()


@router.get("/keying")
def keying_overview(visit: VisitDep, done: str = "", no: str = "") -> Response:
    """The books in which something is to be keyed, and what this person has keyed today."""
    visit.need(May.KEY, "keying")
    books = [book for book in book_work(visit.ledger, visit.reach, May.KEY, OPEN_STATES) if book.to_key]
    return visit.page("keying_books", books=books, title_of=book_name, progress=today_of(visit), done=done, no=no)


@router.post("/keying/next")
def take_next(visit: PostDep, book: BookChoice = 0) -> Response:
    """Lends the next record."""
    visit.need(May.KEY, "keying")
    return _to_next(visit, book, "")


@router.post("/keying/records/{record_id}/want")
def key_now(visit: PostDep, record_id: SubjectId) -> Response:
    """Somebody needs this record: it is keyed before others. Who may key it here begins at once."""
    if not visit.reach.may_somewhere(May.KEY):
        visit.need(May.SEARCH, "keying")
    place = place_of_record(visit.ledger, record_id)
    if place is None or not any(visit.reach.may(act, *place) for act in (May.KEY, May.SEARCH)):
        raise RequestRefused(404, "no_book", "keying", detail="place_or_unknown")
    want(visit.ledger, record_id, visit.user_name)
    if not visit.reach.may(May.KEY, *place):
        return visit.back_to("/keying/wanted")
    keying_id = take(visit.ledger, visit.user_name, visit.reach, record_id=record_id)
    return visit.back_to(f"/keying/{keying_id}?done=wanted") if keying_id else visit.back_to("/keying/wanted")


@router.get("/keying/wanted")
def wanted(visit: VisitDep) -> Response:
    """What happens to a record that somebody needs and another person keys."""
    if not visit.reach.may_somewhere(May.KEY):
        visit.need(May.SEARCH, "keying")
    return visit.page("wanted")


@router.get("/keying/{keying_id}")
def keying_page(
    visit: VisitDep, keying_id: SubjectId, book: Annotated[int, Query(ge=0, le=2**62)] = 0, done: str = ""
) -> Response:
    """The record that is lent to this person."""
    task = _task(visit, keying_id)
    if not task.is_open:
        return visit.back_to("/keying?no=not_yours")
    note_subject(visit.ledger, visit.user_name, "keying", "record", task.record_id)
    return _page(visit, task, empty_fields(visit, task, task.columns), book, done=done)


@router.post("/keying/{keying_id}")
def save_keying(visit: PostDep, keying_id: SubjectId, form: FormFieldsDep, book: BookChoice = 0) -> Response:
    """Keeps what was typed and lends the next record; shows the form again while a field has neither text nor mark."""
    task = _task(visit, keying_id)
    fields = typed_fields(empty_fields(visit, task, task.columns), form)
    if any(field.wrong for field in fields):
        return _page(visit, task, fields, book, status=422)
    kept = keep_keying(visit.ledger, task, visit.user_name, {field.column: field.value for field in fields})
    if kept is None:
        return visit.back_to("/keying?no=not_yours")
    return _to_next(visit, book, "keyed")


@router.post("/keying/{keying_id}/give-back")
def return_keying(visit: PostDep, keying_id: SubjectId) -> Response:
    """Ends the lease, so that somebody else may key the record."""
    task = _task(visit, keying_id)
    given = give_back(visit.ledger, task.keying_id, visit.user_name)
    return visit.back_to("/keying?done=given_back" if given else "/keying?no=not_yours")


def today_of(visit: Visit) -> DayProgress:
    """What this person has kept since midnight in Vietnam."""
    midnight = datetime.combine(local_day(visit.now), time(), VIETNAM)
    return progress_since(visit.ledger, visit.user_name, midnight)


def lent_task(visit: Visit, keying_id: int, act: May, slots: tuple[KeyingSlot, ...]) -> KeyingTask:
    """What is lent to this person at a place within reach; the same answer for what is another's and what is not."""
    task = task_of(visit.ledger, keying_id)
    if (
        task is None
        or task.keyed_by != visit.user_name
        or task.slot not in slots
        or not visit.reach.may(act, task.province_code, task.commune_code)
    ):
        raise RequestRefused(404, "no_keying", "keying", detail="place_or_unknown")
    return task


def _task(visit: Visit, keying_id: int) -> KeyingTask:
    visit.need(May.KEY, "keying")
    return lent_task(visit, keying_id, May.KEY, (KeyingSlot.FIRST, KeyingSlot.SECOND))


def _to_next(visit: Visit, book: int, done: str) -> Response:
    keying_id = next_to_key(visit.ledger, visit.user_name, visit.reach, book or None)
    if keying_id is None:
        return visit.back_to("/keying?done=" + ("keyed_all" if done else "nothing_to_key"))
    return visit.back_to(f"/keying/{keying_id}?book={book}" + (f"&done={done}" if done else ""))


def _page(
    visit: Visit, task: KeyingTask, fields: list[KeyedField], book: int, *, done: str = "", status: int = 200
) -> Response:
    return visit.page(
        "keying",
        status=status,
        part="keying",
        task=task,
        book=book,
        fields=fields,
        book_title=book_name(visit, task),
        progress=today_of(visit),
        done=done,
        is_wrong=status != 200,
    )
