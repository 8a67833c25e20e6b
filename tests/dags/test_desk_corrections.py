"""Corrections at the desk: a portal changes what registries have, and a person corrects, annuls or keeps it."""

import re
from datetime import date

import pytest

from connectors.ledger import Ledger
from connectors.ledger.claims import claim_ready
from connectors.ledger.deliveries import DeliveryOutcome, record
from schemas.dossier import Dossier, PortalStatus
from schemas.registries import CivilStatusReceipt, LandReceipt, Receipt
from schemas.states import DeliveryEvent
from tests.support.desk import DeskHouse, hidden, path_of
from tests.support.dossiers import LAND, MARRIAGE, changed

ETHNIC, NAME = "case.wife.ethnic_group", "case.wife.full_name"
RENAMED = changed(MARRIAGE, NAME, "VŨ THỊ LÂN")
OTHER_GROUP = changed(MARRIAGE, ETHNIC, "Tày")
WITHDRAWN = MARRIAGE.model_copy(update={"status": PortalStatus.WITHDRAWN})
REASON = "Theo quyết định cải chính số 12"
ENTRY = CivilStatusReceipt(registered_on=date(2026, 11, 21), entry_number="12", book_code="01/2026")


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    """A desk with a steward (lan), a second steward (hoa) and an auditor (kiem)."""
    house = DeskHouse(ledger)
    for user, role in (("lan", "steward"), ("hoa", "second_steward"), ("kiem", "auditor")):
        house.grant(user, role)
    return house


def register(house: DeskHouse, dossier: Dossier, registry_code: str, receipt: Receipt) -> None:
    """The dossier arrives and the registry registers it."""
    house.arrive(dossier)
    (claimed,) = claim_ready(house.ledger, registry_code, 10)
    assert record(house.ledger, [DeliveryOutcome(claimed, DeliveryEvent.REGISTERED, receipt)])


def change(house: DeskHouse, dossier: Dossier) -> None:
    """Civil status has the marriage, and the portal sends it again like this."""
    register(house, MARRIAGE, "civil_status", ENTRY)
    house.arrive(dossier)
    assert house.state(dossier) == "held"


def deliveries(house: DeskHouse) -> list[tuple[str, str]]:
    return [tuple(row) for row in house.rows("SELECT operation, state FROM deliveries ORDER BY delivery_id")]


# What the page says


def test_the_page_shows_what_the_registry_holds_beside_what_it_would_be_sent(house: DeskHouse) -> None:
    change(house, RENAMED)
    with house.visitor("lan") as lan:
        page = lan.get(path_of(MARRIAGE))
        english = lan.get(path_of(MARRIAGE) + "?lang=en")
    section = page.partition('id="corrections"')[2].partition("</section>")[0]
    assert "Họ, chữ đệm, tên của vợ" in section
    assert "nhận cải chính qua mạng" in section
    assert "<del>VŨ THỊ LAN</del>" in section
    assert "<ins>VŨ THỊ LÂN</ins>" in section
    assert "Full name of wife" in english
    assert "takes corrections online" in english
    for offered in ("Gửi cải chính…", "Giữ nguyên…"):
        assert offered in section
    for refused in ("Đề nghị hủy đăng ký…", "Yêu cầu bổ sung…", "Từ chối hồ sơ…", "Sửa và gửi tiếp", "đã xong"):
        assert refused not in page, "the ledger would refuse it, or it is not so"


def test_an_auditor_sees_the_difference_and_no_form(house: DeskHouse) -> None:
    change(house, RENAMED)
    with house.visitor("kiem") as kiem:
        page = kiem.get(path_of(MARRIAGE))
    assert "<ins>VŨ THỊ LÂN</ins>" in page
    assert '<form method="post"' not in page


def test_a_dossier_without_a_change_says_nothing_of_corrections(house: DeskHouse) -> None:
    register(house, MARRIAGE, "civil_status", ENTRY)
    with house.visitor("lan") as lan:
        assert 'id="corrections"' not in lan.get(path_of(MARRIAGE))


# Correct


