"""Checks find fault with a dossier or clear it: what is to be examined, its papers, and what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from connectors.ledger import Ledger, copy_rows
from connectors.ledger.claims import Claimed
from connectors.ledger.deliveries import MAKES_ENTRY, cancel, open_next
from connectors.ledger.faults import clear_seen_to, tally, write_faults
from connectors.ledger.reports import queue_reports
from connectors.ledger.sealed import COUNTS, PAPER_PURPOSE, VERSION_PURPOSE, effective_edits, open_edits, sealed_edits
from connectors.vault import DataKey
from schemas.decision import RESOLUTIONS, Act, Edit
from schemas.finding import Finding, Weight
from schemas.operation import Operation
from schemas.places import TABLE_VERSION
from schemas.report import Milestone
from schemas.states import (
    DELIVERY,
    DOSSIER,
    TOUCHED_STATES,
    BatchState,
    DeliveryEvent,
    DeliveryState,
    DossierEvent,
    DossierState,
    EntryState,
    listed,
)
from schemas.tables import events, papers

_NEWEST = f"""
    SELECT d.dossier_id, d.portal_code, d.dossier_code, d.version_number, d.content_sha256, d.portal_status, v.unreadable_field,
           v.original_sha256, k.wrapped, coalesce(d.released_version = d.version_number, false) AS is_released,
           EXISTS (SELECT FROM batches b WHERE b.batch_id = d.batch_id AND b.state = '{BatchState.REJECTED}')
               AS is_rejected,
           (SELECT m.act || ' ' || m.decision_id FROM decisions m
             WHERE m.dossier_id = d.dossier_id AND m.version_number = d.version_number
               AND m.act IN ({listed(RESOLUTIONS)}) AND {COUNTS}
             ORDER BY m.decision_id DESC LIMIT 1) AS resolution,
           ARRAY(SELECT DISTINCT ON (e.registry_code)
                        concat_ws(' ', e.registry_code, e.version_number, e.delivery_key, e.operation,
                                  array_to_string(e.edits, ','))
                   FROM deliveries e WHERE e.dossier_id = d.dossier_id AND e.state = ANY(:standing)
                  ORDER BY e.registry_code, e.delivery_id DESC) AS standing
      FROM dossiers d JOIN versions v USING (dossier_id, version_number) JOIN keys k USING (dossier_id)
     WHERE """
UNEXAMINED = text(f"""{_NEWEST}
           d.state IN ({listed(DOSSIER.before(DossierEvent.HELD))}) AND d.portal_code = :portal_code
       AND d.dossier_id > :after AND (CAST(:codes AS text[]) IS NULL OR d.dossier_code = ANY(:codes))
     ORDER BY d.dossier_id LIMIT :limit""")
NEWEST = text(f"{_NEWEST} d.dossier_id = ANY(:ids) AND k.wrapped IS NOT NULL ORDER BY d.dossier_id")
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
SETTLE = text(f"""
    UPDATE dossiers d SET state = u.state, registries = string_to_array(u.registries, ','),
           started_at = coalesce(u.started_at, d.started_at), due_at = coalesce(u.due_at, d.due_at)
      FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[]), CAST(:states AS text[]),
                  CAST(:registries AS text[]), CAST(:starts AS timestamptz[]), CAST(:dues AS timestamptz[]))
           AS u(dossier_id, version_number, state, registries, started_at, due_at)
     WHERE d.dossier_id = u.dossier_id AND d.version_number = u.version_number
       AND d.state IN ({listed(DOSSIER.before(DossierEvent.HELD))})
    RETURNING d.dossier_id""")
FIND = text("""
    INSERT INTO findings (dossier_id, version_number, check_code, field_path, weight)
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[]), CAST(:checks AS text[]),
                         CAST(:paths AS text[]), CAST(:weights AS text[]))
    ON CONFLICT DO NOTHING""")
"""A released version is examined twice and has the same findings again."""
PLAN = text(f"""
    WITH wanted AS (
        SELECT * FROM unnest(
            CAST(:ids AS bigint[]), CAST(:versions AS int[]), CAST(:registries AS text[]), CAST(:steps AS int[]),
            CAST(:keys AS uuid[]), CAST(:needs AS text[]), CAST(:edits AS text[]), CAST(:operations AS text[]),
            CAST(:taken AS bool[]), CAST(:decisions AS bigint[]), CAST(:places AS text[]))
          AS u(dossier_id, version_number, registry_code, step_number, delivery_key, needs, edits, operation, is_taken,
               decision_id, place_code)),
    entered AS (
        INSERT INTO entries (registry_code, dossier_id, place_code)
        SELECT registry_code, dossier_id, place_code FROM wanted ORDER BY dossier_id, step_number
        ON CONFLICT (dossier_id, registry_code) DO UPDATE
           SET place_code = CASE WHEN entries.state = '{EntryState.EXPECTED}'
                                 THEN coalesce(excluded.place_code, entries.place_code) ELSE entries.place_code END
        RETURNING entry_id, dossier_id, registry_code),
    planned AS (
        INSERT INTO deliveries
            (dossier_id, version_number, registry_code, step_number, delivery_key, state, needs, places_version, edits,
             operation, is_taken, decision_id, entry_id)
        SELECT w.dossier_id, w.version_number, w.registry_code, w.step_number, w.delivery_key,
               CASE WHEN w.step_number = 1 AND w.{MAKES_ENTRY} THEN '{DeliveryState.READY}'
                    ELSE '{DeliveryState.WAITING}' END,
               string_to_array(w.needs, ','), :places_version, CAST(string_to_array(w.edits, ',') AS bigint[]),
               w.operation, w.is_taken, w.decision_id, n.entry_id
          FROM wanted w JOIN entered n USING (dossier_id, registry_code)
         ORDER BY w.dossier_id, w.step_number
        ON CONFLICT (delivery_key) DO UPDATE
           SET state = excluded.state, version_number = excluded.version_number, edits = excluded.edits,
               places_version = excluded.places_version, decision_id = excluded.decision_id
         WHERE deliveries.state IN ({listed(DELIVERY.before(DeliveryEvent.PLANNED))})
        RETURNING dossier_id, delivery_id, registry_code, step_number, operation)
    INSERT INTO events (dossier_id, delivery_id, kind, detail)
    SELECT dossier_id, delivery_id, '{DeliveryEvent.PLANNED}',
           jsonb_build_object('registry', registry_code, 'step', step_number)
           || CASE WHEN operation = '{Operation.REGISTER}' THEN '{{}}'
                   ELSE jsonb_build_object('operation', operation) END
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

