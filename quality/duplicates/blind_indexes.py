"""The texts by which two dossiers are found to be worth comparing. The ledger keeps only keyed digests of them.

One shared text is enough. They are the blocks of `agreement.BLOCKS`, except that a number has no role here: parents who
were exchanged, and a number that another person uses, are found as well.
"""

from collections.abc import Iterator

from quality.duplicates.compared_birth import notice_key, number_of, span_of
from schemas.cases import BirthCase
from schemas.dossier import Dossier
from schemas.person import Person
from schemas.registries import CivilStatusReceipt
from schemas.text import search_fold

NUMBER, NOTICE, NAMES, CHILD_AND_DAY, MOTHER_AND_DAY = "number", "notice", "names", "child_day", "mother_day"
BOOK_ENTRY = "book_entry"


def blind_indexes_of(dossier: Dossier) -> list[tuple[str, str]]:
    """The kind and the text of each; a dossier and its copy in another portal have equal ones."""
    numbers = dict.fromkeys(number for _, person in persons_of(dossier) if (number := number_of(person)))
    indexes = [(NUMBER, number) for number in numbers]
    if isinstance(dossier.case, BirthCase):
        indexes += _blind_indexes_of_birth(dossier.case)
    if entry := book_entry_of(dossier):
        indexes.append((BOOK_ENTRY, entry))
    return indexes


def _blind_indexes_of_birth(case: BirthCase) -> Iterator[tuple[str, str]]:
    child, notice, day = search_fold(case.child.full_name), notice_key(case.notice_code), span_of(case.child.born_on)
    mother = search_fold(case.mother.full_name) if case.mother else ""
    if notice:
        yield NOTICE, notice
    if child and mother:
        yield NAMES, f"{child}/{mother}"
    if mother and day:
        yield MOTHER_AND_DAY, f"{mother}/{day}"
    if child and day and not mother:  # with a mother the others suffice: of 2,256 pairs this alone found one
        yield CHILD_AND_DAY, f"{child}/{day}"


def persons_of(dossier: Dossier) -> Iterator[tuple[str, Person]]:
    """The persons whom the dossier registers, and a child's parents: the field path and the person."""
    yield from ((f"case.{role}", person) for role, person in dossier.case.persons().items())


def book_entry_of(dossier: Dossier) -> str | None:
    """The entry that a paper book's record is of, as one text: kind of case, place, book, number; None for a portal's
    dossier, and for a record without a number. Two records of one entry are one entry keyed twice, or a number that
    the book has twice."""
    book, entry = dossier.book, dossier.book_entry
    if book is None or entry is None:
        return None
    place = book.place_code or search_fold(book.place_as_written)
    return _entry_text(dossier, place, entry.book_code or book.book_code, entry.number)


def entry_of(dossier: Dossier, receipt: CivilStatusReceipt) -> str | None:
    """A civil status entry as one text: kind of case, commune, book, number; None when one of them is missing. The
    commune is the one whose register it is: two communes that became one both had a book 01/1962."""
    if dossier.book:
        return book_entry_of(dossier)
    if not receipt.entry_number or not receipt.book_code or not dossier.commune_code:
        return None
    return _entry_text(dossier, dossier.commune_code, receipt.book_code, receipt.entry_number)


def _entry_text(dossier: Dossier, place: str, book_code: str, number: str) -> str | None:
    key = number.strip().lstrip("0")
    return "/".join((dossier.case.kind, place, "".join(book_code.split()), key)) if key else None
