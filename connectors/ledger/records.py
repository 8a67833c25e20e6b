"""Records of keyed files: a chunk of rows is written in one transaction with the position behind it.

A killed load goes on from its position. Only one load runs at a time: whether a row is there already, and whether its
number is, is asked of what the running load remembers of each book that it touches.
"""

import json
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, text

from connectors.ledger import Ledger, copy_rows
from connectors.ledger.binary_copy import (
    bigint,
    bigints,
    blob,
    copy_encoded,
    head_of_row,
    integer,
    jsonb,
    row_of,
    smallint,
    texts,
    varying,
)
from connectors.ledger.paper_sealed import RECORD_PURPOSE
from connectors.ledger.search import SEARCHABLE_COLUMNS
from connectors.vault import DataKey
from schemas.paper_states import BOOK, RECORD, BookEvent, RecordEvent, RecordState
from schemas.paper_tables import held_rows
from schemas.states import listed

HELD_ROW_PURPOSE = "held row/{}/{}"
"""A row that is no entry belongs to no book: it lies under the search key, by load and line."""
NUMBER_REPEATED = "entry_number_repeated"
"""Two entries of a book have one number: a person decides which of them has another."""

RECORD_COLUMNS = tuple(
    "record_id book_id load_id line_number entry_number state fault_codes content_sha256 sealed".split()
)
EVENT_COLUMNS = ("subject_kind", "subject_id", "kind", "actor", "detail")
HELD_COLUMNS = ("load_id", "line_number", "reason_codes", "sealed")

LOAD_LOCK, LOCK_TRIES, LOCK_PAUSE_S = 0x6C6F6164, 50, 0.2
"""The server needs a moment to see that a killed process is gone: ten seconds of tries."""
LOCK = text("SELECT pg_try_advisory_lock(:lock)")
UNLOCK = text("SELECT pg_advisory_unlock(:lock)")
START = text("""
    INSERT INTO loads (file_sha256, actor) VALUES (:file_sha256, :actor) ON CONFLICT (file_sha256) DO NOTHING""")
OF_FILE = text("""
    SELECT load_id, state, position, counts, started_at FROM loads WHERE file_sha256 = :file_sha256""")
NEW_IDS = text("""
    SELECT nextval(pg_get_serial_sequence('records', 'record_id')) FROM generate_series(1, :count)""")
KNOWN_ROWS = text("SELECT entry_number, content_sha256 FROM records WHERE book_id = :book_id")
LOCK_BOOKS = text("SELECT book_id FROM books WHERE book_id = ANY(:ids) ORDER BY book_id FOR UPDATE")
ADVANCE = text("""
    UPDATE loads SET position = :position, counts = CAST(:counts AS jsonb)
     WHERE load_id = :load_id AND position = :was""")
FINISH = text("""
    UPDATE loads SET state = 'done', finished_at = clock_timestamp() WHERE load_id = :load_id""")
HOLD_REPEATED = text(f"""
    WITH held AS (
        UPDATE records r
           SET fault_codes = array_append(r.fault_codes, '{NUMBER_REPEATED}'),
               state = CASE WHEN r.state IN ({listed(RECORD.before(RecordEvent.HELD))})
                            THEN '{RECORD.after(RecordEvent.HELD)}' ELSE r.state END
          FROM unnest(CAST(:books AS bigint[]), CAST(:numbers AS text[])) AS u(book_id, entry_number)
         WHERE r.book_id = u.book_id AND r.entry_number = u.entry_number
           AND r.state IN ({listed(RECORD.before(RecordEvent.HELD) | {RecordState.HELD})})
           AND NOT '{NUMBER_REPEATED}' = ANY(r.fault_codes)
        RETURNING r.record_id)
    INSERT INTO events (subject_kind, subject_id, kind, actor, detail)
    SELECT 'record', record_id, 'record_{RecordEvent.HELD}', :actor,
           jsonb_build_object('checks', jsonb_build_array('{NUMBER_REPEATED}'))
      FROM held""")
