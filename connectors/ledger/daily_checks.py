"""What a finished day is judged by as a whole: the dossiers that portals gave, the answers of registries, and the
entries that registries hold about one event. It reads codes, states and entry numbers; of persons it says only whether
two numbers are equal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import TextClause, text

from connectors.ledger import Ledger
from connectors.ledger.sealed import GIVEN, given_of, open_reply
from schemas.dates import VIETNAM
from schemas.registries import CivilStatusReceipt, HealthInsuranceReceipt, Receipt

AFTER_DAYS, WINDOW_DAYS = 3, 30
"""A birth is looked for at the other registries from three days after its entry, for thirty days."""

ARRIVED = text("""
    SELECT c.portal_code, (SELECT count(*) FROM dossiers d WHERE d.portal_code = c.portal_code
                             AND d.first_pulled_at >= :since AND d.first_pulled_at < :until) AS rows
      FROM (SELECT DISTINCT portal_code FROM cursors) c ORDER BY c.portal_code""")
ANSWERED = text("""
    SELECT v.dossier_id, e.registry_code, v.kind = 'refused' AS is_refused,
           CASE WHEN v.kind = 'refused' THEN EXISTS (
                SELECT FROM faults f WHERE f.dossier_id = v.dossier_id AND f.registry_code = e.registry_code
                   AND f.cause_code = e.registry_code || '.unknown') END AS is_unexplained,
           extract(epoch FROM v.happened_at - (
                SELECT min(a.happened_at) FROM events a
                 WHERE a.dossier_id = v.dossier_id AND a.delivery_id = v.delivery_id AND a.kind = 'attempted'
           ))::float8 / 3600 AS hours
      FROM events v JOIN deliveries e USING (delivery_id)
     WHERE v.kind IN ('registered', 'refused') AND v.happened_at >= :since AND v.happened_at < :until
     ORDER BY e.registry_code, v.event_id""")
ENTERED = text("""
    WITH fresh AS (
        SELECT DISTINCT d.portal_code, d.commune_code FROM replies r JOIN deliveries e USING (delivery_id)
          JOIN dossiers d USING (dossier_id)
         WHERE e.registry_code = 'civil_status' AND r.event = 'registered'
           AND r.received_at >= :since AND r.received_at < :until)
    SELECT d.dossier_id, d.portal_code, d.dossier_code, d.commune_code, d.procedure_as_written, k.wrapped,
           ARRAY(SELECT r.sealed FROM replies r WHERE r.delivery_id = e.delivery_id
                    AND r.event IN ('registered', 'completed') ORDER BY r.reply_id) AS given_sealed
      FROM fresh f JOIN dossiers d ON d.portal_code = f.portal_code
                                  AND d.commune_code IS NOT DISTINCT FROM f.commune_code
      JOIN deliveries e ON e.dossier_id = d.dossier_id AND e.registry_code = 'civil_status' AND e.state = 'registered'
                       AND e.operation = 'register'
      JOIN keys k ON k.dossier_id = d.dossier_id
     WHERE k.wrapped IS NOT NULL AND e.attempted_at >= :year""")
OF_BUNDLES = text(f"""
    SELECT d.dossier_id, d.portal_code, d.dossier_code, d.procedure_as_written, k.wrapped,
           jsonb_object_agg(e.registry_code, e.state) AS states,
           {GIVEN.format(dossier="d.dossier_id")}
      FROM dossiers d JOIN keys k USING (dossier_id) JOIN deliveries e USING (dossier_id)
     WHERE e.state <> 'cancelled' AND e.operation = 'register' AND k.wrapped IS NOT NULL
       AND cardinality(d.registries) > 1
       AND EXISTS (SELECT FROM deliveries c JOIN replies r USING (delivery_id)
                    WHERE c.dossier_id = d.dossier_id AND c.registry_code = 'civil_status' AND c.state = 'registered'
                      AND r.event = 'registered' AND r.received_at >= :window AND r.received_at < :ripe)
     GROUP BY d.dossier_id, k.wrapped ORDER BY d.dossier_id""")

KEPT = text("""
    SELECT e.batch_id, coalesce(b.state, '') AS batch_state, e.suite, e.subject, e.expectation, e.checked_at,
           e.has_passed, e.stops, e.observed, cardinality(e.failing_ids) AS failing,
           ARRAY(SELECT d.dossier_code FROM dossiers d WHERE d.dossier_id = ANY(e.failing_ids[1 : :most])
                  ORDER BY d.dossier_code) AS keys
      FROM expectations e LEFT JOIN batches b USING (batch_id)
     WHERE e.checked_at >= :since ORDER BY e.batch_id DESC NULLS LAST, e.subject DESC, e.expectation_id""")


CIVIL_STATUS = "civil_status"


@dataclass(frozen=True)
class Answered:
    """A registry's final answer. `is_unexplained`: whether nobody knows the cause of a refusal yet; None for others.
    `hours`: from the first attempt to this answer."""

    dossier_id: int
    registry_code: str
    is_refused: bool
    is_unexplained: bool | None
    hours: float | None


@dataclass(frozen=True)
class Entered:
    """A civil-status entry; `given` holds its book, number and place."""

    dossier_id: int
    portal_code: str
    commune_code: str | None
    procedure_as_written: str | None
    given: CivilStatusReceipt


@dataclass(frozen=True)
class Bundle:
    """A dossier that goes to several registries. `states`: of its deliveries, by registry. `has_different_numbers`: two
    registries give different numbers for one person."""

    dossier_id: int
    procedure_as_written: str | None
    states: Mapping[str, str]
    has_different_numbers: bool


def arrived_on(ledger: Ledger, day: date) -> dict[str, int]:
    """How many dossiers each portal that was ever pulled gave for the first time on a day."""
    with ledger.engine.connect() as connection:
        return {row.portal_code: row.rows for row in connection.execute(ARRIVED, _instants(day))}


def answered_on(ledger: Ledger, day: date) -> Iterator[Answered]:
    """The final answers of a day, by registry. A cause that a person dealt with on that day counts as known."""
    return (Answered(**row._mapping) for row in _stream(ledger, ANSWERED, _instants(day)))


def entered_until(ledger: Ledger, day: date) -> Iterator[Entered]:
    """This year's entries in every commune where something was entered on that day."""
    year = datetime(day.year, 1, 1, tzinfo=VIETNAM)
    for row in _stream(ledger, ENTERED, {**_instants(day), "year": year}):
        key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
        yield Entered(
            row.dossier_id,
            row.portal_code,
            row.commune_code,
            row.procedure_as_written,
            given_of(key, [CIVIL_STATUS] * len(row.given_sealed), row.given_sealed).of(CivilStatusReceipt),
        )


