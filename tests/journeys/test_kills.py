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
from connectors.vault import Vault
from schemas.dates import VIETNAM
from tests.conftest import new_ledger_url
from tests.support.ground_truth import contradictions, unfinished_at_portals
from tests.support.kills import AT_FULL_SPEED, ONE_AT_A_TIME, Boundary, Theatre, hamlet

NOW = datetime.now(VIETNAM).replace(microsecond=0)

Stage = Callable[[Mapping[str, str]], Theatre]


@pytest.fixture(scope="module")
def stage(server: EmbeddedServer) -> Iterator[Stage]:
    """Makes theatres, each with the same hamlet and an empty ledger."""
    with ExitStack() as stack:

        def make(extra: Mapping[str, str]) -> Theatre:
            sandbox, url = stack.enter_context(hamlet(NOW)), new_ledger_url(server)
            return Theatre(sandbox, stack.enter_context(open_ledger(url, Vault(bytes(range(32))))), url, extra)

        yield make


@pytest.fixture(scope="module")
def undisturbed(stage: Stage) -> list[Line]:
    """The account of a run in which nothing was killed."""
    theatre = stage(ONE_AT_A_TIME)
    theatre.go(theatre.pipeline(theatre.ledger))
    return right_account(theatre)


def right_account(theatre: Theatre) -> list[Line]:
    """The account, when it and the twins agree on what the dataset planted."""
    assert contradictions(theatre.sandbox) == []
    assert unfinished_at_portals(theatre.sandbox) == []
    lines = account(theatre.ledger)
    assert [line for line in lines if line.unexplained or line.waiting] == []
    return lines


def test_the_hamlet_has_a_dozen_dossiers_of_all_kinds_and_fates(undisturbed: list[Line], stage: Stage) -> None:
    planted = stage(ONE_AT_A_TIME).sandbox.dataset.planted
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
    theatre, moments = stage(AT_FULL_SPEED), Random(5)
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
    theatre, moments = stage(AT_FULL_SPEED), Random(6)
    survivor = theatre.start_worker()
    for _ in range(10):
        worker = theatre.start_worker()
        time.sleep(moments.uniform(0.02, 0.4))
        theatre.kill(worker)
    theatre.kill(survivor)
    theatre.time_passes()
    theatre.finish(workers=1)
    assert right_account(theatre) == undisturbed
