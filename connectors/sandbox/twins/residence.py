"""The twin of the residence registry: opens a case for every request it is sent, repeats included.

It answers with a case number; the result comes `lateness_s` later, by look-up. Half of what it refuses it returns at
once, the other half as a result. It takes registrations only: no correction and no annulment. Written from
`residence.xsd` and the population service's rules on who may ask: what the real registry does with a
repeat, and its words, are assumed.
"""

import hmac
import threading
import time
from base64 import b64decode
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from connectors.sandbox.server import Incoming, Outgoing
from connectors.sandbox.twins.contract import RegistryDataset, TwinEntry, xml_fields
from schemas.dates import VIETNAM
from schemas.operation import Operation

LOGIN, SECRET = "lienthong-thu", "khoa-thu-nghiem-cu-tru"
X_ROAD_CLIENT, API_KEY = "VN/GOV/000.00.00.H00/lienthong-thu", "api-thu-nghiem-cu-tru"
"""What the sandbox accepts: invented, no system elsewhere knows it."""

NS = "{http://cutru.dancuquocgia.bca}"
SEND_PATH = "/cutru/1.0/TiepNhanHoSo"
ASK_PATH = "/cutru/1.0/TraCuuHoSo"
ROOT_OF = {SEND_PATH: f"{NS}TiepNhanHoSo", ASK_PATH: f"{NS}TraCuuHoSo"}
KINDS = {"DangKyThuongTruTre": "birth", "XoaThuongTru": "death", "DangKyThuongTru": "residence"}

RECEIVED, PROCESSING, DONE, RETURNED = "1", "2", "3", "4"
NOT_XML, NOT_AS_SCHEMA, BUSINESS = "CT-01", "CT-02", "CT-10"
SIGNATURE_HOLDS_S = 300
NUMBER_DIGITS = 12

FAULT = (
    '<soap:Fault xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    "<faultcode>soap:Client</faultcode><faultstring>{}</faultstring></soap:Fault>"
)


@dataclass(frozen=True)
class OpenedCase:
    """A case as the registry keeps it; `opened_at` and `settled_at` are on the monotonic clock.

    `words` are the fields of the registration by their paths.
    """

    request_code: str
    dossier_code: str
    case_code: str
    kind: str
    personal_id: str
    opened_at: float
    settled_at: float
    settled_on: date
    refusal: str | None
    words: dict[str, str]

    def status(self, now: float) -> str:
        if now >= self.settled_at:
            return RETURNED if self.refusal else DONE
        return RECEIVED if now < (self.opened_at + self.settled_at) / 2 else PROCESSING


class ResidenceRejection(Exception):
    """A request that opens no case; `answer` is what it is answered."""

    def __init__(self, answer: Outgoing) -> None:
        super().__init__(answer.status)
        self.answer = answer


