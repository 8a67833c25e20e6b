"""The whole pipeline without Airflow: a sandbox, a ledger, and the steps in turn until nothing moves any more."""

import time
from collections import Counter
from dataclasses import dataclass, field

from connectors.endpoint import Endpoint
from connectors.errors import LienthongError
from connectors.ledger import Ledger
from connectors.ledger.account import pending
from connectors.portals.provinces import PROVINCES
from connectors.registries import REGISTRIES
from connectors.sandbox.sandbox import Sandbox
from dags import steps
from schemas.registries import REGISTRY_CODES


@dataclass
class PipelineDriver:
    """`go()` runs every step for every endpoint, again and again, as the DAGs do."""

    ledger: Ledger
    sandbox: Sandbox
    errors: list[str] = field(default_factory=list)

    def endpoint(self, connection_id: str) -> Endpoint:
        return Endpoint._of_json(self.sandbox.connections[f"AIRFLOW_CONN_{connection_id.upper()}"])

    @property
    def provinces(self) -> list[str]:
        return [name.removeprefix("AIRFLOW_CONN_PORTAL_") for name in self.sandbox.connections if "PORTAL" in name]

    def pull(self) -> Counter[str]:
        moved: Counter[str] = Counter()
        for code in self.provinces:
            try:
                moved.update(steps.pull(self.ledger, PROVINCES[code], self.endpoint(f"portal_{code}")))
            except LienthongError as error:
                self.errors.append(f"{type(error).__name__}: {error}")
        return moved

    def deliver_and_collect(self) -> Counter[str]:
        moved: Counter[str] = Counter()
        for code in REGISTRY_CODES:
            for step in (steps.deliver, steps.collect):
                try:
                    moved.update(step(self.ledger, REGISTRIES[code], self.endpoint(code)))
                except LienthongError as error:
                    self.errors.append(f"{type(error).__name__}: {error}")
        return moved

    def report(self) -> Counter[str]:
        try:
            return Counter(steps.report(self.ledger, self.endpoint))
        except LienthongError as error:
            self.errors.append(f"{type(error).__name__}: {error}")
            return Counter()

    def round(self) -> int:
        """Every step once; how much moved."""
        return sum((self.pull() + self.deliver_and_collect() + self.report()).values())

    def go(self, within_s: float = 120) -> None:
        """Rounds until all is quiet and nothing is left, or the time is up."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            moved = self.round()
            left = pending(self.ledger)
            to_come = self.sandbox.onestop.still_to_come() + self.sandbox.hub.still_to_come()
            if not (moved or left.reports or left.numbers or left.unexamined or left.open_deliveries or to_come):
                return
            if not moved:
                time.sleep(0.2)
        raise AssertionError(f"still moving after {within_s} s: {pending(self.ledger)}, errors {self.errors[-3:]}")

    def registered(self) -> dict[str, list[dict[str, object]]]:
        """What the twins hold: the ground truth."""
        return {code: self.sandbox.server.listeners[code].twin.registered() for code in REGISTRY_CODES}
