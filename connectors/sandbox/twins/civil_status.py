"""The civil-status registry's twin: registers births, deaths and marriages late, once per interlinked code.

Its faults, as seen in practice: a personal number that comes some seconds after the registration (one birth in ten, or
whenever `withhold_number` strikes), refusals that glue field errors together, an English code beside a Vietnamese text.
"""

import json
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from connectors.sandbox.server import Fault, Incoming, Outgoing
from schemas.dates import VIETNAM

MODULES = frozenset({"LTKS", "LTKT", "LTKH"})
NUMBER_COMES_LATER_S = 3.0
SUBJECTS = {"LTKS": ("nks",), "LTKT": ("nkt",), "LTKH": ("chong", "vo")}
"""Whose data each module must carry."""


class Realm(Protocol):
    """What the twin needs of the dataset."""

    def refusal(self, registry_code: str, dossier_code: str, request: str) -> str | None: ...
    def lateness_s(self, registry_code: str, request_code: str) -> float: ...
    def number(self, *parts: str, digits: int) -> str: ...


@dataclass
class _Entry:
    """A dossier as the registry holds it."""

    national_code: str
    dossier_code: str
    module: str
    commune_code: str
    ready_at: float
    refusal: str | None
    entry_number: int
    personal_id: str | None
    number_ready_at: float
    submissions: int = 1
    registrations: list[dict[str, Any]] = field(default_factory=list)


