"""Finding a person at the desk: within the user's places, logged, with no word of it in an address."""

import logging

import pytest
from fastapi.testclient import TestClient

from connectors.ledger import Ledger
from dags.steps.searching import index_records
from tests.support.desk import DeskHouse
from tests.support.dossiers import BIRTH
from tests.support.keyed_books import KeyedBook, open_book

COLUMNS = ("so", "nksHoTen", "nksNgaySinh", "chaHoTen", "meHoTen")
LAN = {"nksHoTen": "Nguyễn Thị Lan", "nksNgaySinh": "22/8/1962", "chaHoTen": "Nguyễn Văn Nam"}
UNCHECKED = "máy đọc, chưa kiểm tra"


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    """A desk with an archivist of Bắc Ninh (lan), one of Huế (hoa), a keyer (nam) and an auditor (binh)."""
    house = DeskHouse(ledger)
    house.grant("lan", "archivist", place="24")
    house.grant("hoa", "archivist", place="46")
    house.grant("nam", "keyer")
    house.grant("binh", "auditor")
    return house


@pytest.fixture
def book(house: DeskHouse) -> KeyedBook:
    """A book of Bắc Ninh with one page, which a machine has read."""
    book = open_book(house.ledger)
    index_records(house.ledger, [book.add(1, COLUMNS, {"aster-test": LAN})])
    return book


def agree(book: KeyedBook, record_id: int) -> None:
    sealed = book.key.seal('{"nksHoTen": {"text": "Nguyễn Thị Lan"}}'.encode(), f"record/{record_id}")
    book.execute(
        "UPDATE records SET state = 'agreed', sealed = :sealed WHERE record_id = :id", sealed=sealed, id=record_id
    )
    index_records(book.ledger, [record_id])


def test_a_machine_reading_is_found_with_errors_and_marked_as_unchecked(house: DeskHouse, book: KeyedBook) -> None:
    with house.visitor("lan") as lan:
        html = lan.send("/search", name="nguyen thi lam", year="1963", within="1", place="hap lihn")
    assert "Nguyễn Thị Lan" in html
    assert UNCHECKED in html
    assert "không được cấp cho công dân" in html
    assert f"/books/pages/{book.pages[1]}/crop/{book.records[1]}/nksHoTen" in html
    assert f'href="/books/pages/{book.pages[1]}/image"' in html


def test_the_crop_of_a_hit_and_its_page_are_shown_and_logged(house: DeskHouse, book: KeyedBook) -> None:
    with house.visitor("lan") as lan:
        crop = lan.client.get(f"/books/pages/{book.pages[1]}/crop/{book.records[1]}/nksHoTen")
        page = lan.client.get(f"/books/pages/{book.pages[1]}/image")
    assert (crop.status_code, crop.headers["content-type"]) == (200, "image/jpeg")
    assert (page.status_code, page.headers["content-type"]) == (200, "image/jpeg")
    assert ("lan", "page_image") in house.looks()
    with house.visitor("hoa") as hoa:
        assert hoa.client.get(f"/books/pages/{book.pages[1]}/image").status_code == 404


def test_another_provinces_person_is_not_found(house: DeskHouse, book: KeyedBook) -> None:
    house.arrive(BIRTH)
    with house.visitor("hoa") as hoa:
        html = hoa.send("/search", name="Nguyễn Thị Lan")
        assert "Nguyễn Văn Nam" not in html
        assert "Không tìm thấy ai trong phạm vi được giao" in html
        assert BIRTH.dossier_code not in hoa.send("/search", name=BIRTH.case.child.full_name)


def test_records_come_before_dossiers_and_both_before_readings(house: DeskHouse, book: KeyedBook) -> None:
    house.arrive(BIRTH)
    agreed = book.add(2, COLUMNS, {"aster-test": LAN | {"nksHoTen": "Nguyễn Mai Anh"}})
    index_records(house.ledger, [book.add(3, COLUMNS, {"aster-test": LAN | {"nksHoTen": "Nguyễn Mai Anh"}})])
    sealed = book.key.seal('{"nksHoTen": {"text": "Nguyễn Mai Anh"}}'.encode(), f"record/{agreed}")
    book.execute(
        "UPDATE records SET state = 'agreed', sealed = :sealed WHERE record_id = :id", sealed=sealed, id=agreed
    )
    index_records(house.ledger, [agreed])
    with house.visitor("lan") as lan:
        html = lan.send("/search", name="nguyen mai anh")
    record, dossier, reading = (html.index(f'id="hits-{kind}"') for kind in ("record", "dossier", "reading"))
    assert record < dossier < reading
    assert BIRTH.dossier_code in html
    assert html[record:dossier].count(UNCHECKED) == 0
    assert "đã nhập, chờ nghiệm thu sổ" in html[record:dossier]


