"""Twin of a vendor's one-stop portal: OAuth2, JSON, pages by update time, papers by link, progress rows.

One twin serves every province of the platform under `/<province code>/...`. Written from the description of the
national portal's sync service and of the vendors' style; it does not know the connector.

What it does as portals do: every change moves a dossier's update time, so that rows move while pages are read; the
citizen's supplement comes some seconds after the dossier was first listed; a progress row changes the status only
upwards, and a dossier that the desk has not handed over (1, 5, 6) keeps its status whatever the row says.

A row with 5 asks the citizen for a supplement and one with 8 ends the dossier, each at any time after the desk handed
it over and before it is done. Status 5 stays until the citizen answers, whatever rows of work say. The citizen answers
some seconds after being asked, where the dataset knows an answer or a test gives one; then the status is again the one
that the desk gave.

A dossier may change at any time, also after it is done (9): it keeps its status and gets a new update time. A dossier
that the citizen withdraws has status 7.
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
from typing import Any

from connectors.sandbox.dataset import Planted
from connectors.sandbox.server import Incoming, Outgoing
from connectors.sandbox.twins.contract import PortalDataset
from connectors.sandbox.twins.onestop_form import FORMS, written
from schemas.dates import VIETNAM
from schemas.dossier import Dossier, PortalStatus

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
"""The other statuses that a row may bring: their text is for the citizen."""
ROW_NEEDS = {"maHoSo": str, "trangThai": int, "noiDungXuLy": str, "nguoiXuLy": str, "thoiDiemXuLy": str}
RESULTS = (
    "ngayDangKy soDangKy quyenSo trangSo soDinhDanh soHoSoCuTru maSoBhxh maTheBhyt hanTheBhyt maBienDong maGiayToKetQua"
).split()


@dataclass
class OnestopDossier:
    """A dossier at the portal.

    `given` is the version that is shown; `rows` are the progress rows acknowledged; `is_asked`: it waits for the
    citizen's answer to one of them.
    """

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

    @property
    def is_withdrawn(self) -> bool:
        return self.status == PortalStatus.WITHDRAWN

    @property
    def is_awaited(self) -> bool:
        """Whether the dataset has a supplemented version that may still come."""
        is_due = self.is_asked or not self.is_edited
        return self.planted.edited is not None and is_due and not self.is_withdrawn

    def item(self) -> bytes:
        """The item's JSON; the part that changes with the version only is written once per version."""
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
class OnestopPortal:
    """A province's one-stop portal: its dossiers by code, and in the order of their update times."""

    held: dict[str, OnestopDossier]
    papers: dict[str, bytes]
    order: list[tuple[datetime, str]]
    supplements: list[tuple[float, str]] = field(default_factory=list)

    @classmethod
    def of(cls, province_code: str, planted: Iterable[Planted]) -> "OnestopPortal":
        dossiers = {
            row.dossier.dossier_code.strip(): OnestopDossier(
                province_code, row, row.dossier, row.dossier.status, row.dossier.updated_at
            )
            for row in planted
        }
        portal = cls(dossiers, {}, sorted((dossier.updated_at, code) for code, dossier in dossiers.items()))
        for dossier in dossiers.values():
            portal.keep_papers(dossier.planted.dossier, dossier.planted.papers)
        return portal

    def keep_papers(self, dossier: Dossier, contents: Sequence[bytes]) -> None:
        """The bytes behind the links of a dossier's papers, in their order."""
        described = zip(dossier.papers, contents, strict=False)
        self.papers |= {paper.link: content for paper, content in described if paper.link}

    def move(self, code: str, updated_at: datetime) -> None:
        """Gives a dossier a new update time: its row moves."""
        held = self.held[code]
        del self.order[bisect_left(self.order, (held.updated_at, code))]
        insort(self.order, (updated_at, code))
        held.updated_at, held.shown = updated_at, b""

    def change(self, code: str, changed_at: datetime) -> None:
        """Moves a dossier because something of it changed: its update time only grows."""
        self.move(code, max(changed_at, self.held[code].updated_at + TICK))

    def supplement(self) -> None:
        """Shows the supplemented versions that citizens have given by now."""
        while self.supplements and self.supplements[0][0] <= time.time():
            given_at, code = heapq.heappop(self.supplements)
            held = self.held[code]
            if held.planted.edited and held.is_awaited:
                self.answer(code, held.planted.edited, datetime.fromtimestamp(given_at, VIETNAM))

    def answer(self, code: str, given: Dossier, answered_at: datetime) -> None:
        """The citizen gives another version, asked or not; the status is the desk's again."""
        held = self.held[code]
        if held.is_asked or given.status != held.planted.dossier.status:
            held.status = given.status
        held.is_asked = False
        self.amend(code, given, answered_at)

    def amend(self, code: str, given: Dossier, changed_at: datetime) -> None:
        """Another version takes the place of the one that is shown; the status stays."""
        held = self.held[code]
        held.given, held.is_edited, held.fixed = given, True, ""
        self.change(code, changed_at)

    def withdraw(self, code: str, changed_at: datetime) -> None:
        held = self.held[code]
        held.status, held.is_asked = int(PortalStatus.WITHDRAWN), False
        self.change(code, changed_at)

    def expect_supplement(self, code: str) -> None:
        """The citizen will supplement this dossier, when the dataset has a supplemented version."""
        if self.held[code].planted.edited:
            heapq.heappush(self.supplements, (time.time() + EDITED_AFTER_S, code))

    def listed(self, code: str) -> OnestopDossier:
        held = self.held[code]
        if held.listed == 0:
            self.expect_supplement(code)
        held.listed += 1
        held.edited_listed = held.edited_listed or held.is_edited
        return held


