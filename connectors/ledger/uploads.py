"""Files handed in at the desk: received whole, then examined in the background.

The row makes them visible; the files lie in a folder, whose name stands in the row, until they are examined.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.accepted_records import book_of
from schemas.source import Book

MOST_ATTEMPTS = 3
"""An examination that ends with its process so often is not begun again until a person asks for it."""
SHOWN = 5

RECEIVE = text("""
    INSERT INTO uploads (book_id, fixes_load_id, folder, files, size, replaces, actor)
    VALUES (:book_id, :load_id, :folder, :files, :size, :replaces, :actor) RETURNING upload_id""")
NOTE = text("""
    INSERT INTO events (subject_kind, subject_id, kind, actor, detail)
    VALUES (:subject_kind, :subject_id, :kind, :actor, CAST(:detail AS jsonb))""")
WAITING = text("SELECT upload_id FROM uploads WHERE state = 'received' ORDER BY upload_id")
LOCK, LOCK_SPACE = text("SELECT pg_try_advisory_xact_lock(:space, CAST(:upload_id AS int))"), 0x75706C64
BEGIN = text(f"""
    UPDATE uploads SET attempts = attempts + 1
     WHERE upload_id = :upload_id AND state = 'received' AND attempts < {MOST_ATTEMPTS}
    RETURNING upload_id, folder, replaces, actor, book_id, fixes_load_id""")
BOOK = text("""
    SELECT book_kind, opened_year, book_number, place_as_written, place_code, province_code, commune_code
      FROM books WHERE book_id = :book_id""")
STOP = text(f"""
    UPDATE uploads SET state = 'stopped', reason_code = 'breaks_reader', examined_at = clock_timestamp()
     WHERE upload_id = :upload_id AND state = 'received' AND attempts >= {MOST_ATTEMPTS}""")
FINISH = text("""
    UPDATE uploads SET state = 'examined', reason_code = :reason_code, counts = CAST(:counts AS jsonb),
           examined_at = clock_timestamp()
     WHERE upload_id = :upload_id AND state = 'received'""")
AGAIN = text("""
    UPDATE uploads SET state = 'received', reason_code = NULL, attempts = 0, examined_at = NULL
     WHERE upload_id = :upload_id AND book_id = :book_id AND state = 'stopped' RETURNING upload_id""")
DROP = text("""
    UPDATE uploads SET state = 'examined', reason_code = 'dropped'
     WHERE upload_id = :upload_id AND book_id = :book_id AND state = 'stopped' RETURNING upload_id""")
SHOW = f"""
    SELECT upload_id, files, size, actor, state, reason_code, counts, received_at, examined_at FROM uploads
     WHERE {{subject}} = :id AND (state <> 'examined' OR upload_id IN (
         SELECT upload_id FROM uploads WHERE {{subject}} = :id ORDER BY upload_id DESC LIMIT {SHOWN}))
     ORDER BY upload_id DESC"""
UNDER_WAY = text("SELECT DISTINCT book_id FROM uploads WHERE state = 'received' AND book_id = ANY(:ids)")
FOLDERS = text("SELECT folder FROM uploads WHERE state <> 'examined'")


@dataclass(frozen=True)
class ClaimedUpload:
    """An upload that is this process's to examine: scans of `book`, which is kept by `province_code` and
    `commune_code`, or held rows of the load `fixes_load_id`, corrected."""

    upload_id: int
    folder: str
    replaces: int | None
    actor: str
    fixes_load_id: int | None
    book: Book | None
    province_code: str
    commune_code: str | None


@dataclass(frozen=True)
class ShownUpload:
    """An upload as the page of its book shows it."""

    upload_id: int
    files: int
    size: int
    actor: str
    state: str
    reason_code: str | None
    counts: Mapping[str, int]
    received_at: datetime
    examined_at: datetime | None


def receive_upload(
    connection: Connection,
    folder: str,
    files: int,
    size: int,
    actor: str,
    *,
    book_id: int | None = None,
    replaces: int | None = None,
    load_id: int | None = None,
) -> None:
    """Writes that files of a book, or corrected rows of a load, are there, whole; they are visible from the commit
    on."""
    values = {"book_id": book_id, "load_id": load_id, "folder": folder, "files": files, "size": size, "actor": actor}
    upload_id = int(connection.execute(RECEIVE, {**values, "replaces": replaces}).scalar_one())
    subject_kind, subject_id = ("book", book_id) if book_id else ("load", load_id)
    note = {"subject_kind": subject_kind, "subject_id": subject_id, "kind": f"{subject_kind}_files_received"}
    detail = json.dumps({"upload": upload_id, "files": files})
    connection.execute(NOTE, {**note, "actor": actor, "detail": detail})


def waiting_uploads(ledger: Ledger) -> list[int]:
    """The uploads that are not examined yet, the oldest first."""
    with ledger.engine.connect() as connection:
        return list(connection.execute(WAITING).scalars())


@contextmanager
def claimed_upload(ledger: Ledger, upload_id: int) -> Iterator[ClaimedUpload | None]:
    """An upload for as long as the block lasts; None when another process has it, or it is not waiting any more.

    A lock is held meanwhile, which ends with the process. The attempt is counted before the block, so that one that
    ends with its process counts too; after MOST_ATTEMPTS the upload is stopped instead.
    """
    with ledger.engine.connect() as lock:
        if not lock.execute(LOCK, {"space": LOCK_SPACE, "upload_id": upload_id}).scalar():
            yield None
            return
        with ledger.engine.begin() as connection:
            row = connection.execute(BEGIN, {"upload_id": upload_id}).one_or_none()
            if row is None:
                connection.execute(STOP, {"upload_id": upload_id})
            upload = _claimed(connection, row) if row else None
        yield upload


def _claimed(connection: Connection, row: Any) -> ClaimedUpload:
    book = connection.execute(BOOK, {"book_id": row.book_id}).one_or_none()
    return ClaimedUpload(
        row.upload_id,
        row.folder,
        row.replaces,
        row.actor,
        row.fixes_load_id,
        book_of(book) if book else None,
        book.province_code if book else "",
        book.commune_code if book else None,
    )


def finish_upload(ledger: Ledger, upload_id: int, counts: Mapping[str, int], reason_code: str | None = None) -> None:
    """Writes what became of an upload. `reason_code`: why nothing was taken in (`book_closed`, `page_moved`)."""
    values = {"upload_id": upload_id, "counts": json.dumps(counts), "reason_code": reason_code}
    with ledger.engine.begin() as connection:
        connection.execute(FINISH, values)


def settle_stopped(ledger: Ledger, book_id: int, upload_id: int, actor: str, *, again: bool) -> bool:
    """Has a stopped upload of a book examined again, or drops it; False when it is not stopped."""
    with ledger.engine.begin() as connection:
        values = {"upload_id": upload_id, "book_id": book_id}
        if connection.execute(AGAIN if again else DROP, values).first() is None:
            return False
        kind = "book_files_again" if again else "book_files_dropped"
        detail = json.dumps({"upload": upload_id})
        note = {"subject_kind": "book", "subject_id": book_id, "kind": kind, "actor": actor, "detail": detail}
        connection.execute(NOTE, note)
    return True


def uploads_of(ledger: Ledger, book_id: int) -> list[ShownUpload]:
    """What was handed in for a book, the newest first: everything that waits or is stopped, and the last SHOWN."""
    return _shown(ledger, "book_id", book_id)


def corrections_of(ledger: Ledger, load_id: int) -> list[ShownUpload]:
    """What was handed in with corrected rows of a load, like `uploads_of`."""
    return _shown(ledger, "fixes_load_id", load_id)


def _shown(ledger: Ledger, subject: str, subject_id: int) -> list[ShownUpload]:
    with ledger.engine.connect() as connection:
        rows = connection.execute(text(SHOW.format(subject=subject)), {"id": subject_id})
        return [ShownUpload(**row._mapping) for row in rows]


def books_under_way(ledger: Ledger, book_ids: Collection[int]) -> frozenset[int]:
    """Those of the books for which files wait to be examined."""
    with ledger.engine.connect() as connection:
        return frozenset(connection.execute(UNDER_WAY, {"ids": list(book_ids)}).scalars())


def folders_in_use(ledger: Ledger) -> frozenset[str]:
    """The folders whose files are still wanted."""
    with ledger.engine.connect() as connection:
        return frozenset(connection.execute(FOLDERS).scalars())
