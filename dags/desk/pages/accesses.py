"""The access log: what users viewed, and what was refused to them. For auditors; codes only."""

import re
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from connectors.ledger.grants import Noted, accesses
from dags.desk.language import Locale
from dags.desk.visit import VisitDep
from schemas.roles import May

PAGE = 100
IN_PAPER = re.compile(r"(\d+)/(\d+)")
"""Version and position of a paper that was looked at."""

router = APIRouter()


@router.get("/accesses")
def log(
    visit: VisitDep,
    before: Annotated[int, Query(ge=0, le=2**62)] = 0,
    actor: Annotated[str, Query(max_length=200)] = "",
    refused: Annotated[str, Query(pattern="^(yes)?$")] = "",
) -> Response:
    """The newest first."""
    visit.need(May.AUDIT, "accesses")
    user = actor.strip().replace("\x00", "")
    rows = accesses(visit.ledger, before=before, actor=user, refused=refused == "yes", limit=PAGE + 1)
    return visit.page(
        "accesses",
        rows=rows[:PAGE],
        actor=actor,
        refused=refused,
        before=before,
        detail_text=lambda row: detail_text(row, visit.locale),
        following=rows[PAGE - 1].access_id if len(rows) > PAGE else 0,
    )


def detail_text(row: Noted, locale: Locale) -> str:
    """The codes of a line in words."""
    if row.was_allowed and row.what == "bulk":
        return locale.cause(row.detail).says
    if (paper := IN_PAPER.fullmatch(row.detail)) and row.was_allowed:
        return locale.translate("detail_code.paper", version=paper[1], n=int(paper[2]) + 1)
    if row.detail.startswith("may_not_"):
        return locale.translate("detail_code.may_not")
    text = locale.of("detail_code", row.detail)
    return locale.translate("detail_code.unfit") if row.what == "form" and text and text == row.detail else text
