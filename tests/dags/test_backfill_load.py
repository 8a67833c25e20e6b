"""Keyed files become records: every row once, in its own book, checked and searchable, or held with a reason."""

import json
import os
import signal
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text
from typer.testing import CliRunner

from connectors.ledger import Ledger, open_ledger
from connectors.ledger.books import ensure_book
from connectors.ledger.paper_sealed import open_book_key, open_record
from connectors.ledger.records import LOAD_LOCK, LoadRunning, running_load
from connectors.ledger.samples import accept_released, latest_sample
from connectors.paper.keyed_layout import Cell, SheetDate
from connectors.paper.keyed_problems import FileSetAside
from connectors.postgres import URL_VARIABLE
from connectors.vault import MASTER_KEY_VARIABLE, Vault, VaultError
from dags.cli.app import app
from dags.steps import loading
from dags.steps.keying import draw_sample
from dags.steps.loading import LoadPlan, LoadReport, UnknownPlace, checked_plan, load_file
from dags.steps.row_checking import packed, unpacked
from schemas.places import PROVINCES
from schemas.source import Book
from tests.support.keyed_files import (
    BIRTH_ROW,
    DEATH_ROW,
    MARRIAGE_ROW,
    PLACE,
    births,
    write_csv,
)

BAC_NINH = "24"
PHU_LAM = "09322"


def load(ledger: Ledger, path: Path, **options: Any) -> LoadReport:
    return load_file(ledger, LoadPlan(path, BAC_NINH, **options), "tester")


def rows(ledger: Ledger, statement: str, **values: Any) -> Sequence[Any]:
    with ledger.engine.connect() as connection:
        return connection.execute(text(statement), values).all()


def content_of(ledger: Ledger) -> list[tuple[Any, ...]]:
    """What is in the ledger of keyed files, without ids: two ledgers with equal contents are in one state."""
    records = rows(
        ledger,
        "SELECT b.book_id, b.book_number, b.opened_year, b.wrapped, b.state AS book_state, r.record_id, r.entry_number,"
        " r.state, r.fault_codes, r.line_number, r.content_sha256, r.sealed, s.tokens, s.year,"
        " (SELECT count(*) FROM events e WHERE e.subject_kind = 'record' AND e.subject_id = r.record_id) AS events"
        " FROM records r JOIN books b USING (book_id)"
        " JOIN searchables s ON s.subject_kind = 'record' AND s.subject_id = r.record_id"
        " ORDER BY b.opened_year, b.book_number, r.line_number",
    )
    content = []
    for row in records:
        key = open_book_key(ledger, row.book_id, row.wrapped)
        values = {name: value.text for name, value in open_record(key, row.record_id, row.sealed).items()}
        content.append(
            (
                row.book_number,
                row.opened_year,
                row.book_state,
                row.entry_number,
                row.state,
                tuple(row.fault_codes),
                row.line_number,
                bytes(row.content_sha256),
                tuple(row.tokens),
                row.year,
                row.events,
                json.dumps(values),
            )
        )
    return content


def totals(ledger: Ledger) -> tuple[int, ...]:
    tables = ("books", "records", "searchables", "held_rows", "loads", "events")
    return tuple(rows(ledger, f"SELECT count(*) FROM {table}")[0][0] for table in tables)


