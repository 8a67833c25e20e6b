"""Paper registers come in and are read by machine: files become pages, pages become readings that search finds.

`take_in` keeps masters and access copies; `read_pages` reads what is not read yet, one process a core. Both may be
killed and started again, and several may run at once: a file is known by its digest, a page by its lock.
"""

import logging
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import make_url

from connectors.ledger import Ledger, open_ledger
from connectors.ledger.book_progress import book_progress, finish_reading
from connectors.ledger.books import ensure_book
from connectors.ledger.page_readings import claimed_page
from connectors.ledger.pages import NewPage, NewScan, fingerprints, keep_scan, kept_files, known_scans
from connectors.paper.book_names import natural_order
from connectors.paper.book_places import place_code_of
from connectors.paper.examining import ExaminedPage, Examiner
from connectors.paper.intake import ScanMaster, ScanRefused, masters_of
from connectors.paper.legibility import SETS_ASIDE, PageFault, is_like
from connectors.vault import Vault
from dags.steps.looking_over import look_over
from dags.steps.page_reading import Masters, PageReader, await_other_reader
from schemas.dates import local_day
from schemas.source import Book

log = logging.getLogger(__name__)

DIGEST_BYTES = 32
MOST_RESTARTS = 50
"""Of readers that were ended by what they read, in one run."""
CORES = os.cpu_count() or 1
LOGGED_EVERY = 10
"""Pages."""
CLOCKS_S = 20.0
"""By so much the clocks of the file server and of the database may differ. Less than a file rests before it is taken
(`dags.steps.drop_folder`)."""


@dataclass(frozen=True)
class DroppedFile:
    """A file that came in. `open()` gives a stream that can be read from anywhere in it. `size` in bytes, `changed_at`
    in seconds since 1970: as the disk says; 0 where none does."""

    name: str
    open: Callable[[], BinaryIO]
    size: int = 0
    changed_at: float = 0.0

    @classmethod
    def at(cls, path: Path, name: str = "") -> "DroppedFile":
        facts = path.stat()
        return cls(name or path.name, lambda: path.open("rb"), facts.st_size, facts.st_mtime)


@dataclass(frozen=True)
class TakenIn:
    """What became of the files of a book. `counts`: scans, pages, set_aside, refused, repeated. `refused`: name and
    reason code of each file that nothing could be taken from."""

    book_id: int
    counts: Counter[str]
    refused: list[tuple[str, str]]


class ReadersFailed(Exception):
    """The processes that read pages ended with an error of ours; their logs say which."""


def take_in(
    ledger: Ledger,
    book: Book,
    files: Iterable[DroppedFile],
    *,
    province_code: str,
    commune_code: str | None = None,
    actor: str = "lienthong",
    replaces: int | None = None,
    skip_unchanged: bool = False,
) -> TakenIn:
    """Takes the files of one book in, each in a transaction of its own; a file that the book has changes nothing.

    `replaces`: a page that is set aside; the first page of the files takes its number. `skip_unchanged`: a file that by
    its name, size and day of change is one that the book has is not even read. Raises BookClosed for an accepted book,
    ValueError when that page is not set aside, and PaperExtraMissing.
    """
    code = place_code_of(book, commune_code, local_day(datetime.now(timezone.utc)))
    book = book.model_copy(update={"place_code": code})
    with ledger.engine.begin() as connection:
        book_id, key = ensure_book(connection, ledger, book, province_code, commune_code)
    taken = TakenIn(book_id, Counter(), [])
    known, seen = known_scans(ledger, book_id), fingerprints(ledger, book_id)
    if skip_unchanged:
        files, unchanged = _changed(files, kept_files(ledger, book_id))
        taken.counts["repeated"] += unchanged
    with Examiner() as examiner:
        for master in _masters(files):
            if master.sha256 in known:
                taken.counts["repeated"] += 1
                continue
            scan = _examined(examiner, master, seen)
            if keep_scan(ledger, book_id, key, scan, actor=actor, replaces=replaces):
                known.add(master.sha256)
                _count(taken, scan)
                replaces = None if scan.pages else replaces
            else:
                taken.counts["repeated"] += 1
    return taken


def _changed(files: Iterable[DroppedFile], kept: Mapping[tuple[str, int], datetime]) -> tuple[list[DroppedFile], int]:
    """The files that the book may not have, and the number of the others. Of a drop place of ten thousand files ten
    gigabytes would be read in each run else. Clocks that differ by less than `CLOCKS_S` do no harm."""
    here = list(files)
    changed = [
        file
        for file in here
        if (received := kept.get((file.name, file.size))) is None or file.changed_at > received.timestamp() - CLOCKS_S
    ]
    return changed, len(here) - len(changed)


def _masters(files: Iterable[DroppedFile]) -> Iterator[ScanMaster]:
    for file in sorted(files, key=lambda file: natural_order(file.name)):
        with file.open() as stream:
            yield from masters_of(file.name, stream)


