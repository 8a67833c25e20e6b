"""Helpers of the planted defects: each changes one thing of a dossier in every place where it stands."""

from datetime import date, timedelta
from typing import assert_never

from schemas import places
from schemas.cases import BirthCase, DeathCase, LandCase, MarriageCase, ResidenceCase
from schemas.dossier import Dossier
from schemas.person import Person


def with_case(dossier: Dossier, **changes: object) -> Dossier:
    return dossier.model_copy(update={"case": dossier.case.model_copy(update=changes)})


def subject(dossier: Dossier) -> tuple[str, Person]:
    """The person whom the case is about, after the name of the field of the case that holds this person."""
    match dossier.case:
        case BirthCase(child=person):
            return "child", person
        case DeathCase(deceased=person):
            return "deceased", person
        case MarriageCase(husband=person):
            return "husband", person
        case ResidenceCase(person=person):
            return "person", person
        case LandCase(owners=(person, *_)):
            return "owners", person
        case LandCase():
            raise ValueError("a case about nobody")
        case never:
            assert_never(never)


def numbered(dossier: Dossier) -> tuple[str, Person]:
    """As `subject`, but the mother in place of a newborn, who has no number yet."""
    case = dossier.case
    return ("mother", case.mother) if isinstance(case, BirthCase) and case.mother else subject(dossier)


def with_person(dossier: Dossier, name: str, person: Person, **changes: object) -> Dossier:
    """The dossier with one person of its case changed, also where this person is the applicant."""
    applicant, changed = dossier.applicant, person.model_copy(update=changes)
    if applicant and applicant.personal_id and applicant.personal_id == person.personal_id:
        dossier = dossier.model_copy(update={"applicant": applicant.model_copy(update=changes)})
    if isinstance(dossier.case, LandCase):
        return with_case(dossier, owners=(changed, *dossier.case.owners[1:]))
    return with_case(dossier, **{name: changed})


def lot(dossier: Dossier, sides: int) -> int:
    """Which of several forms a fault has in this dossier; it follows from the dossier's code."""
    return int(dossier.dossier_code[-4:]) % sides


def heirs(code: str, on: date) -> tuple[places.Unit, ...]:
    """The communes that an old commune has become; none while its code is still in use."""
    old = places.unit_on(code, places.TWO_LEVELS_FROM - timedelta(days=1))
    if old is None or places.commune_on(code, on) is not None:
        return ()
    became = places.crosswalk(old, on)
    if isinstance(became, places.UnitSet):
        return became.units
    return () if isinstance(became, places.UnknownUnit) else (became.unit,)
