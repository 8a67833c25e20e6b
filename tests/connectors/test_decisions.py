"""A person decides: what is edited, confirmed, accepted, rejected, and that none of it can be done twice or unseen."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from pydantic import ValidationError

from connectors.ledger.claims import claim_ready
from connectors.ledger.decisions import DecisionOutcome
from connectors.ledger.faults import find_beside
from connectors.ledger.reports import claim_reports, record_report_outcomes
from schemas.decision import Edit, RejectionReason, edited, needs_second, value_at
from schemas.dossier import Dossier
from schemas.finding import Finding, Weight
from schemas.registries import Given, HealthInsuranceReceipt, ResidenceReceipt
from schemas.report import ReportOutcome
from schemas.states import DeliveryEvent
from tests.support import decisions
from tests.support.dossiers import BIRTH, DEATH, changed
from tests.support.ledger_driver import WITH_NUMBER, LedgerDriver, misderived, unexplained

FAULTY = changed(BIRTH, "case.notice_code", "khong ro")
RIGHT_CODE = "00012.GCS.24001.26"
WRONG_NUMBER = changed(BIRTH, "case.mother.personal_id", "02419800111")
RIGHT_NUMBER = "024198001111"


def refused(outcome: DecisionOutcome) -> list[RejectionReason]:
    assert not outcome.dossier_ids
    return list(outcome.refused.values())


def faults(driver: LedgerDriver) -> list[tuple[str, str]]:
    query = "SELECT cause_code, unnest(field_paths) AS field_path FROM faults ORDER BY cause_code"
    return [(row.cause_code, row.field_path) for row in driver.rows(query)]


# The edited dossier


def test_an_edit_changes_one_field_and_leaves_the_source_as_it_was() -> None:
    after = edited(FAULTY, [Edit(field_path="case.notice_code", after=RIGHT_CODE)])
    assert after == changed(FAULTY, "case.notice_code", RIGHT_CODE)
    assert value_at(FAULTY, "case.notice_code") == "khong ro"


def test_a_part_that_was_missing_is_begun_and_must_be_whole() -> None:
    without = changed(BIRTH, "case.head_of_household", None)
    name = Edit(field_path="case.head_of_household.full_name", after="NGUYỄN VĂN HÙNG")
    relation = Edit(field_path="case.head_of_household.relation", after="Cháu")
    assert value_at(edited(without, [relation, name]), "case.head_of_household.full_name") == "NGUYỄN VĂN HÙNG"
    with pytest.raises(ValidationError):
        edited(without, [relation])


@pytest.mark.parametrize(
    "path",
    ["status", "dossier_code", "papers.0.sha256", "case.kind", "case", "case.owners.7.full_name", "case.nobody",
     "case.child.full_name.first"],
)  # fmt: skip
def test_what_is_the_portals_or_is_not_there_cannot_be_edited(path: str) -> None:
    with pytest.raises((KeyError, ValidationError)):
        edited(BIRTH, [Edit(field_path=path, after="1")])


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("case.child.full_name", True),
        ("case.mother.id_paper.number", True),
        ("case.died_on", True),
        ("case.notice_code", False),
        ("case.residence.commune_code", False),
    ],
)
def test_who_someone_is_needs_a_second_person(path: str, identity: bool) -> None:
    assert needs_second(path) is identity


# Edits


def test_an_edit_is_examined_again_and_goes_out_with_its_new_value(driver: LedgerDriver) -> None:
    assert driver.take_in(FAULTY) == {"held": 1}
    assert faults(driver) == [("birth_notice_malformed", "case.notice_code")]
    decisions.edit(driver.ledger, "lan", driver.requests(FAULTY, case__notice_code=RIGHT_CODE), "xem giấy gốc")
    assert driver.examine() == {"cleared": 1}
    assert faults(driver) == []
    claimed = driver.send("civil_status")
    assert [edit.after for edit in claimed.edits] == [RIGHT_CODE]
    assert Dossier.model_validate_json(claimed.original) == FAULTY
    assert driver.rows("SELECT actor FROM events WHERE kind = 'edited'") == [("lan",)]


def test_an_edit_made_twice_makes_one_delivery(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    decisions.edit(driver.ledger, "lan", driver.requests(FAULTY, case__notice_code=RIGHT_CODE))
    driver.examine()
    again = decisions.edit(driver.ledger, "lan", driver.requests(FAULTY, case__notice_code=RIGHT_CODE))
    assert refused(again) == [RejectionReason.NOT_AT_FAULT]
    assert driver.deliveries(BIRTH) == {"civil_status": "ready", "residence": "waiting", "health_insurance": "waiting"}


def test_an_edited_identity_waits_for_another_person(driver: LedgerDriver) -> None:
    driver.take_in(WRONG_NUMBER)
    made = decisions.edit(driver.ledger, "lan", driver.requests(BIRTH, case__mother__personal_id=RIGHT_NUMBER))
    assert driver.examine() == {}
    assert [row.pending_id for row in driver.rows("SELECT pending_id FROM faults")] == list(made.decision_ids)
    assert refused(decisions.confirm(driver.ledger, "lan", made.decision_ids)) == [RejectionReason.OWN]
    assert decisions.confirm(driver.ledger, "hoa", made.decision_ids).refused == {}
    assert driver.examine() == {"cleared": 1}
    assert refused(decisions.confirm(driver.ledger, "minh", made.decision_ids)) == [RejectionReason.RESOLVED]


def test_a_declined_edit_never_counts(driver: LedgerDriver) -> None:
    driver.take_in(WRONG_NUMBER)
    made = decisions.edit(driver.ledger, "lan", driver.requests(BIRTH, case__mother__personal_id=RIGHT_NUMBER))
    decisions.decline(driver.ledger, "hoa", made.decision_ids, "không khớp thẻ")
    assert driver.rows("SELECT pending_id FROM faults") == [(None,)]
    assert refused(decisions.confirm(driver.ledger, "minh", made.decision_ids)) == [RejectionReason.RESOLVED]
    driver.change("UPDATE dossiers SET state = 'pulled'")
    assert driver.examine() == {"held": 1}


def test_a_pending_edit_is_still_pending_after_the_dossier_is_examined_again(driver: LedgerDriver) -> None:
    driver.take_in(changed(WRONG_NUMBER, "case.notice_code", "khong ro"))
    made = decisions.edit(driver.ledger, "lan", driver.requests(BIRTH, case__mother__personal_id=RIGHT_NUMBER))
    decisions.edit(driver.ledger, "lan", driver.requests(BIRTH, case__notice_code=RIGHT_CODE))
    assert driver.examine() == {"held": 1}
    assert driver.rows("SELECT cause_code, pending_id FROM faults") == [
        ("wrong_personal_id_length", made.decision_ids[0])
    ]


def test_after_a_refusal_the_edit_goes_on_from_the_step_that_failed(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.register("civil_status")
    cause = ("residence.head_unknown", "case.head_of_household.relation")
    driver.tell(driver.send("residence"), DeliveryEvent.REFUSED, words="...", causes=(cause,))
    assert faults(driver) == [cause]
    assert driver.deliveries(BIRTH) == {
        "civil_status": "registered",
        "residence": "refused",
        "health_insurance": "stopped",
    }
    requests = driver.requests(BIRTH, case__head_of_household__relation="Cháu nội")
    assert decisions.edit(driver.ledger, "lan", requests).refused == {}
    assert driver.examine() == {"cleared": 1}
    assert driver.deliveries(BIRTH) == {
        "civil_status": "registered",
        "residence": "ready",
        "health_insurance": "waiting",
    }
    assert faults(driver) == []
    assert claim_ready(driver.ledger, "civil_status", 10) == []
    claimed = driver.send("residence")
    assert claimed.given == Given.by(WITH_NUMBER)
    assert claimed.edits[0].after == "Cháu nội"
    driver.tell(claimed, DeliveryEvent.REGISTERED, ResidenceReceipt(residence_case_code="CT-1"))
    driver.register("health_insurance", HealthInsuranceReceipt(card_code="TE1"))
    assert misderived(driver.ledger) == []
    assert unexplained(driver.ledger) == 0


def test_an_edit_is_not_taken_while_a_registry_works_on_the_dossier(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.send("civil_status")
    driver.take_in(changed(BIRTH, "case.notice_code", "khong ro"))
    requests = driver.requests(BIRTH, case__notice_code=RIGHT_CODE)
    assert refused(decisions.edit(driver.ledger, "lan", requests)) == [RejectionReason.UNDER_WAY]


def test_an_edit_of_what_the_source_changed_meanwhile_is_not_taken(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    requests = driver.requests(FAULTY, case__notice_code=RIGHT_CODE)
    driver.take_in(changed(FAULTY, "case.mother.full_name", "TRẦN THỊ HOÀI"))
    assert refused(decisions.edit(driver.ledger, "lan", requests)) == [RejectionReason.OVERTAKEN]


def test_a_decision_is_reopened_when_the_source_changes(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    decisions.edit(driver.ledger, "lan", driver.requests(FAULTY, case__notice_code=RIGHT_CODE))
    assert driver.examine() == {"cleared": 1}
    assert driver.take_in(changed(FAULTY, "case.mother.full_name", "TRẦN THỊ HOÀI")) == {"held": 1}
    assert faults(driver) == [("birth_notice_malformed", "case.notice_code")]
    assert driver.kinds(BIRTH).count("reopened") == 1


# Other decisions


def test_what_is_accepted_as_it_is_goes_out_and_says_who(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    decisions.accept(driver.ledger, "lan", driver.requests(FAULTY), "giấy cũ")
    assert driver.examine() == {"cleared": 1}
    assert driver.send("civil_status").edits == []
    assert refused(decisions.accept(driver.ledger, "lan", driver.requests(FAULTY), "giấy cũ")) == [
        RejectionReason.NOT_AT_FAULT
    ]


def test_a_rejected_dossier_is_closed_and_the_reason_is_reported_to_its_portal(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    decisions.reject(driver.ledger, "lan", driver.requests(FAULTY), "không đúng thẩm quyền")
    assert (driver.state(BIRTH), faults(driver)) == ("closed", [])
    assert [row.milestone for row in driver.rows("SELECT milestone FROM reports ORDER BY report_id")][-1] == "rejected"
    assert unexplained(driver.ledger) == 0


def test_what_a_registry_has_is_neither_rejected_nor_asked_about(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.register("civil_status")
    driver.tell(driver.send("residence"), DeliveryEvent.REFUSED, words="...")
    assert refused(decisions.reject(driver.ledger, "lan", driver.requests(BIRTH), "x")) == [RejectionReason.REGISTERED]
    assert refused(decisions.ask_supplement(driver.ledger, "lan", driver.requests(BIRTH), "x")) == [
        RejectionReason.REGISTERED
    ]


def test_a_supplement_is_waited_for_and_the_next_version_is_examined(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    decisions.ask_supplement(driver.ledger, "lan", driver.requests(FAULTY), "Xin bổ sung giấy chứng sinh")
    assert (driver.state(BIRTH), faults(driver)) == ("waiting", [])
    assert driver.take_in(BIRTH) == {"cleared": 1}


def test_a_refused_delivery_is_sent_again_under_its_key_when_the_fault_was_the_registrys(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    claimed = driver.send("civil_status")
    driver.tell(claimed, DeliveryEvent.REFUSED, words="Hệ thống đang bảo trì")
    decisions.resend(driver.ledger, "lan", driver.requests(BIRTH), "hết bảo trì")
    again = driver.send("civil_status")
    assert (again.delivery_key, again.attempt_number) == (claimed.delivery_key, 2)
    driver.tell(again, DeliveryEvent.REGISTERED, WITH_NUMBER)
    assert driver.send("residence").given == Given.by(WITH_NUMBER)
    assert misderived(driver.ledger) == []


# Taking back


def test_an_edit_is_undone_while_nothing_of_it_was_sent(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    made = decisions.edit(driver.ledger, "lan", driver.requests(FAULTY, case__notice_code=RIGHT_CODE))
    driver.examine()
    assert decisions.undo(driver.ledger, "hoa", made.decision_ids, "nhầm").refused == {}
    assert driver.examine() == {"held": 1}
    assert driver.deliveries(BIRTH) == {}
    assert "accepted" not in {row.milestone for row in driver.rows("SELECT * FROM reports WHERE state = 'pending'")}
    assert refused(decisions.undo(driver.ledger, "hoa", made.decision_ids, "nhầm")) == [RejectionReason.RESOLVED]


def test_what_was_sent_is_not_undone(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    made = decisions.edit(driver.ledger, "lan", driver.requests(FAULTY, case__notice_code=RIGHT_CODE))
    driver.examine()
    driver.send("civil_status")
    assert refused(decisions.undo(driver.ledger, "lan", made.decision_ids, "nhầm")) == [RejectionReason.REGISTERED]


@pytest.mark.parametrize("verb", [decisions.reject, decisions.ask_supplement])
def test_a_decision_is_undone_until_its_portal_has_acknowledged_it(
    driver: LedgerDriver, verb: Callable[..., DecisionOutcome]
) -> None:
    driver.take_in(FAULTY)
    made = verb(driver.ledger, "lan", driver.requests(FAULTY), "x")
    assert decisions.undo(driver.ledger, "lan", made.decision_ids, "nhầm").refused == {}
    assert driver.examine() == {"held": 1}
    made = verb(driver.ledger, "lan", driver.requests(FAULTY), "x")
    driver.acknowledge_all()
    assert refused(decisions.undo(driver.ledger, "lan", made.decision_ids, "nhầm")) == [RejectionReason.REPORTED]
    assert driver.rows("SELECT count(*) FROM reports WHERE state = 'withdrawn'") == [(1,)]


def test_an_edit_made_again_after_it_was_undone_goes_out_once(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    for _ in range(2):
        made = decisions.edit(driver.ledger, "lan", driver.requests(FAULTY, case__notice_code=RIGHT_CODE))
        assert driver.examine() == {"cleared": 1}
        decisions.undo(driver.ledger, "lan", made.decision_ids, "nhầm")
        assert driver.examine() == {"held": 1}
    decisions.edit(driver.ledger, "lan", driver.requests(FAULTY, case__notice_code=RIGHT_CODE))
    driver.examine()
    assert [claimed.attempt_number for claimed in claim_ready(driver.ledger, "civil_status", 10)] == [1]
    assert "accepted" in {row.milestone for row in driver.rows("SELECT * FROM reports WHERE state = 'pending'")}
    assert misderived(driver.ledger) == []


def test_a_refusal_is_a_persons_again_when_the_question_to_the_citizen_is_undone(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    cause = ("civil_status.field_empty", "case.child.full_name")
    driver.tell(driver.send("civil_status"), DeliveryEvent.REFUSED, causes=(cause,))
    made = decisions.ask_supplement(driver.ledger, "lan", driver.requests(BIRTH), "Xin bổ sung")
    assert faults(driver) == []
    assert decisions.undo(driver.ledger, "lan", made.decision_ids, "nhầm").refused == {}
    driver.examine()
    assert faults(driver) == [cause]
    assert driver.deliveries(BIRTH)["civil_status"] == "refused"


# Many at once, and many persons


def test_one_action_edits_a_thousand_and_each_keeps_its_own_record(driver: LedgerDriver) -> None:
    many = [changed(FAULTY, "dossier_code", f"H05.12.34-261120-{number:04d}") for number in range(1000, 2000)]
    assert driver.take_in(*many)["held"] == 500  # a batch
    assert driver.examine() == {"held": 500}
    requests = [request for dossier in many for request in driver.requests(dossier, case__notice_code=RIGHT_CODE)]
    outcome = decisions.edit(driver.ledger, "lan", requests, "cùng một lỗi", uuid4())
    assert len(outcome.dossier_ids) == len(outcome.decision_ids) == 1000
    assert driver.examine() + driver.examine() == {"cleared": 1000}
    assert driver.rows("SELECT count(DISTINCT bulk_id), count(*) FROM decisions") == [(1, 1000)]


def test_of_two_who_decide_at_once_one_wins_and_the_other_gets_the_reason(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    requests, barrier = driver.requests(FAULTY), threading.Barrier(2)

    def decide(actor: str) -> DecisionOutcome:
        barrier.wait()
        return decisions.reject(driver.ledger, actor, requests, "x")

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(decide, ["lan", "hoa"]))
    assert sorted(len(outcome.dossier_ids) for outcome in outcomes) == [0, 1]
    assert [reason for outcome in outcomes for reason in outcome.refused.values()] == [RejectionReason.NOT_AT_FAULT]


def test_an_erased_dossier_is_not_decided(driver: LedgerDriver) -> None:
    driver.take_in(changed(DEATH, "case.deceased.personal_id", "12"))
    driver.change("UPDATE keys SET wrapped = NULL")
    assert refused(decisions.accept(driver.ledger, "lan", driver.requests(DEATH), "x")) == [RejectionReason.ERASED]


def test_what_a_person_writes_is_not_readable_in_the_database(driver: LedgerDriver) -> None:
    driver.take_in(WRONG_NUMBER)
    decisions.edit(driver.ledger, "lan", driver.requests(BIRTH, case__mother__personal_id=RIGHT_NUMBER), "hỏi bà Hoa")
    for table in ("decisions", "events", "faults", "tallies"):
        assert RIGHT_NUMBER not in str(driver.rows(f"SELECT * FROM {table}"))
        assert "hỏi bà" not in str(driver.rows(f"SELECT * FROM {table}"))


def test_words_that_the_portal_does_not_take_leave_the_dossier_to_a_person_again(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    decisions.ask_supplement(driver.ledger, "lan", driver.requests(FAULTY), "Xin bổ sung giấy chứng sinh")
    while claimed := claim_reports(driver.ledger, "24", 100):
        refusing = {
            report.report_id: ReportOutcome.REFUSED if report.report.words else ReportOutcome.ACKNOWLEDGED
            for report in claimed
        }
        record_report_outcomes(driver.ledger, refusing, [])
    assert (driver.state(BIRTH), faults(driver)) == ("held", [("words_not_taken", "")])
    assert decisions.accept(driver.ledger, "lan", driver.requests(FAULTY), "đã gọi điện").refused == {}


def test_a_fault_found_while_a_dossier_is_on_its_way_is_accepted_and_nothing_is_sent_twice(
    driver: LedgerDriver,
) -> None:
    driver.take_in(BIRTH)
    driver.register("civil_status")
    found = Finding(check_code="entry_registered_twice", field_path="entry_number", weight=Weight.HOLDS)
    noted = Finding(check_code="odd_personal_id_structure", field_path="receipt.personal_id", weight=Weight.NOTES)
    ((dossier_id,),) = driver.rows("SELECT dossier_id FROM dossiers")
    find_beside(driver.ledger, [(dossier_id, found), (dossier_id, noted)])
    assert faults(driver) == [("entry_registered_twice", "entry_number")]
    assert decisions.accept(driver.ledger, "lan", driver.requests(BIRTH), "sổ ghi đúng").refused == {}
    assert (driver.state(BIRTH), faults(driver)) == ("cleared", [])
    assert driver.deliveries(BIRTH) == {
        "civil_status": "registered",
        "residence": "ready",
        "health_insurance": "waiting",
    }


def test_the_tallies_of_a_day_count_what_arrived_was_held_and_was_registered(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH, changed(DEATH, "case.deceased.personal_id", "12"))
    driver.register("civil_status")
    driver.tell(driver.send("residence"), DeliveryEvent.REFUSED, causes=(("residence.head_unknown", ""),))
    counted = {(row.kind, row.code): row.count for row in driver.rows("SELECT kind, code, count FROM tallies")}
    assert counted == {
        ("arrived", ""): 2,
        ("held", ""): 1,
        ("cleared", ""): 1,
        ("fault", "wrong_personal_id_length"): 1,
        ("registered", "civil_status"): 1,
        ("refused", "residence"): 1,
        ("fault", "residence.head_unknown"): 1,
    }
