"""Relations between the persons of a dossier: parents and child, applicant and parents, husband and wife."""

from datetime import date

from quality.check import HOLDS, Examination, FaultLocation, Saw, check
from quality.checks.identity import is_placeholder
from schemas.cases import BirthCase, Case, MarriageCase, Spouse
from schemas.catalogues import ANY_REGISTRY, rows_of
from schemas.dates import PartialDate
from schemas.person import Person, Sex
from schemas.text import tone_key

YOUNGEST_PARENT_YEARS = 12
MARRIAGE_YEARS = {Sex.MALE: 20, Sex.FEMALE: 18}
"""Luật Hôn nhân và gia đình 52/2014/QH13, Điều 8."""

MARRIAGE_LAW = "Luật Hôn nhân và gia đình 52/2014/QH13, Điều 8"
BIRTH_KINDS: dict[str, tuple[bool, bool]] = {
    "1": (True, True),
    "2": (False, True),
    "3": (True, False),
    "4": (False, False),
    "5": (False, False),
}
"""nksLoaiKhaiSinh: whether the mother and the father are known."""

SPOUSES = ("husband", "wife")
PARENT_OF_RELATION = {"Cha": "father", "Cha đẻ": "father", "Mẹ": "mother", "Mẹ đẻ": "mother"}
"""By the name that the list of relations has for all its spellings (`Bố`, `Má`, ...). A step-parent's, an adoptive
parent's or a spouse's parent's is another relation."""


def _number(person: Person) -> str | None:
    return "".join(person.personal_id.split()) or None if person.personal_id else None


def _have_one_number(one: Person | None, other: Person | None) -> bool:
    return one is not None and other is not None and (number := _number(one)) is not None and number == _number(other)


def is_surely_younger_than(years: int, born_on: PartialDate | None, on: date | None) -> bool:
    """Whether a person was under this age on a day, whatever the unknown parts of the date of birth are."""
    if born_on is None or on is None or (born_on.year is not None and on.year - born_on.year > years):
        return False
    if (earliest := born_on.earliest) is None:
        return False
    had_birthday = (on.month, on.day) >= (earliest.month, earliest.day)
    return on.year - earliest.year - (not had_birthday) < years


def spouses_of(case: Case) -> tuple[Spouse, ...]:
    """Husband and wife; none for a case that is not a marriage."""
    if case.role_fields != SPOUSES:
        return ()
    return tuple(spouse for role in SPOUSES if isinstance(spouse := case.in_role(role), Spouse))


def _was_too_young(parent: Person | None, case: BirthCase) -> bool:
    if parent is None or case.child.born_on is None:
        return False
    return is_surely_younger_than(YOUNGEST_PARENT_YEARS, parent.born_on, case.child.born_on.latest)


@check(
    "mother.born_on",
    "child.born_on",
    weight=HOLDS,
    source="Ngưỡng nghiệp vụ của lienthong (giả định); chưa có văn bản quy định",
    says_vi="Theo ngày sinh đã ghi, người mẹ chưa đủ 12 tuổi khi sinh con.",
    do_vi="Đối chiếu giấy tờ của mẹ và giấy chứng sinh, sửa ngày sai rồi gửi lại.",
    says_en="By the recorded dates, the mother was under twelve at the birth.",
    do_en="Compare the mother's papers with the birth notice, correct the wrong date and send again.",
)
def mother_too_young(case: BirthCase) -> Saw:
    return "under twelve" if _was_too_young(case.mother, case) else None


@check(
    "father.born_on",
    "child.born_on",
    weight=HOLDS,
    source="Ngưỡng nghiệp vụ của lienthong (giả định); chưa có văn bản quy định",
    says_vi="Theo ngày sinh đã ghi, người cha chưa đủ 12 tuổi khi con sinh ra.",
    do_vi="Đối chiếu giấy tờ của cha và giấy chứng sinh, sửa ngày sai rồi gửi lại.",
    says_en="By the recorded dates, the father was under twelve at the birth.",
    do_en="Compare the father's papers with the birth notice, correct the wrong date and send again.",
)
def father_too_young(case: BirthCase) -> Saw:
    return "under twelve" if _was_too_young(case.father, case) else None


@check(
    "father.personal_id",
    "mother.personal_id",
    weight=HOLDS,
    source="Luật Căn cước công dân 59/2014/QH13; Luật Căn cước 26/2023/QH15, Điều 12: mỗi người một số",
    says_vi="Cha và mẹ ghi cùng một số định danh, trong khi mỗi người có một số riêng.",
    do_vi="Đối chiếu căn cước của cha và mẹ, sửa số sai rồi gửi lại.",
    says_en="Father and mother have the same personal number.",
    do_en="Compare both identity cards, correct the wrong number and send again.",
)
def parents_same_number(case: BirthCase) -> Saw:
    return "one number" if _have_one_number(case.father, case.mother) else None


@check(
    "child.personal_id",
    "mother.personal_id",
    "father.personal_id",
    weight=HOLDS,
    source="Luật Căn cước công dân 59/2014/QH13; Luật Căn cước 26/2023/QH15, Điều 12: mỗi người một số",
    says_vi="Trẻ ghi cùng số định danh với cha hoặc mẹ, trong khi mỗi người có một số riêng.",
    do_vi="Xóa số định danh của trẻ nếu chưa được cấp rồi gửi lại.",
    says_en="The child has the personal number of the father or the mother.",
    do_en="Empty the child's number if none has been issued yet, then send again.",
)
def child_has_number_of_parent(case: BirthCase) -> Saw:
    child = case.child
    return "one number" if _have_one_number(child, case.mother) or _have_one_number(child, case.father) else None


