"""What is compared of a birth: names with and without tones, days, personal numbers, codes.

A filler number counts as no number. A commune is the one that it is in the table of `PLACES_ON`. All of it is personal
data: it is held in memory only.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache

from schemas.cases import BirthCase
from schemas.dates import PartialDate
from schemas.dossier import Dossier
from schemas.fields import PERSONAL_ID, PLACEHOLDER_IDS
from schemas.person import Person
from schemas.places import PlaceSubject, WholeUnit, crosswalk, unit_on
from schemas.text import search_fold, tone_key

PLACES_ON = date(2026, 10, 1)
"""Communes are translated to this day, so that a pair has the same result on any day."""


@dataclass(frozen=True, slots=True)
class ComparedBirth:
    """A birth as it is compared. None: not known, which speaks neither for nor against.

    `_key` keeps the tones, `_fold` has none; `_words` are the folded words in alphabetical order; `_rest` is the name
    without its first word. `born_on` is `20260822`, if the day is known; `born_turned` has day and month swapped, if
    that is a date; `born_span` is equal for a date and its swapped form.
    """

    child_key: str | None = None
    child_fold: str | None = None
    child_words: str | None = None
    born_on: str | None = None
    born_turned: str | None = None
    born_span: str | None = None
    born_year: str | None = None
    sex: str | None = None
    birth_order: str | None = None
    notice: str | None = None
    commune: str | None = None
    mother_number: str | None = None
    mother_year: str | None = None
    mother_family: str | None = None
    mother_rest_key: str | None = None
    mother_rest_fold: str | None = None
    mother_fold: str | None = None
    mother_words: str | None = None
    father_number: str | None = None
    father_year: str | None = None
    father_family: str | None = None
    father_rest_key: str | None = None
    father_rest_fold: str | None = None
    father_fold: str | None = None
    father_words: str | None = None


def birth_of(dossier: Dossier) -> ComparedBirth | None:
    """The birth of a dossier as it is compared; None when the dossier is about something else."""
    case = dossier.case
    if not isinstance(case, BirthCase):
        return None
    fold = search_fold(case.child.full_name)
    born = case.child.born_on
    return ComparedBirth(
        child_key=tone_key(case.child.full_name) or None,
        child_fold=fold or None,
        child_words=_words(fold),
        born_on=_day(born),
        born_turned=_turned(born),
        born_span=span_of(born),
        born_year=str(born.year) if born and born.year else None,
        sex=str(case.child.sex) if case.child.sex else None,
        birth_order=str(case.birth_order) if case.birth_order else None,
        notice=notice_key(case.notice_code),
        commune=_commune(dossier, case),
        **_parent("mother", case.mother),
        **_parent("father", case.father),
    )


def _parent(role: str, parent: Person | None) -> dict[str, str | None]:
    if parent is None:
        return {}
    key, fold = tone_key(parent.full_name), search_fold(parent.full_name)
    return {
        f"{role}_number": number_of(parent),
        f"{role}_year": str(parent.born_on.year) if parent.born_on and parent.born_on.year else None,
        f"{role}_family": fold.partition(" ")[0] or None,
        f"{role}_rest_key": key.partition(" ")[2] or None,
        f"{role}_rest_fold": fold.partition(" ")[2] or None,
        f"{role}_fold": fold or None,
        f"{role}_words": _words(fold),
    }


def number_of(person: Person) -> str | None:
    """The personal number, or else the number of the identity paper; None for a filler or another format."""
    for written in (person.personal_id, person.id_paper.number if person.id_paper else None):
        number = "".join(written.split()) if written else ""
        if number.isascii() and PERSONAL_ID.fullmatch(number) and not _is_filler(number):
            return number
    return None


def _is_filler(number: str) -> bool:
    return number in PLACEHOLDER_IDS or number == number[0] * len(number)


def notice_key(code: str | None) -> str | None:
    """The letters and digits of a birth notice's code without what divides them; None for a code of zeros."""
    letters = "".join(filter(str.isalnum, code)).upper() if code else ""
    return letters if letters.strip("0") else None


def span_of(born: PartialDate | None) -> str | None:
    """One text for a date and for the date with day and month swapped; None when the day is not known."""
    day, other_day = _day(born), _turned(born)
    return min(day, other_day or day) if day else None


def _words(fold: str) -> str | None:
    return " ".join(sorted(fold.split())) or None


def _day(born: PartialDate | None) -> str | None:
    return f"{born.year}{born.month:02d}{born.day:02d}" if born and born.year and born.month and born.day else None


def _turned(born: PartialDate | None) -> str | None:
    if born is None or not born.year or not born.month or not born.day or born.day > 12:
        return None
    return f"{born.year}{born.day:02d}{born.month:02d}"


def _commune(dossier: Dossier, case: BirthCase) -> str | None:
    """The mother's commune, or else the receiving one; None for a commune that was divided among several."""
    home = case.mother.residence if case.mother else None
    code = home.commune_code if home and home.commune_code else dossier.commune_code
    return _translated(code, dossier.event_on) if code else None


@cache
def _translated(code: str, on: date) -> str | None:
    """The code on `PLACES_ON` of the commune that had this code on a day."""
    unit = unit_on(code, on)
    if unit is None:
        return None
    translated = crosswalk(unit, PLACES_ON, subject=PlaceSubject.PERSON)
    return translated.unit.code if isinstance(translated, WholeUnit) else None
