"""Keyers without a desk: they take what the ledger lends them and key what stands on the paper, but for a change."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from connectors.ledger import Ledger
from connectors.ledger.keyings import KeyingTask, keyed_columns, task_of
from dags.steps.keying import keep_keying, next_to_key
from schemas.keying import FieldValue, Mark
from schemas.paper_states import RecordState
from schemas.roles import Reach, Role
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


def at_once(*works: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(len(works)) as workers:
        return [future.result() for future in [workers.submit(work) for work in works]]


def machine_book(ledger: Ledger, number: int, change: Mapping[str, str] | None = None) -> KeyedBook:
    """A book of one record, keyed by one person; the machine has read it, but for a change."""
    book = open_book(ledger, design="person_and_machine", recogniser_code=RECOGNISER)
    book.add(number, COLUMNS, {RECOGNISER: truth_of(number) | dict(change or {})})
    return book
