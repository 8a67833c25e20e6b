"""What the civil-status registry is sent, and what its replies mean. The folder's docstring gives the sources."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

from pydantic_core import to_json

from connectors.endpoint import Endpoint
from connectors.errors import Refused, Unauthorised, Unrecognised
from connectors.http import Reply, Request
from schemas.cases import BirthCase, DeathCase, LandCase, MarriageCase, ResidenceCase, Spouse
from schemas.catalogues import ethnic_group
from schemas.dates import VIETNAM, PartialDate, local_day
from schemas.delivery import Answer, Outcome, Submission
from schemas.entry import Entry
from schemas.operation import Operation
from schemas.person import Address, Applicant, Person, Sex
from schemas.places import commune_on
from schemas.registries import CivilStatusReceipt
from schemas.text import clean

SUBMIT_PATH = "/apiLienThongKSKT/nhanHoSoDKHT"
POLL_PATH = "/apiLienThongKSKT/traKetQua"
CATALOGUE_PATH = "/apiHoTichTuPhap/danhMuc"
KINDS = {"birth": "LTKS", "death": "LTKT", "marriage": "LTKH"}
"""`loaiHoTich`, which is also the module of a registration."""
MODULES = {
    Operation.REGISTER: KINDS,
    Operation.CORRECT: dict.fromkeys(KINDS, "CCHT"),  # cải chính hộ tịch
    Operation.ANNUL: dict.fromkeys(KINDS, "HBHT"),  # hủy bỏ đăng ký hộ tịch
    Operation.HISTORICAL: {"birth": "LSKS", "death": "LSKT", "marriage": "LSKH"},
}
"""The module by operation and kind of case: what the registry takes."""
SEXES = {Sex.MALE: "1", Sex.FEMALE: "2", Sex.UNDETERMINED: "3", None: ""}
MOMENT = "%d/%m/%Y %H:%M:%S"

RECEIVED, SUPPLEMENT, PROCESSING, REGISTERED, REJECTED = "1", "2", "3", "4", "6"
"""`trangThai` of a dossier in the poll."""
REFUSED_AS = {SUPPLEMENT: "supplement", REJECTED: "rejected"}
"""The code of our answer for a state that is a refusal; the ministry gives none."""

NOT_OURS = {"100": "AUTHEN_ERROR", "101": "IP_DISALLOWED"}
REFUSALS = {
    "106": "AGENCY_ID_INCORRECT",
    "108": "PROVINCE_ID_INCORRECT",
    "302": "DATA_TYPE_INVALID",
    "500": "DATA_INCORRECT",
}
INCOMPLETE, NOT_FOUND = "200", "201"
ALREADY_THERE = "đã được tiếp nhận"
PASSING_TROUBLE = ("có lỗi trong quá trình thêm mới", "client received soap fault", "server error")


def national_id(submission: Submission) -> str:
    """What the registry knows the dossier by: its interlinked code, or the dossier code where there is none."""
    return submission.dossier.national_code or submission.dossier.dossier_code.strip()


def module_of(submission: Submission) -> str:
    """The ministry's module that carries this submission out."""
    return MODULES[submission.operation][submission.dossier.case.kind]


def request_id(submission: Submission) -> str:
    """`maHoSoLT`: a correction or an annulment has its own, which is never that of the registration it changes."""
    return national_id(submission) if submission.operation.makes_entry else submission.request_code


def province_of(submission: Submission) -> str:
    """The province whose system asks, two digits: the portal's; for the record of a paper book that of the commune
    that keeps the book, empty when it is none of the day on which the record was keyed."""
    dossier = submission.dossier
    if dossier.portal_province:
        return dossier.portal_province
    commune = commune_on(dossier.commune_code or "", local_day(dossier.received_at))
    return commune.province_code if commune else ""


def write(submissions: Sequence[Submission], endpoint: Endpoint) -> Request:
    """One dossier's envelope; the content travels as a JSON string inside. Raises Refused for the record of a paper
    book whose commune is not known: its result could not be asked for."""
    (submission,) = submissions
    dossier = submission.dossier
    if not province_of(submission):
        raise Refused("civil_status: the commune that keeps the book is not known")
    return Request.post_json(
        SUBMIT_PATH,
        {
            "maDonVi": int(dossier.commune_code or 0),
            "module": module_of(submission),
            "maHoSoLT": request_id(submission),
            "maHoSoMCDT": dossier.dossier_code.strip(),
            "ngayTiepNhan": dossier.received_at.astimezone(VIETNAM).strftime(MOMENT),
            "data": to_json(_data(submission)).decode(),
            "fileDinhKem": [
                {
                    "loaiGiayTo": paper.kind_code,
                    "tenTepDinhKem": paper.name,
                    "duLieuTepDinhKem": base64.b64encode(content).decode(),
                }
                for paper, content in zip(dossier.papers, submission.papers, strict=False)
            ],
        },
    )


