"""What the desk's pages say of a dossier: its papers wherever they lie, where it stands, and what is left to do."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from connectors.ledger import Ledger
from connectors.ledger.arrivals import Arrival, save_page
from connectors.ledger.claims import claim_ready
from connectors.ledger.deliveries import DeliveryOutcome, record
from connectors.ledger.duplicate_candidates import DuplicateCandidate, decide, save_candidates
from connectors.portals.provinces import PROVINCES
from dags.steps.checking import check_again
from schemas.dossier import Dossier
from schemas.registries import CivilStatusReceipt
from schemas.states import DeliveryEvent
from tests.support.desk import TOKEN, DeskHouse, hidden, numbered, path_of, refuse
from tests.support.dossiers import BIRTH, DEATH, MARRIAGE, changed

ETHNIC, NUMBER = "case.child.ethnic_group", "case.mother.personal_id"
WRONG_GROUP = changed(BIRTH, ETHNIC, "Kinhh")
SPACED = changed(BIRTH, NUMBER, "0241 98001111")
AT_HUB = Path(__file__).parents[1] / "recorded/hub/birth_of_today/reply.body"
TO_WORK_ON = re.compile(r'<details class="another">.*?<form method="post" action="[^"]*/edit"', re.DOTALL)


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    """A desk with a steward (lan), a second steward (hoa), an auditor (kiem) and an operator (van)."""
    house = DeskHouse(ledger)
    for user, role in (("lan", "steward"), ("hoa", "second_steward"), ("kiem", "auditor"), ("van", "operator")):
        house.grant(user, role)
    return house


def arrive_at_hub(house: DeskHouse, original: bytes) -> Dossier:
    """A dossier of a hub, with its papers inside."""
    dossier = PROVINCES["22"].platform.read_dossier(original, "22")
    save_page(house.ledger, "22", "", [Arrival(dossier.dossier_code, original, dossier)], "at the hub")
    check_again(house.ledger, [("22", dossier.dossier_code)])
    return dossier


def register(house: DeskHouse) -> None:
    """Civil status registers what it is sent."""
    (claimed,) = claim_ready(house.ledger, "civil_status", 10)
    given = CivilStatusReceipt(registered_on=date(2026, 11, 21), entry_number="12", book_code="01/2026")
    assert record(house.ledger, [DeliveryOutcome(claimed, DeliveryEvent.REGISTERED, given)])


# Papers


def test_papers_that_lie_inside_the_original_are_listed_and_shown(house: DeskHouse) -> None:
    dossier = arrive_at_hub(house, AT_HUB.read_bytes())
    with house.visitor("lan") as lan:
        page = lan.get(path_of(dossier))
        assert re.findall(r'href="[^"]*/papers/(\d+)/(\d+)"', page) == [("1", "0")]
        assert "Chưa lưu giấy tờ nào" not in page
        paper = lan.client.get(f"{path_of(dossier)}/papers/1/0")
        assert (paper.content, paper.headers["content-type"]) == (b"%PDF-1", "application/pdf")
        lan.get(f"{path_of(dossier)}/papers/1/1", 404)
        lan.get(f"{path_of(dossier)}/papers/2/0", 404)
    assert house.looks().count(("lan", "paper")) == 1


def test_papers_are_those_of_the_chosen_version(house: DeskHouse) -> None:
    first = AT_HUB.read_bytes()
    later = json.loads(first)
    later["value"]["fileDinhKem"], later["value"]["ngayCapNhat"] = [], "21/11/2026 08:20:30"
    arrive_at_hub(house, first)
    dossier = arrive_at_hub(house, json.dumps(later, ensure_ascii=False).encode())
    with house.visitor("lan") as lan:
        assert "/papers/2/" not in lan.get(path_of(dossier))
        assert "/papers/1/0" in lan.get(f"{path_of(dossier)}?version=1")
        assert lan.client.get(f"{path_of(dossier)}/papers/1/0").content == b"%PDF-1"


# Where it stands


def test_a_finished_dossier_says_that_nothing_is_left_to_do(house: DeskHouse) -> None:
    house.arrive(MARRIAGE)
    with house.visitor("lan") as lan:
        assert "đạt, đang liên thông" in lan.get(path_of(MARRIAGE))
        register(house)
        page = lan.get(path_of(MARRIAGE))
    assert "đã xong" in page
    assert "Mọi cơ quan đã đăng ký. Không cần làm gì thêm." in page
    assert "đang liên thông" not in page
    assert "đang được gửi đi" not in page


def test_a_refused_dossier_is_not_said_to_be_cleared(house: DeskHouse) -> None:
    house.arrive(MARRIAGE)
    refuse(house, "Không hợp lệ")
    with house.visitor("lan") as lan:
        page = lan.get(path_of(MARRIAGE))
    assert "1. Hộ tịch: bị từ chối" in page
    assert "đang liên thông" not in page


def test_what_was_done_is_said_only_while_it_holds(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        assert "Kiểm tra lại: đạt" not in lan.get(path_of(WRONG_GROUP) + "?done=edited.cleared")
        assert "vẫn còn lỗi" in lan.get(path_of(WRONG_GROUP) + "?done=edited.held")


def test_an_operator_sees_how_many_are_held(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP, DEATH)
    with house.visitor("van", "en") as van:
        page = van.get("/")
    assert re.search(r"Held</span><b>1</b>", page)
    assert "/dossier/" not in page


def test_what_the_portal_sent_and_nobody_can_read_has_one_thing_to_do(house: DeskHouse) -> None:
    save_page(house.ledger, "24", "", [Arrival("H05.1.2-261120-0007", b"{" + b" " * 3000, None, "onestop.ngay")], "one")
    check_again(house.ledger, [("24", "H05.1.2-261120-0007")])
    with house.visitor("lan") as lan:
        page = lan.get("/dossier/24/H05.1.2-261120-0007")
    assert "<code>ngay</code>" in page
    assert "onestop, ngay" not in page.casefold()
    assert page.count("Không đọc được nội dung cổng gửi. Bản gốc được giữ nguyên, 3 KB.") == 1
    assert "Yêu cầu cổng gửi lại" not in page
    assert "để trống" not in page


# What is left to do


def test_nothing_ticked_is_all_of_the_list(house: DeskHouse) -> None:
    dossiers = numbered(changed(BIRTH, "abstract", "Dinhkem"), 3)
    house.arrive(*dossiers)
    with house.visitor("lan") as lan:
        (cause,) = re.findall(r'data-row href="(/queue/[a-z_]+)"', lan.get("/queue"))
        assert "áp dụng cho tất cả 3 hồ sơ." in lan.get(cause)
        page = lan.send(f"{cause}/preview", act="edit")
        assert "3 trong 3 hồ sơ làm được" in page
        page = lan.send(f"{cause}/apply", **hidden(page, "/apply"))
    assert "3 đã đạt và đang được gửi tiếp." in page
    assert house.rows("SELECT DISTINCT state FROM dossiers") == [("cleared",)]


def test_a_code_is_searched_where_none_was_found(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        for path in ("/find?code=H00", "/dossier/24/H00"):
            main = lan.get(path, 404).partition("<main")[2]
            assert '<form action="/find"' in main, path
    with house.visitor("van") as van:
        assert '<form action="/find"' not in van.get("/find?code=H00", 403)


def test_an_edit_that_waits_is_not_made_twice_by_mistake(house: DeskHouse) -> None:
    house.arrive(SPACED)
    with house.visitor("lan") as lan:
        page = lan.get(path_of(SPACED))
        assert not TO_WORK_ON.search(page)
        assert " autofocus" in page
        page = lan.send(path_of(SPACED) + "/edit", version="1", path=NUMBER, value="024198001111")
        assert TO_WORK_ON.search(page)
        assert " autofocus" not in page


def test_only_who_may_confirm_is_invited_to(house: DeskHouse) -> None:
    house.arrive(*(changed(one, NUMBER, f"0241 98{at:06d}") for at, one in enumerate(numbered(BIRTH, 2), 1000)))
    with house.visitor("lan") as lan:
        page = lan.send("/queue/spaces_in_number/preview", act="edit")
        lan.send("/queue/spaces_in_number/apply", **hidden(page, "/apply"))
        assert "Xem và xác nhận" not in lan.get("/confirm")
        assert ">Xem</a>" in lan.get("/confirm")
    with house.visitor("hoa") as hoa:
        page = hoa.get("/confirm")
        assert "Xem và xác nhận" in page
        (bulk,) = re.findall(r'href="(/confirm/[0-9a-f-]{36})"', page)
        page = hoa.get(bulk)
    assert page.count('#papers">Giấy tờ</a>') == 2
    assert page.count("<time") >= 2


def test_an_auditor_is_offered_no_act(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("kiem") as kiem:
        assert 'class="acts"' not in kiem.get(path_of(WRONG_GROUP))


def test_codes_stand_with_what_they_mean(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        page = lan.get(path_of(WRONG_GROUP))
        english = lan.get(path_of(WRONG_GROUP) + "?lang=en")
    for said in ("2 · đã tiếp nhận", "1 · thường trú", "4 · thẻ căn cước", "1 · đủ cha mẹ", "1 · đúng hạn"):
        assert said in page, said
    assert "1 · both parents known" in english


def test_the_line_at_fault_is_marked_in_what_is_sent(house: DeskHouse) -> None:
    house.arrive(SPACED)
    with house.visitor("lan") as lan:
        page = lan.get(path_of(SPACED))
    marked = re.findall(r"<mark>(.*?)</mark>", page)
    assert marked
    assert all("0241 98001111" in line for line in marked)


def test_a_name_and_a_day_are_marked_as_the_registry_writes_them(house: DeskHouse) -> None:
    house.arrive(MARRIAGE)
    name, day = ("civil_status.population_differs", "full_name"), ("civil_status.date_invalid", "born_on")
    causes = tuple((code, f"case.wife.{field}") for code, field in (name, day))
    (claimed,) = claim_ready(house.ledger, "civil_status", 10)
    assert record(
        house.ledger, [DeliveryOutcome(claimed, DeliveryEvent.REFUSED, None, code="1", words="sai", causes=causes)]
    )
    with house.visitor("lan") as lan:
        page = lan.get(path_of(MARRIAGE))
    assert any("LAN" in line for line in re.findall(r"<mark>(.*?)</mark>", page))
    assert "civil_status.date_invalid&#39;" not in page
    assert "causes [" not in page


# Duplicates


def pair(house: DeskHouse) -> tuple[int, int, Dossier]:
    """One birth twice: the later one is held for it."""
    later = BIRTH.model_copy(update={"dossier_code": "H05.12.34-261120-0002"})
    house.arrive(BIRTH, later)
    first, second = (row.dossier_id for row in house.rows("SELECT dossier_id FROM dossiers ORDER BY 1"))
    assert house.state(later) == "held"
    return first, second, later


def test_a_duplicate_leads_to_its_pair(house: DeskHouse) -> None:
    first, second, later = pair(house)
    with house.visitor("lan") as lan:
        page = lan.get(path_of(later))
        assert BIRTH.dossier_code in page
        (compare,) = re.findall(r'href="(/duplicates\?after=[\d.]+)"', page)
        assert compare == f"/duplicates?after={first}.{second - 1}"
        page = lan.get(compare)
    assert later.dossier_code in page
    assert "thông tin giống nhau" in page
    assert 'class="primary"' not in page


def test_one_that_was_found_the_same_says_what_to_do_then(house: DeskHouse) -> None:
    first, second, later = pair(house)
    assert decide(house.ledger, first, second, "same", "lan")
    check_again(house.ledger, [("24", later.dossier_code)])
    with house.visitor("lan") as lan:
        page = lan.get(path_of(later))
    assert "Đã quyết định là cùng một người." in page
    assert "/duplicates?after" not in page


def test_one_whose_pair_is_gone_may_be_accepted(house: DeskHouse) -> None:
    _, _, later = pair(house)
    with house.ledger.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM duplicate_candidates")
    with house.visitor("lan") as lan:
        page = lan.get(path_of(later))
        assert "Hồ sơ kia không còn để so." in page
        lan.send(path_of(later) + "/accept", version="1", reason="Đã xem: hai trẻ khác nhau")
    assert house.state(later) == "cleared"


def test_a_later_dossier_is_not_held_for_a_duplicate_candidate_that_is_no_more(house: DeskHouse) -> None:
    first, second, later = pair(house)
    save_candidates(house.ledger, [first], [DuplicateCandidate.of(first, second, "duplicate", 0.9)])
    assert house.state(later) == "held"
    save_candidates(house.ledger, [first], [])
    assert house.state(later) == "pulled", "it is looked at again"
    check_again(house.ledger, [("24", later.dossier_code)])
    assert house.rows("SELECT kind FROM duplicate_candidates") == [("duplicate",)]
    assert house.state(later) == "held"
    save_candidates(house.ledger, [first], [DuplicateCandidate.of(first, second, "multiple_birth", 0.9)])
    assert house.state(later) == "pulled"


# The log


def test_refusals_are_logged_in_words_of_the_readers_language(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        lan.get("/accesses", 403)
        lan.get("/dossier/24/H00", 404)
        lan.post("/confirm", {"form_token": TOKEN.format("lan"), "decisions": "x", "act": "confirm"})
    with house.visitor("kiem") as kiem:
        page = kiem.get("/accesses")
        assert "<small>vai trò không cho phép</small>" in page
        assert "<small>mã không có</small>" in page
        assert "<small>giá trị sai dạng</small>" in page
        assert "Bỏ lọc" in kiem.get("/accesses?actor=nobody")
