"""A dossier: what is at fault and how to edit it, what came in beside what is sent, and all that happened."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from connectors.ledger.dossier_view import Decided, DossierView, view_of
from connectors.ledger.duplicate_candidates import duplicates_of
from connectors.portals.provinces import PROVINCES
from dags.desk.contents import FieldLine, RegistryPreview, lines, read, sent, value_said
from dags.desk.dossier_access import HeadDep
from dags.desk.language import CauseText
from dags.desk.pages.papers import papers_inside
from dags.desk.visit import Visit, VisitDep
from dags.event_texts import detail_texts
from quality.deadlines import LegalTerm, Punctuality, punctuality
from quality.editing import FieldAtFault, fields_at_fault, text_of
from schemas.decision import UNACCEPTABLE, Act, Edit
from schemas.dossier import Dossier
from schemas.places import commune_on
from schemas.registries import Given
from schemas.roles import May

OPENED_FIELDS = 4
"""So many fields to edit stand open; the others are folded away."""
DUPLICATE, UNREADABLE = "possible_duplicate", "unreadable_original"
"""Faults that a person sees to elsewhere: beside the other dossier; at the portal."""
DAY = re.compile(r"\d{2}/\d{2}/\d{4}")
UNDOABLE = frozenset({Act.EDITED, Act.RELEASED, Act.SUPPLEMENT_ASKED, Act.REJECTED})

router = APIRouter()


@dataclass(frozen=True)
class ShownFault:
    """A cause with its words and the fields it was seen at; for a refusal, what the registry wrote."""

    said: CauseText
    registry_code: str | None
    field_paths: list[str]
    written: str = field(default="", repr=False)


@dataclass(frozen=True)
class ListedPaper:
    """A paper of the chosen version; without a size the portal had no file."""

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
        said = {part for part, lines in self.parts.items() if any(line.is_at_fault or line.differs for line in lines)}
        return said or set(self.parts)


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
    number = version if version in {one.version_number for one in view.versions} else head.version_number

    def may(act: May) -> bool:
        return visit.reach.may(act, head.portal_code, head.commune_code)

    is_decidable = bool(view.faults) and head.key is not None
    return visit.page(
        "dossier",
        status,
        view=view,
        head=head,
        number=number,
        may_here=may,
        done=_still(done, head.state),
        no=no,
        papers=_papers(view, number),
        size=_kilobytes(view, number),
        is_done=_is_done(view),
        state=_state_text(visit, view),
        doubles=_doubles(visit, view),
        DUPLICATE=DUPLICATE,
        UNREADABLE=UNREADABLE,
        place=_place(visit, view),
        standing=_standing(visit, view),
        troubles=_troubles(visit, view),
        contents=_contents(visit, view, number),
        typed=typed or {},
        wrong=wrong or {},
        opened=OPENED_FIELDS,
        pending=[one for one in view.decisions if _is_pending(view, one)],
        decided=_decided(visit, view),
        is_decidable=is_decidable,
        is_acceptable=_is_acceptable(view),
        undoable=UNDOABLE,
        Act=Act,
        is_refused=any(one.state == "refused" for one in view.deliveries),
        detail_texts=lambda detail: detail_texts(detail, visit.locale),
        text_of=text_of,
        value_said=lambda value: value_said(value, visit.locale),
        is_pending=lambda one: _is_pending(view, one),
    )


def _still(done: str, state: str) -> str:
    """What was done, unless the dossier came to another state since: an address is opened again later."""
    return done if done.partition(".")[2] in ("", state) else ""


def _is_done(view: DossierView) -> bool:
    """Whether every registry has it."""
    return bool(view.deliveries) and all(one.state == "registered" for one in view.deliveries)


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


def _doubles(visit: Visit, view: DossierView) -> list[Any]:
    """The dossiers that this one may be the same as, where that is its fault."""
    if all(one.cause_code != DUPLICATE for one in view.faults):
        return []
    return duplicates_of(visit.ledger, view.head.dossier_id)


def _papers(view: DossierView, number: int) -> list[ListedPaper]:
    """Fetched and kept apart, or inside the original."""
    original = next((one.original for one in view.versions if one.version_number == number), None)
    if original is not None and view.head.portal_code in PROVINCES:
        inside = papers_inside(view.head.portal_code, original)
        if inside is not None:
            return [ListedPaper(at, ceil(len(content) / 1024)) for at, content in enumerate(inside)]
    return [
        ListedPaper(one.position, ceil(one.size / 1024) if one.sha256 else None)
        for one in view.papers
        if one.version_number == number
    ]


def _kilobytes(view: DossierView, number: int) -> int:
    """Of the original."""
    return next((ceil(len(one.original) / 1024) for one in view.versions if one.version_number == number), 0)


def effective(view: DossierView) -> list[Edit]:
    """The edits that count in the newest version."""
    return [
        one.edit
        for one in view.decisions
        if one.act == Act.EDITED
        and one.edit
        and one.version_number == view.head.version_number
        and (one.resolved_as == "confirmed" if one.needs_second else one.resolved_as is None)
    ]


def newest(view: DossierView) -> Dossier | None:
    """The newest version with its edits, if it can be read."""
    found = [one for one in view.versions if one.version_number == view.head.version_number]
    return read(view.head.portal_code, found[0].original, effective(view)) if found else None


def editable(view: DossierView, now: Dossier) -> list[FieldAtFault]:
    """The fields that its faults let a person edit."""
    return fields_at_fault(now, [(one.cause_code, one.field_path) for one in view.faults])


def _contents(visit: Visit, view: DossierView, number: int) -> DossierContents | None:
    portal_code = view.head.portal_code
    originals = {one.version_number: one.original for one in view.versions}
    source = read(portal_code, originals[number]) if number in originals else None
    if source is None:
        return None
    before = read(portal_code, originals[number - 1]) if number - 1 in originals else None
    now = newest(view)
    fields = editable(view, now) if now else []
    at_fault = frozenset(one.field_path for one in view.faults)
    is_newest = number == view.head.version_number
    parts = lines(source, now if is_newest else None, before, at_fault, visit.locale)
    if now is None or not is_newest:
        return DossierContents(parts, [], fields)
    looked_for = {way for of_part in parts.values() for line in of_part for way in _ways_of_writing(line)}
    return DossierContents(parts, sent(now, given(view), looked_for), fields)


def _ways_of_writing(line: FieldLine) -> list[str]:
    """How registries may write a value that is at fault or edited: a day with points, a name in its parts."""
    text = line.now if line.now is not None else line.leaf.text
    if not text or not (line.is_at_fault or line.now is not None):
        return []
    if line.leaf.field_path.endswith("full_name"):
        return [text, f'"{text.split()[-1]}"'] if text.strip() else []
    return [text, text.replace("/", ".")] if DAY.fullmatch(text) else [text]


def given(view: DossierView) -> Given:
    """What the registries gave so far."""
    together = Given()
    for reply in view.replies:
        together = together.and_then(reply.receipt)
    return together


def _troubles(visit: Visit, view: DossierView) -> list[ShownFault]:
    by_cause: dict[tuple[str, str | None], list[str]] = {}
    for one in view.faults:
        by_cause.setdefault((one.cause_code, one.registry_code), []).append(one.field_path)
    written = {one.registry_code: one.words for one in view.replies if one.event == "refused"}
    return [
        ShownFault(visit.locale.cause(code), registry, paths, written.get(registry or "", ""))
        for (code, registry), paths in by_cause.items()
    ]


def _is_acceptable(view: DossierView) -> bool:
    codes = {one.cause_code for one in view.faults}
    return view.head.state == "held" and not codes & UNACCEPTABLE


def _is_pending(view: DossierView, one: Decided) -> bool:
    is_newest = one.version_number == view.head.version_number
    return one.act == Act.EDITED and one.needs_second and one.resolved_as is None and is_newest


def _decided(visit: Visit, view: DossierView) -> list[tuple[Decided, str]]:
    """Decisions, the newest first, each with how it stands: counts, waits, over, or reopened by a newer version."""
    said: list[tuple[Decided, str]] = []
    for one in reversed(view.decisions):
        if one.act not in UNDOABLE and one.act != Act.RESENT:
            continue
        if one.version_number != view.head.version_number:
            stands = "reopened"
        elif one.resolved_as:
            stands = one.resolved_as
        else:
            stands = "pending" if _is_pending(view, one) else "counts"
        said.append((one, stands))
    return said


def _standing(visit: Visit, view: DossierView) -> Punctuality | None:
    head = view.head
    if head.started_at is None or head.due_at is None or head.state == "closed":
        return None
    if _is_done(view):
        return None
    return punctuality(LegalTerm(head.started_at, head.due_at), visit.now)


def _place(visit: Visit, view: DossierView) -> str:
    province = PROVINCES.get(view.head.portal_code)
    commune = commune_on(view.head.commune_code or "", view.head.received_on)
    return ", ".join(name for name in (commune and commune.name_vi, province and province.name_vi) if name)
