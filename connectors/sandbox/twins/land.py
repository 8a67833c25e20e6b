"""The twin of the land database: holds one dossier per GUID. Equal content sent again changes nothing; other content is
a conflict. It takes registrations only: no correction and no annulment.

Written from `land.xsd` and the rules of public VBDLIS validators: purposes add up to the parcel (1e-4),
nobody owns twice, purpose codes of TT 25/2014 and 75/2015, the form of a certificate's serial, an end for every purpose
but ONT and ODT. A dossier that was refused for a business reason may be sent anew with other content. The paths, the
codes and the words of the replies are assumed. Several faults come glued together, as seen in practice.
"""

import re
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from importlib.resources import files
from typing import Any

from lxml import etree

from connectors import xml
from connectors.errors import Unrecognised
from connectors.sandbox.server import Incoming, Outgoing
from connectors.sandbox.twins.contract import RegistryDataset, TwinEntry, xml_fields
from schemas.catalogues import LAND_PURPOSES
from schemas.dates import VIETNAM
from schemas.operation import Operation
from schemas.places import Commune, commune_on

SEND_PATH = "/dangkydatdai/1.0/guiHoSo"
ASK_PATH = "/dangkydatdai/1.0/traCuuHoSo"
TOKEN_S = 3600
BODY_LIMIT_BYTES = 1024 * 1024
ASKED_AT_ONCE = 20
ENTRY_DIGITS = 8
WRONG_SECRET = "wrong"

RECEIVED, UNCHANGED, MALFORMED, BUSINESS, CONFLICT = "00", "01", "40", "41", "42"
NOT_FOUND, PROCESSING, DONE, REFUSED = "0", "1", "2", "3"

WORDS = {
    UNCHANGED: "Hồ sơ đã tồn tại, không thay đổi",
    MALFORMED: "Tệp XML không đúng cấu trúc: ",
    CONFLICT: "hoSoGuid đã tồn tại với nội dung khác",
}
STATE_WORDS = {
    NOT_FOUND: "Không tìm thấy hồ sơ",
    PROCESSING: "Hồ sơ đang được xử lý",
    DONE: "Đã đăng ký biến động",
}

SERIAL = re.compile(r"[0-9]{10}|[A-ZĐ] [0-9]{6,7}|[A-ZĐ]{2} (?:[0-9]{6}|[0-9]{8})")
AREA_TOLERANCE_M2 = Decimal("0.0001")
WITHOUT_END = frozenset({"ONT", "ODT"})

PARCEL = "ThongTinTaiSan/ThongTinThuaDat/DC_ThuaDat"
CHANGE = "ThongTinDangKyThayDoi/DC_DangKyThayDoi"


@dataclass
class LandDossier:
    """A dossier as the database keeps it; `settled_at` is on the monotonic clock.

    `words` are the fields of the request by their paths; `submissions` counts the requests with this GUID.
    """

    guid: str
    request_code: str
    dossier_code: str
    parcel_key: tuple[str, ...]
    entry_code: str
    content_sha256: bytes
    settled_at: float
    settled_on: date
    refusal: str | None
    words: dict[str, str]
    conflicts: int = 0
    submissions: int = 1

    def state(self) -> str:
        """Its state now, as `trangThai` has it."""
        if time.monotonic() < self.settled_at:
            return PROCESSING
        return REFUSED if self.refusal else DONE


