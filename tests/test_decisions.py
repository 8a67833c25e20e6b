"""A person decides: what is mended, confirmed, accepted, rejected, and that none of it can be done twice or unseen."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from pydantic import ValidationError

from connectors.ledger import decisions
from connectors.ledger.decisions import Ruling, Why
from connectors.ledger.deliveries import claim_ready
from connectors.ledger.faults import find_beside
from connectors.ledger.outcomes import claim_reports, record_hearings
from schemas.decision import Mend, mended, needs_second, value_at
from schemas.delivery import Event, Receipt
from schemas.dossier import Dossier
from schemas.finding import Finding, Weight
from schemas.report import Hearing
from tests.dossiers import BIRTH, DEATH, changed
from tests.shelf import WITH_NUMBER, Shelf, misderived, unexplained

FAULTY = changed(BIRTH, "case.notice_code", "khong ro")
RIGHT_CODE = "00012.GCS.24001.26"
WRONG_NUMBER = changed(BIRTH, "case.mother.personal_id", "02419800111")
RIGHT_NUMBER = "024198001111"


def refused(ruling: Ruling) -> list[Why]:
    assert not ruling.dossier_ids
    return list(ruling.refused.values())


def faults(shelf: Shelf) -> list[tuple[str, str]]:
    query = "SELECT cause_code, unnest(field_paths) AS field_path FROM faults ORDER BY cause_code"
    return [(row.cause_code, row.field_path) for row in shelf.rows(query)]


# The mended dossier


def test_a_mend_changes_one_field_and_leaves_the_source_as_it_was() -> None:
    after = mended(FAULTY, [Mend(field_path="case.notice_code", after=RIGHT_CODE)])
    assert after == changed(FAULTY, "case.notice_code", RIGHT_CODE)
    assert value_at(FAULTY, "case.notice_code") == "khong ro"


def test_a_part_that_was_missing_is_begun_and_must_be_whole() -> None:
    without = changed(BIRTH, "case.head_of_household", None)
    name = Mend(field_path="case.head_of_household.full_name", after="NGUYỄN VĂN HÙNG")
    relation = Mend(field_path="case.head_of_household.relation", after="Cháu")
    assert value_at(mended(without, [relation, name]), "case.head_of_household.full_name") == "NGUYỄN VĂN HÙNG"
    with pytest.raises(ValidationError):
        mended(without, [relation])


@pytest.mark.parametrize(
    "path",
    ["status", "dossier_code", "papers.0.sha256", "case.kind", "case", "case.owners.7.full_name", "case.nobody",
     "case.child.full_name.first"],
)  # fmt: skip
def test_what_is_the_portals_or_is_not_there_cannot_be_mended(path: str) -> None:
    with pytest.raises((KeyError, ValidationError)):
        mended(BIRTH, [Mend(field_path=path, after="1")])


@pytest.mark.parametrize(
    ("path", "identity"),
    [("case.child.full_name", True), ("case.mother.id_paper.number", True), ("case.died_on", True),
     ("case.notice_code", False), ("case.residence.commune_code", False)],
)  # fmt: skip
def test_who_someone_is_needs_a_second_person(path: str, identity: bool) -> None:
    assert needs_second(path) is identity


# Mends


def test_a_mend_is_examined_again_and_goes_out_with_its_new_value(shelf: Shelf) -> None:
    assert shelf.take_in(FAULTY) == {"held": 1}
    assert faults(shelf) == [("birth_notice_malformed", "case.notice_code")]
    decisions.mend(shelf.ledger, "lan", shelf.wanted(FAULTY, case__notice_code=RIGHT_CODE), "xem giấy gốc")
    assert shelf.examine() == {"cleared": 1}
    assert faults(shelf) == []
    claimed = shelf.send("civil_status")
    assert [one.after for one in claimed.mends] == [RIGHT_CODE]
    assert Dossier.model_validate_json(claimed.original) == FAULTY
    assert shelf.rows("SELECT actor FROM events WHERE kind = 'mended'") == [("lan",)]


def test_the_same_mend_again_makes_no_second_delivery(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    decisions.mend(shelf.ledger, "lan", shelf.wanted(FAULTY, case__notice_code=RIGHT_CODE))
    shelf.examine()
    again = decisions.mend(shelf.ledger, "lan", shelf.wanted(FAULTY, case__notice_code=RIGHT_CODE))
    assert refused(again) == [Why.NOT_AT_FAULT]
    assert shelf.deliveries(BIRTH) == {"civil_status": "ready", "residence": "waiting", "health_insurance": "waiting"}


def test_a_mended_identity_waits_for_another_person(shelf: Shelf) -> None:
    shelf.take_in(WRONG_NUMBER)
    made = decisions.mend(shelf.ledger, "lan", shelf.wanted(BIRTH, case__mother__personal_id=RIGHT_NUMBER))
    assert shelf.examine() == {}
    assert [row.pending_id for row in shelf.rows("SELECT pending_id FROM faults")] == list(made.decision_ids)
    assert refused(decisions.confirm(shelf.ledger, "lan", made.decision_ids)) == [Why.OWN]
    assert decisions.confirm(shelf.ledger, "hoa", made.decision_ids).refused == {}
    assert shelf.examine() == {"cleared": 1}
    assert refused(decisions.confirm(shelf.ledger, "minh", made.decision_ids)) == [Why.RESOLVED]


def test_a_declined_mend_never_counts(shelf: Shelf) -> None:
    shelf.take_in(WRONG_NUMBER)
    made = decisions.mend(shelf.ledger, "lan", shelf.wanted(BIRTH, case__mother__personal_id=RIGHT_NUMBER))
    decisions.decline(shelf.ledger, "hoa", made.decision_ids, "không khớp thẻ")
    assert shelf.rows("SELECT pending_id FROM faults") == [(None,)]
    assert refused(decisions.confirm(shelf.ledger, "minh", made.decision_ids)) == [Why.RESOLVED]
    shelf.change("UPDATE dossiers SET state = 'pulled'")
    assert shelf.examine() == {"held": 1}


def test_a_pending_mend_is_still_pending_after_the_dossier_is_examined_again(shelf: Shelf) -> None:
    shelf.take_in(changed(WRONG_NUMBER, "case.notice_code", "khong ro"))
    made = decisions.mend(shelf.ledger, "lan", shelf.wanted(BIRTH, case__mother__personal_id=RIGHT_NUMBER))
    decisions.mend(shelf.ledger, "lan", shelf.wanted(BIRTH, case__notice_code=RIGHT_CODE))
    assert shelf.examine() == {"held": 1}
    assert shelf.rows("SELECT cause_code, pending_id FROM faults") == [
        ("wrong_personal_id_length", made.decision_ids[0])
    ]


def test_after_a_refusal_the_mend_goes_on_from_the_step_that_failed(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.register("civil_status")
    cause = ("residence.head_unknown", "case.head_of_household.relation")
    shelf.tell(shelf.send("residence"), Event.REFUSED, words="...", causes=(cause,))
    assert faults(shelf) == [cause]
    assert shelf.deliveries(BIRTH) == {
        "civil_status": "registered", "residence": "refused", "health_insurance": "stopped"}  # fmt: skip
    wanted = shelf.wanted(BIRTH, case__head_of_household__relation="Cháu nội")
    assert decisions.mend(shelf.ledger, "lan", wanted).refused == {}
    assert shelf.examine() == {"cleared": 1}
    assert shelf.deliveries(BIRTH) == {
        "civil_status": "registered", "residence": "ready", "health_insurance": "waiting"}  # fmt: skip
    assert faults(shelf) == []
    assert claim_ready(shelf.ledger, "civil_status", 10) == []
    claimed = shelf.send("residence")
    assert claimed.given == WITH_NUMBER
    assert claimed.mends[0].after == "Cháu nội"
    shelf.tell(claimed, Event.REGISTERED, Receipt(residence_case_code="CT-1"))
    shelf.register("health_insurance", Receipt(card_code="TE1"))
    assert misderived(shelf.ledger) == []
    assert unexplained(shelf.ledger) == 0


def test_a_mend_is_not_taken_while_a_registry_works_on_the_dossier(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.send("civil_status")
    shelf.take_in(changed(BIRTH, "case.notice_code", "khong ro"))
    wanted = shelf.wanted(BIRTH, case__notice_code=RIGHT_CODE)
    assert refused(decisions.mend(shelf.ledger, "lan", wanted)) == [Why.UNDER_WAY]


def test_a_mend_of_what_the_source_changed_meanwhile_is_not_taken(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    wanted = shelf.wanted(FAULTY, case__notice_code=RIGHT_CODE)
    shelf.take_in(changed(FAULTY, "case.mother.full_name", "TRẦN THỊ HOÀI"))
    assert refused(decisions.mend(shelf.ledger, "lan", wanted)) == [Why.OVERTAKEN]


def test_a_decision_is_reopened_when_the_source_changes(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    decisions.mend(shelf.ledger, "lan", shelf.wanted(FAULTY, case__notice_code=RIGHT_CODE))
    assert shelf.examine() == {"cleared": 1}
    assert shelf.take_in(changed(FAULTY, "case.mother.full_name", "TRẦN THỊ HOÀI")) == {"held": 1}
    assert faults(shelf) == [("birth_notice_malformed", "case.notice_code")]
    assert shelf.kinds(BIRTH).count("reopened") == 1


# Other decisions


def test_what_is_accepted_as_it_is_goes_out_and_says_who(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    decisions.accept(shelf.ledger, "lan", shelf.wanted(FAULTY), "giấy cũ")
    assert shelf.examine() == {"cleared": 1}
    assert shelf.send("civil_status").mends == []
    assert refused(decisions.accept(shelf.ledger, "lan", shelf.wanted(FAULTY), "giấy cũ")) == [Why.NOT_AT_FAULT]


def test_what_is_rejected_ends_and_its_portal_is_to_hear_why(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    decisions.reject(shelf.ledger, "lan", shelf.wanted(FAULTY), "không đúng thẩm quyền")
    assert (shelf.state(BIRTH), faults(shelf)) == ("closed", [])
    assert [row.milestone for row in shelf.rows("SELECT milestone FROM reports ORDER BY report_id")][-1] == "rejected"
    assert unexplained(shelf.ledger) == 0


def test_what_a_registry_has_is_neither_rejected_nor_asked_about(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.register("civil_status")
    shelf.tell(shelf.send("residence"), Event.REFUSED, words="...")
    assert refused(decisions.reject(shelf.ledger, "lan", shelf.wanted(BIRTH), "x")) == [Why.REGISTERED]
    assert refused(decisions.ask_supplement(shelf.ledger, "lan", shelf.wanted(BIRTH), "x")) == [Why.REGISTERED]


def test_a_supplement_is_waited_for_and_the_next_version_is_examined(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    decisions.ask_supplement(shelf.ledger, "lan", shelf.wanted(FAULTY), "Xin bổ sung giấy chứng sinh")
    assert (shelf.state(BIRTH), faults(shelf)) == ("waiting", [])
    assert shelf.take_in(BIRTH) == {"cleared": 1}


def test_the_same_is_sent_once_more_where_the_fault_was_the_registrys(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    claimed = shelf.send("civil_status")
    shelf.tell(claimed, Event.REFUSED, words="Hệ thống đang bảo trì")
    decisions.resend(shelf.ledger, "lan", shelf.wanted(BIRTH), "hết bảo trì")
    again = shelf.send("civil_status")
    assert (again.delivery_key, again.attempt_number) == (claimed.delivery_key, 2)
    shelf.tell(again, Event.REGISTERED, WITH_NUMBER)
    assert shelf.send("residence").given == WITH_NUMBER
    assert misderived(shelf.ledger) == []


# Taking back


def test_a_mend_is_undone_while_nothing_of_it_was_sent(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    made = decisions.mend(shelf.ledger, "lan", shelf.wanted(FAULTY, case__notice_code=RIGHT_CODE))
    shelf.examine()
    assert decisions.undo(shelf.ledger, "hoa", made.decision_ids, "nhầm").refused == {}
    assert shelf.examine() == {"held": 1}
    assert shelf.deliveries(BIRTH) == {}
    assert "accepted" not in {row.milestone for row in shelf.rows("SELECT * FROM reports WHERE state = 'pending'")}
    assert refused(decisions.undo(shelf.ledger, "hoa", made.decision_ids, "nhầm")) == [Why.RESOLVED]


def test_what_was_sent_is_not_undone(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    made = decisions.mend(shelf.ledger, "lan", shelf.wanted(FAULTY, case__notice_code=RIGHT_CODE))
    shelf.examine()
    shelf.send("civil_status")
    assert refused(decisions.undo(shelf.ledger, "lan", made.decision_ids, "nhầm")) == [Why.REGISTERED]


@pytest.mark.parametrize("verb", [decisions.reject, decisions.ask_supplement])
def test_what_the_portal_heard_is_not_undone_and_what_it_did_not_is(shelf: Shelf, verb: Callable[..., Ruling]) -> None:
    shelf.take_in(FAULTY)
    made = verb(shelf.ledger, "lan", shelf.wanted(FAULTY), "x")
    assert decisions.undo(shelf.ledger, "lan", made.decision_ids, "nhầm").refused == {}
    assert shelf.examine() == {"held": 1}
    made = verb(shelf.ledger, "lan", shelf.wanted(FAULTY), "x")
    shelf.hear_all()
    assert refused(decisions.undo(shelf.ledger, "lan", made.decision_ids, "nhầm")) == [Why.TOLD]
    assert shelf.rows("SELECT count(*) FROM reports WHERE state = 'withdrawn'") == [(1,)]


def test_a_mend_made_again_after_it_was_undone_goes_out_once(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    for _ in range(2):
        made = decisions.mend(shelf.ledger, "lan", shelf.wanted(FAULTY, case__notice_code=RIGHT_CODE))
        assert shelf.examine() == {"cleared": 1}
        decisions.undo(shelf.ledger, "lan", made.decision_ids, "nhầm")
        assert shelf.examine() == {"held": 1}
    decisions.mend(shelf.ledger, "lan", shelf.wanted(FAULTY, case__notice_code=RIGHT_CODE))
    shelf.examine()
    assert [one.attempt_number for one in claim_ready(shelf.ledger, "civil_status", 10)] == [1]
    assert "accepted" in {row.milestone for row in shelf.rows("SELECT * FROM reports WHERE state = 'pending'")}
    assert misderived(shelf.ledger) == []


def test_a_refusal_is_a_persons_again_when_the_question_to_the_citizen_is_undone(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    cause = ("civil_status.field_empty", "case.child.full_name")
    shelf.tell(shelf.send("civil_status"), Event.REFUSED, causes=(cause,))
    made = decisions.ask_supplement(shelf.ledger, "lan", shelf.wanted(BIRTH), "Xin bổ sung")
    assert faults(shelf) == []
    assert decisions.undo(shelf.ledger, "lan", made.decision_ids, "nhầm").refused == {}
    shelf.examine()
    assert faults(shelf) == [cause]
    assert shelf.deliveries(BIRTH)["civil_status"] == "refused"


# Many at once, and many persons


def test_one_action_mends_a_thousand_and_each_keeps_its_own_record(shelf: Shelf) -> None:
    many = [changed(FAULTY, "dossier_code", f"H05.12.34-261120-{number:04d}") for number in range(1000, 2000)]
    assert shelf.take_in(*many)["held"] == 500  # a batch
    assert shelf.examine() == {"held": 500}
    wanted = [one for dossier in many for one in shelf.wanted(dossier, case__notice_code=RIGHT_CODE)]
    ruling = decisions.mend(shelf.ledger, "lan", wanted, "cùng một lỗi", uuid4())
    assert len(ruling.dossier_ids) == len(ruling.decision_ids) == 1000
    assert shelf.examine() + shelf.examine() == {"cleared": 1000}
    assert shelf.rows("SELECT count(DISTINCT bulk_id), count(*) FROM decisions") == [(1, 1000)]


def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    wanted, barrier = shelf.wanted(FAULTY), threading.Barrier(2)

    def decide(actor: str) -> Ruling:
        barrier.wait()
        return decisions.reject(shelf.ledger, actor, wanted, "x")

    with ThreadPoolExecutor(2) as pool:
        rulings = list(pool.map(decide, ["lan", "hoa"]))
    assert sorted(len(one.dossier_ids) for one in rulings) == [0, 1]
    assert [why for one in rulings for why in one.refused.values()] == [Why.NOT_AT_FAULT]


def test_an_erased_dossier_is_not_decided(shelf: Shelf) -> None:
    shelf.take_in(changed(DEATH, "case.deceased.personal_id", "12"))
    shelf.change("UPDATE keys SET wrapped = NULL")
    assert refused(decisions.accept(shelf.ledger, "lan", shelf.wanted(DEATH), "x")) == [Why.ERASED]


def test_what_a_person_writes_is_not_readable_in_the_database(shelf: Shelf) -> None:
    shelf.take_in(WRONG_NUMBER)
    decisions.mend(shelf.ledger, "lan", shelf.wanted(BIRTH, case__mother__personal_id=RIGHT_NUMBER), "hỏi bà Hoa")
    for table in ("decisions", "events", "faults", "tallies"):
        assert RIGHT_NUMBER not in str(shelf.rows(f"SELECT * FROM {table}"))
        assert "hỏi bà" not in str(shelf.rows(f"SELECT * FROM {table}"))


def test_words_that_the_portal_does_not_take_leave_the_dossier_to_a_person_again(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    decisions.ask_supplement(shelf.ledger, "lan", shelf.wanted(FAULTY), "Xin bổ sung giấy chứng sinh")
    while claimed := claim_reports(shelf.ledger, "24", 100):
        refusing = {one.report_id: Hearing.REFUSED if one.report.words else Hearing.HEARD for one in claimed}
        record_hearings(shelf.ledger, refusing, [])
    assert (shelf.state(BIRTH), faults(shelf)) == ("held", [("words_not_taken", "")])
    assert decisions.accept(shelf.ledger, "lan", shelf.wanted(FAULTY), "đã gọi điện").refused == {}


def test_what_is_found_beside_a_dossier_on_its_way_is_seen_to_and_nothing_is_sent_twice(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.register("civil_status")
    found = Finding(check_code="entry_registered_twice", field_path="entry_number", weight=Weight.HOLDS)
    noted = Finding(check_code="odd_personal_id_structure", field_path="receipt.personal_id", weight=Weight.NOTES)
    ((dossier_id,),) = shelf.rows("SELECT dossier_id FROM dossiers")
    find_beside(shelf.ledger, [(dossier_id, found), (dossier_id, noted)])
    assert faults(shelf) == [("entry_registered_twice", "entry_number")]
    assert decisions.accept(shelf.ledger, "lan", shelf.wanted(BIRTH), "sổ ghi đúng").refused == {}
    assert (shelf.state(BIRTH), faults(shelf)) == ("cleared", [])
    assert shelf.deliveries(BIRTH) == {
        "civil_status": "registered",
        "residence": "ready",
        "health_insurance": "waiting",
    }


def test_the_days_tallies_say_how_many_came_stood_still_and_were_registered(shelf: Shelf) -> None:
    shelf.take_in(BIRTH, changed(DEATH, "case.deceased.personal_id", "12"))
    shelf.register("civil_status")
    shelf.tell(shelf.send("residence"), Event.REFUSED, causes=(("residence.head_unknown", ""),))
    counted = {(row.kind, row.code): row.count for row in shelf.rows("SELECT kind, code, count FROM tallies")}
    assert counted == {
        ("arrived", ""): 2, ("held", ""): 1, ("cleared", ""): 1, ("fault", "wrong_personal_id_length"): 1,
        ("registered", "civil_status"): 1, ("refused", "residence"): 1, ("fault", "residence.head_unknown"): 1,
    }  # fmt: skip
