"""Records are lent, keyed blind and compared: two workers never get the same one, and nobody keys both keys of it."""

import pytest

from connectors.ledger import Ledger
from connectors.ledger.keying_overview import book_work, want
from connectors.ledger.keyings import LEASE, LEND, give_back
from dags.steps.keying import keep_keying, next_to_key
from schemas.keying import FieldValue, KeyingSlot, Mark
from schemas.paper_states import RecordState
from schemas.roles import May, Role
from tests.support.keyed_books import RECOGNISER, KeyedBook, open_book, truth_of
from tests.support.ledger_keyers import COLUMNS, at_once, key, machine_book, nothing_left, reach, take, typed


@pytest.fixture
def book(ledger: Ledger) -> KeyedBook:
    return open_book(ledger)


# Two persons


def test_two_persons_who_key_the_same_agree_and_the_values_count(ledger: Ledger, book: KeyedBook) -> None:
    record_id = book.add(7, COLUMNS)
    assert key(ledger, "an", book) == RecordState.FIRST_KEYED
    assert book.rows("SELECT sealed FROM records") == [(None,)]
    assert key(ledger, "binh", book, {"nksHoTen": "NGUYỄN AN AN LAN", "quyenSo": "01 / 1962"}) == RecordState.AGREED
    values = book.values(record_id)
    assert values["nksHoTen"] == {"text": "Nguyễn AN AN LAN"}, "as the first wrote it"
    assert values["quyenSo"] == {"text": "01/1962"}
    assert values["ghiChu"] == {"mark": "blank"}
    assert book.rows("SELECT entry_number, state FROM records") == [("007", "agreed")]


def test_what_was_keyed_lies_sealed_and_events_hold_codes_and_counts(ledger: Ledger, book: KeyedBook) -> None:
    record_id = book.add(7, COLUMNS)
    key(ledger, "an", book)
    key(ledger, "binh", book, {"meHoTen": "Trần Thị AN KHANH"})
    assert [tuple(event) for event in book.events("record_keyed")] == [
        ("record", record_id, "an", {"slot": "first", "round": 1, "after": "first_keyed"}),
        ("record", record_id, "binh", {"slot": "second", "round": 1, "after": "differs", "differing": 1}),
    ]
    for (sealed,) in book.rows("SELECT sealed FROM keyings"):
        assert "Nguyễn".encode() not in sealed


