"""The queue: faults by cause, and the dossiers of one cause. Codes only, so no personal data is opened."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath
from fastapi.responses import Response

from connectors.ledger.dossier_view import places_of
from connectors.ledger.grants import may_here, within
from connectors.ledger.queue import (
    COUNTED,
    MOST_AT_ONCE,
    PAGE,
    Filter,
    Place,
    Waiting,
    causes,
    count_of_cause,
    of_cause,
)
from connectors.portals.provinces import PROVINCES
from dags.desk.visit import RequestRefused, VisitDep
from schemas.dates import VIETNAM
from schemas.places import commune_on
from schemas.registries import REGISTRY_CODES
from schemas.roles import May

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
WITHOUT_DUE = "none"

CauseCode = Annotated[str, InPath(pattern=r"^[A-Za-z0-9_.]{1,100}$")]

router = APIRouter()


@dataclass(frozen=True)
class QueueQuery:
    """The filter as it stands in the address."""

    portal: str
    commune: str
    registry: str
    due: str
    pending: str

    @property
    def filter(self) -> Filter:
        before = None
        if self.due:
            try:
                day = datetime.strptime(self.due, "%Y-%m-%d").date()
                before = datetime.combine(day, time(), VIETNAM) + timedelta(days=1)
            except (ValueError, OverflowError):
                raise RequestRefused(422, "bad_request", "queue", detail="due") from None
        return Filter(self.portal, self.commune, self.registry, before, self.pending)

    @property
    def query(self) -> str:
        """For links that keep the filter: `?portal=24`, or nothing."""
        kept = urlencode({name: value for name, value in vars(self).items() if value})
        return f"?{kept}" if kept else ""


def asked(
    portal: Annotated[str, Query(pattern=r"^(\d{2})?$")] = "",
    commune: Annotated[str, Query(pattern=r"^(\d{5})?$")] = "",
    registry: Annotated[str, Query(pattern=rf"^({'|'.join(REGISTRY_CODES)})?$")] = "",
    due: Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
    pending: Annotated[str, Query(pattern="^(yes|no)?$")] = "",
) -> QueueQuery:
    """The filter of a page of the queue."""
    return QueueQuery(portal, commune, registry, due, pending)


QueueQueryDep = Annotated[QueueQuery, Depends(asked)]


@router.get("/queue")
def by_cause(visit: VisitDep, asked: QueueQueryDep) -> Response:
    """Every cause that dossiers wait for a person for."""
    visit.need(May.LIST, "queue")
    found = causes(visit.ledger, asked.filter, within(visit.reach, May.LIST, "f"))
    return visit.page(
        "queue", causes=found, asked=asked, action=f"{visit.root}/queue", total=sum(cause.dossiers for cause in found)
    )


@router.get("/queue/{cause_code}")
def one_cause(
    visit: VisitDep,
    cause_code: CauseCode,
    asked: QueueQueryDep,
    after: Annotated[str, Query(pattern=r"^((none|[0-9]{1,17})\.[0-9]{1,18})?$")] = "",
) -> Response:
    """The dossiers of one cause, a page of them."""
    visit.need(May.LIST, "queue")
    reach, chosen = within(visit.reach, May.LIST, "f"), asked.filter
    rows = of_cause(visit.ledger, cause_code, chosen, reach, _place(after), PAGE + 1)
    return visit.page(
        "cause",
        cause=visit.locale.cause(cause_code),
        rows=rows[:PAGE],
        asked=asked,
        after=after,
        following=_mark(rows[PAGE - 1]) if len(rows) > PAGE else "",
        count=count_of_cause(visit.ledger, cause_code, chosen, reach),
        counted=COUNTED,
        most=MOST_AT_ONCE,
        action=f"{visit.root}/queue/{cause_code}",
        has_refused=any(row.registry_code for row in rows),
        place=place_of,
    )


def place_of(row: Waiting) -> str:
    """Commune and province by their names; a commune that had none on that day by its code."""
    province = PROVINCES.get(row.portal_code)
    commune = commune_on(row.commune_code or "", row.received_on)
    names = (commune.name_vi if commune else row.commune_code, province.name_vi if province else row.portal_code)
    return ", ".join(name for name in names if name)


@router.get("/find")
def find(visit: VisitDep, code: Annotated[str, Query(max_length=100)] = "") -> Response:
    """To the dossier of this code, or to those of this code at several portals."""
    visit.need(May.READ, "find")
    typed = code.strip().replace("\x00", "")
    found = [
        (portal, known)
        for portal, known, commune in places_of(visit.ledger, typed)
        if may_here(visit.reach, May.READ, portal, commune)
    ]
    if len(found) == 1:
        return visit.back_to(f"/dossier/{found[0][0]}/{quote(found[0][1], safe='')}")
    return visit.page("find", status=200 if found else 404, found=found, code=code)


def _place(after: str) -> Place | None:
    if not after:
        return None
    due, _, dossier_id = after.partition(".")
    due_at = None if due == WITHOUT_DUE else EPOCH + timedelta(microseconds=int(due))
    return Place(due_at, int(dossier_id))


def _mark(row: Waiting) -> str:
    due = WITHOUT_DUE if row.due_at is None else str((row.due_at - EPOCH) // timedelta(microseconds=1))
    return f"{due}.{row.dossier_id}"
