"""The dossier that an address names, as far as this user may see it. Every look is logged."""

from typing import Annotated

from fastapi import Depends
from fastapi import Path as InPath

from connectors.ledger.dossier_view import Head, head_of
from connectors.ledger.grants import may_here
from dags.desk.visit import RequestRefused, Visit, VisitDep
from schemas.roles import May


def within_reach(
    visit: VisitDep,
    portal_code: Annotated[str, InPath(max_length=20)],
    dossier_code: Annotated[str, InPath(max_length=100)],
) -> Head:
    """The dossier; for a user without it in reach the same answer as for one that is not there."""
    visit.need(May.READ, "dossier")
    if "\x00" in portal_code + dossier_code:
        raise RequestRefused(404, "no_dossier", "dossier", detail="address")
    head = head_of(visit.ledger, portal_code, dossier_code)
    if head is None:
        raise RequestRefused(404, "no_dossier", "dossier", detail="unknown")
    if not may_at(visit, May.READ, head):
        raise RequestRefused(404, "no_dossier", "dossier", dossier_id=head.dossier_id, detail="place")
    return head


def may_at(visit: Visit, act: May, head: Head) -> bool:
    """Whether this user may do this to a dossier."""
    return may_here(visit.reach, act, head.portal_code, head.commune_code)


HeadDep = Annotated[Head, Depends(within_reach)]


def need_here(visit: Visit, head: Head, act: May) -> None:
    """Raises RequestRefused for a user who may read this dossier but not do this to it."""
    if not may_at(visit, act, head):
        raise RequestRefused(403, "no_role", "dossier", dossier_id=head.dossier_id, detail=f"may_not_{act}")
