"""Keystrokes of the Telex typing method left in a text (`Nguyeenx Vawn An`), turned into the letters meant."""

import re

from schemas.text import compose, has_telex_residue, is_syllable

TONE_KEYS = {"f": "\u0300", "s": "\u0301", "x": "\u0303", "r": "\u0309", "j": "\u0323"}
LETTER_KEYS = (("uow", "ươ"), ("uwow", "ươ"), ("uwo", "ươ"), ("aa", "â"), ("ee", "ê"), ("oo", "ô"), ("dd", "đ"),
               ("aw", "ă"), ("ow", "ơ"), ("uw", "ư"))  # fmt: skip
_TONED = re.compile(r"(.*[aeiouyăâêôơưàèìòù].*)([fsxrj])")
_MAIN_VOWEL = re.compile(r"[ăâêôơư]")
_VOWELS = re.compile(r"(?<=q)u|(?<=g)i(?=[aeiouy])|([aeiouy]+)")


def from_telex(text: str) -> str | None:
    """The text with its keystrokes turned into letters; None when a word of it has more than one reading, or none.

    A word that Vietnamese spells as it stands is left alone.
    """
    words = [_word(word) for word in text.split(" ")]
    if None in words:
        return None
    turned = " ".join(word for word in words if word is not None)
    return None if has_telex_residue(turned) else turned


def _word(word: str) -> str | None:
    """One word: itself when it is a syllable, else the one syllable that its keystrokes make."""
    if not word or not has_telex_residue(word) and (not word.isascii() or not word.isalpha() or _is_spelled(word)):
        return word
    if not word.isascii() or not word.isalpha():
        return None
    typed = word.lower()
    toned = _TONED.fullmatch(typed)
    letters, key = (toned[1], toned[2]) if toned else (typed, "")
    for keys, letter in LETTER_KEYS:
        letters = letters.replace(keys, letter)
    if not is_syllable(letters) or (letters == typed):
        return None
    spelled = _with_tone(letters, TONE_KEYS[key]) if key else letters
    return spelled and _in_case_of(word, spelled)


def _is_spelled(word: str) -> bool:
    return is_syllable(word.lower())


def _with_tone(letters: str, tone: str) -> str | None:
    """The tone over the vowel that carries it: a marked one, else the last but one before an end, as `hòa`, `hoàn`."""
    if "ươ" in letters:
        at = letters.index("ươ") + 1
    elif found := _MAIN_VOWEL.search(letters):
        at = found.start()
    else:
        groups = [found for found in _VOWELS.finditer(letters) if found[1]]
        if not groups:
            return None
        start, end = groups[-1].span()
        has_end, count = end < len(letters), end - start
        at = start if count == 1 else end - 1 if count == 2 and has_end else start + 1 if count == 3 else start
    return compose(letters[: at + 1] + tone + letters[at + 1 :])


def _in_case_of(word: str, spelled: str) -> str:
    if word.isupper():
        return spelled.upper()
    return spelled.capitalize() if word[0].isupper() else spelled
