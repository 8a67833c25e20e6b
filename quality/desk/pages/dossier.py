"""A dossier: what is at fault and how to mend it, what came in beside what is sent, and all that happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from connectors.ledger.access import May
from connectors.ledger.folder import Decided, Folder, folder_of
from connectors.portals.provinces import PROVINCES
from quality.deadlines import Standing, Term, standing
from quality.desk.contents import Line, Sent, lines, read, sent, value_said
from quality.desk.folders import HeadDep
from quality.desk.language import CauseSaid
from quality.desk.visit import Visit, VisitDep
from quality.mending import FieldAtFault, fields_at_fault, text_of
from schemas.decision import UNACCEPTABLE, Act, Mend
from schemas.delivery import Receipt
from schemas.dossier import Dossier
from schemas.places import commune_on

OPENED_FIELDS = 4
"""So many fields to mend stand open; the others are folded away."""
UNDOABLE = frozenset({Act.MENDED, Act.RELEASED, Act.SUPPLEMENT_ASKED, Act.REJECTED})

router = APIRouter()


@dataclass(frozen=True)
class Trouble:
    """A cause with its words and the fields it was seen at; for a refusal, what the registry wrote."""

    said: CauseSaid
    registry_code: str | None
    field_paths: list[str]
    written: str = field(default="", repr=False)


@dataclass(frozen=True)
class Contents:
    """What stands in the chosen version, and what is sent."""

    parts: Mapping[str, list[Line]]
    sent: list[Sent]
    fields: list[FieldAtFault]


@router.get("/dossier/{portal_code}/{dossier_code}")
def dossier(
    visit: VisitDep, head: HeadDep, version: Annotated[int, Query(ge=0, le=100_000)] = 0,
    done: Annotated[str, Query(max_length=60)] = "", no: Annotated[str, Query(max_length=60)] = "",
) -> Response:  # fmt: skip
    """The page of one dossier; `version` chooses which of its versions is shown as written."""
    visit.looked("dossier", [head.dossier_id])
    return show(visit, folder_of(visit.ledger, head), version=version, done=done, no=no)


def show(
    visit: Visit, folder: Folder, *, version: int = 0, done: str = "", no: str = "", status: int = 200,
    typed: Mapping[str, str] | None = None, wrong: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """The page; with what was typed and what is wrong with it, where a form could not be taken."""
    head = folder.head
    number = version if version in {one.version_number for one in folder.versions} else head.version_number

    def may(act: May) -> bool:
        return visit.reach.may(act, head.portal_code, head.commune_code)

    is_decidable = bool(folder.faults) and head.key is not None
    return visit.page(
        "dossier", status, folder=folder, head=head, number=number, may_here=may, done=done, no=no,
        place=_place(visit, folder), standing=_standing(visit, folder), troubles=_troubles(visit, folder),
        contents=_contents(visit, folder, number), typed=typed or {}, wrong=wrong or {}, opened=OPENED_FIELDS,
        pending=[one for one in folder.decisions if _is_pending(folder, one)], decided=_decided(visit, folder),
        is_decidable=is_decidable, is_acceptable=_is_acceptable(folder), undoable=UNDOABLE, Act=Act,
        is_refused=any(one.state == "refused" for one in folder.deliveries), happening=_happening, text_of=text_of,
        value_said=lambda value: value_said(value, visit.tongue), is_pending=lambda one: _is_pending(folder, one),
    )  # fmt: skip


def effective(folder: Folder) -> list[Mend]:
    """The mends that count in the newest version."""
    return [one.mend for one in folder.decisions
            if one.act == Act.MENDED and one.mend and one.version_number == folder.head.version_number
            and (one.resolved_as == "confirmed" if one.needs_second else one.resolved_as is None)]  # fmt: skip


def newest(folder: Folder) -> Dossier | None:
    """The newest version with its mends, if it can be read."""
    found = [one for one in folder.versions if one.version_number == folder.head.version_number]
    return read(folder.head.portal_code, found[0].original, effective(folder)) if found else None


def _contents(visit: Visit, folder: Folder, number: int) -> Contents | None:
    portal_code = folder.head.portal_code
    originals = {one.version_number: one.original for one in folder.versions}
    source = read(portal_code, originals[number]) if number in originals else None
    if source is None:
        return None
    before = read(portal_code, originals[number - 1]) if number - 1 in originals else None
    now = newest(folder)
    fields = fields_at_fault(now, [(one.cause_code, one.field_path) for one in folder.faults]) if now else []
    at_fault = frozenset(one.field_path for one in folder.faults)
    is_newest = number == folder.head.version_number
    return Contents(
        lines(source, now if is_newest else None, before, at_fault, visit.tongue),
        sent(now, given(folder)) if now and is_newest else [], fields,
    )  # fmt: skip


def given(folder: Folder) -> Receipt:
    """What the registries gave so far."""
    together = Receipt()
    for one in folder.replies:
        if one.receipt:
            together = together.and_then(one.receipt)
    return together


def _troubles(visit: Visit, folder: Folder) -> list[Trouble]:
    by_cause: dict[tuple[str, str | None], list[str]] = {}
    for one in folder.faults:
        by_cause.setdefault((one.cause_code, one.registry_code), []).append(one.field_path)
    written = {one.registry_code: one.words for one in folder.replies if one.event == "refused"}
    return [
        Trouble(visit.tongue.cause(code), registry, paths, written.get(registry or "", ""))
        for (code, registry), paths in by_cause.items()
    ]


def _is_acceptable(folder: Folder) -> bool:
    codes = {one.cause_code for one in folder.faults}
    return folder.head.state == "held" and not codes & UNACCEPTABLE


def _is_pending(folder: Folder, one: Decided) -> bool:
    is_newest = one.version_number == folder.head.version_number
    return one.act == Act.MENDED and one.needs_second and one.resolved_as is None and is_newest


def _decided(visit: Visit, folder: Folder) -> list[tuple[Decided, str]]:
    """Decisions, the newest first, each with how it stands: counts, waits, over, or reopened by a newer version."""
    said: list[tuple[Decided, str]] = []
    for one in reversed(folder.decisions):
        if one.act not in UNDOABLE and one.act != Act.RESENT:
            continue
        if one.version_number != folder.head.version_number:
            stands = "reopened"
        elif one.resolved_as:
            stands = one.resolved_as
        else:
            stands = "pending" if _is_pending(folder, one) else "counts"
        said.append((one, stands))
    return said


def _standing(visit: Visit, folder: Folder) -> Standing | None:
    head = folder.head
    if head.started_at is None or head.due_at is None or head.state == "closed":
        return None
    if folder.deliveries and all(one.state == "registered" for one in folder.deliveries):
        return None
    return standing(Term(head.started_at, head.due_at), visit.now)


def _place(visit: Visit, folder: Folder) -> str:
    province = PROVINCES.get(folder.head.portal_code)
    commune = commune_on(folder.head.commune_code or "", folder.head.received_on)
    return ", ".join(name for name in (commune and commune.name_vi, province and province.name_vi) if name)


def _happening(detail: Mapping[str, Any], tongue: Any) -> str:
    """An event's detail in words; codes that have none are shown as they are."""
    said = []
    for name, value in detail.items():
        if value is None:
            continue
        if name == "checks":
            said.append(" ".join(tongue.cause(code).says for code in value))
        elif name == "causes":
            said.append(" ".join(tongue.cause(code).says for code, _ in value))
        elif name == "field":
            said.append(tongue.title(value))
        elif name == "milestone":
            said.append(tongue.of("milestone", value))
        elif name == "lacks":
            said.append(tongue.say("detail.lacks", it=", ".join(tongue.leaf(f"receipt.{one}") for one in value)))
        elif name not in ("bulk", "registry", "decision", "of", "other", "as"):
            said.append(tongue.say(f"detail.{name}", it=value) if name in KNOWN_DETAILS else f"{name} {value}")
    return " · ".join(said)


KNOWN_DETAILS = frozenset({"version", "status", "from", "to", "step", "attempt", "code", "reason", "was", "batch"})
