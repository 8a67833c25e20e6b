"""Health insurance: the newborn's first clinic, the age limit of the card for children, the format of numbers and
cards, and whether the card that the registry issued fits the child."""

import re

from quality.check import HOLDS, NOTES, Actor, Examination, Saw, check, check_each
from schemas.cases import BirthCase
from schemas.fields import CARD_CODE
from schemas.health_insurance import UNDER_SIX_GROUP, under_six_expiry
from schemas.person import Person
from schemas.registries import HealthInsuranceReceipt

CARD_WITH_NUMBER = re.compile(r"[A-Z]{2}[1-5]\d{2}(\d{10})(?:\d{5})?", re.ASCII)
"""Group, benefit, province, number; in a scanned code the facility follows."""
UNDER_SIX = "NĐ 146/2018/NĐ-CP, Điều 13; NĐ 188/2025/NĐ-CP (giả định giữ nguyên)"


def number_in_card(as_written: str) -> str | None:
    """The ten digits of the insurance number in a card's code, with spaces or dashes in it or without."""
    card = CARD_WITH_NUMBER.fullmatch(re.sub(r"[\s-]", "", as_written).upper()) if len(as_written) >= 15 else None
    return card[1] if card else None


@check_each(
    "insurance_number",
    weight=HOLDS,
    source="QĐ 1351/QĐ-BHXH năm 2015: mã thẻ 15 ký tự, 10 số cuối là mã số BHXH",
    says_vi="Ô mã số bảo hiểm xã hội ghi cả mã thẻ, trong khi mã số chỉ là 10 chữ số cuối.",
    do_vi="Giữ lại 10 chữ số cuối của mã thẻ rồi gửi lại.",
    says_en="The field for the insurance number holds a whole card code; the number is only its last ten digits.",
    do_en="Keep the last ten digits of the card code, then send again.",
    edit=number_in_card,
)
def card_code_for_number(insurance_number: str) -> Saw:
    return "a card code" if number_in_card(insurance_number) else None


@check(
    "clinic_code",
    weight=HOLDS,
    source="NĐ 63/2024/NĐ-CP: tờ khai liên thông có nơi đăng ký khám chữa bệnh ban đầu",
    says_vi="Hồ sơ xin cấp thẻ bảo hiểm y tế cho trẻ nhưng không ghi nơi khám chữa bệnh ban đầu.",
    do_vi="Hỏi người dân, chọn nơi khám chữa bệnh ban đầu rồi gửi lại.",
    says_en="A health insurance card is requested without naming the first clinic.",
    do_en="Ask the citizen, choose the first clinic, then send again.",
)
def clinic_missing(case: BirthCase, exam: Examination) -> Saw:
    return None if (case.clinic_code or "").strip() or not exam.reaches("health_insurance") else "none"


@check(
    "child.born_on",
    weight=HOLDS,
    source=UNDER_SIX,
    says_vi="Trẻ đã quá 72 tháng và quá ngày 30/9, không còn được cấp thẻ trẻ dưới 6 tuổi.",
    do_vi="Chọn thủ tục khai sinh không kèm thẻ, hoặc sửa ngày sinh nếu ghi sai.",
    says_en="The child is past 72 months and 30 September, so no card for children under six can be issued.",
    do_en="Choose a birth procedure without the card, or edit the date of birth if it is wrong.",
)
def too_old_for_card(case: BirthCase, exam: Examination) -> Saw:
    latest = case.child.born_on.latest if case.child.born_on else None
    if latest is None or exam.event_on.year - latest.year < 6 or not exam.reaches("health_insurance"):
        return None
    return "the card would have ended" if under_six_expiry(latest) < exam.event_on else None


def _insured_child(exam: Examination) -> Person | None:
    """The child for whom a card is issued; None for a case that is not a birth."""
    return exam.dossier.case.in_role("child")


@check(
    "card_code",
    weight=HOLDS,
    who=Actor.STEWARD,
    source="QĐ 1351/QĐ-BHXH năm 2015; QĐ 1666/QĐ-BHXH năm 2020",
    says_vi="Mã thẻ cơ quan bảo hiểm trả về không đúng dạng thẻ trẻ dưới 6 tuổi.",
    do_vi="Hỏi cơ quan bảo hiểm xã hội trước khi trả thẻ cho người dân.",
    says_en="The card code that the registry returned is not one for a child under six.",
    do_en="Ask the insurance office before the card is handed out.",
)
def card_code_malformed(receipt: HealthInsuranceReceipt, exam: Examination) -> Saw:
    code = receipt.card_code
    if code is None or _insured_child(exam) is None:
        return None
    is_card = code.isascii() and CARD_CODE.fullmatch(code) is not None and code.startswith(UNDER_SIX_GROUP)
    return None if is_card else f"{len(code)} characters"


@check(
    "insurance_number",
    "card_code",
    weight=HOLDS,
    who=Actor.STEWARD,
    source="QĐ 1351/QĐ-BHXH năm 2015: 10 số cuối của mã thẻ là mã số BHXH",
    says_vi="Mã số bảo hiểm xã hội trả về khác 10 chữ số cuối của mã thẻ.",
    do_vi="Hỏi cơ quan bảo hiểm xã hội trước khi trả thẻ cho người dân.",
    says_en="The insurance number that the registry returned is not the last ten digits of the card code.",
    do_en="Ask the insurance office before the card is handed out.",
)
def card_of_another_number(receipt: HealthInsuranceReceipt) -> Saw:
    if not receipt.card_code or not receipt.insurance_number or (of_card := number_in_card(receipt.card_code)) is None:
        return None
    return None if of_card == receipt.insurance_number else "another number"


@check(
    "card_until",
    weight=NOTES,
    who=Actor.STEWARD,
    source=UNDER_SIX,
    says_vi="Hạn thẻ trả về khác hạn theo 72 tháng tuổi và mốc 30/9.",
    do_vi="Đối chiếu ngày sinh với cơ quan bảo hiểm xã hội; thẻ vẫn dùng được.",
    says_en="The card's last day is not the one that 72 months and 30 September give.",
    do_en="Compare the date of birth with the insurance office; the card is valid.",
)
def card_expiry_differs(receipt: HealthInsuranceReceipt, exam: Examination) -> Saw:
    child = _insured_child(exam)
    born_on = child.born_on if child else None
    if receipt.card_until is None or born_on is None or born_on.earliest is None or born_on.precision != "day":
        return None
    return None if receipt.card_until == under_six_expiry(born_on.earliest) else "another day"
