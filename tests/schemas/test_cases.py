"""A case knows itself: who and where is in it, whose it is, when it happened, which papers it needs."""

from datetime import date

import pytest

from schemas.cases import CASES, BirthCase, CaseModel, DeathCase, LandCase, MarriageCase, ResidenceCase, Spouse
from schemas.catalogues import title_of
from schemas.dates import PartialDate
from schemas.person import Address, Person
from schemas.routes import BOOK_ROUTES, ROUTES
from tests.support.dossiers import BIRTH, DEATH, LAND, MARRIAGE, RESIDENCE, SOUND, changed

ALONE = Person(full_name="LÒ THỊ MAI")


@pytest.mark.parametrize(
    ("kind", "roles", "subjects", "places"),
    [
        (
            "birth",
            ["child", "mother", "father"],
            ["child"],
            [
                "birth_place",
                "residence",
                "child.residence",
                "child.home_place",
                "mother.residence",
                "mother.home_place",
                "father.residence",
                "father.home_place",
            ],
        ),
        ("death", ["deceased"], ["deceased"], ["deceased.residence", "deceased.home_place"]),
        (
            "marriage",
            ["husband", "wife"],
            ["husband", "wife"],
            ["husband.residence", "husband.home_place", "wife.residence", "wife.home_place"],
        ),
        ("residence", ["person"], ["person"], ["moves_to", "person.residence", "person.home_place"]),
        (
            "land",
            ["owners.0", "owners.1"],
            ["owners.0", "owners.1"],
            ["parcel", "owners.0.residence", "owners.0.home_place", "owners.1.residence", "owners.1.home_place"],
        ),
    ],
)
def test_a_case_names_its_persons_and_places_in_order(
    kind: str, roles: list[str], subjects: list[str], places: list[str]
) -> None:
    case = SOUND[kind].case
    assert list(case.persons()) == roles
    assert list(case.subjects()) == subjects
    assert list(case.places()) == places


@pytest.mark.parametrize("kind", SOUND)
def test_every_role_and_place_is_the_path_of_its_field(kind: str) -> None:
    case = SOUND[kind].case
    for path, held in (case.persons() | case.places()).items():
        value: object = case
        for name in path.split("."):
            value = value[int(name)] if isinstance(value, tuple) else getattr(value, name)
        assert value is held, path


def test_a_person_is_asked_for_by_role() -> None:
    assert BIRTH.case.in_role("mother") is BIRTH.case.persons()["mother"]
    assert BirthCase(child=ALONE).in_role("mother") is DEATH.case.in_role("mother") is None
    assert LAND.case.in_role("owners") is BIRTH.case.in_role("kind") is None


def test_what_a_case_does_not_say_is_not_there() -> None:
    assert BirthCase(child=ALONE).persons() == {"child": ALONE}
    assert BirthCase(child=ALONE).places() == ResidenceCase(person=ALONE).places() == {}
    empty = changed(LAND.case, "owners", ())
    assert empty.persons() == empty.subjects() == {}
    assert list(empty.places()) == ["parcel"]


def test_a_birth_happened_when_the_child_was_born_and_a_death_when_the_person_died() -> None:
    born, died = PartialDate.of(1962, 5, 19), PartialDate.of(1962, 5)
    assert BirthCase(child=Person(full_name="LÒ THỊ MAI", born_on=born)).happened_on == born
    assert DeathCase(deceased=Person(full_name="LÒ THỊ MAI", born_on=born), died_on=died).happened_on == died
    assert DeathCase(deceased=ALONE).happened_on is None
    assert MARRIAGE.case.happened_on is RESIDENCE.case.happened_on is LAND.case.happened_on is None


def test_births_and_deaths_need_their_notices_and_a_death_known_otherwise_needs_none() -> None:
    assert BIRTH.case.required_papers() == (frozenset({"KS-GCS"}),)
    assert DEATH.case.required_papers() == (frozenset({"KT-GBT"}),)
    assert DeathCase(deceased=ALONE, notice_kind="3").required_papers() == ()
    assert MARRIAGE.case.required_papers() == RESIDENCE.case.required_papers() == LAND.case.required_papers() == ()


def test_those_whose_case_it_is_and_the_places_that_decide_it_are_among_what_it_names() -> None:
    for kind, model in CASES.items():
        case = SOUND[kind].case
        assert set(model.subject_roles) <= set(model.role_fields) <= model.model_fields.keys()
        assert set(model.place_fields) <= model.model_fields.keys()
        assert any(path in case.places() for path in model.decided_at)


def test_every_kind_of_case_has_a_route_and_the_document_of_its_entry_has_a_title() -> None:
    kinds = {
        "birth": BirthCase,
        "death": DeathCase,
        "marriage": MarriageCase,
        "residence": ResidenceCase,
        "land": LandCase,
    }
    assert kinds == CASES
    assert {route.case_kind for route in ROUTES} == CASES.keys() >= {route.case_kind for route in BOOK_ROUTES}
    titles = {kind: title_of(model.document, date(2026, 11, 20)) for kind, model in CASES.items() if model.document}
    assert titles == {"birth": "Giấy khai sinh", "death": "Trích lục khai tử", "marriage": "Giấy chứng nhận kết hôn"}


def test_a_new_kind_of_case_says_only_what_it_has() -> None:
    class Adoption(CaseModel):
        role_fields = ("adopted", "adopters")
        subject_roles = ("adopted",)
        decided_at = ("place",)
        adopted: Person
        adopters: tuple[Spouse, ...] = ()
        place: Address | None = None

    case = Adoption(adopted=ALONE, adopters=(Spouse(full_name="VŨ THỊ LAN"),))
    assert list(case.persons()) == ["adopted", "adopters.0"]
    assert case.subjects() == {"adopted": ALONE}
    assert (case.happened_on, case.head, case.required_papers(), case.decided_at_until) == (None, None, (), date.max)
