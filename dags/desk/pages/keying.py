"""Keying: a record is lent to a keyer, who types what stands in it beside the image of each field, blind.

Neither what a machine read nor what another person keyed is in these pages.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from connectors.ledger.grants import note_subject
from connectors.ledger.keying_overview import book_work, place_of_record, want
from connectors.ledger.keyings import give_back, take
from dags.desk.book_access import FormFieldsDep, SubjectId, book_name
from dags.desk.keyed_fields import empty_fields, typed_fields
from dags.desk.lent_records import OPEN_STATES, BookChoice, LentRecords, today_of
from dags.desk.visit import PostDep, RequestRefused, Visit, VisitDep
from dags.steps.keying import keep_keying, next_to_key
from schemas.keying import KeyingSlot
from schemas.roles import May

KEYING = LentRecords("keying", May.KEY, (KeyingSlot.FIRST, KeyingSlot.SECOND), "nothing_to_key")

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
    return _lend_next(visit, book)


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
    task = KEYING.task(visit, keying_id)
    if not task.is_open:
        return KEYING.not_theirs(visit)
    note_subject(visit.ledger, visit.user_name, "keying", "record", task.record_id)
    return KEYING.page(visit, task, empty_fields(visit, task, task.columns), book, done=done)


@router.post("/keying/{keying_id}")
def save_keying(visit: PostDep, keying_id: SubjectId, form: FormFieldsDep, book: BookChoice = 0) -> Response:
    """Keeps what was typed and lends the next record; shows the form again while a field has neither text nor mark."""
    task = KEYING.task(visit, keying_id)
    fields = typed_fields(empty_fields(visit, task, task.columns), form)
    if any(field.wrong for field in fields):
        return KEYING.page(visit, task, fields, book, status=422)
    kept = keep_keying(visit.ledger, task, visit.user_name, {field.column: field.value for field in fields})
    if kept is None:
        return KEYING.not_theirs(visit)
    return _lend_next(visit, book, "keyed")


@router.post("/keying/{keying_id}/give-back")
def return_keying(visit: PostDep, keying_id: SubjectId) -> Response:
    """Ends the lease, so that somebody else may key the record."""
    task = KEYING.task(visit, keying_id)
    given = give_back(visit.ledger, task.keying_id, visit.user_name)
    return visit.back_to("/keying?done=given_back" if given else "/keying?no=not_yours")


def _lend_next(visit: Visit, book: int, done: str = "") -> Response:
    return KEYING.to_next(visit, next_to_key(visit.ledger, visit.user_name, visit.reach, book or None), book, done)
