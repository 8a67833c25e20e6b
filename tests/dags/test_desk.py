"""The desk, page by page and act by act: what a person does there is done in the ledger, and shown."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from connectors.ledger import Ledger, gates
from connectors.ledger.batches import open_batch
from connectors.ledger.duplicate_candidates import DuplicateCandidate, save_candidates
from connectors.ledger.grants import all_grants, grant, revoke
from dags.desk.language import all_words
from dags.desk.visit import ENVIRONMENT, HERE
from schemas.expectation import Verdict
from tests.support.desk import DeskHouse, numbered, path_of, refuse
from tests.support.dossiers import BIRTH, DEATH, MARRIAGE, changed

ETHNIC, NUMBER = "case.child.ethnic_group", "case.mother.personal_id"
WRONG_GROUP = changed(BIRTH, ETHNIC, "Kinhh")
SPACED = changed(BIRTH, NUMBER, "0241 98001111")


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    """A desk with a steward (lan), a second steward (hoa), and one of each other role."""
    house = DeskHouse(ledger)
    house.grant("lan", "steward")
    house.grant("hoa", "second_steward")
    house.grant("luu", "archivist")
    house.grant("kiem", "auditor")
    house.grant("van", "operator")
    return house


# Pages


def test_every_page_opens_for_who_may_see_it(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP, DEATH)
    pages = {
        "lan": [
            "/",
            "/queue",
            "/queue/unknown_ethnic_group",
            path_of(WRONG_GROUP),
            path_of(DEATH),
            "/confirm",
            "/duplicates",
            "/batches",
            "/answers",
            "/checks",
        ],
        "hoa": ["/", "/queue", path_of(WRONG_GROUP), "/confirm"],
        "luu": ["/", "/queue", "/queue/unknown_ethnic_group"],
        "kiem": ["/", "/queue", path_of(WRONG_GROUP), "/accesses"],
        "van": ["/", "/batches", "/answers", "/checks"],
    }
    for user, paths in pages.items():
        for language in ("vi", "en"):
            with house.visitor(user, language) as browser:
                for path in paths:
                    html = browser.get(path)
                    assert f'<html lang="{language}">' in html, path
                    assert "<h1" in html, path


def test_an_empty_desk_says_what_will_show_there(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        assert "Không có hồ sơ nào chờ xử lý" in lan.get("/queue")
        assert "Không có gì chờ xác nhận" in lan.get("/confirm")
        assert "Không có cặp hồ sơ nào" in lan.get("/duplicates")
        assert "Chưa có lô nào" in lan.get("/batches")
        assert "Bật các DAG" in lan.get("/")


def test_the_overview_counts_what_came_and_what_waits(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP, DEATH, MARRIAGE)
    with house.visitor("lan", "en") as lan:
        html = lan.get("/")
    assert re.search(r"Portals</span><b>3</b>", html)
    assert re.search(r"Held</span><b>1</b>", html)
    assert "An ethnic group is not among the 54 of the list." in html


def test_the_queue_holds_codes_and_no_names(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("luu") as luu:
        pages = luu.get("/queue") + luu.get("/queue/unknown_ethnic_group")
    assert WRONG_GROUP.dossier_code in pages
    for name in ("NGUYỄN", "TRẦN", "Kinhh", "024198001111"):
        assert name not in pages
    assert path_of(WRONG_GROUP) not in pages, "an archivist is not led to a dossier"
    assert house.looks() == []


def test_the_filter_stands_in_the_address_and_chooses(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        assert "/queue/unknown_ethnic_group?portal=24&amp;commune=07210" in lan.get("/queue?portal=24&commune=07210")
        assert WRONG_GROUP.dossier_code in lan.get("/queue/unknown_ethnic_group?portal=24&commune=07210&pending=no")
        for query in ("portal=40", "commune=00001", "registry=land", "due=2020-01-01", "pending=yes"):
            assert WRONG_GROUP.dossier_code not in lan.get(f"/queue/unknown_ethnic_group?{query}"), query


def test_pages_of_a_cause_follow_each_other_without_a_gap(house: DeskHouse) -> None:
    dossiers = numbered(WRONG_GROUP, 120)
    house.arrive(*dossiers)
    seen: list[str] = []
    with house.visitor("lan") as lan:
        path: str | None = "/queue/unknown_ethnic_group"
        while path:
            html = lan.get(path)
            seen += re.findall(r'data-row href="/dossier/24/([^"]+)"', html)
            following = re.search(r'href="([^"]+)" rel="next"', html)
            path = following.group(1).replace("&amp;", "&") if following else None
    assert sorted(seen) == sorted(one.dossier_code for one in dossiers)


def test_a_dossier_is_found_by_its_code(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        assert "Kinhh" in lan.get(f"/find?code={WRONG_GROUP.dossier_code}")
        assert "Không thấy hồ sơ" in lan.get("/find?code=nowhere", 404)


def test_a_dossier_shows_what_came_and_what_will_be_sent(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        html = lan.get(path_of(WRONG_GROUP))
    for said in ("NGUYỄN MAI ANH", "Kinhh", "Tên dân tộc không có trong danh mục", "Phường Bắc Giang", "nksHoTen"):
        assert said in html or said == "nksHoTen"
    assert "nhận từ cổng" in html
    assert "Nội dung gửi cơ quan xử lý" in html
    assert house.looks() == [("lan", "dossier")]


def test_an_auditor_sees_a_dossier_and_no_form(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("kiem") as kiem:
        html = kiem.get(path_of(WRONG_GROUP))
    assert "NGUYỄN MAI ANH" in html
    assert '<form method="post"' not in html


def test_versions_are_compared(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    house.arrive(changed(WRONG_GROUP, "case.child.full_name", "NGUYỄN MAI ÁNH"))
    with house.visitor("lan") as lan:
        html = lan.get(path_of(WRONG_GROUP))
        assert "NGUYỄN MAI ÁNH" in html
        assert "<del>NGUYỄN MAI ANH</del>" in html
        old = lan.get(path_of(WRONG_GROUP) + "?version=1")
    assert "NGUYỄN MAI ANH" in old
    assert "NGUYỄN MAI ÁNH" not in old


# Batches, duplicate_candidates, answers, the log


def test_a_stopped_batch_is_released_by_an_operator_with_a_reason(house: DeskHouse) -> None:
    house.arrive(DEATH)
    batch_id = stopped_batch(house)
    with house.visitor("van", "en") as van:
        assert "stopped, waits for a decision" in van.get("/batches")
        page = van.get(f"/batches/{batch_id}")
        assert DEATH.dossier_code in page
        assert "Release" in page
        page = van.send(f"/batches/{batch_id}", decision="released", reason="Ngày lễ nên ít hồ sơ")
        assert "The batch is released." in page
        assert "Ngày lễ nên ít hồ sơ" in page
        assert "does not wait any more" in van.send(f"/batches/{batch_id}", decision="rejected", reason="muộn rồi")
    assert house.rows("SELECT state, decided_by FROM batches") == [("released", "van")]


def stopped_batch(house: DeskHouse) -> int:
    with house.ledger.engine.begin() as connection:
        batch_id = open_batch(connection, "24")
    (batch,) = [one for one in gates.open_batches(house.ledger) if one.batch_id == batch_id]
    ((dossier_id,),) = house.rows("SELECT dossier_id FROM dossiers")
    failed = Verdict("arrivals", batch.subject, "rows_of_day", "", False, True, {"seen": 1}, (dossier_id,))
    assert gates.settle_batch(house.ledger, batch, {}, [failed]) == "stopped"
    return batch_id


def test_a_person_says_whether_two_dossiers_are_about_one(house: DeskHouse) -> None:
    one, other = BIRTH, BIRTH.model_copy(update={"dossier_code": "H05.12.34-261120-0002"})
    house.arrive(one, other)
    first, second = (row.dossier_id for row in house.rows("SELECT dossier_id FROM dossiers ORDER BY 1"))
    save_candidates(house.ledger, [first, second], [DuplicateCandidate.of(first, second, "duplicate", 0.97)])
    with house.visitor("lan") as lan:
        page = lan.get("/duplicates")
        assert "NGUYỄN MAI ANH" in page
        assert "giống 97 %" in page
        page = lan.send("/duplicates", one=str(first), other=str(second), decided_as="different")
        assert "Đã ghi: hai người khác nhau." in page
        assert "Không có cặp hồ sơ nào" in page
    assert house.rows("SELECT decided_as, decided_by FROM duplicate_candidates") == [("different", "lan")]


def test_unknown_answers_are_grouped_without_anybodys_name(house: DeskHouse) -> None:
    house.arrive(BIRTH)
    refuse(house, "Ông NGUYỄN VĂN NAM 024095002222 không hợp lệ theo phiếu lạ")
    with house.visitor("van") as van:
        page = van.get("/answers")
    assert "không hợp lệ" in page
    assert "024095002222" not in page
    assert "NGUYỄN VĂN NAM" not in page


def test_the_table_of_answers_is_searched(house: DeskHouse) -> None:
    with house.visitor("lan", "en") as lan:
        every, some = lan.get("/answers"), lan.get("/answers?q=population")
        assert len(some) < len(every)
        assert "national population database" in some
        assert "No line matches" in lan.get("/answers?q=qqqq")


def test_an_auditor_reads_who_looked_at_what(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP)
    with house.visitor("lan") as lan:
        lan.get(path_of(WRONG_GROUP))
        lan.get("/accesses", 403)
    with house.visitor("kiem", "en") as kiem:
        page = kiem.get("/accesses")
        assert WRONG_GROUP.dossier_code in page
        assert "may_not_audit" in page
        assert "may_not_audit" in kiem.get("/accesses?refused=yes&actor=lan")
        assert "No line matches" in kiem.get("/accesses?actor=nobody")


# Grants


def test_a_grant_is_given_once_and_taken_back(house: DeskHouse) -> None:
    asked = ("mai", "steward", "24", "root")
    assert grant(house.ledger, *asked)
    assert not grant(house.ledger, *asked)
    assert revoke(house.ledger, *asked)
    assert not revoke(house.ledger, *asked)
    (mine,) = [one for one in all_grants(house.ledger) if one.user_name == "mai"]
    assert (mine.role, mine.place_code, mine.revoked_by) == ("steward", "24", "root")


@pytest.mark.parametrize(
    "wrong", [("", "steward", ""), ("mai", "king", ""), ("mai", "steward", "2"), ("a\n", "x", "24")]
)
def test_a_grant_that_says_nothing_is_refused(house: DeskHouse, wrong: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="a user's name is|no role|no place"):
        grant(house.ledger, *wrong, "root")


# Languages


class VisibleText(HTMLParser):
    """The text of a page that is ours: without what stands in values, codes, and places marked as Vietnamese."""

    DATA = {"dd", "q", "del", "ins", "pre", "option", "textarea", "code"}

    def __init__(self) -> None:
        super().__init__()
        self.within: list[tuple[str, bool]] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        for name in ("placeholder", "title", "aria-label"):
            if values.get("hreflang") is None and values.get("name") != "value":
                self.said.append(values.get(name) or "")
        if tag not in ("input", "meta", "link", "br"):
            classes = set((values.get("class") or "").split())
            is_data = tag in self.DATA or bool(classes & {"data", "reason"}) or values.get("lang") == "vi"
            self.within.append((tag, is_data))

    def handle_endtag(self, tag: str) -> None:
        if tag in {name for name, _ in self.within}:
            while self.within.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not any(is_data for _, is_data in self.within):
            self.said.append(data)


def vietnamese_in(html: str) -> list[str]:
    """Words with letters that only Vietnamese has."""
    reader = VisibleText()
    reader.feed(html)
    names = {"Bắc Ninh", "Nghệ An"}
    return [
        said.strip()
        for said in reader.said
        if said.strip() not in names
        and any(letter in "đĐ" or unicodedata.normalize("NFD", letter) != letter for letter in said)
    ]


def test_an_english_page_has_no_vietnamese_but_in_values(house: DeskHouse) -> None:
    house.arrive(WRONG_GROUP, SPACED.model_copy(update={"dossier_code": "H05.12.34-261120-0009"}), DEATH)
    with house.visitor("lan", "en") as lan:
        lan.send(path_of(WRONG_GROUP) + "/edit", version="1", path=ETHNIC, value="Kinnh")
        pages = [
            "/",
            "/queue",
            "/queue/unknown_ethnic_group",
            path_of(WRONG_GROUP),
            path_of(DEATH),
            "/confirm",
            "/duplicates",
            "/batches",
            "/answers",
            "/checks",
            "/nowhere",
            "/accesses",
        ]
        for path in pages:
            assert vietnamese_in(lan.client.get(path).text) == [], path
    with house.visitor("kiem", "en") as kiem:
        assert vietnamese_in(kiem.get("/accesses")) == []
    with house.visitor("without_grant", "en") as browser:
        assert vietnamese_in(browser.get("/", 403)) == []


def test_the_language_is_chosen_in_the_address_and_kept(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        lan.client.cookies.clear()
        assert '<html lang="vi">' in lan.get("/")
        assert '<html lang="en">' in lan.get("/?lang=en")
        assert '<html lang="en">' in lan.get("/queue")
        assert '<html lang="vi">' in lan.get("/queue?lang=vi")


def templates() -> Iterator[Path]:
    yield from sorted((HERE / "templates").glob("*.html"))


def test_every_key_of_the_pages_has_words_and_every_word_is_used() -> None:
    asked: set[str] = set()
    prefixes: set[str] = set()
    for path in (*templates(), *sorted(HERE.rglob("*.py"))):
        text = path.read_text()
        asked |= set(re.findall(r"""\bt\(["']([a-z_.]+)["']""", text)) | set(re.findall(r'say\("([a-z_.]+)"', text))
        prefixes |= set(re.findall(r"""\bt\(["']([a-z_.]+\.)["'] ~""", text))
        prefixes |= {f"{group}." for group in re.findall(r"""\bof\(["']([a-z_]+)["']""", text)}
    words = all_words()
    assert asked - prefixes - words.keys() - {""} == set()
    assert all(any(key.startswith(prefix) for key in words) for prefix in prefixes), prefixes


def test_templates_escape_what_they_show() -> None:
    assert ENVIRONMENT.autoescape is True
    for path in templates():
        assert "|safe" not in path.read_text().replace("""' aria-current="true"'|safe""", ""), path.name
        assert not re.search(r'\sstyle="|<script(?! src)|\son[a-z]+="', path.read_text()), path.name


def test_days_and_hours_left_are_said_in_one_unit() -> None:
    from dags.desk.language import LOCALES

    now = datetime(2026, 11, 22, 8).astimezone()
    left = LOCALES["en"].left
    assert left(now + timedelta(days=3), now) == "3 days left"
    assert left(now - timedelta(hours=5), now) == "5 h late"
    assert left(None, now) == ""
    assert LOCALES["vi"].number(12345) == "12.345"
    assert LOCALES["vi"].day(date(2026, 11, 2)) == "02/11/2026"
