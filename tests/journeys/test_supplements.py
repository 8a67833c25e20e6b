"""A person asks the citizen for a supplement, or rejects: the portal shows the words, and gets them once."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from connectors.endpoint import Endpoint
from connectors.ledger import Ledger
from connectors.ledger.decisions import DecisionOutcome, requests_of
from connectors.portals.contract import progress_text
from connectors.portals.provinces import PROVINCES
from connectors.sandbox.server import Listener
from connectors.sandbox.twins.hub import HubTwin
from connectors.sandbox.twins.onestop import OnestopTwin
from dags import steps
from schemas.dossier import Dossier
from schemas.registries import CivilStatusReceipt
from schemas.report import Milestone, Report, ReportOutcome
from tests.support.decisions import ask_supplement, reject
from tests.support.dossiers import changed
from tests.support.ledger_driver import LedgerDriver
from tests.support.portal_datasets import FULL, NOW, SmallDataset, of_hub, planted, served
from tests.support.tampering import OF_PROVINCE, TWINS

RECEIVED, ACCEPTED, FORWARDED, REGISTERED, RETURNED, WITH_STEWARD, ASKED, REJECTED = Milestone
ACKNOWLEDGED, LATER, REFUSED = ReportOutcome
WORDS = "Đề nghị nộp lại giấy chứng sinh, số ghi trên tờ khai không đọc được."
STEWARD = "can-bo-1"
ASKING, REFUSING, WORKING = {"24": 5, "22": 2}, {"24": 8, "22": 6}, {"24": 4, "22": 3}
"""What each platform calls: the citizen is asked, the dossier is rejected, the dossier is being worked on."""
NOTICE = "case.notice_code"
BIRTH, HUB_BIRTH = FULL["birth"], of_hub(FULL["birth"])
SOMETHING = CivilStatusReceipt(entry_number="123", book_code="01/2026")


@dataclass
class FaultyAtPortal:
    """One faulty dossier at a province's portal, and the ledger that carries it. `sound` is what it should be."""

    province_code: str
    sound: Dossier
    twin: Any
    endpoint: Endpoint
    driver: LedgerDriver

    @property
    def faulty(self) -> Dossier:
        return changed(self.sound, NOTICE, "khong ro")

    def pull(self) -> str:
        """Pulls; where the dossier stands then."""
        steps.pull(self.driver.ledger, PROVINCES[self.province_code], self.endpoint)
        return self.driver.state(self.sound)

    def report(self) -> dict[str, int]:
        return steps.report(self.driver.ledger, lambda connection_id: self.endpoint)

    def decide(self, verb: Callable[..., DecisionOutcome], words: str = WORDS) -> None:
        ledger = self.driver.ledger
        outcome = verb(ledger, STEWARD, requests_of(ledger, self.sound.dossier_code), words)
        assert (len(outcome.decision_ids), outcome.refused) == (1, {})

    def shown(self) -> tuple[int, list[str]]:
        """The portal's status, and what the citizen can read."""
        (row,) = self.twin.registered()
        return row["status"], row["words"]


MakeFaulty = Callable[..., FaultyAtPortal]


@pytest.fixture
def faulty(ledger: Ledger) -> Iterator[MakeFaulty]:
    with ExitStack() as stack:

        def make(province_code: str, *, is_edited: bool = False, defect: str = "notice") -> FaultyAtPortal:
            births = (planted for planted in OF_PROVINCE[province_code] if planted.dossier.case.kind == "birth")
            birth = next(births)
            sound = changed(birth.dossier, "status", 2)
            edited = sound if is_edited else None
            faulty = replace(birth, dossier=changed(sound, NOTICE, "khong ro"), defect=defect, edited=edited)
            twin = TWINS[province_code](SmallDataset(faulty), [province_code])
            listener = Listener(twin, seed=1)
            stack.callback(listener.refuse)
            endpoint = Endpoint(f"{listener.url}/{province_code}", *twin.credentials(province_code))
            return FaultyAtPortal(province_code, sound, twin, endpoint, LedgerDriver(ledger))

        yield make


