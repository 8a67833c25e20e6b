"""Whether a text is plain: only letters, digits and signs of ordinary Vietnamese text. Most texts are."""

import re

LETTERS = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệfghiìỉĩíịjklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvwxyỳỷỹýỵz"
_PLAIN = re.compile(f"[{LETTERS}{LETTERS.upper()}0-9 ,./()'-]*")
NOTHING = frozenset({"null", "(null)", "none", "nan", "undefined", "n/a", "#n/a"})
"""Words by which programs mean an empty field."""
VNI_PAIR = re.compile("[àãáâêéèùõÀÃÁÂÊÉÈÙÕ](?<=[aA][àãáâêéèÀÃÁÂÊÉÈ]|[eE][àãáâÀÃÁÂ]|[oO][âÂ]|[aeouAEOU][ùõÙÕ])")
"""Two vowels that never follow each other in Vietnamese written in Unicode, and often do in VNI's encoding. The rare
second vowel is searched first: that is five times as quick."""
_PLAIN_ASCII = re.compile(r"[ -%'-;=>@-~]*")
"""ASCII without `&`, `<` and `?`, which may begin markup or replace a lost letter; no other sign is a fault."""


def is_not_plain(text: str) -> bool:
    """Whether a text needs a closer look: it has an unusual sign, a mark apart from its letter, letters of another
    encoding, or is a word by which programs mean an empty field."""
    if text.isascii():
        is_word = len(text) < 12 and text.strip().lower() in NOTHING
        return is_word or not (text.isalnum() or _PLAIN_ASCII.fullmatch(text))
    return _PLAIN.fullmatch(text) is None or VNI_PAIR.search(text) is not None
