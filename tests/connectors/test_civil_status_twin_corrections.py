"""Corrections and annulments at the civil-status twin, over HTTP with messages written by hand."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.sandbox.twins.civil_status import CivilStatusTwin
from schemas.dates import VIETNAM
from tests.support.twin_caller import DOSSIER, TwinCaller, called, request_code

BORN = {
    "nks": {
        "HoTen": {"Ho": "NGUYỄN", "ChuDem": "THỊ MAI", "Ten": "ANH"},
        "GioiTinh": "2",
        "NgaySinh": {"ngaySinh": "14", "thangSinh": "11", "namSinh": "2026"},
        "NoiSinh": {"maTinh": "24", "maXa": "07210"},
    }
}
DIED = {"nkt": {"HoTen": {"Ho": "BÙI", "ChuDem": "VĂN", "Ten": "SƠN"}}}


def named(given_name: str) -> dict[str, Any]:
    """The birth with another given name."""
    content = deepcopy(BORN)
    content["nks"]["HoTen"]["Ten"] = given_name
    return content


class CivilStatus:
    """The wire of civil status, written by hand."""

    def __init__(self, caller: TwinCaller) -> None:
        self.caller, self.twin, self.dataset = caller, caller.twin, caller.dataset

    def send(
        self, module: str, number: int, data: Any, dossier_code: str = DOSSIER, unit: str = "7210"
    ) -> tuple[str, str]:
        """Error code and description; two empty texts when the request was taken."""
        envelope = {
            "maDonVi": unit,
            "module": module,
            "maHoSoLT": request_code(number),
            "maHoSoMCDT": dossier_code,
            "ngayTiepNhan": "21/11/2026 08:00:00",
            "data": json.dumps(data),
            "fileDinhKem": [],
        }
        reply = self.caller.post("/apiLienThongKSKT/nhanHoSoDKHT", envelope)
        assert (reply["status"] == "1") == (reply["errorCode"] == "")
        return reply["errorCode"], reply["errorDescription"]

    def register(self, number: int = 1, content: Any = BORN, module: str = "LTKS", **more: str) -> tuple[str, str]:
        return self.send(module, number, content, **more)

    def correct(self, number: int, content: Any, **citation: str) -> tuple[str, str]:
        return self.send("CCHT", number, change(content_sent=content, **citation))

    def annul(self, number: int, **citation: str) -> tuple[str, str]:
        return self.send("HBHT", number, change(**citation))

    def poll(self, module: str, number: int) -> dict[str, Any]:
        content = {"maDinhDanhHoSo": [request_code(number)], "maTinh": "24", "module": module}
        (item,) = self.caller.post("/apiLienThongKSKT/traKetQua", content)["value"]
        if item["trangThai"] == "4":
            item["ketQuaXuLy"] = json.loads(item["ketQuaXuLy"])
        return dict(item)

    def settle(self, module: str, number: int) -> dict[str, Any]:
        until = time.monotonic() + 5
        while (item := self.poll(module, number))["trangThai"] == "3" and time.monotonic() < until:
            time.sleep(0.01)
        return item


TODAY = datetime.now(VIETNAM)
CITED = {
    "soDangKy": "1",
    "quyenSo": f"01/{TODAY.year}",
    "ngayDangKy": TODAY.strftime("%d/%m/%Y"),
    "maXa": "07210",
}
"""The first entry of the commune: its number, its book, the day it was entered, the commune."""
TAKEN = ("", "")


def change(kind: str = "LTKS", reason: str = "Sai sót khi đăng ký", content_sent: Any = None, **citation: str) -> Any:
    content = {"loaiHoTich": kind, "trichDan": CITED | citation, "lyDo": reason}
    return content | ({"noiDung": content_sent} if content_sent else {})


@pytest.fixture
def civil_status() -> Iterator[CivilStatus]:
    with called(CivilStatusTwin) as caller:
        yield CivilStatus(caller)


def test_a_correction_gives_an_entry_other_words_and_keeps_its_number_and_day(civil_status: CivilStatus) -> None:
    assert civil_status.register() == TAKEN
    registered = civil_status.poll("LTKS", 1)["ketQuaXuLy"]
    rows = civil_status.twin.registered()

    assert civil_status.correct(2, named("ÁNH")) == TAKEN

    result = civil_status.poll("CCHT", 2)["ketQuaXuLy"]
    assert result == {
        "ngayDangKy": CITED["ngayDangKy"],
        "soDangKy": "1",
        "quyenSo": CITED["quyenSo"],
        "trangSo": "1",
        "ngayThayDoi": CITED["ngayDangKy"],
        "soDinhDanh": registered["soDinhDanh"],
    }
    assert civil_status.caller.entry() == {
        "dossier_code": DOSSIER,
        "entry_number": "1",
        "words": named("ÁNH"),
        "is_annulled": False,
        "operations": ["register", "correct"],
        "submissions": 2,
        "unknown_citations": 0,
    }
    assert civil_status.twin.registered() == rows, "a correction is no registration"
    assert civil_status.poll("LTKS", 1)["ketQuaXuLy"] == registered


@pytest.mark.parametrize(
    "wrong",
    [
        {"soDangKy": "2"},
        {"quyenSo": "02/2026"},
        {"ngayDangKy": (TODAY - timedelta(days=1)).strftime("%d/%m/%Y")},
        {"ngayDangKy": TODAY.strftime("%Y-%m-%d")},
        {"maXa": "7210"},
        {"maXa": "07213"},
        {"kind": "LTKH"},
    ],
)
def test_a_correction_and_an_annulment_must_cite_an_entry_that_is_held(
    civil_status: CivilStatus, wrong: dict[str, str]
) -> None:
    content = BORN if wrong.get("kind") is None else {"chong": DIED["nkt"], "vo": DIED["nkt"]}
    civil_status.register()
    not_found = ("201", "RECORD_NOT_FOUND: không tìm thấy mục đăng ký")
    assert civil_status.correct(2, content, **wrong) == not_found
    assert civil_status.annul(3, **wrong) == not_found
    entry = civil_status.caller.entry()
    assert (entry["words"], entry["operations"]) == (BORN, ["register"])
    assert (entry["unknown_citations"], civil_status.twin.unknown_citations) == (2, 2)
    assert civil_status.poll("CCHT", 2)["errorCode"] == "201", "what was not taken is not known"
    assert civil_status.correct(2, named("ÁNH")) == TAKEN


def test_a_correction_before_its_registration_took_effect_is_counted(civil_status: CivilStatus) -> None:
    civil_status.dataset.late[request_code(1)] = 0.3
    civil_status.register()
    assert civil_status.correct(2, named("ÁNH"))[0] == "201"
    assert civil_status.caller.entries() == []
    assert civil_status.twin.unknown_citations == 1
    assert civil_status.settle("LTKS", 1)["trangThai"] == "4"
    entry = civil_status.caller.entry()
    assert (entry["words"], entry["unknown_citations"], entry["submissions"]) == (BORN, 1, 1)


def test_an_entry_of_a_registration_that_was_refused_cannot_be_cited(civil_status: CivilStatus) -> None:
    civil_status.dataset.refused[DOSSIER] = "Nơi sinh không hợp lệ"
    civil_status.register()
    assert civil_status.poll("LTKS", 1)["trangThai"] == "6"
    assert civil_status.correct(2, named("ÁNH"))[0] == "201"
    assert civil_status.caller.entries() == []


def test_a_correction_is_worked_on_like_a_registration(civil_status: CivilStatus) -> None:
    civil_status.register()
    civil_status.dataset.late[request_code(2)] = 0.3
    assert civil_status.correct(2, named("ÁNH")) == TAKEN
    assert civil_status.poll("CCHT", 2)["trangThai"] == "3"
    assert civil_status.caller.entry()["words"] == BORN
    assert civil_status.settle("CCHT", 2)["trangThai"] == "4"
    assert civil_status.caller.entry()["words"] == named("ÁNH")


def test_a_repeat_of_a_correction_has_one_effect_whatever_it_says(civil_status: CivilStatus) -> None:
    civil_status.register()
    civil_status.dataset.late[request_code(2)] = 0.2
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: civil_status.correct(2, named("ÁNH")), range(8)))
    repeat = ("500", f"Hồ sơ {request_code(2)} đã được tiếp nhận")
    assert sorted(answers) == [TAKEN] + [repeat] * 7
    assert civil_status.settle("CCHT", 2)["trangThai"] == "4"
    assert civil_status.correct(2, named("MƠ")) == repeat
    entry = civil_status.caller.entry()
    assert (entry["words"], entry["operations"]) == (named("ÁNH"), ["register", "correct"])
    assert entry["submissions"] == 10


def test_a_correction_under_the_code_of_the_registration_is_taken_for_a_repeat_of_it(civil_status: CivilStatus) -> None:
    civil_status.register()
    assert "đã được tiếp nhận" in civil_status.correct(1, named("ÁNH"))[1]
    assert civil_status.caller.entry()["words"] == BORN


def test_a_correction_may_be_refused_and_comes_again_under_its_code(civil_status: CivilStatus) -> None:
    civil_status.register()
    civil_status.dataset.refused[DOSSIER] = "Thiếu căn cứ cải chính"
    assert civil_status.correct(2, named("ÁNH")) == TAKEN
    refused = civil_status.poll("CCHT", 2)
    assert (refused["trangThai"], refused["noiDungXuLy"]) == ("6", "Thiếu căn cứ cải chính")
    assert civil_status.caller.entry()["operations"] == ["register"]

    civil_status.dataset.refused.clear()
    assert civil_status.correct(2, named("MƠ")) == TAKEN
    assert civil_status.poll("CCHT", 2)["trangThai"] == "4"
    assert civil_status.caller.entry()["words"] == named("MƠ")


def test_an_annulled_entry_takes_no_change_and_stays_registered(civil_status: CivilStatus) -> None:
    civil_status.register()
    assert civil_status.annul(2) == TAKEN
    result = civil_status.poll("HBHT", 2)["ketQuaXuLy"]
    assert (result["soDangKy"], result["ngayThayDoi"]) == ("1", CITED["ngayDangKy"])
    assert civil_status.correct(3, named("ÁNH")) == ("500", "Mục đăng ký đã bị hủy bỏ")
    assert civil_status.annul(4) == ("500", "Mục đăng ký đã bị hủy bỏ")
    entry = civil_status.caller.entry()
    assert (entry["words"], entry["is_annulled"], entry["operations"]) == (BORN, True, ["register", "annul"])
    assert (entry["submissions"], entry["unknown_citations"]) == (4, 0)
    assert [row["dossier_code"] for row in civil_status.twin.registered()] == [DOSSIER]


def test_two_corrections_at_once_take_effect_in_the_order_of_their_work(civil_status: CivilStatus) -> None:
    civil_status.register()
    civil_status.dataset.late |= {request_code(2): 0.3, request_code(3): 0.05}
    assert civil_status.correct(2, named("CŨ")) == TAKEN
    assert civil_status.correct(3, named("MỚI")) == TAKEN
    assert civil_status.settle("CCHT", 3)["trangThai"] == "4"
    assert civil_status.caller.entry()["words"] == named("MỚI")
    assert civil_status.settle("CCHT", 2)["trangThai"] == "4"
    assert civil_status.caller.entry()["words"] == named("CŨ"), "who does not wait ends with the older words"


def test_a_correction_is_refused_when_the_entry_is_annulled_meanwhile(civil_status: CivilStatus) -> None:
    civil_status.register()
    civil_status.dataset.late[request_code(2)] = 0.2
    assert civil_status.correct(2, named("ÁNH")) == TAKEN
    assert civil_status.annul(3) == TAKEN
    settled = civil_status.settle("CCHT", 2)
    assert (settled["trangThai"], settled["noiDungXuLy"]) == ("6", "Mục đăng ký đã bị hủy bỏ")
    assert civil_status.caller.entry()["operations"] == ["register", "annul"]


def test_entries_of_two_communes_and_kinds_are_told_apart(civil_status: CivilStatus) -> None:
    civil_status.register(1)
    civil_status.register(2, DIED, "LTKT")
    civil_status.register(3, unit="07213")
    died = {"nkt": {"HoTen": {"Ho": "BÙI", "ChuDem": "VĂN", "Ten": "SỚN"}}}
    assert civil_status.correct(4, died, kind="LTKT", soDangKy="2") == TAKEN
    assert civil_status.annul(5, maXa="07213") == TAKEN
    rows = [(row["entry_number"], row["words"], row["operations"]) for row in civil_status.caller.entries()]
    assert rows == [
        ("1", BORN, ["register"]),
        ("2", died, ["register", "correct"]),
        ("1", BORN, ["register", "annul"]),
    ]


@pytest.mark.parametrize(
    ("module", "data", "words"),
    [
        ("CCHT", change(content_sent=BORN, reason=" "), "lyDo không được để trống"),
        ("CCHT", change(content_sent={"nks": {"HoTen": {"Ho": ""}}}), "nksHoTen không được để trống"),
        ("CCHT", change(), "DATA_INCORRECT: dữ liệu không đúng cấu trúc"),
        ("HBHT", change(kind="KHAC"), "DATA_INCORRECT: dữ liệu không đúng cấu trúc"),
        ("HBHT", change(**{"soDangKy": 1}), "DATA_INCORRECT: dữ liệu không đúng cấu trúc"),
        ("HBHT", {"loaiHoTich": "LTKS", "lyDo": "x"}, "DATA_INCORRECT: dữ liệu không đúng cấu trúc"),
        ("HBHT", [], "DATA_INCORRECT: dữ liệu không đúng cấu trúc"),
        ("LSKS", BORN, "DATA_INCORRECT: dữ liệu không đúng cấu trúc"),
    ],
)
def test_a_change_with_a_fault_is_refused_at_once(
    civil_status: CivilStatus, module: str, data: Any, words: str
) -> None:
    civil_status.register()
    assert civil_status.send(module, 2, data) == ("500", words)
    entry = civil_status.caller.entry()
    assert (entry["operations"], entry["unknown_citations"]) == (["register"], 0)


def test_a_result_is_given_under_the_module_that_asked_for_it(civil_status: CivilStatus) -> None:
    civil_status.register()
    civil_status.correct(2, named("ÁNH"))
    assert civil_status.poll("LTKS", 2)["errors"] == civil_status.poll("CCHT", 1)["errors"] == "RECORD_NOT_FOUND"


def test_a_historical_entry_keeps_its_number_and_can_be_corrected(civil_status: CivilStatus) -> None:
    old = {"soDangKy": "17", "quyenSo": "1/1962", "ngayDangKy": "05/03/1962", "maXa": "07210"}
    assert civil_status.send("LSKS", 1, BORN | {"trichDan": old}) == TAKEN
    result = civil_status.poll("LSKS", 1)["ketQuaXuLy"]
    assert (result["soDangKy"], result["quyenSo"], result["ngayDangKy"]) == ("17", "1/1962", "05/03/1962")
    assert "soDinhDanh" not in result
    assert civil_status.correct(2, named("ÁNH"), **old) == TAKEN
    entry = civil_status.caller.entry()
    assert (entry["entry_number"], entry["words"]) == ("17", named("ÁNH"))
    assert entry["operations"] == ["historical", "correct"]
    assert civil_status.twin.registered() == []
