"""Twin of health insurance: look-up of numbers, batches of up to 50 with a result each, look-up of results.

Faults seen in practice that it has: part of the items is answered at once and part later; one item in forty meets a
busy system the first time; a repeat of a request with other content makes a second card; an item that is malformed gets
its own error, some in English, while the others go through.

Assumed, since no document was found: corrections (DIEU_CHINH_THE) and annulments (HUY_THE) of a child's card, which
cite it by its number. A number that no card has is rejected with 40 and counted, a card that was annulled with 41. A
repeat of such a request has one effect, whatever its content. Requests take effect in the order in which their work is
done, which need not be the order in which they came.
"""

import json
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from connectors.sandbox.server import Incoming, Outgoing
from connectors.sandbox.twins.contract import InsuranceDataset, TwinEntry, WorkQueue
from connectors.sandbox.twins.insurance_form import (
    ANNULLED_CARD,
    CARD,
    CORRECTED_CARD,
    DATE_LENGTHS,
    DEATH,
    fault_of,
    folded,
    is_day,
    is_request_code,
    last_day_of_card,
    text_of,
)
from schemas.cases import DeathCase
from schemas.operation import Operation

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
OPERATIONS = {
    CARD: Operation.REGISTER,
    DEATH: Operation.REGISTER,
    CORRECTED_CARD: Operation.CORRECT,
    ANNULLED_CARD: Operation.ANNUL,
}
ENVELOPE = frozenset({"maYeuCau", "maHoSo", "loaiYeuCau", "maSoBhxh", "lyDo"})
"""Fields of an item that are not its content."""
NOT_HELD = ("40", "Không tìm thấy mã số BHXH")
ANNULLED = ("41", "Thẻ BHYT đã bị hủy")

Holder = tuple[str, str, str]
"""Name, day of birth and sex, as numbers are looked up."""


@dataclass(kw_only=True)
class InsuranceEntry(TwinEntry):
    """A child's card, or a death, which has no `card_code`; `number` is the insurance number, if there is one."""

    card_code: str
    card_until: str
    holder: Holder


@dataclass
class InsuranceRequest:
    """A request that was taken, and the entry that it makes or changes; `refusal` is a code and its words."""

    request_code: str
    dossier_code: str
    kind: str
    content_sha256: bytes
    entry: InsuranceEntry
    words: dict[str, str]
    card_until: str
    refusal: tuple[str, str] | None
    is_done: bool = False

    @property
    def operation(self) -> Operation:
        return OPERATIONS[self.kind]

    def result(self) -> dict[str, str]:
        head = {"maYeuCau": self.request_code, "maHoSo": self.dossier_code}
        if not self.is_done:
            return head | {"trangThai": PENDING, "errorCode": "00", "thongDiep": "Đang xử lý"}
        if self.refusal:
            return head | _rejected(self.refusal)
        return head | {
            "trangThai": APPROVED,
            "errorCode": "00",
            "thongDiep": "Thành công",
            "maSoBhxh": self.entry.number,
            "maThe": self.entry.card_code,
            "denNgay": self.card_until,
        }

    def registered_row(self) -> dict[str, Any]:
        return {
            "request_code": self.request_code,
            "dossier_code": self.dossier_code,
            "kind": "birth" if self.kind == CARD else "death",
            "insurance_number": self.entry.number,
            "card_code": self.entry.card_code,
        }