@check(
    "birth_kind",
    "mother",
    "father",
    weight=HOLDS,
    source="Danh mục nksLoaiKhaiSinh, mẫu hotich158 của Bộ Tư pháp",
    says_vi="Loại khai sinh không khớp với phần khai cha, mẹ trong hồ sơ.",
    do_vi="Chọn lại loại khai sinh hoặc bổ sung phần khai cha, mẹ rồi gửi lại.",
    says_en="The kind of birth registration does not fit the parents who are named.",
    do_en="Choose the kind of birth registration again or add the missing parent, then send again.",
)
def birth_kind_contradicted(case: BirthCase) -> Saw:
    known = (case.mother is not None, case.father is not None)
    if case.birth_kind is None or BIRTH_KINDS.get(case.birth_kind) == known:
        return None
    return f"kind {case.birth_kind}" if case.birth_kind in BIRTH_KINDS else "kind not in the list"


def _differ(applicant: Person, parent: Person) -> bool:
    if applicant.full_name != parent.full_name and tone_key(applicant.full_name) != tone_key(parent.full_name):
        return True
    if not applicant.personal_id or not parent.personal_id or is_placeholder(applicant.personal_id):
        return False
    return not _have_one_number(applicant, parent)


@check(
    "father",
    "mother",
    weight=HOLDS,
    source="Mã nguồn cổng: quan hệ mặc định là Cha làm ghi đè dữ liệu người cha",
    says_vi="Người yêu cầu khai là cha hoặc mẹ nhưng họ tên, số định danh khác phần khai cha, mẹ.",
    do_vi="Chọn lại quan hệ hoặc sửa phần khai cha, mẹ rồi gửi lại.",
    says_en="The applicant is entered as a parent, but the name or number differs from that parent's.",
    do_en="Choose the relation again or edit the parent's part, then send again.",
)
def applicant_relation_overwrites(case: BirthCase, exam: Examination) -> Saw:
    applicant = exam.dossier.applicant
    if applicant is None or applicant.relation is None:
        return None
    listed = rows_of("relation", ANY_REGISTRY, applicant.relation)
    role = PARENT_OF_RELATION.get(listed[0].value) if listed else None
    if role is None:
        return None
    parent: Person | None = getattr(case, role)
    if parent is None:
        return FaultLocation(role, "not named")
    return FaultLocation(role, "name or number differs") if _differ(applicant, parent) else None


@check(
    "wife.personal_id",
    "husband.personal_id",
    weight=HOLDS,
    source="Luật Căn cước công dân 59/2014/QH13; Luật Căn cước 26/2023/QH15, Điều 12: mỗi người một số",
    says_vi="Chồng và vợ ghi cùng một số định danh, trong khi mỗi người có một số riêng.",
    do_vi="Đối chiếu căn cước của hai bên, sửa số sai rồi gửi lại.",
    says_en="Husband and wife have the same personal number.",
    do_en="Compare both identity cards, correct the wrong number and send again.",
)
def spouses_same_number(case: MarriageCase) -> Saw:
    return "one number" if _have_one_number(case.husband, case.wife) else None


@check(
    "husband.sex",
    "wife.sex",
    weight=HOLDS,
    source=MARRIAGE_LAW,
    says_vi="Giới tính đã ghi không khớp với phần khai chồng hoặc vợ.",
    do_vi="Đối chiếu giấy tờ tùy thân, sửa giới tính hoặc đổi lại phần khai.",
    says_en="The sex contradicts the part of the form: a female husband or a male wife.",
    do_en="Compare with the identity papers; edit the sex or exchange the two parts.",
)
def spouse_sex_contradicted(case: MarriageCase) -> Saw:
    if case.husband.sex == Sex.FEMALE:
        return FaultLocation("husband.sex", "female")
    return FaultLocation("wife.sex", "male") if case.wife.sex == Sex.MALE else None


@check(
    "husband.born_on",
    "wife.born_on",
    weight=HOLDS,
    source=MARRIAGE_LAW,
    says_vi="Chồng chưa đủ 20 tuổi hoặc vợ chưa đủ 18 tuổi vào ngày tiếp nhận hồ sơ.",
    do_vi="Đối chiếu ngày sinh trên giấy tờ; nếu đúng, hồ sơ không đủ điều kiện.",
    says_en="A spouse is under the age for marriage on the day of receipt.",
    do_en="Compare the dates of birth with the papers; if they are right, the marriage cannot be registered.",
)
def spouse_too_young(case: MarriageCase, exam: Examination) -> Saw:
    spouses: tuple[tuple[str, Spouse, Sex], ...] = (
        ("husband", case.husband, Sex.MALE),
        ("wife", case.wife, Sex.FEMALE),
    )
    for role, spouse, sex in spouses:
        if is_surely_younger_than(MARRIAGE_YEARS[sex], spouse.born_on, exam.event_on):
            return FaultLocation(f"{role}.born_on", f"under {MARRIAGE_YEARS[sex]}")
    return None
