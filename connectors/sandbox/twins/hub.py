"""Twin of the interlinked hub: token and refresh token, lists by day and module, details with XML in JSON, statuses.

One twin serves every province of the hub under `/<province code>/...`. Written from the description of the exchange
between one-stop desks and hub; it does not know the connector. Its times are whole seconds, and two changes of one
dossier never bear one second, so that a mark always means one state.

What it does as the hub does: a marked dossier is not listed until it changes; a status out of order is refused with the
texts seen in practice; `maDonVi` loses the zeros of a commune's code; the citizen's supplement comes some seconds after
the dossier was first listed.

Status 2 asks the citizen for a supplement, 6 refuses the dossier for good. Both may come at any time after 1 and before
5, but 6 not after a result. The citizen answers some seconds after being asked, where the dataset knows an answer or a
test gives one; then the hub shows again the status that it had before it asked.

A dossier may change at any time, also after its result was returned (5): the list then names it again under its old
code. Assumed: a dossier that the citizen withdraws loses the hub's own status (`trangThai` 0) and has 7 as
`trangThaiHoSo`.
"""

import heapq
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from connectors.sandbox.server import Incoming, Outgoing
from connectors.sandbox.twins.contract import PortalDataset
from connectors.sandbox.twins.hub_dossier import ASKED, MODULES, HubDossier, written_moment
from schemas.dates import VIETNAM, local_day
from schemas.dossier import Dossier, PortalStatus

TOKEN_S = 1800.0
REFRESH_S = 7 * 86_400.0
EDITED_AFTER_S = 3.0

BEFORE = {2: 1, 6: 1, 3: 1, 7: 3, 4: 7, 5: 4}
"""The status that must stand before this one."""
AGAIN = {1: "Hồ sơ đã tồn tại trong một cửa điện tử", 4: "Hồ sơ đã có kết quả xử lý, không được cập nhật"}
"""How a repeat of some statuses is answered; a repeat of the others is answered as a success."""
STATUSES = frozenset({1, 2, 3, 4, 5, 6, 7})
REFUSED = 6
CLOSED = frozenset({3, 7, 8})
"""National statuses of dossiers that nobody may report on."""
NEEDS = {"maTTHC": str, "maHoSo": str, "coQuanXuLy": int, "trangThai": int, "thoiGianThucHien": str, "noiDungXuLy": str}


class HubSession(NamedTuple):
    """What a token stands for: the province, until when it is accepted (monotonic clock), and what renews it."""

    province_code: str = ""
    until: float = 0.0
    refresh: str = ""
    refresh_until: float = 0.0


class HubRefusal(Exception):
    """The hub's own error."""

    def __init__(self, description: str, status: int = 200) -> None:
        super().__init__(description)
        self.answer = _answer_of("0", description, status)


def _answer_of(status: str, description: str, http_status: int = 200) -> Outgoing:
    field_name = "statusDescription" if status == "1" else "errorDescription"
    content = {"status": status, "statusDescription": "", "errorDescription": "", field_name: description}
    return Outgoing.of_json(content, http_status)


