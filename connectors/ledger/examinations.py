"""Checks find fault with a dossier or clear it: the result of an examination, and all that is written with it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger, copy_rows
from connectors.ledger.deliveries import cancel, follow_first, open_next
from connectors.ledger.faults import clear_outdated, tally, write_faults
from connectors.ledger.plans import PlannedDelivery, write_plans
from connectors.ledger.reports import queue_reports
from connectors.ledger.unexamined import Unexamined
from schemas.finding import Finding, Weight
from schemas.report import Milestone
from schemas.states import DOSSIER, DossierEvent, DossierState, listed
from schemas.tables import events

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
REOPEN = text("""
    INSERT INTO events (dossier_id, kind, detail)
    SELECT d.dossier_id, 'reopened', jsonb_build_object('version', d.version_number, 'was', max(m.version_number))
      FROM dossiers d JOIN decisions m USING (dossier_id)
     WHERE d.dossier_id = ANY(:ids) AND m.version_number < d.version_number
       AND NOT EXISTS (SELECT FROM events e WHERE e.dossier_id = d.dossier_id AND e.kind = 'reopened'
                          AND e.detail ->> 'version' = d.version_number::text)
     GROUP BY d.dossier_id""")
"""Decisions of an earlier version no longer count. The event is written once for each version."""


@dataclass(frozen=True)
class Examined:
    """The result of an examination: the dossier's new state, and for a cleared dossier its deliveries in order.

    `registries`: those that are to know of the dossier. `keeps_registrations`: registrations that are planned already
    go on as they are. `started_at`, `due_at`: its legal time; None leaves what is known.
    """

    subject: Unexamined
    state: DossierState
    registries: tuple[str, ...]
    findings: Sequence[Finding] = ()
    plan: Sequence[PlannedDelivery] = ()
    keeps_registrations: bool = False
    started_at: datetime | None = None
    due_at: datetime | None = None


def settle(ledger: Ledger, examined: Sequence[Examined]) -> Counter[str]:
    """Writes the results of examinations and returns how many dossiers came into each state.

    A dossier that changed meanwhile is left out; it is still to be examined, in its newer version.
    """
    if not examined:
        return Counter()
    values = {
        "ids": [result.subject.dossier_id for result in examined],
        "versions": [result.subject.version_number for result in examined],
        "states": [str(result.state) for result in examined],
        "registries": [",".join(result.registries) for result in examined],
        "starts": [result.started_at for result in examined],
        "dues": [result.due_at for result in examined],
    }
    with ledger.engine.begin() as connection:
        unchanged = set(connection.execute(SETTLE, values).scalars())
        settled = [result for result in examined if result.subject.dossier_id in unchanged]
        _write_findings(connection, settled)
        _plan(connection, settled)
        _write_faults(connection, settled)
    return Counter(str(result.state) for result in settled)


def _write_findings(connection: Connection, settled: Sequence[Examined]) -> None:
    findings = [(result.subject, finding) for result in settled for finding in result.findings]
    if findings:
        values = {
            "ids": [subject.dossier_id for subject, _ in findings],
            "versions": [subject.version_number for subject, _ in findings],
            "checks": [finding.check_code for _, finding in findings],
            "paths": [finding.field_path for _, finding in findings],
            "weights": [str(finding.weight) for _, finding in findings],
        }
        connection.execute(FIND, values)
    rows = ((result.subject.dossier_id, None, str(result.state), _detail(result)) for result in settled)
    copy_rows(connection, events, ("dossier_id", "delivery_id", "kind", "detail"), rows)


def _detail(result: Examined) -> dict[str, Any]:
    detail: dict[str, Any] = {"version": result.subject.version_number}
    if result.findings:
        detail["checks"] = sorted({finding.check_code for finding in result.findings})
    return detail


def _plan(connection: Connection, settled: Sequence[Examined]) -> None:
    """Cancels what is planned no more, plans the rest, and queues the reports to the portal."""
    replanned = [result for result in settled if result.state in (DossierState.CLEARED, DossierState.CLOSED)]
    planned = [(result.subject, delivery) for result in replanned for delivery in result.plan]
    keep = [delivery.key for _, delivery in planned]
    for keeps in (False, True):
        ids = [result.subject.dossier_id for result in replanned if result.keeps_registrations == keeps]
        if ids:
            cancel(connection, ids, keep=keep, only_changes=keeps)
            if keeps:
                follow_first(connection, ids)
    write_plans(connection, planned)
    going_on = [
        result for result in replanned if result.subject.standing and (result.plan or result.keeps_registrations)
    ]
    if going_on:  # what stands at a registry already may open the next delivery
        open_next(connection, [result.subject.dossier_id for result in going_on])
    _queue_reports(connection, settled)


def _queue_reports(connection: Connection, settled: Sequence[Examined]) -> None:
    received = [result for result in settled if result.state in (DossierState.CLEARED, DossierState.HELD)]
    readable = [result.subject.dossier_id for result in received if result.subject.unreadable_field is None]
    queue_reports(connection, Milestone.RECEIVED, readable)
    accepted = [result.subject.dossier_id for result in settled if result.state == DossierState.CLEARED]
    queue_reports(connection, Milestone.ACCEPTED, accepted)


def _write_faults(connection: Connection, settled: Sequence[Examined]) -> None:
    """Writes the faults of held dossiers, each for a person to act on, and the day's tallies."""
    if not settled:
        return
    clear_outdated(connection, [result.subject.dossier_id for result in settled])
    changed = [result.subject.dossier_id for result in settled if result.subject.version_number > 1]
    if changed:
        connection.execute(REOPEN, {"ids": changed})
    held = [result for result in settled if result.state == DossierState.HELD]
    faults = [(result.subject, finding) for result in held for finding in _holding(result)]
    write_faults(
        connection, [(subject.dossier_id, finding.check_code, finding.field_path, None) for subject, finding in faults]
    )
    counts = Counter((result.subject.portal_code, str(result.state), "") for result in settled)
    for result in held:
        codes = {finding.check_code for finding in _holding(result)}
        counts.update((result.subject.portal_code, "fault", check_code) for check_code in codes)
    tally(connection, counts)


def _holding(result: Examined) -> list[Finding]:
    return [finding for finding in result.findings if finding.weight != Weight.NOTES]
