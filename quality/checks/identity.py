"""Personal numbers, identity papers and insurance numbers."""

import re
from datetime import date
from functools import lru_cache

from quality.check import EMPTY, HOLDS, NOTES, Examination, FaultLocation, Saw, check, check_each
from quality.checks.cards import number_in_card
from schemas.catalogues import code_of, rows_of
from schemas.fields import INSURANCE_NUMBER, PERSONAL_ID, PLACEHOLDER_IDS, id_structure_oddity
from schemas.health_insurance import NO_NUMBER
from schemas.person import IdPaper, Person, Sex

NUMBER_SHAPES = {
    "1": re.compile(r"[0-9]{9}|[0-9]{12}"),  # CMND: nine digits; twelve on those of 2012-2016
    "4": re.compile(r"[0-9]{12}"),  # CCCD and căn cước
}
"""The format of an identity paper's number by the paper's kind, where it is known."""

BLANK_KIND, IDENTITY_CARD = "0", "4"
IDENTITY_LAW = "Luật Căn cước công dân 59/2014/QH13; Luật Căn cước 26/2023/QH15, Điều 12"
ID_PAPER_LIST = "Danh mục loaiGiayToTuyThan, cấu trúc dữ liệu số hóa hộ tịch của Bộ Tư pháp"


def is_placeholder(number: str) -> bool:
    """Whether software filled in this number: a known filler, or one digit repeated more than five times."""
    digits = number.strip()
    return digits in PLACEHOLDER_IDS or (len(digits) > 5 and digits == digits[0] * len(digits))


def _is_odd(number: str) -> bool:
    """Whether a number is anything but twelve digits that are not all the same."""
    is_good = len(number) == 12 and number.isdecimal() and number.isascii() and number not in PLACEHOLDER_IDS
    return not is_good or number == number[0] * 12


@check_each(
    "personal_id",
    "number",
    only=_is_odd,
    weight=HOLDS,
    source="Mã nguồn bộ nối của nhà cung cấp: số trống bị thay bằng 000000001",
    says_vi="Số giấy tờ là số do phần mềm tự điền khi trống, không phải số thật.",
    do_vi="Đối chiếu giấy tờ gốc, nhập đúng số hoặc để trống rồi gửi lại.",
    says_en="The number is one that software fills in when the field is empty, not a real one.",
    edit=lambda number: EMPTY,
    do_en="Compare with the original paper; enter the right number or empty the field, then send again.",
)
def placeholder_number(number: str) -> Saw:
    return "a filler number" if is_placeholder(number) else None


@check_each(
    "personal_id",
    only=_is_odd,
    weight=HOLDS,
    source=IDENTITY_LAW,
    says_vi="Số định danh cá nhân không đủ hoặc thừa chữ số, trong khi luật quy định 12 chữ số.",
    do_vi="Nhập lại đúng 12 chữ số theo thẻ căn cước rồi gửi lại.",
    says_en="A personal number does not have the twelve digits that the law requires.",
    do_en="Enter the twelve digits of the identity card again, then send again.",
)
def wrong_personal_id_length(personal_id: str) -> Saw:
    joined = personal_id if personal_id.isalnum() else "".join(personal_id.split())
    if not joined or (PERSONAL_ID.fullmatch(joined) and joined.isascii()) or is_placeholder(joined):
        return None
    return f"{len(joined)} characters" if joined.isdecimal() else "not only digits"


@check_each(
    "personal_id",
    "number",
    "insurance_number",
    only=_is_odd,
    weight=HOLDS,
    source=IDENTITY_LAW,
    says_vi="Số giấy tờ có khoảng trắng ở đầu, ở giữa hoặc ở cuối; cơ quan đăng ký sẽ từ chối.",
    do_vi="Xóa khoảng trắng trong số giấy tờ trên cổng rồi gửi lại.",
    says_en="A number has spaces before, in or after it; registries refuse such numbers.",
    do_en="Remove the spaces from the number, then send again.",
    edit=lambda number: "".join(number.split()) or EMPTY,
)
def spaces_in_number(number: str) -> Saw:
    return None if number.isalnum() or not any(map(str.isspace, number)) else "spaces"


@check(
    "number",
    "kind_code",
    weight=HOLDS,
    source=ID_PAPER_LIST,
    says_vi="Số giấy tờ tùy thân không đúng số chữ số của loại giấy tờ đã chọn.",
    do_vi="Đối chiếu giấy tờ gốc, sửa số hoặc chọn lại loại giấy tờ.",
    says_en="The number of an identity paper does not have as many digits as its kind of paper has.",
    do_en="Compare with the original paper; edit the number or choose the kind of paper again.",
)
def id_paper_number_malformed(paper: IdPaper) -> Saw:
    shape = NUMBER_SHAPES.get(paper.kind_code)
    joined = "".join(paper.number.split())
    if shape is None or shape.fullmatch(joined) or is_placeholder(joined):
        return None
    return f"kind {paper.kind_code}, {len(joined)} characters"


@check(
    "number",
    "kind_code",
    weight=NOTES,
    source=f"{ID_PAPER_LIST}: 0 là để trống",
    says_vi="Có số giấy tờ tùy thân nhưng không chọn loại giấy tờ.",
    do_vi="Chọn loại giấy tờ theo bản gốc khi có điều kiện; hồ sơ vẫn được gửi đi.",
    says_en="An identity paper has a number but no kind.",
    do_en="Choose the kind of the original paper when possible; the dossier is sent anyway.",
)
def id_paper_without_kind(paper: IdPaper) -> Saw:
    return "kind blank" if paper.kind_code == BLANK_KIND and paper.number else None


