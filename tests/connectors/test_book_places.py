"""The place on the cover of a book gets a code only where exactly one unit of its time is meant."""

from datetime import date

import pytest

from connectors.ledger import Ledger
from connectors.ledger.books import ensure_book, set_place
from connectors.paper.book_places import keepers_named, likely_keepers, place_code_of, places_named
from schemas.source import Book
from tests.support.ledger_driver import LedgerDriver

TODAY = date(2026, 11, 30)
BAC_GIANG = "07210"
"""Phường Bắc Giang, which seven units became on 1 July 2025; one of them, Hoàng Văn Thụ, had this code before it."""


def book(place: str, year: int = 1998) -> Book:
    return Book(book_kind="KS", opened_year=year, book_number="01", place_as_written=place)


@pytest.mark.parametrize(
    ("place", "keeper", "code"),
    [
        ("Phường Dĩnh Kế", BAC_GIANG, "07231"),
        ("phường Hoàng Văn Thụ", BAC_GIANG, "07210"),
        ("Phường Bắc Giang", BAC_GIANG, None),  # no such unit in 1998
        ("Dĩnh Kế", BAC_GIANG, None),  # a commune or a ward: the cover does not say
        ("Phường Dĩnh Kế", None, None),
        ("Phường Dĩnh Kế", "00004", None),  # a ward of Hà Nội, which Dĩnh Kế never became
        ("Phường Dĩnh Kế, thành phố Bắc Giang, tỉnh Bắc Giang", None, "07231"),
    ],
)
def test_a_cover_gets_the_code_of_the_one_unit_that_is_meant(place: str, keeper: str | None, code: str | None) -> None:
    assert place_code_of(book(place), keeper, TODAY) == code


def test_a_code_that_is_known_stays() -> None:
    known = book("Phường Dĩnh Kế").model_copy(update={"place_code": "07441"})
    assert place_code_of(known, BAC_GIANG, TODAY) == "07441"


def test_a_person_says_which_unit_it_was_and_that_is_an_event(driver: LedgerDriver, ledger: Ledger) -> None:
    with ledger.engine.begin() as connection:
        book_id, _ = ensure_book(connection, ledger, book("Dĩnh Kế"), "24", BAC_GIANG)
    assert set_place(ledger, book_id, "07231", "archivist")
    assert not set_place(ledger, book_id, "07231", "archivist")
    assert not set_place(ledger, book_id + 1, "07231", "archivist")
    assert [tuple(row) for row in driver.rows("SELECT place_code FROM books")] == [("07231",)]
    events = driver.rows("SELECT kind, actor, subject_id, detail FROM events")
    assert [tuple(row) for row in events] == [("book_placed", "archivist", book_id, {"place": "07231"})]


@pytest.mark.parametrize(
    ("words", "year", "codes"),
    [
        ("xã Đồng Kỵ, huyện Từ Sơn", 1962, ["09382", "07282"]),  # Đồng Kỳ has the letters, and comes behind it
        ("dong ky", 1962, ["09382", "07282"]),
        ("09382", 1962, ["09382"]),
        ("Đồng Kỵ", 2026, ["07282"]),  # the ward ended on 1 July 2025
        ("", 1962, []),
        ("  ,", 1962, []),
        ("%", 1962, []),
    ],
)
def test_a_search_finds_communes_of_the_books_time_in_the_province_that_keeps_it(
    words: str, year: int, codes: list[str]
) -> None:
    assert [unit.code for unit in places_named(words, year, "24", TODAY)] == codes


def test_a_search_stays_within_the_province_and_is_capped() -> None:
    assert places_named("Đồng Kỵ", 1962, "46", TODAY) == []
    assert len(places_named("Phú", 1962, "01", TODAY)) == 30


def test_who_keeps_a_book_today_is_one_of_the_communes_that_its_own_became() -> None:
    assert [unit.code for unit in likely_keepers("09382", 1962, "24", TODAY)] == ["09385"]
    assert likely_keepers("09382", 1962, "46", TODAY) == []
    assert [unit.code for unit in keepers_named("dong nguyen", "24", TODAY)] == ["09385"]
    assert keepers_named("09382", "24", TODAY) == [], "no commune has this code today"
