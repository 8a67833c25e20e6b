"""What a birth registration must say about the child and the notice (Luật Hộ tịch, Điều 14), and what is unusual."""

from quality.check import HOLDS, NOTES, Examination, FaultLocation, Saw, check
from quality.checks.family import is_surely_younger_than
from schemas.cases import BirthCase
from schemas.fields import BIRTH_NOTICE_CODE
from schemas.person import Sex
from schemas.text import tone_key

CONTENT = "Luật Hộ tịch 60/2014/QH13, Điều 14: nội dung đăng ký khai sinh"
OLDEST_MOTHER_YEARS = 55
IN_TIME, LATE = "1", "4"
KINH = "kinh"


@check(
    "child.sex",
    weight=HOLDS,
    source=CONTENT,
    says_vi="Hồ sơ không ghi giới tính của trẻ.",
    do_vi="Bổ sung giới tính theo giấy chứng sinh rồi gửi lại.",
    says_en="The child's sex is missing.",
    do_en="Add the sex from the birth notice, then send again.",
)
def child_sex_missing(case: BirthCase) -> Saw:
    return "none" if case.child.sex is None else None


@check(
    "birth_place",
    weight=HOLDS,
    source=CONTENT,
    says_vi="Hồ sơ không ghi nơi sinh của trẻ.",
    do_vi="Bổ sung nơi sinh theo giấy chứng sinh rồi gửi lại.",
    says_en="The place of birth is missing.",
    do_en="Add the place of birth from the birth notice, then send again.",
)
def birth_place_missing(case: BirthCase) -> Saw:
    place = case.birth_place
    return None if place and (place.commune_code or place.detail.strip() or place.country_code != "VN") else "none"


@check(
    "child.nationality_code",
    weight=NOTES,
    source=CONTENT,
    says_vi="Hồ sơ không ghi quốc tịch của trẻ.",
    do_vi="Bổ sung quốc tịch ở lần sửa tiếp theo; hồ sơ vẫn được gửi đi.",
    says_en="The child's nationality is missing.",
    do_en="Add it when the dossier is next edited; it is sent anyway.",
)
def child_nationality_missing(case: BirthCase) -> Saw:
    return None if case.child.nationality_code else "none"


@check(
    "child.home_place",
    weight=NOTES,
    source=CONTENT,
    says_vi="Hồ sơ không ghi quê quán của trẻ.",
    do_vi="Bổ sung quê quán theo cha hoặc mẹ khi có điều kiện; hồ sơ vẫn được gửi đi.",
    says_en="The child's place of origin is missing.",
    do_en="Add the father's or the mother's when possible; the dossier is sent anyway.",
)
def child_home_place_missing(case: BirthCase) -> Saw:
    return None if case.child.home_place else "none"


@check(
    "father.sex",
    "mother.sex",
    weight=HOLDS,
    source="Danh mục gioiTinh, mẫu hotich158 của Bộ Tư pháp",
    says_vi="Giới tính đã ghi không khớp với phần khai cha hoặc mẹ.",
    do_vi="Đối chiếu giấy tờ tùy thân, sửa giới tính hoặc đổi lại phần khai.",
    says_en="The sex contradicts the part of the form: a female father or a male mother.",
    do_en="Compare with the identity papers; edit the sex or exchange the two parts.",
)
def parent_sex_contradicted(case: BirthCase) -> Saw:
    if case.father is not None and case.father.sex is Sex.FEMALE:
        return FaultLocation("father.sex", "female")
    return FaultLocation("mother.sex", "male") if case.mother is not None and case.mother.sex is Sex.MALE else None


@check(
    "mother.born_on",
    "child.born_on",
    weight=NOTES,
    source="Ngưỡng nghiệp vụ của lienthong (giả định); chưa có văn bản quy định",
    says_vi="Theo ngày sinh đã ghi, người mẹ trên 55 tuổi khi sinh con.",
    do_vi="Đối chiếu giấy tờ của mẹ; có thể là bà khai thay mẹ. Hồ sơ vẫn được gửi đi.",
    says_en="By the recorded dates, the mother was over 55 at the birth.",
    do_en="Compare with her papers; the grandmother may have applied in her place. The dossier is sent all the same.",
)
def mother_too_old(case: BirthCase) -> Saw:
    if case.mother is None or case.mother.born_on is None or case.child.born_on is None:
        return None
    latest, child = case.mother.born_on.latest, case.child.born_on.earliest
    if latest is None or child is None or child.year - latest.year <= OLDEST_MOTHER_YEARS:
        return None
    return None if is_surely_younger_than(OLDEST_MOTHER_YEARS + 1, case.mother.born_on, child) else "over 55"


@check(
    "child.full_name",
    weight=NOTES,
    source="Bộ luật Dân sự 91/2015/QH13, Điều 26: họ theo cha hoặc mẹ",
    says_vi="Họ của trẻ không phải họ cha cũng không phải họ mẹ.",
    do_vi="Đối chiếu tờ khai, xem có ghi nhầm họ không; hồ sơ vẫn được gửi đi.",
    says_en="The child's family name is neither the father's nor the mother's.",
    do_en="Compare with the form whether the name was mistyped; the dossier is sent anyway.",
)
def family_name_of_neither_parent(case: BirthCase) -> Saw:
    """Asked about Kinh children only: other groups form names in other ways."""
    if (case.child.ethnic_group or "").lower() != KINH:
        return None
    families = [parent.full_name.split()[:1] for parent in (case.father, case.mother) if parent]
    family = case.child.full_name.split()[:1]
    if not family or not all(families) or family in families or not families:
        return None
    return (
        None
        if tone_key(family[0]) in {tone_key(parent_family) for (parent_family,) in families}
        else "another family name"
    )


@check(
    "registration_kind",
    "child.born_on",
    weight=NOTES,
    source="Luật Hộ tịch 60/2014/QH13, Điều 15: 60 ngày",
    says_vi="Loại đăng ký ghi quá hạn trong khi trẻ sinh chưa quá 60 ngày.",
    do_vi="Chọn lại loại đăng ký đúng hạn nếu ngày sinh đúng; hồ sơ vẫn được gửi đi.",
    says_en="The registration is marked as late though the child was born within sixty days.",
    do_en="Choose registration in time if the date of birth is right; the dossier is sent anyway.",
)
def late_marked_in_time(case: BirthCase, exam: Examination) -> Saw:
    earliest = case.child.born_on.earliest if case.child.born_on and case.registration_kind == LATE else None
    return "within sixty days" if earliest and 0 <= (exam.event_on - earliest).days <= 60 else None


@check(
    "notice_code",
    "notice_on",
    weight=NOTES,
    source="TT 22/2025/TT-BYT: hai số cuối của số giấy chứng sinh là năm cấp; cấp lại giữ số cũ",
    says_vi="Năm trong số giấy chứng sinh khác năm của ngày cấp.",
    do_vi="Đối chiếu giấy chứng sinh; giấy cấp lại giữ số cũ. Hồ sơ vẫn được gửi đi.",
    says_en="The year in the birth notice's number is not the year of its date.",
    do_en="Compare with the notice; a reissued one keeps its old number. The dossier is sent all the same.",
)
def notice_of_another_year(case: BirthCase) -> Saw:
    code, year = case.notice_code, case.notice_on.year if case.notice_on else None
    if not code or year is None or not BIRTH_NOTICE_CODE.fullmatch(code):
        return None
    return None if int(code[-2:]) == year % 100 else "another year"
