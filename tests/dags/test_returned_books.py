"""A book that acceptance rejects goes back whole: its records are found as unchecked from that moment, and given to
nobody, until they are keyed and accepted again."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.samples import BookDecision, BookDecisionOutcome, latest_sample
from connectors.ledger.search import mark_unchecked
from dags.steps.entering import enter
from dags.steps.keying import decide_book, draw_sample
from dags.steps.searching import index_records, reindex
from tests.support.desk import DeskHouse
from tests.support.keyed_books import KeyedBook, open_book

COLUMNS = ("so", "nksHoTen", "nksNgaySinh", "chaHoTen", "meHoTen")
READ = {"nksHoTen": "Nguyễn Thị Lam", "nksNgaySinh": "22/8/1962"}
KEYED = '{"so": {"text": "7"}, "nksHoTen": {"text": "Nguyễn Thị Lan"}, "nksNgaySinh": {"text": "22.08.1962"}}'
RETURNED, UNCHECKED, ACCEPTED = "sổ bị trả lại, chờ nhập lại", "máy đọc, chưa kiểm tra", "đã nghiệm thu"


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    house = DeskHouse(ledger)
    house.grant("lan", "archivist", place="24")
    return house


@pytest.fixture
def book(house: DeskHouse) -> KeyedBook:
    """A book in sampling: its one record is agreed on, and found as a record."""
    book = open_book(house.ledger)
    record_id = book.add(1, COLUMNS, {"aster-test": READ})
    sealed = book.key.seal(KEYED.encode(), f"record/{record_id}")
    book.execute("UPDATE records SET state = 'agreed', sealed = :sealed", sealed=sealed)
    book.execute("UPDATE books SET state = 'sampling'")
    index_records(house.ledger, [record_id])
    assert kinds(book) == ["record"]
    return book


def reject(book: KeyedBook) -> None:
    draw_sample(book.ledger, book.book_id, "kim")
    sample = latest_sample(book.ledger, book.book_id)
    assert sample is not None
    assert decide_book(book.ledger, sample, "kim", BookDecision.REJECTED, "Sai nhiều") == BookDecisionOutcome.DONE


def kinds(book: KeyedBook) -> list[str]:
    return [row.subject_kind for row in book.rows("SELECT subject_kind FROM searchables ORDER BY 1")]


def test_a_record_of_a_rejected_book_is_found_as_unchecked_and_given_to_nobody(
    house: DeskHouse, book: KeyedBook
) -> None:
    record_id = book.records[1]
    with house.visitor("lan") as lan:
        before = lan.send("/search", name="nguyễn thị lan")
        assert 'id="hits-record"' in before
        assert "đã nhập, chờ nghiệm thu sổ" in before
        reject(book)
        html = lan.send("/search", name="nguyễn thị lan")
        assert 'id="hits-reading"' in html
        assert 'id="hits-record"' not in html
        assert RETURNED in html
        assert UNCHECKED not in html
        assert ACCEPTED not in html
        assert f"/records/{record_id}/extract" not in html
        assert f"/keying/records/{record_id}/want" in html, "it can be keyed again at once"
        lan.send(f"/records/{record_id}/extract", 409, asked_for="Trần Văn A", reason="Cấp lại")
    assert house.rows("SELECT * FROM extracts") == []
    assert enter(house.ledger) == {}
    assert house.rows("SELECT * FROM dossiers") == []


def test_the_index_says_unchecked_in_the_transaction_that_rejects(book: KeyedBook) -> None:
    reject(book)
    assert kinds(book) == ["reading"]


def test_an_index_that_is_made_anew_finds_a_returned_record_by_what_was_keyed_and_by_what_was_read(
    house: DeskHouse, book: KeyedBook
) -> None:
    reject(book)
    assert sum(batch["reading"] for batch in reindex(house.ledger)) == 1
    assert kinds(book) == ["reading"]
    with house.visitor("lan") as lan:
        for name in ("Nguyễn Thị Lan", "Nguyễn Thị Lam"):
            html = lan.send("/search", name=name)
            assert RETURNED in html
            assert ACCEPTED not in html


def test_a_record_that_nobody_has_keyed_yet_is_none_of_a_returned_book(house: DeskHouse, book: KeyedBook) -> None:
    reject(book)
    index_records(house.ledger, [book.add(2, COLUMNS, {"aster-test": {"nksHoTen": "Đinh Bộ Lĩnh"}})])
    with house.visitor("lan") as lan:
        html = lan.send("/search", name="Đinh Bộ Lĩnh")
    assert UNCHECKED in html
    assert RETURNED not in html


def test_keyed_again_and_agreed_on_it_is_a_record_again(house: DeskHouse, book: KeyedBook) -> None:
    reject(book)
    book.execute("UPDATE records SET state = 'agreed'")
    index_records(house.ledger, [book.records[1]])
    assert kinds(book) == ["record"]
    with house.visitor("lan") as lan:
        assert RETURNED not in lan.send("/search", name="nguyễn thị lan")


def test_an_index_that_is_late_does_not_write_over_a_rejection(house: DeskHouse, book: KeyedBook) -> None:
    """The record is read while it is agreed on, and written when its book has been rejected."""
    record_id = book.records[1]
    with ThreadPoolExecutor(1) as worker, house.ledger.engine.connect() as rejecting:
        rejecting.execute(text("UPDATE records SET state = 'unkeyed' WHERE record_id = :id"), {"id": record_id})
        indexing = worker.submit(index_records, house.ledger, [record_id])
        waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ends = time.monotonic() + 20
        while not house.rows(waiting) and not indexing.done() and time.monotonic() < ends:
            time.sleep(0.02)
        mark_unchecked(rejecting, [record_id])
        rejecting.commit()
        assert indexing.result(timeout=20) == {}
    assert kinds(book) == ["reading"]
