"""The demo's paper books: they lie in the drop place, Airflow takes them in and reads them, and the archive team keys,
decides and accepts them at the desk. What they hold reaches civil status as history.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from threading import Event

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.sandbox.books import SandboxBook, make_book
from dags.local.archive_team import DeskPerson, accept, decide_all, key_some, logged_in
from dags.local.engine import DESK_PATH, Engine
from schemas.paper_states import BookState, RecordState
from schemas.roles import Role

PAGES = 50
PAPER_MINUTES = "0.25"
TEAM: dict[str, tuple[Role, ...]] = {
    "archivist": (Role.ARCHIVIST,),
    "archivist2": (Role.ARCHIVIST,),
    "keyer1": (Role.KEYER,),
    "keyer2": (Role.KEYER,),
    "adjudicator": (Role.ADJUDICATOR,),
}
"""The logins of the archive team: two archivists, because who looked at a field does not settle its difference."""
TOGETHER = 4
"""Records that a keyer of the demo keys before the other one goes on: both work at once."""
READING_S, ENTERING_S = 1800.0, 600.0
"""So long a book may take until it is read, and its records until they are registered. No measurement is known."""

BOOK = text("""
    SELECT b.book_id, b.state FROM books b
     WHERE b.book_kind = :kind AND b.opened_year = :year AND b.book_number = :number""")
PAGES_LEFT = text("SELECT count(*) FROM pages WHERE book_id = :book_id AND state IN ('received', 'fitted')")
PAGE_OF_RECORD = text("SELECT p.page_number FROM records r JOIN pages p USING (page_id) WHERE r.record_id = :record_id")
RECORDS = text("SELECT state, count(*) AS records FROM records WHERE book_id = :book_id GROUP BY state")
DELIVERED = text("""
    SELECT count(*) FROM records r JOIN deliveries d USING (dossier_id)
     WHERE r.book_id = :book_id AND d.state = 'registered'""")


@dataclass(frozen=True)
class BookResult:
    """What became of a book. `keyed`, `decided`: records that persons keyed, and that a third person decided.
    `seconds`: from the drop to the end."""

    name: str
    pages: int
    read_s: float
    keyed: int
    decided: int
    is_accepted: bool
    entered: int
    registered: int
    seconds: float


def drop_books(folder: Path, count: int, seed: int, pages: int = PAGES) -> list[SandboxBook]:
    """Draws books into a drop place. Raises NoFont, and ModuleNotFoundError without the extra `paper`."""
    books = [make_book(number, pages, seed) for number in range(1, count + 1)]
    for book in books:
        place = folder / book.province_code / book.commune_code / book.name
        place.mkdir(parents=True)
        for number, page in enumerate(book.pages, 1):
            (place / f"{book.name} trang {number:03d}.jpg").write_bytes(page.jpeg)
        facts = {
            "kind": book.book.book_kind,
            "year": book.book.opened_year,
            "number": book.book.book_number,
            "place": book.book.place_as_written,
        }
        (place / "book.json").write_text(json.dumps(facts, ensure_ascii=False))
    return books


def drop_environment(folder: Path) -> dict[str, str]:
    """What tells Airflow's tasks where the books lie."""
    from dags.steps.drop_folder import DROP_PLACE

    return {DROP_PLACE: str(folder), "LIENTHONG_PAPER_MINUTES": PAPER_MINUTES}


