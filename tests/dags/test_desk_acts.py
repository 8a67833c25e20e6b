"""Acts at the desk, on one dossier and on many: what a person does there is done in the ledger, and shown."""

import re
from uuid import UUID

import pytest

from connectors.ledger import Ledger
from connectors.ledger.reports import claim_reports
from tests.support.desk import DeskHouse, hidden, numbered, path_of, refuse
from tests.support.dossiers import BIRTH, changed, when

ETHNIC, NUMBER = "case.child.ethnic_group", "case.mother.personal_id"
WRONG_GROUP = changed(BIRTH, ETHNIC, "Kinhh")
MOTHERS_BIRTH = "case.mother.born_on"
MOTHER_OF_ELEVEN = changed(BIRTH, MOTHERS_BIRTH, when("04.03.2015"))
HEADLESS = changed(BIRTH, "case.head_of_household", None)
SPACED = changed(BIRTH, NUMBER, "0241 98001111")
REASON = "Đã đối chiếu giấy tờ gốc"


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    """A desk with a steward (lan) and a second steward (hoa)."""
    house = DeskHouse(ledger)
    house.grant("lan", "steward")
    house.grant("hoa", "second_steward")
    return house


def decisions(house: DeskHouse) -> list[tuple[str, str | None, str]]:
    return [tuple(row) for row in house.rows("SELECT act, field_path, actor FROM decisions ORDER BY decision_id")]


# One dossier


