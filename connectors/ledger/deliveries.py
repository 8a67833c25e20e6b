"""Writes the outcomes of deliveries, with all that follows from them, in one transaction.

Order: a delivery of a later step waits for the earlier steps of its dossier, and a correction waits for every earlier
delivery about its entry. When a registry takes no request for a delivery, it is parked for a person when its turn
comes.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from connectors.ledger import Ledger, copy_rows
from connectors.ledger.claims import Claimed
from connectors.ledger.faults import NOT_TAKEN, tally, write_faults
from connectors.ledger.reports import queue_reports
from connectors.ledger.sealed import seal_reply
from schemas.operation import Operation
from schemas.registries import Receipt
from schemas.report import Milestone
from schemas.states import (
    DELIVERY,
    DOSSIER,
    ENTRY,
    PASSED_STATES,
    TOUCHED_STATES,
    UNSENT_STATES,
    DeliveryEvent,
    DeliveryState,
    DossierEvent,
    DossierState,
    EntryEvent,
    EntryState,
    listed,
)
from schemas.tables import events, replies

_WAITING = f"'{DeliveryState.WAITING}'"
MAKES_ENTRY = f"operation IN ({listed(operation for operation in Operation if operation.makes_entry)})"
"""Of a delivery: it is a registration, not a change of an existing entry."""

APPLY = text("""
    UPDATE deliveries d
       SET state = :state, leased_until = NULL, asked_number = u.asked_number,
           not_before = clock_timestamp() + make_interval(secs => u.wait),
           gives = CASE WHEN :settles THEN string_to_array(u.gives, ',') ELSE d.gives END,
           lacks = CASE WHEN :settles THEN string_to_array(u.lacks, ',') ELSE d.lacks END
      FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS int[]), CAST(:asked AS int[]), CAST(:waits AS float8[]),
                  CAST(:gives AS text[]), CAST(:lacks AS text[]))
           AS u(delivery_id, attempt_number, asked_number, wait, gives, lacks)
     WHERE d.delivery_id = u.delivery_id AND d.attempt_number = u.attempt_number AND d.state = ANY(:allowed)
    RETURNING d.delivery_id""")
POSTPONE = text("""
    UPDATE deliveries d SET leased_until = NULL, asked_number = u.asked_number,
           not_before = clock_timestamp() + make_interval(secs => u.wait)
      FROM unnest(CAST(:ids AS bigint[]), CAST(:asked AS int[]), CAST(:waits AS float8[]))
           AS u(delivery_id, asked_number, wait)
     WHERE d.delivery_id = u.delivery_id""")
OPEN_NEXT = text(f"""
    WITH opened AS (
        UPDATE deliveries n
           SET state = CASE WHEN n.is_taken THEN '{DELIVERY.after(DeliveryEvent.OPENED)}'
                            ELSE '{DELIVERY.after(DeliveryEvent.PARKED)}' END,
               not_before = clock_timestamp()
         WHERE n.dossier_id = ANY(:ids) AND n.state IN ({listed(DELIVERY.before(DeliveryEvent.OPENED))})
           AND NOT EXISTS (
               SELECT FROM deliveries p
                WHERE p.dossier_id = n.dossier_id AND p.state NOT IN ({listed(PASSED_STATES)})
                  AND ((p.step_number < n.step_number AND p.version_number <= n.version_number)
                       OR (p.entry_id = n.entry_id AND p.delivery_id < n.delivery_id)))
           AND n.needs <@ ARRAY(SELECT unnest(p.gives) FROM deliveries p WHERE p.dossier_id = n.dossier_id)
        RETURNING n.dossier_id, n.delivery_id, n.registry_code, n.is_taken),
    written AS (
        INSERT INTO events (dossier_id, delivery_id, kind)
        SELECT dossier_id, delivery_id,
               CASE WHEN is_taken THEN '{DeliveryEvent.OPENED}' ELSE '{DeliveryEvent.PARKED}' END FROM opened)
    SELECT dossier_id, registry_code FROM opened WHERE NOT is_taken""")
STOP_NEXT = text(f"""
    WITH stopped AS (
        UPDATE deliveries n SET state = '{DELIVERY.after(DeliveryEvent.STOPPED)}'
         WHERE n.dossier_id = ANY(:ids) AND n.state IN ({listed(DELIVERY.before(DeliveryEvent.STOPPED))})
        RETURNING n.dossier_id, n.delivery_id)
    INSERT INTO events (dossier_id, delivery_id, kind)
    SELECT dossier_id, delivery_id, '{DeliveryEvent.STOPPED}' FROM stopped""")
CANCEL = text(f"""
    WITH gone AS (
        UPDATE deliveries SET state = '{DELIVERY.after(DeliveryEvent.CANCELLED)}'
         WHERE dossier_id = ANY(:ids) AND delivery_key <> ALL(CAST(:keep AS uuid[])) AND state = ANY(:states)
           AND (NOT :only_changes OR NOT ({MAKES_ENTRY} OR EXISTS (
                SELECT FROM deliveries g WHERE g.dossier_id = deliveries.dossier_id AND g.state = ANY(:touched)
                   AND g.decision_id = deliveries.decision_id)))
        RETURNING dossier_id, delivery_id)
    INSERT INTO events (dossier_id, delivery_id, kind)
    SELECT dossier_id, delivery_id, '{DeliveryEvent.CANCELLED}' FROM gone""")
FOLLOW_FIRST = text(f"""
    WITH changed AS (
        SELECT dossier_id, max(decision_id) AS decision_id FROM deliveries
         WHERE dossier_id = ANY(:ids) AND state = ANY(:touched) AND NOT {MAKES_ENTRY} GROUP BY dossier_id),
    first AS (
        SELECT DISTINCT ON (dossier_id) dossier_id, version_number, edits,
               operation = '{Operation.ANNUL}' AS is_annulled
          FROM deliveries WHERE dossier_id = ANY(:ids) AND state = ANY(:touched) AND step_number = 1
         ORDER BY dossier_id, delivery_id DESC),
    again AS (
        UPDATE deliveries n SET state = {_WAITING} FROM first LEFT JOIN changed USING (dossier_id)
         WHERE n.dossier_id = first.dossier_id AND n.state = '{DeliveryState.CANCELLED}'
           AND CASE WHEN {MAKES_ENTRY}
               THEN n.version_number = first.version_number AND n.edits = first.edits AND NOT first.is_annulled
                    AND NOT EXISTS (SELECT FROM deliveries t WHERE t.entry_id = n.entry_id AND t.state = ANY(:touched))
               ELSE n.decision_id = changed.decision_id END
        RETURNING n.dossier_id, n.delivery_id, n.entry_id, n.registry_code, n.step_number, n.operation),
    gone AS (
        UPDATE deliveries o SET state = '{DELIVERY.after(DeliveryEvent.CANCELLED)}' FROM again
         WHERE o.entry_id = again.entry_id AND o.delivery_id <> again.delivery_id AND again.{MAKES_ENTRY}
           AND o.state IN ({listed(DELIVERY.before(DeliveryEvent.CANCELLED))})
        RETURNING o.dossier_id, o.delivery_id)
    INSERT INTO events (dossier_id, delivery_id, kind, detail)
    SELECT dossier_id, delivery_id, '{DeliveryEvent.PLANNED}',
           jsonb_build_object('registry', registry_code, 'step', step_number, 'operation', operation) FROM again
     UNION ALL SELECT dossier_id, delivery_id, '{DeliveryEvent.CANCELLED}', '{{}}' FROM gone""")
"""The other registries are sent what the first one has: the rest of its last change, and registrations of its version.
What was planned for them instead is given up."""
EXAMINE_AGAIN = text(f"""
    UPDATE dossiers SET state = '{DossierState.PULLED}'
     WHERE dossier_id = ANY(:ids) AND state IN ({listed(DOSSIER.before(DossierEvent.REFUSED, DossierState.PULLED))})""")
WHOLLY_REGISTERED = text(f"""
    SELECT dossier_id FROM deliveries
     WHERE dossier_id = ANY(:ids) AND state <> '{DeliveryState.CANCELLED}' AND {MAKES_ENTRY}
     GROUP BY dossier_id HAVING bool_and(state = '{DeliveryState.REGISTERED}' AND lacks = '{{}}')""")
EXPECT_NO_MORE = """
    UPDATE deliveries d SET lacks = '{}' FROM annulled WHERE d.entry_id = annulled.entry_id AND d.lacks <> '{}'"""
"""Of a registration whose entry is annulled, nobody waits for what it still lacks."""
ENTER = text(f"""
    WITH entered AS (
        UPDATE entries n
           SET state = CASE d.operation WHEN '{Operation.ANNUL}' THEN '{ENTRY.after(EntryEvent.ANNULLED)}'
                                        ELSE '{ENTRY.after(EntryEvent.REGISTERED)}' END
          FROM deliveries d
         WHERE d.delivery_id = ANY(:ids) AND n.entry_id = d.entry_id
           AND (n.state IN ({listed(ENTRY.before(EntryEvent.REGISTERED))}) OR d.operation = '{Operation.ANNUL}')
        RETURNING n.entry_id, n.state),
    annulled AS (SELECT entry_id FROM entered WHERE state = '{EntryState.ANNULLED}'){EXPECT_NO_MORE}""")

TOUCHED = sorted(map(str, TOUCHED_STATES))
"""The states of a delivery that its registry has or may have, as a parameter of a query."""


@dataclass(frozen=True)
class DeliveryOutcome:
    """The outcome of a claimed delivery: the event, and for an answer what the registry gave and said (kept sealed).

    `lacks`: the values that the registry has promised and not given yet. `wait_s`: seconds until the delivery is due
    again. `units_decided_by`: by what a place was chosen among several units, in codes. `causes`: of a refusal, pairs
    of cause and field, for the person who acts.
    """

    claimed: Claimed
    event: DeliveryEvent
    receipt: Receipt | None = field(default=None, repr=False)
    lacks: tuple[str, ...] = ()
    code: str = ""
    words: str = field(default="", repr=False)
    wait_s: float = 0.0
    units_decided_by: tuple[str, ...] = ()
    causes: tuple[tuple[str, str], ...] = ()


def record(ledger: Ledger, outcomes: Sequence[DeliveryOutcome]) -> int:
    """Writes outcomes of claimed deliveries and what follows, in one transaction. Returns how many took effect.

    An answer to an attempt that is no longer the current one changes nothing and is kept as an event `late_answer`.
    """
    if not outcomes:
        return 0
    effective: list[DeliveryOutcome] = []
    with ledger.engine.begin() as connection:
        for event in dict.fromkeys(outcome.event for outcome in outcomes):
            group = [outcome for outcome in outcomes if outcome.event == event]
            applied = _apply(connection, event, group)
            effective += [outcome for outcome in group if outcome.claimed.delivery_id in applied]
            _write_events(connection, group, applied)
        _seal_replies(connection, effective)
        _follow(connection, effective)
        _write_faults(connection, effective)
    return len(effective)


def postpone(ledger: Ledger, claimed: Sequence[tuple[Claimed, float]]) -> None:
    """Gives claims back that brought nothing new; they are claimed again after the wait, in seconds."""
    if claimed:
        values = {
            "ids": [delivery.delivery_id for delivery, _ in claimed],
            "asked": [delivery.asked_number + 1 for delivery, _ in claimed],
            "waits": [wait_s for _, wait_s in claimed],
        }
        with ledger.engine.begin() as connection:
            connection.execute(POSTPONE, values)


def cancel(
    connection: Connection,
    dossier_ids: Sequence[int],
    *,
    keep: Sequence[UUID] = (),
    states: Collection[DeliveryState] = DELIVERY.before(DeliveryEvent.CANCELLED),
    only_changes: bool = False,
) -> None:
    """Cancels deliveries of these dossiers that no registry has, except those to `keep`; they may be planned anew.

    `only_changes`: cancels corrections and annulments, but no registration, and none whose decision has reached a
    registry already, because the other registries must hold what civil status holds.
    """
    values = {"ids": list(dossier_ids), "keep": list(keep), "states": [str(state) for state in states]}
    connection.execute(CANCEL, {**values, "only_changes": only_changes, "touched": TOUCHED})


def follow_first(connection: Connection, dossier_ids: Sequence[int]) -> None:
    """Plans again what a newer plan had replaced and is needed for all registries to hold what the first one has. Call
    `open_next` afterwards."""
    connection.execute(FOLLOW_FIRST, {"ids": list(dossier_ids), "touched": TOUCHED})


def cancel_unsent(connection: Connection, dossier_ids: Sequence[int]) -> None:
    """Cancels deliveries that wait or are ready; they are planned anew when the dossier is cleared again."""
    cancel(connection, dossier_ids, states=UNSENT_STATES)


def open_next(connection: Connection, dossier_ids: Sequence[int]) -> None:
    """Opens the deliveries whose turn has come. A delivery for which its registry takes no request is parked, and that
    may open the next one; so this repeats until nothing more is parked."""
    open_ids = list(dossier_ids)
    while open_ids:
        parked = connection.execute(OPEN_NEXT, {"ids": open_ids}).all()
        faults = [(row.dossier_id, f"{row.registry_code}{NOT_TAKEN}", "", row.registry_code) for row in parked]
        write_faults(connection, faults)
        open_ids = sorted({row.dossier_id for row in parked})


def _apply(connection: Connection, event: DeliveryEvent, group: Sequence[DeliveryOutcome]) -> set[int]:
    """Moves the deliveries for which the event can still happen in the attempt that it is about; returns their ids."""
    settles = event in (DeliveryEvent.REGISTERED, DeliveryEvent.COMPLETED)
    asks = int(event in (DeliveryEvent.ACCEPTED, DeliveryEvent.UNANSWERED))
    values = {
        "state": str(DELIVERY.after(event)),
        "allowed": [str(state) for state in DELIVERY.before(event)],
        "settles": settles,
        "ids": [outcome.claimed.delivery_id for outcome in group],
        "attempts": [outcome.claimed.attempt_number for outcome in group],
        "asked": [outcome.claimed.asked_number + asks for outcome in group],
        "waits": [outcome.wait_s for outcome in group],
        "gives": [
            ",".join(outcome.claimed.given.and_then(outcome.receipt).names()) if settles else "" for outcome in group
        ],
        "lacks": [",".join(outcome.lacks) for outcome in group],
    }
    return set(connection.execute(APPLY, values).scalars())


def _write_events(connection: Connection, group: Sequence[DeliveryOutcome], applied: set[int]) -> None:
    def row(outcome: DeliveryOutcome) -> tuple[int, int, str, dict[str, Any]]:
        claimed = outcome.claimed
        kind = str(outcome.event) if claimed.delivery_id in applied else "late_answer"
        return claimed.dossier_id, claimed.delivery_id, kind, _detail(outcome)

    copy_rows(connection, events, ("dossier_id", "delivery_id", "kind", "detail"), map(row, group))


def _detail(outcome: DeliveryOutcome) -> dict[str, Any]:
    """What an event keeps of an outcome, in codes."""
    detail: dict[str, Any] = {"attempt": outcome.claimed.attempt_number, "registry": outcome.claimed.registry_code}
    if outcome.claimed.operation is not Operation.REGISTER:
        detail["operation"] = str(outcome.claimed.operation)
    if outcome.code:
        detail["code"] = outcome.code if outcome.code.isprintable() else "?"
    if outcome.lacks:
        detail["lacks"] = list(outcome.lacks)
    if outcome.units_decided_by:
        detail["decided"] = list(outcome.units_decided_by)
    if outcome.causes:
        detail["causes"] = [list(cause) for cause in outcome.causes]
    return detail


def _seal_replies(connection: Connection, effective: Sequence[DeliveryOutcome]) -> None:
    """Keeps what registries said. An answer without receipt and words ("still working") is not kept."""
    rows = (
        (
            outcome.claimed.delivery_id,
            str(outcome.event),
            datetime.now(timezone.utc),
            seal_reply(outcome.claimed.key, outcome.code, outcome.words, outcome.receipt),
        )
        for outcome in effective
        if outcome.receipt or outcome.words
    )
    copy_rows(connection, replies, ("delivery_id", "event", "received_at", "sealed"), rows)


def _follow(connection: Connection, effective: Sequence[DeliveryOutcome]) -> None:
    """Writes what follows: states of entries, the next steps opened or stopped, and reports to the portal."""

    def dossiers_of(*kinds: DeliveryEvent, is_first: bool = False, is_whole: bool = False) -> list[int]:
        return sorted(
            {
                outcome.claimed.dossier_id
                for outcome in effective
                if outcome.event in kinds
                and (outcome.claimed.step_number == 1 or not is_first)
                and not (is_whole and outcome.lacks)
            }
        )

    accepted, registered, completed = DeliveryEvent.ACCEPTED, DeliveryEvent.REGISTERED, DeliveryEvent.COMPLETED
    queue_reports(connection, Milestone.FORWARDED, dossiers_of(accepted, registered, is_first=True))
    whole = dossiers_of(registered, completed, is_first=True, is_whole=True)
    queue_reports(connection, Milestone.REGISTERED, whole)
    if done := dossiers_of(registered, completed):
        entered = [outcome.claimed.delivery_id for outcome in effective if outcome.event == registered]
        connection.execute(ENTER, {"ids": entered})
        open_next(connection, done)
        finished = connection.execute(WHOLLY_REGISTERED, {"ids": done}).scalars().all()
        queue_reports(connection, Milestone.RETURNED, finished)
    if untouched := dossiers_of(DeliveryEvent.REFUSED, DeliveryEvent.FOUND_MISSING):
        connection.execute(EXAMINE_AGAIN, {"ids": untouched})
    if refused := dossiers_of(DeliveryEvent.REFUSED):
        connection.execute(STOP_NEXT, {"ids": refused})
        with_steward = {
            outcome.claimed.dossier_id
            for outcome in effective
            if outcome.event == DeliveryEvent.REFUSED and outcome.claimed.operation.makes_entry
        }
        queue_reports(connection, Milestone.WITH_STEWARD, sorted(with_steward), once=False)


def _write_faults(connection: Connection, effective: Sequence[DeliveryOutcome]) -> None:
    """Writes a fault for each cause of a refusal, for a person to act on, and the day's tallies."""
    refused = [outcome for outcome in effective if outcome.event == DeliveryEvent.REFUSED]
    faults = [
        (outcome.claimed.dossier_id, cause_code, field_path, outcome.claimed.registry_code)
        for outcome in refused
        for cause_code, field_path in outcome.causes or ((f"{outcome.claimed.registry_code}.unknown", ""),)
    ]
    write_faults(connection, faults)
    ends = [
        outcome
        for outcome in effective
        if outcome.event in (DeliveryEvent.REFUSED, DeliveryEvent.REGISTERED) and outcome.claimed.operation.makes_entry
    ]
    counts = Counter(
        (outcome.claimed.portal_code, str(outcome.event), outcome.claimed.registry_code) for outcome in ends
    )
    counts.update((outcome.claimed.portal_code, "fault", cause) for outcome in refused for cause, _ in outcome.causes)
    tally(connection, counts)
