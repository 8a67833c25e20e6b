"""How names and other words are written: Unicode form, leftovers of typing, lists whose codes are names."""

import re
import unicodedata
from datetime import date
from functools import lru_cache

from quality.check import HOLDS, NOTES, Examination, Saw, check, check_each
from quality.plain_text import LETTERS, NOTHING, is_not_plain
from quality.telex import from_telex
from schemas.catalogues import ANY_REGISTRY, code_of, ethnic_group, row_of
from schemas.person import Person
from schemas.text import APOSTROPHES, clean, compose, has_look_alikes, has_telex_residue, in_our_letters

TEXTS = tuple(
    "full_name abstract detail place cause reason address ethnic_group relation issued_by notice_by"
    " place_as_written".split()
)
NOT_A_GROUP = frozenset({"null", ""})
"""What the list of the Ministry of Justice contains for an unknown ethnic group."""
NOBODY = NOTHING | {"không", "không có", "không rõ", "chưa có", "chưa có tên", "chưa đặt tên", "chưa xác định", "khong",
                    "khong co", "chua co", "test", "abc"}  # fmt: skip
"""Fillers that are written instead of a name."""
NO_NAME_YET = re.compile(
    r"con (?:bà|ông|của|mẹ|chị|cô|ba|cua|me)\b|cb |bé (?:gái|trai|sơ|con)\b|be (?:gai|trai)\b|em bé\b|cháu bé\b|trẻ "
    r"|tre so|hài nhi\b|.*\b(?:sơ sinh|so sinh)\b|(?:không|khong) (?:có |co )?(?:tên|ten)\b|(?:chưa|chua) |vô danh\b"
    r"|baby\b|([a-zđ])\1+(?: ([a-zđ])\2+)*$"
)
"""What hospitals and desks write for a person whose name they do not know: whose child it is, `newborn`, `no name yet`,
one letter again and again. A family name of Vietnam is none of the first words; `Bế`, `Võ` and `Khổng` are."""
GOOD_NAME = re.compile(f"[{LETTERS.upper()}'-]+(?: [{LETTERS.upper()}'-]+)+")
NO_LETTERS = re.compile(r"[!-&(-,/:-@\\[-_{-~\u00d7\u00f7\u2020-\u2044\u20a0-\u2bff]")
"""Signs that no name contains. Apostrophe, dash, dot, digits and the letters of old encodings are not among them."""
_CURVED = re.compile(f"[{APOSTROPHES}]")
_STRAIGHT = dict.fromkeys(map(ord, APOSTROPHES), "'")
VIETNAM_AS_WRITTEN = frozenset({"việt nam", "viet nam", "vietnam", "vnm", "vn"})
FOREIGNERS_GROUP = frozenset({"khác", "người nước ngoài", "nước ngoài"})


def _is_odd(full_name: str) -> bool:
    """Whether a name is anything but two or more words in capitals, with one space between them, of a person."""
    return GOOD_NAME.fullmatch(full_name) is None or _is_for_nobody(full_name)


def _is_for_nobody(full_name: str) -> bool:
    written = full_name.strip().lower()
    return NO_NAME_YET.match(written) is not None or written in NOBODY


@check_each(
    "full_name",
    only=_is_odd,
    weight=HOLDS,
    source="Mã nguồn bộ nối, hồ sơ bệnh viện (quan sát): chữ giữ chỗ ở ô họ tên còn trống",
    says_vi="Họ tên là chữ điền thay, như null, con bà Hoa, bé gái, chưa có tên, không phải tên người.",
    do_vi="Ghi họ tên theo giấy tờ gốc, hoặc bỏ phần khai nếu không có người này.",
    says_en="A name is a filler, such as null, `child of Mrs Hoa` or `no name yet`, and not a person's name.",
    do_en="Enter the name from the original paper, or remove the part if there is no such person.",
)
def placeholder_name(full_name: str) -> Saw:
    return "a word for nobody" if _is_for_nobody(full_name) else None


@check_each(
    *TEXTS,
    only=is_not_plain,
    weight=HOLDS,
    source="TCVN 6909:2001; quy ước Unicode dựng sẵn (NFC)",
    says_vi="Chữ có dấu ghi bằng Unicode tổ hợp, nơi nhận sẽ không tìm thấy tên này.",
    do_vi="Gõ lại nội dung bằng bộ gõ Unicode dựng sẵn rồi gửi lại.",
    says_en="The text is written in decomposed Unicode, so the receiver will not find the name.",
    do_en="Type the text again with an input method for composed Unicode, then send again.",
    edit=compose,
)
def decomposed_text(text: str) -> Saw:
    return None if text.isascii() or unicodedata.is_normalized("NFC", text) else "not NFC"


