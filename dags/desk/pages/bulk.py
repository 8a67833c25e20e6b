"""One cause, many dossiers, one action: chosen, previewed, then done at once for all that stand as they were shown."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Form
from fastapi.responses import Response
from starlette.background import BackgroundTask

from connectors.ledger.decisions import DecisionRequest
from connectors.ledger.grants import within
from connectors.ledger.opening import Opened, opened
from connectors.ledger.queue import MOST_AT_ONCE, Filter, Waiting, of_cause
from dags.desk.contents import read, value_text
from dags.desk.pages.queue import CauseCode, QueueQueryDep, place_of
from dags.desk.visit import LONGEST_TEXT, PostDep, RequestRefused, Visit
from dags.steps import deciding
from dags.steps.deciding import CommandResult
from quality.editing import FieldAtFault, NotAValue, fields_at_fault, read_value
from schemas.decision import UNACCEPTABLE, Edit, needs_second, value_at
from schemas.roles import May

ACTS = {"edit": May.EDIT, "accept": May.ACCEPT, "resend": May.RESEND}
NAMED = 100
"""So many dossiers that nothing was done to are named."""

BulkAct = Annotated[Literal["edit", "accept", "resend"], Form()]
OneText = Annotated[str, Form(max_length=LONGEST_TEXT)]
Chosen = Annotated[list[Annotated[str, Form(pattern=r"^[0-9]{1,18}\.[0-9]{1,6}$")]], Form(max_length=MOST_AT_ONCE)]
AllChosen = Annotated[str, Form(pattern=r"^([0-9]{1,18}\.[0-9]{1,6}( |$))*$", max_length=30 * MOST_AT_ONCE)]

router = APIRouter(prefix="/queue/{cause_code}")


@dataclass(frozen=True)
class PlannedAct:
    """What one dossier would become; `why_not` when nothing can be done to it."""

    row: Waiting
    edits: tuple[Edit, ...] = field(default=(), repr=False)
    why_not: str = ""


@dataclass(frozen=True)
class BulkPlan:
    """What is proposed for all of them. `wrong`: why the typed value does not fit the field."""

    act: str
    planned: list[PlannedAct]
    wrong: str = ""

    @property
    def fit(self) -> list[PlannedAct]:
        return [each for each in self.planned if not each.why_not]

    @property
    def unfit(self) -> list[PlannedAct]:
        return [each for each in self.planned if each.why_not]

    @property
    def chosen(self) -> str:
        return " ".join(f"{each.row.dossier_id}.{each.row.version_number}" for each in self.fit)

    @property
    def digest(self) -> str:
        """Of what is shown: only what the user saw is done."""
        shown = [
            (each.row.dossier_id, each.row.version_number, [edit.model_dump(mode="json") for edit in each.edits])
            for each in self.fit
        ]
        return sha256(json.dumps([self.act, shown], sort_keys=True).encode()).hexdigest()


@router.post("/preview")
def preview(
    visit: PostDep,
    cause_code: CauseCode,
    asked: QueueQueryDep,
    act: BulkAct,
    chosen: Chosen = [],  # noqa: B006  it is copied
    all: Annotated[str, Form(max_length=1)] = "",
    value: OneText = "",
) -> Response:
    """What would be done, dossier by dossier, to those that are ticked, or to all of the list. Nothing is done."""
    visit.need(ACTS[act], "bulk")
    ids = _versions(" ".join(chosen)) if chosen and not all else None
    return _preview(visit, cause_code, asked.filter, asked.query, act, ids, value)


@router.post("/again")
def again(
    visit: PostDep,
    cause_code: CauseCode,
    asked: QueueQueryDep,
    act: BulkAct,
    chosen: AllChosen = "",
    value: OneText = "",
) -> Response:
    """The preview of the same dossiers with another value."""
    visit.need(ACTS[act], "bulk")
    return _preview(visit, cause_code, asked.filter, asked.query, act, _versions(chosen), value)


@router.post("/apply")
def apply(
    visit: PostDep,
    cause_code: CauseCode,
    asked: QueueQueryDep,
    act: BulkAct,
    chosen: AllChosen,
    seen: OneText,
    value: OneText = "",
    reason: OneText = "",
) -> Response:
    """Does it, if it is what was shown; else it is shown again."""
    visit.need(ACTS[act], "bulk")
    ids = _versions(chosen)
    plan = _plan(visit, cause_code, Filter(), act, ids, value)
    if plan.digest != seen:
        return _preview(visit, cause_code, asked.filter, asked.query, act, ids, value, changed=True)
    if act != "edit" and len(reason.strip()) < 3:
        raise RequestRefused(422, "bad_request", "bulk", detail="reason")
    result = _do(visit, plan, reason.strip())
    waits = any(needs_second(edit.field_path) for each in plan.fit for edit in each.edits)
    response = visit.page(
        "bulk_done",
        cause=visit.locale.cause(cause_code),
        asked=asked,
        act=act,
        done=len(result.outcome.dossier_ids),
        moved=result.moved,
        waits=waits,
        refused=Counter(str(why) for why in result.outcome.refused.values()),
        named=[
            (each.row, str(result.outcome.refused[each.row.dossier_id]))
            for each in plan.fit
            if each.row.dossier_id in result.outcome.refused
        ][:NAMED],
    )
    response.background = BackgroundTask(visit.desk.after)
    return response


def _versions(chosen: str) -> dict[int, int]:
    """Dossier and the version that was looked at."""
    pairs = (pair.split(".") for pair in chosen.split())
    return {int(dossier_id): int(version) for dossier_id, version in pairs}


def _preview(
    visit: Visit,
    cause_code: str,
    choice: Filter,
    query: str,
    act: str,
    ids: dict[int, int] | None,
    value: str,
    *,
    changed: bool = False,
) -> Response:
    plan = _plan(visit, cause_code, choice if ids is None else Filter(), act, ids, value)
    chosen = " ".join(f"{each.row.dossier_id}.{each.row.version_number}" for each in plan.planned)
    return visit.page(
        "bulk_preview",
        422 if plan.wrong else 200,
        cause=visit.locale.cause(cause_code),
        plan=plan,
        query=query,
        value=value,
        changed=changed,
        everything=chosen,
        place=place_of,
        waits=any(needs_second(edit.field_path) for each in plan.fit for edit in each.edits),
        value_text=lambda value: value_text(value, visit.locale),
    )


def _plan(visit: Visit, cause_code: str, choice: Filter, act: str, ids: dict[int, int] | None, value: str) -> BulkPlan:
    """What would become of the chosen dossiers within reach that have this cause."""
    if ids is not None:
        choice = Filter(dossier_ids=tuple(ids)[:MOST_AT_ONCE])
    rows = of_cause(visit.ledger, cause_code, choice, within(visit.reach, ACTS[act], "f"), None, MOST_AT_ONCE)
    planned = [PlannedAct(row, why_not=_obstacle(row, act, cause_code, ids)) for row in rows]
    if act != "edit":
        return BulkPlan(act, planned)
    free = [each.row.dossier_id for each in planned if not each.why_not]
    visit.looked("bulk", free, cause_code)
    known = {dossier.dossier_id: dossier for dossier in opened(visit.ledger, free)}
    try:
        edited = [each if each.why_not else _edited(each.row, known, cause_code, value) for each in planned]
        return BulkPlan(act, edited)
    except NotAValue as error:
        unfit = [PlannedAct(each.row, why_not=each.why_not or "no_value") for each in planned]
        return BulkPlan(act, unfit, wrong=error.kind)


def _obstacle(row: Waiting, act: str, cause_code: str, ids: dict[int, int] | None) -> str:
    if ids is not None and ids[row.dossier_id] != row.version_number:
        return "overtaken"
    if row.pending_id is not None and act == "edit":
        return "pending"
    if act == "accept" and (row.state != "held" or cause_code in UNACCEPTABLE):
        return "unacceptable"
    return "not_refused" if act == "resend" and not row.registry_code else ""


def _edited(row: Waiting, known: dict[int, Opened], cause_code: str, value: str) -> PlannedAct:
    """With the check's own suggestion, or the one value typed for all. Raises NotAValue."""
    dossier = known.get(row.dossier_id)
    now = read(dossier.portal_code, dossier.original, list(dossier.edits.values())) if dossier else None
    if now is None:
        return PlannedAct(row, why_not="unreadable")
    fields = fields_at_fault(now, [(cause_code, path) for path in row.field_paths])
    texts = _typed_for_all(row, fields, value) if value.strip() else _suggested(fields)
    edits = [
        Edit(field_path=path, before=value_at(now, path), after=read_value(path, text)) for path, text in texts.items()
    ]
    changed = tuple(edit for edit in edits if edit.before != edit.after)
    if changed:
        return PlannedAct(row, changed)
    return PlannedAct(row, why_not="unchanged" if texts else "no_suggestion")


def _typed_for_all(row: Waiting, fields: Sequence[FieldAtFault], value: str) -> dict[str, str]:
    """The typed value for the fields that the fault names; where it names none, for the nearest each."""
    named = [field for field in fields if field.field_path in row.field_paths]
    return {field.field_path: value for field in named or fields[:1]}


def _suggested(fields: Sequence[FieldAtFault]) -> dict[str, str]:
    return {field.field_path: field.suggestion for field in fields if field.suggestion is not None}


def _do(visit: Visit, plan: BulkPlan, reason: str) -> CommandResult:
    requests = [DecisionRequest(each.row.dossier_id, each.row.version_number, each.edits) for each in plan.fit]
    bulk_id = uuid4()
    if plan.act == "edit":
        return deciding.edit(visit.ledger, visit.user_name, requests, reason, bulk_id)
    act = deciding.accept if plan.act == "accept" else deciding.resend
    return act(visit.ledger, visit.user_name, requests, reason, bulk_id)