REOPEN = text(f"""
    WITH opened AS (
        UPDATE books SET state = '{BOOK.after(BookEvent.ROWS_CAME)}'
         WHERE book_id = ANY(:ids) AND state IN ({listed(BOOK.before(BookEvent.ROWS_CAME))}) RETURNING book_id)
    INSERT INTO events (subject_kind, subject_id, kind, actor, detail)
    SELECT 'book', book_id, 'book_{BookEvent.ROWS_CAME}', :actor, jsonb_build_object('load', CAST(:load_id AS bigint))
      FROM opened""")
_DECIDED = frozenset({RecordState.AGREED, RecordState.ACCEPTED, RecordState.ENTERED})
BOOKS_KEYED = text(f"""
    WITH keyed AS (
        UPDATE books b SET state = '{BOOK.after(BookEvent.KEYED)}'
         WHERE b.state IN ({listed(BOOK.before(BookEvent.KEYED))})
           AND b.book_id IN (SELECT r.book_id FROM records r WHERE r.load_id = :load_id)
           AND NOT EXISTS (SELECT FROM records r WHERE r.book_id = b.book_id
                              AND r.state IN ({
    listed(frozenset(RecordState) - {RecordState.AGREED, RecordState.ACCEPTED, RecordState.ENTERED})
}))
           AND NOT EXISTS (SELECT FROM pages p WHERE p.book_id = b.book_id AND p.state = 'received')
        RETURNING b.book_id)
    INSERT INTO events (subject_kind, subject_id, kind, actor, detail)
    SELECT 'book', book_id, 'book_{BookEvent.KEYED}', :actor, jsonb_build_object('load', CAST(:load_id AS bigint))
      FROM keyed RETURNING subject_id""")
HELD_LINES = text("""
    SELECT code, (array_agg(line_number ORDER BY line_number))[1:CAST(:most AS int)] AS lines
      FROM held_rows, unnest(reason_codes) AS code WHERE load_id = :load_id GROUP BY code""")
QUICK_WRITES = (
    text("SET synchronous_commit = off"),  # the position is in the same commit: what is lost is loaded again
    text("SET gin_pending_list_limit = '64MB'"),
    text("SET work_mem = '64MB'"),  # for emptying that list
)
TIDY = (text("SELECT gin_clean_pending_list('ix_searchables_tokens')"), text("ANALYZE records, searchables"))

MOST_BOOKS_REMEMBERED = 256


class LoadRunning(RuntimeError):
    """Another process is loading a file; only one may at a time."""


LoadedRow = tuple[int, bytes, str, tuple[str, ...], bytes, bytes, bytes]
"""A row that is an entry: the id of its book, the digest of its content, its number, the checks that hold it; then its
rows of `records`, `searchables` and `events` for COPY. A plain tuple: a million of them go from process to process."""
UnfitRow = tuple[int, tuple[str, ...], bytes]
"""A row that is no entry: its line, why, and its content sealed."""


@dataclass
class CheckedRows:
    """Rows of a file that were checked, in their order; `count`: all of them."""

    count: int
    loaded: list[LoadedRow]
    unfit: list[UnfitRow]


@dataclass(frozen=True, slots=True)
class CheckedRecord:
    """An entry that was checked. `digest`: keyed, of its content; `sealed`: its values; `searchable`: by
    `connectors.ledger.search.searchable_row`."""

    record_id: int
    book_id: int
    line_number: int
    entry_number: str
    faults: Sequence[str]
    digest: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    searchable: tuple[Any, ...] = field(repr=False)


def loaded_row(load_id: int, actor: str, record: CheckedRecord) -> LoadedRow:
    """The rows of an entry, for COPY."""
    rows = _record_row(load_id, record), _searchable_row(record.searchable), _event_row(load_id, actor, record)
    return (record.book_id, record.digest, record.entry_number, tuple(record.faults), *rows)


def _record_row(load_id: int, record: CheckedRecord) -> bytes:
    return row_of(
        bigint(record.record_id),
        bigint(record.book_id),
        bigint(load_id),
        integer(record.line_number),
        varying(record.entry_number),
        varying(RecordState.HELD if record.faults else RecordState.AGREED),
        texts(record.faults),
        blob(record.digest),
        blob(record.sealed),
    )


