"""From a fault to a registration by a clerk's hand in a real browser: what is clicked and typed, what the twins hold.

Everything is real: Chromium, the served desk, the ledger, the steps, HTTP to the sandbox. Our ledger is not asked what
became of a dossier where a twin can be.
"""

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from playwright.sync_api import Browser, expect

from connectors.ledger.arrivals import Arrival, save_page
from connectors.ledger.claims import claim_ready
from connectors.ledger.deliveries import DeliveryOutcome, record
from connectors.ledger.gates import in_batch, open_batches, settle_batch
from connectors.postgres import EmbeddedServer
from dags.steps.checking import check_again
from dags.steps.matching import match_dossiers
from schemas.dates import VIETNAM
from schemas.expectation import Verdict
from schemas.registries import CivilStatusReceipt, LandReceipt, Receipt
from schemas.states import DeliveryEvent
from tests.support.browser import PATIENCE_MS, Camera, Clerk, chromium
from tests.support.desk import original_of
from tests.support.dossiers import BIRTH as BORN
from tests.support.dossiers import LAND, MARRIAGE, changed
from tests.support.ground_truth import registrations
from tests.support.staged_desk import (
    ABSTRACT,
    BIRTH,
    BIRTH_BUNDLE,
    DEATH,
    NOTICE,
    NUMBER,
    Office,
    Planted,
    StagedDataset,
    Weddings,
    open_office,
)

EDITED = "Đã sửa. Kiểm tra lại: đạt. Hồ sơ đang được gửi tiếp."


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def staged_dataset(server: EmbeddedServer, browser: Browser) -> Iterator[Office]:
    with open_office(server, browser, StagedDataset, 70, "24", "22") as office:
        yield office


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
def test_one_field_edited_in_three_clicks_is_registered_once_everywhere(staged_dataset: Office, script: bool) -> None:
    planted = staged_dataset.take(NOTICE, "24", BIRTH_BUNDLE if script else BIRTH)
    with staged_dataset.at_desk(script=script) as lan:
        from_the_queue(lan, NOTICE, planted)
        edit_notice(lan, notice_of(planted, 70001 + script))
        assert (lan.clicks, lan.fields) == (3, 1)
    staged_dataset.arrive(planted)


def test_the_same_is_done_with_keys_alone(staged_dataset: Office) -> None:
    planted = staged_dataset.take(NOTICE, "24", BIRTH)
    with staged_dataset.at_desk() as lan:
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
        lan.reads(EDITED)
        assert lan.clicks == 0
    staged_dataset.arrive(planted)


def edit_notice(clerk: Clerk, number: str) -> None:
    """One field, one click."""
    clerk.fill(clerk.page.get_by_label("giấy chứng sinh"), number)
    clerk.click(clerk.button("Sửa và gửi tiếp"))
    clerk.reads(EDITED)


def edit_number(clerk: Clerk, planted: Planted) -> str:
    """The number without the digit too many, which a second person is to confirm."""
    number = str(planted.dossier.case.deceased.personal_id)[:12]
    from_the_queue(clerk, "wrong_personal_id_length", planted)
    clerk.fill(clerk.page.get_by_label("số định danh cá nhân").first, number)
    clerk.click(clerk.button("Sửa và gửi tiếp"))
    clerk.reads("một người khác phải xác nhận")
    return number


def test_who_someone_is_goes_on_only_after_a_second_person(staged_dataset: Office) -> None:
    planted = staged_dataset.take(NUMBER, "24", DEATH)
    with staged_dataset.at_desk() as lan:
        number = edit_number(lan, planted)
        lan.open("/confirm")
        expect(lan.page.get_by_text(planted.dossier.dossier_code)).to_be_visible()
        expect(lan.page.get_by_role("button", name="Xác nhận", exact=True)).to_have_count(0)
    staged_dataset.way.go()
    assert staged_dataset.times(planted.dossier) == {}
    with staged_dataset.at_desk("hoa") as hoa:
        hoa.open("/confirm")
        card = hoa.page.locator(".card", has_text=planted.dossier.dossier_code)
        expect(card.locator("ins")).to_have_text(number)
        hoa.click(card.get_by_role("button", name="Xác nhận", exact=True))
        hoa.reads("Đã xác nhận.")
        assert (hoa.clicks, hoa.fields) == (1, 0)
    staged_dataset.arrive(planted)


