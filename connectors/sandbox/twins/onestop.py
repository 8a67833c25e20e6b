"""Twin of a vendor's one-stop portal: OAuth2, JSON, pages by update time, papers by link, progress rows.

One twin serves every province of the platform under `/<province code>/...`. Written from the description of the
national portal's sync service and of the vendors' style; it does not know the connector.

What it does as portals do: every change moves a dossier's update time, so that rows move while pages are read; the
citizen's supplement comes some seconds after the dossier was first listed; a progress row changes the status only
upwards, and a dossier that the desk has not handed over (1, 5, 6) keeps its status whatever the row says.

A row with 5 asks the citizen for a supplement and one with 8 ends the dossier, each at any time after the desk handed
it over and before it is done. While 5 stands it stays, whatever rows of work say; the citizen answers some seconds
after being asked, where the dataset knows an answer or a test gives one, and the status is the desk's again.
"""

import heapq
import json
import secrets
import threading
import time
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from connectors.sandbox.dataset import Planted
from connectors.sandbox.server import Incoming, Outgoing
from connectors.sandbox.twins.onestop_form import FORMS, written
from schemas.dates import VIETNAM
from schemas.dossier import Dossier

LARGEST_PAGE = 200
MOST_ROWS = 10
TOKEN_S = 3600.0
EDITED_AFTER_S = 3.0
TICK = timedelta(microseconds=1)
UNREADABLE = "broken_content"

WAITING, CLOSED, ENDED = frozenset({1, 5, 6}), frozenset({3, 7, 8}), frozenset({9, 10})
LEVELS = {2: 0, 4: 1, 9: 2}
"""Statuses of work that a progress row may bring, in their order."""
ASKED, ENDS = 5, 8
"""What else a row may bring: its text is for the citizen."""
ROW_NEEDS = {"maHoSo": str, "trangThai": int, "noiDungXuLy": str, "nguoiXuLy": str, "thoiDiemXuLy": str}
RESULTS = (
    "ngayDangKy", "soDangKy", "quyenSo", "trangSo", "soDinhDanh", "soHoSoCuTru", "maSoBhxh", "maTheBhyt", "hanTheBhyt",
    "maBienDong", "maGiayToKetQua",
)  # fmt: skip


class Realm(Protocol):
    """What this twin asks of the dataset."""

    def of_province(self, province_code: str) -> Sequence[Planted]: ...


@dataclass
class Held:
    """A dossier at the portal. `given` is the version that is shown; `rows` are the progress rows acknowledged; `is_asked`: it
    waits for the citizen's answer to one of them."""

    province_code: str
    planted: Planted
    given: Dossier
    status: int
    updated_at: datetime
    rows: list[dict[str, Any]] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    listed: int = 0
    is_edited: bool = False
    edited_listed: bool = False
    is_asked: bool = False
    fixed: str = ""
    shown: bytes = b""

    def item(self) -> bytes:
        """The item's JSON; what does not change is written once a version."""
        if not self.fixed:
            content = written(self.given) | {"loaiBieuMau": FORMS[self.given.case.kind]}
            if self.planted.defect == UNREADABLE and not self.is_edited:
                content["ngayTiepNhan"] = int(self.given.received_at.timestamp())
            self.fixed = json.dumps(content, ensure_ascii=False, separators=(",", ":"))[:-1]
        if not self.shown:
            progress = json.dumps(self.rows, ensure_ascii=False) if self.rows else "[]"
            self.shown = (
                f'{self.fixed},"trangThai":{self.status},"ngayCapNhat":"{self.updated_at.isoformat()}",'
                f'"tienDoXuLy":{progress}}}'
            ).encode()
        return self.shown


@dataclass
class Desk:
    """A province's one-stop portal: its dossiers by code, and in the order of their update times."""

    held: dict[str, Held]
    papers: dict[str, bytes]
    order: list[tuple[datetime, str]]
    supplements: list[tuple[float, str]] = field(default_factory=list)

    @classmethod
    def of(cls, province_code: str, planted: Iterable[Planted]) -> "Desk":
        held = {
            each.dossier.dossier_code.strip(): Held(
                province_code, each, each.dossier, each.dossier.status, each.dossier.updated_at
            )
            for each in planted
        }
        papers = {
            paper.link: content
            for each in held.values()
            for paper, content in zip(each.planted.dossier.papers, each.planted.papers, strict=False)
            if paper.link
        }
        return cls(held, papers, sorted((each.updated_at, code) for code, each in held.items()))

    def move(self, code: str, updated_at: datetime) -> None:
        """Gives a dossier a new update time: its row moves."""
        held = self.held[code]
        del self.order[bisect_left(self.order, (held.updated_at, code))]
        insort(self.order, (updated_at, code))
        held.updated_at, held.shown = updated_at, b""

    def supplement(self) -> None:
        """What citizens have supplemented by now."""
        while self.supplements and self.supplements[0][0] <= time.time():
            at, code = heapq.heappop(self.supplements)
            held = self.held[code]
            if held.planted.edited and (held.is_asked or not held.is_edited):
                self.answer(code, held.planted.edited, datetime.fromtimestamp(at, VIETNAM))

    def answer(self, code: str, given: Dossier, at: datetime) -> None:
        """The citizen's new version takes the old one's place."""
        held = self.held[code]
        if held.is_asked or given.status != held.planted.dossier.status:
            held.status = given.status
        held.given, held.is_edited, held.is_asked, held.fixed = given, True, False, ""
        self.move(code, max(at, held.updated_at + TICK))

    def expect(self, code: str) -> None:
        """The citizen of this dossier will supplement it, if the dataset says so."""
        if self.held[code].planted.edited:
            heapq.heappush(self.supplements, (time.time() + EDITED_AFTER_S, code))

    def listed(self, code: str) -> Held:
        held = self.held[code]
        if held.listed == 0:
            self.expect(code)
        held.listed += 1
        held.edited_listed = held.edited_listed or held.is_edited
        return held


