"""A dossier: its faults and how to edit it, what came in beside what is sent, and its history."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from connectors.ledger.dossier_view import DossierView, KeptDecision, view_of
from connectors.ledger.duplicate_candidates import duplicates_of
from connectors.portals.provinces import PROVINCES
from dags.desk.contents import FieldLine, RegistryPreview, lines, read, sent, value_text
from dags.desk.corrections import corrections_of, is_correction, is_pending
from dags.desk.dossier_access import HeadDep, may_at
from dags.desk.event_texts import detail_texts
from dags.desk.language import CauseText
from dags.desk.pages.papers import papers_inside
from dags.desk.visit import Visit, VisitDep
from quality.deadlines import LegalTerm, Punctuality, punctuality
from quality.editing import FieldAtFault, fields_at_fault, text_of
from schemas.decision import RESOLUTIONS, UNACCEPTABLE, Act, Edit
from schemas.dossier import Dossier
from schemas.places import commune_on
from schemas.registries import Given

OPENED_FIELDS = 4
"""So many fields to edit stand open; the others are folded away."""
DUPLICATE, UNREADABLE = "possible_duplicate", "unreadable_original"
"""Faults that a person handles elsewhere: beside the other dossier; at the portal."""
DAY = re.compile(r"\d{2}/\d{2}/\d{4}")
UNDOABLE = frozenset({Act.EDITED, Act.RELEASED, Act.SUPPLEMENT_ASKED, Act.REJECTED}) | RESOLUTIONS
LISTED = UNDOABLE | {Act.RESENT, Act.SETTLED}
"""Decisions that are shown; those about other decisions are shown with them."""
DONE = frozenset({"registered", "settled"})
"""States of a delivery that is at its end."""

router = APIRouter()


@dataclass(frozen=True)
class ShownFault:
    """A cause with its words and the fields it was seen at; for a refusal, what the registry wrote."""

    text: CauseText
    registry_code: str | None
    field_paths: list[str]
    written: str = field(default="", repr=False)


@dataclass(frozen=True)
class ListedPaper:
    """A paper of the chosen version; `kilobytes` is None where the portal had no file."""

    position: int
    kilobytes: int | None


@dataclass(frozen=True)
class DossierContents:
    """What stands in the chosen version, and what is sent."""

    parts: Mapping[str, list[FieldLine]]
    sent: list[RegistryPreview]
    fields: list[FieldAtFault]

    @property
    def opened(self) -> set[str]:
        """The parts that stand open: those with something to see, or all."""
        seen = {part for part, lines in self.parts.items() if any(line.is_at_fault or line.differs for line in lines)}
        return seen or set(self.parts)


@router.get("/dossier/{portal_code}/{dossier_code}")
def dossier(
    visit: VisitDep,
    head: HeadDep,
    version: Annotated[int, Query(ge=0, le=100_000)] = 0,
    done: Annotated[str, Query(max_length=60)] = "",
    no: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """The page of one dossier; `version` chooses which of its versions is shown as written."""
    visit.looked("dossier", [head.dossier_id])
    return show(visit, view_of(visit.ledger, head), version=version, done=done, no=no)


def show(
    visit: Visit,
    view: DossierView,
    *,
    version: int = 0,
    done: str = "",
    no: str = "",
    status: int = 200,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    """The page; with what was typed and what is wrong with it, where a form could not be taken."""
    head = view.head
    number = version if version in {each.version_number for each in view.versions} else head.version_number
    context = {
        **_standing_of(visit, view),
        **_acts_of(visit, view),
        **_texts_of(visit),
        "view": view,
        "head": head,
        "number": number,
        "done": _still(done, head.state),
        "no": no,
        "papers": _papers(view, number),
        "size": _kilobytes(view, number),
        "contents": _contents(visit, view, number),
        "typed": typed or {},
        "wrong": wrong or {},
    }
    return visit.page("dossier", status, **context)


def _standing_of(visit: Visit, view: DossierView) -> dict[str, Any]:
    """Where the dossier stands, and what is wrong with it."""
    return {
        "is_done": _is_done(view),
        "state": _state_text(visit, view),
        "place": _place(view),
        "standing": _standing(visit, view),
        "faults": _shown_faults(visit, view),
        "duplicates": _duplicates(visit, view),
        "corrections": corrections_of(visit.ledger, view),
        "decided": _decided(view),
        "pending": [decision for decision in view.decisions if is_pending(view, decision) and decision.edit],
        "is_refused": any(delivery.state == "refused" for delivery in view.deliveries),
    }


def _acts_of(visit: Visit, view: DossierView) -> dict[str, Any]:
    """What may be done to the dossier, and by this user."""
    head = view.head
    return {
        "may_here": lambda act: may_at(visit, act, head),
        "is_decidable": bool(view.faults) and head.key is not None,
        "is_acceptable": _is_acceptable(view),
        "is_returnable": not any(is_correction(fault.cause_code) for fault in view.faults),
        "undoable": UNDOABLE,
    }


def _texts_of(visit: Visit) -> dict[str, Any]:
    """What the page puts into words itself."""
    return {
        "DUPLICATE": DUPLICATE,
        "UNREADABLE": UNREADABLE,
        "opened": OPENED_FIELDS,
        "detail_texts": lambda detail: detail_texts(detail, visit.locale),
        "text_of": text_of,
        "value_text": lambda value: value_text(value, visit.locale),
    }


def _still(done: str, state: str) -> str:
    """What was done, unless the dossier came to another state since: an address is opened again later."""
    return done if done.partition(".")[2] in ("", state) else ""


def _is_done(view: DossierView) -> bool:
    """Whether every registry has it and nothing waits for a person."""
    return bool(view.deliveries) and not view.faults and all(row.state in DONE for row in view.deliveries)


def _state_text(visit: Visit, view: DossierView) -> str:
    """Where the dossier stands, as its reader knows it: one that a steward sent back waits for the citizen."""
    acts = {
        decision.act
        for decision in view.decisions
        if decision.version_number == view.head.version_number and decision.resolved_as is None
    }
    ended_by = {"waiting": Act.SUPPLEMENT_ASKED, "closed": Act.REJECTED}.get(view.head.state)
    if ended_by in acts:
        return visit.locale.of("state", ended_by)
    return visit.locale.of("dossier", view.head.state)


def _duplicates(visit: Visit, view: DossierView) -> Sequence[Any]:
    """The dossiers that this one may be a duplicate of, where that is its fault."""
    if all(fault.cause_code != DUPLICATE for fault in view.faults):
        return []
    return duplicates_of(visit.ledger, view.head.dossier_id)


def _papers(view: DossierView, number: int) -> list[ListedPaper]:
    """Fetched and kept apart, or inside the original."""
    original = next((each.original for each in view.versions if each.version_number == number), None)
    if original is not None and view.head.portal_code in PROVINCES:
        inside = papers_inside(view.head.portal_code, original)
        if inside is not None:
            return [ListedPaper(position, ceil(len(content) / 1024)) for position, content in enumerate(inside)]
    return [
        ListedPaper(paper.position, ceil(paper.size / 1024) if paper.sha256 else None)
        for paper in view.papers
        if paper.version_number == number
    ]


def _kilobytes(view: DossierView, number: int) -> int:
    """Of the original."""
    return next((ceil(len(each.original) / 1024) for each in view.versions if each.version_number == number), 0)


def effective(view: DossierView) -> list[Edit]:
    """The edits that count in the newest version."""
    return [
        decision.edit
        for decision in view.decisions
        if decision.act == Act.EDITED
        and decision.edit
        and decision.version_number == view.head.version_number
        and (decision.resolved_as == "confirmed" if decision.needs_second else decision.resolved_as is None)
    ]


def newest(view: DossierView) -> Dossier | None:
    """The newest version with its edits, if it can be read."""
    for version in view.versions:
        if version.version_number == view.head.version_number:
            return read(view.head.portal_code, version.original, effective(view))
    return None


def editable(view: DossierView, now: Dossier) -> list[FieldAtFault]:
    """The fields that its faults let a person edit. What registries hold is corrected there, not edited."""
    faults = [(fault.cause_code, fault.field_path) for fault in view.faults if not is_correction(fault.cause_code)]
    return fields_at_fault(now, faults)


def _contents(visit: Visit, view: DossierView, number: int) -> DossierContents | None:
    portal_code = view.head.portal_code
    originals = {version.version_number: version.original for version in view.versions}
    source = read(portal_code, originals[number]) if number in originals else None
    if source is None:
        return None
    before = read(portal_code, originals[number - 1]) if number - 1 in originals else None
    now = newest(view)
    fields = editable(view, now) if now else []
    at_fault = frozenset(fault.field_path for fault in view.faults)
    is_newest = number == view.head.version_number
    parts = lines(source, now if is_newest else None, before, at_fault, visit.locale)
    if now is None or not is_newest:
        return DossierContents(parts, [], fields)
    looked_for = {text for part_lines in parts.values() for line in part_lines for text in _ways_of_writing(line)}
    return DossierContents(parts, sent(now, given(view), looked_for), fields)


def _ways_of_writing(line: FieldLine) -> list[str]:
    """How registries may write a value that is at fault or edited: a day with points, a name in its parts."""
    text = line.now if line.now is not None else line.field.text
    if not text or not (line.is_at_fault or line.now is not None):
        return []
    if line.field.field_path.endswith("full_name"):
        return [text, f'"{text.split()[-1]}"'] if text.strip() else []
    return [text, text.replace("/", ".")] if DAY.fullmatch(text) else [text]


def given(view: DossierView) -> Given:
    """What the registries gave so far."""
    together = Given()
    for reply in view.replies:
        together = together.and_then(reply.receipt)
    return together


def _shown_faults(visit: Visit, view: DossierView) -> list[ShownFault]:
    by_cause: dict[tuple[str, str | None], list[str]] = {}
    for fault in view.faults:
        by_cause.setdefault((fault.cause_code, fault.registry_code), []).append(fault.field_path)
    written = {reply.registry_code: reply.words for reply in view.replies if reply.event == "refused"}
    return [
        ShownFault(visit.locale.cause(code), registry, paths, written.get(registry or "", ""))
        for (code, registry), paths in by_cause.items()
    ]


def _is_acceptable(view: DossierView) -> bool:
    codes = {fault.cause_code for fault in view.faults}
    return view.head.state == "held" and not codes & UNACCEPTABLE


def _decided(view: DossierView) -> list[tuple[KeptDecision, str]]:
    """Decisions, the newest first, each with how it stands: counts, waits, over, or reopened by a newer version."""
    return [
        (decision, _how_it_stands(view, decision)) for decision in reversed(view.decisions) if decision.act in LISTED
    ]


def _how_it_stands(view: DossierView, decision: KeptDecision) -> str:
    if decision.version_number != view.head.version_number:
        return "reopened"
    if decision.resolved_as:
        return decision.resolved_as
    return "pending" if is_pending(view, decision) else "counts"


def _standing(visit: Visit, view: DossierView) -> Punctuality | None:
    """Against its deadline; None where none runs."""
    head = view.head
    if head.started_at is None or head.due_at is None or head.state == "closed" or _is_done(view):
        return None
    return punctuality(LegalTerm(head.started_at, head.due_at), visit.now)


def _place(view: DossierView) -> str:
    province = PROVINCES.get(view.head.portal_code)
    commune = commune_on(view.head.commune_code or "", view.head.received_on)
    return ", ".join(name for name in (commune and commune.name_vi, province and province.name_vi) if name)
