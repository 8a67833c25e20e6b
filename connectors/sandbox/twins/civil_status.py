"""The civil-status registry's twin: takes births, deaths and marriages, and corrects and annuls their entries.

It works on a request for some time and then lets it take effect, once per request code. Its faults, as seen in
practice: a personal number that comes some seconds after the registration (one birth in ten, or all while
`withhold_number` is on), refusals that glue field errors together, an English code beside a Vietnamese text.

Assumed, since no document was found: all of corrections, annulments and historical entries. A correction (module CCHT)
or an annulment (HBHT) cites the entry by kind, commune, book, number and day. A citation of nothing that is held is
answered 201 and counted; an annulled entry takes no more changes. Requests take effect in the order in which their work
is done, which need not be the order in which they came: who sends two corrections of one entry at once may end with
the older words. A historical entry (LSKS, LSKT, LSKH) gets the number that its `trichDan` has; one that is sent under
two request codes stands twice. A citation of a paper book needs a number, a book with the year it was opened in
(`NN/YYYY`), a day that has been, and a commune of five digits.
"""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Self

from connectors.sandbox.server import Incoming, Outgoing, SimulatedFault
from connectors.sandbox.twins.contract import RegistryDataset, TwinEntry, WorkQueue
from schemas.dates import VIETNAM
from schemas.operation import Operation

NUMBER_COMES_LATER_S = 3.0
SUBJECTS = {"LTKS": ("nks",), "LTKT": ("nkt",), "LTKH": ("chong", "vo")}
"""Kind of entry (`loaiHoTich`) -> whose data its content must carry."""
HISTORICAL_KINDS = {"LSKS": "LTKS", "LSKT": "LTKT", "LSKH": "LTKH"}
OPERATIONS = {
    **dict.fromkeys(SUBJECTS, Operation.REGISTER),
    **dict.fromkeys(HISTORICAL_KINDS, Operation.HISTORICAL),
    "CCHT": Operation.CORRECT,
    "HBHT": Operation.ANNUL,
}
"""What each module asks for."""
BOOK_CODE = re.compile(r"\d{1,3}[A-Z]?/(?:1[89]|20)\d{2}")
"""Số quyển and the year in which the book was opened."""
PROVINCE_CODE = re.compile(r"\d{2}")
NOT_HELD = "RECORD_NOT_FOUND: không tìm thấy mục đăng ký"
ANNULLED = "Mục đăng ký đã bị hủy bỏ"


class EntryCitation(NamedTuple):
    """How an entry is cited: its kind, commune, book, number, and the day it was entered on (dd/MM/yyyy)."""

    kind: str
    commune_code: str
    book_code: str
    number: str
    entered_on: str

    @classmethod
    def read(cls, kind: str, written: Mapping[str, Any]) -> Self:
        parts = (written["maXa"], written["quyenSo"], written["soDangKy"], written["ngayDangKy"])
        if not all(isinstance(part, str) for part in parts):
            raise ValueError("a citation is made of texts")
        return cls(kind, *parts)

    def faults(self) -> str:
        """What is wrong with it as the citation of a paper book, field errors glued together; empty when nothing is."""
        fits = {
            "soDangKy": bool(self.number.strip()),
            "quyenSo": BOOK_CODE.fullmatch(self.book_code) is not None,
            "ngayDangKy": _is_past_day(self.entered_on),
            "maXa": len(self.commune_code) == 5 and self.commune_code.isdecimal(),
        }
        return "".join(f"trichDan{name} không đúng định dạng" for name, is_right in fits.items() if not is_right)


@dataclass(kw_only=True)
class CivilStatusEntry(TwinEntry):
    """An entry in a book; `number_known_at` is when its personal number is shown, on the monotonic clock."""

    citation: EntryCitation
    page_number: str
    personal_id: str | None
    number_known_at: float


@dataclass
class CivilStatusRequest:
    """A request that was taken, and the entry that it makes or changes; `done_on` is the day it takes effect."""

    request_code: str
    module: str
    entry: CivilStatusEntry
    words: Any
    refusal: str | None
    done_on: date
    submissions: int = 1
    is_done: bool = False

    @property
    def operation(self) -> Operation:
        return OPERATIONS[self.module]


