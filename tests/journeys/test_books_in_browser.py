"""An archivist in a real browser: a book is handed in, and what to scan again is read on a screen and on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from connectors.ledger import Ledger
from dags.steps.digitising import read_pages
from dags.steps.uploads import UPLOAD_PLACE, examine_uploads, upload_place
from tests.support import scans
from tests.support.browser import Camera, chromium, clerk
from tests.support.desk import DeskHouse
from tests.support.register_pages import Damage, make_page
from tests.support.served_desk import served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    contents = {
        "p1.jpg": make_page("ks_a4_dotted", 1, done=Damage(dpi=200)).jpeg,
        "p2.jpg": make_page("ks_a4_dotted", 2, done=Damage(dpi=200, turned=2)).jpeg,
        "p3.jpg": scans.jpeg(scans.smaller(scans.page(3), 0.5)),
        "p4.pdf": scans.truncated(scans.pdf(scans.page(4))),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [str(tmp_path / name) for name in contents]


def test_a_book_is_handed_in_and_what_to_scan_again_is_read_on_a_screen_and_on_a_phone(
    ledger: Ledger, browser: Browser, files: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(UPLOAD_PLACE, str(tmp_path / "uploads"))
    house, camera = DeskHouse(ledger), Camera.of_environment()
    house.grant("lan", "archivist", place="24")
    with served(house) as address, clerk(browser, address, "lan") as lan:
        lan.open("/books")
        camera.look(lan, "books-empty")
        lan.page.select_option("select[name=kind]", "KS")
        for name, value in {"year": "1998", "number": "01", "place": "xã Hạp Lĩnh, huyện Tiên Du"}.items():
            lan.fill(lan.page.locator(f"input[name={name}]"), value)
        assert lan.page.input_value("input[name=province]") == "24"
        lan.page.set_input_files("input[name=files]", files)
        lan.click(lan.button("Nộp tệp"))
        lan.reads("Đã nhận đủ tệp")
        camera.look(lan, "book-received")
        assert examine_uploads(ledger, upload_place())["pages"] == 3
        assert read_pages(ledger, processes=1) == {"read": 1, "records": 1, "set_aside": 2, "books": 1}
        for page in ("books", "books/1"):
            lan.open(f"/{page}")
            camera.look(lan, page.replace("/", "-"))
        assert "Trang bị ngược" in lan.page.inner_text("main")
        lan.click(lan.page.locator("summary").first)
        camera.look(lan, "books-replace")
    with served(house) as address, clerk(browser, address, "lan", language="en") as lan:
        lan.open("/books/1")
        camera.look(lan, "books-1")
        assert "The page is upside down" in lan.page.inner_text("main")
    assert camera.faults == []
