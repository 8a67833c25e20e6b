"""A birth submitted twice is a duplicate; twins, siblings, another person's number and births too close are not."""

from datetime import datetime
from typing import Any

import pytest

from quality.duplicates.agreement import COMPARISONS, is_one_slip
from quality.duplicates.all_pairs import pairs
from quality.duplicates.blind_indexes import blind_indexes_of, entry_of
from quality.duplicates.compared_birth import ComparedBirth, birth_of, notice_key, number_of
from quality.duplicates.contradictions import (
    ComparedDossier,
    PairFault,
    are_two_persons,
    compare_dossiers,
    differ_by_tone,
)
from quality.duplicates.probability import match_probability, pinned_model
from quality.duplicates.relation import relation_of
from quality.examination import CATALOGUE
from schemas.cases import MarriageCase
from schemas.dates import VIETNAM
from schemas.dossier import Dossier
from schemas.person import IdPaper
from schemas.registries import CivilStatusReceipt
from tests.benchmarks.duplicates import measure, rows_of
from tests.support.births import Born, births
from tests.support.dossiers import BIRTH, DEATH, FATHER, MARRIAGE, MOTHER, changed, when
from tests.support.repeated_births import FIRST, NEXT_NOTICE, again, but


def kind(one: Dossier, other: Dossier) -> str | None:
    births = birth_of(one), birth_of(other)
    assert births[0]
    assert births[1]
    relation, turned_round = relation_of(births[0], births[1]), relation_of(births[1], births[0])
    assert relation == turned_round
    return relation and str(relation[0])


NO_MOTHERS_NUMBER = {"mother__personal_id": None, "mother__id_paper": None}


# What is one birth, and what is not


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"child__full_name": "NGUYEN MAI ANH"},
        {"child__full_name": " Nguyễn  Mai Anh "},
        {"child__full_name": "NGUYỄN MAI ANG"},
        {"child__full_name": "MAI ANH NGUYỄN"},
        {"child__born_on": when("11.02.2026")},
        {"child__born_on": when("03.11.2026")},
        {"child__born_on": when("2026")},
        {"child__born_on": when("02.11.2025")},
        {"child__sex": None},
        {"mother__personal_id": "000000000000", "mother__id_paper": None},
        {"mother__personal_id": None, "mother__id_paper": IdPaper(kind_code="1", number="121212121")},
        {"mother__full_name": "TRAN THI HOA", **NO_MOTHERS_NUMBER},
        {"mother__personal_id": "024198001112", "mother__id_paper": None},
        {"father": None},
        {"notice_code": None},
        {"notice_code": "00012 gcs 24001 26"},
        {"notice_code": NEXT_NOTICE},
    ],
)
def test_a_birth_submitted_twice_is_a_duplicate_whatever_one_desk_wrote_wrong(changes: dict[str, Any]) -> None:
    assert kind(BIRTH, again(2, **changes)) == "duplicate"


@pytest.mark.parametrize(
    "changes",
    [
        {"birth_order": 2, "child__full_name": "NGUYỄN MAI LAN"},
        {"birth_order": 2, "child__full_name": "NGUYỄN MAI ÁNH"},
        {"birth_order": 2},
        {"birth_order": None, "child__full_name": "NGUYỄN GIA BẢO", "notice_code": NEXT_NOTICE},
        {"birth_order": None, "child__full_name": "NGUYỄN MAI ÁNH", "notice_code": NEXT_NOTICE},
        {"birth_order": None, "child__full_name": "NGUYỄN MAI ẢNH"},
        {"birth_order": None, "child__full_name": "NGUYEN MAI ANH", "notice_code": NEXT_NOTICE},
        {"birth_order": 2, "child__full_name": "NGUYỄN MAI LAN", "child__born_on": when("03.11.2026")},
        {"birth_order": 2, "child__full_name": "NGUYỄN MAI LAN", "child__born_on": when("2026")},
        {"birth_order": 2, "child__full_name": "NGUYỄN MAI LAN", "child__born_on": when("11.02.2026")},
        {"birth_order": 2, "child__full_name": "NGUYỄN MAI LAN", "child__born_on": when("12.11.2026")},
        {"birth_order": 2, "child__full_name": "NGUYỄN MAI LAN", **NO_MOTHERS_NUMBER},
    ],
)
def test_twins_are_told_apart_by_order_name_sex_and_notice(changes: dict[str, Any]) -> None:
    assert kind(FIRST, again(2, **changes)) == "multiple_birth"
    assert not compare_dossiers(ComparedDossier.of(again(2, **changes)), ComparedDossier.of(FIRST)).faults


def test_a_boy_and_a_girl_of_one_name_with_a_notice_each_are_twins() -> None:
    assert kind(BIRTH, again(2, child__sex="male", notice_code=NEXT_NOTICE)) == "multiple_birth"
    assert kind(BIRTH, again(2, child__sex="male")) == "duplicate"


