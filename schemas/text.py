"""Vietnamese text: the form in which it is kept, the keys for comparing and searching, and the encodings before
Unicode.

Names are compared with tones (`tone_key`) and searched without them (`search_fold`); the written text is kept.
Sources: TCVN 5712:1993 (TCVN3, the .Vn fonts); the VNI-Windows table (VNI fonts); TCVN 6909:2001 (Unicode, composed).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Literal

Encoding = Literal["unicode", "tcvn3", "vni"]

TONES = "\u0300\u0301\u0303\u0309\u0323"
"""Huyền, sắc, ngã, hỏi, nặng as combining marks."""
APOSTROPHES = "’‘ʼ`´ʹ′"
DASHES = "‐‑‒–—−"
UNSEEN = (
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""Characters without width that web pages and word processors leave in copied text: joiners, soft hyphens, marks of
direction."""
LOOK_ALIKES: Mapping[str, str] = dict(
    zip(
        "ÐðƉɖАВЕКМНОРСТУХІЅЈаеорсухіѕјΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
        "ĐđĐđABEKMHOPCTYXISJaeopcyxisjABEZHIKMNOPTYXo",
        strict=True,
    )
)
"""Letters of other alphabets (Icelandic, African, Cyrillic, Greek) that are drawn as letters of ours, and those."""

