"""Records are lent, keyed blind, compared, decided by a third person, sampled and accepted; two workers never both."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from connectors.ledger import Ledger
from connectors.ledger.differences import take_difference
from connectors.ledger.keying_overview import book_work, progress_since, want
from connectors.ledger.keyings import LEASE, LEND, KeyingTask, give_back, keyed_columns, task_of
from connectors.ledger.known_records import chosen_by
from connectors.ledger.samples import BookDecision, BookDecisionOutcome, accept_released, latest_sample, settle_field
from dags.steps.keying import (
    check_field,
    decide_book,
    decide_difference,
    differing_fields,
    draw_sample,
    judgement_of,
    keep_keying,
    next_to_check,
    next_to_key,
    people_of,
)
from quality.acceptance import Outlook
from schemas.keying import FieldValue, KeyingSlot, Mark
from schemas.paper_states import RecordState
from schemas.roles import May, Reach, Role
from schemas.sampling import FieldVerdict
from tests.support.keyed_books import RECOGNISER, KeyedBook, open_book, truth_of

COLUMNS = keyed_columns("KS", None)
BLANK = FieldValue(mark=Mark.BLANK)


def reach(user: str, *roles: Role, place: str = "24") -> Reach:
    return Reach(user, frozenset((role, place) for role in roles or (Role.KEYER, Role.ADJUDICATOR)))


def typed(values: Mapping[str, str]) -> dict[str, FieldValue]:
    """A whole record: every column that has no text is blank."""
    return {column: FieldValue(text=values[column]) if column in values else BLANK for column in COLUMNS}


def take(ledger: Ledger, user: str, book_id: int | None = None) -> KeyingTask:
    keying_id = next_to_key(ledger, user, reach(user), book_id)
    assert keying_id is not None
    task = task_of(ledger, keying_id)
    assert task is not None
    return task


def key(ledger: Ledger, user: str, book: KeyedBook, change: Mapping[str, str] | None = None) -> RecordState | None:
    """A person takes the next record of a book and keys what stands in it, but for a change."""
    task = take(ledger, user, book.book_id)
    number = next(number for number, record_id in book.records.items() if record_id == task.record_id)
    return keep_keying(ledger, task, user, typed(truth_of(number) | dict(change or {})))


def nothing_left(ledger: Ledger, user: str) -> bool:
    return next_to_key(ledger, user, reach(user)) is None


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


def at_once(*works: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(len(works)) as workers:
        return [future.result() for future in [workers.submit(work) for work in works]]


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


def machine_book(ledger: Ledger, number: int, change: Mapping[str, str] | None = None) -> KeyedBook:
    book = open_book(ledger, design="person_and_machine", recogniser_code=RECOGNISER)
    book.add(number, COLUMNS, {RECOGNISER: truth_of(number) | dict(change or {})})
    return book


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


# The third person


def differing(ledger: Ledger, book: KeyedBook) -> None:
    book.add(7, COLUMNS)
    key(ledger, "an", book)
    key(ledger, "binh", book, {"meHoTen": "Trần Thị AN KHANH", "so": "070"})


def take_third(ledger: Ledger, user: str) -> KeyingTask | None:
    keying_id = take_difference(ledger, user, reach(user))
    return task_of(ledger, keying_id) if keying_id else None


DECIDED = {"meHoTen": FieldValue(text="Trần Thị AN LAN"), "so": FieldValue(text="007")}


def test_a_third_person_decides_what_differs_and_what_was_agreed_stays(ledger: Ledger, book: KeyedBook) -> None:
    differing(ledger, book)
    task = take_third(ledger, "chi")
    assert task is not None
    shown = differing_fields(ledger, task, "chi")
    assert shown is not None
    assert {field.column: {value.text for value in field.values} for field in shown} == {
        "so": {"007", "070"},
        "meHoTen": {"Trần Thị AN LAN", "Trần Thị AN KHANH"},
    }
    assert decide_difference(ledger, task, "chi", DECIDED) == RecordState.AGREED
    values = book.values(book.records[7])
    assert values["meHoTen"] == {"text": "Trần Thị AN LAN"}
    assert values["nksHoTen"] == {"text": "Nguyễn AN AN LAN"}
    assert values.keys() == set(COLUMNS)
    assert book.state() == "sampling"


def test_neither_of_the_two_may_be_the_third(ledger: Ledger, book: KeyedBook) -> None:
    differing(ledger, book)
    assert take_third(ledger, "an") is None
    assert take_third(ledger, "binh") is None
    task = take_third(ledger, "chi")
    assert task is not None
    book.execute("UPDATE keyings SET keyed_by = 'binh' WHERE slot = 'third'")
    assert differing_fields(ledger, task, "binh") is None
    assert decide_difference(ledger, task, "binh", DECIDED) is None
    assert book.states() == {"differs": 1}


def test_a_third_person_decides_the_differing_fields_and_no_others(ledger: Ledger, book: KeyedBook) -> None:
    differing(ledger, book)
    task = take_third(ledger, "chi")
    assert task is not None
    for decided in ({"so": DECIDED["so"]}, DECIDED | {"nksHoTen": FieldValue(text="X")}):
        with pytest.raises(ValueError, match="the differing fields"):
            decide_difference(ledger, task, "chi", decided)
    assert book.states() == {"differs": 1}


def test_two_third_persons_at_once_decide_once(ledger: Ledger, book: KeyedBook) -> None:
    differing(ledger, book)
    task = take_third(ledger, "chi")
    assert task is not None
    assert take_third(ledger, "dung") is None
    outcomes = at_once(*(lambda: decide_difference(ledger, task, "chi", DECIDED) for _ in range(4)))
    assert sorted(map(str, outcomes)) == ["None", "None", "None", "agreed"]


def test_the_order_of_two_values_says_nothing_of_whose_they_are(ledger: Ledger, book: KeyedBook) -> None:
    for number in range(24):
        book.add(number, COLUMNS)
    for user in ("an", "binh"):
        for _ in book.records:
            key(ledger, user, book, {"chaHoTen": user.upper()})
    first_shown = []
    for _ in book.records:
        task = take_third(ledger, "chi")
        assert task is not None
        (field,) = differing_fields(ledger, task, "chi") or []
        first_shown.append(field.values[0].text)
        decide_difference(ledger, task, "chi", {"chaHoTen": FieldValue(text="AN")})
    assert 4 <= first_shown.count("AN") <= 20


# Known records and the design of a book


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


def test_a_persons_figures_come_from_what_was_decided(ledger: Ledger, book: KeyedBook) -> None:
    differing(ledger, book)
    task = take_third(ledger, "chi")
    assert task is not None
    decide_difference(ledger, task, "chi", DECIDED)
    an, binh = people_of(ledger, book.book_id)
    assert (an.keyed_by, an.records, an.fields, an.agreeing, an.reworked) == ("an", 1, 60, 60, 0)
    assert (binh.keyed_by, binh.agreeing, binh.reworked, binh.known_fields) == ("binh", 58, 1, 0)
    assert progress_since(ledger, "chi", datetime.now(timezone.utc) - timedelta(hours=1)).records == 1


# Acceptance


def agreed_book(ledger: Ledger, records: int = 3) -> KeyedBook:
    """A book in sampling, keyed by An and Bình."""
    book = open_book(ledger)
    for number in range(records):
        book.add(number, COLUMNS)
    for user in ("an", "binh"):
        for _ in range(records):
            key(ledger, user, book)
    assert book.state() == "sampling"
    return book


def check_all(ledger: Ledger, book: KeyedBook, wrong: frozenset[str] = frozenset()) -> None:
    """Sen looks at the whole sample; in these columns she reads something else."""
    numbers = {record_id: number for number, record_id in book.records.items()}
    while sample := latest_sample(ledger, book.book_id):
        field = next_to_check(ledger, sample, "sen")
        if field is None:
            return
        value = typed(truth_of(numbers[field.record_id]))[field.column]
        seen = FieldValue(text="khác") if field.column in wrong else value
        place = (field.record_id, field.column)
        expected = FieldVerdict.DIFFERS if field.column in wrong else FieldVerdict.SAME
        assert check_field(ledger, sample.sample_id, place, "sen", seen) == expected


def decide(ledger: Ledger, book: KeyedBook, decision: BookDecision, actor: str = "kim") -> BookDecisionOutcome:
    sample = latest_sample(ledger, book.book_id)
    assert sample is not None
    return decide_book(ledger, sample, actor, decision, "Đã xem đủ")


def test_a_book_whose_sample_is_right_is_accepted_with_all_its_records(ledger: Ledger) -> None:
    book = agreed_book(ledger)
    assert draw_sample(ledger, book.book_id, "kim") is not None
    assert draw_sample(ledger, book.book_id, "kim") is None, "one sample at a time"
    assert decide(ledger, book, BookDecision.ACCEPTED) == BookDecisionOutcome.NOT_ACCEPTABLE
    assert book.states() == {"agreed": 3}
    check_all(ledger, book)
    assert decide(ledger, book, BookDecision.ACCEPTED) == BookDecisionOutcome.DONE
    assert (book.state(), book.states()) == ("accepted", {"accepted": 3})
    assert [event.actor for event in book.events("record_accepted")] == ["kim"] * 3
    assert len(book.events("book_accepted")) == 1


def test_a_book_with_too_many_errors_is_returned_whole_and_sampled_more_strictly(ledger: Ledger) -> None:
    book = agreed_book(ledger)
    draw_sample(ledger, book.book_id, "kim")
    check_all(ledger, book, wrong=frozenset({"nksHoTen"}))
    sample = latest_sample(ledger, book.book_id)
    assert sample is not None
    assert judgement_of(sample).outlook == Outlook.REJECTABLE
    assert decide(ledger, book, BookDecision.ACCEPTED) == BookDecisionOutcome.NOT_ACCEPTABLE
    assert decide(ledger, book, BookDecision.REJECTED) == BookDecisionOutcome.DONE
    assert (book.state(), book.states()) == ("keying", {"unkeyed": 3})
    assert book.rows("SELECT is_tightened FROM books WHERE book_id = :book") == [(True,)]
    assert key(ledger, "an", book) == RecordState.FIRST_KEYED, "who keyed it before may key it in the next round"
    assert {row.round_number for row in book.rows("SELECT round_number FROM keyings WHERE kept_at IS NOT NULL")} == {
        1,
        2,
    }
    assert key(ledger, "binh", book) == RecordState.AGREED


def test_who_keyed_a_record_does_not_look_at_it_again(ledger: Ledger) -> None:
    book = agreed_book(ledger)
    draw_sample(ledger, book.book_id, "kim")
    sample = latest_sample(ledger, book.book_id)
    assert sample is not None
    assert next_to_check(ledger, sample, "an") is None
    place = (sample.fields[0].record_id, sample.fields[0].column)
    assert check_field(ledger, sample.sample_id, place, "an", BLANK) is None
    after = latest_sample(ledger, book.book_id)
    assert after is not None
    assert after.fields == sample.fields


def test_a_difference_is_settled_by_another_person_than_the_one_who_looked(ledger: Ledger) -> None:
    book = agreed_book(ledger)
    draw_sample(ledger, book.book_id, "kim")
    check_all(ledger, book, wrong=frozenset({"nksHoTen"}))
    sample = latest_sample(ledger, book.book_id)
    assert sample is not None
    places = [(one.record_id, one.column) for one in sample.fields if one.verdict == FieldVerdict.DIFFERS]
    assert len(places) == 3
    assert not settle_field(ledger, sample.sample_id, places[0], "sen", True), "she looked"
    assert not settle_field(ledger, sample.sample_id, places[0], "an", True), "he keyed it"
    for place in places[:2]:
        assert settle_field(ledger, sample.sample_id, place, "kim", True)
    assert not settle_field(ledger, sample.sample_id, places[0], "kim", False), "it is settled"
    assert decide(ledger, book, BookDecision.ACCEPTED) == BookDecisionOutcome.DONE


def test_of_two_decisions_at_once_one_wins(ledger: Ledger) -> None:
    book = agreed_book(ledger)
    draw_sample(ledger, book.book_id, "kim")
    check_all(ledger, book)
    outcomes = at_once(
        *(
            lambda actor=actor, decision=decision: decide(ledger, book, decision, actor)
            for actor, decision in [("kim", BookDecision.ACCEPTED), ("ly", BookDecision.REJECTED)] * 2
        )
    )
    assert sorted(map(str, outcomes)) == ["decided_before"] * 3 + ["done"]
    assert len(book.events("book_accepted")) + len(book.events("book_rejected")) == 1


def test_two_persons_at_once_draw_one_sample(ledger: Ledger) -> None:
    book = agreed_book(ledger)
    drawn = at_once(*(lambda: draw_sample(ledger, book.book_id, "kim") for _ in range(4)))
    assert len([sample_id for sample_id in drawn if sample_id]) == 1


def test_a_sample_of_before_new_pages_came_does_not_speak_for_the_book(ledger: Ledger) -> None:
    book = agreed_book(ledger)
    old = draw_sample(ledger, book.book_id, "kim")
    check_all(ledger, book)
    stale = latest_sample(ledger, book.book_id)
    book.execute("UPDATE books SET state = 'keying' WHERE book_id = :book", book=book.book_id)
    book.add(99, COLUMNS)
    key(ledger, "an", book)
    key(ledger, "binh", book)
    assert book.state() == "sampling"
    assert latest_sample(ledger, book.book_id) is None
    assert stale is not None
    assert decide_book(ledger, stale, "kim", BookDecision.ACCEPTED, "cũ") == BookDecisionOutcome.DECIDED_BEFORE
    assert draw_sample(ledger, book.book_id, "kim") not in (None, old)


def test_a_held_record_is_accepted_when_it_is_released(ledger: Ledger) -> None:
    book = agreed_book(ledger)
    book.execute("UPDATE records SET state = 'held' WHERE record_id = :r", r=book.records[0])
    draw_sample(ledger, book.book_id, "kim")
    check_all(ledger, book)
    decide(ledger, book, BookDecision.ACCEPTED)
    assert book.states() == {"accepted": 2, "held": 1}
    assert accept_released(ledger, book.book_id, "kim") == 0
    book.execute("UPDATE records SET state = 'agreed' WHERE state = 'held'")
    assert accept_released(ledger, book.book_id, "kim") == 1
    assert book.states() == {"accepted": 3}
