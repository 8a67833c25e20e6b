"""Land: areas, purposes of use, certificates, owners and disputes."""

import re
from decimal import Decimal

from quality.check import HOLDS, Examination, FaultLocation, Saw, check
from schemas.cases import Certificate, LandCase, Parcel, Purpose
from schemas.catalogues import code_of
from schemas.fields import CERTIFICATE_SERIAL
from schemas.person import Person
from schemas.text import tone_key

AREA_TOLERANCE_M2 = Decimal("0.0001")
LARGEST_M2 = Decimal(25_000_000_000)
"""In square metres; larger than any province."""
SERIAL_PARTS = re.compile(r"([A-ZĐ]{0,2})[\s.-]*([0-9]{6,10})")
NUMBER = re.compile(r"[0-9]{1,5}")
OWNERS_OF_COUPLE = 2
COUPLE = "1"
VBDLIS = "Cấu trúc HoSoXml của VBDLIS"


def _is_plausible(area_m2: Decimal) -> bool:
    return 0 < area_m2 < LARGEST_M2


@check(
    "area_m2",
    "purposes",
    weight=HOLDS,
    source=f"{VBDLIS}: tổng diện tích các mục đích bằng diện tích thửa, sai số 0,0001",
    says_vi="Tổng diện tích theo mục đích sử dụng khác diện tích thửa đất.",
    do_vi="Đối chiếu giấy chứng nhận, sửa diện tích sai rồi gửi lại.",
    says_en="The areas by purpose of use do not add up to the parcel's area.",
    do_en="Compare with the certificate, correct the wrong area and send again.",
)
def purpose_areas_differ(parcel: Parcel) -> Saw:
    areas = [purpose.area_m2 for purpose in parcel.purposes]
    if not areas or not all(map(_is_plausible, (parcel.area_m2, *areas))):
        return None
    difference = sum(areas, -parcel.area_m2)
    return "areas differ" if abs(difference) > AREA_TOLERANCE_M2 else None


@check(
    "area_m2",
    weight=HOLDS,
    source=VBDLIS,
    says_vi="Diện tích bằng 0, âm hoặc lớn hơn diện tích một tỉnh.",
    do_vi="Nhập lại diện tích theo giấy chứng nhận, đơn vị mét vuông, rồi gửi lại.",
    says_en="An area is zero, negative or larger than a province.",
    do_en="Enter the area of the certificate again, in square metres, then send again.",
)
def implausible_area(piece: Parcel | Purpose) -> Saw:
    return None if _is_plausible(piece.area_m2) else "zero, negative or huge"


@check(
    "purpose_code",
    weight=HOLDS,
    source="TT 25/2014/TT-BTNMT; TT 75/2015/TT-BTNMT",
    says_vi="Mã mục đích sử dụng đất không có trong danh mục hệ thống đang dùng.",
    do_vi="Chọn lại mã theo giấy chứng nhận; nếu là mã mới, báo quản trị hệ thống bổ sung.",
    says_en="The code of a purpose of use is not in the list in force.",
    do_en="Choose the code of the certificate again; if it is new, have the operator add it.",
)
def unknown_land_purpose(purpose: Purpose, exam: Examination) -> Saw:
    listed = code_of("land_purpose", "land", purpose.purpose_code, exam.event_on)
    return None if listed == purpose.purpose_code else "not in the list"


@check(
    "sheet_number",
    "parcel_number",
    weight=HOLDS,
    source=f"{VBDLIS}: soHieuToBanDo, soThuTuThua",
    says_vi="Số tờ bản đồ hoặc số thửa để trống hoặc không phải là số.",
    do_vi="Nhập lại số tờ, số thửa theo giấy chứng nhận rồi gửi lại.",
    says_en="The map sheet or the parcel number is missing or is not a number.",
    do_en="Enter the map sheet and parcel numbers of the certificate again, then send again.",
    edit=lambda number: joined if NUMBER.fullmatch(joined := number.strip()) else None,
)
def parcel_number_missing(parcel: Parcel) -> Saw:
    for name, number in (("sheet_number", parcel.sheet_number), ("parcel_number", parcel.parcel_number)):
        if number is None or not NUMBER.fullmatch(number):
            return FaultLocation(name, "missing" if not number else "no number")
    return None


