"""The results of judging many dossiers, entries or answers at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FIGURES = "figures"
"""Not an expectation, but the counts of a batch: later batches of the day are judged with them."""


@dataclass(frozen=True)
class Verdict:
    """One expectation, judged. `subject`: portal and day, book, or registry and day, in codes.

    `observed` holds counts and codes only. `failing_ids` are all dossiers that fail it, never a part of them.
    """

    suite: str
    subject: str
    expectation: str
    column: str
    has_passed: bool
    stops: bool = False
    observed: Mapping[str, Any] = field(default_factory=dict)
    failing_ids: tuple[int, ...] = ()

    @property
    def stops_batch(self) -> bool:
        return self.stops and not self.has_passed