# --- the whole way ---


@pytest.mark.parametrize("province_code", ["24", "22"])
def test_a_citizen_who_is_asked_answers_and_the_dossier_goes_on(faulty: MakeFaulty, province_code: str) -> None:
    case = faulty(province_code)
    assert case.pull() == "held"
    case.decide(ask_supplement)
    assert case.report() == {"acknowledged": 2}
    assert case.shown() == (ASKING[province_code], [WORDS])
    assert case.pull() == "waiting"
    assert (case.report(), case.pull()) == ({}, "waiting")
    case.twin.supplement(case.sound.dossier_code, case.sound)
    assert case.pull() == "cleared"
    assert case.report() == {"acknowledged": 1}
    assert case.shown() == (WORKING[province_code], [WORDS])
    assert case.driver.rows("SELECT version_number, portal_status FROM dossiers") == [(2, 2)]


@pytest.mark.parametrize("province_code", ["24", "22"])
def test_a_rejected_dossier_is_closed_with_its_reason(faulty: MakeFaulty, province_code: str) -> None:
    case = faulty(province_code)
    case.pull()
    case.decide(reject)
    assert case.report() == {"acknowledged": 2}
    assert case.shown() == (REFUSING[province_code], [WORDS])
    assert case.pull() == "closed"
    assert case.report() == {}
    assert case.driver.rows("SELECT DISTINCT state FROM deliveries") == []


@pytest.mark.parametrize("province_code", ["24", "22"])
def test_a_citizen_who_supplements_anyway_answers_the_question_too(faulty: MakeFaulty, province_code: str) -> None:
    case = faulty(province_code, is_edited=True)
    case.pull()
    case.decide(ask_supplement)
    case.report()
    assert (case.pull(), case.shown()[0]) == ("waiting", ASKING[province_code])
    time.sleep(3.2)
    assert (case.pull(), case.twin.still_to_come()) == ("cleared", 0)
    case.report()
    assert case.shown() == (WORKING[province_code], [WORDS])


@pytest.mark.parametrize("province_code", ["24", "22"])
def test_a_citizen_whose_answer_does_not_help_is_asked_again_in_the_same_words(
    faulty: MakeFaulty, province_code: str
) -> None:
    case = faulty(province_code)
    case.pull()
    case.decide(ask_supplement)
    case.report()
    case.pull()
    case.twin.supplement(case.sound.dossier_code, changed(case.faulty, "abstract", "Đăng ký khai sinh, nộp lại"))
    assert case.pull() == "held"
    time.sleep(1)  # times on the wire are in seconds
    case.decide(ask_supplement)
    assert case.report() == {"acknowledged": 1}
    assert case.shown() == (ASKING[province_code], [WORDS, WORDS])


@pytest.mark.parametrize("province_code", ["24", "22"])
def test_nobody_is_asked_about_a_version_that_is_no_longer_the_newest(faulty: MakeFaulty, province_code: str) -> None:
    case = faulty(province_code)
    case.pull()
    case.decide(ask_supplement)
    case.twin.supplement(case.sound.dossier_code, case.sound)
    assert case.pull() == "cleared"
    assert case.report() == {"acknowledged": 2}
    assert case.shown() == (WORKING[province_code], [])
    assert case.driver.rows("SELECT state FROM reports WHERE decision_id IS NOT NULL") == [("withdrawn",)]
    assert "report_withdrawn" in case.driver.kinds(case.sound)


def test_the_words_for_the_citizen_are_written_nowhere_in_the_open(faulty: MakeFaulty) -> None:
    case = faulty("24")
    case.pull()
    case.decide(ask_supplement)
    case.report()
    for table in ("reports", "events", "decisions", "dossiers", "faults"):
        (open_text,) = case.driver.rows(f"SELECT coalesce(string_agg(to_jsonb(t)::text, ' '), '') FROM {table} t")[0]
        assert "chứng sinh" not in open_text, table