@pytest.mark.parametrize("born", ["15.03.2023", "20.05.2024", "02.11.2019"])
@pytest.mark.parametrize("notice_code", [None, "00400.GCS.24001.24"])
def test_one_full_name_beside_one_mother_is_one_child_whatever_its_year(born: str, notice_code: str | None) -> None:
    """A birth is registered once more with another year for the age at which school begins."""
    earlier = again(2, child__born_on=when(born), notice_code=notice_code)
    assert kind(BIRTH, earlier) == "duplicate"
    assert kind(BIRTH, again(2, child__born_on=when(born), child__sex="male", notice_code=notice_code)) == "sibling"


def test_without_marks_one_name_may_be_of_two_children() -> None:
    unmarked = but(child__full_name="NGUYEN MAI ANH")
    older = again(2, child__full_name="NGUYEN MAI ANH", child__born_on=when("15.03.2023"), notice_code=None)
    assert kind(unmarked, older) == "sibling"


@pytest.mark.parametrize("name", ["NGUYỄN HOÀNG PHÚC", "NGUYỄN MAI AXH", "NGUYỄN THỊ MAI ANH", "NGUYỄN THỊ ANH"])
def test_one_notice_is_about_one_child_whatever_its_name(name: str) -> None:
    assert kind(BIRTH, again(2, child__full_name=name)) == "duplicate"
    assert kind(BIRTH, again(2, child__full_name=name, notice_code=NEXT_NOTICE)) == "multiple_birth"


@pytest.mark.parametrize("name", ["NGUYỄN MAI LAN", "NGUYỄN MAI ÁNH"])
def test_siblings_have_one_mother_and_another_day_even_if_their_names_are_alike(name: str) -> None:
    older = again(2, child__full_name=name, child__born_on=when("15.03.2024"), notice_code="00400.GCS.24001.24")
    assert kind(BIRTH, older) == "sibling"
    assert not compare_dossiers(ComparedDossier.of(BIRTH), ComparedDossier.of(older)).faults


def test_a_neighbours_child_of_the_same_name_and_day_is_nothing_to_it() -> None:
    assert isinstance(MARRIAGE.case, MarriageCase)
    neighbour = again(2, notice_code="00913.GCS.24001.26", mother=MARRIAGE.case.wife, father=None)
    assert kind(BIRTH, neighbour) is None


def test_two_rare_family_names_say_more_than_two_nguyens() -> None:
    rare, common = (ComparedBirth(mother_family=family, born_year="2026") for family in ("nghiem", "nguyen"))
    assert match_probability(rare, rare) > match_probability(common, common)


def test_fillers_and_other_shapes_are_no_numbers() -> None:
    without_paper = MOTHER.model_copy(update={"id_paper": None})
    written = {
        "024198001111": "024198001111",
        " 024198 001111": "024198001111",
        "000000000000": None,
        "111111111111": None,
        "000000001": None,
        "121212121": None,
        "02419800111": None,
        "": None,
    }
    for number, expected in written.items():
        assert number_of(without_paper.model_copy(update={"personal_id": number})) == expected
    assert number_of(MOTHER.model_copy(update={"personal_id": "000000000001"})) == "024198001111"  # the paper's
    assert notice_key("00012 gcs.24001-26") == notice_key("00012.GCS.24001.26") == "00012GCS2400126"
    assert notice_key("00000") is None


def test_communes_are_compared_as_they_are_under_one_table() -> None:
    """Phường Trần Phú (07213) went into Phường Bắc Giang (07210) on 1 July 2025."""
    before = changed(but(mother=None), "received_at", datetime(2025, 3, 3, 9, tzinfo=VIETNAM))
    old, now = birth_of(changed(before, "commune_code", "07213")), birth_of(but(mother=None))
    assert old
    assert now
    assert old.commune == now.commune == "07210"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("anh", "anh", True), ("anh", "ang", True), ("anh", "an", True), ("an", "anh", True), ("anh", "nah", True),
        ("anh", "hna", False), ("anh", "a", False), ("anh", "nhi", False), ("", "a", True),
        ("20261102", "20261120", True), ("20261102", "20260211", False),
    ],
)  # fmt: skip
def test_one_slip_is_a_character_more_less_other_or_swapped(one: str, other: str, expected: bool) -> None:
    assert is_one_slip(one, other) is is_one_slip(other, one) is expected


# Many at once, and one alone


@pytest.fixture(scope="module")
def born() -> list[Born]:
    return births(23, 3_000)


def test_the_pinned_model_has_a_number_for_every_level_and_no_persons_value() -> None:
    pinned = pinned_model()
    assert {name: list(levels) for name, levels in pinned.chances.items()} == {
        comparison.name: [level.name for level in comparison.levels] + ["else"] for comparison in COMPARISONS
    }
    pairs_of_chances = [both for levels in pinned.chances.values() for both in levels.values()]
    assert all(0 < chance <= 1 for both in pairs_of_chances for chance in both)


