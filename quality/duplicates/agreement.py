"""In what two births can agree, and how far: each level once, as SQL for Splink and as a function for a single pair.

Of a comparison's levels the first that holds counts, from top to bottom; where a value is missing on either side none
does, and the comparison says nothing. After the last comes "else".
"""

from collections.abc import Callable
from dataclasses import dataclass

from quality.duplicates.compared_birth import ComparedBirth

Holds = Callable[[ComparedBirth, ComparedBirth], bool]


@dataclass(frozen=True, slots=True)
class MatchLevel:
    """One way of agreeing. `sql` speaks of the pair's columns as Splink names them, `_l` and `_r`."""

    name: str
    sql: str
    holds: Holds


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """`column` must be known on both sides. `by_frequency`: agreeing on a rare value of it says more."""

    name: str
    column: str
    levels: tuple[MatchLevel, ...]
    by_frequency: bool = False


ELSE = "else"


def same(column: str) -> MatchLevel:
    def holds(one: ComparedBirth, other: ComparedBirth) -> bool:
        value = getattr(one, column)
        return value is not None and value == getattr(other, column)

    return MatchLevel(f"same {column}", f"{column}_l = {column}_r", holds)


def turned(column: str, other_column: str) -> MatchLevel:
    """One's value is the other's turned round."""

    def holds(one: ComparedBirth, other: ComparedBirth) -> bool:
        value = getattr(one, column)
        return value is not None and value == getattr(other, other_column)

    return MatchLevel(f"turned {column}", f"{column}_l = {other_column}_r", holds)


def near(column: str) -> MatchLevel:
    """One character more, less, other, or swapped with its neighbour."""

    def holds(one: ComparedBirth, other: ComparedBirth) -> bool:
        value, another = getattr(one, column), getattr(other, column)
        return value is not None and another is not None and is_one_slip(value, another)

    return MatchLevel(f"near {column}", f"damerau_levenshtein({column}_l, {column}_r) <= 1", holds)


def unsaid(column: str, known: str) -> MatchLevel:
    """One side leaves open what would differ; what both say is the same."""

    def holds(one: ComparedBirth, other: ComparedBirth) -> bool:
        open_ = getattr(one, column) is None or getattr(other, column) is None
        return open_ and getattr(one, known) is not None and getattr(one, known) == getattr(other, known)

    sql = f"({column}_l IS NULL OR {column}_r IS NULL) AND {known}_l = {known}_r"
    return MatchLevel(f"unsaid {column}", sql, holds)


def year_beside(column: str) -> MatchLevel:
    def holds(one: ComparedBirth, other: ComparedBirth) -> bool:
        year, another = getattr(one, column), getattr(other, column)
        return year is not None and another is not None and abs(int(year) - int(another)) <= 1

    return MatchLevel(f"beside {column}", f"abs(CAST({column}_l AS INTEGER) - CAST({column}_r AS INTEGER)) <= 1", holds)


def is_one_slip(one: str, other: str) -> bool:
    """Whether one slip of the fingers at most leads from one text to the other."""
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1:
        return False
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
              min(len(one), len(other)))  # fmt: skip
    if len(one) != len(other):
        longer, shorter = (one, other) if len(one) > len(other) else (other, one)
        return longer[at + 1 :] == shorter[at:]
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    return swapped or one[at + 1 :] == other[at + 1 :]


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
        "born", "born_year",
        (same("born_on"), turned("born_on", "born_turned"), unsaid("born_on", "born_year"), near("born_on")),
    ),
    FieldComparison("sex", "sex", (same("sex"),)),
    FieldComparison("birth_order", "birth_order", (same("birth_order"),)),
    FieldComparison("notice", "notice", (same("notice"), near("notice"))),
    FieldComparison("commune", "commune", (same("commune"),)),
    *_parent("mother"),
    *_parent("father"),
)  # fmt: skip

BLOCKS: tuple[tuple[str, ...], ...] = (
    ("mother_number",), ("father_number",), ("notice",), ("child_fold", "mother_fold"), ("child_fold", "born_span"),
    ("mother_fold", "born_span"),
)  # fmt: skip
