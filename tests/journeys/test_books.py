"""The record of a paper book takes the same road as a portal's dossier: kept, examined, entered at civil status as
history, and reported to no portal."""

import base64
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import URL
from typer.testing import CliRunner

from connectors.endpoint import Endpoint
from connectors.errors import Unrecognised
from connectors.ledger import Ledger, open_ledger
from connectors.ledger.account import pending
from connectors.ledger.arrivals import Arrival, save_page
from connectors.ledger.claims import claim_ready
from connectors.ledger.grants import within
from connectors.ledger.queue import Filter, causes
from connectors.portals.provinces import BOOKS, read_original
from connectors.registries import REGISTRIES
from connectors.sandbox.server import Incoming, Listener, Outgoing
from dags import steps
from dags.cli.app import app
from dags.steps.checking import check_again
from dags.steps.preparing import read_originals
from schemas.roles import May, Reach, Role
from schemas.source import Book
from tests.support.desk import DeskHouse
from tests.support.dossiers import BIRTH, MARRIAGE, changed
from tests.support.kills import Boundary, Killer, time_passes
from tests.support.ledger_driver import LedgerDriver
from tests.support.paper_books import BIRTH as BIRTH_ENTRY
from tests.support.paper_books import DEATH as DEATH_ENTRY
from tests.support.paper_books import MARRIAGE as MARRIAGE_ENTRY
from tests.support.paper_books import PaperBook
from tests.support.pipeline import PipelineDriver

BOOK = Book(book_kind="KH", opened_year=2026, book_number="01", place_as_written="xã Hạp Lĩnh, huyện Tiên Du")
RECORD = MARRIAGE.model_copy(
    update={
        "portal_code": BOOKS,
        "book": BOOK,
        "procedure_code": "KH",
        "procedure_as_written": "KH",
        "papers": (),
    }
)


def test_the_record_of_a_book_is_planned_as_history_and_nothing_is_reported(driver: LedgerDriver) -> None:
    original = RECORD.model_dump_json().encode()
    assert read_original(BOOKS, original) == RECORD
    save_page(driver.ledger, BOOKS, "", [Arrival(RECORD.dossier_code, original, RECORD)], "1")
    assert check_again(driver.ledger, [(BOOKS, RECORD.dossier_code)]) == {"cleared": 1}
    planned = driver.rows("SELECT registry_code, operation, state, is_taken, provenance ->> 'source' FROM deliveries")
    assert [tuple(row) for row in planned] == [("civil_status", "historical", "ready", True, "book")]
    assert [tuple(row) for row in driver.rows("SELECT source_kind FROM dossiers")] == [("book",)]
    assert driver.rows("SELECT FROM reports") == []


@pytest.mark.parametrize(
    "original",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        MARRIAGE.model_copy(update={"portal_code": BOOKS}).model_dump_json().encode(),
        changed(RECORD, "portal_code", "24").model_dump_json().encode(),
        BIRTH.model_dump_json().encode(),
    ],
)
def test_what_is_no_record_of_a_book_is_not_read_as_one(original: bytes) -> None:
    with pytest.raises(Unrecognised, match="the record of a book"):
        read_original(BOOKS, original)


# Accepted books


@pytest.fixture
def pipeline_of_book(pipeline: Callable[..., PipelineDriver]) -> PipelineDriver:
    """Twins that answer, and a ledger without any dossier of a portal."""
    return pipeline(1)


def send(driver: PipelineDriver) -> Counter[str]:
    """Civil status alone, as a schedule does it, over HTTP."""
    endpoint, registry = driver.endpoint("civil_status"), REGISTRIES["civil_status"]
    return Counter(steps.deliver(driver.ledger, registry, endpoint)) + Counter(
        steps.collect(driver.ledger, registry, endpoint)
    )


