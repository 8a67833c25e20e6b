"""From a fault to a registration by a clerk's hand, in a real browser: what is clicked and typed, and what the twins hold.

Everything is real: Chromium, the served desk, the ledger, the steps, HTTP to the sandbox. Our ledger is not asked what
became of a dossier where a twin can be.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from playwright.sync_api import Browser, expect

from connectors.ledger import open_ledger
from connectors.postgres import EmbeddedServer
from connectors.sandbox import rehearsal
from connectors.sandbox.world import PROCEDURES, Planted, World
from connectors.vault import Vault
from schemas.dates import VIETNAM
from schemas.dossier import Dossier
from tests.browser import PATIENCE_MS, Clerk, chromium, clerk, served
from tests.conftest import new_ledger_url
from tests.desk import DeskHouse
from tests.dossiers import changed
from tests.road import Road
from tests.truth import DONE, registrations

NOTICE, NUMBER, ABSTRACT = "birth_notice_malformed", "long_personal_id", "dinhkem_abstract"
BIRTH_BUNDLE, BIRTH, DEATH, MARRIAGE, LAND = "2.000987", "1.001193", "1.000656", "1.000894", "1.012756"
MENDED = "Đã sửa. Kiểm tra lại: đạt. Hồ sơ đang được gửi tiếp."


class Town(World):
    """A world that begins with these: a defect, its portal, its procedure. No citizen supplements them by himself."""

    first: ClassVar[tuple[tuple[str, str, str], ...]] = (
        *[(NOTICE, "24", BIRTH_BUNDLE)] * 2, *[(NOTICE, "24", BIRTH)] * 4, *[(NOTICE, "22", BIRTH)] * 2,
        *[(NUMBER, "24", DEATH)] * 3, *[(ABSTRACT, "24", BIRTH)] * 3, ("serial_malformed", "24", LAND),
        ("head_of_household_missing", "24", BIRTH_BUNDLE), ("unknown_ethnic_group", "22", DEATH),
    )  # fmt: skip

    def _next(self, moments: Any) -> Iterator[Planted]:
        if len(self.planted) >= len(self.first):
            yield from super()._next(moments)
            return
        name, province_code, procedure_code = self.first[len(self.planted)]
        province = next(one for one in self._provinces if one.province_code == province_code)
        procedure = next(one for one in PROCEDURES if one.procedure_code == procedure_code)
        desk = self._desk(province, moments[0], procedure)
        yield replace(self._faulty(name, province, procedure, desk, moments[0]), mended=None)


class Weddings(Town):
    """A thousand marriages, each with the abstract that a portal's adapter makes up."""

    first = ((ABSTRACT, "24", MARRIAGE),) * 1000


@dataclass
class Office:
    """A desk on the road: what is cleared there is carried on."""

    way: Road
    house: DeskHouse
    base: str
    browser: Browser
    taken: set[str] = field(default_factory=set)

    def at_desk(self, user: str = "lan", **more: Any) -> AbstractContextManager[Clerk]:
        return clerk(self.browser, self.base, user, **more)

    def take(self, defect: str, portal_code: str, procedure_code: str) -> Planted:
        """A dossier of those the town begins with, which no other test has taken."""
        wanted = (defect, portal_code, procedure_code)
        begun = zip(Town.first, self.way.rehearsal.world.planted, strict=False)
        found = next(one for said, one in begun if said == wanted and one.dossier.dossier_code not in self.taken)
        self.taken.add(found.dossier.dossier_code)
        return found

    def times(self, dossier: Dossier) -> dict[str, int]:
        """How often each registry holds it."""
        code = dossier.dossier_code.strip()
        return {name: held[code] for name, held in registrations(self.way.rehearsal).items() if held[code]}

    def at_portal(self, dossier: Dossier) -> dict[str, Any]:
        """What its portal shows of it."""
        sandbox = self.way.rehearsal
        twin = sandbox.onestop if dossier.portal_code == "24" else sandbox.hub
        return next(row for row in twin.registered() if row["dossier_code"] == dossier.dossier_code.strip())

    def arrives(self, planted: Planted) -> None:
        """The road goes on, and every registry of the route has it once, and the portal says that it is done."""
        assert self.times(planted.dossier) == {}
        self.way.go()
        assert self.times(planted.dossier) == dict.fromkeys(planted.registries, 1)
        assert self.at_portal(planted.dossier)["status"] in DONE.values()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def open_office(server: EmbeddedServer, browser: Browser, world: type[World], dossiers: int, *portals: str) -> Any:
    """An office whose dossiers have come in and gone as far as they go without a person."""
    with patch.object(rehearsal, "World", world):
        sandbox = rehearsal.Rehearsal(7, dossiers, portals)
    with sandbox, open_ledger(new_ledger_url(server), Vault(bytes(range(32)))) as ledger:
        house, way = DeskHouse(ledger), Road(ledger, sandbox)
        house.grant("lan", "steward")
        house.grant("hoa", "steward", "second_steward")
        house.grant("minh", "auditor")
        way.go()
        with served(house) as base:
            yield Office(way, house, base, browser)


