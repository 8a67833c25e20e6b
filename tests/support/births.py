"""Invented births in which some are handed in twice: twins, siblings and namesakes among them, and the errors of desks.

The tables below were written before the rules that are measured by them, from what desks and domain.md tell; rates are
rounded guesses. Everything follows from the seed. Nobody in it is real.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random

from connectors.sandbox.cases import Cases, ReceivingDesk
from connectors.sandbox.people import People
from schemas.cases import BirthCase
from schemas.dates import VIETNAM, PartialDate
from schemas.dossier import Dossier
from schemas.person import IdPaper, Person, Sex
from schemas.text import search_fold

PROVINCES = ("24", "15", "40", "66")
"""Where the births are: two of the Red River and the centre, one of many groups, one of the Central Highlands."""
TODAY = date(2026, 11, 20)
DAYS = 540
"""The births were received in so many days."""

TWINS, TRIPLETS, SIBLINGS, NEIGHBOURS, NAMESAKE_MOTHERS, TWICE = 0.02, 0.0005, 0.06, 0.03, 0.02, 0.06
"""Of the births: several at once; one of another year of the same mother; the same name, day and commune with other
parents; a mother of the same name on the same day; handed in twice."""
SAME_MIDDLE, OTHER_TONE_ONLY, ACROSS_MIDNIGHT, ONE_NOTICE, ORDER_LEFT_OUT = 0.6, 0.03, 0.02, 0.03, 0.3
"""Of twins: share the middle name; differ by a tone only (BẢO AN, BẢO ÂN); two days; one notice for both; no order."""

TONE_PAIRS = (("AN", "ÂN"), ("HÂN", "HÀN"), ("HÀ", "HẠ"), ("THÙY", "THỦY"), ("TIÊN", "TIẾN"), ("MINH", "MÍNH"))
OTHER_LETTERS = {"A": "Ă", "Ă": "A", "Â": "A", "O": "Ô", "Ô": "O", "Ơ": "O", "U": "Ư", "Ư": "U", "E": "Ê", "Ê": "E",
                 "À": "Á", "Á": "À", "Ả": "Ã", "Ạ": "A", "Ọ": "O", "Ế": "Ề", "Ề": "Ế", "Ị": "I", "Í": "I"}  # fmt: skip
FILLERS = ("000000000000", "000000001", "000000000001", "111111111111")


@dataclass(frozen=True)
class Born:
    """A dossier of a birth. Those of one `child` are about one child, those of one `birth` were born together."""

    dossier: Dossier
    child: int
    birth: int


Error = Callable[[Random, BirthCase], BirthCase]


def _child(rng: Random, case: BirthCase, **fields: object) -> BirthCase:
    return case.model_copy(update={"child": case.child.model_copy(update=fields)})


def _parent(case: BirthCase, role: str, **fields: object) -> BirthCase:
    parent: Person | None = getattr(case, role)
    return case.model_copy(update={role: parent.model_copy(update=fields)}) if parent else case


def _toneless(name: str) -> str:
    return search_fold(name).upper()


def _wrong_mark(rng: Random, name: str) -> str:
    places = [at for at, letter in enumerate(name) if letter in OTHER_LETTERS]
    if not places:
        return name
    at = rng.choice(places)
    return name[:at] + OTHER_LETTERS[name[at]] + name[at + 1 :]


def _typed(rng: Random, text: str, letters: str) -> str:
    """One character left out, doubled, changed or swapped with its neighbour."""
    at = rng.randrange(1, len(text) - 1)
    match rng.randrange(4):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at] + text[at:]
        case 2:
            return text[:at] + rng.choice(letters) + text[at + 1 :]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _turned(name: str) -> str:
    """The family name last."""
    first, *rest = name.split()
    return " ".join([*rest, first])


def _digit(rng: Random, number: str) -> str:
    at = rng.randrange(len(number))
    return number[:at] + str((int(number[at]) + rng.randint(1, 9)) % 10) + number[at + 1 :]


NAMES: dict[str, Callable[[Random, str], str]] = {
    "toneless": lambda rng, name: _toneless(name),
    "wrong mark": _wrong_mark,
    "typed wrong": lambda rng, name: _typed(rng, name, "AEHINOTU"),
    "turned": lambda rng, name: _turned(name),
    "not in capitals": lambda rng, name: name.title(),
    "spaces": lambda rng, name: f" {name.replace(' ', '  ')}",
}


def _dates(rng: Random, what: str, born_on: PartialDate | None) -> PartialDate | None:
    if born_on is None or born_on.day is None or born_on.month is None or born_on.year is None:
        return born_on
    day, month, year = born_on.day, born_on.month, born_on.year
    match what:
        case "swapped":
            return PartialDate.of(year, day, month) if day <= 12 else born_on
        case "day off by one":
            return PartialDate.on(date(year, month, day) + timedelta(days=rng.choice((-1, 1))))
        case "digit":
            return PartialDate.of(year, month, rng.choice([at for at in range(1, 29) if str(at)[-1] == str(day)[-1]]))
        case "wrong year":
            return PartialDate.of(year - 1, month, min(day, 28))
        case "year only":
            return PartialDate.of(year)
    raise ValueError(what)


def _number(rng: Random, what: str, parent: Person) -> dict[str, object]:
    """What becomes of a parent's number, and of the same number on the identity paper."""
    number = parent.personal_id
    if number is None:
        return {}
    match what:
        case "missing":
            return {"personal_id": None, "id_paper": None}
        case "filler":
            return {"personal_id": rng.choice(FILLERS), "id_paper": None}
        case "digit":
            wrong = _digit(rng, number)
            return {"personal_id": wrong, "id_paper": None}
        case "old":
            old = f"{rng.randrange(10**9):09d}"
            return {"personal_id": None, "id_paper": IdPaper(kind_code="1", number=old)}
        case "spaces":
            return {"personal_id": f"{number[:3]} {number[3:]}"}
    raise ValueError(what)


