"""Twin of health insurance: look-up of numbers, batches of up to 50 with a result each, look-up of results.

Faults seen in practice that it has: part of the items is answered at once and part later; one item in forty meets a
busy system the first time; a repeat of a request with other content makes a second card; an item that is malformed gets
its own error, some in English, while the others go through.
"""

import json
import re
import secrets
import threading
import time
import unicodedata
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Protocol

from connectors.sandbox.server import Incoming, Outgoing
from schemas.cases import DeathCase
from schemas.dossier import Dossier

SERVICE = "/apiBaoHiemXaHoi/1.0"
BATCH = 50
WRONG_SECRET = "wrong"
TOKEN_S = 300
LATE_FROM_S = 1.0
"""An item whose lateness is longer is answered `pending` first."""
BUSY_ONE_IN = 40
NUMBERED_ONE_IN = 20
"""How many persons have a number before their dossier comes."""

UNKNOWN, PENDING, APPROVED, REJECTED, BUSY = "0", "1", "2", "3", "5"
DATE_LENGTHS = {"0": 8, "1": 4, "2": 6}

ITEM_SHAPES: Mapping[str, Mapping[str, str]] = {
    "CAP_THE_TE": {"soDinhDanh": r"\d{12}", "maSoBhxh": r"(\d{10})?", "maBenhVien": r"(\d{5})?", "maNhom": "TE1",
                   "soKhaiSinh": r".+", "maTinhKs": r"\d{2}"},
    "BAO_TU": {"maSoBhxh": r"(\d{10})?", "soKhaiTu": r".+"},
}  # fmt: skip
SHARED_SHAPE = {"maHoSo": r".+", "hoTen": r".+", "gioiTinh": r"[123]", "maDanToc": r"(\d{2})?"}
REQUEST_CODE = re.compile(r"[0-9a-f]{32}")


class PlantedDossier(Protocol):
    @property
    def dossier(self) -> Dossier: ...

    @property
    def edited(self) -> Dossier | None: ...


class Realm(Protocol):
    """What this twin asks of the dataset."""

    @property
    def planted(self) -> Sequence[PlantedDossier]: ...

    def refusal(self, registry_code: str, dossier_code: str, request: str) -> str | None: ...

    def lateness_s(self, registry_code: str, request_code: str) -> float: ...

    def number(self, *parts: str, digits: int) -> str: ...


@dataclass(frozen=True)
class Entry:
    """One request that was taken; `ready_at` on the monotonic clock is when its result is there."""

    request_code: str
    dossier_code: str
    kind: str
    content: bytes
    insurance_number: str
    card_code: str
    card_until: str
    refusal: str
    ready_at: float

    def result(self) -> dict[str, str]:
        head = {"maYeuCau": self.request_code, "maHoSo": self.dossier_code}
        if time.monotonic() < self.ready_at:
            return head | {"trangThai": PENDING, "errorCode": "00", "thongDiep": "Đang xử lý"}
        if self.refusal:
            return head | {"trangThai": REJECTED, "errorCode": "TC01", "thongDiep": self.refusal}
        return head | {
            "trangThai": APPROVED, "errorCode": "00", "thongDiep": "Thành công", "maSoBhxh": self.insurance_number,
            "maThe": self.card_code, "denNgay": self.card_until,
        }  # fmt: skip

    def row(self) -> dict[str, Any]:
        return {
            "request_code": self.request_code, "dossier_code": self.dossier_code, "kind": self.kind,
            "insurance_number": self.insurance_number, "card_code": self.card_code,
        }  # fmt: skip


