"""The mentions in a written address: each stretch of words that is a unit's name, with the kind written before it.

This file makes no choice between mentions. A stretch does not cross a comma. Words are compared without tones first,
and then each word with the marks that it has.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cache

from schemas.places.former import FormerProvince, former_provinces
from schemas.places.names import (
    COMMUNE_KINDS,
    DETAIL_WORDS,
    DISTRICT_KINDS,
    KIND_WORDS,
    PROVINCE_KINDS,
    SPELLINGS,
    bare,
    is_compatible,
    kind_of,
    place_key,
    sound_key,
)
from schemas.places.table import table
from schemas.places.units import TWO_LEVELS_FROM, District, Province, Unit
from schemas.text import search_fold

WORD = re.compile(r"[^\W\d_]+(?:['’‘ʼ`´][^\W\d_]+)*|\d+|[,;\n()/]")
SYLLABLES_TOO = frozenset("tinh quan huyen phuong xa tỉnh quận huyện phường xã".split())
"""Kinds that may be the end of another name: `dinh quan dong nai`, `phuc xa ba dinh`, `Thượng Quận Kinh Môn`."""
LONGEST = 8
"""Number of words of the longest name."""


class UnitLevel(IntEnum):
    COMMUNE = 1
    DISTRICT = 2
    PROVINCE = 3


KINDS_OF = {UnitLevel.COMMUNE: COMMUNE_KINDS, UnitLevel.DISTRICT: DISTRICT_KINDS, UnitLevel.PROVINCE: PROVINCE_KINDS}


@dataclass(frozen=True, slots=True)
class AddressWord:
    """A word as written, its key, its place in the text, and its segment (from comma to comma, or a part of a form)."""

    written: str
    key: str
    start: int
    end: int
    segment: int


@dataclass(frozen=True, slots=True)
class Mention:
    """Words [start, end) name one of these units; the name itself begins at `name_at`, after the kind if any."""

    start: int
    name_at: int
    end: int
    level: UnitLevel
    kinds: tuple[str, ...]
    units: tuple[Unit, ...]
    exact: frozenset[str] = frozenset()
    """Names with exactly the written tones; none when the address has no marks at all."""
    old_provinces: frozenset[str] = frozenset()
    new_provinces: frozenset[str] = frozenset()
    formers: tuple[FormerProvince, ...] = ()

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: "Mention") -> bool:
        return self.start < other.end and other.start < self.end

    def is_swapped(self, unit: Unit) -> bool:
        """Whether another kind was written than the unit's (`xã` for a ward)."""
        return bool(self.kinds) and kind_of(unit.name_vi) not in self.kinds


@dataclass(slots=True)
class Mentions:
    """All mentions in an address, by level."""

    words: tuple[AddressWord, ...]
    communes: list[Mention] = field(default_factory=list)
    districts: list[Mention] = field(default_factory=list)
    provinces: list[Mention] = field(default_factory=list)

    def of(self, level: UnitLevel) -> list[Mention]:
        return (self.communes, self.districts, self.provinces)[level - 1]


def words_of(text: str, segment: int = 0) -> tuple[AddressWord, ...]:
    """Words and numbers, `P12` as two of them."""
    words = []
    for found in WORD.finditer(text):
        if found.group() in ",;\n()/":
            segment += 1
        else:
            words.append(
                AddressWord(found.group().lower(), place_key(found.group()), found.start(), found.end(), segment)
            )
    return tuple(words)


def mentions_of(words: Sequence[AddressWord], levels: dict[int, UnitLevel | None] | None = None) -> Mentions:
    """All that the words may name. `levels`: for forms, the level of each segment (None: the segment names no unit)."""
    found = Mentions(tuple(words))
    has_marks = not all(word.written.isascii() for word in words)
    for at, word in enumerate(words):
        if levels is not None and levels[word.segment] is None:
            continue
        for name_end, key, is_spelling in _stretches(words, at):
            units, formers = table().by_name.get(key, ()), former_provinces().get(key, ())
            if units or formers:
                for mention in _mentions(words[:name_end], at, key, units, formers, is_spelling):
                    if levels is None or levels[word.segment] is mention.level:
                        found.of(mention.level).append(mention if has_marks else replace(mention, exact=frozenset()))
    return found


def _stretches(words: Sequence[AddressWord], at: int) -> Iterator[tuple[int, str, bool]]:
    """The end of each stretch that begins here, its key, and whether the key replaces another spelling."""
    keys: list[str] = []
    for end in range(at, min(at + LONGEST, len(words))):
        if words[end].segment != words[at].segment:
            return
        keys.append(words[end].key)
        key = " ".join(keys)
        yield end + 1, key, False
        if key in SPELLINGS:
            yield end + 1, SPELLINGS[key], True


