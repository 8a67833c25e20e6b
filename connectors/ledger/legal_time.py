"""Dossiers whose legal time runs: the citizen has no final answer, and the office waits for nothing from the citizen.

A dossier that waits at its portal for a supplement or a payment is left out; so is one whose refusal the desk has
already reported to the citizen (the portal closed it).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.deliveries import MAKES_ENTRY
from schemas.dossier import ADMISSION, Admission, PortalStatus
from schemas.states import DeliveryState, DossierState

RUNNING = text(f"""
    SELECT d.portal_code, d.dossier_code, d.procedure_as_written, d.state,
           CASE WHEN d.state = '{DossierState.CLEARED}' THEN w.registry_code END AS registry_code,
           CASE WHEN d.state = '{DossierState.CLEARED}' THEN w.state END AS delivery_state, d.started_at, d.due_at
      FROM dossiers d LEFT JOIN LATERAL (
           SELECT registry_code, state FROM deliveries e
            WHERE e.dossier_id = d.dossier_id AND e.{MAKES_ENTRY}
               AND e.state NOT IN ('{DeliveryState.REGISTERED}', '{DeliveryState.CANCELLED}')
            ORDER BY step_number LIMIT 1) w ON true
     WHERE d.due_at IS NOT NULL
       AND (d.state IN ('{DossierState.PULLED}', '{DossierState.HELD}')
            OR (d.state = '{DossierState.CLEARED}' AND w.state IS NOT NULL
                AND (w.state NOT IN ('{DeliveryState.REFUSED}', '{DeliveryState.STOPPED}')
                     OR d.portal_status <> ALL(:ended))))
     ORDER BY d.due_at, d.portal_code, d.dossier_code""")
ENDED = [
    int(status)
    for status, admission in ADMISSION.items()
    if admission == Admission.CLOSED or status in (PortalStatus.DONE, PortalStatus.RETURNED)
]


@dataclass(frozen=True)
class Running:
    """A dossier whose legal time runs. `registry_code`, `delivery_state`: for a cleared dossier the first registry that
    has not registered it yet; else None."""

    portal_code: str
    dossier_code: str
    procedure_as_written: str | None
    state: str
    registry_code: str | None
    delivery_state: str | None
    started_at: datetime
    due_at: datetime


def running(ledger: Ledger) -> list[Running]:
    """All dossiers whose legal time runs, the one that is due first in front. Codes only."""
    with ledger.engine.connect() as connection:
        return [Running(**row._mapping) for row in connection.execute(RUNNING, {"ended": ENDED})]
