"""A record over two pages of an open book is read from both, and a value never lands in another person's row."""

import io
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.book_pdfs import texts_of_page
from connectors.ledger.forms import save_form
from connectors.ledger.handed_over import handed_book, readings_of
from connectors.ledger.page_copies import page_head, places_of
from connectors.ledger.page_readings import claimed_page, readings_of_book
from connectors.ledger.pages import pages_of, set_aside_by, try_again
from connectors.paper.recognisers import Recogniser, available
from dags.steps.digitising import DroppedFile, read_pages, take_in
from dags.steps.page_reading import Masters, PageReader
from schemas.source import Book
from tests.support.desk import DeskHouse
from tests.support.register_pages import FONTS, Damage, RegisterPage, make_page, open_book
from tests.support.spread_forms import CHILDREN, spread_form

BOOK = Book(book_kind="KS", opened_year=1986, book_number="02", place_as_written="xã Hạp Lĩnh, huyện Tiên Du")
MOTHERS = (
    "Đỗ Thị Mai|Vũ Thị Hằng|Tạ Thị Sen|Dương Thị Nhung|Mạc Thị Yến|Quách Thị Loan|Đinh Thị Vân|Trịnh Thị Diễm".split(
        "|"
    )
)
FONT = FONTS / "dejavu/DejaVuSans.ttf"


@cache
def left(shift: int = 0, turned: int = 0) -> RegisterPage:
    rows = [{"so": str(40 + number), "nksHoTen": name} for number, name in enumerate(CHILDREN)]
    return make_page("ks_spread_left", 21, FONT, "print", Damage(dpi=200, row_shift=shift, turned=turned), rows)


@cache
def right(shift: int = 0, turned: int = 0) -> RegisterPage:
    rows = [{"meHoTen": name, "nksNoiSinh": "xã Hạp Lĩnh"} for name in MOTHERS]
    return make_page("ks_spread_right", 22, FONT, "print", Damage(dpi=200, row_shift=shift, turned=turned), rows)


@cache
def recognisers() -> list[Recogniser]:
    return available()[0]


def take(ledger: Ledger, files: Mapping[str, bytes], **options: Any) -> None:
    dropped = [DroppedFile(name, lambda content=content: io.BytesIO(content)) for name, content in files.items()]
    take_in(ledger, BOOK, dropped, province_code="24", commune_code="09430", **options)


def draw(ledger: Ledger, **change: Any) -> None:
    save_form(ledger, spread_form(**change), based_on=None, places=["", "24"], place_code="24", actor="lan")


def states(ledger: Ledger) -> list[tuple[int, str, str | None]]:
    return [(page.page_number, page.state, page.reason_code) for page in pages_of(ledger, 1)]


def mothers(ledger: Ledger) -> dict[str, str]:
    """Whose mother the best recogniser read whom to be."""
    best = recognisers()[0].code
    readings = [reading for *_, reading in readings_of_book(ledger, 1) if reading.recogniser_code == best]
    return {reading.values["nksHoTen"].text: reading.values["meHoTen"].text for reading in readings}


def count(ledger: Ledger, question: str) -> int:
    with ledger.engine.connect() as connection:
        return int(connection.execute(text(question)).scalar_one())


def test_each_record_is_read_from_both_pages_and_every_value_is_in_its_own_row(ledger: Ledger) -> None:
    draw(ledger)
    take(ledger, {"p1.jpg": left().jpeg, "p2.jpg": right().jpeg})
    assert read_pages(ledger, processes=1) == {"read": 2, "records": 8, "books": 1}
    assert states(ledger) == [(1, "read", None), (2, "read", None)]
    assert mothers(ledger) == dict(zip(CHILDREN, MOTHERS, strict=True))
    pages = pages_of(ledger, 1)
    assert [(page.form_code, page.records) for page in pages] == [("ks_hai_trang", 8), ("ks_hai_trang", 0)]
    head = page_head(ledger, pages[0].page_id)
    assert head is not None
    where = {column: place[0].page_id for column, place in places_of(ledger, head, record_id=3).items()}
    assert where == dict.fromkeys(("so", "ngayDangKy", "nksHoTen", "nksGioiTinh", "nksNgaySinh"), 1) | dict.fromkeys(
        ("nksNoiSinh", "chaHoTen", "meHoTen"), 2
    )
    assert count(ledger, "SELECT count(*) FROM searchables") == 8
    book = handed_book(ledger, 1)
    assert book is not None
    for page_id, names, others in ((1, CHILDREN, MOTHERS), (2, MOTHERS, CHILDREN)):
        texts = {words for words, _ in texts_of_page(ledger, book, page_id)}
        assert texts >= set(names), "a searchable copy has each text on the page where it stands"
        assert not texts & set(others)
        of_page = [value.text for _, reading in readings_of(ledger, book, page_id) for value in reading.values.values()]
        assert set(of_page) >= set(names)
        assert not set(of_page) & set(others)
    assert read_pages(ledger, processes=1) == {}


