"""An archivist draws a form in a real browser, with the mouse or the keyboard alone, and a page is read with it."""

import io
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from connectors.ledger import Ledger
from connectors.ledger.page_readings import readings_of_book
from connectors.ledger.pages import pages_of, try_again
from dags.steps.digitising import DroppedFile, read_pages, take_in
from schemas.source import Book
from tests.support.browser import Camera, Clerk, chromium, clerk
from tests.support.desk import DeskHouse
from tests.support.register_pages import FONTS, Damage, make_page
from tests.support.served_desk import served
from tests.support.spread_forms import CHILDREN

BOOK = Book(book_kind="KS", opened_year=1986, book_number="02", place_as_written="xã Hạp Lĩnh, huyện Tiên Du")
FACTS = {
    "title": "Sổ khai sinh 8 dòng",
    "frame_width.0": "184",
    "frame_height.0": "230",
    "rows": "8",
    "row_height": "26",
}
BOXES = (("row_number", 0, 12), ("so", 12, 20), ("nksHoTen", 64, 70))
"""Column, left and width of the first row, which begins 22 mm below the frame's top and is 26 mm high."""

ARROWS = (
    ("Shift+ArrowLeft", "Shift+ArrowRight"),
    ("Shift+ArrowUp", "Shift+ArrowDown"),
    ("ArrowLeft", "ArrowRight"),
    ("ArrowUp", "ArrowDown"),
)
"""Which make a box narrower and wider, lower and higher, and which move it."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def desk(browser: Browser, ledger: Ledger) -> Iterator[str]:
    """A book with a page that no form fits. `browser` first: without one nothing is begun."""
    rows = [{"so": str(40 + number), "nksHoTen": name} for number, name in enumerate(CHILDREN)]
    page = make_page("ks_spread_left", 21, FONTS / "dejavu/DejaVuSans.ttf", "print", Damage(dpi=200), rows).jpeg
    take_in(ledger, BOOK, [DroppedFile("p1.jpg", lambda: io.BytesIO(page))], province_code="24")
    assert read_pages(ledger, processes=1) == {"set_aside": 1, "books": 1}
    house = DeskHouse(ledger)
    house.grant("lan", "archivist", place="24")
    with served(house) as base:
        yield base


def begin(lan: Clerk) -> None:
    """From the book to the page on which the form is drawn, with what is known of it."""
    lan.open("/books/1")
    lan.click(lan.page.get_by_role("link", name="Vẽ mẫu: Trang 1"))
    for name, value in FACTS.items():
        lan.fill(lan.page.locator(f'[name="{name}"]'), value)
    lan.page.locator("[name=layout]").select_option("table")
    lan.click(lan.button("Cập nhật"))
    expect(lan.page.locator("[data-drawing]")).to_have_attribute("data-width", "184.0")


def numbers_of(lan: Clerk, row: int) -> list[float]:
    box = lan.page.locator("[data-box]").nth(row)
    return [float(box.locator(f'[data-of="{name}"]').input_value()) for name in ("left", "top", "width", "height")]


def drag(lan: Clerk, drawing: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Presses the mouse at a place of the page, in millimetres inside its frame, and lets it go at another."""
    drawing.scroll_into_view_if_needed()
    frame = drawing.locator(".frame").bounding_box()
    assert frame
    per_mm = frame["width"] / 184
    places = [(frame["x"] + x * per_mm, frame["y"] + y * per_mm) for x, y in (start, end)]
    lan.page.mouse.move(*places[0])
    lan.page.mouse.down()
    lan.page.mouse.move(*places[1], steps=5)
    lan.page.mouse.up()


def finish(lan: Clerk, ledger: Ledger) -> None:
    """Tries the form, saves it, and has the page read with it."""
    lan.click(lan.button("Thử trên trang này"))
    lan.reads("Trang này đọc được theo mẫu")
    lan.click(lan.button("Lưu mẫu mới"))
    lan.reads("Đã lưu bản mới của mẫu")
    assert try_again(ledger, pages_of(ledger, 1)[0].page_id, "lan")
    assert read_pages(ledger, processes=1) == {"read": 1, "records": 8, "books": 1}
    readings = [
        reading for *_, reading in readings_of_book(ledger, 1) if reading.recogniser_code.startswith("asternet")
    ]
    assert [reading.values["nksHoTen"].text for reading in readings] == CHILDREN


