"""Finding a person again: with errors, within the reader's places, and not after an erasure."""

from collections import Counter
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL, text

from connectors.ledger import Ledger, copy_rows, open_ledger
from connectors.ledger.erasure import erase
from connectors.ledger.search import (
    SEARCHABLE_COLUMNS,
    WORDS_PURPOSE,
    Hit,
    index_dossiers,
    index_subjects,
    search,
    searchable_row,
)
from connectors.vault import Vault
from dags.steps.searching import facts_of_readings, find, index_records, reindex, shown_texts
from schemas.paper_tables import searchables
from schemas.roles import Reach, Role
from schemas.search_facts import facts_of_dossier, facts_of_values
from schemas.search_query import SearchQuery
from schemas.source import Book
from tests.support.desk import DeskHouse
from tests.support.dossiers import BIRTH, changed
from tests.support.keyed_books import KeyedBook, open_book

BOOK = Book(book_kind="KS", opened_year=1962, book_number="01", place_as_written="xã Hạp Lĩnh, huyện Tiên Du")
LAN = {
    "so": "034",
    "ngayDangKy": "25/08/1962",
    "nksHoTen": "Nguyễn Thị Lan",
    "nksNgaySinh": "22/8/1962",
    "nksNoiSinh": "xã Hạp Lĩnh, huyện Tiên Du",
    "meHoTen": "Trần Thị Hoa",
    "chaHoTen": "Nguyễn Văn Nam",
}
EVERYWHERE = {""}
COLUMNS = ("so", "nksHoTen", "nksNgaySinh", "chaHoTen", "meHoTen")


def row_of(
    ledger: Ledger, record_id: int, values: dict[str, str], province: str = "24", commune: str | None = "09193"
) -> tuple[Any, ...]:
    return searchable_row(ledger.vault, "record", record_id, province, commune, facts_of_values("KS", values, BOOK))


@pytest.fixture
def indexed(ledger: Ledger) -> Ledger:
    """Lan of 1962 in Bắc Ninh (1), a namesake of 1975 (2), somebody else (3), and a Lan of 1962 in Huế (4)."""
    rows = [
        row_of(ledger, 1, LAN),
        row_of(ledger, 2, LAN | {"nksNgaySinh": "1975", "ngayDangKy": "1975", "chaHoTen": "Nguyễn Văn Tư"}),
        row_of(ledger, 3, LAN | {"nksHoTen": "Phạm Quốc Hùng", "so": "035", "chaHoTen": "Phạm Văn Tám"}),
        row_of(ledger, 4, LAN, "46", "19774"),
    ]
    with ledger.engine.begin() as connection:
        copy_rows(connection, searchables, SEARCHABLE_COLUMNS, rows)
    return ledger


def ids(hits: list[Hit]) -> list[int]:
    return [hit.subject_id for hit in hits]


@pytest.mark.parametrize(
    "query",
    [
        SearchQuery("Nguyễn Thị Lan", 1962, 0, "Hạp Lĩnh"),
        SearchQuery("nguyen thi lam", 1961, 1, "hap lihn"),  # a letter in each, and the year
        SearchQuery("ngyuen thi lan", 1963, 1, "khac niem"),  # what it was joined with in 2025
        SearchQuery("nguyen lan", 1962, 1, "Hạp Lĩnh"),  # without Thị
        SearchQuery("lan", 1962, 0),
        SearchQuery("nguyen thi nan", parent="nguyen van nan"),
        SearchQuery(parent="Trần Thị Hoa", year=1962),
        SearchQuery("Nguyễn Thị Lan", number="34"),
    ],
    ids=repr,
)
def test_a_person_is_found_with_errors(indexed: Ledger, query: SearchQuery) -> None:
    assert 1 in ids(search(indexed, query, {"24"}))


def test_the_better_fit_comes_first_and_others_do_not_come(indexed: Ledger) -> None:
    assert ids(search(indexed, SearchQuery("nguyen thi lan", 1962), {"24"}))[0] == 1
    assert ids(search(indexed, SearchQuery("nguyen thi lan", 1975), {"24"}))[0] == 2
    assert 3 not in ids(search(indexed, SearchQuery("nguyen thi lan"), EVERYWHERE))


def test_of_equal_hits_the_newest_comes_first(indexed: Ledger) -> None:
    assert ids(search(indexed, SearchQuery("nguyen thi lan"), {"24"})) == [2, 1]


@pytest.mark.parametrize(
    ("places", "expected"),
    [({""}, {1, 4}), ({"24"}, {1}), ({"46"}, {4}), ({"09193"}, {1}), ({"19774", "24"}, {1, 4}), (set(), set())],
)
def test_only_what_lies_within_the_readers_places_is_found(
    indexed: Ledger, places: set[str], expected: set[int]
) -> None:
    assert set(ids(search(indexed, SearchQuery("Nguyễn Thị Lan", 1962), places))) == expected


