"""Twin of the interlinked hub: token and refresh token, lists by day and module, details with XML in JSON, statuses.

One twin serves every province of the hub under `/<province code>/...`. Written from the description of the exchange
between one-stop desks and hub; it does not know the connector. Its clock ticks in seconds, and no two changes of one
dossier bear the same second, so that a mark always means one state.

What it does as the hub does: a marked dossier is not listed until it changes; a status out of order is refused with the
texts seen in practice; `maDonVi` loses the zeros of a commune's code; the citizen's supplement comes some seconds after
the dossier was first listed.

With 2 the citizen is asked for a supplement, with 6 the dossier is refused for good; both stand anywhere after 1 and
before 5, 6 not after a result. The citizen answers some seconds after being asked, where the dataset knows an answer or a
test gives one, and the hub shows again the status that stood before it asked.
"""

import heapq
import json
import secrets
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from connectors.sandbox.dataset import Planted
from connectors.sandbox.server import Incoming, Outgoing
from connectors.sandbox.twins.hub_form import form_of
from schemas.dates import VIETNAM, local_day
from schemas.dossier import Dossier

MOMENT = "%d/%m/%Y %H:%M:%S"
TOKEN_S = 1800.0
REFRESH_S = 7 * 86_400.0
EDITED_AFTER_S = 3.0
UNREADABLE = "broken_content"
SECOND = timedelta(seconds=1)

MODULES = {"birth": "LTKS", "death": "LTKT"}
BEFORE = {2: 1, 6: 1, 3: 1, 7: 3, 4: 7, 5: 4}
"""The status that must stand before this one."""
AGAIN = {1: "Hồ sơ đã tồn tại trong một cửa điện tử", 4: "Hồ sơ đã có kết quả xử lý, không được cập nhật"}
"""What a repeat of some statuses is answered; of the others that it went well."""
STATUSES = frozenset({1, 2, 3, 4, 5, 6, 7})
ASKED, REFUSED = 2, 6
"""Their text is for the citizen."""
CLOSED = frozenset({3, 7, 8})
"""National statuses of dossiers that nobody may report on."""
NEEDS = {"maTTHC": str, "maHoSo": str, "coQuanXuLy": int, "trangThai": int, "thoiGianThucHien": str, "noiDungXuLy": str}


class Realm(Protocol):
    """What this twin asks of the dataset."""

    def of_province(self, province_code: str) -> Sequence[Planted]: ...


@dataclass
class Held:
    """A dossier at the hub. `given` is the version that is shown; `history` are the statuses acknowledged, in order; `words`
    are the texts for the citizen with the times they bear; `is_answered`: the citizen has answered the last 2."""

    province_code: str
    hub_id: str
    planted: Planted
    given: Dossier
    updated_at: datetime
    history: list[int] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    words: list[tuple[str, str]] = field(default_factory=list)
    is_answered: bool = False
    listed: int = 0
    marked: bool = False
    is_edited: bool = False
    edited_given: bool = False
    papers: Sequence[bytes] = ()
    fixed: bytes = b""

    @property
    def status(self) -> int:
        shown = [status for status in self.history if status != ASKED] if self.is_answered else self.history
        return shown[-1] if shown else 0

    @property
    def is_asked(self) -> bool:
        return self.status == ASKED

    @property
    def version(self) -> str:
        return _written(self.updated_at)

    def change(self, at: datetime) -> None:
        self.updated_at = max(at.replace(microsecond=0), self.updated_at + SECOND)
        self.marked = False

    def answer(self, given: Dossier, at: datetime) -> None:
        """The citizen's new version takes the old one's place."""
        self.given, self.is_edited, self.is_answered, self.fixed = given, True, True, b""
        self.change(at)

    def row(self) -> dict[str, Any]:
        """The ground truth of it."""
        return {
            "dossier_code": self.given.dossier_code.strip(), "province_code": self.province_code,
            "status": self.status, "history": list(self.history), "listed": self.listed, "marked": self.marked,
            "results": dict(self.results), "words": [words for _, words in self.words],
        }  # fmt: skip

    def head(self) -> dict[str, Any]:
        """What a list says of it."""
        dossier = self.given
        return {
            "id": self.hub_id, **_unit(dossier.commune_code), "maTTHC": dossier.procedure_as_written,
            "module": MODULES[dossier.case.kind], "maHoSo": dossier.dossier_code, "techId": dossier.technical_id,
            "ngayTiepNhan": _written(dossier.received_at), "ngayCapNhat": self.version,
        }  # fmt: skip

    def detail(self) -> bytes:
        self.fixed = self.fixed or json.dumps(self._fixed(), ensure_ascii=False).encode()[1:]
        moving = self.head() | {"trangThai": self.status, "trangThaiHoSo": int(self.given.status)}
        head = json.dumps(moving, ensure_ascii=False).encode()[:-1]
        return b'{"status":"1","statusDescription":"","value":%s,%s}' % (head, self.fixed)

    def _fixed(self) -> dict[str, Any]:
        """What stays as it is while the version stays."""
        dossier, form, papers = self.given, form_of(self.given), self.papers or self.planted.papers
        if self.planted.defect == UNREADABLE and not self.is_edited:
            form = form.removesuffix("</hoTich>")
        return {
            "soHoSoLT": dossier.national_code, "ngayHenTra": _written(dossier.due_at) if dossier.due_at else None,
            "maCoQuan": dossier.agency_code, "trichYeu": dossier.abstract, "data": form,
            "fileDinhKem": [
                {
                    "id": position, "loaiGiayTo": paper.kind_code, "tenGiayTo": paper.kind_code,
                    "tenTepDinhKem": paper.name, "huyGiayTo": 0, "maBam": paper.sha256, "dungLuong": paper.size,
                    "duLieuTepDinhKem": b64encode(content).decode(),
                }
                for position, (paper, content) in enumerate(zip(dossier.papers, papers, strict=False))
            ],
        }  # fmt: skip