@check(
    "is_disputed",
    weight=HOLDS,
    source="Luật Đất đai 45/2013/QH13; Luật Đất đai 31/2024/QH15, Điều 45; MPLIS DANGTRANHCHAP",
    says_vi="Thửa đất đang có tranh chấp, trong khi chỉ được biến động khi không tranh chấp.",
    do_vi="Xác minh với xã; chờ giải quyết xong tranh chấp rồi mới gửi lại.",
    says_en="The parcel is disputed; a change is registered only when the dispute is settled.",
    do_en="Verify it with the commune; send again only when the dispute is settled.",
)
def disputed_parcel(parcel: Parcel) -> Saw:
    return "disputed" if parcel.is_disputed else None


def _formatted_serial(as_written: str) -> str | None:
    """The serial with capitals, one space and digits, if nothing else is wrong: `aa12345678` -> `AA 12345678`."""
    parts = SERIAL_PARTS.fullmatch(as_written.strip().upper())
    serial = f"{parts[1]} {parts[2]}".strip() if parts else ""
    return serial if CERTIFICATE_SERIAL.fullmatch(serial) else None


@check(
    "serial",
    weight=HOLDS,
    source=f"{VBDLIS}: số phát hành giấy chứng nhận",
    says_vi="Số phát hành giấy chứng nhận để trống hoặc không đúng cấu trúc.",
    do_vi="Nhập lại theo giấy, ví dụ dạng AA 12345678, rồi gửi lại.",
    says_en="A certificate's serial is missing or has no known format.",
    do_en="Enter the serial of the certificate again, such as AA 12345678, then send again.",
    edit=_formatted_serial,
)
def serial_malformed(certificate: Certificate) -> Saw:
    serial = certificate.serial
    if not serial:
        return "missing"
    return None if CERTIFICATE_SERIAL.fullmatch(serial) else f"{len(serial)} characters"


@check(
    "owners",
    weight=HOLDS,
    source=f"{VBDLIS}: loại chủ 0 cá nhân, 1 vợ chồng, 2 hộ",
    says_vi="Số chủ sử dụng đất không khớp loại chủ đã chọn.",
    do_vi="Bổ sung chủ sử dụng còn thiếu hoặc chọn lại loại chủ rồi gửi lại.",
    says_en="The number of owners does not fit the kind of owner: none, or not two for a couple.",
    do_en="Add the missing owner or choose the kind of owner again, then send again.",
)
def owners_differ_from_kind(case: LandCase) -> Saw:
    is_wrong = not case.owners or (case.owner_kind == COUPLE and len(case.owners) != OWNERS_OF_COUPLE)
    return f"{len(case.owners)} owners for kind {case.owner_kind}" if is_wrong else None


def _identity_of(owner: Person) -> object:
    """What two lines of one owner share: the personal number, or else the name and the date of birth."""
    if owner.personal_id:
        return "".join(owner.personal_id.split())
    return tone_key(owner.full_name), owner.born_on and owner.born_on.compact()


@check(
    "owners",
    weight=HOLDS,
    source=f"{VBDLIS}: không trùng chủ trong một hồ sơ",
    says_vi="Một chủ sử dụng đất được ghi hai lần trong cùng hồ sơ.",
    do_vi="Xóa dòng trùng hoặc sửa số định danh ghi sai rồi gửi lại.",
    says_en="One owner is entered twice in the dossier.",
    do_en="Delete the repeated owner or edit the wrong number, then send again.",
)
def owner_twice(case: LandCase) -> Saw:
    seen: set[object] = set()
    for index, owner in enumerate(case.owners):
        if (identity := _identity_of(owner)) in seen:
            return FaultLocation(f"owners.{index}", "entered before")
        seen.add(identity)
    return None
