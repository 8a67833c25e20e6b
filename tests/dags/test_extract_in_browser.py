"""A certified copy's data in a real browser, at the size of a screen and of a telephone, in both languages."""

import pytest
from playwright.sync_api import expect

from connectors.ledger import Ledger
from tests.support.browser import Camera, chromium, clerk
from tests.support.desk import DeskHouse
from tests.support.paper_books import BIRTH, PaperBook
from tests.support.served_desk import served


@pytest.mark.parametrize("language", ["vi", "en"])
def test_from_the_record_to_its_copy_in_two_fields_and_one_click(ledger: Ledger, language: str) -> None:
    house, camera, book = DeskHouse(ledger), Camera.of_environment(), PaperBook(ledger)
    house.grant("lan", "archivist", place="24")
    record_id = book.record({**BIRTH, "nksQueQuan": {"mark": "illegible"}}, book.page(17))
    unkeyed = book.record({}, state="unkeyed")
    with chromium() as browser, served(house) as base, clerk(browser, base, "lan", language=language) as lan:
        lan.open(f"/records/{record_id}/extract")
        camera.look(lan, "extract-form")
        lan.fill(lan.page.locator("input[name=asked_for]"), "Nguyễn Thị Hoa")
        lan.fill(lan.page.locator("textarea[name=reason]"), "Làm hộ chiếu")
        lan.click(lan.page.locator("main button.primary"))
        expect(lan.page.locator("main")).to_contain_text("NGUYỄN VĂN BA")
        assert lan.page.locator("img.evidence").evaluate("one => one.naturalWidth") == 640
        camera.look(lan, "extract")
        lan.open(f"/records/{unkeyed}/extract")
        camera.look(lan, "extract-unkeyed")
        assert lan.page.locator("main input[name=asked_for]").count() == 0
    assert camera.faults == []
    assert (lan.clicks, lan.fields) == (1, 2)
