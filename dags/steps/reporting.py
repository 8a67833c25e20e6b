"""Reports the outcome of each dossier to its portal."""

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
    """Reports to every portal what became of its dossiers, the milestones of each in their order. Returns counts by
    outcome.

    `endpoint_of` gives the endpoint of a connection id. A portal that cannot be reached does not delay the reports to
    another; its error is raised at the end when it is one for the operator or the engineer.
    """
    moved: Counter[str] = Counter()
    broken: Exception | None = None
    for portal_code in portals_waiting(ledger):
        province = PROVINCES[portal_code]
        try:
            endpoint = endpoint_of(province.connection_id)
            with province.platform.open_line(endpoint) as line:
                error = _report_to(ledger, portal_code, province.platform, line, moved)
        except NoConnection as missing:
            broken = broken or missing
            continue
        if error and not isinstance(error, Unreachable):
            broken = broken or error
    if broken:
        raise broken
    return dict(moved)


def _report_to(
    ledger: Ledger, portal_code: str, platform: Platform, line: Line, moved: Counter[str]
) -> LienthongError | None:
    """Sends, round by round, the first unacknowledged report of every dossier, until there is none or an error comes.
    Returns the first error."""
    failure: LienthongError | None = None
    while not failure and (claimed := claim_reports(ledger, portal_code, CLAIM)):
        wanted = [claim for claim in claimed if claim.report.milestone in platform.statuses]
        unwanted = [claim for claim in claimed if claim.report.milestone not in platform.statuses]
        outcomes = {claim.report_id: ReportOutcome.ACKNOWLEDGED for claim in unwanted}
        later: list[tuple[int, float]] = []
        for group, result in _sent(platform, line, wanted):
            if isinstance(result, LienthongError):
                log.warning("portal %s: %s: %s", portal_code, type(result).__name__, result)
                if result.reply:
                    ledger.keep_incident(f"portal_{portal_code}", result, result.reply)
                failure = failure or result
                result = [ReportOutcome.LATER] * len(group)
            for claim, outcome in zip(group, result, strict=True):
                if outcome == ReportOutcome.LATER:
                    later.append((claim.report_id, float(min(2**claim.attempt_number, 600))))
                else:
                    outcomes[claim.report_id] = outcome
        record_report_outcomes(ledger, outcomes, later)
        moved.update(str(outcome) for outcome in outcomes.values())
    return failure


def _sent(
    platform: Platform, line: Line, claimed: Sequence[ClaimedReport]
) -> Iterator[tuple[list[ClaimedReport], list[ReportOutcome] | LienthongError]]:
    """The reports by the request in which they are sent, with the outcomes or the error that came back."""
    size = platform.reports_at_once
    groups = [list(claimed[start : start + size]) for start in range(0, len(claimed), size)]
    requests = ((group, platform.write_reports([claim.report for claim in group], line.endpoint)) for group in groups)
    for group, reply in line.send_all(requests):
        if isinstance(reply, LienthongError):
            yield group, reply
            continue
        try:
            yield group, platform.read_reports(reply, [claim.report for claim in group])
        except LienthongError as error:
            yield group, error
