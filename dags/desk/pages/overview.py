"""The overview: where dossiers are now, how today goes, what is late, how the lines answer. Codes and counts only."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from connectors.ledger.dashboard import AtFault, Dashboard, Due, LineHealth, Tally, dashboard
from connectors.ledger.grants import within
from connectors.portals.provinces import PROVINCES
from dags.desk.visit import RequestRefused, VisitDep
from quality.deadlines import LegalTerm, Punctuality, punctuality
from schemas.dates import local_day
from schemas.places import commune_on
from schemas.registries import REGISTRY_CODES
from schemas.roles import Reach

DAYS = 14
SLOW_S = 2.0
"""A mean above this is slow."""
TRENDS = 8
WIDTH, HEIGHT = 140, 28
"""Of a sparkline, in its own units."""

router = APIRouter()


@dataclass(frozen=True)
class CauseTrend:
    """How often a cause was found on each of the last days, and the points of the line that draws it."""

    cause_code: str
    counts: list[int]
    line: str

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class RegistryStation:
    """One registry in the picture. `refused`: dossiers that wait for a steward because of its answer."""

    registry_code: str
    under_way: int
    registered_today: int
    refused: int


@router.get("/")
def overview(visit: VisitDep) -> Response:
    """The first page."""
    if not visit.reach.grants:
        raise RequestRefused(403, "no_grant", "overview", detail="no_grant")
    today = local_day(visit.now)
    portals, reach = portals_of(visit.reach, today), within(visit.reach, None, "f")
    found = dashboard(visit.ledger, today, portals, reach, REGISTRY_CODES, DAYS)
    held = next((row for row in found.at_fault if row.registry_code is None), AtFault(None, 0, 0, 0))
    lines = sorted(found.lines, key=lambda health: (health.endpoint_code not in REGISTRY_CODES, health.endpoint_code))
    return visit.page(
        "overview",
        today=_of_day(found.tallies, today),
        unexamined=found.unexamined,
        held=held,
        stations=[_station(found, code, today) for code in REGISTRY_CODES],
        waiting=sum(row.count for row in found.at_fault),
        pending=sum(row.pending for row in found.at_fault),
        trends=_trends(found.tallies, today),
        due=_pressing(found.due, visit.now),
        days=DAYS,
        line_name=_line_name,
        lines=[health for health in lines if _is_slow(health)],
        quiet=[health for health in lines if not _is_slow(health)],
    )


def portals_of(reach: Reach, on: date) -> list[str] | None:
    """The portals whose counts a user sees: all (None), or those of the places the user is granted."""
    places = {place for _, place in reach.grants}
    if "" in places:
        return None
    communes = [commune_on(place, on) for place in places if len(place) == 5]
    return sorted(
        {place for place in places if len(place) == 2} | {commune.province_code for commune in communes if commune}
    )


def _of_day(tallies: list[Tally], day: date) -> Counter[str]:
    counts: Counter[str] = Counter()
    for tally in tallies:
        if tally.day == day:
            counts[tally.kind] += tally.count
    return counts


def _station(found: Dashboard, registry_code: str, today: date) -> RegistryStation:
    return RegistryStation(
        registry_code,
        sum(count for (code, _), count in found.under_way.items() if code == registry_code),
        sum(
            tally.count
            for tally in found.tallies
            if tally.day == today and tally.kind == "registered" and tally.code == registry_code
        ),
        sum(row.count for row in found.at_fault if row.registry_code == registry_code),
    )


def _trends(tallies: list[Tally], today: date) -> list[CauseTrend]:
    """The causes found most often, with their days."""
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    by_cause: dict[str, Counter[date]] = {}
    for tally in tallies:
        if tally.kind == "fault":
            by_cause.setdefault(tally.code, Counter())[tally.day] += tally.count
    most = sorted(by_cause, key=lambda code: (-by_cause[code].total(), code))[:TRENDS]
    return [CauseTrend(code, counts := [by_cause[code][day] for day in days], _line(counts)) for code in most]


def _line(counts: list[int]) -> str:
    """The points of a sparkline."""
    highest = max(*counts, 1)
    step = WIDTH / (len(counts) - 1)
    heights = [HEIGHT - 2 - count / highest * (HEIGHT - 4) for count in counts]
    return " ".join(f"{position * step:.1f},{height:.1f}" for position, height in enumerate(heights))


def _standing(due: Due, now: Any) -> Punctuality:
    if due.started_at is None:
        return Punctuality.LATE if now > due.due_at else Punctuality.AT_RISK
    return punctuality(LegalTerm(due.started_at, due.due_at), now)


def _pressing(due: list[Due], now: Any) -> list[Due]:
    return [row for row in due if _standing(row, now) is not Punctuality.IN_TIME]


def _is_slow(health: LineHealth) -> bool:
    """Whether a person should look at this connection."""
    return health.failing_since is not None or (health.seconds or 0) > SLOW_S


def _line_name(endpoint_code: str, locale: Any) -> str:
    """`civil_status` or `portal_24` as people call them."""
    province = PROVINCES.get(endpoint_code.removeprefix("portal_"))
    if province:
        return str(locale.translate("line.portal", name=province.name_vi))
    return str(locale.of("registry", endpoint_code))