class ArchiveDay:
    """The work of the archive team on some books, through the desk of a running demo."""

    def __init__(self, ledger: Ledger, engine: Engine, seed: int) -> None:
        self.ledger, self.engine = ledger, engine
        self.seed = seed
        self.ended = Event()

    @cached_property
    def team(self) -> Mapping[str, DeskPerson]:
        url, passwords = self.engine.url, self.engine.logins
        return {
            name: DeskPerson(f"{url}{DESK_PATH}", logged_in(url, name, passwords[name]), Random(f"{name}/{self.seed}"))
            for name in TEAM
        }

    def work(self, books: Sequence[SandboxBook]) -> list[BookResult]:
        """Works the books one after the other, each until its records are registered or will not be."""
        return [self._work(book) for book in books]

    def _work(self, book: SandboxBook) -> BookResult:
        began = time.monotonic()
        self._wait(lambda: self._is_read(book), READING_S)
        read_s = time.monotonic() - began
        book_id, keyed, decided = self._id_of(book), 0, 0
        while moved := self._key_round(book):
            keyed, decided = keyed + moved[0], decided + moved[1]
            if self._state_of(book) != BookState.KEYING:
                break
        paper = self._paper_of(book)
        is_accepted = self._state_of(book) == BookState.SAMPLING and accept(
            self.team["archivist"], self.team["archivist2"], book_id, paper
        )
        if is_accepted:
            self._wait(lambda: not self._waiting(book_id), ENTERING_S)
        entered, registered = self._counts(book_id)
        seconds = time.monotonic() - began
        return BookResult(book.name, len(book.pages), read_s, keyed, decided, is_accepted, entered, registered, seconds)

    def _wait(self, is_so: Callable[[], bool], within_s: float) -> None:
        """Waits until something is so, for so long at most, or until the demo ends."""
        ends = time.monotonic() + within_s
        while not is_so() and time.monotonic() < ends and not self.ended.wait(1.0):
            pass

    def _key_round(self, book: SandboxBook) -> tuple[int, int] | None:
        """Each keyer keys some records, the third person decides; None when nobody had anything to do."""
        paper = self._paper_of(book)
        keyed = sum(key_some(self.team[name], paper, TOGETHER) for name in ("keyer1", "keyer2"))
        decided = decide_all(self.team["adjudicator"], paper)
        return (keyed, decided) if keyed or decided else None

    def _paper_of(self, book: SandboxBook) -> "PaperOf":
        return PaperOf(self.ledger, book)

    def _is_read(self, book: SandboxBook) -> bool:
        if self._state_of(book) != BookState.KEYING:
            return False
        with self.ledger.engine.connect() as connection:
            return not connection.execute(PAGES_LEFT, {"book_id": self._id_of(book)}).scalar()

    def _state_of(self, book: SandboxBook) -> str:
        return self._row_of(book)[1]

    def _id_of(self, book: SandboxBook) -> int:
        return self._row_of(book)[0]

    def _row_of(self, book: SandboxBook) -> tuple[int, str]:
        """The id and the state of a book; 0 and nothing while it is not taken in."""
        facts = book.book
        values = {"kind": facts.book_kind, "year": facts.opened_year, "number": facts.book_number}
        with self.ledger.engine.connect() as connection:
            row = connection.execute(BOOK, values).one_or_none()
        return (row.book_id, row.state) if row else (0, "")

    def _waiting(self, book_id: int) -> bool:
        """Whether a record is accepted and not entered, or entered and not registered yet."""
        entered, registered = self._counts(book_id)
        with self.ledger.engine.connect() as connection:
            states = {row.state: row.records for row in connection.execute(RECORDS, {"book_id": book_id})}
        return bool(states.get(RecordState.ACCEPTED)) or registered < entered

    def _counts(self, book_id: int) -> tuple[int, int]:
        """Records that have a dossier, and those that civil status has registered."""
        with self.ledger.engine.connect() as connection:
            states = {row.state: row.records for row in connection.execute(RECORDS, {"book_id": book_id})}
            registered = connection.execute(DELIVERED, {"book_id": book_id}).scalar_one()
        return int(states.get(RecordState.ENTERED, 0)), int(registered)


class PaperOf:
    """What stands on the pages of a book, by record; the eyes of the archive team."""

    def __init__(self, ledger: Ledger, book: SandboxBook) -> None:
        self.ledger, self.book = ledger, book

    def __call__(self, record_id: int) -> Mapping[str, str]:
        with self.ledger.engine.connect() as connection:
            page_number = connection.execute(PAGE_OF_RECORD, {"record_id": record_id}).scalar_one()
        values: Mapping[str, str] = self.book.pages[page_number - 1].values
        return values