def test_a_form_is_drawn_with_the_mouse_and_reads_the_page(ledger: Ledger, desk: str, browser: Browser) -> None:
    camera = Camera.of_environment()
    with clerk(browser, desk, "lan") as lan:
        begin(lan)
        drawing = lan.page.locator("[data-drawing]")
        for row, (column, left, width) in enumerate(BOXES):
            drag(lan, drawing, (left + 0.1, 22), (left + width, 48))
            expect(lan.page.locator('[data-of="column"]').nth(row)).to_be_focused()
            lan.page.locator('[data-of="column"]').nth(row).select_option(column)
            assert numbers_of(lan, row) == pytest.approx([left, 22, width, 26], abs=0.6)
        drag(lan, drawing, (100, 100), (130, 112))
        drag(lan, drawing, (115, 106), (125, 126))
        assert numbers_of(lan, 3) == pytest.approx([110, 120, 30, 12], abs=0.6), "a box is moved"
        drag(lan, drawing, (140, 132), (150, 142))
        assert numbers_of(lan, 3) == pytest.approx([110, 120, 40, 22], abs=0.6), "its corner changes its size"
        lan.click(lan.page.get_by_role("button", name="Xóa ô 4"))
        expect(lan.page.locator("[data-box]")).to_have_count(3)
        camera.look(lan, "form-draw")
        lan.click(lan.button("Thử trên trang này"))
        lan.reads("Trang này đọc được theo mẫu")
        camera.look(lan, "form-trial")
        finish(lan, ledger)
        camera.look(lan, "form")
        lan.open("/forms")
        camera.look(lan, "forms")
    with clerk(browser, desk, "lan", language="en") as lan:
        lan.open("/forms/draw/1?form=ks_ve_1")
        camera.look(lan, "form-draw")
    assert camera.faults == []


def test_a_form_is_drawn_with_the_keyboard_alone_and_reads_the_page(
    ledger: Ledger, desk: str, browser: Browser
) -> None:
    with clerk(browser, desk, "lan") as lan:
        begin(lan)
        keyboard = lan.page.keyboard
        lan.button("Thêm ô").focus()
        keyboard.press("Enter")
        for row, (column, left, width) in enumerate(BOXES):
            expect(lan.page.locator("[data-drawing] .box").nth(row)).to_be_focused()
            for arrow, steps in steps_to(numbers_of(lan, row), [left, 22, width, 26]):
                for _ in range(steps):
                    keyboard.press(arrow)
            assert numbers_of(lan, row) == [left, 22, width, 26]
            keyboard.press("Enter")
            expect(lan.page.locator('[data-of="column"]').nth(row)).to_be_focused()
            lan.page.locator('[data-of="column"]').nth(row).select_option(column)
            lan.page.locator("[data-drawing] .box").nth(row).focus()
            keyboard.press("Insert")
        expect(lan.page.locator("[data-box]")).to_have_count(4)
        keyboard.press("Delete")
        expect(lan.page.locator("[data-box]")).to_have_count(3)
        expect(lan.page.locator("[data-drawing] .box").nth(2)).to_be_focused()
        finish(lan, ledger)


def steps_to(now: list[float], wanted: list[float]) -> Iterator[tuple[str, int]]:
    """Which arrows move and resize a box, by half millimetres; wide boxes are made narrow before they are moved."""
    changes = [wanted[place] - now[place] for place in (2, 3, 0, 1)]
    for (less, more), change in zip(ARROWS, changes, strict=True):
        yield (more if change > 0 else less), round(abs(change) / 0.5)


def test_the_frame_is_set_with_the_mouse_and_the_keyboard(desk: str, browser: Browser) -> None:
    with clerk(browser, desk, "lan") as lan:
        begin(lan)
        lan.click(lan.page.get_by_text("Khung in trên ảnh quét"))
        places = lan.page.locator("[data-places]")
        before = [float(value) for value in places.input_value().split()]
        corner = lan.page.locator("[data-corners] circle").first
        corner.focus()
        lan.page.keyboard.press("ArrowRight")
        lan.page.keyboard.press("Control+ArrowDown")
        now = [float(value) for value in places.input_value().split()]
        assert now[:2] == [pytest.approx(before[0] + 1, abs=0.6), pytest.approx(before[1] + 20, abs=0.6)]
        assert now[2:] == before[2:]
        at = corner.bounding_box()
        assert at
        middle = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
        lan.page.mouse.move(*middle)
        lan.page.mouse.down()
        lan.page.mouse.move(middle[0] - 10, middle[1], steps=3)
        lan.page.mouse.up()
        moved = [float(value) for value in places.input_value().split()]
        assert moved[0] < now[0] - 5
        lan.click(lan.button("Cập nhật"))
        assert lan.page.locator("[data-places]").input_value().split()[0] == f"{moved[0]:.1f}"


def test_a_form_is_drawn_without_script(ledger: Ledger, desk: str, browser: Browser) -> None:
    with clerk(browser, desk, "lan", script=False) as lan:
        begin(lan)
        for row, (column, left, width) in enumerate(BOXES):
            lan.click(lan.button("Thêm ô"))
            box = lan.page.locator("[data-box]").nth(row)
            box.locator('[data-of="column"]').select_option(column)
            for name, value in {"left": left, "top": 22, "width": width, "height": 26}.items():
                lan.fill(box.locator(f'[data-of="{name}"]'), str(value))
        finish(lan, ledger)
