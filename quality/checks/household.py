"""What the residence register needs: the address of the registration and the head of the household."""

from quality.check import HOLDS, NOTES, Examination, FaultLocation, Saw, check
from schemas.cases import BirthCase, ResidenceCase
from schemas.person import Address, HeadOfHousehold, Person
from schemas.text import tone_key

BLANK = frozenset({"", "chưa rõ", "khác"})
MATRILINEAL_GROUPS = frozenset({"ê đê", "gia rai", "chăm"})
"""Matrilineal ethnic groups, in our spelling and in small letters."""
CT01 = "Luật Cư trú 68/2020/QH14, Điều 10 và Điều 20; mẫu CT01 (TT 56/2021/TT-BCA, TT 66/2023/TT-BCA), mục 7-9"
NEVER_ASSUMED = "Nguyên tắc: chủ hộ không mặc nhiên là người cha (quan sát ở vùng mẫu hệ)"


@check(
    "head_of_household",
    weight=HOLDS,
    source="Luật Cư trú 68/2020/QH14, Điều 21; mẫu CT01 (TT 56/2021/TT-BCA, TT 66/2023/TT-BCA), mục 7-9",
    says_vi="Hồ sơ đăng ký thường trú không ghi chủ hộ; chủ hộ không mặc nhiên là người cha.",
    do_vi="Bổ sung họ tên, số định danh chủ hộ và quan hệ với chủ hộ rồi gửi lại.",
    says_en="Permanent residence is requested without a head of household; the father is not the head by default.",
    do_en="Add the head's name, personal number and the relation to the head, then send again.",
)
def head_of_household_missing(case: BirthCase | ResidenceCase, exam: Examination) -> Saw:
    return "none" if case.head_of_household is None and exam.reaches("residence") else None


@check(
    "residence",
    "moves_to",
    weight=HOLDS,
    source="Luật Cư trú 68/2020/QH14, Điều 20; mẫu CT01 (TT 56/2021/TT-BCA, TT 66/2023/TT-BCA)",
    says_vi="Hồ sơ đăng ký thường trú không ghi xã nơi đăng ký.",
    do_vi="Bổ sung địa chỉ có mã xã nơi đăng ký thường trú rồi gửi lại.",
    says_en="Permanent residence is requested without the commune of registration.",
    do_en="Add the address of registration with its commune code, then send again.",
)
def residence_address_missing(case: BirthCase | ResidenceCase, exam: Examination) -> Saw:
    field, address = _registers_at(case)
    if (address is not None and address.commune_code is not None) or not exam.reaches("residence"):
        return None
    return FaultLocation(field, "no commune")


def _registers_at(case: BirthCase | ResidenceCase) -> tuple[str, Address | None]:
    """The address at which permanent residence is registered, with its field in the case."""
    return case.moves_to_field, getattr(case, case.moves_to_field)


def _is(head: HeadOfHousehold, person: Person | None) -> bool:
    """Whether the head is this person, by their personal numbers, or by their names where one has no number."""
    if person is None:
        return False
    if head.personal_id and person.personal_id:
        return head.personal_id == person.personal_id
    return tone_key(head.full_name) == tone_key(person.full_name)


def _has_relation(head: HeadOfHousehold) -> bool:
    return head.relation is not None and head.relation.strip().lower() not in BLANK


@check(
    "head_of_household",
    weight=HOLDS,
    source=f"{NEVER_ASSUMED}; mẫu CT01 (TT 56/2021/TT-BCA, TT 66/2023/TT-BCA), mục 7-9",
    says_vi="Chủ hộ ghi tên người cha mà không có quan hệ, có vẻ do phần mềm tự điền.",
    do_vi="Hỏi ai là chủ hộ thật, ghi quan hệ với chủ hộ rồi gửi lại.",
    says_en="The father is entered as head of household without a relation; software may have filled him in.",
    do_en="Ask who the head of household is, enter the relation to the head, then send again.",
)
def head_assumed_to_be_father(case: BirthCase) -> Saw:
    head = case.head_of_household
    return "no relation" if head is not None and not _has_relation(head) and _is(head, case.father) else None


@check(
    "head_of_household.relation",
    weight=HOLDS,
    source="Luật Cư trú 68/2020/QH14; mẫu CT01 (TT 56/2021/TT-BCA, TT 66/2023/TT-BCA), mục 8",
    says_vi="Hồ sơ không ghi quan hệ với chủ hộ, trong khi đăng ký thường trú bắt buộc có.",
    do_vi="Bổ sung quan hệ với chủ hộ theo tờ khai rồi gửi lại.",
    says_en="The relation to the head of household is missing.",
    do_en="Add the relation to the head from the form, then send again.",
)
def head_relation_missing(case: BirthCase | ResidenceCase, exam: Examination) -> Saw:
    head = case.head_of_household
    if head is None or (head.relation and head.relation.strip()) or not exam.reaches("residence"):
        return None
    has_own_check = _is(head, case.in_role("father"))
    return None if has_own_check else "none"


