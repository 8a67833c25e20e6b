"""Clean cases of every kind, as a careful one-stop desk gives them: no check finds fault with them.

Births lie within 60 days of receipt unless they are late registrations (kind 4); notices lie between the event and the
receipt; the head of household is often a grandparent and, in matrilineal groups, the grandmother or the mother. The
case kinds are those of `schemas.dossier.Case`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from connectors.sandbox.names import MATRILINEAL_GROUPS
from connectors.sandbox.people import People, Roots
from schemas.cases import (
    BirthCase,
    Case,
    Certificate,
    DeathCase,
    LandCase,
    MarriageCase,
    Parcel,
    Purpose,
    ResidenceCase,
    Spouse,
)
from schemas.dates import PartialDate
from schemas.person import Address, Applicant, HeadOfHousehold, Person, Sex
from schemas.places import Commune

SINGLE_MOTHERS, LATE_BIRTHS, SAME_GROUP = 0.12, 0.06, 0.85
LATE_DAYS = (75, 1000)
ON_TIME_DAYS = (1, 45)
FACILITIES = 20
"""Hospitals and health stations of a province: `24001` to `24020`."""

PLACES_OF_BIRTH = ("Bệnh viện đa khoa tỉnh", "Bệnh viện sản nhi", "Trung tâm y tế khu vực", "Trạm y tế xã")
PLACES_OF_DEATH = ("Tại nhà", "Bệnh viện đa khoa tỉnh", "Trạm y tế xã", "Trung tâm y tế khu vực")
CAUSES = ("Bệnh", "Đột quỵ", "Tai nạn giao thông", "Bệnh tim mạch")

PURPOSES_IN_COMMUNES = (("ONT",), ("ONT", "CLN"), ("ONT", "BHK"), ("LUC",), ("CLN",), ("RSX",), ("NTS",))
PURPOSES_IN_WARDS = (("ODT",), ("ODT", "CLN"), ("ODT",), ("CLN",))
LASTING_PURPOSES = frozenset({"ONT", "ODT"})
"""Land to live on is held without end; every other purpose has a last day."""
ORIGINS = ("CNQ-CTT", "CNQ-KTT", "DG-KTT", "DG-CTT")


@dataclass(frozen=True)
class ReceivingDesk:
    """Where and on which day a dossier is received, and which registries it is for."""

    commune: Commune
    received_on: date
    registries: tuple[str, ...]


@dataclass(frozen=True)
class Application:
    """A case and who brings it."""

    case: Case
    applicant: Applicant


@dataclass(frozen=True)
class Household:
    """The household of a newborn; `elder` is a grandparent, `roots` are those of the parent whose name it gets."""

    mother: Person
    father: Person | None
    elder: Person
    roots: Roots
    is_matrilineal: bool


def _applicant(person: Person, relation: str | None, phone: str) -> Applicant:
    return Applicant(**dict(person), relation=relation, phone=phone)


class Cases:
    """Draws clean applications; which ones depends on the state of the generator alone."""

    def __init__(self, rng: Random, people: People) -> None:
        self._rng = rng
        self._people = people
        self._notices: dict[str, int] = {}
        self._parcels: set[tuple[str, int, int]] = set()

    def of_kind(self, kind: str, desk: ReceivingDesk) -> Application:
        match kind:
            case "birth":
                return self.births(desk, 1)[0]
            case "death":
                return self._death(desk)
            case "marriage":
                return self._marriage(desk)
            case "residence":
                return self._residence(desk)
            case "land":
                return self._land(desk)
        raise ValueError(f"no such kind of case: {kind}")

    def births(self, desk: ReceivingDesk, children: int) -> list[Application]:
        """The applications for one birth: as many as `children`, 1 or 2."""
        rng = self._rng
        is_late = rng.random() < LATE_BIRTHS
        born = desk.received_on - timedelta(days=rng.randint(*(LATE_DAYS if is_late else ON_TIME_DAYS)))
        house = self._household(desk, born)
        applicant = self._applicant_for_child(house)
        notice_on = min(born + timedelta(days=rng.randint(0, 3)), desk.received_on)
        facility = f"{desk.commune.province_code}{rng.randint(1, FACILITIES):03d}"
        taken: set[str] = set()
        return [
            Application(self._birth(desk, house, born, is_late, notice_on, facility, order, taken), applicant)
            for order in ([None] if children == 1 else range(1, children + 1))
        ]

    def _birth(
        self,
        desk: ReceivingDesk,
        house: Household,
        born: date,
        is_late: bool,
        notice_on: date,
        facility: str,
        birth_order: int | None,
        taken: set[str],
    ) -> BirthCase:
        """One child of a birth; `taken` holds the names of the children before it."""
        parent = house.father or house.mother
        goes_to_residence = "residence" in desk.registries
        child = self._people.child(house.roots, self._people.sex(), born, parent.home_place)
        while child.full_name in taken:
            child = self._people.child(house.roots, self._people.sex(), born, parent.home_place)
        taken.add(child.full_name)
        return BirthCase(
            child=child,
            birth_place=self._hospital(desk.commune),
            birth_kind="1" if house.father else "3",
            registration_kind="4" if is_late else "1",
            notice_code=self._notice_code(facility, notice_on.year),
            notice_on=PartialDate.on(notice_on),
            mother=house.mother,
            father=house.father,
            head_of_household=self._head(house) if goes_to_residence else None,
            residence=house.mother.residence if goes_to_residence else None,
            clinic_code=facility if "health_insurance" in desk.registries else None,
            birth_order=birth_order,
            copies=self._rng.randint(0, 3),
        )

    def _household(self, desk: ReceivingDesk, born: date) -> Household:
        people, rng = self._people, self._rng
        residence = people.address(desk.commune)
        mother_roots = people.roots(people.origin(desk.commune))
        mother = people.person(mother_roots, Sex.FEMALE, people.born(born, 17, 43), residence)
        is_matrilineal = mother_roots.ethnic_group in MATRILINEAL_GROUPS
        if rng.random() < SINGLE_MOTHERS:
            elder = self._elder(mother, mother_roots, Sex.FEMALE if is_matrilineal else people.sex())
            return Household(mother, None, elder, mother_roots, is_matrilineal)
        group = mother_roots.ethnic_group if rng.random() < SAME_GROUP else None
        father_roots = people.roots(people.origin(desk.commune), ethnic_group=group)
        father = people.person(father_roots, Sex.MALE, people.born(born, 19, 50), residence)
        if is_matrilineal:
            return Household(mother, father, self._elder(mother, mother_roots, Sex.FEMALE), mother_roots, True)
        elder = self._elder(father, father_roots, Sex.MALE if rng.random() < 0.75 else Sex.FEMALE)
        return Household(mother, father, elder, father_roots, False)

    def _elder(self, parent: Person, roots: Roots, sex: Sex) -> Person:
        """A parent of the parent, in their house; clan names come from mothers, family names from fathers."""
        assert parent.born_on is not None
        assert parent.born_on.year is not None
        assert parent.residence is not None
        born = date(parent.born_on.year - self._rng.randint(20, 32), self._rng.randint(1, 12), self._rng.randint(1, 28))
        own = roots
        if sex is Sex.FEMALE and roots.ethnic_group not in MATRILINEAL_GROUPS:
            own = self._people.roots(roots.commune, ethnic_group=roots.ethnic_group)
        return self._people.person(own, sex, born, parent.residence)

    def _head(self, house: Household) -> HeadOfHousehold:
        parents = [house.mother] if house.is_matrilineal or house.father is None else [house.father, house.mother]
        head = house.elder if self._rng.random() < 0.55 else self._rng.choices(parents, [3, 1][: len(parents)])[0]
        relation = "Cháu" if head is house.elder else "Con"
        return HeadOfHousehold(full_name=head.full_name, personal_id=head.personal_id, relation=relation)

    def _applicant_for_child(self, house: Household) -> Applicant:
        """The father, the mother or the grandparent; the relation that is written down is the real one."""
        elder_relation = "Ông" if house.elder.sex is Sex.MALE else "Bà"
        candidates = [(house.mother, "Mẹ", 3), (house.elder, elder_relation, 2)]
        if house.father:
            candidates.append((house.father, "Cha", 5))
        person, relation, _ = self._rng.choices(candidates, [weight for *_, weight in candidates])[0]
        return _applicant(person, relation, self._phone())

    def _notice_code(self, facility: str, year: int) -> str:
        """The next number of a facility in a year: `00012.GCS.24001.26`."""
        series = f"GCS.{facility}.{year % 100:02d}"
        self._notices[series] = self._notices.get(series) or self._rng.randint(1, 4000)
        self._notices[series] += 1
        return f"{self._notices[series]:05d}.{series}"

    def _hospital(self, commune: Commune) -> Address:
        detail = self._rng.choice(PLACES_OF_BIRTH)
        return Address(province_code=commune.province_code, commune_code=commune.commune_code, detail=detail)

    def _phone(self) -> str:
        """Ten digits of a range that, as far as we know, is assigned to nobody."""
        return f"09000{self._rng.randrange(100_000):05d}"

    def _death(self, desk: ReceivingDesk) -> Application:
        people, rng = self._people, self._rng
        died = desk.received_on - timedelta(days=rng.randint(1, 12))
        notice_on = min(died + timedelta(days=rng.randint(0, 2)), desk.received_on)
        roots = people.roots(people.origin(desk.commune))
        born = people.born(died, 26, 97)
        deceased = people.person(roots, people.sex(), born, people.address(desk.commune))
        age = died.year - born.year
        insurance_number = people.insurance_number(desk.commune.province_code)
        case = DeathCase(
            deceased=deceased,
            died_on=PartialDate.on(died),
            died_at_time=f"{rng.randrange(24):02d}:{rng.randrange(60):02d}",
            place=rng.choice(PLACES_OF_DEATH),
            cause="Tuổi già" if age > 80 else rng.choice(CAUSES),
            notice_kind="1",
            notice_code=f"{rng.randint(1, 400)}/{notice_on.year}",
            notice_on=PartialDate.on(notice_on),
            notice_by=f"Trạm y tế {desk.commune.name_vi}",
            insurance_number=insurance_number if rng.random() < 0.85 else None,
            copies=rng.randint(0, 2),
        )
        return Application(case, self._applicant_for_deceased(deceased, roots, born, desk))

    def _applicant_for_deceased(self, deceased: Person, roots: Roots, born: date, desk: ReceivingDesk) -> Applicant:
        """A grown child of the old, the husband or wife of the younger."""
        people = self._people
        residence = deceased.residence or people.address(desk.commune)
        if desk.received_on.year - born.year >= 55:
            if deceased.sex is Sex.FEMALE and roots.ethnic_group not in MATRILINEAL_GROUPS:
                roots = people.roots(desk.commune, ethnic_group=roots.ethnic_group)
            child = people.person(roots, people.sex(), date(born.year + self._rng.randint(20, 32), 5, 17), residence)
            return _applicant(child, "Con", self._phone())
        is_widow = deceased.sex is Sex.MALE
        own = people.roots(desk.commune, ethnic_group=roots.ethnic_group)
        sex = Sex.FEMALE if is_widow else Sex.MALE
        spouse = people.person(own, sex, date(born.year, self._rng.randint(1, 12), self._rng.randint(1, 28)), residence)
        return _applicant(spouse, "Vợ" if is_widow else "Chồng", self._phone())

    def _couple(self, desk: ReceivingDesk, oldest: int) -> tuple[Person, Person]:
        """A husband and a wife who are old enough to marry, in one house."""
        people = self._people
        residence = people.address(desk.commune)
        husband_roots = people.roots(people.origin(desk.commune))
        group = husband_roots.ethnic_group if self._rng.random() < SAME_GROUP else None
        wife_roots = people.roots(people.origin(desk.commune), ethnic_group=group)
        husband = people.person(husband_roots, Sex.MALE, people.born(desk.received_on, 20, oldest), residence)
        wife = people.person(wife_roots, Sex.FEMALE, people.born(desk.received_on, 18, oldest), residence)
        return husband, wife

    def _marriage(self, desk: ReceivingDesk) -> Application:
        people = self._people
        husband, wife = self._couple(desk, 45)
        wife = wife.model_copy(update={"residence": people.address(people.origin(desk.commune))})
        case = MarriageCase(
            husband=Spouse(**dict(husband), marriage_order="1"), wife=Spouse(**dict(wife), marriage_order="1")
        )
        person, relation = self._rng.choice(((husband, "Chồng"), (wife, "Vợ")))
        return Application(case, _applicant(person, relation, self._phone()))

    def _residence(self, desk: ReceivingDesk) -> Application:
        """Someone moves into the house of husband or wife, or back to a parent."""
        people, rng = self._people, self._rng
        husband, wife = self._couple(desk, 60)
        mover, head, relation = rng.choice(((husband, wife, "Chồng"), (wife, husband, "Vợ")))
        reason = f"Nhập hộ khẩu về với {'vợ' if mover is husband else 'chồng'}"
        new_home = head.residence
        if rng.random() < 0.3:
            roots = people.roots(desk.commune, ethnic_group=mover.ethnic_group)
            head, relation, reason = self._elder(mover, roots, people.sex()), "Con", "Nhập hộ khẩu về với cha mẹ"
        mover = mover.model_copy(update={"residence": people.address(people.commune(desk.commune.province_code))})
        case = ResidenceCase(
            person=mover,
            moves_to=new_home,
            head_of_household=HeadOfHousehold(
                full_name=head.full_name, personal_id=head.personal_id, relation=relation
            ),
            reason=reason,
        )
        return Application(case, _applicant(mover, None, self._phone()))

    def _land(self, desk: ReceivingDesk) -> Application:
        owner_kind, owners = self._owners(desk)
        case = LandCase(
            change_kind=self._rng.choice(("CN", "CN", "TK")),
            parcel=self._parcel(desk),
            certificate=self._certificate(desk),
            owner_kind=owner_kind,
            owners=owners,
        )
        return Application(case, _applicant(owners[0], None, self._phone()))

    def _owners(self, desk: ReceivingDesk) -> tuple[str, tuple[Person, ...]]:
        """One person (0), husband and wife (1), or a household with a grown-up elder (2)."""
        husband, wife = self._couple(desk, 65)
        owner_kind = self._rng.choices(("0", "1", "2"), (4, 4, 2))[0]
        if owner_kind == "0":
            return owner_kind, (self._rng.choice((husband, wife)),)
        if owner_kind == "1":
            return owner_kind, (husband, wife)
        roots = self._people.roots(desk.commune, ethnic_group=husband.ethnic_group)
        return owner_kind, (husband, wife, self._elder(husband, roots, Sex.FEMALE))

    def _parcel(self, desk: ReceivingDesk) -> Parcel:
        rng, commune = self._rng, desk.commune
        purposes = self._purposes(desk)
        sheet, number = self._parcel_key(commune.commune_code)
        is_renumbered = rng.random() < 0.4
        return Parcel(
            commune_code=commune.commune_code,
            sheet_number=str(sheet),
            parcel_number=str(number),
            old_commune_code=commune.commune_code if is_renumbered else None,
            old_sheet_number=str(rng.randint(1, 40)) if is_renumbered else None,
            old_parcel_number=str(rng.randint(1, 900)) if is_renumbered else None,
            area_m2=sum((purpose.area_m2 for purpose in purposes), Decimal(0)),
            address=self._people.address(commune).detail,
            purposes=purposes,
        )

    def _parcel_key(self, commune_code: str) -> tuple[int, int]:
        """Sheet and number of a parcel that no other dossier here is about."""
        while True:
            sheet, number = self._rng.randint(1, 120), self._rng.randint(1, 900)
            if (commune_code, sheet, number) not in self._parcels:
                self._parcels.add((commune_code, sheet, number))
                return sheet, number

    def _purposes(self, desk: ReceivingDesk) -> tuple[Purpose, ...]:
        rng = self._rng
        this_year = desk.received_on.year
        is_ward = desk.commune.name_vi.startswith("Phường")
        codes = rng.choice(PURPOSES_IN_WARDS if is_ward else PURPOSES_IN_COMMUNES)
        return tuple(
            Purpose(
                purpose_code=code,
                area_m2=Decimal(rng.randint(400, 9000)) / 10,
                until=None if code in LASTING_PURPOSES else PartialDate.of(this_year + rng.randint(5, 49), 12, 31),
                origin=rng.choice(ORIGINS),
            )
            for code in codes
        )

    def _certificate(self, desk: ReceivingDesk) -> Certificate:
        rng = self._rng
        issued_on = desk.received_on - timedelta(days=rng.randint(60, 25 * 365))
        return Certificate(
            serial=self._serial(issued_on.year),
            entry_number=f"{rng.choice(('CS', 'CH'))}{rng.randrange(1, 100_000):05d}",
            issued_on=PartialDate.on(issued_on),
            issued_by="Văn phòng đăng ký đất đai" if issued_on.year >= 2015 else "Ủy ban nhân dân huyện",
        )

    def _serial(self, year: int) -> str:
        """The form of a serial changed in 2009 (two letters) and 2025 (eight digits)."""
        letters = "ABCDEGHKLMN"
        if year < 2009:
            return f"{self._rng.choice(letters)} {self._rng.randrange(10**6):06d}"
        if year < 2025:
            return f"{self._rng.choice('BCD')}{self._rng.choice(letters)} {self._rng.randrange(10**6):06d}"
        return f"AA {self._rng.randrange(10**8):08d}"