def _errors_of_parent(role: str) -> dict[str, tuple[float, float, Error]]:
    def name(error: Callable[[Random, str], str]) -> Error:
        def apply(rng: Random, case: BirthCase) -> BirthCase:
            parent: Person | None = getattr(case, role)
            return _parent(case, role, full_name=error(rng, parent.full_name)) if parent else case

        return apply

    def number(what: str) -> Error:
        def apply(rng: Random, case: BirthCase) -> BirthCase:
            parent: Person | None = getattr(case, role)
            return _parent(case, role, **_number(rng, what, parent)) if parent else case

        return apply

    def year(what: str) -> Error:
        def apply(rng: Random, case: BirthCase) -> BirthCase:
            parent: Person | None = getattr(case, role)
            if parent is None or parent.born_on is None or parent.born_on.year is None:
                return case
            off = PartialDate.of(parent.born_on.year + rng.choice((-1, 1)))
            return _parent(case, role, born_on=off if what == "off" else None)

        return apply

    return {
        f"{role}: name toneless": (0.05, 0.12, name(NAMES["toneless"])),
        f"{role}: name with a wrong mark": (0.01, 0.03, name(NAMES["wrong mark"])),
        f"{role}: name typed wrong": (0.005, 0.02, name(NAMES["typed wrong"])),
        f"{role}: name turned": (0.002, 0.01, name(NAMES["turned"])),
        f"{role}: name not in capitals": (0.05, 0.10, name(NAMES["not in capitals"])),
        f"{role}: number missing": (0.03, 0.05, number("missing")),
        f"{role}: number is a filler": (0.02, 0.05, number("filler")),
        f"{role}: number has a wrong digit": (0.003, 0.02, number("digit")),
        f"{role}: number is the old one": (0.01, 0.03, number("old")),
        f"{role}: number has spaces": (0.01, 0.02, number("spaces")),
        f"{role}: year of birth missing": (0.01, 0.04, year("missing")),
        f"{role}: year of birth off": (0.005, 0.02, year("off")),
    }


def _name_of_child(error: Callable[[Random, str], str]) -> Error:
    return lambda rng, case: _child(rng, case, full_name=error(rng, case.child.full_name))


def _birthday(what: str) -> Error:
    return lambda rng, case: _child(rng, case, born_on=_dates(rng, what, case.child.born_on))


def _other_sex(rng: Random, case: BirthCase) -> BirthCase:
    return _child(rng, case, sex=Sex.FEMALE if case.child.sex is Sex.MALE else Sex.MALE)