def test_a_crop_comes_from_the_page_on_which_the_field_lies(ledger: Ledger) -> None:
    from PIL import Image

    draw(ledger)
    take(ledger, {"p1.jpg": left().jpeg, "p2.jpg": right().jpeg})
    read_pages(ledger, processes=1)
    house = DeskHouse(ledger)
    house.grant("an", "keyer")
    fits = {page.page_id: page.fit["boxes_px"]["2"] for page in pages_of(ledger, 1) if page.fit}
    with house.visitor("an") as an:
        html = an.send("/keying/records/2/want")
        assert 'data-on="1"' in html
        assert 'data-on="2"' in html
        assert html.count("data-page=") == 2, "both pages are there to be looked at"
        for column, page_id in (("nksHoTen", 1), ("meHoTen", 2)):
            answer = an.client.get(f"/books/pages/1/crop/2/{column}")
            with Image.open(io.BytesIO(answer.content)) as image:
                width, height = fits[page_id][column][2:]
                margin = max(6, round(height * 0.35))
                assert image.size == (width + 2 * margin, height + 2 * margin)
    looks = house.rows("SELECT DISTINCT subject_id FROM accesses WHERE what = 'page_image' ORDER BY 1")
    assert [row.subject_id for row in looks] == [1, 2]


def test_without_the_second_page_the_records_are_set_aside_until_it_comes(ledger: Ledger) -> None:
    draw(ledger)
    take(ledger, {"p1.jpg": left().jpeg})
    assert read_pages(ledger, processes=1) == {"set_aside": 1, "books": 1}
    assert states(ledger) == [(1, "set_aside", "facing_missing")]
    assert count(ledger, "SELECT count(*) FROM records") == 0
    take(ledger, {"p2.jpg": right().jpeg})
    assert read_pages(ledger, processes=1) == {"read": 2, "records": 8, "books": 1}
    assert mothers(ledger) == dict(zip(CHILDREN, MOTHERS, strict=True))


def test_a_right_page_alone_and_a_page_of_another_form_beside_a_left_one_change_nothing_else(ledger: Ledger) -> None:
    draw(ledger)
    alone = make_page("ks_a4_dotted", 5, done=Damage(dpi=200))
    take(ledger, {"p1.jpg": right().jpeg, "p2.jpg": alone.jpeg, "p3.jpg": left().jpeg, "p4.jpg": left(1).jpeg})
    assert read_pages(ledger, processes=1) == {"read": 1, "records": 1, "set_aside": 3, "books": 1}
    assert states(ledger) == [
        (1, "set_aside", "facing_missing"),
        (2, "read", None),
        (3, "set_aside", "facing_missing"),
        (4, "set_aside", "facing_missing"),
    ]


def test_a_second_page_that_is_upside_down_sets_the_records_aside_until_it_is_scanned_again(ledger: Ledger) -> None:
    draw(ledger)
    take(ledger, {"p1.jpg": left().jpeg, "p2.jpg": right(turned=2).jpeg})
    assert read_pages(ledger, processes=1) == {"set_aside": 2, "books": 1}
    assert states(ledger) == [(1, "set_aside", "facing_aside"), (2, "set_aside", "upside_down")]
    take(ledger, {"p2b.jpg": right().jpeg}, replaces=pages_of(ledger, 1)[1].page_id)
    assert read_pages(ledger, processes=1) == {"read": 2, "records": 8, "books": 1}
    assert mothers(ledger) == dict(zip(CHILDREN, MOTHERS, strict=True))


