"""Claims: a worker takes deliveries for the length of a lease, and opens what it needs to write their requests.

`claim_ready` writes the attempt in the transaction that claims, and locks the dossier meanwhile, so that a new version
sees either no attempt or a whole one. A worker that dies after it leaves a delivery in `sending`. `claim_doubtful`
finds that delivery once its lease and the registry's settling time are over, to ask before anything is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from connectors.ledger import Ledger
from connectors.ledger.batches import IN_GATE
from connectors.ledger.sealed import GIVEN, VERSION_PURPOSE, given_of, open_decision, open_edits, sealed_edits
from connectors.vault import DataKey
from schemas.decision import Edit
from schemas.entry import Entry
from schemas.operation import Operation
from schemas.registries import Given
from schemas.states import DELIVERY, DeliveryEvent, DeliveryState, DossierState, listed

LEASE_S = 180
"""How long a claim holds. Nothing is sent in its last `LEASE_MARGIN_S`, so that no two workers send at once."""
LEASE_MARGIN_S = 60

_READY, _SENDING = DeliveryState.READY, DeliveryEvent.ATTEMPTED
_CLEARED = f"s.state = '{DossierState.CLEARED}'"
IS_AWAITED = f"""(state = '{DeliveryState.ACCEPTED}'
                  OR (state = '{DeliveryState.REGISTERED}' AND lacks <> '{{}}'))"""
"""Of a delivery: the registry works on it, or registered it and has not yet given all that it promised."""

_CLAIMED = f"""
    SELECT c.delivery_id, c.dossier_id, c.version_number, c.registry_code, c.delivery_key, c.attempt_number,
           c.asked_number, c.step_number, c.state, c.attempted_at, c.edits, c.operation, n.place_code, s.portal_code,
           s.dossier_code, v.sealed, k.wrapped, m.sealed AS decision,
           {GIVEN.format(dossier="c.dossier_id")}
      FROM claimed c JOIN dossiers s ON s.dossier_id = c.dossier_id JOIN keys k ON k.dossier_id = c.dossier_id
      JOIN versions v ON v.dossier_id = c.dossier_id AND v.version_number = c.version_number
      LEFT JOIN entries n ON n.entry_id = c.entry_id
      LEFT JOIN decisions m ON m.decision_id = c.decision_id ORDER BY c.delivery_id"""
CLAIM_READY = text(f"""
    WITH picked AS (
        SELECT delivery_id FROM deliveries d JOIN dossiers s USING (dossier_id)
         WHERE d.registry_code = :registry_code AND d.state IN ({listed(DELIVERY.before(_SENDING))})
           AND d.not_before <= clock_timestamp() AND {_CLEARED} AND NOT {IN_GATE}
         ORDER BY d.delivery_id LIMIT :limit FOR UPDATE OF d SKIP LOCKED FOR SHARE OF s SKIP LOCKED),
    claimed AS (
        UPDATE deliveries SET state = '{DELIVERY.after(_SENDING)}', attempt_number = attempt_number + 1,
               asked_number = 0, attempted_at = clock_timestamp(),
               leased_until = clock_timestamp() + make_interval(secs => :lease)
         WHERE delivery_id IN (SELECT delivery_id FROM picked) RETURNING *),
    written AS (
        INSERT INTO events (dossier_id, delivery_id, kind, detail)
        SELECT dossier_id, delivery_id, '{_SENDING}', jsonb_build_object('attempt', attempt_number) FROM claimed)
    {_CLAIMED}""")
_LEASED = """
    claimed AS (
        UPDATE deliveries SET leased_until = clock_timestamp() + make_interval(secs => :lease)
         WHERE delivery_id IN (SELECT delivery_id FROM picked) RETURNING *)"""
CLAIM_DOUBTFUL = text(f"""
    WITH picked AS (
        SELECT delivery_id FROM deliveries
         WHERE registry_code = :registry_code AND not_before <= clock_timestamp()
           AND ((state = '{DeliveryState.UNANSWERED}' AND (leased_until IS NULL OR leased_until < clock_timestamp()))
                OR (state = '{DeliveryState.SENDING}'
                    AND leased_until + make_interval(secs => :settles) < clock_timestamp()))
         ORDER BY delivery_id LIMIT :limit FOR UPDATE SKIP LOCKED),
    {_LEASED}
    {_CLAIMED}""")
CLAIM_AWAITED = text(f"""
    WITH picked AS (
        SELECT delivery_id FROM deliveries
         WHERE registry_code = :registry_code AND not_before <= clock_timestamp() AND {IS_AWAITED}
           AND (leased_until IS NULL OR leased_until < clock_timestamp())
         ORDER BY not_before, delivery_id LIMIT :limit FOR UPDATE SKIP LOCKED),
    {_LEASED}
    {_CLAIMED}""")
DUE_TO_SEND = text(f"""
    SELECT extract(epoch FROM min(greatest(d.not_before, d.leased_until
             + CASE WHEN d.state = '{DeliveryState.SENDING}' THEN make_interval(secs => :settles) ELSE '0' END))
             - clock_timestamp())
      FROM deliveries d JOIN dossiers s USING (dossier_id)
     WHERE d.registry_code = :registry_code
       AND ((d.state = '{_READY}' AND {_CLEARED} AND NOT {IN_GATE})
            OR d.state IN ('{DeliveryState.SENDING}', '{DeliveryState.UNANSWERED}'))""")
DUE_TO_COLLECT = text(f"""
    SELECT extract(epoch FROM min(greatest(not_before, leased_until)) - clock_timestamp()) FROM deliveries
     WHERE registry_code = :registry_code AND {IS_AWAITED}""")


@dataclass(frozen=True)
class Claimed:
    """A delivery that is this worker's until the lease ends, with what is needed to write its request.

    `attempt_number`: how often it was sent, this attempt included. `asked_number`: how often the registry was asked
    about this attempt. `given`: what registries gave to the dossier so far. `original`: the bytes of the version that
    is sent, without the `edits`. `entry`: what a correction or an annulment is about; None while its registration gave
    no number. `reason`: why a person ordered it.
    """

    delivery_id: int
    dossier_id: int
    registry_code: str
    step_number: int
    delivery_key: UUID
    state: str
    attempt_number: int
    asked_number: int
    portal_code: str
    dossier_code: str
    operation: Operation
    given: Given = field(repr=False)
    key: DataKey = field(repr=False)
    original: bytes = field(repr=False)
    edits: Sequence[Edit] = field(default=(), repr=False)
    entry: Entry | None = field(default=None, repr=False)
    reason: str = field(default="", repr=False)


def claim_ready(ledger: Ledger, registry_code: str, limit: int) -> list[Claimed]:
    """Claims what is ready and writes the attempts. From this moment on they may have been sent."""
    return _claim(ledger, CLAIM_READY, {"registry_code": registry_code, "limit": limit})


def claim_doubtful(ledger: Ledger, registry_code: str, limit: int, settles_after_s: float) -> list[Claimed]:
    """Claims what was perhaps sent, and long enough ago that the registry must know: the attempt of a worker that is
    gone (`settles_after_s` seconds after its lease), and an attempt without an answer when its wait is over."""
    return _claim(ledger, CLAIM_DOUBTFUL, {"registry_code": registry_code, "limit": limit, "settles": settles_after_s})


def claim_awaited(ledger: Ledger, registry_code: str, limit: int) -> list[Claimed]:
    """Claims what a registry works on, and what it registered without giving all that it promised."""
    return _claim(ledger, CLAIM_AWAITED, {"registry_code": registry_code, "limit": limit})


def _claim(ledger: Ledger, statement: TextClause, values: Mapping[str, Any]) -> list[Claimed]:
    with ledger.engine.begin() as connection:
        rows = connection.execute(statement, {**values, "lease": LEASE_S}).all()
        edits = sealed_edits(connection, (decision_id for row in rows for decision_id in row.edits))
    return [_open(ledger, row, edits) for row in rows]


def _open(ledger: Ledger, row: Any, edits: Mapping[int, bytes]) -> Claimed:
    key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
    given = given_of(key, row.given_by, row.given_sealed)
    operation = Operation(row.operation)
    return Claimed(
        row.delivery_id,
        row.dossier_id,
        row.registry_code,
        row.step_number,
        row.delivery_key,
        row.state,
        row.attempt_number,
        row.asked_number,
        row.portal_code,
        row.dossier_code,
        operation,
        given,
        key,
        original=key.unseal(row.sealed, VERSION_PURPOSE.format(row.version_number)),
        edits=list(open_edits(key, ((decision_id, edits[decision_id]) for decision_id in row.edits)).values()),
        entry=None if operation.makes_entry else given.receipt(row.registry_code).entry(row.place_code),
        reason=open_decision(key, row.decision).reason if row.decision else "",
    )


def due_to_send_s(ledger: Ledger, registry_code: str, settles_after_s: float) -> float | None:
    """Seconds until something can be sent, or asked about before it is sent again; None when there is nothing."""
    return _due_s(ledger, DUE_TO_SEND, {"registry_code": registry_code, "settles": settles_after_s})


def due_to_collect_s(ledger: Ledger, registry_code: str) -> float | None:
    """Seconds until a result can be asked for; None when none is awaited."""
    return _due_s(ledger, DUE_TO_COLLECT, {"registry_code": registry_code})


def _due_s(ledger: Ledger, question: TextClause, values: Mapping[str, Any]) -> float | None:
    with ledger.engine.connect() as connection:
        due = connection.execute(question, values).scalar()
        return float(due) if due is not None else None