class HealthInsuranceTwin:
    """Takes any key with any secret, neither empty. `repeats` counts how often each request code came again."""

    code = "health_insurance"

    def __init__(self, dataset: InsuranceDataset) -> None:
        self._dataset = dataset
        self._lock = threading.Lock()
        self._tokens: dict[str, float] = {}
        self._requests: dict[str, list[InsuranceRequest]] = {}
        self._order: list[InsuranceRequest] = []
        self._queue: WorkQueue[InsuranceRequest] = WorkQueue()
        self._entries: list[InsuranceEntry] = []
        self._cards: dict[str, InsuranceEntry] = {}
        self._unknown_citations: Counter[str] = Counter()
        self._been_busy: set[str] = set()
        self._holders = dict(_holders(dataset))
        self._numbers: dict[Holder, set[str]] = {}
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
        answer = self._paths.get(request.path)
        if answer is None or request.method != "POST":
            return _error(404, "404", "No matching resource found")
        try:
            content = request.json()
        except (ValueError, RecursionError):
            return _error(400, "90", "Invalid JSON")
        return answer(content) if isinstance(content, dict) else _error(400, "90", "Invalid JSON")

    def registered(self) -> list[dict[str, Any]]:
        """The registrations that took effect, second cards included; corrections change nothing of them."""
        with self._lock:
            self._finish_work()
            return [
                request.registered_row()
                for request in self._order
                if request.operation is Operation.REGISTER and request.is_done and not request.refusal
            ]

    def entries(self) -> list[dict[str, Any]]:
        """What is held now, second cards included; `words` are an item's fields without number, codes and reason."""
        with self._lock:
            self._finish_work()
            return [entry.entry_row(self._unknown_citations[entry.dossier_code]) for entry in self._entries]

    @property
    def unknown_citations(self) -> int:
        """How many corrections and annulments cited no card that was held, also those of dossiers without a card."""
        with self._lock:
            return self._unknown_citations.total()

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
        names = ("hoTen", "ngaySinh", "loaiNgaySinh", "gioiTinh")
        name, born, kind, sex = (text_of(content, field) for field in names)
        if not name or not sex or not is_day(born, kind):
            return _error(200, "10", "Thiếu tiêu chí tra cứu")
        numbers = self._numbers_of((folded(name), born, sex), text_of(content, "maTinhKs"))
        if len(numbers) > 1:
            return Outgoing.of_json({"maSoBhxh": "", "trangThai": "", "errorCode": "02"})
        if not numbers:
            return Outgoing.of_json({"maSoBhxh": "", "trangThai": "", "errorCode": "01"})
        return Outgoing.of_json({"maSoBhxh": min(numbers), "trangThai": "1", "errorCode": "00"})

    def _holder_of_number(self, content: dict[str, Any]) -> Outgoing:
        holder = self._holders.get(text_of(content, "maSoBhxh"))
        if holder is None:
            return _error(200, "01", "Không tìm thấy mã số")
        name, born, kind, sex = holder
        answer = {"hoTen": name, "soSoCu": "", "ngaySinh": born, "loaiNgaySinh": kind, "gioiTinh": sex}
        place = {"maTinhKs": "", "maHuyenKs": "", "maXaKs": ""}
        return Outgoing.of_json(answer | place | {"trangThai": "1", "errorCode": "00"})

    def _numbers_of(self, holder: Holder, province_code: str) -> set[str]:
        with self._lock:
            known = set(self._numbers.get(holder, ()))
        if not known and self._is_numbered(holder):
            return {self._new_number(province_code, *holder)}
        return known

    def _is_numbered(self, holder: Holder) -> bool:
        return int(self._dataset.number("insured", *holder, digits=6)) % NUMBERED_ONE_IN == 0

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
        request_code = text_of(item, "maYeuCau")
        head = {"maYeuCau": request_code, "maHoSo": text_of(item, "maHoSo")}
        if fault := fault_of(item):
            return head | _rejected(fault)
        content_sha256 = sha256(json.dumps(item, sort_keys=True).encode()).digest()
        is_new_entry = OPERATIONS[item["loaiYeuCau"]] is Operation.REGISTER
        with self._lock:
            self._finish_work()
            earlier = self._requests.setdefault(request_code, [])
            if earlier:
                self.repeats[request_code] += 1
            for request in earlier:
                if request.content_sha256 == content_sha256 or not is_new_entry:
                    request.entry.submissions += 1
                    return request.result()
            if self._is_busy(request_code):
                return head | {"trangThai": BUSY, "errorCode": "98", "thongDiep": "System is busy, try again later"}
            if is_new_entry:
                entry = self._new_entry(item, len(earlier))
            elif fault := self._fault_of_citation(item):
                return head | _rejected(fault)
            else:
                entry = self._cards[item["maSoBhxh"]]
            return self._work_on(item, content_sha256, entry).result()

    def _is_busy(self, request_code: str) -> bool:
        if request_code in self._been_busy or int(self._dataset.number("busy", request_code, digits=6)) % BUSY_ONE_IN:
            return False
        self._been_busy.add(request_code)
        return True

    def _fault_of_citation(self, item: dict[str, str]) -> tuple[str, str] | None:
        """Code and words when the item cites no card that can be changed."""
        card = self._cards.get(item["maSoBhxh"])
        if card is None:
            self._unknown_citations[item["maHoSo"]] += 1
            return NOT_HELD
        card.submissions += 1
        return ANNULLED if card.is_annulled else None

    def _refusal(self, item: dict[str, str]) -> tuple[str, str] | None:
        words = self._dataset.refusal(self.code, item["maHoSo"], item["maYeuCau"])
        if (
            not words
            and item["loaiYeuCau"] == CARD
            and not item.get("maSoBhxh")
            and self._is_numbered(_holder_in(item))
        ):
            words = "Người tham gia đã được cấp mã số BHXH, đề nghị tra cứu lại"
        return ("TC01", words) if words else None

    def _new_entry(self, item: dict[str, str], earlier: int) -> InsuranceEntry:
        number, is_card = item.get("maSoBhxh") or "", item["loaiYeuCau"] == CARD
        if is_card and not number:
            number = self._new_number(item["maTinhKs"], item["maYeuCau"], str(earlier))
        return InsuranceEntry(
            dossier_code=item["maHoSo"],
            number=number,
            words=_content_of(item),
            card_code=f"TE1{item['maTinhKs']}{number}" if is_card else "",
            card_until=last_day_of_card(item["ngaySinh"]) if is_card else "",
            holder=_holder_in(item),
        )

    def _work_on(self, item: dict[str, str], content_sha256: bytes, entry: InsuranceEntry) -> InsuranceRequest:
        code, kind, refusal = item["maYeuCau"], item["loaiYeuCau"], self._refusal(item)
        if OPERATIONS[kind] is Operation.REGISTER and entry.number and not refusal:
            self._numbers.setdefault(entry.holder, set()).add(entry.number)
        until = last_day_of_card(item["ngaySinh"]) if kind == CORRECTED_CARD else entry.card_until
        request = InsuranceRequest(code, item["maHoSo"], kind, content_sha256, entry, _content_of(item), until, refusal)
        self._requests[code].append(request)
        self._order.append(request)
        late_s = self._dataset.lateness_s(self.code, code)
        self._queue.put(time.monotonic() + (late_s if late_s > LATE_FROM_S else 0.0), request)
        self._finish_work()
        return request

    def _finish_work(self) -> None:
        """Lets the requests that are done by now take effect. The caller holds the lock."""
        for request in self._queue.take_done():
            entry, request.is_done = request.entry, True
            if entry.is_annulled:
                request.refusal = request.refusal or ANNULLED
            if request.refusal:
                continue
            entry.operations.append(request.operation)
            match request.operation:
                case Operation.REGISTER:
                    self._entries.append(entry)
                    if entry.card_code:
                        self._cards[entry.number] = entry
                case Operation.CORRECT:
                    self._correct(entry, request)
                case Operation.ANNUL:
                    self._numbers.get(entry.holder, set()).discard(entry.number)

    def _correct(self, entry: InsuranceEntry, request: InsuranceRequest) -> None:
        """The card gets other words; its number and its code stay."""
        self._numbers.get(entry.holder, set()).discard(entry.number)
        entry.words, entry.card_until, entry.holder = request.words, request.card_until, _holder_in(request.words)
        self._numbers.setdefault(entry.holder, set()).add(entry.number)

    def _look_up(self, content: dict[str, Any]) -> Outgoing:
        codes = content.get("dsMaYeuCau")
        if not isinstance(codes, list) or len(codes) > BATCH or not all(map(is_request_code, codes)):
            return _error(400, "91", f"dsMaYeuCau: at most {BATCH} request codes")
        with self._lock:
            self._finish_work()
            results = [self._result_of(code) for code in codes]
        return Outgoing.of_json({"errorCode": "00", "thongDiep": "", "dsKetQua": results})

    def _result_of(self, code: str) -> dict[str, str]:
        if requests := self._requests.get(code):
            return requests[-1].result()
        missing = {"trangThai": UNKNOWN, "errorCode": "01", "thongDiep": "Không tìm thấy yêu cầu"}
        return {"maYeuCau": code} | missing


def _holders(dataset: InsuranceDataset) -> Iterator[tuple[str, tuple[str, str, str, str]]]:
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
            yield number, (folded(person.full_name), born, kind, sex)


def _holder_in(item: dict[str, str]) -> Holder:
    return folded(item["hoTen"]), item["ngaySinh"], item["gioiTinh"]


def _content_of(item: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in item.items() if name not in ENVELOPE}


def _rejected(refusal: tuple[str, str]) -> dict[str, str]:
    code, words = refusal
    return {"trangThai": REJECTED, "errorCode": code, "thongDiep": words}


def _error(status: int, code: str, words: str) -> Outgoing:
    return Outgoing.of_json({"errorCode": code, "thongDiep": words}, status)
