"""Records of accepted books: opened, and linked to the dossiers that they become."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from connectors.books import record_code
from connectors.ledger import Ledger
from connectors.ledger.paper_sealed import open_book_key, open_record
from connectors.portals.provinces import BOOKS
from schemas.keying import FieldValue
from schemas.paper_states import RECORD, RecordEvent
from schemas.source import Book
from schemas.states import listed

ACCEPTED = text(f"""
    SELECT r.record_id, r.entry_number, r.sealed, b.book_id, b.wrapped, b.book_kind, b.opened_year, b.book_number,
           b.place_as_written, b.place_code, b.commune_code,
           coalesce((SELECT max(k.kept_at) FROM keyings k WHERE k.record_id = r.record_id),
                    (SELECT l.started_at FROM loads l WHERE l.load_id = r.load_id), b.opened_at) AS keyed_at
      FROM records r JOIN books b USING (book_id)
     WHERE r.state IN ({listed(RECORD.before(RecordEvent.ENTERED))}) AND b.book_kind = ANY(:kinds)
       AND r.record_id > :after AND r.sealed IS NOT NULL
     ORDER BY r.record_id LIMIT :limit""")
LINK = text(f"""
    WITH linked AS (
        UPDATE records r SET dossier_id = d.dossier_id, state = '{RECORD.after(RecordEvent.ENTERED)}'
          FROM unnest(CAST(:ids AS bigint[]), CAST(:codes AS text[])) AS u(record_id, dossier_code)
          JOIN dossiers d ON d.portal_code = '{BOOKS}' AND d.dossier_code = u.dossier_code
         WHERE r.record_id = u.record_id AND r.state IN ({listed(RECORD.before(RecordEvent.ENTERED))})
        RETURNING r.record_id, r.dossier_id)
    INSERT INTO events (kind, subject_kind, subject_id, detail)
    SELECT 'record_{RecordEvent.ENTERED}', 'record', record_id, jsonb_build_object('dossier_id', dossier_id)
      FROM linked RETURNING subject_id""")


@dataclass(frozen=True)
class AcceptedRecord:
    """A record that may become a dossier. `commune_code`: the commune of today that keeps the book; None while it is
    not known. `keyed_at`: when its last keying was kept, or its file was loaded; it is equal at every reading.
    `values`: by column of the book's kind."""

    record_id: int
    entry_number: str | None
    book: Book
    commune_code: str | None
    keyed_at: datetime
    values: Mapping[str, FieldValue] = field(repr=False)

    @property
    def code(self) -> str:
        """The code of its dossier."""
        return record_code(self.book, self.entry_number, self.record_id)


def accepted_records(ledger: Ledger, kinds: Sequence[str], after: int, limit: int) -> list[AcceptedRecord]:
    """The next accepted records of books of these kinds, ordered by id, at most `limit` of those above `after`."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(ACCEPTED, {"kinds": list(kinds), "after": after, "limit": limit}).all()
    keys = {row.book_id: open_book_key(ledger, row.book_id, row.wrapped) for row in rows}
    return [
        AcceptedRecord(
            row.record_id,
            row.entry_number,
            book_of(row),
            row.commune_code,
            row.keyed_at,
            open_record(keys[row.book_id], row.record_id, row.sealed),
        )
        for row in rows
    ]


def link(ledger: Ledger, codes: Mapping[int, str]) -> int:
    """Links records to the dossiers of these codes, by record; returns how many were. A record that is linked already
    stays as it is, and one whose dossier is not there yet is left for the next run."""
    values = {"ids": list(codes), "codes": list(codes.values())}
    with ledger.engine.begin() as connection:
        return len(connection.execute(LINK, values).all())


def book_of(row: Any) -> Book:
    """The book in a row of `books`."""
    return Book(
        book_kind=row.book_kind,
        opened_year=row.opened_year,
        book_number=row.book_number,
        place_code=row.place_code,
        place_as_written=row.place_as_written,
    )