def test_a_single_pair_has_the_probability_that_splink_gives_it_among_many(born: list[Born]) -> None:
    rows = dict(rows_of(born))
    scored = pairs(rows.items())
    assert len(scored) > 400
    for one, other, probability in scored:
        assert match_probability(rows[one], rows[other]) == pytest.approx(probability, abs=1e-9)
        assert match_probability(rows[other], rows[one]) == pytest.approx(probability, abs=1e-9)
    assert pairs(list(rows.items())[::-1]) == scored


def test_the_company_a_pair_is_in_changes_nothing() -> None:
    two = [birth_of(BIRTH), birth_of(again(2, child__full_name="NGUYEN MAI ANH"))]
    rows = [(birth_id, birth) for birth_id, birth in enumerate(two, 1) if birth]
    ((one, other, probability),) = pairs(rows)
    assert (one, other) == (1, 2)
    assert probability == pytest.approx(match_probability(rows[0][1], rows[1][1]), abs=1e-9)
    assert pairs(rows[:1]) == []


def test_on_invented_births_few_are_missed_fewer_are_wrong_and_no_twin_is_blocked(born: list[Born]) -> None:
    measured = measure(born)
    assert measured.true_pairs > 100
    assert measured.twin_pairs > 40
    assert measured.precision >= 0.98
    assert measured.recall >= 0.95
    assert measured.twins_blocked == 0


def test_what_is_compared_in_many_is_found_by_blind_indexes_for_one(born: list[Born]) -> None:
    """Two dossiers about one child, or about twins, share a blind index."""
    blind_indexes = [frozenset(blind_indexes_of(birth.dossier)) for birth in born]
    lost = [
        (one, other)
        for one, other, probability in pairs(rows_of(born))
        if probability >= 0.9 and not blind_indexes[one] & blind_indexes[other]
    ]
    assert not lost


# Numbers of another, births too close, entries twice


def test_a_number_of_another_person_is_found_and_other_writings_of_one_are_forgiven() -> None:
    same = [
        {"full_name": "TRAN THI HOA"},
        {"full_name": "HOA TRẦN THỊ"},
        {"born_on": when("1998")},
        {"born_on": when("04.03.1999")},
        {"born_on": None},
    ]
    for written in same:
        assert not are_two_persons(MOTHER, MOTHER.model_copy(update=written))
    for written in ({"full_name": "LÊ THỊ THU"}, {"born_on": when("04.03.1971")}):
        assert are_two_persons(MOTHER, MOTHER.model_copy(update=written))


def test_a_number_is_looked_for_whoever_has_it_in_any_kind_of_dossier() -> None:
    stolen = again(2, DEATH, deceased__personal_id=FATHER.personal_id)
    assert compare_dossiers(ComparedDossier.of(stolen), ComparedDossier.of(BIRTH)).faults == (
        (PairFault.NUMBER_USED_BY_ANOTHER, "case.deceased.personal_id"),
    )
    assert compare_dossiers(ComparedDossier.of(BIRTH), ComparedDossier.of(stolen)).faults == (
        (PairFault.NUMBER_USED_BY_ANOTHER, "case.father.personal_id"),
    )


@pytest.mark.parametrize(
    ("day", "is_too_close"),
    [("20.11.2026", True), ("02.05.2026", True), ("08.11.2026", False), ("02.02.2026", False), ("11.02.2026", False),
     ("02.11.2025", False), ("2026", False)],
)  # fmt: skip
def test_two_births_of_one_mother_within_nine_months_are_too_close(day: str, is_too_close: bool) -> None:
    """The other child was born on 2 November 2026; 2 February is 273 days before, 11 February that day swapped."""
    other = again(2, child__full_name="NGUYỄN GIA BẢO", child__born_on=when(day), notice_code="00500.GCS.24001.26")
    faults = [fault for fault, _ in compare_dossiers(ComparedDossier.of(BIRTH), ComparedDossier.of(other)).faults]
    assert (PairFault.BIRTHS_TOO_CLOSE in faults) is is_too_close


def test_every_fault_between_dossiers_is_in_the_catalogue() -> None:
    assert {str(fault) for fault in PairFault} <= CATALOGUE.keys()


def test_an_entry_is_known_by_kind_place_book_and_number() -> None:
    receipt = CivilStatusReceipt(entry_number="012", book_code="01/2026")
    assert entry_of(BIRTH, receipt) == "birth/07210/01/2026/12"
    assert entry_of(BIRTH, CivilStatusReceipt(entry_number="12")) is None
    assert entry_of(DEATH, receipt) != entry_of(BIRTH, receipt)


@pytest.mark.parametrize(
    ("name", "other", "is_so"),
    [
        ("TRẦN THỊ HOÀ", "TRẦN THỊ HÒA", False),  # only the place of the tone differs
        ("TRẦN THỊ HOA", "Trần Thị Hòa", True),
        ("ĐỖ VĂN DUNG", "ĐỖ VĂN DŨNG", True),
        ("ĐỖ VĂN DŨNG", "đỗ văn dũng", False),
        ("ĐỖ VĂN DŨNG", "ĐỖ VĂN HÙNG", False),
    ],
)
def test_names_that_differ_by_tone_only(name: str, other: str, is_so: bool) -> None:
    assert differ_by_tone(name, other) is is_so
