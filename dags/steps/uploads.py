"""Scans handed in at the desk: received to disk at once, examined in the background like those of a drop folder.

`receive` copies files into a folder of their own and writes the row that makes them visible; an upload that breaks off
leaves neither. `examine_uploads` may be killed and started again: a file is known by its digest.
"""

import json
import logging
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from connectors.ledger import Ledger
from connectors.ledger.books import ensure_book
from connectors.ledger.pages import BookClosed, refuse_if_closed
from connectors.ledger.records import LoadRunning
from connectors.ledger.uploads import (
    ClaimedUpload,
    claimed_upload,
    finish_upload,
    folders_in_use,
    receive_upload,
    waiting_uploads,
)
from connectors.paper.book_places import place_code_of
from connectors.paper.extra import need_libraries
from connectors.paper.keyed_problems import FileSetAside
from dags.steps.digitising import DroppedFile, take_in
from dags.steps.held_rows import load_fixed
from schemas.dates import local_day
from schemas.source import Book

log = logging.getLogger(__name__)

UPLOAD_PLACE = "LIENTHONG_UPLOAD_PLACE"
NAMES_FILE = "names.json"
WORKBOOK = ".xlsx"
LEFT_AFTER_S = 24 * 3600
"""A folder without a row so long after its last change is what a process left that ended while it received."""


class UploadsUnreachable(Exception):
    """Files that were handed in are not where this process looks; the message says what to do."""


def upload_place() -> Path:
    """Where files lie from the desk's answer until they are examined: the desk and the worker must both see it. In the
    home of this installation unless an environment variable says where."""
    from connectors.postgres import home

    chosen = os.environ.get(UPLOAD_PLACE, "").strip()
    return Path(chosen) if chosen else home() / "uploads"


def receive(
    ledger: Ledger,
    book: Book,
    files: Sequence[tuple[str, BinaryIO]],
    *,
    province_code: str,
    commune_code: str | None,
    actor: str,
    replaces: int | None = None,
) -> int:
    """Keeps files of a book, by name, until they are examined; opens the book if it is new, and returns its id.

    Raises BookClosed for an accepted book, and OSError when the disk takes no more; then nothing is kept.
    """
    code = place_code_of(book, commune_code, local_day(datetime.now(timezone.utc)))
    named = book.model_copy(update={"place_code": code})
    with _received(files) as (folder, size), ledger.engine.begin() as connection:
        book_id, _ = ensure_book(connection, ledger, named, province_code, commune_code)
        refuse_if_closed(connection, book_id)
        receive_upload(connection, folder, len(files), size, actor, book_id=book_id, replaces=replaces)
    return book_id


def receive_fixed(ledger: Ledger, load_id: int, name: str, stream: BinaryIO, actor: str) -> None:
    """Keeps a file with corrected rows of a load until it is loaded. Raises OSError when the disk takes no more."""
    with _received([(name, stream)], WORKBOOK) as (folder, size), ledger.engine.begin() as connection:
        receive_upload(connection, folder, 1, size, actor, load_id=load_id)


@contextmanager
def _received(files: Sequence[tuple[str, BinaryIO]], ending: str = "") -> Iterator[tuple[str, int]]:
    """The name of a new folder with these files, and their size; when the block fails the folder is gone."""
    folder = upload_place() / uuid4().hex
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder.name, _written(folder, files, ending)
    except BaseException:  # also of a process that is asked to end: no half of an upload stays on the disk
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _written(folder: Path, files: Sequence[tuple[str, BinaryIO]], ending: str) -> int:
    """Writes the files under numbers: a name that came over the network names nothing on this disk."""
    size = 0
    for number, (_, stream) in enumerate(files):
        stream.seek(0)
        with (folder / f"{number}{ending}").open("xb") as target:
            shutil.copyfileobj(stream, target, 2**20)
            target.flush()
            os.fsync(target.fileno())
            size += target.tell()
    (folder / NAMES_FILE).write_text(json.dumps([name for name, _ in files]))
    return size


def examine_uploads(ledger: Ledger, place: Path) -> dict[str, int]:
    """Examines everything that waits. Returns counts, as `take_in` does, with the `uploads` that are done, and those
    that `failed`, which are tried again.

    Raises PaperExtraMissing before anything is done, and UploadsUnreachable at the end, when all else is done, while
    files of an upload are not there.
    """
    counts: Counter[str] = Counter()
    missing = 0
    waiting = waiting_uploads(ledger)
    if waiting:
        need_libraries()
    for upload_id in waiting:
        with claimed_upload(ledger, upload_id) as upload:
            if upload is None:
                continue
            folder = place / upload.folder
            if not folder.is_dir():
                missing += 1
                continue
            done = _examined(ledger, upload, folder)
        counts += done
        if done["uploads"]:
            shutil.rmtree(folder, ignore_errors=True)
    _sweep(ledger, place)
    if missing:
        raise UploadsUnreachable(
            f"the files of {missing} uploads are not in {UPLOAD_PLACE}: name a folder there that both the desk and this"
            " worker see"
        )
    return dict(counts)


def _examined(ledger: Ledger, upload: ClaimedUpload, folder: Path) -> Counter[str]:
    reason, counts = None, Counter[str]()
    try:
        names = json.loads((folder / NAMES_FILE).read_text())
        if upload.book is not None:
            files = [DroppedFile.at(folder / str(number), name) for number, name in enumerate(names)]
            counts = _taken_in(ledger, upload, upload.book, files)
        elif upload.fixes_load_id is not None:
            counts = load_fixed(ledger, folder / f"0{WORKBOOK}", upload.fixes_load_id, names[0], upload.actor)
    except BookClosed:
        reason = "book_closed"
    except FileSetAside as refused:
        reason = refused.reason_code
    except LoadRunning:  # it is loaded in the next run
        return Counter(failed=1)
    except Exception as error:  # one upload must not hold up those behind it; after MOST_ATTEMPTS it is stopped
        if not (isinstance(error, ValueError) and upload.replaces):
            log.exception("upload %s: %s", upload.upload_id, type(error).__name__)
            return Counter(failed=1)
        reason = "page_moved"  # the page that it was to replace is not set aside any more
    finish_upload(ledger, upload.upload_id, counts, reason)
    return counts + Counter(uploads=1)


def _taken_in(ledger: Ledger, upload: ClaimedUpload, book: Book, files: Sequence[DroppedFile]) -> Counter[str]:
    return take_in(
        ledger,
        book,
        files,
        province_code=upload.province_code,
        commune_code=upload.commune_code,
        actor=upload.actor,
        replaces=upload.replaces,
    ).counts


def _sweep(ledger: Ledger, place: Path) -> None:
    """Folders first, rows second: a folder that is listed here and has no row then never gets one."""
    folders = [path for path in place.glob("*") if path.is_dir() and time.time() - path.stat().st_mtime > LEFT_AFTER_S]
    if folders:
        wanted = folders_in_use(ledger)
        for folder in folders:
            if folder.name not in wanted:
                shutil.rmtree(folder, ignore_errors=True)