def test_a_missing_paper_that_the_citizen_brings_is_fetched(faulty: MakeFaulty) -> None:
    case = faulty("24")
    case.pull()
    case.decide(ask_supplement)
    case.report()
    papers = tuple(b"%%PDF-1.7 %d" % number for number in range(len(case.sound.papers)))
    unhashed = tuple(paper.model_copy(update={"sha256": None, "size": None}) for paper in case.sound.papers)
    case.twin.supplement(case.sound.dossier_code, changed(case.sound, "papers", unhashed), papers)
    case.pull()
    kept = case.driver.rows("SELECT FROM papers WHERE version_number = 2 AND sha256 IS NOT NULL")
    assert len(kept) == len(papers)


def test_a_dossier_that_could_not_be_read_at_first_is_known_by_its_national_code_afterwards(
    faulty: MakeFaulty,
) -> None:
    case = faulty("22", defect="broken_content")
    assert case.pull() == "held"
    case.twin.supplement(case.sound.dossier_code, case.sound)
    assert case.pull() == "cleared"
    assert case.report() == {"acknowledged": 2}
    assert case.shown() == (WORKING["22"], [])


# --- what the platforms hold to ---


def test_the_one_stop_portal_takes_a_question_once_and_keeps_it_until_it_is_answered() -> None:
    with served(OnestopTwin, planted(BIRTH)) as portal:
        assert portal.tell(BIRTH, RECEIVED) == [ACKNOWLEDGED]
        assert portal.tell(BIRTH, ASKED, ASKED, words=WORDS) == [ACKNOWLEDGED, ACKNOWLEDGED]
        assert portal.tell(BIRTH, ACCEPTED, WITH_STEWARD) == [ACKNOWLEDGED, ACKNOWLEDGED]
        assert portal.tell(BIRTH, RETURNED) == [LATER]
        shown = portal.shown(BIRTH)
        assert (shown["status"], shown["history"], shown["words"]) == (5, [2, 5, 4, 4], [WORDS])
        assert [dossier.status for dossier in portal.dossiers().values()] == [5]
        portal.twin.supplement(BIRTH.dossier_code, changed(BIRTH, "abstract", "mới"))
        assert portal.tell(BIRTH, ASKED, words=WORDS) == [ACKNOWLEDGED], "a repeat of the question that was answered"
        (after,) = portal.dossiers().values()
        assert (after.status, after.abstract) == (2, "mới")
        assert portal.tell(BIRTH, ASKED, words=WORDS, at=1) == [ACKNOWLEDGED]
        assert (portal.shown(BIRTH)["status"], portal.shown(BIRTH)["words"]) == (5, [WORDS, WORDS])


def test_the_hub_takes_a_question_once_and_then_shows_again_what_stood_before() -> None:
    with served(HubTwin, planted(HUB_BIRTH)) as portal:
        assert portal.tell(HUB_BIRTH, ASKED, REJECTED, words=WORDS) == [LATER, LATER]
        assert portal.tell(HUB_BIRTH, RECEIVED, ACCEPTED) == [ACKNOWLEDGED, ACKNOWLEDGED]
        assert portal.tell(HUB_BIRTH, ASKED, ASKED, words=WORDS) == [ACKNOWLEDGED, ACKNOWLEDGED]
        assert (portal.shown(HUB_BIRTH)["history"], portal.shown(HUB_BIRTH)["words"]) == ([1, 3, 2], [WORDS])
        assert [dossier.status for dossier in portal.dossiers().values()] == [5]
        portal.twin.supplement(HUB_BIRTH.dossier_code, changed(HUB_BIRTH, "abstract", "mới"))
        assert portal.tell(HUB_BIRTH, ASKED, words=WORDS) == [ACKNOWLEDGED]
        (after,) = portal.dossiers().values()
        assert (after.status, after.abstract, portal.shown(HUB_BIRTH)["status"]) == (4, "mới", 3)
        assert portal.tell(HUB_BIRTH, FORWARDED) == [ACKNOWLEDGED]
        assert portal.tell(HUB_BIRTH, ASKED, words=WORDS, at=1) == [ACKNOWLEDGED]
        assert portal.shown(HUB_BIRTH)["history"] == [1, 3, 2, 7, 2]


