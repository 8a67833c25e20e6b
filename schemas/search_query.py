"""What somebody searches for, and the steps in which it is looked for: from the closest match to the widest.

A step is a list of groups of token texts (`schemas.search_facts.tokens_of`); a row fits when it has a token of every
group. The next step is taken when no hit of the steps before is good enough (`schemas.search_ranking`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import combinations

from schemas.places.names import bare, place_key
from schemas.places.table import table
from schemas.places.units import Commune, Unit
from schemas.search_facts import LONGEST_PLACE, folded_name, folded_number, lacking_tokens, place_names, place_parts
from schemas.syllables import expanded

CERTAIN, FITTING, GOOD, FAIR, NEVER = 0.97, 0.93, 0.9, 0.8, 2.0
"""Scores of `schemas.search_ranking` that make the next step needless: a hit that nothing can better; one with an error
in each of what was given; one that somebody would recognise; one that is better than most of a province."""
NEAR_NAME, FAR_NAME, KINDRED = 0.95, 0.85, 0.9
"""How well a place fits whose name differs by one letter, by two, and one that it came from or went into."""
KIND_KEYS = tuple(
    tuple(kind.split())
    for kind in (
        "thi tran",
        "thi xa",
        "thanh pho",
        "dac khu",
        "xa",
        "phuong",
        "huyen",
        "quan",
        "tinh",
        "tp",
        "tt",
        "tx",
    )
)
"""Kinds of units as people type them without marks."""
WIDEST = 5
"""Years on either side; a wider span is searched without the year."""
MOST_NAMES_OF_PLACE = 60
FUZZY_FROM = 4
"""Letters of a place's name from which one error is thought of; from `TWO_ERRORS_FROM` two."""
TWO_ERRORS_FROM = 10