@pytest.fixture(scope="module")
def town(server: EmbeddedServer, browser: Browser) -> Iterator[Office]:
    yield from open_office(server, browser, Town, 70, "24", "22")


def notice_of(planted: Planted, number: int) -> str:
    """A notice's code as it must be, of the year of the notice."""
    return f"{number:05d}.GCS.24001.{planted.dossier.case.notice_on.year % 100:02d}"


def path_of(planted: Planted) -> str:
    return f"/dossier/{planted.dossier.portal_code}/{planted.dossier.dossier_code}"


def from_the_queue(clerk: Clerk, cause_code: str, planted: Planted) -> None:
    """Two clicks to the dossier."""
    clerk.open("/queue")
    clerk.click(clerk.link(f"/queue/{cause_code}"))
    clerk.click(clerk.link(path_of(planted)))


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_one_field_mended_in_three_clicks_is_registered_once_everywhere(town: Office, script: bool) -> None:
    planted = town.take(NOTICE, "24", BIRTH_BUNDLE if script else BIRTH)
    with town.at_desk(script=script) as lan:
        from_the_queue(lan, NOTICE, planted)
        lan.fill(lan.page.get_by_label("giấy chứng sinh"), notice_of(planted, 70001 + script))
        lan.click(lan.button("Sửa và gửi tiếp"))
        lan.reads(MENDED)
        assert (lan.clicks, lan.fields) == (3, 1)
    town.arrives(planted)


def test_the_same_is_done_with_keys_alone(town: Office) -> None:
    planted = town.take(NOTICE, "24", BIRTH)
    with town.at_desk() as lan:
        lan.open("/")
        lan.page.keyboard.press("g")
        lan.page.keyboard.press("q")
        lan.page.wait_for_url("**/queue")
        lan.press_until("j", f"/queue/{NOTICE}")
        lan.page.keyboard.press("Enter")
        lan.page.wait_for_url(f"**/queue/{NOTICE}")
        lan.press_until("j", path_of(planted))
        lan.page.keyboard.press("Enter")
        lan.page.wait_for_url(f"**{path_of(planted)}")
        expect(lan.page.locator(":focus")).to_have_attribute("name", "value")
        lan.page.keyboard.type(notice_of(planted, 70003))
        lan.page.keyboard.press("Enter")
        lan.reads(MENDED)
        assert lan.clicks == 0
    town.arrives(planted)


def test_who_someone_is_goes_on_only_after_a_second_person(town: Office) -> None:
    planted = town.take(NUMBER, "24", DEATH)
    number = planted.dossier.case.deceased.personal_id[:12]
    with town.at_desk() as lan:
        from_the_queue(lan, "wrong_personal_id_length", planted)
        lan.fill(lan.page.get_by_label("số định danh cá nhân").first, number)
        lan.click(lan.button("Sửa và gửi tiếp"))
        lan.reads("một người khác phải xác nhận")
        lan.open("/confirm")
        expect(lan.page.get_by_text(planted.dossier.dossier_code)).to_be_visible()
        expect(lan.page.get_by_role("button", name="Xác nhận", exact=True)).to_have_count(0)
    town.way.go()
    assert town.times(planted.dossier) == {}
    with town.at_desk("hoa") as hoa:
        hoa.open("/confirm")
        card = hoa.page.locator(".card", has_text=planted.dossier.dossier_code)
        expect(card.locator("ins")).to_have_text(number)
        hoa.click(card.get_by_role("button", name="Xác nhận", exact=True))
        hoa.reads("Đã xác nhận.")
        assert (hoa.clicks, hoa.fields) == (1, 0)
    town.arrives(planted)


