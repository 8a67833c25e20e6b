"""Whether a text is plain: written with nothing but what Vietnamese text is written with. Most are."""

import re

LETTERS = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệfghiìỉĩíịjklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvwxyỳỷỹýỵz"
_PLAIN = re.compile(f"[{LETTERS}{LETTERS.upper()}0-9 ,./()'-]*")
NOTHING = frozenset({"null", "(null)", "none", "nan", "undefined", "n/a", "#n/a"})
"""What programs write for nothing."""
_VNI_PAIR = re.compile("[àãáâêéèùõÀÃÁÂÊÉÈÙÕ](?<=[aA][àãáâêéèÀÃÁÂÊÉÈ]|[eE][àãáâÀÃÁÂ]|[oO][âÂ]|[aeouAEOU][ùõÙÕ])")
"""Two vowels that never stand together in Unicode, and often do in the encoding of the VNI fonts. Sought from the
second on, which is rare: five times as quick as from the first."""
_PLAIN_ASCII = re.compile(r"[ -%'-;=>@-~]*")
"""Without what markup begins with and what stands for a lost letter: no other sign of ASCII is a fault by itself."""


def is_not_plain(text: str) -> bool:
    """Whether a text is worth a closer look: it has a sign, a mark of its own, letters of another encoding, or is a
    program's word for nothing."""
    if text.isascii():
        is_word = len(text) < 12 and text.strip().lower() in NOTHING
        return is_word or not (text.isalnum() or _PLAIN_ASCII.fullmatch(text))
    return _PLAIN.fullmatch(text) is None or _VNI_PAIR.search(text) is not None