class HealthInsuranceTwin:
    """Takes any key with any secret, neither empty. `repeats` counts how often each request code came again."""

    code = "health_insurance"

    def __init__(self, dataset: Realm) -> None:
        self._dataset = dataset
        self._lock = threading.Lock()
        self._tokens: dict[str, float] = {}
        self._entries: dict[str, list[Entry]] = {}
        self._order: list[Entry] = []
        self._been_busy: set[str] = set()
        self._holders = dict(_holders(dataset))
        self._numbers: dict[tuple[str, str, str], set[str]] = {}
        for number, (name, born, _, sex) in self._holders.items():
            self._numbers.setdefault((name, born, sex), set()).add(number)
        self._paths = {
            f"{SERVICE}/getMaSoBhxhTheoTieuChi": self._number_by_criteria,
            f"{SERVICE}/getTraCuuTtHgdByMaSoBhxh": self._holder_of_number,
            f"{SERVICE}/guiYeuCau": self._take_batch,
            f"{SERVICE}/traCuuYeuCau": self._look_up,
        }
        self.repeats: Counter[str] = Counter()

    def handle(self, request: Incoming) -> Outgoing:
        if request.path == "/token":
            return self._give_token(request)
        if not self._knows(request.headers.get("authorization", "")):
            return _error(401, "401", "Invalid Credentials. Access token is invalid or expired")
        operation = self._paths.get(request.path)
        if operation is None or request.method != "POST":
            return _error(404, "404", "No matching resource found")
        try:
            content = request.json()
        except (ValueError, RecursionError):
            return _error(400, "90", "Invalid JSON")
        return operation(content) if isinstance(content, dict) else _error(400, "90", "Invalid JSON")

    def registered(self) -> list[dict[str, Any]]:
        """What took effect, second cards included."""
        with self._lock:
            entries = list(self._order)
        now = time.monotonic()
        return [entry.row() for entry in entries if not entry.refusal and entry.ready_at <= now]

    def forget_tokens(self) -> None:
        """Every token given so far ends now."""
        with self._lock:
            self._tokens.clear()

    def _give_token(self, request: Incoming) -> Outgoing:
        try:
            form = request.form()
        except ValueError:
            form = {}
        client_id, secret = form.get("client_id"), form.get("client_secret")
        if form.get("grant_type") != "client_credentials" or not client_id or secret in (None, "", WRONG_SECRET):
            return Outgoing.of_json({"error": "invalid_client"}, 401)
        token = secrets.token_hex(16)
        with self._lock:
            self._tokens[token] = time.monotonic() + TOKEN_S
        return Outgoing.of_json({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_S})

    def _knows(self, authorization: str) -> bool:
        with self._lock:
            return time.monotonic() < self._tokens.get(authorization.removeprefix("Bearer "), 0.0)

    def _number_by_criteria(self, content: dict[str, Any]) -> Outgoing:
        name, born, kind, sex = (_text(content, field) for field in ("hoTen", "ngaySinh", "loaiNgaySinh", "gioiTinh"))
        if not name or not sex or not _is_day(born, kind):
            return _error(200, "10", "Thiếu tiêu chí tra cứu")
        numbers = self._numbers_of(name, born, sex, _text(content, "maTinhKs"))
        if len(numbers) > 1:
            return Outgoing.of_json({"maSoBhxh": "", "trangThai": "", "errorCode": "02"})
        if not numbers:
            return Outgoing.of_json({"maSoBhxh": "", "trangThai": "", "errorCode": "01"})
        return Outgoing.of_json({"maSoBhxh": min(numbers), "trangThai": "1", "errorCode": "00"})

    def _holder_of_number(self, content: dict[str, Any]) -> Outgoing:
        holder = self._holders.get(_text(content, "maSoBhxh"))
        if holder is None:
            return _error(200, "01", "Không tìm thấy mã số")
        name, born, kind, sex = holder
        return Outgoing.of_json({
            "hoTen": name, "soSoCu": "", "ngaySinh": born, "loaiNgaySinh": kind, "gioiTinh": sex, "maTinhKs": "",
            "maHuyenKs": "", "maXaKs": "", "trangThai": "1", "errorCode": "00",
        })  # fmt: skip

    def _numbers_of(self, name: str, born: str, sex: str, province_code: str) -> set[str]:
        key = (_folded(name), born, sex)
        with self._lock:
            known = set(self._numbers.get(key, ()))
        if not known and self._is_numbered(*key):
            return {self._new_number(province_code, *key)}
        return known

    def _is_numbered(self, name: str, born: str, sex: str) -> bool:
        return int(self._dataset.number("insured", name, born, sex, digits=6)) % NUMBERED_ONE_IN == 0

    def _new_number(self, province_code: str, *parts: str) -> str:
        return (province_code if len(province_code) == 2 else "00") + self._dataset.number("bhxh", *parts, digits=8)

    def _take_batch(self, content: dict[str, Any]) -> Outgoing:
        items = content.get("dsYeuCau")
        if not isinstance(items, list):
            return _error(400, "90", "dsYeuCau is required")
        if len(items) > BATCH:
            return _error(400, "91", f"Maximum {BATCH} records per request")
        results = [self._take(item if isinstance(item, dict) else {}) for item in items]
        return Outgoing.of_json({"errorCode": "00", "thongDiep": "", "dsKetQua": results})

    def _take(self, item: dict[str, Any]) -> dict[str, str]:
        request_code = _text(item, "maYeuCau")
        head = {"maYeuCau": request_code, "maHoSo": _text(item, "maHoSo")}
        fault = _fault_of(item)
        if fault:
            return head | {"trangThai": REJECTED, "errorCode": fault[0], "thongDiep": fault[1]}
        content = sha256(json.dumps(item, sort_keys=True).encode()).digest()
        with self._lock:
            earlier = self._entries.setdefault(request_code, [])
            if earlier:
                self.repeats[request_code] += 1
                for entry in earlier:
                    if entry.content == content:
                        return entry.result()
            if self._is_busy(request_code):
                return head | {"trangThai": BUSY, "errorCode": "98", "thongDiep": "System is busy, try again later"}
            entry = self._enter(item, content, len(earlier))
            earlier.append(entry)
            self._order.append(entry)
        return entry.result()

    def _is_busy(self, request_code: str) -> bool:
        if request_code in self._been_busy or int(self._dataset.number("busy", request_code, digits=6)) % BUSY_ONE_IN:
            return False
        self._been_busy.add(request_code)
        return True

    def _enter(self, item: dict[str, str], content: bytes, earlier: int) -> Entry:
        code, dossier_code, kind = item["maYeuCau"], item["maHoSo"], item["loaiYeuCau"]
        key = (_folded(item["hoTen"]), item["ngaySinh"], item["gioiTinh"])
        is_card = kind == "CAP_THE_TE"
        refusal = self._dataset.refusal(self.code, dossier_code, code) or ""
        if is_card and not item.get("maSoBhxh") and self._is_numbered(*key):
            refusal = refusal or "Người tham gia đã được cấp mã số BHXH, đề nghị tra cứu lại"
        number = item.get("maSoBhxh") or ""
        if is_card and not number:
            number = self._new_number(item["maTinhKs"], code, str(earlier))
        if number and not refusal:
            self._numbers.setdefault(key, set()).add(number)
        lateness_s = self._dataset.lateness_s(self.code, code)
        return Entry(
            code, dossier_code, "birth" if is_card else "death", content, number,
            f"TE1{item['maTinhKs']}{number}" if is_card else "",
            _last_day(item["ngaySinh"]) if is_card else "", refusal,
            time.monotonic() + (lateness_s if lateness_s > LATE_FROM_S else 0.0),
        )  # fmt: skip

    def _look_up(self, content: dict[str, Any]) -> Outgoing:
        codes = content.get("dsMaYeuCau")
        if not isinstance(codes, list) or len(codes) > BATCH or not all(map(_is_request_code, codes)):
            return _error(400, "91", f"dsMaYeuCau: at most {BATCH} request codes")
        with self._lock:
            found = {code: self._entries[code][-1] for code in codes if self._entries.get(code)}
        missing = {"trangThai": UNKNOWN, "errorCode": "01", "thongDiep": "Không tìm thấy yêu cầu"}
        results = [found[code].result() if code in found else {"maYeuCau": code} | missing for code in codes]
        return Outgoing.of_json({"errorCode": "00", "thongDiep": "", "dsKetQua": results})