def test_whoever_edited_cannot_confirm_even_with_both_roles(staged_dataset: Office) -> None:
    planted = staged_dataset.take(NUMBER, "24", DEATH)
    with staged_dataset.at_desk("hoa") as hoa:
        edit_number(hoa, planted)
        hoa.open("/confirm")
        card = hoa.page.locator(".card", has_text=planted.dossier.dossier_code)
        expect(card.get_by_role("button", name="Xác nhận", exact=True)).to_be_disabled()
        expect(card).to_contain_text("một người khác phải xác nhận")


def test_a_supplement_is_asked_in_the_clerks_words_and_the_answer_is_registered(staged_dataset: Office) -> None:
    sandbox, words = staged_dataset.way.sandbox, "Đề nghị bổ sung bản chụp giấy chứng sinh, ghi rõ số."
    at_onestop, at_hub = staged_dataset.take(NOTICE, "24", BIRTH), staged_dataset.take(NOTICE, "22", BIRTH)
    with staged_dataset.at_desk() as lan:
        for planted in (at_onestop, at_hub):
            lan.clicks = lan.fields = 0
            from_the_queue(lan, NOTICE, planted)
            lan.click(lan.page.locator("summary", has_text="Yêu cầu bổ sung…"))
            lan.fill(lan.page.get_by_label("Lời gửi công dân"), words)
            lan.click(lan.button("Gửi yêu cầu qua cổng"))
            lan.reads("Cổng sẽ báo công dân")
            assert (lan.clicks, lan.fields) == (4, 1)
    staged_dataset.way.go()
    for planted, twin, status in ((at_onestop, sandbox.onestop, 5), (at_hub, sandbox.hub, 2)):
        shown = staged_dataset.at_portal(planted.dossier)
        assert (shown["words"], shown["status"]) == ([words], status)
        answer = changed(planted.dossier, "case.notice_code", notice_of(planted, 70010 + status))
        twin.supplement(planted.dossier.dossier_code, changed(answer, "updated_at", datetime.now(VIETNAM)))
    staged_dataset.arrive(at_onestop, at_hub)


def test_a_edit_that_is_taken_back_is_not_sent_and_the_next_one_is_sent_once(staged_dataset: Office) -> None:
    planted = staged_dataset.take(NOTICE, "24", BIRTH)
    with staged_dataset.at_desk() as lan:
        from_the_queue(lan, NOTICE, planted)
        edit_notice(lan, notice_of(planted, 70020))
        lan.click(lan.page.locator("summary", has_text="Hủy quyết định…"))
        lan.fill(lan.page.get_by_label("Lý do hủy quyết định"), "đọc nhầm giấy chứng sinh")
        lan.click(lan.button("Hủy quyết định"))
        lan.reads("Đã hủy quyết định. Hồ sơ lại chờ xử lý.")
        staged_dataset.way.go()
        assert staged_dataset.times(planted.dossier) == {}
        from_the_queue(lan, NOTICE, planted)
        edit_notice(lan, notice_of(planted, 70021))
    staged_dataset.arrive(planted)


def test_a_thousand_dossiers_of_one_cause_are_edited_in_one_action(server: EmbeddedServer, browser: Browser) -> None:
    with open_office(server, browser, Weddings, 1000, "24") as office:
        with office.at_desk() as lan:
            lan.open("/queue")
            lan.click(lan.link(f"/queue/{ABSTRACT}"))
            lan.click(lan.button("Xem trước việc sửa"))
            expect(lan.page.get_by_text("1.000 trong 1.000 hồ sơ làm được")).to_be_visible(timeout=PATIENCE_MS)
            expect(lan.page.locator("tbody del", has_text="Dinhkem")).to_have_count(1000)
            lan.click(lan.button("Sửa 1.000 hồ sơ và gửi tiếp"))
            expect(lan.page.get_by_text("1.000 hồ sơ đã được sửa")).to_be_visible(timeout=PATIENCE_MS)
            assert (lan.clicks, lan.fields) == (3, 0)
        office.way.go()
        held = registrations(office.way.sandbox)["civil_status"]
        assert (len(held), set(held.values())) == (1000, {1})