class CivilStatusTwin:
    code = "civil_status"

    def __init__(self, dataset: Realm) -> None:
        self._dataset = dataset
        self._entries: dict[str, _Entry] = {}
        self._numbers: dict[str, int] = {}
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
                    return self._tell(content, withholds=request.fault == Fault.WITHHOLD_NUMBER)
                case "/apiHoTichTuPhap/danhMuc":
                    return Outgoing.of_json({"status": 1, "value": [{"ma": "63001", "ten": "Kinh"}]})
        except (KeyError, TypeError, ValueError, AttributeError):
            return _error("500", "DATA_INCORRECT: dữ liệu không đúng cấu trúc")
        return Outgoing(404)

    def registered(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {"dossier_code": entry.dossier_code, "request_code": entry.national_code, "kind": entry.module,
                 "submissions": entry.submissions, "entry_number": str(entry.entry_number),
                 "personal_id": entry.personal_id}
                for entry in self._entries.values()
                if entry.refusal is None and time.monotonic() >= entry.ready_at
            ]  # fmt: skip

    def _give_token(self, request: Incoming) -> Outgoing:
        form = request.form()
        if form.get("grant_type") != "client_credentials" or not form.get("client_secret"):
            return Outgoing.of_json({"error": "invalid_client"}, 401)
        if form["client_secret"] == "wrong":
            return Outgoing.of_json({"error": "invalid_client"}, 401)
        return Outgoing.of_json(
            {"access_token": self._token, "token_type": "Bearer", "expires_in": 3600, "scope": "default"}
        )

    def _take(self, content: dict[str, Any]) -> Outgoing:
        if content["module"] not in MODULES:
            return _error("302", "DATA_TYPE_INVALID: module")
        if not 0 < int(content["maDonVi"]) < 100000:
            return _error("106", "AGENCY_ID_INCORRECT")
        case = json.loads(content["data"])
        if words := _wrong_with(case, SUBJECTS[content["module"]]):
            return _error("500", words)
        national_code = content["maHoSoLT"]
        with self._lock:
            known = self._entries.get(national_code)
            if known and not (known.refusal and time.monotonic() >= known.ready_at):
                known.submissions += 1
                return _error("500", f"Hồ sơ {national_code} đã được tiếp nhận")
            self._entries[national_code] = self._register(content, case)
        return Outgoing.of_json(
            {"status": "1", "statusDescription": "Tiếp nhận thành công", "errorCode": "", "errorDescription": ""}
        )

    def _register(self, content: dict[str, Any], case: dict[str, Any]) -> _Entry:
        national_code, dossier_code = content["maHoSoLT"], content["maHoSoMCDT"]
        commune_code = f"{int(content['maDonVi']):05d}"
        self._numbers[commune_code] = self._numbers.get(commune_code, 0) + 1
        ready_at = time.monotonic() + self._dataset.lateness_s(self.code, national_code)
        is_late = content["module"] == "LTKS" and self._dataset.number("late number", national_code, digits=1) == "0"
        return _Entry(
            national_code, dossier_code, content["module"], commune_code, ready_at,
            self._dataset.refusal(self.code, dossier_code, content["data"]), self._numbers[commune_code],
            self._personal_id(national_code, case) if content["module"] == "LTKS" else None,
            ready_at + (NUMBER_COMES_LATER_S if is_late else 0),
        )  # fmt: skip

    def _personal_id(self, national_code: str, case: dict[str, Any]) -> str:
        """Province of the birth's registration, century and sex, year, six more digits."""
        child = case["nks"]
        year = int(child["NgaySinh"]["namSinh"])
        century_and_sex = 2 * (year // 100 - 19) + (0 if child["GioiTinh"] == "1" else 1)
        province = (child.get("NoiSinh") or {}).get("maTinh") or "01"
        return f"0{province}{century_and_sex}{year % 100:02d}" + self._dataset.number("person", national_code, digits=6)

    def _tell(self, content: dict[str, Any], *, withholds: bool) -> Outgoing:
        codes = content["maDinhDanhHoSo"]
        if not isinstance(codes, list) or len(codes) > 3:
            return _error("302", "DATA_TYPE_INVALID: maDinhDanhHoSo")
        with self._lock:
            return Outgoing.of_json({"status": "1", "value": [self._state_of(code, withholds) for code in codes]})

    def _state_of(self, code: str, withholds: bool) -> dict[str, Any]:
        entry, now = self._entries.get(code), time.monotonic()
        if entry is None:
            return {"maHoSo": code, "trangThai": "0", "errorCode": "201", "errors": "RECORD_NOT_FOUND"}
        stamp = {"maHoSo": code, "thoiGianThucHien": datetime.now(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")}
        if now < entry.ready_at:
            return {**stamp, "trangThai": "3", "noiDungXuLy": "Đang xử lý"}
        if entry.refusal:
            return {**stamp, "trangThai": "6", "noiDungXuLy": entry.refusal}
        return {
            **stamp,
            "trangThai": "4",
            "ketQuaXuLy": json.dumps(self._result(entry, now, withholds), ensure_ascii=False),
        }

    def _result(self, entry: _Entry, now: float, withholds: bool) -> dict[str, Any]:
        today = datetime.now(VIETNAM)
        result = {
            "ngayDangKy": today.strftime("%d/%m/%Y"),
            "soDangKy": str(entry.entry_number),
            "quyenSo": f"01/{today.year}",
            "trangSo": str((entry.entry_number + 1) // 2),
            "maGiayToKetQua": "KQ.G15.000031",
            "giayKhaiSinh": "JVBERi0xLjQ=",
        }
        if entry.personal_id and now >= entry.number_ready_at and not withholds:
            result["soDinhDanh"] = entry.personal_id
        return result


def _wrong_with(case: dict[str, Any], subjects: tuple[str, ...]) -> str:
    """Field errors glued together without a separator, as the real one does it."""
    words = ""
    for subject in subjects:
        if not case[subject]["HoTen"]["Ho"]:
            words += f"{subject}HoTen không được để trống"
    for name in ("nks", "me", "cha", "nyc", "nkt", "chong", "vo"):
        person = case.get(name) or {}
        number = person.get("SoDDCN") or ""
        if len(number) > 12:
            words += f"{name}SoDDCN độ dài vượt quá"
        elif number and (len(number) < 12 or not number.isdecimal()):
            words += f"{name}SoDDCN không đúng định dạng"
        if (person.get("LoaiGiayToTuyThan") or "0") not in "012345678":
            words += f"{name}LoaiGiayToTuyThan không tồn tại trong danh mục"
    return words


def _error(code: str, words: str) -> Outgoing:
    return Outgoing.of_json({"status": "0", "statusDescription": "Lỗi", "errorCode": code, "errorDescription": words})
