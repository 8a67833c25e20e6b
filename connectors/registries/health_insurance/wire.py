"""What health insurance is asked and sent, and what its replies mean. The folder's docstring gives the sources."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from connectors.endpoint import Endpoint
from connectors.errors import Refused, Unreachable, Unrecognised
from connectors.http import Reply, Request
from schemas.cases import BirthCase, DeathCase
from schemas.catalogues import code_of, ethnic_group
from schemas.dates import PartialDate
from schemas.delivery import Answer, Outcome, Submission
from schemas.fields import CARD_CODE, INSURANCE_NUMBER
from schemas.health_insurance import UNDER_SIX_GROUP, number_as_written, under_six_expiry
from schemas.operation import Operation
from schemas.person import Address, Person, Sex
from schemas.registries import CivilStatusReceipt, HealthInsuranceReceipt
from schemas.text import clean, tone_key

CODE = "health_insurance"
SERVICE = "/apiBaoHiemXaHoi/1.0"
BATCH = 50

DATE_KINDS = {"day": "0", "year": "1", "month": "2"}
SEX_CODES = {Sex.MALE: "1", Sex.FEMALE: "2", Sex.UNDETERMINED: "3"}
AT_BIRTHPLACE, AT_HOUSEHOLD = "1", "0"

TAKEN, NONE, SEVERAL, TOO_LITTLE, BUSY = "00", "01", "02", "10", "98"

OUTCOMES = {"1": Outcome.ACCEPTED, "2": Outcome.REGISTERED, "3": Outcome.REFUSED}
WHEN_SENT = OUTCOMES | {"5": Outcome.LATER}
WHEN_ASKED = OUTCOMES | {"0": Outcome.UNKNOWN}


# --- looking up the person before writing ---


def inquire(submission: Submission, endpoint: Endpoint) -> Request:
    """The look-up of a person's number: by the number the dossier names, else by name, birth, sex and place."""
    number = _number_in_dossier(submission)
    if number:
        return Request.post_json(f"{SERVICE}/getTraCuuTtHgdByMaSoBhxh", {"maSoBhxh": clean(number)})
    dossier, person = submission.dossier, _person_of(submission)
    if isinstance(dossier.case, BirthCase):
        place = Address(province_code=dossier.portal_code, commune_code=dossier.commune_code)
        kind = AT_BIRTHPLACE
    else:
        place, kind = person.residence or Address(), AT_HOUSEHOLD
    criteria = {
        "hoTen": clean(person.full_name),
        **_day("ngaySinh", "loaiNgaySinh", person.born_on),
        "gioiTinh": _sex(person),
        "maTinhKs": clean(place.province_code),
        "maHuyenKs": "",
        "maXaKs": clean(place.commune_code),
        "isKs": kind,
    }
    return Request.post_json(f"{SERVICE}/getMaSoBhxhTheoTieuChi", criteria)


def read_inquiry(reply: Reply, submission: Submission) -> HealthInsuranceReceipt:
    """The number found, or an empty receipt when the person has none yet.

    Raises Refused when several persons answer to the criteria, or when the dossier's number is unknown or another's.
    """
    content = reply.json_object()
    code = _text(content, "errorCode", reply)
    if code == BUSY:
        raise Unreachable(f"{_about(submission)}: the look-up is busy", may_have_arrived=False)
    if code in (SEVERAL, TOO_LITTLE):
        raise Refused(f"{_about(submission)}: look-up answered {code}, the person is not certain", reply.body)
    if reply.status != 200 or code not in (TAKEN, NONE):
        raise Unrecognised(f"{_about(submission)}: look-up, status {reply.status}: unknown errorCode", reply.body)
    named = _number_in_dossier(submission)
    if named:
        return _read_holder(reply, content, code, named, submission)
    return (
        HealthInsuranceReceipt()
        if code == NONE
        else HealthInsuranceReceipt(insurance_number=_number(content, reply, required=True))
    )


def _read_holder(
    reply: Reply, content: Mapping[str, Any], code: str, named: str, submission: Submission
) -> HealthInsuranceReceipt:
    """The dossier's own number, once the registry says that its holder is the dossier's person."""
    if code == NONE:
        raise Refused(f"{_about(submission)}: insurance_number is not known to the registry", reply.body)
    person = _person_of(submission)
    same_name = tone_key(_text(content, "hoTen", reply)) == tone_key(person.full_name)
    theirs, ours = _text(content, "ngaySinh", reply), person.born_on.compact() if person.born_on else ""
    if not same_name or not (theirs.startswith(ours) or ours.startswith(theirs)):
        raise Refused(f"{_about(submission)}: insurance_number belongs to someone of another name or birth", reply.body)
    return HealthInsuranceReceipt(insurance_number=clean(named))


# --- writing ---


def write(submissions: Sequence[Submission], endpoint: Endpoint) -> Request:
    """One request with an item for each submission."""
    return Request.post_json(f"{SERVICE}/guiYeuCau", {"dsYeuCau": [_item(submission) for submission in submissions]})