def _holders(dataset: Realm) -> Iterator[tuple[str, tuple[str, str, str, str]]]:
    """The deceased whose number the dossiers know: number -> name, date of birth, its kind, sex; edited ones win."""
    for planted in dataset.planted:
        for dossier in (planted.dossier, planted.edited):
            case = dossier.case if dossier else None
            if not isinstance(case, DeathCase):
                continue
            number, person = (case.insurance_number or "").strip(), case.deceased
            if not re.fullmatch(r"(?!0{10})\d{10}", number):
                continue
            born = person.born_on.compact() if person.born_on else ""
            kind = next((kind for kind, length in DATE_LENGTHS.items() if length == len(born)), "")
            sex = {"male": "1", "female": "2", "undetermined": "3"}[person.sex] if person.sex else ""
            yield number, (_folded(person.full_name), born, kind, sex)


def _fault_of(item: Mapping[str, Any]) -> tuple[str, str] | None:
    """Code and words of the first thing wrong with an item's form."""
    if not _is_request_code(item.get("maYeuCau")):
        return "E01", "maYeuCau is required"
    for name, value in item.items():
        if not isinstance(value, str):
            return "E02", f"{name}: String expected"
        if value != _text(item, name).strip() or not unicodedata.is_normalized("NFC", value):
            return "E03", f"{name}: invalid characters"
    shape = ITEM_SHAPES.get(_text(item, "loaiYeuCau"))
    if shape is None:
        return "E04", "Loại yêu cầu không hợp lệ"
    for name, pattern in (SHARED_SHAPE | dict(shape)).items():
        if not re.fullmatch(pattern, _text(item, name)):
            return "E05", f"Trường {name} không đúng định dạng"
    return _fault_of_days(item)


