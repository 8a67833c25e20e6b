"""Parcels and certificates: old numbers after a merger of communes, terms of use, and owners who can be identified."""

from datetime import date

from quality.check import HOLDS, NOTES, Examination, FaultLocation, Saw, check
from quality.checks.dates import ENDLESS, is_surely_before
from schemas.cases import Certificate, LandCase, Parcel, Purpose
from schemas.dates import PartialDate
from schemas.places import Commune, passages_to, unit_on
from schemas.text import clean

RESIDENTIAL_LAND = frozenset({"ONT", "ODT"})
EIGHT_DIGITS_FROM = PartialDate.on(date(2024, 8, 1))
"""TT 10/2024/TT-BTNMT: serials of the new form have two letters and eight digits."""
LONGEST_ENTRY_NUMBER = 10
VBDLIS = "Cấu trúc HoSoXml của VBDLIS"


@check(
    "old_parcel_number",
    "old_sheet_number",
    "old_commune_code",
    weight=HOLDS,
    source=f"{VBDLIS}: soHieuToBanDoCu, soThuTuThuaCu; số tờ có thể trùng sau khi nhập xã",
    says_vi="Số tờ, số thửa cũ ghi thiếu, trong khi phải đủ mã xã, tờ và thửa mới tìm được thửa.",
    do_vi="Ghi đủ mã xã cũ, số tờ cũ và số thửa cũ rồi gửi lại.",
    says_en="Of the old commune, map sheet and parcel number one is missing; only all three identify the parcel.",
    do_en="Enter the old commune code, map sheet and parcel number, then send again.",
)
def old_parcel_incomplete(parcel: Parcel) -> Saw:
    """An old commune alone is no fault: it says where the parcel was."""
    sheet, number = bool(parcel.old_sheet_number), bool(parcel.old_parcel_number)
    if not sheet and not number:
        return None
    if not sheet or not number:
        return FaultLocation("old_parcel_number" if sheet else "old_sheet_number", "missing")
    return None if parcel.old_commune_code else FaultLocation("old_commune_code", "missing")


@check(
    "old_commune_code",
    "commune_code",
    weight=HOLDS,
    source="QĐ 19/2025/QĐ-TTg; nghị quyết sắp xếp đơn vị hành chính 01/07/2025",
    says_vi="Xã cũ của thửa đất không phải là xã đã nhập vào xã hiện nay.",
    do_vi="Đối chiếu giấy chứng nhận, chọn lại xã cũ hoặc xã hiện nay rồi gửi lại.",
    says_en="The parcel's old commune is not one of those that became its present commune.",
    do_en="Compare with the certificate, choose the old or the present commune again, then send again.",
)
def old_commune_of_another(parcel: Parcel, exam: Examination) -> Saw:
    old = parcel.old_commune_code
    if not old or not parcel.commune_code or old == parcel.commune_code:
        return None
    unit = unit_on(parcel.commune_code, exam.event_on)
    if not isinstance(unit, Commune) or not passages_to(unit):
        return None
    return None if old in {passage.before.code for passage in passages_to(unit)} else "not one of those merged"


@check(
    "purposes",
    weight=HOLDS,
    source=f"{VBDLIS}: DC_MucDichSuDung",
    says_vi="Thửa đất không có mục đích sử dụng nào.",
    do_vi="Bổ sung mục đích sử dụng theo giấy chứng nhận rồi gửi lại.",
    says_en="The parcel has no purpose of use.",
    do_en="Add the purposes from the certificate, then send again.",
)
def land_purpose_missing(parcel: Parcel) -> Saw:
    return None if parcel.purposes else "none"


def _is_endless(until: PartialDate) -> bool:
    return clean(until.as_written).lower() == ENDLESS


@check(
    "until",
    "purpose_code",
    weight=HOLDS,
    source=f"{VBDLIS}: ONT, ODT lâu dài; Luật Đất đai 45/2013/QH13; Luật Đất đai 31/2024/QH15, Điều 171",
    says_vi="Đất ở có ngày hết hạn sử dụng, trong khi đất ở được sử dụng lâu dài.",
    do_vi="Đối chiếu giấy chứng nhận, để trống ngày hết hạn rồi gửi lại.",
    says_en="Residential land has a last day of use, though its use has no end.",
    do_en="Compare with the certificate, empty the last day, then send again.",
)
def lasting_use_ends(purpose: Purpose) -> Saw:
    if purpose.until is None or purpose.purpose_code not in RESIDENTIAL_LAND:
        return None
    return None if _is_endless(purpose.until) else "a last day"


