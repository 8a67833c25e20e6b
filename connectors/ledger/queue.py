"""What waits for a person: faults by cause, the dossiers of one cause, and edits that wait for a second person.

Lists hold codes only. A page begins after the last row of the page before it, so that every page is equally fast.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.faults import UNRESOLVED
from connectors.ledger.grants import Condition

PAGE = 50
MOST_AT_ONCE = 1000
COUNTED = 10_000
"""The dossiers of one cause are counted up to this number."""

CAUSES = """
    SELECT f.cause_code, f.registry_code, count(*) AS dossiers, min(f.found_at) AS oldest_at, min(f.due_at) AS due_at,
           count(f.pending_id) AS pending
      FROM faults f WHERE {where}
     GROUP BY f.cause_code, f.registry_code ORDER BY min(f.due_at) NULLS LAST, count(*) DESC, f.cause_code"""
OF_CAUSE = """
    SELECT f.dossier_id, d.portal_code, d.dossier_code, d.commune_code, d.received_on, d.version_number, d.state,
           f.due_at, f.field_paths, f.registry_code, f.pending_id
      FROM (SELECT f.* FROM faults f WHERE f.cause_code = :cause_code AND {where}
             ORDER BY coalesce(f.due_at, 'infinity'), f.dossier_id LIMIT :limit) f
      JOIN dossiers d USING (dossier_id) ORDER BY coalesce(f.due_at, 'infinity'), f.dossier_id"""
COUNT = """
    SELECT count(*) FROM (SELECT FROM faults f WHERE f.cause_code = :cause_code AND {where} LIMIT :counted) c"""
PENDING = """
    SELECT m.decision_id, m.dossier_id, m.act, m.field_path, m.bulk_id, m.actor, m.decided_at, m.sealed, k.wrapped,
           d.portal_code, d.dossier_code, d.commune_code, d.due_at, d.version_number
      FROM (SELECT DISTINCT f.pending_id FROM faults f WHERE f.pending_id IS NOT NULL AND {where}) p
      JOIN decisions n ON n.decision_id = p.pending_id
      JOIN decisions m ON m.dossier_id = n.dossier_id AND {unresolved}
      JOIN dossiers d ON d.dossier_id = m.dossier_id AND d.version_number = m.version_number
      JOIN keys k ON k.dossier_id = m.dossier_id
     WHERE k.wrapped IS NOT NULL AND ({chosen})
     ORDER BY d.due_at NULLS LAST, m.decision_id LIMIT :limit"""
PENDING_BULKS = """
    SELECT m.bulk_id, m.actor, min(m.decided_at) AS decided_at, count(*) AS edits,
           array_agg(DISTINCT m.field_path) AS field_paths
      FROM faults f JOIN decisions m ON m.decision_id = f.pending_id
     WHERE f.pending_id IS NOT NULL AND m.bulk_id IS NOT NULL AND {where}
     GROUP BY m.bulk_id, m.actor ORDER BY min(m.decided_at) LIMIT 100"""


@dataclass(frozen=True)
class CauseWaiting:
    """A cause for which dossiers wait. `dossiers`: how many; `oldest_at`: since when the first waits; `due_at`: when
    the first is due; `pending`: how many wait for a second person."""

    cause_code: str
    registry_code: str | None
    dossiers: int
    oldest_at: datetime
    due_at: datetime | None
    pending: int


@dataclass(frozen=True)
class Filter:
    """Which dossiers of the queue to show; an empty field means any. `pending`: `yes` for those that wait for a second
    person, `no` for the others."""

    portal_code: str = ""
    commune_code: str = ""
    registry_code: str = ""
    due_before: datetime | None = None
    pending: str = ""
    dossier_ids: tuple[int, ...] | None = None

    def where(self, reach: Condition) -> Condition:
        """The filter as SQL on `faults f`, within what the user may see."""
        parts, values = [reach.sql], dict(reach.values)
        for name in ("portal_code", "commune_code", "registry_code"):
            if code := getattr(self, name):
                parts.append(f"f.{name} = :{name}")
                values[name] = code
        if self.due_before:
            parts.append("f.due_at < :due_before")
            values["due_before"] = self.due_before
        if self.pending:
            parts.append(f"f.pending_id IS {'NOT ' if self.pending == 'yes' else ''}NULL")
        if self.dossier_ids is not None:
            parts.append("f.dossier_id = ANY(:dossier_ids)")
            values["dossier_ids"] = list(self.dossier_ids)
        return Condition(" AND ".join(parts), values)


@dataclass(frozen=True)
class Place:
    """The last row of a page."""

    due_at: datetime | None
    dossier_id: int


@dataclass(frozen=True)
class Waiting:
    """A dossier of the queue, in codes. `field_paths`: the fields at fault; `pending_id`: the decision that waits for a
    second person."""

    dossier_id: int
    portal_code: str
    dossier_code: str
    commune_code: str | None
    received_on: Any
    version_number: int
    state: str
    due_at: datetime | None
    field_paths: list[str]
    registry_code: str | None
    pending_id: int | None


@dataclass(frozen=True)
class PendingEdit:
    """A decision that waits for a second person: an edit of a field, a correction or an annulment. `sealed` opens under
    the dossier's key."""

    decision_id: int
    dossier_id: int
    act: str
    field_path: str | None
    bulk_id: UUID | None
    actor: str
    decided_at: datetime
    portal_code: str
    dossier_code: str
    commune_code: str | None
    due_at: datetime | None
    version_number: int
    sealed: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)