def read(reply: Reply, submissions: Sequence[Submission]) -> list[Answer]:
    """One answer: taken (also when it was taken before), refused, or busy.

    Error 201 to what cites an entry is about that entry, which is not there: a refusal.
    """
    (submission,) = submissions
    content = reply.json_object()
    words = str(content.get("errorDescription") or content.get("statusDescription") or "")
    match str(content.get("status")):
        case "1":
            return [Answer(outcome=Outcome.ACCEPTED)]
        case "0":
            answer = _fault(str(content.get("errorCode") or ""), words, reply)
            if answer.outcome is Outcome.UNKNOWN and not submission.operation.makes_entry:
                return [Answer(outcome=Outcome.REFUSED, code=NOT_FOUND, words=words)]
            return [answer]
    raise Unrecognised(f"civil_status: expected status 0 or 1, HTTP {reply.status}", reply.body)


def ask(submissions: Sequence[Submission], endpoint: Endpoint) -> Request:
    """The poll for up to three dossiers of one province and module."""
    first = submissions[0]
    return Request.post_json(
        POLL_PATH,
        {
            "maDinhDanhHoSo": [request_id(submission) for submission in submissions],
            "maTinh": province_of(first),
            "module": module_of(first),
        },
    )


def read_asked(reply: Reply, submissions: Sequence[Submission]) -> list[Answer]:
    """What became of each dossier of the poll; one that the registry does not name is unknown there."""
    content = reply.json_object()
    if str(content.get("status")) != "1":
        code = str(content.get("errorCode") or "")
        return [_fault(code, str(content.get("errorDescription") or ""), reply)] * len(submissions)
    items = content.get("value")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Unrecognised("civil_status: expected a list `value` of objects in the poll", reply.body)
    by_id = {str(item.get("maHoSo")): item for item in items}
    return [_item(by_id.get(request_id(submission)), reply) for submission in submissions]


def _item(item: Mapping[str, Any] | None, reply: Reply) -> Answer:
    if item is None or str(item.get("errorCode")) == NOT_FOUND:
        return Answer(outcome=Outcome.UNKNOWN)
    words = str(item.get("noiDungXuLy") or item.get("ghiChu") or "")
    state = str(item.get("trangThai"))
    if state in (RECEIVED, PROCESSING):
        return Answer(outcome=Outcome.ACCEPTED)
    if state in REFUSED_AS:
        return Answer(outcome=Outcome.REFUSED, code=REFUSED_AS[state], words=words)
    if state == REGISTERED:
        return Answer(outcome=Outcome.REGISTERED, receipt=_receipt(item.get("ketQuaXuLy"), reply))
    raise Unrecognised("civil_status: unknown trangThai in the poll", reply.body)


def _fault(code: str, words: str, reply: Reply) -> Answer:
    if ALREADY_THERE in words.lower():
        return Answer(outcome=Outcome.ACCEPTED, code="already_received")
    if code in NOT_OURS:
        raise Unauthorised(f"civil_status: error {code} {NOT_OURS[code]}: ask the ministry for access", reply.body)
    if any(trouble in words.lower() for trouble in PASSING_TROUBLE) or code == INCOMPLETE:
        return Answer(outcome=Outcome.LATER, code=code, words=words)
    if code == NOT_FOUND:
        return Answer(outcome=Outcome.UNKNOWN)
    if code in REFUSALS:
        return Answer(outcome=Outcome.REFUSED, code=code, words=words)
    raise Unrecognised("civil_status: unknown errorCode", reply.body)


