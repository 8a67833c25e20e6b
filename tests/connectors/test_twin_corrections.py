"""Corrections and annulments at the registries' twins, over HTTP with messages written by hand."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.sandbox.server import Server
from connectors.sandbox.twins import residence
from connectors.sandbox.twins.civil_status import CivilStatusTwin
from connectors.sandbox.twins.health_insurance import HealthInsuranceTwin
from connectors.sandbox.twins.residence import ResidenceTwin
from schemas.dates import VIETNAM

DOSSIER = "H05.12.34-261120-0001"
NOBODY = "H05.12.34-261120-0099"


def request_code(number: int) -> str:
    return f"{number:032x}"


@dataclass
class Dataset:
    """Nobody has a number or is refused, and all is done at once, unless a test says otherwise.

    `late` is in seconds, by request code; `refused` holds the words by dossier code.
    """

    planted: list[Any] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    late: dict[str, float] = field(default_factory=dict)

    def refusal(self, registry_code: str, dossier_code: str, request: str) -> str | None:
        return self.refused.get(dossier_code)

    def lateness_s(self, registry_code: str, request_code: str) -> float:
        return self.late.get(request_code, 0.0)

    def number(self, *parts: str, digits: int) -> str:
        if parts[0] in ("insured", "busy", "late number"):
            return "1" * digits
        return str(int(sha256("/".join(parts).encode()).hexdigest(), 16))[-digits:]


@dataclass
class Caller:
    """A program that talks to a twin over HTTP with a token of its own."""

    twin: Any
    dataset: Dataset
    url: str

    def __post_init__(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": "key", "client_secret": "secret"}
        token = requests.post(f"{self.url}/token", data=form, timeout=5).json()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, content: Any) -> dict[str, Any]:
        reply = requests.post(f"{self.url}{path}", json=content, headers=self.headers, timeout=5)
        return dict(reply.json())

    def entries(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = requests.get(f"{self.url}/twin/{self.twin.code}/entries", timeout=5).json()
        return rows

    def entry(self) -> dict[str, Any]:
        (row,) = self.entries()
        return row


@pytest.fixture
def called() -> Iterator[Callable[[Any], Caller]]:
    servers: list[Server] = []

    def call(kind: Any) -> Caller:
        dataset = Dataset()
        twin = kind(dataset)
        servers.append(Server([twin], seed=1))
        return Caller(twin, dataset, servers[-1].url(twin.code))

    yield call
    for server in servers:
        server.stop()


# --- civil status ---


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

    def __init__(self, caller: Caller) -> None:
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
def civil_status(called: Callable[[Any], Caller]) -> CivilStatus:
    return CivilStatus(called(CivilStatusTwin))


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


# --- health insurance ---


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

    def __init__(self, caller: Caller) -> None:
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
def insurance(called: Callable[[Any], Caller]) -> HealthInsurance:
    return HealthInsurance(called(HealthInsuranceTwin))


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


# --- residence: registrations only ---


REGISTRATION = Path(__file__).parents[1] / "recorded" / "residence" / "birth_received" / "request.xml"


def signed(url: str) -> dict[str, str]:
    """Headers of a request to residence: user, and address, user, time and secret hashed together."""
    timestamp = str(int(time.time() * 1000))
    digest = sha256((url + residence.LOGIN + timestamp + residence.SECRET).encode()).hexdigest()
    return {
        "X-Road-Client": residence.X_ROAD_CLIENT,
        "ApiKey": residence.API_KEY,
        "Timestamp": timestamp,
        "Authorization": "Basic " + b64encode(f"{residence.LOGIN}:{digest}".encode()).decode(),
        "Content-Type": "application/xml",
    }


def test_residence_shows_its_entries_and_takes_no_correction() -> None:
    server = Server([ResidenceTwin(Dataset())], seed=1)
    base_url = server.url("residence")
    url, body = f"{base_url}/cutru/1.0/TiepNhanHoSo", REGISTRATION.read_bytes()
    try:
        replies = [requests.post(url, body, headers=signed(url), timeout=5).status_code for _ in range(2)]
        unknown = body.replace(b"DangKyThuongTruTre>", b"DieuChinhThuongTru>")
        refused = requests.post(url, unknown, headers=signed(url), timeout=5)
        rows = requests.get(f"{base_url}/twin/residence/entries", timeout=5).json()
    finally:
        server.stop()
    assert (replies, refused.status_code) == ([200, 200], 400)
    assert len({row["entry_number"] for row in rows}) == 2, "a request that is sent twice opens two cases"
    for row in rows:
        assert row["words"]["CongDan/HoVaTen"] == "RƠ CHÂM MAI ANH"
        assert row["words"]["ThuongTru/MaPhuongXa"] == "07246"
        assert (row["dossier_code"], row["operations"], row["is_annulled"]) == (DOSSIER, ["register"], False)
        assert (row["submissions"], row["unknown_citations"]) == (1, 0)
