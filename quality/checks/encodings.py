"""Text in encodings older than Unicode (TCVN3, VNI), or broken in transmission.

A text in an old encoding was pasted from an old file: the one-stop desk types it again. Where letters were lost or
split, the portal broke the text, and all dossiers of the batch may be broken.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from quality.check import HOLDS, STOPS, Actor, Saw, check_each
from quality.plain_text import LETTERS, VNI_PAIR, is_not_plain
from schemas.text import Encoding, compose, decode, is_syllable

TEXTS = (
    "full_name",
    "abstract",
    "detail",
    "place",
    "cause",
    "reason",
    "address",
    "issued_by",
    "notice_by",
    "place_as_written",
)
OLD: tuple[Encoding, ...] = ("tcvn3", "vni")
LOST = re.compile(r"\ufffd|[^\W\d_]\?+[^\W\d_]")
"""The replacement character of Unicode, or a question mark inside a word."""
TORN = re.compile(
    r"[\u00c3-\u00c6\u00e1][\u00a0-\u00bf\u0080-\u009f\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192"
    r"\u02c6\u02dc\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]"
)
"""UTF-8 that was read as Windows-1252: the first letters of Vietnamese text become Ã, Ä, Æ, á and a sign."""
NOT_OURS = re.compile(f"[^\x00-\x7f{LETTERS}{LETTERS.upper()}]")
PAIR_IN_NAMES = "eá"
"""The one pair of VNI that names of the Khmer have in Unicode."""
_MARKED_WORD = re.compile(r"[^\s,.;:()/'\"-]*[^\x00-\x7f\s,.;:()/'\"-][^\s,.;:()/'\"-]*")


@lru_cache(maxsize=16_384)
def _is_spelled(word: str, encoding: Encoding) -> bool:
    return is_syllable(decode(word, encoding))


def _are_spelled(words: Iterable[str], encoding: Encoding) -> bool:
    return all(_is_spelled(word, encoding) for word in words)


def _encoding_of(text: str) -> Encoding | None:
    """The old encoding in which all words with marks are Vietnamese syllables; None when none or both are possible.

    Read as Unicode, at least two words must be no syllables, or one letter must be foreign, or a pair of vowels must
    stand there that only VNI writes: a single odd word may be a name of another people (Neáng). Where a letter is
    foreign and the old encoding has no foreign letter, it is enough that more words are syllables: a name such as
    Pơlang is a syllable in no encoding.
    """
    words = _MARKED_WORD.findall(text)
    odd = sum(not _is_spelled(word, "unicode") for word in words)
    is_foreign = NOT_OURS.search(text) is not None
    if odd == 0 or (odd == 1 and not is_foreign and not _has_pair_of_vni_alone(text)):
        return None
    candidates = [encoding for encoding in OLD if _are_spelled(words, encoding)]
    if not candidates and is_foreign:
        candidates = [
            encoding
            for encoding in OLD
            if NOT_OURS.search(compose(decode(text, encoding))) is None
            and sum(not _is_spelled(word, encoding) for word in words) < odd
        ]
    return candidates[0] if len(candidates) == 1 else None


def _has_pair_of_vni_alone(text: str) -> bool:
    pairs = (text[second.start() - 1 : second.end()] for second in VNI_PAIR.finditer(text))
    return any(pair.lower() != PAIR_IN_NAMES for pair in pairs)


def _from_old(text: str) -> str | None:
    encoding = _encoding_of(text)
    return compose(decode(text, encoding)) if encoding else None


@check_each(
    *TEXTS,
    only=is_not_plain,
    weight=HOLDS,
    source="TCVN 5712:1993 (TCVN3, phông .Vn); bảng mã VNI-Windows; TCVN 6909:2001",
    says_vi="Chữ có dấu ghi bằng bảng mã cũ TCVN3 hoặc VNI, nơi nhận sẽ đọc thành chữ khác.",
    do_vi="Gõ lại nội dung bằng Unicode theo giấy tờ gốc rồi gửi lại.",
    says_en="The text is in an encoding older than Unicode (TCVN3 or VNI), so the receiver reads other letters.",
    do_en="Type the text again in Unicode from the original paper, then send again.",
    edit=_from_old,
)
def legacy_encoding(text: str) -> Saw:
    return None if text.isascii() else _encoding_of(text)


def _restored(text: str) -> str | None:
    """The text decoded as UTF-8 again; None when a part of it was lost."""
    try:
        whole = b"".join(_bytes_of(letter) for letter in text).decode()
    except UnicodeError:
        return None
    return None if _is_broken(whole) else compose(whole)


def _bytes_of(letter: str) -> bytes:
    """The byte that Windows-1252 shows as this letter; five bytes have no letter there and stay as they are."""
    return letter.encode("latin-1") if "\x80" <= letter <= "\x9f" else letter.encode("cp1252")


def _is_broken(text: str) -> bool:
    return LOST.search(text) is not None or (not text.isascii() and _is_torn(text))


def _is_torn(text: str) -> bool:
    """Whether a pair of characters stands there that only a split letter makes, and the text is in no old encoding."""
    return TORN.search(text) is not None and _encoding_of(text) is None


@check_each(
    *TEXTS,
    only=is_not_plain,
    weight=STOPS,
    who=Actor.ENGINEER,
    source="TCVN 6909:2001; tài liệu giao tiếp của cổng: UTF-8",
    says_vi="Chữ có dấu bị hỏng khi cổng truyền đi; cả lô của cổng có thể cùng hỏng.",
    do_vi="Báo bộ phận kỹ thuật và đơn vị vận hành cổng; không gõ lại từng hồ sơ khi chưa rõ nguyên nhân.",
    says_en="The portal lost or split letters when it sent the text; all of the batch may be broken.",
    do_en="Inform the engineer and the portal's operator; do not retype dossiers before the cause is known.",
    edit=_restored,
)
def broken_encoding(text: str) -> Saw:
    if text.isascii():
        return "letters lost" if "?" in text and LOST.search(text) else None
    return "letters lost or torn" if _is_broken(text) else None
