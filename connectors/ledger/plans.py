"""Plans: the deliveries of a dossier that an examination cleared, and the registry entries that they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from connectors.ledger.deliveries import MAKES_ENTRY
from connectors.ledger.unexamined import Unexamined
from schemas.operation import Operation
from schemas.places import TABLE_VERSION
from schemas.states import DELIVERY, DeliveryEvent, DeliveryState, EntryState, listed

SOFTWARE = f"lienthong {version('lienthong')}"
"""What plans, by its version: it stands in the provenance of each delivery."""

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
             operation, is_taken, decision_id, entry_id, provenance)
        SELECT w.dossier_id, w.version_number, w.registry_code, w.step_number, w.delivery_key,
               CASE WHEN w.step_number = 1 AND w.{MAKES_ENTRY} THEN '{DeliveryState.READY}'
                    ELSE '{DeliveryState.WAITING}' END,
               string_to_array(w.needs, ','), :places_version, CAST(string_to_array(w.edits, ',') AS bigint[]),
               w.operation, w.is_taken, w.decision_id, n.entry_id,
               jsonb_build_object('source', d.source_kind, 'portal', d.portal_code, 'planned_by', '{SOFTWARE}')
               || CASE WHEN b.book_id IS NULL THEN '{{}}'
                       ELSE jsonb_build_object('book', concat_ws('.', b.book_kind, b.opened_year, b.book_number),
                                               'book_place', b.place_code, 'book_id', b.book_id,
                                               'record_id', r.record_id, 'page_id', r.page_id) END
          FROM wanted w JOIN entered n USING (dossier_id, registry_code) JOIN dossiers d USING (dossier_id)
          LEFT JOIN records r USING (dossier_id) LEFT JOIN books b USING (book_id)
         ORDER BY w.dossier_id, w.step_number
        ON CONFLICT (delivery_key) DO UPDATE
           SET state = excluded.state, version_number = excluded.version_number, edits = excluded.edits,
               places_version = excluded.places_version, decision_id = excluded.decision_id,
               provenance = excluded.provenance
         WHERE deliveries.state IN ({listed(DELIVERY.before(DeliveryEvent.PLANNED))})
        RETURNING dossier_id, delivery_id, registry_code, step_number, operation)
    INSERT INTO events (dossier_id, delivery_id, kind, detail)
    SELECT dossier_id, delivery_id, '{DeliveryEvent.PLANNED}',
           jsonb_build_object('registry', registry_code, 'step', step_number)
           || CASE WHEN operation = '{Operation.REGISTER}' THEN '{{}}'
                   ELSE jsonb_build_object('operation', operation) END
      FROM planned""")


@dataclass(frozen=True)
class PlannedDelivery:
    """One delivery of a cleared dossier.

    `needs`: the values that earlier registries must have given first, as `civil_status.entry_number`. `is_taken`:
    whether the registry takes such a request. `decision_id`: the decision that ordered it; None when nobody had to.
    `place_code`: the commune that registers.
    """

    registry_code: str
    step_number: int
    operation: Operation
    key: UUID
    needs: tuple[str, ...] = ()
    is_taken: bool = True
    decision_id: int | None = None
    place_code: str | None = None


def write_plans(connection: Connection, planned: Sequence[tuple[Unexamined, PlannedDelivery]]) -> None:
    """Writes the deliveries of dossiers, each with its entry; one that was cancelled before is planned again."""
    if planned:
        connection.execute(PLAN, _values(planned))


def _values(planned: Sequence[tuple[Unexamined, PlannedDelivery]]) -> dict[str, Any]:
    """The parameters of `PLAN`."""
    return {
        "ids": [subject.dossier_id for subject, _ in planned],
        "versions": [subject.version_number for subject, _ in planned],
        "registries": [delivery.registry_code for _, delivery in planned],
        "steps": [delivery.step_number for _, delivery in planned],
        "keys": [delivery.key for _, delivery in planned],
        "places_version": TABLE_VERSION,
        "needs": [",".join(delivery.needs) for _, delivery in planned],
        "edits": [",".join(map(str, subject.edits)) for subject, _ in planned],
        "operations": [str(delivery.operation) for _, delivery in planned],
        "taken": [delivery.is_taken for _, delivery in planned],
        "decisions": [delivery.decision_id for _, delivery in planned],
        "places": [delivery.place_code for _, delivery in planned],
    }