@check_each(
    *TEXTS,
    only=is_not_plain,
    weight=HOLDS,
    source="TCVN 6909:2001; chữ sao chép từ trang web, tệp Word (quan sát)",
    says_vi="Có chữ cái của bảng chữ khác trông giống chữ Việt, nơi nhận sẽ không tìm thấy nội dung này.",
    do_vi="Xóa ô này, gõ lại bằng bộ gõ tiếng Việt rồi gửi lại.",
    says_en="The text contains letters of another alphabet that look like ours, so the receiver will not find it.",
    do_en="Empty the field, type it again with a Vietnamese input method, then send again.",
    edit=in_our_letters,
)
def look_alike_letters(text: str) -> Saw:
    return "a letter of another alphabet" if not text.isascii() and has_look_alikes(text) else None


@check_each(
    "full_name",
    only=_is_odd,
    weight=NOTES,
    source="Điện thoại và Word tự đổi dấu nháy (quan sát)",
    says_vi="Họ tên có dấu nháy cong do điện thoại hoặc Word tự đổi, không phải dấu nháy thẳng.",
    do_vi="Sửa thành dấu nháy thẳng ở lần sửa hồ sơ tiếp theo; hồ sơ vẫn được gửi đi.",
    says_en="A name contains a curved apostrophe, as telephones and word processors write it.",
    do_en="Write a straight apostrophe when the dossier is next edited; it is sent anyway.",
    edit=lambda full_name: full_name.translate(_STRAIGHT),
)
def curved_apostrophe(full_name: str) -> Saw:
    return "an apostrophe" if not full_name.isascii() and _CURVED.search(full_name) else None


@check_each(
    "full_name",
    only=_is_odd,
    weight=HOLDS,
    source="Nguyên tắc: mỗi đăng ký hộ tịch là của một người có họ tên",
    says_vi="Họ tên để trống, trong khi biểu mẫu bắt buộc ghi họ, chữ đệm và tên.",
    do_vi="Bổ sung họ tên theo giấy tờ gốc rồi gửi lại.",
    says_en="A name is empty.",
    do_en="Add the name from the original paper, then send again.",
)
def name_missing(full_name: str) -> Saw:
    return None if full_name and not full_name.isspace() else "empty"


@check_each(
    "full_name",
    only=_is_odd,
    weight=HOLDS,
    source="Bộ luật Dân sự 91/2015/QH13, Điều 26: tên không đặt bằng số",
    says_vi="Họ tên có chữ số, trong khi luật không cho đặt tên bằng số.",
    do_vi="Đối chiếu giấy tờ gốc, sửa họ tên rồi gửi lại.",
    says_en="A name contains digits, which the law does not allow.",
    do_en="Compare with the original paper, correct the name and send again.",
)
def digits_in_name(full_name: str) -> Saw:
    return None if full_name.isalpha() or not any(map(str.isdecimal, full_name)) else "digits"


@check_each(
    "full_name",
    only=_is_odd,
    weight=HOLDS,
    source="Bộ luật Dân sự 91/2015/QH13, Điều 26: tên không đặt bằng ký tự không phải là chữ",
    says_vi="Họ tên có ký tự không phải là chữ, trong khi luật chỉ cho đặt tên bằng chữ.",
    do_vi="Đối chiếu giấy tờ gốc, sửa họ tên rồi gửi lại.",
    says_en="A name contains signs that are not letters.",
    do_en="Compare with the original paper, correct the name and send again.",
)
def signs_in_name(full_name: str) -> Saw:
    is_plain = full_name.replace(" ", "").isalpha()
    return "signs" if not is_plain and NO_LETTERS.search(full_name) else None


@check_each(
    "full_name",
    only=_is_odd,
    weight=NOTES,
    source="Tờ khai hộ tịch: họ, chữ đệm, tên ghi bằng chữ in hoa, có dấu",
    says_vi="Họ tên chưa ghi bằng chữ in hoa như tờ khai và sổ hộ tịch quy định.",
    do_vi="Sửa thành chữ in hoa khi có điều kiện; hồ sơ vẫn được gửi đi.",
    says_en="A name is not in capitals, as forms and registers require.",
    do_en="Write it in capitals when possible; the dossier is sent anyway.",
    edit=str.upper,
)
def name_not_in_capitals(full_name: str) -> Saw:
    return None if full_name.isupper() or full_name == full_name.upper() else "small letters"


@check_each(
    "full_name",
    only=_is_odd,
    weight=NOTES,
    source="Luật Hộ tịch 60/2014/QH13, Điều 14: họ, chữ đệm và tên",
    says_vi="Họ tên chỉ có một từ, có thể thiếu họ hoặc thiếu tên.",
    do_vi="Đối chiếu giấy tờ gốc xem có thiếu họ không; hồ sơ vẫn được gửi đi.",
    says_en="A name is a single word; the family name or the given name may be missing.",
    do_en="Compare with the original paper whether a part is missing; the dossier is sent anyway.",
)
def name_of_one_word(full_name: str) -> Saw:
    return "one word" if full_name.isalpha() else None


