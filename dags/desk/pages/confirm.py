"""Edits of who someone is, which wait for a second person: alone, or all that one action made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import Response
from starlette.background import BackgroundTask

from connectors.ledger.grants import Condition, within
from connectors.ledger.queue import MOST_AT_ONCE, PAGE, PendingEdit, pending_bulks, pending_edits
from connectors.ledger.sealed import open_decision
from dags.desk.contents import value_said
from dags.desk.visit import LONGEST_TEXT, PostDep, RequestRefused, Visit, VisitDep
from dags.steps import deciding
from schemas.decision import Edit
from schemas.roles import May

Decisions = Annotated[str, Form(pattern=r"^([0-9]{1,18}( |$))+$", max_length=20 * MOST_AT_ONCE)]

router = APIRouter()


@dataclass(frozen=True)
class OpenedEdit:
    """A waiting edit with what it says."""

    of: PendingEdit
    edit: Edit = field(repr=False)


@router.get("/confirm")
def waiting(visit: VisitDep, done: str = "", no: str = "") -> Response:
    """What waits: bulk actions, then single edits."""
    reach = _reach(visit)
    ones = _opened(visit, pending_edits(visit.ledger, reach))
    return visit.page(
        "confirm",
        bulks=pending_bulks(visit.ledger, reach),
        ones=ones,
        groups=_together(ones),
        bulk_id=None,
        page=PAGE,
        done=done,
        no=no,
        value_said=lambda value: value_said(value, visit.locale),
    )


@router.get("/confirm/{bulk_id}")
def of_bulk(visit: VisitDep, bulk_id: UUID) -> Response:
    """Every edit of one action."""
    ones = _opened(visit, pending_edits(visit.ledger, _reach(visit), bulk_id=bulk_id, limit=MOST_AT_ONCE))
    return visit.page(
        "confirm",
        bulks=[],
        ones=ones,
        groups=[],
        bulk_id=bulk_id,
        page=MOST_AT_ONCE,
        done="",
        no="",
        value_said=lambda value: value_said(value, visit.locale),
    )


@router.post("/confirm")
def resolve(
    visit: PostDep,
    decisions: Decisions,
    act: Annotated[Literal["confirm", "decline"], Form()],
    reason: Annotated[str, Form(max_length=LONGEST_TEXT)] = "",
) -> Response:
    """A second person agrees, or does not and says why."""
    wanted = May.CONFIRM if act == "confirm" else May.DECLINE
    visit.need(wanted, "confirm")
    ids = list(dict.fromkeys(int(one) for one in decisions.split()))[:MOST_AT_ONCE]
    shown = pending_edits(visit.ledger, within(visit.reach, wanted, "f"), decision_ids=ids, limit=MOST_AT_ONCE)
    if not shown:
        raise RequestRefused(404, "no_dossier", "confirm", detail="place_or_resolved")
    if act == "decline" and len(reason.strip()) < 3:
        raise RequestRefused(422, "bad_request", "confirm", detail="reason")
    found = [one.decision_id for one in shown]
    result = (
        deciding.confirm(visit.ledger, visit.user_name, found)
        if act == "confirm"
        else deciding.decline(visit.ledger, visit.user_name, found, reason.strip())
    )
    if not result.outcome.dossier_ids:
        why = next(iter(result.outcome.refused.values()), "resolved")
        if why == "own":
            raise RequestRefused(403, "own", "confirm", dossier_id=shown[0].dossier_id, detail="own")
        return visit.back_to(f"/confirm?no={why}")
    response = visit.back_to(f"/confirm?done={'confirmed' if act == 'confirm' else 'declined'}")
    response.background = BackgroundTask(visit.desk.after)
    return response


def _reach(visit: Visit) -> Condition:
    """What may be confirmed; a steward sees what waits of the steward's own places."""
    act = May.CONFIRM if visit.reach.may_somewhere(May.CONFIRM) else May.EDIT
    visit.need(act, "confirm")
    return within(visit.reach, act, "f")


def _together(ones: Sequence[OpenedEdit]) -> list[list[OpenedEdit]]:
    """What one person edited in one dossier: it is confirmed in one act, since half of it may not fit."""
    groups: dict[tuple[int, str], list[OpenedEdit]] = {}
    for one in ones:
        groups.setdefault((one.of.dossier_id, one.of.actor), []).append(one)
    return list(groups.values())


def _opened(visit: Visit, waiting: Sequence[PendingEdit]) -> list[OpenedEdit]:
    """Opens them; each is a look at a person's data."""
    if waiting:
        visit.looked("confirm", list(dict.fromkeys(one.dossier_id for one in waiting)))
    return [
        OpenedEdit(one, edit)
        for one in waiting
        if (
            edit := open_decision(
                visit.ledger.open_key(one.wrapped, one.portal_code, one.dossier_code), one.sealed
            ).edit
        )
    ]
