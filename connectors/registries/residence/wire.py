"""What the residence registry is sent, and what its replies mean. The folder's docstring gives the sources."""

import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import assert_never

from lxml import etree

from connectors import xml
from connectors.endpoint import Endpoint
from connectors.errors import Refused, Unauthorised, Unrecognised
from connectors.http import Reply, Request, Token
from schemas.cases import BirthCase, DeathCase, LandCase, MarriageCase, ResidenceCase
from schemas.dates import PartialDate
from schemas.delivery import Answer, Outcome, Submission
from schemas.fields import PERSONAL_ID
from schemas.person import Address, Applicant, HeadOfHousehold, Person, Sex
from schemas.places import commune_on
from schemas.registries import CivilStatusReceipt, ResidenceReceipt
from schemas.text import clean

NAMESPACE = "http://cutru.dancuquocgia.bca"
SEND_PATH = "/cutru/1.0/TiepNhanHoSo"
ASK_PATH = "/cutru/1.0/TraCuuHoSo"
PROBE_CODE = "0" * 32
"""A request code that no delivery has: looking it up proves who we are and finds nothing."""

LAST_DISTRICTS_ON = date(2025, 6, 30)
SEX_CODES = {Sex.MALE: "1", Sex.FEMALE: "2", Sex.UNDETERMINED: "3"}

STATUSES = {
    "1": Outcome.ACCEPTED,  # tiếp nhận
    "2": Outcome.ACCEPTED,  # đang xử lý
    "3": Outcome.REGISTERED,  # đã giải quyết
    "4": Outcome.REFUSED,  # trả lại, có lý do
}
"""TrangThai of a case."""

BETTER_FIRST = (Outcome.REGISTERED, Outcome.ACCEPTED, Outcome.REFUSED)

BUSINESS_ERRORS = frozenset({"CT-10"})
"""MaLoi that a steward can act on; CT-01 (no XML) and CT-02 (not as the schema wants) are ours to edit."""


