"""Scans and pages of paper books in the ledger: a master is kept sealed with all its pages in one transaction.

What a person decides about a page (try again, set aside, replace by another scan) is done here too. What is read on a
page is in `page_readings`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.book_progress import key_of_book
from connectors.ledger.paper_moves import BOOK_MOVES, PAGE_MOVES, PROGRAM, move_subject, note_event
from connectors.ledger.paper_sealed import PAGE_PURPOSE, SCAN_NAME_PURPOSE, SCAN_PURPOSE
from connectors.vault import DataKey
from schemas.paper_states import BookEvent, PageEvent, PageState

NOT_A_PAGE = "not_a_page"
"""Why a page is set aside that a person says is no page of the book."""
FACING_ASIDE = "facing_aside"
"""Why a page is set aside whose records go on over another that is set aside."""

PHONE_FORMAT = "phone_format"
"""Why a photograph was refused that another machine, or this one with one more library, can open: it may come again."""

LOCK_BOOK = text("SELECT state FROM books WHERE book_id = :book_id FOR UPDATE")
KNOWN_SCANS = text(f"""
    SELECT sha256 FROM scans WHERE book_id = :book_id AND reason_code IS DISTINCT FROM '{PHONE_FORMAT}'""")
KEPT_FILES = text("SELECT name_sealed, size, received_at FROM scans WHERE book_id = :book_id ORDER BY scan_id")
INSERT_SCAN = text(f"""
    INSERT INTO scans (book_id, sha256, media_type, size, reason_code, name_sealed, sealed)
    VALUES (:book_id, :sha256, :media_type, :size, :reason_code, :name_sealed, :sealed)
    ON CONFLICT (book_id, sha256) DO UPDATE SET reason_code = excluded.reason_code, media_type = excluded.media_type
       WHERE scans.reason_code = '{PHONE_FORMAT}' AND excluded.reason_code IS NULL
    RETURNING scan_id""")
LAST_NUMBER = text("SELECT coalesce(max(page_number), 0) FROM pages WHERE book_id = :book_id")
INSERT_PAGE = text("""
    INSERT INTO pages (book_id, scan_id, scan_page, page_number, state, reason_code, fault_codes, fingerprint, fit,
                       sealed_copy)
    VALUES (:book_id, :scan_id, :scan_page, :page_number, :state, :reason_code, :fault_codes, :fingerprint,
            CAST(:fit AS jsonb), :sealed_copy)
    RETURNING page_id""")
FINGERPRINTS = text(f"""
    SELECT fingerprint FROM pages
     WHERE book_id = :book_id AND fingerprint IS NOT NULL AND state <> '{PageState.REPLACED}'""")
PAGES = text("""
    SELECT page_id, page_number, state, reason_code, form_code, fault_codes, fit, attempts, scan_id, scan_page,
           (SELECT count(*) FROM records r WHERE r.page_id = p.page_id) AS records
      FROM pages p WHERE book_id = :book_id AND (CAST(:page_id AS bigint) IS NULL OR page_id = :page_id)
     ORDER BY page_number, page_id""")
SCANS = text("""
    SELECT scan_id, media_type, size, reason_code, received_at, name_sealed,
           (SELECT count(*) FROM pages p WHERE p.scan_id = s.scan_id) AS pages
      FROM scans s WHERE book_id = :book_id ORDER BY scan_id""")
MASTER = text("SELECT book_id, media_type, sealed FROM scans WHERE scan_id = :scan_id")
WHY = text("UPDATE pages SET reason_code = :reason_code WHERE page_id = :page_id")
AS_NEW = text("UPDATE pages SET reason_code = NULL, attempts = 0 WHERE page_id = :page_id")
UNFIND = text("""
    DELETE FROM searchables WHERE subject_kind = 'reading'
       AND subject_id IN (SELECT record_id FROM records WHERE page_id = :page_id)""")
MARK_DUPLICATES = text("""
    UPDATE pages SET fault_codes = array_append(fault_codes, 'likely_duplicate')
     WHERE book_id = :book_id AND page_number = ANY(:numbers) AND NOT 'likely_duplicate' = ANY(fault_codes)
       AND state = 'read'""")
OF_BOOK = text("SELECT book_id, page_number FROM pages WHERE page_id = :page_id")
LEFT_OF = text("SELECT page_id FROM pages WHERE facing_page_id = :page_id ORDER BY page_id FOR UPDATE")


class BookClosed(Exception):
    """An accepted book takes no more pages: its records may have been given out."""


@dataclass(frozen=True)
class NewPage:
    """A page of a master as it comes in. `jpeg`: its access copy; None when it could not be decoded, and then
    `reason_code` says why. `copy_scale`: pixels of the copy by those of the image that is read."""

    scan_page: int
    jpeg: bytes | None = field(repr=False)
    copy_scale: float = 1.0
    reason_code: str | None = None
    fault_codes: tuple[str, ...] = ()
    fingerprint: bytes | None = field(repr=False, default=None)


@dataclass(frozen=True)
class NewScan:
    """A master as it comes in; a refused one has a `reason_code` and no pages."""

    name: str = field(repr=False)
    media_type: str
    size: int
    sha256: bytes
    content: bytes = field(repr=False)
    reason_code: str | None = None
    pages: tuple[NewPage, ...] = ()


@dataclass(frozen=True)
class PageRow:
    """A page in codes. `fit`: how it lies on its form, and the size of its copy; `attempts`: readings begun."""

    page_id: int
    page_number: int
    state: str
    reason_code: str | None
    form_code: str | None
    fault_codes: tuple[str, ...]
    fit: dict[str, Any] | None
    attempts: int
    scan_id: int
    scan_page: int
    records: int


@dataclass(frozen=True)
class ScanRow:
    """A file that came in. `name` may name a person."""

    scan_id: int
    name: str = field(repr=False)
    media_type: str
    size: int
    reason_code: str | None
    received_at: datetime
    pages: int


def known_scans(ledger: Ledger, book_id: int) -> set[bytes]:
    """The digests of the masters that a book has, those apart that may come again."""
    with ledger.engine.connect() as connection:
        return {bytes(digest) for digest in connection.execute(KNOWN_SCANS, {"book_id": book_id}).scalars()}


def kept_files(ledger: Ledger, book_id: int) -> dict[tuple[str, int], datetime]:
    """When each file of a book was received, the last time, by name and size in bytes."""
    with ledger.engine.connect() as connection:
        key = key_of_book(connection, ledger, book_id)
        rows = connection.execute(KEPT_FILES, {"book_id": book_id}).all()
    return {(key.unseal(bytes(row.name_sealed), SCAN_NAME_PURPOSE).decode(), row.size): row.received_at for row in rows}


def fingerprints(ledger: Ledger, book_id: int) -> list[bytes]:
    """Of the images of a book's pages, replaced ones apart."""
    with ledger.engine.connect() as connection:
        return [bytes(found) for found in connection.execute(FINGERPRINTS, {"book_id": book_id}).scalars()]