CONTENTS_SENT = text("""
    SELECT dossier_id, version_number, sealed FROM versions v
      JOIN unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[])) AS u(dossier_id, version_number)
     USING (dossier_id, version_number)""")
STANDING_STATES = sorted(map(str, TOUCHED_STATES | {DeliveryState.SETTLED}))
NOTHING: Mapping[bytes, bytes] = {}


@dataclass(frozen=True)
class Standing:
    """The last delivery to one registry that has it, may have it, or had it done by hand: what stands there now."""

    registry_code: str
    version_number: int
    key: UUID
    operation: Operation
    edits: tuple[int, ...]


@dataclass(frozen=True)
class Unexamined:
    """A dossier's newest version, to be examined. `standing`: what registries have or may have of it, by registry.

    `edits`: what persons changed in it, by decision; `original` is without them. `unfit_at`: the field of edits that do
    not fit, so that there are none. `resolution`: what a person decided about a change after sending, and the decision.
    """

    dossier_id: int
    portal_code: str
    dossier_code: str
    version_number: int
    content_sha256: bytes
    portal_status: int | None
    unreadable_field: str | None
    is_released: bool
    is_rejected: bool  # its batch was
    standing: Mapping[str, Standing]
    key: DataKey = field(repr=False)
    original: bytes = field(repr=False)
    edits: Mapping[int, Edit] = field(default_factory=dict, repr=False)
    unfit_at: str | None = None
    resolution: Act | None = None
    resolution_id: int | None = None


@dataclass(frozen=True)
class PlannedDelivery:
    """One delivery of a cleared dossier. `needs`: values as `civil_status.entry_number`; `is_taken`: whether the
    registry takes such a request; `decision_id`: who ordered it; `place_code`: the commune that registers."""

    registry_code: str
    step_number: int
    operation: Operation
    key: UUID
    needs: tuple[str, ...] = ()
    is_taken: bool = True
    decision_id: int | None = None
    place_code: str | None = None


