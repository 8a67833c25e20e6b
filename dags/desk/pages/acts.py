"""What a steward does to one dossier: each form leads back to the dossier's page, which says what was done."""

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import JsonValue
from starlette.background import BackgroundTask

from connectors.ledger.decisions import DecisionRequest
from connectors.ledger.dossier_view import DossierView, Head, view_of
from dags.desk.dossier_access import HeadDep, need_here
from dags.desk.pages.dossier import editable, newest, show
from dags.desk.visit import LONGEST_TEXT, PostDep, RequestRefused, Visit
from dags.steps import deciding
from dags.steps.deciding import CommandResult
from quality.editing import NotAValue, read_value, text_of
from schemas.decision import Edit, value_at
from schemas.dossier import Dossier
from schemas.roles import May

MOST_FIELDS = 200
DAY = re.compile(r"\d{1,2}[/.]\d{1,2}[/.]\d{4}")

VersionNumber = Annotated[int, Form(ge=1, le=100_000)]
ReasonText = Annotated[str, Form(min_length=3, max_length=LONGEST_TEXT)]
OptionalReasonText = Annotated[str, Form(max_length=LONGEST_TEXT)]
Texts = Annotated[list[Annotated[str, Form(max_length=LONGEST_TEXT)]], Form(max_length=MOST_FIELDS)]

router = APIRouter(prefix="/dossier/{portal_code}/{dossier_code}")


@router.post("/edit")
def edit(
    visit: PostDep, head: HeadDep, version: VersionNumber, path: Texts, value: Texts, reason: OptionalReasonText = ""
) -> Response:
    """Gives fields other values: those whose text is not their current value."""
    need_here(visit, head, May.EDIT)
    view = view_of(visit.ledger, head)
    now = newest(view)
    if now is None or head.version_number != version:
        return back(visit, head, no="overtaken" if now else "unfit")
    if not view.faults:
        return back(visit, head, no="not_at_fault")
    typed = dict(zip(path, value, strict=False))
    need_at_fault(view, now, typed)
    edits, wrong = edits_of(now, typed)
    if wrong:
        visit.looked("dossier", [head.dossier_id])
        return show(visit, view, status=422, typed=typed, wrong=wrong)
    if not edits:
        return back(visit, head, no="unchanged")
    request = DecisionRequest(head.dossier_id, version, tuple(edits))
    result = deciding.edit(visit.ledger, visit.user_name, [request], reason.strip())
    return answer(visit, head, result, "pending" if result.outcome.waiting_ids else "edited")


def need_at_fault(view: DossierView, now: Dossier, typed: dict[str, str]) -> None:
    """Raises RequestRefused for a field that the dossier's page does not offer: it offers those at fault, and an edit
    that a newer version reopened, to be made again as it was."""
    at_fault = {field.field_path for field in editable(view, now)}
    reopened = {
        (decision.edit.field_path, _as_typed(decision.edit.after))
        for decision in view.decisions
        if decision.edit and decision.version_number != view.head.version_number
    }
    if any(path not in at_fault and (path, _as_typed(text)) not in reopened for path, text in typed.items()):
        raise RequestRefused(422, "not_at_fault", "form", dossier_id=view.head.dossier_id, detail="field")


def edits_of(now: Dossier, typed: dict[str, str]) -> tuple[list[Edit], dict[str, str]]:
    """The edits that typed texts make, and which texts cannot be a value: by field, with the words that say why."""
    edits: list[Edit] = []
    wrong: dict[str, str] = {}
    for path, text in typed.items():
        try:
            before = value_at(now, path)
            after = read_value(path, text)
        except KeyError:
            raise RequestRefused(422, "bad_request", "form", detail="field") from None
        except NotAValue as error:
            if _as_typed(text) != _as_typed(before):
                wrong[path] = _fault_of(error.kind, text)
            continue
        if _as_typed(text) != _as_typed(before) and after != before:
            edits.append(Edit(field_path=path, before=before, after=after))
    return edits, wrong


def _as_typed(value: JsonValue) -> str:
    """A text as a form sends it: browsers end lines with two characters, and pages write days with slashes."""
    text = text_of(value).replace("\r\n", "\n")
    return text.replace("/", ".") if DAY.fullmatch(text.strip()) else text


def _fault_of(kind: str, text: str) -> str:
    """Why a text cannot be the value of a field: a day in the right form that is in no calendar has its own words."""
    return "no_such_day" if kind == "date" and DAY.fullmatch(text.strip()) else kind


@router.post("/accept")
def accept(visit: PostDep, head: HeadDep, version: VersionNumber, reason: ReasonText) -> Response:
    """Lets it go on as it is."""
    need_here(visit, head, May.ACCEPT)
    result = deciding.accept(visit.ledger, visit.user_name, request_for(head, version), reason)
    return answer(visit, head, result, "accepted")


@router.post("/supplement")
def supplement(visit: PostDep, head: HeadDep, version: VersionNumber, reason: ReasonText) -> Response:
    """Asks the citizen for more, in these words."""
    need_here(visit, head, May.SUPPLEMENT)
    result = deciding.ask_supplement(visit.ledger, visit.user_name, request_for(head, version), reason)
    return answer(visit, head, result, "supplement_asked")


@router.post("/reject")
def reject(visit: PostDep, head: HeadDep, version: VersionNumber, reason: ReasonText) -> Response:
    """Ends it, for this reason."""
    need_here(visit, head, May.REJECT)
    result = deciding.reject(visit.ledger, visit.user_name, request_for(head, version), reason)
    return answer(visit, head, result, "rejected")


@router.post("/resend")
def resend(visit: PostDep, head: HeadDep, version: VersionNumber, reason: ReasonText) -> Response:
    """Sends the refusing registry the unchanged request once more."""
    need_here(visit, head, May.RESEND)
    result = deciding.resend(visit.ledger, visit.user_name, request_for(head, version), reason)
    return answer(visit, head, result, "resent")


@router.post("/undo")
def undo(visit: PostDep, head: HeadDep, decision: Annotated[int, Form(ge=1, le=2**62)], reason: ReasonText) -> Response:
    """Takes a decision about this dossier back."""
    need_here(visit, head, May.UNDO)
    if decision not in {decided.decision_id for decided in view_of(visit.ledger, head).decisions}:
        raise RequestRefused(422, "bad_request", "form", dossier_id=head.dossier_id, detail="decision")
    return answer(visit, head, deciding.undo(visit.ledger, visit.user_name, [decision], reason), "undone")


def request_for(head: Head, version: int) -> list[DecisionRequest]:
    """This dossier in the version that the person looked at."""
    return [DecisionRequest(head.dossier_id, version)]


def answer(visit: Visit, head: Head, result: CommandResult, done: str) -> Response:
    """Back to the dossier's page, which says what was done, or why nothing was."""
    if not result.outcome.dossier_ids:
        return back(visit, head, no=str(next(iter(result.outcome.refused.values()), "not_at_fault")))
    state = next(iter(result.moved), "")
    response = back(visit, head, done=f"{done}.{state}" if state and not done.endswith("pending") else done)
    response.background = BackgroundTask(visit.desk.after)
    return response


def back(visit: Visit, head: Head, **words: str) -> Response:
    """To the dossier's page; `words` are codes of what was done or why not."""
    query = "&".join(f"{name}={value}" for name, value in words.items())
    return visit.back_to(f"/dossier/{head.portal_code}/{quote(head.dossier_code, safe='')}?{query}")
