"""Adjudication: whether two keys of a record say the same, field by field, and whose keys a book needs.

Texts are compared without what cannot change a value (composition, spaces, case, where a tone mark stands, separators
of a date), and with all that can: Thuý and Thuỳ differ, and so do 034 and 34. A machine's reading is compared like a
person's key and never decides alone; that two machines agree is no proof and is not asked here.

Where two keys differ, a third person keys the field before seeing either value, and two of three decide. Who is shown
two values picks the wrong one whenever they misread; who keys blind must make one of the two mistakes again.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt

from schemas.keying import FieldValue, KeyingDesign, MajorityOfThree, RecordComparison
from schemas.keying_thresholds import KeyingThreshold
from schemas.register_columns import ValueKind, columns_of
from schemas.text import clean, tone_key

Z_95 = 1.959964
"""Standard deviations of a 95 % interval."""

_COMMA = re.compile(r" ?([,;]) ?")
_DATE_WORDS = re.compile(r"\b(?:ngày|tháng|năm)\b", re.IGNORECASE)
_DATE_SEPARATORS = re.compile(r"[\s./\-‐‑‒–—,]+")
_LEADING_ZEROS = re.compile(r"\b0+(?=\d)")
_NUMBER_SEPARATORS = re.compile(r"[\s.]+")


def _words_key(text: str) -> str:
    return tone_key(_COMMA.sub(r"\1 ", clean(text)))


def _date_key(text: str) -> str:
    """`22.08.1962`, `22/8/1962` and `ngày 22 tháng 8 năm 1962` are one day; `22/8 năm Quý Mùi` keeps its words."""
    parts = _DATE_SEPARATORS.sub(" ", _DATE_WORDS.sub(" ", clean(text))).strip()
    return _LEADING_ZEROS.sub("", tone_key(parts))


def _number_key(text: str) -> str:
    """`0241 98 001` and `024198001` are one number; leading zeros and the stroke of `01/1962` count."""
    return tone_key(_NUMBER_SEPARATORS.sub("", clean(text)))


_KEYS: Mapping[ValueKind, Callable[[str], str]] = {
    ValueKind.NAME: _words_key,
    ValueKind.PLACE: _words_key,
    ValueKind.TEXT: _words_key,
    ValueKind.DATE: _date_key,
    ValueKind.NUMBER: _number_key,
    ValueKind.CODE: _number_key,
}


def agree(kind: ValueKind, one: FieldValue, other: FieldValue) -> bool:
    """Whether two values of a field are the same value. A mark agrees with the same mark only."""
    if one.mark or other.mark:
        return one.mark == other.mark
    return _KEYS[kind](one.text) == _KEYS[kind](other.text)


def compare(book_kind: str, key: Mapping[str, FieldValue], other: Mapping[str, FieldValue]) -> RecordComparison:
    """Compares a person's key with another key, or with a machine's reading, over the columns of the person's key.

    An agreed value is kept as the person wrote it. A column that the other key lacks differs. Raises KeyError for a
    column that this kind of book does not have.
    """
    columns = columns_of(book_kind)
    agreed = {
        column: value
        for column, value in key.items()
        if column in other and agree(columns[column].value_kind, value, other[column])
    }
    return RecordComparison(
        agreed={column: _tidy(value) for column, value in agreed.items()},
        differing=tuple(column for column in key if column not in agreed),
    )


def majority(
    book_kind: str, third: Mapping[str, FieldValue], key: Mapping[str, FieldValue], other: Mapping[str, FieldValue]
) -> MajorityOfThree:
    """What a third person's blind key of the differing fields decides: each field in which it agrees with one of the
    two keys. Raises KeyError for a column that this kind of book does not have."""
    columns = columns_of(book_kind)
    decided = {
        column: _tidy(value)
        for column, value in third.items()
        if any(column in one and agree(columns[column].value_kind, value, one[column]) for one in (key, other))
    }
    return MajorityOfThree(decided=decided, unsettled=tuple(column for column in third if column not in decided))


def _tidy(value: FieldValue) -> FieldValue:
    return value if value.mark else FieldValue(text=clean(value.text))


# Which design a book needs, by its own known records


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927), which holds for few trials and for shares near 0 and 1; 0 to 1 when
    nothing was tried."""
    if not trials:
        return 0.0, 1.0
    share, z2 = successes / trials, Z_95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 * sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class ExactMatch:
    """How many fields of known records a recogniser reads as they are."""

    recogniser_code: str
    fields: int
    exact: int

    @property
    def share(self) -> float:
        return self.exact / self.fields if self.fields else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.exact, self.fields)


class DesignReason(StrEnum):
    """Why a book has its design; the desk has a sentence for each."""

    MACHINE_READS_IT = "machine_reads_it"
    MACHINE_MISSES_TOO_MUCH = "machine_misses_too_much"
    TOO_FEW_KNOWN = "too_few_known"
    NO_MACHINE = "no_machine"


@dataclass(frozen=True)
class DesignChoice:
    """Whose keys a book needs. `recogniser_code`: whose reading is the second key; None for two persons. `matches`:
    what was measured, the best first."""

    design: KeyingDesign
    reason: DesignReason
    recogniser_code: str | None
    matches: tuple[ExactMatch, ...]


def exact_matches(
    book_kind: str, known: Iterable[tuple[Mapping[str, FieldValue], Mapping[str, Mapping[str, FieldValue]]]]
) -> list[ExactMatch]:
    """How each recogniser reads known records: pairs of the true values and the readings by recogniser.

    Only written fields are counted: a blank one is easily right, and one that persons find illegible has no truth. A
    field that a recogniser did not read counts as wrong.
    """
    fields: dict[str, int] = {}
    exact: dict[str, int] = {}
    for truth, readings in known:
        written = {column: value for column, value in truth.items() if not value.mark}
        for recogniser_code, read in readings.items():
            agreed = compare(book_kind, written, read).agreed
            fields[recogniser_code] = fields.get(recogniser_code, 0) + len(written)
            exact[recogniser_code] = exact.get(recogniser_code, 0) + len(agreed)
    return [ExactMatch(code, fields[code], exact[code]) for code in sorted(fields)]


def known_count(columns: int, threshold: KeyingThreshold) -> int:
    """How many records of so many columns are drawn as known: half as many fields more than must be measured, since
    some of them are blank."""
    return max(threshold.known_records, ceil(1.5 * threshold.least_fields / columns))


def choose_design(matches: Sequence[ExactMatch], threshold: KeyingThreshold) -> DesignChoice:
    """The design of a book by what its recognisers read of its known records. Two persons unless a machine is proved
    good enough here."""
    best_first = tuple(sorted(matches, key=lambda match: (-match.share, match.recogniser_code)))
    measured = [match for match in best_first if match.fields >= threshold.least_fields]
    if not best_first:
        return DesignChoice(KeyingDesign.TWO_PERSONS, DesignReason.NO_MACHINE, None, ())
    if not measured:
        return DesignChoice(KeyingDesign.TWO_PERSONS, DesignReason.TOO_FEW_KNOWN, None, best_first)
    if measured[0].share < threshold.least_exact:
        return DesignChoice(KeyingDesign.TWO_PERSONS, DesignReason.MACHINE_MISSES_TOO_MUCH, None, best_first)
    code = measured[0].recogniser_code
    return DesignChoice(KeyingDesign.PERSON_AND_MACHINE, DesignReason.MACHINE_READS_IT, code, best_first)