@dataclass(frozen=True)
class Examined:
    """What became of an examination: the new state, and for a cleared dossier its deliveries in order.

    `keeps_registrations`: what is planned already to be registered goes on as it is. `started_at` and `due_at`: its
    legal time; None leaves what is known.
    """

    subject: Unexamined
    state: DossierState
    registries: tuple[str, ...]
    findings: Sequence[Finding] = ()
    plan: Sequence[PlannedDelivery] = ()
    keeps_registrations: bool = False
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
    ledger: Ledger,
    portal_code: str,
    after: int = 0,
    limit: int = 500,
    codes: Sequence[str] | None = None,
    in_hand: Mapping[bytes, bytes] = NOTHING,
) -> list[Unexamined]:
    """The next dossiers to examine, by id, those after `after`; only those of these codes, when there are any.

    `in_hand`: originals by their SHA-256 that need not be fetched and unsealed.
    """
    wanted = {"portal_code": portal_code, "after": after, "limit": limit, "standing": STANDING_STATES, "codes": codes}
    with ledger.engine.connect() as connection:
        rows = connection.execute(UNEXAMINED, wanted).all()
        lacking = [row for row in rows if row.original_sha256 not in in_hand]
        named = {"ids": [row.dossier_id for row in lacking], "versions": [row.version_number for row in lacking]}
        sealed = {row.dossier_id: row.sealed for row in connection.execute(SEALED, named)} if lacking else {}
        edits = effective_edits(connection, [row.dossier_id for row in rows])
    return [_open(ledger, row, edits.get(row.dossier_id, ()), sealed.get(row.dossier_id), in_hand) for row in rows]


