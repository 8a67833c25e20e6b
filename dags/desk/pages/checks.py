"""The catalogue of checks, as it stands in the code."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from dags.desk.visit import RequestRefused, VisitDep
from quality.catalogue import subjects
from quality.words import EN

router = APIRouter()


@router.get("/checks")
def checks(visit: VisitDep, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Every check by subject, or those whose code or words hold a text."""
    if not visit.reach.grants:
        raise RequestRefused(403, "no_grant", "checks", detail="no_grant")
    typed = q.strip().casefold()
    found = []
    for subject in subjects(english=visit.locale.code == EN):
        rows = [row for row in subject.rows if typed in f"{row.code} {row.says} {row.do}".casefold()]
        if rows:
            found.append((subject, rows))
    return visit.page("checks", found=found, q=q, count=sum(len(rows) for _, rows in found))
