"""Faults of real dossiers, one function each: it takes a clean dossier and returns the faulty one.

A dossier that cannot have the fault is returned as it was. Sources: faults seen at portals and registries (numbers that
mean "none", "Dinhkem", thirteen digits, codes of abolished communes, ...); a function has the name of its fault.
`broken_content` returns the dossier as it was: the portal's twin writes it so that it cannot be read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from unicodedata import normalize

from connectors.sandbox import rarer_defects as rarer
from connectors.sandbox.papers import BIRTH_NOTICE, DEATH_NOTICE
from connectors.sandbox.spoiling import heirs, lot, numbered, subject, with_case, with_person
from schemas import places
from schemas.cases import BirthCase, DeathCase, LandCase, ResidenceCase
from schemas.dates import PartialDate
from schemas.dossier import Dossier, PortalStatus

Plant = Callable[[Dossier], Dossier]

PROCEDURES_WITHOUT_ROUTE = {
    "birth": "1.004884",  # registering a birth again
    "death": "1.000419",  # mobile registration of a death
    "marriage": "2.000806",  # with a foreign element
    "residence": "1.004194",  # temporary residence
    "land": "1.012999",
}


@cache
def _retired_codes(province_code: str, on: date) -> tuple[str, ...]:
    """Codes of a province that are no longer in use and whose commune became part of one other as a whole."""
    return tuple(code for code in places.retired_codes(province_code, on) if len(heirs(code, on)) == 1)


def placeholder_number(dossier: Dossier) -> Dossier:
    """The portal's adapter had no number of the applicant and wrote one that means none."""
    if dossier.applicant is None:
        return dossier
    filled = dossier.applicant.model_copy(update={"personal_id": "000000001", "id_paper": None})
    return dossier.model_copy(update={"applicant": filled})


def dinhkem_abstract(dossier: Dossier) -> Dossier:
    return dossier.model_copy(update={"abstract": "Dinhkem"})


def long_personal_id(dossier: Dossier) -> Dossier:
    name, person = numbered(dossier)
    return with_person(dossier, name, person, personal_id=f"{person.personal_id}{lot(dossier, 10)}")


def spaces_in_number(dossier: Dossier) -> Dossier:
    name, person = numbered(dossier)
    number = person.personal_id or ""
    spaced = (f"{number}  ", f"{number[:3]} {number[3:]}")[lot(dossier, 2)]
    return with_person(dossier, name, person, personal_id=spaced)


def decomposed_text(dossier: Dossier) -> Dossier:
    name, person = subject(dossier)
    return with_person(dossier, name, person, full_name=normalize("NFD", person.full_name))


def retired_commune_code(dossier: Dossier) -> Dossier:
    """An abolished commune: where the child or mover will live or the parcel lies, else the receiving unit."""
    codes = _retired_codes(dossier.portal_code, dossier.event_on)
    gone = {"commune_code": codes[lot(dossier, len(codes))]}
    match dossier.case:
        case BirthCase(residence=address) if address:
            return with_case(dossier, residence=address.model_copy(update=gone))
        case ResidenceCase(moves_to=address) if address:
            return with_case(dossier, moves_to=address.model_copy(update=gone))
        case LandCase(parcel=parcel):
            return with_case(dossier, parcel=parcel.model_copy(update=gone))
    return dossier.model_copy(update=gone)


def head_of_household_missing(dossier: Dossier) -> Dossier:
    return with_case(dossier, head_of_household=None)


def status_out_of_order(dossier: Dossier) -> Dossier:
    """Done or returned, although no registry has acknowledged it."""
    return dossier.model_copy(update={"status": int((PortalStatus.DONE, PortalStatus.RETURNED)[lot(dossier, 2)])})


def unknown_procedure(dossier: Dossier) -> Dossier:
    code = PROCEDURES_WITHOUT_ROUTE[dossier.case.kind]
    as_written = dossier.procedure_as_written.replace(dossier.procedure_code or "", code)
    return dossier.model_copy(update={"procedure_as_written": as_written, "procedure_code": code})


def death_before_birth(dossier: Dossier) -> Dossier:
    _, person = subject(dossier)
    if person.born_on is None or person.born_on.year is None:
        return dossier
    return with_case(dossier, died_on=PartialDate.of(person.born_on.year - 1, 2, 3))


def birth_after_receipt(dossier: Dossier) -> Dossier:
    """A wrong month: birth and notice lie some days after the receipt of the dossier."""
    name, child = subject(dossier)
    born_on = PartialDate.on(dossier.event_on + timedelta(days=4 + lot(dossier, 20)))
    return with_case(dossier, **{name: child.model_copy(update={"born_on": born_on}), "notice_on": born_on})