def test_a_row_becomes_a_record_of_its_book_that_can_be_searched(ledger: Ledger, tmp_path: Path) -> None:
    report = load(ledger, write_csv(tmp_path / "so.csv", [BIRTH_ROW]))
    assert (report.rows, report.counts["loaded"], report.counts["held"], report.books_keyed) == (1, 1, 0, 1)
    (book,) = rows(ledger, "SELECT * FROM books")
    assert (book.book_kind, book.opened_year, book.book_number, book.place_as_written) == ("KS", 1983, "01", PLACE)
    assert (book.province_code, book.place_code, book.state) == (BAC_NINH, PHU_LAM, "sampling")
    (record,) = rows(ledger, "SELECT * FROM records")
    assert (record.entry_number, record.line_number, record.state, record.fault_codes) == ("34", 2, "agreed", [])
    key = open_book_key(ledger, book.book_id, book.wrapped)
    values = open_record(key, record.record_id, record.sealed)
    assert {name: value.text for name, value in values.items()} == dict(BIRTH_ROW)
    with pytest.raises(VaultError):
        open_record(key, record.record_id + 1, record.sealed)
    (found,) = rows(ledger, "SELECT * FROM searchables")
    assert (found.subject_kind, found.subject_id, found.province_code) == ("record", record.record_id, BAC_NINH)
    assert (found.year, len(found.tokens) > 5) == (1983, True)
    events = rows(ledger, "SELECT subject_kind, kind, actor, detail FROM events ORDER BY event_id")
    assert [(row.subject_kind, row.kind, row.actor) for row in events] == [
        ("record", "record_keyed", "tester"),
        ("book", "book_keyed", "tester"),
    ]
    assert "MAI" not in json.dumps([row.detail for row in events])


@pytest.mark.parametrize("row", [BIRTH_ROW, DEATH_ROW, {**MARRIAGE_ROW, "loaiDangKy": "1"}])
def test_sound_rows_of_each_kind_have_no_fault(ledger: Ledger, tmp_path: Path, row: dict[str, str]) -> None:
    report = load(ledger, write_csv(tmp_path / "so.csv", [row], list(row)))
    assert report.by_code("fault:") == {}
    assert report.counts["loaded"] == 1


def test_books_without_a_case_are_kept_and_searched(ledger: Ledger, tmp_path: Path) -> None:
    row = {
        "so": "1",
        "quyenSo": "01/1990",
        "ngayDangKy": "1990",
        "noiDangKy": PLACE,
        "cmHoTen": "TRẦN VĂN A",
        "ncHoTen": "TRẦN THỊ B",
    }
    report = load(ledger, write_csv(tmp_path / "so.csv", [row], list(row)))
    assert (report.counts["loaded"], report.by_code("fault:")) == (1, {})
    assert rows(ledger, "SELECT book_kind FROM books") == [("CMC",)]
    assert totals(ledger)[:3] == (1, 1, 1)


def test_checks_in_force_at_its_day_hold_a_record_and_its_book_waits(ledger: Ledger, tmp_path: Path) -> None:
    bad = {**BIRTH_ROW, "so": "35", "nksNgaySinh": "31.02.1983"}
    sexless = {**BIRTH_ROW, "so": "36", "nksGioiTinh": "7"}
    report = load(ledger, write_csv(tmp_path / "so.csv", [BIRTH_ROW, bad, sexless]))
    assert report.by_code("fault:") == {"impossible_date": 1, "sex_not_in_list": 1}
    states = rows(ledger, "SELECT entry_number, state, fault_codes FROM records ORDER BY line_number")
    assert [tuple(row) for row in states] == [
        ("34", "agreed", []),
        ("35", "held", ["impossible_date"]),
        ("36", "held", ["sex_not_in_list"]),
    ]
    assert rows(ledger, "SELECT state FROM books") == [("intake",)]
    held = rows(ledger, "SELECT detail FROM events WHERE kind = 'record_held' ORDER BY event_id")
    assert [row.detail["checks"] for row in held] == [["impossible_date"], ["sex_not_in_list"]]


def test_rows_that_are_no_entry_are_held_with_their_reason_and_the_rest_goes_on(ledger: Ledger, tmp_path: Path) -> None:
    nameless = {**BIRTH_ROW, "so": "2", "nksHoTen": ""}
    bookless = {**BIRTH_ROW, "so": "3", "quyenSo": ""}
    odd_book = {**BIRTH_ROW, "so": "4", "quyenSo": "1983"}
    elsewhere = {**BIRTH_ROW, "so": "5", "noiDangKy": "xã Tân Lập, huyện Đan Phượng, thành phố Hà Nội"}
    placeless = {**BIRTH_ROW, "so": "6", "noiDangKy": ""}
    path = write_csv(tmp_path / "so.csv", [nameless, bookless, odd_book, elsewhere, placeless, BIRTH_ROW])
    report = load(ledger, path)
    assert (report.rows, report.counts["loaded"], report.counts["held"]) == (6, 1, 5)
    held = rows(ledger, "SELECT line_number, reason_codes FROM held_rows ORDER BY line_number")
    assert [tuple(row) for row in held] == [
        (2, ["values_missing"]),
        (3, ["book_not_named", "values_missing"]),
        (4, ["book_not_named"]),
        (5, ["place_of_another_province"]),
        (6, ["place_not_named"]),
    ]
    (sealed,) = rows(ledger, "SELECT load_id, sealed FROM held_rows WHERE line_number = 2")
    content = ledger.vault.search_key.unseal(sealed.sealed, f"held row/{sealed.load_id}/2")
    assert json.loads(content)["meHoTen"] == "TRẦN THỊ HOA"