def keep_scan(
    ledger: Ledger,
    book_id: int,
    key: DataKey,
    scan: NewScan,
    *,
    actor: str = PROGRAM,
    replaces: int | None = None,
) -> bool:
    """Keeps a master with its pages in one transaction. False, and nothing is written, when the book has it.

    Its pages get the numbers after the last one. `replaces`: the id of a page that is set aside; the first page of the
    master takes its number. Raises BookClosed for an accepted book, ValueError when there is nothing to replace.
    """
    with ledger.engine.begin() as connection:
        refuse_if_closed(connection, book_id)
        scan_id = connection.execute(INSERT_SCAN, _sealed_scan(book_id, key, scan)).scalar()
        if scan_id is None:
            return False
        number = connection.execute(LAST_NUMBER, {"book_id": book_id}).scalar_one() + 1
        taken = _replaced(connection, book_id, replaces, actor) if replaces and scan.pages else None
        for page in scan.pages:
            is_first = page is scan.pages[0] and taken is not None
            _keep_page(connection, key, book_id, scan_id, page, taken if is_first and taken else number, actor)
            number += 0 if is_first else 1
        if scan.pages:
            detail = {"scan": scan_id, "pages": len(scan.pages)}
            move_subject(connection, BOOK_MOVES, book_id, BookEvent.PAGES_CAME, actor=actor, detail=detail)
        return True


def refuse_if_closed(connection: Connection, book_id: int) -> None:
    """Locks a book. Raises BookClosed when it is accepted."""
    if connection.execute(LOCK_BOOK, {"book_id": book_id}).scalar_one() == "accepted":
        raise BookClosed(book_id)


def _sealed_scan(book_id: int, key: DataKey, scan: NewScan) -> dict[str, Any]:
    return {
        "book_id": book_id,
        "sha256": scan.sha256,
        "media_type": scan.media_type,
        "size": scan.size,
        "reason_code": scan.reason_code,
        "name_sealed": key.seal(scan.name.encode(), SCAN_NAME_PURPOSE),
        "sealed": key.seal(scan.content, SCAN_PURPOSE),
    }