def _written(instant: datetime) -> str:
    return instant.astimezone(VIETNAM).strftime(MOMENT)


def _unit(commune_code: str | None) -> dict[str, Any]:
    """The receiving unit as a number; the code beside it only where the number cannot say it."""
    if commune_code is None:
        return {"maDonVi": None}
    if commune_code.isascii() and commune_code.isdecimal() and len(commune_code) == 5 and int(commune_code) >= 1000:
        return {"maDonVi": int(commune_code)}
    return {"maDonVi": None, "maXaTiepNhan": commune_code}


class Session(NamedTuple):
    """Of a token: whose it is, how long it lives, what renews it."""

    province_code: str = ""
    until: float = 0.0
    refresh: str = ""
    refresh_until: float = 0.0


class Refusal(Exception):
    """The hub's own error."""

    def __init__(self, description: str, status: int = 200) -> None:
        super().__init__(description)
        self.answer = _said("0", description, status)


def _said(status: str, description: str, http_status: int = 200) -> Outgoing:
    where = "statusDescription" if status == "1" else "errorDescription"
    said = {"status": status, "statusDescription": "", "errorDescription": "", where: description}
    return Outgoing.of_json(said, http_status)


class HubTwin:
    """The hub. `credentials(province)` are accepted; tokens live `token_s`, refresh tokens `refresh_s`."""

    code = "hub"

    def __init__(
        self, dataset: Realm, province_codes: Sequence[str], *, token_s: float = TOKEN_S, refresh_s: float = REFRESH_S
    ) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, dict[str, Held]] = {code: _held_by(dataset, code) for code in province_codes}
        all_held = [held for by_id in self._held.values() for held in by_id.values()]
        self._by_code = {(held.province_code, held.given.dossier_code.strip()): held for held in all_held}
        self._supplements: list[tuple[float, str, str]] = []
        self._sessions: dict[str, Session] = {}
        self._token_s, self._refresh_s = token_s, refresh_s

    @staticmethod
    def credentials(province_code: str) -> tuple[str, str]:
        """userName and password of a province's connection."""
        return f"lienthong-{province_code}", f"hub-{province_code}"

    def handle(self, request: Incoming) -> Outgoing:
        _, province, rest, *_ = (*request.path.split("/", 2), "", "")
        path = f"/{rest}"
        try:
            with self._lock:
                if province not in self._held:
                    raise Refusal("Không tìm thấy đường dẫn", 404)
                if path in ("/api/token", "/api/token/refresh"):
                    return self._grant(province, request, is_renewal=path.endswith("refresh"))
                self._admit(province, request)
                return self._answer(province, path, request)
        except Refusal as refusal:
            return refusal.answer

    def registered(self) -> list[dict[str, Any]]:
        with self._lock:
            return [held.row() for held in self._by_code.values()]

    def given(self) -> int:
        """Dossiers that were listed at least once."""
        return sum(row["listed"] > 0 for row in self.registered())

    def still_to_come(self) -> int:
        """Supplemented versions whose detail was not given yet."""
        with self._lock:
            held = self._by_code.values()
            return sum(bool(each.planted.edited and (each.is_asked or not each.edited_given)) for each in held)

    def supplement(self, dossier_code: str, dossier: Dossier, papers: Sequence[bytes] = ()) -> None:
        """The citizen answers now with this dossier; `papers` are the bytes of its papers, when they changed."""
        with self._lock:
            held = next(held for (_, code), held in self._by_code.items() if code == dossier_code.strip())
            held.papers = papers or held.papers
            held.answer(dossier, datetime.now(VIETNAM))

    def _grant(self, province: str, request: Incoming, *, is_renewal: bool) -> Outgoing:
        content = _object_of(request)
        if is_renewal:
            old = self._sessions.pop(str(content.get("token")), Session())
            is_known = (old.province_code, old.refresh) == (province, content.get("refreshToken"))
            if not is_known or old.refresh_until <= time.monotonic():
                raise Refusal("Refresh token không hợp lệ hoặc đã hết hạn", 401)
        elif (content.get("userName"), content.get("password")) != self.credentials(province):
            raise Refusal("Sai tên đăng nhập hoặc mật khẩu", 401)
        now, token, refresh = time.monotonic(), secrets.token_hex(16), secrets.token_hex(16)
        self._sessions[token] = Session(province, now + self._token_s, refresh, now + self._refresh_s)
        until = _written(datetime.now(VIETNAM) + timedelta(seconds=self._refresh_s))
        return Outgoing.of_json({"token": token, "refreshToken": refresh, "refreshTokenExpiryTime": until})

    def _admit(self, province: str, request: Incoming) -> None:
        session = self._sessions.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if session is None or session.province_code != province or session.until <= time.monotonic():
            raise Refusal("Token không hợp lệ hoặc đã hết hạn", 401)

    def _answer(self, province: str, path: str, request: Incoming) -> Outgoing:
        answers: dict[tuple[str, str], Callable[[str, Incoming], Outgoing]] = {
            ("GET", "/api/hoSo"): self._list,
            ("POST", "/api/hoSo/danhDau"): self._mark,
            ("POST", "/api/hoSo/trangThai"): self._hear,
            ("GET", "/api/ketNoi"): lambda province, request: _said("1", "thành công"),
        }
        if answer := answers.get((request.method, path)):
            return answer(province, request)
        held = self._held[province].get(path.removeprefix("/api/hoSo/"))
        if request.method != "GET" or held is None:
            raise Refusal("Hồ sơ không tồn tại", 404)
        held.edited_given = held.edited_given or held.is_edited
        return Outgoing(200, held.detail())

    def _list(self, province: str, request: Incoming) -> Outgoing:
        on, module = _day(request.query.get("ngay", "")), request.query.get("module")
        if module not in MODULES.values():
            raise Refusal("Module không hợp lệ", 400)
        self._supplement()
        found = [
            held for held in self._held[province].values()
            if not held.marked and MODULES[held.given.case.kind] == module and local_day(held.updated_at) == on
        ]  # fmt: skip
        for held in found:
            if held.listed == 0:
                self._expect(held)
            held.listed += 1
        return Outgoing.of_json({"status": "1", "statusDescription": "", "value": [held.head() for held in found]})

    def _expect(self, held: Held) -> None:
        """The citizen of this dossier will supplement it, if the dataset says so."""
        if held.planted.edited:
            heapq.heappush(self._supplements, (time.time() + EDITED_AFTER_S, held.province_code, held.hub_id))

    def _supplement(self) -> None:
        """What citizens have supplemented by now."""
        while self._supplements and self._supplements[0][0] <= time.time():
            at, province, hub_id = heapq.heappop(self._supplements)
            held = self._held[province][hub_id]
            if held.planted.edited and (held.is_asked or not held.is_edited):
                held.answer(held.planted.edited, datetime.fromtimestamp(at, VIETNAM))

    def _mark(self, province: str, request: Incoming) -> Outgoing:
        marks = _object_of(request).get("danhSach")
        if not isinstance(marks, list) or not all(isinstance(mark, dict) for mark in marks):
            raise Refusal("Dữ liệu không hợp lệ: danhSach", 400)
        for mark in marks:
            if held := self._held[province].get(str(mark.get("id"))):
                held.marked = held.marked or held.version == mark.get("ngayCapNhat")
        return _said("1", "Đánh dấu thành công")

    def _hear(self, province: str, request: Incoming) -> Outgoing:
        content = _object_of(request)
        wrong = [name for name, kind in NEEDS.items() if type(content.get(name)) is not kind]
        if wrong or content["trangThai"] not in STATUSES:
            raise Refusal(f"Dữ liệu không hợp lệ: {', '.join(wrong) or 'trangThai'}")
        held = self._by_code.get((province, content["maHoSo"].strip()))
        if held is None or content.get("soHoSoLT") != held.given.national_code:
            raise Refusal("Hồ sơ không tồn tại")
        if not _is_repeat(held, content):
            self._take(held, content)
        return _said("1", "Cập nhật trạng thái thành công")

    def _take(self, held: Held, content: Mapping[str, Any]) -> None:
        held.results.update(_results(content))
        held.history.append(content["trangThai"])
        held.change(datetime.now(VIETNAM))
        if content["trangThai"] in (ASKED, REFUSED):
            held.words.append((content["thoiGianThucHien"], content["noiDungXuLy"]))
        if content["trangThai"] == ASKED:
            held.is_answered = False
            self._expect(held)