def _searchable_row(row: tuple[Any, ...]) -> bytes:
    kind, subject_id, province_code, commune_code, year, tokens, content = row
    places = varying(province_code), varying(commune_code)
    return row_of(varying(kind), bigint(subject_id), *places, smallint(year), bigints(tokens), blob(content))


def _event_row(load_id: int, actor: str, record: CheckedRecord) -> bytes:
    before, behind = _around_the_id(load_id, actor, tuple(record.faults))
    return before + bigint(record.record_id) + behind


@lru_cache(maxsize=1024)
def _around_the_id(load_id: int, actor: str, faults: tuple[str, ...]) -> tuple[bytes, bytes]:
    """The row of an event before the id of its record, and behind it: nearly all of a load are alike."""
    event = RecordEvent.HELD if faults else RecordEvent.KEYED
    detail = {"load": load_id, "checks": faults} if faults else {"load": load_id}
    behind = varying(f"record_{event}") + varying(actor) + jsonb(to_json(detail))
    return head_of_row(len(EVENT_COLUMNS)) + varying("record"), behind


@dataclass
class Load:
    """A keyed file on its way in. `position`: rows of the file that are worked in; `counts`: loaded, repeated, held
    (rows that are no entry); and `reason:...` and `fault:...` (of checks that hold records), by code."""

    load_id: int
    is_done: bool
    position: int
    counts: Counter[str]
    started_at: datetime
    actor: str
    connection: Connection = field(repr=False)
    books: "OrderedDict[int, _KnownBook]" = field(default_factory=OrderedDict, repr=False)


@dataclass
class _KnownBook:
    """What is in a book: the digests of its rows, and its numbers."""

    digests: set[bytes]
    numbers: set[str]


def seal_values(key: DataKey, record_id: int, values: Mapping[str, str]) -> bytes:
    """The values of a record as they are kept, under the key of its book: plain texts, without marks."""
    return key.seal(to_json(values), RECORD_PURPOSE.format(record_id))  # twice as quick as json.dumps


@contextmanager
def running_load(ledger: Ledger, file_sha256: bytes, actor: str) -> Iterator[Load]:
    """The load of a file, which is begun if it is new. Raises LoadRunning while another process loads one."""
    with ledger.engine.connect() as connection:
        _lock(connection)
        try:
            for statement in QUICK_WRITES:
                connection.execute(statement)
            connection.execute(START, {"file_sha256": file_sha256, "actor": actor})
            row = connection.execute(OF_FILE, {"file_sha256": file_sha256}).one()
            connection.commit()
            is_done = row.state == "done"
            yield Load(row.load_id, is_done, row.position, Counter(row.counts), row.started_at, actor, connection)
        finally:
            connection.rollback()
            connection.execute(UNLOCK, {"lock": LOAD_LOCK})
            connection.commit()
            connection.detach()  # its settings are those of a load


def _lock(connection: Connection) -> None:
    for _ in range(LOCK_TRIES):
        is_ours = connection.execute(LOCK, {"lock": LOAD_LOCK}).scalar()
        connection.commit()
        if is_ours:
            return
        time.sleep(LOCK_PAUSE_S)
    raise LoadRunning("another file is being loaded: wait until it is in, then try again")


def new_record_ids(load: Load, count: int) -> list[int]:
    """Ids for so many records, whether they are used or not."""
    ids = [int(record_id) for record_id in load.connection.execute(NEW_IDS, {"count": count}).scalars()]
    load.connection.commit()
    return ids


