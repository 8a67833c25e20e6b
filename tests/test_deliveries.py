"""Deliveries go out at most once and in order, whoever works on them and dies; the portal hears in order."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from connectors.ledger.account import pending
from connectors.ledger.deliveries import (
    Told,
    claim_awaited,
    claim_doubtful,
    claim_ready,
    due_to_send_s,
    postpone,
    record,
)
from connectors.ledger.examinations import keep_papers, settle, unexamined
from connectors.ledger.outcomes import claim_reports, record_hearings
from connectors.sandbox.server import Fault
from dags.steps.checking import judge
from schemas.delivery import Event, Receipt
from schemas.report import Hearing
from tests.dossiers import BIRTH, LAND, MARRIAGE, RESIDENCE, SOUND, changed
from tests.road import Road
from tests.shelf import WITH_NUMBER, WITHOUT_NUMBER, Shelf, misderived, unexplained

OTHER_MOTHER = changed(BIRTH, "case.mother.full_name", "TRẦN THỊ HOÀI")


def test_a_chain_waits_for_the_number_and_goes_on_when_it_comes(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    claimed = shelf.send("civil_status")
    shelf.tell(claimed, Event.REGISTERED, WITHOUT_NUMBER, lacks=("personal_id",))
    assert list(shelf.deliveries(BIRTH).values()) == ["registered", "waiting", "waiting"]
    assert pending(shelf.ledger).numbers == 1
    (awaited,) = claim_awaited(shelf.ledger, "civil_status", 10)
    shelf.tell(awaited, Event.COMPLETED, Receipt(personal_id="024326001234"))
    assert shelf.send("residence").given == WITH_NUMBER
    assert pending(shelf.ledger).numbers == 0


def test_each_step_of_a_chain_waits_for_the_one_before(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    assert claim_ready(shelf.ledger, "residence", 10) == []
    shelf.register("civil_status")
    assert claim_ready(shelf.ledger, "health_insurance", 10) == []
    shelf.register("residence", Receipt(residence_case_code="CT-1"))
    given = shelf.send("health_insurance").given
    assert (given.entry_number, given.residence_case_code) == ("12", "CT-1")


def test_a_refusal_stops_the_steps_after_it_and_the_portal_is_to_hear(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.tell(shelf.send("civil_status"), Event.REFUSED, code="rejected", words="Chủ hộ không tồn tại")
    assert shelf.deliveries(BIRTH) == {"civil_status": "refused", "residence": "stopped", "health_insurance": "stopped"}
    told = [row.milestone for row in shelf.rows("SELECT milestone FROM reports ORDER BY report_id")]
    assert told == ["received", "accepted", "with_steward"]
    assert unexplained(shelf.ledger) == 0


def test_a_mended_dossier_goes_out_again_after_a_refusal(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.tell(shelf.send("civil_status"), Event.REFUSED, code="rejected")
    assert shelf.take_in(OTHER_MOTHER) == {"cleared": 1}
    assert shelf.send("civil_status").attempt_number == 1


def test_a_late_answer_changes_nothing_and_is_remembered(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    first = shelf.send("civil_status")
    shelf.tell(first, Event.UNREACHED)
    second = shelf.send("civil_status")
    assert (first.attempt_number, second.attempt_number) == (1, 2)
    assert shelf.tell(first, Event.REGISTERED, WITH_NUMBER) == 0
    assert shelf.deliveries(BIRTH)["civil_status"] == "sending"
    assert shelf.kinds(BIRTH)[-1] == "late_answer"
    assert shelf.rows("SELECT FROM replies") == []


def test_the_same_answer_twice_counts_once(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    claimed = shelf.register("civil_status")
    assert shelf.tell(claimed, Event.REGISTERED, WITH_NUMBER) == 0
    assert misderived(shelf.ledger) == []


def test_a_request_keeps_its_number_through_all_attempts_and_no_other_has_it(shelf: Shelf) -> None:
    shelf.take_in(*SOUND.values())
    first = claim_ready(shelf.ledger, "civil_status", 10)
    record(shelf.ledger, [Told(one, Event.UNREACHED) for one in first])
    second = claim_ready(shelf.ledger, "civil_status", 10)
    assert [one.delivery_key for one in first] == [one.delivery_key for one in second]
    assert len({one.delivery_key for one in first}) == 3


def test_an_expired_lease_is_asked_about_before_anything_is_sent(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.send("civil_status")
    assert claim_doubtful(shelf.ledger, "civil_status", 10, 0) == []  # its worker may still be at it
    shelf.change("UPDATE deliveries SET leased_until = clock_timestamp() - interval '1 s'")
    assert claim_ready(shelf.ledger, "civil_status", 10) == []
    assert claim_doubtful(shelf.ledger, "civil_status", 10, 60) == []  # the registry has not settled
    (doubtful,) = claim_doubtful(shelf.ledger, "civil_status", 10, 0)
    shelf.tell(doubtful, Event.FOUND_MISSING)
    assert shelf.send("civil_status").attempt_number == 2


def test_what_was_sent_and_found_is_not_sent_again(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.tell(shelf.send("civil_status"), Event.UNANSWERED)
    (doubtful,) = claim_doubtful(shelf.ledger, "civil_status", 10, 0)
    shelf.tell(doubtful, Event.ACCEPTED)
    assert claim_ready(shelf.ledger, "civil_status", 10) == claim_doubtful(shelf.ledger, "civil_status", 10, 0) == []


def test_what_is_put_off_comes_back_after_its_wait(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.tell(shelf.send("civil_status"), Event.UNREACHED, wait_s=50)
    assert claim_ready(shelf.ledger, "civil_status", 10) == []
    due_s = due_to_send_s(shelf.ledger, "civil_status", 0)
    assert due_s is not None and 45 < due_s <= 50
    shelf.change("UPDATE deliveries SET not_before = clock_timestamp()")
    shelf.tell(shelf.send("civil_status"), Event.ACCEPTED)
    postpone(shelf.ledger, [(claim_awaited(shelf.ledger, "civil_status", 10)[0], 50.0)])
    assert claim_awaited(shelf.ledger, "civil_status", 10) == []


def test_workers_that_claim_together_never_claim_the_same(shelf: Shelf) -> None:
    many = [changed(MARRIAGE, "dossier_code", f"H05.12.34-261120-{number:04d}") for number in range(200)]
    assert shelf.take_in(*many) == {"cleared": 200}
    start = threading.Barrier(4)

    def work(_: int) -> list[int]:
        start.wait()
        claimed = []
        while some := claim_ready(shelf.ledger, "civil_status", 7):
            claimed += [one.delivery_id for one in some]
        return claimed

    with ThreadPoolExecutor(4) as workers:
        claims = [one for claimed in workers.map(work, range(4)) for one in claimed]
    assert sorted(claims) == sorted(set(claims)) and len(claims) == 200


def test_workers_that_examine_together_settle_each_dossier_once(shelf: Shelf) -> None:
    shelf.arrive(*SOUND.values())
    with ThreadPoolExecutor(4) as workers:
        counts = list(workers.map(lambda _: shelf.examine().total(), range(4)))
    assert sum(counts) == 5
    assert shelf.kinds(LAND).count("planned") == 1


def test_an_examination_that_the_next_version_overtook_is_dropped(shelf: Shelf) -> None:
    shelf.arrive(BIRTH)
    (one,) = unexamined(shelf.ledger, "24")
    shelf.arrive(OTHER_MOTHER)
    assert settle(shelf.ledger, [judge(one, BIRTH, [])]) == {}
    keep_papers(shelf.ledger, [])
    assert shelf.state(BIRTH) == "pulled"


def test_reports_reach_a_portal_in_their_order_one_at_a_time(shelf: Shelf) -> None:
    shelf.take_in(RESIDENCE)
    shelf.register("residence", Receipt(residence_case_code="CT-1"))
    heard = []
    while claimed := claim_reports(shelf.ledger, "24", 10):
        assert len(claimed) == 1 and claim_reports(shelf.ledger, "24", 10) == []
        heard.append(str(claimed[0].report.milestone))
        record_hearings(shelf.ledger, {claimed[0].report_id: Hearing.HEARD}, [])
    assert heard == ["received", "accepted", "forwarded", "registered", "returned"]


def test_through_all_faults_every_state_is_what_its_events_say(road: Callable[..., Road]) -> None:
    way = road(dossiers=30, seed=21, province_codes=("24", "22"))
    for fault in (Fault.LOSE_ANSWER, Fault.CUT_OFF, Fault.SERVER_ERROR, Fault.GARBAGE):
        for listener in way.rehearsal.server.listeners.values():
            listener.faults.switch(fault, share=0.3)
        way.round()
        assert misderived(way.ledger) == []
        assert unexplained(way.ledger) == 0
    with way.ledger.engine.connect() as connection:
        kinds = set(connection.execute(text("SELECT DISTINCT kind FROM events")).scalars())
    assert {"planned", "attempted", "unanswered", "accepted"} <= kinds
