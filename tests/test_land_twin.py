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
from schemas.dates import VIETNAM, PartialDate
from schemas.delivery import Answer, Outcome, Parcel
from schemas.land import Certificate, LandCase
from tests.land_cases import CODE, GUID, NOWHERE, WIFE, case, ground, owned_by, parcel_of, used_until

# --- a world in which everything takes 50 ms and nothing is refused, unless said otherwise ---


@dataclass
class World:
    refusals: dict[str, str] = field(default_factory=dict)
    late_s: float = 0.05

    def refusal(self, registry_code: str, dossier_code: str, request: str) -> str | None:
        return self.refusals.get(dossier_code)

    def lateness_s(self, registry_code: str, request_code: str) -> float:
        return self.late_s

    def number(self, *parts: str, digits: int) -> str:
        return str(int(sha256("/".join(parts).encode()).hexdigest(), 16))[-digits:]


@dataclass
class Town:
    """A twin behind its door, and our line to it."""

    world: World
    twin: LandTwin
    url: str
    line: Line

    def deliver(self, parcel: Parcel) -> Answer:
        return REGISTRY.read(self.line.send(REGISTRY.write([parcel], self.line.endpoint)), [parcel])[0]

    def ask(self, *parcels: Parcel) -> list[Answer]:
        return REGISTRY.read_asked(self.line.send(REGISTRY.ask(parcels, self.line.endpoint)), parcels)

    def settle(self, parcel: Parcel) -> Answer:
        until = time.monotonic() + 5
        while (answer := self.ask(parcel)[0]).outcome is Outcome.ACCEPTED and time.monotonic() < until:
            time.sleep(0.01)
        return answer

    def registered(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = requests.get(f"{self.url}/twin/land/registered", timeout=5).json()
        return rows

    def switch(self, fault: str | None) -> None:
        requests.put(f"{self.url}/twin/land/faults", json={"fault": fault}, timeout=5).raise_for_status()


@pytest.fixture
def town() -> Iterator[Town]:
    world = World()
    twin = LandTwin(world)
    server = Server([twin], seed=1)
    url = server.url("land")
    with Line(Endpoint(url, "lienthong-thu", "khoa-thu"), REGISTRY.auth, per_second=1000) as line:
        yield Town(world, twin, url, line)
    server.stop()


def row(parcel: Parcel, entry_code: str | None, conflicts: int = 0) -> dict[str, Any]:
    return {
        "guid": GUID, "request_code": parcel.request_code, "dossier_code": CODE, "land_entry_code": entry_code,
        "commune_code": "07210", "sheet_number": "12", "parcel_number": "345", "conflicts": conflicts,
    }  # fmt: skip


def test_a_change_is_taken_and_registered_later(town: Town) -> None:
    parcel = parcel_of(case())

    assert town.deliver(parcel).outcome is Outcome.ACCEPTED
    assert town.registered() == []
    done = town.settle(parcel)

    assert done.outcome is Outcome.REGISTERED
    assert done.receipt is not None
    assert done.receipt.land_entry_code is not None
    assert done.receipt.land_entry_code.startswith("24-07210-")
    assert done.receipt.registered_on is not None
    assert abs((done.receipt.registered_on - datetime.now(VIETNAM).date()).days) <= 1
    assert not done.receipt.lacks(REGISTRY.promises["land"])
    assert town.registered() == [row(parcel, done.receipt.land_entry_code)]


def test_a_repeat_is_no_second_change_and_gets_the_same_receipt(town: Town) -> None:
    parcel = parcel_of(case())
    town.deliver(parcel)
    assert town.deliver(parcel).outcome is Outcome.ACCEPTED
    done = town.settle(parcel)

    again = town.deliver(parcel)

    assert (again.outcome, again.code) == (Outcome.REGISTERED, "01")
    assert again.words == "Hồ sơ đã tồn tại, không thay đổi"
    assert again.receipt == done.receipt
    assert len(town.registered()) == 1


def test_changed_content_under_the_same_guid_is_a_conflict(town: Town) -> None:
    first, changed = parcel_of(case()), parcel_of(case(change_kind="TK"))
    town.deliver(first)
    done = town.settle(first)

    answer = town.deliver(changed)

    assert (answer.outcome, answer.code) == (Outcome.REFUSED, "42")
    assert town.ask(changed)[0].outcome is Outcome.UNKNOWN
    assert town.ask(first)[0].receipt == done.receipt
    assert done.receipt is not None
    assert town.registered() == [row(first, done.receipt.land_entry_code, conflicts=1)]
    assert town.twin.conflicts == 1


@pytest.mark.parametrize("fault", ["lose_answer", "cut_off"])
def test_after_a_lost_answer_asking_finds_the_dossier(town: Town, fault: str) -> None:
    parcel = parcel_of(case())
    town.ask(parcel)  # the token is fetched while all is well
    town.switch(fault)
    with pytest.raises(Unreachable) as raised:
        town.deliver(parcel)
    town.switch(None)

    assert raised.value.may_have_arrived
    assert town.settle(parcel).outcome is Outcome.REGISTERED
    assert len(town.registered()) == 1


def test_garbage_instead_of_an_answer_is_not_recognised_and_asking_finds_the_dossier(town: Town) -> None:
    parcel = parcel_of(case())
    town.ask(parcel)
    town.switch("garbage")
    with pytest.raises(Unrecognised):
        town.deliver(parcel)
    town.switch(None)
    assert town.settle(parcel).outcome is Outcome.REGISTERED


def test_a_dossier_that_never_came_is_unknown(town: Town) -> None:
    known, unknown = parcel_of(case()), parcel_of(case(), "H05.12.34-261120-0002")
    town.deliver(known)
    town.settle(known)
    assert [answer.outcome for answer in town.ask(unknown, known)] == [Outcome.UNKNOWN, Outcome.REGISTERED]


def test_a_business_refusal_comes_later_with_its_words_and_a_mended_version_is_taken(town: Town) -> None:
    town.world.refusals[CODE] = "Người sử dụng đất chưa hoàn thành nghĩa vụ tài chính"
    first, mended = parcel_of(case()), parcel_of(case(change_kind="TK"))

    assert town.deliver(first).outcome is Outcome.ACCEPTED
    refused = town.settle(first)
    assert (refused.outcome, refused.words) == (Outcome.REFUSED, "Người sử dụng đất chưa hoàn thành nghĩa vụ tài chính")
    assert town.deliver(first).outcome is Outcome.REFUSED
    assert town.ask(mended)[0].outcome is Outcome.UNKNOWN
    assert town.registered() == []

    town.world.refusals.clear()
    assert town.deliver(mended).outcome is Outcome.ACCEPTED
    assert town.settle(mended).outcome is Outcome.REGISTERED


@pytest.mark.parametrize(
    ("land_case", "words"),
    [
        (case(certificate=Certificate(serial="BA123456")), "Số phát hành giấy chứng nhận không đúng định dạng"),
        (ground(area_m2=Decimal("240.001")), "Tổng diện tích các mục đích sử dụng khác diện tích thửa đất"),
        (ground(commune_code="99999"), "Mã xã không có trong danh mục"),
        (used_until(PartialDate.of(2043), "XYZ"), "Mã mục đích sử dụng đất không có trong danh mục"),
        (owned_by(WIFE, WIFE, kind="2"), "Chủ sử dụng đất bị trùng số định danh"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_refused_at_once_and_leaves_nothing(town: Town, land_case: LandCase, words: str) -> None:
    answer = town.deliver(parcel_of(land_case))
    assert (answer.outcome, answer.code, answer.words) == (Outcome.REFUSED, "41", words)
    assert town.deliver(parcel_of(case())).outcome is Outcome.ACCEPTED


def test_several_broken_rules_come_glued_together(town: Town) -> None:
    broken = ground(area_m2=Decimal("1")).model_copy(update={"certificate": Certificate(serial="1")})
    answer = town.deliver(parcel_of(broken))
    assert answer.words == (
        "Số phát hành giấy chứng nhận không đúng định dạngTổng diện tích các mục đích sử dụng khác diện tích thửa đất"
    )


def test_a_difference_within_a_ten_thousandth_is_taken(town: Town) -> None:
    assert town.deliver(parcel_of(ground(area_m2=Decimal("240.0001")))).outcome is Outcome.ACCEPTED


def test_many_deliveries_at_once_are_registered_once_each(town: Town) -> None:
    parcels = [parcel_of(case(), f"H05.12.34-261120-{at:04d}") for at in range(1, 31)]
    twice: Sequence[tuple[Parcel, Request]] = [(p, REGISTRY.write([p], NOWHERE)) for p in parcels for _ in range(2)]
    for parcel, reply in town.line.send_all(twice):
        assert isinstance(reply, Reply)
        assert REGISTRY.read(reply, [parcel])[0].outcome in (Outcome.ACCEPTED, Outcome.REGISTERED)
    town.settle(parcels[-1])
    time.sleep(0.1)
    assert sorted(held["request_code"] for held in town.registered()) == sorted(p.request_code for p in parcels)


def test_a_wrong_secret_is_not_accepted_and_a_greeting_is_answered(town: Town) -> None:
    assert town.line.send(REGISTRY.greeting(town.line.endpoint)).status == 200
    with Line(Endpoint(town.url, "lienthong-thu", "wrong"), REGISTRY.auth) as line, pytest.raises(Unauthorised):
        line.send(REGISTRY.greeting(line.endpoint))


# --- the twin by itself ---


def bearer(twin: LandTwin) -> dict[str, str]:
    form = b"grant_type=client_credentials&client_id=a&client_secret=b"
    token = json.loads(twin.handle(Incoming("POST", "/token", {}, {}, form)).body)["access_token"]
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["/dangkydatdai/1.0/guiHoSo", "/dangkydatdai/1.0/traCuuHoSo"])
@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"\xff\xfe", b"<HoSoXml>", b"<HoSoXml/>", b"<TraCuuHoSo/>", b"<a>" * 5000,
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><HoSoXml>&x;</HoSoXml>',
        b"<HoSoXml>" + b" " * 1024 * 1024 + b"</HoSoXml>",
        b"<TraCuuHoSo>" + b"<hoSoGuid/>" * 21 + b"</TraCuuHoSo>",
    ],
)  # fmt: skip
def test_the_twin_answers_malformed_bodies_with_its_own_error(path: str, body: bytes) -> None:
    twin = LandTwin(World())
    answer = twin.handle(Incoming("POST", path, {}, bearer(twin), body))
    root = etree.fromstring(answer.body)
    assert (root.tag, root.findtext("maKetQua")) == ("KetQua", "40")


def test_the_twin_tolerates_white_space_where_xml_types_do() -> None:
    twin = LandTwin(World())
    body = REGISTRY.write([parcel_of(case())], NOWHERE).body
    spaced = body.replace(b"<ngayTiepNhan>", b"<ngayTiepNhan>\n ").replace(b"<maXa>", b"<maXa> ")
    answer = twin.handle(Incoming("POST", "/dangkydatdai/1.0/guiHoSo", {}, bearer(twin), spaced))
    assert etree.fromstring(answer.body).findtext("maKetQua") == "00"


@pytest.mark.parametrize("body", [b"", b"\xff", b"grant_type=client_credentials", b"grant_type=password&client_id=a"])
def test_the_twin_gives_no_token_without_a_name(body: bytes) -> None:
    assert LandTwin(World()).handle(Incoming("POST", "/token", {}, {}, body)).status == 401


def test_the_twin_turns_away_whoever_has_no_token_and_knows_no_other_path() -> None:
    twin = LandTwin(World())
    assert twin.handle(Incoming("POST", "/dangkydatdai/1.0/guiHoSo", {}, {}, b"<HoSoXml/>")).status == 401
    assert twin.handle(Incoming("GET", "/dangkydatdai/1.0/guiHoSo", {}, bearer(twin), b"")).status == 404
