"""Loads a keyed file of register books: rows become records that are checked and can be searched, or are held.

The parent reads the file and chooses the book of each row; two processes read, check and seal; the parent writes what
they give back in the order of the file, with the position behind it. A load that was killed goes on from there.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path

from connectors.ledger import Ledger
from connectors.ledger.books import keep_book
from connectors.ledger.records import Load, finish_load, new_record_ids, running_load, write_rows
from connectors.paper.keyed_files import KeyedFile, open_keyed_file
from connectors.paper.keyed_layout import Cell, Layout, RawRow
from connectors.paper.rows import unit_named
from dags.steps.row_checking import RowChecker, RowTask, SentBook, checking_processes, packed
from schemas.dates import local_day
from schemas.places import UnitSet, WholeUnit, commune_on, crosswalk
from schemas.register_columns import BookKind
from schemas.source import Book
from schemas.text import clean

CHUNK_ROWS = 2_000
PROCESSES = 2
BLOCK_BYTES = 1 << 20

_BOOK_CODE = re.compile(r"(?P<number>[^\s/.-].*?)\s*[/. -]\s*(?P<year>1[89]\d\d|20\d\d)")
"""`01/1983`, `01A-1983`: the last four digits are the year in which the book was opened (mẫu hotich158)."""


@dataclass(frozen=True)
class LoadPlan:
    """What a keyed file is, as the person says who loads it. `province_code`, `commune_code`: of today, who keeps the
    books; the commune may be left open. `renames`, `left_out`: see `connectors.paper.keyed_layout.layout_of`."""

    path: Path
    province_code: str
    commune_code: str | None = None
    book_kind: BookKind | None = None
    renames: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadReport:
    """What became of a file. `counts`: see `connectors.ledger.records.Load`; of this run alone when `is_repeat`."""

    load_id: int
    is_repeat: bool
    rows: int
    counts: Counter[str]
    books_keyed: int = 0

    def by_code(self, prefix: str) -> dict[str, int]:
        """The counts of `reason:` or `fault:`, by code, the most frequent first."""
        codes = {name.removeprefix(prefix): count for name, count in self.counts.items() if name.startswith(prefix)}
        return dict(sorted(codes.items(), key=lambda item: (-item[1], item[0])))


class UnknownPlace(ValueError):
    """The commune of a plan is none of its province today."""


def load_file(ledger: Ledger, plan: LoadPlan, actor: str, *, processes: int = PROCESSES) -> LoadReport:
    """Loads a keyed file, or goes on with it, or finds that it is in already: then it writes nothing.

    Raises FileSetAside for a file that cannot be used, LoadRunning while another one is loaded.
    """
    digest = _digest_of(plan.path)
    keyed = open_keyed_file(plan.path, plan.book_kind, plan.renames, plan.left_out)
    make = partial(RowChecker, ledger.vault, keyed.layout)
    with checking_processes(processes, make) as checking, running_load(ledger, digest, actor) as load:
        if load.is_done:
            return LoadReport(load.load_id, True, load.position, Counter(repeated=load.position))
        books = _BooksOfFile(ledger, load, plan, keyed.layout, processes)
        for rows in checking.results(_tasks(keyed, load, books)):
            write_rows(load, rows)
        return LoadReport(load.load_id, False, load.position, load.counts, finish_load(load))


def _digest_of(path: Path) -> bytes:
    digest = sha256()
    with path.open("rb") as content:
        while block := content.read(BLOCK_BYTES):
            digest.update(block)
    return digest.digest()


def _tasks(keyed: KeyedFile, load: Load, books: "_BooksOfFile") -> Iterator[RowTask]:
    rows = islice(keyed.raw_rows(), load.position, None)
    number = 0
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield books.task(chunk, number)
        number += 1


@dataclass
class _BooksOfFile:
    """The books that rows of a file name, opened when they are first named, and which process knows which of them."""

    ledger: Ledger
    load: Load
    plan: LoadPlan
    layout: Layout
    processes: int
    _chosen: dict[tuple[Cell, Cell], tuple[int, str]] = field(default_factory=dict)
    _sent: dict[int, SentBook] = field(default_factory=dict)
    _known: list[set[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._known = [set() for _ in range(self.processes)]
        self._code_at, self._place_at = (
            next((index for index, column in self.layout.columns if column == name), None)
            for name in ("quyenSo", "noiDangKy")
        )

    def task(self, chunk: Iterable[RawRow], number: int) -> RowTask:
        """The task of a chunk; its number says which process gets it."""
        rows = list(chunk)
        chosen = [self._book_of(row) for row in rows]
        ids = new_record_ids(self.load, len(rows))
        sent = [
            (record_id, book_id, problem, row.line_number, packed(row.cells), row.problems, row.capitals)
            for record_id, (book_id, problem), row in zip(ids, chosen, rows, strict=True)
        ]
        known = self._known[number % self.processes]
        new = {book_id for book_id, _ in chosen if book_id} - known
        known |= new
        books = {book_id: self._sent[book_id] for book_id in new}
        return RowTask(self.load.load_id, self.load.actor, self.load.started_at, sent, books)

    def _book_of(self, row: RawRow) -> tuple[int, str]:
        """The id of the row's book; 0 and the problem when it names none."""
        cells = _cell(row, self._code_at), _cell(row, self._place_at)
        known = self._chosen.get(cells)
        if known is None:
            known = self._chosen[cells] = self._opened(row)
        return known

    def _opened(self, row: RawRow) -> tuple[int, str]:
        read = _BOOK_CODE.fullmatch(self.layout.one(row, "quyenSo"))
        if read is None:
            return 0, "book_not_named"
        place = self.layout.one(row, "noiDangKy") or self._own_place()
        if not place:
            return 0, "place_not_named"
        opened_year = int(read["year"])
        then = unit_named(place, date(opened_year, 1, 1))
        today = crosswalk(then, local_day(self.load.started_at)) if then else None
        heirs = today.units if isinstance(today, UnitSet) else (today.unit,) if isinstance(today, WholeUnit) else ()
        provinces = {getattr(unit, "province_code", None) for unit in heirs}
        if provinces and self.plan.province_code not in provinces:
            return 0, "place_of_another_province"
        book = Book(
            book_kind=self.layout.book_kind,
            opened_year=opened_year,
            book_number=clean(read["number"]),
            place_as_written=place,
            place_code=then.code if then else None,
        )
        commune_code = self.plan.commune_code or (today.unit.code if isinstance(today, WholeUnit) else None)
        with self.load.connection.begin():
            kept = keep_book(self.load.connection, self.ledger, book, self.plan.province_code, commune_code)
        self._sent[kept.book_id] = SentBook(book, kept.wrapped, self.plan.province_code, commune_code)
        return kept.book_id, ""

    def _own_place(self) -> str:
        """The name of the commune that the plan names, for rows without a place."""
        code = self.plan.commune_code
        commune = commune_on(code, local_day(self.load.started_at)) if code else None
        return commune.name_vi if commune else ""


def _cell(row: RawRow, index: int | None) -> Cell:
    return row.cells[index] if index is not None and index < len(row.cells) else None


def checked_plan(plan: LoadPlan, on: date) -> LoadPlan:
    """The plan itself. Raises UnknownPlace when its commune is none of its province on a day."""
    commune = commune_on(plan.commune_code, on) if plan.commune_code else None
    if plan.commune_code and (commune is None or commune.province_code != plan.province_code):
        raise UnknownPlace(f"{plan.commune_code} is no commune of province {plan.province_code} today")
    return plan
