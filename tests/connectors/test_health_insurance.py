"""Health insurance: what is written, what is understood, and how connector and twin get on over real HTTP."""

import time
from collections.abc import Iterator
from datetime import date

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connectors import errors
from connectors.endpoint import Endpoint
from connectors.http import Line
from connectors.registries.health_insurance import REGISTRY
from connectors.sandbox.server import Server
from connectors.sandbox.twins.health_insurance import HealthInsuranceTwin
from schemas.dates import PartialDate
from schemas.delivery import Answer, Outcome, Submission
from schemas.entry import Entry
from schemas.health_insurance import number_as_written, under_six_expiry
from schemas.operation import Operation
from schemas.registries import HealthInsuranceReceipt
from tests.support.insurance_cases import Dataset, Planted, born, died, dossier, submission, written

LATE = "00000000-0000-5000-8000-0000000000aa"


@pytest.fixture
def dataset() -> Dataset:
    return Dataset()


@pytest.fixture
def twin(dataset: Dataset) -> HealthInsuranceTwin:
    return HealthInsuranceTwin(dataset)


@pytest.fixture
def server(twin: HealthInsuranceTwin) -> Iterator[Server]:
    server = Server([twin], seed=1)
    yield server
    server.stop()


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    endpoint = Endpoint(server.url("health_insurance"), "key", "secret", {"timeout_s": "5"})
    with Line(endpoint, REGISTRY.auth, per_second=1000) as line:
        yield line


def sent(line: Line, *submissions: Submission) -> list[Answer]:
    return REGISTRY.read(line.send(REGISTRY.write(submissions, line.endpoint)), submissions)


def asked(line: Line, *submissions: Submission) -> list[Answer]:
    return REGISTRY.read_asked(line.send(REGISTRY.ask(submissions, line.endpoint)), submissions)


def inquired(line: Line, one: Submission) -> HealthInsuranceReceipt:
    assert REGISTRY.inquire
    assert REGISTRY.read_inquiry
    return REGISTRY.read_inquiry(line.send(REGISTRY.inquire(one, line.endpoint)), one)


def switch(server: Server, fault: str | None) -> None:
    url = f"{server.url('health_insurance')}/twin/health_insurance/faults"
    assert requests.put(url, json={"fault": fault}, timeout=5).status_code == 200


# --- the rule of the card's last day (NĐ 146/2018, Điều 13 khoản 2) ---


@pytest.mark.parametrize(
    ("born_on", "until"),
    [
        (date(2026, 1, 1), date(2032, 9, 30)),
        (date(2026, 9, 30), date(2032, 9, 30)),
        (date(2026, 10, 1), date(2032, 10, 31)),
        (date(2026, 11, 21), date(2032, 11, 30)),
        (date(2026, 12, 31), date(2032, 12, 31)),
        (date(2024, 2, 29), date(2030, 9, 30)),  # 2030 has no 29 February
        (date(2028, 2, 29), date(2034, 9, 30)),
    ],
)
def test_a_child_keeps_the_card_until_school_or_the_end_of_its_72nd_month(born_on: date, until: date) -> None:
    assert under_six_expiry(born_on) == until


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_every_card_ends_at_a_month_s_end_between_september_and_december_of_the_sixth_year(born_on: date) -> None:
    until = under_six_expiry(born_on)
    assert until.year == born_on.year + 6
    assert until.month >= 9
    assert until.month >= born_on.month
    assert (until.day == 30) == (until.month in (9, 11))


@pytest.mark.parametrize(
    ("born_on", "day", "kind", "until"),
    [
        (PartialDate.of(2024, 2, 29), "20240229", "0", "20300930"),
        (PartialDate.of(2026, 11), "202611", "2", "20321130"),
        (PartialDate.of(2026), "2026", "1", ""),
        (PartialDate(as_written="mùa xuân"), "", "", ""),
        (None, "", "", ""),
    ],
)
def test_a_birth_is_sent_as_far_as_it_is_known(born_on: PartialDate, day: str, kind: str, until: str) -> None:
    item = written(submission(1, born("LÒ THỊ PÁO", born_on)))
    assert (item["ngaySinh"], item["loaiNgaySinh"], item["denNgay"]) == (day, kind, until)


def test_a_corrected_card_keeps_its_number_and_its_last_day_follows_the_day_of_birth() -> None:
    corrected = submission(1, born("LÒ THỊ PÁO", PartialDate.of(2026, 11, 21))).model_copy(
        update={
            "operation": Operation.CORRECT,
            "reason": "Sai ngày sinh",
            "entry": Entry(registry_code="health_insurance", number="2426001234"),
        }
    )
    item = written(corrected)
    assert (item["loaiYeuCau"], item["maSoBhxh"]) == ("DIEU_CHINH_THE", "2426001234")
    assert (item["ngaySinh"], item["denNgay"], item["lyDo"]) == ("20261121", "20321130", "Sai ngày sinh")


