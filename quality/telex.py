"""Keystrokes of the Telex input method left in a text (`Nguyeenx Vawn An`), turned into the intended letters."""

import re

from schemas.text import compose, has_telex_residue, is_syllable

TONE_KEYS = {"f": "\u0300", "s": "\u0301", "x": "\u0303", "r": "\u0309", "j": "\u0323"}
LETTER_KEYS = (("uow", "ươ"), ("uwow", "ươ"), ("uwo", "ươ"), ("aa", "â"), ("ee", "ê"), ("oo", "ô"), ("dd", "đ"),
               ("aw", "ă"), ("ow", "ơ"), ("uw", "ư"))  # fmt: skip
_TONED = re.compile(r"(.*[aeiouyăâêôơưàèìòù].*)([fsxrj])")
_MAIN_VOWEL = re.compile(r"[ăâêôơư]")
_VOWELS = re.compile(r"(?<=q)u|(?<=g)i(?=[aeiouy])|([aeiouy]+)")


def from_telex(text: str) -> str | None:
    """The text with its keystrokes turned into letters; None when a word has no reading or several.

    A word that is a Vietnamese syllable stays as it is.
    """
    words = [_word(word) for word in text.split(" ")]
    if None in words:
        return None
    turned = " ".join(word for word in words if word is not None)
    return None if has_telex_residue(turned) else turned


def _word(word: str) -> str | None:
    """The word itself if it is a syllable, else the one syllable that its keystrokes make; None if there is none."""
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
    """The letters with the tone on the vowel that carries it: a marked vowel, else the one of `hòa` or of `hoàn`."""
    index = _toned_vowel(letters)
    return None if index is None else compose(letters[: index + 1] + tone + letters[index + 1 :])


def _toned_vowel(letters: str) -> int | None:
    """The index of the vowel that carries the tone; None for letters without a vowel."""
    if "ươ" in letters:
        return letters.index("ươ") + 1
    if main_vowel := _MAIN_VOWEL.search(letters):
        return main_vowel.start()
    groups = [group for group in _VOWELS.finditer(letters) if group[1]]
    if not groups:
        return None
    start, end = groups[-1].span()
    has_final, count = end < len(letters), end - start
    if count == 2:
        return end - 1 if has_final else start
    return start + 1 if count == 3 else start


def _in_case_of(word: str, spelled: str) -> str:
    if word.isupper():
        return spelled.upper()
    return spelled.capitalize() if word[0].isupper() else spelled
