"""A process may be killed at any moment: what runs after it ends in the same state as if nothing had happened."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from random import Random

import pytest

from connectors.ledger import open_ledger
from connectors.ledger.account import Line, account
from connectors.postgres import EmbeddedServer
from connectors.sandbox import rehearsal
from connectors.sandbox.rehearsal import Rehearsal
from connectors.sandbox.twins import civil_status, hub, onestop
from connectors.vault import Vault
from schemas.dates import VIETNAM
from tests.conftest import new_ledger_url
from tests.killing import AT_FULL_SPEED, ONE_AT_A_TIME, Boundary, Hamlet, Theatre
from tests.truth import contradictions, unfinished_at_portals

SEED, OUT_OF = 5, 300
NOW = datetime.now(VIETNAM).replace(microsecond=0)

Stage = Callable[[Mapping[str, str]], Theatre]


@pytest.fixture(scope="module")
def stage(server: EmbeddedServer) -> Iterator[Stage]:
    """Makes theatres, each with the same hamlet, whose citizens and registries lose no time, and an empty ledger."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(rehearsal, "World", Hamlet)
        patch.setattr(civil_status, "NUMBER_COMES_LATER_S", 0.3)
        patch.setattr(onestop, "MENDED_AFTER_S", 0.3)
        patch.setattr(hub, "MENDED_AFTER_S", 0.3)

        def make(extra: Mapping[str, str]) -> Theatre:
            sandbox = stack.enter_context(Rehearsal(SEED, OUT_OF, ("24", "22"), now=NOW))
            url = new_ledger_url(server)
            return Theatre(sandbox, stack.enter_context(open_ledger(url, Vault(bytes(range(32))))), url, extra)

        yield make


@pytest.fixture(scope="module")
def undisturbed(stage: Stage) -> list[Line]:
    """The account of a run in which nothing was killed."""
    theatre = stage(AT_FULL_SPEED)
    theatre.go_undisturbed()
    return right_account(theatre)


def right_account(theatre: Theatre) -> list[Line]:
    """The account, when it and the twins agree on what the world planted."""
    assert contradictions(theatre.rehearsal) == []
    assert unfinished_at_portals(theatre.rehearsal) == []
    lines = account(theatre.ledger)
    assert [line for line in lines if line.unexplained or line.waiting] == []
    return lines


def test_the_hamlet_has_a_dozen_dossiers_of_all_kinds_and_fates(undisturbed: list[Line], stage: Stage) -> None:
    planted = stage(ONE_AT_A_TIME).rehearsal.world.planted
    assert len(planted) == 12
    assert {one.dossier.case.kind for one in planted} == {"birth", "death", "marriage", "residence", "land"}
    assert sum(line.delivered for line in undisturbed) >= 17
    assert sum(line.refused for line in undisturbed) >= 2
    assert sum(line.held for line in undisturbed) >= 1


@pytest.mark.parametrize("boundary", Boundary)
def test_a_step_killed_at_each_of_its_boundaries_ends_in_the_same_state(
    stage: Stage, undisturbed: list[Line], boundary: Boundary
) -> None:
    theatre = stage(ONE_AT_A_TIME)
    theatre.sweep(boundary)
    assert theatre.kills >= 30
    assert right_account(theatre) == undisturbed


def test_a_worker_killed_at_random_moments_ends_in_the_same_state(stage: Stage, undisturbed: list[Line]) -> None:
    theatre, moments = stage(AT_FULL_SPEED), Random(SEED)
    for _ in range(25):
        worker = theatre.start_worker()
        time.sleep(moments.uniform(0.02, 0.4))
        theatre.kill(worker)
        theatre.time_passes()
    theatre.finish(workers=1)
    assert right_account(theatre) == undisturbed


def test_two_workers_at_once_end_in_the_same_state(stage: Stage, undisturbed: list[Line]) -> None:
    theatre = stage(AT_FULL_SPEED)
    theatre.finish(workers=2)
    assert right_account(theatre) == undisturbed


def test_workers_killed_beside_a_living_one_end_in_the_same_state(stage: Stage, undisturbed: list[Line]) -> None:
    theatre, moments = stage(AT_FULL_SPEED), Random(SEED + 1)
    survivor = theatre.start_worker()
    for _ in range(10):
        worker = theatre.start_worker()
        time.sleep(moments.uniform(0.02, 0.4))
        theatre.kill(worker)
    theatre.kill(survivor)
    theatre.time_passes()
    theatre.finish(workers=1)
    assert right_account(theatre) == undisturbed