def _item(submission: Submission) -> dict[str, str]:
    case = submission.dossier.case
    head = {"maYeuCau": submission.request_code, "maHoSo": submission.dossier.dossier_code}
    if submission.operation is Operation.ANNUL:
        return head | _annulment(submission)
    if isinstance(case, DeathCase):
        return head | _end_of_card(submission, case)
    assert isinstance(case, BirthCase)  # the contract takes no other kind
    if submission.operation is Operation.CORRECT:
        return head | _corrected_card(submission, case)
    return head | _card_for_child(submission, case)


def _corrected_card(submission: Submission, case: BirthCase) -> dict[str, str]:
    """All fields of a first card, the number that stays, and why."""
    changes = {"loaiYeuCau": "DIEU_CHINH_THE", "maSoBhxh": _cited_number(submission)}
    return _card_for_child(submission, case) | changes | {"lyDo": clean(submission.reason)}


def _annulment(submission: Submission) -> dict[str, str]:
    return {"loaiYeuCau": "HUY_THE", "maSoBhxh": _cited_number(submission), "lyDo": clean(submission.reason)}


def _cited_number(submission: Submission) -> str:
    """The insurance number by which the registry knows the entry that is corrected or annulled."""
    return clean(submission.entry.number) if submission.entry else ""


def _card_for_child(submission: Submission, case: BirthCase) -> dict[str, str]:
    entered, born_on = submission.given.of(CivilStatusReceipt), case.child.born_on
    insured = submission.given.of(HealthInsuranceReceipt)
    return {
        "loaiYeuCau": "CAP_THE_TE",
        **_person(case.child, submission.dossier.event_on),
        "maSoBhxh": clean(insured.insurance_number),
        "soDinhDanh": clean(entered.personal_id or case.child.personal_id),
        "soKhaiSinh": clean(entered.entry_number),
        "quyenSo": clean(entered.book_code),
        "maTinhKs": clean(submission.dossier.portal_code),
        "maXaKs": clean(submission.dossier.commune_code),
        **_home(case.residence),
        "hoTenMe": _name(case.mother),
        "hoTenCha": _name(case.father),
        "maNhom": UNDER_SIX_GROUP,
        "maBenhVien": clean(case.clinic_code),
        "denNgay": _card_until(born_on),
    }


def _end_of_card(submission: Submission, case: DeathCase) -> dict[str, str]:
    entered, applicant = submission.given.of(CivilStatusReceipt), submission.dossier.applicant
    insured = submission.given.of(HealthInsuranceReceipt)
    return {
        "loaiYeuCau": "BAO_TU",
        **_person(case.deceased, submission.dossier.event_on),
        "maSoBhxh": clean(insured.insurance_number or number_as_written(case.insurance_number)),
        "soDinhDanh": clean(case.deceased.personal_id),
        **_home(case.deceased.residence),
        **_day("ngayChet", "loaiNgayChet", case.died_on),
        "soKhaiTu": clean(entered.entry_number),
        "quyenSo": clean(entered.book_code),
        "hoTenNguoiNhan": _name(applicant),
        "soDinhDanhNguoiNhan": clean(applicant.personal_id if applicant else ""),
        "quanHeNguoiNhan": clean(applicant.relation if applicant else ""),
    }


def _person(person: Person, on: date) -> dict[str, str]:
    return {
        "hoTen": clean(person.full_name),
        **_day("ngaySinh", "loaiNgaySinh", person.born_on),
        "gioiTinh": _sex(person),
        "maDanToc": code_of("ethnic_group", CODE, person.ethnic_group, on) or "",
        "tenDanToc": ethnic_group(person.ethnic_group) or clean(person.ethnic_group),
        "maQuocTich": clean(person.nationality_code),
    }


def _home(place: Address | None) -> dict[str, str]:
    known = place or Address()
    return {"maTinh": clean(known.province_code), "maXa": clean(known.commune_code), "diaChi": clean(known.detail)}


def _day(name: str, kind_name: str, day: PartialDate | None) -> dict[str, str]:
    if day is None or day.precision not in DATE_KINDS:
        return {name: "", kind_name: ""}
    return {name: day.compact(), kind_name: DATE_KINDS[day.precision]}


def _card_until(born_on: PartialDate | None) -> str:
    if born_on is None or born_on.month is None or born_on.earliest is None:
        return ""
    return f"{under_six_expiry(born_on.earliest):%Y%m%d}"


def _sex(person: Person) -> str:
    return SEX_CODES[person.sex] if person.sex else ""


def _name(person: Person | None) -> str:
    return clean(person.full_name) if person else ""


def _person_of(submission: Submission) -> Person:
    case = submission.dossier.case
    assert isinstance(case, BirthCase | DeathCase)  # the contract takes no other kind
    return case.child if isinstance(case, BirthCase) else case.deceased


