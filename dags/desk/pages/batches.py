"""Batches: what was expected of each pull, what failed, and the decision on those that were stopped. Codes only."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query
from fastapi import Path as InPath
from fastapi.responses import Response
from starlette.background import BackgroundTask

from connectors.ledger.decisions import codes_of
from connectors.ledger.gates import BatchSeen, Failed, batches_page, decide_batch, deciders, reason_of
from connectors.ledger.queue import MOST_AT_ONCE
from dags.desk.visit import LONGEST_TEXT, PostDep, RequestRefused, Visit, VisitDep
from quality.words import EN
from schemas.roles import May

PAGE = 30

BatchId = Annotated[int, InPath(ge=1, le=2**62)]

router = APIRouter()


@router.get("/batches")
def batches(
    visit: VisitDep,
    before: Annotated[int, Query(ge=0, le=2**62)] = 0,
    failed: Annotated[str, Query(pattern="^(yes)?$")] = "",
) -> Response:
    """The newest first; or only those that failed something."""
    visit.need(May.GATE, "batches")
    found = batches_page(
        visit.ledger,
        portals=_portals(visit),
        before=before or None,
        limit=PAGE + 1,
        only_failed=failed == "yes",
        keys=0,
    )
    return visit.page(
        "batches",
        found=found[:PAGE],
        before=before,
        failed=failed,
        following=found[PAGE - 1].batch_id if len(found) > PAGE else 0,
    )


@router.get("/batches/{batch_id}")
def batch(visit: VisitDep, batch_id: BatchId, done: str = "", no: str = "") -> Response:
    """What one batch failed, and the dossiers that fail it, by their codes."""
    visit.need(May.GATE, "batches")
    found = _batch(visit, batch_id)
    keys = {failed.expectation: codes_of(visit.ledger, failed.failing_ids) for failed in found.failed}
    return visit.page(
        "batch",
        batch=found,
        keys=keys,
        explain=lambda failed: _explain(visit, failed),
        reason=reason_of(visit.ledger, batch_id),
        deciders=deciders(visit.ledger, found.portal_code),
        done=done,
        no=no,
        most=MOST_AT_ONCE,
    )


@router.post("/batches/{batch_id}")
def decide(
    visit: PostDep,
    batch_id: BatchId,
    decision: Annotated[Literal["released", "rejected"], Form()],
    reason: Annotated[str, Form(min_length=3, max_length=LONGEST_TEXT)],
) -> Response:
    """Lets a stopped batch go, or holds its dossiers one by one."""
    visit.need(May.GATE, "batches")
    _batch(visit, batch_id)
    if not decide_batch(visit.ledger, batch_id, decision, visit.user_name, reason.strip()):
        return visit.back_to(f"/batches/{batch_id}?no=batch")
    response = visit.back_to(f"/batches/{batch_id}?done=batch_{decision}")
    response.background = BackgroundTask(visit.desk.after)
    return response


def _portals(visit: Visit) -> list[str] | None:
    """The portals whose batches this user sees: a batch is a portal's, so a commune is not enough."""
    places = visit.reach.places(May.GATE)
    return None if "" in places else sorted(place for place in places if len(place) == 2)


def _batch(visit: Visit, batch_id: int) -> BatchSeen:
    found = batches_page(visit.ledger, portals=_portals(visit), before=batch_id + 1, limit=1, keys=MOST_AT_ONCE)
    if not found or found[0].batch_id != batch_id:
        raise RequestRefused(404, "not_found", "batches", detail="place_or_unknown")
    return found[0]


def _explain(visit: Visit, failed: Failed) -> tuple[str, list[tuple[str, Any]]]:
    """What was expected in words, and what was seen instead, in numbers and codes."""
    from quality.expectations.declared import BY_CODE

    declared = BY_CODE.get((failed.suite, failed.expectation))
    words = failed.expectation
    if declared:
        words = declared.says_en if visit.locale.code == EN else declared.says_vi
    return words, [(name, value) for name, value in failed.observed.items() if not isinstance(value, dict)]
