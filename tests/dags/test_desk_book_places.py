"""Accepted records that wait for a place of their book: the desk says how many and why; an archivist ends it there."""

import re

import pytest

from connectors.ledger import Ledger
from connectors.ledger.waiting_records import waiting_books
from dags import steps
from dags.steps.entering import KINDS
from tests.support.desk import DeskHouse
from tests.support.paper_books import BIRTH, PaperBook

DONG_KY_THEN, DONG_KY_NOW = "09382", "09385"
"""Đồng Kỵ was a commune of its own in 1962; phường Đồng Nguyên of Bắc Ninh (24) keeps its books today."""
ELSEWHERE = "00004"
"""A ward of Hà Nội."""


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    """Archivists of Bắc Ninh (lan), of the commune that keeps the book (ky) and of Huế (hue), and a steward (hoa)."""
    house = DeskHouse(ledger)
    house.grant("lan", "archivist", place="24")
    house.grant("ky", "archivist", place=DONG_KY_NOW)
    house.grant("hue", "archivist", place="46")
    house.grant("hoa", "steward", place="24")
    return house


def waiting(house: DeskHouse, **facts: object) -> PaperBook:
    """An accepted book with two records, which lacks a place."""
    book = PaperBook(house.ledger, facts)
    book.record(BIRTH)
    book.record({**BIRTH, "so": "35", "nksHoTen": "LÊ THỊ SÁU"})
    return book


def places_of(book: PaperBook) -> tuple[object, ...]:
    ((place, keeper),) = book.rows("SELECT place_code, commune_code FROM books WHERE book_id = :id", id=book.book_id)
    return place, keeper


def main_of(html: str) -> str:
    return html[html.index("<main") :]


def test_the_list_and_the_page_say_how_many_records_wait_and_why(house: DeskHouse) -> None:
    book = waiting(house, place_code=None)
    PaperBook(house.ledger, {"book_number": "02"}).record(BIRTH)  # it lacks nothing
    with house.visitor("lan") as lan:
        html = lan.get("/books")
        assert "2 mục của 1 sổ đã nghiệm thu đang chờ ghi nơi lập và nơi giữ sổ" in html
        assert "2 mục chờ" in html
        assert "Chưa rõ xã nào đã lập sổ" in html
        assert "Chưa rõ xã nào hiện lưu giữ sổ" not in html
        only = lan.get("/books?waiting=true")
        assert re.findall(r'data-row href="/books/(\d+)"', only) == [str(book.book_id)]
        page = lan.get(f"/books/{book.book_id}")
        assert "2 mục đã nghiệm thu đang chờ" in page
        assert f'href="/books/{book.book_id}/places"' in page
        assert "tự được lập hồ sơ ở lượt nhập tới" in page
    with house.visitor("hoa") as hoa:
        page = hoa.get(f"/books/{book.book_id}")
        assert "2 mục đã nghiệm thu đang chờ" in page
        assert "Nhờ cán bộ lưu trữ" in page
        assert f"/books/{book.book_id}/places" not in page
    with house.visitor("hue") as hue:
        assert "đang chờ" not in hue.get("/books")


def test_a_book_of_a_kind_that_no_registry_takes_waits_for_nothing(house: DeskHouse) -> None:
    book = PaperBook(house.ledger, {"book_kind": "HN", "place_code": None})
    book.record({"so": "1", "nxnHoTen": "LÊ THỊ A"})
    with house.visitor("lan") as lan:
        assert "đang chờ" not in lan.get("/books")


def test_the_place_is_searched_by_name_said_and_the_records_are_entered(house: DeskHouse) -> None:
    book = waiting(house, place_code=None)
    assert steps.enter(house.ledger) == {"without_place": 2}
    with house.visitor("lan") as lan:
        html = lan.send(f"/books/{book.book_id}/places/search", place="dong ky")
        assert f'name="code" value="{DONG_KY_THEN}"' in html
        after = lan.send(f"/books/{book.book_id}/places/place", code=DONG_KY_THEN)
        assert "lượt nhập tới (trong khoảng 10 phút)" in after
        assert "đang chờ: chưa lập" not in after
    assert places_of(book) == (DONG_KY_THEN, DONG_KY_NOW)
    events = house.rows("SELECT actor, subject_id, detail FROM events WHERE kind = 'book_placed'")
    assert [tuple(event) for event in events] == [("lan", book.book_id, {"place": DONG_KY_THEN})]
    assert steps.enter(house.ledger)["entered"] == 2