def _examined(examiner: Examiner, master: ScanMaster, seen: list[bytes]) -> NewScan:
    """A master with its pages; `seen` holds the fingerprints of the book, and gets those of the new pages."""
    reason, pages = master.reason_code, list[ExaminedPage]()
    if reason is None:
        try:
            pages = examiner.examine(master)
        except ScanRefused as refused:
            reason = str(refused.reason_code)
    new = tuple(_new_page(number, page, seen) for number, page in enumerate(pages))
    return NewScan(master.name, master.media_type, master.size, master.sha256, master.content, reason, new)


def _new_page(number: int, page: ExaminedPage, seen: list[bytes]) -> NewPage:
    faults, reason = list(page.fault_codes), page.reason_code
    fingerprint = page.digest + page.look
    if page.jpeg is not None and PageFault.BLANK not in faults:
        if any(known.startswith(page.digest) for known in seen):
            faults.append(PageFault.DUPLICATE)
        elif is_like(page.look, (known[DIGEST_BYTES:] for known in seen)):
            faults.append(PageFault.LIKELY_DUPLICATE)
        seen.append(fingerprint)
    reason = reason or next((str(fault) for fault in faults if fault in SETS_ASIDE), None)
    codes = tuple(str(fault) for fault in faults)
    return NewPage(number, page.jpeg, page.copy_scale, reason, codes, fingerprint or None)


def _count(taken: TakenIn, scan: NewScan) -> None:
    if scan.reason_code:
        taken.counts["refused"] += 1
        taken.refused.append((scan.name, scan.reason_code))
        return
    taken.counts["scans"] += 1
    taken.counts["pages"] += len(scan.pages)
    if set_aside_now := sum(page.reason_code is not None for page in scan.pages):
        taken.counts["set_aside"] += set_aside_now


# Reading


def read_pages(ledger: Ledger, book_id: int | None = None, processes: int = CORES) -> dict[str, int]:
    """Reads every page that is not read yet, of one book or of all. Returns counts of pages read, fitted, set aside and
    failed, of records, and of books all of whose pages are done.

    Each process has its own recognisers and its own connection. A page that cannot be read is set aside with a reason;
    one that ends its process is tried twice more, and then set aside too. Raises ReadersFailed for an error of ours.
    """
    counts = _read_all(ledger, book_id) if processes == 1 else _read_in_processes(ledger, book_id, processes)
    counts["books"] += len(finish_reading(ledger, book_id, lambda finished: look_over(ledger, finished)))
    return {name: count for name, count in counts.items() if count}


def _read_in_processes(ledger: Ledger, book_id: int | None, processes: int) -> Counter[str]:
    """Spawned, not forked: a library of images that the parent has used leaves locks behind in a fork. Each process
    opens the ledger by the environment, as every command does. Raises VaultError when that has no master key."""
    Vault.from_environment()
    url = ledger.engine.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    counts: Counter[str] = Counter()
    restarts, failures = 0, 0

    def start() -> tuple[BaseProcess, Pipe]:
        ours, theirs = context.Pipe(duplex=False)
        reader = context.Process(target=_reader, args=(url, book_id, theirs))
        reader.start()
        theirs.close()
        return reader, ours

    readers = [start() for _ in range(processes)]
    while readers:
        reader, line = readers.pop(0)
        counts.update(_last_word(line))
        reader.join()
        if reader.exitcode and reader.exitcode < 0 and restarts < MOST_RESTARTS:
            restarts += 1
            readers.append(start())
        elif reader.exitcode:
            failures += 1
    if failures:
        raise ReadersFailed(f"{failures} of {processes} readers failed; their log lines say why")
    return counts


def _last_word(line: Pipe) -> dict[str, int]:
    """The counts of a reader; nothing of one that was killed."""
    with line:
        try:
            return dict(line.recv())
        except EOFError:
            return {}


def _reader(url: str, book_id: int | None, line: Pipe) -> None:
    with open_ledger(make_url(url)) as ledger:
        line.send(dict(_read_all(ledger, book_id)))
    line.close()


def _read_all(ledger: Ledger, book_id: int | None) -> Counter[str]:
    from connectors.paper.extra import need_libraries

    need_libraries()
    import cv2

    from connectors.paper.recognisers import available

    cv2.setNumThreads(1)
    recognisers, _ = available()
    counts: Counter[str] = Counter()
    pages_done = 0
    with Masters(ledger) as masters:
        reader = PageReader(ledger, masters, recognisers)
        while True:
            with claimed_page(ledger, book_id, with_machine=bool(recognisers)) as page:
                if page is None:
                    return counts
                done, other_id = reader.read(page)
            counts.update(done)
            if other_id is not None:
                await_other_reader(ledger, other_id)
                continue
            pages_done += 1
            if pages_done % LOGGED_EVERY == 0:
                _log_progress(ledger, page.book_id)


def _log_progress(ledger: Ledger, book_id: int) -> None:
    if found := book_progress(ledger, book_id):
        done = found.pages - found.received
        log.info("book %s: %s of %s pages done, %s set aside", book_id, done, found.pages, found.set_aside)
