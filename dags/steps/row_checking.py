"""Reads, checks and seals keyed rows; runs in processes of its own, one for each core.

A process is forked, so that it has the vault without its key being written anywhere; it touches no database. It ends
with the process that started it, however that ends: its pipe is closed then.
"""

import gc
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.reduction import ForkingPickler
from typing import NamedTuple

from connectors.ledger.paper_sealed import BOOK_OWNER
from connectors.ledger.records import (
    HELD_ROW_PURPOSE,
    CheckedRecord,
    CheckedRows,
    LoadedRow,
    UnfitRow,
    loaded_row,
    seal_values,
)
from connectors.ledger.search import searchable_row
from connectors.paper.keyed_layout import Cell, KeyedRow, Layout, RawRow
from connectors.paper.rows import dossier_of_row, has_case, missing_columns, unlisted_codes
from connectors.vault import DataKey, Vault
from quality.examination import holding_checks
from schemas.search_facts import facts_of_values
from schemas.source import Book

log = logging.getLogger(__name__)

SEX_UNLISTED = "sex_not_in_list"
ROW_DIGEST = "keyed row"
TASKS_AHEAD = 2
"""So many a process has: the one it works on, and one that waits."""
ODD = (ArithmeticError, LookupError, TypeError, ValueError, RecursionError)
"""What one odd row may raise; it is set aside, and the rows behind it go on."""


class SentBook(NamedTuple):
    """A book as a checking process needs it. Province and commune are those of today."""

    book: Book
    wrapped: bytes
    province_code: str
    commune_code: str | None


SentRow = tuple[int, int, str, int, str | Sequence[Cell], tuple[str, ...], frozenset[int]]
"""A row on its way to a checking process: the id that its record gets, the id of its book (0 when it has none) and the
problem then; its line, its cells (`packed`), its problems and its capitals. A million of them go from process to
process: plain tuples with one text take a quarter of the time."""
BETWEEN_CELLS = "\x1f"


def packed(cells: Sequence[Cell]) -> str | Sequence[Cell]:
    """The cells as one text, where `unpacked` makes exactly them of it again; else the cells."""
    try:
        text = BETWEEN_CELLS.join(cells)  # type: ignore[arg-type]  # raises where a cell is no text
    except TypeError:
        return cells
    return text if text.count(BETWEEN_CELLS) == len(cells) - 1 else cells


def unpacked(cells: str | Sequence[Cell]) -> Sequence[Cell]:
    return cells.split(BETWEEN_CELLS) if isinstance(cells, str) else cells


class RowTask(NamedTuple):
    """Rows to be checked in their order, and the books that the process does not know yet."""

    load_id: int
    actor: str
    keyed_at: datetime
    rows: list[SentRow]
    books: dict[int, SentBook]


@dataclass
class RowChecker:
    """Turns keyed rows into rows of the ledger."""

    vault: Vault
    layout: Layout
    _books: dict[int, tuple[SentBook, DataKey]] = field(default_factory=dict)

    def work(self, task: RowTask) -> CheckedRows:
        """The rows of a task, sealed, in their order."""
        for book_id, sent in task.books.items():
            self._books[book_id] = sent, self.vault.open_key(sent.wrapped, BOOK_OWNER.format(book_id))
        checked = CheckedRows(len(task.rows), [], [])
        for record_id, book_id, problem, line_number, cells, problems, capitals in task.rows:
            row = self.layout.read(RawRow(line_number, unpacked(cells), problems, capitals))
            if faults := self._problems(problem, row):
                checked.unfit.append(self._unfit(task, row, faults))
                continue
            try:
                checked.loaded.append(self._loaded(task, record_id, book_id, row))
            except ODD as error:
                log.warning("line %d cannot be worked on: %s", row.line_number, type(error).__name__)
                checked.unfit.append(self._unfit(task, row, ["row_too_odd"]))
        return checked

    def _problems(self, problem: str, row: KeyedRow) -> list[str]:
        problems = [*row.problems, *([problem] if problem else [])]
        if missing_columns(row.values, self.layout.book_kind):
            problems.append("values_missing")
        return problems

    def _loaded(self, task: RowTask, record_id: int, book_id: int, row: KeyedRow) -> LoadedRow:
        book, key = self._books[book_id]
        values = row.values
        facts = facts_of_values(book.book.book_kind, values, book.book)
        content = "\x1e".join(map("\x1f".join, sorted(values.items())))
        record = CheckedRecord(
            record_id=record_id,
            book_id=book_id,
            line_number=row.line_number,
            entry_number=values["so"],
            faults=faults_of_values(values, book.book, task.keyed_at),
            digest=self.vault.blind_index(ROW_DIGEST, content),
            sealed=seal_values(key, record_id, values),
            searchable=searchable_row(self.vault, "record", record_id, book.province_code, book.commune_code, facts),
        )
        return loaded_row(task.load_id, task.actor, record)

    def _unfit(self, task: RowTask, row: KeyedRow, problems: Sequence[str]) -> UnfitRow:
        content = json.dumps(row.values, ensure_ascii=False).encode("utf-8", "surrogateescape")
        sealed = self.vault.search_key.seal(content, HELD_ROW_PURPOSE.format(task.load_id, row.line_number))
        return row.line_number, tuple(dict.fromkeys(problems)), sealed


