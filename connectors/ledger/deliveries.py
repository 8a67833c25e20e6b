"""Deliveries go out and answers come back: claims, attempts written before requests leave, and what each answer does.

`claim_ready` writes the attempt in the transaction that claims, and holds the dossier still meanwhile, so that a new
version sees either no attempt or a whole one. Whoever dies after it leaves a delivery in `sending`,
which `claim_doubtful` finds once its lease and the registry's settling time are over, to ask before anything is sent.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from connectors.ledger import Ledger, copy_rows
from connectors.ledger.batches import IN_GATE
from connectors.ledger.faults import tally, write_faults
from connectors.ledger.reports import queue_reports
from connectors.ledger.sealed import GIVEN, VERSION_PURPOSE, given_of, open_edits, seal_reply, sealed_edits
from connectors.vault import DataKey
from schemas.decision import Edit
from schemas.registries import Given, Receipt
from schemas.report import Milestone
from schemas.states import DELIVERY, TOUCHED_STATES, DeliveryEvent, DeliveryState
from schemas.tables import events, replies

LEASE_S = 180
"""How long a claim holds. Nothing is sent in its last `LEASE_MARGIN_S`, so that no two workers send at once."""
LEASE_MARGIN_S = 60

_CLAIMED = f"""
    SELECT c.delivery_id, c.dossier_id, c.version_number, c.registry_code, c.delivery_key, c.attempt_number,
           c.asked_number, c.step_number, c.state, c.attempted_at, c.edits, s.portal_code, s.dossier_code,
           s.national_code, v.sealed, k.wrapped,
           {GIVEN.format(dossier="c.dossier_id")}
      FROM claimed c JOIN dossiers s ON s.dossier_id = c.dossier_id JOIN keys k ON k.dossier_id = c.dossier_id
      JOIN versions v ON v.dossier_id = c.dossier_id AND v.version_number = c.version_number ORDER BY c.delivery_id"""
CLAIM_READY = text(f"""
    WITH picked AS (
        SELECT delivery_id FROM deliveries d JOIN dossiers s USING (dossier_id)
         WHERE d.registry_code = :registry_code AND d.state = 'ready' AND d.not_before <= clock_timestamp()
           AND s.state = 'cleared' AND NOT {IN_GATE}
         ORDER BY d.delivery_id LIMIT :limit FOR UPDATE OF d SKIP LOCKED FOR SHARE OF s SKIP LOCKED),
    claimed AS (
        UPDATE deliveries SET state = 'sending', attempt_number = attempt_number + 1, asked_number = 0,
               attempted_at = clock_timestamp(), leased_until = clock_timestamp() + make_interval(secs => :lease)
         WHERE delivery_id IN (SELECT delivery_id FROM picked) RETURNING *),
    written AS (
        INSERT INTO events (dossier_id, delivery_id, kind, detail)
        SELECT dossier_id, delivery_id, 'attempted', jsonb_build_object('attempt', attempt_number) FROM claimed)
    {_CLAIMED}""")
CLAIM_DOUBTFUL = text(f"""
    WITH picked AS (
        SELECT delivery_id FROM deliveries
         WHERE registry_code = :registry_code AND not_before <= clock_timestamp()
           AND ((state = 'unanswered' AND (leased_until IS NULL OR leased_until < clock_timestamp()))
                OR (state = 'sending' AND leased_until + make_interval(secs => :settles) < clock_timestamp()))
         ORDER BY delivery_id LIMIT :limit FOR UPDATE SKIP LOCKED),
    claimed AS (
        UPDATE deliveries SET leased_until = clock_timestamp() + make_interval(secs => :lease)
         WHERE delivery_id IN (SELECT delivery_id FROM picked) RETURNING *)
    {_CLAIMED}""")
CLAIM_AWAITED = text(f"""
    WITH picked AS (
        SELECT delivery_id FROM deliveries
         WHERE registry_code = :registry_code AND not_before <= clock_timestamp()
           AND (state = 'accepted' OR (state = 'registered' AND lacks <> '{{}}'))
           AND (leased_until IS NULL OR leased_until < clock_timestamp())
         ORDER BY not_before, delivery_id LIMIT :limit FOR UPDATE SKIP LOCKED),
    claimed AS (
        UPDATE deliveries SET leased_until = clock_timestamp() + make_interval(secs => :lease)
         WHERE delivery_id IN (SELECT delivery_id FROM picked) RETURNING *)
    {_CLAIMED}""")
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
OPEN_NEXT = text("""
    WITH opened AS (
        UPDATE deliveries n SET state = 'ready', not_before = clock_timestamp()
         WHERE n.dossier_id = ANY(:ids) AND n.state = 'waiting'
           AND NOT EXISTS (SELECT FROM deliveries p WHERE p.dossier_id = n.dossier_id AND p.step_number < n.step_number
                              AND p.state NOT IN ('registered', 'cancelled'))
           AND n.needs <@ ARRAY(SELECT unnest(p.gives) FROM deliveries p WHERE p.dossier_id = n.dossier_id)
        RETURNING n.dossier_id, n.delivery_id)
    INSERT INTO events (dossier_id, delivery_id, kind) SELECT dossier_id, delivery_id, 'opened' FROM opened""")
STOP_NEXT = text("""
    WITH stopped AS (
        UPDATE deliveries n SET state = 'stopped' WHERE n.dossier_id = ANY(:ids) AND n.state = 'waiting'
        RETURNING n.dossier_id, n.delivery_id)
    INSERT INTO events (dossier_id, delivery_id, kind) SELECT dossier_id, delivery_id, 'stopped' FROM stopped""")
CANCEL = text("""
    WITH gone AS (
        UPDATE deliveries SET state = 'cancelled'
         WHERE dossier_id = ANY(:ids) AND delivery_key <> ALL(CAST(:keep AS uuid[])) AND state = ANY(:states)
        RETURNING dossier_id, delivery_id)
    INSERT INTO events (dossier_id, delivery_id, kind) SELECT dossier_id, delivery_id, 'cancelled' FROM gone""")
EXAMINE_AGAIN = text("""
    UPDATE dossiers SET state = 'pulled' WHERE dossier_id = ANY(:ids) AND state = 'held'""")
WHOLLY_REGISTERED = text("""
    SELECT dossier_id FROM deliveries WHERE dossier_id = ANY(:ids) AND state <> 'cancelled'
     GROUP BY dossier_id HAVING bool_and(state = 'registered' AND lacks = '{}')""")

TOUCHED = sorted(map(str, TOUCHED_STATES))
"""For questions: the states of what a registry has, or may have."""
UNSENT = frozenset({DeliveryState.WAITING, DeliveryState.READY})


@dataclass(frozen=True)
class Claimed:
    """A delivery that is ours until its lease ends, with what is needed to write its request."""

    delivery_id: int
    dossier_id: int
    registry_code: str
    step_number: int
    delivery_key: Any
    state: str
    attempt_number: int
    asked_number: int
    portal_code: str
    dossier_code: str
    given: Given = field(repr=False)
    key: DataKey = field(repr=False)
    original: bytes = field(repr=False)
    edits: Sequence[Edit] = field(default=(), repr=False)


@dataclass(frozen=True)
class DeliveryOutcome:
    """What became of a claimed delivery: the event, and for answers what the registry said (sealed)."""

    of: Claimed
    event: DeliveryEvent
    receipt: Receipt | None = field(default=None, repr=False)
    lacks: tuple[str, ...] = ()
    code: str = ""
    words: str = field(default="", repr=False)
    wait_s: float = 0.0
    decided: tuple[str, ...] = ()  # what made one place of several, in codes
    causes: tuple[tuple[str, str], ...] = ()  # of a refusal: cause and field, for whoever has to see to it


def claim_ready(ledger: Ledger, registry_code: str, limit: int) -> list[Claimed]:
    """Claims what is ready and writes the attempts; from here on they may have been sent."""
    return _claim(ledger, CLAIM_READY, {"registry_code": registry_code, "limit": limit})


def claim_doubtful(ledger: Ledger, registry_code: str, limit: int, settles_after_s: float) -> list[Claimed]:
    """Claims what was perhaps sent, long enough ago for the registry to know: of a worker that is gone, so long after
    its lease; of an attempt that found no answer, when its wait is over."""
    return _claim(ledger, CLAIM_DOUBTFUL, {"registry_code": registry_code, "limit": limit, "settles": settles_after_s})


def claim_awaited(ledger: Ledger, registry_code: str, limit: int) -> list[Claimed]:
    """Claims what a registry works on, and what is registered but has not brought all it promised."""
    return _claim(ledger, CLAIM_AWAITED, {"registry_code": registry_code, "limit": limit})


def _claim(ledger: Ledger, claim: TextClause, wanted: Mapping[str, Any]) -> list[Claimed]:
    with ledger.engine.begin() as connection:
        rows = connection.execute(claim, {**wanted, "lease": LEASE_S}).all()
        edits = sealed_edits(connection, (one for row in rows for one in row.edits))
    return [_open(ledger, row, edits) for row in rows]


def _open(ledger: Ledger, row: Any, edits: Mapping[int, bytes]) -> Claimed:
    key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
    original = key.unseal(row.sealed, VERSION_PURPOSE.format(row.version_number))
    return Claimed(
        row.delivery_id, row.dossier_id, row.registry_code, row.step_number, row.delivery_key, row.state,
        row.attempt_number, row.asked_number, row.portal_code, row.dossier_code, given_of(key, row.given_by, row.given_sealed), key,
        original, list(open_edits(key, ((one, edits[one]) for one in row.edits)).values()),
    )  # fmt: skip


def record(ledger: Ledger, outcomes: Sequence[DeliveryOutcome]) -> int:
    """Writes what became of claimed deliveries and what follows, in one transaction. Returns how many took effect.

    An answer to an attempt that is no longer the current one changes nothing and is kept as an event `late_answer`.
    """
    if not outcomes:
        return 0
    effective: list[DeliveryOutcome] = []
    with ledger.engine.begin() as connection:
        for event in dict.fromkeys(one.event for one in outcomes):
            group = [one for one in outcomes if one.event == event]
            applied = _apply(connection, event, group)
            effective += [one for one in group if one.of.delivery_id in applied]
            _write_events(connection, group, applied)
        _seal_replies(connection, effective)
        _follow(connection, effective)
        _write_faults(connection, effective)
    return len(effective)


def cancel(
    connection: Connection, dossier_ids: Sequence[int], *, keep: Sequence[UUID] = (),
    states: Collection[DeliveryState] = DELIVERY.before(DeliveryEvent.CANCELLED),
) -> None:  # fmt: skip
    """Cancels deliveries of these dossiers, all that no registry has but those to `keep`; they may be planned anew."""
    wanted = {"ids": list(dossier_ids), "keep": list(keep), "states": [str(state) for state in states]}
    connection.execute(CANCEL, wanted)


def _apply(connection: Connection, event: DeliveryEvent, group: Sequence[DeliveryOutcome]) -> set[int]:
    allowed, state = DELIVERY.before(event), DELIVERY.after(event)
    settles = event in (DeliveryEvent.REGISTERED, DeliveryEvent.COMPLETED)
    asked = [
        one.of.asked_number + (event == DeliveryEvent.ACCEPTED or event == DeliveryEvent.UNANSWERED) for one in group
    ]
    return set(
        connection.execute(
            APPLY,
            {
                "state": str(state), "allowed": [str(one) for one in allowed],
                "settles": settles,
                "ids": [one.of.delivery_id for one in group], "attempts": [one.of.attempt_number for one in group],
                "asked": asked, "waits": [one.wait_s for one in group],
                "gives": [",".join(_fields_of(one)) if settles else "" for one in group],
                "lacks": [",".join(one.lacks) for one in group],
            },
        ).scalars()
    )  # fmt: skip


def _fields_of(one: DeliveryOutcome) -> list[str]:
    return one.of.given.and_then(one.receipt).names()


def _write_events(connection: Connection, group: Sequence[DeliveryOutcome], applied: set[int]) -> None:
    copy_rows(
        connection, events, ("dossier_id", "delivery_id", "kind", "detail"),
        (
            (one.of.dossier_id, one.of.delivery_id,
             str(one.event) if one.of.delivery_id in applied else "late_answer", _detail(one))
            for one in group
        ),
    )  # fmt: skip


def _detail(one: DeliveryOutcome) -> dict[str, Any]:
    detail: dict[str, Any] = {"attempt": one.of.attempt_number, "registry": one.of.registry_code}
    if one.code:
        detail["code"] = one.code if one.code.isprintable() else "?"
    if one.lacks:
        detail["lacks"] = list(one.lacks)
    if one.decided:
        detail["decided"] = list(one.decided)
    if one.causes:
        detail["causes"] = [list(cause) for cause in one.causes]
    return detail


def _seal_replies(connection: Connection, effective: Sequence[DeliveryOutcome]) -> None:
    """Keeps what registries said; a mere "still working" without words is not worth a row."""
    copy_rows(
        connection, replies, ("delivery_id", "event", "received_at", "sealed"),
        (
            (one.of.delivery_id, str(one.event), datetime.now(timezone.utc),
             seal_reply(one.of.key, one.code, one.words, one.receipt))
            for one in effective if one.receipt or one.words
        ),
    )  # fmt: skip


def _follow(connection: Connection, effective: Sequence[DeliveryOutcome]) -> None:
    """What follows: the next steps open or stop, and the portal is to hear of it."""

    def dossiers_of(*kinds: DeliveryEvent, first_step: bool = False, whole: bool = False) -> list[int]:
        return sorted({
            one.of.dossier_id for one in effective
            if one.event in kinds and (one.of.step_number == 1 or not first_step) and not (whole and one.lacks)
        })  # fmt: skip

    queue_reports(
        connection, Milestone.FORWARDED, dossiers_of(DeliveryEvent.ACCEPTED, DeliveryEvent.REGISTERED, first_step=True)
    )
    queue_reports(
        connection,
        Milestone.REGISTERED,
        dossiers_of(DeliveryEvent.REGISTERED, DeliveryEvent.COMPLETED, first_step=True, whole=True),
    )
    if done := dossiers_of(DeliveryEvent.REGISTERED, DeliveryEvent.COMPLETED):
        connection.execute(OPEN_NEXT, {"ids": done})
        queue_reports(
            connection, Milestone.RETURNED, connection.execute(WHOLLY_REGISTERED, {"ids": done}).scalars().all()
        )
    if untouched := dossiers_of(DeliveryEvent.REFUSED, DeliveryEvent.FOUND_MISSING):
        connection.execute(EXAMINE_AGAIN, {"ids": untouched})
    if refused := dossiers_of(DeliveryEvent.REFUSED):
        connection.execute(STOP_NEXT, {"ids": refused})
        queue_reports(connection, Milestone.WITH_STEWARD, refused, once=False)


def _write_faults(connection: Connection, effective: Sequence[DeliveryOutcome]) -> None:
    """A refusal is for a person to see to, under each of its causes; and the day's tallies."""
    refused = [one for one in effective if one.event == DeliveryEvent.REFUSED]
    write_faults(connection, [
        (one.of.dossier_id, cause_code, field_path, one.of.registry_code)
        for one in refused for cause_code, field_path in one.causes or ((f"{one.of.registry_code}.unknown", ""),)
    ])  # fmt: skip
    ends = [one for one in effective if one.event in (DeliveryEvent.REFUSED, DeliveryEvent.REGISTERED)]
    counts = Counter((one.of.portal_code, str(one.event), one.of.registry_code) for one in ends)
    counts.update((one.of.portal_code, "fault", cause_code) for one in refused for cause_code, _ in one.causes)
    tally(connection, counts)


