"""A process may be killed at any moment: what runs after it ends in the same state as if nothing had happened."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from random import Random

import pytest

from connectors.ledger import open_ledger
from connectors.ledger.account import AccountLine, account
from connectors.postgres import EmbeddedServer
from connectors.vault import Vault
from schemas.dates import VIETNAM
from tests.support.databases import new_ledger_url
from tests.support.ground_truth import contradictions, unfinished_at_portals
from tests.support.kills import AT_FULL_SPEED, ONE_AT_A_TIME, Boundary, ProcessDriver, a_dozen_dossiers

NOW = datetime.now(VIETNAM).replace(microsecond=0)

MakeDriver = Callable[[Mapping[str, str]], ProcessDriver]


@pytest.fixture(scope="module")
def make(server: EmbeddedServer) -> Iterator[MakeDriver]:
    """Makes drivers, each with the same dozen dossiers and an empty ledger."""
    with ExitStack() as stack:

        def make_driver(extra: Mapping[str, str]) -> ProcessDriver:
            sandbox, url = stack.enter_context(a_dozen_dossiers(NOW)), new_ledger_url(server)
            return ProcessDriver(sandbox, stack.enter_context(open_ledger(url, Vault(bytes(range(32))))), url, extra)

        yield make_driver


@pytest.fixture(scope="module")
def undisturbed(make: MakeDriver) -> list[AccountLine]:
    """The account of a run in which nothing was killed."""
    driver = make(ONE_AT_A_TIME)
    driver.go(driver.pipeline(driver.ledger))
    return right_account(driver)


def right_account(driver: ProcessDriver) -> list[AccountLine]:
    """The account, when it and the twins agree on what the dataset planted."""
    assert contradictions(driver.sandbox) == []
    assert unfinished_at_portals(driver.sandbox) == []
    lines = account(driver.ledger)
    assert [line for line in lines if line.unexplained or line.waiting] == []
    return lines


def test_the_dataset_has_a_dozen_dossiers_of_all_kinds_and_fates(
    undisturbed: list[AccountLine], make: MakeDriver
) -> None:
    planted = make(ONE_AT_A_TIME).sandbox.dataset.planted
    assert len(planted) == 12
    assert {dossier.dossier.case.kind for dossier in planted} == {"birth", "death", "marriage", "residence", "land"}
    assert sum(line.delivered for line in undisturbed) >= 17
    assert sum(line.refused for line in undisturbed) >= 2
    assert sum(line.held for line in undisturbed) >= 1


@pytest.mark.parametrize("boundary", Boundary)
def test_a_step_killed_at_each_of_its_boundaries_ends_in_the_undisturbed_state(
    make: MakeDriver, undisturbed: list[AccountLine], boundary: Boundary
) -> None:
    driver = make(ONE_AT_A_TIME)
    driver.sweep(boundary)
    assert driver.kills >= 30
    assert right_account(driver) == undisturbed


def test_a_worker_killed_at_random_moments_ends_in_the_undisturbed_state(
    make: MakeDriver, undisturbed: list[AccountLine]
) -> None:
    driver, moments = make(AT_FULL_SPEED), Random(5)
    for _ in range(25):
        worker = driver.start_worker()
        time.sleep(moments.uniform(0.02, 0.4))
        driver.kill(worker)
        driver.time_passes()
    driver.finish(workers=1)
    assert right_account(driver) == undisturbed


def test_two_workers_at_once_end_in_the_undisturbed_state(make: MakeDriver, undisturbed: list[AccountLine]) -> None:
    driver = make(AT_FULL_SPEED)
    driver.finish(workers=2)
    assert right_account(driver) == undisturbed


def test_workers_killed_beside_a_living_one_end_in_the_undisturbed_state(
    make: MakeDriver, undisturbed: list[AccountLine]
) -> None:
    driver, moments = make(AT_FULL_SPEED), Random(6)
    survivor = driver.start_worker()
    for _ in range(10):
        worker = driver.start_worker()
        time.sleep(moments.uniform(0.02, 0.4))
        driver.kill(worker)
    driver.kill(survivor)
    driver.time_passes()
    driver.finish(workers=1)
    assert right_account(driver) == undisturbed
