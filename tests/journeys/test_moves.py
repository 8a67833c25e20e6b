"""The events of a whole run, replayed against `schemas.states`: no move is made that is not written there."""

from collections import defaultdict
from collections.abc import Callable

import pytest
from sqlalchemy import text

from connectors.ledger import Ledger
from schemas.states import (
    BATCH,
    DELIVERY,
    DOSSIER,
    ENTRY,
    REPORT,
    DeliveryEvent,
    DeliveryState,
    DossierEvent,
    DossierState,
    StateMachine,
)
from tests.support.corrections import open_office
from tests.support.pipeline import PipelineDriver
from tests.support.random_corrections import Simulation

FIRST_STEP = {"step": 1}


def dossier_moves(ledger: Ledger) -> tuple[list[str], set[str]]:
    """What the dossiers' events say against the table, in words, and the kinds of events that were met."""
    wrong, met = [], set()
    possible: dict[int, frozenset[DossierState]] = defaultdict(lambda: DOSSIER.first)
    with ledger.engine.connect() as connection:
        for row in connection.execute(text("SELECT dossier_id, kind FROM events ORDER BY event_id")):
            if row.kind not in set(DossierEvent):
                continue
            met.add(row.kind)
            before = possible[row.dossier_id]
            after = {state for each in before for state in DOSSIER.possible(each, DossierEvent(row.kind))}
            if not after:
                wrong.append(f"dossier {row.dossier_id}: {row.kind} while {sorted(before)}")
            possible[row.dossier_id] = frozenset(after) or before
        for row in connection.execute(text("SELECT dossier_id, state FROM dossiers")):
            if DossierState(row.state) not in possible[row.dossier_id]:
                wrong.append(f"dossier {row.dossier_id}: {row.state}, by its events {sorted(possible[row.dossier_id])}")
    return wrong, met


def delivery_moves(ledger: Ledger) -> tuple[list[str], set[str]]:
    """As `dossier_moves`, of the deliveries."""
    wrong, met = [], set()
    states: dict[int, DeliveryState] = {}
    question = "SELECT delivery_id, kind, detail FROM events WHERE delivery_id IS NOT NULL ORDER BY event_id"
    with ledger.engine.connect() as connection:
        for row in connection.execute(text(question)):
            if row.kind == "late_answer":
                continue
            event = DeliveryEvent(row.kind)
            met.add(row.kind)
            if event is DeliveryEvent.PLANNED:
                if row.delivery_id in states and states[row.delivery_id] not in DELIVERY.before(event):
                    wrong.append(f"delivery {row.delivery_id}: planned while {states[row.delivery_id]}")
                is_first = row.detail["step"] == 1 and "operation" not in row.detail
                states[row.delivery_id] = DeliveryState.READY if is_first else DeliveryState.WAITING
                continue
            if states[row.delivery_id] not in DELIVERY.before(event):
                wrong.append(f"delivery {row.delivery_id}: {event} while {states[row.delivery_id]}")
            states[row.delivery_id] = DELIVERY.after(event)
        for row in connection.execute(text("SELECT delivery_id, state FROM deliveries")):
            if row.state != states[row.delivery_id]:
                wrong.append(f"delivery {row.delivery_id}: {row.state}, by its events {states[row.delivery_id]}")
    return wrong, met


def test_a_run_of_the_sandbox_makes_only_moves_that_are_written(pipeline: Callable[..., PipelineDriver]) -> None:
    way = pipeline(dossiers=120, seed=9)
    way.go()
    (wrong, met), (wrong_deliveries, met_by_deliveries) = dossier_moves(way.ledger), delivery_moves(way.ledger)
    assert wrong == []
    assert wrong_deliveries == []
    assert met >= {"arrived", "held", "cleared", "waiting", "closed", "status_changed"}
    assert met_by_deliveries >= {"planned", "opened", "attempted", "accepted", "registered", "refused", "stopped"}


def test_corrections_make_only_moves_that_are_written(ledger: Ledger) -> None:
    office = open_office(ledger, 30, seed=4)
    try:
        assert Simulation(office, seed=4).run() == []
        (wrong, met), (wrong_deliveries, met_by_deliveries) = dossier_moves(ledger), delivery_moves(ledger)
        assert wrong == []
        assert wrong_deliveries == []
        assert met >= {"corrected", "kept", "confirmed"}
        assert met_by_deliveries >= {"parked", "settled", "cancelled"}
    finally:
        office.pipeline.sandbox.stop()


@pytest.mark.parametrize("machine", [DOSSIER, DELIVERY, ENTRY, REPORT, BATCH], ids=lambda machine: machine.name)
def test_every_state_can_be_reached_and_every_move_has_a_maker(machine: StateMachine) -> None:  # type: ignore[type-arg]  # of any kind
    reached = set(machine.first)
    while (
        new := {after for state in reached for move in machine.moves for after in machine.possible(state, move.event)}
        - reached
    ):
        reached |= new
    assert reached == set(machine.states)
    assert all(move.by and move.before for move in machine.moves)


@pytest.mark.parametrize(
    ("machine", "ends"),
    [
        (DOSSIER, set()),
        (DELIVERY, {"registered", "settled"}),
        (ENTRY, {"annulled"}),
        (REPORT, {"acknowledged", "refused", "withdrawn"}),
        (BATCH, {"passed", "released", "rejected"}),
    ],
    ids=lambda value: value.name if isinstance(value, StateMachine) else "",
)
def test_every_state_that_is_not_an_end_has_an_exit(machine: StateMachine, ends: set[str]) -> None:  # type: ignore[type-arg]  # of any kind
    left = {state for move in machine.moves for state in move.before if move.after not in (None, state)}
    assert {str(state) for state in set(machine.states) - left} == ends