class HubTwin:
    """The hub. `credentials(province)` are accepted; tokens live `token_s`, refresh tokens `refresh_s`."""

    code = "hub"

    def __init__(
        self,
        dataset: PortalDataset,
        province_codes: Sequence[str],
        *,
        token_s: float = TOKEN_S,
        refresh_s: float = REFRESH_S,
    ) -> None:
        self._lock = threading.Lock()
        self._dossiers: dict[str, dict[str, HubDossier]] = {
            code: _dossiers_of(dataset, code) for code in province_codes
        }
        dossiers = [dossier for by_id in self._dossiers.values() for dossier in by_id.values()]
        self._by_code = {(held.province_code, held.given.dossier_code.strip()): held for held in dossiers}
        self._supplements: list[tuple[float, str, str]] = []
        self._sessions: dict[str, HubSession] = {}
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
                if province not in self._dossiers:
                    raise HubRefusal("Không tìm thấy đường dẫn", 404)
                if path in ("/api/token", "/api/token/refresh"):
                    return self._grant(province, request, is_renewal=path.endswith("refresh"))
                self._admit(province, request)
                return self._answer(province, path, request)
        except HubRefusal as refusal:
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
            return sum(
                bool(held.planted.edited and (held.is_asked or not held.edited_given) and not held.is_withdrawn)
                for held in self._by_code.values()
            )

    def supplement(self, dossier_code: str, dossier: Dossier, papers: Sequence[bytes] = ()) -> None:
        """The citizen answers now with this dossier; `papers` are the bytes of its papers, when they changed."""
        with self._lock:
            held = self._find(dossier_code)
            held.papers = papers or held.papers
            held.answer(dossier, datetime.now(VIETNAM))

    def amend(self, dossier_code: str, dossier: Dossier, papers: Sequence[bytes] = ()) -> None:
        """The dossier gets this content now, whatever its status is; the status stays. `papers` as in `supplement`.

        Raises LookupError for a dossier that the hub does not have.
        """
        with self._lock:
            held = self._find(dossier_code)
            held.papers = papers or held.papers
            held.amend(dossier.model_copy(update={"status": held.given.status}), datetime.now(VIETNAM))

    def withdraw(self, dossier_code: str) -> None:
        """The citizen withdraws the dossier now. Raises LookupError for a dossier that the hub does not have."""
        with self._lock:
            held = self._find(dossier_code)
            held.given = held.given.model_copy(update={"status": int(PortalStatus.WITHDRAWN)})
            held.change(datetime.now(VIETNAM))

    def _find(self, dossier_code: str) -> HubDossier:
        for (_, code), held in self._by_code.items():
            if code == dossier_code.strip():
                return held
        raise LookupError("the hub has no such dossier")

    def _grant(self, province: str, request: Incoming, *, is_renewal: bool) -> Outgoing:
        content = _object_of(request)
        if is_renewal:
            old = self._sessions.pop(str(content.get("token")), HubSession())
            is_known = (old.province_code, old.refresh) == (province, content.get("refreshToken"))
            if not is_known or old.refresh_until <= time.monotonic():
                raise HubRefusal("Refresh token không hợp lệ hoặc đã hết hạn", 401)
        elif (content.get("userName"), content.get("password")) != self.credentials(province):
            raise HubRefusal("Sai tên đăng nhập hoặc mật khẩu", 401)
        now, token, refresh = time.monotonic(), secrets.token_hex(16), secrets.token_hex(16)
        self._sessions[token] = HubSession(province, now + self._token_s, refresh, now + self._refresh_s)
        until = written_moment(datetime.now(VIETNAM) + timedelta(seconds=self._refresh_s))
        return Outgoing.of_json({"token": token, "refreshToken": refresh, "refreshTokenExpiryTime": until})

    def _admit(self, province: str, request: Incoming) -> None:
        session = self._sessions.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if session is None or session.province_code != province or session.until <= time.monotonic():
            raise HubRefusal("Token không hợp lệ hoặc đã hết hạn", 401)

    def _answer(self, province: str, path: str, request: Incoming) -> Outgoing:
        answers: dict[tuple[str, str], Callable[[str, Incoming], Outgoing]] = {
            ("GET", "/api/hoSo"): self._list,
            ("POST", "/api/hoSo/danhDau"): self._mark,
            ("POST", "/api/hoSo/trangThai"): self._take_status,
            ("GET", "/api/ketNoi"): lambda province, request: _answer_of("1", "thành công"),
        }
        if answer := answers.get((request.method, path)):
            return answer(province, request)
        held = self._dossiers[province].get(path.removeprefix("/api/hoSo/"))
        if request.method != "GET" or held is None:
            raise HubRefusal("Hồ sơ không tồn tại", 404)
        held.edited_given = held.edited_given or held.is_edited
        return Outgoing(200, held.detail())

    def _list(self, province: str, request: Incoming) -> Outgoing:
        on, module = _day(request.query.get("ngay", "")), request.query.get("module")
        if module not in MODULES.values():
            raise HubRefusal("Module không hợp lệ", 400)
        self._supplement()
        listed = [
            held
            for held in self._dossiers[province].values()
            if not held.marked and MODULES[held.given.case.kind] == module and local_day(held.updated_at) == on
        ]
        for held in listed:
            if held.listed == 0:
                self._expect_supplement(held)
            held.listed += 1
        return Outgoing.of_json({"status": "1", "statusDescription": "", "value": [held.head() for held in listed]})

    def _expect_supplement(self, held: HubDossier) -> None:
        """The citizen will supplement this dossier, when the dataset has a supplemented version."""
        if held.planted.edited:
            heapq.heappush(self._supplements, (time.time() + EDITED_AFTER_S, held.province_code, held.hub_id))

    def _supplement(self) -> None:
        """Shows the supplemented versions that citizens have given by now."""
        while self._supplements and self._supplements[0][0] <= time.time():
            given_at, province, hub_id = heapq.heappop(self._supplements)
            held = self._dossiers[province][hub_id]
            if held.planted.edited and held.is_awaited:
                held.answer(held.planted.edited, datetime.fromtimestamp(given_at, VIETNAM))

    def _mark(self, province: str, request: Incoming) -> Outgoing:
        marks = _object_of(request).get("danhSach")
        if not isinstance(marks, list) or not all(isinstance(mark, dict) for mark in marks):
            raise HubRefusal("Dữ liệu không hợp lệ: danhSach", 400)
        for mark in marks:
            if held := self._dossiers[province].get(str(mark.get("id"))):
                held.marked = held.marked or held.version == mark.get("ngayCapNhat")
        return _answer_of("1", "Đánh dấu thành công")

    def _take_status(self, province: str, request: Incoming) -> Outgoing:
        content = _object_of(request)
        wrong = [name for name, kind in NEEDS.items() if type(content.get(name)) is not kind]
        if wrong or content["trangThai"] not in STATUSES:
            raise HubRefusal(f"Dữ liệu không hợp lệ: {', '.join(wrong) or 'trangThai'}")
        held = self._by_code.get((province, content["maHoSo"].strip()))
        if held is None or content.get("soHoSoLT") != held.given.national_code:
            raise HubRefusal("Hồ sơ không tồn tại")
        if not _is_repeat(held, content):
            self._apply(held, content)
        return _answer_of("1", "Cập nhật trạng thái thành công")

    def _apply(self, held: HubDossier, content: Mapping[str, Any]) -> None:
        held.results.update(_results(content))
        held.history.append(content["trangThai"])
        held.change(datetime.now(VIETNAM))
        if content["trangThai"] in (ASKED, REFUSED):
            held.words.append((content["thoiGianThucHien"], content["noiDungXuLy"]))
        if content["trangThai"] == ASKED:
            held.is_answered = False
            self._expect_supplement(held)