class OnestopRefusal(Exception):
    """The portal's own error: error_code, message and HTTP status."""

    def __init__(self, error_code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.answer = Outgoing.of_json({"error_code": error_code, "message": message}, status)


class OnestopTwin:
    """The portal. `credentials(province)` are accepted; `token_s` is how long a token lives."""

    code = "onestop"

    def __init__(self, dataset: PortalDataset, province_codes: Sequence[str], *, token_s: float = TOKEN_S) -> None:
        self._lock = threading.Lock()
        self._portals = {code: OnestopPortal.of(code, dataset.of_province(code)) for code in province_codes}
        self._tokens: dict[str, tuple[str, float]] = {}
        self._token_s = token_s

    @staticmethod
    def credentials(province_code: str) -> tuple[str, str]:
        """Client id and secret of a province's connection."""
        return f"lienthong-{province_code}", f"onestop-{province_code}"

    def handle(self, request: Incoming) -> Outgoing:
        _, province_code, rest, *_ = (*request.path.split("/", 2), "", "")
        portal, path = self._portals.get(province_code), f"/{rest}"
        try:
            with self._lock:
                if portal is None:
                    raise OnestopRefusal(404, "Không tìm thấy đường dẫn", 404)
                if path == "/oauth2/token":
                    return self._grant(province_code, request)
                self._admit(province_code, request)
                return self._answer(portal, path, request)
        except OnestopRefusal as refusal:
            return refusal.answer

    def registered(self) -> list[dict[str, Any]]:
        with self._lock:
            return [self._row(code, held) for portal in self._portals.values() for code, held in portal.held.items()]

    def given(self) -> int:
        """Dossiers that were listed at least once."""
        return sum(row["listed"] > 0 for row in self.registered())

    def still_to_come(self) -> int:
        """Supplemented versions that were not listed yet."""
        with self._lock:
            dossiers = [held for portal in self._portals.values() for held in portal.held.values()]
            return sum(
                bool(held.planted.edited and (held.is_asked or not held.edited_listed) and not held.is_withdrawn)
                for held in dossiers
            )

    def supplement(self, dossier_code: str, dossier: Dossier, papers: Sequence[bytes] = ()) -> None:
        """The citizen answers now with this dossier; `papers` are the bytes of its papers, when they changed."""
        with self._lock:
            portal = self._portal_of(dossier_code.strip())
            portal.keep_papers(dossier, papers)
            portal.answer(dossier_code.strip(), dossier, datetime.now(VIETNAM))

    def amend(self, dossier_code: str, dossier: Dossier, papers: Sequence[bytes] = ()) -> None:
        """The dossier gets this content now, whatever its status is; the status stays. `papers` as in `supplement`.

        Raises LookupError for a dossier that no portal has.
        """
        with self._lock:
            portal = self._portal_of(dossier_code.strip())
            portal.keep_papers(dossier, papers)
            portal.amend(dossier_code.strip(), dossier, datetime.now(VIETNAM))

    def withdraw(self, dossier_code: str) -> None:
        """The citizen withdraws the dossier now. Raises LookupError for a dossier that no portal has."""
        with self._lock:
            self._portal_of(dossier_code.strip()).withdraw(dossier_code.strip(), datetime.now(VIETNAM))

    def _portal_of(self, code: str) -> OnestopPortal:
        for portal in self._portals.values():
            if code in portal.held:
                return portal
        raise LookupError("no portal has such a dossier")

    @staticmethod
    def _row(code: str, held: OnestopDossier) -> dict[str, Any]:
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
            raise OnestopRefusal(401, "Token không hợp lệ hoặc đã hết hạn", 401)

    def _answer(self, portal: OnestopPortal, path: str, request: Incoming) -> Outgoing:
        if request.method == "GET" and path in portal.papers:
            return Outgoing(200, portal.papers[path], "application/pdf")
        answers: dict[tuple[str, str], Callable[[OnestopPortal, Incoming], Outgoing]] = {
            ("GET", "/api/hoSo"): self._list,
            ("POST", "/api/tienDo"): self._take_rows,
            ("GET", "/api/ketNoi"): lambda portal, request: Outgoing.of_json({"error_code": 0, "message": ""}),
        }
        answer = answers.get((request.method, path))
        if answer is None:
            raise OnestopRefusal(404, "Không tìm thấy đường dẫn", 404)
        return answer(portal, request)

    def _list(self, portal: OnestopPortal, request: Incoming) -> Outgoing:
        try:
            since = datetime.fromisoformat(request.query["updatedSince"])
            page, size = int(request.query.get("page", "1")), int(request.query.get("pageSize", "200"))
        except (KeyError, ValueError):
            raise OnestopRefusal(-1, "Tham số updatedSince, page, pageSize không hợp lệ", 400) from None
        if since.tzinfo is None or page < 1 or not 1 <= size <= LARGEST_PAGE:
            raise OnestopRefusal(-1, "Tham số updatedSince, page, pageSize không hợp lệ", 400)
        portal.supplement()
        first = bisect_left(portal.order, (since, "")) + (page - 1) * size
        items = [portal.listed(code).item() for _, code in portal.order[first : first + size]]
        return Outgoing(200, b'{"error_code":0,"message":"","trang":%d,"danhSach":[%s]}' % (page, b",".join(items)))

    def _take_rows(self, portal: OnestopPortal, request: Incoming) -> Outgoing:
        try:
            rows = request.json()["data"]
            json.dumps(rows, ensure_ascii=False).encode()  # only rows that can be shown again are kept
        except (ValueError, KeyError, TypeError, RecursionError):
            raise OnestopRefusal(-1, "Dữ liệu không đúng định dạng", 400) from None
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
            raise OnestopRefusal(-1, f"Mỗi lần gửi từ 1 đến {MOST_ROWS} dòng tiến độ", 400)
        return Outgoing.of_json({"error_code": 0, "message": "", "data": [self._take_row(portal, row) for row in rows]})

    def _take_row(self, portal: OnestopPortal, row: Any) -> dict[str, Any]:
        row = row if isinstance(row, dict) else {}
        wrong = [name for name, kind in ROW_NEEDS.items() if type(row.get(name)) is not kind]
        if wrong or row["trangThai"] not in {*LEVELS, ASKED, ENDS}:
            error_code, message = -1, f"Dữ liệu không hợp lệ: {', '.join(wrong) or 'trangThai'}"
        elif (held := portal.held.get(row["maHoSo"].strip())) is None:
            error_code, message = -2, "Hồ sơ không tồn tại"
        else:
            error_code, message = _verdict(held, row)
            if error_code == 0:
                _keep(held, row)
                portal.change(row["maHoSo"].strip(), datetime.now(VIETNAM))
                if row["trangThai"] == ASKED:
                    portal.expect_supplement(row["maHoSo"].strip())
        return {"maHoSo": row.get("maHoSo"), "error_code": error_code, "message": message}


def _form_of(request: Incoming) -> dict[str, str]:
    try:
        return request.form()
    except UnicodeDecodeError:
        return {}


def _verdict(held: OnestopDossier, row: Mapping[str, Any]) -> tuple[int, str]:
    """How the portal answers a progress row: error code and message, by the order of statuses that it holds to."""
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


def _is_repeat(held: OnestopDossier, row: Mapping[str, Any]) -> bool:
    """Whether the portal has a row with this status and text; one for the citizen may come again at another time."""
    names = ("trangThai", "noiDungXuLy") + (() if row["trangThai"] in LEVELS else ("thoiDiemXuLy",))
    return any(all(earlier[name] == row[name] for name in names) for earlier in held.rows)


def _verdict_of_work(held: OnestopDossier, status: int) -> tuple[int, str]:
    level = max((LEVELS[row["trangThai"]] for row in held.rows if row["trangThai"] in LEVELS), default=-1)
    if LEVELS[status] < level:
        return -3, "Logic xử lý không hợp lệ"
    if LEVELS[status] > level + 1 or (held.is_asked and status == 9):
        return -3, "Hồ sơ chưa cập nhật trạng thái trước đó"
    return 0, "Thành công"


def _keep(held: OnestopDossier, row: Mapping[str, Any]) -> None:
    held.rows.append(dict(row))
    held.results.update({name: str(row[name]) for name in RESULTS if row.get(name)})
    status = row["trangThai"]
    if status in (ASKED, ENDS):
        held.status, held.is_asked = status, status == ASKED
    elif held.status not in WAITING:
        held.status = max(held.status, status)
