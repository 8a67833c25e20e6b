"""The dashboard: how many dossiers are in which state, today's counts, what is late, and how each endpoint answers.

It shows codes and counts. Nothing here reads all dossiers: what has ended is counted by the day's tallies, and partial
indexes hold what is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.grants import Condition

COUNTED = 20_000
"""Dossiers and deliveries under way are counted up to this number, for each registry."""
SHOWN = 12
SEVERAL = 4 * SHOWN
OLDEST = 200

TALLIES = text("""
    SELECT day, kind, code, sum(count)::bigint AS count FROM tallies
     WHERE day > CAST(:today AS date) - :days AND (CAST(:portals AS text[]) IS NULL OR portal_code = ANY(:portals))
     GROUP BY day, kind, code""")
UNEXAMINED = text("""
    SELECT count(*) FROM (SELECT FROM dossiers WHERE state = 'pulled'
        AND (CAST(:portals AS text[]) IS NULL OR portal_code = ANY(:portals)) LIMIT :counted) c""")
AT_FAULT = """
    SELECT registry_code, count(*) AS count, count(*) FILTER (WHERE due_at < clock_timestamp()) AS late,
           count(*) FILTER (WHERE is_pending) AS pending
      FROM (SELECT DISTINCT f.registry_code, f.dossier_id, f.due_at, f.pending_id IS NOT NULL AS is_pending
              FROM faults f WHERE {where}) g
     GROUP BY registry_code"""
UNDER_WAY = text("""
    SELECT r.registry_code, s.state, count(*) AS dossiers
      FROM unnest(CAST(:registries AS text[])) AS r(registry_code)
      CROSS JOIN LATERAL (
           SELECT e.state FROM deliveries e
            WHERE e.registry_code = r.registry_code AND e.state IN ('ready', 'sending', 'unanswered', 'accepted')
            LIMIT :counted) s
     GROUP BY r.registry_code, s.state""")
DUE_FAULTS = """
    SELECT DISTINCT d.portal_code, d.dossier_code, 'held' AS state, g.registry_code, d.started_at, g.due_at
      FROM (SELECT f.dossier_id, f.due_at, f.registry_code FROM faults f
             WHERE f.due_at < clock_timestamp() + interval '30 days' AND {where}
             ORDER BY f.due_at, f.dossier_id LIMIT :several) g
      JOIN dossiers d USING (dossier_id) ORDER BY g.due_at LIMIT :shown"""
DUE_UNDER_WAY = """
    SELECT f.portal_code, f.dossier_code, f.state, e.registry_code, f.started_at, f.due_at
      FROM unnest(CAST(:registries AS text[])) AS r(registry_code)
      CROSS JOIN unnest(ARRAY['ready', 'sending', 'unanswered', 'accepted']) AS s(state)
      CROSS JOIN LATERAL (
           SELECT dossier_id, registry_code FROM deliveries
            WHERE registry_code = r.registry_code AND state = s.state
              AND state IN ('ready', 'sending', 'unanswered', 'accepted')
            ORDER BY delivery_id LIMIT :oldest) e
      JOIN dossiers f USING (dossier_id)
     WHERE f.due_at IS NOT NULL AND {where} ORDER BY f.due_at, dossier_id LIMIT :shown"""
"""It reads the oldest deliveries of each registry and state, because those are due first."""
LINES = text("SELECT endpoint_code, answered_at, failing_since, error, seconds FROM lines ORDER BY endpoint_code")


@dataclass(frozen=True)
class Tally:
    """How many of one kind there were on a day; `code` is that of the check, the cause or the registry."""

    day: date
    kind: str
    code: str
    count: int


@dataclass(frozen=True)
class AtFault:
    """How many dossiers wait for a person: held by a check (`registry_code` is None), or refused by a registry. `late`:
    past their legal time. `pending`: decided, and waiting for a second person."""

    registry_code: str | None
    count: int
    late: int
    pending: int


@dataclass(frozen=True)
class Due:
    """A dossier whose legal time runs, its state, and the registry that has to act next, if any."""

    portal_code: str
    dossier_code: str
    state: str
    registry_code: str | None
    started_at: datetime | None
    due_at: datetime


@dataclass(frozen=True)
class LineHealth:
    """How an endpoint answered in the last run that called it. `failing_since`: None while it answers; `seconds`: the
    mean time of one answer."""

    endpoint_code: str
    answered_at: datetime | None
    failing_since: datetime | None
    error: str
    seconds: float | None


@dataclass(frozen=True)
class Dashboard:
    """What the overview shows. `under_way`: by registry and state of the delivery."""

    tallies: list[Tally]
    unexamined: int
    at_fault: list[AtFault]
    under_way: dict[tuple[str, str], int]
    due: list[Due]
    lines: list[LineHealth]


def dashboard(
    ledger: Ledger,
    today: date,
    portals: Sequence[str] | None,
    reach: Condition,
    registries: Sequence[str],
    days: int = 14,
) -> Dashboard:
    """The dashboard as it is now, with the tallies of the last `days` days. `portals`: whose counts, None for all;
    `reach`: where the user may see faults."""
    of_portals = list(portals) if portals is not None else None
    counted = {"today": today, "days": days, "portals": of_portals, "counted": COUNTED}
    within = {**reach.values, "shown": SHOWN, "several": SEVERAL, "oldest": OLDEST, "registries": list(registries)}
    with ledger.engine.connect() as connection:
        tallies = [Tally(**row._mapping) for row in connection.execute(TALLIES, counted)]
        unexamined = int(connection.execute(UNEXAMINED, counted).scalar_one())
        at_fault = connection.execute(text(AT_FAULT.format(where=reach.sql)), reach.values)
        faults = [AtFault(**row._mapping) for row in at_fault]
        deliveries = connection.execute(UNDER_WAY, {"registries": list(registries), "counted": COUNTED})
        under_way = {(row.registry_code, row.state): row.dossiers for row in deliveries}
        due = [
            Due(**row._mapping)
            for statement in (DUE_FAULTS, DUE_UNDER_WAY)
            for row in connection.execute(text(statement.format(where=reach.sql)), within)
        ]
        lines = [LineHealth(**row._mapping) for row in connection.execute(LINES)]
    due.sort(key=lambda dossier: dossier.due_at)
    return Dashboard(tallies, unexamined, faults, under_way, due[:SHOWN], lines)
