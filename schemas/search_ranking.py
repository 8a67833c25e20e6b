"""The order of hits: how well the facts of a hit fit what was searched for, from 0 to 1.

Letters count first; of equal names the one with the same tones comes first.
"""

from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import partial_ratio, token_sort_ratio

from schemas.search_facts import SearchFacts, folded_name, folded_number, place_parts
from schemas.search_query import SearchQuery, place_variants
from schemas.text import tone_key

LOWEST = 0.6
"""A hit below it is not shown."""
NAME, PARENT, PLACE, YEAR, NUMBER = 0.5, 0.25, 0.2, 0.15, 0.5
"""Weights of what was given; what was not given does not count."""
SUBSEQUENCE = 0.93
"""How alike a name is to one with a syllable more or less."""
OTHER_ORDER = 0.95
ONLY_WORDS = 0.8
"""How well a place fits at most whose words alone are alike."""
SAME_TONES = 0.01
YEAR_STEP, YEAR_STEP_OUTSIDE = 0.04, 0.15
"""What each year of distance takes away, inside the span that was searched and beyond it."""


@dataclass(frozen=True)
class Wanted:
    """A query with all that is worked out once for it."""

    query: SearchQuery
    name: tuple[str, ...]
    parent: tuple[str, ...]
    places: tuple[tuple[str, float], ...]
    place: str
    number: str
    tones: str

    @classmethod
    def of(cls, query: SearchQuery) -> "Wanted":
        return cls(
            query,
            folded_name(query.name),
            folded_name(query.parent),
            tuple((f" {key} ", fit) for key, fit in place_variants(query.place).items()),
            _folded_place(query.place),
            folded_number(query.number),
            tone_key(query.name),
        )


def score(wanted: Wanted, facts: SearchFacts) -> float:
    """How well these facts fit: 1 when all that was given is there, letter by letter."""
    total = weights = 0.0
    tones = 0.0
    if wanted.name:
        alike = _best(wanted.name, facts.subjects)
        total, weights = NAME * alike, NAME
        if alike == 1 and any(tone_key(name) == wanted.tones for name in facts.subjects):
            tones = SAME_TONES
    if wanted.parent:
        total, weights = total + PARENT * _best(wanted.parent, facts.relatives), weights + PARENT
    if wanted.place:
        total, weights = total + PLACE * _place(wanted, facts), weights + PLACE
    if wanted.query.year is not None:
        total, weights = total + YEAR * _year(wanted.query, facts), weights + YEAR
    if wanted.number:
        has_number = wanted.number in map(folded_number, facts.numbers)
        total, weights = total + NUMBER * has_number, weights + NUMBER
    return total / weights + tones if weights else 0.0


def _best(wanted: tuple[str, ...], names: tuple[str, ...]) -> float:
    return max((_name(wanted, folded_name(name)) for name in names), default=0.0)


@lru_cache(maxsize=65_536)
def _name(wanted: tuple[str, ...], name: tuple[str, ...]) -> float:
    one, other = " ".join(wanted), " ".join(name)
    alike = OSA.normalized_similarity(one, other)
    if alike < SUBSEQUENCE:
        alike = max(alike, OTHER_ORDER * token_sort_ratio(one, other) / 100)
        if len(wanted) > 1 and (_is_within(wanted, name) or (len(name) > 1 and _is_within(name, wanted))):
            alike = max(alike, SUBSEQUENCE)
        elif len(wanted) == 1 and wanted[0] in name:
            alike = SUBSEQUENCE
    return alike


def _is_within(fewer: tuple[str, ...], more: tuple[str, ...]) -> bool:
    """Whether these syllables stand in the others, in their order."""
    rest = iter(more)
    return all(syllable in rest for syllable in fewer)


def _year(query: SearchQuery, facts: SearchFacts) -> float:
    if query.year is None or not facts.years:
        return 0.5
    distance = min(abs(query.year - year) for year in facts.years)
    inside = min(distance, query.within)
    return max(0.0, 1 - YEAR_STEP * inside - YEAR_STEP_OUTSIDE * (distance - inside))


def _place(wanted: Wanted, facts: SearchFacts) -> float:
    """How well a name fits that is meant and stands there; else how much of the words is alike."""
    text = _folded_places(facts.places)
    fits = [fit for key, fit in wanted.places if key in text]
    if fits:
        return max(fits)
    return ONLY_WORDS * partial_ratio(wanted.place, text) / 100 if text else 0.0


def _folded_places(places: tuple[str, ...]) -> str:
    return f" {' , '.join(map(_folded_place, places))} "


@lru_cache(maxsize=65_536)
def _folded_place(place: str) -> str:
    return " ".join(" ".join(words) for words in place_parts(place))
