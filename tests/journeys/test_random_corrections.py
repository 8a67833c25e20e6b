"""Whatever a portal, the steps and a steward do in whatever order: the registries end in the truth of civil status.

`uv run python -m tests.support.random_corrections --interleavings 1000` does the same for a thousand dossiers.
"""

from collections.abc import Iterator
from random import Random
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from connectors.ledger import Ledger
from tests.support.corrections import AMENDMENTS, Office, open_office, untruths
from tests.support.random_corrections import Simulation

EXAMPLES, STEPS = 12, 10


def test_a_hundred_interleavings_end_right(ledger: Ledger) -> None:
    office = open_office(ledger, 100, seed=21)
    try:
        simulation = Simulation(office, seed=21)
        assert simulation.run() == []
        done = {word for words in simulation.log.values() for word in words}
        assert done >= {*AMENDMENTS, "revert", "withdraw", "correct", "keep", "settle"}
    finally:
        office.pipeline.sandbox.stop()


@pytest.fixture
def office(ledger: Ledger) -> Iterator[Office]:
    opened = open_office(ledger, EXAMPLES * 3, seed=5)
    yield opened
    opened.pipeline.sandbox.stop()


class DossierActs(RuleBasedStateMachine):
    """One dossier of the office for each example; hypothesis chooses what happens to it, and shrinks what fails."""

    office: ClassVar[Office]
    codes: ClassVar[Iterator[str]]
    code = ""

    @initialize()
    def begin(self) -> None:
        self.code = next(self.codes)
        self.rng = Random(self.code)

    @rule(kind=st.sampled_from((*AMENDMENTS, "revert")))
    def amend(self, kind: str) -> None:
        self.office.amend(self.code, kind, self.rng)

    @rule(name=st.sampled_from(("pull", "deliver")))
    def step(self, name: str) -> None:
        self.office.step(name)

    @rule(act=st.sampled_from(("correct", "keep")), confirms=st.booleans())
    def decide(self, act: str, confirms: bool) -> None:
        self.office.decide(act, self.code, confirms=confirms)

    @rule()
    def settle(self) -> None:
        self.office.settle(self.code)

    def teardown(self) -> None:
        """The portal changes the name once more, the steward corrects what is to be corrected: that must stand."""
        if not self.code:
            return
        self.office.amend(self.code, "child_name", self.rng)
        for _ in range(10):
            self.office.quiet()
            if "changed_after_sending" not in self.office.causes(self.code):
                break
            if waiting := self.office.waiting_decisions(self.code):
                self.office.decline(waiting)
            self.office.decide("correct", self.code)
        self.office.settle(self.code)
        assert list(untruths(self.office, {self.code: self.office.now[self.code]})) == []
        assert self.office.causes(self.code) == []


def test_no_order_of_acts_leads_away_from_the_truth(office: Office) -> None:
    DossierActs.office, DossierActs.codes = office, iter(office.codes)
    run_state_machine_as_test(
        DossierActs,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        ),
    )