def _number_in_dossier(submission: Submission) -> str | None:
    case = submission.dossier.case
    return number_as_written(case.insurance_number) if isinstance(case, DeathCase) else None


# --- asking, and reading both ---


def ask(submissions: Sequence[Submission], endpoint: Endpoint) -> Request:
    """The look-up of earlier requests by their codes."""
    return Request.post_json(
        f"{SERVICE}/traCuuYeuCau", {"dsMaYeuCau": [submission.request_code for submission in submissions]}
    )


def probe(endpoint: Endpoint) -> Request:
    """A look-up of no requests: proves address, key and secret, changes nothing."""
    return Request.post_json(f"{SERVICE}/traCuuYeuCau", {"dsMaYeuCau": []})


def read(reply: Reply, submissions: Sequence[Submission]) -> list[Answer]:
    """One answer for each item; a registry that is too busy took none of them."""
    content = reply.json_object()
    if _text(content, "errorCode", reply) == BUSY:
        return [Answer(outcome=Outcome.LATER, code=BUSY) for _ in submissions]
    return _answers(reply, content, submissions, WHEN_SENT)


def read_asked(reply: Reply, submissions: Sequence[Submission]) -> list[Answer]:
    """As `read`; a busy look-up says nothing about the requests, so it is Unreachable and never LATER."""
    content = reply.json_object()
    if _text(content, "errorCode", reply) == BUSY:
        raise Unreachable(f"{CODE}: the look-up of requests is busy", may_have_arrived=False)
    return _answers(reply, content, submissions, WHEN_ASKED)


def _answers(
    reply: Reply, content: Mapping[str, Any], submissions: Sequence[Submission], outcomes: Mapping[str, Outcome]
) -> list[Answer]:
    if reply.status != 200 or content.get("errorCode") != TAKEN:
        raise Unrecognised(
            f"{CODE}: {len(submissions)} requests: status {reply.status}, errorCode not {TAKEN}", reply.body
        )
    items = _items_by_code(reply, content.get("dsKetQua"), submissions)
    return [_answer(items[submission.request_code], reply, submission, outcomes) for submission in submissions]


def _items_by_code(reply: Reply, items: Any, submissions: Sequence[Submission]) -> dict[str, dict[str, Any]]:
    """The results by maYeuCau: one for each request, none doubled, none of a request that was not sent."""
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Unrecognised(f"{CODE}: dsKetQua: expected a list of objects", reply.body)
    came = Counter(str(item.get("maYeuCau")) for item in items)
    sent = Counter(submission.request_code for submission in submissions)
    if came != sent:
        missing, surplus = (sent - came).total(), (came - sent).total()
        raise Unrecognised(f"{CODE}: dsKetQua: {missing} results missing, {surplus} doubled or unasked", reply.body)
    return {str(item["maYeuCau"]): item for item in items}


def _answer(item: Mapping[str, Any], reply: Reply, submission: Submission, outcomes: Mapping[str, Outcome]) -> Answer:
    outcome = outcomes.get(str(item.get("trangThai")))
    if outcome is None:
        raise Unrecognised(f"{_about(submission)}: trangThai: expected one of {sorted(outcomes)}", reply.body)
    return Answer(
        outcome=outcome,
        receipt=_receipt(item, reply) if outcome is Outcome.REGISTERED else None,
        code=_text(item, "errorCode", reply),
        words=_text(item, "thongDiep", reply),
    )


def _receipt(item: Mapping[str, Any], reply: Reply) -> HealthInsuranceReceipt:
    card_code = _text(item, "maThe", reply)
    if card_code and not CARD_CODE.fullmatch(card_code):
        raise Unrecognised(f"{CODE}: maThe: expected 15 characters", reply.body)
    return HealthInsuranceReceipt(
        insurance_number=_number(item, reply), card_code=card_code or None, card_until=_last_day(item, reply)
    )


def _number(content: Mapping[str, Any], reply: Reply, *, required: bool = False) -> str | None:
    number = number_as_written(_text(content, "maSoBhxh", reply))
    if (number or required) and not INSURANCE_NUMBER.fullmatch(number or ""):
        raise Unrecognised(f"{CODE}: maSoBhxh: expected ten digits", reply.body)
    return number


def _last_day(item: Mapping[str, Any], reply: Reply) -> date | None:
    day = PartialDate.read_compact(_text(item, "denNgay", reply))
    if day is not None and day.precision != "day":
        raise Unrecognised(f"{CODE}: denNgay: expected yyyyMMdd", reply.body)
    return day.earliest if day else None


def _text(content: Mapping[str, Any], name: str, reply: Reply) -> str:
    """A text field, empty when missing or null; a number in its place has lost its zeros and is not taken."""
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise Unrecognised(f"{CODE}: {name}: expected text, got {type(value).__name__}", reply.body)
    return (value or "").strip()


def _about(submission: Submission) -> str:
    return f"{CODE}, dossier {submission.dossier.dossier_code}"
