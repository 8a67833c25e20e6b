"""What finds a person: facts of records and dossiers, their tokens, and the tokens that a query looks for."""

import pytest

from schemas.search_facts import SearchFacts, facts_of_dossier, facts_of_values, place_names, tokens_of, year_of
from schemas.search_query import SearchQuery, place_variants, steps_of
from schemas.search_ranking import Wanted, score
from schemas.source import Book
from schemas.syllables import expanded, known_syllables
from tests.support.dossiers import BIRTH, MARRIAGE

BOOK = Book(book_kind="KS", opened_year=1962, book_number="01", place_as_written="xã Hạp Lĩnh, huyện Tiên Du")
ROW = {
    "so": "034",
    "ngayDangKy": "25/08/1962",
    "nguoiKy": "Lê Văn Ký",
    "nksHoTen": "Nguyễn Thị Lan",
    "nksNgaySinh": "22/8/1962",
    "nksNoiSinh": "Thôn Đông, xã Hạp Lĩnh",
    "meHoTen": "Trần Thị Hoa",
    "chaHoTen": "Nguyễn Văn Nam",
    "nycHoTen": "Phạm Văn Xin",
}


def names_of(facts: SearchFacts) -> list[tuple[str, str]]:
    return [(str(role), name) for role, name in facts.names]


def test_a_birth_row_gives_the_child_and_its_parents_but_nobody_who_signed_or_applied() -> None:
    facts = facts_of_values("KS", ROW, BOOK)
    assert names_of(facts) == [
        ("subject", "Nguyễn Thị Lan"),
        ("mother", "Trần Thị Hoa"),
        ("father", "Nguyễn Văn Nam"),
    ]
    assert facts.years == (1962,)
    assert (facts.born, facts.happened, facts.book) == ("22/8/1962", "25/08/1962", "KS 01/1962")
    assert facts.places == ("Thôn Đông, xã Hạp Lĩnh", "xã Hạp Lĩnh, huyện Tiên Du")
    assert facts.numbers == ("034",)


def test_a_marriage_row_has_two_subjects() -> None:
    facts = facts_of_values("KH", {"chongHoTen": "Bùi Văn Ba", "voHoTen": "Lê Thị Tư", "ngayDangKy": "1.2.1970"})
    assert facts.subjects == ("Bùi Văn Ba", "Lê Thị Tư")
    assert facts.years == (1970,)


def test_a_row_without_a_day_has_the_year_of_its_book() -> None:
    assert facts_of_values("KS", {"nksHoTen": "Lan"}, BOOK).years == (1962,)
    assert facts_of_values("KS", {"nksHoTen": "Lan"}).years == ()


def test_another_kind_of_book_is_refused() -> None:
    with pytest.raises(KeyError):
        facts_of_values("XX", ROW)


@pytest.mark.parametrize(
    ("text", "book_year", "year"),
    [
        ("22/8/1962", None, 1962),
        ("1962", None, 1962),
        ("22/8 năm Quý Mùi", 1944, 1943),
        ("22/8 năm Quý Mùi", None, None),
        ("024196212345", None, None),
        ("ngày 2 tháng 3", 1962, None),
    ],
)
def test_the_year_of_a_day_as_written(text: str, book_year: int | None, year: int | None) -> None:
    assert year_of(text, book_year) == year


def test_a_dossier_gives_its_subjects_parents_places_and_numbers() -> None:
    facts = facts_of_dossier(BIRTH)
    assert facts.subjects == (BIRTH.case.child.full_name,)
    assert set(facts.relatives) == {"TRẦN THỊ HOA", BIRTH.case.father.full_name}
    assert facts.years == (2026,)
    assert "07210" in facts.commune_codes
    assert "024198001111" in facts.numbers
    assert facts.code == BIRTH.dossier_code
    assert len(facts_of_dossier(MARRIAGE).subjects) == 2


def test_facts_are_what_they_were_when_they_are_opened_again() -> None:
    facts = facts_of_values("KS", ROW, BOOK)
    again = SearchFacts.from_bytes(facts.to_bytes())
    assert again == facts


