"""Where two keys differ a third person keys the field blind; two of three decide, and who agrees with neither looks
again."""

import json
from collections.abc import Mapping
from itertools import permutations

import pytest

from connectors.ledger import Ledger
from connectors.ledger.differences import take_difference
from connectors.ledger.keyings import KeyingTask, task_of
from dags.steps.keying import (
    UnsettledField,
    decide_difference,
    fields_to_key,
    keep_third_key,
    unsettled_fields,
)
from schemas.keying import FieldValue, KeyingSlot
from schemas.paper_states import RecordState
from tests.support.keyed_books import KeyedBook, open_book
from tests.support.ledger_keyers import COLUMNS, at_once, key, machine_book, reach

BY_BINH = {"meHoTen": "Trần Thị AN KHANH", "so": "070"}
RIGHT = {"meHoTen": FieldValue(text="Trần Thị AN LAN"), "so": FieldValue(text="007")}
NEITHER = {"meHoTen": FieldValue(text="Trần Thị AN LÂN"), "so": FieldValue(text="007")}
LOOKED = {"meHoTen": FieldValue(text="Trần Thị AN LAN")}


@pytest.fixture
def book(ledger: Ledger) -> KeyedBook:
    return open_book(ledger)


def differing(ledger: Ledger, book: KeyedBook, change: Mapping[str, str] | None = None) -> None:
    """A record that An and Bình have keyed: An as it is written, Bình wrongly in two fields."""
    book.add(7, COLUMNS)
    key(ledger, "an", book)
    key(ledger, "binh", book, BY_BINH if change is None else change)


def take_third(ledger: Ledger, user: str) -> KeyingTask | None:
    keying_id = take_difference(ledger, user, reach(user))
    return task_of(ledger, keying_id) if keying_id else None


def taken(ledger: Ledger, user: str) -> KeyingTask:
    task = take_third(ledger, user)
    assert task is not None
    return task


def looking(ledger: Ledger, book: KeyedBook) -> KeyingTask:
    """Chi has keyed the mother's name as neither of the two, and is to look again."""
    differing(ledger, book)
    assert keep_third_key(ledger, taken(ledger, "chi"), "chi", NEITHER) == RecordState.DIFFERS
    return taken(ledger, "chi")


# Blind


def test_two_of_three_decide_what_differs_and_what_was_agreed_stays(ledger: Ledger, book: KeyedBook) -> None:
    differing(ledger, book)
    task = taken(ledger, "chi")
    assert task.slot == KeyingSlot.THIRD
    assert fields_to_key(ledger, task, "chi") == ("so", "meHoTen"), "as the form has them"
    third = {"meHoTen": FieldValue(text="TRẦN THỊ AN LAN"), "so": FieldValue(text="070")}
    assert keep_third_key(ledger, task, "chi", third) == RecordState.AGREED
    values = book.values(book.records[7])
    assert values["meHoTen"] == {"text": "TRẦN THỊ AN LAN"}, "as the third person wrote it"
    assert values["so"] == {"text": "070"}, "two of three, whoever they are"
    assert values["nksHoTen"] == {"text": "Nguyễn AN AN LAN"}
    assert values.keys() == set(COLUMNS)
    assert book.state() == "sampling"
    assert [tuple(event) for event in book.events("record_decided")] == [
        ("record", book.records[7], "chi", {"slot": "third", "round": 1, "after": "agreed"})
    ]


def test_the_third_person_sees_no_value_before_keying(ledger: Ledger, book: KeyedBook) -> None:
    differing(ledger, book)
    task = taken(ledger, "chi")
    assert unsettled_fields(ledger, task, "chi") is None
    assert decide_difference(ledger, task, "chi", RIGHT) is None, "and decides nothing without a key"
    assert book.states() == {"differs": 1}


def test_a_third_person_who_agrees_with_the_hidden_machine_decides(ledger: Ledger) -> None:
    book = machine_book(ledger, 7, {"meHoTen": "TRẦN THỊ AN LAN"})
    assert key(ledger, "an", book, {"meHoTen": "Trần Thị AN LÀN"}) == RecordState.DIFFERS
    third = {"meHoTen": FieldValue(text="Trần Thị AN LAN")}
    assert keep_third_key(ledger, taken(ledger, "chi"), "chi", third) == RecordState.AGREED
    assert book.values(book.records[7])["meHoTen"] == {"text": "Trần Thị AN LAN"}, "never in a machine's writing"


def test_neither_of_the_two_may_be_the_third(ledger: Ledger, book: KeyedBook) -> None:
    differing(ledger, book)
    assert take_third(ledger, "an") is None
    assert take_third(ledger, "binh") is None
    task = taken(ledger, "chi")
    book.execute("UPDATE keyings SET keyed_by = 'binh' WHERE slot = 'third'")
    assert fields_to_key(ledger, task, "binh") is None
    assert keep_third_key(ledger, task, "binh", RIGHT) is None
    assert book.states() == {"differs": 1}


def test_a_third_person_keys_the_differing_fields_and_no_others(ledger: Ledger, book: KeyedBook) -> None:
    differing(ledger, book)
    task = taken(ledger, "chi")
    for third in ({"so": RIGHT["so"]}, RIGHT | {"nksHoTen": FieldValue(text="X")}):
        with pytest.raises(ValueError, match="the differing fields"):
            keep_third_key(ledger, task, "chi", third)
    assert book.states() == {"differs": 1}


def test_two_third_persons_at_once_decide_once(ledger: Ledger, book: KeyedBook) -> None:
    differing(ledger, book)
    task = taken(ledger, "chi")
    assert take_third(ledger, "dung") is None
    outcomes = at_once(*(lambda: keep_third_key(ledger, task, "chi", RIGHT) for _ in range(4)))
    assert sorted(map(str, outcomes)) == ["None", "None", "None", "agreed"]


