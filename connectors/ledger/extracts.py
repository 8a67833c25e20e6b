"""Extracts: the data of certified copies that were given out, to whom and why, kept under the key of their book.

Data comes from accepted records only: the state is asked for again in the transaction that writes the extract.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.accepted_records import book_of
from connectors.ledger.handed_over import GIVEN_OUT, row_px_of
from connectors.ledger.paper_sealed import open_book_key, open_record
from connectors.vault import DataKey
from schemas.keying import FieldValue
from schemas.source import Book
from schemas.states import listed

EXTRACT_PURPOSE = "extract/{}"
EXTRACTED = "record_extracted"
"""An event that moves nothing: it says who gave an extract out."""

RECORD = text(f"""
    SELECT r.record_id, r.state, r.state IN ({listed(GIVEN_OUT)}) AS is_accepted, r.row_number, r.page_id,
           p.page_number, r.sealed, b.book_id, b.book_kind, b.opened_year, b.book_number, b.place_as_written,
           b.place_code, b.province_code, b.commune_code, b.wrapped,
           ARRAY(SELECT g.recogniser_code FROM readings g WHERE g.record_id = r.record_id
                  ORDER BY g.recogniser_code) AS recognisers,
           ARRAY(SELECT g.sealed FROM readings g WHERE g.record_id = r.record_id
                  ORDER BY g.recogniser_code) AS readings
      FROM records r JOIN books b USING (book_id) LEFT JOIN pages p USING (page_id) WHERE r.record_id = :record_id""")
WRITE = text(f"""
    WITH record AS (SELECT record_id FROM records
                     WHERE record_id = :record_id AND state IN ({listed(GIVEN_OUT)}) FOR SHARE),
    made AS (INSERT INTO extracts (record_id, asked_by, sealed)
             SELECT record_id, :actor, :sealed FROM record RETURNING extract_id, record_id)
    INSERT INTO events (kind, actor, subject_kind, subject_id, detail)
    SELECT '{EXTRACTED}', :actor, 'record', record_id, jsonb_build_object('extract_id', extract_id) FROM made
    RETURNING (detail ->> 'extract_id')::bigint""")
EXTRACT = text("""
    SELECT extract_id, asked_by, made_at, sealed FROM extracts
     WHERE record_id = :record_id AND extract_id = :extract_id""")
COPY = text("SELECT sealed_copy FROM pages WHERE page_id = :page_id")
NOTE = text("""
    INSERT INTO accesses (actor, what, was_allowed, detail, subject_kind, subject_id)
    VALUES (:actor, :what, true, :detail, 'record', :record_id)""")


@dataclass(frozen=True)
class RecordView:
    """A record of a book and where it stands. `province_code`, `commune_code`: of today, who may see it. `values`:
    empty unless it is accepted: a reading or an unaccepted keying is never given out. `row_px`: as in `HandedRecord`.
    """

    record_id: int
    state: str
    is_accepted: bool
    book: Book
    province_code: str
    commune_code: str | None
    page_id: int | None
    page_number: int | None
    key: DataKey = field(repr=False)
    values: Mapping[str, FieldValue] = field(repr=False)
    row_px: tuple[int, int] | None = None


@dataclass(frozen=True)
class KeptExtract:
    """An extract as it was given out: its data, for whom it was asked, and why."""

    extract_id: int
    asked_by: str
    made_at: datetime
    data: Mapping[str, Any] = field(repr=False)
    asked_for: str = field(repr=False)
    reason: str = field(repr=False)


def record_view(ledger: Ledger, record_id: int) -> RecordView | None:
    """The record; None when there is none of this id."""
    with ledger.engine.connect() as connection:
        row = connection.execute(RECORD, {"record_id": record_id}).one_or_none()
    if row is None:
        return None
    key = open_book_key(ledger, row.book_id, row.wrapped)
    return RecordView(
        row.record_id,
        row.state,
        row.is_accepted,
        book_of(row),
        row.province_code,
        row.commune_code,
        row.page_id,
        row.page_number,
        key,
        values=open_record(key, record_id, row.sealed) if row.is_accepted and row.sealed else {},
        row_px=row_px_of(key, row) if row.row_number else None,
    )


def keep_extract(
    ledger: Ledger, actor: str, record: RecordView, data: Mapping[str, Any], asked_for: str, reason: str
) -> int | None:
    """Keeps what is given out and who gave it; returns its id. None when the record is not accepted now."""
    content = {"data": dict(data), "asked_for": asked_for, "reason": reason}
    sealed = record.key.seal(json.dumps(content).encode(), EXTRACT_PURPOSE.format(record.record_id))
    values = {"record_id": record.record_id, "actor": actor, "sealed": sealed}
    with ledger.engine.begin() as connection:
        extract_id = connection.execute(WRITE, values).scalar()
    return None if extract_id is None else int(extract_id)


def kept_extract(ledger: Ledger, record: RecordView, extract_id: int) -> KeptExtract | None:
    """An extract of this record; None when it has none of this id."""
    with ledger.engine.connect() as connection:
        values = {"record_id": record.record_id, "extract_id": extract_id}
        row = connection.execute(EXTRACT, values).one_or_none()
    if row is None:
        return None
    content = json.loads(record.key.unseal(row.sealed, EXTRACT_PURPOSE.format(record.record_id)))
    return KeptExtract(
        row.extract_id, row.asked_by, row.made_at, content["data"], content["asked_for"], content["reason"]
    )


def page_copy(ledger: Ledger, record: RecordView) -> bytes | None:
    """The access copy of the record's page; None when it has none."""
    with ledger.engine.connect() as connection:
        sealed = connection.execute(COPY, {"page_id": record.page_id}).scalar()
    return record.key.unseal(sealed, "page") if sealed else None


def note_record_access(ledger: Ledger, actor: str, what: str, record_id: int, detail: str = "") -> None:
    """Writes that somebody was shown what stands in a record; `what` and `detail` are codes."""
    with ledger.engine.begin() as connection:
        connection.execute(NOTE, {"actor": actor, "what": what, "detail": detail, "record_id": record_id})