def _mentions(
    words: Sequence[AddressWord],
    at: int,
    key: str,
    units: tuple[Unit, ...],
    formers: tuple[FormerProvince, ...],
    is_spelling: bool,
) -> Iterator[Mention]:
    """The mentions in the words from `at` to the last. The tones of another spelling are not compared."""
    written = tuple(word.written for word in words[at:])
    names = {unit.name_vi for unit in units}
    fitting = names if is_spelling else {name for name in names if is_compatible(written, name)}
    formers = tuple(former for former in formers if is_spelling or is_compatible(written, former.name_vi))
    if not fitting and not formers:
        return
    sound = sound_key(" ".join(written))
    exact = frozenset(name for name in fitting if sound_key(bare(name)) == sound)
    kept = tuple(unit for unit in units if unit.name_vi in fitting)
    for start, kinds in _kinds_before(words, at):
        if not kinds and _is_detail(words, start):
            continue
        for level in UnitLevel:
            of_level = tuple(unit for unit in kept if level_of(unit) is level)
            of_former = formers if level is UnitLevel.PROVINCE else ()
            if not (of_level or of_former) or (kinds and not set(kinds) & set(KINDS_OF[level])):
                continue
            if not kinds and key.isdecimal():
                continue
            yield _mention(start, at, len(words), level, kinds, of_level, exact, of_former)


def _mention(
    start: int,
    at: int,
    end: int,
    level: UnitLevel,
    kinds: tuple[str, ...],
    units: tuple[Unit, ...],
    exact: frozenset[str],
    formers: tuple[FormerProvince, ...],
) -> Mention:
    if level is not UnitLevel.PROVINCE:
        return Mention(start, at, end, level, kinds, units, exact)
    old = frozenset(unit.code for unit in units if unit.valid_from < TWO_LEVELS_FROM)
    new = frozenset(unit.code for unit in units if unit.valid_from >= TWO_LEVELS_FROM)
    return Mention(start, at, end, level, kinds, units, exact, old, new, formers)


def level_of(unit: Unit) -> UnitLevel:
    if isinstance(unit, Province):
        return UnitLevel.PROVINCE
    return UnitLevel.DISTRICT if isinstance(unit, District) else UnitLevel.COMMUNE


@cache
def _kind_words() -> dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]]:
    """By folded words: the words with their tones, and the kinds."""
    return {tuple(map(search_fold, words)): (words, kinds) for words, kinds in KIND_WORDS.items()}


def _kinds_before(words: Sequence[AddressWord], at: int) -> list[tuple[int, tuple[str, ...]]]:
    """Where the mention of a name may begin, and the kinds written there.

    For a syllable that ends other names both are possible.
    """
    for length in (2, 1):
        start = at - length
        if start < 0 or words[start].segment != words[at].segment:
            continue
        before = words[start:at]
        known = _kind_words().get(tuple(search_fold(word.written) for word in before))
        if known is None or not all(_is_word(word, kind) for word, kind in zip(before, known[0], strict=True)):
            continue
        may_be_a_name = start > 0 and before[0].written in SYLLABLES_TOO
        return [(start, known[1]), (at, ())] if may_be_a_name else [(start, known[1])]
    return [(at, ())]


def _is_word(word: AddressWord, expected: str) -> bool:
    return word.written.isascii() or sound_key(word.written) == sound_key(expected)


_DETAIL_FOLDS = {search_fold(word): word for word in DETAIL_WORDS}


def _is_detail(words: Sequence[AddressWord], start: int) -> bool:
    """Whether a hamlet's or a street's word stands just before; without marks only where nothing is before it."""
    if start == 0 or words[start - 1].segment != words[start].segment:
        return False
    before = words[start - 1]
    expected = _DETAIL_FOLDS.get(search_fold(before.written))
    if expected is None:
        return False
    is_first = start == 1 or words[start - 2].segment != before.segment
    return sound_key(before.written) == sound_key(expected) or (is_first and before.written.isascii())


def is_commune_kind(words: Sequence[AddressWord], at: int) -> bool:
    """Whether a word, or it and the next, say that a commune's name follows."""
    for length in (2, 1):
        known = _kind_words().get(tuple(search_fold(word.written) for word in words[at : at + length]))
        if known and set(known[1]) & set(COMMUNE_KINDS):
            return all(_is_word(word, kind) for word, kind in zip(words[at : at + length], known[0], strict=True))
    return False