def mother_too_young(dossier: Dossier) -> Dossier:
    """A wrong decade: the mother would have been nine or ten years old."""
    case = dossier.case
    if not isinstance(case, BirthCase) or not case.mother or not case.child.born_on or not case.child.born_on.year:
        return dossier
    return with_person(dossier, "mother", case.mother, born_on=PartialDate.of(case.child.born_on.year - 10, 6, 5))


def unknown_ethnic_group(dossier: Dossier) -> Dossier:
    name, person = subject(dossier)
    return with_person(dossier, name, person, ethnic_group=("Kimh", "Sán Díu Tàu")[lot(dossier, 2)])


def impossible_date(dossier: Dossier) -> Dossier:
    """31 February: of the birth, or of the death."""
    name, person = subject(dossier)
    year = dossier.event_on.year if isinstance(dossier.case, BirthCase | DeathCase) else dossier.event_on.year - 30
    never = PartialDate(as_written=f"31.02.{year}")
    if isinstance(dossier.case, DeathCase):
        return with_case(dossier, died_on=never)
    return with_person(dossier, name, person, born_on=never)


def birth_notice_malformed(dossier: Dossier) -> Dossier:
    """A notice number in another form. Late registrations cannot have this fault: their notices may be older than the
    form (TT 22/2025/TT-BYT)."""
    case = dossier.case
    if not isinstance(case, BirthCase) or not case.notice_code or case.registration_kind == "4":
        return dossier
    sequence, _, facility, year = case.notice_code.split(".")
    forms = (f"{int(sequence)}/GCS-{facility}", f"{sequence}GCS{facility}{year}")
    return with_case(dossier, notice_code=forms[lot(dossier, 2)])


def purpose_areas_differ(dossier: Dossier) -> Dossier:
    if not isinstance(dossier.case, LandCase):
        return dossier
    parcel = dossier.case.parcel
    return with_case(dossier, parcel=parcel.model_copy(update={"area_m2": parcel.area_m2 + 10 + lot(dossier, 90)}))


def serial_malformed(dossier: Dossier) -> Dossier:
    """Letters and digits without the space, and a digit too few."""
    if not isinstance(dossier.case, LandCase):
        return dossier
    certificate = dossier.case.certificate
    serial = (certificate.serial or "").replace(" ", "")[:-1]
    return with_case(dossier, certificate=certificate.model_copy(update={"serial": serial}))


def owner_twice(dossier: Dossier) -> Dossier:
    """The first of several owners stands again in place of the last, so that the number of owners still fits."""
    if not isinstance(dossier.case, LandCase) or len(dossier.case.owners) < 2:
        return dossier
    *others, _ = dossier.case.owners
    return with_case(dossier, owners=(*others, others[0]))


def disputed_parcel(dossier: Dossier) -> Dossier:
    if not isinstance(dossier.case, LandCase):
        return dossier
    return with_case(dossier, parcel=dossier.case.parcel.model_copy(update={"is_disputed": True}))


def paper_hash_differs(dossier: Dossier) -> Dossier:
    """The portal gives the hash of another file."""
    first, *others = dossier.papers
    other = first.model_copy(update={"sha256": sha256(dossier.dossier_code.encode()).hexdigest()})
    return dossier.model_copy(update={"papers": (other, *others)})


def paper_missing(dossier: Dossier) -> Dossier:
    """No birth notice or death notice among the papers."""
    kept = tuple(paper for paper in dossier.papers if paper.kind_code not in (BIRTH_NOTICE, DEATH_NOTICE))
    return dossier.model_copy(update={"papers": kept})


def parents_same_number(dossier: Dossier) -> Dossier:
    case = dossier.case
    if not isinstance(case, BirthCase) or not case.mother or not case.father:
        return dossier
    mothers = {"personal_id": case.mother.personal_id, "id_paper": case.mother.id_paper}
    return with_person(dossier, "father", case.father, **mothers)


def applicant_relation_overwrites(dossier: Dossier) -> Dossier:
    """The mother is the applicant, but the form had "Cha" preset as the relation."""
    case = dossier.case
    if not isinstance(case, BirthCase) or not case.mother or not case.father or not dossier.applicant:
        return dossier
    mother = dict(case.mother) | {"relation": "Cha"}
    return dossier.model_copy(update={"applicant": dossier.applicant.model_copy(update=mother)})


def broken_content(dossier: Dossier) -> Dossier:
    return dossier


