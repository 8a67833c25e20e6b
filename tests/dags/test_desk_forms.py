"""Forms at the desk: drawn in fields without script, with messages that say what to do, saved as editions, and used."""

import io
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connectors.ledger import Ledger
from connectors.ledger.forms import FormMoved, all_forms, save_form
from connectors.ledger.pages import pages_of, try_again
from dags.steps.digitising import DroppedFile, read_pages, take_in
from schemas.source import Book
from tests.dags.test_desk_accessibility import assert_readable
from tests.support.desk import TOKEN, Browser, DeskHouse
from tests.support.register_pages import FONTS, Damage, make_page
from tests.support.spread_forms import CHILDREN, spread_form

BOOK = Book(book_kind="KS", opened_year=1986, book_number="02", place_as_written="xã Hạp Lĩnh, huyện Tiên Du")
TABLE = {
    "title": "Sổ khai sinh 8 dòng",
    "first_year": "1980",
    "last_year": "1989",
    "layout": "table",
    "rows": "8",
    "row_height": "26",
    "frame_width.0": "184",
    "frame_height.0": "230",
}
"""As the left page of `register_layouts` is measured with a ruler."""


@cache
def left(shift: int = 0) -> bytes:
    rows = [{"so": str(40 + number), "nksHoTen": name} for number, name in enumerate(CHILDREN)]
    return make_page(
        "ks_spread_left", 21, FONTS / "dejavu/DejaVuSans.ttf", "print", Damage(dpi=200, row_shift=shift), rows
    ).jpeg


@cache
def right() -> bytes:
    return make_page("ks_spread_right", 22, done=Damage(dpi=200)).jpeg


def boxes(*rows: tuple[str, float, float, float, float], page: int = 0, first: int = 1) -> dict[str, str]:
    """Fields of boxes: column, left, top, width, height."""
    fields: dict[str, str] = {}
    for number, (column, *places) in enumerate(rows, first):
        fields[f"box.{number}.column"], fields[f"box.{number}.page"] = column, str(page)
        for name, place in zip(("left", "top", "width", "height"), places, strict=True):
            fields[f"box.{number}.{name}"] = str(place)
    return fields


NUMBER, SO, NAME = ("row_number", 0, 22, 12, 26), ("so", 12, 22, 20, 26), ("nksHoTen", 64, 22, 70, 26)
GOOD = TABLE | boxes(NUMBER, SO, NAME)


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    """Archivists of the province (lan), of the book's commune (xa), and of another (kia); a keyer (van). One page."""
    house = DeskHouse(ledger)
    house.grant("lan", "archivist", place="24")
    house.grant("xa", "archivist", place="09430")
    house.grant("kia", "archivist", place="07228")
    house.grant("van", "keyer")
    take(ledger, {"p1.jpg": left()})
    return house


def take(ledger: Ledger, files: Mapping[str, bytes], book: Book = BOOK, commune: str = "09430") -> None:
    dropped = [DroppedFile(name, lambda content=content: io.BytesIO(content)) for name, content in files.items()]
    take_in(ledger, book, dropped, province_code="24", commune_code=commune)


def send(user: Browser, fields: Mapping[str, str], act: str, status: int = 200, page_id: int = 1) -> str:
    return user.send(f"/forms/draw/{page_id}", status, **{**fields, "act": act})