@check_each(
    "full_name",
    only=_is_odd,
    weight=NOTES,
    source="Quy ước ghi họ tên trong sổ hộ tịch",
    says_vi="Họ tên thừa khoảng trắng ở đầu, ở giữa hoặc ở cuối.",
    do_vi="Xóa khoảng trắng thừa ở lần sửa hồ sơ tiếp theo; hồ sơ vẫn được gửi đi.",
    says_en="A name contains needless spaces.",
    do_en="Remove the spaces when the dossier is next edited; it is sent anyway.",
    edit=lambda full_name: " ".join(full_name.split()) or None,
)
def needless_spaces_in_name(full_name: str) -> Saw:
    return "spaces" if full_name and full_name != " ".join(full_name.split()) else None


@check(
    "full_name",
    weight=NOTES,
    source="Lỗi bộ gõ Telex thường gặp",
    says_vi="Họ tên có vẻ còn sót ký tự gõ Telex, chưa thành chữ có dấu.",
    do_vi="Đối chiếu giấy tờ gốc; sửa lại nếu đúng là gõ sót.",
    says_en="A name seems to contain keystrokes of the Telex input method.",
    do_en="Compare with the original paper; edit the name if keystrokes were left in it.",
    edit=from_telex,
)
def telex_residue(person: Person) -> Saw:
    if person.nationality_code not in (None, "VN"):
        return None
    return "typing residue" if has_telex_residue(person.full_name) else None


@lru_cache(maxsize=4096)
def _is_unknown_group(as_written: str) -> bool:
    return as_written.strip().lower() not in NOT_A_GROUP and ethnic_group(as_written) is None


@check(
    "ethnic_group",
    weight=HOLDS,
    source="Danh mục các dân tộc Việt Nam (54 dân tộc)",
    says_vi="Tên dân tộc không có trong danh mục 54 dân tộc.",
    do_vi="Chọn lại dân tộc trong danh mục theo giấy tờ gốc rồi gửi lại.",
    says_en="An ethnic group is not among the 54 of the list.",
    do_en="Choose the ethnic group of the original paper from the list, then send again.",
)
def unknown_ethnic_group(person: Person) -> Saw:
    group = person.ethnic_group
    if group is None or not _is_unknown_group(group):
        return None
    is_foreign = person.nationality_code not in (None, "VN")
    return None if is_foreign and group.strip().lower() in FOREIGNERS_GROUP else "not in the list"


@lru_cache(maxsize=4096)
def _is_listed(nationality_code: str, on: date) -> bool:
    return code_of("nationality", ANY_REGISTRY, nationality_code, on) == nationality_code


def _code_of_vietnam(as_written: str) -> str | None:
    return "VN" if clean(as_written).lower() in VIETNAM_AS_WRITTEN else None


@check_each(
    "nationality_code",
    weight=HOLDS,
    source="ISO 3166-1 alpha-2; danh mục quốc tịch của Bộ Tư pháp",
    says_vi="Mã quốc tịch không có trong danh mục hệ thống đang dùng.",
    do_vi="Kiểm tra quốc tịch; nếu đúng, báo quản trị hệ thống bổ sung vào danh mục.",
    says_en="A nationality code is not in the list in force.",
    do_en="Check the nationality; if it is right, have the operator add it to the list.",
    edit=_code_of_vietnam,
)
def unknown_nationality(nationality_code: str, exam: Examination) -> Saw:
    return None if _is_listed(nationality_code, exam.event_on) else "not in the list"


@lru_cache(maxsize=4096)
def _is_known_relation(relation: str, on: date) -> bool:
    return not relation.strip() or row_of("relation", ANY_REGISTRY, relation, on) is not None


@check_each(
    "relation",
    weight=NOTES,
    source="Tờ khai hộ tịch; mẫu CT01 (TT 56/2021/TT-BCA, TT 66/2023/TT-BCA); danh mục mã của cơ quan chưa có",
    says_vi="Quan hệ ghi trong hồ sơ không có trong danh mục hệ thống đang dùng.",
    do_vi="Đối chiếu tờ khai; hồ sơ vẫn được gửi đi với chữ đã ghi.",
    says_en="A relation is not in the list in force.",
    do_en="Compare with the form; the dossier is sent anyway, with the relation as it is written.",
)
def unknown_relation(relation: str, exam: Examination) -> Saw:
    return None if _is_known_relation(relation, exam.event_on) else "not in the list"