def postpone(ledger: Ledger, claimed: Sequence[tuple[Claimed, float]]) -> None:
    """Gives claims back that brought nothing new; they are looked at again after the wait."""
    if claimed:
        with ledger.engine.begin() as connection:
            connection.execute(
                POSTPONE,
                {
                    "ids": [one.delivery_id for one, _ in claimed],
                    "asked": [one.asked_number + 1 for one, _ in claimed],
                    "waits": [wait for _, wait in claimed],
                },
            )


DUE_TO_SEND = text(f"""
    SELECT extract(epoch FROM min(greatest(d.not_before, d.leased_until
             + CASE WHEN d.state = 'sending' THEN make_interval(secs => :settles) ELSE '0' END)) - clock_timestamp())
      FROM deliveries d JOIN dossiers s USING (dossier_id)
     WHERE d.registry_code = :registry_code
       AND ((d.state = 'ready' AND s.state = 'cleared' AND NOT {IN_GATE}) OR d.state IN ('sending', 'unanswered'))""")
DUE_TO_COLLECT = text("""
    SELECT extract(epoch FROM min(greatest(not_before, leased_until)) - clock_timestamp()) FROM deliveries
     WHERE registry_code = :registry_code AND (state = 'accepted' OR (state = 'registered' AND lacks <> '{}'))""")


def due_to_send_s(ledger: Ledger, registry_code: str, settles_after_s: float) -> float | None:
    """Seconds until something can be sent, or asked about before it is sent again; None when there is nothing."""
    return _due_s(ledger, DUE_TO_SEND, {"registry_code": registry_code, "settles": settles_after_s})


def due_to_collect_s(ledger: Ledger, registry_code: str) -> float | None:
    """Seconds until a result can be asked for; None when none is awaited."""
    return _due_s(ledger, DUE_TO_COLLECT, {"registry_code": registry_code})


def _due_s(ledger: Ledger, question: TextClause, wanted: Mapping[str, Any]) -> float | None:
    with ledger.engine.connect() as connection:
        due = connection.execute(question, wanted).scalar()
        return float(due) if due is not None else None
