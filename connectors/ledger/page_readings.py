"""What is read on a page: the page is claimed, read, and kept with its records and readings in one transaction.

A claim is two steps. The first counts the attempt and is committed, so that a page whose reader dies is not tried for
ever. The second locks the page for as long as it is read: SKIP LOCKED lets other workers pass by, and a killed worker
loses its lock with its connection.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger, copy_rows
from connectors.ledger.book_progress import key_of_book
from connectors.ledger.pages import set_aside
from connectors.ledger.paper_moves import PAGE_MOVES, move_subject
from connectors.ledger.paper_sealed import READING_PURPOSE
from connectors.vault import DataKey
from schemas.keying import Reading
from schemas.paper_states import PageEvent, PageState, RecordState
from schemas.paper_tables import searchables
from schemas.register_columns import BookKind
from schemas.source import Book

MOST_ATTEMPTS = 3
"""A page whose reader ended so often without a result is set aside; it may break the reader."""
BREAKS_READER = "breaks_reader"
SEARCHABLE_COLUMNS = ("subject_kind", "subject_id", "province_code", "commune_code", "year", "tokens", "sealed")

BEGIN = text("""
    UPDATE pages SET attempts = attempts + 1
     WHERE page_id = (SELECT page_id FROM pages
                       WHERE state = ANY(:states) AND attempts < :most
                         AND (CAST(:book_id AS bigint) IS NULL OR book_id = :book_id)
                       ORDER BY attempts, scan_id, scan_page LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING page_id""")
LOCK = text("""
    SELECT page_id, scan_id, scan_page, p.book_id, p.state, p.fit, b.book_kind, b.opened_year, b.book_number,
           b.place_as_written, b.place_code, b.province_code, b.commune_code
      FROM pages p JOIN books b USING (book_id)
     WHERE page_id = :page_id AND p.state = ANY(:states) FOR UPDATE OF p SKIP LOCKED""")
EXHAUSTED = text("""
    SELECT page_id FROM pages
     WHERE state = ANY(:states) AND attempts >= :most AND (CAST(:book_id AS bigint) IS NULL OR book_id = :book_id)
     ORDER BY page_id FOR UPDATE SKIP LOCKED""")
FIT = text("""
    UPDATE pages SET form_code = :form_code, fit = fit || CAST(:fit AS jsonb), attempts = 0 WHERE page_id = :page_id""")
RECORDS = text("SELECT record_id, row_number, state FROM records WHERE page_id = :page_id FOR UPDATE")
INSERT_RECORD = text(f"""
    INSERT INTO records (book_id, page_id, row_number, state)
    VALUES (:book_id, :page_id, :row_number, '{RecordState.UNKEYED}') RETURNING record_id""")
KEEP_READING = text("""
    INSERT INTO readings (record_id, recogniser_code, sealed) VALUES (:record_id, :recogniser_code, :sealed)
    ON CONFLICT (record_id, recogniser_code) DO UPDATE SET sealed = excluded.sealed, read_at = clock_timestamp()
    RETURNING (xmax <> 0) AS replaced""")
UNFIND_RECORDS = text("DELETE FROM searchables WHERE subject_kind = 'reading' AND subject_id = ANY(:ids)")
READINGS = text("""
    SELECT r.record_id, r.page_id, p.page_number, r.row_number, m.recogniser_code, m.sealed
      FROM records r JOIN pages p USING (page_id) JOIN readings m USING (record_id)
     WHERE r.book_id = :book_id AND p.state = 'read' ORDER BY p.page_number, r.row_number, m.recogniser_code""")


@dataclass(frozen=True)
class ClaimedPage:
    """A page that is being read; it is locked until its transaction ends."""

    connection: Connection = field(repr=False)
    key: DataKey = field(repr=False)
    page_id: int
    scan_id: int
    scan_page: int
    book_id: int
    book: Book
    province_code: str
    commune_code: str | None
    copy_scale: float
    with_machine: bool


@dataclass(frozen=True)
class RecordRead:
    """What machines read of one record. `row_number`: from 1 in a table, 0 for a whole page."""

    row_number: int
    readings: Mapping[str, Reading]


@dataclass(frozen=True)
class KeptReadings:
    """What became of a page. `records`: their ids, by row. `fresh`: those whose readings are the page's newest; the
    others were keyed by people before, so their readings stay as they were then."""

    records: dict[int, int]
    fresh: tuple[int, ...]


@contextmanager
def claimed_page(ledger: Ledger, book_id: int | None, *, with_machine: bool) -> Iterator[ClaimedPage | None]:
    """The next page to be read; None when none is left. What is written on its connection is committed at the end.

    `with_machine`: pages that only had their fields found, since no machine could read them then, are read too.
    """
    states = [str(PageState.RECEIVED), *([str(PageState.FITTED)] if with_machine else [])]
    set_aside_exhausted(ledger, book_id, states)
    while (page_id := _begin(ledger, book_id, states)) is not None:
        with ledger.engine.begin() as connection:
            row = connection.execute(LOCK, {"page_id": page_id, "states": states}).first()
            if row is not None:
                yield _claimed(ledger, connection, row, with_machine)
                return
    yield None


def _begin(ledger: Ledger, book_id: int | None, states: list[str]) -> int | None:
    values = {"book_id": book_id, "states": states, "most": MOST_ATTEMPTS}
    with ledger.engine.begin() as connection:
        return connection.execute(BEGIN, values).scalar()


def _claimed(ledger: Ledger, connection: Connection, row: Any, with_machine: bool) -> ClaimedPage:
    kind: BookKind = row.book_kind
    book = Book(
        book_kind=kind,
        opened_year=row.opened_year,
        book_number=row.book_number,
        place_code=row.place_code,
        place_as_written=row.place_as_written,
    )
    return ClaimedPage(
        connection,
        key_of_book(connection, ledger, row.book_id),
        row.page_id,
        row.scan_id,
        row.scan_page,
        row.book_id,
        book,
        row.province_code,
        row.commune_code,
        float((row.fit or {}).get("copy_scale", 1.0)),
        with_machine,
    )


def set_aside_exhausted(ledger: Ledger, book_id: int | None, states: list[str]) -> int:
    """Sets pages aside whose reader ended too often. Returns how many. A page that is being read is locked, and is
    passed over."""
    values = {"book_id": book_id, "states": states, "most": MOST_ATTEMPTS}
    with ledger.engine.begin() as connection:
        found = connection.execute(EXHAUSTED, values).scalars().all()
        return sum(set_aside(connection, page_id, BREAKS_READER) for page_id in found)


def keep_readings(
    page: ClaimedPage, form_code: str, fit: Mapping[str, object], records: Sequence[RecordRead]
) -> KeptReadings:
    """Keeps the records of a page with what was read of them, and moves the page: read, or fitted without a machine.

    A page that was read before keeps its records. The reading of a record that nobody has keyed yet is replaced, which
    the event counts; that of any other stays, since people were compared with it.
    """
    connection, event = page.connection, PageEvent.READ if page.with_machine else PageEvent.FITTED
    known = {row.row_number: row for row in connection.execute(RECORDS, {"page_id": page.page_id})}
    ids: dict[int, int] = {}
    fresh: list[int] = []
    counts = {"records": len(records), "new": 0, "replaced": 0, "kept": 0, "gone": len(known)}
    for record in records:
        before = known.get(record.row_number)
        record_id = before.record_id if before else _new_record(page, record.row_number)
        ids[record.row_number] = record_id
        counts["gone" if before else "new"] += -1 if before else 1
        if before is not None and before.state != RecordState.UNKEYED:
            counts["kept"] += 1
            continue
        fresh.append(record_id)
        counts["replaced"] += sum(_keep_reading(page, record_id, reading) for reading in record.readings.values())
    values = {"page_id": page.page_id, "form_code": form_code, "fit": json.dumps(fit)}
    connection.execute(FIT, values)
    move_subject(connection, PAGE_MOVES, page.page_id, event, detail=counts)
    return KeptReadings(ids, tuple(fresh))


def _new_record(page: ClaimedPage, row_number: int) -> int:
    values = {"book_id": page.book_id, "page_id": page.page_id, "row_number": row_number}
    return int(page.connection.execute(INSERT_RECORD, values).scalar_one())


def _keep_reading(page: ClaimedPage, record_id: int, reading: Reading) -> bool:
    """Seals a reading. True when it takes the place of an earlier one."""
    purpose = READING_PURPOSE.format(record_id, reading.recogniser_code)
    values = {
        "record_id": record_id,
        "recogniser_code": reading.recogniser_code,
        "sealed": page.key.seal(reading.model_dump_json().encode(), purpose),
    }
    return bool(page.connection.execute(KEEP_READING, values).scalar_one())


def index_readings(page: ClaimedPage, fresh: Sequence[int], rows: Sequence[tuple[Any, ...]]) -> None:
    """Makes what was read on a page findable. `rows`: of `connectors.ledger.search.searchable_row`, of the records
    `fresh`, in the place of what was found of them before."""
    page.connection.execute(UNFIND_RECORDS, {"ids": list(fresh)})
    copy_rows(page.connection, searchables, SEARCHABLE_COLUMNS, rows)


def readings_of_book(ledger: Ledger, book_id: int) -> Iterator[tuple[int, int, Reading]]:
    """Page number, row number and reading of every record on a page that is read, in their order."""
    with ledger.engine.connect() as connection:
        key = key_of_book(connection, ledger, book_id)
        for row in connection.execute(READINGS, {"book_id": book_id}):
            purpose = READING_PURPOSE.format(row.record_id, row.recogniser_code)
            yield (
                row.page_number,
                row.row_number,
                Reading.model_validate_json(key.unseal(bytes(row.sealed), purpose)),
            )