def test_tokens_are_whole_names_pairs_syllables_with_years_places_and_numbers() -> None:
    tokens = set(tokens_of(facts_of_values("KS", ROW, BOOK)))
    assert {
        "n|nguyen thi lan",
        "n|nguyen thi lan|1962",
        "2|nguyen thi",
        "2|nguyen lan",
        "2|thi lan",
        "s|lan",
        "s|lan|1962",
        "r|tran thi hoa",
        "r|nguyen van nam",
        "y|1962",
        "p|hap linh",
        "p|tien du",
        "#|34",
    } <= tokens
    assert not any("pham" in token or "ky" in token for token in tokens)


def test_a_syllable_outside_the_spelling_rules_is_found_with_one_letter_wrong() -> None:
    tokens = set(tokens_of(facts_of_values("KS", {"nksHoTen": "Ksor Lan"})))
    query = {token for step in steps_of(SearchQuery("kror lan")) for group in step.groups for token in group}
    assert "-|kor lan" in tokens & query


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("lann", "lan"), ("ln", "lan"), ("lam", "lan"), ("lna", "lan"), ("nan", "lan"), ("trinh", "chinh"), ("xon", "son"),
     ("gioan", "doan"), ("thang", "than"), ("my", "mi")],
)  # fmt: skip
def test_a_syllable_stands_for_those_that_one_error_of_hand_or_ear_makes(typed: str, meant: str) -> None:
    assert meant in expanded(typed)


def test_a_syllable_does_not_stand_for_what_two_errors_make_or_for_what_is_no_syllable() -> None:
    assert "hung" not in expanded("lan")
    assert "lxn" not in expanded("lan")
    assert "ksor" in expanded("ksor")
    assert "nguyen" in known_syllables()
    assert "lain" not in known_syllables()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Thôn Đông, xã Hạp Lĩnh, huyện Tiên Du", ["hap linh", "tien du"]),
        ("xã Hạp Lĩnh huyện Tiên Du tỉnh Bắc Ninh", ["hap linh", "tien du", "bac ninh"]),
        ("UBND Tân Xã, TP. HCM", ["tan xa", "ho chi minh"]),
    ],
)
def test_names_of_units_are_found_in_an_address(text: str, names: list[str]) -> None:
    assert [name for name in place_names(text) if name in names] == names


def test_a_written_place_means_its_name_with_an_error_and_the_communes_that_it_became() -> None:
    assert "hap linh" in place_variants("hap lihn")
    assert "hap linh" in place_variants("xã Hạp Lĩnh, huyện Tiên Du")
    assert "tien du" not in place_variants("xã Hạp Lĩnh, huyện Tiên Du")
    # Nghị quyết 1658/NQ-UBTVQH15: phường Hạp Lĩnh, phường Khắc Niệm, ... became phường Hạp Lĩnh
    assert "khac niem" in place_variants("phường Hạp Lĩnh")
    assert place_variants("Atlantis Submarina") == {}


@pytest.mark.parametrize("query", [SearchQuery(), SearchQuery(year=1962, place="Hạp Lĩnh"), SearchQuery(name=" .- ")])
def test_a_year_and_a_place_alone_are_no_query(query: SearchQuery) -> None:
    assert query.is_empty
    assert steps_of(query) == []


def test_the_right_person_scores_higher_than_a_namesake_elsewhere() -> None:
    wanted = Wanted.of(SearchQuery("Nguyễn Thị Lam", 1961, 1, "Hạp Linh"))
    here = facts_of_values("KS", ROW, BOOK)
    elsewhere = facts_of_values("KS", ROW | {"nksNoiSinh": "xã Hát Môn", "nksNgaySinh": "1975"})
    assert score(wanted, here) > 0.9 > score(wanted, elsewhere)


def test_tones_break_a_tie() -> None:
    wanted = Wanted.of(SearchQuery("Nguyễn Thị Lan"))
    assert score(wanted, facts_of_values("KS", {"nksHoTen": "Nguyễn Thị Lan"})) > score(
        wanted, facts_of_values("KS", {"nksHoTen": "Nguyễn Thị Lân"})
    )


def test_a_death_that_was_registered_years_later_is_found_by_either_year() -> None:
    death = {"nktHoTen": "Phạm Văn Thành", "nktNgayChet": "04.05.1962", "ngayDangKy": "11.02.1985"}
    facts = facts_of_values("KT", death)
    assert (facts.years, facts.happened) == ((1962, 1985), "04.05.1962")