def test_a_query_that_names_nobody_finds_nobody(indexed: Ledger) -> None:
    assert search(indexed, SearchQuery(year=1962, place="Hạp Lĩnh"), EVERYWHERE) == []


def test_nothing_legible_stands_in_what_is_searched(indexed: Ledger, ledger_url: URL) -> None:
    with psycopg.connect(host=str(ledger_url.query["host"]), user="postgres", dbname=ledger_url.database) as plain:
        rows = plain.execute("SELECT searchables::text FROM searchables").fetchall()
        sealed = b"".join(row[0] for row in plain.execute("SELECT sealed FROM searchables"))
    written = repr(rows).lower().encode() + sealed
    assert not any(word.encode() in written for word in ("nguyen", "nguyễn", "Nguyễn", "hap linh", "Hạp Lĩnh", "hung"))


def test_another_master_key_finds_nobody(indexed: Ledger, ledger_url: URL) -> None:
    with open_ledger(ledger_url, Vault(bytes(range(1, 33)))) as other:
        assert search(other, SearchQuery("Nguyễn Thị Lan"), EVERYWHERE) == []


def test_a_corrected_record_is_found_by_its_new_name_alone(indexed: Ledger) -> None:
    with indexed.engine.begin() as connection:
        index_subjects(connection, [row_of(indexed, 1, LAN | {"nksHoTen": "Bùi Thúy Quỳnh"})])
    assert 1 in ids(search(indexed, SearchQuery("bui thuy quynh"), EVERYWHERE))
    assert 1 not in ids(search(indexed, SearchQuery("Nguyễn Thị Lan", 1962), EVERYWHERE))


# Readings, records


@pytest.fixture
def book(ledger: Ledger) -> KeyedBook:
    return open_book(ledger)


def test_what_a_machine_read_is_found_and_what_persons_agreed_on_takes_its_place(book: KeyedBook) -> None:
    record_id = book.add(1, COLUMNS, {"aster-test": {"nksHoTen": "Nguyên Thi Lam", "nksNgaySinh": "22/8/1962"}})
    assert index_records(book.ledger, [record_id]) == {"reading": 1}
    (hit,) = search(book.ledger, SearchQuery("nguyen thi lan", 1962, 1, "hap linh"), {"24"})
    assert (hit.subject_kind, hit.subject_id, hit.facts.book) == ("reading", record_id, "KS 01/1962")

    sealed = book.key.seal(b'{"nksHoTen": {"text": "Nguy\\u1ec5n Th\\u1ecb Lan"}}', f"record/{record_id}")
    book.execute(
        "UPDATE records SET state = 'agreed', sealed = :sealed WHERE record_id = :id", sealed=sealed, id=record_id
    )
    assert index_records(book.ledger, [record_id]) == {"record": 1}
    (hit,) = search(book.ledger, SearchQuery("nguyen thi lan"), {"24"})
    assert (hit.subject_kind, hit.facts.subjects) == ("record", ("Nguyễn Thị Lan",))


def test_the_reading_of_either_machine_finds_the_record(book: KeyedBook) -> None:
    readings = {"aster-test": {"nksHoTen": "Ngxxn Tzi Lyn"}, "tesseract-test": {"nksHoTen": "Nguyễn Thị Lan"}}
    record_id = book.add(1, COLUMNS, readings)
    index_records(book.ledger, [record_id])
    assert ids(search(book.ledger, SearchQuery("nguyen thi lan"), {"24"})) == [record_id]


def test_a_field_that_the_better_recogniser_did_not_read_is_the_other_ones() -> None:
    assert shown_texts([{"so": "17"}, {"so": "11", "nksHoTen": "Lê Lan"}]) == {"so": "17", "nksHoTen": "Lê Lan"}
    assert shown_texts([]) == {}


def test_another_reading_adds_names_that_can_be_and_years_and_changes_nothing_shown() -> None:
    better = {"nksHoTen": "Trần Thị Lan", "chaHoTen": "Trần Văn Ba", "nksNgaySinh": "04/05/1961", "so": "17"}
    other = {"nksHoTen": "Trần Thị Lau", "chaHoTen": "Trxn Vfn Ba", "nksNgaySinh": "04/05/1967", "so": "11"}
    facts = facts_of_readings(BOOK, [better, other])
    assert facts.names == (("subject", "Trần Thị Lan"), ("father", "Trần Văn Ba"), ("subject", "Trần Thị Lau"))
    assert (facts.years, facts.born, facts.numbers) == ((1961, 1967), "04/05/1961", ("17",))


def test_words_that_a_recogniser_joined_are_apart_and_names_in_capitals_stay() -> None:
    joined = {"nksHoTen": "ĐỗMinh Thọ", "chaHoTen": "ĐỖ VĂN NAM", "meHoTen": "LêThịHoa"}
    facts = facts_of_readings(BOOK, [joined])
    assert [name for _, name in facts.names] == ["Đỗ Minh Thọ", "Lê Thị Hoa", "ĐỖ VĂN NAM"]