def unexamined_of(ledger: Ledger, dossier_ids: Sequence[int]) -> list[Unexamined]:
    """The newest versions of these dossiers, whatever their state, by id; erased ones are left out."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(NEWEST, {"ids": list(dossier_ids), "standing": STANDING_STATES}).all()
        named = {"ids": [row.dossier_id for row in rows], "versions": [row.version_number for row in rows]}
        sealed = {row.dossier_id: row.sealed for row in connection.execute(SEALED, named)}
        edits = effective_edits(connection, [row.dossier_id for row in rows])
    return [_open(ledger, row, edits.get(row.dossier_id, ()), sealed[row.dossier_id], NOTHING) for row in rows]


def _open(
    ledger: Ledger,
    row: Any,
    edits: Sequence[tuple[int, bytes]],
    sealed: bytes | None,
    in_hand: Mapping[bytes, bytes],
) -> Unexamined:
    key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
    purpose = VERSION_PURPOSE.format(row.version_number)
    original = in_hand[row.original_sha256] if sealed is None else key.unseal(sealed, purpose)
    standing = {found.registry_code: found for found in map(_standing, row.standing)}
    act, _, decision_id = (row.resolution or "").partition(" ")
    return Unexamined(
        row.dossier_id,
        row.portal_code,
        row.dossier_code,
        row.version_number,
        bytes(row.content_sha256),
        row.portal_status,
        row.unreadable_field,
        row.is_released,
        row.is_rejected,
        standing,
        key,
        original,
        open_edits(key, edits),
        None,
        Act(act) if act else None,
        int(decision_id) if decision_id else None,
    )


def _standing(packed: str) -> Standing:
    registry_code, version_number, key, operation, *edits = packed.split(" ")
    ids = tuple(int(decision_id) for decision_id in "".join(edits).split(",") if decision_id)
    return Standing(registry_code, int(version_number), UUID(key), Operation(operation), ids)


def contents_sent(ledger: Ledger, subjects: Sequence[Unexamined]) -> dict[tuple[int, str], tuple[bytes, list[Edit]]]:
    """What was sent to each registry that has something of these dossiers, by dossier and registry: the original of
    that version, and the edits that its content carried."""
    wanted = {(one.dossier_id, each.version_number) for one in subjects for each in one.standing.values()}
    edit_ids = {decision_id for one in subjects for each in one.standing.values() for decision_id in each.edits}
    named = {"ids": [dossier_id for dossier_id, _ in wanted], "versions": [version for _, version in wanted]}
    with ledger.engine.connect() as connection:
        sealed = {(row.dossier_id, row.version_number): row.sealed for row in connection.execute(CONTENTS_SENT, named)}
        edits = sealed_edits(connection, edit_ids)
    sent: dict[tuple[int, str], tuple[bytes, list[Edit]]] = {}
    for one in subjects:
        for registry_code, each in one.standing.items():
            original = one.key.unseal(
                sealed[one.dossier_id, each.version_number], VERSION_PURPOSE.format(each.version_number)
            )
            opened = open_edits(one.key, ((decision_id, edits[decision_id]) for decision_id in each.edits))
            sent[one.dossier_id, registry_code] = (original, list(opened.values()))
    return sent


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
            "dossier_id": of.dossier_id,
            "version_number": of.version_number,
            "position": paper.position,
            "sha256": paper.sha256,
            "size": paper.size,
            "sealed": of.key.seal(paper.content, PAPER_PURPOSE.format(of.version_number, paper.position))
            if paper.content is not None
            else None,
        }
        for of, paper in fetched
    ]
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
        connection,
        events,
        ("dossier_id", "delivery_id", "kind", "detail"),
        ((one.subject.dossier_id, None, str(one.state), _detail(one)) for one in settled),
    )


def _detail(one: Examined) -> dict[str, Any]:
    detail: dict[str, Any] = {"version": one.subject.version_number}
    if one.findings:
        detail["checks"] = sorted({finding.check_code for finding in one.findings})
    return detail


def _write_plans(connection: Connection, settled: Sequence[Examined]) -> None:
    replanned = [examined for examined in settled if examined.state in (DossierState.CLEARED, DossierState.CLOSED)]
    planned = [(examined, delivery) for examined in replanned for delivery in examined.plan]
    keep = [delivery.key for _, delivery in planned]
    for keeps in (False, True):
        ids = [one.subject.dossier_id for one in replanned if one.keeps_registrations == keeps]
        if ids:
            cancel(connection, ids, keep=keep, only_changes=keeps)
    if planned:
        connection.execute(PLAN, _plan_values(planned))
    if going_on := [
        one.subject.dossier_id for one in replanned if one.subject.standing and (one.plan or one.keeps_registrations)
    ]:
        open_next(connection, going_on)  # behind what stands
    ours = [one for one in settled if one.state in (DossierState.CLEARED, DossierState.HELD)]
    readable = [one for one in ours if one.subject.unreadable_field is None]
    queue_reports(connection, Milestone.RECEIVED, [one.subject.dossier_id for one in readable])
    accepted = [one.subject.dossier_id for one in settled if one.state == DossierState.CLEARED]
    queue_reports(connection, Milestone.ACCEPTED, accepted)


def _plan_values(planned: Sequence[tuple[Examined, PlannedDelivery]]) -> dict[str, Any]:
    """The parameters of `PLAN`."""
    return {
        "ids": [examined.subject.dossier_id for examined, _ in planned],
        "versions": [examined.subject.version_number for examined, _ in planned],
        "registries": [delivery.registry_code for _, delivery in planned],
        "steps": [delivery.step_number for _, delivery in planned],
        "keys": [delivery.key for _, delivery in planned],
        "places_version": TABLE_VERSION,
        "needs": [",".join(delivery.needs) for _, delivery in planned],
        "edits": [",".join(map(str, examined.subject.edits)) for examined, _ in planned],
        "operations": [str(delivery.operation) for _, delivery in planned],
        "taken": [delivery.is_taken for _, delivery in planned],
        "decisions": [delivery.decision_id for _, delivery in planned],
        "places": [delivery.place_code for _, delivery in planned],
    }


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
        for one in held
        for finding in one.findings
        if finding.weight != Weight.NOTES
    ]
    write_faults(connection, rows)
    counts = Counter((one.subject.portal_code, str(one.state), "") for one in settled)
    counts.update((one.subject.portal_code, "fault", code) for one in held for code in _holding_codes(one))
    tally(connection, counts)


def _holding_codes(one: Examined) -> set[str]:
    return {finding.check_code for finding in one.findings if finding.weight != Weight.NOTES}
