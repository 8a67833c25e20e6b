"""The data of a certified copy from an accepted record: asked for with a reason, kept, shown with the page as evidence.

An address holds the numbers of the record and of the extract only; who asks and why is posted. A record that is not
accepted has no data to give: the page says what to do first.
"""

import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi import Path as InPath
from fastapi.responses import Response

from connectors.ledger.extracts import (
    KeptExtract,
    RecordView,
    kept_extract,
    note_record_access,
    page_copy,
    record_view,
)
from dags.desk.pages.papers import kind_of
from dags.desk.visit import LONGEST_TEXT, PostDep, RequestRefused, Visit, VisitDep
from dags.steps.extracting import SUBJECTS, ExtractRequest, extract
from schemas.keying import FieldValue, Mark
from schemas.register_columns import RegisterColumn, columns_of
from schemas.roles import May

LONGEST_NAME = 200
PAGE_BYTES = 400_000
"""A row of a table is shown as a picture of at most so many bytes."""

CODE_LISTS = {"GioiTinh": "sex", "LoaiCuTru": "residence_kind", "LoaiGiayToTuyThan": "kind_code"}
"""By the end of a column's name, where every kind of book means the same by it."""
REGISTRATION_LISTS = {"KS": "birth.registration_kind", "KH": "marriage.registration_kind"}

router = APIRouter(prefix="/records/{record_id}/extract")

Identifier = Annotated[int, InPath(ge=1, le=2**62)]


@dataclass(frozen=True)
class ExtractLine:
    """A field of the record: its official name, its value as it was keyed, and the mark that stands instead.
    `code_list`: the words that say what a code means; empty when the value is no code."""

    title: str
    text: str
    mark: Mark | None
    is_critical: bool
    code_list: str


def within_places(visit: VisitDep, record_id: Identifier) -> RecordView:
    """The record; for a user who may give out no extract of its place the same answer as for one that is not there."""
    visit.need(May.EXTRACT, "extract")
    record = record_view(visit.ledger, record_id)
    if record is None:
        raise RequestRefused(404, "no_record", "extract", detail="unknown")
    if not visit.reach.may(May.EXTRACT, record.province_code, record.commune_code):
        raise RequestRefused(404, "no_record", "extract", detail="place")
    return record


RecordDep = Annotated[RecordView, Depends(within_places)]


@router.get("")
def ask(visit: VisitDep, record: RecordDep) -> Response:
    """The form that asks for whom and why; for a record that is not accepted, what to do first."""
    return _page(visit, record)


@router.post("")
def make(
    visit: PostDep,
    record: RecordDep,
    asked_for: Annotated[str, Form(min_length=2, max_length=LONGEST_NAME)],
    reason: Annotated[str, Form(min_length=3, max_length=LONGEST_TEXT)],
    subject: Annotated[str, Form(max_length=10)] = "",
    relation: Annotated[str, Form(max_length=LONGEST_NAME)] = "",
    paper_number: Annotated[str, Form(max_length=50)] = "",
) -> Response:
    """Makes the extract and leads to it."""
    subjects = SUBJECTS[record.book.book_kind]
    if not asked_for.strip() or not reason.strip() or (subject and subject not in subjects):
        raise RequestRefused(422, "bad_request", "form", detail="extract")
    request = ExtractRequest(
        asked_for=asked_for, reason=reason, subject=subject or subjects[0], relation=relation, paper_number=paper_number
    )
    extract_id = extract(visit.ledger, visit.user_name, record, request)
    if extract_id is None:
        raise RequestRefused(409, "not_accepted", "extract", detail=record.state)
    return visit.back_to(f"/records/{record.record_id}/extract/{extract_id}")


def of_record(visit: VisitDep, record: RecordDep, extract_id: Identifier) -> KeptExtract:
    """An extract of the record in the address; the look is logged."""
    kept = kept_extract(visit.ledger, record, extract_id)
    if kept is None:
        raise RequestRefused(404, "no_record", "extract", detail="extract")
    note_record_access(visit.ledger, visit.user_name, "extract", record.record_id, str(extract_id))
    return kept


ExtractDep = Annotated[KeptExtract, Depends(of_record)]


@router.get("/{extract_id}")
def show(visit: VisitDep, record: RecordDep, kept: ExtractDep) -> Response:
    """The data for printing, with the page as evidence."""
    return _page(visit, record, kept)


@router.get("/{extract_id}/data.json")
def data(record: RecordDep, kept: ExtractDep) -> Response:
    """The data as a file, as the national software takes it."""
    content = json.dumps(kept.data, ensure_ascii=False, indent=1).encode()
    name = f"BS-{record.record_id}-{kept.extract_id}.json"
    return Response(
        content,
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/{extract_id}/page")
def evidence(visit: VisitDep, record: RecordDep, kept: ExtractDep) -> Response:
    """The page of the record, or of a table its row only: the rows beside it are of others."""
    copy = page_copy(visit.ledger, record)
    if copy is None:
        raise RequestRefused(404, "no_paper", "extract", detail="page")
    image = copy if record.row_px is None else _row(copy, record.row_px)
    return Response(image, media_type=kind_of(image)[0])


def code_list_of(column: RegisterColumn) -> str:
    """The list of words in which a column's codes are explained (`coded.sex`); empty when it has none."""
    if column.column == "loaiDangKy":
        return REGISTRATION_LISTS.get(column.book_kind, "")
    return next((words for end, words in CODE_LISTS.items() if column.column.endswith(end)), "")


def _row(copy: bytes, row_px: tuple[int, int]) -> bytes:
    from connectors.paper.case_pdf import PageCopy, case_image

    try:
        return case_image(PageCopy(copy), row_px, PAGE_BYTES)
    except (ImportError, ValueError):  # without the extra `paper` no row can be cut out, and no other is shown
        raise RequestRefused(404, "no_paper", "extract", detail="row") from None


def _line(column: RegisterColumn, value: FieldValue) -> ExtractLine:
    title = column.title_vi[0].upper() + column.title_vi[1:]
    return ExtractLine(title, value.text, value.mark, column.is_critical, code_list_of(column))


def _page(visit: Visit, record: RecordView, kept: KeptExtract | None = None) -> Response:
    columns = columns_of(record.book.book_kind)
    lines = [_line(column, value) for name, column in columns.items() if (value := record.values.get(name))]
    lines = [line for line in lines if line.text or line.mark is Mark.ILLEGIBLE]
    return visit.page(
        "extract",
        record=record,
        kept=kept,
        lines=lines if kept else (),
        subjects=SUBJECTS[record.book.book_kind],
        illegible=[line.title for line in lines if line.mark is Mark.ILLEGIBLE and line.is_critical],
    )
