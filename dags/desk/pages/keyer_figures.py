"""How persons key: each sees their own figures, who digitises books sees those of all who key there."""

from fastapi import APIRouter
from fastapi.responses import Response

from connectors.ledger.decided_keyings import MOST_OF_A_PERSON, RECENT
from dags.desk.visit import Visit, VisitDep
from dags.steps.keying import figures_of_all, own_figures
from quality.keyer_figures import PersonFigures
from schemas.roles import May

router = APIRouter()


@router.get("/keyer-figures")
def figures(visit: VisitDep) -> Response:
    """Agreement, errors on known records, speed and rework, each beside what it rests on."""
    is_of_all = visit.reach.may_somewhere(May.DIGITISE)
    if not is_of_all and not visit.reach.may_somewhere(May.ADJUDICATE):
        visit.need(May.KEY, "keying")
    return visit.page(
        "keyer_figures",
        people=_people(visit, is_of_all=is_of_all),
        is_of_all=is_of_all,
        days=RECENT.days,
        most=MOST_OF_A_PERSON,
    )


def _people(visit: Visit, *, is_of_all: bool) -> list[PersonFigures]:
    """Who digitises one place and keys at another sees all there, and themselves as well."""
    people = figures_of_all(visit.ledger, visit.reach) if is_of_all else []
    if all(person.keyed_by != visit.user_name for person in people):
        people += own_figures(visit.ledger, visit.user_name)
    return people