class Refusal(Exception):
    """The portal's own error: error_code, message and HTTP status."""

    def __init__(self, error_code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.answer = Outgoing.of_json({"error_code": error_code, "message": message}, status)


class OnestopTwin:
    """The portal. `credentials(province)` are accepted; `token_s` is how long a token lives."""

    code = "onestop"

    def __init__(self, dataset: Realm, province_codes: Sequence[str], *, token_s: float = TOKEN_S) -> None:
        self._lock = threading.Lock()
        self._desks = {code: Desk.of(code, dataset.of_province(code)) for code in province_codes}
        self._tokens: dict[str, tuple[str, float]] = {}
        self._token_s = token_s

    @staticmethod
    def credentials(province_code: str) -> tuple[str, str]:
        """Client id and secret of a province's connection."""
        return f"lienthong-{province_code}", f"onestop-{province_code}"

    def handle(self, request: Incoming) -> Outgoing:
        _, province_code, rest, *_ = (*request.path.split("/", 2), "", "")
        desk, path = self._desks.get(province_code), f"/{rest}"
        try:
            with self._lock:
                if desk is None:
                    raise Refusal(404, "Không tìm thấy đường dẫn", 404)
                if path == "/oauth2/token":
                    return self._grant(province_code, request)
                self._admit(province_code, request)
                return self._answer(desk, path, request)
        except Refusal as refusal:
            return refusal.answer

    def registered(self) -> list[dict[str, Any]]:
        with self._lock:
            return [self._row(code, held) for desk in self._desks.values() for code, held in desk.held.items()]

    def given(self) -> int:
        """Dossiers that were listed at least once."""
        return sum(row["listed"] > 0 for row in self.registered())

    def still_to_come(self) -> int:
        """Supplemented versions that were not listed yet."""
        with self._lock:
            held = [each for desk in self._desks.values() for each in desk.held.values()]
            return sum(bool(each.planted.edited and (each.is_asked or not each.edited_listed)) for each in held)

    def supplement(self, dossier_code: str, dossier: Dossier, papers: Sequence[bytes] = ()) -> None:
        """The citizen answers now with this dossier; `papers` are the bytes of its papers, when they changed."""
        with self._lock:
            desk = next(desk for desk in self._desks.values() if dossier_code.strip() in desk.held)
            desk.papers |= {paper.link: each for paper, each in zip(dossier.papers, papers, strict=False) if paper.link}
            desk.answer(dossier_code.strip(), dossier, datetime.now(VIETNAM))

    @staticmethod
    def _row(code: str, held: Held) -> dict[str, Any]:
        return {
            "dossier_code": code,
            "province_code": held.province_code,
            "status": held.status,
            "history": [row["trangThai"] for row in held.rows],
            "listed": held.listed,
            "marked": False,
            "results": dict(held.results),
            "words": [row["noiDungXuLy"] for row in held.rows if row["trangThai"] in (ASKED, ENDS)],
        }

    def _grant(self, province_code: str, request: Incoming) -> Outgoing:
        form = _form_of(request)
        if form.get("grant_type") != "client_credentials":
            return Outgoing.of_json({"error": "unsupported_grant_type"}, 400)
        if (form.get("client_id"), form.get("client_secret")) != self.credentials(province_code):
            return Outgoing.of_json({"error": "invalid_client"}, 401)
        token = secrets.token_hex(16)
        self._tokens[token] = (province_code, time.monotonic() + self._token_s)
        return Outgoing.of_json({"access_token": token, "token_type": "Bearer", "expires_in": int(self._token_s)})

    def _admit(self, province_code: str, request: Incoming) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        owner, until = self._tokens.get(token, ("", 0.0))
        if owner != province_code or until <= time.monotonic():
            self._tokens.pop(token, None)
            raise Refusal(401, "Token không hợp lệ hoặc đã hết hạn", 401)

    def _answer(self, desk: Desk, path: str, request: Incoming) -> Outgoing:
        if request.method == "GET" and path in desk.papers:
            return Outgoing(200, desk.papers[path], "application/pdf")
        answers: dict[tuple[str, str], Callable[[Desk, Incoming], Outgoing]] = {
            ("GET", "/api/hoSo"): self._list,
            ("POST", "/api/tienDo"): self._take_rows,
            ("GET", "/api/ketNoi"): lambda desk, request: Outgoing.of_json({"error_code": 0, "message": ""}),
        }
        answer = answers.get((request.method, path))
        if answer is None:
            raise Refusal(404, "Không tìm thấy đường dẫn", 404)
        return answer(desk, request)

    def _list(self, desk: Desk, request: Incoming) -> Outgoing:
        try:
            since = datetime.fromisoformat(request.query["updatedSince"])
            page, size = int(request.query.get("page", "1")), int(request.query.get("pageSize", "200"))
        except (KeyError, ValueError):
            raise Refusal(-1, "Tham số updatedSince, page, pageSize không hợp lệ", 400) from None
        if since.tzinfo is None or page < 1 or not 1 <= size <= LARGEST_PAGE:
            raise Refusal(-1, "Tham số updatedSince, page, pageSize không hợp lệ", 400)
        desk.supplement()
        first = bisect_left(desk.order, (since, "")) + (page - 1) * size
        items = [desk.listed(code).item() for _, code in desk.order[first : first + size]]
        return Outgoing(200, b'{"error_code":0,"message":"","trang":%d,"danhSach":[%s]}' % (page, b",".join(items)))

    def _take_rows(self, desk: Desk, request: Incoming) -> Outgoing:
        try:
            rows = request.json()["data"]
            json.dumps(rows, ensure_ascii=False).encode()  # what we keep must be fit to be shown
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Refusal(-1, "Dữ liệu không đúng định dạng", 400) from None
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
            raise Refusal(-1, f"Mỗi lần gửi từ 1 đến {MOST_ROWS} dòng tiến độ", 400)
        return Outgoing.of_json({"error_code": 0, "message": "", "data": [self._take_row(desk, row) for row in rows]})

    def _take_row(self, desk: Desk, row: Any) -> dict[str, Any]:
        row = row if isinstance(row, dict) else {}
        wrong = [name for name, kind in ROW_NEEDS.items() if type(row.get(name)) is not kind]
        if wrong or row["trangThai"] not in {*LEVELS, ASKED, ENDS}:
            error_code, message = -1, f"Dữ liệu không hợp lệ: {', '.join(wrong) or 'trangThai'}"
        elif (held := desk.held.get(row["maHoSo"].strip())) is None:
            error_code, message = -2, "Hồ sơ không tồn tại"
        else:
            error_code, message = _verdict(held, row)
            if error_code == 0:
                _keep(held, row)
                desk.move(row["maHoSo"].strip(), max(datetime.now(VIETNAM), held.updated_at + TICK))
                if row["trangThai"] == ASKED:
                    desk.expect(row["maHoSo"].strip())
        return {"maHoSo": row.get("maHoSo"), "error_code": error_code, "message": message}


def _form_of(request: Incoming) -> dict[str, str]:
    try:
        return request.form()
    except UnicodeDecodeError:
        return {}


def _verdict(held: Held, row: Mapping[str, Any]) -> tuple[int, str]:
    """What the portal says of a progress row, by the order it holds to."""
    if _is_repeat(held, row):
        return 3, "Tiến độ xử lý đã tồn tại"
    if held.status in CLOSED:
        return -3, "Hồ sơ đã bị từ chối. Không thể cập nhật trạng thái"
    if held.status in ENDED:
        return -3, "Hồ sơ đã hoàn thành, không được cập nhật tiến độ"
    status = row["trangThai"]
    if held.status in WAITING and not held.is_asked and status != 2:
        return -3, "Hồ sơ chưa cập nhật trạng thái tiếp nhận của bộ phận một cửa"
    return _verdict_of_work(held, status) if status in LEVELS else (0, "Thành công")


def _is_repeat(held: Held, row: Mapping[str, Any]) -> bool:
    """The same status and text; what is for the citizen may be said again at another time."""
    names = ("trangThai", "noiDungXuLy") + (() if row["trangThai"] in LEVELS else ("thoiDiemXuLy",))
    return any(all(each[name] == row[name] for name in names) for each in held.rows)


def _verdict_of_work(held: Held, status: int) -> tuple[int, str]:
    level = max((LEVELS[row["trangThai"]] for row in held.rows if row["trangThai"] in LEVELS), default=-1)
    if LEVELS[status] < level:
        return -3, "Logic xử lý không hợp lệ"
    if LEVELS[status] > level + 1 or (held.is_asked and status == 9):
        return -3, "Hồ sơ chưa cập nhật trạng thái trước đó"
    return 0, "Thành công"


def _keep(held: Held, row: Mapping[str, Any]) -> None:
    held.rows.append(dict(row))
    held.results.update({name: str(row[name]) for name in RESULTS if row.get(name)})
    status = row["trangThai"]
    if status in (ASKED, ENDS):
        held.status, held.is_asked = status, status == ASKED
    elif held.status not in WAITING:
        held.status = max(held.status, status)
