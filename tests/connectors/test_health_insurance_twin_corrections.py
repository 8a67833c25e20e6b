"""Corrections and annulments of cards at the insurance twin, over HTTP with messages written by hand."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connectors.sandbox.twins.health_insurance import HealthInsuranceTwin
from tests.support.twin_caller import DOSSIER, NOBODY, TwinCaller, called, request_code

CARD = {
    "loaiYeuCau": "CAP_THE_TE",
    "maHoSo": DOSSIER,
    "hoTen": "NGUYỄN THỊ MAI ANH",
    "ngaySinh": "20261114",
    "loaiNgaySinh": "0",
    "gioiTinh": "2",
    "maDanToc": "01",
    "soDinhDanh": "024326001234",
    "maSoBhxh": "2400000017",
    "maBenhVien": "24001",
    "maNhom": "TE1",
    "soKhaiSinh": "1",
    "maTinhKs": "24",
    "denNgay": "20321130",
}
"""A child born in November: the card lasts to the end of the month in which it is six."""
CONTENT = {name: value for name, value in CARD.items() if name not in ("loaiYeuCau", "maHoSo", "maSoBhxh")}
CORRECTED = CARD | {"loaiYeuCau": "DIEU_CHINH_THE", "lyDo": "Cải chính hộ tịch", "hoTen": "NGUYỄN THỊ MAI ÁNH"}
ANNULLED = {
    "loaiYeuCau": "HUY_THE",
    "maHoSo": DOSSIER,
    "maSoBhxh": "2400000017",
    "lyDo": "Hủy bỏ đăng ký khai sinh",
}


class HealthInsurance:
    """The wire of health insurance, written by hand."""

    def __init__(self, caller: TwinCaller) -> None:
        self.caller, self.twin, self.dataset = caller, caller.twin, caller.dataset

    def send(self, number: int, item: dict[str, str], **fields: str) -> dict[str, Any]:
        batch = {"dsYeuCau": [item | {"maYeuCau": request_code(number)} | fields]}
        (result,) = self.caller.post("/apiBaoHiemXaHoi/1.0/guiYeuCau", batch)["dsKetQua"]
        return dict(result)

    def ask(self, number: int) -> dict[str, Any]:
        content = {"dsMaYeuCau": [request_code(number)]}
        (result,) = self.caller.post("/apiBaoHiemXaHoi/1.0/traCuuYeuCau", content)["dsKetQua"]
        return dict(result)

    def settle(self, number: int) -> dict[str, Any]:
        until = time.monotonic() + 5
        while (result := self.ask(number))["trangThai"] == "1" and time.monotonic() < until:
            time.sleep(0.01)
        return result

    def number_of(self, name: str) -> str:
        criteria = {"hoTen": name, "ngaySinh": "20261114", "loaiNgaySinh": "0", "gioiTinh": "2", "maTinhKs": "24"}
        return str(self.caller.post("/apiBaoHiemXaHoi/1.0/getMaSoBhxhTheoTieuChi", criteria)["maSoBhxh"])


@pytest.fixture
def insurance() -> Iterator[HealthInsurance]:
    with called(HealthInsuranceTwin) as caller:
        yield HealthInsurance(caller)


def answered(result: dict[str, Any]) -> tuple[str, str]:
    return result["trangThai"], result["errorCode"]


APPROVED = ("2", "00")


def test_a_corrected_card_keeps_its_number_and_code_and_lasts_by_the_new_day(insurance: HealthInsurance) -> None:
    first = insurance.send(1, CARD)
    rows = insurance.twin.registered()
    day = {"ngaySinh": "20260914", "denNgay": "20320930"}
    result = insurance.send(2, CORRECTED, maTinhKs="22", **day)
    assert answered(result) == APPROVED
    assert (result["maSoBhxh"], result["maThe"], result["denNgay"]) == ("2400000017", first["maThe"], "20320930")
    assert insurance.caller.entry() == {
        "dossier_code": DOSSIER,
        "entry_number": "2400000017",
        "words": CONTENT | {"hoTen": "NGUYỄN THỊ MAI ÁNH", "maTinhKs": "22"} | day,
        "is_annulled": False,
        "operations": ["register", "correct"],
        "submissions": 2,
        "unknown_citations": 0,
    }
    assert insurance.twin.registered() == rows, "a correction is no registration"
    assert insurance.ask(1)["denNgay"] == "20321130", "an answer is about its own request"


def test_a_corrected_card_is_found_by_its_new_name_only(insurance: HealthInsurance) -> None:
    insurance.send(1, CARD)
    insurance.send(2, CORRECTED)
    assert insurance.number_of("NGUYỄN THỊ MAI ÁNH") == "2400000017"
    assert insurance.number_of("NGUYỄN THỊ MAI ANH") == ""


@pytest.mark.parametrize("item", [CORRECTED, ANNULLED])
def test_a_change_must_cite_a_card_that_is_held(insurance: HealthInsurance, item: dict[str, str]) -> None:
    insurance.send(1, CARD)
    result = insurance.send(2, item, maSoBhxh="2400000018")
    assert (answered(result), result["thongDiep"]) == (("3", "40"), "Không tìm thấy mã số BHXH")
    entry = insurance.caller.entry()
    assert (entry["words"], entry["operations"], entry["unknown_citations"]) == (CONTENT, ["register"], 1)
    assert insurance.ask(2)["trangThai"] == "0", "what was not taken is not known"
    assert answered(insurance.send(2, item)) == APPROVED


def test_a_correction_before_its_card_was_made_is_counted(insurance: HealthInsurance) -> None:
    insurance.dataset.late[request_code(1)] = 1.1
    assert insurance.send(1, CARD)["trangThai"] == "1"
    assert answered(insurance.send(2, CORRECTED)) == ("3", "40")
    assert (insurance.caller.entries(), insurance.twin.unknown_citations) == ([], 1)
    assert insurance.settle(1)["trangThai"] == "2"
    entry = insurance.caller.entry()
    assert (entry["words"], entry["unknown_citations"]) == (CONTENT, 1)


def test_a_change_of_a_dossier_without_a_card_is_counted_too(insurance: HealthInsurance) -> None:
    insurance.send(1, ANNULLED, maHoSo=NOBODY)
    assert (insurance.caller.entries(), insurance.twin.unknown_citations) == ([], 1)


def test_a_repeat_of_a_corrected_card_has_one_effect_whatever_it_says(insurance: HealthInsurance) -> None:
    insurance.send(1, CARD)
    insurance.dataset.late[request_code(2)] = 1.1
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: insurance.send(2, CORRECTED), range(8)))
    assert {result["trangThai"] for result in results} == {"1"}
    assert insurance.send(2, CORRECTED, hoTen="NGUYỄN THỊ MƠ")["trangThai"] == "1"
    assert answered(insurance.settle(2)) == APPROVED
    entry = insurance.caller.entry()
    assert (entry["words"]["hoTen"], entry["operations"]) == ("NGUYỄN THỊ MAI ÁNH", ["register", "correct"])
    assert entry["submissions"] == 10


def test_a_correction_of_a_card_may_be_refused(insurance: HealthInsurance) -> None:
    insurance.send(1, CARD)
    insurance.dataset.refused[DOSSIER] = "Invalid facility code for initial registration"
    result = insurance.send(2, CORRECTED)
    assert (answered(result), result["thongDiep"]) == (("3", "TC01"), "Invalid facility code for initial registration")
    assert insurance.caller.entry()["words"] == CONTENT
    insurance.dataset.refused.clear()
    assert answered(insurance.send(2, CORRECTED)) == ("3", "TC01"), "a repeat gets the answer of its first"
    assert answered(insurance.send(3, CORRECTED)) == APPROVED


def test_an_annulled_card_takes_no_change(insurance: HealthInsurance) -> None:
    insurance.send(1, CARD)
    result = insurance.send(2, ANNULLED)
    assert (answered(result), result["maSoBhxh"]) == (APPROVED, "2400000017")
    assert answered(insurance.send(3, CORRECTED)) == answered(insurance.send(4, ANNULLED)) == ("3", "41")
    entry = insurance.caller.entry()
    assert (entry["words"], entry["is_annulled"], entry["operations"]) == (CONTENT, True, ["register", "annul"])
    assert insurance.number_of("NGUYỄN THỊ MAI ANH") == ""
    assert [row["dossier_code"] for row in insurance.twin.registered()] == [DOSSIER]


def test_a_correction_that_is_worked_on_is_refused_when_the_card_is_annulled(insurance: HealthInsurance) -> None:
    insurance.send(1, CARD)
    insurance.dataset.late[request_code(2)] = 1.1
    assert insurance.send(2, CORRECTED)["trangThai"] == "1"
    assert answered(insurance.send(3, ANNULLED)) == APPROVED
    assert answered(insurance.settle(2)) == ("3", "41")


@pytest.mark.parametrize(
    ("item", "fields", "code"),
    [
        (CORRECTED, {"maSoBhxh": ""}, "E05"),
        (CORRECTED, {"lyDo": ""}, "E05"),
        (CORRECTED, {"soDinhDanh": ""}, "E05"),
        (CORRECTED, {"ngaySinh": "20260230"}, "E06"),
        (CORRECTED, {"denNgay": "20321129"}, "E07"),
        (ANNULLED, {"maSoBhxh": ""}, "E05"),
        (ANNULLED, {"lyDo": ""}, "E05"),
        (ANNULLED, {"maHoSo": ""}, "E05"),
    ],
)
def test_a_change_of_a_card_with_a_fault_gets_its_own_error(
    insurance: HealthInsurance, item: dict[str, str], fields: dict[str, str], code: str
) -> None:
    insurance.send(1, CARD)
    assert answered(insurance.send(2, item, **fields)) == ("3", code)
    entry = insurance.caller.entry()
    assert (entry["operations"], entry["unknown_citations"]) == (["register"], 0)