def _notice(change: Callable[[Random, str], str | None]) -> Error:
    return lambda rng, case: case.model_copy(
        update={"notice_code": change(rng, case.notice_code) if case.notice_code else None}
    )


ERRORS: dict[str, tuple[float, float, Error]] = {
    "child: name toneless": (0.04, 0.12, _name_of_child(NAMES["toneless"])),
    "child: name with a wrong mark": (0.005, 0.025, _name_of_child(NAMES["wrong mark"])),
    "child: name typed wrong": (0.005, 0.02, _name_of_child(NAMES["typed wrong"])),
    "child: name turned": (0.002, 0.01, _name_of_child(NAMES["turned"])),
    "child: name not in capitals": (0.05, 0.10, _name_of_child(NAMES["not in capitals"])),
    "child: name with spaces": (0.02, 0.03, _name_of_child(NAMES["spaces"])),
    "child: another name meanwhile": (0, 0.008, _name_of_child(lambda rng, name: f"{name.split()[0]} TUỆ MẪN")),
    "child: day and month swapped": (0.003, 0.03, _birthday("swapped")),
    "child: day off by one": (0.002, 0.015, _birthday("day off by one")),
    "child: a digit of the day": (0.002, 0.015, _birthday("digit")),
    "child: year wrong": (0.001, 0.01, _birthday("wrong year")),
    "child: year only": (0.001, 0.015, _birthday("year only")),
    "child: sex missing": (0.005, 0.01, lambda rng, case: _child(rng, case, sex=None)),
    "child: other sex": (0.002, 0.006, _other_sex),
    **_errors_of_parent("mother"),
    **_errors_of_parent("father"),
    "father left out": (0.005, 0.04, lambda rng, case: case.model_copy(update={"father": None, "birth_kind": "3"})),
    "parents in each other's place": (
        0.0005,
        0.003,
        lambda rng, case: case.model_copy(
            update={"mother": case.father or case.mother, "father": case.mother if case.father else None}
        ),
    ),
    "notice missing": (0.08, 0.15, _notice(lambda rng, code: None)),
    "notice with a wrong digit": (0.004, 0.02, _notice(lambda rng, code: _digit(rng, code[:5]) + code[5:])),
    "notice written otherwise": (0.02, 0.05, _notice(lambda rng, code: code.replace(".", " ").lower())),
    "order missing": (0, 0.1, lambda rng, case: case.model_copy(update={"birth_order": None})),
}
"""What goes wrong: how often in any dossier, how often in one handed in for the second time."""
ELSEWHERE = 0.25
"""Of those handed in twice: the second time in another commune; half of these write that the mother lives there."""


def births(seed: int, count: int) -> list[Born]:
    """At least `count` dossiers of births, in an order that says nothing."""
    return _Maker(seed).make(count)


