"""What every portal platform declares: pure functions for listing, reading, fetching papers and reporting.

Pulling goes the same way for all: list from a position, fetch what the list does not hold, save it and the new position
in one transaction, mark as taken where the platform wants it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.endpoint import Endpoint
from connectors.http import Auth, Reply, Request
from schemas.dossier import Dossier, Paper
from schemas.report import Hearing, Milestone, Report


@dataclass(frozen=True)
class Entry:
    """One dossier that a portal's list named. `original` is its bytes when the list holds them."""

    dossier_code: str
    original: bytes | None = field(default=None, repr=False)
    technical_id: str = ""


@dataclass(frozen=True)
class Listing:
    """One page: its entries, the position after it, and whether more follows at once."""

    entries: Sequence[Entry]
    next_position: str
    has_more: bool


@dataclass(frozen=True)
class Platform:
    """A vendor platform's contract.

    `streams`: lists that are walked apart, each with its own cursor (`""` where there is one).
    `first_position(now)` is where a stream starts; `rewind(position)` goes back by the overlap window, once per pull.
    `list_page(stream, position, endpoint)` -> `read_page(reply, stream, position, now)`.
    `fetch(entry, endpoint)` gets the original of an entry that the list only named.
    `read(original, province_code)` makes the dossier of its original bytes, values as written; it raises Unrecognised
    with a message naming the field when they cannot be read.
    `fetch_paper(paper, endpoint)` or, when papers lie inside the original, `papers_inside(original)` in their order.
    `taken(entries, endpoint)`: the request that marks saved entries, where the platform wants one.
    `statuses`: the platform's status for each milestone it wants to hear, in its order.
    `write_reports(reports, endpoint)`, at most `reports_at_once` -> `read_reports(reply, reports)`, one per report.
    """

    code: str
    name_vi: str
    auth: Auth
    greeting: Callable[[Endpoint], Request]
    streams: tuple[str, ...]
    first_position: Callable[[datetime], str]
    rewind: Callable[[str], str]
    list_page: Callable[[str, str, Endpoint], Request]
    read_page: Callable[[Reply, str, str, datetime], Listing]
    read: Callable[[bytes, str], Dossier]
    statuses: Mapping[Milestone, int]
    write_reports: Callable[[Sequence[Report], Endpoint], Request]
    read_reports: Callable[[Reply, Sequence[Report]], list[Hearing]]
    reports_at_once: int = 1
    fetch: Callable[[Entry, Endpoint], Request] | None = None
    fetch_paper: Callable[[Paper, Endpoint], Request] | None = None
    papers_inside: Callable[[bytes], list[bytes]] | None = None
    taken: Callable[[Sequence[Entry], Endpoint], Request] | None = None
    per_second: float = 50.0
    concurrency: int = 8

