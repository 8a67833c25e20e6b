"""Places: codes that no unit has on the day of receipt, and codes that contradict each other.

A commune code alone is ambiguous, so every check asks about a code and a day. Places of origin, places of birth and old
communes of parcels keep the codes of their time and are not checked against the day of receipt.
"""

import re
from datetime import date
from functools import lru_cache

from quality.check import HOLDS, NOTES, STOPS, Actor, Examination, Saw, check, check_each
from schemas.cases import BirthCase
from schemas.dossier import Dossier
from schemas.person import Address
from schemas.places import PROVINCES, UnitSet, WholeUnit, commune_on, crosswalk, units_of, wrong_code

_commune_on = lru_cache(maxsize=16_384)(commune_on)

UNITS = "QĐ 124/2004/QĐ-TTg; QĐ 19/2025/QĐ-TTg, bảng danh mục và mã số đơn vị hành chính"
KEEP_THEIR_TIME = ("home_place", "birth_place", "lunar")
TWO_LEVELS_FROM = date(2025, 7, 1)
"""Since this day there are 34 provinces, and no districts."""
DISTRICT = re.compile(r"\b(?:[Qq]uận|[Hh]uyện) \w")


def _is_not_in_force(commune_code: str, exam: Examination) -> bool:
    return _commune_on(commune_code, exam.event_on) is None


@lru_cache(maxsize=16_384)
def _is_no_unit_of_today(code: str) -> bool:
    return code not in PROVINCES if len(code) == 2 else not any(unit.valid_until == date.max for unit in units_of(code))


@lru_cache(maxsize=4096)
def _successors(code: str) -> tuple[str, ...]:
    """The codes of the units that took over from a unit that ended on 1 July 2025; none for other codes."""
    ended = [unit for unit in units_of(code) if unit.valid_until == TWO_LEVELS_FROM]
    if len(ended) != 1:
        return ()
    match crosswalk(ended[0], TWO_LEVELS_FROM):
        case WholeUnit(unit=unit):
            return (unit.code,)
        case UnitSet(units=units):
            return tuple(unit.code for unit in units)
    return ()


@lru_cache(maxsize=4096)
def _lost_a_zero(code: str) -> bool:
    """Whether the code is none of a unit, but would be one, of any time, with a zero in front."""
    return len(code) in (1, 4) and code.isdecimal() and code.isascii() and bool(units_of(f"0{code}"))


@check_each(
    "commune_code",
    unless_in=KEEP_THEIR_TIME,
    only=_is_not_in_force,
    weight=HOLDS,
    source=UNITS,
    says_vi="Mã xã không thuộc đơn vị hành chính nào vào ngày tiếp nhận hồ sơ.",
    do_vi="Chọn lại xã, phường theo danh mục hiện hành rồi gửi lại; không tự suy đoán khi xã bị chia.",
    says_en="No unit has this commune code on the day of receipt.",
    do_en="Choose the commune from the list in force, then send again; do not guess where a commune was divided.",
    edit=lambda code: heirs[0] if len(heirs := _successors(code)) == 1 else None,
)
def retired_commune_code(commune_code: str, exam: Examination) -> Saw:
    has_own_check = _lost_a_zero(commune_code) or len(_successors(commune_code)) > 1
    return None if has_own_check else "held by no unit"


@check_each(
    "commune_code",
    unless_in=KEEP_THEIR_TIME,
    only=_is_not_in_force,
    weight=HOLDS,
    who=Actor.STEWARD,
    source=f"{UNITS}; nghị quyết sắp xếp đơn vị hành chính: một phần diện tích về mỗi xã mới",
    says_vi="Mã xã cũ đã chia về nhiều xã mới, hồ sơ chưa cho biết thuộc xã nào.",
    do_vi="Xác định theo thôn, tổ dân phố rồi chọn xã mới; không tự suy đoán.",
    says_en="The code is of a commune that was split between several, and nothing says which.",
    do_en="Decide by hamlet or group, then choose the new commune; do not guess.",
)
def split_undecided(commune_code: str, exam: Examination) -> Saw:
    heirs = _successors(commune_code)
    return f"one of {', '.join(heirs)}" if len(heirs) > 1 else None


@check_each(
    "commune_code",
    "province_code",
    unless_in=("lunar",),
    only=_is_no_unit_of_today,
    weight=HOLDS,
    source=f"{UNITS}: mã xã 5 chữ số, mã tỉnh 2 chữ số",
    says_vi="Mã đơn vị hành chính bị mất số 0 ở đầu, thường do bảng tính.",
    do_vi="Thêm lại số 0 ở đầu mã rồi gửi lại.",
    says_en="A unit's code lost its leading zero, usually in a spreadsheet.",
    do_en="Add the leading zero to the code again, then send again.",
    edit=lambda code: f"0{code}" if _lost_a_zero(code) else None,
)
def leading_zero_lost(code: str) -> Saw:
    return "a zero is missing" if len(code) in (1, 4) and _lost_a_zero(code) else None


@check_each(
    "commune_code",
    only=_is_no_unit_of_today,
    weight=HOLDS,
    source="QĐ 19/2025/QĐ-TTg, đối chiếu bản ký; bảng đơn vị của liên thông",
    says_vi="Mã xã là mã sai mà một số hệ thống từng gửi, chưa từng thuộc đơn vị nào.",
    do_vi="Thay bằng mã đúng, tra bằng lệnh lienthong place kèm mã này, rồi gửi lại.",
    says_en="The commune code is a known wrong code that other systems sent; no unit ever had it.",
    do_en="Enter the right code (lienthong place shows it), then send again.",
    edit=lambda code: fault.right_code if (fault := wrong_code(code)) else None,
)
def wrong_commune_code(commune_code: str) -> Saw:
    return "a known wrong code" if wrong_code(commune_code) else None


