"""Invented persons: named, numbered and housed as people of a province are. No real person is meant.

A personal number has the structure of TT 59/2021/TT-BCA (province of birth registration, century and sex, year, six
digits) and is given to one person only. Which random choices are made depends on the generator alone.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from random import Random

from connectors.sandbox.names import (
    FEMALE_MIDDLES,
    FIRST_SOUTHERN_PROVINCE,
    KINH_FAMILIES,
    MALE_MIDDLES,
    NAMINGS,
    REGISTRATION_CODES,
    SOUTHERN_FORMS,
    Naming,
    shares_of,
)
from schemas.catalogues import ETHNIC_GROUPS
from schemas.dates import PartialDate
from schemas.person import Address, IdPaper, Person, Sex
from schemas.places import Commune, communes_of

FROM_HERE, FROM_PROVINCE = 0.75, 0.95
"""Shares of people who are from the commune they live in, and from its province."""
MOVED_HERE = 0.005
"""Share of people who belong to any of the 54 groups, wherever they live."""
KNOWN_BY_YEAR_ONLY = {1955: 0.25, 1985: 0.10, 2000: 0.04}
"""Share of persons whose day of birth nobody knows, by birth before that year."""
FIRST_CARDS_ON = date(2021, 3, 1)
"""Cards with a chip were issued from here on; older ones no longer matter."""
HAMLETS = ("Đông", "Đoài", "Thượng", "Hạ", "Trung", "Nà Pồ", "Bản Mới", "Tân Lập", "Đồng Tâm", "Hợp Nhất", "Bình Minh")

_KINH = Naming(tuple(KINH_FAMILIES))


@cache
def _communes_on(province_code: str, on: date) -> tuple[Commune, ...]:
    return communes_of(province_code, on)


@cache
def _cumulative(province_code: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    shares = shares_of(province_code)
    return tuple(shares), tuple(accumulate(shares.values()))


_KINH_WEIGHTS = tuple(accumulate(KINH_FAMILIES.values()))


@dataclass(frozen=True)
class Roots:
    """What a person has from home: a group, a family name (or clan), a province and a commune."""

    ethnic_group: str
    family: str
    commune: Commune


class People:
    """Draws persons from a generator; `on` is the day on which communes must be in force."""

    def __init__(self, rng: Random, on: date) -> None:
        self._rng = rng
        self._on = on
        self._numbers: set[str] = set()

    def commune(self, province_code: str) -> Commune:
        return self._rng.choice(_communes_on(province_code, self._on))

    def roots(self, commune: Commune, *, ethnic_group: str | None = None) -> Roots:
        group = ethnic_group or self._group(commune.province_code)
        return Roots(group, self._family(group, commune.province_code), commune)

    def origin(self, commune: Commune) -> Commune:
        """Where someone who lives in a commune is from: mostly there, else the province, seldom another one."""
        lot = self._rng.random()
        if lot < FROM_HERE:
            return commune
        elsewhere = self._rng.choice(tuple(REGISTRATION_CODES))
        return self.commune(commune.province_code if lot < FROM_PROVINCE else elsewhere)

    def person(self, roots: Roots, sex: Sex, born: date, residence: Address) -> Person:
        """A person with a number, a card when old enough, and a permanent residence."""
        number = self._number(roots.commune.province_code, sex, born.year)
        return Person(
            full_name=self.name(roots, sex, born.year),
            sex=sex,
            born_on=self._birth_date(born),
            personal_id=number,
            id_paper=self._card(number, born),
            ethnic_group=roots.ethnic_group,
            nationality_code="VN",
            residence_kind="1",
            residence=residence,
            home_place=self.home(roots.commune),
        )

    def child(self, roots: Roots, sex: Sex, born: date, home_place: Address | None) -> Person:
        """A newborn: the number comes with the registration."""
        return Person(
            full_name=self.name(roots, sex, born.year),
            sex=sex,
            born_on=PartialDate.on(born),
            ethnic_group=roots.ethnic_group,
            nationality_code="VN",
            home_place=home_place,
        )

    def sex(self) -> Sex:
        return Sex.MALE if self._rng.random() < 0.52 else Sex.FEMALE

    def born(self, on: date, youngest: int, oldest: int) -> date:
        """A birthday such that the person is surely of an age in this span on a day, even if only the year is given."""
        years = self._rng.randint(youngest + 1, oldest - 1)
        return date(on.year - years, self._rng.randint(1, 12), self._rng.randint(1, 28))

    def name(self, roots: Roots, sex: Sex, born_year: int) -> str:
        naming = NAMINGS.get(roots.ethnic_group, _KINH)
        male = sex is Sex.MALE
        middle = self._middle(male, born_year)
        givens = naming.male_given if male else naming.female_given
        given = self._rng.choice([name for name in givens if name != middle])
        return (naming.male if male else naming.female).format(family=roots.family, middle=middle, given=given)

    def address(self, commune: Commune) -> Address:
        detail = f"Thôn {self._rng.choice(HAMLETS)}, {commune.name_vi}"
        if commune.name_vi.startswith("Phường"):
            detail = f"Số {self._rng.randint(1, 250)}, tổ dân phố {self._rng.randint(1, 20)}, {commune.name_vi}"
        return Address(province_code=commune.province_code, commune_code=commune.commune_code, detail=detail)

    def home(self, commune: Commune) -> Address:
        """Quê quán: a commune, without house or hamlet."""
        return Address(province_code=commune.province_code, commune_code=commune.commune_code, detail=commune.name_vi)

    def _group(self, province_code: str) -> str:
        if self._rng.random() < MOVED_HERE:
            return self._rng.choice(ETHNIC_GROUPS)
        groups, weights = _cumulative(province_code)
        return self._rng.choices(groups, cum_weights=weights)[0]

    def _family(self, group: str, province_code: str) -> str:
        if group in NAMINGS:
            return self._rng.choice(NAMINGS[group].families)
        family = self._rng.choices(_KINH.families, cum_weights=_KINH_WEIGHTS)[0]
        return SOUTHERN_FORMS.get(family, family) if province_code >= FIRST_SOUTHERN_PROVINCE else family

    def _middle(self, male: bool, born_year: int) -> str:
        traditional = 0.75 if born_year < 1980 else 0.4 if born_year < 2000 else 0.1
        if self._rng.random() < traditional:
            return "VĂN" if male else "THỊ"
        return self._rng.choice(MALE_MIDDLES if male else FEMALE_MIDDLES)

    def _birth_date(self, born: date) -> PartialDate:
        share = next((share for year, share in KNOWN_BY_YEAR_ONLY.items() if born.year < year), 0.0)
        return PartialDate.of(born.year) if self._rng.random() < share else PartialDate.on(born)

    def _number(self, province_code: str, sex: Sex, year: int) -> str:
        """A number nobody here has yet."""
        while True:
            place = self._rng.choice(REGISTRATION_CODES[province_code])
            century_and_sex = (year // 100 - 19) * 2 + (sex is Sex.FEMALE)
            number = f"{place}{century_and_sex}{year % 100:02d}{self._rng.randrange(1_000_000):06d}"
            if number not in self._numbers:
                self._numbers.add(number)
                return number

    def insurance_number(self, province_code: str) -> str:
        """Ten digits that nobody here has yet."""
        while True:
            number = f"{province_code}{self._rng.randrange(1, 10**8):08d}"
            if number not in self._numbers:
                self._numbers.add(number)
                return number

    def _card(self, number: str, born: date) -> IdPaper | None:
        """A card issued between the fourteenth birthday and a year ago."""
        first = max(FIRST_CARDS_ON, date(born.year + 15, 1, 1))
        span = (self._on - timedelta(days=365) - first).days
        if span < 1:
            return None
        issued_on = PartialDate.on(first + timedelta(days=self._rng.randrange(span)))
        return IdPaper(kind_code="4", number=number, issued_on=issued_on, issued_by="Cục Cảnh sát QLHC về TTXH")