def alert(html: str) -> str:
    """What the page complains of."""
    found = re.search(r'role="alert">(.*?)</div>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def events(house: DeskHouse) -> list[tuple[str, dict[str, Any]]]:
    return [(row.actor, row.detail) for row in house.rows("SELECT actor, detail FROM events WHERE kind = 'form_saved'")]


def test_a_form_is_drawn_tried_and_saved_and_reads_the_page_that_no_form_fitted(house: DeskHouse) -> None:
    ledger = house.ledger
    assert read_pages(ledger, processes=1) == {"set_aside": 1, "books": 1}
    with house.visitor("lan") as lan:
        assert 'href="/forms/draw/1"' in lan.get("/books/1")
        html = lan.get("/forms/draw/1")
        assert_readable(html, "form_draw")
        width, height = (float(found) for found in re.findall(r'data-(?:width|height)="([\d.]+)"', html))
        assert (width, height) == (180.0, pytest.approx(180 * 230 / 184, abs=1.0)), "as long as nobody has measured it"
        html = send(lan, GOOD, "try")
        assert "Trang này đọc được theo mẫu" in html
        assert "Số thứ tự đúng ở 8 trên 8 dòng" in html
        assert html.count("data:image/png;base64,") == 8 * 3
        assert "trang sổ" not in alert(html)
        html = send(lan, GOOD | {"place": "24"}, "save_new")
        assert "Đã lưu bản mới của mẫu" in html
        assert "Sổ khai sinh 8 dòng" in html
        assert "1980-1989" in html
        assert "Sổ khai sinh 8 dòng" in lan.get("/forms")
    detail = {"form": "ks_ve_1", "boxes": 3, "place": "24", "supersedes": None}
    assert events(house) == [("lan", detail)]
    assert house.rows("SELECT page_id, definition ->> 'valid_until' AS until FROM register_forms") == [
        (1, "1990-01-01")
    ]
    assert try_again(ledger, 1, "lan")
    assert read_pages(ledger, processes=1) == {"read": 1, "records": 8, "books": 1}
    assert pages_of(ledger, 1)[0].form_code == "ks_ve_1"
    assert house.rows("SELECT count(*) FROM searchables") == [(8,)]


PROBLEMS = [
    ("box outside", GOOD | boxes(("nksHoTen", 150, 22, 70, 26), first=3), "Ô nằm ngoài khung: dời vào trong khung"),
    ("overlap", GOOD | boxes(("nksHoTen", 30, 22, 70, 26), first=3), "Hai ô chồng lên nhau"),
    ("twice", GOOD | boxes(("so", 140, 22, 30, 26), first=4), "Hai ô cùng một nội dung"),
    ("other column", GOOD | boxes(("nktHoTen", 140, 22, 30, 26), first=4), "Ô chưa chọn nội dung, hoặc loại sổ"),
    ("no field chosen", GOOD | boxes(("", 140, 22, 30, 26), first=4), "chưa chọn nội dung"),
    ("below the frame", GOOD | {"rows": "9"}, "Dòng cuối nằm ngoài khung"),
    ("no rows", GOOD | {"row_height": "0"}, "Số dòng hoặc chiều cao dòng không đúng"),
    ("higher than a row", GOOD | boxes(("nksHoTen", 64, 22, 70, 40), first=3), "Ô cao hơn dòng"),
    ("too small", GOOD | boxes(("nksHoTen", 64, 22, 70, 1), first=3), "Ô quá nhỏ"),
    ("no name", GOOD | {"title": " "}, "Chưa đặt tên"),
    ("no boxes", TABLE, "Chưa có ô nào"),
    ("years", GOOD | {"first_year": "1990", "last_year": "1980"}, "Năm cuối trước năm đầu"),
    ("no year", GOOD | {"first_year": "năm 80"}, "Có ô không phải là số, hoặc năm không hợp lệ"),
    ("no number", GOOD | {"box.3.left": "sáu"}, "box.3.left"),
    ("frame", GOOD | {"frame_width.0": "5000"}, "Cỡ khung không đúng"),
    ("numbers in a form", GOOD | {"layout": "form"}, "không có số thứ tự dòng"),
    ("facing empty", GOOD | {"has_facing": "1"}, "Một trong hai trang chưa có ô nào"),
    ("right box", GOOD | boxes(("meHoTen", 10, 22, 30, 26), page=1, first=4), "Có ô ở trang phải"),
    (
        "no numbers at right",
        GOOD | {"has_facing": "1", "frame_height.1": "230"} | boxes(("meHoTen", 10, 22, 30, 26), page=1, first=4),
        "phải có ô số thứ tự dòng ở cả hai trang",
    ),
    (
        "alike",
        GOOD
        | {"has_facing": "1", "frame_width.1": "184", "frame_height.1": "230"}
        | boxes(NUMBER, ("meHoTen", 12, 22, 20, 26), ("chaHoTen", 64, 22, 70, 26), page=1, first=4),
        "Hai trang có đường kẻ như nhau",
    ),
]


def test_each_problem_says_what_to_do_and_nothing_is_saved(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        for name, fields, words in PROBLEMS:
            for act in ("try", "save_new"):
                html = send(lan, fields, act, 422)
                assert words in alert(html), (name, alert(html))
                assert_readable(html, name)
    with house.visitor("lan", "en") as lan:
        html = send(lan, PROBLEMS[0][1], "save_new", 422)
        assert "A box is outside the frame: move it inside or make it smaller." in alert(html)
        assert "họ, chữ đệm, tên (người được khai sinh)" in alert(html), "which box it is"
    assert house.rows("SELECT count(*) FROM register_forms") == [(0,)]
    assert events(house) == []


def test_boxes_come_and_go_without_script(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        html = send(lan, GOOD, "add")
        assert sorted(re.findall(r'name="box\.(\d+)\.column"', html)) == ["0", "1", "2", "3", "4"], "0: of the script"
        html = send(lan, GOOD, "remove.2")
        assert sorted(re.findall(r'name="box\.(\d+)\.column"', html)) == ["0", "1", "3"]
        assert re.search(r'<option value="nksHoTen" lang="vi" selected>', html)


def test_a_form_of_the_package_is_corrected_and_what_was_read_with_the_older_edition_keeps_naming_it(
    house: DeskHouse,
) -> None:
    ledger = house.ledger
    book = BOOK.model_copy(update={"book_number": "03"})
    page = make_page("ks_a4_dotted", 5, done=Damage(dpi=200)).jpeg
    take(ledger, {"a.jpg": page}, book)
    assert read_pages(ledger, 2, processes=1) == {"read": 1, "records": 1, "books": 1}
    with house.visitor("lan") as lan:
        html = lan.get("/forms/draw/2?form=ks_a4_dotted")
        fields = dict(re.findall(r'<input [^>]*name="(box\.[1-9][^"]*|frame_[^"]*)"[^>]*? value="([^"]*)"', html))
        chosen = re.findall(r'name="(box\.[1-9]\d*\.column)".*?<option value="(\w+)"[^>]* selected>', html)
        leaders = {f"box.{number}.leader": "1" for number in range(1, 23)}
        fields |= (
            dict(chosen) | leaders | {"title": "Sổ khai sinh A4, sửa", "layout": "form", "based_on": "ks_a4_dotted"}
        )
        gone = [name for name, column in chosen if column == "quyenSo"][0].split(".")[1]
        fields = {name: value for name, value in fields.items() if not name.startswith(f"box.{gone}.")}
        assert len(chosen) == 19
        html = send(lan, fields, "save")
        assert "bản 2" in html
        assert "đã có bản mới hơn" in lan.get("/forms/ks_a4_dotted")
        assert "Chưa lưu: đã có bản mới hơn của mẫu này" in send(lan, fields, "save", 409), "it was based on the first"
        assert "sửa từ ks_a4_dotted.2" in lan.get("/forms/draw/2?form=ks_a4_dotted"), "the newest edition is opened"
    assert pages_of(ledger, 2)[0].form_code == "ks_a4_dotted"
    take(ledger, {"b.jpg": make_page("ks_a4_dotted", 6, done=Damage(dpi=200)).jpeg}, book)
    assert read_pages(ledger, 2, processes=1) == {"read": 1, "records": 1, "books": 1}
    assert [page.form_code for page in pages_of(ledger, 2)] == ["ks_a4_dotted", "ks_a4_dotted.2"]
    house.grant("an", "keyer")
    with house.visitor("an") as an:
        assert 'name="value.quyenSo"' in an.send("/keying/records/1/want")
    house.grant("ba", "keyer")
    with house.visitor("ba") as ba:
        assert 'name="value.quyenSo"' not in ba.send("/keying/records/2/want")


def test_a_form_counts_for_the_books_of_its_place_and_of_its_years_only(house: DeskHouse) -> None:
    ledger = house.ledger
    other_place = BOOK.model_copy(update={"book_number": "07"})
    other_year = BOOK.model_copy(update={"opened_year": 1990})
    take(ledger, {"p.jpg": left()}, other_place, commune="07228")
    take(ledger, {"q.jpg": left()}, other_year)
    with house.visitor("xa") as xa:
        html = xa.get("/forms/draw/1")
        assert re.findall(r'<option value="(\d*)"[^>]*>(?:tỉnh|xã|mọi)', html) == ["09430"], "no wider than the grant"
        send(xa, GOOD | {"place": "24"}, "save_new", 403)
        assert "Đã lưu" in send(xa, GOOD | {"place": "09430"}, "save_new")
    assert read_pages(ledger, processes=1) == {"read": 1, "records": 8, "set_aside": 2, "books": 3}
    assert [pages_of(ledger, book_id)[0].reason_code for book_id in (1, 2, 3)] == [None, "other_form", "other_form"]


def test_a_trial_says_why_the_page_would_be_set_aside(house: DeskHouse) -> None:
    take(house.ledger, {"p2.jpg": left(1), "p3.jpg": right()})
    with house.visitor("lan") as lan:
        assert "Số thứ tự in trên các dòng không khớp mẫu" in send(lan, GOOD, "try", page_id=2)
        assert "Trang không khớp mẫu sổ nào" in send(lan, GOOD, "try", page_id=3)
        answer = lan.post("/forms/draw/1", {"form_token": TOKEN.format("lan"), **GOOD, "act": "try"})
        assert "img-src 'self' data:;" in answer.headers["content-security-policy"]
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        answer = lan.client.get("/forms/draw/1")
        assert "img-src 'self';" in answer.headers["content-security-policy"]
    assert house.rows("SELECT count(*) FROM records") == [(0,)], "a trial keeps nothing"
    assert house.rows("SELECT DISTINCT state FROM pages") == [("received",)]


def test_a_form_over_two_pages_is_drawn_on_both(house: DeskHouse) -> None:
    take(house.ledger, {"p2.jpg": right()})
    facing = boxes(("row_number", 0, 22, 12, 26), ("meHoTen", 124, 22, 52, 26), page=1, first=4)
    both = GOOD | {"has_facing": "1", "side": "1", "facing_page": "2", "frame_width.1": "176", "frame_height.1": "230"}
    with house.visitor("lan") as lan:
        html = send(lan, both | facing, "update")
        assert "/forms/draw/2/flat?" in html, "the image of the right page"
        assert html.count("data-box>") == 2 + 1, "only its boxes are shown, and the script's own"
        html = send(lan, both | facing, "try")
        assert "Trang này đọc được theo mẫu" in html
        assert "Đã lưu" in send(lan, both | facing, "save_new")
    assert read_pages(house.ledger, processes=1) == {"read": 2, "records": 8, "books": 1}


def test_the_page_is_laid_flat_by_the_corners_of_its_frame(house: DeskHouse) -> None:
    from PIL import Image

    with house.visitor("lan") as lan:
        html = lan.get("/forms/draw/1")
        path = re.search(r'href="(/forms/draw/1/flat\?[^"]+)"', html)
        assert path
        answer = lan.client.get(path[1].replace("&amp;", "&"))
        with Image.open(io.BytesIO(answer.content)) as image:
            grey = image.convert("L")
            assert grey.size == (pytest.approx(1600 * 184 / 230, abs=12), 1600)
            per_mm = 1600 / 230
            rule = min(grey.crop((300, round((22 + 26) * per_mm) - 12, 301, round((22 + 26) * per_mm) + 12)).getdata())
            between = min(grey.crop((300, round(6 * per_mm), 301, round(7 * per_mm))).getdata())
            assert rule < 150 < between, "the second row begins 48 mm below the frame's top"
        assert lan.client.get("/forms/draw/1/flat?corners=1 2 3&width=184&height=230").status_code == 422
        assert lan.client.get("/forms/draw/1/flat?corners=0 0 9 0 9 9 0 0&width=184&height=230").status_code == 422


def test_forms_are_for_archivists_and_pages_within_their_reach(house: DeskHouse) -> None:
    with house.visitor("van") as van:
        for path in ("/forms", "/forms/ks_a4_dotted", "/forms/draw/1"):
            van.get(path, 403)
        send(van, GOOD, "save_new", 403)
    with house.visitor("kia") as kia:
        assert "Khổ" not in kia.get("/forms/draw/1", 404)
        send(kia, GOOD, "try", 404)
        send(kia, GOOD, "save_new", 404)
        assert (
            kia.client.get("/forms/draw/1/flat?corners=0 0 500 0 500 600 0 600&width=184&height=230").status_code == 404
        )
    with house.visitor("lan") as lan:
        assert lan.post("/forms/draw/1", {**GOOD, "act": "save_new"}).status_code == 403, "without the token"
        foreign = {"form_token": TOKEN.format("lan"), **GOOD, "act": "save_new"}
        assert lan.post("/forms/draw/1", foreign, {"sec-fetch-site": "cross-site"}).status_code == 403
        lan.get("/forms/ks_unknown", 404)
        lan.get("/forms/draw/99", 404)
        lan.get("/forms/draw/1?form=kt_a4_dotted", 404)
        send(lan, GOOD | {"based_on": "kt_a4_dotted"}, "save", 404)
        lan.get("/forms/draw/1")
    assert house.rows("SELECT count(*) FROM register_forms") == [(0,)]
    assert ("lan", "page_image") in house.looks()
    assert ("kia", "forms", "place_or_unknown") in house.refusals()


def test_two_who_correct_one_edition_do_not_overwrite_each_other(ledger: Ledger) -> None:
    draft = spread_form()
    first = save_form(ledger, draft, based_on=None, places=["", "24"], place_code="24", actor="lan")
    second = save_form(ledger, draft, based_on=first.form_code, places=["", "24"], place_code="24", actor="lan")
    assert (first.form_code, second.form_code) == ("ks_hai_trang", "ks_hai_trang.2")
    for based_on in (None, "ks_hai_trang"):
        with pytest.raises(FormMoved):
            save_form(ledger, draft, based_on=based_on, places=["", "24"], place_code="24", actor="hoa")
    with pytest.raises(FormMoved):
        save_form(ledger, draft, based_on=None, places=["", "22"], place_code="22", actor="hoa")
    third = save_form(
        ledger, draft, based_on="ks_hai_trang.2", places=["", "24", "09430"], place_code="09430", actor="xa"
    )
    assert third.form_code == "ks_hai_trang.3"
    with pytest.raises(DBAPIError, match="append-only"), ledger.engine.begin() as connection:
        connection.execute(text("UPDATE register_forms SET definition = '{}'"))
    drawn = [(row.form.form_code, row.place_code, row.saved_by) for row in all_forms(ledger) if row.saved_by]
    assert drawn == [("ks_hai_trang", "24", "lan"), ("ks_hai_trang.2", "24", "lan"), ("ks_hai_trang.3", "09430", "xa")]