@check_each(
    "province_code",
    unless_in=KEEP_THEIR_TIME,
    only=_is_no_unit_of_today,
    weight=HOLDS,
    source=UNITS,
    says_vi="Mã tỉnh không có trong 34 tỉnh, thành phố hiện hành.",
    do_vi="Chọn lại tỉnh, thành phố theo danh mục hiện hành rồi gửi lại.",
    says_en="A province code is not among the 34 in force.",
    do_en="Choose the province from the list in force, then send again.",
    edit=lambda code: heirs[0] if len(code) == 2 and len(heirs := _successors(code)) == 1 else None,
    valid_from=TWO_LEVELS_FROM,
)
def retired_province_code(province_code: str) -> Saw:
    return None if province_code in PROVINCES or _lost_a_zero(province_code) else "not among the 34"


@check(
    "commune_code",
    "province_code",
    unless_in=KEEP_THEIR_TIME,
    weight=HOLDS,
    source=UNITS,
    says_vi="Mã xã không thuộc tỉnh đã ghi trong cùng địa chỉ.",
    do_vi="Chọn lại tỉnh hoặc xã cho khớp nhau rồi gửi lại.",
    says_en="A commune is not in the province of the same address.",
    do_en="Choose the province or the commune again so that they agree, then send again.",
)
def commune_outside_province(address: Address, exam: Examination) -> Saw:
    if address.commune_code is None or address.province_code not in PROVINCES:
        return None
    commune = _commune_on(address.commune_code, exam.event_on)
    return None if commune is None or commune.province_code == address.province_code else "of another province"


@check(
    "commune_code",
    "portal_code",
    weight=STOPS,
    who=Actor.STEWARD,
    source=f"NĐ 61/2018/NĐ-CP; NĐ 118/2025/NĐ-CP; {UNITS}",
    says_vi="Xã tiếp nhận thuộc tỉnh khác với cổng; cổng có thể đang gửi nhầm dữ liệu của tỉnh khác.",
    do_vi="Kiểm tra đơn vị tiếp nhận trên cổng; rõ rồi mới cho lô chuyển tiếp hoặc từ chối.",
    says_en="The receiving commune is not in the portal's province; the portal may be sending another province's data.",
    do_en="Check the receiving unit at the portal; release or reject the batch when that is clear.",
)
def receiving_commune_outside_portal(dossier: Dossier, exam: Examination) -> Saw:
    if dossier.commune_code is None or (commune := _commune_on(dossier.commune_code, exam.event_on)) is None:
        return None
    return None if dossier.portal_province in (None, commune.province_code) else "of another province"


@check(
    "birth_place.commune_code",
    weight=HOLDS,
    source=UNITS,
    says_vi="Mã xã nơi sinh không có vào ngày sinh và cũng không có vào ngày tiếp nhận.",
    do_vi="Chọn lại xã, phường nơi sinh theo giấy chứng sinh rồi gửi lại.",
    says_en="No unit had the commune code of the place of birth on the day of birth or of receipt.",
    do_en="Choose the commune of birth again from the birth notice, then send again.",
)
def birth_place_never_was(case: BirthCase, exam: Examination) -> Saw:
    code = case.birth_place.commune_code if case.birth_place else None
    if code is None or _commune_on(code, exam.event_on):
        return None
    born = case.child.born_on.earliest if case.child.born_on else None
    return None if born and _commune_on(code, born) else "held by no unit"


@check_each(
    "detail",
    unless_in=KEEP_THEIR_TIME,
    weight=NOTES,
    source="Luật Tổ chức chính quyền địa phương 72/2025/QH15: hai cấp từ 01/07/2025",
    says_vi="Địa chỉ chi tiết vẫn ghi quận, huyện, trong khi cấp huyện đã kết thúc từ 01/07/2025.",
    do_vi="Bỏ tên quận, huyện ở lần sửa tiếp theo; hồ sơ vẫn được gửi đi.",
    says_en="The words of an address still name a district, though districts were abolished on 1 July 2025.",
    do_en="Remove the district when the dossier is next edited; it is sent anyway.",
    valid_from=TWO_LEVELS_FROM,
)
def district_in_address(detail: str) -> Saw:
    return "a district" if ("uận " in detail or "uyện " in detail) and DISTRICT.search(detail) else None


@check(
    "country_code",
    "commune_code",
    weight=HOLDS,
    source=f"ISO 3166-1; {UNITS}",
    says_vi="Địa chỉ ghi ở nước ngoài nhưng lại có mã tỉnh hoặc mã xã của Việt Nam.",
    do_vi="Chọn lại quốc gia hoặc xóa mã tỉnh, mã xã rồi gửi lại.",
    says_en="An address abroad has a code of a province or commune in Vietnam.",
    do_en="Choose the country again or empty the codes, then send again.",
)
def foreign_address_with_commune(address: Address) -> Saw:
    is_abroad = address.country_code not in ("VN", "")
    return "both" if is_abroad and (address.commune_code or address.province_code) else None


@check_each(
    "district_code",
    weight=NOTES,
    source="Luật Tổ chức chính quyền địa phương 72/2025/QH15: hai cấp từ 01/07/2025",
    says_vi="Địa chỉ vẫn ghi mã huyện, trong khi cấp huyện đã kết thúc từ 01/07/2025.",
    do_vi="Không cần sửa; mã huyện không được gửi đi.",
    says_en="An address still has a district code, though districts were abolished on 1 July 2025.",
    do_en="Nothing needs to be edited; the district code is not sent.",
    valid_from=TWO_LEVELS_FROM,
)
def district_code_after_end(district_code: str) -> Saw:
    return "a district code" if district_code else None
