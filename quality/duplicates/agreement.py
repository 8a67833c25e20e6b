"""In what fields two births can agree, and how far: each level once, as SQL for Splink and as a function for one pair.

Of a comparison's levels the first that holds counts, from top to bottom; after the last comes "else". Where a value is
missing on either side the comparison says nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from quality.duplicates.compared_birth import ComparedBirth

Holds = Callable[[ComparedBirth, ComparedBirth], bool]


@dataclass(frozen=True, slots=True)
class MatchLevel:
    """One way to agree. `sql` names the columns of the pair as Splink does, with `_l` and `_r`."""

    name: str
    sql: str
    holds: Holds


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """The levels of one field, whose `column` must be known on both sides. `by_frequency`: a rare value says more."""

    name: str
    column: str
    levels: tuple[MatchLevel, ...]
    by_frequency: bool = False


ELSE = "else"


def same(column: str) -> MatchLevel:
    """Both values are equal."""

    def holds(first: ComparedBirth, second: ComparedBirth) -> bool:
        value = getattr(first, column)
        return value is not None and value == getattr(second, column)

    return MatchLevel(f"same {column}", f"{column}_l = {column}_r", holds)


def turned(column: str, other_column: str) -> MatchLevel:
    """The value is the other birth's value with day and month swapped."""

    def holds(first: ComparedBirth, second: ComparedBirth) -> bool:
        value = getattr(first, column)
        return value is not None and value == getattr(second, other_column)

    return MatchLevel(f"turned {column}", f"{column}_l = {other_column}_r", holds)


def near(column: str) -> MatchLevel:
    """One character more, one less, one other, or two neighbours swapped."""

    def holds(first: ComparedBirth, second: ComparedBirth) -> bool:
        value, other_value = getattr(first, column), getattr(second, column)
        return value is not None and other_value is not None and is_one_slip(value, other_value)

    return MatchLevel(f"near {column}", f"damerau_levenshtein({column}_l, {column}_r) <= 1", holds)


def unsaid(column: str, known: str) -> MatchLevel:
    """One side does not know `column`; both agree in the less precise column `known`."""

    def holds(first: ComparedBirth, second: ComparedBirth) -> bool:
        is_open = getattr(first, column) is None or getattr(second, column) is None
        return is_open and getattr(first, known) is not None and getattr(first, known) == getattr(second, known)

    sql = f"({column}_l IS NULL OR {column}_r IS NULL) AND {known}_l = {known}_r"
    return MatchLevel(f"unsaid {column}", sql, holds)


def year_beside(column: str) -> MatchLevel:
    """The years are equal or next to each other."""

    def holds(first: ComparedBirth, second: ComparedBirth) -> bool:
        year, other_year = getattr(first, column), getattr(second, column)
        return year is not None and other_year is not None and abs(int(year) - int(other_year)) <= 1

    return MatchLevel(f"beside {column}", f"abs(CAST({column}_l AS INTEGER) - CAST({column}_r AS INTEGER)) <= 1", holds)


def is_one_slip(text: str, other: str) -> bool:
    """Whether at most one slip of the fingers turns one text into the other."""
    if text == other:
        return True
    if abs(len(text) - len(other)) > 1:
        return False
    letters = enumerate(zip(text, other, strict=False))
    differs_at = next((index for index, both in letters if both[0] != both[1]), min(len(text), len(other)))
    after = differs_at + 1
    if len(text) != len(other):
        longer, shorter = (text, other) if len(text) > len(other) else (other, text)
        return longer[after:] == shorter[differs_at:]
    pair, other_pair = text[differs_at : after + 1], other[differs_at : after + 1]
    is_swap = pair == other_pair[::-1] and text[after + 1 :] == other[after + 1 :]
    return is_swap or text[after:] == other[after:]


def _parent(role: str) -> tuple[FieldComparison, ...]:
    rest = (same(f"{role}_rest_key"), same(f"{role}_rest_fold"), same(f"{role}_words"), near(f"{role}_fold"))
    return (
        FieldComparison(f"{role}_number", f"{role}_number", (same(f"{role}_number"), near(f"{role}_number"))),
        FieldComparison(f"{role}_family", f"{role}_family", (same(f"{role}_family"),), by_frequency=True),
        FieldComparison(f"{role}_rest", f"{role}_rest_key", rest),
        FieldComparison(f"{role}_year", f"{role}_year", (same(f"{role}_year"), year_beside(f"{role}_year"))),
    )


COMPARISONS: tuple[FieldComparison, ...] = (
    FieldComparison(
        "child", "child_key", (same("child_key"), same("child_fold"), same("child_words"), near("child_fold"))
    ),
    FieldComparison(
        "born",
        "born_year",
        (same("born_on"), turned("born_on", "born_turned"), unsaid("born_on", "born_year"), near("born_on")),
    ),
    FieldComparison("sex", "sex", (same("sex"),)),
    FieldComparison("birth_order", "birth_order", (same("birth_order"),)),
    FieldComparison("notice", "notice", (same("notice"), near("notice"))),
    FieldComparison("commune", "commune", (same("commune"),)),
    *_parent("mother"),
    *_parent("father"),
)

BLOCKS: tuple[tuple[str, ...], ...] = (
    ("mother_number",),
    ("father_number",),
    ("notice",),
    ("child_fold", "mother_fold"),
    ("child_fold", "born_span"),
    ("mother_fold", "born_span"),
)