def test_a_correction_that_changes_nobodys_identity_is_sent_at_once(house: DeskHouse) -> None:
    change(house, OTHER_GROUP)
    with house.visitor("lan") as lan:
        page = lan.get(path_of(MARRIAGE))
        assert "cần người thứ hai xác nhận trước khi gửi" not in page
        lan.send(path_of(MARRIAGE) + "/correct", 422, version="2", reason="x")
        page = lan.send(path_of(MARRIAGE) + "/correct", version="2", reason=REASON)
    assert "Cải chính đang được gửi đến cơ quan xử lý." in page
    assert REASON in page
    assert "quyết định gửi cải chính" in page
    assert "cải chính, sẵn sàng gửi" in page
    assert deliveries(house) == [("register", "registered"), ("correct", "ready")]
    assert house.awakened == 1


def test_a_correction_of_who_somebody_is_waits_for_a_second_person(house: DeskHouse) -> None:
    change(house, RENAMED)
    with house.visitor("lan") as lan:
        assert "cần người thứ hai xác nhận trước khi gửi" in lan.get(path_of(MARRIAGE))
        page = lan.send(path_of(MARRIAGE) + "/correct", version="2", reason=REASON)
        assert "Một người khác phải xác nhận trước khi gửi." in page
        assert "lan: quyết định gửi cải chính; chờ người thứ hai xác nhận." in page
        assert "đã ghi" not in lan.get("/confirm")
        assert "quyết định gửi cải chính" in lan.get("/confirm")
    assert house.state(MARRIAGE) == "held"
    assert deliveries(house) == [("register", "registered")]
    with house.visitor("hoa") as hoa:
        page = hoa.get("/confirm")
        assert "<del>VŨ THỊ LAN</del>" in page
        assert "<ins>VŨ THỊ LÂN</ins>" in page
        hoa.send("/confirm", decisions=hidden(page, "/confirm")["decisions"], act="confirm")
    assert house.state(MARRIAGE) == "cleared"
    assert deliveries(house) == [("register", "registered"), ("correct", "ready")]


def test_a_correction_that_a_second_person_declines_is_not_sent(house: DeskHouse) -> None:
    change(house, RENAMED)
    with house.visitor("lan") as lan:
        lan.send(path_of(MARRIAGE) + "/correct", version="2", reason=REASON)
    with house.visitor("hoa") as hoa:
        decisions = hidden(hoa.get("/confirm"), "/confirm")["decisions"]
        hoa.send("/confirm", decisions=decisions, act="decline", reason="Giấy tờ ghi khác")
    with house.visitor("lan") as lan:
        page = lan.get(path_of(MARRIAGE))
    assert "không được xác nhận" in page
    assert "Gửi cải chính…" in page
    assert deliveries(house) == [("register", "registered")]


def test_nobody_confirms_their_own_correction(house: DeskHouse) -> None:
    house.grant("lan", "second_steward")
    change(house, RENAMED)
    with house.visitor("lan") as lan:
        lan.send(path_of(MARRIAGE) + "/correct", version="2", reason=REASON)
        ((decision,),) = house.rows("SELECT decision_id FROM decisions")
        lan.send("/confirm", 403, decisions=str(decision), act="confirm")
    assert house.state(MARRIAGE) == "held"


def test_a_correction_that_was_not_sent_is_taken_back(house: DeskHouse) -> None:
    change(house, OTHER_GROUP)
    with house.visitor("lan") as lan:
        page = lan.send(path_of(MARRIAGE) + "/correct", version="2", reason=REASON)
        (decision,) = re.findall(r'name="decision" value="(\d+)"', page)
        page = lan.send(path_of(MARRIAGE) + "/undo", decision=decision, reason="Nhầm hồ sơ")
    assert "Đã hủy quyết định. Hồ sơ lại chờ xử lý." in page
    assert house.state(MARRIAGE) == "held"
    assert ("correct", "ready") not in deliveries(house)


def test_an_older_version_is_not_corrected(house: DeskHouse) -> None:
    change(house, OTHER_GROUP)
    with house.visitor("lan") as lan:
        assert "cổng vừa gửi phiên bản mới" in lan.send(path_of(MARRIAGE) + "/correct", version="1", reason=REASON)
    assert house.rows("SELECT count(*) FROM decisions") == [(0,)]


