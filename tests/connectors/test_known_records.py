"""A book's design follows from its own known records, which two persons key."""

from connectors.ledger import Ledger
from connectors.ledger.known_records import chosen_by
from schemas.paper_states import RecordState
from tests.support.keyed_books import RECOGNISER, KeyedBook, open_book, truth_of
from tests.support.ledger_keyers import COLUMNS, key

WRITTEN_TOO = {"nksDanToc": "Kinh", "nksQuocTich": "Việt Nam", "noiDangKy": "xã Hạp Lĩnh"}


def known_book(ledger: Ledger, wrong: int) -> KeyedBook:
    """Forty records of ten written fields that a machine has read; in each record it has so many of them wrong. Another
    machine reads nothing at all."""
    book = open_book(ledger)
    for number in range(40):
        truth = truth_of(number) | WRITTEN_TOO
        broken = dict.fromkeys([*truth][:wrong], "sai")
        book.add(number, COLUMNS, {RECOGNISER: truth | broken, "poor": {}})
    return book


def test_a_book_is_keyed_with_a_machine_once_its_known_records_show_that_it_reads_them(ledger: Ledger) -> None:
    book = known_book(ledger, wrong=1)
    for user in ("an", "binh"):
        for _ in range(12):
            assert key(ledger, user, book, WRITTEN_TOO) != RecordState.DIFFERS
    assert chosen_by(ledger, book.book_id) == {
        "reason": "machine_reads_it",
        "records": 12,
        "matches": [[RECOGNISER, 120, 108], ["poor", 120, 0]],
        "round": 1,
        "design": "person_and_machine",
        "recogniser": RECOGNISER,
    }
    known = book.rows("SELECT record_id FROM records WHERE is_known")
    assert len(known) == 12
    assert key(ledger, "an", book, WRITTEN_TOO) == RecordState.DIFFERS, "the next record is compared with the machine"


def test_a_book_that_the_machine_misreads_stays_with_two_persons(ledger: Ledger) -> None:
    book = known_book(ledger, wrong=2)
    book.execute("DELETE FROM readings WHERE recogniser_code = 'poor'")
    for user in ("an", "binh"):
        for _ in range(12):
            key(ledger, user, book, WRITTEN_TOO)
    chosen = chosen_by(ledger, book.book_id)
    assert chosen is not None
    assert (chosen["design"], chosen["reason"]) == ("two_persons", "machine_misses_too_much")
    assert key(ledger, "an", book) == RecordState.FIRST_KEYED


def test_a_small_book_and_a_book_without_readings_have_no_known_records(ledger: Ledger) -> None:
    small, unread = open_book(ledger), open_book(ledger, book_number="02")
    for number in range(29):
        small.add(number, COLUMNS, {RECOGNISER: truth_of(number)})
    for number in range(31):
        unread.add(number, COLUMNS)
    key(ledger, "an", small)
    key(ledger, "an", unread)
    assert small.rows("SELECT FROM records WHERE is_known") == []
    assert chosen_by(ledger, small.book_id) is None
