"""Folded syllables: all that Vietnamese spelling allows, and which of them a searched syllable may stand for.

A search compares letters without tones (`schemas.text.search_fold`). One error turns a syllable into another string;
only strings that are syllables are looked up, so a few dozen tokens stand for every error.
"""

import re
from functools import cache, lru_cache
from string import ascii_lowercase

from schemas.text import ENDS, ONSETS, VOWELS, search_fold
from schemas.text import OPEN_VOWELS as OPEN

ONSET_SOUNDS = (
    ("ch", "tr"),
    ("s", "x"),
    ("d", "gi", "r", "v"),
    ("l", "n"),
    ("c", "k", "qu"),
    ("g", "gh"),
    ("ng", "ngh"),
)
"""Onsets that sound alike in some region, or are two spellings of one sound. Writers and clerks confuse them."""
END_SOUNDS = (("n", "ng", "nh"), ("t", "c", "ch"), ("i", "y"))
"""Ends that sound alike in some region."""

OPEN_VOWELS = frozenset(map(search_fold, OPEN)) - {search_fold(vowel) for vowel in VOWELS if vowel not in OPEN}
"""Folded vowels that no consonant follows, whatever their marks were."""

_ONSET = re.compile("|".join(ONSETS).replace("đ|", ""))


@cache
def known_syllables() -> frozenset[str]:
    """Every folded syllable that the spelling rules allow: about eight thousand, more than are in use."""
    return frozenset(
        onset + vowels + end
        for onset in {"", *map(search_fold, ONSETS)}
        for vowels in set(map(search_fold, VOWELS))
        for end in (("",) if vowels in OPEN_VOWELS else ("", *ENDS))
    )


@lru_cache(maxsize=16_384)
def expanded(syllable: str) -> frozenset[str]:
    """The folded syllables that a folded syllable with one error in it may stand for, itself among them.

    One error: a letter added, left out, changed, or exchanged with the next one; or one sound written for another
    (`tr` for `ch`, `n` for `ng`).
    """
    return (_one_edit(syllable) | _other_sounds(syllable)) & known_syllables() | {syllable}


def without_a_letter(word: str) -> frozenset[str]:
    """The word with each of its letters left out in turn. Two words that one edit makes equal share one of these, or
    one of them is the other without a letter."""
    return frozenset(word[:at] + word[at + 1 :] for at in range(len(word))) - {""}


def _one_edit(word: str) -> frozenset[str]:
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    added = {head + letter + tail for head, tail in cuts for letter in ascii_lowercase}
    changed = {head + letter + tail[1:] for head, tail in cuts if tail for letter in ascii_lowercase}
    exchanged = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    return frozenset(added | changed | exchanged | without_a_letter(word))


def _other_sounds(word: str) -> frozenset[str]:
    match = _ONSET.match(word)
    onset = match.group() if match else ""
    rest = word[len(onset) :]
    onsets = {onset}.union(*(group for group in ONSET_SOUNDS if onset in group))
    rests = {rest}
    for group in END_SOUNDS:
        for end in group:
            if rest.endswith(end):
                rests |= {rest.removesuffix(end) + other for other in group}
    return frozenset(other + end for other in onsets for end in rests)
