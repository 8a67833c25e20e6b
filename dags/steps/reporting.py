"""The portal hears the outcome."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from connectors.endpoint import Endpoint, NoConnection
from connectors.errors import LienthongError, Unreachable
from connectors.http import Line
from connectors.ledger import Ledger
from connectors.ledger.outcomes import ClaimedReport, claim_reports, portals_waiting, record_hearings
from connectors.portals.platform import Platform
from connectors.portals.provinces import PROVINCES
from schemas.report import Hearing

log = logging.getLogger(__name__)

CLAIM = 400


def report(ledger: Ledger, endpoint_of: Callable[[str], Endpoint]) -> dict[str, int]:
    """Tells every portal what came about, each dossier's milestones in their order. Returns counts by hearing.

    `endpoint_of` gives the endpoint of a connection id. A portal that cannot be told does not keep another from
    hearing; its error is raised at the end when it is one for the operator or the engineer.
    """
    moved: Counter[str] = Counter()
    broken: Exception | None = None
    for portal_code in portals_waiting(ledger):
        province = PROVINCES[portal_code]
        try:
            endpoint = endpoint_of(province.connection_id)
            with province.platform.open_line(endpoint) as line:
                error = _tell_portal(ledger, portal_code, province.platform, line, moved)
        except NoConnection as missing:
            broken = broken or missing
            continue
        if error and not isinstance(error, Unreachable):
            broken = broken or error
    if broken:
        raise broken
    return dict(moved)


def _tell_portal(
    ledger: Ledger, portal_code: str, platform: Platform, line: Line, moved: Counter[str]
) -> LienthongError | None:
    """Rounds: the first unheard report of every dossier, until there is none or the line breaks."""
    failure: LienthongError | None = None
    while not failure and (claimed := claim_reports(ledger, portal_code, CLAIM)):
        hearings = {one.report_id: Hearing.HEARD for one in claimed if one.report.milestone not in platform.statuses}
        later: list[tuple[int, float]] = []
        wanted = [one for one in claimed if one.report.milestone in platform.statuses]
        for group, heard in _told(platform, line, wanted):
            if isinstance(heard, LienthongError):
                log.warning("portal %s: %s: %s", portal_code, type(heard).__name__, heard)
                if heard.reply:
                    ledger.keep_incident(f"portal_{portal_code}", heard, heard.reply)
                failure = failure or heard
                heard = [Hearing.LATER] * len(group)
            for one, hearing in zip(group, heard, strict=True):
                if hearing == Hearing.LATER:
                    later.append((one.report_id, float(min(2**one.attempt_number, 600))))
                else:
                    hearings[one.report_id] = hearing
        record_hearings(ledger, hearings, later)
        moved.update(str(hearing) for hearing in hearings.values())
    return failure


def _told(
    platform: Platform, line: Line, claimed: Sequence[ClaimedReport]
) -> Iterator[tuple[list[ClaimedReport], list[Hearing] | LienthongError]]:
    size = platform.reports_at_once
    groups = [list(claimed[at : at + size]) for at in range(0, len(claimed), size)]
    requests = ((group, platform.write_reports([one.report for one in group], line.endpoint)) for group in groups)
    for group, reply in line.send_all(requests):
        if isinstance(reply, LienthongError):
            yield group, reply
            continue
        try:
            yield group, platform.read_reports(reply, [one.report for one in group])
        except LienthongError as error:
            yield group, error
