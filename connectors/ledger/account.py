"""The account: for every portal, day and registry, how many dossiers were pulled and where they are now; and the story
of one dossier.

`pulled` is counted from the dossiers. Every other column is counted from the states of dossiers and deliveries. What
fits no column is `unexplained`, and it must be nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from connectors.ledger import Ledger
from connectors.ledger.deliveries import MAKES_ENTRY
from schemas.states import OPEN_STATES, UNDER_WAY, UNSENT_STATES, ReportState, listed
from schemas.states import DeliveryState as L
from schemas.states import DossierState as D

ENDED_BADLY = frozenset({L.REFUSED, L.STOPPED})
NO_REGISTRY = "-"
"""Stands for the registry while nobody can say which one: the original is unreadable, or the procedure unknown."""

ACCOUNT = text(f"""
    WITH aims AS (
        SELECT d.dossier_id, d.portal_code, d.received_on, d.state,
               unnest(CASE WHEN d.registries = '{{}}' THEN ARRAY['-'] ELSE d.registries END) AS registry_code
          FROM dossiers d),
    standing AS (
        SELECT a.*, e.state AS delivery FROM aims a LEFT JOIN deliveries e
            ON e.dossier_id = a.dossier_id AND e.registry_code = a.registry_code AND e.state <> '{L.CANCELLED}'
           AND e.{MAKES_ENTRY})
    SELECT portal_code, received_on, registry_code,
           count(DISTINCT dossier_id) AS pulled,
           count(*) FILTER (WHERE delivery = '{L.REGISTERED}') AS delivered,
           count(*) FILTER (WHERE (state IN ('{D.PULLED}', '{D.WAITING}')
                                   AND (delivery IS NULL OR delivery IN ({listed(OPEN_STATES | ENDED_BADLY)})))
                OR (state = '{D.CLEARED}' AND delivery IN ({listed(OPEN_STATES)}))
           ) AS waiting,
           count(*) FILTER (WHERE state = '{D.HELD}' AND (delivery IS NULL OR delivery <> '{L.REGISTERED}')) AS held,
           count(*) FILTER (WHERE (state = '{D.CLOSED}' AND (delivery IS NULL OR delivery <> '{L.REGISTERED}'))
                OR (state = '{D.CLEARED}' AND delivery IN ({listed(ENDED_BADLY)}))) AS refused
      FROM standing GROUP BY portal_code, received_on, registry_code
     ORDER BY portal_code, received_on, registry_code""")
PENDING = text(f"""
    SELECT (SELECT count(*) FROM reports WHERE state = '{ReportState.PENDING}') AS reports,
           (SELECT count(*) FROM deliveries WHERE state = '{L.REGISTERED}' AND lacks <> '{{}}') AS numbers,
           (SELECT count(*) FROM dossiers WHERE state = '{D.PULLED}') AS unexamined,
           (SELECT count(*) FROM deliveries e JOIN dossiers d USING (dossier_id)
             WHERE e.state IN ({listed(UNDER_WAY)})
                OR (e.state IN ({listed(UNSENT_STATES)}) AND d.state = '{D.CLEARED}')) AS open_deliveries,
           (SELECT count(*) FROM dossiers) AS dossiers,
           (SELECT count(*) FROM dossiers WHERE state = '{D.HELD}') AS held,
           (SELECT max(event_id) FROM events) AS last_event""")
STORY = text("""
    SELECT e.happened_at, e.kind, e.actor, e.detail, d.registry_code
      FROM events e LEFT JOIN deliveries d USING (delivery_id)
     WHERE e.dossier_id = :dossier_id ORDER BY e.event_id""")
DOSSIER = text("""
    SELECT dossier_id, portal_code, dossier_code, national_code, procedure_as_written, commune_code, received_on,
           version_number, portal_status, state FROM dossiers
     WHERE dossier_code = :code OR national_code = :code ORDER BY portal_code""")
DOSSIER_FINDINGS = text("""
    SELECT check_code, field_path, weight FROM findings
     WHERE dossier_id = :dossier_id AND version_number = :version_number ORDER BY weight, check_code""")
DOSSIER_DELIVERIES = text("""
    SELECT registry_code, step_number, state, attempt_number, lacks, places_version FROM deliveries
     WHERE dossier_id = :dossier_id ORDER BY delivery_id""")


HELD = text(f"""
    SELECT d.portal_code, d.dossier_code, d.received_on,
           coalesce(array_agg(f.check_code ORDER BY f.check_code) FILTER (WHERE f.weight <> 'notes'), '{{}}')
               AS check_codes
      FROM dossiers d LEFT JOIN findings f USING (dossier_id, version_number)
     WHERE d.state = '{D.HELD}' AND (:portal_code = '' OR d.portal_code = :portal_code)
     GROUP BY d.dossier_id ORDER BY d.received_on, d.dossier_id LIMIT :limit""")


@dataclass(frozen=True)
class HeldDossier:
    """A dossier that waits for a person, and the checks that hold it."""

    portal_code: str
    dossier_code: str
    received_on: date
    check_codes: list[str]


@dataclass(frozen=True)
class AccountLine:
    """One line of the account: pulled = delivered + waiting + held + refused + unexplained."""

    portal_code: str
    received_on: date
    registry_code: str
    pulled: int
    delivered: int
    waiting: int
    held: int
    refused: int

    @property
    def unexplained(self) -> int:
        return self.pulled - self.delivered - self.waiting - self.held - self.refused


@dataclass(frozen=True)
class Pending:
    """What is not finished yet.

    `reports`: not acknowledged by their portal. `numbers`: registered deliveries whose registry has not given all it
    promised. `unexamined`, `held`: dossiers that wait for an examination, and those that a person must act on.
    `open_deliveries`: under way or about to be sent. `last_event`: the newest event's id, 0 when there is none.
    """

    reports: int
    numbers: int
    unexamined: int
    open_deliveries: int
    dossiers: int
    held: int
    last_event: int


@dataclass(frozen=True)
class Happening:
    """One event of a dossier's story. `detail` holds codes only."""

    happened_at: datetime
    kind: str
    actor: str
    registry_code: str | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class Story:
    """A dossier, its newest version's findings, its deliveries and all that happened to it. Codes only."""

    dossier: dict[str, Any]
    findings: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]
    happenings: list[Happening]