def test_from_fault_to_cleared_by_one_field(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        html = lan.send(path_of(WRONG_GROUP) + "/edit", version="1", path=ETHNIC, value="Kinh")
    assert "Kiểm tra lại: đạt" in html
    assert house.state(WRONG_GROUP) == "cleared"
    assert decisions(house) == [("edited", ETHNIC, "lan")]
    assert house.awakened == 1


def test_a_field_that_stays_as_it_is_is_no_edit(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        html = lan.send(path_of(WRONG_GROUP) + "/edit", version="1", path=ETHNIC, value="Kinhh")
    assert "chưa có thông tin nào được sửa" in html
    assert decisions(house) == []


def test_a_value_that_cannot_stand_there_is_said_beside_its_field(house: DeskHouse) -> None:
    house.arrive(MOTHER_OF_ELEVEN)
    with house.visitor("lan") as lan:
        path = path_of(MOTHER_OF_ELEVEN) + "/edit"
        html = lan.send(path, 422, version="1", path=MOTHERS_BIRTH, value="tháng mười")
    assert "ngày/tháng/năm" in html
    assert "tháng mười" in html
    assert decisions(house) == []


@pytest.mark.parametrize("fields", [["abstract"], [ETHNIC, "abstract"], ["case.father.ethnic_group"]])
def test_a_field_that_is_not_at_fault_is_not_edited(house: DeskHouse, fields: list[str]) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        html = lan.send(path_of(WRONG_GROUP) + "/edit", 422, version="1", path=fields, value=["Kinh"] * len(fields))
        assert "Thông tin này không có lỗi" in html
        assert "Chưa có gì thay đổi" in html
    with house.visitor("lan", "en") as lan:
        html = lan.send(path_of(WRONG_GROUP) + "/edit", 422, version="1", path=fields, value=["Kinh"] * len(fields))
        assert "This field has no problem" in html
        assert "Nothing was changed" in html
    assert decisions(house) == []
    assert house.state(WRONG_GROUP) == "held"
    assert house.refusals() == [("lan", "form", "field")] * 2


def test_each_field_of_a_part_that_is_missing_may_be_filled(house: DeskHouse) -> None:
    house.arrive(HEADLESS)
    head = {"full_name": "NGUYỄN VĂN HÙNG", "personal_id": "024060004321", "relation": "Cháu"}
    with house.visitor("lan") as lan:
        lan.send(
            path_of(HEADLESS) + "/edit",
            version="1",
            value=list(head.values()),
            path=[f"case.head_of_household.{name}" for name in head],
        )
    assert decisions(house) == [("edited", f"case.head_of_household.{name}", "lan") for name in head]
    with house.visitor("hoa") as hoa:
        hoa.send("/confirm", decisions=hidden(hoa.get("/confirm"), "/confirm")["decisions"], act="confirm")
    assert house.state(HEADLESS) == "cleared"


def test_two_fields_that_contradict_each_other_may_both_be_edited(house: DeskHouse) -> None:
    house.arrive(MOTHER_OF_ELEVEN)
    with house.visitor("lan") as lan:
        lan.send(
            path_of(MOTHER_OF_ELEVEN) + "/edit",
            version="1",
            path=["case.child.born_on", MOTHERS_BIRTH],
            value=["02.11.2026", "04.03.1998"],
        )
    assert decisions(house) == [("edited", MOTHERS_BIRTH, "lan")]


def test_where_a_registry_named_no_field_any_field_of_the_case_may_be_edited(house: DeskHouse) -> None:
    house.arrive(BIRTH)
    refuse(house, "Lỗi hệ thống chưa xác định")
    with house.visitor("lan") as lan:
        lan.send(path_of(BIRTH) + "/edit", 422, version="1", path="abstract", value="Khác")
        lan.send(path_of(BIRTH) + "/edit", version="1", path=ETHNIC, value="Tày")
    assert decisions(house) == [("edited", ETHNIC, "lan")]


def test_an_edit_that_leaves_a_fault_says_so(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        html = lan.send(path_of(WRONG_GROUP) + "/edit", version="1", path=ETHNIC, value="Kinnh")
    assert "vẫn còn lỗi" in html
    assert house.state(WRONG_GROUP) == "held"


def test_who_someone_is_needs_a_second_person(house: DeskHouse) -> None:
    house.arrive(SPACED)
    with house.visitor("lan") as lan:
        page = lan.get(path_of(SPACED))
        assert 'value="024198001111"' in page, "the check's suggestion stands in the field"
        assert "phải xác nhận" in lan.send(path_of(SPACED) + "/edit", version="1", path=NUMBER, value="024198001111")
        assert house.state(SPACED) == "held"
    with house.visitor("hoa") as hoa:
        page = hoa.get("/confirm")
        assert "0241 98001111" in page
        assert "024198001111" in page
        assert "lan" in page
        (pending,) = re.findall(r'name="decisions" value="(\d+)"', page)[:1]
        assert "Đã xác nhận" in hoa.send("/confirm", decisions=pending, act="confirm")
    assert house.state(SPACED) == "cleared"
    assert [(act, actor) for act, _, actor in decisions(house)] == [("edited", "lan"), ("confirmed", "hoa")]
    assert ("hoa", "confirm") in house.looks()


def test_nobody_confirms_their_own_edit(house: DeskHouse) -> None:
    house.grant("lan", "second_steward")
    house.arrive(SPACED)
    with house.visitor("lan") as lan:
        lan.send(path_of(SPACED) + "/edit", version="1", path=NUMBER, value="024198001111")
        page = lan.get("/confirm")
        assert "Nội dung này do bạn sửa" in page
        assert "disabled" in page
        ((pending,),) = house.rows("SELECT decision_id FROM decisions")
        lan.send("/confirm", 403, decisions=str(pending), act="confirm")
    assert house.state(SPACED) == "held"
    assert house.refusals() == [("lan", "confirm", "own")]


def test_a_second_person_may_decline_with_a_reason(house: DeskHouse) -> None:
    house.arrive(SPACED)
    with house.visitor("lan") as lan:
        lan.send(path_of(SPACED) + "/edit", version="1", path=NUMBER, value="024198001112")
    ((pending,),) = house.rows("SELECT decision_id FROM decisions")
    with house.visitor("hoa") as hoa:
        hoa.send("/confirm", 422, decisions=str(pending), act="decline")
        hoa.send("/confirm", decisions=str(pending), act="decline", reason="Số trên giấy khác")
    with house.visitor("lan") as lan:
        page = lan.get(path_of(SPACED))
    assert "không được xác nhận" in page
    assert house.state(SPACED) == "held"


def test_a_dossier_is_accepted_as_it_is_with_a_reason(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        lan.send(path_of(WRONG_GROUP) + "/accept", 422, version="1", reason="ok")
        page = lan.send(path_of(WRONG_GROUP) + "/accept", version="1", reason=REASON)
    assert "Đã chấp nhận" in page
    assert REASON in page
    assert house.state(WRONG_GROUP) == "cleared"


def test_the_citizen_is_asked_through_the_portal_in_the_stewards_words(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        page = lan.send(path_of(WRONG_GROUP) + "/supplement", version="1", reason="Bổ sung giấy khai sinh của mẹ")
    assert "Đã ghi yêu cầu bổ sung" in page
    assert house.state(WRONG_GROUP) == "waiting"
    said = [one.report.words for one in claim_reports(house.ledger, "24", 10)]
    said += [row.milestone for row in house.rows("SELECT milestone FROM reports ORDER BY report_id")]
    assert "supplement_asked" in said


def test_a_rejected_dossier_ends_with_its_reason(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        assert "Đã từ chối" in lan.send(path_of(WRONG_GROUP) + "/reject", version="1", reason="Không thuộc thẩm quyền")
    assert house.state(WRONG_GROUP) == "closed"


def test_a_decision_is_taken_back_by_a_later_one(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        page = lan.send(path_of(WRONG_GROUP) + "/edit", version="1", path=ETHNIC, value="Kinh")
        (decision,) = re.findall(r'name="decision" value="(\d+)"', page)
        page = lan.send(path_of(WRONG_GROUP) + "/undo", decision=decision, reason="Nhầm hồ sơ")
    assert "Đã hủy quyết định. Hồ sơ lại chờ xử lý." in page
    assert house.state(WRONG_GROUP) == "held"
    assert [act for act, _, _ in decisions(house)] == ["edited", "undone"]


def test_a_refused_delivery_is_sent_again_with_a_reason(house: DeskHouse) -> None:
    house.arrive(BIRTH)
    refuse(house, "Lỗi hệ thống chưa xác định")
    with house.visitor("lan") as lan:
        page = lan.get(path_of(BIRTH))
        assert "Lỗi hệ thống chưa xác định" in page
        assert "bị từ chối" in page
        assert "Đã cho gửi lại" in lan.send(path_of(BIRTH) + "/resend", version="1", reason="Cơ quan nhận đã sửa lỗi")
    assert house.rows("SELECT state FROM deliveries WHERE registry_code = 'civil_status'")[0].state == "ready"


def test_a_decision_on_an_older_version_is_reopened_and_can_be_made_again(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        lan.send(path_of(WRONG_GROUP) + "/edit", version="1", path=ETHNIC, value="Kinnh")
        house.arrive(changed(WRONG_GROUP, "abstract", "Trích yếu mới"))
        page = lan.send(path_of(WRONG_GROUP) + "/edit", version="1", path=ETHNIC, value="Kinh")
        assert "cổng vừa gửi phiên bản mới" in page
        page = lan.get(path_of(WRONG_GROUP))
        assert "hết hiệu lực: cổng đã gửi phiên bản mới" in page
        assert "Sửa lại như vậy ở phiên bản mới" in page


def test_a_reopened_edit_is_made_again_as_it_was_even_where_only_another_field_is_at_fault_now(
    house: DeskHouse,
) -> None:
    house.arrive(BIRTH)
    refuse(house, "Lỗi hệ thống chưa xác định")
    with house.visitor("lan") as lan:
        lan.send(path_of(BIRTH) + "/edit", version="1", path=ETHNIC, value="Tày")
        house.arrive(changed(BIRTH, "case.father.ethnic_group", "Kinhh"))
        page = lan.get(path_of(BIRTH))
        again = next(form for form in page.split("<form")[1:] if "Sửa lại như vậy ở phiên bản mới" in form)
        typed = dict(re.findall(r'name="(version|path|value)" value="([^"]*)"', again))
        assert typed == {"version": "2", "path": ETHNIC, "value": "Tày"}
        lan.send(path_of(BIRTH) + "/edit", 422, **typed | {"value": "Nùng"})
        lan.send(path_of(BIRTH) + "/edit", **typed)
    assert decisions(house) == [("edited", ETHNIC, "lan")] * 2
    assert house.refusals() == [("lan", "form", "field")]


def test_an_edit_that_a_colleague_made_first_is_no_refused_try(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        lan.send(path_of(WRONG_GROUP) + "/edit", version="1", path=ETHNIC, value="Kinh")
        page = lan.send(path_of(WRONG_GROUP) + "/edit", version="1", path=ETHNIC, value="Tày")
    assert "có thể đồng nghiệp đã làm trước" in page
    assert decisions(house) == [("edited", ETHNIC, "lan")]
    assert house.refusals() == []


# Many at once


def test_a_thousand_dossiers_are_edited_in_one_action(house: DeskHouse) -> None:
    dossiers = numbered(changed(BIRTH, "case.mother.ethnic_group", "Kinhh"), 1000)
    house.arrive(*dossiers)
    with house.visitor("lan") as lan:
        page = lan.send("/queue/unknown_ethnic_group/preview", act="edit", all="1", value="Kinh")
        assert page.count("<ins>Kinh</ins>") == 1000
        page = lan.send("/queue/unknown_ethnic_group/apply", **hidden(page, "/apply"))
    assert re.search(r"<b>1\.000</b> hồ sơ đã được sửa", page)
    assert house.rows("SELECT state, count(*) FROM dossiers GROUP BY state") == [("cleared", 1000)]
    ((bulks, made),) = house.rows("SELECT count(DISTINCT bulk_id), count(*) FROM decisions")
    assert (bulks, made) == (1, 1000)
    assert house.looks().count(("lan", "bulk")) == 2000, "the preview and the act open each of them"


def test_suggestions_are_taken_for_those_that_have_one_and_a_second_person_confirms_all(house: DeskHouse) -> None:
    house.arrive(*(changed(one, NUMBER, f"0241 98{at:06d}") for at, one in enumerate(numbered(BIRTH, 3), 1000)))
    with house.visitor("lan") as lan:
        page = lan.send("/queue/spaces_in_number/preview", act="edit", all="1")
        assert "phải có người thứ hai" in page
        lan.send("/queue/spaces_in_number/apply", **hidden(page, "/apply"))
        assert "chờ xác nhận" in lan.get("/queue/spaces_in_number?pending=yes")
    with house.visitor("hoa") as hoa:
        (bulk_id,) = re.findall(r'href="/confirm/([0-9a-f-]{36})"', hoa.get("/confirm"))
        page = hoa.get(f"/confirm/{UUID(bulk_id)}")
        assert "Xác nhận cả 3" in page
        hoa.send("/confirm", decisions=hidden(page, "/confirm")["decisions"], act="confirm")
    assert house.rows("SELECT DISTINCT state FROM dossiers") == [("cleared",)]


def test_ticked_dossiers_are_accepted_together(house: DeskHouse) -> None:
    house.arrive(*numbered(WRONG_GROUP, 3))
    with house.visitor("lan") as lan:
        ticks = re.findall(r'name="chosen" value="([\d.]+)"', lan.get("/queue/unknown_ethnic_group"))
        page = lan.send("/queue/unknown_ethnic_group/preview", act="accept", chosen=ticks[:2])
        lan.send("/queue/unknown_ethnic_group/apply", **hidden(page, "/apply") | {"reason": REASON})
    states = house.rows("SELECT state, count(*) FROM dossiers GROUP BY state ORDER BY state")
    assert states == [("cleared", 2), ("held", 1)]


def test_what_changed_after_the_preview_is_shown_again_and_not_done(house: DeskHouse) -> None:
    first, second = numbered(WRONG_GROUP, 2)
    house.arrive(first, second)
    with house.visitor("lan") as lan:
        page = lan.send("/queue/unknown_ethnic_group/preview", act="edit", all="1", value="Kinh")
        house.arrive(changed(first, "abstract", "Trích yếu mới"))
        page = lan.send("/queue/unknown_ethnic_group/apply", **hidden(page, "/apply"))
    assert "vừa thay đổi nên chưa làm gì" in page
    assert decisions(house) == []


def test_without_a_suggestion_or_a_value_nothing_is_edited(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        page = lan.send("/queue/unknown_ethnic_group/preview", act="edit", all="1")
    assert "Không có hồ sơ nào sửa được cùng lúc" in page or "<ins>Kinh</ins>" in page


def test_one_value_for_many_goes_into_the_field_at_fault_whatever_else_is_sent(house: DeskHouse) -> None:
    house.arrive(*numbered(WRONG_GROUP, 2))
    with house.visitor("lan") as lan:
        page = lan.send("/queue/unknown_ethnic_group/preview", act="edit", all="1", value="Kinh", path="abstract")
        lan.send("/queue/unknown_ethnic_group/apply", **hidden(page, "/apply") | {"path": "abstract"})
    assert decisions(house) == [("edited", ETHNIC, "lan")] * 2
