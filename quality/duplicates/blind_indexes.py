"""By what two dossiers are found to be worth comparing: texts of which the ledger keeps keyed digests only.

One text shared is enough. They are the blocks of `levels.BLOCKS`, but that a number is the same whoever's it is, so
that parents in each other's place, and a number used by another person, are found as well.
"""

from collections.abc import Iterator

from quality.duplicates.compared_birth import notice_key, number_of, span_of
from schemas.cases import BirthCase, DeathCase, LandCase, MarriageCase, ResidenceCase
from schemas.dossier import Dossier
from schemas.person import Person
from schemas.registries import CivilStatusReceipt
from schemas.text import search_fold

NUMBER, NOTICE, NAMES, CHILD_AND_DAY, MOTHER_AND_DAY = "number", "notice", "names", "child_day", "mother_day"


def blind_indexes_of(dossier: Dossier) -> list[tuple[str, str]]:
    """DuplicateKind and text of each; the same for a dossier and its twin in another portal."""
    blind_indexes = dict.fromkeys(
        (NUMBER, number) for _, person in persons_of(dossier) if (number := number_of(person))
    )
    return (
        [*blind_indexes, *_blind_indexes_of_birth(dossier.case)]
        if isinstance(dossier.case, BirthCase)
        else list(blind_indexes)
    )


def _blind_indexes_of_birth(case: BirthCase) -> Iterator[tuple[str, str]]:
    child, notice, day = search_fold(case.child.full_name), notice_key(case.notice_code), span_of(case.child.born_on)
    mother = search_fold(case.mother.full_name) if case.mother else ""
    if notice:
        yield NOTICE, notice
    if child and mother:
        yield NAMES, f"{child}/{mother}"
    if mother and day:
        yield MOTHER_AND_DAY, f"{mother}/{day}"
    if child and day and not mother:  # else the others find it: measured, of 2,256 pairs one only by this
        yield CHILD_AND_DAY, f"{child}/{day}"


def persons_of(dossier: Dossier) -> Iterator[tuple[str, Person]]:
    """Whose life the dossier is about, and the parents of a child: where it says so, and who it is."""
    match dossier.case:
        case BirthCase() as case:
            named = {"child": case.child, "mother": case.mother, "father": case.father}
        case DeathCase() as case:
            named = {"deceased": case.deceased}
        case MarriageCase() as case:
            named = {"husband": case.husband, "wife": case.wife}
        case ResidenceCase() as case:
            named = {"person": case.person}
        case LandCase() as case:
            named = {f"owners.{at}": owner for at, owner in enumerate(case.owners)}
    yield from ((f"case.{name}", person) for name, person in named.items() if person)


def entry_of(dossier: Dossier, receipt: CivilStatusReceipt) -> str | None:
    """A civil-status entry as one text: which kind of book, where, which book, which number; None without a number."""
    if not receipt.entry_number or not receipt.book_code or not dossier.commune_code:
        return None
    number = receipt.entry_number.strip().lstrip("0")
    return "/".join((dossier.case.kind, dossier.commune_code, "".join(receipt.book_code.split()), number))
