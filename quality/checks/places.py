"""Places: codes that no unit holds on the day of the event, and codes that contradict each other.

A commune code alone is ambiguous, so every question here is about a code and a day. Where someone comes from, or was
born, and old parcel codes keep the codes of their time and are not asked about.
"""

from datetime import date
from functools import lru_cache

from quality.check import HOLDS, NOTES, Examination, Saw, check, check_each
from schemas.civil_status import BirthCase
from schemas.dossier import Dossier
from schemas.person import Address
from schemas.places import PROVINCES, commune_on, wrong_code

_commune_on = lru_cache(maxsize=16_384)(commune_on)

UNITS = "QĐ 19/2025/QĐ-TTg, bảng danh mục và mã số đơn vị hành chính"
KEEP_THEIR_TIME = ("home_place", "birth_place")
TWO_LEVELS_FROM = date(2025, 7, 1)
"""Since this day there are 34 provinces, and no districts."""


@check_each(
    "commune_code",
    unless_in=KEEP_THEIR_TIME,
    weight=HOLDS,
    source=UNITS,
    says_vi="Mã xã không thuộc đơn vị hành chính nào vào ngày tiếp nhận hồ sơ.",
    do_vi="Chọn lại xã, phường theo danh mục hiện hành rồi gửi lại; không tự suy đoán khi xã bị chia.",
    says_en="No unit holds a commune code on the day of receipt.",
)
def retired_commune_code(commune_code: str, exam: Examination) -> Saw:
    return "held by no unit" if _commune_on(commune_code, exam.event_on) is None else None


@check_each(
    "commune_code",
    weight=HOLDS,
    source="QĐ 19/2025/QĐ-TTg, đối chiếu bản ký; bảng đơn vị của liên thông",
    says_vi="Mã xã là mã sai mà một số hệ thống từng gửi, chưa từng thuộc đơn vị nào.",
    do_vi="Thay bằng mã đúng, tra bằng lệnh lienthong place kèm mã này, rồi gửi lại.",
    says_en="A commune code is a known wrong one that other systems sent.",
)
def wrong_commune_code(commune_code: str) -> Saw:
    return "a known wrong code" if wrong_code(commune_code) else None


@check_each(
    "province_code",
    unless_in=KEEP_THEIR_TIME,
    weight=HOLDS,
    source=UNITS,
    says_vi="Mã tỉnh không có trong 34 tỉnh, thành phố hiện hành.",
    do_vi="Chọn lại tỉnh, thành phố theo danh mục hiện hành rồi gửi lại.",
    says_en="A province code is not among the 34 of today.",
    valid_from=TWO_LEVELS_FROM,
)
def retired_province_code(province_code: str) -> Saw:
    return None if province_code in PROVINCES else "not among the 34"


@check(
    "commune_code", "province_code",
    unless_in=KEEP_THEIR_TIME,
    weight=HOLDS,
    source=UNITS,
    says_vi="Mã xã không thuộc tỉnh đã ghi trong cùng địa chỉ.",
    do_vi="Chọn lại tỉnh hoặc xã cho khớp nhau rồi gửi lại.",
    says_en="A commune is not in the province that stands beside it.",
)  # fmt: skip
def commune_outside_province(address: Address, exam: Examination) -> Saw:
    if address.commune_code is None or address.province_code not in PROVINCES:
        return None
    commune = _commune_on(address.commune_code, exam.event_on)
    return None if commune is None or commune.province_code == address.province_code else "of another province"


@check(
    "commune_code", "portal_code",
    weight=HOLDS,
    source=f"NĐ 118/2025/NĐ-CP; {UNITS}",
    says_vi="Xã tiếp nhận hồ sơ không thuộc tỉnh của cổng đã gửi hồ sơ.",
    do_vi="Kiểm tra lại đơn vị tiếp nhận trên cổng rồi gửi lại.",
    says_en="The receiving commune is not in the portal's province.",
)  # fmt: skip
def receiving_commune_outside_portal(dossier: Dossier, exam: Examination) -> Saw:
    if dossier.commune_code is None or (commune := _commune_on(dossier.commune_code, exam.event_on)) is None:
        return None
    return None if commune.province_code == dossier.portal_code else "of another province"


@check(
    "birth_place.commune_code",
    weight=HOLDS,
    source=UNITS,
    says_vi="Mã xã nơi sinh không có vào ngày sinh và cũng không có vào ngày tiếp nhận.",
    do_vi="Chọn lại xã, phường nơi sinh theo giấy chứng sinh rồi gửi lại.",
    says_en="No unit held the birth place's code on the day of birth or of receipt.",
)
def birth_place_never_was(case: BirthCase, exam: Examination) -> Saw:
    code = case.birth_place.commune_code if case.birth_place else None
    if code is None or _commune_on(code, exam.event_on):
        return None
    born = case.child.born_on.earliest if case.child.born_on else None
    return None if born and _commune_on(code, born) else "held by no unit"


@check(
    "district_code",
    weight=NOTES,
    source="Luật Tổ chức chính quyền địa phương 72/2025/QH15: hai cấp từ 01/07/2025",
    says_vi="Địa chỉ vẫn ghi mã huyện, trong khi cấp huyện đã kết thúc từ 01/07/2025.",
    do_vi="Không cần sửa; mã huyện không được gửi đi.",
    says_en="An address still names a district, though districts ended on 1 July 2025.",
    valid_from=TWO_LEVELS_FROM,
)
def district_code_after_end(address: Address) -> Saw:
    return "a district code" if address.district_code else None
