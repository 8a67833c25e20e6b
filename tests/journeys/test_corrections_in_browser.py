"""A registered birth that its portal changes, in a real browser: the steward sees what differs for each registry, a
second person agrees, and what a registry does not take is shown with what to do, until a person has done it."""

from collections.abc import Iterator
from random import Random

import pytest
from playwright.sync_api import Browser, expect

from connectors.ledger import Ledger
from tests.support.browser import Camera, Clerk, chromium, clerk
from tests.support.corrections import Office, open_office, untruths
from tests.support.desk import DeskHouse
from tests.support.served_desk import served

STEWARD, SECOND = "lan", "hoa"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def office(browser: Browser, ledger: Ledger) -> Iterator[Office]:
    """A birth that all three registries have. `browser` first: without one nothing is begun."""
    opened = open_office(ledger, 1)
    opened.quiet()
    yield opened
    opened.pipeline.sandbox.stop()


@pytest.fixture
def desk(office: Office) -> Iterator[str]:
    house = DeskHouse(office.ledger)
    for user, role in ((STEWARD, "steward"), (SECOND, "second_steward")):
        house.grant(user, role)
    with served(house) as base:
        yield base


def act(somebody: Clerk, name: str, reason: str) -> None:
    """An act of the part on corrections: open it, give the reason, do it."""
    part = somebody.page.locator("#corrections")
    somebody.click(part.get_by_text(f"{name}…", exact=True))
    somebody.fill(part.locator("details[open] [name=reason]"), reason)
    somebody.click(part.get_by_role("button", name=name, exact=True))


def confirm(browser: Browser, desk: str) -> None:
    with clerk(browser, desk, SECOND) as hoa:
        hoa.open("/confirm")
        hoa.click(hoa.page.get_by_role("button", name="Xác nhận", exact=True))


def test_a_correction_of_a_name_by_two_persons(office: Office, desk: str, browser: Browser) -> None:
    (code,) = office.codes
    camera = Camera.of_environment()
    office.amend(code, "child_name", Random(5))
    office.quiet()
    was, now = (dossier.case.child.full_name for dossier in (office.first[code], office.now[code]))
    with clerk(browser, desk, STEWARD) as lan:
        lan.open(f"/dossier/24/{code}")
        shown = lan.page.locator("#corrections")
        expect(shown.get_by_text(was).first).to_be_visible()
        expect(shown.get_by_text(now).first).to_be_visible()
        camera.look(lan, "correction-changed")
        act(lan, "Gửi cải chính", "Quyết định cải chính số 12/QĐ-UBND")
        expect(lan.page.locator("#corrections").get_by_role("button", name="Gửi cải chính")).to_have_count(0)
        camera.look(lan, "correction-waits")
    office.quiet()
    assert list(untruths(office, {code: office.first[code]})) == [], "nothing is sent before a second person agrees"
    confirm(browser, desk)
    office.quiet()
    assert list(untruths(office, {code: office.now[code]})) == []
    with clerk(browser, desk, STEWARD) as lan:
        lan.open(f"/dossier/24/{code}")
        expect(lan.page.get_by_text("Cơ quan này không nhận qua mạng.").first).to_be_visible()
        camera.look(lan, "correction-parked")
        act(lan, "Đã làm tại cơ quan", "Công văn 45/UBND ngày 30/11/2026")
        lan.reads("Đã ghi nhận: đã làm tại cơ quan.")
        camera.look(lan, "correction-done")
    assert office.deliveries(code)[3:] == [
        ("civil_status", "correct", "registered"),
        ("residence", "correct", "settled"),
        ("health_insurance", "correct", "registered"),
    ]
    assert camera.faults == [], "\n".join(camera.faults)


def test_a_withdrawn_birth_is_annulled_by_two_persons(office: Office, desk: str, browser: Browser) -> None:
    (code,) = office.codes
    camera = Camera.of_environment()
    office.withdraw(code)
    office.quiet()
    with clerk(browser, desk, STEWARD) as lan:
        lan.open(f"/dossier/24/{code}")
        tags = lan.page.locator("#corrections .tag").all_inner_texts()
        assert tags == ["nhận hủy đăng ký qua mạng", "phải làm tại cơ quan", "nhận hủy đăng ký qua mạng"]
        camera.look(lan, "annulment")
        act(lan, "Đề nghị hủy đăng ký", "Đăng ký trùng")
    confirm(browser, desk)
    office.quiet()
    assert list(untruths(office, {code: None})) == []
    assert office.deliveries(code)[3:] == [
        ("civil_status", "annul", "registered"),
        ("residence", "annul", "parked"),
        ("health_insurance", "annul", "registered"),
    ]
    assert camera.faults == [], "\n".join(camera.faults)