@dataclass(frozen=True)
class SearchQuery:
    """What is searched for; at least a name, a parent or a number. `year`: of birth or of the event, with `within`
    years on either side."""

    name: str = field(default="", repr=False)
    year: int | None = None
    within: int = 1
    place: str = field(default="", repr=False)
    parent: str = field(default="", repr=False)
    number: str = field(default="", repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is given that a person can be found by: a year and a place alone are half a province."""
        return not (folded_name(self.name) or folded_name(self.parent) or folded_number(self.number))

    @property
    def years(self) -> tuple[int, ...]:
        if self.year is None or self.within > WIDEST:
            return ()
        return tuple(range(self.year - self.within, self.year + self.within + 1))


@dataclass(frozen=True)
class SearchStep:
    """Groups of token texts; a row has a token of each. `needless_from`: the score of a hit, of the steps before,
    that makes this one needless."""

    groups: tuple[tuple[str, ...], ...] = field(repr=False)
    needless_from: float = CERTAIN


def steps_of(query: SearchQuery) -> list[SearchStep]:
    """The steps of a search in their order; none when the query is empty."""
    if query.is_empty:
        return []
    name, parent = folded_name(query.name), folded_name(query.parent)
    places = tuple(f"p|{key}" for key in place_variants(query.place))
    years = tuple(f"y|{year}" for year in query.years)
    near = [group for group in (places, years) if group]
    relatives = [_whole("r", parent)] if parent else []
    number = [(f"#|{folded_number(query.number)}",)] if folded_number(query.number) else []
    steps = [SearchStep(tuple(number + ([places] if places else [])))] if number else []
    if not name:
        return steps + ([SearchStep(tuple(relatives + near))] if relatives else [])
    closest = _dated(_whole("n", name), query.years) if years else _whole("n", name)
    if relatives:
        steps.append(SearchStep((_whole("n", name), *relatives)))
    if places:
        steps.append(SearchStep((closest, places)))
    steps.append(SearchStep((closest,), FITTING))
    return steps + _loose(name, query.years, places, relatives)


def _loose(
    name: tuple[str, ...], years: tuple[int, ...], places: tuple[str, ...], relatives: list[tuple[str, ...]]
) -> list[SearchStep]:
    """Names that share syllables with this one: a syllable too many, too few, or beyond one error."""
    here = ([places] if places else []) + relatives
    if len(name) == 1:
        return [SearchStep((_syllables(name[0], years), *here))]
    dated = [tuple(f"y|{year}" for year in years)] if years else []
    steps = []
    if here:  # a name of two syllables is often one that lost its middle
        needless_from = NEVER if len(name) == 2 else FITTING
        steps.append(SearchStep((_pairs(combinations(name, 2)), *here, *dated), needless_from))
    if places and dated:
        steps.append(SearchStep((places, *dated), GOOD))
    with_last = _pairs((syllable, name[-1]) for syllable in name[:-1])
    return [*steps, SearchStep((with_last, *dated), FAIR if places else GOOD)]


def _pairs(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Each pair, and the pairs that it may stand for when one of the two has an error."""
    tokens: set[str] = set()
    for first, second in pairs:
        tokens |= {f"2|{other} {second}" for other in expanded(first)}
        tokens |= {f"2|{first} {other}" for other in expanded(second)}
    return tuple(tokens)


@lru_cache(maxsize=512)
def whole_variants(name: tuple[str, ...]) -> tuple[str, ...]:
    """The name, and the names that it may stand for when one of its syllables has an error; itself first."""
    variants = {" ".join(name): None}
    for at, syllable in enumerate(name):
        for other in expanded(syllable):
            variants[" ".join((*name[:at], other, *name[at + 1 :]))] = None
    return tuple(variants)


def _whole(kind: str, name: tuple[str, ...]) -> tuple[str, ...]:
    lacking = [token for at in range(len(name)) for token in lacking_tokens(name, at)] if kind == "n" else []
    return (*(f"{kind}|{variant}" for variant in whole_variants(name)), *lacking)


def _dated(tokens: tuple[str, ...], years: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"{token}|{year}" for token in tokens if token[0] == "n" for year in years)


def _syllables(syllable: str, years: tuple[int, ...]) -> tuple[str, ...]:
    alone = (f"s|{other}" for other in expanded(syllable))
    return tuple(f"{token}|{year}" for token in alone for year in years) if years else tuple(alone)


# Places: the names that a written place may mean, then and now.


@lru_cache(maxsize=512)
def place_variants(text: str) -> Mapping[str, float]:
    """The keys of the names that a written place may mean, with how well they fit it: as written or with an error, and
    those of the communes that it came from or went into. The first name in an address counts, since the smallest unit
    stands first."""
    for part in place_parts(text):
        if keys := _keys_of(part):
            kindred = {
                other: fit * KINDRED for key, fit in keys.items() for other in _kindred(key) if other not in keys
            }
            return dict(list((keys | kindred).items())[:MOST_NAMES_OF_PLACE])
    return {}


def _keys_of(words: list[str]) -> dict[str, float]:
    """The names that the first of these words may be, as many of them as possible, with or without a kind before them;
    else the names that stand in them."""
    for count in dict.fromkeys((len(words), *range(min(len(words), LONGEST_PLACE) - 1, 1, -1))):
        if near := _near_names(words[:count]):
            return near
    return dict.fromkeys(place_names(" ".join(words)), 1.0)


def _near_names(words: list[str]) -> dict[str, float]:
    bare_words = next((words[len(kind) :] for kind in KIND_KEYS if tuple(words[: len(kind)]) == kind), [])
    return _near(" ".join(words)) | _near(" ".join(bare_words))


def _near(whole: str) -> dict[str, float]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    errors = 0 if len(whole) < FUZZY_FROM else 1 if len(whole) < TWO_ERRORS_FROM else 2
    found = process.extract(whole, _all_names(), scorer=OSA.distance, score_cutoff=errors, limit=MOST_NAMES_OF_PLACE)
    return {name: (1.0, NEAR_NAME, FAR_NAME)[int(distance)] for name, distance, _ in found}


@cache
def _all_names() -> tuple[str, ...]:
    return tuple(table().by_name)


@lru_cache(maxsize=4096)
def _kindred(key: str) -> tuple[str, ...]:
    """Keys of the communes that communes of this name came from or went into."""
    communes = [unit for unit in table().by_name[key] if isinstance(unit, Commune)]
    return tuple({_key(other): None for commune in communes for other in _linked(commune)})


def _linked(unit: Unit) -> list[Unit]:
    after = [passage.after for passage in table().after.get(unit.key, ())]
    before = [passage.before for passage in table().before.get(unit.key, ())]
    return after + before


def _key(unit: Unit) -> str:
    return place_key(bare(unit.name_vi))