@dataclass(frozen=True)
class SignedHeaders:
    """The population services' signature: no token; what is hashed is address, user, time and secret."""

    def ask_token(self, endpoint: Endpoint, old: Token | None) -> Request | None:
        return None

    def read_token(self, reply: Reply) -> Token:
        raise Unrecognised("residence: a token was read where none is asked for", reply.body)

    def sign(self, request: Request, endpoint: Endpoint, token: Token | None) -> Request:
        """The request with its signature, good for five minutes from now."""
        timestamp = str(time.time_ns() // 1_000_000)
        signed = endpoint.base_url + request.path + endpoint.login + timestamp + endpoint.password
        pair = f"{endpoint.login}:{sha256(signed.encode()).hexdigest()}"
        return replace(
            request,
            headers={
                **request.headers,
                "Timestamp": timestamp,
                "Authorization": "Basic " + b64encode(pair.encode()).decode(),
                "X-Road-Client": _extra(endpoint, "x_road_client"),
                "ApiKey": _extra(endpoint, "api_key"),
            },
        )


def write(submissions: Sequence[Submission], endpoint: Endpoint) -> Request:
    """The request that opens a case; Refused, with path and rule, when the dossier does not fit the schema."""
    (submission,) = submissions
    dossier = submission.dossier
    root = _root("TiepNhanHoSo")
    _put(root, "MaYeuCau", submission.request_code)
    _put(root, "MaDVC", dossier.procedure_code)
    _put(root, "MaHoSo", dossier.dossier_code)
    _write_officer(root, endpoint)
    _put(root, "NgayTiepNhan", dossier.event_on.strftime("%Y%m%d"))
    match dossier.case:
        case BirthCase() as birth:
            _write_birth(
                _put(root, "DangKyThuongTruTre"), birth, submission.given.of(CivilStatusReceipt), submission.places_on
            )
        case DeathCase() as death:
            _write_death(_put(root, "XoaThuongTru"), death, submission.given.of(CivilStatusReceipt))
        case ResidenceCase() as residence:
            _write_residence(_put(root, "DangKyThuongTru"), residence, submission.places_on)
        case MarriageCase() | LandCase() as case:  # the contract takes neither
            raise ValueError(f"residence does not take {case.kind}")
        case never:
            assert_never(never)
    if dossier.applicant:
        _write_applicant(_put(root, "NguoiYeuCau"), dossier.applicant)
    return _post(SEND_PATH, root)


def read(reply: Reply, submissions: Sequence[Submission]) -> list[Answer]:
    """What the registry said to a new case; one that is not there after all is no answer we know."""
    (submission,) = submissions
    answer = _read(reply, submission)
    if answer.outcome is Outcome.UNKNOWN:
        raise Unrecognised("residence: a sent request was answered without a case", reply.body)
    return [answer]


def ask(submissions: Sequence[Submission], endpoint: Endpoint) -> Request:
    """The look-up of one request code; it changes nothing, however often it is sent."""
    (submission,) = submissions
    return _look_up(submission.request_code, endpoint)


def read_asked(reply: Reply, submissions: Sequence[Submission]) -> list[Answer]:
    """What became of a request: UNKNOWN when the registry holds no case of this code."""
    (submission,) = submissions
    return [_read(reply, submission)]


def probe(endpoint: Endpoint) -> Request:
    """A look-up that finds nothing, for the connection's Test button."""
    return _look_up(PROBE_CODE, endpoint)


# Writing: what must be there is written even when it is empty, so that the schema names its place.


def _write_birth(into: etree._Element, birth: BirthCase, given: CivilStatusReceipt, event_on: date) -> None:
    _write_citizen(_put(into, "CongDan"), birth.child, given.personal_id)
    _write_entry(_put(into, "GiayKhaiSinh"), given, with_day=True)
    for name, parent in (("Me", birth.mother), ("Cha", birth.father)):
        if parent:
            _write_known(_put(into, name), parent)
    _write_place(_put(into, "ThuongTru"), birth.residence, event_on)
    _write_head(_put(into, "ChuHo"), birth.head_of_household)


def _write_death(into: etree._Element, death: DeathCase, given: CivilStatusReceipt) -> None:
    deceased = death.deceased
    person = _put(into, "CongDan")
    _put(person, "HoVaTen", deceased.full_name.upper())
    if deceased.born_on and deceased.born_on.year:
        _write_day(_put(person, "NgayThangNamSinh"), deceased.born_on)
    if deceased.sex:
        _put(person, "GioiTinh", SEX_CODES[deceased.sex])
    if not _write_number(person, deceased):
        _put(person, "SoDinhDanh")
    _write_day(_put(into, "NgayChet"), death.died_on)
    _write_entry(_put(into, "GiayKhaiTu"), given, with_day=given.registered_on is not None)


def _write_residence(into: etree._Element, case: ResidenceCase, event_on: date) -> None:
    _write_citizen(_put(into, "CongDan"), case.person, case.person.personal_id)
    _write_place(_put(into, "ThuongTru"), case.moves_to, event_on)
    _write_head(_put(into, "ChuHo"), case.head_of_household)
    _put_if(into, "NoiDungDeNghi", case.reason)


def _write_citizen(into: etree._Element, person: Person, personal_id: str | None) -> None:
    _put(into, "HoVaTen", person.full_name.upper())
    _write_day(_put(into, "NgayThangNamSinh"), person.born_on)
    _put(into, "GioiTinh", SEX_CODES[person.sex] if person.sex else None)
    _put(into, "SoDinhDanh", personal_id)


def _write_known(into: etree._Element, person: Person) -> None:
    _put(into, "HoVaTen", person.full_name.upper())
    _write_number(into, person)


def _write_applicant(into: etree._Element, applicant: Applicant) -> None:
    _write_known(into, applicant)
    _put_if(into, "QuanHe", applicant.relation)
    _put_if(into, "SoDienThoai", applicant.phone)


def _write_number(into: etree._Element, person: Person) -> bool:
    """The personal number, or else the identity paper; False when there is neither."""
    if _put_if(into, "SoDinhDanh", person.personal_id):
        return True
    if person.id_paper is None:
        return False
    paper = _put(into, "GiayToTuyThan")
    _put(paper, "LoaiGiayTo", person.id_paper.kind_code)
    _put(paper, "SoGiayTo", person.id_paper.number)
    return True


def _write_head(into: etree._Element, head: HeadOfHousehold | None) -> None:
    if head is None:
        return
    _put(into, "QuanHe", head.relation)
    _put(into, "SoDinhDanh", head.personal_id)
    _put(into, "HoVaTen", head.full_name.upper())


def _write_entry(into: etree._Element, given: CivilStatusReceipt, *, with_day: bool) -> None:
    """Where civil status entered the birth or the death."""
    _put(into, "SoDangKy", given.entry_number)
    _put(into, "QuyenSo", given.book_code)
    _put_if(into, "TrangSo", given.page_number)
    if with_day:
        _put(into, "NgayDangKy", given.registered_on.strftime("%Y%m%d") if given.registered_on else None)


def _write_place(into: etree._Element, place: Address | None, event_on: date) -> None:
    if place is None:
        return
    province_code, commune_code = clean(place.province_code), clean(place.commune_code)
    commune = commune_on(commune_code, event_on)
    if commune_code and (commune is None or commune.province_code != province_code):
        where = into.getroottree().getpath(into)
        raise Refused(f"residence: {where}/ct:MaPhuongXa: no such commune in its province on that day")
    _put(into, "MaTinhThanh", province_code)
    if event_on <= LAST_DISTRICTS_ON:
        _put_if(into, "MaQuanHuyen", place.district_code)
    _put(into, "MaPhuongXa", commune_code)
    _put_if(into, "ChiTiet", place.detail)
    _put(into, "QuocGia", place.country_code)


def _write_day(into: etree._Element, day: PartialDate | None) -> None:
    if day is None or day.year is None:
        return
    if day.precision == "day":
        _put(into, "NgayThangNam", day.compact())
    else:
        _put(into, "Nam", f"{day.year:04d}")


def _write_officer(root: etree._Element, endpoint: Endpoint) -> None:
    officer_id = _extra(endpoint, "officer_id")
    if not PERSONAL_ID.fullmatch(officer_id):
        raise Unauthorised("residence: the connection's officer_id is not of 12 digits")
    _put(root, "MaCanBo", officer_id)
    _put(root, "MaDonVi", _extra(endpoint, "agency_code"))


def _look_up(request_code: str, endpoint: Endpoint) -> Request:
    root = _root("TraCuuHoSo")
    _put(root, "MaYeuCau", request_code)
    _write_officer(root, endpoint)
    return _post(ASK_PATH, root)


def _post(path: str, root: etree._Element) -> Request:
    if faults := xml.faults(root, xml.schema("connectors.registries.residence", "residence.xsd")):
        raise Refused("residence: " + "; ".join(faults))
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return Request("POST", path, body, {"Content-Type": "application/xml; charset=utf-8"})


def _root(name: str) -> etree._Element:
    """A root whose namespace has a prefix: paths in fault messages then name the elements."""
    return etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={"ct": NAMESPACE})


