"""Nothing of a batch is sent before it was looked at as a whole, and nothing slips past the gate meanwhile."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest

from connectors.ledger import Ledger, gates
from connectors.ledger.arrivals import Arrival, save_page
from connectors.ledger.claims import claim_ready, due_to_send_s
from connectors.ledger.gates import (
    batches_page,
    decide_batch,
    in_batch,
    known_of,
    open_batches,
    settle_batch,
    undecided,
)
from connectors.portals.provinces import PROVINCES
from dags import steps
from dags.steps.gating import build_docs, gate, judge_days
from schemas.dates import VIETNAM
from schemas.states import DeliveryEvent
from tests.support.batches import STOPPING, batch_of, batch_states, many, read, ready, stop, take_in
from tests.support.dossiers import BIRTH, LAND, MARRIAGE, RESIDENCE, changed
from tests.support.ledger_driver import LedgerDriver
from tests.support.pipeline import PipelineDriver


def test_a_page_goes_into_its_portals_open_batch_and_nothing_of_it_is_sent(driver: LedgerDriver) -> None:
    assert take_in(driver, *many(3)) == {"cleared": 3}
    assert batch_states(driver) == ["open"]
    assert ready(driver) == 0
    assert due_to_send_s(driver.ledger, "civil_status", 0) is None


def test_a_sound_batch_passes_the_gate_and_is_sent(driver: LedgerDriver) -> None:
    take_in(driver, *many(3))
    assert gate(driver.ledger, read) == {"passed": 1}
    assert ready(driver) == 3
    assert gate(driver.ledger, read) == {}


def test_without_a_gate_nothing_changes(driver: LedgerDriver) -> None:
    driver.take_in(*many(2))
    assert batch_states(driver) == []
    assert ready(driver) == 2


def test_a_bad_batch_is_stopped_before_anything_of_it_is_sent_and_names_every_dossier(driver: LedgerDriver) -> None:
    take_in(driver, *many(60, procedure_as_written="x", procedure_code=None))
    assert gate(driver.ledger, read) == {"stopped": 1}
    assert ready(driver) == 0
    (batch,) = undecided(driver.ledger)
    failed = {verdict.expectation: verdict for verdict in batch.failed}
    assert set(failed) == {"many_held", "many_without_procedure"}
    assert batch.dossiers == 60
    assert failed["many_without_procedure"].failing == 60
    ids = [row.dossier_id for row in driver.rows("SELECT dossier_id FROM dossiers ORDER BY dossier_id")]
    assert failed["many_without_procedure"].failing_ids == ids


def test_nothing_of_a_stopped_batch_is_sent_before_a_person_decides(driver: LedgerDriver) -> None:
    assert take_in(driver, *many(2)) == {"cleared": 2}
    stop(driver)
    assert ready(driver) == 0
    assert due_to_send_s(driver.ledger, "civil_status", 0) is None


def test_an_unread_page_that_comes_while_a_gate_looks_is_not_let_through(driver: LedgerDriver) -> None:
    first, second = many(2)
    take_in(driver, first)
    (batch,) = open_batches(driver.ledger)
    seen = {dossier.dossier_id: dossier.version_number for dossier in in_batch(driver.ledger, batch)}
    take_in(driver, second)
    assert settle_batch(driver.ledger, batch, seen, []) == "passed"
    assert batch_states(driver) == ["passed", "open"]
    assert batch_of(driver, first) == batch.batch_id != batch_of(driver, second)
    assert ready(driver) == 1


def test_a_dossier_that_changed_since_it_was_looked_at_waits_for_the_next_gate(driver: LedgerDriver) -> None:
    (one,) = many(1)
    take_in(driver, one)
    (batch,) = open_batches(driver.ledger)
    seen = {dossier.dossier_id: dossier.version_number for dossier in in_batch(driver.ledger, batch)}
    take_in(driver, changed(one, "case.wife.full_name", "VŨ THỊ LÀN"))
    assert settle_batch(driver.ledger, batch, seen, []) == "passed"
    assert ready(driver) == 0
    assert gate(driver.ledger, read) == {"passed": 1}
    assert ready(driver) == 1


def test_what_is_not_examined_yet_waits_for_the_next_gate(driver: LedgerDriver) -> None:
    first, second = many(2)
    take_in(driver, first)
    arrivals = [Arrival(second.dossier_code, second.model_dump_json().encode(), second)]
    save_page(driver.ledger, "24", "", arrivals, "more", gated=True)
    assert gate(driver.ledger, read) == {"passed": 1}
    assert batch_of(driver, first) != batch_of(driver, second)
    assert gate(driver.ledger, read) == {}  # nothing of the second is examined: its batch stays open
    assert batch_states(driver) == ["passed", "open"]
    driver.examine()
    assert gate(driver.ledger, read) == {"passed": 1}


def test_a_gate_that_dies_before_it_closes_leaves_all_to_the_next_one(driver: LedgerDriver, monkeypatch) -> None:
    take_in(driver, *many(2))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(gates, "_write", die)  # a death at this very line; what is asked afterwards is our own code
    with pytest.raises(KeyboardInterrupt):
        gate(driver.ledger, read)
    assert (batch_states(driver), ready(driver)) == (["open"], 0)
    assert driver.rows("SELECT FROM expectations") == []
    monkeypatch.undo()
    assert gate(driver.ledger, read) == {"passed": 1}
    assert ready(driver) == 2


def test_two_gates_at_once_close_a_batch_once(driver: LedgerDriver) -> None:
    take_in(driver, *many(2))
    gate_of_both = threading.Barrier(2)
    (batch,) = open_batches(driver.ledger)

    def close(_: int) -> str | None:
        seen = {dossier.dossier_id: dossier.version_number for dossier in in_batch(driver.ledger, batch)}
        gate_of_both.wait()
        return settle_batch(driver.ledger, batch, seen, [STOPPING])

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(close, range(2)), key=str) == [None, "stopped"]
    assert len(driver.rows("SELECT FROM expectations")) == 1


def test_pages_saved_beside_a_closing_gate_are_never_in_a_batch_that_passed_unseen(driver: LedgerDriver) -> None:
    dossiers = many(40)
    done = threading.Event()

    def close() -> None:
        while not done.is_set() or open_batches(driver.ledger):
            for batch in open_batches(driver.ledger):
                settle_batch(driver.ledger, batch, {}, [])  # a gate that has seen nothing
            if done.is_set():
                break

    thread = threading.Thread(target=close)
    thread.start()
    for dossier in dossiers:
        take_in(driver, dossier)
    done.set()
    thread.join()
    assert ready(driver) == 0
    assert driver.rows("SELECT FROM dossiers JOIN batches USING (batch_id) WHERE batches.state <> 'open'") == []


def test_a_gate_learns_from_batches_that_passed_or_were_released_and_from_no_other(driver: LedgerDriver) -> None:
    codes = ("H05.12.01", "H05.12.02", "H05.12.03")
    for code, decision in zip(codes, (None, "released", "rejected"), strict=True):
        take_in(driver, *many(60, agency_code=code, **({"procedure_code": None} if decision else {})))
        assert gate(driver.ledger, read) == ({"stopped": 1} if decision else {"passed": 1})
        if decision:
            decide_batch(driver.ledger, undecided(driver.ledger)[0].batch_id, decision, "lan", "vì vậy")
        driver.change("UPDATE batches SET opened_at = opened_at - interval '1 day'")
        driver.change("UPDATE expectations SET subject = '24/' || (split_part(subject, '/', 2)::date - 1)")
    take_in(driver, RESIDENCE)
    (batch,) = open_batches(driver.ledger)
    assert set(known_of(driver.ledger, batch).learned["agency_code"]) == {"H05.12.01", "H05.12.02"}


def test_what_was_released_today_is_not_asked_about_again_today(driver: LedgerDriver) -> None:
    take_in(driver, *many(60, procedure_code=None))
    assert gate(driver.ledger, read) == {"stopped": 1}
    decide_batch(driver.ledger, undecided(driver.ledger)[0].batch_id, "released", "lan", "vì vậy")
    take_in(driver, *many(60, procedure_code=None, abstract="Lần hai"))
    assert gate(driver.ledger, read) == {"passed": 1}


def test_the_desk_sees_batches_newest_first_and_by_portal(driver: LedgerDriver) -> None:
    for sequence in range(3):
        take_in(driver, changed(LAND, "abstract", f"Lần {sequence}"))
        gate(driver.ledger, read)
    page = batches_page(driver.ledger, limit=2)
    assert [batch.batch_id for batch in page] == [3, 2]
    assert [batch.batch_id for batch in batches_page(driver.ledger, before=2)] == [1]
    assert batches_page(driver.ledger, portals=["40"]) == batches_page(driver.ledger, only_failed=True) == []
    assert [batch.dossiers for batch in batches_page(driver.ledger)] == [1, 0, 0]


def test_a_finished_day_is_judged_once_with_all_its_suites(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH, MARRIAGE)
    claimed = claim_ready(driver.ledger, "civil_status", 10)
    for delivery in claimed:
        driver.tell(delivery, DeliveryEvent.REFUSED, code="rejected", words="Chủ hộ không tồn tại")
    today = datetime.now(VIETNAM).date()
    counts = judge_days(driver.ledger, today)
    assert sum(counts.values()) == 1 + 6 + 4 * 3 + 3
    assert judge_days(driver.ledger, today) == {}
    suites = Counter(row.suite for row in driver.rows("SELECT suite FROM expectations"))
    assert suites == {"day": 1, "book": 6, "answers": 12, "agreement": 3}
    judged = {
        row.subject: row.observed["judged"]
        for row in driver.rows("SELECT subject, observed FROM expectations WHERE expectation = 'many_refused'")
    }
    assert judged[f"civil_status/{today}"] == 2


def test_a_day_of_a_registered_bundle_is_judged_by_its_book_and_its_registries(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.register("civil_status")
    today = datetime.now(VIETNAM).date()
    judge_days(driver.ledger, today)
    judge_days(driver.ledger, today + timedelta(days=5))

    def verdict(expectation: str, day: date) -> tuple[bool, int]:
        ((passed, judged),) = driver.rows(
            "SELECT has_passed, observed ->> 'judged' FROM expectations WHERE expectation = :e AND subject = :s",
            e=expectation,
            s=f"all/{day}",
        )
        return passed, int(judged)

    assert verdict("entry_doubled", today) == (True, 1)
    assert verdict("birth_not_at_residence", today) == (True, 0)
    assert verdict("birth_not_at_residence", today + timedelta(days=5)) == (False, 1)


def test_nothing_is_delivered_over_http_before_the_gate_has_passed_the_batch(
    pipeline: Callable[..., PipelineDriver],
) -> None:
    driver = pipeline(40, province_codes=("24", "22"))
    pulled: Counter[str] = Counter()
    for code in driver.provinces:
        pulled.update(steps.pull(driver.ledger, PROVINCES[code], driver.endpoint(f"portal_{code}"), gated=True))
    assert pulled["cleared"] > 10
    assert driver.deliver_and_collect() == Counter()
    assert not any(driver.registered().values())
    assert gate(driver.ledger) == {"passed": 2}
    assert driver.deliver_and_collect().total() > 10


def test_a_finding_that_stops_stops_the_batch(driver: LedgerDriver) -> None:
    take_in(driver, *many(2))
    driver.change(
        "INSERT INTO findings (dossier_id, version_number, check_code, field_path, weight)"
        " SELECT max(dossier_id), 1, 'telex_residue', '', 'stops' FROM dossiers"
    )
    assert gate(driver.ledger, read) == {"stopped": 1}
    (batch,) = undecided(driver.ledger)
    ((last,),) = driver.rows("SELECT max(dossier_id) FROM dossiers")
    assert [(verdict.expectation, verdict.failing_ids) for verdict in batch.failed] == [("stopping_fault", [last])]


def test_the_data_docs_have_counts_and_keys_nothing_personal_and_no_outside_host(
    driver: LedgerDriver, tmp_path
) -> None:
    take_in(driver, *many(60, procedure_code=None))
    gate(driver.ledger, read)
    take_in(driver, BIRTH)
    gate(driver.ledger, read)
    judge_days(driver.ledger, datetime.now(VIETNAM).date())
    assert build_docs(driver.ledger, tmp_path / "docs") == 3
    pages = {path.name: path.read_text() for path in (tmp_path / "docs").iterdir()}
    assert set(pages) == {"index.html", "batch-1.html", "batch-2.html", f"day-{datetime.now(VIETNAM).date()}.html"}
    assert "H05.12.34-261120-0060" in pages["batch-1.html"]
    assert "many_without_procedure" in pages["batch-1.html"]
    assert "many_held" in pages["batch-2.html"]
    for page in pages.values():
        assert not [word for word in ("http", "<script", "NGUYỄN", "VŨ THỊ LAN", "024198001111") if word in page]


def test_data_docs_without_batches_say_so(ledger: Ledger, tmp_path) -> None:
    assert build_docs(ledger, tmp_path) == 0
    assert "Chưa có lô hồ sơ nào" in (tmp_path / "index.html").read_text()
