"""One run of a step for one registry: what is on its way, what was acknowledged, and the error to raise when all else is done.

What was acknowledged is recorded in one background thread while more is sent: a registry does not wait for our disk.
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
"""Answers recorded at once; of those not recorded yet, twice as many at most, each is asked for again after a kill."""


class Run:
    """The line, the counts, and what is still to be recorded. `settle()` before what was acknowledged is leant upon."""

    def __init__(self, ledger: Ledger, registry: Registry, line: Line) -> None:
        self.ledger, self.registry, self.line = ledger, registry, line
        self.settles_after_s = float(line.endpoint.extra.get("settles_after_s", registry.settles_after_s))
        self.moved: Counter[str] = Counter()
        self.error: LienthongError | None = None
        self.failure: LienthongError | None = None
        self.unsent: dict[int, Claimed] = {}  # claimed, and neither sent nor outcome about yet
        self.decided: dict[int, list[str]] = {}  # by delivery: what made one place of several
        self._outcomes: list[DeliveryOutcome] = []
        self._registered: list[tuple[int, Dossier, Receipt]] = []
        self._clerk = ThreadPoolExecutor(1, thread_name_prefix="record")
        self._recording: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._clerk.shutdown()

    def record(self, outcome: DeliveryOutcome, dossier: Dossier | None = None) -> None:
        """Takes what became of a delivery; with its `dossier`, what a registry gave is looked at too."""
        self.unsent.pop(outcome.of.delivery_id, None)
        if decided := self.decided.pop(outcome.of.delivery_id, None):
            outcome = replace(outcome, units_decided_by=tuple(decided))
        self._outcomes.append(_explained(outcome) if outcome.event == DeliveryEvent.REFUSED else outcome)
        if dossier and outcome.event == DeliveryEvent.REGISTERED and outcome.receipt:
            self._registered.append((outcome.of.dossier_id, dossier, outcome.receipt))
        if len(self._outcomes) >= RECORD:
            self._flush()

    def settle(self) -> None:
        """Returns when all that was outcome is recorded; raises what went wrong with it."""
        self._flush()
        self._wait()

    def _flush(self) -> None:
        """Has it recorded while more is sent; what was given before is recorded first."""
        outcome, self._outcomes = self._outcomes, []
        entered, self._registered = self._registered, []
        self._wait()
        self._recording = self._clerk.submit(self._record, outcome, entered)
        self.moved.update(str(one.event) for one in outcome)

    def _wait(self) -> None:
        if self._recording:
            recording, self._recording = self._recording, None
            recording.result()

    def _record(self, outcome: list[DeliveryOutcome], entered: list[tuple[int, Dossier, Receipt]]) -> None:
        record(self.ledger, outcome)
        if entered:
            twice = enter_all(self.ledger, entered)
            seen = [(of, one) for of, dossier, receipt in entered for one in examine_receipt(receipt, dossier)]
            find_beside(self.ledger, [*seen, *twice.items()])

    def note(self, error: LienthongError) -> None:
        """Unreachable ends the run quietly; what an engineer or operator must see is raised at its end."""
        log.warning("%s: %s: %s", self.registry.code, type(error).__name__, error)
        self.failure = error
        if not isinstance(error, Unreachable):
            self.error = self.error or error

    def keep(self, error: LienthongError) -> None:
        """Keeps a reply that changes no delivery; others are kept with the delivery that they are about."""
        if error.reply:
            self.ledger.keep_incident(self.registry.code, error, error.reply)


def _explained(outcome: DeliveryOutcome) -> DeliveryOutcome:
    """A refusal with its causes, each with the field it is about."""
    causes = read_answer(outcome.of.registry_code, outcome.code, outcome.words)
    return replace(outcome, causes=tuple((cause.code, cause.fields[0] if cause.fields else "") for cause in causes))