@pytest.mark.parametrize("kind", [OnestopTwin, HubTwin])
def test_a_rejection_is_final_and_harmless_to_repeat(kind: Any) -> None:
    dossier = BIRTH if kind is OnestopTwin else HUB_BIRTH
    with served(kind, planted(dossier)) as portal:
        assert portal.tell(dossier, RECEIVED) == [ACKNOWLEDGED]
        assert portal.tell(dossier, REJECTED, REJECTED, words=WORDS) == [ACKNOWLEDGED, ACKNOWLEDGED]
        assert portal.tell(dossier, ACCEPTED) == [ACKNOWLEDGED], "of no consequence any more"
        assert portal.tell(dossier, ASKED, words="khác") == [REFUSED], "nobody will read it"
        assert portal.shown(dossier)["words"] == [WORDS]


@pytest.mark.parametrize("kind", [OnestopTwin, HubTwin])
def test_words_that_come_too_late_are_for_a_person(kind: Any) -> None:
    dossier = BIRTH if kind is OnestopTwin else HUB_BIRTH
    with served(kind, planted(dossier)) as portal:
        portal.tell(dossier, RECEIVED, ACCEPTED, FORWARDED, REGISTERED, receipt=SOMETHING)
        portal.tell(dossier, RETURNED, receipt=SOMETHING)
        assert portal.tell(dossier, ASKED, REJECTED, words=WORDS) == [REFUSED, REFUSED]
        unknown = changed(dossier, "dossier_code", "H05.12.34-261120-9999")
        assert portal.tell(unknown, ASKED, REJECTED, words=WORDS) == [REFUSED, REFUSED]
        assert portal.shown(dossier)["words"] == []


def test_a_dossier_with_a_result_at_the_hub_is_not_rejected_but_may_be_asked_about() -> None:
    with served(HubTwin, planted(HUB_BIRTH)) as portal:
        portal.tell(HUB_BIRTH, RECEIVED, ACCEPTED, FORWARDED, REGISTERED, receipt=SOMETHING)
        assert portal.tell(HUB_BIRTH, REJECTED, words=WORDS) == [REFUSED]
        assert portal.tell(HUB_BIRTH, ASKED, words=WORDS) == [ACKNOWLEDGED]
        portal.twin.supplement(HUB_BIRTH.dossier_code, HUB_BIRTH)
        assert portal.shown(HUB_BIRTH)["status"] == 4


@pytest.mark.parametrize("status", [1, 6])
def test_the_one_stop_portal_lets_nobody_ask_before_the_desk_has_handed_the_dossier_over(status: int) -> None:
    early = changed(BIRTH, "status", status)
    with served(OnestopTwin, planted(early)) as portal:
        assert portal.tell(early, ASKED, REJECTED, words=WORDS) == [LATER, LATER]


def test_a_dossier_that_cannot_be_read_may_be_asked_about() -> None:
    with served(OnestopTwin, planted(BIRTH, defect="broken_content")) as portal:
        assert portal.tell(BIRTH, ASKED, words=WORDS) == [ACKNOWLEDGED]
        assert portal.shown(BIRTH)["status"] == 5


@pytest.mark.parametrize(
    ("written", "sent"),
    [("", "riêng"), ("  nộp lại\n\n giấy ", "nộp lại giấy"), ("x" * 1000, "x" * 1000), ("x" * 1001, "x" * 999 + "…")],
)
def test_words_are_cut_to_the_length_that_portals_show(written: str, sent: str) -> None:
    report = Report(
        dossier_code="H05.12.34-261120-0001",
        procedure_as_written="1.001193",
        milestone=ASKED,
        happened_at=NOW,
        words=written,
    )
    assert progress_text(report, {ASKED: "riêng"}) == sent
