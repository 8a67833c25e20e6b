"""Text that software filled in where a person wrote nothing, or left behind in a text; seen in the code and the data of
adapters in production."""

import re
from html import unescape

from quality.check import EMPTY, HOLDS, Saw, check_each
from quality.plain_text import NOTHING, is_not_plain
from schemas.text import UNSEEN, clean

TEXTS = ("detail", "place", "cause", "reason", "abstract", "address", "issued_by", "notice_by", "place_as_written")
FILLED_IN = re.compile(r"(?:dinh|đính) ?k[eè]m")
MARKUP = re.compile(r"&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[a-zA-Z]{2,8});|</?[a-zA-Z]{1,10} ?/?>")
_UNSEEN = re.compile(f"[{UNSEEN}\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@check_each(
    "abstract",
    weight=HOLDS,
    source="Mã nguồn bộ nối của nhà cung cấp: trích yếu trống bị thay bằng Dinhkem",
    says_vi="Trích yếu là chữ do phần mềm tự điền khi trống, không phải nội dung hồ sơ.",
    do_vi="Ghi trích yếu theo nội dung đề nghị của người dân rồi gửi lại.",
    says_en="The abstract is text that software fills in when the field is empty.",
    do_en="Write what the citizen asks for as the abstract, then send again.",
    edit=lambda abstract: "",
)
def dinhkem_abstract(abstract: str) -> Saw:
    is_short = len(abstract) < 16
    return "a filler text" if is_short and FILLED_IN.fullmatch(clean(abstract).lower()) else None


@check_each(
    *TEXTS,
    "notice_code",
    "phone",
    "email",
    "relation",
    only=is_not_plain,
    weight=HOLDS,
    source="Danh mục dân tộc của Bộ Tư pháp có chữ Null nghĩa là trống; mã nguồn bộ nối (quan sát)",
    says_vi="Ô này ghi chữ của phần mềm nghĩa là trống, như null, không phải nội dung thật.",
    do_vi="Để trống hoặc ghi đúng nội dung theo giấy tờ gốc rồi gửi lại.",
    says_en="A field holds a word by which programs mean an empty field, such as null.",
    do_en="Empty the field or write what the original paper says, then send again.",
    edit=lambda text: EMPTY,
)
def word_for_nothing(text: str) -> Saw:
    return "a word for nothing" if text.strip().lower() in NOTHING else None


def _without_markup(text: str) -> str | None:
    """The text with entities decoded; None when a tag is left, which a person must judge."""
    plain = unescape(text)
    return None if MARKUP.search(plain) else plain


@check_each(
    "full_name",
    *TEXTS,
    only=is_not_plain,
    weight=HOLDS,
    source="Mã nguồn giao diện web của cổng: chữ đã mã hóa HTML (quan sát)",
    says_vi="Chữ còn lẫn mã HTML của trang web, nơi nhận sẽ ghi nguyên mã này vào sổ.",
    do_vi="Gõ lại nội dung bằng chữ thường rồi gửi lại.",
    says_en="A text contains HTML codes, which the receiver would write into the register as they are.",
    do_en="Type the text again in plain letters, then send again.",
    edit=_without_markup,
)
def markup_in_text(text: str) -> Saw:
    return "HTML codes" if ("&" in text or "<" in text) and MARKUP.search(text) else None


@check_each(
    "full_name",
    "personal_id",
    "number",
    "insurance_number",
    "notice_code",
    "serial",
    only=is_not_plain,
    weight=HOLDS,
    source="TCVN 6909:2001; ký tự không hiển thị do sao chép từ trang web, tệp Word (quan sát)",
    says_vi="Có ký tự không nhìn thấy lẫn trong chữ hoặc số, nơi nhận sẽ không tìm ra.",
    do_vi="Xóa ô này và gõ lại bằng tay, không dán, rồi gửi lại.",
    says_en="A name or number contains invisible characters, so the receiver will not find it.",
    do_en="Empty the field and type it again by hand, without pasting, then send again.",
    edit=lambda text: _UNSEEN.sub("", text) or EMPTY,
)
def unseen_characters(text: str) -> Saw:
    return "unseen characters" if not text.isprintable() and _UNSEEN.search(text) else None
