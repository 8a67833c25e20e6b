"""One run of a step for one registry: the line, the outcomes, and the error to raise when all else is done.

Outcomes are recorded in one background thread while more is sent: a registry does not wait for our disk.
"""

import logging
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Self

from connectors.errors import LienthongError, Unreachable
from connectors.http import Line
from connectors.ledger import Ledger
from connectors.ledger.claims import Claimed
from connectors.ledger.deliveries import DeliveryOutcome, record
from connectors.ledger.faults import find_beside
from connectors.registries.contract import Registry
from dags.steps.answers import read_answer
from dags.steps.matching import enter_all
from quality.examination import examine_receipt
from schemas.dossier import Dossier
from schemas.registries import Receipt
from schemas.states import DeliveryEvent

log = logging.getLogger(__name__)

RECORD = 100
"""How many outcomes are recorded at once. After a kill, at most twice as many are not recorded yet; each of those is
asked for again."""


class Run:
    """The line, the counts, and the outcomes that are not recorded yet. Call `settle()` before anything relies on them.

    `failure`: the last error, which ends the run. `error`: the first one that an engineer or an operator must see.
    `stops_sending`: nothing more is sent in this run. `units_decided_by`: by delivery, what made one place of several.
    """

    def __init__(self, ledger: Ledger, registry: Registry, line: Line) -> None:
        self.ledger, self.registry, self.line = ledger, registry, line
        self.settles_after_s = float(line.endpoint.extra.get("settles_after_s", registry.settles_after_s))
        self.moved: Counter[str] = Counter()
        self.error: LienthongError | None = None
        self.failure: LienthongError | None = None
        self.stops_sending = False
        self.units_decided_by: dict[int, list[str]] = {}
        self._outcomes: list[DeliveryOutcome] = []
        self._registered: list[tuple[int, Dossier, Receipt]] = []
        self._clerk = ThreadPoolExecutor(1, thread_name_prefix="record")
        self._recording: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._clerk.shutdown()

    def record(self, outcome: DeliveryOutcome, dossier: Dossier | None = None) -> None:
        """Takes the outcome of a delivery. With its `dossier`, the receipt of a registration is examined too."""
        if decided_by := self.units_decided_by.pop(outcome.claimed.delivery_id, None):
            outcome = replace(outcome, units_decided_by=tuple(decided_by))
        self._outcomes.append(_explained(outcome) if outcome.event == DeliveryEvent.REFUSED else outcome)
        if dossier and outcome.event == DeliveryEvent.REGISTERED and outcome.receipt:
            self._registered.append((outcome.claimed.dossier_id, dossier, outcome.receipt))
        if len(self._outcomes) >= RECORD:
            self._flush()

    def settle(self) -> None:
        """Returns when all outcomes are recorded; raises what went wrong with it."""
        self._flush()
        self._wait()

    def _flush(self) -> None:
        """Has the outcomes recorded in the background, after those that were handed over before."""
        outcomes, self._outcomes = self._outcomes, []
        registered, self._registered = self._registered, []
        self._wait()
        self._recording = self._clerk.submit(self._record, outcomes, registered)
        self.moved.update(str(outcome.event) for outcome in outcomes)

    def _wait(self) -> None:
        if self._recording:
            recording, self._recording = self._recording, None
            recording.result()

    def _record(self, outcomes: list[DeliveryOutcome], registered: list[tuple[int, Dossier, Receipt]]) -> None:
        record(self.ledger, outcomes)
        if registered:
            twice = enter_all(self.ledger, registered)
            findings = [
                (dossier_id, finding)
                for dossier_id, dossier, receipt in registered
                for finding in examine_receipt(receipt, dossier)
            ]
            find_beside(self.ledger, [*findings, *twice.items()])

    def note(self, error: LienthongError, *, stops_sending: bool = True) -> None:
        """Takes an error. Unreachable ends the run quietly; what an engineer or operator must see is raised at its end.

        `stops_sending`: False for an error that is about one dossier and not about the line or the registry.
        """
        log.warning("%s: %s: %s", self.registry.code, type(error).__name__, error)
        self.failure = error
        if not isinstance(error, Unreachable):
            self.error = self.error or error
            self.stops_sending = self.stops_sending or stops_sending

    def keep(self, error: LienthongError) -> None:
        """Keeps a reply that changes no delivery; others are kept with the delivery that they are about."""
        if error.reply:
            self.ledger.keep_incident(self.registry.code, error, error.reply)


def _explained(outcome: DeliveryOutcome) -> DeliveryOutcome:
    """A refusal with its causes, each with the field that it names."""
    causes = read_answer(outcome.claimed.registry_code, outcome.code, outcome.words)
    return replace(outcome, causes=tuple((cause.code, cause.fields[0] if cause.fields else "") for cause in causes))


def not_sent(delivery: Claimed, code: str, wait_s: float | None = None, words: str = "") -> DeliveryOutcome:
    """The outcome of a delivery that surely was not sent, or not taken. Without `wait_s` it waits by its attempts."""
    wait_s = wait_s or backoff_s(delivery.attempt_number)
    return DeliveryOutcome(delivery, DeliveryEvent.UNREACHED, code=code, words=words, wait_s=wait_s)


def backoff_s(attempts: int) -> float:
    """2, 4, 8 ... seconds, ten minutes at most."""
    return float(min(2 ** min(attempts, 10), 600))


def poll_s(asked: int) -> float:
    """1, 1.5, 2.3 ... seconds, ten minutes at most: a result comes in seconds, or in days."""
    return float(min(1.5 ** min(asked, 16), 600.0))