class CivilStatusTwin:
    code = "civil_status"

    def __init__(self, dataset: RegistryDataset) -> None:
        self._dataset = dataset
        self._requests: dict[str, CivilStatusRequest] = {}
        self._queue: WorkQueue[CivilStatusRequest] = WorkQueue()
        self._entries: dict[EntryCitation, list[CivilStatusEntry]] = {}
        self._numbers: Counter[str] = Counter()
        self._unknown_citations: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._token = dataset.number("token", "civil_status", digits=24)

    def handle(self, request: Incoming) -> Outgoing:
        if request.path == "/token":
            return self._give_token(request)
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return Outgoing.of_json({"status": "0", "errorCode": "100", "errorDescription": "AUTHEN_ERROR"}, 401)
        try:
            content = request.json()
            match request.path:
                case "/apiLienThongKSKT/nhanHoSoDKHT":
                    return self._take(content)
                case "/apiLienThongKSKT/traKetQua":
                    return self._answer_poll(content, withholds=request.fault == SimulatedFault.WITHHOLD_NUMBER)
                case "/apiHoTichTuPhap/danhMuc":
                    return Outgoing.of_json({"status": 1, "value": [{"ma": "63001", "ten": "Kinh"}]})
        except (KeyError, TypeError, ValueError, AttributeError):
            return _error("500", "DATA_INCORRECT: dữ liệu không đúng cấu trúc")
        return Outgoing(404)

    def registered(self) -> list[dict[str, Any]]:
        """The registrations that took effect; corrections and annulments change nothing of them."""
        with self._lock:
            self._finish_work()
            return [
                {
                    "dossier_code": request.entry.dossier_code,
                    "request_code": request.request_code,
                    "kind": request.module,
                    "submissions": request.submissions,
                    "entry_number": request.entry.number,
                    "personal_id": request.entry.personal_id,
                }
                for request in self._requests.values()
                if request.operation is Operation.REGISTER and request.is_done and not request.refusal
            ]

    def entries(self) -> list[dict[str, Any]]:
        """What the books hold now; `words` is the object that a registration sends in `data`."""
        with self._lock:
            self._finish_work()
            return [
                entry.entry_row(self._unknown_citations[entry.dossier_code])
                for same_citation in self._entries.values()
                for entry in same_citation
            ]

    @property
    def unknown_citations(self) -> int:
        """How many corrections and annulments cited nothing that was held, also those of dossiers without an entry."""
        with self._lock:
            return self._unknown_citations.total()

    def _give_token(self, request: Incoming) -> Outgoing:
        form = request.form()
        if form.get("grant_type") != "client_credentials" or not form.get("client_secret"):
            return Outgoing.of_json({"error": "invalid_client"}, 401)
        if form["client_secret"] == "wrong":
            return Outgoing.of_json({"error": "invalid_client"}, 401)
        return Outgoing.of_json(
            {"access_token": self._token, "token_type": "Bearer", "expires_in": 3600, "scope": "default"}
        )

    def _take(self, envelope: dict[str, Any]) -> Outgoing:
        if envelope["module"] not in OPERATIONS:
            return _error("302", "DATA_TYPE_INVALID: module")
        if not 0 < int(envelope["maDonVi"]) < 100000:
            return _error("106", "AGENCY_ID_INCORRECT")
        content, operation = json.loads(envelope["data"]), OPERATIONS[envelope["module"]]
        if operation.makes_entry:
            return self._take_entry(envelope, content)
        return self._take_change(envelope, content, operation)

    def _take_entry(self, envelope: dict[str, Any], content: dict[str, Any]) -> Outgoing:
        kind, citation = envelope["module"], None
        if kind in HISTORICAL_KINDS:
            kind = HISTORICAL_KINDS[kind]
            citation = EntryCitation.read(kind, content.pop("trichDan"))
        words = (citation.faults() if citation else "") + _wrong_with(content, SUBJECTS[kind])
        if words:
            return _error("500", words)
        with self._lock:
            self._finish_work()
            if self._is_repeat(envelope["maHoSoLT"]):
                return _already_taken(envelope["maHoSoLT"])
            late_s = self._dataset.lateness_s(self.code, envelope["maHoSoLT"])
            if citation:
                entry = self._historical_entry(envelope, content, citation)
            else:
                entry = self._new_entry(envelope, content, late_s)
            self._work_on(envelope, entry, content, late_s)
        return _taken()

    def _take_change(self, envelope: dict[str, Any], content: dict[str, Any], operation: Operation) -> Outgoing:
        citation = EntryCitation.read(content["loaiHoTich"], content["trichDan"])
        subjects, words = SUBJECTS[citation.kind], None
        if not content["lyDo"].strip():
            return _error("500", "lyDo không được để trống")
        if operation is Operation.CORRECT:
            words = content["noiDung"]
            if wrong := _wrong_with(words, subjects):
                return _error("500", wrong)
        with self._lock:
            self._finish_work()
            if self._is_repeat(envelope["maHoSoLT"]):
                return _already_taken(envelope["maHoSoLT"])
            if not (cited := self._entries.get(citation)):
                self._unknown_citations[envelope["maHoSoMCDT"]] += 1
                return _error("201", NOT_HELD)
            entry = next((entry for entry in cited if not entry.is_annulled), cited[0])
            entry.submissions += 1
            if entry.is_annulled:
                return _error("500", ANNULLED)
            self._work_on(envelope, entry, words, self._dataset.lateness_s(self.code, envelope["maHoSoLT"]))
        return _taken()

    def _is_repeat(self, request_code: str) -> bool:
        """Whether the request was taken before; a refused one may come again under its code."""
        known = self._requests.get(request_code)
        if known is None or (known.is_done and known.refusal):
            return False
        known.submissions += 1
        known.entry.submissions += 1
        return True

    def _work_on(self, envelope: dict[str, Any], entry: CivilStatusEntry, words: Any, late_s: float) -> None:
        request_code, dossier_code = envelope["maHoSoLT"], envelope["maHoSoMCDT"]
        refusal = self._dataset.refusal(self.code, dossier_code, envelope["data"])
        request = CivilStatusRequest(request_code, envelope["module"], entry, words, refusal, _day_after(late_s))
        self._requests[request_code] = request
        self._queue.put(time.monotonic() + late_s, request)

    def _finish_work(self) -> None:
        """Lets the requests that are done by now take effect. The caller holds the lock."""
        for request in self._queue.take_done():
            entry, request.is_done = request.entry, True
            if entry.is_annulled:
                request.refusal = request.refusal or ANNULLED
            if request.refusal:
                continue
            entry.operations.append(request.operation)
            if request.operation.makes_entry:
                self._entries.setdefault(entry.citation, []).append(entry)
            elif request.operation is Operation.CORRECT:
                entry.words = request.words

    def _new_entry(self, envelope: dict[str, Any], content: dict[str, Any], late_s: float) -> CivilStatusEntry:
        request_code, kind = envelope["maHoSoLT"], envelope["module"]
        commune_code, entered_on = f"{int(envelope['maDonVi']):05d}", _day_after(late_s)
        self._numbers[commune_code] += 1
        number = self._numbers[commune_code]
        is_late = kind == "LTKS" and self._dataset.number("late number", request_code, digits=1) == "0"
        return CivilStatusEntry(
            dossier_code=envelope["maHoSoMCDT"],
            number=str(number),
            words=content,
            citation=EntryCitation(kind, commune_code, f"01/{entered_on.year}", str(number), f"{entered_on:%d/%m/%Y}"),
            page_number=str((number + 1) // 2),
            personal_id=self._personal_id(request_code, content) if kind == "LTKS" else None,
            number_known_at=time.monotonic() + late_s + (NUMBER_COMES_LATER_S if is_late else 0),
        )

    def _historical_entry(
        self, envelope: dict[str, Any], content: dict[str, Any], citation: EntryCitation
    ) -> CivilStatusEntry:
        """An entry of a paper book: it keeps its number, and nobody gets a personal number for it."""
        return CivilStatusEntry(
            dossier_code=envelope["maHoSoMCDT"],
            number=citation.number,
            words=content,
            citation=citation,
            page_number="",
            personal_id=None,
            number_known_at=0.0,
        )

    def _personal_id(self, request_code: str, content: dict[str, Any]) -> str:
        """Province of the birth's registration, century and sex, year, six more digits."""
        child = content["nks"]
        year = int(child["NgaySinh"]["namSinh"])
        century_and_sex = 2 * (year // 100 - 19) + (0 if child["GioiTinh"] == "1" else 1)
        province = (child.get("NoiSinh") or {}).get("maTinh") or "01"
        return f"0{province}{century_and_sex}{year % 100:02d}" + self._dataset.number("person", request_code, digits=6)

    def _answer_poll(self, content: dict[str, Any], *, withholds: bool) -> Outgoing:
        codes = content["maDinhDanhHoSo"]
        if not isinstance(codes, list) or len(codes) > 3:
            return _error("302", "DATA_TYPE_INVALID: maDinhDanhHoSo")
        if not PROVINCE_CODE.fullmatch(content["maTinh"]):
            return _error("108", "PROVINCE_ID_INCORRECT")
        with self._lock:
            self._finish_work()
            states = [self._state_of(code, content.get("module"), withholds) for code in codes]
        return Outgoing.of_json({"status": "1", "value": states})

    def _state_of(self, code: str, module: str | None, withholds: bool) -> dict[str, Any]:
        request = self._requests.get(code)
        if request is None or request.module != module:
            return {"maHoSo": code, "trangThai": "0", "errorCode": "201", "errors": "RECORD_NOT_FOUND"}
        stamp = {"maHoSo": code, "thoiGianThucHien": datetime.now(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")}
        if not request.is_done:
            return {**stamp, "trangThai": "3", "noiDungXuLy": "Đang xử lý"}
        if request.refusal:
            return {**stamp, "trangThai": "6", "noiDungXuLy": request.refusal}
        return {
            **stamp,
            "trangThai": "4",
            "ketQuaXuLy": json.dumps(_result(request, withholds), ensure_ascii=False),
        }


def _result(request: CivilStatusRequest, withholds: bool) -> dict[str, Any]:
    entry = request.entry
    result = {
        "ngayDangKy": entry.citation.entered_on,
        "soDangKy": entry.number,
        "quyenSo": entry.citation.book_code,
        "trangSo": entry.page_number,
    }
    if request.operation.makes_entry:
        result |= {"maGiayToKetQua": "KQ.G15.000031", "giayKhaiSinh": "JVBERi0xLjQ="}
    else:
        result["ngayThayDoi"] = f"{request.done_on:%d/%m/%Y}"
    if entry.personal_id and time.monotonic() >= entry.number_known_at and not withholds:
        result["soDinhDanh"] = entry.personal_id
    return result


def _day_after(seconds: float) -> date:
    """The day in Vietnam when so many seconds have passed."""
    return (datetime.now(VIETNAM) + timedelta(seconds=seconds)).date()


def _is_past_day(written: str) -> bool:
    """Whether it is a day as in 05/03/1962 that is not to come."""
    try:
        day = datetime.strptime(written, "%d/%m/%Y").date()
    except ValueError:
        return False
    return written == f"{day:%d/%m/%Y}" and day <= datetime.now(VIETNAM).date()


def _wrong_with(content: dict[str, Any], subjects: tuple[str, ...]) -> str:
    """Field errors glued together without a separator, as the real one does it."""
    words = ""
    for subject in subjects:
        if not content[subject]["HoTen"]["Ho"]:
            words += f"{subject}HoTen không được để trống"
    for name in ("nks", "me", "cha", "nyc", "nkt", "chong", "vo"):
        person = content.get(name) or {}
        number = person.get("SoDDCN") or ""
        if len(number) > 12:
            words += f"{name}SoDDCN độ dài vượt quá"
        elif number and (len(number) < 12 or not number.isdecimal()):
            words += f"{name}SoDDCN không đúng định dạng"
        if (person.get("LoaiGiayToTuyThan") or "0") not in "012345678":
            words += f"{name}LoaiGiayToTuyThan không tồn tại trong danh mục"
    return words


def _taken() -> Outgoing:
    return Outgoing.of_json(
        {"status": "1", "statusDescription": "Tiếp nhận thành công", "errorCode": "", "errorDescription": ""}
    )


def _already_taken(request_code: str) -> Outgoing:
    return _error("500", f"Hồ sơ {request_code} đã được tiếp nhận")


def _error(code: str, words: str) -> Outgoing:
    return Outgoing.of_json({"status": "0", "statusDescription": "Lỗi", "errorCode": code, "errorDescription": words})
