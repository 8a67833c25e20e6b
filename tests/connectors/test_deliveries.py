"""Deliveries go out at most once and in order, whoever works on them and dies; the portal hears in order."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest
from sqlalchemy import text

from connectors.errors import Unrecognised
from connectors.ledger.account import pending
from connectors.ledger.claims import Claimed, claim_awaited, claim_doubtful, claim_ready, due_to_send_s
from connectors.ledger.deliveries import DeliveryOutcome, postpone, record
from connectors.ledger.examinations import settle
from connectors.ledger.papers import keep_papers
from connectors.ledger.reports import claim_reports, record_report_outcomes
from connectors.ledger.unexamined import unexamined
from connectors.portals.provinces import PROVINCES
from connectors.registries import REGISTRIES
from connectors.sandbox.server import Listener, SimulatedFault
from dags import steps
from dags.steps.judging import judge
from schemas.decision import Act
from schemas.dossier import Dossier
from schemas.registries import CivilStatusReceipt, Given, ResidenceReceipt
from schemas.report import ReportOutcome
from schemas.states import DeliveryEvent
from tests.support.decisions import resolve_change
from tests.support.dossiers import BIRTH, LAND, MARRIAGE, RESIDENCE, SOUND, changed
from tests.support.ledger_driver import WITH_NUMBER, WITHOUT_NUMBER, LedgerDriver, misderived, unexplained
from tests.support.pipeline import PipelineDriver
from tests.support.scripted_twin import ScriptedTwin, endpoint

OTHER_MOTHER = changed(BIRTH, "case.mother.full_name", "TRẦN THỊ HOÀI")


def test_a_chain_waits_for_the_number_and_goes_on_when_it_comes(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    claimed = driver.send("civil_status")
    driver.tell(claimed, DeliveryEvent.REGISTERED, WITHOUT_NUMBER, lacks=("personal_id",))
    assert list(driver.deliveries(BIRTH).values()) == ["registered", "waiting", "waiting"]
    assert pending(driver.ledger).numbers == 1
    (awaited,) = claim_awaited(driver.ledger, "civil_status", 10)
    driver.tell(awaited, DeliveryEvent.COMPLETED, CivilStatusReceipt(personal_id="024326001234"))
    assert driver.send("residence").given == Given.by(WITH_NUMBER)
    assert pending(driver.ledger).numbers == 0


def test_each_step_of_a_chain_waits_for_the_one_before(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    assert claim_ready(driver.ledger, "residence", 10) == []
    driver.register("civil_status")
    assert claim_ready(driver.ledger, "health_insurance", 10) == []
    driver.register("residence", ResidenceReceipt(residence_case_code="CT-1"))
    given = driver.send("health_insurance").given
    assert (given.value("civil_status.entry_number"), given.value("residence.residence_case_code")) == ("12", "CT-1")


def test_a_refusal_stops_the_steps_after_it_and_is_reported_to_the_portal(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.tell(driver.send("civil_status"), DeliveryEvent.REFUSED, code="rejected", words="Chủ hộ không tồn tại")
    assert driver.deliveries(BIRTH) == {
        "civil_status": "refused",
        "residence": "stopped",
        "health_insurance": "stopped",
    }
    reported = [row.milestone for row in driver.rows("SELECT milestone FROM reports ORDER BY report_id")]
    assert reported == ["received", "accepted", "with_steward"]
    assert unexplained(driver.ledger) == 0


def test_an_edited_dossier_goes_out_again_after_a_refusal(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.tell(driver.send("civil_status"), DeliveryEvent.REFUSED, code="rejected")
    assert driver.take_in(OTHER_MOTHER) == {"cleared": 1}
    assert driver.send("civil_status").attempt_number == 1


def test_a_second_correction_of_an_entry_waits_for_the_first(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.register("civil_status")
    first = corrected(driver, changed(BIRTH, "case.mother.full_name", "TRẦN THỊ HOÀI"))
    driver.tell(first, DeliveryEvent.ACCEPTED)
    assert driver.take_in(changed(BIRTH, "case.mother.full_name", "TRẦN THỊ HUỆ")) == {"held": 1}
    order_correction(driver)
    assert claim_ready(driver.ledger, "civil_status", 10) == []
    (awaited,) = claim_awaited(driver.ledger, "civil_status", 10)
    driver.tell(awaited, DeliveryEvent.REGISTERED, WITH_NUMBER)
    assert b"HU\xe1\xbb\x86" in driver.send("civil_status").original


def corrected(driver: LedgerDriver, dossier: Dossier) -> Claimed:
    """The claimed correction of what civil status has, after the portal changed the dossier."""
    assert driver.take_in(dossier) == {"held": 1}
    order_correction(driver)
    return driver.send("civil_status")


def order_correction(driver: LedgerDriver) -> None:
    """A steward wants what civil status has corrected; nobody else need agree."""
    requests = driver.requests(BIRTH)
    nobody_waits = {request.dossier_id: False for request in requests}
    made = resolve_change(driver.ledger, Act.CORRECTED, "lan", requests, "theo hồ sơ cổng", nobody_waits)
    assert made.refused == {}
    assert driver.examine() == {"cleared": 1}


def test_a_late_answer_changes_nothing_and_is_remembered(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    first = driver.send("civil_status")
    driver.tell(first, DeliveryEvent.UNREACHED)
    second = driver.send("civil_status")
    assert (first.attempt_number, second.attempt_number) == (1, 2)
    assert driver.tell(first, DeliveryEvent.REGISTERED, WITH_NUMBER) == 0
    assert driver.deliveries(BIRTH)["civil_status"] == "sending"
    assert driver.kinds(BIRTH)[-1] == "late_answer"
    assert driver.rows("SELECT FROM replies") == []


def test_an_answer_that_comes_twice_counts_once(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    claimed = driver.register("civil_status")
    assert driver.tell(claimed, DeliveryEvent.REGISTERED, WITH_NUMBER) == 0
    assert misderived(driver.ledger) == []


def test_a_request_keeps_its_number_through_all_attempts_and_no_other_has_it(driver: LedgerDriver) -> None:
    driver.take_in(*SOUND.values())
    first = claim_ready(driver.ledger, "civil_status", 10)
    record(driver.ledger, [DeliveryOutcome(claimed, DeliveryEvent.UNREACHED) for claimed in first])
    second = claim_ready(driver.ledger, "civil_status", 10)
    assert [claimed.delivery_key for claimed in first] == [claimed.delivery_key for claimed in second]
    assert len({claimed.delivery_key for claimed in first}) == 3


def test_an_expired_lease_is_asked_about_before_anything_is_sent(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.send("civil_status")
    assert claim_doubtful(driver.ledger, "civil_status", 10, 0) == []  # its worker may still be at it
    driver.change("UPDATE deliveries SET leased_until = clock_timestamp() - interval '1 s'")
    assert claim_ready(driver.ledger, "civil_status", 10) == []
    assert claim_doubtful(driver.ledger, "civil_status", 10, 60) == []  # the registry has not settled
    (doubtful,) = claim_doubtful(driver.ledger, "civil_status", 10, 0)
    driver.tell(doubtful, DeliveryEvent.FOUND_MISSING)
    assert driver.send("civil_status").attempt_number == 2


def test_a_request_that_the_registry_knows_is_not_sent_again(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.tell(driver.send("civil_status"), DeliveryEvent.UNANSWERED)
    (doubtful,) = claim_doubtful(driver.ledger, "civil_status", 10, 0)
    driver.tell(doubtful, DeliveryEvent.ACCEPTED)
    assert claim_ready(driver.ledger, "civil_status", 10) == claim_doubtful(driver.ledger, "civil_status", 10, 0) == []


def test_a_postponed_delivery_comes_back_after_its_wait(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.tell(driver.send("civil_status"), DeliveryEvent.UNREACHED, wait_s=50)
    assert claim_ready(driver.ledger, "civil_status", 10) == []
    due_s = due_to_send_s(driver.ledger, "civil_status", 0)
    assert due_s is not None
    assert 45 < due_s <= 50
    driver.change("UPDATE deliveries SET not_before = clock_timestamp()")
    driver.tell(driver.send("civil_status"), DeliveryEvent.ACCEPTED)
    postpone(driver.ledger, [(claim_awaited(driver.ledger, "civil_status", 10)[0], 50.0)])
    assert claim_awaited(driver.ledger, "civil_status", 10) == []


def test_workers_that_claim_together_claim_each_delivery_once(driver: LedgerDriver) -> None:
    many = [changed(MARRIAGE, "dossier_code", f"H05.12.34-261120-{number:04d}") for number in range(200)]
    assert driver.take_in(*many) == {"cleared": 200}
    start = threading.Barrier(4)

    def work(_: int) -> list[int]:
        start.wait()
        claimed = []
        while some := claim_ready(driver.ledger, "civil_status", 7):
            claimed += [delivery.delivery_id for delivery in some]
        return claimed

    with ThreadPoolExecutor(4) as workers:
        claims = [delivery_id for claimed in workers.map(work, range(4)) for delivery_id in claimed]
    assert sorted(claims) == sorted(set(claims))
    assert len(claims) == 200


def test_workers_that_examine_together_settle_each_dossier_once(driver: LedgerDriver) -> None:
    driver.arrive(*SOUND.values())
    with ThreadPoolExecutor(4) as workers:
        counts = list(workers.map(lambda _: driver.examine().total(), range(4)))
    assert sum(counts) == 5
    assert driver.kinds(LAND).count("planned") == 1


def test_an_examination_that_the_next_version_overtook_is_dropped(driver: LedgerDriver) -> None:
    driver.arrive(BIRTH)
    (one,) = unexamined(driver.ledger, "24")
    driver.arrive(OTHER_MOTHER)
    assert settle(driver.ledger, [judge(one, BIRTH, [])]) == {}
    keep_papers(driver.ledger, [])
    assert driver.state(BIRTH) == "pulled"


def test_reports_reach_a_portal_in_their_order_one_at_a_time(driver: LedgerDriver) -> None:
    driver.take_in(RESIDENCE)
    driver.register("residence", ResidenceReceipt(residence_case_code="CT-1"))
    acknowledged = []
    while claimed := claim_reports(driver.ledger, "24", 10):
        assert len(claimed) == 1
        assert claim_reports(driver.ledger, "24", 10) == []
        acknowledged.append(str(claimed[0].report.milestone))
        record_report_outcomes(driver.ledger, {claimed[0].report_id: ReportOutcome.ACKNOWLEDGED}, [])
    assert acknowledged == ["received", "accepted", "forwarded", "registered", "returned"]


def test_through_all_faults_every_state_is_what_its_events_say(pipeline: Callable[..., PipelineDriver]) -> None:
    driver = pipeline(dossiers=30, seed=21, province_codes=("24", "22"))
    for fault in (
        SimulatedFault.LOSE_ANSWER,
        SimulatedFault.CUT_OFF,
        SimulatedFault.SERVER_ERROR,
        SimulatedFault.GARBAGE,
    ):
        for listener in driver.sandbox.server.listeners.values():
            listener.faults.switch(fault, share=0.3)
        driver.round()
        assert misderived(driver.ledger) == []
        assert unexplained(driver.ledger) == 0
    with driver.ledger.engine.connect() as connection:
        kinds = set(connection.execute(text("SELECT DISTINCT kind FROM events")).scalars())
    assert {"planned", "attempted", "unanswered", "accepted"} <= kinds


def test_a_dossier_that_cannot_be_read_keeps_no_other_from_being_sent(
    driver: LedgerDriver, pipeline: Callable[..., PipelineDriver]
) -> None:
    never_pulled = PROVINCES["24"].platform.first_position(datetime.now(timezone.utc))
    driver.arrive(BIRTH, position=never_pulled)  # as our own JSON, which the connector of its portal cannot read
    driver.examine()
    others = pipeline(40)
    others.pull()
    with pytest.raises(Unrecognised):
        steps.deliver(driver.ledger, REGISTRIES["civil_status"], others.endpoint("civil_status"))
    question = """SELECT dossier_code, d.state FROM deliveries d JOIN dossiers USING (dossier_id)
                   WHERE registry_code = 'civil_status'"""
    rows = driver.rows(question)
    assert [row.dossier_code for row in rows if row.state != "accepted"] == [BIRTH.dossier_code]
    assert len(rows) > 1
    assert driver.deliveries(BIRTH)["civil_status"] == "ready"


def test_an_attempt_in_doubt_whose_dossier_cannot_be_read_stays_in_doubt(
    driver: LedgerDriver, listener: Listener, twin: ScriptedTwin
) -> None:
    driver.take_in(BIRTH)  # as our own JSON, which the connector of its portal cannot read
    driver.send("civil_status")
    driver.change("UPDATE deliveries SET leased_until = clock_timestamp() - interval '1 h'")
    with pytest.raises(Unrecognised):
        steps.deliver(driver.ledger, REGISTRIES["civil_status"], endpoint(listener.url))
    assert driver.deliveries(BIRTH)["civil_status"] == "unanswered"
    assert twin.asked == []