@pytest.mark.parametrize("wrong", ["left", "right"])
def test_where_one_page_has_other_row_numbers_than_its_form_no_record_is_kept(ledger: Ledger, wrong: str) -> None:
    draw(ledger)
    first, second = (left(1), right()) if wrong == "left" else (left(), right(1))
    take(ledger, {"p1.jpg": first.jpeg, "p2.jpg": second.jpeg})
    assert read_pages(ledger, processes=1) == {"set_aside": 2 if wrong == "right" else 1, "books": 1}
    reasons = ("row_numbers", "facing_aside") if wrong == "left" else ("facing_aside", "row_numbers")
    assert [reason for *_, reason in states(ledger)] == [*reasons]
    assert count(ledger, "SELECT count(*) FROM records") == 0


def test_where_numbers_run_on_the_right_page_of_another_entry_is_not_taken(ledger: Ledger) -> None:
    draw(ledger, numbers_run_on=True)
    take(ledger, {"p1.jpg": left(8).jpeg, "p2.jpg": right(16).jpeg})
    assert read_pages(ledger, processes=1) == {"set_aside": 2, "books": 1}
    assert [reason for *_, reason in states(ledger)] == ["facing_rows", "facing_rows"]
    take(ledger, {"p2b.jpg": right(8).jpeg}, replaces=pages_of(ledger, 1)[1].page_id)
    assert read_pages(ledger, processes=1) == {"read": 2, "records": 8, "books": 1}


def test_a_photograph_of_the_open_book_holds_both_pages(ledger: Ledger) -> None:
    draw(ledger)
    take(ledger, {"p1.jpg": open_book(left(), right())})
    assert read_pages(ledger, processes=1) == {"read": 1, "records": 8, "books": 1}
    assert mothers(ledger) == dict(zip(CHILDREN, MOTHERS, strict=True))


def test_a_photograph_of_pages_that_are_not_of_one_another_is_set_aside(ledger: Ledger) -> None:
    draw(ledger, numbers_run_on=True)
    take(ledger, {"p1.jpg": open_book(left(8), right(16))})
    assert read_pages(ledger, processes=1) == {"set_aside": 1, "books": 1}
    assert states(ledger) == [(1, "set_aside", "facing_rows")]


def test_a_second_page_that_a_person_sets_aside_takes_its_records_along(ledger: Ledger) -> None:
    draw(ledger)
    take(ledger, {"p1.jpg": left().jpeg, "p2.jpg": right().jpeg})
    read_pages(ledger, processes=1)
    set_aside_by(ledger, pages_of(ledger, 1)[1].page_id, "lan")
    assert [reason for *_, reason in states(ledger)] == ["facing_aside", "not_a_page"]
    assert count(ledger, "SELECT count(*) FROM searchables") == 0
    assert try_again(ledger, pages_of(ledger, 1)[1].page_id, "lan")
    assert read_pages(ledger, processes=1) == {"read": 2, "records": 8, "books": 1}
    assert count(ledger, "SELECT count(*) FROM records") == 8


def test_a_right_page_whose_left_one_another_worker_reads_is_left_to_that_worker(ledger: Ledger) -> None:
    draw(ledger)
    take(ledger, {"p1.jpg": left().jpeg, "p2.jpg": right().jpeg})
    with ledger.engine.begin() as other, Masters(ledger) as masters:
        other.execute(text("SELECT FROM pages WHERE page_number = 1 FOR UPDATE"))
        with claimed_page(ledger, None, with_machine=True) as page:
            assert page is not None
            assert PageReader(ledger, masters, recognisers()).read(page) == ({}, 1)
    assert count(ledger, "SELECT max(attempts) FROM pages") == 0
    assert states(ledger) == [(1, "received", None), (2, "received", None)]
    assert read_pages(ledger, processes=1) == {"read": 2, "records": 8, "books": 1}
