"""Decisions that change a person's identity and wait for a second person: one by one, or all of one bulk action."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import Response
from starlette.background import BackgroundTask

from connectors.ledger.dossier_view import head_of
from connectors.ledger.grants import Condition, within
from connectors.ledger.queue import MOST_AT_ONCE, PAGE, PendingEdit, pending_bulks, pending_edits
from connectors.ledger.sealed import open_decision
from dags.desk.contents import value_text
from dags.desk.visit import LONGEST_TEXT, PostDep, RequestRefused, Visit, VisitDep
from dags.steps import deciding
from dags.steps.correcting import RegistryDifference, differences
from dags.steps.deciding import CommandResult
from schemas.decision import Edit
from schemas.roles import May

Decisions = Annotated[str, Form(pattern=r"^([0-9]{1,18}( |$))+$", max_length=20 * MOST_AT_ONCE)]

router = APIRouter()


@dataclass(frozen=True)
class WaitingDecision:
    """A waiting decision, open: an edit with its values, or a correction with what it changes at each registry."""

    pending: PendingEdit
    edit: Edit | None = field(repr=False)
    differences: Sequence[RegistryDifference] = field(default=(), repr=False)


@router.get("/confirm")
def waiting(visit: VisitDep, done: str = "", no: str = "") -> Response:
    """What waits: bulk actions, then single decisions."""
    reach = _reach(visit)
    decisions = _opened(visit, pending_edits(visit.ledger, reach))
    bulks, groups = pending_bulks(visit.ledger, reach), _together(decisions)
    return _page(visit, decisions, bulks=bulks, groups=groups, bulk_id=None, page=PAGE, done=done, no=no)


@router.get("/confirm/{bulk_id}")
def of_bulk(visit: VisitDep, bulk_id: UUID) -> Response:
    """Every edit of one action."""
    decisions = _opened(visit, pending_edits(visit.ledger, _reach(visit), bulk_id=bulk_id, limit=MOST_AT_ONCE))
    return _page(visit, decisions, bulks=[], groups=[], bulk_id=bulk_id, page=MOST_AT_ONCE, done="", no="")


def _page(visit: Visit, decisions: Sequence[WaitingDecision], **context: Any) -> Response:
    return visit.page(
        "confirm", decisions=decisions, value_text=lambda value: value_text(value, visit.locale), **context
    )


@router.post("/confirm")
def resolve(
    visit: PostDep,
    decisions: Decisions,
    act: Annotated[Literal["confirm", "decline"], Form()],
    reason: Annotated[str, Form(max_length=LONGEST_TEXT)] = "",
) -> Response:
    """A second person agrees, or does not and says why."""
    needed = May.CONFIRM if act == "confirm" else May.DECLINE
    visit.need(needed, "confirm")
    ids = list(dict.fromkeys(int(number) for number in decisions.split()))[:MOST_AT_ONCE]
    shown = pending_edits(visit.ledger, within(visit.reach, needed, "f"), decision_ids=ids, limit=MOST_AT_ONCE)
    if not shown:
        raise RequestRefused(404, "no_dossier", "confirm", detail="place_or_resolved")
    if act == "decline" and len(reason.strip()) < 3:
        raise RequestRefused(422, "bad_request", "confirm", detail="reason")
    result = _resolve(visit, act, [pending.decision_id for pending in shown], reason.strip())
    if not result.outcome.dossier_ids:
        why = next(iter(result.outcome.refused.values()), "resolved")
        if why == "own":
            raise RequestRefused(403, "own", "confirm", dossier_id=shown[0].dossier_id, detail="own")
        return visit.back_to(f"/confirm?no={why}")
    response = visit.back_to(f"/confirm?done={'confirmed' if act == 'confirm' else 'declined'}")
    response.background = BackgroundTask(visit.desk.after)
    return response


def _resolve(visit: Visit, act: str, decision_ids: Sequence[int], reason: str) -> CommandResult:
    if act == "confirm":
        return deciding.confirm(visit.ledger, visit.user_name, decision_ids)
    return deciding.decline(visit.ledger, visit.user_name, decision_ids, reason)


def _reach(visit: Visit) -> Condition:
    """What may be confirmed; a steward sees what waits in the steward's own places."""
    act = May.CONFIRM if visit.reach.may_somewhere(May.CONFIRM) else May.EDIT
    visit.need(act, "confirm")
    return within(visit.reach, act, "f")


def _together(decisions: Sequence[WaitingDecision]) -> list[list[WaitingDecision]]:
    """What one person decided about one dossier is confirmed in one act, since half of it may not fit."""
    groups: dict[tuple[int, str], list[WaitingDecision]] = {}
    for decision in decisions:
        groups.setdefault((decision.pending.dossier_id, decision.pending.actor), []).append(decision)
    return list(groups.values())


def _opened(visit: Visit, waiting: Sequence[PendingEdit]) -> list[WaitingDecision]:
    """Opens them; each is a look at a person's data."""
    if waiting:
        visit.looked("confirm", list(dict.fromkeys(pending.dossier_id for pending in waiting)))
    return [_open(visit, pending) for pending in waiting]


def _open(visit: Visit, pending: PendingEdit) -> WaitingDecision:
    key = visit.ledger.open_key(pending.wrapped, pending.portal_code, pending.dossier_code)
    edit = open_decision(key, pending.sealed).edit
    head = None if edit else head_of(visit.ledger, pending.portal_code, pending.dossier_code)
    return WaitingDecision(pending, edit, differences(visit.ledger, head) if head else ())
