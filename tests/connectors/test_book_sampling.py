"""A sample of a book is looked at again, blind; a named person accepts the book or returns it whole."""

from connectors.ledger import Ledger
from connectors.ledger.samples import BookDecision, BookDecisionOutcome, accept_released, latest_sample, settle_field
from dags.steps.keying import check_field, decide_book, draw_sample, judgement_of, next_to_check
from quality.acceptance import Outlook
from schemas.keying import FieldValue
from schemas.paper_states import RecordState
from schemas.sampling import FieldVerdict
from tests.support.keyed_books import KeyedBook, open_book, truth_of
from tests.support.ledger_keyers import BLANK, COLUMNS, at_once, key, typed


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
