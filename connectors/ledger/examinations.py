"""Checks find fault with a dossier or clear it: what is to be examined, its papers, and what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from connectors.ledger import Ledger, copy_rows
from connectors.ledger.deliveries import OPEN_NEXT, TOUCHED, Claimed, cancel
from connectors.ledger.faults import clear_seen_to, tally, write_faults
from connectors.ledger.reports import queue_reports
from connectors.ledger.sealed import PAPER_PURPOSE, VERSION_PURPOSE, effective_edits, open_edits
from connectors.vault import DataKey
from schemas.decision import Edit
from schemas.finding import Finding, Weight
from schemas.places import TABLE_VERSION
from schemas.report import Milestone
from schemas.routes import Step
from schemas.states import DossierState
from schemas.tables import events, papers

UNEXAMINED = text("""
    SELECT d.dossier_id, d.dossier_code, d.version_number, d.content_sha256, d.portal_status, v.unreadable_field,
           v.original_sha256, k.wrapped, coalesce(d.released_version = d.version_number, false) AS is_released,
           EXISTS (SELECT FROM batches b WHERE b.batch_id = d.batch_id AND b.state = 'rejected') AS is_rejected,
           ARRAY(SELECT e.registry_code || ' ' || e.version_number || ' ' || e.delivery_key FROM deliveries e
                  WHERE e.dossier_id = d.dossier_id AND e.state = ANY(:touched)) AS touched
      FROM dossiers d JOIN versions v USING (dossier_id, version_number) JOIN keys k USING (dossier_id)
     WHERE d.state = 'pulled' AND d.portal_code = :portal_code AND d.dossier_id > :after
       AND (CAST(:codes AS text[]) IS NULL OR d.dossier_code = ANY(:codes))
     ORDER BY d.dossier_id LIMIT :limit""")
SEALED = text("""
    SELECT dossier_id, sealed FROM versions v
      JOIN unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[])) AS u(dossier_id, version_number)
     USING (dossier_id, version_number)""")
PAPERS = text("""
    SELECT p.dossier_id, p.position, p.sha256, p.size
      FROM papers p JOIN dossiers d USING (dossier_id, version_number) WHERE dossier_id = ANY(:ids)""")
CONTENTS = text("""
    SELECT p.dossier_id, p.version_number, p.position, p.sealed
      FROM papers p JOIN deliveries d USING (dossier_id, version_number)
     WHERE d.delivery_id = ANY(:ids) AND p.sealed IS NOT NULL ORDER BY p.dossier_id, p.position""")
SETTLE = text("""
    UPDATE dossiers d SET state = u.state, registries = string_to_array(u.registries, ','),
           started_at = coalesce(u.started_at, d.started_at), due_at = coalesce(u.due_at, d.due_at)
      FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[]), CAST(:states AS text[]),
                  CAST(:registries AS text[]), CAST(:starts AS timestamptz[]), CAST(:dues AS timestamptz[]))
           AS u(dossier_id, version_number, state, registries, started_at, due_at)
     WHERE d.dossier_id = u.dossier_id AND d.version_number = u.version_number AND d.state = 'pulled'
    RETURNING d.dossier_id""")
FIND = text("""
    INSERT INTO findings (dossier_id, version_number, check_code, field_path, weight)
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[]), CAST(:checks AS text[]),
                         CAST(:paths AS text[]), CAST(:weights AS text[]))
    ON CONFLICT DO NOTHING""")
"""A released version is examined twice and has the same findings again."""
PLAN = text("""
    WITH planned AS (
        INSERT INTO deliveries
            (dossier_id, version_number, registry_code, step_number, delivery_key, state, needs, places_version, edits)
        SELECT dossier_id, version_number, registry_code, step_number, delivery_key,
               CASE WHEN step_number = 1 THEN 'ready' ELSE 'waiting' END, string_to_array(needs, ','),
               :places_version, CAST(string_to_array(edits, ',') AS bigint[])
          FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[]), CAST(:registries AS text[]),
                      CAST(:steps AS int[]), CAST(:keys AS uuid[]), CAST(:needs AS text[]), CAST(:edits AS text[]))
               AS u(dossier_id, version_number, registry_code, step_number, delivery_key, needs, edits)
         ORDER BY dossier_id, step_number
        ON CONFLICT (delivery_key) DO UPDATE
           SET state = excluded.state, version_number = excluded.version_number, edits = excluded.edits,
               places_version = excluded.places_version WHERE deliveries.state = 'cancelled'
        RETURNING dossier_id, delivery_id, registry_code, step_number)
    INSERT INTO events (dossier_id, delivery_id, kind, detail)
    SELECT dossier_id, delivery_id, 'planned', jsonb_build_object('registry', registry_code, 'step', step_number)
      FROM planned""")
REOPEN = text("""
    INSERT INTO events (dossier_id, kind, detail)
    SELECT d.dossier_id, 'reopened', jsonb_build_object('version', d.version_number, 'was', max(m.version_number))
      FROM dossiers d JOIN decisions m USING (dossier_id)
     WHERE d.dossier_id = ANY(:ids) AND m.version_number < d.version_number
       AND NOT EXISTS (SELECT FROM events e WHERE e.dossier_id = d.dossier_id AND e.kind = 'reopened'
                          AND e.detail ->> 'version' = d.version_number::text)
     GROUP BY d.dossier_id""")
"""Decisions of an earlier version count no more; said once for each version."""

NOTHING: Mapping[bytes, bytes] = {}


@dataclass(frozen=True)
class Unexamined:
    """A dossier's newest version, to be examined. `touched`: deliveries that a registry has or may have, by key: the
    registry and the version. `edits`: what persons changed in it, by decision; `original` is without them.
    `unfit_at`: the field of edits that do not fit, so that there are none."""

    dossier_id: int
    portal_code: str
    dossier_code: str
    version_number: int
    content_sha256: bytes
    portal_status: int | None
    unreadable_field: str | None
    is_released: bool
    is_rejected: bool  # its batch was
    touched: Mapping[UUID, tuple[str, int]]
    key: DataKey = field(repr=False)
    original: bytes = field(repr=False)
    edits: Mapping[int, Edit] = field(default_factory=dict, repr=False)
    unfit_at: str | None = None


@dataclass(frozen=True)
class Examined:
    """What came of it: the new state, and for a cleared one its deliveries in order, by their keys. `started_at` and
    `due_at`: its legal time; None leaves what is known."""

    subject: Unexamined
    state: DossierState
    registries: tuple[str, ...]
    findings: Sequence[Finding] = ()
    plan: Sequence[tuple[Step, UUID]] = ()
    started_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class KeptPaper:
    """A paper that was fetched; `sha256` is None when the portal does not have it."""

    position: int
    sha256: bytes | None
    size: int
    content: bytes | None = field(default=None, repr=False)


def unexamined(
    ledger: Ledger, portal_code: str, after: int = 0, limit: int = 500, codes: Sequence[str] | None = None,
    in_hand: Mapping[bytes, bytes] = NOTHING,
) -> list[Unexamined]:  # fmt: skip
    """The next dossiers to examine, by id, those after `after`; only those of these codes, when there are any.

    `in_hand`: originals by their SHA-256 that need not be fetched and unsealed.
    """
    wanted = {"portal_code": portal_code, "after": after, "limit": limit, "touched": TOUCHED, "codes": codes}
    with ledger.engine.connect() as connection:
        rows = connection.execute(UNEXAMINED, wanted).all()
        lacking = [row for row in rows if row.original_sha256 not in in_hand]
        named = {"ids": [row.dossier_id for row in lacking], "versions": [row.version_number for row in lacking]}
        sealed = {row.dossier_id: row.sealed for row in connection.execute(SEALED, named)} if lacking else {}
        edits = effective_edits(connection, [row.dossier_id for row in rows])
    return [
        _open(ledger, portal_code, row, edits.get(row.dossier_id, ()), sealed.get(row.dossier_id), in_hand)
        for row in rows
    ]


def _open(
    ledger: Ledger, portal_code: str, row: Any, edits: Sequence[tuple[int, bytes]], sealed: bytes | None,
    in_hand: Mapping[bytes, bytes],
) -> Unexamined:  # fmt: skip
    key = ledger.open_key(row.wrapped, portal_code, row.dossier_code)
    purpose = VERSION_PURPOSE.format(row.version_number)
    original = in_hand[row.original_sha256] if sealed is None else key.unseal(sealed, purpose)
    return Unexamined(
        row.dossier_id, portal_code, row.dossier_code, row.version_number, bytes(row.content_sha256), row.portal_status,
        row.unreadable_field, row.is_released, row.is_rejected, dict(map(_touched, row.touched)), key, original,
        open_edits(key, edits),
    )  # fmt: skip


def _touched(packed: str) -> tuple[UUID, tuple[str, int]]:
    registry_code, version_number, key = packed.split(" ")
    return UUID(key), (registry_code, int(version_number))


def kept_papers(ledger: Ledger, dossier_ids: Sequence[int]) -> dict[int, dict[int, KeptPaper]]:
    """Papers already fetched for the newest versions: by dossier, by position; without their content."""
    found: dict[int, dict[int, KeptPaper]] = {}
    if not dossier_ids:
        return found
    with ledger.engine.connect() as connection:
        for row in connection.execute(PAPERS, {"ids": list(dossier_ids)}):
            paper = KeptPaper(row.position, bytes(row.sha256) if row.sha256 else None, row.size)
            found.setdefault(row.dossier_id, {})[row.position] = paper
    return found


def keep_papers(ledger: Ledger, fetched: Sequence[tuple[Unexamined, KeptPaper]]) -> None:
    """Seals fetched papers; one that another worker kept meanwhile stays."""
    if not fetched:
        return
    rows = [
        {
            "dossier_id": of.dossier_id, "version_number": of.version_number, "position": paper.position,
            "sha256": paper.sha256, "size": paper.size,
            "sealed": of.key.seal(paper.content, PAPER_PURPOSE.format(of.version_number, paper.position))
            if paper.content is not None else None,
        }
        for of, paper in fetched
    ]  # fmt: skip
    from sqlalchemy.dialects.postgresql import insert

    with ledger.engine.begin() as connection:
        connection.execute(insert(papers).on_conflict_do_nothing(), rows)


def paper_contents(ledger: Ledger, claimed: Sequence[Claimed]) -> dict[int, tuple[bytes, ...]]:
    """The bytes of fetched papers of claimed deliveries, by delivery, in their order."""
    by_dossier = {one.dossier_id: one for one in claimed}
    found: dict[int, list[bytes]] = {}
    with ledger.engine.connect() as connection:
        for row in connection.execute(CONTENTS, {"ids": [one.delivery_id for one in claimed]}):
            purpose = PAPER_PURPOSE.format(row.version_number, row.position)
            found.setdefault(row.dossier_id, []).append(by_dossier[row.dossier_id].key.unseal(row.sealed, purpose))
    return {one.delivery_id: tuple(found.get(one.dossier_id, ())) for one in claimed}


def settle(ledger: Ledger, examined: Sequence[Examined]) -> Counter[str]:
    """Writes what came of examinations; one whose dossier changed meanwhile is left to the next. Counts by state."""
    if not examined:
        return Counter()
    with ledger.engine.begin() as connection:
        won = set(
            connection.execute(
                SETTLE,
                {
                    "ids": [one.subject.dossier_id for one in examined],
                    "versions": [one.subject.version_number for one in examined],
                    "states": [str(one.state) for one in examined],
                    "registries": [",".join(one.registries) for one in examined],
                    "starts": [one.started_at for one in examined],
                    "dues": [one.due_at for one in examined],
                },
            ).scalars()
        )
        settled = [one for one in examined if one.subject.dossier_id in won]
        _write_findings(connection, settled)
        _write_plans(connection, settled)
        _write_faults(connection, settled)
    return Counter(str(one.state) for one in settled)


def _write_findings(connection: Connection, settled: Sequence[Examined]) -> None:
    found = [(one.subject, finding) for one in settled for finding in one.findings]
    if found:
        connection.execute(
            FIND,
            {
                "ids": [subject.dossier_id for subject, _ in found],
                "versions": [subject.version_number for subject, _ in found],
                "checks": [finding.check_code for _, finding in found],
                "paths": [finding.field_path for _, finding in found],
                "weights": [str(finding.weight) for _, finding in found],
            },
        )
    copy_rows(
        connection, events, ("dossier_id", "delivery_id", "kind", "detail"),
        ((one.subject.dossier_id, None, str(one.state), _detail(one)) for one in settled),
    )  # fmt: skip


def _detail(one: Examined) -> dict[str, Any]:
    detail: dict[str, Any] = {"version": one.subject.version_number}
    if one.findings:
        detail["checks"] = sorted({finding.check_code for finding in one.findings})
    return detail


def _write_plans(connection: Connection, settled: Sequence[Examined]) -> None:
    replanned = [one for one in settled if one.state in (DossierState.CLEARED, DossierState.CLOSED)]
    planned = [(one, number, step, key) for one in replanned for number, (step, key) in enumerate(one.plan, 1)]
    if replanned:
        ids = [one.subject.dossier_id for one in replanned]
        cancel(connection, ids, keep=[key for _, _, _, key in planned])
    if planned:
        connection.execute(
            PLAN,
            {
                "ids": [one.subject.dossier_id for one, _, _, _ in planned],
                "versions": [one.subject.version_number for one, _, _, _ in planned],
                "registries": [step.registry_code for _, _, step, _ in planned],
                "steps": [number for _, number, _, _ in planned],
                "keys": [key for _, _, _, key in planned],
                "places_version": TABLE_VERSION,
                "needs": [",".join(step.needs) for _, _, step, _ in planned],
                "edits": [",".join(map(str, one.subject.edits)) for one, _, _, _ in planned],
            },
        )
    if going_on := [one.subject.dossier_id for one in replanned if one.plan and one.subject.touched]:
        connection.execute(OPEN_NEXT, {"ids": going_on})  # the step after those that stay registered
    ours = [one for one in settled if one.state in (DossierState.CLEARED, DossierState.HELD)]
    readable = [one for one in ours if one.subject.unreadable_field is None]
    queue_reports(connection, Milestone.RECEIVED, [one.subject.dossier_id for one in readable])
    accepted = [one.subject.dossier_id for one in settled if one.state == DossierState.CLEARED]
    queue_reports(connection, Milestone.ACCEPTED, accepted)


def _write_faults(connection: Connection, settled: Sequence[Examined]) -> None:
    """What a person has to see to now, for those that are held; and the day's tallies."""
    if not settled:
        return
    ids = [one.subject.dossier_id for one in settled]
    clear_seen_to(connection, ids)
    if changed := [one.subject.dossier_id for one in settled if one.subject.version_number > 1]:
        connection.execute(REOPEN, {"ids": changed})
    held = [one for one in settled if one.state == DossierState.HELD]
    rows = [
        (one.subject.dossier_id, finding.check_code, finding.field_path, None)
        for one in held for finding in one.findings if finding.weight != Weight.NOTES
    ]  # fmt: skip
    write_faults(connection, rows)
    counts = Counter((one.subject.portal_code, str(one.state), "") for one in settled)
    counts.update((one.subject.portal_code, "fault", code) for one in held for code in _holding_codes(one))
    tally(connection, counts)


def _holding_codes(one: Examined) -> set[str]:
    return {finding.check_code for finding in one.findings if finding.weight != Weight.NOTES}
