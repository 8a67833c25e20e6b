"""What the twins share: what they ask of a dataset, what a registry's twin holds, and the order in which it works.

What twins do with corrections and annulments is assumed throughout: no document that describes them was found.
"""

import heapq
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

from lxml import etree

from connectors.sandbox.dataset import Planted
from schemas.dossier import Dossier
from schemas.operation import Operation

R = TypeVar("R")
NAMESPACE = re.compile(r"\{[^}]*\}")


class RegistryDataset(Protocol):
    """What a registry's twin asks of the dataset: `Dataset` says what each call means."""

    def refusal(self, registry_code: str, dossier_code: str, request: str) -> str | None: ...

    def lateness_s(self, registry_code: str, request_code: str) -> float: ...

    def number(self, *parts: str, digits: int) -> str: ...


class InsuredDossier(Protocol):
    """A planted dossier as far as health insurance looks at it."""

    @property
    def dossier(self) -> Dossier: ...

    @property
    def edited(self) -> Dossier | None: ...


class InsuranceDataset(RegistryDataset, Protocol):
    """Health insurance also knows persons who had a number before their dossier came."""

    @property
    def planted(self) -> Sequence[InsuredDossier]: ...


class PortalDataset(Protocol):
    """What a portal's twin asks of the dataset."""

    def of_province(self, province_code: str) -> Sequence[Planted]: ...


@dataclass(kw_only=True)
class TwinEntry:
    """An entry at a registry's twin.

    `words` is the content that was accepted last. `operations` are those that took effect, in their order; an entry
    without any is still being worked on. `submissions` counts all requests about it, repeats included.
    """

    dossier_code: str
    number: str
    words: Any
    operations: list[Operation] = field(default_factory=list)
    submissions: int = 1

    @property
    def is_annulled(self) -> bool:
        return Operation.ANNUL in self.operations

    def entry_row(self, unknown_citations: int = 0) -> dict[str, Any]:
        """The entry as `entries()` shows it; `unknown_citations` are those of its dossier."""
        return {
            "dossier_code": self.dossier_code,
            "entry_number": self.number,
            "words": self.words,
            "is_annulled": self.is_annulled,
            "operations": [operation.value for operation in self.operations],
            "submissions": self.submissions,
            "unknown_citations": unknown_citations,
        }


class WorkQueue(Generic[R]):
    """The requests that a registry works on. A later request may be done before an earlier one."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, R]] = []
        self._numbers = count()

    def put(self, done_at: float, request: R) -> None:
        """`done_at`: on the monotonic clock, in seconds."""
        heapq.heappush(self._waiting, (done_at, next(self._numbers), request))

    def take_done(self) -> list[R]:
        """Takes out the requests that are done by now, in the order in which they are done."""
        done, now = [], time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            done.append(heapq.heappop(self._waiting)[2])
        return done


def xml_fields(root: etree._Element) -> dict[str, str]:
    """The text of each element without children, by its path below `root`, without namespaces: `Chu/HoTen[2]`."""
    tree = etree.ElementTree(root)
    leaves = (element for element in root.iter(etree.Element) if not len(element))
    return {NAMESPACE.sub("", tree.getelementpath(element)): element.text or "" for element in leaves}
