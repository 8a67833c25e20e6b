"""The residence registry and its twin: what we write, what we read, and that a repeat is a second case."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from connectors import xml
from connectors.endpoint import Endpoint
from connectors.errors import LienthongError, Refused, Unauthorised, Unreachable, Unrecognised
from connectors.http import Line, Reply, Request
from connectors.registries.residence import REGISTRY
from connectors.sandbox.server import Server
from connectors.sandbox.twins import residence as twin
from schemas.delivery import Answer, Outcome, Submission
from schemas.registries import CivilStatusReceipt, Given
from tests.support.recorded import first_submission, recorded_case

LATENESS_S = 0.3
EXTRA = {
    "officer_id": "024080000900",
    "agency_code": "H05.12.34",
    "x_road_client": twin.X_ROAD_CLIENT,
    "api_key": twin.API_KEY,
}
ELSEWHERE = Endpoint("http://127.0.0.1:9", twin.LOGIN, twin.SECRET, EXTRA)
BOMB = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><KetQua>&c;</KetQua>'
EXTERNAL = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><KetQua>&x;</KetQua>'


class SmallDataset:
    """A dataset that refuses two dossiers, one of them at once."""

    refused = {"H05.12.34-261120-0091": "Chủ hộ không có chỗ ở hợp pháp", "H05.12.34-261120-0092": "Đã xóa thường trú"}

    def refusal(self, registry_code: str, dossier_code: str, request: str) -> str | None:
        return self.refused.get(dossier_code)

    def lateness_s(self, registry_code: str, request_code: str) -> float:
        return LATENESS_S

    def number(self, *parts: str, digits: int) -> str:
        if parts[1] == "at once":
            return "1" if parts[2].endswith("0091") else "0"
        return str(sum("/".join(parts).encode())).zfill(digits)


def submission(
    case: str, *, dossier: dict[str, Any] | None = None, content: dict[str, Any] | None = None
) -> Submission:
    """A recorded case's submission, with other values in its dossier or in the dossier's case."""
    text = first_submission("residence", case)
    text["dossier"] |= dossier or {}
    text["dossier"]["case"] |= content or {}
    return Submission.model_validate(text)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server([twin.ResidenceTwin(SmallDataset())], seed=1)
    yield running
    running.stop()


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    with Line(replace(ELSEWHERE, base_url=server.url("residence")), REGISTRY.auth) as opened:
        yield opened


def send(line: Line, one: Submission) -> Answer:
    (answer,) = REGISTRY.read(line.send(REGISTRY.write([one], line.endpoint)), [one])
    return answer


def ask(line: Line, one: Submission) -> Answer:
    (answer,) = REGISTRY.read_asked(line.send(REGISTRY.ask([one], line.endpoint)), [one])
    return answer


def registered(line: Line) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = requests.get(f"{line.endpoint.base_url}/twin/residence/registered", timeout=5).json()
    return rows


def switch(line: Line, fault: str | None) -> None:
    requests.put(f"{line.endpoint.base_url}/twin/residence/faults", json={"fault": fault}, timeout=5).raise_for_status()


def post(line: Line, body: bytes, path: str = twin.SEND_PATH) -> Reply:
    return line.send(Request("POST", path, body, {"Content-Type": "application/xml"}))


# Over HTTP


@pytest.mark.parametrize(
    ("case", "kind", "personal_id"),
    [
        ("birth_received", "birth", "024326000101"),
        ("death_returned_at_once", "death", ""),
        ("residence_received", "residence", "024187000301"),
    ],
)
def test_a_case_is_received_then_processed_then_done(line: Line, case: str, kind: str, personal_id: str) -> None:
    one = submission(case)
    assert send(line, one).outcome is Outcome.ACCEPTED
    assert ask(line, one).code == "1"
    assert registered(line) == []
    time.sleep(LATENESS_S * 0.6)
    assert ask(line, one).code == "2"
    time.sleep(LATENESS_S)
    answer = ask(line, one)
    assert answer.outcome is Outcome.REGISTERED
    assert answer.receipt is not None
    assert not answer.receipt.lacks(REGISTRY.promises[kind])
    assert registered(line) == [
        {
            "request_code": one.request_code,
            "dossier_code": one.dossier.dossier_code,
            "case_code": answer.receipt.residence_case_code,
            "kind": kind,
            "personal_id": personal_id,
        }
    ]


def test_a_refusal_comes_at_once_or_as_the_result(line: Line) -> None:
    at_once = submission("birth_received", dossier={"dossier_code": "H05.12.34-261120-0091"})
    later = submission("death_returned_at_once", dossier={"dossier_code": "H05.12.34-261120-0092"})
    expected = Answer(outcome=Outcome.REFUSED, code="4", words="Chủ hộ không có chỗ ở hợp pháp")
    assert send(line, at_once) == ask(line, at_once) == expected
    assert send(line, later).outcome is Outcome.ACCEPTED
    time.sleep(LATENESS_S * 1.2)
    assert ask(line, later) == Answer(outcome=Outcome.REFUSED, code="4", words="Đã xóa thường trú")
    assert registered(line) == []


def test_what_was_never_sent_is_unknown(line: Line) -> None:
    assert ask(line, submission("birth_received")) == Answer(outcome=Outcome.UNKNOWN)


@pytest.mark.parametrize("fault", ["lose_answer", "cut_off"])
def test_a_case_whose_answer_was_lost_is_found_by_asking(line: Line, fault: str) -> None:
    one = submission("birth_received")
    switch(line, fault)
    with pytest.raises(Unreachable) as raised:
        send(line, one)
    assert raised.value.may_have_arrived
    switch(line, None)
    assert ask(line, one).outcome is Outcome.ACCEPTED
    time.sleep(LATENESS_S * 1.2)
    assert ask(line, one).outcome is Outcome.REGISTERED
    assert len(registered(line)) == 1


def test_a_repeat_makes_a_second_case_and_asking_shows_it(line: Line) -> None:
    one = submission("birth_received")
    assert send(line, one).outcome is send(line, one).outcome is Outcome.ACCEPTED
    time.sleep(LATENESS_S * 1.2)
    assert [row["request_code"] for row in registered(line)] == [one.request_code] * 2
    assert len({row["case_code"] for row in registered(line)}) == 2
    assert ask(line, one).code == "3 of 2 cases"


def test_the_greeting_is_answered_and_changes_nothing(line: Line) -> None:
    assert line.send(REGISTRY.probe(line.endpoint)).status == 200
    time.sleep(LATENESS_S)
    assert registered(line) == []


def test_a_maintenance_page_is_not_taken_for_an_answer(line: Line) -> None:
    switch(line, "garbage")
    with pytest.raises(Unrecognised):
        send(line, submission("birth_received"))


# Who we are


@pytest.mark.parametrize("wrong", [{"password": "sai"}, {"login": "sai"}, {"extra": {**EXTRA, "api_key": "sai"}}])
def test_a_wrong_signature_is_for_the_operator(line: Line, wrong: dict[str, Any]) -> None:
    stranger = replace(line.endpoint, **wrong)
    with Line(stranger, REGISTRY.auth) as other, pytest.raises(Unauthorised) as raised:
        send(other, submission("birth_received"))
    assert b"<faultstring>" in raised.value.reply
    assert ask(line, submission("birth_received")).outcome is Outcome.UNKNOWN


def test_a_signature_older_than_five_minutes_is_refused(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    request = REGISTRY.ask([submission("birth_received")], line.endpoint)
    signed = REGISTRY.auth.sign(request, line.endpoint, None)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 299)
    url = line.endpoint.base_url + request.path
    assert requests.post(url, request.body, headers=dict(signed.headers), timeout=5).status_code == 200
    monkeypatch.setattr(time, "time", lambda: now + 301)
    assert requests.post(url, request.body, headers=dict(signed.headers), timeout=5).status_code == 401


@pytest.mark.parametrize("name", ["officer_id", "agency_code"])
def test_a_connection_without_an_acting_officer_or_unit_is_for_the_operator(name: str) -> None:
    with pytest.raises(Unauthorised, match=name):
        REGISTRY.write([submission("birth_received")], replace(ELSEWHERE, extra={**EXTRA, name: ""}))


def test_an_officer_without_twelve_digits_is_for_the_operator() -> None:
    with pytest.raises(Unauthorised, match="officer_id"):
        REGISTRY.write([submission("birth_received")], replace(ELSEWHERE, extra={**EXTRA, "officer_id": "12345"}))


# What the dossier lacks is refused before it is sent, by place and rule

HEAD = {"full_name": "Rơ Châm H'Bia", "personal_id": "024165000103", "relation": "Cháu ngoại"}
PLACE = {"province_code": "24", "commune_code": "07246"}
CHILD = {"full_name": "Rơ Châm Mai Anh", "sex": "female", "born_on": {"as_written": "2026", "year": 2026}}
BIRTH = "/ct:TiepNhanHoSo/ct:DangKyThuongTruTre"


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ({"head_of_household": None}, f"{BIRTH}/ct:ChuHo: SCHEMAV_ELEMENT_CONTENT"),
        ({"head_of_household": {**HEAD, "relation": None}}, f"{BIRTH}/ct:ChuHo/ct:QuanHe: "),
        ({"head_of_household": {**HEAD, "personal_id": "0241650001034"}}, f"{BIRTH}/ct:ChuHo/ct:SoDinhDanh: "),
        ({"residence": None}, f"{BIRTH}/ct:ThuongTru: SCHEMAV_ELEMENT_CONTENT"),
        ({"residence": {**PLACE, "commune_code": None}}, f"{BIRTH}/ct:ThuongTru/ct:MaPhuongXa: "),
        ({"residence": {**PLACE, "commune_code": "07201"}}, f"{BIRTH}/ct:ThuongTru/ct:MaPhuongXa: no such commune"),
        ({"residence": {**PLACE, "province_code": "40"}}, f"{BIRTH}/ct:ThuongTru/ct:MaPhuongXa: no such commune"),
        ({"residence": {**PLACE, "country_code": "LA"}}, f"{BIRTH}/ct:ThuongTru/ct:QuocGia: "),
        ({"child": {**CHILD, "sex": None}}, f"{BIRTH}/ct:CongDan/ct:GioiTinh: "),
        ({"child": {**CHILD, "born_on": {"as_written": "31.02.2026"}}}, f"{BIRTH}/ct:CongDan/ct:NgayThangNamSinh: "),
        ({"child": {**CHILD, "full_name": "Rơ Châm\x0b Anh"}}, f"{BIRTH}/ct:CongDan/ct:HoVaTen: a character"),
        ({"mother": {"full_name": "M", "personal_id": "000000001"}}, f"{BIRTH}/ct:Me/ct:SoDinhDanh: "),
    ],
)
def test_a_dossier_that_does_not_fit_is_refused_by_place_and_rule(content: dict[str, Any], where: str) -> None:
    with pytest.raises(Refused) as raised:
        REGISTRY.write([submission("birth_received", content=content)], ELSEWHERE)
    assert str(raised.value).startswith(f"residence: {where}")
    assert "Rơ" not in str(raised.value)
    assert "0241" not in str(raised.value)
    assert "07201" not in str(raised.value)


@pytest.mark.parametrize("missing", ["personal_id", "entry_number", "book_code", "registered_on"])
def test_a_birth_without_what_civil_status_gives_is_refused(missing: str) -> None:
    one = submission("birth_received")
    one = one.model_copy(
        update={"given": Given.by(one.given.of(CivilStatusReceipt).model_copy(update={missing: None}))}
    )
    with pytest.raises(Refused):
        REGISTRY.write([one], ELSEWHERE)


def test_a_case_of_another_registry_is_refused() -> None:
    marriage = {"kind": "marriage", "husband": {"full_name": "LÊ VĂN BÌNH"}, "wife": {"full_name": "VŨ THỊ LAN"}}
    one = submission("birth_received", dossier={"case": marriage})
    with pytest.raises(Refused, match="kind marriage"):
        REGISTRY.write([one], ELSEWHERE)


def test_decomposed_text_is_sent_composed() -> None:
    decomposed = "Nguye\u0302\u0303n Thi\u0323 Mai"
    one = submission("birth_received", content={"child": {**CHILD, "full_name": decomposed}})
    assert "NGUYỄN THỊ MAI" in REGISTRY.write([one], ELSEWHERE).body.decode()


# Replies that mean harm, or come oddly dressed


@pytest.mark.parametrize("body", [BOMB, EXTERNAL, b"", b"<KetQua", b"<KetQua/>", b"\xff\xfe\x00"])
def test_a_reply_that_is_no_answer_is_unrecognised_and_kept(body: bytes) -> None:
    with pytest.raises(Unrecognised) as raised:
        REGISTRY.read(Reply(200, body), [submission("birth_received")])
    assert raised.value.reply == body


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1258"])
def test_a_reply_in_another_encoding_is_read_as_declared(encoding: str) -> None:
    """cp1258 writes Vietnamese in pieces: `Đ` and `ộ` as o-circumflex and a dot below."""
    declared = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1258": "windows-1258"}[encoding]
    one = submission("death_returned_at_once")
    reply = (
        f'<?xml version="1.0" encoding="{declared}"?><KetQua xmlns="http://cutru.dancuquocgia.bca">'
        f"<MaYeuCau>{one.request_code}</MaYeuCau><SoLuong>1</SoLuong>"
        "<HoSo><SoHoSo>CT-1</SoHoSo><TrangThai>4</TrangThai><LyDo>Hô\u0323 đa\u0303 xóa</LyDo></HoSo></KetQua>"
    )
    reply = reply.replace("ó", "o\u0301") if encoding == "cp1258" else reply
    (answer,) = REGISTRY.read_asked(Reply(200, reply.encode(encoding)), [one])
    assert answer.words == "Hộ đã xóa"


def test_bytes_that_are_not_in_the_declared_encoding_are_unrecognised() -> None:
    body = b'<?xml version="1.0" encoding="UTF-8"?><KetQua>H\xe9 gia \xae\xd7nh</KetQua>'
    with pytest.raises(Unrecognised):
        REGISTRY.read(Reply(200, body), [submission("birth_received")])


@pytest.mark.parametrize("day", ["", "2026112", "20261131", "21/11/2026"])
def test_a_result_without_a_readable_day_is_unrecognised(day: str) -> None:
    body = recorded_case("residence", "residence_done").reply.body.replace(b"20250616", day.encode())
    with pytest.raises(Unrecognised):
        REGISTRY.read_asked(Reply(200, body), [submission("residence_done")])


# The twin's own answers to what is wrong


@pytest.mark.parametrize("body", [b"", b"<a", BOMB, EXTERNAL, b"\x00\x01", b"<a/>"])
def test_the_twin_answers_a_malformed_body_with_its_own_error(line: Line, body: bytes) -> None:
    reply = post(line, body)
    assert reply.status == 400
    root = xml.parse(reply.body)
    assert root.tag == f"{twin.NS}Loi"
    assert root.findtext(f"{twin.NS}MaLoi") == ("CT-02" if body == b"<a/>" else "CT-01")
    with pytest.raises(LienthongError):
        REGISTRY.read(reply, [submission("birth_received")])


def test_the_twin_refuses_a_number_of_thirteen_digits_in_its_own_words(line: Line) -> None:
    one = submission("birth_received")
    body = REGISTRY.write([one], line.endpoint).body.replace(b"024326000101", b"0243260001012")
    (answer,) = REGISTRY.read(post(line, body), [one])
    assert answer.outcome is Outcome.REFUSED
    assert "độ dài vượt quá" in answer.words
    assert ask(line, one).outcome is Outcome.UNKNOWN


def test_the_twin_takes_no_look_up_for_a_new_case(line: Line) -> None:
    asking = REGISTRY.ask([submission("birth_received")], line.endpoint)
    assert post(line, asking.body).status == 400
    assert post(line, asking.body, "/cutru/1.0/XoaHoSo").status == 404
    assert line.send(Request("GET", twin.SEND_PATH)).status == 405
