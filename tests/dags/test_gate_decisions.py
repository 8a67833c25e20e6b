"""A stopped batch waits for one person's decision, at the desk or in Airflow: released, or rejected and held."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.ledger import Ledger
from connectors.ledger.claims import claim_ready
from connectors.ledger.gates import batches_page, decide_batch, deciders, may_decide, open_batches, reason_of
from connectors.ledger.grants import grant
from dags.steps.batch_questions import DECISIONS, LEAVE, NO_REASON, NotAllowed, carry_out, question
from dags.steps.gating import gate
from tests.support.batches import batch_states, many, read, ready, stop, take_in
from tests.support.dossiers import BIRTH, changed
from tests.support.ledger_driver import LedgerDriver


def test_a_released_batch_is_sent_and_the_reason_is_sealed(driver: LedgerDriver) -> None:
    take_in(driver, *many(2))
    batch_id = stop(driver)
    assert decide_batch(driver.ledger, batch_id, "released", "lan", "Cổng gửi bù, đã đối chiếu")
    assert ready(driver) == 2
    assert reason_of(driver.ledger, batch_id) == "Cổng gửi bù, đã đối chiếu"
    ((sealed,),) = driver.rows("SELECT sealed FROM batches")
    assert "đối chiếu".encode() not in bytes(sealed)
    ((actor, detail),) = {
        (row.actor, row.batch)
        for row in driver.rows("SELECT actor, detail ->> 'batch' AS batch FROM events WHERE kind = 'batch_released'")
    }
    assert (actor, detail) == ("lan", str(batch_id))
    assert len(driver.rows("SELECT FROM events WHERE kind = 'batch_released'")) == 2


def test_a_rejected_batch_is_held_dossier_by_dossier_with_a_fault_for_each(driver: LedgerDriver) -> None:
    one, other = many(2)
    take_in(driver, one, other)
    assert decide_batch(driver.ledger, stop(driver), "rejected", "lan", "Cột bị đảo")
    assert (driver.state(one), driver.state(other)) == ("held", "held")
    assert ready(driver) == 0
    assert driver.checks(one) == {"batch_rejected"}
    faults = driver.rows("SELECT cause_code, portal_code FROM faults")
    assert [tuple(row) for row in faults] == [("batch_rejected", "24")] * 2
    assert driver.kinds(one)[-1] == "batch_rejected"


def test_a_dossier_of_a_rejected_batch_stays_held_when_it_is_examined_again(driver: LedgerDriver) -> None:
    (one,) = many(1)
    take_in(driver, one)
    decide_batch(driver.ledger, stop(driver), "rejected", "lan", "Cột bị đảo")
    driver.change("UPDATE dossiers SET state = 'pulled'")
    assert driver.examine() == {"held": 1}
    driver.change("UPDATE dossiers SET state = 'pulled', released_version = version_number")  # a person accepts it
    assert driver.examine() == {"cleared": 1}
    assert ready(driver) == 1


def test_a_new_version_of_a_rejected_dossier_is_in_a_new_batch(driver: LedgerDriver) -> None:
    (one,) = many(1)
    take_in(driver, one)
    decide_batch(driver.ledger, stop(driver), "rejected", "lan", "Cột bị đảo")
    assert take_in(driver, changed(one, "case.wife.full_name", "VŨ THỊ LÀN")) == {"cleared": 1}
    assert gate(driver.ledger, read) == {"passed": 1}
    assert ready(driver) == 1


def test_what_a_registry_already_has_goes_its_way_when_the_batch_is_rejected(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.register("civil_status")
    take_in(driver, changed(BIRTH, "status", 5))
    take_in(driver, changed(BIRTH, "status", 4))
    assert claim_ready(driver.ledger, "residence", 10) == []  # its change waits for the gate
    decide_batch(driver.ledger, stop(driver), "rejected", "lan", "Cột bị đảo")
    assert driver.state(BIRTH) == "cleared"
    assert len(claim_ready(driver.ledger, "residence", 10)) == 1


def test_of_two_who_decide_at_once_one_wins(driver: LedgerDriver) -> None:
    take_in(driver, *many(2))
    batch_id = stop(driver)
    both = threading.Barrier(2)

    def decide(decision: str) -> bool:
        both.wait()
        return decide_batch(driver.ledger, batch_id, decision, decision, "vì vậy")

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(decide, ("released", "rejected")))
    assert sorted(won) == [False, True]
    (batch,) = batches_page(driver.ledger)
    assert batch.state == batch.decided_by == ("released" if won[0] else "rejected")


def test_only_a_stopped_batch_can_be_decided(driver: LedgerDriver) -> None:
    take_in(driver, *many(1))
    (batch,) = open_batches(driver.ledger)
    assert not decide_batch(driver.ledger, batch.batch_id, "released", "lan", "vì vậy")
    gate(driver.ledger, read)
    assert not decide_batch(driver.ledger, batch.batch_id, "rejected", "lan", "vì vậy")
    with pytest.raises(ValueError, match="passed is no decision"):
        decide_batch(driver.ledger, batch.batch_id, "passed", "lan", "vì vậy")


def test_who_may_decide_is_named_by_the_grants(ledger: Ledger) -> None:
    grant(ledger, "lan", "steward", "24", "root")
    grant(ledger, "minh", "operator", "", "root")
    grant(ledger, "hoa", "auditor", "24", "root")
    grant(ledger, "tam", "steward", "40", "root")
    assert deciders(ledger, "24") == ["lan", "minh"]
    assert [may_decide(ledger, name, "24") for name in ("lan", "minh", "hoa", "tam", "ai")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def answered(option: str, user: str = "lan", reason: str = "đã đối chiếu") -> dict[str, object]:
    """As Airflow hands a person's answer over."""
    return {"chosen_options": [option], "params_input": {"reason": reason}, "responded_by_user": {"id": user}}


