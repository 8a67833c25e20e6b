"""What registries' answers mean, and the replies that no row of the table explains, grouped without personal data."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from connectors.ledger.grants import within
from connectors.ledger.unrecognised_replies import incidents, unknown_answers
from dags.desk.visit import RequestRefused, Visit, VisitDep
from dags.steps.answers import fingerprint
from quality.answers import CAUSES
from schemas.roles import May

UNKNOWN = tuple(code for code in CAUSES if code.endswith(".unknown"))

router = APIRouter()


@router.get("/answers")
def answers(visit: VisitDep, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Every known cause, or those that hold a text; for the operator, what is not in it yet."""
    if not visit.reach.grants:
        raise RequestRefused(403, "no_grant", "answers", detail="no_grant")
    typed = q.strip().casefold()
    causes = [(cause, visit.locale.cause(code)) for code, cause in CAUSES.items()]
    known = [(cause, words) for cause, words in causes if typed in f"{words.code} {words.says} {words.do}".casefold()]
    operates = visit.reach.may_somewhere(May.OPERATE)
    return visit.page(
        "answers",
        known=known,
        q=q,
        operates=operates,
        unknown=_unknown(visit) if operates else [],
        incidents=incidents(visit.ledger) if operates else [],
    )


def _unknown(visit: Visit) -> list[tuple[tuple[str, str, str], int]]:
    """Registry, code and fingerprint of refusals that wait unexplained, with their number."""
    reach = within(visit.reach, May.OPERATE, "f")
    counts: Counter[tuple[str, str, str]] = Counter(
        (reply.registry_code, reply.code, fingerprint(reply.words))
        for reply in unknown_answers(visit.ledger, UNKNOWN, reach)
    )
    return counts.most_common()
