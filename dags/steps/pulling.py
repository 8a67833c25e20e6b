"""Pulls new and changed dossiers from a portal."""

import gc
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timezone
from types import TracebackType
from typing import Self

from connectors.decoding import DecodeError
from connectors.endpoint import Endpoint
from connectors.errors import LienthongError, Unreachable, Unrecognised
from connectors.http import Line, Reply
from connectors.ledger import Ledger
from connectors.ledger.arrivals import Arrival, position_of, save_page
from connectors.ledger.examinations import settle
from connectors.ledger.line_health import note_line
from connectors.portals.contract import ListedDossier, Platform
from connectors.portals.provinces import PortalProvince
from dags.steps.checking import BATCH, check_on, examine_on

log = logging.getLogger(__name__)

NEW_OBJECTS = 50_000
"""Collections of cycles start after so many new objects: more than a batch of dossiers is made of."""


def pull(ledger: Ledger, province: PortalProvince, endpoint: Endpoint, *, gated: bool = False) -> dict[str, int]:
    """Pulls all that is new or changed at a province's portal and examines it.

    Returns counts: new, changed, status (of dossiers), then cleared, held, waiting, closed. What was saved stays saved
    when the line breaks; the cursor stays before what was not saved. Raises the line's error after what was saved has
    been examined. `gated`: nothing that came is sent before a gate has judged it (`gating.gate`).
    """
    moved: Counter[str] = Counter()
    broken: LienthongError | None = None
    with province.platform.open_line(endpoint) as line, _seldom_collected():
        for stream in province.platform.streams:
            try:
                _pull_stream(ledger, province, line, stream, moved, gated)
            except LienthongError as error:
                log.warning("portal %s stream %r: %s: %s", province.province_code, stream, type(error).__name__, error)
                _keep(ledger, province, error)
                broken = broken or error
        moved += check_on(ledger, province, line)
        note_line(ledger, province.connection_id, line, broken)
    if broken:
        raise broken
    return {what: count for what, count in moved.items() if what != "same"}


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Makes Python look for reference cycles less often: dossiers are many objects, and they hold no cycles."""
    before = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _keep(ledger: Ledger, province: PortalProvince, error: LienthongError) -> None:
    if error.reply:
        ledger.keep_incident(province.connection_id, error, error.reply)


def _pull_stream(
    ledger: Ledger, province: PortalProvince, line: Line, stream: str, moved: Counter[str], gated: bool
) -> None:
    platform, portal_code = province.platform, province.province_code
    now = datetime.now(timezone.utc)
    reached = position_of(ledger, portal_code, stream)
    position = platform.rewind(reached) if reached else platform.first_position(now)
    with _Clerk(ledger, moved) as clerk:
        _walk(ledger, province, line, stream, position, reached or position, clerk, gated)


class _Clerk:
    """Records the examination of a batch in one background thread, while the next pages are fetched and saved."""

    def __init__(self, ledger: Ledger, moved: Counter[str]) -> None:
        self.moved = moved
        self._ledger = ledger
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="settle")
        self._settling: Future[Counter[str]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.shutdown()
        if error is None or not (self._settling and self._settling.exception()):  # else the line's error is raised
            self._wait()

    def examine(self, province: PortalProvince, line: Line, saved: Sequence[Arrival]) -> None:
        """Examines a batch after the batch before it is recorded, since both are compared with each other."""
        self._wait()
        for examined in examine_on(self._ledger, province, line, saved):
            self._wait()
            self._settling = self._thread.submit(settle, self._ledger, examined)

    def _wait(self) -> None:
        if self._settling:
            settling, self._settling = self._settling, None
            self.moved += settling.result()


def _walk(
    ledger: Ledger,
    province: PortalProvince,
    line: Line,
    stream: str,
    position: str,
    reached: str,
    clerk: _Clerk,
    gated: bool,
) -> None:
    """Goes through the pages from a position on: each is saved as it comes, and examined with its batch."""
    platform, portal_code, now = province.platform, province.province_code, datetime.now(timezone.utc)
    missed: LienthongError | None = None
    saved: list[Arrival] = []
    while True:
        page = platform.read_page(line.send(platform.list_page(stream, position, line.endpoint)), stream, position, now)
        arrivals, failed = _arrivals(platform, portal_code, line, page.entries)
        missed = missed or next(iter(failed.values()), None)
        if not missed:  # else the cursor stays before what did not come; what does come is saved nevertheless
            reached = max(reached, page.next_position)
        for error in failed.values():
            if error is not missed:  # `missed` is kept when it is raised
                _keep(ledger, province, error)
        clerk.moved += save_page(ledger, portal_code, stream, arrivals, reached, gated=gated)
        came = [entry for entry in page.entries if entry not in failed]
        if platform.taken and came:
            line.send(platform.taken(came, line.endpoint))
        if isinstance(missed, Unreachable) or (missed and not page.has_more):
            raise missed
        saved += arrivals
        if len(saved) >= BATCH or not page.has_more:
            clerk.examine(province, line, saved)
            saved = []
        if not page.has_more:
            return
        position = page.next_position


def _arrivals(
    platform: Platform, portal_code: str, line: Line, entries: Sequence[ListedDossier]
) -> tuple[list[Arrival], dict[ListedDossier, LienthongError]]:
    """The dossiers of a page, fetched where the list only named them; and the errors of those that did not come."""
    arrivals: list[Arrival] = []
    failed: dict[ListedDossier, LienthongError] = {}
    for entry, original in _originals(platform, line, entries):
        if isinstance(original, LienthongError):
            failed[entry] = original
        else:
            arrivals.append(read_arrival(platform, portal_code, entry.dossier_code, original))
    return arrivals, failed


def _originals(
    platform: Platform, line: Line, entries: Sequence[ListedDossier]
) -> Iterable[tuple[ListedDossier, bytes | LienthongError]]:
    """The bytes of each entry: from the list where it holds them, else fetched."""
    yield from ((entry, entry.original) for entry in entries if entry.original is not None)
    named = [entry for entry in entries if entry.original is None]
    fetch = platform.fetch
    if fetch is None:
        yield from ((entry, b"") for entry in named)
        return
    for entry, reply in line.send_all((entry, fetch(entry, line.endpoint)) for entry in named):
        yield entry, _fetched(platform, entry, reply) if isinstance(reply, Reply) else reply


def _fetched(platform: Platform, entry: ListedDossier, reply: Reply) -> bytes | LienthongError:
    try:
        return platform.read_fetched(reply, entry) if platform.read_fetched else reply.body
    except LienthongError as error:
        return error


def read_arrival(platform: Platform, portal_code: str, dossier_code: str, original: bytes) -> Arrival:
    """The dossier in its original bytes; an unreadable one arrives too, with the field where reading failed."""
    try:
        return Arrival(dossier_code, original, platform.read_dossier(original, portal_code))
    except Unrecognised as error:
        field = error.field if isinstance(error, DecodeError) else str(error)
        return Arrival(dossier_code, original, None, field[:200])