def write_rows(load: Load, rows: CheckedRows) -> None:
    """Writes the next rows of the file and moves the position behind them, in one transaction.

    A row that is in its book already is counted as repeated and not written. An entry whose number another entry of its
    book has is held, and so is the other one. A book that is sampled or accepted is opened again by a new row, so that
    a sample speaks for that row too.
    """
    ids = sorted({book_id for book_id, *_ in rows.loaded})
    with load.connection.begin():
        load.connection.execute(LOCK_BOOKS, {"ids": ids})
        _remember(load, ids)
        new, repeated = _divide(load, rows.loaded)
        counts = load.counts + _counted(new, rows.unfit, len(rows.loaded) - len(new))
        _copy(load, new, rows.unfit)
        if touched := sorted({book_id for book_id, *_ in new}):
            load.connection.execute(REOPEN, {"ids": touched, "actor": load.actor, "load_id": load.load_id})
        if repeated:
            books, numbers = zip(*repeated, strict=True)
            held = {"books": list(books), "numbers": list(numbers), "actor": load.actor}
            counts[f"fault:{NUMBER_REPEATED}"] += load.connection.execute(HOLD_REPEATED, held).rowcount
        _advance(load, rows.count, counts)
    load.position += rows.count
    load.counts = counts


def _remember(load: Load, book_ids: Sequence[int]) -> None:
    """Reads what is in the books that are touched for the first time, and forgets those not touched for long."""
    for book_id in book_ids:
        if book_id not in load.books:
            known = load.connection.execute(KNOWN_ROWS, {"book_id": book_id}).all()
            digests = {bytes(row.content_sha256) for row in known if row.content_sha256 is not None}
            load.books[book_id] = _KnownBook(digests, {row.entry_number for row in known if row.entry_number})
        load.books.move_to_end(book_id)
    while len(load.books) > max(MOST_BOOKS_REMEMBERED, len(book_ids)):
        load.books.popitem(last=False)


def _divide(load: Load, loaded: Iterable[LoadedRow]) -> tuple[list[LoadedRow], list[tuple[int, str]]]:
    """The rows that are new, and the numbers (book, number) that stand more than once."""
    new: list[LoadedRow] = []
    repeated: dict[tuple[int, str], None] = {}
    for row in loaded:
        book_id, digest, number, *_ = row
        book = load.books[book_id]
        if digest in book.digests:
            continue
        book.digests.add(digest)
        if number in book.numbers:
            repeated[book_id, number] = None
        book.numbers.add(number)
        new.append(row)
    return new, list(repeated)


def _counted(new: Sequence[LoadedRow], unfit: Sequence[UnfitRow], repeated: int) -> Counter[str]:
    counts = Counter(loaded=len(new), held=len(unfit), repeated=repeated)
    counts.update(f"reason:{code}" for _, codes, _ in unfit for code in codes)
    counts.update(f"fault:{code}" for row in new for code in row[3])
    return counts


def _copy(load: Load, new: Sequence[LoadedRow], unfit: Sequence[UnfitRow]) -> None:
    tables = (("records", RECORD_COLUMNS), ("searchables", SEARCHABLE_COLUMNS), ("events", EVENT_COLUMNS))
    for place, (table, columns) in enumerate(tables, 4):
        copy_encoded(load.connection, table, columns, [row[place] for row in new])  # type: ignore[misc]  # 4, 5, 6: bytes
    held = ((load.load_id, line, list(codes), sealed) for line, codes, sealed in unfit)
    copy_rows(load.connection, held_rows, HELD_COLUMNS, held)


def _advance(load: Load, count: int, counts: Counter[str]) -> None:
    values = {
        "load_id": load.load_id,
        "was": load.position,
        "position": load.position + count,
        "counts": json.dumps(counts),
    }
    if load.connection.execute(ADVANCE, values).rowcount != 1:
        raise LoadRunning("another process moved this load on: start it again")


def finish_load(load: Load) -> int:
    """Ends the load; books with nothing left to key or to decide go to sampling. Returns how many did."""
    with load.connection.begin():
        load.connection.execute(FINISH, {"load_id": load.load_id})
        moved = load.connection.execute(BOOKS_KEYED, {"load_id": load.load_id, "actor": load.actor}).rowcount
        for statement in TIDY:
            load.connection.execute(statement)
    load.is_done = True
    return moved


def held_lines(ledger: Ledger, load_id: int, most: int) -> dict[str, list[int]]:
    """The first lines of a file whose rows are held, by reason, at most `most` of each."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(HELD_LINES, {"load_id": load_id, "most": most}).all()
    return {row.code: list(row.lines) for row in rows}
