"""Keying in a real browser with the keyboard alone, the third person and acceptance: nothing overflows, no key is taken
from an input method, and the pages work without script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from connectors.ledger import Ledger
from connectors.ledger.keyings import keyed_columns
from tests.support.browser import Camera, Clerk, chromium, clerk
from tests.support.desk import DeskHouse
from tests.support.keyed_books import RECOGNISER, KeyedBook, open_book, truth_of
from tests.support.served_desk import served

COLUMNS = keyed_columns("KS", None)
PRESSED = """key => document.activeElement.dispatchEvent(new KeyboardEvent('keydown',
    {key, isComposing: true, bubbles: true, cancelable: true}))"""
FOCUSED = "document.activeElement.name"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def book(browser: Browser, ledger: Ledger) -> KeyedBook:
    """A record that a machine has read. `browser` first: without one nothing is begun."""
    opened = open_book(ledger)
    opened.add(7, COLUMNS, {RECOGNISER: truth_of(7)})
    return opened


@pytest.fixture
def desk(book: KeyedBook) -> Iterator[str]:
    house = DeskHouse(book.ledger)
    for user, role in (("an", "keyer"), ("binh", "keyer"), ("chi", "adjudicator"), ("kim", "archivist")):
        house.grant(user, role)
    with served(house) as base:
        yield base


def key_by_keyboard(somebody: Clerk, change: dict[str, str]) -> None:
    """Types the record without the mouse: Enter leads on, F2 says blank."""
    texts = truth_of(7) | change
    keyboard = somebody.page.keyboard
    for column in COLUMNS:
        assert somebody.page.evaluate(FOCUSED) == f"value.{column}"
        if column in texts:
            keyboard.insert_text(texts[column])
            keyboard.press("Enter")
        else:
            keyboard.press("F2")
    keyboard.press("Enter")
    somebody.reads("Đã lưu.")


def begin(somebody: Clerk) -> None:
    somebody.open("/keying")
    somebody.click(somebody.button("Nhận mục tiếp theo"))
    expect(somebody.page.locator("[data-value]").first).to_be_focused()


def test_a_record_is_keyed_decided_and_sampled(book: KeyedBook, desk: str, browser: Browser) -> None:
    camera = Camera.of_environment()
    with clerk(browser, desk, "an") as an:
        begin(an)
        camera.look(an, "keying")
        an.page.locator("[data-value]").first.focus()
        key_by_keyboard(an, {})
        camera.look(an, "keying-books")
    with clerk(browser, desk, "binh") as binh:
        begin(binh)
        key_by_keyboard(binh, {"meHoTen": "Trần Thị AN KHANH"})
    assert book.states() == {"differs": 1}
    with clerk(browser, desk, "chi") as chi:
        chi.open("/adjudicating")
        chi.click(chi.button("Nhận mục tiếp theo"))
        expect(chi.page.locator("[data-value]")).to_be_focused()
        camera.look(chi, "adjudicating")
        chi.page.keyboard.insert_text("Trần Thị AN LÂN")
        chi.page.keyboard.press("Enter")
        chi.page.keyboard.press("Enter")
        chi.reads("Đã lưu bản nhập của bạn.")
        camera.look(chi, "adjudicating-look")
        chi.click(chi.page.get_by_label("Trần Thị AN LAN", exact=True))
        chi.click(chi.button("Lưu quyết định và sang tiếp"))
        chi.reads("Đã lưu.")
    assert book.values(book.records[7])["meHoTen"] == {"text": "Trần Thị AN LAN"}
    with clerk(browser, desk, "kim") as kim:
        kim.open(f"/accepting/{book.book_id}")
        kim.click(kim.button("Rút mẫu"))
        kim.reads("Đã rút mẫu.")
        camera.look(kim, "accepting")
        kim.click(kim.page.get_by_role("link", name="Xem ô tiếp theo"))
        camera.look(kim, "accepting-look")
        kim.open("/keyer-figures")
        camera.look(kim, "keyer-figures")
    assert camera.faults == []


def test_no_key_is_taken_while_an_input_method_composes(book: KeyedBook, desk: str, browser: Browser) -> None:
    with clerk(browser, desk, "an") as an:
        begin(an)
        first = an.page.evaluate(FOCUSED)
        for key in ("Enter", "F2", "F4", "PageUp"):
            assert an.page.evaluate(PRESSED, key), f"{key} is left to the input method"
            assert an.page.evaluate(FOCUSED) == first
        expect(an.page.locator("[data-mark]").first).to_have_value("")


def test_the_page_is_zoomed_and_comes_to_the_field_in_focus(book: KeyedBook, desk: str, browser: Browser) -> None:
    with clerk(browser, desk, "an") as an:
        begin(an)
        viewer = an.page.locator("[data-viewer]")
        before = viewer.locator("img").evaluate("image => image.clientWidth")
        an.page.keyboard.press("PageUp")
        an.page.keyboard.press("PageUp")
        assert viewer.locator("img").evaluate("image => image.clientWidth") > 1.5 * before
        an.page.locator(f'[name="value.{COLUMNS[45]}"]').focus()
        assert viewer.evaluate("viewer => viewer.scrollTop") > 300


def test_a_record_is_keyed_without_script(book: KeyedBook, desk: str, browser: Browser) -> None:
    with clerk(browser, desk, "an", script=False) as an:
        an.open("/keying")
        an.click(an.button("Nhận mục tiếp theo"))
        for column in COLUMNS:
            if column in truth_of(7):
                an.fill(an.page.locator(f'[name="value.{column}"]'), truth_of(7)[column])
            else:
                an.page.locator(f'[name="mark.{column}"]').select_option("blank")
        an.click(an.button("Lưu và sang tiếp"))
        an.reads("Đã lưu.")
    assert book.states() == {"first_keyed": 1}