def test_what_did_not_change_is_not_corrected(house: DeskHouse) -> None:
    register(house, MARRIAGE, "civil_status", ENTRY)
    with house.visitor("lan") as lan:
        page = lan.send(path_of(MARRIAGE) + "/correct", version="1", reason=REASON)
    assert "không còn thay đổi nào cần cải chính" in page


# Keep and annul


def test_what_is_registered_may_be_kept(house: DeskHouse) -> None:
    change(house, RENAMED)
    with house.visitor("lan") as lan:
        page = lan.send(path_of(MARRIAGE) + "/keep", version="2", reason="Cổng ghi nhầm")
    assert "giữ nguyên nội dung đã đăng ký" in page
    assert 'id="corrections"' not in page
    assert house.state(MARRIAGE) == "cleared"
    assert deliveries(house) == [("register", "registered")]


def test_a_withdrawn_dossier_is_annulled_after_a_second_person_agreed(house: DeskHouse) -> None:
    change(house, WITHDRAWN)
    with house.visitor("lan") as lan:
        page = lan.get(path_of(MARRIAGE))
        assert "Đề nghị hủy đăng ký…" in page
        assert "Gửi cải chính…" not in page
        assert "nhận hủy đăng ký qua mạng" in page
        assert "Nội dung cơ quan này đang giữ không thay đổi" not in page
        (version,) = set(re.findall(r'name="version" value="(\d+)"', page))
        page = lan.send(path_of(MARRIAGE) + "/annul", version=version, reason="Công dân rút hồ sơ")
        assert "Một người khác phải xác nhận trước khi gửi." in page
    with house.visitor("hoa") as hoa:
        page = hoa.get("/confirm")
        assert "quyết định đề nghị hủy đăng ký" in page
        hoa.send("/confirm", decisions=hidden(page, "/confirm")["decisions"], act="confirm")
    assert deliveries(house) == [("register", "registered"), ("annul", "ready")]


# Done at the registry


def test_a_registry_that_takes_no_correction_has_it_done_by_hand(house: DeskHouse) -> None:
    register(house, LAND, "land", LandReceipt(land_entry_code="24-07210-000123"))
    house.arrive(changed(LAND, "case.owners.0.ethnic_group", "Tày"))
    with house.visitor("lan") as lan:
        page = lan.get(path_of(LAND))
        assert "phải làm tại cơ quan" in page
        page = lan.send(path_of(LAND) + "/correct", version="2", reason=REASON)
        assert "chờ làm tại cơ quan" in page
        assert "không nhận qua mạng" in page
        assert "đã xong" not in page
        assert "Yêu cầu bổ sung…" not in page
        (delivery,) = re.findall(r'name="delivery" value="(\d+)"', page)
        lan.send(path_of(LAND) + "/settle", 422, delivery="999", reason=REASON)
        page = lan.send(path_of(LAND) + "/settle", delivery=delivery, reason="Văn bản 15/UBND ngày 02/12/2026")
    assert "Đã ghi nhận: đã làm tại cơ quan." in page
    assert "Văn bản 15/UBND" in page
    assert "đã xong" in page
    assert 'id="corrections"' not in page
    assert deliveries(house) == [("register", "registered"), ("correct", "settled")]
    assert ("lan", "form", "delivery") in house.refusals()


# Who may


@pytest.mark.parametrize("act", ["correct", "annul", "keep", "settle"])
@pytest.mark.parametrize("user", ["kiem", "hoa"])
def test_who_only_reads_corrects_nothing(house: DeskHouse, user: str, act: str) -> None:
    change(house, RENAMED)
    with house.visitor(user) as browser:
        browser.send(f"{path_of(MARRIAGE)}/{act}", 403, version="2", delivery="1", reason=REASON)
    assert house.rows("SELECT count(*) FROM decisions") == [(0,)]
    assert house.refusals() == [(user, "dossier", "may_not_correct")]
