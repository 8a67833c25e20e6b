"""An archivist in a real browser, from a name with a wrong tone to the certified copy: one record is keyed for it, and
the clicks are counted."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from connectors.ledger import Ledger
from connectors.ledger.keyings import keyed_columns
from dags.steps.searching import index_records
from schemas.register_forms import register_forms
from tests.support.browser import Camera, Clerk, chromium, clerk
from tests.support.desk import DeskHouse
from tests.support.desk_keyers import open_page, send, typed
from tests.support.keyed_books import RECOGNISER, KeyedBook, open_book, truth_of
from tests.support.served_desk import served

FORM = "ks_a4_dotted"
COLUMNS = keyed_columns("KS", register_forms()[FORM])
NAME, WRONG_TONES = "Nguyễn AN AN LAN", "nguyễn án an lạn"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def book(browser: Browser, ledger: Ledger) -> KeyedBook:
    """A book whose machine reading is the hidden second key; one page of it was read. `browser` first: without one
    nothing is begun."""
    opened = open_book(ledger, design="person_and_machine", recogniser_code=RECOGNISER, form_code=FORM)
    index_records(ledger, [opened.add(7, COLUMNS, {RECOGNISER: truth_of(7)})])
    return opened


@pytest.fixture
def house(book: KeyedBook) -> DeskHouse:
    """`lan` keys as well as she searches, `mai` does not; `kim` and `ly` accept books."""
    house = DeskHouse(book.ledger)
    house.grant("lan", "archivist", "keyer", place="24")
    for user in ("mai", "kim", "ly"):
        house.grant(user, "archivist", place="24")
    return house


def search(somebody: Clerk, name: str) -> Locator:
    """The hits of a search, which takes one click."""
    somebody.open("/search")
    somebody.fill(somebody.page.get_by_label("Họ, chữ đệm, tên"), name)
    somebody.click(somebody.button("Tìm"))
    return somebody.page.locator(".hit")


def key_by_keyboard(somebody: Clerk) -> None:
    """Types the record from its crops without the mouse."""
    expect(somebody.page.locator("[data-value]").first).to_be_focused()
    for column in COLUMNS:
        if column in truth_of(7):
            somebody.page.keyboard.insert_text(truth_of(7)[column])
            somebody.page.keyboard.press("Enter")
        else:
            somebody.page.keyboard.press("F2")
    somebody.page.keyboard.press("Enter")
    somebody.reads("Đã lưu.")


def look_at_the_sample(house: DeskHouse, book: KeyedBook) -> None:
    """Kim draws the sample and types each of its fields again."""
    with house.visitor("kim") as kim:
        send(kim, f"/accepting/{book.book_id}/draw")
        page = open_page(kim, f"/accepting/{book.book_id}/look")
        while page.path.endswith("/look"):
            (column,) = page.columns
            record = re.search(r'name="record" value="(\d+)"', page.html)
            assert record
            values = typed(page, truth_of(7)) | {"record": record[1], "column": column}
            page = send(kim, f"/accepting/{book.book_id}/look", values)
        assert page.path == f"/accepting/{book.book_id}"
        assert "Xem ô tiếp theo" not in page.html, "no field is left to look at"


def accept(house: DeskHouse, base: str, browser: Browser, book: KeyedBook, camera: Camera) -> None:
    """Ly accepts the book in the browser, and is led to the search."""
    look_at_the_sample(house, book)
    with clerk(browser, base, "ly") as ly:
        ly.open(f"/books/{book.book_id}")
        ly.click(ly.page.get_by_role("link", name="Nghiệm thu sổ này"))
        ly.fill(ly.page.get_by_label("Lý do"), "Mẫu đạt, không có ô sai.")
        ly.click(ly.button("Nghiệm thu"))
        ly.reads("Sổ đã được nghiệm thu.")
        camera.look(ly, "accepting-accepted")
        ly.click(ly.link("/search"))
        assert ly.path == "/search"


def test_from_a_wrong_tone_to_the_copy_with_one_record_keyed(
    book: KeyedBook, house: DeskHouse, browser: Browser
) -> None:
    camera = Camera.of_environment()
    with served(house) as base:
        with clerk(browser, base, "lan") as lan:
            hit = search(lan, WRONG_TONES)
            expect(hit).to_contain_text(NAME)
            expect(hit).to_contain_text("máy đọc, chưa kiểm tra")
            assert hit.locator("img.crop").evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
            camera.look(lan, "search-reading")
            before = lan.clicks
            lan.click(hit.get_by_role("button", name="Nhập liệu mục này ngay"))
            lan.reads("Bạn nhập ngay bên dưới.")
            key_by_keyboard(lan)
            assert lan.clicks - before <= 3
            assert lan.clicks - before == 1
        assert (book.state(), book.states()) == ("sampling", {"agreed": 1})
        accept(house, base, browser, book, camera)
        with clerk(browser, base, "lan") as lan:
            hit = search(lan, WRONG_TONES)
            expect(hit).to_contain_text("đã nghiệm thu")
            camera.look(lan, "search-accepted")
            before = lan.clicks
            lan.click(hit.get_by_role("link", name="Cấp bản sao trích lục"))
            assert lan.path == f"/records/{book.records[7]}/extract"
            assert lan.clicks - before == 1, "one click leads from the hit to the copy"
            lan.fill(lan.page.get_by_label("Họ, chữ đệm, tên người yêu cầu"), "Nguyễn Thị Hoa")
            lan.fill(lan.page.get_by_label("Lý do yêu cầu"), "Làm hộ chiếu")
            lan.page.keyboard.press("Tab")
            lan.page.keyboard.press("Enter")
            expect(lan.page.locator("main")).to_contain_text(NAME)
            assert lan.clicks - before == 1
            assert lan.path == f"/records/{book.records[7]}/extract/1"
    assert camera.faults == []


def test_who_may_not_key_has_the_record_keyed_first_and_may_open_that_page_again(
    book: KeyedBook, house: DeskHouse, browser: Browser
) -> None:
    camera = Camera.of_environment()
    with served(house) as base, clerk(browser, base, "mai") as mai:
        hit = search(mai, WRONG_TONES)
        mai.click(hit.get_by_role("button", name="Nhập liệu mục này trước"))
        assert mai.path == "/keying/wanted"
        camera.look(mai, "wanted")
        mai.page.reload()
        mai.click(mai.page.get_by_role("link", name="EN"))
        expect(mai.page.get_by_role("heading", name="This entry is keyed first")).to_be_visible()
        mai.click(mai.page.get_by_role("link", name="Search again"))
        assert mai.path == "/search"
    assert [event.actor for event in book.events("record_wanted")] == ["mai"]
    assert camera.faults == []


def test_the_page_of_a_hit_opens_beside_the_search_which_stays(
    book: KeyedBook, house: DeskHouse, browser: Browser
) -> None:
    with served(house) as base, clerk(browser, base, "mai") as mai:
        hit = search(mai, WRONG_TONES)
        with mai.page.expect_popup() as opened:
            mai.click(hit.get_by_role("link", name="Xem trang sổ"))
        opened.value.wait_for_load_state()
        assert opened.value.url.endswith(f"/books/pages/{book.pages[7]}/image")
        expect(hit).to_contain_text(NAME)


def test_a_record_that_is_not_accepted_leads_from_the_copy_to_its_keying(
    book: KeyedBook, house: DeskHouse, browser: Browser
) -> None:
    with served(house) as base, clerk(browser, base, "lan") as lan:
        lan.open(f"/records/{book.records[7]}/extract")
        lan.click(lan.button("Nhập liệu mục này ngay"))
        expect(lan.page.locator("[data-value]").first).to_be_focused()
        assert lan.clicks == 1