def test_nobody_keys_both_keys_of_a_record(ledger: Ledger, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    key(ledger, "an", book)
    assert nothing_left(ledger, "an")
    task = take(ledger, "binh")
    assert task.slot == KeyingSlot.SECOND
    book.execute("UPDATE keyings SET keyed_by = 'an' WHERE keying_id = :k", k=task.keying_id)
    assert keep_keying(ledger, task, "an", typed(truth_of(7))) is None
    assert book.states() == {"first_keyed": 1}


def test_a_record_that_is_being_keyed_is_lent_to_nobody_else(ledger: Ledger, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    task = take(ledger, "an")
    assert nothing_left(ledger, "binh")
    assert take(ledger, "an").keying_id == task.keying_id, "who comes back goes on with what they began"


def test_a_worker_that_saw_no_lease_yet_does_not_write_over_one(ledger: Ledger, book: KeyedBook) -> None:
    """Its statement began before the other worker committed, and got the lock after it."""
    record_id = book.add(7, COLUMNS)
    task = take(ledger, "an")
    at = {"record_id": record_id, "round_number": 1, "slot": "first", "actor": "binh", "lease": LEASE}
    with ledger.engine.begin() as connection:
        assert connection.execute(LEND, at).scalar() is None
    assert keep_keying(ledger, task, "an", typed(truth_of(7))) == RecordState.FIRST_KEYED


def test_an_abandoned_record_comes_back_and_the_first_person_cannot_keep_it_any_more(
    ledger: Ledger, book: KeyedBook
) -> None:
    book.add(7, COLUMNS)
    left = take(ledger, "an")
    book.execute("UPDATE keyings SET leased_until = clock_timestamp() - interval '1 second'")
    taken = take(ledger, "binh")
    assert taken.record_id == left.record_id
    assert keep_keying(ledger, left, "an", typed(truth_of(7))) is None
    assert keep_keying(ledger, taken, "binh", typed(truth_of(7))) == RecordState.FIRST_KEYED


def test_a_lease_that_ended_while_nobody_else_took_the_record_loses_no_work(ledger: Ledger, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    task = take(ledger, "an")
    book.execute("UPDATE keyings SET leased_until = clock_timestamp() - interval '1 second'")
    assert keep_keying(ledger, task, "an", typed(truth_of(7))) == RecordState.FIRST_KEYED


def test_a_record_given_back_is_lent_again(ledger: Ledger, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    task = take(ledger, "an")
    assert not give_back(ledger, task.keying_id, "binh"), "a lease is its person's"
    assert give_back(ledger, task.keying_id, "an")
    assert take(ledger, "binh").record_id == task.record_id


def test_a_keying_that_comes_twice_counts_once(ledger: Ledger, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    task = take(ledger, "an")
    assert keep_keying(ledger, task, "an", typed(truth_of(7))) == RecordState.FIRST_KEYED
    assert keep_keying(ledger, task, "an", typed(truth_of(8))) is None
    assert len(book.events("record_keyed")) == 1


def test_a_record_is_keyed_whole(ledger: Ledger, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    task = take(ledger, "an")
    part = typed(truth_of(7))
    del part["meHoTen"]
    with pytest.raises(ValueError, match="keyed whole"):
        keep_keying(ledger, task, "an", part)


def test_two_workers_at_once_get_two_records(ledger: Ledger, book: KeyedBook) -> None:
    for number in range(40):
        book.add(number, COLUMNS)
    users = [f"user{at}" for at in range(8)]
    for _ in range(5):
        at_once(*(lambda user=user: next_to_key(ledger, user, reach(user)) for user in users))
        lent = book.rows("SELECT record_id, count(*) FROM keyings WHERE kept_at IS NULL GROUP BY record_id")
        assert [count for _, count in lent] == [1] * 8
        book.execute("UPDATE keyings SET kept_at = clock_timestamp(), leased_until = NULL WHERE kept_at IS NULL")
        book.execute("UPDATE records SET state = 'agreed' WHERE record_id IN (SELECT record_id FROM keyings)")


def test_the_last_two_records_kept_at_once_close_the_book(ledger: Ledger, book: KeyedBook) -> None:
    for number in (1, 2):
        book.add(number, COLUMNS)
        key(ledger, "an", book)
    tasks = [(user, take(ledger, user)) for user in ("binh", "chi")]
    numbers = {record_id: number for number, record_id in book.records.items()}
    at_once(
        *(
            lambda user=user, task=task: keep_keying(ledger, task, user, typed(truth_of(numbers[task.record_id])))
            for user, task in tasks
        )
    )
    assert book.states() == {"agreed": 2}
    assert book.state() == "sampling"
    assert len(book.events("book_keyed")) == 1


# What is lent first, and to whom


def test_what_somebody_needs_is_keyed_first_and_then_page_by_page(ledger: Ledger, book: KeyedBook) -> None:
    for number in (3, 1, 2):
        book.add(number, COLUMNS)
    assert want(ledger, book.records[2], "lan")
    assert not want(ledger, book.records[2], "lan")
    order = [take(ledger, user).record_id for user in ("an", "binh", "chi")]
    assert order == [book.records[2], book.records[1], book.records[3]]


def test_while_pages_come_in_only_what_somebody_needs_is_keyed(ledger: Ledger) -> None:
    book = open_book(ledger, state="intake")
    book.add(1, COLUMNS)
    wanted = book.add(2, COLUMNS)
    assert nothing_left(ledger, "an")
    want(ledger, wanted, "lan")
    assert take(ledger, "an").record_id == wanted


def test_a_book_elsewhere_is_not_lent(ledger: Ledger) -> None:
    book = open_book(ledger, province_code="01", commune_code="00004")
    book.add(1, COLUMNS)
    assert nothing_left(ledger, "an")
    assert next_to_key(ledger, "chi", reach("chi", Role.KEYER, place="00004")) is not None
    assert next_to_key(ledger, "dung", reach("dung", Role.ADJUDICATOR, place="01")) is None
    assert book_work(ledger, reach("an"), May.KEY, ["keying"]) == []


def test_a_record_of_a_page_that_is_set_aside_is_not_lent(ledger: Ledger, book: KeyedBook) -> None:
    book.add(1, COLUMNS)
    book.execute("UPDATE pages SET state = 'set_aside'")
    assert nothing_left(ledger, "an")


# A person and a machine


def test_one_person_who_agrees_with_the_hidden_machine_is_enough_where_the_book_says_so(ledger: Ledger) -> None:
    book = machine_book(ledger, 7, {"meHoTen": "TRẦN THỊ AN LAN"})
    assert key(ledger, "an", book, {"meHoTen": "Trần Thị AN LAN"}) == RecordState.AGREED
    assert book.values(book.records[7])["meHoTen"] == {"text": "Trần Thị AN LAN"}
    assert book.state() == "sampling"


def test_a_machine_never_decides_alone(ledger: Ledger) -> None:
    book = machine_book(ledger, 7, {"nksHoTen": "Nguyễn AN AN LÀN"})
    assert key(ledger, "an", book) == RecordState.DIFFERS
    assert book.state() == "keying"


def test_what_a_person_cannot_read_is_no_agreement_with_a_machine(ledger: Ledger) -> None:
    machine_book(ledger, 7)
    task = take(ledger, "an")
    values = typed(truth_of(7)) | {"meHoTen": FieldValue(mark=Mark.ILLEGIBLE)}
    assert keep_keying(ledger, task, "an", values) == RecordState.DIFFERS


def test_a_record_that_the_machine_has_not_read_waits_for_two_persons(ledger: Ledger) -> None:
    book = open_book(ledger, design="person_and_machine", recogniser_code=RECOGNISER)
    book.add(1, COLUMNS)
    assert key(ledger, "an", book) == RecordState.FIRST_KEYED
    book.add(2, COLUMNS, {"another": truth_of(2)})
    assert key(ledger, "an", book) == RecordState.FIRST_KEYED
    part = book.add(3, COLUMNS)
    book.read(part, RECOGNISER, COLUMNS[:5], truth_of(3))
    assert key(ledger, "an", book) == RecordState.FIRST_KEYED, "a reading with a hole is no second key"
    assert key(ledger, "binh", book) == RecordState.AGREED


def test_readings_count_for_nothing_where_two_persons_key(ledger: Ledger) -> None:
    book = open_book(ledger, design="two_persons", recogniser_code=RECOGNISER)
    book.add(7, COLUMNS, {RECOGNISER: truth_of(7)})
    assert key(ledger, "an", book) == RecordState.FIRST_KEYED


def test_a_known_record_is_keyed_by_two_persons_whatever_the_design(ledger: Ledger) -> None:
    book = machine_book(ledger, 7)
    book.execute("UPDATE records SET is_known = TRUE")
    assert key(ledger, "an", book) == RecordState.FIRST_KEYED
    assert key(ledger, "binh", book) == RecordState.AGREED
