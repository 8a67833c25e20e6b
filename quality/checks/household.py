"""What the residence register needs: an address to register at, and whose household it is."""

from quality.check import HOLDS, At, Examination, Saw, check
from schemas.civil_status import BirthCase
from schemas.residence import ResidenceCase


@check(
    "head_of_household",
    weight=HOLDS,
    source="Luật Cư trú 68/2020/QH14, Điều 21; mẫu CT01, mục 7-9",
    says_vi="Hồ sơ đăng ký thường trú không ghi chủ hộ; chủ hộ không mặc nhiên là người cha.",
    do_vi="Bổ sung họ tên, số định danh chủ hộ và quan hệ với chủ hộ rồi gửi lại.",
    says_en="Permanent residence is asked for without a head of household, who is never assumed.",
)
def head_of_household_missing(case: BirthCase | ResidenceCase, exam: Examination) -> Saw:
    return "none" if case.head_of_household is None and exam.reaches("residence") else None


@check(
    "residence", "moves_to",
    weight=HOLDS,
    source="Luật Cư trú 68/2020/QH14, Điều 20; mẫu CT01",
    says_vi="Hồ sơ đăng ký thường trú không ghi xã nơi đăng ký.",
    do_vi="Bổ sung địa chỉ có mã xã nơi đăng ký thường trú rồi gửi lại.",
    says_en="Permanent residence is asked for without a commune.",
)  # fmt: skip
def residence_address_missing(case: BirthCase | ResidenceCase, exam: Examination) -> Saw:
    place, address = ("residence", case.residence) if isinstance(case, BirthCase) else ("moves_to", case.moves_to)
    if (address is not None and address.commune_code is not None) or not exam.reaches("residence"):
        return None
    return At(place, "no commune")
