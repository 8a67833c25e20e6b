"""Agencies: codes that name no unit, two units or a dissolved unit; units and procedures that are not set up.

A portal drops such dossiers without a word; here each is a finding. A code that our table lacks is no fault, unless
the table claims to list all agencies of the province.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import assert_never

from quality.check import HOLDS, Actor, Examination, FaultLocation, Saw, check, check_each
from schemas.agencies import OF_A_COMMUNE, AgencyCode, AgencyTable
from schemas.cases import Case, Parcel
from schemas.dossier import Dossier
from schemas.person import Address
from schemas.places import commune_on

CODES = ("agency_code", "deciding_agency_code", "returning_agency_code")
AGENCY_CODES = "QCVN 102:2016/BTTTT; QĐ 20/2020/QĐ-TTg, sửa đổi bởi QĐ 09/2025/QĐ-TTg"
OUR_TABLE = "schemas/data/agencies.csv: mã cơ quan có hiệu lực theo ngày tiếp nhận"
ONE_STOP = "NĐ 118/2025/NĐ-CP: tiếp nhận không phụ thuộc địa giới"


@lru_cache(maxsize=16_384)
def _is_surely_sound(table: AgencyTable, code: str, on: date) -> bool:
    """Whether one unit holds the code that day, or the province's list does not claim to be complete."""
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
    says_en="An agency code has neither of the two forms that such codes have.",
    do_en="Choose the agency again at the portal; if the portal makes wrong codes, inform its operator.",
)
def agency_code_malformed(code: str) -> Saw:
    return None if not code.strip() or AgencyCode.read(code) else "neither form"


@check_each(
    *CODES,
    only=_is_worth_a_look,
    weight=HOLDS,
    who=Actor.OPERATOR,
    source=OUR_TABLE,
    says_vi="Mã này đang thuộc về hai đơn vị cùng lúc.",
    do_vi="Báo quản trị hệ thống: mỗi đơn vị một mã; hồ sơ được giữ lại, không bị bỏ.",
    says_en="Two units hold one agency code on the day of receipt.",
    do_en="Inform the operator: each unit needs a code of its own. The dossier is kept, not dropped.",
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
    says_en="The agency was dissolved or not yet founded on the day of receipt.",
    do_en="Choose the agency that took over its work at the portal, then send again.",
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
    who=Actor.OPERATOR,
    source=OUR_TABLE,
    says_vi="Mã cơ quan không có trong danh mục đầy đủ của tỉnh.",
    do_vi="Kiểm tra mã trên cổng; nếu đúng, báo quản trị hệ thống bổ sung danh mục.",
    says_en="An agency code is not in the province's list, which claims to be complete.",
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
    who=Actor.OPERATOR,
    source=f"{OUR_TABLE}; cổng cần mã xã để phân phối hồ sơ",
    says_vi="Đơn vị cấp xã này chưa được gắn mã xã.",
    do_vi="Báo quản trị hệ thống gắn mã xã cho đơn vị; hồ sơ được giữ lại, không bị bỏ.",
    says_en="A unit at commune level is set up without its commune code.",
    do_en="Have the operator set the unit's commune code. The dossier is kept, not dropped.",
)
def agency_without_commune(dossier: Dossier, exam: Examination) -> Saw:
    for name in CODES:
        if (code := getattr(dossier, name)) is None:
            continue
        for agency in exam.agencies.on(code, exam.event_on):
            if agency.kind in OF_A_COMMUNE and agency.commune_code is None:
                return FaultLocation(name, "without a commune code")
    return None


@check(
    "procedure_code",
    weight=HOLDS,
    who=Actor.OPERATOR,
    source=OUR_TABLE,
    says_vi="Không có cơ quan nào của tỉnh được cấu hình tiếp nhận thủ tục này.",
    do_vi="Báo quản trị hệ thống gán cơ quan tiếp nhận cho thủ tục; hồ sơ được giữ lại, không bị bỏ.",
    says_en="No agency of the province is set up to receive the procedure.",
    do_en="Have the operator assign a receiving agency to the procedure. The dossier is kept, not dropped.",
)
def procedure_without_receiver(dossier: Dossier, exam: Examination) -> Saw:
    table, province_code = exam.agencies, dossier.portal_code
    if dossier.procedure_code is None or not table.lists_all_of(province_code, exam.event_on):
        return None
    return None if table.receivers(dossier.procedure_code, province_code, exam.event_on) else "no receiver"


@check(
    "deciding_agency_code",
    weight=HOLDS,
    who=Actor.STEWARD,
    source=f"{ONE_STOP}, thẩm quyền giải quyết thì có; Luật Hộ tịch 60/2014/QH13, Luật Cư trú 68/2020/QH14",
    says_vi="Cơ quan giải quyết thuộc tỉnh khác với nơi phải giải quyết.",
    do_vi="Kiểm tra thẩm quyền theo nơi cư trú hoặc nơi có đất; nếu sai, chuyển hồ sơ đúng cơ quan.",
    says_en="The deciding agency is in another province than the place that must decide.",
    do_en="Check which agency is competent by residence or by the place of the land; transfer the dossier if needed.",
)
def deciding_agency_outside_place(dossier: Dossier, exam: Examination) -> Saw:
    if exam.event_on >= dossier.case.decided_at_until:
        return None
    decided_in = exam.agencies.province_of(dossier.deciding_agency_code, exam.event_on)
    if decided_in is None:
        return None
    competent = {province for province in _competent_provinces(dossier.case, exam.event_on) if province}
    return "of another province" if competent and decided_in not in competent else None


def _competent_provinces(case: Case, on: date) -> Iterator[str | None]:
    """The codes of the provinces whose agencies may decide a case; None where a place names no province.

    Only provinces are compared, because it is not public which commune may act for another.
    """
    places = case.places()
    for path in case.decided_at:
        match places.get(path):
            case Address(province_code=province_code):
                yield province_code
            case Parcel(commune_code=commune_code):
                yield _province_of_commune(commune_code, on)
            case None:
                pass
            case never:
                assert_never(never)


def _province_of_commune(commune_code: str | None, on: date) -> str | None:
    commune = commune_on(commune_code, on) if commune_code else None
    return commune.province_code if commune else None