def _replaced(connection: Connection, book_id: int, page_id: int, actor: str) -> int:
    """The number of a page that another takes the place of."""
    page = connection.execute(OF_BOOK, {"page_id": page_id}).first()
    if page is None or page.book_id != book_id:
        raise ValueError("the page to replace is of another book")
    if not move_subject(connection, PAGE_MOVES, page_id, PageEvent.REPLACED, actor=actor):
        raise ValueError("only a page that is set aside is replaced")
    return int(page.page_number)


def _keep_page(
    connection: Connection, key: DataKey, book_id: int, scan_id: int, page: NewPage, number: int, actor: str
) -> None:
    state = PageState.SET_ASIDE if page.reason_code else PageState.RECEIVED
    values = {
        "book_id": book_id,
        "scan_id": scan_id,
        "scan_page": page.scan_page,
        "page_number": number,
        "state": str(state),
        "reason_code": page.reason_code,
        "fault_codes": list(page.fault_codes),
        "fingerprint": page.fingerprint,
        "fit": json.dumps({"copy_scale": page.copy_scale}),
        "sealed_copy": key.seal(page.jpeg, PAGE_PURPOSE) if page.jpeg is not None else None,
    }
    page_id = connection.execute(INSERT_PAGE, values).scalar_one()
    if page.reason_code:
        detail = {"reason": page.reason_code}
        note_event(connection, PAGE_MOVES, [page_id], PageEvent.SET_ASIDE, actor=actor, detail=detail)


def pages_of(ledger: Ledger, book_id: int) -> list[PageRow]:
    """The pages of a book in their order, replaced ones too."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(PAGES, {"book_id": book_id, "page_id": None})
        return [PageRow(**{**row._mapping, "fault_codes": tuple(row.fault_codes)}) for row in rows]


def scans_of(ledger: Ledger, book_id: int) -> list[ScanRow]:
    """The files of a book, in the order in which they came."""
    with ledger.engine.connect() as connection:
        key = key_of_book(connection, ledger, book_id)
        rows = connection.execute(SCANS, {"book_id": book_id}).all()
    return [
        ScanRow(
            row.scan_id,
            key.unseal(bytes(row.name_sealed), SCAN_NAME_PURPOSE).decode(),
            row.media_type,
            row.size,
            row.reason_code,
            row.received_at,
            row.pages,
        )
        for row in rows
    ]


def master_of(connection: Connection, ledger: Ledger, scan_id: int) -> tuple[bytes, str]:
    """A master's bytes, and its media type."""
    row = connection.execute(MASTER, {"scan_id": scan_id}).one()
    key = key_of_book(connection, ledger, row.book_id)
    return key.unseal(bytes(row.sealed), SCAN_PURPOSE), row.media_type


def mark_likely_duplicates(ledger: Ledger, book_id: int, page_numbers: Sequence[int]) -> None:
    """Marks pages that read like an earlier one; a person compares them."""
    with ledger.engine.begin() as connection:
        connection.execute(MARK_DUPLICATES, {"book_id": book_id, "numbers": list(page_numbers)})


def set_aside(connection: Connection, page_id: int, reason_code: str, *, actor: str = PROGRAM) -> bool:
    """Sets a page aside, and the page whose records go on over it. What a machine read on it is not found any more;
    records that people keyed stay."""
    detail = {"reason": reason_code}
    if not move_subject(connection, PAGE_MOVES, page_id, PageEvent.SET_ASIDE, actor=actor, detail=detail):
        return False
    connection.execute(WHY, {"page_id": page_id, "reason_code": reason_code})
    connection.execute(UNFIND, {"page_id": page_id})
    for left_id in connection.execute(LEFT_OF, {"page_id": page_id}).scalars().all():
        set_aside(connection, left_id, FACING_ASIDE, actor=actor)
    return True


def set_aside_by(ledger: Ledger, page_id: int, actor: str) -> bool:
    """A person says that this is no page of the book, or that it must be scanned again."""
    with ledger.engine.begin() as connection:
        return set_aside(connection, page_id, NOT_A_PAGE, actor=actor)


def try_again(ledger: Ledger, page_id: int, actor: str) -> bool:
    """A page that is set aside is read once more. Its book is open again until that is done."""
    with ledger.engine.begin() as connection:
        page = connection.execute(OF_BOOK, {"page_id": page_id}).first()
        if page is None or connection.execute(LOCK_BOOK, {"book_id": page.book_id}).scalar_one() == "accepted":
            return False
        if not move_subject(connection, PAGE_MOVES, page_id, PageEvent.TRIED_AGAIN, actor=actor):
            return False
        connection.execute(AS_NEW, {"page_id": page_id})
        move_subject(connection, BOOK_MOVES, page.book_id, BookEvent.PAGES_CAME, actor=actor, detail={"pages": 1})
        return True
