"""What software writes by itself where a person wrote nothing, seen in the code of production adapters."""

import re

from quality.check import HOLDS, Saw, check_each
from schemas.text import clean

FILLED_IN = re.compile(r"(?:dinh|đính) ?k[eè]m")


@check_each(
    "abstract",
    weight=HOLDS,
    source="Mã nguồn bộ nối của nhà cung cấp: trích yếu trống bị thay bằng Dinhkem",
    says_vi="Trích yếu là chữ do phần mềm tự điền khi trống, không phải nội dung hồ sơ.",
    do_vi="Ghi trích yếu theo nội dung đề nghị của người dân rồi gửi lại.",
    says_en="The abstract is what software fills in where there was none.",
)
def dinhkem_abstract(abstract: str) -> Saw:
    plain = clean(abstract).lower()
    return "a filler text" if FILLED_IN.fullmatch(plain) else None
