"""The applicant: the dossier names one, who can be identified and reached, and who may apply."""

import re

from quality.check import HOLDS, NOTES, Examination, FaultLocation, Saw, check, check_each
from quality.checks.family import is_surely_younger_than, spouses_of
from quality.checks.identity import is_placeholder
from schemas.cases import Case, Spouse
from schemas.dossier import Dossier
from schemas.fields import PERSONAL_ID
from schemas.person import Applicant, HeadOfHousehold, Person
from schemas.text import tone_key

FORM = "Tờ khai hộ tịch (TT 04/2020/TT-BTP, sửa đổi bởi TT 04/2024/TT-BTP); mẫu CT01 (TT 56/2021/TT-BCA)"
YOUNGEST_YEARS = 14
PHONE = re.compile(r"0\d{9,10}|\+84\d{9,10}", re.ASCII)
EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;.]+(?:\.[^\s@,;.]+)+")
BORN_NOW = "child"
"""The role of a person whose number is new: `child_has_number_of_parent` compares it."""


@check(
    "applicant",
    weight=HOLDS,
    source=f"Luật Hộ tịch 60/2014/QH13, Điều 6; {FORM}",
    says_vi="Hồ sơ không ghi người yêu cầu, trong khi mọi tờ khai đều bắt buộc có.",
    do_vi="Bổ sung người yêu cầu theo tờ khai rồi gửi lại.",
    says_en="The dossier names no applicant, though every form asks for one.",
    do_en="Add the applicant from the form, then send again.",
)
def applicant_missing(dossier: Dossier) -> Saw:
    return "none" if dossier.applicant is None else None


def _is_unidentified(person: Person) -> bool:
    return not person.personal_id and (person.id_paper is None or not person.id_paper.number.strip())


@check(
    "personal_id",
    weight=NOTES,
    source=f"NĐ 123/2015/NĐ-CP, Điều 2: xuất trình giấy tờ tùy thân; {FORM}",
    says_vi="Người yêu cầu không có số định danh và cũng không có giấy tờ tùy thân.",
    do_vi="Hỏi số định danh khi có điều kiện; hồ sơ vẫn được gửi đi.",
    says_en="The applicant has neither a personal number nor an identity paper.",
    do_en="Ask for the personal number when possible; the dossier is sent anyway.",
)
def applicant_unidentified(applicant: Applicant) -> Saw:
    return "no number, no paper" if _is_unidentified(applicant) else None


@check(
    "personal_id",
    weight=HOLDS,
    source="NĐ 123/2015/NĐ-CP, Điều 2; tờ khai đăng ký kết hôn",
    says_vi="Chồng hoặc vợ không có số định danh và cũng không có giấy tờ tùy thân.",
    do_vi="Bổ sung số định danh hoặc hộ chiếu của người này rồi gửi lại.",
    says_en="A spouse has neither a personal number nor an identity paper.",
    do_en="Add this person's number or passport, then send again.",
)
def spouse_unidentified(spouse: Spouse) -> Saw:
    return "no number, no paper" if _is_unidentified(spouse) else None


@check(
    "applicant.personal_id",
    weight=HOLDS,
    source="Luật Căn cước công dân 59/2014/QH13; Luật Căn cước 26/2023/QH15, Điều 12: mỗi người một số",
    says_vi="Người yêu cầu ghi số định danh của chính người đã chết.",
    do_vi="Nhập lại số định danh của người đi khai rồi gửi lại.",
    says_en="The applicant's personal number is that of the deceased.",
    do_en="Enter the number of the person who reports the death, then send again.",
)
def applicant_is_deceased(dossier: Dossier) -> Saw:
    if dossier.applicant is None or (deceased := dossier.case.in_role("deceased")) is None:
        return None
    number = _joined(dossier.applicant)
    return "one number" if number is not None and number == _joined(deceased) else None


@check(
    "applicant.born_on",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 6; ngưỡng 14 tuổi của lienthong (giả định)",
    says_vi="Theo ngày sinh đã ghi, người yêu cầu chưa đủ 14 tuổi.",
    do_vi="Đối chiếu giấy tờ, sửa ngày sinh hoặc ghi người đại diện rồi gửi lại.",
    says_en="By the recorded date of birth, the applicant is under fourteen.",
    do_en="Compare with the papers; correct the date or enter the representative, then send again.",
)
def applicant_is_child(dossier: Dossier, exam: Examination) -> Saw:
    applicant = dossier.applicant
    is_young = applicant is not None and is_surely_younger_than(YOUNGEST_YEARS, applicant.born_on, exam.event_on)
    return "under fourteen" if is_young else None


