"""What every portal platform declares: pure functions for listing, reading, fetching papers and reporting.

Dossiers of all platforms are pulled in one way: list from a position, fetch what the list does not hold, save it and
the new position in one transaction, and mark it as taken where the platform has such a mark.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from pydantic import ValidationError

from connectors.endpoint import Endpoint
from connectors.errors import Unrecognised
from connectors.http import Auth, Line, Reply, Request
from schemas.dossier import Dossier, Paper
from schemas.report import LONGEST_WORDS, Milestone, Report, ReportOutcome
from schemas.text import clean

RESULTS = {
    "ngayDangKy": ("civil_status.registered_on", "residence.registered_on", "land.registered_on"),
    "soDangKy": ("civil_status.entry_number",),
    "quyenSo": ("civil_status.book_code",),
    "trangSo": ("civil_status.page_number",),
    "soDinhDanh": ("civil_status.personal_id",),
    "maGiayToKetQua": ("civil_status.result_code",),
    "soHoSoCuTru": ("residence.residence_case_code",),
    "maSoBhxh": ("health_insurance.insurance_number",),
    "maTheBhyt": ("health_insurance.card_code",),
    "hanTheBhyt": ("health_insurance.card_until",),
    "maBienDong": ("land.land_entry_code",),
}
"""Name in the messages of all platforms -> the values of receipts that it may hold: the first known one is sent."""
READABLE_WHEN = {
    Milestone.SUPPLEMENT_ASKED: ("thành công", "đã tồn tại"),
    Milestone.REJECTED: ("thành công", "đã tồn tại", "bị từ chối"),
}
"""For milestones whose text is for the citizen: how an answer begins that means the citizen can read the text. For any
other milestone a closed or unknown dossier does no harm; for these, nobody would read what a person wrote."""


@dataclass(frozen=True)
class ListedDossier:
    """One dossier that a portal's list named. `original` is its bytes when the list holds them.

    `technical_id` is what the platform fetches and marks it by. `version` is the state that the list gave: when the
    dossier changes between listing and marking, the mark is for the old state and the dossier is listed again.
    """

    dossier_code: str
    original: bytes | None = field(default=None, repr=False)
    technical_id: str = ""
    version: str = ""


@dataclass(frozen=True)
class Listing:
    """One page: its entries, the position after it, and whether more follows at once."""

    entries: Sequence[ListedDossier]
    next_position: str
    has_more: bool


@dataclass(frozen=True)
class Platform:
    """A vendor platform's contract.

    `streams`: lists that are read separately, each with its own cursor (`""` where there is only one).
    `first_position(now)` is where a stream starts; `rewind(position)` goes back by the overlap window, once per pull.
    `list_page(stream, position, endpoint)` -> `read_page(reply, stream, position, now)`.
    `fetch(entry, endpoint)` gets the original of an entry that the list only named; `read_fetched(reply, entry)` is
    that original, or Unrecognised when the reply is something else: such an entry must not be marked as taken.
    `read(original, province_code)` makes the dossier of its original bytes, values as written; it raises DecodeError
    (an Unrecognised with the `field`) when they cannot be read.
    `fetch_paper(paper, endpoint)` or, when papers lie inside the original, `papers_inside(original)` in their order.
    `taken(entries, endpoint)`: the request that marks saved entries, as the list gave them, where one is wanted.
    `statuses`: the platform's status for each milestone that is reported to it, in its order.
    `write_reports(reports, endpoint)`, at most `reports_at_once` -> `read_reports(reply, reports)`, one per report.
    """

    code: str
    name_vi: str
    auth: Auth
    probe: Callable[[Endpoint], Request]
    streams: tuple[str, ...]
    first_position: Callable[[datetime], str]
    rewind: Callable[[str], str]
    list_page: Callable[[str, str, Endpoint], Request]
    read_page: Callable[[Reply, str, str, datetime], Listing]
    read: Callable[[bytes, str], Dossier]
    statuses: Mapping[Milestone, int]
    write_reports: Callable[[Sequence[Report], Endpoint], Request]
    read_reports: Callable[[Reply, Sequence[Report]], list[ReportOutcome]]
    reports_at_once: int = 1
    fetch: Callable[[ListedDossier, Endpoint], Request] | None = None
    read_fetched: Callable[[Reply, ListedDossier], bytes] | None = None
    fetch_paper: Callable[[Paper, Endpoint], Request] | None = None
    papers_inside: Callable[[bytes], list[bytes]] | None = None
    taken: Callable[[Sequence[ListedDossier], Endpoint], Request] | None = None
    per_second: float = 50.0
    concurrency: int = 8

    def open_line(self, endpoint: Endpoint) -> Line:
        """A line to a portal of this platform, at the pace that the platform allows."""
        return Line(endpoint, self.auth, per_second=self.per_second, concurrency=self.concurrency)

    def read_dossier(self, original: bytes, portal_code: str) -> Dossier:
        """`read`; raises Unrecognised also where a model refuses a value, naming the field and not the value."""
        try:
            return self.read(original, portal_code)
        except ValidationError as error:
            first = error.errors(include_input=False, include_context=False, include_url=False)[0]
            raise Unrecognised(f"{'.'.join(str(part) for part in first['loc'])}: {first['type']}") from None


def report_outcome(
    words: str, classes: Mapping[str, ReportOutcome], milestone: Milestone | None = None
) -> ReportOutcome | None:
    """The outcome of a report by the words of the answer: that of the first phrase it contains; None without any.

    "không thành công" (failure) contains "thành công" (success), so it is removed first.
    """
    answered = clean(words).casefold().replace("không thành công", "")
    phrase = next((phrase for phrase in classes if phrase in answered), None)
    if phrase is None:
        return None
    is_unread = milestone in READABLE_WHEN and not phrase.startswith(READABLE_WHEN[milestone])
    return ReportOutcome.REFUSED if is_unread and classes[phrase] == ReportOutcome.ACKNOWLEDGED else classes[phrase]


def results(report: Report) -> dict[str, str | date]:
    """What the registries gave, under the names of `RESULTS`; what is not known is left out."""
    known = ((name, _first_known(report, paths)) for name, paths in RESULTS.items())
    return {name: value for name, value in known if value is not None}


def _first_known(report: Report, paths: Sequence[str]) -> str | date | None:
    return next((value for path in paths if (value := report.given.value(path)) is not None), None)


def progress_text(report: Report, own: Mapping[Milestone, str]) -> str:
    """The text beside the status: a person's words, cut to what portals show, else the platform's own text."""
    words = clean(report.words)
    return (words if len(words) <= LONGEST_WORDS else f"{words[: LONGEST_WORDS - 1]}…") or own[report.milestone]
