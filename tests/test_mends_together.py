"""Several mends of one dossier: they wait together, count together, and never leave half a dossier to be sent."""

from typing import Any

import pytest

from connectors.ledger import Ledger, decisions
from connectors.ledger.decisions import Ruling, Why, wanted_of
from connectors.ledger.deliveries import claim_ready
from connectors.ledger.reading import opened
from dags.steps import deciding
from dags.steps.checking import check_again
from dags.steps.deciding import Deed
from schemas.decision import Mend
from schemas.delivery import Event
from tests.desk import DeskHouse
from tests.dossiers import BIRTH, changed
from tests.shelf import Shelf

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


def mend(house: DeskHouse, actor: str = "lan", **of_head: str) -> Deed:
    mends = tuple(Mend(field_path=f"case.head_of_household.{name}", after=value) for name, value in of_head.items())
    (one,) = wanted_of(house.ledger, HEADLESS.dossier_code)
    return deciding.mend(house.ledger, actor, [decisions.Wanted(one.dossier_id, one.version_number, mends)])


def examine(house: DeskHouse) -> dict[str, int]:
    return dict(check_again(house.ledger, [(HEADLESS.portal_code, HEADLESS.dossier_code)]))


def faults(house: DeskHouse) -> list[tuple[str, str]]:
    rows = house.rows("SELECT cause_code, unnest(field_paths) AS field_path FROM faults ORDER BY 1, 2")
    return [tuple(row) for row in rows]


def pending(of: Shelf | DeskHouse) -> list[Any]:
    return [row.pending_id for row in of.rows("SELECT DISTINCT pending_id FROM faults")]


def half_confirmed(house: DeskHouse) -> Ruling:
    """The relation counts alone, name and number still wait."""
    ruling = mend(house, **HEAD).ruling
    deciding.confirm(house.ledger, "hoa", ruling.decision_ids[:1])
    return ruling


# All or none


def test_what_one_action_mends_in_a_dossier_waits_together_when_one_of_it_is_an_identity(house: DeskHouse) -> None:
    deed = mend(house, **HEAD)
    assert (deed.ruling.refused, len(deed.ruling.decision_ids)) == ({}, 3)
    assert house.rows("SELECT DISTINCT needs_second FROM decisions") == [(True,)]
    assert (house.state(HEADLESS), faults(house)) == ("held", [MISSING])
    assert pending(house) == [deed.ruling.decision_ids[-1]]
    assert dict(deciding.confirm(house.ledger, "hoa", deed.ruling.decision_ids).moved) == {"cleared": 1}
    assert faults(house) == []
    (claimed,) = claim_ready(house.ledger, "civil_status", 10)
    assert [one.after for one in claimed.mends] == list(HEAD.values())


def test_another_dossier_of_the_same_action_does_not_wait(shelf: Shelf) -> None:
    other = changed(BIRTH, "dossier_code", "H05.12.34-261120-0099")
    shelf.take_in(TWO_FAULTS, changed(other, "case.notice_code", "khong ro"))
    wanted = shelf.wanted(TWO_FAULTS, **RIGHT) + shelf.wanted(other, **{CODE: "00099.GCS.24001.26"})
    assert decisions.mend(shelf.ledger, "lan", wanted).refused == {}
    assert shelf.examine() == {"cleared": 1}
    assert (shelf.state(TWO_FAULTS), shelf.state(other)) == ("held", "cleared")


# What does not fit


def test_mends_that_do_not_fit_hold_the_dossier_as_its_source_is_and_nothing_is_sent(house: DeskHouse) -> None:
    half_confirmed(house)
    assert house.state(HEADLESS) == "held"
    assert faults(house) == [MISSING, ("mends_do_not_fit", "case.head_of_household.relation")]
    assert house.rows("SELECT * FROM deliveries") == []


def test_mends_that_do_not_fit_cannot_be_accepted_away(house: DeskHouse) -> None:
    half_confirmed(house)
    wanted = wanted_of(house.ledger, HEADLESS.dossier_code)
    assert dict(deciding.accept(house.ledger, "lan", wanted, "gấp").moved) == {"held": 1}
    assert house.rows("SELECT * FROM deliveries") == []