def send_until_quiet(driver: PipelineDriver, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while pending(driver.ledger).open_deliveries:
        assert time.monotonic() < deadline, pending(driver.ledger)
        send(driver)
        time_passes(driver.ledger)
        time.sleep(0.1)


def held_at_registry(driver: PipelineDriver) -> list[dict[str, Any]]:
    return list(driver.sandbox.server.listeners["civil_status"].twin.entries())


def three_books(ledger: Ledger) -> list[PaperBook]:
    """A birth, a death and a marriage, each in a book of its own."""
    books = [PaperBook(ledger, {"book_kind": kind}) for kind in ("KS", "KT", "KH")]
    for book, values in zip(books, (BIRTH_ENTRY, DEATH_ENTRY, MARRIAGE_ENTRY), strict=True):
        book.record(values)
    return books


def test_records_of_an_accepted_book_stand_at_civil_status_once_with_the_entry_of_the_book(
    pipeline_of_book: PipelineDriver,
) -> None:
    driver = pipeline_of_book
    books = three_books(driver.ledger)
    assert steps.enter(driver.ledger) == {"entered": 3, "cleared": 3}
    assert steps.enter(driver.ledger) == {}
    send_until_quiet(driver)
    held = {row["dossier_code"]: row for row in held_at_registry(driver)}
    assert sorted(held) == ["KH.1962.01.09382.2-3", "KS.1962.01.09382.34-1", "KT.1962.01.09382.7-2"]
    assert {row["entry_number"] for row in held.values()} == {"34", "7", "2"}
    assert {tuple(row["operations"]) for row in held.values()} == {("historical",)}
    assert {row["submissions"] for row in held.values()} == {1}
    assert held["KS.1962.01.09382.34-1"]["words"]["nks"]["HoTen"] == {"Ho": "NGUYỄN", "ChuDem": "VĂN", "Ten": "BA"}
    question = """SELECT r.state, d.state, e.state, e.lacks, e.provenance - 'planned_by', n.place_code
                    FROM records r JOIN dossiers d USING (dossier_id) JOIN deliveries e USING (dossier_id)
                    JOIN entries n USING (entry_id) WHERE r.book_id = :id"""
    rows = books[0].rows(question, id=books[0].book_id)
    provenance = {
        "source": "book",
        "portal": "book",
        "book": "KS.1962.01",
        "book_place": "09382",
        "book_id": books[0].book_id,
        "record_id": 1,
        "page_id": None,
    }
    assert rows == [("entered", "cleared", "registered", [], provenance, "09382")]
    events = books[0].rows("SELECT kind, subject_id FROM events WHERE subject_kind = 'record' ORDER BY subject_id")
    assert events == [("record_entered", 1), ("record_entered", 2), ("record_entered", 3)]


def test_what_is_sent_cites_the_entry_as_the_book_has_it(driver: LedgerDriver) -> None:
    PaperBook(driver.ledger).record(BIRTH_ENTRY)
    steps.enter(driver.ledger)
    (claimed,) = claim_ready(driver.ledger, "civil_status", 10)
    ((_, submission),) = read_originals([claimed]).ready
    request = REGISTRIES["civil_status"].write([submission], Endpoint("http://registry.example"))
    envelope = json.loads(request.body or b"")
    assert (envelope["module"], envelope["maDonVi"]) == ("LSKS", 9385)
    cited = json.loads(envelope["data"])["trichDan"]
    assert cited == {"soDangKy": "34", "quyenSo": "01/1962", "ngayDangKy": "12/03/1962", "maXa": "09382"}
    asked = REGISTRIES["civil_status"].ask([submission], Endpoint("http://registry.example"))
    assert json.loads(asked.body or b"")["maTinh"] == "24"


@pytest.mark.parametrize("boundary", [Boundary.BEFORE_COMMIT, Boundary.AFTER_COMMIT])
def test_entering_that_is_killed_and_run_again_makes_no_second_dossier(
    ledger: Ledger, ledger_url: URL, boundary: Boundary
) -> None:
    book = PaperBook(ledger)
    for number in ("1", "2", "3"):
        book.record({**BIRTH_ENTRY, "so": number, "nksHoTen": f"NGUYỄN VĂN {number}", "meHoTen": f"TRẦN THỊ {number}"})
    kills = 0
    while was_killed(ledger, ledger_url, boundary, at=1 + kills):
        kills += 1
        time_passes(ledger)
    steps.enter(ledger)
    assert kills >= 3
    counted = "SELECT count(*), count(DISTINCT dossier_code), max(version_number), min(state) FROM dossiers"
    assert book.rows(counted) == [(3, 3, 1, "cleared")]
    assert book.rows("SELECT state, count(DISTINCT dossier_id) FROM records GROUP BY 1") == [("entered", 3)]
    assert book.rows("SELECT count(*) FROM events WHERE kind = 'record_entered'") == [(3,)]
    assert book.rows("SELECT count(*) FROM deliveries") == [(3,)]


def was_killed(ledger: Ledger, url: URL, boundary: Boundary, at: int) -> bool:
    """Enters in a process that is killed at its boundary of this number; False when it came to its end."""
    victim = os.fork()
    if not victim:
        status = 1
        try:
            signal.alarm(60)
            with open_ledger(url, ledger.vault) as own:
                Killer(boundary, at, os.getpid()).watch(own.engine)
                steps.enter(own)
                status = 0
        finally:
            os._exit(status)
    ended = os.waitpid(victim, 0)[1]
    assert os.WIFSIGNALED(ended) or os.WEXITSTATUS(ended) == 0
    return os.WIFSIGNALED(ended)


class LosingTwin:
    """Civil status, whose first token is the last answer that arrives until its fault is switched off."""

    def __init__(self, listener: Listener) -> None:
        self.listener, self.twin, self.code, self.lost = listener, listener.twin, listener.twin.code, 0

    def handle(self, request: Incoming) -> Outgoing:
        answer = self.twin.handle(request)
        if request.path == "/token" and not self.lost:
            self.listener.faults.switch("lose_answer")
        elif self.listener.faults.fault and request.path.endswith("/nhanHoSoDKHT"):
            self.lost += 1
        return answer

    def entries(self) -> list[dict[str, Any]]:
        return list(self.twin.entries())

    def registered(self) -> list[dict[str, Any]]:
        return list(self.twin.registered())


def test_an_answer_that_is_lost_brings_no_second_entry(pipeline_of_book: PipelineDriver) -> None:
    driver = pipeline_of_book
    three_books(driver.ledger)
    steps.enter(driver.ledger)
    listener = driver.sandbox.server.listeners["civil_status"]
    listener.twin = losing = LosingTwin(listener)
    send(driver)
    assert losing.lost == 3
    listener.faults.switch(None)
    send_until_quiet(driver)
    held = held_at_registry(driver)
    assert sorted((row["entry_number"], row["submissions"]) for row in held) == [("2", 1), ("34", 1), ("7", 1)]
    states = [row.state for row in LedgerDriver(driver.ledger).rows("SELECT state FROM deliveries")]
    assert states == ["registered"] * 3


def test_a_refused_record_comes_back_to_the_desk_of_the_province_that_keeps_the_book(
    pipeline_of_book: PipelineDriver,
) -> None:
    driver = pipeline_of_book
    PaperBook(driver.ledger).record({**BIRTH_ENTRY, "quyenSo": "quyển 1"})
    steps.enter(driver.ledger)
    send_until_quiet(driver)
    assert held_at_registry(driver) == []
    reach = {
        place: within(Reach("mai", frozenset({(Role.STEWARD, place)})), May.LIST, "f")
        for place in ("24", "22", "09385")
    }
    found = {place: sum(cause.dossiers for cause in causes(driver.ledger, Filter(), reach[place])) for place in reach}
    assert found == {"24": 1, "22": 0, "09385": 1}


def test_a_record_of_a_book_whose_commune_is_not_known_waits_and_is_counted(driver: LedgerDriver) -> None:
    book = PaperBook(driver.ledger, {"commune_code": None})
    book.record(BIRTH_ENTRY)
    assert steps.enter(driver.ledger) == {"without_commune": 1}
    assert driver.rows("SELECT FROM dossiers") == []
    book.change("UPDATE books SET commune_code = '09385'")
    assert steps.enter(driver.ledger)["cleared"] == 1


def test_a_record_of_a_book_whose_place_of_then_has_no_code_waits_and_is_counted(driver: LedgerDriver) -> None:
    book = PaperBook(driver.ledger, {"place_code": None})
    book.record(BIRTH_ENTRY)
    assert steps.enter(driver.ledger) == {"without_place": 1}
    assert driver.rows("SELECT FROM dossiers") == []
    book.change("UPDATE books SET place_code = '09382'")
    assert steps.enter(driver.ledger)["cleared"] == 1


def test_only_accepted_records_of_kinds_that_a_registry_takes_are_entered(driver: LedgerDriver) -> None:
    book, others = PaperBook(driver.ledger), PaperBook(driver.ledger, {"book_kind": "HN"})
    for state in ("unkeyed", "first_keyed", "differs", "agreed", "held"):
        book.record({**BIRTH_ENTRY, "so": state}, state=state)
    others.record({"so": "1", "nxnHoTen": "LÊ THỊ A"})
    assert steps.enter(driver.ledger) == {}


# Duplicates


def test_one_entry_in_two_records_holds_the_second_and_twins_hold_nobody(driver: LedgerDriver) -> None:
    book = PaperBook(driver.ledger)
    book.record(BIRTH_ENTRY)
    book.record({**BIRTH_ENTRY, "so": "35", "nksHoTen": "NGUYỄN VĂN BỐN"})  # the twin brother, in the next entry
    assert steps.enter(driver.ledger)["cleared"] == 2
    assert driver.rows("SELECT kind FROM duplicate_candidates") == [("multiple_birth",)]
    book.record(
        {**BIRTH_ENTRY, "so": "34", "nksHoTen": "LÊ THỊ SÁU", "meHoTen": "VŨ THỊ BẢY", "chaHoTen": "LÊ VĂN TÁM"}
    )
    assert steps.enter(driver.ledger)["held"] == 1
    found = driver.rows("SELECT check_code, field_path FROM findings WHERE weight = 'holds'")
    assert [tuple(row) for row in found] == [("entry_registered_twice", "book_entry.number")]


def test_a_number_with_zeros_in_front_is_the_same_entry(driver: LedgerDriver) -> None:
    book = PaperBook(driver.ledger, {"book_kind": "KT"})
    book.record(DEATH_ENTRY)
    book.record({**DEATH_ENTRY, "so": "007", "nktHoTen": "LÊ VĂN TÁM"})
    assert steps.enter(driver.ledger) == {"entered": 2, "cleared": 1, "held": 1}


def test_a_birth_in_two_books_and_in_a_portals_dossier_is_found(driver: LedgerDriver) -> None:
    born = {
        **BIRTH_ENTRY,
        "nksNgaySinh": "02.11.2026",
        "nksHoTen": BIRTH.case.child.full_name,
        "nksGioiTinh": "2",
        "meHoTen": BIRTH.case.mother.full_name,
        "chaHoTen": BIRTH.case.father.full_name,
        "meNgaySinh": "04.03.1998",
        "chaNgaySinh": "05.06.1995",
        "quyenSo": "01/2026",
        "ngayDangKy": "05.11.2026",
    }
    DeskHouse(driver.ledger).arrive(BIRTH)
    PaperBook(driver.ledger, {"opened_year": 2026, "place_code": "09385"}).record(born)
    other = {"opened_year": 2026, "book_number": "02", "place_code": "09385"}
    PaperBook(driver.ledger, other).record({**born, "so": "90", "quyenSo": "02/2026"})
    assert steps.enter(driver.ledger).get("held") == 2
    pairs = driver.rows("SELECT dossier_id, other_id, kind FROM duplicate_candidates ORDER BY 1, 2")
    assert [tuple(pair) for pair in pairs] == [(1, 2, "duplicate"), (1, 3, "duplicate"), (2, 3, "duplicate")]


def test_two_communes_that_became_one_may_each_have_a_book_of_one_number(driver: LedgerDriver) -> None:
    for place_code, name in (("09382", "xã Đồng Kỵ"), ("09385", "xã Đồng Nguyên")):
        book = PaperBook(driver.ledger, {"place_code": place_code, "place_as_written": name})
        book.record(
            {**BIRTH_ENTRY, "nksHoTen": f"NGUYỄN VĂN {name.split()[-1].upper()}", "meHoTen": f"TRẦN {name[3:]}"}
        )
    assert steps.enter(driver.ledger)["cleared"] == 2


# At the desk


def test_a_held_record_is_edited_at_the_desk_of_its_province_and_no_portal_is_told(driver: LedgerDriver) -> None:
    PaperBook(driver.ledger).record({**BIRTH_ENTRY, "nksDanToc": "Kinhh"})
    assert steps.enter(driver.ledger)["held"] == 1
    house = DeskHouse(driver.ledger)
    house.grant("lan", "steward", place="24")
    house.grant("mai", "steward", place="22")
    path = "/dossier/book/KS.1962.01.09382.34-1"
    with house.visitor("mai") as mai:
        mai.get(path, 404)
    with house.visitor("lan") as lan:
        html = lan.get(path)
        assert "NGUYỄN VĂN BA" in html
        assert f'action="{path}/reject"' in html
        assert f'action="{path}/supplement"' not in html, "there is no citizen who could answer"
        lan.send(f"{path}/supplement", 403, version="1", reason="Sổ ghi nhầm")
        assert "KS.1962.01" in lan.get("/queue/unknown_ethnic_group")
        assert house.rows("SELECT state FROM dossiers") == [("held",)]
        lan.send(path + "/edit", version="1", path="case.child.ethnic_group", value="Kinh")
    assert driver.rows("SELECT state FROM dossiers") == [("cleared",)]
    assert driver.rows("SELECT FROM reports") == []


def test_possible_duplicates_of_books_are_compared_at_the_desk_of_their_province(driver: LedgerDriver) -> None:
    for number, year in (("01", 1962), ("02", 1962)):
        book = PaperBook(driver.ledger, {"book_number": number, "opened_year": year})
        book.record({**BIRTH_ENTRY, "quyenSo": f"{number}/{year}"})
    assert steps.enter(driver.ledger) == {"entered": 2, "cleared": 1, "held": 1}
    house = DeskHouse(driver.ledger)
    house.grant("lan", "steward", place="24")
    with house.visitor("lan") as lan:
        html = lan.get("/duplicates")
    assert "KS.1962.01.09382.34-1" in html
    assert "KS.1962.02.09382.34-2" in html


def test_entering_is_one_command(ledger: Ledger, ledger_url: URL) -> None:
    PaperBook(ledger).record(BIRTH_ENTRY)
    environment = {
        "LIENTHONG_DATABASE_URL": ledger_url.render_as_string(hide_password=False),
        "LIENTHONG_MASTER_KEY": base64.b64encode(bytes(range(32))).decode(),
    }
    done = CliRunner().invoke(app, ["run", "enter"], env=environment)
    assert (done.exit_code, done.stdout) == (0, "enter: entered 1, cleared 1\n")