class LandTwin:
    code = "land"

    def __init__(self, dataset: RegistryDataset) -> None:
        self._dataset = dataset
        self._dossiers: dict[str, LandDossier] = {}
        self._tokens: dict[str, float] = {}
        self._lock = threading.Lock()
        schema = files("connectors").joinpath("registries/land/land.xsd").read_bytes()
        self._schema: Any = etree.XMLSchema(etree.fromstring(schema))
        self._schema_lock = threading.Lock()  # a schema keeps its faults in itself
        self._answers = {SEND_PATH: self._take, ASK_PATH: self._look_up}

    @property
    def conflicts(self) -> int:
        """How often other content came under a GUID that is known."""
        with self._lock:
            return sum(dossier.conflicts for dossier in self._dossiers.values())

    def handle(self, request: Incoming) -> Outgoing:
        if request.path == "/token" and request.method == "POST":
            return self._give_token(request)
        if not self._knows(request.headers.get("authorization", "")):
            return Outgoing.of_json({"code": "900901", "message": "Invalid Credentials"}, 401)
        answer = self._answers.get(request.path)
        if answer is None or request.method != "POST":
            return Outgoing.of_json({"code": "404", "message": "No matching resource found"}, 404)
        try:
            return answer(xml.parse(request.body, limit=BODY_LIMIT_BYTES))
        except Unrecognised:
            return _reply(_result(MALFORMED, f"{WORDS[MALFORMED]}không đọc được"), 400)

    def registered(self) -> list[dict[str, Any]]:
        with self._lock:
            return [_row(dossier) for dossier in self._dossiers.values() if dossier.state() == DONE]

    def entries(self) -> list[dict[str, Any]]:
        """What is registered now: one row per dossier that is done, numbered by its entry code."""
        with self._lock:
            return [
                TwinEntry(
                    dossier_code=dossier.dossier_code,
                    number=dossier.entry_code,
                    words=dossier.words,
                    operations=[Operation.REGISTER],
                    submissions=dossier.submissions,
                ).entry_row()
                for dossier in self._dossiers.values()
                if dossier.state() == DONE
            ]

    def _give_token(self, request: Incoming) -> Outgoing:
        try:
            form = request.form()
        except ValueError:
            form = {}
        is_known = form.get("client_id") and form.get("client_secret", WRONG_SECRET) != WRONG_SECRET
        if form.get("grant_type") != "client_credentials" or not is_known:
            return Outgoing.of_json({"error": "invalid_client"}, 401)
        token = secrets.token_hex(16)
        with self._lock:
            self._tokens[token] = time.monotonic() + TOKEN_S
        return Outgoing.of_json({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_S})

    def _knows(self, authorization: str) -> bool:
        with self._lock:
            return self._tokens.get(authorization.removeprefix("Bearer "), 0.0) > time.monotonic()

    def _take(self, root: etree._Element) -> Outgoing:
        if faults := self._faults(root):
            return _reply(_result(MALFORMED, WORDS[MALFORMED] + "; ".join(faults)))
        guid, content = _text(root, "hoSoGuid"), sha256(etree.tostring(root, method="c14n")).digest()
        wrong = "".join(_wrong_with(root))
        with self._lock:
            if dossier := self._dossiers.get(guid):
                dossier.submissions += 1
            if dossier and dossier.content_sha256 == content:
                return _reply(_result_of(dossier, UNCHANGED))
            if dossier and dossier.state() != REFUSED:
                dossier.conflicts += 1
                return _reply(_result(CONFLICT, WORDS[CONFLICT], guid))
            if wrong:
                return _reply(_result(BUSINESS, wrong, guid))
            self._dossiers[guid] = dossier = self._hold(root, guid, content)
            return _reply(_result_of(dossier, RECEIVED))

    def _faults(self, root: etree._Element) -> list[str]:
        with self._schema_lock:
            if self._schema.validate(root):
                return []
            return [f"{error.path} {error.type_name}" for error in self._schema.error_log]

    def _hold(self, root: etree._Element, guid: str, content: bytes) -> LandDossier:
        request_code = _text(root, f"{CHANGE}/dangKyThayDoiId")
        dossier_code = _text(root, f"{CHANGE}/maHoSoThuTucDangKy")
        commune = _commune(root)
        place = f"{commune.province_code}-{commune.commune_code}" if commune else ""
        late_s = self._dataset.lateness_s(self.code, request_code)
        return LandDossier(
            guid=guid,
            request_code=request_code,
            dossier_code=dossier_code,
            parcel_key=tuple(_text(root, f"{PARCEL}/{name}") for name in ("maXa", "soHieuToBanDo", "soThuTuThua")),
            entry_code=f"{place}-{self._dataset.number(self.code, guid, digits=ENTRY_DIGITS)}",
            content_sha256=content,
            settled_at=time.monotonic() + late_s,
            settled_on=(datetime.now(VIETNAM) + timedelta(seconds=late_s)).date(),
            refusal=self._dataset.refusal(self.code, dossier_code, request_code),
            words=xml_fields(root),
        )

    def _look_up(self, root: etree._Element) -> Outgoing:
        guids = [element.text or "" for element in root.iterfind("hoSoGuid")]
        if root.tag != "TraCuuHoSo" or not 0 < len(guids) <= ASKED_AT_ONCE:
            return _reply(_result(MALFORMED, f"{WORDS[MALFORMED]}từ 1 đến {ASKED_AT_ONCE} hoSoGuid"), 400)
        results = etree.Element("DanhSachKetQua")
        with self._lock:
            for guid in guids:
                dossier = self._dossiers.get(guid)
                results.append(
                    _result_of(dossier, RECEIVED) if dossier else _result(RECEIVED, STATE_WORDS[NOT_FOUND], guid)
                )
        return _reply(results)