@check(
    "applicant",
    weight=NOTES,
    source="Luật Hộ tịch 60/2014/QH13, Điều 18: hai bên nam, nữ nộp tờ khai",
    says_vi="Người yêu cầu đăng ký kết hôn không phải là chồng hay vợ trong hồ sơ.",
    do_vi="Đối chiếu tờ khai kết hôn; hồ sơ vẫn được gửi đi.",
    says_en="The applicant of a marriage is neither the husband nor the wife.",
    do_en="Compare with the marriage form; the dossier is sent anyway.",
)
def applicant_is_no_spouse(dossier: Dossier) -> Saw:
    applicant = dossier.applicant
    if applicant is None or not (spouses := spouses_of(dossier.case)):
        return None
    if (number := _joined(applicant)) is not None and any(number == _joined(spouse) for spouse in spouses):
        return None
    return (
        None if tone_key(applicant.full_name) in {tone_key(spouse.full_name) for spouse in spouses} else "another name"
    )


def _joined(person: Person | HeadOfHousehold) -> str | None:
    """The personal number without spaces, when it is one."""
    number = person.personal_id
    if number is not None and not number.isalnum():
        number = "".join(number.split())
    return number if number and PERSONAL_ID.fullmatch(number) and not is_placeholder(number) else None


def _others(case: Case) -> list[tuple[str, Person | HeadOfHousehold]]:
    """The persons besides the applicant, each with the field of the case that names them."""
    heads = [("head_of_household", case.head)] if case.head else []
    return [*heads, *((role, person) for role, person in case.persons().items() if role != BORN_NOW)]


@check(
    "case",
    "applicant.personal_id",
    weight=HOLDS,
    source="Luật Căn cước công dân 59/2014/QH13; Luật Căn cước 26/2023/QH15, Điều 12: mỗi người một số",
    says_vi="Hai người khác tên trong hồ sơ ghi cùng một số định danh.",
    do_vi="Đối chiếu căn cước của cả hai, sửa số hoặc họ tên ghi sai rồi gửi lại.",
    says_en="Two persons with different names have the same personal number.",
    do_en="Compare both identity cards; correct the wrong number or name, then send again.",
)
def one_number_two_names(dossier: Dossier) -> Saw:
    """Compares the applicant and the head of household with the others; other checks compare parents and spouses."""
    applicant, others, seen = dossier.applicant, _others(dossier.case), dict[str, str]()
    persons = [applicant, *(person for _, person in others)]
    named = {(person.personal_id, person.full_name) for person in persons if person is not None and person.personal_id}
    numbers = {number for number, _ in named}
    if len(numbers) == len(named) and all(map(str.isalnum, numbers)):
        return None
    if applicant is not None and (number := _joined(applicant)) is not None:
        seen[number] = applicant.full_name
    for field, person in others:
        if (number := _joined(person)) is None:
            continue
        name = seen.setdefault(number, person.full_name) if field == "head_of_household" else seen.get(number)
        if name is not None and name != person.full_name and tone_key(name) != tone_key(person.full_name):
            return FaultLocation(f"case.{field}.personal_id", "another name")
    return None


def _as_phone(as_written: str) -> str | None:
    joined = re.sub(r"[\s.\-()]", "", as_written)
    return joined if PHONE.fullmatch(joined) else None


@check_each(
    "phone",
    weight=NOTES,
    source="Quy hoạch kho số viễn thông (TT 22/2014/TT-BTTTT): 10 hoặc 11 chữ số, bắt đầu bằng 0",
    says_vi="Số điện thoại không đủ chữ số hoặc lẫn ký tự khác, không nhắn tin được cho người dân.",
    do_vi="Hỏi lại số điện thoại khi có điều kiện; hồ sơ vẫn được gửi đi.",
    says_en="The telephone number is not valid, so the citizen cannot be reached by it.",
    do_en="Ask for the number again when possible; the dossier is sent anyway.",
    edit=_as_phone,
)
def phone_malformed(phone: str) -> Saw:
    return None if not phone or PHONE.fullmatch(phone) else f"{len(phone)} characters"


@check_each(
    "email",
    weight=NOTES,
    source="RFC 5322, phần địa chỉ thư",
    says_vi="Địa chỉ thư điện tử không đúng dạng, không gửi được cho người dân.",
    do_vi="Hỏi lại địa chỉ thư khi có điều kiện; hồ sơ vẫn được gửi đi.",
    says_en="The e-mail address is not valid, so the citizen cannot be reached by it.",
    do_en="Ask for the address again when possible; the dossier is sent anyway.",
    edit=lambda email: joined if EMAIL.fullmatch(joined := "".join(email.split())) else None,
)
def email_malformed(email: str) -> Saw:
    return None if not email or EMAIL.fullmatch(email) else "no address"
