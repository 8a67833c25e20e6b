"""The land database over real HTTP: how connector and twin get on, and the twin by itself."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
import requests
from lxml import etree

from connectors.endpoint import Endpoint
from connectors.errors import Unauthorised, Unreachable, Unrecognised
from connectors.http import Line, Reply, Request
from connectors.registries.land import REGISTRY
from connectors.sandbox.server import Incoming, Server
from connectors.sandbox.twins.land import LandTwin
from schemas.cases import Certificate, LandCase
from schemas.dates import VIETNAM, PartialDate
from schemas.delivery import Answer, Outcome, Submission
from tests.support.land_cases import CODE, GUID, NOWHERE, WIFE, case, ground, owned_by, submission_of, used_until

# --- a dataset in which everything takes 50 ms and nothing is refused, unless said otherwise ---


@dataclass
class Dataset:
    refusals: dict[str, str] = field(default_factory=dict)
    late_s: float = 0.05

    def refusal(self, registry_code: str, dossier_code: str, request: str) -> str | None:
        return self.refusals.get(dossier_code)

    def lateness_s(self, registry_code: str, request_code: str) -> float:
        return self.late_s

    def number(self, *parts: str, digits: int) -> str:
        return str(int(sha256("/".join(parts).encode()).hexdigest(), 16))[-digits:]


@dataclass
class StagedDataset:
    """A twin behind its door, and our line to it."""

    dataset: Dataset
    twin: LandTwin
    url: str
    line: Line

    def deliver(self, submission: Submission) -> Answer:
        return REGISTRY.read(self.line.send(REGISTRY.write([submission], self.line.endpoint)), [submission])[0]

    def ask(self, *submissions: Submission) -> list[Answer]:
        return REGISTRY.read_asked(self.line.send(REGISTRY.ask(submissions, self.line.endpoint)), submissions)

    def settle(self, submission: Submission) -> Answer:
        until = time.monotonic() + 5
        while (answer := self.ask(submission)[0]).outcome is Outcome.ACCEPTED and time.monotonic() < until:
            time.sleep(0.01)
        return answer

    def registered(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = requests.get(f"{self.url}/twin/land/registered", timeout=5).json()
        return rows

    def switch(self, fault: str | None) -> None:
        requests.put(f"{self.url}/twin/land/faults", json={"fault": fault}, timeout=5).raise_for_status()


@pytest.fixture
def staged_dataset() -> Iterator[StagedDataset]:
    dataset = Dataset()
    twin = LandTwin(dataset)
    server = Server([twin], seed=1)
    url = server.url("land")
    with Line(Endpoint(url, "lienthong-thu", "khoa-thu"), REGISTRY.auth, per_second=1000) as line:
        yield StagedDataset(dataset, twin, url, line)
    server.stop()


def row(submission: Submission, entry_code: str | None, conflicts: int = 0) -> dict[str, Any]:
    return {
        "guid": GUID,
        "request_code": submission.request_code,
        "dossier_code": CODE,
        "land_entry_code": entry_code,
        "commune_code": "07210",
        "sheet_number": "12",
        "parcel_number": "345",
        "conflicts": conflicts,
    }


def test_a_change_is_taken_and_registered_later(staged_dataset: StagedDataset) -> None:
    submission = submission_of(case())

    assert staged_dataset.deliver(submission).outcome is Outcome.ACCEPTED
    assert staged_dataset.registered() == []
    done = staged_dataset.settle(submission)

    assert done.outcome is Outcome.REGISTERED
    assert done.receipt is not None
    assert done.receipt.land_entry_code is not None
    assert done.receipt.land_entry_code.startswith("24-07210-")
    assert done.receipt.registered_on is not None
    assert abs((done.receipt.registered_on - datetime.now(VIETNAM).date()).days) <= 1
    assert not done.receipt.lacks(REGISTRY.promises["land"])
    assert staged_dataset.registered() == [row(submission, done.receipt.land_entry_code)]


def test_a_repeat_is_no_second_change_and_gets_the_same_receipt(staged_dataset: StagedDataset) -> None:
    submission = submission_of(case())
    staged_dataset.deliver(submission)
    assert staged_dataset.deliver(submission).outcome is Outcome.ACCEPTED
    done = staged_dataset.settle(submission)

    again = staged_dataset.deliver(submission)

    assert (again.outcome, again.code) == (Outcome.REGISTERED, "01")
    assert again.words == "Hồ sơ đã tồn tại, không thay đổi"
    assert again.receipt == done.receipt
    assert len(staged_dataset.registered()) == 1


def test_changed_content_under_the_same_guid_is_a_conflict(staged_dataset: StagedDataset) -> None:
    first, changed = submission_of(case()), submission_of(case(change_kind="TK"))
    staged_dataset.deliver(first)
    done = staged_dataset.settle(first)

    answer = staged_dataset.deliver(changed)

    assert (answer.outcome, answer.code) == (Outcome.REFUSED, "42")
    assert staged_dataset.ask(changed)[0].outcome is Outcome.UNKNOWN
    assert staged_dataset.ask(first)[0].receipt == done.receipt
    assert done.receipt is not None
    assert staged_dataset.registered() == [row(first, done.receipt.land_entry_code, conflicts=1)]
    assert staged_dataset.twin.conflicts == 1


def test_the_twin_shows_what_it_holds_with_all_requests_about_it(staged_dataset: StagedDataset) -> None:
    first, changed = submission_of(case()), submission_of(case(change_kind="TK"))
    staged_dataset.deliver(first)
    assert staged_dataset.twin.entries() == [], "an entry is there when the work on it is done"
    done = staged_dataset.settle(first)
    staged_dataset.deliver(first)
    staged_dataset.deliver(changed)

    (entry,) = requests.get(f"{staged_dataset.url}/twin/land/entries", timeout=5).json()

    assert done.receipt is not None
    assert entry["words"]["ThongTinDangKyThayDoi/DC_DangKyThayDoi/loaiGiaoDichBienDong"] == "CN"
    del entry["words"]
    assert entry == {
        "dossier_code": CODE,
        "entry_number": done.receipt.land_entry_code,
        "is_annulled": False,
        "operations": ["register"],
        "submissions": 3,
        "unknown_citations": 0,
    }


@pytest.mark.parametrize("fault", ["lose_answer", "cut_off"])
def test_after_a_lost_answer_asking_finds_the_dossier(staged_dataset: StagedDataset, fault: str) -> None:
    submission = submission_of(case())
    staged_dataset.ask(submission)  # the token is fetched while all is well
    staged_dataset.switch(fault)
    with pytest.raises(Unreachable) as raised:
        staged_dataset.deliver(submission)
    staged_dataset.switch(None)

    assert raised.value.may_have_arrived
    assert staged_dataset.settle(submission).outcome is Outcome.REGISTERED
    assert len(staged_dataset.registered()) == 1


def test_garbage_instead_of_an_answer_is_not_recognised_and_asking_finds_the_dossier(
    staged_dataset: StagedDataset,
) -> None:
    submission = submission_of(case())
    staged_dataset.ask(submission)
    staged_dataset.switch("garbage")
    with pytest.raises(Unrecognised):
        staged_dataset.deliver(submission)
    staged_dataset.switch(None)
    assert staged_dataset.settle(submission).outcome is Outcome.REGISTERED


def test_a_dossier_that_never_came_is_unknown(staged_dataset: StagedDataset) -> None:
    known, unknown = submission_of(case()), submission_of(case(), "H05.12.34-261120-0002")
    staged_dataset.deliver(known)
    staged_dataset.settle(known)
    assert [answer.outcome for answer in staged_dataset.ask(unknown, known)] == [Outcome.UNKNOWN, Outcome.REGISTERED]


def test_a_business_refusal_comes_later_with_its_words_and_an_edited_version_is_taken(
    staged_dataset: StagedDataset,
) -> None:
    staged_dataset.dataset.refusals[CODE] = "Người sử dụng đất chưa hoàn thành nghĩa vụ tài chính"
    first, edited = submission_of(case()), submission_of(case(change_kind="TK"))

    assert staged_dataset.deliver(first).outcome is Outcome.ACCEPTED
    refused = staged_dataset.settle(first)
    assert (refused.outcome, refused.words) == (Outcome.REFUSED, "Người sử dụng đất chưa hoàn thành nghĩa vụ tài chính")
    assert staged_dataset.deliver(first).outcome is Outcome.REFUSED
    assert staged_dataset.ask(edited)[0].outcome is Outcome.UNKNOWN
    assert staged_dataset.registered() == []

    staged_dataset.dataset.refusals.clear()
    assert staged_dataset.deliver(edited).outcome is Outcome.ACCEPTED
    assert staged_dataset.settle(edited).outcome is Outcome.REGISTERED


@pytest.mark.parametrize(
    ("land_case", "words"),
    [
        (case(certificate=Certificate(serial="BA123456")), "Số phát hành giấy chứng nhận không đúng định dạng"),
        (ground(area_m2=Decimal("240.001")), "Tổng diện tích các mục đích sử dụng khác diện tích thửa đất"),
        (ground(commune_code="99999"), "Mã xã không có trong danh mục"),
        (used_until(PartialDate.of(2043), "XYZ"), "Mã mục đích sử dụng đất không có trong danh mục"),
        (owned_by(WIFE, WIFE, kind="2"), "Chủ sử dụng đất bị trùng số định danh"),
    ],
)
def test_a_broken_rule_is_refused_at_once_and_leaves_nothing(
    staged_dataset: StagedDataset, land_case: LandCase, words: str
) -> None:
    answer = staged_dataset.deliver(submission_of(land_case))
    assert (answer.outcome, answer.code, answer.words) == (Outcome.REFUSED, "41", words)
    assert staged_dataset.deliver(submission_of(case())).outcome is Outcome.ACCEPTED


def test_several_broken_rules_come_glued_together(staged_dataset: StagedDataset) -> None:
    broken = ground(area_m2=Decimal("1")).model_copy(update={"certificate": Certificate(serial="1")})
    answer = staged_dataset.deliver(submission_of(broken))
    assert answer.words == (
        "Số phát hành giấy chứng nhận không đúng định dạngTổng diện tích các mục đích sử dụng khác diện tích thửa đất"
    )


def test_a_difference_within_a_ten_thousandth_is_taken(staged_dataset: StagedDataset) -> None:
    assert staged_dataset.deliver(submission_of(ground(area_m2=Decimal("240.0001")))).outcome is Outcome.ACCEPTED


def test_many_deliveries_at_once_are_registered_once_each(staged_dataset: StagedDataset) -> None:
    submissions = [submission_of(case(), f"H05.12.34-261120-{at:04d}") for at in range(1, 31)]
    twice: Sequence[tuple[Submission, Request]] = [
        (p, REGISTRY.write([p], NOWHERE)) for p in submissions for _ in range(2)
    ]
    for submission, reply in staged_dataset.line.send_all(twice):
        assert isinstance(reply, Reply)
        assert REGISTRY.read(reply, [submission])[0].outcome in (Outcome.ACCEPTED, Outcome.REGISTERED)
    staged_dataset.settle(submissions[-1])
    time.sleep(0.1)
    assert sorted(held["request_code"] for held in staged_dataset.registered()) == sorted(
        p.request_code for p in submissions
    )


def test_a_wrong_secret_is_not_accepted_and_a_greeting_is_answered(staged_dataset: StagedDataset) -> None:
    assert staged_dataset.line.send(REGISTRY.probe(staged_dataset.line.endpoint)).status == 200
    with (
        Line(Endpoint(staged_dataset.url, "lienthong-thu", "wrong"), REGISTRY.auth) as line,
        pytest.raises(Unauthorised),
    ):
        line.send(REGISTRY.probe(line.endpoint))


# --- the twin by itself ---


def bearer(twin: LandTwin) -> dict[str, str]:
    form = b"grant_type=client_credentials&client_id=a&client_secret=b"
    token = json.loads(twin.handle(Incoming("POST", "/token", {}, {}, form)).body)["access_token"]
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["/dangkydatdai/1.0/guiHoSo", "/dangkydatdai/1.0/traCuuHoSo"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"<HoSoXml>",
        b"<HoSoXml/>",
        b"<TraCuuHoSo/>",
        b"<a>" * 5000,
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><HoSoXml>&x;</HoSoXml>',
        b"<HoSoXml>" + b" " * 1024 * 1024 + b"</HoSoXml>",
        b"<TraCuuHoSo>" + b"<hoSoGuid/>" * 21 + b"</TraCuuHoSo>",
    ],
)
def test_the_twin_answers_malformed_bodies_with_its_own_error(path: str, body: bytes) -> None:
    twin = LandTwin(Dataset())
    answer = twin.handle(Incoming("POST", path, {}, bearer(twin), body))
    root = etree.fromstring(answer.body)
    assert (root.tag, root.findtext("maKetQua")) == ("KetQua", "40")


def test_the_twin_tolerates_white_space_where_xml_types_do() -> None:
    twin = LandTwin(Dataset())
    body = REGISTRY.write([submission_of(case())], NOWHERE).body
    spaced = body.replace(b"<ngayTiepNhan>", b"<ngayTiepNhan>\n ").replace(b"<maXa>", b"<maXa> ")
    answer = twin.handle(Incoming("POST", "/dangkydatdai/1.0/guiHoSo", {}, bearer(twin), spaced))
    assert etree.fromstring(answer.body).findtext("maKetQua") == "00"


@pytest.mark.parametrize("body", [b"", b"\xff", b"grant_type=client_credentials", b"grant_type=password&client_id=a"])
def test_the_twin_gives_no_token_without_a_name(body: bytes) -> None:
    assert LandTwin(Dataset()).handle(Incoming("POST", "/token", {}, {}, body)).status == 401


def test_the_twin_refuses_a_caller_without_a_token_and_knows_no_other_path() -> None:
    twin = LandTwin(Dataset())
    assert twin.handle(Incoming("POST", "/dangkydatdai/1.0/guiHoSo", {}, {}, b"<HoSoXml/>")).status == 401
    assert twin.handle(Incoming("GET", "/dangkydatdai/1.0/guiHoSo", {}, bearer(twin), b"")).status == 404
