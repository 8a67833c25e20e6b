"""The portal hears the outcome."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from connectors.endpoint import Endpoint, NoConnection
from connectors.errors import LienthongError, Unreachable
from connectors.http import Line
from connectors.ledger import Ledger
from connectors.ledger.reports import ClaimedReport, claim_reports, portals_waiting, record_report_outcomes
from connectors.portals.contract import Platform
from connectors.portals.provinces import PROVINCES
from schemas.report import ReportOutcome

log = logging.getLogger(__name__)

CLAIM = 400


def report(ledger: Ledger, endpoint_of: Callable[[str], Endpoint]) -> dict[str, int]:
    """Tells every portal what came about, each dossier's milestones in their order. Returns counts by report_outcome.

    `endpoint_of` gives the endpoint of a connection id. A portal that cannot be outcome does not keep another from
    report_outcome; its error is raised at the end when it is one for the operator or the engineer.
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
    """Rounds: the first unacknowledged report of every dossier, until there is none or the line breaks."""
    failure: LienthongError | None = None
    while not failure and (claimed := claim_reports(ledger, portal_code, CLAIM)):
        report_outcomes = {
            one.report_id: ReportOutcome.ACKNOWLEDGED
            for one in claimed
            if one.report.milestone not in platform.statuses
        }
        later: list[tuple[int, float]] = []
        wanted = [one for one in claimed if one.report.milestone in platform.statuses]
        for group, acknowledged in _sent(platform, line, wanted):
            if isinstance(acknowledged, LienthongError):
                log.warning("portal %s: %s: %s", portal_code, type(acknowledged).__name__, acknowledged)
                if acknowledged.reply:
                    ledger.keep_incident(f"portal_{portal_code}", acknowledged, acknowledged.reply)
                failure = failure or acknowledged
                acknowledged = [ReportOutcome.LATER] * len(group)
            for one, report_outcome in zip(group, acknowledged, strict=True):
                if report_outcome == ReportOutcome.LATER:
                    later.append((one.report_id, float(min(2**one.attempt_number, 600))))
                else:
                    report_outcomes[one.report_id] = report_outcome
        record_report_outcomes(ledger, report_outcomes, later)
        moved.update(str(report_outcome) for report_outcome in report_outcomes.values())
    return failure


def _sent(
    platform: Platform, line: Line, claimed: Sequence[ClaimedReport]
) -> Iterator[tuple[list[ClaimedReport], list[ReportOutcome] | LienthongError]]:
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
