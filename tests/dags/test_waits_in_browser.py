"""Books whose records wait, files under way and held rows in a browser, at the size of a screen and a telephone."""

from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import expect

from connectors.ledger import Ledger
from dags.steps.held_rows import load_described
from dags.steps.loading import LoadPlan
from dags.steps.uploads import UPLOAD_PLACE, examine_uploads, receive, upload_place
from schemas.source import Book
from tests.support import scans
from tests.support.browser import Camera, chromium, clerk
from tests.support.desk import DeskHouse
from tests.support.keyed_files import births, table_of, write_xlsx
from tests.support.paper_books import BIRTH, PaperBook
from tests.support.served_desk import served

BOOK = Book(book_kind="KS", opened_year=1998, book_number="02", place_as_written="xã Hạp Lĩnh")


def hand_in(ledger: Ledger, *files: tuple[str, bytes]) -> int:
    streams = [(name, BytesIO(content)) for name, content in files]
    return receive(ledger, BOOK, streams, province_code="24", commune_code="07210", actor="lan")


def hold(ledger: Ledger, folder: Path) -> None:
    """A keyed file of which two rows are held."""
    rows = births(3)
    rows[1]["nksNgaySinh"], rows[2]["quyenSo"] = "30550", "không rõ"
    path = write_xlsx(folder / "so khai sinh 1983.xlsx", table_of(rows))
    load_described(ledger, LoadPlan(path, "24", "09322"), "tester")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_archivist_ends_a_wait_in_three_clicks_and_sees_what_came_of_files(
    ledger: Ledger, language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(UPLOAD_PLACE, str(tmp_path / "uploads"))
    house, camera = DeskHouse(ledger), Camera.of_environment()
    house.grant("lan", "archivist", place="24")
    waiting = PaperBook(ledger, {"place_code": None})
    waiting.record(BIRTH)
    scanned = hand_in(
        ledger, ("p1.jpg", scans.jpeg(scans.page(1))), ("hỏng.pdf", scans.truncated(scans.pdf(scans.page(4))))
    )
    examine_uploads(ledger, upload_place())
    hand_in(ledger, ("p2.jpg", scans.jpeg(scans.page(2))))
    hold(ledger, tmp_path)
    with chromium() as browser, served(house) as base, clerk(browser, base, "lan", language=language) as lan:
        lan.open("/books")
        camera.look(lan, "books-waiting")
        lan.click(lan.link(f"/books/{waiting.book_id}"))
        camera.look(lan, "book-waiting")
        lan.click(lan.page.locator(".notice a.button"))
        camera.look(lan, "book-places")
        lan.page.locator("input[name=code][value='09382']").check()
        lan.click(lan.page.locator("form[action$='/places/place'] button"))
        expect(lan.page.get_by_role("status")).to_be_visible()
        camera.look(lan, "book-placed")
        lan.open(f"/books/{scanned}")
        camera.look(lan, "book-uploads")
        lan.open("/loads")
        camera.look(lan, "loads")
        lan.open("/loads/1")
        lan.page.locator("details summary").first.click()
        camera.look(lan, "load")
    assert camera.faults == []
    assert lan.clicks == 3