@pytest.mark.parametrize("user", ["nam", "binh", "nobody"])
def test_who_may_not_search_is_refused_and_that_is_logged(house: DeskHouse, book: KeyedBook, user: str) -> None:
    with house.visitor(user) as visitor:
        visitor.get("/search", 403)
        html = visitor.send("/search", 403, name="Nguyễn Thị Lan")
    assert "Nguyễn Văn Nam" not in html
    detail = "no_grant" if user == "nobody" else "may_not_search"
    assert house.refusals() == [(user, "search", detail)] * 2
    assert house.rows("SELECT * FROM searches") == []


def test_somebody_who_is_not_logged_in_is_refused(house: DeskHouse, book: KeyedBook) -> None:
    with TestClient(house.app(), base_url="http://desk.example") as anonymous:
        assert anonymous.post("/search", data={"name": "Nguyễn Thị Lan"}).status_code == 401
        assert anonymous.get("/search").status_code == 401
    assert house.rows("SELECT * FROM searches") == []


def test_a_search_that_no_form_of_ours_sent_is_refused(house: DeskHouse, book: KeyedBook) -> None:
    with house.visitor("lan") as lan:
        assert lan.post("/search", {"name": "Nguyễn Thị Lan"}).status_code == 403
    assert house.rows("SELECT * FROM searches") == []


def test_every_search_is_logged_also_one_without_a_hit(house: DeskHouse, book: KeyedBook) -> None:
    house.arrive(BIRTH)
    with house.visitor("lan") as lan:
        lan.send("/search", name="nguyen mai anh")
        lan.send("/search", name="Đinh Bộ Lĩnh")
    assert [tuple(row) for row in house.rows("SELECT actor, hits FROM searches ORDER BY search_id")] == [
        ("lan", 1),
        ("lan", 0),
    ]
    seen = house.rows(
        "SELECT d.dossier_code FROM accesses a JOIN dossiers d USING (dossier_id) WHERE a.what = 'search'"
    )
    assert [row.dossier_code for row in seen] == [BIRTH.dossier_code]


def test_no_word_of_a_search_stands_in_an_address_a_log_or_the_access_log(
    house: DeskHouse, book: KeyedBook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with house.visitor("lan") as lan:
        answer = lan.post("/search", {"form_token": "token of lan", "name": "Nguyễn Thị Lan", "place": "Hạp Lĩnh"})
        lan.get("/search?name=Ignored")
    assert str(answer.url) == "http://desk.example/search"
    assert answer.history == []
    kept = repr(house.rows("SELECT actor, what, detail FROM accesses")) + caplog.text
    assert not any(word in kept for word in ("Lan'", "Nguyễn", "Nguy%E1%BB%85n", "Lĩnh", "Hạp"))
    assert "Ignored" not in lan.send("/search", name="x")


def test_a_year_and_a_place_alone_are_asked_for_more_and_not_logged_as_a_search(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        html = lan.send("/search", 422, year="1962", place="Hạp Lĩnh")
        assert "Hãy nhập họ tên" in html
        assert 'value="Hạp Lĩnh"' in html
        lan.send("/search", 422, name="Lan", year="62")
        lan.send("/search", 422, name="L" * 201)
    assert house.rows("SELECT * FROM searches") == []


def test_an_empty_result_says_what_to_try_next_in_both_languages(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        assert "thử tên xã, huyện trước đây" in lan.send("/search", name="Đinh Bộ Lĩnh")
    with house.visitor("lan", "en") as lan:
        assert "try its former name" in lan.send("/search", name="Đinh Bộ Lĩnh")


def test_one_click_leads_from_a_hit_to_the_keying_of_its_record(house: DeskHouse, book: KeyedBook) -> None:
    with house.visitor("lan") as lan:
        html = lan.send("/search", name="nguyen thi lan")
    assert f'<form method="post" action="/keying/records/{book.records[1]}/want">' in html
    assert "Nhập liệu mục này trước" in html


def test_a_keyed_record_needs_no_keying(house: DeskHouse, book: KeyedBook) -> None:
    agree(book, book.records[1])
    with house.visitor("lan") as lan:
        html = lan.send("/search", name="nguyen thi lan")
    assert "/want" not in html
    assert "đã nhập, chờ nghiệm thu sổ" in html


def test_a_record_of_a_rejected_book_is_unchecked_again(house: DeskHouse, book: KeyedBook) -> None:
    agree(book, book.records[1])
    book.execute("UPDATE records SET state = 'unkeyed' WHERE record_id = :id", id=book.records[1])
    with house.visitor("lan") as lan:
        html = lan.send("/search", name="nguyen thi lan")
    assert "sổ bị trả lại, chờ nhập lại" in html
    assert 'id="hits-record"' not in html


def test_the_entry_of_the_navigation_is_for_who_may_search(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        assert 'href="/search"' in lan.get("/")
    with house.visitor("binh") as binh:
        assert 'href="/search"' not in binh.get("/")