def _dossiers_of(dataset: PortalDataset, province_code: str) -> dict[str, HubDossier]:
    carried = [planted for planted in dataset.of_province(province_code) if planted.dossier.case.kind in MODULES]
    return {
        str(number): HubDossier(province_code, str(number), planted, planted.dossier, planted.dossier.updated_at)
        for number, planted in enumerate(carried, 100_001)
    }


def _object_of(request: Incoming) -> dict[str, Any]:
    try:
        return dict(request.json())
    except (ValueError, TypeError, RecursionError):
        raise HubRefusal("Dữ liệu không đúng định dạng", 400) from None


def _day(written: str) -> date:
    try:
        return datetime.strptime(written, "%d/%m/%Y").date()
    except ValueError:
        raise HubRefusal("Ngày không hợp lệ", 400) from None


def _is_repeat(held: HubDossier, content: Mapping[str, Any]) -> bool:
    """Whether the hub has this status already. Raises HubRefusal when the status may not come now."""
    status = content["trangThai"]
    if held.status == 6 or held.given.status in CLOSED:
        raise HubRefusal("Hồ sơ đã bị từ chối. Không thể cập nhật trạng thái")
    if held.status == 5:
        raise HubRefusal("Hồ sơ đã hoàn thành đăng ký, không được cập nhật trạng thái")
    if status == ASKED and (content["thoiGianThucHien"], content["noiDungXuLy"]) in held.words:
        return True
    if status == REFUSED and 4 in held.history:
        raise HubRefusal(AGAIN[4])
    if status == held.status != ASKED:
        if status in AGAIN:
            raise HubRefusal(AGAIN[status])
        return True
    if status in held.history and status != ASKED:
        raise HubRefusal("Logic xử lý không hợp lệ")
    if status in BEFORE and BEFORE[status] not in held.history:
        raise HubRefusal(f"Hồ sơ chưa cập nhật trạng thái {BEFORE[status]}")
    return False


def _results(content: Mapping[str, Any]) -> dict[str, str]:
    """What the registries gave. Raises HubRefusal when a registration does not say it."""
    written = content.get("ketQuaXuLy")
    if written is None and content["trangThai"] != 4:
        return {}
    try:
        results = {name: str(value) for name, value in json.loads(str(written)).items()}
        json.dumps(results, ensure_ascii=False).encode()  # only results that can be shown again are kept
        return results
    except (ValueError, AttributeError, RecursionError):
        raise HubRefusal("Dữ liệu không hợp lệ: ketQuaXuLy") from None
