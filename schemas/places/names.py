"""Names of places as people write them: kinds and their abbreviations, spellings, and the key they are found by."""

import re
from functools import cache, lru_cache

from schemas.text import search_fold, tone_key

PROVINCE_KINDS = ("Tỉnh", "Thành phố")
DISTRICT_KINDS = ("Quận", "Huyện", "Thị xã", "Thành phố")
COMMUNE_KINDS = ("Phường", "Xã", "Thị trấn", "Đặc khu")

KIND_WORDS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("tỉnh",): ("Tỉnh",), ("t",): ("Tỉnh",),
    ("thành", "phố"): ("Thành phố",), ("tp",): ("Thành phố",), ("t", "p"): ("Thành phố",),
    ("thị", "xã"): ("Thị xã",), ("tx",): ("Thị xã",), ("t", "x"): ("Thị xã",),
    ("quận",): ("Quận",), ("q",): ("Quận",), ("huyện",): ("Huyện",), ("h",): ("Huyện",),
    ("phường",): ("Phường",), ("p",): ("Phường",), ("ph",): ("Phường",), ("f",): ("Phường",),
    ("xã",): ("Xã",), ("x",): ("Xã",), ("thị", "trấn"): ("Thị trấn",), ("tt",): ("Thị trấn",),
    ("t", "t"): ("Thị trấn",), ("đặc", "khu"): ("Đặc khu",), ("đk",): ("Đặc khu",),
}  # fmt: skip
"""Words before a name that say its kind (F. for a ward: habit in Hồ Chí Minh City)."""

SPELLINGS: dict[str, str] = {
    "hcm": "ho chi minh", "tphcm": "ho chi minh", "sai gon": "ho chi minh", "hn": "ha noi", "tphn": "ha noi",
    "brvt": "ba ria vung tau", "thua thien hue": "hue", "tt hue": "hue", "bac can": "bac kan", "kontum": "kon tum",
    "dac lac": "dak lak", "dac lak": "dak lak", "dak lac": "dak lak", "daklak": "dak lak", "darlac": "dak lak",
    "dac nong": "dak nong", "daknong": "dak nong", "buon me thuot": "buon ma thuot", "ban me thuot": "buon ma thuot",
    "bmt": "buon ma thuot", "play cu": "pleiku", "plei ku": "pleiku", "phan rang": "phan rang thap cham",
}  # fmt: skip
"""Other writings of a name (search fold) and the official one."""

DETAIL_WORDS = frozenset(
    "thôn xóm ấp bản buôn làng khóm khu đội tổ đường phố ngõ ngách hẻm kiệt phum sóc plei quốc lộ số".split()
)
"""Words after which a name is a hamlet's or a street's, never a commune's."""
IDLE_AS_WRITTEN = frozenset("việt nam vn vietnam cũ mới nay là trước đây thuộc và".split())
"""Words beside names that say nothing about the place."""
IDLE_WORDS = frozenset(map(search_fold, IDLE_AS_WRITTEN))

ROMANS = {"I": "1", "V": "5"} | {
    cased: str(number)
    for roman, number in {"II": 2, "III": 3, "IV": 4, "VII": 7, "VIII": 8, "IX": 9}.items()
    for cased in (roman, roman.lower())
}
"""Wards of Vị Thanh and communes of Núi Thành bear them; VI and X are left out, `VI THANH` is no number."""

_KIND = re.compile(f"({'|'.join({*PROVINCE_KINDS, *DISTRICT_KINDS, *COMMUNE_KINDS})}) (?=.)")
_FINAL_I = re.compile(r"\b(h|k|l|m|s|t|v|qu)i(?=[\u0300-\u0323]*\b)(?![\u0300-\u0323]*\w)")
_TONE_AFTER_K = re.compile(r"k[\u0300-\u0323](?=\s|$)")
"""No Vietnamese syllable ends in k; in names of other languages its tone is written or not (tone_key puts it last)."""


@cache
def kind_of(name_vi: str) -> str:
    """`Thị trấn Ba Chẽ` -> `Thị trấn`."""
    found = _KIND.match(name_vi)
    return found.group(1) if found else ""


@cache
def bare(name_vi: str) -> str:
    """`Thị trấn Ba Chẽ` -> `Ba Chẽ`."""
    return _KIND.sub("", name_vi, count=1)


def place_key(text: str) -> str:
    """The key by which a bare name is found: without tones, `Mĩ Lí` like `Mỹ Lý`, `04` and `IV` like `4`."""
    return " ".join(filter(None, map(_word_key, text.split())))


def _word_key(word: str) -> str:
    if word in ROMANS:
        return ROMANS[word]
    return " ".join(_FINAL_I.sub(r"\1y", part.lstrip("0") or part) for part in search_fold(word).split())


@lru_cache(maxsize=32_768)
def sound_key(text: str) -> str:
    """What two spellings of one name share, tones included: `Mĩ Lợi` and `Mỹ Lợi`, `Đăk Lăk` and `Đắk Lắk`."""
    sound = tone_key(text).replace("-", " ").replace("'", "")
    return _TONE_AFTER_K.sub("k", _FINAL_I.sub(r"\1y", sound))


def is_compatible(written: tuple[str, ...], name_vi: str) -> bool:
    """Whether every word as written, with the marks it has, can stand for the name's; a word without marks may."""
    sounds = sound_key(bare(name_vi)).split()
    if len(sounds) != len(written):
        return False
    return all(word.isascii() or sound_key(word) == sound for word, sound in zip(written, sounds, strict=True))
