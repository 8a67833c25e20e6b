"""Masters are examined in a process of their own: one that breaks the program which opens it breaks that process alone.

`Examiner` starts the process once, sends it masters one by one, and starts it again after one ended it or took too
long. The process is spawned, not forked: the desk examines uploads too, and has threads.
"""

import multiprocessing
import resource
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from connectors.paper.intake import ScanMaster, ScanReason, ScanRefused

LONGEST_PAGE_S, LONGEST_START_S = 60.0, 60.0
"""How long one page may take, and the start of the process on a busy machine. A page takes about half a second."""
MOST_MEMORY_BYTES = 6 * 2**30
"""Of the process: three pages of the most pixels, and the libraries."""
_FRESH = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class ExaminedPage:
    """A page of a master: its access copy and what is wrong with it, in codes. `jpeg`: None where it cannot be decoded,
    and `reason_code` says why. `digest`, `look`: see `connectors.paper.legibility`."""

    jpeg: bytes | None = field(repr=False)
    copy_scale: float = 1.0
    reason_code: str | None = None
    fault_codes: tuple[str, ...] = ()
    digest: bytes = b""
    look: bytes = field(repr=False, default=b"")


def examine_pages(content: bytes, media_type: str) -> Iterator[ExaminedPage]:
    """Every page of a master. Raises ScanRefused when none of it can be used; a page that cannot be decoded is one with
    a reason."""
    from connectors.paper.legibility import faults_of, look_at
    from connectors.paper.masters import access_copy, opened

    with opened(content, media_type) as master:
        for number in range(master.count):
            try:
                image = master.page(number).image
            except ScanRefused as refused:
                yield ExaminedPage(None, reason_code=str(refused.reason_code))
                continue
            look, copy = look_at(image), access_copy(image)
            faults = tuple(str(fault) for fault in faults_of(look))
            yield ExaminedPage(copy.jpeg, copy.scale, None, faults, look.digest, look.look)


class Examiner:
    """Examines masters, as a context manager that ends its process."""

    def __init__(self, longest_page_s: float = LONGEST_PAGE_S) -> None:
        self._longest_page_s = longest_page_s
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def __enter__(self) -> "Examiner":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def examine(self, master: ScanMaster) -> list[ExaminedPage]:
        """The pages of a master. Raises ScanRefused; PaperExtraMissing when the libraries are not installed."""
        line = self._started()
        try:
            line.send((master.content, master.media_type))
            return list(self._pages(line))
        except (EOFError, OSError):
            self._end()
            raise ScanRefused(ScanReason.BREAKS_READER) from None

    def _pages(self, line: Connection) -> Iterator[ExaminedPage]:
        """Raises EOFError when the process ended or takes too long."""
        while True:
            if not line.poll(self._longest_page_s):
                raise EOFError
            answer = line.recv()
            if isinstance(answer, ScanReason):
                raise ScanRefused(answer)
            if answer is None:
                return
            yield answer

    def _started(self) -> Connection:
        from connectors.paper.extra import need_libraries

        need_libraries()
        if self._line is not None:
            return self._line
        ours, theirs = _FRESH.Pipe()
        self._process = _FRESH.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        if not ours.poll(LONGEST_START_S):
            self._end()
            raise ScanRefused(ScanReason.BREAKS_READER)
        ours.recv()
        self._line = ours
        return ours

    def _end(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._line = None


def _serve(line: Connection) -> None:
    """The process: a page is sent as soon as it is examined, None when a master has no more."""
    import cv2

    from connectors.paper import masters  # noqa: F401  # its imports are part of the start

    cv2.setNumThreads(1)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, resource.RLIM_INFINITY))
    line.send(True)
    while True:
        try:
            content, media_type = line.recv()
        except EOFError:
            return
        try:
            for page in examine_pages(content, media_type):
                line.send(page)
        except ScanRefused as refused:
            line.send(refused.reason_code)
        except MemoryError:
            line.send(ScanReason.TOO_MANY_PIXELS)
        else:
            line.send(None)