def test_an_annulled_card_is_named_by_its_number_alone() -> None:
    annulled = submission(1).model_copy(
        update={
            "operation": Operation.ANNUL,
            "reason": "Đăng ký hai lần",
            "entry": Entry(registry_code="health_insurance", number="2426001234"),
        }
    )
    assert written(annulled) == {
        "maYeuCau": f"{1:032x}",
        "maHoSo": "H05.12.34-261120-0001",
        "loaiYeuCau": "HUY_THE",
        "maSoBhxh": "2426001234",
        "lyDo": "Đăng ký hai lần",
    }


NUMBERS = [("2412345678 ", "2412345678"), ("0000000000", None), ("", None), (None, None)]


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_ten_zeros_are_no_number(text: str | None, number: str | None) -> None:
    assert number_as_written(text) == number


# --- over real HTTP ---


def test_a_birth_gets_a_number_and_a_card(line: Line, twin: HealthInsuranceTwin) -> None:
    (answer,) = sent(line, submission(1))

    assert answer.outcome is Outcome.REGISTERED
    assert answer.receipt
    number = answer.receipt.insurance_number
    assert number
    assert number.startswith("24")
    assert len(number) == 10
    assert answer.receipt.card_code == f"TE124{number}"
    assert answer.receipt.card_until == date(2032, 9, 30)
    assert twin.registered() == [
        {
            "request_code": f"{1:032x}",
            "dossier_code": "H05.12.34-261120-0001",
            "kind": "birth",
            "insurance_number": number,
            "card_code": f"TE124{number}",
        }
    ]


def test_a_leap_day_child_s_card_is_accepted(line: Line) -> None:
    (answer,) = sent(line, submission(1, born("LÊ THỊ NHUẬN", PartialDate.of(2024, 2, 29))))
    assert answer.receipt
    assert answer.receipt.card_until == date(2030, 9, 30)


def test_a_child_of_an_unknown_month_gets_a_card_without_a_last_day(line: Line) -> None:
    (answer,) = sent(line, submission(1, born("LÒ THỊ PÁO", PartialDate.of(2026))))
    assert answer.receipt
    assert answer.receipt.card_code
    assert answer.receipt.card_until is None


def test_in_a_batch_of_fifty_each_item_has_its_own_fate(
    line: Line, dataset: Dataset, twin: HealthInsuranceTwin
) -> None:
    submissions = [submission(at) for at in range(1, 51)]
    submissions[6] = submission(7, born("NGUYỄN THỊ BẢY", PartialDate.of(2026, 8, 22), clinic_code="tỉnh"))
    dataset.refusals["H05.12.34-261120-0003"] = "Insured person already exists in another province"
    dataset.late[submissions[9].request_code] = 1.2
    dataset.busy.add(submissions[19].request_code)

    answers = sent(line, *submissions)

    assert answers[2].outcome is Outcome.REFUSED
    assert answers[2].code == "TC01"
    assert answers[2].words == "Insured person already exists in another province"
    assert answers[6].outcome is Outcome.REFUSED
    assert answers[6].code == "E05"
    assert answers[9].outcome is Outcome.ACCEPTED
    assert answers[9].receipt is None
    assert answers[19].outcome is Outcome.LATER
    others = [answer.outcome for at, answer in enumerate(answers) if at not in (2, 6, 9, 19)]
    assert others == [Outcome.REGISTERED] * 46
    assert len({row["insurance_number"] for row in twin.registered()}) == 46
    assert [answer.outcome for answer in sent(line, submissions[19])] == [Outcome.REGISTERED]


def test_a_result_that_comes_late_is_found_by_asking(line: Line, dataset: Dataset, twin: HealthInsuranceTwin) -> None:
    one = submission(1)
    dataset.late[one.request_code] = 1.2
    assert sent(line, one)[0].outcome is Outcome.ACCEPTED
    assert asked(line, one)[0].outcome is Outcome.ACCEPTED
    assert twin.registered() == []

    time.sleep(1.3)

    answer = asked(line, one)[0]
    assert answer.outcome is Outcome.REGISTERED
    assert answer.receipt
    assert answer.receipt.card_code
    assert len(twin.registered()) == 1


def test_a_batch_over_fifty_is_refused_whole(line: Line, twin: HealthInsuranceTwin) -> None:
    with pytest.raises(errors.Unrecognised):
        sent(line, *(submission(at) for at in range(1, 52)))
    assert twin.registered() == []


