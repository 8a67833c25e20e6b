"""What every registry connector declares: pure functions that write our words into theirs and read theirs back.

Sending, tokens, pacing, error mapping and the delivery protocol live once, elsewhere. A connector opens no socket.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.endpoint import Endpoint
from connectors.errors import Refused
from connectors.http import Auth, Reply, Request
from connectors.registries.unit_translation import UnitCodes
from schemas.delivery import Answer, Submission
from schemas.operation import Operation
from schemas.registries import Receipt


@dataclass(frozen=True)
class Registry:
    """A registry's contract.

    `operations`: which kinds of case it takes, by operation. What it does not take, `write` refuses.
    `write_request` puts submissions (at most `sends_at_once`) into one request; `write` calls it. `read` gives one
    answer per submission, in their order.
    `ask` and `read_asked` do the same for looking up by our request code what became of earlier requests: they serve
    both a lost answer and a result that comes later. Readers raise Unrecognised for a reply of unknown shape.
    `inquire`/`read_inquiry`: what must be looked up before a registration is written; it is added to what the
    submission is given.
    `promises`: receipt fields a registration of each kind of case must bring, at once or later.
    `together`: only submissions for which it gives one and the same value go into one request.
    `places`: which codes of places it expects.
    `wants_papers`: whether submissions must carry the bytes of the dossier's papers.
    `settles_after_s`: how long after an attempt an unanswered request can still take effect; it is not asked before.
    """

    code: str
    name_vi: str
    auth: Auth
    operations: Mapping[Operation, frozenset[str]]
    write_request: Callable[[Sequence[Submission], Endpoint], Request]
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
        return case_kind in self.operations.get(operation, frozenset())

    def write(self, submissions: Sequence[Submission], endpoint: Endpoint) -> Request:
        """The request for these submissions. Raises Refused for one that the registry does not take, or that lacks the
        entry that it must cite, or that cannot be written."""
        for submission in submissions:
            self._check_taken(submission)
        return self.write_request(submissions, endpoint)

    def must_inquire(self, submission: Submission) -> bool:
        """Whether something must be looked up before this submission is written: for registrations only."""
        operation, kind = submission.operation, submission.dossier.case.kind
        return self.inquire is not None and operation is Operation.REGISTER and self.takes(operation, kind)

    def _check_taken(self, submission: Submission) -> None:
        operation, kind = submission.operation, submission.dossier.case.kind
        if not self.takes(operation, kind):
            raise Refused(f"{self.code}: does not take operation {operation} for a case of kind {kind}")
        if operation is not Operation.REGISTER and submission.entry is None:
            raise Refused(f"{self.code}: operation {operation} for a case of kind {kind} needs the entry it cites")