def test_a_record_that_comes_back_from_a_rejected_book_is_searched_by_its_reading(book: KeyedBook) -> None:
    record_id = book.add(1, COLUMNS, {"aster-test": {"nksHoTen": "Nguyễn Thị Lan"}})
    sealed = book.key.seal(b'{"nksHoTen": {"text": "Ho Mai"}}', f"record/{record_id}")
    book.execute("UPDATE records SET sealed = :sealed WHERE record_id = :id", sealed=sealed, id=record_id)
    assert index_records(book.ledger, [record_id]) == {"reading": 1}


# Dossiers


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    house = DeskHouse(ledger)
    house.arrive(BIRTH)
    return house


MAI_ANH = SearchQuery("nguyen mai an", 2026, 0)


def test_a_dossier_is_found_as_soon_as_it_is_examined(house: DeskHouse) -> None:
    (hit,) = search(house.ledger, MAI_ANH, {"24"})
    assert (hit.subject_kind, hit.facts.code) == ("dossier", BIRTH.dossier_code)


def test_a_dossier_that_its_portal_changed_is_found_by_its_new_name(house: DeskHouse) -> None:
    house.arrive(changed(BIRTH, "case.child.full_name", "NGUYỄN BẢO TRÂM"))
    assert [hit.facts.subjects for hit in search(house.ledger, SearchQuery("nguyen bao tram"), {"24"})] == [
        ("NGUYỄN BẢO TRÂM",)
    ]
    assert search(house.ledger, MAI_ANH, {"24"}) == []


def test_an_erased_dossier_is_not_found_any_more_and_not_indexed_again(house: DeskHouse) -> None:
    ((dossier_id, version),) = house.rows("SELECT dossier_id, version_number FROM dossiers")
    with house.ledger.engine.begin() as connection:
        connection.execute(text("UPDATE deliveries SET state = 'cancelled'"))
        connection.execute(text("UPDATE reports SET state = 'sent'"))
        connection.execute(text("UPDATE dossiers SET state = 'held'"))
    assert erase(house.ledger, BIRTH.portal_code, BIRTH.dossier_code)
    assert search(house.ledger, MAI_ANH, EVERYWHERE) == []

    late = searchable_row(house.ledger.vault, "dossier", dossier_id, "24", "07210", facts_of_dossier(BIRTH))
    assert index_dossiers(house.ledger, {(dossier_id, version): late}) == 0
    assert search(house.ledger, MAI_ANH, EVERYWHERE) == []


def test_an_older_version_does_not_take_the_place_of_a_newer_one(house: DeskHouse) -> None:
    house.arrive(changed(BIRTH, "case.child.full_name", "NGUYỄN BẢO TRÂM"))
    ((dossier_id,),) = house.rows("SELECT dossier_id FROM dossiers")
    late = searchable_row(house.ledger.vault, "dossier", dossier_id, "24", "07210", facts_of_dossier(BIRTH))
    assert index_dossiers(house.ledger, {(dossier_id, 1): late}) == 0
    assert search(house.ledger, MAI_ANH, {"24"}) == []


def test_a_ledger_that_exists_already_is_indexed_again_from_nothing(house: DeskHouse) -> None:
    book = open_book(house.ledger)
    book.add(1, COLUMNS, {"aster-test": {"nksHoTen": "Phạm Quốc Hùng"}})
    with house.ledger.engine.begin() as connection:
        connection.execute(text("DELETE FROM searchables"))
    assert sum(reindex(house.ledger), Counter[str]()) == {
        "dossier": 1,
        "reading": 1,
    }
    assert search(house.ledger, MAI_ANH, {"24"})
    assert search(house.ledger, SearchQuery("pham quoc hung"), {"24"})


# Who searched


def test_every_search_is_logged_with_its_words_sealed(indexed: Ledger) -> None:
    reach = Reach("lan", frozenset({(Role.ARCHIVIST, "24"), (Role.KEYER, "")}))
    assert set(ids(find(indexed, reach, SearchQuery("Nguyễn Thị Lan", 1962)))) == {1}
    assert find(indexed, reach, SearchQuery("Đinh Bộ Lĩnh")) == []
    with indexed.engine.connect() as connection:
        rows = connection.execute(text("SELECT actor, hits, sealed FROM searches ORDER BY search_id")).all()
    assert [(row.actor, row.hits) for row in rows] == [("lan", 1), ("lan", 0)]
    assert "Nguyễn Thị Lan" in indexed.vault.search_key.unseal(rows[0].sealed, WORDS_PURPOSE).decode()
    assert b"Lan" not in bytes(rows[0].sealed)


def test_who_may_search_nowhere_finds_nobody(indexed: Ledger) -> None:
    assert find(indexed, Reach("lan", frozenset({(Role.KEYER, "")})), SearchQuery("Nguyễn Thị Lan")) == []


def test_a_query_shows_nothing_of_a_person_when_it_is_printed() -> None:
    assert repr(replace(SearchQuery("Nguyễn Thị Lan", 1962), place="Hạp Lĩnh")) == "SearchQuery(year=1962, within=1)"