def test_an_answer_that_was_lost_is_found_by_asking(line: Line, server: Server, twin: HealthInsuranceTwin) -> None:
    one, other = submission(1), submission(2)
    line.send(REGISTRY.probe(line.endpoint))
    switch(server, "lose_answer")
    with pytest.raises(errors.Unreachable) as raised:
        sent(line, one)
    assert raised.value.may_have_arrived
    switch(server, None)

    first, second = asked(line, one, other)

    assert first.outcome is Outcome.REGISTERED
    assert first.receipt
    assert first.receipt.card_code
    assert second.outcome is Outcome.UNKNOWN
    assert len(twin.registered()) == 1


def test_a_repeat_is_answered_with_the_earlier_result(line: Line, twin: HealthInsuranceTwin) -> None:
    assert sent(line, submission(1)) == sent(line, submission(1))
    assert len(twin.registered()) == 1
    assert twin.repeats[f"{1:032x}"] == 1


def test_a_repeat_with_other_content_makes_a_second_card(line: Line, twin: HealthInsuranceTwin) -> None:
    sent(line, submission(1))
    sent(line, submission(1, born("NGUYỄN THỊ KHÁC", PartialDate.of(2026, 8, 22))))
    assert len({row["card_code"] for row in twin.registered()}) == 2


def test_a_number_the_child_already_has_is_used(line: Line, dataset: Dataset, twin: HealthInsuranceTwin) -> None:
    one = submission(1)
    dataset.insured.add("NGUYỄN THỊ SỐ 1")
    found = inquired(line, one).insurance_number
    assert found
    assert found.startswith("24")
    assert sent(line, one)[0].outcome is Outcome.REFUSED  # who does not look first is told so

    again = born("NGUYỄN THỊ SỐ 1", PartialDate.of(2026, 8, 22))
    (answer,) = sent(line, submission(2, again, insurance_number=found))

    assert answer.receipt
    assert answer.receipt.insurance_number == found
    assert [row["insurance_number"] for row in twin.registered()] == [found]


def test_a_child_without_a_number_is_not_given_one_by_looking(line: Line) -> None:
    assert inquired(line, submission(1)) == HealthInsuranceReceipt()


def test_the_deceased_s_own_number_is_confirmed_before_it_is_used(line: Line, dataset: Dataset, server: Server) -> None:
    one = submission(1, died("PHẠM VĂN THÀNH", "2412345678"))
    someone_else_s = submission(2, died("PHẠM VĂN ĐẠT", "2412345678"))
    twin = HealthInsuranceTwin(Dataset([Planted(one.dossier)]))
    server.listeners["health_insurance"].twin = twin

    assert inquired(line, one).insurance_number == "2412345678"
    with pytest.raises(errors.Refused):
        inquired(line, someone_else_s)
    (answer,) = sent(line, one)

    assert answer.outcome is Outcome.REGISTERED
    assert answer.receipt == HealthInsuranceReceipt(insurance_number="2412345678")
    assert [row["kind"] for row in twin.registered()] == ["death"]


def test_several_persons_of_the_same_name_and_birth_are_a_steward_s_matter(line: Line, server: Server) -> None:
    namesakes = [dossier(at, died("PHẠM VĂN THÀNH", f"241234567{at}")) for at in (1, 2)]
    server.listeners["health_insurance"].twin = HealthInsuranceTwin(Dataset([Planted(one) for one in namesakes]))
    with pytest.raises(errors.Refused):
        inquired(line, submission(3, died("PHẠM VĂN THÀNH", None)))


def test_a_deceased_without_a_number_is_still_reported(line: Line, twin: HealthInsuranceTwin) -> None:
    one = submission(1, died("PHẠM VĂN THÀNH", "0000000000"))
    assert inquired(line, one) == HealthInsuranceReceipt()
    assert sent(line, one)[0].outcome is Outcome.REGISTERED
    assert twin.registered()[0]["insurance_number"] == ""


def test_a_reply_of_another_shape_stops_the_connector_and_keeps_the_reply(line: Line, server: Server) -> None:
    line.send(REGISTRY.probe(line.endpoint))
    switch(server, "garbage")
    with pytest.raises(errors.Unrecognised) as raised:
        sent(line, submission(1))
    assert raised.value.reply.startswith(b"<html>")


def test_a_token_that_ended_is_renewed(line: Line, twin: HealthInsuranceTwin) -> None:
    sent(line, submission(1))
    twin.forget_tokens()
    assert sent(line, submission(2))[0].outcome is Outcome.REGISTERED


def test_no_secret_is_the_operator_s_matter(server: Server) -> None:
    nobody = Endpoint(server.url("health_insurance"), "key")
    with Line(nobody, REGISTRY.auth) as line, pytest.raises(errors.Unauthorised):
        sent(line, submission(1))


def test_the_greeting_is_answered(line: Line) -> None:
    reply = line.send(REGISTRY.probe(line.endpoint))
    assert reply.status == 200
    assert reply.json_object()["errorCode"] == "00"
