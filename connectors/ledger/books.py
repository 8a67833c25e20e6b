"""Books: each paper register is one row with one key, under which all that is written in it lies sealed."""

from typing import NamedTuple

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.paper_sealed import BOOK_OWNER, open_book_key
from connectors.vault import DataKey
from schemas.source import Book

KNOWN = text("""
    SELECT book_id, wrapped FROM books
     WHERE province_code = :province_code AND place_as_written = :place_as_written AND book_kind = :book_kind
       AND opened_year = :opened_year AND book_number = :book_number""")
NEXT_ID = text("SELECT nextval(pg_get_serial_sequence('books', 'book_id'))")
OPEN = text("""
    INSERT INTO books (book_id, book_kind, opened_year, book_number, place_as_written, place_code, province_code,
                       commune_code, wrapped)
    VALUES (:book_id, :book_kind, :opened_year, :book_number, :place_as_written, :place_code, :province_code,
            :commune_code, :wrapped)
    ON CONFLICT ON CONSTRAINT uq_books DO NOTHING RETURNING book_id""")


NONE_ENTERED = "NOT EXISTS (SELECT FROM records r WHERE r.book_id = b.book_id AND r.dossier_id IS NOT NULL)"
"""A dossier cites the book's places: what was entered must not have another place than what follows it."""
SET_PLACE = text(f"""
    WITH placed AS (
        UPDATE books b SET place_code = :code
         WHERE b.book_id = :book_id AND b.place_code IS DISTINCT FROM :code AND {NONE_ENTERED} RETURNING b.book_id)
    INSERT INTO events (kind, actor, subject_kind, subject_id, detail)
    SELECT 'book_placed', :actor, 'book', book_id, jsonb_build_object('place', CAST(:code AS text)) FROM placed
    RETURNING subject_id""")
SET_KEEPER = text(f"""
    WITH kept AS (
        UPDATE books b SET commune_code = :code
         WHERE b.book_id = :book_id AND b.commune_code IS DISTINCT FROM :code AND {NONE_ENTERED} RETURNING b.book_id),
    found AS (
        UPDATE searchables s SET commune_code = :code FROM records r JOIN kept USING (book_id)
         WHERE s.subject_kind IN ('record', 'reading') AND s.subject_id = r.record_id)
    INSERT INTO events (kind, actor, subject_kind, subject_id, detail)
    SELECT 'book_keeper_set', :actor, 'book', book_id, jsonb_build_object('commune', CAST(:code AS text)) FROM kept
    RETURNING subject_id""")


class KeptBook(NamedTuple):
    """A book of the ledger, with its wrapped key."""

    book_id: int
    wrapped: bytes


def ensure_book(
    connection: Connection, ledger: Ledger, book: Book, province_code: str, commune_code: str | None
) -> tuple[int, DataKey]:
    """The id and the key of a book, which is opened if it is new. Two callers at once get one book.

    `province_code`, `commune_code`: of today; who may see the book depends on them. Those of a book that is there are
    not changed.
    """
    kept = keep_book(connection, ledger, book, province_code, commune_code)
    return kept.book_id, open_book_key(ledger, kept.book_id, kept.wrapped)


def keep_book(
    connection: Connection, ledger: Ledger, book: Book, province_code: str, commune_code: str | None
) -> KeptBook:
    """Like `ensure_book`, with the key still wrapped."""
    values = {**book.model_dump(exclude={"kind"}), "province_code": province_code, "commune_code": commune_code}
    if (known := connection.execute(KNOWN, values).one_or_none()) is None:
        book_id = connection.execute(NEXT_ID).scalar_one()
        _, wrapped = ledger.vault.new_key(BOOK_OWNER.format(book_id))
        if connection.execute(OPEN, {**values, "book_id": book_id, "wrapped": wrapped}).one_or_none():
            return KeptBook(book_id, wrapped)
        known = connection.execute(KNOWN, values).one()  # another caller was first
    return KeptBook(known.book_id, bytes(known.wrapped))


def set_place(ledger: Ledger, book_id: int, place_code: str, actor: str) -> bool:
    """Writes which unit of its time registered a book. False, and nothing is written, when there is no such book, it
    has this place already, or a record of it is entered."""
    values = {"book_id": book_id, "code": place_code, "actor": actor}
    with ledger.engine.begin() as connection:
        return connection.execute(SET_PLACE, values).first() is not None


def set_keeper(ledger: Ledger, book_id: int, commune_code: str, actor: str) -> bool:
    """Writes which commune of today keeps a book: who has this commune sees the book and finds its records from then
    on. False, and nothing is written, as for `set_place`."""
    values = {"book_id": book_id, "code": commune_code, "actor": actor}
    with ledger.engine.begin() as connection:
        return connection.execute(SET_KEEPER, values).first() is not None
