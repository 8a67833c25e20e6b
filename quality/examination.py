"""Examines a dossier: runs every check in `quality/checks/` that concerns it, and explains what was found.

Pure: a dossier always has the same findings. How to add a check: see `quality.check`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from quality import checks
from quality.check import DECLARED, Check, Examination, FaultLocation, FetchedPaper, SeenFaults, plans_on, walk
from quality.titles import title_of
from schemas.agencies import AgencyTable
from schemas.agencies import agencies as shipped_agencies
from schemas.dossier import Dossier
from schemas.finding import Finding, Weight
from schemas.registries import Receipt
from schemas.routes import route_of

for _file in iter_modules(checks.__path__):
    import_module(f"{checks.__name__}.{_file.name}")

CATALOGUE: Mapping[str, Check] = MappingProxyType(DECLARED)
"""Every check by its code."""

RANK = {weight: rank for rank, weight in enumerate(Weight)}
RECEIPT = "receipt"
"""The beginning of paths in a registry's receipt instead of in the dossier."""


@dataclass(frozen=True)
class Sighting:
    """A finding with what the check saw. `saw` is only for the screen; `finding` is kept."""

    finding: Finding
    saw: str


def _sighting(check: Check, path: str, saw: str | FaultLocation) -> Sighting:
    if check.about:
        path += saw.field if isinstance(saw, FaultLocation) else check.fields[0]
    finding = Finding(check_code=check.code, field_path=path, weight=check.weight)
    return Sighting(finding, saw.saw if isinstance(saw, FaultLocation) else saw)


def _in_order(seen: SeenFaults) -> list[Sighting]:
    """The sightings, the heaviest first, one for each check and field."""
    sightings = [_sighting(look.check, path, saw) for look, path, saw in seen]
    by_place = {_place(sighting.finding): sighting for sighting in sightings}
    return [by_place[place] for place in sorted(by_place)]


def _place(finding: Finding) -> tuple[int, str, str]:
    return RANK[finding.weight], finding.check_code, finding.field_path


def _examination(
    dossier: Dossier, papers: Sequence[FetchedPaper] = (), agencies: AgencyTable | None = None
) -> Examination:
    event_on = dossier.event_on
    route = route_of(dossier.procedure_code, event_on)
    return Examination(dossier, papers, event_on, route, agencies or shipped_agencies())


def sight(
    dossier: Dossier, papers: Sequence[FetchedPaper] = (), *, agencies: AgencyTable | None = None
) -> list[Sighting]:
    """Every finding in a dossier with what was seen, the heaviest first; one for each check and field.

    `papers`, `agencies`: as for `examine`.
    """
    exam = _examination(dossier, papers, agencies)
    plans, seen = plans_on(exam.event_on), SeenFaults()
    walk(plans, dossier, "", "", exam, seen)
    for index, paper in enumerate(papers):
        walk(plans, paper, "papers", f"papers.{index}.", exam, seen)
    return _in_order(seen) if seen else []


def holding_checks(dossier: Dossier) -> set[str]:
    """The codes of the checks that hold a dossier without fetched papers: as `examine` finds them, in a third of its
    time. Pure."""
    exam = _examination(dossier)
    seen = SeenFaults()
    walk(plans_on(exam.event_on, holding=True), dossier, "", "", exam, seen)
    return {look.check.code for look, _, _ in seen}


def examine(
    dossier: Dossier, papers: Sequence[FetchedPaper] = (), *, agencies: AgencyTable | None = None
) -> list[Finding]:
    """Runs every check on a dossier. Pure: the findings come in one order, the heaviest first.

    `papers`: as fetched, in the order of `dossier.papers`; none when they are not fetched yet. `agencies`: the table by
    which agency codes are judged; None for the one that ships.
    """
    return [sighting.finding for sighting in sight(dossier, papers, agencies=agencies)]


def examine_receipt(receipt: Receipt, dossier: Dossier) -> list[Finding]:
    """Runs every check on a registry's receipt for a dossier; paths are `receipt.book_code` and the like. Pure."""
    exam = _examination(dossier)
    seen = SeenFaults()
    walk(plans_on(exam.event_on), receipt, RECEIPT, f"{RECEIPT}.", exam, seen)
    return [sighting.finding for sighting in _in_order(seen)]


def explain(finding: Finding) -> str:
    """The finding for a clerk in Vietnamese: the field, what is wrong, what to do; without a personal value."""
    check = CATALOGUE[finding.check_code]
    title = title_of(finding.field_path)
    place = f"{title[0].upper()}{title[1:]}: " if title else ""
    return f"{place}{check.says_vi} {check.do_vi}"