def _receipt(result: Any, reply: Reply) -> CivilStatusReceipt:
    """Reads `ketQuaXuLy`, a JSON string; the certificate's PDF inside stays in the sealed reply only."""
    try:
        fields = json.loads(result) if isinstance(result, str) else dict(result)
        registered_on = datetime.strptime(fields["ngayDangKy"], "%d/%m/%Y").date()
        return CivilStatusReceipt(
            registered_on=registered_on,
            entry_number=str(fields["soDangKy"]),
            book_code=str(fields["quyenSo"]),
            page_number=str(fields["trangSo"]) if fields.get("trangSo") else None,
            personal_id=str(fields["soDinhDanh"]) if fields.get("soDinhDanh") else None,
            result_code=str(fields["maGiayToKetQua"]) if fields.get("maGiayToKetQua") else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unrecognised(f"civil_status: ketQuaXuLy cannot be read: {type(error).__name__}", reply.body) from None


def _data(submission: Submission) -> dict[str, Any]:
    """What the envelope carries: the case, or what changes of the entry that is cited."""
    entry = submission.entry
    if submission.operation is Operation.REGISTER or entry is None:
        return _case(submission)
    if submission.operation is Operation.HISTORICAL:
        return {**_case(submission), "trichDan": _citation(entry)}
    change = {
        "loaiHoTich": KINDS[submission.dossier.case.kind],
        "trichDan": _citation(entry),
        "lyDo": clean(submission.reason),
    }
    return change if submission.operation is Operation.ANNUL else {**change, "noiDung": _case(submission)}


def _citation(entry: Entry) -> dict[str, str]:
    return {
        "soDangKy": clean(entry.number),
        "quyenSo": clean(entry.book_code),
        "ngayDangKy": f"{entry.entered_on:%d/%m/%Y}" if entry.entered_on else "",
        "maXa": clean(entry.place_code),
    }


def _case(submission: Submission) -> dict[str, Any]:
    """The case itself, as a registration sends it."""
    dossier, case = submission.dossier, submission.dossier.case
    match case:
        case BirthCase():
            return {**_birth(case), "nyc": _applicant(dossier.applicant)}
        case DeathCase():
            return {**_death(case), "nyc": _applicant(dossier.applicant)}
        case MarriageCase():
            return {"loaiDangKy": case.registration_kind, "chong": _spouse(case.husband), "vo": _spouse(case.wife)}
        case ResidenceCase() | LandCase():  # the contract takes neither
            raise ValueError(f"civil_status does not register {case.kind}")
        case never:
            assert_never(never)


def _birth(case: BirthCase) -> dict[str, Any]:
    return {
        "maGCS": case.notice_code or "",
        "ngayCapGCS": _day(case.notice_on),
        "loaiDangKy": case.registration_kind,
        "soLuongBanSao": case.copies,
        "nks": {
            **_person(case.child),
            "NoiSinh": _address(case.birth_place),
            "QueQuan": _address(case.child.home_place),
            "LoaiKhaiSinh": case.birth_kind or "",
        },
        "me": _person(case.mother) if case.mother else None,
        "cha": _person(case.father) if case.father else None,
    }


def _death(case: DeathCase) -> dict[str, Any]:
    return {
        "nkt": _person(case.deceased),
        "nktNgayChet": _day(case.died_on),
        "nktGioPhutChet": case.died_at_time or "",
        "nktNoiChet": clean(case.place),
        "nktNguyenNhanChet": clean(case.cause),
        "gbtLoai": case.notice_kind or "0",
        "gbtSo": clean(case.notice_code),
        "gbtNgay": _day(case.notice_on),
        "gbtCoQuanCap": clean(case.notice_by),
        "soLuongBanSao": case.copies,
    }


def _spouse(spouse: Spouse) -> dict[str, Any]:
    return {**_person(spouse), "KetHonLanThu": spouse.marriage_order or ""}


def _applicant(applicant: Applicant | None) -> dict[str, Any] | None:
    if applicant is None:
        return None
    contact = {
        "QuanHe": clean(applicant.relation),
        "SoDienThoai": clean(applicant.phone),
        "Email": clean(applicant.email),
    }
    return {**_person(applicant), **contact}


def _person(person: Person) -> dict[str, Any]:
    first, middle, last = split_name(clean(person.full_name))
    paper = person.id_paper
    return {
        "HoTen": {"Ho": first, "ChuDem": middle, "Ten": last},
        "GioiTinh": SEXES[person.sex],
        "NgaySinh": _birth_date(person.born_on),
        "SoDDCN": clean(person.personal_id),
        "DanToc": ethnic_group(person.ethnic_group) or clean(person.ethnic_group),
        "QuocTich": person.nationality_code or "",
        "LoaiCuTru": person.residence_kind or "0",
        "NoiCuTru": _address(person.residence),
        "LoaiGiayToTuyThan": paper.kind_code if paper else "0",
        "SoGiayToTuyThan": clean(paper.number) if paper else "",
        "NgayCap": _day(paper.issued_on) if paper else "",
        "NoiCap": clean(paper.issued_by) if paper else "",
    }


def split_name(name: str) -> tuple[str, str, str]:
    """`NGUYỄN THỊ MAI ANH` -> family, middle, given: the first word, what lies between, the last word."""
    words = name.split()
    if len(words) < 2:
        return name, "", ""
    return words[0], " ".join(words[1:-1]), words[-1]


def _birth_date(born_on: PartialDate | None) -> dict[str, str] | None:
    if born_on is None or born_on.year is None:
        return None
    day = f"{born_on.day:02d}" if born_on.day else ""
    month = f"{born_on.month:02d}" if born_on.month else ""
    return {"ngaySinh": day, "thangSinh": month, "namSinh": str(born_on.year)}


def _day(day: PartialDate | None) -> str:
    return day.dotted("/") if day else ""


def _address(address: Address | None) -> dict[str, str] | None:
    if address is None:
        return None
    return {
        "dcChiTiet": clean(address.detail),
        "quocGia": address.country_code,
        "maTinh": address.province_code or "",
        "maXa": address.commune_code or "",
    }