def faults_of_values(values: Mapping[str, str], book: Book, keyed_at: datetime) -> list[str]:
    """The checks, in force at the day of the event, that hold a record with these values; each once, sorted. The rows
    of books without a case are checked for their codes alone."""
    faults = {SEX_UNLISTED} if unlisted_codes(values, book.book_kind) else set[str]()
    if has_case(book.book_kind):
        faults |= holding_checks(dossier_of_row(values, book, "", keyed_at))
    return sorted(faults)


class CheckingEnded(RuntimeError):
    """A checking process ended before its work did. Nothing is lost: start the load again."""


@dataclass
class CheckingProcesses:
    """Processes that take tasks in turn, so that results come in the order of the tasks. What goes to a process or back
    is sent by a thread: neither side waits until the other one has time to read it. It is pickled before, where an
    error is seen; in the thread only the other end can be gone, and then nothing comes back."""

    pipes: list[Pipe]
    senders: list[ThreadPoolExecutor]

    def results(self, tasks: Iterable[RowTask]) -> Iterator[CheckedRows]:
        """The results of tasks, in order. While one is used, the processes work on those behind it."""
        sent, most = 0, TASKS_AHEAD * len(self.pipes)
        for task in tasks:
            at = sent % len(self.pipes)
            result = _received(self.pipes[at]) if sent >= most else None
            self.senders[at].submit(self.pipes[at].send_bytes, ForkingPickler.dumps(task))
            sent += 1
            if result is not None:
                yield result
        for number in range(max(0, sent - most), sent):
            yield _received(self.pipes[number % len(self.pipes)])


def _received(pipe: Pipe) -> CheckedRows:
    try:
        rows: CheckedRows = pipe.recv()
    except EOFError:
        raise CheckingEnded("a checking process ended: start the load again, it goes on where it was") from None
    return rows


@contextmanager
def checking_processes(count: int, make: Callable[[], RowChecker]) -> Iterator[CheckingProcesses]:
    """Starts processes, and ends them behind the block. Start them before a connection to the database is opened."""
    context = get_context("fork")
    gc.freeze()  # what was imported is shared with the processes, and stays so
    pairs = [context.Pipe() for _ in range(count)]
    ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    processes = [
        context.Process(target=_serve, args=(make, index, ours, theirs), daemon=True) for index in range(count)
    ]
    senders = [ThreadPoolExecutor(1) for _ in pairs]  # their threads begin behind the fork, with the first task
    try:
        for process in processes:
            process.start()
        for pipe in theirs:
            pipe.close()
        yield CheckingProcesses(ours, senders)
    finally:
        for sender in senders:
            sender.shutdown(wait=False, cancel_futures=True)
        for pipe in ours:
            pipe.close()
        for process in processes:
            process.join(timeout=5)
            process.kill()
        gc.unfreeze()


def _serve(make: Callable[[], RowChecker], index: int, ours: list[Pipe], theirs: list[Pipe]) -> None:
    """Works on tasks until the pipe is closed at the other end. Ends that it inherited would keep it open."""
    pipe = theirs[index]
    for inherited in (*ours, *theirs):
        if inherited is not pipe:
            inherited.close()
    gc.disable()  # models hold no circles
    checker = make()
    with suppress(EOFError, OSError), ThreadPoolExecutor(1) as sender:  # the other end is closed, or was killed
        while True:
            task: RowTask = pipe.recv()
            sender.submit(pipe.send_bytes, ForkingPickler.dumps(checker.work(task)))