def _text(root: etree._Element, path: str) -> str:
    """Text as its XSD type means it: without white space around it."""
    return xml.text(root, path).strip()


def _commune(root: etree._Element) -> Commune | None:
    received_on = date.fromisoformat(_text(root, "DC_TinhHinhDangKy/ngayTiepNhan"))
    return commune_on(_text(root, f"{PARCEL}/maXa"), received_on)


def _wrong_with(root: etree._Element) -> Iterator[str]:
    """The words for each business rule that a well-formed dossier breaks."""
    if not SERIAL.fullmatch(_text(root, "ThongTinGiayChungNhan/DC_GiayChungNhan/soPhatHanh")):
        yield "Số phát hành giấy chứng nhận không đúng định dạng"
    if _commune(root) is None:
        yield "Mã xã không có trong danh mục"
    purposes = root.findall(f"{PARCEL}/ThongTinMucDichSuDung/DC_MucDichSuDung")
    for purpose in purposes:
        code = _text(purpose, "maMucDichSuDung")
        if code not in LAND_PURPOSES:
            yield "Mã mục đích sử dụng đất không có trong danh mục"
        elif code not in WITHOUT_END and purpose.find("ngayHetHanSuDung") is None:
            yield "Thiếu ngày hết hạn sử dụng đất"
    whole = Decimal(_text(root, f"{PARCEL}/dienTich"))
    parts = sum((Decimal(_text(purpose, "dienTich")) for purpose in purposes), Decimal(0))
    if abs(whole - parts) > AREA_TOLERANCE_M2:
        yield "Tổng diện tích các mục đích sử dụng khác diện tích thửa đất"
    owners = root.findall("ThongTinChu/ThongTinCaNhan/DC_CaNhan")
    numbers = [number for owner in owners if (number := _text(owner, "maSoDinhDanh"))]
    if len(set(numbers)) < len(numbers):
        yield "Chủ sử dụng đất bị trùng số định danh"


def _result(code: str, words: str, guid: str = "", request_code: str = "", state: str = NOT_FOUND) -> etree._Element:
    root = etree.Element("KetQua")
    xml.add(root, "maKetQua", code)
    xml.add(root, "moTa", words)
    xml.add(root, "hoSoGuid", guid)
    xml.add(root, "dangKyThayDoiId", request_code)
    xml.add(root, "trangThai", state)
    return root


def _result_of(dossier: LandDossier, code: str) -> etree._Element:
    """The state of a dossier, and its entry when it is done."""
    state = dossier.state()
    words = (dossier.refusal or "") if state == REFUSED else WORDS[code] if code == UNCHANGED else STATE_WORDS[state]
    root = _result(code, words, dossier.guid, dossier.request_code, state)
    if state == DONE:
        xml.add(root, "maBienDong", dossier.entry_code)
        xml.add(root, "ngayDangKy", dossier.settled_on.isoformat())
    return root


def _reply(root: etree._Element, status: int = 200) -> Outgoing:
    return Outgoing.of_xml(etree.tostring(root, xml_declaration=True, encoding="UTF-8"), status)


def _row(dossier: LandDossier) -> dict[str, Any]:
    commune_code, sheet_number, parcel_number = dossier.parcel_key
    return {
        "guid": dossier.guid,
        "request_code": dossier.request_code,
        "dossier_code": dossier.dossier_code,
        "land_entry_code": dossier.entry_code,
        "commune_code": commune_code,
        "sheet_number": sheet_number,
        "parcel_number": parcel_number,
        "conflicts": dossier.conflicts,
    }