_SEEN: Mapping[int, str | None] = dict.fromkeys(map(ord, UNSEEN))
_DRAWN_ALIKE: Mapping[int, str] = {
    ord(other.casefold()): ours.casefold() for other, ours in LOOK_ALIKES.items() if len(other.casefold()) == 1
}
_SAME: Mapping[int, str | None] = {
    **_SEEN,
    **_DRAWN_ALIKE,
    **dict.fromkeys(map(ord, APOSTROPHES), "'"),
    **dict.fromkeys(map(ord, DASHES), "-"),
}
_OTHER_DS = frozenset("ÐðƉɖ")
_WORDS = re.compile(r"[^\W\d_]+")
_OURS: Mapping[int, str] = {ord(other): ours for other, ours in LOOK_ALIKES.items()}
_TONELESS: Mapping[int, None] = dict.fromkeys(map(ord, TONES))
_FOLD: Mapping[int, str | None] = {
    **dict.fromkeys(range(0x300, 0x370)),
    **_SEEN,
    **_DRAWN_ALIKE,
    **dict.fromkeys(map(ord, APOSTROPHES + "'")),
    **dict.fromkeys(map(ord, DASHES + "-"), " "),
    **dict.fromkeys(map(ord, "đðɖ"), "d"),
}
_SPACES = re.compile(r"[ \t\r\n\u00a0\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_UNTIDY = re.compile(rf"[^\S ]|[{UNSEEN}\u00a0]|  |^ | $")
"""What `clean` changes in composed text."""
_SPACED_DASH = re.compile(r" ?- ?")
_TONED_PART = re.compile(r"[^ -]+")
"""What has a tone of its own: `Rịa` and `Vũng` in `Rịa-Vũng`."""


def compose(text: str) -> str:
    """NFC: a letter with its marks is one character."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def clean(text: str | None) -> str:
    """NFC with single spaces and without zero-width characters, the form that registries are given; empty for None.

    A control character is no space and stays in the text: where it cannot be sent, a person must see it.
    """
    if not text:
        return ""
    composed = compose(text)
    if not _UNTIDY.search(composed):  # nearly all words are tidy: three times as quick
        return composed
    return _SPACES.sub(" ", composed.translate(_SEEN)).strip(" ")


def in_our_letters(text: str) -> str | None:
    """The text with each look-alike as the letter that it is drawn as; None where a letter of another alphabet is
    left."""
    ours = text.translate(_OURS)
    return None if any(map(_is_of_another_alphabet, ours)) else ours


def has_look_alikes(text: str) -> bool:
    """Whether a letter of another alphabet stands in a text, or a word is Vietnamese but for its D: `Ðỗ` with the eth
    of Iceland. A name such as Guðmundsdóttir is written as it should be."""
    if any(map(_is_of_another_alphabet, text)):
        return True
    return any(is_syllable(word.translate(_OURS)) for word in _WORDS.findall(text) if not _OTHER_DS.isdisjoint(word))


def _is_of_another_alphabet(letter: str) -> bool:
    return letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN")


def tone_key(text: str) -> str:
    """The key that all writings of one name share: case, spaces, apostrophe, dash and place of the tone do not matter.

    `hoà` and `hòa`, `Quý` and `Qúy`, `HOÀNG` and `Hòang` have equal keys, `hoa` has another one. A key is never shown:
    it has each word's letters without tones, then its tones.
    """
    folded = text.casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFD", folded).translate(_SAME)
    elif "`" in folded:
        folded = folded.replace("`", "'")
    key = _SPACED_DASH.sub("-", " ".join(folded.split()))
    return key if key.isascii() else _TONED_PART.sub(lambda part: _tone_last(part[0]), key)


def _tone_last(word: str) -> str:
    letters = word.translate(_TONELESS)
    if len(letters) == len(word):
        return word
    return letters + "".join(sorted((mark for mark in word if mark in TONES), key=unicodedata.combining))


def search_fold(text: str) -> str:
    """The letters alone, as people type them in a search: no tones, no marks, đ as d, no apostrophes, a dash as a
    space."""
    folded = text.casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFD", folded)
    return " ".join(folded.translate(_FOLD).split())


TELEX = re.compile(r"aa|ee|dd|[aou]w|[aeiouy](?:ch|ng|nh|[cmnpt])?[fxj]\b")
"""Doubled letters, w for a hook, and a tone letter at the end of a syllable: Vietnamese words have none of them."""


def has_telex_residue(text: str) -> bool:
    """Whether a text seems to hold keystrokes of the Telex typing method (`Nguyeenx`). Foreign names may look like
    it."""
    return TELEX.search(text.lower()) is not None


# Before Unicode: a byte per letter (TCVN3), or a letter and its marks (VNI), read as Latin-1 or Windows-1252.

_TCVN3_LETTERS = (
    ("A1", "ĂÂÊÔƠƯĐăâêôơưđ"),
    ("B5", "àảãáạ"),
    ("BB", "ằẳẵắ"),
    ("C6", "ặầẩẫấậè"),
    ("CE", "ẻẽéẹềểễếệìỉ"),
    ("DC", "ĩíịò"),
    ("E1", "ỏõóọồổỗốộờởỡớợù"),
    ("F1", "ủũúụừửữứựỳỷỹýỵ"),
)
"""First byte and the letters from there on. Capitals with tones have no code: the font's name carries the case."""
TCVN3: Mapping[int, str] = {
    int(first, 16) + at: letter for first, letters in _TCVN3_LETTERS for at, letter in enumerate(letters)
}

_VNI_ALONE = {"í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ñ": "đ", "ô": "ơ", "ö": "ư"}
_VNI_MARKS = {
    "ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323",
    "â": "\u0302", "á": "\u0302\u0301", "à": "\u0302\u0300", "å": "\u0302\u0309", "ã": "\u0302\u0303",
    "ä": "\u0302\u0323",
    "ê": "\u0306", "é": "\u0306\u0301", "è": "\u0306\u0300", "ú": "\u0306\u0309", "ü": "\u0306\u0303",
    "ë": "\u0306\u0323",
}  # fmt: skip
"""The letters that VNI writes after a vowel for its marks."""
VNI: Mapping[int, str] = {
    ord(cased(code)): cased(letter)
    for cased in (str.lower, str.upper)
    for code, letter in (_VNI_ALONE | _VNI_MARKS).items()
}

_READ: Mapping[Encoding, Callable[[str], str]] = {
    "unicode": compose,
    "tcvn3": lambda text: text.translate(TCVN3),
    "vni": lambda text: compose(text.translate(VNI)),
}

ONSETS = tuple("ngh ng nh gh gi kh ph th tr ch qu b c d đ g h k l m n p r s t v x".split())
VOWELS = tuple(
    "uyê iê yê uô ươ oa oă oe uâ uê uy uơ ia ua ưa ai ao au ay âu ây eo êu iu oi ôi ơi ui ưi ưu oai oay oao oeo uây uôi"
    " ươi ươu iêu yêu uya uyu uêu a ă â e ê i o ô ơ u ư y".split()
)
ENDS = tuple("ch ng nh c k m n p t".split())
"""What a syllable is made of, without its tone. The longer ones come first, as a pattern tries them."""
OPEN_VOWELS = frozenset(
    "ia ua ưa ai ao au ay âu ây eo êu iu oi ôi ơi ui ưi ưu oai oay oao oeo uây uôi ươi ươu iêu yêu uơ uya uyu"
    " uêu".split()
)
"""Vowels that no end follows."""
_SYLLABLE = re.compile(
    rf"(?:{'|'.join(ONSETS)})?(?:(?:{'|'.join(vowel for vowel in VOWELS if vowel not in OPEN_VOWELS)})"
    rf"(?:{'|'.join(ENDS)})?|{'|'.join(vowel for vowel in VOWELS if vowel in OPEN_VOWELS)})"
)
"""A syllable without its tone: onset, vowels, end."""


def is_syllable(word: str) -> bool:
    """Whether a word follows Vietnamese spelling: a known syllable with at most one tone."""
    letters = unicodedata.normalize("NFD", word.lower())
    bare = letters.translate(_TONELESS)
    return len(letters) - len(bare) <= 1 and _SYLLABLE.fullmatch(compose(bare)) is not None


def decode(value: str, encoding: Encoding, font_name: str | None = None) -> str:
    """A value in Unicode. `font_name` is the font of the cell: fonts named `.Vn...H` draw TCVN3 letters as capitals."""
    text = _READ[encoding](value)
    return text.upper() if encoding == "tcvn3" and is_font_of_capitals(font_name) else text


def is_font_of_capitals(font_name: str | None) -> bool:
    """`.VnTimeH`, `.VnArialH`: fonts that draw every letter as a capital."""
    name = (font_name or "").strip()
    return name.lower().startswith(".vn") and name.endswith("H")