def bundles_until(ledger: Ledger, day: date) -> Iterator[Bundle]:
    """Bundles whose civil-status entry is old enough for the other registries to have them."""
    until = _instants(day)["until"]
    ripe = until - timedelta(days=AFTER_DAYS)
    for row in _stream(ledger, OF_BUNDLES, {"ripe": ripe, "window": ripe - timedelta(days=WINDOW_DAYS)}):
        key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
        replies = zip(row.given_by, row.given_sealed, strict=True)
        receipts = [open_reply(key, registry_code, sealed).receipt for registry_code, sealed in replies]
        yield Bundle(row.dossier_id, row.procedure_as_written, row.states, _differ(receipts))


def _differ(receipts: Sequence[Receipt | None]) -> bool:
    """Whether the registries name different persons, or a card has another insurance number than the receipt."""
    registered = [receipt for receipt in receipts if isinstance(receipt, CivilStatusReceipt)]
    personal_ids = {receipt.personal_id for receipt in registered if receipt.personal_id}
    insured = [receipt for receipt in receipts if isinstance(receipt, HealthInsuranceReceipt)]
    numbers = {receipt.insurance_number for receipt in insured if receipt.insurance_number}
    cards = [receipt.card_code for receipt in insured if receipt.card_code]
    if len(personal_ids) > 1 or len(numbers) > 1:
        return True
    return any(not card.endswith(number) for card in cards for number in numbers)


def _instants(day: date) -> dict[str, datetime]:
    since = datetime.combine(day, time(), VIETNAM)
    return {"since": since, "until": since + timedelta(days=1)}


def _stream(ledger: Ledger, question: TextClause, values: Mapping[str, Any]) -> Iterator[Any]:
    """Rows as they are read, so that a large answer is never held whole."""
    with ledger.engine.connect().execution_options(stream_results=True, yield_per=1000) as connection:
        yield from connection.execute(question, values)


@dataclass(frozen=True)
class Kept:
    """A verdict as it is kept. `batch_state`: empty when the verdict is not about one batch. `stops`: whether a failure
    stops the batch. `failing`: how many dossiers fail it; `keys`: the codes of the first of them."""

    batch_id: int | None
    batch_state: str
    suite: str
    subject: str
    expectation: str
    checked_at: datetime
    has_passed: bool
    stops: bool
    observed: Mapping[str, Any]
    failing: int
    keys: list[str]


def kept_verdicts(ledger: Ledger, since: datetime, most_keys: int = 1000) -> list[Kept]:
    """The verdicts kept since an instant, the newest batch or day first; at most so many keys of each."""
    return [Kept(**row._mapping) for row in _stream(ledger, KEPT, {"since": since, "most": most_keys})]