def _held_by(dataset: Realm, province_code: str) -> dict[str, Held]:
    carried = [each for each in dataset.of_province(province_code) if each.dossier.case.kind in MODULES]
    return {
        hub_id: Held(province_code, hub_id, each, each.dossier, each.dossier.updated_at)
        for hub_id, each in ((str(number), each) for number, each in enumerate(carried, 100_001))
    }


def _object_of(request: Incoming) -> dict[str, Any]:
    try:
        return dict(request.json())
    except (ValueError, TypeError, RecursionError):
        raise Refusal("Dữ liệu không đúng định dạng", 400) from None


def _day(written: str) -> date:
    try:
        return datetime.strptime(written, "%d/%m/%Y").date()
    except ValueError:
        raise Refusal("Ngày không hợp lệ", 400) from None


def _is_repeat(held: Held, content: Mapping[str, Any]) -> bool:
    """Whether this was said already; a Refusal when it may not come now."""
    status = content["trangThai"]
    if held.status == 6 or held.given.status in CLOSED:
        raise Refusal("Hồ sơ đã bị từ chối. Không thể cập nhật trạng thái")
    if held.status == 5:
        raise Refusal("Hồ sơ đã hoàn thành đăng ký, không được cập nhật trạng thái")
    if status == ASKED and (content["thoiGianThucHien"], content["noiDungXuLy"]) in held.words:
        return True
    if status == REFUSED and 4 in held.history:
        raise Refusal(AGAIN[4])
    if status == held.status != ASKED:
        if status in AGAIN:
            raise Refusal(AGAIN[status])
        return True
    if status in held.history and status != ASKED:
        raise Refusal("Logic xử lý không hợp lệ")
    if status in BEFORE and BEFORE[status] not in held.history:
        raise Refusal(f"Hồ sơ chưa cập nhật trạng thái {BEFORE[status]}")
    return False


def _results(content: Mapping[str, Any]) -> dict[str, str]:
    """What the registries gave; a registration must say it."""
    written = content.get("ketQuaXuLy")
    if written is None and content["trangThai"] != 4:
        return {}
    try:
        results = {name: str(value) for name, value in json.loads(str(written)).items()}
        json.dumps(results, ensure_ascii=False).encode()  # what we keep must be fit to be shown
        return results
    except (ValueError, AttributeError, RecursionError):
        raise Refusal("Dữ liệu không hợp lệ: ketQuaXuLy") from None