# The second look


def test_who_agrees_with_neither_looks_again_and_sees_all_three_values(ledger: Ledger, book: KeyedBook) -> None:
    task = looking(ledger, book)
    assert task.slot == KeyingSlot.LOOK
    assert book.rows("SELECT sealed FROM records") == [(None,)]
    (unsettled,) = unsettled_fields(ledger, task, "chi") or []
    assert unsettled.column == "meHoTen", "what two of three agree on is settled"
    assert {value.text for value in unsettled.values} == {"Trần Thị AN LAN", "Trần Thị AN KHANH", "Trần Thị AN LÂN"}
    assert decide_difference(ledger, task, "chi", LOOKED) == RecordState.AGREED
    values = book.values(book.records[7])
    assert (values["meHoTen"], values["so"]) == ({"text": "Trần Thị AN LAN"}, {"text": "007"})
    assert values.keys() == set(COLUMNS)
    assert book.state() == "sampling"
    assert [tuple(event) for event in book.events("record_third_keyed")] == [
        ("record", book.records[7], "chi", {"slot": "third", "round": 1, "unsettled": 1})
    ]
    assert [event.detail["slot"] for event in book.events("record_decided")] == ["look"]


def test_what_was_keyed_blind_stays_as_it_was_keyed(ledger: Ledger, book: KeyedBook) -> None:
    task = looking(ledger, book)
    (third,) = book.rows("SELECT keying_id, sealed FROM keyings WHERE slot = 'third'")
    left = task_of(ledger, third.keying_id)
    assert left is not None
    assert keep_third_key(ledger, left, "chi", RIGHT) is None, "a key is kept once"
    decide_difference(ledger, task, "chi", LOOKED)
    (after,) = book.rows("SELECT sealed FROM keyings WHERE slot = 'third'")
    assert after.sealed == third.sealed
    opened = json.loads(book.key.unseal(third.sealed, f"keying/{book.records[7]}/third"))
    assert opened["meHoTen"]["text"] == "Trần Thị AN LÂN"


def test_a_look_decides_the_unsettled_fields_and_no_others(ledger: Ledger, book: KeyedBook) -> None:
    task = looking(ledger, book)
    for decided in ({}, RIGHT, {"so": RIGHT["so"]}):
        with pytest.raises(ValueError, match="the unsettled fields"):
            decide_difference(ledger, task, "chi", decided)
    assert book.states() == {"differs": 1}


def test_an_abandoned_look_goes_to_another_third_person_and_never_to_one_of_the_two(
    ledger: Ledger, book: KeyedBook
) -> None:
    left = looking(ledger, book)
    assert take_third(ledger, "dung") is None, "Chi is looking"
    book.execute("UPDATE keyings SET leased_until = clock_timestamp() - interval '1 second' WHERE kept_at IS NULL")
    assert take_third(ledger, "an") is None
    assert take_third(ledger, "binh") is None
    task = taken(ledger, "dung")
    assert (task.keying_id, task.slot) == (left.keying_id, KeyingSlot.LOOK)
    assert decide_difference(ledger, left, "chi", LOOKED) is None
    book.execute("UPDATE keyings SET keyed_by = 'an' WHERE slot = 'look'")
    assert unsettled_fields(ledger, task, "an") is None
    assert decide_difference(ledger, task, "an", LOOKED) is None
    book.execute("UPDATE keyings SET keyed_by = 'dung' WHERE slot = 'look'")
    assert decide_difference(ledger, task, "dung", LOOKED) == RecordState.AGREED


def test_who_left_a_look_may_come_back_to_it(ledger: Ledger, book: KeyedBook) -> None:
    left = looking(ledger, book)
    book.execute("UPDATE keyings SET leased_until = clock_timestamp() - interval '1 second' WHERE kept_at IS NULL")
    assert taken(ledger, "chi").keying_id == left.keying_id
    assert decide_difference(ledger, left, "chi", LOOKED) == RecordState.AGREED


def test_the_third_key_of_a_round_before_decides_nothing(ledger: Ledger, book: KeyedBook) -> None:
    task = looking(ledger, book)
    book.execute(
        "INSERT INTO samples (book_id, plan_code, fields, decided_as) VALUES (:book, 'p', '[]', 'rejected')",
        book=book.book_id,
    )
    book.execute("UPDATE records SET state = 'unkeyed'")
    key(ledger, "an", book)
    key(ledger, "binh", book, BY_BINH)
    assert unsettled_fields(ledger, task, "chi") is None
    assert taken(ledger, "chi").slot == KeyingSlot.THIRD, "it is keyed blind again"


def test_the_order_of_three_values_says_nothing_of_whose_they_are(ledger: Ledger, book: KeyedBook) -> None:
    for number in range(36):
        book.add(number, COLUMNS)
    for user in ("an", "binh"):
        for _ in book.records:
            key(ledger, user, book, {"chaHoTen": user})
    orders = []
    for _ in book.records:
        keep_third_key(ledger, taken(ledger, "chi"), "chi", {"chaHoTen": FieldValue(text="chi")})
        look = taken(ledger, "chi")
        (shown,) = unsettled_fields(ledger, look, "chi") or []
        assert unsettled_fields(ledger, look, "chi") == [UnsettledField("chaHoTen", shown.values)], "whenever it opens"
        orders.append(tuple(value.text for value in shown.values))
        decide_difference(ledger, look, "chi", {"chaHoTen": FieldValue(text="AN")})
    for order in permutations(("an", "binh", "chi")):
        assert 1 <= orders.count(order) <= 15, order