def test_confirming_the_rest_makes_them_fit(house: DeskHouse) -> None:
    ruling = half_confirmed(house)
    assert pending(house) == [ruling.decision_ids[-1]]
    assert dict(deciding.confirm(house.ledger, "hoa", ruling.decision_ids[1:]).moved) == {"cleared": 1}
    assert faults(house) == []


def test_undoing_the_one_that_does_not_fit_leaves_the_fault_of_the_source(house: DeskHouse) -> None:
    ruling = half_confirmed(house)
    deciding.decline(house.ledger, "hoa", ruling.decision_ids[1:], "không khớp giấy tờ")
    assert dict(deciding.undo(house.ledger, "lan", ruling.decision_ids[:1], "nhầm").moved) == {"held": 1}
    assert faults(house) == [MISSING]


def test_a_mend_of_what_is_still_missing_is_taken_and_makes_them_fit(house: DeskHouse) -> None:
    ruling = half_confirmed(house)
    deciding.decline(house.ledger, "hoa", ruling.decision_ids[1:], "không khớp giấy tờ")
    assert list(mend(house, personal_id="024060004567").ruling.refused.values()) == [Why.UNFIT]
    deed = mend(house, full_name="NGUYỄN VĂN HÙNG")
    assert deed.ruling.refused == {}
    assert dict(deciding.confirm(house.ledger, "hoa", deed.ruling.decision_ids).moved) == {"cleared": 1}
    (one,) = opened(house.ledger, [1])
    assert [(mend.before, mend.after) for mend in one.mends.values()] == [(None, "Cháu"), (None, "NGUYỄN VĂN HÙNG")]


# Which decision a fault waits for


def test_of_two_waiting_mends_one_is_declined_and_the_other_still_waits(shelf: Shelf) -> None:
    shelf.take_in(TWO_FAULTS)
    first, second = decisions.mend(shelf.ledger, "lan", shelf.wanted(TWO_FAULTS, **RIGHT)).decision_ids
    assert pending(shelf) == [second]
    decisions.decline(shelf.ledger, "hoa", [second], "không khớp thẻ")
    assert pending(shelf) == [first]
    decisions.decline(shelf.ledger, "hoa", [first], "không khớp thẻ")
    assert pending(shelf) == [None]


def test_of_two_waiting_mends_one_is_undone_and_the_other_still_waits(shelf: Shelf) -> None:
    shelf.take_in(TWO_FAULTS)
    first, second = decisions.mend(shelf.ledger, "lan", shelf.wanted(TWO_FAULTS, **RIGHT)).decision_ids
    decisions.undo(shelf.ledger, "lan", [second], "nhầm")
    assert pending(shelf) == [first]
    decisions.undo(shelf.ledger, "lan", [first], "nhầm")
    assert pending(shelf) == [None]


def test_a_refusal_that_stands_waits_for_nobody_once_its_mend_is_confirmed(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.tell(shelf.send("civil_status"), Event.REFUSED, causes=(("civil_status.unknown", ""),))
    made = decisions.mend(shelf.ledger, "lan", shelf.wanted(BIRTH, **{NUMBER: "02419800111"}))
    assert pending(shelf) == list(made.decision_ids)
    decisions.confirm(shelf.ledger, "hoa", made.decision_ids)
    assert shelf.examine() == {"held": 1}
    assert pending(shelf) == [None]
    assert {row.cause_code for row in shelf.rows("SELECT cause_code FROM faults")} == {
        "civil_status.unknown", "wrong_personal_id_length"}  # fmt: skip


def test_a_refusal_of_which_no_cause_is_known_is_a_persons_again_too(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.tell(shelf.send("civil_status"), Event.REFUSED, words="...")
    made = decisions.ask_supplement(shelf.ledger, "lan", shelf.wanted(BIRTH), "Xin bổ sung")
    decisions.undo(shelf.ledger, "lan", made.decision_ids, "nhầm")
    assert shelf.rows("SELECT cause_code, field_paths, registry_code FROM faults") == [
        ("civil_status.unknown", [""], "civil_status")]  # fmt: skip