def test_two_books_in_one_file_go_each_to_its_own(ledger: Ledger, tmp_path: Path) -> None:
    mixed = [*births(3), *births(3, quyenSo="02/1983"), *births(2)]
    mixed[-1] = {**mixed[-1], "so": "4"}
    mixed[-2] = {**mixed[-2], "so": "5"}
    load(ledger, write_csv(tmp_path / "so.csv", mixed))
    counts = rows(ledger, "SELECT b.book_number, count(*) FROM records r JOIN books b USING (book_id) GROUP BY 1")
    assert dict(map(tuple, counts)) == {"01": 5, "02": 3}


@pytest.mark.parametrize(
    "cells",
    [["34", "", "NGUYỄN VĂN AN"], ["one\x1ftwo", "three"], [], [""], ["\udc80"], [34, "x"], [None, SheetDate("1983")]],
)
def test_cells_are_the_same_on_the_other_side(cells: list[Cell]) -> None:
    assert list(unpacked(packed(cells))) == cells


def test_a_second_load_changes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "so.csv", births(20))
    load(ledger, path)
    before, content = totals(ledger), content_of(ledger)
    again = load(ledger, path)
    assert (again.is_repeat, again.rows, again.counts) == (True, 20, Counter(repeated=20))
    assert (totals(ledger), content_of(ledger)) == (before, content)


def test_rows_that_came_in_another_file_are_repeated_and_only_new_ones_come_in(ledger: Ledger, tmp_path: Path) -> None:
    load(ledger, write_csv(tmp_path / "so.csv", births(20)))
    columns = list(reversed(BIRTH_ROW))
    second = load(ledger, write_csv(tmp_path / "so2.csv", births(25), columns, separator=";"))
    assert (second.counts["repeated"], second.counts["loaded"]) == (20, 5)
    assert totals(ledger)[1:3] == (25, 25)


@pytest.mark.parametrize("state", ["sampling", "accepted"])
def test_a_new_row_opens_a_book_again_and_is_accepted_with_no_sample_of_before(
    ledger: Ledger, tmp_path: Path, state: str
) -> None:
    load(ledger, write_csv(tmp_path / "so.csv", births(20)))
    book_id = rows(ledger, "SELECT book_id FROM books")[0].book_id
    if state == "accepted":
        with ledger.engine.begin() as connection:
            connection.execute(text("UPDATE books SET state = 'accepted'"))
            connection.execute(text("UPDATE records SET state = 'accepted'"))
    else:
        assert draw_sample(ledger, book_id, "kim")
    load(ledger, write_csv(tmp_path / "so2.csv", [*births(20), *births(22)[20:]]))
    moves = "SELECT kind FROM events WHERE subject_kind = 'book' AND kind <> 'book_sample_drawn' ORDER BY event_id"
    assert [row.kind for row in rows(ledger, moves)] == ["book_keyed", "book_rows_came", "book_keyed"]
    assert rows(ledger, "SELECT state FROM books")[0].state == "sampling"
    assert latest_sample(ledger, book_id) is None
    assert accept_released(ledger, book_id, "kim") == 0
    states = Counter(row.state for row in rows(ledger, "SELECT state FROM records"))
    assert states == ({"agreed": 22} if state == "sampling" else {"accepted": 20, "agreed": 2})