@pytest.fixture
def asked(driver: LedgerDriver) -> tuple[LedgerDriver, int]:
    """A stopped batch, and one person who may decide about it."""
    grant(driver.ledger, "lan", "steward", "24", "root")
    take_in(driver, *many(2))
    return driver, stop(driver)


def test_a_stopped_batch_is_put_to_those_a_grant_names(asked) -> None:
    driver, batch_id = asked
    (asking,) = question(driver.ledger, batch_id)
    assert asking["assigned_users"] == [{"id": "lan", "name": "lan"}]
    assert asking["subject"].startswith(f"Bắc Ninh: lô hồ sơ {batch_id} lúc ")
    assert "Quá nửa số hồ sơ bị giữ" in asking["body"]


@pytest.mark.parametrize(("option", "state"), [*DECISIONS.items(), (LEAVE, "stopped")])
def test_what_the_named_person_answers_is_carried_out(asked, option: str, state: str) -> None:
    driver, batch_id = asked
    assert carry_out(driver.ledger, batch_id, answered(option)) == ({} if option == LEAVE else {state: 1})
    assert batch_states(driver) == [state]
    assert reason_of(driver.ledger, batch_id) == ("" if option == LEAVE else "đã đối chiếu")


def test_a_decision_at_the_desk_makes_the_question_moot(asked) -> None:
    driver, batch_id = asked
    decide_batch(driver.ledger, batch_id, "rejected", "minh", "Cột bị đảo")
    assert question(driver.ledger, batch_id) == []
    assert carry_out(driver.ledger, batch_id, answered("Cho đi")) == {}
    assert batch_states(driver) == ["rejected"]


def test_who_has_no_grant_cannot_decide_by_answering_in_airflow_and_the_try_is_logged(asked) -> None:
    driver, batch_id = asked
    with pytest.raises(NotAllowed):
        carry_out(driver.ledger, batch_id, answered("Cho đi", user="hoa"))
    assert batch_states(driver) == ["stopped"]
    assert [tuple(row) for row in driver.rows("SELECT actor, what, was_allowed FROM accesses")] == [
        ("hoa", "decide_batch", False)
    ]


def test_an_answer_that_came_by_itself_after_a_week_decides_nothing(asked) -> None:
    driver, batch_id = asked
    late = {"chosen_options": [LEAVE], "params_input": {"reason": ""}, "responded_by_user": None}
    assert carry_out(driver.ledger, batch_id, late) == {}
    assert carry_out(driver.ledger, batch_id, answered("Cho đi", reason=" ")) == {"released": 1}
    assert reason_of(driver.ledger, batch_id) == NO_REASON


def test_airflow_offers_the_options_that_are_understood() -> None:
    from dags.decide_batches import OPTIONS

    assert [*DECISIONS, LEAVE] == OPTIONS
