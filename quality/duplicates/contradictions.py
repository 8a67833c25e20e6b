"""What two dossiers say against each other: one birth twice, births too close, one number for two persons."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from quality.duplicates.agreement import is_one_slip
from quality.duplicates.blind_indexes import persons_of
from quality.duplicates.compared_birth import ComparedBirth, birth_of, number_of
from quality.duplicates.relation import DuplicateKind, are_too_close, relation_of
from schemas.dossier import Dossier
from schemas.person import Person
from schemas.text import search_fold, tone_key


class PairFault(StrEnum):
    """Checks between dossiers, by their codes in the catalogue."""

    POSSIBLE_DUPLICATE = "possible_duplicate"
    NUMBER_USED_BY_ANOTHER = "number_used_by_another"
    BIRTHS_TOO_CLOSE = "births_too_close"
    ENTRY_REGISTERED_TWICE = "entry_registered_twice"
    NAME_DIFFERS_BY_TONE = "name_differs_by_tone"


@dataclass(frozen=True)
class PairJudgement:
    """What came of looking at a dossier beside another. `faults`: each with the field where it lies in the first."""

    kind: DuplicateKind | None
    probability: float
    faults: tuple[tuple[PairFault, str], ...]


@dataclass(frozen=True)
class ComparedDossier:
    """A dossier as it is compared; made once for many comparisons."""

    birth: ComparedBirth | None
    numbered: tuple[tuple[str, str, Person], ...]

    @classmethod
    def of(cls, dossier: Dossier) -> "ComparedDossier":
        persons = ((path, number_of(person), person) for path, person in persons_of(dossier))
        return cls(birth_of(dossier), tuple((path, number, person) for path, number, person in persons if number))


def compare_dossiers(one: ComparedDossier, other: ComparedDossier) -> PairJudgement:
    """What the first dossier is to the other, and what stands against it there: pure."""
    faults = list(_same_numbers(one, other))
    if one.birth is None or other.birth is None:
        return PairJudgement(None, 0.0, tuple(faults))
    found = relation_of(one.birth, other.birth)
    if found and found[0] is DuplicateKind.DUPLICATE:
        return PairJudgement(*found, ((PairFault.POSSIBLE_DUPLICATE, "case"), *faults))
    if are_too_close(one.birth, other.birth):
        faults.append((PairFault.BIRTHS_TOO_CLOSE, "case.child.born_on"))
    kind, probability = found or (None, 0.0)
    return PairJudgement(kind, probability, tuple(faults))


def _same_numbers(one: ComparedDossier, other: ComparedDossier) -> Iterator[tuple[PairFault, str]]:
    """What is odd where both give one number to somebody."""
    theirs = {number: person for _, number, person in other.numbered}
    for path, number, person in one.numbered:
        if (known := theirs.get(number)) is None:
            continue
        if are_two_persons(person, known):
            yield PairFault.NUMBER_USED_BY_ANOTHER, f"{path}.personal_id"
        elif differ_by_tone(person.full_name, known.full_name):
            yield PairFault.NAME_DIFFERS_BY_TONE, f"{path}.full_name"


def differ_by_tone(name: str, other: str) -> bool:
    """Whether two names have the same letters and other tones or marks; where a tone is translate_units does not matter."""
    return search_fold(name) == search_fold(other) and tone_key(name) != tone_key(other)


def are_two_persons(one: Person, other: Person) -> bool:
    """Whether names are quite different, or years of birth are, under one number; marks, order and slips are forgiven,
    and so is a year beside."""
    fold, another = search_fold(one.full_name), search_fold(other.full_name)
    if not (sorted(fold.split()) == sorted(another.split()) or is_one_slip(fold, another)):
        return True
    year, another_year = (person.born_on.year if person.born_on else None for person in (one, other))
    if not year or not another_year:
        return False
    return abs(year - another_year) > 1 and not is_one_slip(str(year), str(another_year))