def test_a_repeated_file_leaves_an_accepted_book_as_it_is(ledger: Ledger, tmp_path: Path) -> None:
    load(ledger, write_csv(tmp_path / "so.csv", births(20)))
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE books SET state = 'accepted'"))
    load(ledger, write_csv(tmp_path / "so2.csv", births(20)[:19]))
    assert rows(ledger, "SELECT state FROM books")[0].state == "accepted"


def test_a_row_that_stands_twice_in_a_file_comes_in_once(ledger: Ledger, tmp_path: Path) -> None:
    report = load(ledger, write_csv(tmp_path / "so.csv", [BIRTH_ROW, BIRTH_ROW]))
    assert (report.counts["loaded"], report.counts["repeated"]) == (1, 1)


def test_two_entries_with_one_number_are_both_held(ledger: Ledger, tmp_path: Path) -> None:
    other = {**BIRTH_ROW, "nksHoTen": "NGUYỄN THỊ LAN"}
    third = {**BIRTH_ROW, "nksHoTen": "NGUYỄN THỊ HOA", "quyenSo": "02/1983"}
    load(ledger, write_csv(tmp_path / "so.csv", [BIRTH_ROW, third]))
    report = load(ledger, write_csv(tmp_path / "so2.csv", [other]))
    assert report.by_code("fault:") == {"entry_number_repeated": 2}
    states = rows(
        ledger,
        "SELECT b.book_number, r.state, r.fault_codes FROM records r JOIN books b USING (book_id) ORDER BY record_id",
    )
    repeated = ["entry_number_repeated"]
    assert [tuple(row) for row in states] == [("01", "held", repeated), ("02", "agreed", []), ("01", "held", repeated)]


def test_a_file_that_cannot_be_used_writes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "so.csv", [], ["ten", "tuoi"])
    with pytest.raises(FileSetAside, match="header_missing"):
        load(ledger, path)
    assert totals(ledger) == (0, 0, 0, 0, 0, 0)


def test_only_one_file_is_loaded_at_a_time(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.ledger.records.LOCK_TRIES", 1)
    path = write_csv(tmp_path / "so.csv", births(2))
    with ledger.engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOAD_LOCK})
        with pytest.raises(LoadRunning):
            load(ledger, path)
        other.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOAD_LOCK})
    assert load(ledger, path).counts["loaded"] == 2


def test_a_book_is_opened_once_and_keeps_its_key(ledger: Ledger) -> None:
    book = Book(book_kind="KS", opened_year=1983, book_number="01", place_as_written=PLACE)
    with ledger.engine.begin() as connection:
        first, key = ensure_book(connection, ledger, book, BAC_NINH, None)
    with ledger.engine.begin() as connection:
        second, same_key = ensure_book(connection, ledger, book, BAC_NINH, None)
    assert first == second
    assert same_key.unseal(key.seal(b"x", "p"), "p") == b"x"


# Killed in the middle

ROWS = 1_200


