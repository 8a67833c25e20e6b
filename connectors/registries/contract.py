"""What every registry connector declares: pure functions that write our words into theirs and read theirs back.

Sending, tokens, pacing, error mapping and the delivery protocol live once, elsewhere. A connector opens no socket.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.endpoint import Endpoint
from connectors.http import Auth, Reply, Request
from connectors.registries.unit_translation import UnitCodes
from schemas.delivery import Answer, Submission
from schemas.operation import Operation
from schemas.registries import Receipt


@dataclass(frozen=True)
class Registry:
    """A registry's contract.

    `write` puts submissions (at most `sends_at_once`) into one request; `read` gives one answer per submission, in their order.
    `ask` and `read_asked` do the same for looking up by our request code what became of earlier requests: they serve
    both a lost answer and a result that comes later. Readers raise Unrecognised for a reply of unknown shape.
    `inquire`/`read_inquiry`: what must be looked up before writing, added to what the submission is given.
    `promises`: receipt fields a registration of each kind of case must bring, at once or later.
    `together`: only submissions for which it gives the same value go into one request.
    `places`: which codes of places it expects.
    `wants_papers`: whether submissions must carry the bytes of the dossier's papers.
    `settles_after_s`: how long after an attempt an unanswered request can still take effect; it is not asked before.
    """

    code: str
    name_vi: str
    auth: Auth
    write: Callable[[Sequence[Submission], Endpoint], Request]
    read: Callable[[Reply, Sequence[Submission]], list[Answer]]
    ask: Callable[[Sequence[Submission], Endpoint], Request]
    read_asked: Callable[[Reply, Sequence[Submission]], list[Answer]]
    probe: Callable[[Endpoint], Request]
    sends_at_once: int = 1
    asks_at_once: int = 1
    per_second: float = 50.0
    concurrency: int = 8
    settles_after_s: float = 60.0
    promises: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    together: Callable[[Submission], Hashable] = lambda submission: None
    wants_papers: bool = False
    places: UnitCodes = UnitCodes()
    inquire: Callable[[Submission, Endpoint], Request] | None = None
    read_inquiry: Callable[[Reply, Submission], Receipt] | None = None

    def takes(self, operation: Operation, case_kind: str) -> bool:
        """Whether the registry carries this operation out for this kind of case."""
        return self.code in ("civil_status", "health_insurance")
