"""Records of paper books as they are made searchable, and as hits show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.accepted_records import book_of
from connectors.ledger.paper_sealed import open_book_key, open_reading, open_record
from connectors.vault import DataKey
from schemas.paper_states import RecordState
from schemas.source import Book

OF_RECORDS = text("""
    SELECT r.record_id, r.sealed, r.state = ANY(:unchecked) AS is_unchecked,
           b.book_id, b.book_kind, b.opened_year, b.book_number, b.place_code,
           b.place_as_written, b.province_code, b.commune_code, b.wrapped,
           ARRAY(SELECT g.recogniser_code FROM readings g WHERE g.record_id = r.record_id
                  ORDER BY g.recogniser_code) AS recogniser_codes,
           ARRAY(SELECT g.sealed FROM readings g WHERE g.record_id = r.record_id
                  ORDER BY g.recogniser_code) AS readings
      FROM records r JOIN books b USING (book_id) WHERE r.record_id = ANY(:ids) ORDER BY r.record_id""")
AFTER = text("SELECT record_id FROM records WHERE record_id > :after ORDER BY record_id LIMIT :limit")
CHECKED_NOW = text("""
    SELECT record_id FROM records WHERE record_id = ANY(:ids) AND NOT state = ANY(:unchecked)
     ORDER BY record_id FOR SHARE""")
"""Locked: a book that is rejected meanwhile either was so before, and is seen here, or marks what is written."""
SHOWN = text("""
    SELECT r.record_id, r.state, r.is_wanted, r.entry_number, p.page_id, p.page_number,
           p.sealed_copy IS NOT NULL AS has_copy,
           EXISTS (SELECT FROM readings g WHERE g.record_id = r.record_id) AS is_read,
           r.sealed IS NOT NULL AS has_values,
           b.book_id, b.book_kind, b.book_number, b.opened_year,
           b.place_as_written, b.province_code, b.commune_code
      FROM records r JOIN books b USING (book_id) LEFT JOIN pages p USING (page_id)
     WHERE r.record_id = ANY(:ids)""")
TO_KEY = frozenset({RecordState.UNKEYED, RecordState.FIRST_KEYED})
UNCHECKED = TO_KEY | {RecordState.DIFFERS}
"""States in which nobody has agreed on what stands in a record; one of a rejected book comes back to them."""


@dataclass(frozen=True)
class RecordTexts:
    """What is written in a record, as far as it is known. `values`: the texts that count, by column; None while it is
    unchecked. `readings`: what each machine read; of a record that was returned, first what persons had keyed."""

    record_id: int
    book: Book
    province_code: str
    commune_code: str | None
    values: Mapping[str, str] | None = field(repr=False)
    readings: Sequence[Mapping[str, str]] = field(repr=False)


@dataclass(frozen=True)
class ShownRecord:
    """Where a record stands, for who sees it among hits. `page_id`: None when it came in a keyed file."""

    record_id: int
    state: str
    is_wanted: bool
    entry_number: str | None
    page_id: int | None
    page_number: int | None
    has_copy: bool
    is_read: bool
    has_values: bool
    book_id: int
    book_kind: str
    book_number: str
    opened_year: int
    place_as_written: str
    province_code: str
    commune_code: str | None

    @property
    def waits_for_keying(self) -> bool:
        return self.state in TO_KEY

    @property
    def is_unchecked(self) -> bool:
        """Whether at most a machine, or one person, says what stands in it."""
        return self.state in UNCHECKED

    @property
    def was_returned(self) -> bool:
        """Whether it was keyed once, and its book was rejected since."""
        return self.is_unchecked and self.has_values


def record_ids_after(ledger: Ledger, after: int, limit: int) -> list[int]:
    """The ids of the next records."""
    with ledger.engine.connect() as connection:
        return [int(record_id) for record_id in connection.execute(AFTER, {"after": after, "limit": limit}).scalars()]


def texts_of_records(ledger: Ledger, record_ids: Sequence[int]) -> list[RecordTexts]:
    """What is written in these records. Raises VaultError."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(OF_RECORDS, {"ids": list(record_ids), "unchecked": sorted(UNCHECKED)}).all()
    keys: dict[int, DataKey] = {}
    for row in rows:
        if row.book_id not in keys:
            keys[row.book_id] = open_book_key(ledger, row.book_id, row.wrapped)
    return [_texts(keys[row.book_id], row) for row in rows]


def checked_now(connection: Connection, record_ids: Sequence[int]) -> frozenset[int]:
    """Those of the records whose values count, and go on to count until the transaction ends."""
    values = {"ids": list(record_ids), "unchecked": sorted(UNCHECKED)}
    return frozenset(connection.execute(CHECKED_NOW, values).scalars())


def _texts(key: DataKey, row: Any) -> RecordTexts:
    book = book_of(row)
    values: dict[str, str] | None = None
    if row.sealed is not None:
        kept = open_record(key, row.record_id, row.sealed)
        values = {column: value.text for column, value in kept.items() if value.text}
    readings = [
        _read(key, row.record_id, recogniser_code, bytes(sealed))
        for recogniser_code, sealed in zip(row.recogniser_codes, row.readings, strict=True)
    ]
    if row.is_unchecked and values is not None:
        readings, values = [values, *readings], None
    return RecordTexts(row.record_id, book, row.province_code, row.commune_code, values, readings)


def _read(key: DataKey, record_id: int, recogniser_code: str, sealed: bytes) -> dict[str, str]:
    reading = open_reading(key, record_id, recogniser_code, sealed)
    return {column: value.text for column, value in reading.values.items() if value.text}


def shown_records(ledger: Ledger, record_ids: Sequence[int]) -> dict[int, ShownRecord]:
    """Where these records stand, by id."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(SHOWN, {"ids": list(record_ids)})
        return {row.record_id: ShownRecord(**row._mapping) for row in rows}
