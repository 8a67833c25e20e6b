"""Answers that the program did not recognise: refusals without a known cause, and replies that could not be read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.grants import Condition
from connectors.ledger.sealed import open_reply

LOOKED_AT = 500

REFUSALS = """
    SELECT f.registry_code, f.portal_code, f.dossier_code, k.wrapped, r.sealed
      FROM (SELECT DISTINCT f.dossier_id, f.registry_code, d.portal_code, d.dossier_code
              FROM faults f JOIN dossiers d USING (dossier_id)
             WHERE f.cause_code = ANY(:causes) AND {where} LIMIT :looked_at) f
      JOIN keys k USING (dossier_id) JOIN deliveries e USING (dossier_id, registry_code)
      CROSS JOIN LATERAL (SELECT sealed FROM replies r
                           WHERE r.delivery_id = e.delivery_id AND r.event = 'refused'
                           ORDER BY reply_id DESC LIMIT 1) r
     WHERE k.wrapped IS NOT NULL AND e.state = 'refused'"""
INCIDENTS = text("""
    SELECT endpoint_code, error, message, count(*) AS count, max(happened_at) AS last_at FROM incidents
     WHERE happened_at > clock_timestamp() - interval '14 days'
     GROUP BY endpoint_code, error, message ORDER BY max(happened_at) DESC LIMIT 50""")


@dataclass(frozen=True)
class UnknownAnswer:
    """A refusal whose words the program does not know. `words` may name a person, so they are not shown."""

    registry_code: str
    code: str
    words: str = field(repr=False)


@dataclass(frozen=True)
class Incident:
    """A reply that belongs to no dossier and could not be read. `error`: the type of the error; `message`: codes only;
    `count`: how often it came."""

    endpoint_code: str
    error: str
    message: str
    count: int
    last_at: datetime


def unknown_answers(ledger: Ledger, cause_codes: Sequence[str], reach: Condition) -> list[UnknownAnswer]:
    """The refusals that wait for a person under these causes, at most LOOKED_AT of them."""
    values = {**reach.values, "causes": list(cause_codes), "looked_at": LOOKED_AT}
    with ledger.engine.connect() as connection:
        rows = connection.execute(text(REFUSALS.format(where=reach.sql)), values).all()
    answers = []
    for row in rows:
        key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
        reply = open_reply(key, row.registry_code, row.sealed)
        answers.append(UnknownAnswer(row.registry_code, reply.code, reply.words))
    return answers


def incidents(ledger: Ledger) -> list[Incident]:
    """The replies that could not be read in the last fourteen days, the newest first."""
    with ledger.engine.connect() as connection:
        return [Incident(**row._mapping) for row in connection.execute(INCIDENTS)]