def _put(into: etree._Element, name: str, content: str | None = None) -> etree._Element:
    try:
        return xml.add(into, f"{{{NAMESPACE}}}{name}", clean(content) or None)
    except ValueError:
        where = into.getroottree().getpath(into)
        raise Refused(f"residence: {where}/ct:{name}: a character that XML cannot carry") from None


def _put_if(into: etree._Element, name: str, content: str | None) -> bool:
    """Writes what is not empty."""
    if not clean(content):
        return False
    _put(into, name, content)
    return True


def _extra(endpoint: Endpoint, name: str) -> str:
    if not endpoint.extra.get(name):
        raise Unauthorised(f"residence: the connection has no {name}")
    return endpoint.extra[name]


# Reading


def _read(reply: Reply, submission: Submission) -> Answer:
    """The answer in a reply of either operation: the cases of one request code, or an error."""
    if reply.status not in (200, 400):
        raise Unrecognised(f"residence: status {reply.status} is not of this interface", reply.body)
    root = xml.parse(reply.body)
    name = etree.QName(root)
    if name.namespace == NAMESPACE and name.localname == "Loi":
        return _read_error(root, reply)
    if name.namespace != NAMESPACE or name.localname != "KetQua" or reply.status != 200:
        raise Unrecognised(f"residence: expected KetQua or Loi, status {reply.status}", reply.body)
    if _text(root, "MaYeuCau") != submission.request_code:
        raise Unrecognised("residence: KetQua/MaYeuCau is not the one that was asked about", reply.body)
    return _read_cases(root, submission, reply)


def _read_error(root: etree._Element, reply: Reply) -> Answer:
    code = _text(root, "MaLoi")
    if code not in BUSINESS_ERRORS:
        raise Unrecognised("residence: Loi/MaLoi is not a business error", reply.body)
    return Answer(outcome=Outcome.REFUSED, code=code, words=_text(root, "MoTa"))


def _read_cases(root: etree._Element, submission: Submission, reply: Reply) -> Answer:
    """The best of the cases; their number is checked, as a cut list must not pass for `no case`."""
    cases = root.findall(f"{{{NAMESPACE}}}HoSo")
    if _text(root, "SoLuong") != str(len(cases)):
        raise Unrecognised("residence: KetQua/SoLuong is not the number of HoSo", reply.body)
    if not cases:
        return Answer(outcome=Outcome.UNKNOWN)
    answers = [_read_case(case, submission, reply) for case in cases]
    best = min(answers, key=lambda answer: BETTER_FIRST.index(answer.outcome))
    return best if len(cases) == 1 else best.model_copy(update={"code": f"{best.code} of {len(cases)} cases"})


def _read_case(case: etree._Element, submission: Submission, reply: Reply) -> Answer:
    status = _text(case, "TrangThai")
    if status not in STATUSES:
        raise Unrecognised("residence: HoSo/TrangThai is not in our list", reply.body)
    case_code = _text(case, "SoHoSo")
    if not case_code:
        raise Unrecognised("residence: HoSo/SoHoSo is missing", reply.body)
    outcome, receipt = STATUSES[status], None
    if outcome is Outcome.REGISTERED:
        done_on = _read_day(_text(case, "NgayDangKy"), reply)
        is_alone = submission.dossier.case.kind == "residence"
        receipt = ResidenceReceipt(residence_case_code=case_code, registered_on=done_on if is_alone else None)
    return Answer(outcome=outcome, receipt=receipt, code=status, words=_text(case, "LyDo"))


def _read_day(text: str, reply: Reply) -> date:
    try:
        if len(text) != 8:
            raise ValueError
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        raise Unrecognised("residence: HoSo/NgayDangKy is not yyyyMMdd", reply.body) from None


def _text(element: etree._Element, name: str) -> str:
    return clean(xml.text(element, f"{{{NAMESPACE}}}{name}"))