# Every page, looked at


def dress(office: Office) -> None:
    """What the dataset's own dossiers do not show: two possible duplicates, and a stopped batch. Nothing is sent."""
    ledger = office.way.ledger
    one = BORN.model_copy(update={"portal_code": "40", "papers": (), "abstract": "Dinhkem"})
    other = one.model_copy(update={"dossier_code": "H41.1.2-261120-0002"})
    both = (one, changed(other, "case.child.full_name", "NGUYEN MAI ANH"))
    arrivals = [Arrival(each.dossier_code, original_of(each), each) for each in both]
    save_page(ledger, "40", "", arrivals, "", gated=True)
    check_again(ledger, [("40", each.dossier_code) for each in both])
    (batch,) = [each for each in open_batches(ledger) if each.portal_code == "40"]
    held = {each.dossier_id: each.version_number for each in in_batch(ledger, batch)}
    failed = [
        Verdict("arrivals", "40/2026-11-20", code, column, False, stops, {"failing": 2}, tuple(held))
        for code, column, stops in (("many_held", "is_held", True), ("new_commune", "commune", False))
    ]
    settle_batch(ledger, batch, held, failed)
    match_dossiers(ledger, dict(zip(sorted(held), both, strict=True)))


def change_after_sending(office: Office) -> None:
    """A marriage and a parcel that their registries have and their portal changed; the parcel's correction must be done
    at its registry."""
    entries: dict[str, Receipt] = {
        "civil_status": CivilStatusReceipt(registered_on=date(2026, 11, 21), entry_number="12", book_code="01/2026"),
        "land": LandReceipt(land_entry_code="24-07210-000123"),
    }
    office.house.arrive(MARRIAGE, LAND)
    for registry_code, receipt in entries.items():
        (claimed,) = claim_ready(office.way.ledger, registry_code, 10)
        assert record(office.way.ledger, [DeliveryOutcome(claimed, DeliveryEvent.REGISTERED, receipt)])
    office.house.arrive(
        changed(changed(MARRIAGE, "case.wife.full_name", "VŨ THỊ LÂN"), "case.wife.ethnic_group", "Tày"),
        changed(LAND, "case.owners.0.ethnic_group", "Tày"),
    )
    with office.at_desk() as lan:
        lan.open(f"/dossier/24/{LAND.dossier_code}")
        lan.click(lan.page.locator("#corrections summary", has_text="Gửi cải chính…"))
        lan.fill(lan.page.get_by_label("Lý do cải chính"), "Công dân sửa dân tộc ở cổng")
        lan.click(lan.button("Gửi cải chính"))
        lan.reads("Cải chính đang được gửi đến cơ quan xử lý.")


def decide_some(office: Office) -> None:
    """One edit waits for a second person, and two of one action; one dossier has a edit that counts."""
    with office.at_desk() as lan:
        edit_number(lan, office.take(NUMBER, "24", DEATH))
        preview(lan, "spaces_in_number")
        lan.click(lan.button("Sửa 2 hồ sơ và gửi tiếp"))
        expect(lan.page.get_by_text("2 hồ sơ đã được sửa")).to_be_visible()


def preview(clerk: Clerk, cause_code: str) -> None:
    clerk.open(f"/queue/{cause_code}")
    clerk.click(clerk.page.locator("input[name=all]"))
    clerk.click(clerk.page.locator("button[value=edit]"))
    clerk.page.wait_for_url("**/preview")


def paths(office: Office) -> dict[str, str]:
    """A dossier's page by each cause."""
    rows = office.house.rows(
        "SELECT f.cause_code, d.portal_code, d.dossier_code FROM faults f JOIN dossiers d"
        " USING (dossier_id) WHERE d.portal_code <> '40'"
    )
    return {row.cause_code: f"/dossier/{row.portal_code}/{row.dossier_code}" for row in rows}


