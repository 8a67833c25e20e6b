"""From the portals to the registries and back, against the twins' ground truth."""

from collections.abc import Callable

import pytest

from connectors.ledger.account import account, pending
from connectors.sandbox.server import SimulatedFault
from tests.support.ground_truth import contradictions, registrations, unfinished_at_portals
from tests.support.pipeline import PipelineDriver


def assert_all_is_right(pipeline: PipelineDriver) -> None:
    assert contradictions(pipeline.sandbox) == []
    assert unfinished_at_portals(pipeline.sandbox) == []
    lines = account(pipeline.ledger)
    assert [line for line in lines if line.unexplained] == []
    assert pending(pipeline.ledger).dossiers == len(pipeline.sandbox.dataset.planted)


def test_every_cleared_dossier_is_registered_once_and_nothing_held_reaches_a_registry(
    pipeline: Callable[..., PipelineDriver],
) -> None:
    driver = pipeline(dossiers=300, seed=11)
    driver.go()
    assert_all_is_right(driver)
    assert driver.errors == []


def test_a_second_round_over_everything_changes_nothing(pipeline: Callable[..., PipelineDriver]) -> None:
    driver = pipeline(dossiers=60, seed=12)
    driver.go()
    before, events = registrations(driver.sandbox), pending(driver.ledger).last_event
    driver.round()
    assert registrations(driver.sandbox) == before
    assert pending(driver.ledger).last_event == events


@pytest.mark.parametrize("fault", [fault for fault in SimulatedFault if fault != SimulatedFault.WITHHOLD_NUMBER])
def test_a_fault_at_every_registry_and_portal_loses_nothing_and_doubles_nothing(
    pipeline: Callable[..., PipelineDriver], fault: SimulatedFault
) -> None:
    driver = pipeline(dossiers=40, seed=13, province_codes=("24", "22"))
    for listener in driver.sandbox.server.listeners.values():
        listener.switch(fault, share=0.3, seconds=0.2)
    for _ in range(4):
        driver.round()
    for listener in driver.sandbox.server.listeners.values():
        listener.switch(None)
    driver.go(within_s=240)
    assert_all_is_right(driver)


def test_a_number_that_is_withheld_keeps_the_chain_waiting_until_it_comes(
    pipeline: Callable[..., PipelineDriver],
) -> None:
    driver = pipeline(dossiers=40, seed=14, province_codes=("24", "22"))
    civil_status = driver.sandbox.server.listeners["civil_status"]
    civil_status.faults.switch(SimulatedFault.WITHHOLD_NUMBER)
    for _ in range(8):
        driver.round()
    births = {
        planted.dossier.dossier_code
        for planted in driver.sandbox.dataset.planted
        if planted.dossier.case.kind == "birth"
    }
    assert births & set(registrations(driver.sandbox)["civil_status"])
    assert not births & set(registrations(driver.sandbox)["residence"])
    assert pending(driver.ledger).numbers > 0
    civil_status.faults.switch(None)
    driver.go(within_s=240)
    assert_all_is_right(driver)