class ResidenceTwin:
    """The registry's memory and its two operations."""

    code = "residence"

    def __init__(self, dataset: RegistryDataset) -> None:
        self._dataset = dataset
        self._cases: dict[str, list[OpenedCase]] = {}
        self._lock = threading.Lock()
        self._schema_lock = threading.Lock()  # a schema keeps the faults of its last document in itself
        schema = files("connectors").joinpath("registries/residence/residence.xsd").read_bytes()
        self._schema = etree.XMLSchema(etree.fromstring(schema))

    def handle(self, request: Incoming) -> Outgoing:
        if request.path not in ROOT_OF:
            return _fault(404, "Không tìm thấy dịch vụ")
        if request.method != "POST":
            return _fault(405, "Phương thức không được hỗ trợ")
        try:
            _check_signature(request)
            root = self._examine(request)
        except ResidenceRejection as rejected:
            return rejected.answer
        return self._open(root) if request.path == SEND_PATH else self._look_up(root)

    def registered(self) -> list[dict[str, Any]]:
        """The cases that are done; a request that was sent twice has two of them."""
        names = ("request_code", "dossier_code", "case_code", "kind", "personal_id")
        return [{name: getattr(case, name) for name in names} for case in self._done()]

    def entries(self) -> list[dict[str, Any]]:
        """What is registered now: one row per case that is done, numbered by its case code."""
        return [
            TwinEntry(
                dossier_code=case.dossier_code,
                number=case.case_code,
                words=case.words,
                operations=[Operation.REGISTER],
            ).entry_row()
            for case in self._done()
        ]

    def _done(self) -> list[OpenedCase]:
        with self._lock:
            cases = [case for same_request in self._cases.values() for case in same_request]
        now = time.monotonic()
        return [case for case in cases if case.status(now) == DONE]

    def _examine(self, request: Incoming) -> etree._Element:
        """The body's root. Raises ResidenceRejection for no XML, a number too long, or a breach of the schema."""
        root = _parse(request.body)
        for number in root.iter(f"{NS}SoDinhDanh"):
            if len(number.text or "") > NUMBER_DIGITS:
                raise ResidenceRejection(_error(200, BUSINESS, f"SoDinhDanh độ dài vượt quá {NUMBER_DIGITS} ký tự"))
        with self._schema_lock:
            schema: Any = self._schema
            fault = "" if schema.validate(root) else str(schema.error_log.last_error.type_name)
        if fault or root.tag != ROOT_OF[request.path]:
            raise ResidenceRejection(_error(400, NOT_AS_SCHEMA, f"Dữ liệu không đúng cấu trúc: {fault}"))
        return root

    def _open(self, root: etree._Element) -> Outgoing:
        request_code = root.findtext(f"{NS}MaYeuCau", "")
        with self._lock:
            cases = self._cases.setdefault(request_code, [])
            case = self._judge(root, request_code, len(cases))
            cases.append(case)
        return _result(request_code, [case])

    def _judge(self, root: etree._Element, request_code: str, nth: int) -> OpenedCase:
        (form,) = (child for child in root if etree.QName(child).localname in KINDS)
        person = root.find(f"{NS}*/{NS}CongDan")
        dossier_code = root.findtext(f"{NS}MaHoSo", "")
        refusal = self._dataset.refusal(self.code, dossier_code, request_code)
        at_once = refusal and int(self._dataset.number(self.code, "at once", dossier_code, digits=2)) % 2
        late_s = 0.0 if at_once else self._dataset.lateness_s(self.code, request_code)
        now = time.monotonic()
        return OpenedCase(
            request_code=request_code,
            dossier_code=dossier_code,
            case_code="CT-" + self._dataset.number(self.code, "case", request_code, str(nth), digits=12),
            kind=KINDS[etree.QName(form).localname],
            personal_id=person.findtext(f"{NS}SoDinhDanh", "") if person is not None else "",
            opened_at=now,
            settled_at=now + late_s,
            settled_on=(datetime.now(VIETNAM) + timedelta(seconds=late_s)).date(),
            refusal=refusal,
            words=xml_fields(form),
        )

    def _look_up(self, root: etree._Element) -> Outgoing:
        request_code = root.findtext(f"{NS}MaYeuCau", "")
        with self._lock:
            cases = list(self._cases.get(request_code, ()))
        return _result(request_code, cases)


def _check_signature(request: Incoming) -> None:
    """Raises ResidenceRejection for a request whose signature (address, user, time and secret, hashed) is wrong."""
    headers = request.headers
    if headers.get("x-road-client") != X_ROAD_CLIENT or headers.get("apikey") != API_KEY:
        raise ResidenceRejection(_fault(401, "X-Road-Client hoặc ApiKey không hợp lệ"))
    timestamp = headers.get("timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp[:15]) / 1000) > SIGNATURE_HOLDS_S:
        raise ResidenceRejection(_fault(401, "Timestamp không hợp lệ hoặc đã quá hạn"))
    url = f"http://{headers.get('host', '')}{request.path}"
    expected = f"{LOGIN}:{sha256((url + LOGIN + timestamp + SECRET).encode()).hexdigest()}"
    if not hmac.compare_digest(_basic(headers.get("authorization", "")), expected.encode()):
        raise ResidenceRejection(_fault(401, "Chữ ký xác thực không đúng"))


def _basic(header: str) -> bytes:
    try:
        return b64decode(header.removeprefix("Basic "), validate=True)
    except ValueError:
        return b""


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise ResidenceRejection(_error(400, NOT_XML, "Dữ liệu không phải XML hợp lệ")) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ResidenceRejection(_error(400, NOT_XML, "Không chấp nhận DOCTYPE"))
    return root


def _result(request_code: str, cases: list[OpenedCase]) -> Outgoing:
    now = time.monotonic()
    listed = "".join(_case(case, case.status(now)) for case in cases)
    return _document(f"<MaYeuCau>{request_code}</MaYeuCau><SoLuong>{len(cases)}</SoLuong>{listed}", "KetQua", 200)


def _case(case: OpenedCase, status: str) -> str:
    parts = f"<SoHoSo>{case.case_code}</SoHoSo><TrangThai>{status}</TrangThai>"
    if status == DONE:
        parts += f"<NgayDangKy>{case.settled_on:%Y%m%d}</NgayDangKy>"
    if status == RETURNED:
        parts += f"<LyDo>{escape(case.refusal or '')}</LyDo>"
    return f"<HoSo>{parts}</HoSo>"


def _error(status: int, code: str, words: str) -> Outgoing:
    return _document(f"<MaLoi>{code}</MaLoi><MoTa>{escape(words)}</MoTa>", "Loi", status)


def _document(content: str, name: str, status: int) -> Outgoing:
    text = f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="{NS[1:-1]}">{content}</{name}>'
    return Outgoing.of_xml(text.encode(), status)


def _fault(status: int, words: str) -> Outgoing:
    return Outgoing.of_xml(FAULT.format(escape(words)).encode(), status)