class _Maker:
    def __init__(self, seed: int) -> None:
        self._rng = Random(f"births/{seed}")
        self._people = People(self._rng, TODAY)
        self._cases = Cases(self._rng, self._people)
        self._children = self._births = self._dossiers = 0
        self._born: list[Born] = []

    def make(self, count: int) -> list[Born]:
        while len(self._born) < count:
            self._family(TODAY - timedelta(days=self._rng.randrange(DAYS)))
        self._rng.shuffle(self._born)
        return self._born

    def _family(self, received_on: date) -> None:
        rng = self._rng
        desk = ReceivingDesk(self._people.commune(rng.choice(PROVINCES)), received_on, ("civil_status",))
        lot = rng.random()
        children = 3 if lot < TRIPLETS else 2 if lot < TRIPLETS + TWINS else 1
        cases = [application.case for application in self._cases.births(desk, children)]
        together = [case for case in cases if isinstance(case, BirthCase)]
        if children > 1:
            together = self._twins(together)
        self._births += 1
        for case in together:
            self._hand_in(case, desk)
        first = together[0]
        if rng.random() < SIBLINGS:
            self._sibling(first, desk)
        if rng.random() < NEIGHBOURS:
            self._neighbour(desk, first, "child")
        if rng.random() < NAMESAKE_MOTHERS:
            self._neighbour(desk, first, "mother")

    def _twins(self, cases: list[BirthCase]) -> list[BirthCase]:
        rng, (first, *others) = self._rng, cases
        family, middle, *_ = (*first.child.full_name.split(), "")
        changed = [first]
        for other in others:
            given = other.child.full_name.split()[-1]
            name = other.child.full_name
            if rng.random() < OTHER_TONE_ONLY:
                one, another = rng.choice(TONE_PAIRS)
                changed[0] = _child(rng, changed[0], full_name=f"{family} {middle} {one}")
                name = f"{family} {middle} {another}"
            elif rng.random() < SAME_MIDDLE and middle != given:
                name = f"{family} {middle} {given}"
            if name in [case.child.full_name for case in changed]:
                name = other.child.full_name
            changed.append(_child(rng, other, full_name=name))
        if rng.random() < ACROSS_MIDNIGHT and first.child.born_on and first.child.born_on.latest:
            next_day = PartialDate.on(first.child.born_on.latest + timedelta(days=1))
            changed[-1] = _child(rng, changed[-1], born_on=next_day)
        if rng.random() < ONE_NOTICE:
            changed = [case.model_copy(update={"notice_code": first.notice_code}) for case in changed]
        if rng.random() < ORDER_LEFT_OUT:
            changed = [case.model_copy(update={"birth_order": None}) for case in changed]
        return changed

    def _sibling(self, case: BirthCase, desk: ReceivingDesk) -> None:
        """A child of the same parents, ten months to four years older."""
        rng, days = self._rng, self._rng.randint(300, 1460)
        born, mother = case.child.born_on, case.mother
        if born is None or born.earliest is None or mother is None:
            return
        (application,) = self._cases.births(replace(desk, received_on=desk.received_on - timedelta(days=days)), 1)
        other = application.case
        assert isinstance(other, BirthCase)
        family = case.child.full_name.split()[0]
        name = " ".join([family, *other.child.full_name.split()[1:]])
        update: dict[str, object] = {"mother": mother, "father": case.father, "birth_kind": case.birth_kind}
        older = _child(
            rng,
            other.model_copy(update=update),
            full_name=name,
            born_on=PartialDate.on(born.earliest - timedelta(days=days)),
        )
        self._births += 1
        self._hand_in(older, replace(desk, received_on=desk.received_on - timedelta(days=days)))

    def _neighbour(self, desk: ReceivingDesk, case: BirthCase, who: str) -> None:
        """Another family's child of the same day and commune: of the same name, or with a mother of the same name."""
        (application,) = self._cases.births(desk, 1)
        other = application.case
        assert isinstance(other, BirthCase)
        self._births += 1
        if who == "child":
            other = _child(self._rng, other, full_name=case.child.full_name, sex=case.child.sex)
        elif case.mother:
            other = _parent(other, "mother", full_name=case.mother.full_name)
        self._hand_in(_child(self._rng, other, born_on=case.child.born_on), desk)

    def _hand_in(self, case: BirthCase, desk: ReceivingDesk) -> None:
        self._children += 1
        self._dossier(self._wrong(case, 0), desk)
        if self._rng.random() < TWICE:
            elsewhere = self._rng.random() < ELSEWHERE
            commune = self._people.commune(self._rng.choice(PROVINCES)) if elsewhere else desk.commune
            if elsewhere and case.mother and self._rng.random() < 0.5:
                case = _parent(case, "mother", residence=self._people.address(commune))
            later = desk.received_on + timedelta(days=self._rng.randint(0, 30))
            self._dossier(self._wrong(case, 1), ReceivingDesk(commune, later, desk.registries))

    def _wrong(self, case: BirthCase, time_number: int) -> BirthCase:
        for first_rate, second_rate, error in ERRORS.values():
            if self._rng.random() < (second_rate if time_number else first_rate):
                case = error(self._rng, case)
        return case

    def _dossier(self, case: BirthCase, desk: ReceivingDesk) -> None:
        self._dossiers += 1
        received_at = datetime.combine(desk.received_on, time(9), VIETNAM)
        code = f"H05.1-{desk.received_on:%y%m%d}-{self._dossiers:06d}"
        dossier = Dossier(
            portal_code=desk.commune.province_code,
            dossier_code=code,
            procedure_as_written="1.001193",
            procedure_code="1.001193",
            status=2,
            received_at=received_at,
            updated_at=received_at,
            commune_code=desk.commune.commune_code,
            case=case,
        )
        self._born.append(Born(dossier, self._children, self._births))
