"""The access log: who looked at what, and who was refused what. For auditors; codes only."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from connectors.ledger.access import May, accesses
from quality.desk.visit import VisitDep

PAGE = 100

router = APIRouter()


@router.get("/accesses")
def log(
    visit: VisitDep, before: Annotated[int, Query(ge=0, le=2**62)] = 0,
    actor: Annotated[str, Query(max_length=200)] = "", refused: Annotated[str, Query(pattern="^(yes)?$")] = "",
) -> Response:  # fmt: skip
    """The newest first."""
    visit.need(May.AUDIT, "accesses")
    wanted = actor.strip().replace("\x00", "")
    rows = accesses(visit.ledger, before=before, actor=wanted, refused=refused == "yes", limit=PAGE + 1)
    return visit.page("accesses", rows=rows[:PAGE], actor=actor, refused=refused, before=before,
                      following=rows[PAGE - 1].access_id if len(rows) > PAGE else 0)  # fmt: skip