def test_the_commune_that_keeps_the_book_is_said_and_its_officers_find_the_records(house: DeskHouse) -> None:
    book = waiting(house, commune_code=None)
    steps.searching.index_records(house.ledger, [row[0] for row in book.rows("SELECT record_id FROM records")])
    with house.visitor("ky") as ky:
        ky.get(f"/books/{book.book_id}", 404)
        assert "NGUYỄN VĂN BA" not in ky.send("/search", name="nguyen van ba")
    with house.visitor("lan") as lan:
        html = lan.get(f"/books/{book.book_id}/places")
        assert f'name="code" value="{DONG_KY_NOW}"' in html, "what became of the commune that opened it"
        lan.send(f"/books/{book.book_id}/places/keeper", code=DONG_KY_NOW)
    assert places_of(book) == (DONG_KY_THEN, DONG_KY_NOW)
    with house.visitor("ky") as ky:
        ky.get(f"/books/{book.book_id}")
        assert "NGUYỄN VĂN BA" in ky.send("/search", name="nguyen van ba")
    events = house.rows("SELECT actor, detail FROM events WHERE kind = 'book_keeper_set'")
    assert [tuple(event) for event in events] == [("lan", {"commune": DONG_KY_NOW})]
    assert waiting_books(house.ledger, KINDS) == {}
    assert steps.enter(house.ledger)["entered"] == 2


@pytest.mark.parametrize(
    ("act", "code"), [("place", ELSEWHERE), ("place", "99999"), ("keeper", ELSEWHERE), ("keeper", "99999")]
)
def test_a_unit_that_cannot_be_meant_is_not_written(house: DeskHouse, act: str, code: str) -> None:
    book = waiting(house, place_code=None)
    with house.visitor("lan") as lan:
        html = lan.send(f"/books/{book.book_id}/places/{act}", code=code)
    assert "không tồn tại vào thời của sổ, hoặc không thuộc tỉnh" in html
    assert places_of(book) == (None, DONG_KY_NOW)


def test_a_unit_of_another_time_is_not_written(house: DeskHouse) -> None:
    """Phường Đồng Nguyên of today has this code since 2025 alone, with other borders."""
    book = waiting(house, place_code=None, opened_year=2030)
    with house.visitor("lan") as lan:
        lan.send(f"/books/{book.book_id}/places/place", code=DONG_KY_THEN)
    assert places_of(book)[0] is None


@pytest.mark.parametrize(("user", "status"), [("hoa", 403), ("hue", 404), ("nobody", 403)])
def test_who_does_not_digitise_there_sees_no_form_and_writes_nothing(house: DeskHouse, user: str, status: int) -> None:
    book = waiting(house, place_code=None)
    with house.visitor(user) as visitor:
        visitor.get(f"/books/{book.book_id}/places", status)
        visitor.send(f"/books/{book.book_id}/places/search", status, place="Đồng Kỵ")
        visitor.send(f"/books/{book.book_id}/places/place", status, code=DONG_KY_THEN)
        visitor.send(f"/books/{book.book_id}/places/keeper", status, code=DONG_KY_NOW)
    assert places_of(book) == (None, DONG_KY_NOW)


def test_who_has_one_commune_gives_no_book_to_another(house: DeskHouse) -> None:
    book = waiting(house)
    (other,) = house.rows("SELECT '09193' AS code")  # another ward of Bắc Ninh
    with house.visitor("ky") as ky:
        ky.send(f"/books/{book.book_id}/places/keeper", 403, code=other.code)
    assert places_of(book) == (DONG_KY_THEN, DONG_KY_NOW)


def test_the_places_of_a_book_with_entered_records_stay(house: DeskHouse) -> None:
    book = waiting(house)
    steps.enter(house.ledger)
    with house.visitor("lan") as lan:
        html = lan.send(f"/books/{book.book_id}/places/place", code="09379")
        assert "Chưa thay đổi gì" in html
        lan.send(f"/books/{book.book_id}/places/keeper", code="09193")
    assert places_of(book) == (DONG_KY_THEN, DONG_KY_NOW)


def test_words_of_a_search_for_a_place_stand_in_no_address(house: DeskHouse) -> None:
    book = waiting(house, place_code=None)
    with house.visitor("lan") as lan:
        answer = lan.post(f"/books/{book.book_id}/places/search", {"form_token": "token of lan", "place": "Đồng Kỵ"})
    assert str(answer.url) == f"http://desk.example/books/{book.book_id}/places/search"


def test_a_form_of_another_site_writes_nothing(house: DeskHouse) -> None:
    book = waiting(house, place_code=None)
    with house.visitor("lan") as lan:
        assert lan.post(f"/books/{book.book_id}/places/place", {"code": DONG_KY_THEN}).status_code == 403
    assert places_of(book)[0] is None
