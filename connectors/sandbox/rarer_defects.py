"""More faults of real dossiers, as in `connectors.sandbox.defects`: codes that were changed by other programs, papers
and cards, and fields that were left out."""

from datetime import date
from functools import cache

from connectors.sandbox.spoiling import heirs, lot, numbered, subject, with_case, with_person
from schemas import places
from schemas.cases import BirthCase, DeathCase, LandCase
from schemas.dates import PartialDate
from schemas.dossier import Dossier
from schemas.person import Address, HeadOfHousehold
from schemas.text import TCVN3

_TO_TCVN3 = {ord(letter): chr(code) for code, letter in TCVN3.items()}
SEEN_AS_TCVN3 = frozenset("¨©ª«¬\xad®µ¶·¸¹»¼½¾")
"""Letters of TCVN3 that Unicode shows as signs: a name with one of them is visibly wrong."""


@cache
def _split_codes(on: date) -> tuple[str, ...]:
    """Codes of communes of Hải Phòng that are no longer in use, each divided between several communes."""
    return tuple(code for code in places.retired_codes("31", on) if len(heirs(code, on)) > 1)


def split_commune_code(dossier: Dossier) -> Dossier:
    """The address has the code of an old commune that was divided between several."""
    name, person = numbered(dossier)
    codes = _split_codes(dossier.event_on)
    there = Address(province_code="31", commune_code=codes[lot(dossier, len(codes))], detail="Thôn Đoài")
    return with_person(dossier, name, person, residence=there)


@cache
def _codes_with_zero(on: date) -> tuple[str, ...]:
    return tuple(commune.commune_code for commune in places.communes_of("08", on))


def leading_zero_lost(dossier: Dossier) -> Dossier:
    """The home place is in Tuyên Quang (08), and a spreadsheet removed the zero of the commune's code."""
    name, person = subject(dossier)
    codes = _codes_with_zero(dossier.event_on)
    home = Address(province_code="08", commune_code=codes[lot(dossier, len(codes))].removeprefix("0"))
    return with_person(dossier, name, person, home_place=home)


def legacy_encoding(dossier: Dossier) -> Dossier:
    """The name was pasted from a file in TCVN3."""
    name, person = subject(dossier)
    written = person.full_name.title().translate(_TO_TCVN3)
    is_seen = not SEEN_AS_TCVN3.isdisjoint(written)
    return with_person(dossier, name, person, full_name=written) if is_seen else dossier


def unseen_characters(dossier: Dossier) -> Dossier:
    """The name was copied from a web page together with a zero-width space."""
    name, person = numbered(dossier)
    return with_person(dossier, name, person, full_name=f"{person.full_name}\u200b")


def word_for_nothing(dossier: Dossier) -> Dossier:
    return dossier.model_copy(update={"abstract": ("null", "undefined")[lot(dossier, 2)]})


def copies_implausible(dossier: Dossier) -> Dossier:
    """The year was typed into the field for the number of copies."""
    return with_case(dossier, copies=dossier.event_on.year)


def card_number_differs(dossier: Dossier) -> Dossier:
    """The last two digits of the card's number are exchanged."""
    name, person = numbered(dossier)
    number = person.personal_id or ""
    if person.id_paper is None or number[-1] == number[-2]:
        return dossier
    swapped = person.id_paper.model_copy(update={"number": f"{number[:-2]}{number[-1]}{number[-2]}"})
    return with_person(dossier, name, person, id_paper=swapped)


def child_sex_missing(dossier: Dossier) -> Dossier:
    name, child = subject(dossier)
    return with_case(dossier, **{name: child.model_copy(update={"sex": None})})


def clinic_missing(dossier: Dossier) -> Dossier:
    return with_case(dossier, clinic_code=None)


def two_children_in_one_case(dossier: Dossier) -> Dossier:
    """A multiple birth with both children on the form of the first."""
    name, child = subject(dossier)
    family, *_ = child.full_name.split()
    both = f"{child.full_name} VÀ {family} BẢO AN"
    return with_case(dossier, **{name: child.model_copy(update={"full_name": both})})


def head_assumed_to_be_father(dossier: Dossier) -> Dossier:
    """The form had the father preset as head of household."""
    case = dossier.case
    if not isinstance(case, BirthCase) or not case.father:
        return dossier
    return with_case(dossier, head_of_household=HeadOfHousehold(full_name=case.father.full_name))


def death_day_unknown(dossier: Dossier) -> Dossier:
    case = dossier.case
    if not isinstance(case, DeathCase) or not case.died_on or not case.died_on.year:
        return dossier
    return with_case(dossier, died_on=PartialDate.of(case.died_on.year, case.died_on.month))


def death_time_malformed(dossier: Dossier) -> Dossier:
    return with_case(dossier, died_at_time=("5h30", "14 giờ", "25:10")[lot(dossier, 3)])


def card_code_for_number(dossier: Dossier) -> Dossier:
    """The whole code of the card, with hyphens, in place of the number."""
    case = dossier.case
    if not isinstance(case, DeathCase) or not case.insurance_number:
        return dossier
    number = case.insurance_number
    return with_case(dossier, insurance_number=f"GD4-{number[:2]}-{number}")


def foreign_spouse_in_domestic_procedure(dossier: Dossier) -> Dossier:
    name, person = subject(dossier)
    return with_person(dossier, name, person, nationality_code="KR")


def spouse_unidentified(dossier: Dossier) -> Dossier:
    name, person = subject(dossier)
    return with_person(dossier, name, person, personal_id=None, id_paper=None)


def old_parcel_incomplete(dossier: Dossier) -> Dossier:
    """The old parcel's number without its map sheet."""
    if not isinstance(dossier.case, LandCase):
        return dossier
    parcel = dossier.case.parcel
    old = {"old_commune_code": parcel.commune_code, "old_sheet_number": None, "old_parcel_number": "88"}
    return with_case(dossier, parcel=parcel.model_copy(update=old))


def lasting_use_ends(dossier: Dossier) -> Dossier:
    """Land to live on with a last day."""
    if not isinstance(dossier.case, LandCase):
        return dossier
    parcel = dossier.case.parcel
    until = PartialDate.of(dossier.event_on.year + 30, 12, 31)
    purposes = tuple(
        purpose.model_copy(update={"until": until}) if purpose.purpose_code in ("ONT", "ODT") else purpose
        for purpose in parcel.purposes
    )
    return with_case(dossier, parcel=parcel.model_copy(update={"purposes": purposes}))


def paper_of_wrong_type(dossier: Dossier) -> Dossier:
    """An archive in place of a scan."""
    first, *others = dossier.papers
    archive = first.model_copy(update={"name": f"{first.name.removesuffix('.pdf')}.rar"})
    return dossier.model_copy(update={"papers": (archive, *others)})