def test_whoever_mended_cannot_confirm_even_with_both_roles(town: Office) -> None:
    planted = town.take(NUMBER, "24", DEATH)
    with town.at_desk("hoa") as hoa:
        from_the_queue(hoa, "wrong_personal_id_length", planted)
        hoa.fill(
            hoa.page.get_by_label("số định danh cá nhân").first, planted.dossier.case.deceased.personal_id[:12]
        )
        hoa.click(hoa.button("Sửa và gửi tiếp"))
        hoa.open("/confirm")
        card = hoa.page.locator(".card", has_text=planted.dossier.dossier_code)
        expect(card.get_by_role("button", name="Xác nhận", exact=True)).to_be_disabled()
        expect(card).to_contain_text("một người khác phải xác nhận")


@pytest.mark.parametrize(("portal_code", "asked"), [("24", 5), ("22", 2)])
def test_a_supplement_is_asked_in_the_clerks_words_and_the_answer_is_registered(
    town: Office, portal_code: str, asked: int
) -> None:
    planted = town.take(NOTICE, portal_code, BIRTH)
    words = "Đề nghị bổ sung bản chụp giấy chứng sinh, ghi rõ số."
    with town.at_desk() as lan:
        from_the_queue(lan, NOTICE, planted)
        lan.click(lan.page.locator("summary", has_text="Yêu cầu bổ sung…"))
        lan.fill(lan.page.get_by_label("Lời gửi công dân"), words)
        lan.click(lan.button("Gửi yêu cầu qua cổng"))
        lan.reads("Cổng sẽ báo công dân")
        assert (lan.clicks, lan.fields) == (4, 1)
    town.way.go()
    shown = town.at_portal(planted.dossier)
    assert (shown["words"], shown["status"]) == ([words], asked)
    answer = changed(planted.dossier, "case.notice_code", notice_of(planted, 70010 + asked))
    twin = town.way.rehearsal.onestop if portal_code == "24" else town.way.rehearsal.hub
    twin.supplement(planted.dossier.dossier_code, changed(answer, "updated_at", datetime.now(VIETNAM)))
    town.arrives(planted)


def test_a_mend_that_is_taken_back_holds_the_dossier_again_and_nothing_is_sent(town: Office) -> None:
    planted = town.take(NOTICE, "24", BIRTH)
    with town.at_desk() as lan:
        from_the_queue(lan, NOTICE, planted)
        lan.fill(lan.page.get_by_label("giấy chứng sinh"), notice_of(planted, 70020))
        lan.click(lan.button("Sửa và gửi tiếp"))
        lan.reads(MENDED)
        lan.click(lan.page.locator("summary", has_text="Rút lại…"))
        lan.fill(lan.page.get_by_label("Vì sao rút lại?"), "đọc nhầm giấy chứng sinh")
        lan.click(lan.button("Rút lại quyết định"))
        lan.reads("Đã rút lại. Hồ sơ lại chờ xử lý.")
        town.way.go()
        lan.open("/queue/" + NOTICE)
        expect(lan.link(path_of(planted))).to_be_visible()
    assert town.times(planted.dossier) == {}


def test_a_thousand_dossiers_of_one_cause_are_mended_in_one_action(server: EmbeddedServer, browser: Browser) -> None:
    with contextmanager(open_office)(server, browser, Weddings, 1000, "24") as office:
        with office.at_desk() as lan:
            lan.open("/queue")
            lan.click(lan.link(f"/queue/{ABSTRACT}"))
            lan.click(lan.page.get_by_label("Tất cả 1.000 hồ sơ của danh sách này"))
            lan.click(lan.button("Xem trước việc sửa"))
            expect(lan.page.get_by_text("1.000 trong 1.000 hồ sơ làm được")).to_be_visible(timeout=PATIENCE_MS)
            expect(lan.page.locator("tbody del", has_text="Dinhkem")).to_have_count(1000)
            lan.click(lan.button("Sửa 1.000 hồ sơ và gửi tiếp"))
            expect(lan.page.get_by_text("1.000 hồ sơ đã được sửa")).to_be_visible(timeout=PATIENCE_MS)
            assert (lan.clicks, lan.fields) == (4, 0)
        office.way.go()
        held = registrations(office.way.rehearsal)["civil_status"]
        assert (len(held), set(held.values())) == (1000, {1})