def _mixed() -> list[dict[str, str]]:
    """Rows of four books, with faults, a repeated number, a repeated row and rows that are no entry among them."""
    made = [row for book in range(4) for row in births(ROWS // 4, quyenSo=f"{book + 1:02d}/1983")]
    made[100] = {**made[100], "nksNgaySinh": "31.02.1983"}
    made[600] = {**made[600], "so": made[601]["so"]}
    made[900] = made[901]
    made[1000] = {**made[1000], "quyenSo": ""}
    return made


def _load_and_die(url: URL, path: Path, after_commits: int) -> None:
    """In a child: loads, and is killed just before the commit with this number."""
    with open_ledger(url, Vault(bytes(range(32)))) as ledger:
        commit, left = ledger.engine.dialect.do_commit, [after_commits]

        def counted(connection: Any) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            commit(connection)

        ledger.engine.dialect.do_commit = counted  # type: ignore[method-assign]  # of this child's engine alone
        load_file(ledger, LoadPlan(path, BAC_NINH), "tester")


@pytest.mark.parametrize("seed", [0, 1])
def test_a_load_that_is_killed_again_and_again_ends_in_the_same_state(
    ledger: Ledger, ledger_url: URL, databases: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(loading, "CHUNK_ROWS", 150)
    path = write_csv(tmp_path / "so.csv", _mixed())
    kills = 0
    for commits in ((9, 14, 12), (7, 8, 21))[seed]:
        child = os.fork()
        if child == 0:
            _load_and_die(ledger_url, path, commits)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        kills += os.WIFSIGNALED(status)
    assert kills == 3
    positions = rows(ledger, "SELECT position, state FROM loads")
    assert positions[0].state == "running"
    assert 0 < positions[0].position < ROWS
    load(ledger, path)
    with databases.lent() as other_url, open_ledger(other_url, ledger.vault) as undisturbed:
        report = load(undisturbed, path)
        assert (report.counts["loaded"], report.counts["held"], report.counts["repeated"]) == (1198, 1, 1)
        assert content_of(ledger) == content_of(undisturbed)
        assert [totals(ledger)[at] for at in (0, 1, 2, 3, 4)] == [totals(undisturbed)[at] for at in (0, 1, 2, 3, 4)]
        counts = [rows(each, "SELECT counts, position, state FROM loads") for each in (ledger, undisturbed)]
        assert counts[0] == counts[1]


def test_the_position_belongs_to_the_file_and_not_to_its_name(ledger: Ledger, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "so.csv", births(5))
    load(ledger, path)
    copy = tmp_path / "copy.csv"
    copy.write_bytes(path.read_bytes())
    assert load(ledger, copy).is_repeat
    with running_load(ledger, sha256(path.read_bytes()).digest(), "tester") as known:
        assert (known.position, known.is_done) == (5, True)


# The command


def run(ledger_url: URL, *arguments: str) -> Any:
    key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # the bytes 0 to 31
    environment = {URL_VARIABLE: ledger_url.render_as_string(hide_password=False), MASTER_KEY_VARIABLE: key}
    return CliRunner().invoke(app, ["backfill", "load", *arguments], env=environment)


def test_the_command_loads_and_says_what_is_held(ledger_url: URL, ledger: Ledger, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "so.csv", [*births(3), {**BIRTH_ROW, "so": "9", "quyenSo": "x"}])
    result = run(ledger_url, str(path), "--province", BAC_NINH, "--json", "--by", "tester")
    assert result.exit_code == 0, result.output
    said = json.loads(result.output)
    assert (said["rows"], said["loaded"], said["held"], said["repeat"]) == (4, 3, 1, False)
    assert (said["reasons"], said["lines"]) == ({"book_not_named": 1}, {"book_not_named": [5]})
    again = run(ledger_url, str(path), "--province", BAC_NINH)
    assert "nothing was changed" in again.output
    assert totals(ledger)[1] == 3


def test_the_command_names_no_person(ledger_url: URL, ledger: Ledger, tmp_path: Path) -> None:
    odd = {**BIRTH_ROW, "so": "9", "nksNgaySinh": "31.02.1983"}
    result = run(ledger_url, str(write_csv(tmp_path / "so.csv", [odd])), "--province", BAC_NINH)
    assert "impossible_date" in result.output
    assert "MAI" not in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--province", "99"], "no province"),
        (["--province", BAC_NINH, "--kind", "XX"], "no kind of book"),
        (["--province", BAC_NINH, "--commune", "00004"], "no commune of province 24"),
        (["--province", BAC_NINH, "--rename", "so"], "OLD=NEW"),
    ],
)
def test_the_command_refuses_what_cannot_be(ledger_url: URL, tmp_path: Path, arguments: list[str], words: str) -> None:
    path = write_csv(tmp_path / "so.csv", births(1))
    result = run(ledger_url, str(path), *arguments)
    assert result.exit_code == 1
    assert words in result.output + result.stderr


def test_a_commune_of_another_province_is_refused() -> None:
    from datetime import date

    with pytest.raises(UnknownPlace):
        checked_plan(LoadPlan(Path("so.csv"), BAC_NINH, "00004"), date(2026, 11, 30))
    assert BAC_NINH in PROVINCES
