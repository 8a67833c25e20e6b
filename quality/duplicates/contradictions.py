"""What two dossiers say against each other: one birth twice, births too close, one number for two persons."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from quality.duplicates.agreement import is_one_slip
from quality.duplicates.blind_indexes import book_entry_of, persons_of
from quality.duplicates.compared_birth import ComparedBirth, birth_of, number_of
from quality.duplicates.relation import DuplicateKind, are_too_close, relation_of
from schemas.dossier import Dossier
from schemas.person import Person
from schemas.text import search_fold, tone_key


class PairFault(StrEnum):
    """Checks of pairs of dossiers, by their codes in the catalogue."""

    POSSIBLE_DUPLICATE = "possible_duplicate"
    NUMBER_USED_BY_ANOTHER = "number_used_by_another"
    BIRTHS_TOO_CLOSE = "births_too_close"
    ENTRY_REGISTERED_TWICE = "entry_registered_twice"
    NAME_DIFFERS_BY_TONE = "name_differs_by_tone"


@dataclass(frozen=True)
class PairJudgement:
    """The judgement on a pair of dossiers. `faults`: each with its field in the first dossier.

    `kind` is None when the two have nothing to do with each other. `probability`: that both are about one birth.
    """

    kind: DuplicateKind | None
    probability: float
    faults: tuple[tuple[PairFault, str], ...]


@dataclass(frozen=True)
class ComparedDossier:
    """A dossier prepared for comparison; made once for many comparisons.

    `birth` is None when the dossier is not about a birth. `numbered`: field path, personal number and person.
    `book_entry`: the entry that the record of a paper book is of; None for a portal's dossier.
    """

    birth: ComparedBirth | None
    numbered: tuple[tuple[str, str, Person], ...]
    book_entry: str | None = None

    @classmethod
    def of(cls, dossier: Dossier) -> "ComparedDossier":
        persons = ((path, number_of(person), person) for path, person in persons_of(dossier))
        numbered = tuple((path, number, person) for path, number, person in persons if number)
        return cls(birth_of(dossier), numbered, book_entry_of(dossier))


def compare_dossiers(first: ComparedDossier, second: ComparedDossier) -> PairJudgement:
    """The relation of two dossiers, and the faults that the comparison shows in the first. Pure."""
    faults = list(_shared_numbers(first, second))
    if first.book_entry and first.book_entry == second.book_entry:
        faults.append((PairFault.ENTRY_REGISTERED_TWICE, "book_entry.number"))
    if first.birth is None or second.birth is None:
        return PairJudgement(None, 0.0, tuple(faults))
    kind, probability = relation_of(first.birth, second.birth) or (None, 0.0)
    if kind is DuplicateKind.DUPLICATE:
        return PairJudgement(kind, probability, ((PairFault.POSSIBLE_DUPLICATE, "case"), *faults))
    if are_too_close(first.birth, second.birth):
        faults.append((PairFault.BIRTHS_TOO_CLOSE, "case.child.born_on"))
    return PairJudgement(kind, probability, tuple(faults))


def _shared_numbers(first: ComparedDossier, second: ComparedDossier) -> Iterator[tuple[PairFault, str]]:
    """The faults of persons to whom both dossiers give one personal number."""
    by_number = {number: person for _, number, person in second.numbered}
    for path, number, person in first.numbered:
        if (known := by_number.get(number)) is None:
            continue
        if are_two_persons(person, known):
            yield PairFault.NUMBER_USED_BY_ANOTHER, f"{path}.personal_id"
        elif differ_by_tone(person.full_name, known.full_name):
            yield PairFault.NAME_DIFFERS_BY_TONE, f"{path}.full_name"


def differ_by_tone(name: str, other: str) -> bool:
    """Whether two names have the same letters but other tones or marks. HÒA and HOÀ are one name: only the place of the
    tone differs."""
    return search_fold(name) == search_fold(other) and tone_key(name) != tone_key(other)


def are_two_persons(person: Person, other: Person) -> bool:
    """Whether the names or the years of birth under one number are too different for one person.

    Other marks, another order of words, one slip of the fingers and a year of difference are no sign of two persons.
    """
    fold, other_fold = search_fold(person.full_name), search_fold(other.full_name)
    if not (sorted(fold.split()) == sorted(other_fold.split()) or is_one_slip(fold, other_fold)):
        return True
    year, other_year = (each.born_on.year if each.born_on else None for each in (person, other))
    if not year or not other_year:
        return False
    return abs(year - other_year) > 1 and not is_one_slip(str(year), str(other_year))
