"""What persons keyed is read beside what was decided: by book, for oneself, and for who digitises there."""

from datetime import datetime, timedelta, timezone

import pytest

from connectors.ledger import Ledger
from connectors.ledger.differences import take_difference
from connectors.ledger.keying_overview import progress_since
from connectors.ledger.keyings import task_of
from dags.steps.keying import figures_of_all, keep_third_key, own_figures, people_of
from schemas.keying import FieldValue
from schemas.paper_states import RecordState
from schemas.roles import Role
from tests.support.keyed_books import KeyedBook, open_book
from tests.support.ledger_keyers import COLUMNS, key, reach

BY_BINH = {"meHoTen": "Trần Thị AN KHANH", "so": "070"}
RIGHT = {"meHoTen": FieldValue(text="Trần Thị AN LAN"), "so": FieldValue(text="007")}


@pytest.fixture
def book(ledger: Ledger) -> KeyedBook:
    """A book of one record, 60 fields: An keyed it right, Bình wrongly in two, and Chi decided."""
    book = open_book(ledger)
    book.add(7, COLUMNS)
    key(ledger, "an", book)
    key(ledger, "binh", book, BY_BINH)
    keying_id = take_difference(ledger, "chi", reach("chi"))
    task = task_of(ledger, keying_id) if keying_id else None
    assert task is not None
    assert keep_third_key(ledger, task, "chi", RIGHT) == RecordState.AGREED
    return book


def test_a_persons_figures_come_from_what_was_decided(ledger: Ledger, book: KeyedBook) -> None:
    an, binh, chi = people_of(ledger, book.book_id)
    assert (an.keyed_by, an.records, an.fields, an.agreeing, an.reworked) == ("an", 1, 60, 60, 0)
    assert (binh.keyed_by, binh.agreeing, binh.reworked, binh.known_fields) == ("binh", 58, 1, 0)
    assert (chi.keyed_by, chi.records, chi.third_records) == ("chi", 0, 1)
    assert progress_since(ledger, "chi", datetime.now(timezone.utc) - timedelta(hours=1)).records == 1


def test_on_known_records_what_was_decided_otherwise_is_an_error(ledger: Ledger, book: KeyedBook) -> None:
    book.execute("UPDATE records SET is_known = TRUE")
    an, binh, _ = people_of(ledger, book.book_id)
    assert [(person.known_errors, person.known_fields) for person in (an, binh)] == [(0, 60), (2, 60)]


def test_what_nobody_has_compared_yet_is_in_no_figure(ledger: Ledger, book: KeyedBook) -> None:
    book.add(8, COLUMNS)
    book.execute("UPDATE books SET state = 'keying'")
    assert key(ledger, "an", book) == RecordState.FIRST_KEYED
    assert [person.records for person in own_figures(ledger, "an")] == [1]


def test_a_person_sees_their_own_figures_and_no_others(ledger: Ledger, book: KeyedBook) -> None:
    assert [(person.keyed_by, person.agreeing) for person in own_figures(ledger, "binh")] == [("binh", 58)]
    assert own_figures(ledger, "dung") == []


def test_who_digitises_books_sees_all_who_key_there_and_nobody_elsewhere(ledger: Ledger, book: KeyedBook) -> None:
    there = reach("kim", Role.ARCHIVIST)
    assert [person.keyed_by for person in figures_of_all(ledger, there)] == ["an", "binh", "chi"]
    assert figures_of_all(ledger, reach("xa", Role.ARCHIVIST, place="01")) == []
    assert figures_of_all(ledger, reach("dung", Role.KEYER)) == [], "a keyer digitises nowhere"


def test_what_was_keyed_long_ago_says_nothing_of_now(ledger: Ledger, book: KeyedBook) -> None:
    book.execute("UPDATE keyings SET kept_at = clock_timestamp() - interval '31 days' WHERE keyed_by = 'an'")
    assert own_figures(ledger, "an") == []
    assert len(people_of(ledger, book.book_id)) == 3, "in its book it stays"


def test_a_key_that_took_days_offline_has_no_speed(ledger: Ledger, book: KeyedBook) -> None:
    book.execute("UPDATE keyings SET started_at = kept_at - interval '60 s' WHERE keyed_by = 'an'")
    book.execute("UPDATE keyings SET started_at = kept_at - interval '3 days' WHERE keyed_by = 'binh'")
    an, binh, _ = people_of(ledger, book.book_id)
    assert (an.records_per_hour, an.timed_records) == (60, 1)
    assert (binh.records, binh.timed_records, binh.records_per_hour) == (1, 0, 0)
    since = datetime.now(timezone.utc) - timedelta(hours=1)
    assert round(progress_since(ledger, "an", since).records_per_hour) == 60
    today = progress_since(ledger, "binh", since)
    assert (today.records, today.timed_records, today.records_per_hour) == (1, 0, 0)


def test_what_was_keyed_in_a_rejected_round_is_rework(ledger: Ledger, book: KeyedBook) -> None:
    book.execute(
        "INSERT INTO samples (book_id, plan_code, fields, decided_as) VALUES (:book, 'p', '[]', 'rejected')",
        book=book.book_id,
    )
    book.execute("UPDATE books SET state = 'keying'")
    book.execute("UPDATE records SET state = 'unkeyed'")
    key(ledger, "an", book)
    assert key(ledger, "dung", book) == RecordState.AGREED
    an, binh, chi, dung = people_of(ledger, book.book_id)
    assert [(person.records, person.reworked) for person in (an, binh, dung)] == [(2, 1), (1, 1), (1, 0)]
    assert chi.third_records == 1
