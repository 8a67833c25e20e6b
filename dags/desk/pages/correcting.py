"""What a steward does when a portal changed a dossier that registries have: correct, annul or keep what they hold, and
write down what was done at a registry."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from connectors.ledger.dossier_view import view_of
from dags.desk.dossier_access import HeadDep, need_here
from dags.desk.pages.acts import ReasonText, VersionNumber, answer, request_for
from dags.desk.visit import PostDep, RequestRefused
from dags.steps import deciding
from schemas.roles import May

DeliveryId = Annotated[int, Form(ge=1, le=2**62)]

router = APIRouter(prefix="/dossier/{portal_code}/{dossier_code}")


@router.post("/correct")
def correct(visit: PostDep, head: HeadDep, version: VersionNumber, reason: ReasonText) -> Response:
    """Has the registries correct what they hold; a second person agrees first where it changes a person's identity."""
    need_here(visit, head, May.CORRECT)
    result = deciding.correct(visit.ledger, visit.user_name, request_for(head, version), reason)
    return answer(visit, head, result, "change_pending" if result.outcome.waiting_ids else "corrected")


@router.post("/annul")
def annul(visit: PostDep, head: HeadDep, version: VersionNumber, reason: ReasonText) -> Response:
    """Has the registries annul what they hold, after a second person agreed."""
    need_here(visit, head, May.CORRECT)
    result = deciding.annul(visit.ledger, visit.user_name, request_for(head, version), reason)
    return answer(visit, head, result, "change_pending")


@router.post("/keep")
def keep(visit: PostDep, head: HeadDep, version: VersionNumber, reason: ReasonText) -> Response:
    """Lets what the registries hold stand."""
    need_here(visit, head, May.CORRECT)
    result = deciding.keep(visit.ledger, visit.user_name, request_for(head, version), reason)
    return answer(visit, head, result, "kept")


@router.post("/settle")
def settle(visit: PostDep, head: HeadDep, delivery: DeliveryId, reason: ReasonText) -> Response:
    """Writes down that a correction was done at its registry."""
    need_here(visit, head, May.CORRECT)
    if delivery not in {row.delivery_id for row in view_of(visit.ledger, head).deliveries}:
        raise RequestRefused(422, "bad_request", "form", dossier_id=head.dossier_id, detail="delivery")
    result = deciding.settle(visit.ledger, visit.user_name, [delivery], reason)
    return answer(visit, head, result, "settled")