@check(
    "until",
    "purpose_code",
    weight=NOTES,
    source=f"{VBDLIS}: mục đích khác ONT, ODT phải có ngày hết hạn",
    says_vi="Đất không phải đất ở nhưng không ghi ngày hết hạn sử dụng.",
    do_vi="Bổ sung thời hạn theo giấy chứng nhận khi có điều kiện; hồ sơ vẫn được gửi đi.",
    says_en="Land that is not residential has no last day of use.",
    do_en="Add the day from the certificate when possible; the dossier is sent anyway.",
)
def end_of_use_missing(purpose: Purpose) -> Saw:
    return "none" if purpose.until is None and purpose.purpose_code not in RESIDENTIAL_LAND else None


@check(
    "until",
    weight=NOTES,
    source="Luật Đất đai 45/2013/QH13; Luật Đất đai 31/2024/QH15, Điều 172 và Điều 174: gia hạn",
    says_vi="Thời hạn sử dụng đất đã hết trước ngày tiếp nhận hồ sơ.",
    do_vi="Xem có thuộc trường hợp tự gia hạn không; hồ sơ vẫn được gửi đi.",
    says_en="The use of the land ended before the day of receipt.",
    do_en="Check whether the term is extended by law; the dossier is sent anyway.",
)
def land_use_ended(purpose: Purpose, exam: Examination) -> Saw:
    latest = purpose.until.latest if purpose.until else None
    return "ended" if latest and latest < exam.event_on else None


@check(
    "serial",
    "issued_on",
    weight=NOTES,
    source="TT 10/2024/TT-BTNMT, từ 01/08/2024: hai chữ cái và tám chữ số",
    says_vi="Số phát hành theo mẫu mới trong khi giấy chứng nhận cấp trước khi có mẫu này.",
    do_vi="Đối chiếu giấy chứng nhận, xem lại số hoặc ngày cấp; hồ sơ vẫn được gửi đi.",
    says_en="The serial has the new form, but the certificate is older than that form.",
    do_en="Compare serial and date with the certificate; the dossier is sent anyway.",
)
def serial_newer_than_certificate(certificate: Certificate) -> Saw:
    digits = sum(map(str.isdecimal, certificate.serial or ""))
    is_new = digits == 8 and len(certificate.serial or "") == 11
    return "older" if is_new and is_surely_before(certificate.issued_on, EIGHT_DIGITS_FROM) else None


@check(
    "entry_number",
    weight=NOTES,
    source=f"{VBDLIS}: soVaoSo; MPLIS SOVAOSO 10 ký tự",
    says_vi="Số vào sổ cấp giấy chứng nhận để trống hoặc dài quá 10 ký tự.",
    do_vi="Đối chiếu giấy chứng nhận khi có điều kiện; hồ sơ vẫn được gửi đi.",
    says_en="The certificate's entry number is missing or longer than ten characters.",
    do_en="Compare with the certificate when possible; the dossier is sent anyway.",
)
def certificate_entry_malformed(certificate: Certificate) -> Saw:
    number = certificate.entry_number or ""
    return None if 0 < len(number.strip()) <= LONGEST_ENTRY_NUMBER else f"{len(number)} characters"


@check(
    "owners",
    weight=HOLDS,
    source=f"{VBDLIS}: maSoDinhDanh 12 chữ số hoặc DC_GiayToTuyThan",
    says_vi="Một chủ sử dụng đất không có số định danh và cũng không có giấy tờ tùy thân.",
    do_vi="Bổ sung số định danh hoặc giấy tờ của người này rồi gửi lại.",
    says_en="A land user has neither a personal number nor an identity paper.",
    do_en="Add this person's number or identity paper, then send again.",
)
def owner_unidentified(case: LandCase) -> Saw:
    for index, owner in enumerate(case.owners):
        if not owner.personal_id and (owner.id_paper is None or not owner.id_paper.number.strip()):
            return FaultLocation(f"owners.{index}.personal_id", "no number, no paper")
    return None
