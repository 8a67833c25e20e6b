"""How names and other words are written: Unicode form, typing residue, code lists kept by name."""

import unicodedata
from functools import lru_cache

from quality.check import HOLDS, NOTES, Examination, Saw, check, check_each
from schemas.catalogues import ANY_REGISTRY, code_of, ethnic_group, row_of
from schemas.person import Person
from schemas.text import has_telex_residue

NOT_A_GROUP = frozenset({"null", ""})
"""What the ministry's list writes where nothing is known."""
FOREIGNERS_GROUP = frozenset({"khác", "người nước ngoài", "nước ngoài"})


@check_each(
    "full_name", "abstract", "detail", "place", "cause", "reason", "address", "ethnic_group", "relation", "issued_by",
    "notice_by",
    weight=HOLDS,
    source="TCVN 6909:2001; quy ước Unicode dựng sẵn (NFC)",
    says_vi="Chữ có dấu ghi bằng Unicode tổ hợp, nơi nhận sẽ không tìm thấy tên này.",
    do_vi="Gõ lại nội dung bằng bộ gõ Unicode dựng sẵn rồi gửi lại.",
    says_en="Letters are written in decomposed Unicode, so the receiver will not find the name.",
)  # fmt: skip
def decomposed_text(text: str) -> Saw:
    return None if text.isascii() or unicodedata.is_normalized("NFC", text) else "not NFC"


@check_each(
    "full_name",
    weight=HOLDS,
    source="Luật Hộ tịch 60/2014/QH13, Điều 14",
    says_vi="Họ tên để trống, trong khi biểu mẫu bắt buộc ghi họ, chữ đệm và tên.",
    do_vi="Bổ sung họ tên theo giấy tờ gốc rồi gửi lại.",
    says_en="A name is empty.",
)
def name_missing(full_name: str) -> Saw:
    return None if full_name and not full_name.isspace() else "empty"


@check_each(
    "full_name",
    weight=HOLDS,
    source="Bộ luật Dân sự 91/2015/QH13, Điều 26: tên không đặt bằng số",
    says_vi="Họ tên có chữ số, trong khi luật không cho đặt tên bằng số.",
    do_vi="Đối chiếu giấy tờ gốc, sửa họ tên rồi gửi lại.",
    says_en="A name has digits in it.",
)
def digits_in_name(full_name: str) -> Saw:
    return None if full_name.isalpha() or not any(map(str.isdigit, full_name)) else "digits"


@check_each(
    "full_name",
    weight=NOTES,
    source="Quy ước ghi họ tên trong sổ hộ tịch",
    says_vi="Họ tên thừa khoảng trắng ở đầu, ở giữa hoặc ở cuối.",
    do_vi="Xóa khoảng trắng thừa khi có dịp sửa hồ sơ; hồ sơ vẫn được gửi đi.",
    says_en="A name has needless spaces.",
)
def needless_spaces_in_name(full_name: str) -> Saw:
    return "spaces" if full_name and full_name != " ".join(full_name.split()) else None


@check(
    "full_name",
    weight=NOTES,
    source="Lỗi bộ gõ Telex thường gặp",
    says_vi="Họ tên có vẻ còn sót phím gõ Telex, chưa thành chữ có dấu.",
    do_vi="Đối chiếu giấy tờ gốc; sửa lại nếu đúng là gõ sót.",
    says_en="A name seems to hold keystrokes of the Telex typing method.",
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
)
def unknown_ethnic_group(person: Person) -> Saw:
    group = person.ethnic_group
    if group is None or not _is_unknown_group(group):
        return None
    is_foreign = person.nationality_code not in (None, "VN")
    return None if is_foreign and group.strip().lower() in FOREIGNERS_GROUP else "not in the list"


@check_each(
    "nationality_code",
    weight=HOLDS,
    source="ISO 3166-1 alpha-2; danh mục quốc tịch của Bộ Tư pháp",
    says_vi="Mã quốc tịch không có trong danh mục hệ thống đang dùng.",
    do_vi="Kiểm tra quốc tịch; nếu đúng, báo quản trị bổ sung vào danh mục.",
    says_en="A nationality code is not in the list in use.",
)
def unknown_nationality(nationality_code: str, exam: Examination) -> Saw:
    listed = code_of("nationality", ANY_REGISTRY, nationality_code, exam.event_on)
    return None if listed == nationality_code else "not in the list"


@check_each(
    "relation",
    weight=NOTES,
    source="Tờ khai hộ tịch; mẫu CT01 (TT 66/2023/TT-BCA); danh mục mã của cơ quan chưa có",
    says_vi="Quan hệ ghi trong hồ sơ không có trong danh mục hệ thống đang dùng.",
    do_vi="Đối chiếu tờ khai; hồ sơ vẫn được gửi đi với chữ đã ghi.",
    says_en="A relation is not in the list in use.",
)
def unknown_relation(relation: str, exam: Examination) -> Saw:
    is_listed = not relation.strip() or row_of("relation", ANY_REGISTRY, relation, exam.event_on) is not None
    return None if is_listed else "not in the list"