def addresses(office: Office) -> dict[str, list[tuple[str, str, int]]]:
    """Every page that has an address, by who opens it: its name, its path, its status."""
    dossier, one = paths(office), office.house.rows
    refused = next(code for code in dossier if "." in code)
    ((done,),) = one(
        "SELECT '/dossier/' || portal_code || '/' || dossier_code FROM dossiers d WHERE state = 'cleared'"
        " AND NOT EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id AND e.state <> 'registered')"
        " ORDER BY cardinality(registries) DESC LIMIT 1"
    )
    ((bulk,),) = one("SELECT DISTINCT bulk_id FROM decisions WHERE bulk_id IS NOT NULL AND needs_second")
    ((batch,),) = one("SELECT batch_id FROM batches WHERE state = 'stopped'")
    return {
        "lan": [
            ("overview", "/", 200),
            ("queue", "/queue", 200),
            ("queue-empty", "/queue?portal=75", 200),
            ("cause", f"/queue/{NOTICE}", 200),
            ("cause-empty", "/queue/disputed_parcel", 200),
            ("cause-refused", f"/queue/{refused}", 200),
            ("dossier-held", dossier[NOTICE], 200),
            ("dossier-refused", dossier[refused], 200),
            ("dossier-part-missing", dossier["head_of_household_missing"], 200),
            ("dossier-pending", dossier["spaces_in_number"], 200),
            ("dossier-done", done, 200),
            ("dossier-unreadable", dossier["unreadable_original"], 200),
            ("dossier-changed", f"/dossier/24/{MARRIAGE.dossier_code}", 200),
            ("dossier-parked", f"/dossier/24/{LAND.dossier_code}", 200),
            ("confirm-own", "/confirm", 200),
            ("duplicates", "/duplicates", 200),
            ("batches", "/batches", 200),
            ("batch", f"/batches/{batch}", 200),
            ("answers", "/answers", 200),
            ("answers-none", "/answers?q=zz", 200),
            ("checks", "/checks", 200),
            ("find-none", "/find?code=H00", 404),
            ("no-dossier", "/dossier/24/H00", 404),
            ("no-page", "/nowhere", 404),
            ("no-role", "/accesses", 403),
        ],
        "hoa": [("confirm", "/confirm", 200), ("confirm-bulk", f"/confirm/{bulk}", 200)],
        "minh": [
            ("accesses", "/accesses", 200),
            ("accesses-empty", "/accesses?actor=nobody", 200),
            ("auditor-dossier", dossier[NOTICE], 200),
        ],
        "khoa": [("operator-overview", "/", 200), ("operator-answers", "/answers", 200)],
        "without_grant": [("no-grant", "/", 403)],
    }


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_page_overflows_or_hides_anything_on_a_screen_or_a_phone(staged_dataset: Office, language: str) -> None:
    camera = Camera.of_environment()
    if not staged_dataset.house.rows("SELECT FROM batches WHERE state = 'stopped'"):
        dress(staged_dataset)
        change_after_sending(staged_dataset)
        decide_some(staged_dataset)
    for user, pages in addresses(staged_dataset).items():
        with staged_dataset.at_desk(user, language=language) as somebody:
            for name, path, status in pages:
                somebody.open(path, status)
                camera.look(somebody, name)
    with staged_dataset.at_desk(language=language) as lan:
        wander(staged_dataset, lan, camera)
    assert camera.faults == [], "\n".join(camera.faults)


def wander(office: Office, clerk: Clerk, camera: Camera) -> None:
    """To the pages that come of a form."""
    preview(clerk, ABSTRACT)
    camera.look(clerk, "preview")
    preview(clerk, "unknown_ethnic_group")
    camera.look(clerk, "preview-none")
    clerk.open(f"/queue/{ABSTRACT}?portal=24")
    clerk.click(clerk.page.locator("input[name=chosen]").first)
    clerk.click(clerk.page.locator("button[value=edit]"))
    clerk.click(clerk.page.locator("form[action*=apply] button"))
    clerk.page.wait_for_url("**/apply*")
    camera.look(clerk, "bulk-done")
    path = paths(office)["impossible_date"]
    clerk.open(path)
    clerk.fill(clerk.page.locator("form.editing input[name=value]").first, "32.13.2026")
    clerk.turned_away.add(clerk.page.url + "/edit")
    clerk.click(clerk.page.locator("form.editing button.primary"))
    clerk.page.wait_for_url("**/edit")
    camera.look(clerk, "dossier-wrong")
    clerk.open(f"{path}?done=edited.cleared")
    clerk.click(clerk.page.locator("details.act summary").first)
    camera.look(clerk, "dossier-act-open")
