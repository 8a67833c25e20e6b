"""One cause, many dossiers, one action: chosen, previewed, then done at once for all that stand as they were shown."""

import json
from collections import Counter
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
from dags.desk.contents import read, value_said
from dags.desk.pages.queue import CauseCode, QueueQueryDep, place_of
from dags.desk.visit import LONGEST_TEXT, PostDep, RequestRefused, Visit
from dags.steps import deciding
from dags.steps.deciding import CommandResult
from quality.editing import NotAValue, fields_at_fault, read_value
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
    """What is proposed for all of them. `wrong`: why the typed value cannot stand there."""

    act: str
    ones: list[PlannedAct]
    wrong: str = ""

    @property
    def fit(self) -> list[PlannedAct]:
        return [one for one in self.ones if not one.why_not]

    @property
    def unfit(self) -> list[PlannedAct]:
        return [one for one in self.ones if one.why_not]

    @property
    def chosen(self) -> str:
        return " ".join(f"{one.row.dossier_id}.{one.row.version_number}" for one in self.fit)

    @property
    def digest(self) -> str:
        """Of what is shown, so that nothing else is done than what somebody saw."""
        said = [
            (one.row.dossier_id, one.row.version_number, [edit.model_dump(mode="json") for edit in one.edits])
            for one in self.fit
        ]
        return sha256(json.dumps([self.act, said], sort_keys=True).encode()).hexdigest()


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
    """What would be done, dossier by dossier, to the ticked ones; to all of the list where none is. Nothing is done."""
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
    waits = any(needs_second(edit.field_path) for one in plan.fit for edit in one.edits)
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
            (one.row, str(result.outcome.refused[one.row.dossier_id]))
            for one in plan.fit
            if one.row.dossier_id in result.outcome.refused
        ][:NAMED],
    )
    response.background = BackgroundTask(visit.desk.after)
    return response


def _versions(chosen: str) -> dict[int, int]:
    """Dossier and the version that was looked at."""
    pairs = (one.split(".") for one in chosen.split())
    return {int(dossier_id): int(version) for dossier_id, version in pairs}


def _preview(
    visit: Visit,
    cause_code: str,
    wanted: Filter,
    query: str,
    act: str,
    ids: dict[int, int] | None,
    value: str,
    *,
    changed: bool = False,
) -> Response:
    plan = _plan(visit, cause_code, wanted if ids is None else Filter(), act, ids, value)
    chosen = " ".join(f"{one.row.dossier_id}.{one.row.version_number}" for one in plan.ones)
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
        waits=any(needs_second(edit.field_path) for one in plan.fit for edit in one.edits),
        value_said=lambda given: value_said(given, visit.locale),
    )


def _plan(visit: Visit, cause_code: str, wanted: Filter, act: str, ids: dict[int, int] | None, value: str) -> BulkPlan:
    """What would become of the chosen dossiers that are within reach and stand still for this cause."""
    if ids is not None:
        wanted = Filter(dossier_ids=tuple(ids)[:MOST_AT_ONCE])
    rows = of_cause(visit.ledger, cause_code, wanted, within(visit.reach, ACTS[act], "f"), None, MOST_AT_ONCE)
    ones = [PlannedAct(row, why_not=_obstacle(row, act, cause_code, ids)) for row in rows]
    if act != "edit":
        return BulkPlan(act, ones)
    free = [one.row.dossier_id for one in ones if not one.why_not]
    visit.looked("bulk", free, cause_code)
    known = {one.dossier_id: one for one in opened(visit.ledger, free)}
    try:
        return BulkPlan(act, [one if one.why_not else _edited(one.row, known, cause_code, value) for one in ones])
    except NotAValue as error:
        return BulkPlan(
            act, ones=[PlannedAct(one.row, why_not=one.why_not or "no_value") for one in ones], wrong=error.kind
        )


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
    of = known.get(row.dossier_id)
    now = read(of.portal_code, of.original, list(of.edits.values())) if of else None
    if now is None:
        return PlannedAct(row, why_not="unreadable")
    fields = fields_at_fault(now, [(cause_code, path) for path in row.field_paths])
    if value.strip():
        said = {one.field_path: value for one in fields if one.field_path in row.field_paths} or {
            one.field_path: value for one in fields[:1]
        }
    else:
        said = {one.field_path: one.suggestion for one in fields if one.suggestion is not None}
    edits = [
        Edit(field_path=path, before=value_at(now, path), after=read_value(path, text)) for path, text in said.items()
    ]
    changed = tuple(edit for edit in edits if edit.before != edit.after)
    if changed:
        return PlannedAct(row, changed)
    return PlannedAct(row, why_not="unchanged" if said else "no_suggestion")


def _do(visit: Visit, plan: BulkPlan, reason: str) -> CommandResult:
    wanted = [DecisionRequest(one.row.dossier_id, one.row.version_number, one.edits) for one in plan.fit]
    bulk_id = uuid4()
    if plan.act == "edit":
        return deciding.edit(visit.ledger, visit.user_name, wanted, reason, bulk_id)
    act = deciding.accept if plan.act == "accept" else deciding.resend
    return act(visit.ledger, visit.user_name, wanted, reason, bulk_id)