@dataclass(frozen=True)
class Defect:
    """A fault, and where it is possible: kinds of case, platforms, a registry the procedure must reach (empty: any).

    `is_edited_by_content` is false where the supplemented version would differ in its status only, which makes no new
    version, or would have more papers than the first.
    """

    plant: Plant
    kinds: frozenset[str]
    platforms: frozenset[str]
    registry_code: str = ""
    is_edited_by_content: bool = True

    def fits(self, platform_code: str, case_kind: str, registries: tuple[str, ...]) -> bool:
        is_reached = not self.registry_code or self.registry_code in registries
        return platform_code in self.platforms and case_kind in self.kinds and is_reached


_ALL = frozenset({"birth", "death", "marriage", "residence", "land"})
_CIVIL = frozenset({"birth", "death", "marriage"})
_BIRTH, _DEATH, _LAND = frozenset({"birth"}), frozenset({"death"}), frozenset({"land"})
_BOTH, _ONESTOP = frozenset({"onestop", "hub"}), frozenset({"onestop"})

DEFECTS: dict[str, Defect] = {
    defect.plant.__name__: defect
    for defect in (
        Defect(placeholder_number, _ALL, _BOTH),
        Defect(dinhkem_abstract, _ALL, _BOTH),
        Defect(long_personal_id, _ALL, _BOTH),
        Defect(spaces_in_number, _ALL, _BOTH),
        Defect(decomposed_text, _ALL, _BOTH),
        Defect(retired_commune_code, _ALL, _BOTH),
        Defect(head_of_household_missing, frozenset({"birth", "residence"}), _BOTH, "residence"),
        Defect(status_out_of_order, _ALL, _BOTH, is_edited_by_content=False),
        Defect(unknown_procedure, _ALL, _BOTH),
        Defect(death_before_birth, _DEATH, _BOTH),
        Defect(birth_after_receipt, _BIRTH, _BOTH),
        Defect(mother_too_young, _BIRTH, _BOTH),
        Defect(unknown_ethnic_group, _CIVIL, _BOTH),
        Defect(impossible_date, _CIVIL | {"residence"}, _BOTH),
        Defect(birth_notice_malformed, _BIRTH, _BOTH),
        Defect(purpose_areas_differ, _LAND, _ONESTOP),
        Defect(serial_malformed, _LAND, _ONESTOP),
        Defect(owner_twice, _LAND, _ONESTOP),
        Defect(disputed_parcel, _LAND, _ONESTOP),
        Defect(paper_hash_differs, _ALL, _ONESTOP),
        Defect(paper_missing, frozenset({"birth", "death"}), _BOTH, is_edited_by_content=False),
        Defect(parents_same_number, _BIRTH, _BOTH),
        Defect(applicant_relation_overwrites, _BIRTH, _BOTH),
        Defect(rarer.split_commune_code, _ALL, _BOTH),
        Defect(rarer.leading_zero_lost, _ALL, _BOTH),
        Defect(rarer.legacy_encoding, _ALL, _BOTH),
        Defect(rarer.unseen_characters, _ALL, _BOTH),
        Defect(rarer.word_for_nothing, _ALL, _BOTH),
        Defect(rarer.copies_implausible, frozenset({"birth", "death"}), _BOTH),
        Defect(rarer.card_number_differs, _ALL, _BOTH),
        Defect(rarer.child_sex_missing, _BIRTH, _BOTH),
        Defect(rarer.clinic_missing, _BIRTH, _BOTH, "health_insurance"),
        Defect(rarer.two_children_in_one_case, _BIRTH, _BOTH),
        Defect(rarer.head_assumed_to_be_father, _BIRTH, _BOTH, "residence"),
        Defect(rarer.death_day_unknown, _DEATH, _BOTH),
        Defect(rarer.death_time_malformed, _DEATH, _BOTH),
        Defect(rarer.card_code_for_number, _DEATH, _BOTH),
        Defect(rarer.foreign_spouse_in_domestic_procedure, frozenset({"marriage"}), _ONESTOP),
        Defect(rarer.spouse_unidentified, frozenset({"marriage"}), _ONESTOP),
        Defect(rarer.old_parcel_incomplete, _LAND, _ONESTOP),
        Defect(rarer.lasting_use_ends, _LAND, _ONESTOP),
        Defect(rarer.paper_of_wrong_type, _ALL, _BOTH),
        Defect(broken_content, _ALL, _BOTH),
    )
}
"""Every planted defect by its name. A hub sends the papers inside the dossier, so no declared hash can differ there."""
