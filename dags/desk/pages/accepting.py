"""Acceptance of a book: a sample of its fields is looked at once more, blind; a named person accepts or returns it."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from connectors.ledger.grants import note_subject
from connectors.ledger.keying_overview import BookWork, book_work
from connectors.ledger.known_records import chosen_by
from connectors.ledger.samples import (
    BookDecision,
    BookDecisionOutcome,
    BookSample,
    accept_released,
    book_values,
    keyed_by,
    latest_sample,
    look_name,
    page_of_record,
    settle_field,
)
from dags.desk.book_access import FormFieldsDep, SubjectId, book_name, book_within_reach
from dags.desk.keyed_fields import KeyedField, fields_of, typed_fields
from dags.desk.visit import LONGEST_TEXT, PostDep, Visit, VisitDep
from dags.steps.keying import (
    check_field,
    decide_book,
    draw_sample,
    judgement_of,
    next_to_check,
    people_of,
    plans_of,
)
from quality.acceptance import probability_of_acceptance
from quality.adjudication import ExactMatch
from schemas.paper_states import BookState
from schemas.register_columns import columns_of
from schemas.roles import May
from schemas.sampling import FieldVerdict, SampledField

SHOWN_STATES = [str(BookState.SAMPLING), str(BookState.KEYING), str(BookState.ACCEPTED)]
RATES = (0.002, 0.0065, 0.01, 0.02, 0.03, 0.05)
"""True shares of wrong fields for which the page says how often a book passes."""

SampledRecordId = Annotated[int, Form(ge=1, le=2**62)]
ColumnName = Annotated[str, Form(pattern=r"^[A-Za-z][A-Za-z0-9]{0,80}$")]

router = APIRouter()


@router.get("/accepting")
def acceptance_overview(visit: VisitDep, done: str = "", no: str = "") -> Response:
    """The books of which every record is agreed on."""
    visit.need(May.DIGITISE, "accepting")
    books = book_work(visit.ledger, visit.reach, May.DIGITISE, [str(BookState.SAMPLING)])
    return visit.page("accepting_books", books=books, title_of=book_name, done=done, no=no)


@router.get("/accepting/{book_id}")
def acceptance_page(visit: VisitDep, book_id: SubjectId, done: str = "", no: str = "") -> Response:
    """The plan in words, how the sample stands, the differences, and who keyed how."""
    book = _book(visit, book_id)
    sample = latest_sample(visit.ledger, book_id)
    note_subject(visit.ledger, visit.user_name, "accepting", "book", book_id)
    plans = plans_of(sample.is_tightened if sample else book.is_tightened)
    return visit.page(
        "accepting",
        book=book,
        book_title=book_name(visit, book),
        sample=sample,
        judgement=judgement_of(sample) if sample else None,
        is_look_open=bool(sample and any(field.verdict is None for field in sample.fields)),
        plans=plans,
        rates=RATES,
        passes=lambda plan, rate: round(100 * probability_of_acceptance(plan, rate)),
        differences=_differences(visit, sample) if sample else [],
        titles=columns_of(book.book_kind),
        design=_design(visit, book_id),
        people=people_of(visit.ledger, book_id),
        done=done,
        no=no,
    )


@router.post("/accepting/{book_id}/draw")
def draw(visit: PostDep, book_id: SubjectId) -> Response:
    """Draws the sample."""
    _book(visit, book_id)
    drawn = draw_sample(visit.ledger, book_id, visit.user_name)
    return visit.back_to(f"/accepting/{book_id}" + ("?done=drawn" if drawn else "?no=not_drawn"))


@router.get("/accepting/{book_id}/look")
def look(visit: VisitDep, book_id: SubjectId, done: str = "") -> Response:
    """The next field of the sample, without what the book holds in it."""
    book = _book(visit, book_id)
    sample = latest_sample(visit.ledger, book_id)
    sampled = next_to_check(visit.ledger, sample, visit.user_name) if sample else None
    if sample is None or sampled is None:
        return visit.back_to(f"/accepting/{book_id}?done=no_field_left")
    return _look_page(visit, book, sample, sampled, done=done)


@router.post("/accepting/{book_id}/look")
def save_look(
    visit: PostDep, book_id: SubjectId, record: SampledRecordId, column: ColumnName, form: FormFieldsDep
) -> Response:
    """Compares what was keyed with the book, and goes on to the next field."""
    book = _book(visit, book_id)
    sample = latest_sample(visit.ledger, book_id)
    sampled = sample.field_at(record, column) if sample else None
    if sample is None or sampled is None:
        return visit.back_to(f"/accepting/{book_id}?no=look")
    (typed,) = typed_fields([KeyedField(column, "")], form)
    if typed.wrong:
        return _look_page(visit, book, sample, sampled, typed=typed, status=422)
    place = (record, column)
    if check_field(visit.ledger, sample.sample_id, place, visit.user_name, typed.value) is None:
        return visit.back_to(f"/accepting/{book_id}?no=look")
    return visit.back_to(f"/accepting/{book_id}/look?done=looked")


@router.post("/accepting/{book_id}/settle")
def settle(
    visit: PostDep, book_id: SubjectId, record: SampledRecordId, column: ColumnName, upheld: Annotated[bool, Form()]
) -> Response:
    """Another person says whether the book is right where a second look differs."""
    _book(visit, book_id)
    sample = latest_sample(visit.ledger, book_id)
    if sample is None or not settle_field(visit.ledger, sample.sample_id, (record, column), visit.user_name, upheld):
        return visit.back_to(f"/accepting/{book_id}?no=settle")
    return visit.back_to(f"/accepting/{book_id}?done=sample_settled")


@router.post("/accepting/{book_id}/decide")
def decide(
    visit: PostDep,
    book_id: SubjectId,
    decision: Annotated[BookDecision, Form()],
    reason: Annotated[str, Form(min_length=3, max_length=LONGEST_TEXT)],
) -> Response:
    """Accepts the book, or returns it whole."""
    _book(visit, book_id)
    sample = latest_sample(visit.ledger, book_id)
    if sample is None or sample.decided_as is not None:
        return visit.back_to(f"/accepting/{book_id}?no=book_decided")
    outcome = decide_book(visit.ledger, sample, visit.user_name, decision, reason.strip())
    if outcome == BookDecisionOutcome.NOT_ACCEPTABLE:
        return visit.back_to(f"/accepting/{book_id}?no=not_acceptable")
    if outcome == BookDecisionOutcome.FILES_WAIT:
        return visit.back_to(f"/accepting/{book_id}?no=files_wait")
    if outcome == BookDecisionOutcome.DECIDED_BEFORE:
        return visit.back_to(f"/accepting/{book_id}?no=book_decided")
    return visit.back_to(f"/accepting/{book_id}?done=book_{decision}")


@router.post("/accepting/{book_id}/released")
def accept_rest(visit: PostDep, book_id: SubjectId) -> Response:
    """Accepts the records that were held when their book was accepted and are released since."""
    _book(visit, book_id)
    accepted = accept_released(visit.ledger, book_id, visit.user_name)
    return visit.back_to(f"/accepting/{book_id}" + ("?done=rest_accepted" if accepted else "?no=nothing_released"))


def _book(visit: Visit, book_id: int) -> BookWork:
    return book_within_reach(visit, book_id, May.DIGITISE, SHOWN_STATES)


def _differences(visit: Visit, sample: BookSample) -> list[dict[str, object]]:
    """What differs, with both values; the person who looked, or who keyed the record, may not settle it."""
    differing = [one for one in sample.fields if one.verdict == FieldVerdict.DIFFERS]
    ids = [one.record_id for one in differing]
    standing = book_values(visit.ledger, sample, ids)
    theirs = keyed_by(visit.ledger, visit.user_name, ids)
    return [
        {
            "field": one,
            "standing": standing[one.record_id][one.column],
            "seen": sample.looks.values[look_name(one.record_id, one.column)],
            "page_id": page_of_record(visit.ledger, one.record_id),
            "may_settle": one.settled_by is None
            and one.checked_by != visit.user_name
            and one.record_id not in theirs
            and sample.decided_as is None,
        }
        for one in differing
    ]


def _design(visit: Visit, book_id: int) -> dict[str, object] | None:
    chosen = chosen_by(visit.ledger, book_id)
    if chosen is None:
        return None
    return {**chosen, "matches": [ExactMatch(*match) for match in chosen["matches"]]}


def _look_page(
    visit: Visit,
    book: BookWork,
    sample: BookSample,
    sampled: SampledField,
    *,
    typed: KeyedField | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    page_id = page_of_record(visit.ledger, sampled.record_id)
    (field,) = fields_of(visit, book.book_kind, page_id, sampled.record_id, [sampled.column])
    if typed:
        field = replace(field, text=typed.text, mark=typed.mark, wrong=typed.wrong)
    note_subject(visit.ledger, visit.user_name, "accepting", "record", sampled.record_id)
    return visit.page(
        "accepting_look",
        status=status,
        book=book,
        book_title=book_name(visit, book),
        sampled=sampled,
        field=field,
        page_id=page_id,
        left=sum(one.verdict is None for one in sample.fields),
        total=len(sample.fields),
        done=done,
    )