@check(
    "id_paper.number",
    "personal_id",
    weight=HOLDS,
    source=f"{IDENTITY_LAW} và Điều 18: số thẻ căn cước là số định danh",
    says_vi="Số thẻ căn cước khác số định danh của cùng một người, trong khi hai số là một.",
    do_vi="Đối chiếu thẻ căn cước, sửa số ghi sai rồi gửi lại.",
    says_en="The number of the identity card differs from the personal number, though both are one number.",
    do_en="Compare with the identity card, correct the wrong number and send again.",
)
def card_number_differs(person: Person) -> Saw:
    paper, number = person.id_paper, person.personal_id
    if paper is None or number is None or paper.kind_code != IDENTITY_CARD or paper.number == number:
        return None
    both = ("".join(paper.number.split()), "".join(number.split()))
    are_numbers = all(PERSONAL_ID.fullmatch(joined) and not is_placeholder(joined) for joined in both)
    return "another number" if are_numbers and both[0] != both[1] else None


@lru_cache(maxsize=256)
def _is_kind_of_paper(kind_code: str) -> bool:
    return bool(rows_of("id_paper", "civil_status", kind_code))


@lru_cache(maxsize=256)
def _has_ended(kind_code: str, on: date) -> bool:
    return _is_kind_of_paper(kind_code) and not code_of("id_paper", "civil_status", kind_code, on)


@check(
    "kind_code",
    weight=HOLDS,
    source=ID_PAPER_LIST,
    says_vi="Loại giấy tờ tùy thân không có trong danh mục của Bộ Tư pháp.",
    do_vi="Chọn lại loại giấy tờ trong danh mục trên cổng rồi gửi lại.",
    says_en="The kind of an identity paper is not in the list of the Ministry of Justice.",
    do_en="Choose the kind of paper from the list, then send again.",
)
def unknown_id_paper_kind(paper: IdPaper) -> Saw:
    return None if _is_kind_of_paper(paper.kind_code) else "kind not in the list"


@check(
    "kind_code",
    weight=NOTES,
    source="Luật Căn cước 26/2023/QH15, Điều 46: CMND hết giá trị sau 31/12/2024",
    says_vi="Giấy tờ là chứng minh nhân dân, đã hết giá trị sử dụng từ ngày 01/01/2025.",
    do_vi="Đề nghị người dân dùng số định danh trên thẻ căn cước nếu có.",
    says_en="The identity paper is a CMND, which is no longer valid since 1 January 2025.",
    do_en="Ask the citizen for the personal number on the identity card, if there is one.",
)
def ended_id_paper(paper: IdPaper, exam: Examination) -> Saw:
    return f"kind {paper.kind_code} has ended" if _has_ended(paper.kind_code, exam.event_on) else None


@lru_cache(maxsize=16_384)
def _oddity(head: str, born_year: int | None, sex: Sex | None) -> str | None:
    """Which part of a number is odd, by its first six digits (`head`); the other digits are random."""
    is_male = {Sex.MALE: True, Sex.FEMALE: False}.get(sex) if sex else None
    return id_structure_oddity(f"{head}000000", born_year=born_year, is_male=is_male)


@check(
    "personal_id",
    "born_on",
    "sex",
    weight=NOTES,
    source="Cấu trúc theo TT 59/2021/TT-BCA, hết hiệu lực 01/07/2024; chỉ để lưu ý",
    valid_until=date.max,  # numbers keep the structure by which they were given
    says_vi="Cấu trúc số định danh không khớp năm sinh, giới tính hoặc mã tỉnh; vẫn có thể đúng.",
    do_vi="Đối chiếu thẻ căn cước nếu thấy nghi ngờ; hồ sơ vẫn được gửi đi.",
    says_en="The structure of a personal number does not fit its holder; the number may still be right.",
    do_en="Compare with the identity card if in doubt; the dossier is sent anyway.",
)
def odd_personal_id_structure(person: Person) -> Saw:
    number, born_on = person.personal_id, person.born_on
    if number is None or len(number) != 12 or not (number.isdecimal() and number.isascii()):
        return None
    odd = _oddity(number[:6], born_on.year if born_on else None, person.sex)
    return None if odd is None or is_placeholder(number) else FaultLocation("personal_id", f"its {odd} part")


@check_each(
    "insurance_number",
    weight=HOLDS,
    source="QĐ 1351/QĐ-BHXH năm 2015: mã số BHXH 10 chữ số; 0000000000 nghĩa là không có",
    says_vi="Mã số bảo hiểm xã hội không đủ hoặc thừa chữ số, trong khi mã gồm 10 chữ số.",
    do_vi="Nhập lại 10 chữ số theo thẻ hoặc sổ bảo hiểm, hoặc để trống nếu không có.",
    says_en="A social insurance number does not have ten digits.",
    do_en="Enter the ten digits of the card or the insurance book again, or empty the field if there is none.",
)
def wrong_insurance_number_length(insurance_number: str) -> Saw:
    joined = "".join(insurance_number.split())
    if number_in_card(insurance_number):
        return None
    if joined in ("", NO_NUMBER) or (INSURANCE_NUMBER.fullmatch(joined) and joined.isascii()):
        return None
    return f"{len(joined)} characters"