@check(
    "head_of_household.personal_id",
    weight=NOTES,
    source="Mẫu CT01 (TT 56/2021/TT-BCA, TT 66/2023/TT-BCA), mục 9: số định danh của chủ hộ",
    says_vi="Hồ sơ không ghi số định danh của chủ hộ.",
    do_vi="Hỏi số định danh của chủ hộ khi có điều kiện; hồ sơ vẫn được gửi đi.",
    says_en="The head of household's personal number is missing.",
    do_en="Ask for the number when possible; the dossier is sent anyway.",
)
def head_number_missing(case: BirthCase | ResidenceCase, exam: Examination) -> Saw:
    head = case.head_of_household
    return "none" if head is not None and not head.personal_id and exam.reaches("residence") else None


@check(
    "head_of_household.relation",
    weight=HOLDS,
    source=CT01,
    says_vi="Chủ hộ là cha hoặc mẹ của trẻ nhưng quan hệ ghi không phải là con.",
    do_vi="Sửa quan hệ với chủ hộ hoặc chủ hộ ghi sai rồi gửi lại.",
    says_en="The head is the child's parent, but the relation is not that of a child.",
    do_en="Edit the relation or the head of household, then send again.",
)
def head_relation_contradicted(case: BirthCase) -> Saw:
    head = case.head_of_household
    if head is None or not _has_relation(head) or not (_is(head, case.father) or _is(head, case.mother)):
        return None
    words = (head.relation or "").lower().split()
    return None if words[0] == "con" and words[1:] not in (["dâu"], ["rể"]) else "not a child's"


@check(
    "head_of_household",
    weight=NOTES,
    source=NEVER_ASSUMED,
    says_vi="Mẹ thuộc dân tộc theo mẫu hệ nhưng chủ hộ ghi là người cha; cần xem lại.",
    do_vi="Hỏi lại gia đình ai là chủ hộ; hồ sơ vẫn được gửi đi.",
    says_en="The mother's ethnic group is matrilineal, yet the father is entered as head of household.",
    do_en="Ask the family who the head of household is; the dossier is sent anyway.",
)
def father_heads_matrilineal_home(case: BirthCase) -> Saw:
    head, mother = case.head_of_household, case.mother
    if head is None or mother is None or (mother.ethnic_group or "").lower() not in MATRILINEAL_GROUPS:
        return None
    return "the father" if _is(head, case.father) else None


@check(
    "moves_to.detail",
    "residence.detail",
    weight=HOLDS,
    source="Luật Cư trú 68/2020/QH14, Điều 20: chỗ ở hợp pháp; mẫu CT01 (TT 56/2021/TT-BCA, TT 66/2023/TT-BCA), mục 10",
    says_vi="Nơi đăng ký thường trú chỉ ghi xã, không ghi thôn, số nhà.",
    do_vi="Bổ sung thôn, tổ dân phố, số nhà theo giấy tờ chỗ ở rồi gửi lại.",
    says_en="The address of registration names only a commune, no hamlet or house number.",
    do_en="Add the hamlet, residential group or house number from the housing paper, then send again.",
)
def residence_detail_missing(case: BirthCase | ResidenceCase, exam: Examination) -> Saw:
    field, address = _registers_at(case)
    if address is None or address.detail.strip() or address.commune_code is None or not exam.reaches("residence"):
        return None
    return FaultLocation(f"{field}.detail", "none")


@check(
    "person.personal_id",
    weight=HOLDS,
    source="Mẫu CT01 (TT 56/2021/TT-BCA, TT 66/2023/TT-BCA), mục 4: số định danh của người khai",
    says_vi="Người đăng ký thường trú không có số định danh cá nhân.",
    do_vi="Bổ sung số định danh 12 chữ số theo thẻ căn cước rồi gửi lại.",
    says_en="The person who registers a residence has no personal number.",
    do_en="Add the twelve digits of the identity card, then send again.",
)
def mover_unidentified(case: ResidenceCase) -> Saw:
    return None if (case.person.personal_id or "").strip() else "none"


@check(
    "reason",
    weight=NOTES,
    source="Mẫu CT01 (TT 56/2021/TT-BCA, TT 66/2023/TT-BCA), mục 10: nội dung đề nghị",
    says_vi="Tờ khai cư trú không ghi nội dung đề nghị.",
    do_vi="Bổ sung nội dung đề nghị khi có điều kiện; hồ sơ vẫn được gửi đi.",
    says_en="The residence form does not say what is requested.",
    do_en="Add the request when possible; the dossier is sent anyway.",
)
def residence_reason_missing(case: ResidenceCase) -> Saw:
    return None if case.reason.strip() else "none"


@check(
    "residence",
    "mother.residence",
    "father.residence",
    weight=NOTES,
    source="Luật Cư trú 68/2020/QH14, Điều 12: nơi cư trú của trẻ là của cha, mẹ",
    says_vi="Trẻ đăng ký thường trú ở xã khác với nơi cư trú của cả cha và mẹ.",
    do_vi="Đối chiếu tờ khai và ý kiến của cha mẹ; hồ sơ vẫn được gửi đi.",
    says_en="The child's residence is in another commune than the residence of both parents.",
    do_en="Compare with the form and the parents' consent; the dossier is sent anyway.",
)
def child_lives_apart(case: BirthCase) -> Saw:
    if case.residence is None or case.residence.commune_code is None:
        return None
    homes = [parent.residence.commune_code for parent in (case.mother, case.father) if parent and parent.residence]
    return None if not homes or None in homes or case.residence.commune_code in homes else "another commune"