def _fault_of_days(item: Mapping[str, Any]) -> tuple[str, str] | None:
    if not _is_day(_text(item, "ngaySinh"), _text(item, "loaiNgaySinh")):
        return "E06", "ngaySinh: invalid date"
    if item["loaiYeuCau"] == "BAO_TU" and not _is_day(_text(item, "ngayChet"), _text(item, "loaiNgayChet")):
        return "E06", "ngayChet: invalid date"
    if item["loaiYeuCau"] == "CAP_THE_TE" and _text(item, "denNgay") != _last_day(_text(item, "ngaySinh")):
        return "E07", "Thẻ TE phải có hạn đến khi trẻ đủ 72 tháng tuổi"
    return None


def _is_day(digits: str, kind: str) -> bool:
    """Whether yyyyMMdd, yyyy or yyyyMM, as its kind says, is in the calendar."""
    if not re.fullmatch(r"\d{4,8}", digits) or DATE_LENGTHS.get(kind) != len(digits):
        return False
    try:
        date(int(digits[:4]), int(digits[4:6] or 1), int(digits[6:] or 1))
    except ValueError:
        return False
    return True


def _last_day(born: str) -> str:
    """The last day of a card for a child born on yyyyMMdd or yyyyMM; empty for a year alone."""
    if len(born) < 6:
        return ""
    year, month = int(born[:4]) + 6, int(born[4:6])
    return f"{year}0930" if month <= 9 else f"{year}{month:02d}{monthrange(year, month)[1]}"


def _is_request_code(value: object) -> bool:
    return isinstance(value, str) and REQUEST_CODE.fullmatch(value) is not None


def _text(content: Mapping[str, Any], name: str) -> str:
    """A field as text that can be sent back: half a surrogate pair, which JSON lets through, becomes `?`."""
    value = content.get(name)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).upper().split())


def _error(status: int, code: str, words: str) -> Outgoing:
    return Outgoing.of_json({"errorCode": code, "thongDiep": words}, status)