@dataclass(frozen=True)
class PendingBulk:
    """One action over many dossiers that waits for a second person. `edits`: how many decisions it made."""

    bulk_id: UUID
    actor: str
    decided_at: datetime
    edits: int
    field_paths: list[str]


def causes(ledger: Ledger, wanted: Filter, reach: Condition) -> list[CauseWaiting]:
    """The queue by cause; the cause that is due first comes first."""
    where = wanted.where(reach)
    with ledger.engine.connect() as connection:
        rows = connection.execute(text(CAUSES.format(where=where.sql)), where.values)
        return [CauseWaiting(**row._mapping) for row in rows]


def of_cause(
    ledger: Ledger, cause_code: str, wanted: Filter, reach: Condition, after: Place | None = None, limit: int = PAGE
) -> list[Waiting]:
    """The dossiers that wait for a cause, the one that is due first in front. `after`: the last row of the page
    before."""
    where = wanted.where(reach)
    values = {**where.values, "cause_code": cause_code, "limit": limit}
    sql = where.sql
    if after:
        sql += """ AND (coalesce(f.due_at, 'infinity'), f.dossier_id)
                     > (coalesce(CAST(:after_due AS timestamptz), 'infinity'), :after_id)"""
        values |= {"after_due": after.due_at, "after_id": after.dossier_id}
    with ledger.engine.connect() as connection:
        rows = connection.execute(text(OF_CAUSE.format(where=sql)), values)
        return [Waiting(**row._mapping) for row in rows]


def count_of_cause(ledger: Ledger, cause_code: str, wanted: Filter, reach: Condition) -> int:
    """How many dossiers wait for a cause, counted up to COUNTED."""
    where = wanted.where(reach)
    values = {**where.values, "cause_code": cause_code, "counted": COUNTED}
    with ledger.engine.connect() as connection:
        return int(connection.execute(text(COUNT.format(where=where.sql)), values).scalar_one())


def pending_bulks(ledger: Ledger, reach: Condition) -> list[PendingBulk]:
    """The bulk edits that wait for a second person, the oldest first."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(text(PENDING_BULKS.format(where=reach.sql)), reach.values)
        return [PendingBulk(**row._mapping) for row in rows]


def pending_edits(
    ledger: Ledger,
    reach: Condition,
    *,
    bulk_id: UUID | None = None,
    decision_ids: Sequence[int] | None = None,
    limit: int = PAGE,
) -> list[PendingEdit]:
    """The edits that wait for a second person, the one that is due first in front: those of one bulk, those of these
    ids, or else all that belong to no bulk."""
    chosen, values = "m.bulk_id IS NULL", dict(reach.values)
    if bulk_id:
        chosen, values = "m.bulk_id = :bulk_id", {**values, "bulk_id": bulk_id}
    elif decision_ids is not None:
        chosen, values = "m.decision_id = ANY(:decision_ids)", {**values, "decision_ids": list(decision_ids)}
    sql = PENDING.format(where=reach.sql, unresolved=UNRESOLVED, chosen=chosen)
    with ledger.engine.connect() as connection:
        return [PendingEdit(**row._mapping) for row in connection.execute(text(sql), {**values, "limit": limit})]
