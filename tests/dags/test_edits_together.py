"""Several edits of one dossier: they wait together, count together, and never leave half a dossier to be sent."""

from typing import Any

import pytest

from connectors.ledger import Ledger
from connectors.ledger.claims import claim_ready
from connectors.ledger.decisions import DecisionOutcome, DecisionRequest, requests_of
from connectors.ledger.opening import opened
from dags.steps import deciding
from dags.steps.checking import check_again
from dags.steps.deciding import CommandResult
from schemas.decision import Edit, RejectionReason
from schemas.states import DeliveryEvent
from tests.support import decisions
from tests.support.desk import DeskHouse
from tests.support.dossiers import BIRTH, changed
from tests.support.ledger_driver import LedgerDriver

HEADLESS = changed(BIRTH, "case.head_of_household", None)
HEAD = {"relation": "Cháu", "full_name": "NGUYỄN VĂN HÙNG", "personal_id": "024060004567"}
MISSING = ("head_of_household_missing", "case.head_of_household")
NUMBER, CODE = "case__mother__personal_id", "case__notice_code"
TWO_FAULTS = changed(changed(BIRTH, "case.mother.personal_id", "02419800111"), "case.notice_code", "khong ro")
RIGHT = {NUMBER: "024198001111", CODE: "00012.GCS.24001.26"}


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    """One birth without a head of household, as its portal writes it, held for that."""
    house = DeskHouse(ledger)
    house.arrive(HEADLESS)
    return house


def edit(house: DeskHouse, actor: str = "lan", **of_head: str) -> CommandResult:
    edits = tuple(Edit(field_path=f"case.head_of_household.{name}", after=value) for name, value in of_head.items())
    (one,) = requests_of(house.ledger, HEADLESS.dossier_code)
    return deciding.edit(house.ledger, actor, [DecisionRequest(one.dossier_id, one.version_number, edits)])


def examine(house: DeskHouse) -> dict[str, int]:
    return dict(check_again(house.ledger, [(HEADLESS.portal_code, HEADLESS.dossier_code)]))


def faults(house: DeskHouse) -> list[tuple[str, str]]:
    rows = house.rows("SELECT cause_code, unnest(field_paths) AS field_path FROM faults ORDER BY 1, 2")
    return [tuple(row) for row in rows]


def pending(of: LedgerDriver | DeskHouse) -> list[Any]:
    return [row.pending_id for row in of.rows("SELECT DISTINCT pending_id FROM faults")]


def half_confirmed(house: DeskHouse) -> DecisionOutcome:
    """The relation counts alone, name and number still wait."""
    outcome = edit(house, **HEAD).outcome
    deciding.confirm(house.ledger, "hoa", outcome.decision_ids[:1])
    return outcome


# All or none


def test_what_one_action_edits_in_a_dossier_waits_together_when_one_of_it_is_an_identity(house: DeskHouse) -> None:
    result = edit(house, **HEAD)
    assert (result.outcome.refused, len(result.outcome.decision_ids)) == ({}, 3)
    assert house.rows("SELECT DISTINCT needs_second FROM decisions") == [(True,)]
    assert (house.state(HEADLESS), faults(house)) == ("held", [MISSING])
    assert pending(house) == [result.outcome.decision_ids[-1]]
    assert dict(deciding.confirm(house.ledger, "hoa", result.outcome.decision_ids).moved) == {"cleared": 1}
    assert faults(house) == []
    (claimed,) = claim_ready(house.ledger, "civil_status", 10)
    assert [one.after for one in claimed.edits] == list(HEAD.values())


def test_another_dossier_of_the_same_action_does_not_wait(driver: LedgerDriver) -> None:
    other = changed(BIRTH, "dossier_code", "H05.12.34-261120-0099")
    driver.take_in(TWO_FAULTS, changed(other, "case.notice_code", "khong ro"))
    requests = driver.requests(TWO_FAULTS, **RIGHT) + driver.requests(other, **{CODE: "00099.GCS.24001.26"})
    assert decisions.edit(driver.ledger, "lan", requests).refused == {}
    assert driver.examine() == {"cleared": 1}
    assert (driver.state(TWO_FAULTS), driver.state(other)) == ("held", "cleared")


# What does not fit


def test_edits_that_do_not_fit_hold_the_dossier_as_its_source_is_and_nothing_is_sent(house: DeskHouse) -> None:
    half_confirmed(house)
    assert house.state(HEADLESS) == "held"
    assert faults(house) == [("edits_do_not_fit", "case.head_of_household.relation"), MISSING]
    assert house.rows("SELECT * FROM deliveries") == []


