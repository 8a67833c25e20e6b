"""Reports to portals: each milestone of a dossier is queued, and sent in the order in which it was reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.sealed import GIVEN, given_of, open_decision
from schemas.report import Milestone, Report, ReportOutcome
from schemas.source import SourceKind
from schemas.states import DOSSIER, REPORT, DossierEvent, DossierState, ReportEvent, ReportState, listed

LEASE_S = 120

QUEUE = text(f"""
    INSERT INTO reports (dossier_id, milestone, decision_id)
    SELECT dossier_id, CAST(:milestone AS text), decision_id
      FROM unnest(CAST(:ids AS bigint[]), CAST(:decisions AS bigint[])) AS u(dossier_id, decision_id)
      JOIN dossiers d USING (dossier_id)
     WHERE d.source_kind = '{SourceKind.PORTAL}' AND NOT EXISTS (SELECT FROM reports r
                        WHERE r.dossier_id = u.dossier_id AND r.milestone = CAST(:milestone AS text)
                          AND r.decision_id IS NOT DISTINCT FROM u.decision_id
                          AND (r.state = '{ReportState.PENDING}'
                               OR (:once AND r.state <> '{ReportState.WITHDRAWN}')))""")
WITHDRAW = text(f"""
    WITH picked AS (
        SELECT r.report_id FROM reports r JOIN dossiers d USING (dossier_id) JOIN decisions m USING (decision_id)
         WHERE r.state = '{ReportState.PENDING}' AND d.portal_code = :portal_code
           AND (r.leased_until IS NULL OR r.leased_until < clock_timestamp())
           AND m.version_number <> d.version_number
         FOR UPDATE OF r SKIP LOCKED),
    gone AS (
        UPDATE reports SET state = '{REPORT.after(ReportEvent.WITHDRAWN)}'
         WHERE report_id IN (SELECT report_id FROM picked)
        RETURNING dossier_id, milestone)
    INSERT INTO events (dossier_id, kind, detail)
    SELECT dossier_id, 'report_{ReportEvent.WITHDRAWN}', jsonb_build_object('milestone', milestone) FROM gone""")
"""A decision about a version that is no longer the newest is not reported."""
CLAIM = text(f"""
    WITH first AS (
        SELECT DISTINCT ON (r.dossier_id) r.report_id FROM reports r JOIN dossiers d USING (dossier_id)
         WHERE d.portal_code = :portal_code AND r.state = '{ReportState.PENDING}' ORDER BY r.dossier_id, r.report_id),
    picked AS (
        SELECT report_id FROM reports
         WHERE report_id IN (SELECT report_id FROM first) AND not_before <= clock_timestamp()
           AND (leased_until IS NULL OR leased_until < clock_timestamp())
         ORDER BY report_id LIMIT :limit FOR UPDATE SKIP LOCKED),
    claimed AS (
        UPDATE reports SET leased_until = clock_timestamp() + make_interval(secs => :lease),
               attempt_number = attempt_number + 1
         WHERE report_id IN (SELECT report_id FROM picked) RETURNING *)
    SELECT c.report_id, c.dossier_id, c.milestone, c.happened_at, c.attempt_number, d.portal_code, d.dossier_code,
           d.national_code, d.technical_id, d.procedure_as_written, k.wrapped, m.sealed AS decision,
           {GIVEN.format(dossier="c.dossier_id")}
      FROM claimed c JOIN dossiers d USING (dossier_id) JOIN keys k USING (dossier_id)
      LEFT JOIN decisions m USING (decision_id) ORDER BY c.report_id""")
ACKNOWLEDGED = text(f"""
    WITH done AS (
        UPDATE reports r SET state = u.state, acknowledged_at = clock_timestamp(), leased_until = NULL
          FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[])) AS u(report_id, state)
         WHERE r.report_id = u.report_id AND r.state = '{ReportState.PENDING}'
        RETURNING r.dossier_id, r.milestone, r.state),
    unacknowledged AS (
        UPDATE dossiers d SET state = '{DossierState.HELD}' FROM done
         WHERE done.dossier_id = d.dossier_id AND done.state = '{ReportState.REFUSED}'
           AND d.state IN ({listed(DOSSIER.before(DossierEvent.REPORT_REFUSED, DossierState.HELD))})
           AND done.milestone IN ('supplement_asked', 'rejected')
        RETURNING d.*),
    for_a_person AS (
        INSERT INTO faults (dossier_id, cause_code, field_paths, portal_code, commune_code, due_at)
        SELECT dossier_id, 'words_not_taken', '{{""}}', portal_code, commune_code, due_at FROM unacknowledged
        ON CONFLICT DO NOTHING)
    INSERT INTO events (dossier_id, kind, detail)
    SELECT dossier_id, 'report_' || state, jsonb_build_object('milestone', milestone) FROM done""")
"""When a portal refuses words for a citizen, a person must act on the dossier again."""
POSTPONE = text(f"""
    UPDATE reports r SET leased_until = NULL, not_before = clock_timestamp() + make_interval(secs => u.wait)
      FROM unnest(CAST(:ids AS bigint[]), CAST(:waits AS float8[])) AS u(report_id, wait)
     WHERE r.report_id = u.report_id AND r.state = '{ReportState.PENDING}'""")
PORTALS_WAITING = text(f"""
    SELECT DISTINCT d.portal_code FROM reports r JOIN dossiers d USING (dossier_id)
     WHERE r.state = '{ReportState.PENDING}'""")


@dataclass(frozen=True)
class ClaimedReport:
    """A report that is this worker's until its lease ends. `attempt_number`: how often it was sent, this time
    included."""

    report_id: int
    attempt_number: int
    report: Report = field(repr=False)


def queue_reports(
    connection: Connection,
    milestone: Milestone,
    dossier_ids: Sequence[int],
    *,
    once: bool = True,
    decision_ids: Sequence[int] = (),
) -> None:
    """Queues a report of a milestone for each of these dossiers, but never two that wait. With `once`, a milestone that
    was reported before is not reported again.

    `decision_ids`: for each dossier the decision whose reason the citizen is to read; each decision has its own report.
    """
    if dossier_ids:
        decisions: Sequence[int | None] = decision_ids or [None] * len(dossier_ids)
        values = {"milestone": str(milestone), "ids": list(dossier_ids), "decisions": list(decisions), "once": once}
        connection.execute(QUEUE, values)


def portals_waiting(ledger: Ledger) -> list[str]:
    """The portals for which reports wait."""
    with ledger.engine.connect() as connection:
        return sorted(connection.execute(PORTALS_WAITING).scalars())


def claim_reports(ledger: Ledger, portal_code: str, limit: int) -> list[ClaimedReport]:
    """Claims the first unacknowledged report of each dossier. Its next report is claimed only after that one was
    acknowledged."""
    with ledger.engine.begin() as connection:
        connection.execute(WITHDRAW, {"portal_code": portal_code})
        rows = connection.execute(CLAIM, {"portal_code": portal_code, "limit": limit, "lease": LEASE_S}).all()
    return [ClaimedReport(row.report_id, row.attempt_number, _report(ledger, row)) for row in rows]


def _report(ledger: Ledger, row: Any) -> Report:
    key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
    return Report(
        dossier_code=row.dossier_code,
        national_code=row.national_code,
        technical_id=row.technical_id,
        procedure_as_written=row.procedure_as_written or "",
        milestone=row.milestone,
        happened_at=row.happened_at,
        given=given_of(key, row.given_by, row.given_sealed),
        words=open_decision(key, row.decision).reason if row.decision else "",
    )


def record_report_outcomes(
    ledger: Ledger, report_outcomes: Mapping[int, ReportOutcome], later: Sequence[tuple[int, float]]
) -> None:
    """Writes the outcomes of reports, by report. Those in `later` are sent again after their wait, in seconds."""
    with ledger.engine.begin() as connection:
        if report_outcomes:
            states = [str(outcome) for outcome in report_outcomes.values()]
            connection.execute(ACKNOWLEDGED, {"ids": list(report_outcomes), "states": states})
        if later:
            connection.execute(
                POSTPONE, {"ids": [report_id for report_id, _ in later], "waits": [wait_s for _, wait_s in later]}
            )
