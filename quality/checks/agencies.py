"""Agencies: codes that name no unit, two units, or one that is gone; units and procedures nobody set up.

Portals drop such dossiers in silence; here each is a finding. What the table does not know is no fault, unless it
claims to be complete for the province.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from quality.check import HOLDS, At, Examination, Saw, Who, check, check_each
from schemas.agencies import OF_A_COMMUNE, AgencyCode, AgencyTable
from schemas.cases import BirthCase, Case, DeathCase, LandCase, MarriageCase, ResidenceCase
from schemas.dossier import Dossier
from schemas.person import Address
from schemas.places import commune_on

CODES = ("agency_code", "deciding_agency_code", "returning_agency_code")
AGENCY_CODES = "QCVN 102:2016/BTTTT; QĐ 20/2020/QĐ-TTg, sửa đổi bởi QĐ 09/2025/QĐ-TTg"
OUR_TABLE = "schemas/data/agencies.csv: mã cơ quan có hiệu lực theo ngày tiếp nhận"
ONE_STOP = "NĐ 118/2025/NĐ-CP: tiếp nhận không phụ thuộc địa giới"

DECIDED_AT_THE_PLACE: dict[str, tuple[date, date]] = {
    "birth": (date.min, date(2027, 3, 1)),  # Luật 60/2014, Điều 13; that Luật 03/2026 frees it is assumed
    "death": (date.min, date(2027, 3, 1)),
    "marriage": (date.min, date(2027, 3, 1)),
    "residence": (date.min, date.max),  # Luật Cư trú 68/2020/QH14, Điều 22
    "land": (date.min, date.max),  # Luật Đất đai 31/2024/QH15
}
"""Kinds of cases that an agency of the place must decide, from a day until another. The province is compared: which
commune may act for another one is not public."""


@lru_cache(maxsize=16_384)
def _is_surely_sound(table: AgencyTable, code: str, on: date) -> bool:
    """Whether a code is of one unit that is there that day, or of one that no list can be expected to have."""
    if table.named(code):
        return len(table.on(code, on)) == 1
    return not table.lists_all_of(table.province_of(code, on), on)


def _is_worth_a_look(code: str, exam: Examination) -> bool:
    return not _is_surely_sound(exam.agencies, code, exam.event_on)


@check_each(
    *CODES,
    weight=HOLDS,
    source=AGENCY_CODES,
    says_vi="Mã cơ quan không đúng cấu trúc mã định danh.",
    do_vi="Chọn lại cơ quan trên cổng; nếu cổng sinh sai mã, báo đơn vị vận hành cổng.",
    says_en="An agency code has neither of the two forms.",
    do_en="Choose the agency again at the portal; if the portal makes wrong codes, tell its operator.",
)
def agency_code_malformed(code: str) -> Saw:
    return None if not code.strip() or AgencyCode.read(code) else "neither form"


@check_each(
    *CODES,
    only=_is_worth_a_look,
    weight=HOLDS,
    who=Who.OPERATOR,
    source=OUR_TABLE,
    says_vi="Mã này đang thuộc về hai đơn vị cùng lúc.",
    do_vi="Báo quản trị: mỗi đơn vị một mã; hồ sơ được giữ lại, không bị bỏ.",
    says_en="Two units hold one agency code on the day of receipt.",
    do_en="Tell the operator: one code for each unit. The dossier is kept, not dropped.",
)
def agency_code_of_two_units(code: str, exam: Examination) -> Saw:
    return "two units" if len(exam.agencies.on(code, exam.event_on)) > 1 else None


@check_each(
    *CODES,
    only=_is_worth_a_look,
    weight=HOLDS,
    source=f"{OUR_TABLE}; sắp xếp đơn vị hành chính 01/07/2025",
    says_vi="Cơ quan mang mã này không hoạt động vào ngày tiếp nhận hồ sơ.",
    do_vi="Chọn cơ quan kế thừa trên cổng rồi gửi lại.",
    says_en="The agency was dissolved, or not yet there, on the day of receipt.",
    do_en="Choose the agency that took over, at the portal, then send again.",
)
def agency_dissolved(code: str, exam: Examination) -> Saw:
    table = exam.agencies
    if not table.named(code) or table.on(code, exam.event_on):
        return None
    heirs = table.heirs(code, exam.event_on)
    return f"dissolved, heirs {', '.join(heirs)}" if heirs else "not there on that day"


@check_each(
    *CODES,
    only=_is_worth_a_look,
    weight=HOLDS,
    who=Who.OPERATOR,
    source=OUR_TABLE,
    says_vi="Mã cơ quan không có trong danh mục đầy đủ của tỉnh.",
    do_vi="Kiểm tra mã trên cổng; nếu đúng, báo quản trị bổ sung danh mục.",
    says_en="An agency code is not in a province's list, which claims to be complete.",
    do_en="Check the code at the portal; if it is right, have the operator add it to the list.",
)
def agency_not_listed(code: str, exam: Examination) -> Saw:
    table = exam.agencies
    if table.named(code) or AgencyCode.read(code) is None:
        return None
    return "not listed" if table.lists_all_of(table.province_of(code, exam.event_on), exam.event_on) else None


@check(
    *CODES,
    weight=HOLDS,
    who=Who.OPERATOR,
    source=f"{OUR_TABLE}; cổng cần mã xã để phân phối hồ sơ",
    says_vi="Đơn vị cấp xã này chưa được gắn mã xã.",
    do_vi="Báo quản trị gắn mã xã cho đơn vị; hồ sơ được giữ lại, không bị bỏ.",
    says_en="A unit of a commune is set up without its commune code.",
    do_en="Have the operator set the unit's commune code. The dossier is kept, not dropped.",
)  # fmt: skip
def agency_without_commune(dossier: Dossier, exam: Examination) -> Saw:
    for name in CODES:
        if (code := getattr(dossier, name)) is None:
            continue
        for agency in exam.agencies.on(code, exam.event_on):
            if agency.kind in OF_A_COMMUNE and agency.commune_code is None:
                return At(name, "without a commune code")
    return None


@check(
    "procedure_code",
    weight=HOLDS,
    who=Who.OPERATOR,
    source=OUR_TABLE,
    says_vi="Không có cơ quan nào của tỉnh được cấu hình tiếp nhận thủ tục này.",
    do_vi="Báo quản trị gán cơ quan tiếp nhận cho thủ tục; hồ sơ được giữ lại, không bị bỏ.",
    says_en="No agency of the province is set up to receive the procedure.",
    do_en="Have the operator assign a receiving agency to the procedure. The dossier is kept, not dropped.",
)  # fmt: skip
def procedure_without_receiver(dossier: Dossier, exam: Examination) -> Saw:
    table, province_code = exam.agencies, dossier.portal_code
    if dossier.procedure_code is None or not table.lists_all_of(province_code, exam.event_on):
        return None
    return None if table.receivers(dossier.procedure_code, province_code, exam.event_on) else "no receiver"


@check(
    "deciding_agency_code",
    weight=HOLDS,
    who=Who.STEWARD,
    source=f"{ONE_STOP}, thẩm quyền giải quyết thì có; Luật Hộ tịch 60/2014/QH13, Luật Cư trú 68/2020/QH14",
    says_vi="Cơ quan giải quyết thuộc tỉnh khác với nơi phải giải quyết.",
    do_vi="Kiểm tra thẩm quyền theo nơi cư trú hoặc nơi có đất; nếu sai, chuyển hồ sơ đúng cơ quan.",
    says_en="The deciding agency lies outside the place that must decide.",
    do_en="Check who is competent by residence or by where the land lies; if wrong, pass the dossier on.",
)  # fmt: skip
def deciding_agency_outside_place(dossier: Dossier, exam: Examination) -> Saw:
    since, until = DECIDED_AT_THE_PLACE.get(dossier.case.kind, (date.max, date.max))
    if not since <= exam.event_on < until:
        return None
    decided_in = exam.agencies.province_of(dossier.deciding_agency_code, exam.event_on)
    if decided_in is None:
        return None
    places = {place for place in _places(dossier.case, exam.event_on) if place}
    return "of another province" if places and decided_in not in places else None


def _places(case: Case, on: date) -> Iterator[str | None]:
    """The provinces whose agencies may decide a case."""
    match case:
        case LandCase():
            yield _province_of_commune(case.parcel.commune_code, on)
        case ResidenceCase():
            yield _province(case.moves_to)
        case DeathCase():
            yield _province(case.deceased.residence)
        case MarriageCase():
            yield from (_province(spouse.residence) for spouse in (case.husband, case.wife))
        case BirthCase():
            homes = (parent.residence for parent in (case.mother, case.father) if parent)
            yield from (_province(home) for home in (case.residence, *homes))


def _province(address: Address | None) -> str | None:
    return address.province_code if address else None


def _province_of_commune(commune_code: str | None, on: date) -> str | None:
    commune = commune_on(commune_code, on) if commune_code else None
    return commune.province_code if commune else None