def account(ledger: Ledger) -> list[AccountLine]:
    """The account, a line per portal, day and registry."""
    with ledger.engine.connect() as connection:
        return [AccountLine(**row._mapping) for row in connection.execute(ACCOUNT)]


def pending(ledger: Ledger) -> Pending:
    with ledger.engine.connect() as connection:
        row = connection.execute(PENDING).one()
    return Pending(**{**row._mapping, "last_event": row.last_event or 0})


def held(ledger: Ledger, portal_code: str = "", limit: int = 1000) -> list[HeldDossier]:
    """The dossiers that are held, oldest first; of one portal, or of all when `portal_code` is empty."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(HELD, {"portal_code": portal_code, "limit": limit})
        return [HeldDossier(**row._mapping) for row in rows]


def stories(ledger: Ledger, code: str) -> list[Story]:
    """The stories of the dossiers of this code at any portal. `code`: the portal's code or the national code."""
    with ledger.engine.connect() as connection:
        return [_story(connection, row) for row in connection.execute(DOSSIER, {"code": code}).all()]


def _story(connection: Connection, row: Row[Any]) -> Story:
    dossier = dict(row._mapping)
    values = {"dossier_id": dossier.pop("dossier_id"), "version_number": row.version_number}
    return Story(
        dossier,
        [dict(finding._mapping) for finding in connection.execute(DOSSIER_FINDINGS, values)],
        [dict(delivery._mapping) for delivery in connection.execute(DOSSIER_DELIVERIES, values)],
        [
            Happening(event.happened_at, event.kind, event.actor, event.registry_code, event.detail)
            for event in connection.execute(STORY, values)
        ],
    )
