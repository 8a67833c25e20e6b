"""Keyed files that were loaded, and their held rows: why each is no entry, what was read, and the way to correct it.

What was read is shown to who digitises in the place for which the file was loaded; every look is logged.
"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile
from fastapi.responses import Response

from connectors.ledger.book_progress import books_within
from connectors.ledger.grants import note_subject
from connectors.ledger.held_rows import HeldRow, KeyedLoad, held_reasons, held_rows_of, loads_page
from connectors.ledger.uploads import corrections_of
from connectors.paper.held_workbook import MOST_ROWS, columns_at_fault, write_held_workbook
from connectors.paper.keyed_problems import EN, PROBLEMS, VI
from dags.desk.book_access import SubjectId
from dags.desk.visit import PostDep, RequestRefused, Visit, VisitDep
from dags.steps.uploads import receive_fixed
from quality.words import EN as ENGLISH
from schemas.register_columns import columns_of
from schemas.roles import May

PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Reason = Annotated[str, Query(pattern="^[a-z_]{0,40}$")]

router = APIRouter()


@router.get("/loads")
def loads(visit: VisitDep, before: Annotated[int, Query(ge=0, le=2**62)] = 0) -> Response:
    """The loads within reach, the newest first."""
    visit.need(May.DIGITISE, "loads")
    reach = books_within(visit.reach, May.DIGITISE, "l")
    found = loads_page(visit.ledger, reach, before=before or None, limit=PAGE + 1)
    following = found[PAGE - 1].load_id if len(found) > PAGE else 0
    return visit.page("loads", loads=found[:PAGE], following=following, before=before)


@router.get("/loads/{load_id}")
def load(
    visit: VisitDep,
    load_id: SubjectId,
    reason: Reason = "",
    after: Annotated[int, Query(ge=0, le=2**31)] = 0,
    done: str = "",
    no: str = "",
) -> Response:
    """Why rows are held, with counts, and the rows themselves."""
    found = _load(visit, load_id)
    rows = held_rows_of(visit.ledger, load_id, reason=reason, after=after, limit=PAGE + 1)
    note_subject(visit.ledger, visit.user_name, "load", "load", load_id)
    language = EN if visit.locale.code == ENGLISH else VI
    return visit.page(
        "load",
        load=found,
        reasons=held_reasons(visit.ledger, load_id),
        rows=[(row, _faulty(row, found)) for row in rows[:PAGE]],
        following=rows[PAGE - 1].line_number if len(rows) > PAGE else 0,
        after=after,
        reason=reason,
        what_to_do=lambda code: PROBLEMS[code][language],
        uploads=corrections_of(visit.ledger, load_id),
        done=done,
        no=no,
    )


@router.get("/loads/{load_id}/held.xlsx")
def workbook(visit: VisitDep, load_id: SubjectId) -> Response:
    """The held rows as a workbook, to be corrected and handed in again."""
    found = _load(visit, load_id)
    if found.book_kind is None:
        raise RequestRefused(404, "no_load", "load", detail="not_described")
    rows = held_rows_of(visit.ledger, load_id, limit=MOST_ROWS)
    note_subject(visit.ledger, visit.user_name, "load", "load", load_id, detail="workbook")
    content = write_held_workbook(found.book_kind, [(row.line_number, row.reason_codes, row.values) for row in rows])
    headers = {"Content-Disposition": f'attachment; filename="held-{load_id}.xlsx"'}
    return Response(content, media_type=XLSX, headers=headers)


@router.post("/loads/{load_id}/fixed")
def fixed(visit: PostDep, load_id: SubjectId, file: Annotated[UploadFile, File()]) -> Response:
    """Takes the corrected workbook; it is loaded in the background."""
    _load(visit, load_id)
    try:
        receive_fixed(visit.ledger, load_id, file.filename or "held.xlsx", file.file, visit.user_name)
    except OSError:
        raise RequestRefused(507, "no_space", "load", detail="no_space") from None
    visit.desk.after_upload()
    return visit.back_to(f"/loads/{load_id}?done=rows_received")


def _load(visit: Visit, load_id: int) -> KeyedLoad:
    """The load; for a user without it in reach the same answer as for one that is not there."""
    visit.need(May.DIGITISE, "load")
    found = loads_page(visit.ledger, books_within(visit.reach, May.DIGITISE, "l"), load_id=load_id)
    if not found:
        raise RequestRefused(404, "no_load", "load", detail="place_or_unknown")
    return found[0]


def _faulty(row: HeldRow, load: KeyedLoad) -> Sequence[tuple[str, str, str]]:
    """The columns at fault: the ministry's name, its title, what was read."""
    if load.book_kind is None:
        return []
    known = columns_of(load.book_kind)
    names = [name for code in row.reason_codes for name in columns_at_fault(code, row.values, load.book_kind)]
    return [(name, known[name].title_vi, row.values.get(name, "")) for name in dict.fromkeys(names) if name in known]