def test_edits_that_do_not_fit_cannot_be_accepted_away(house: DeskHouse) -> None:
    half_confirmed(house)
    requests = requests_of(house.ledger, HEADLESS.dossier_code)
    assert dict(deciding.accept(house.ledger, "lan", requests, "gấp").moved) == {"held": 1}
    assert house.rows("SELECT * FROM deliveries") == []


def test_confirming_the_rest_makes_them_fit(house: DeskHouse) -> None:
    outcome = half_confirmed(house)
    assert pending(house) == [outcome.decision_ids[-1]]
    assert dict(deciding.confirm(house.ledger, "hoa", outcome.decision_ids[1:]).moved) == {"cleared": 1}
    assert faults(house) == []


def test_undoing_the_one_that_does_not_fit_leaves_the_fault_of_the_source(house: DeskHouse) -> None:
    outcome = half_confirmed(house)
    deciding.decline(house.ledger, "hoa", outcome.decision_ids[1:], "không khớp giấy tờ")
    assert dict(deciding.undo(house.ledger, "lan", outcome.decision_ids[:1], "nhầm").moved) == {"held": 1}
    assert faults(house) == [MISSING]


def test_a_edit_of_what_is_still_missing_is_taken_and_makes_them_fit(house: DeskHouse) -> None:
    outcome = half_confirmed(house)
    deciding.decline(house.ledger, "hoa", outcome.decision_ids[1:], "không khớp giấy tờ")
    assert list(edit(house, personal_id="024060004567").outcome.refused.values()) == [RejectionReason.UNFIT]
    result = edit(house, full_name="NGUYỄN VĂN HÙNG")
    assert result.outcome.refused == {}
    assert dict(deciding.confirm(house.ledger, "hoa", result.outcome.decision_ids).moved) == {"cleared": 1}
    (one,) = opened(house.ledger, [1])
    assert [(edit.before, edit.after) for edit in one.edits.values()] == [(None, "Cháu"), (None, "NGUYỄN VĂN HÙNG")]


# Which decision a fault waits for


def test_of_two_waiting_edits_one_is_declined_and_the_other_still_waits(driver: LedgerDriver) -> None:
    driver.take_in(TWO_FAULTS)
    first, second = decisions.edit(driver.ledger, "lan", driver.requests(TWO_FAULTS, **RIGHT)).decision_ids
    assert pending(driver) == [second]
    decisions.decline(driver.ledger, "hoa", [second], "không khớp thẻ")
    assert pending(driver) == [first]
    decisions.decline(driver.ledger, "hoa", [first], "không khớp thẻ")
    assert pending(driver) == [None]


def test_of_two_waiting_edits_one_is_undone_and_the_other_still_waits(driver: LedgerDriver) -> None:
    driver.take_in(TWO_FAULTS)
    first, second = decisions.edit(driver.ledger, "lan", driver.requests(TWO_FAULTS, **RIGHT)).decision_ids
    decisions.undo(driver.ledger, "lan", [second], "nhầm")
    assert pending(driver) == [first]
    decisions.undo(driver.ledger, "lan", [first], "nhầm")
    assert pending(driver) == [None]


def test_a_refusal_that_stands_waits_for_nobody_once_its_edit_is_confirmed(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.tell(driver.send("civil_status"), DeliveryEvent.REFUSED, causes=(("civil_status.unknown", ""),))
    made = decisions.edit(driver.ledger, "lan", driver.requests(BIRTH, **{NUMBER: "02419800111"}))
    assert pending(driver) == list(made.decision_ids)
    decisions.confirm(driver.ledger, "hoa", made.decision_ids)
    assert driver.examine() == {"held": 1}
    assert pending(driver) == [None]
    assert {row.cause_code for row in driver.rows("SELECT cause_code FROM faults")} == {
        "civil_status.unknown",
        "wrong_personal_id_length",
    }


def test_a_refusal_of_which_no_cause_is_known_is_a_persons_again_too(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.tell(driver.send("civil_status"), DeliveryEvent.REFUSED, words="...")
    made = decisions.ask_supplement(driver.ledger, "lan", driver.requests(BIRTH), "Xin bổ sung")
    decisions.undo(driver.ledger, "lan", made.decision_ids, "nhầm")
    assert driver.rows("SELECT cause_code, field_paths, registry_code FROM faults") == [
        ("civil_status.unknown", [""], "civil_status")
    ]
