"""A cleared dossier becomes deliveries; each registry answers with a receipt.

Every delivery reaches its registry exactly once. An attempt is written down before its request leaves. An attempt that
may have arrived and has no answer is first looked up at the registry by our request code, after the registry's settling
time. It is sent again only when the registry does not know it.
"""

import logging
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone

from pydantic import ValidationError

from connectors.endpoint import Endpoint
from connectors.errors import LienthongError, Refused, Unauthorised, Unreachable, Unrecognised
from connectors.http import Line, Reply, Request
from connectors.ledger import Ledger
from connectors.ledger.claims import (
    LEASE_MARGIN_S,
    LEASE_S,
    Claimed,
    claim_awaited,
    claim_doubtful,
    claim_ready,
    due_to_collect_s,
    due_to_send_s,
)
from connectors.ledger.deliveries import DeliveryOutcome, postpone
from connectors.ledger.line_health import note_line
from connectors.ledger.papers import paper_contents
from connectors.registries.contract import Registry
from dags.steps.delivery_run import Run, backoff_s, not_sent, poll_s
from dags.steps.preparing import Group, groups_of, inquire, read_originals, translate_places, with_papers
from schemas.dates import local_day
from schemas.delivery import Answer, Outcome, Submission
from schemas.operation import Operation
from schemas.registries import REGISTRIES, Receipt
from schemas.states import DeliveryEvent, DeliveryState

log = logging.getLogger(__name__)

CLAIM = 500
"""How many deliveries are claimed at once: as many as can well be sent within a lease."""
LONGEST_RUN_S = 600.0
WRITER_FAULTS = (Refused, ValueError, KeyError, TypeError, AttributeError)
"""What a connector raises when it cannot write a submission. All but Refused are faults of our own code."""

OutcomeOf = Callable[[Registry, Claimed, Submission, Answer], DeliveryOutcome | None]


def deliver(ledger: Ledger, registry: Registry, endpoint: Endpoint, *, patience_s: float = 0.0) -> dict[str, int]:
    """Asks about what is in doubt, then sends all that is ready. Returns counts by event.

    `patience_s`: the run goes on while something becomes due within so many seconds.
    """

    def due_s(run: Run) -> float | None:
        return due_to_send_s(ledger, registry.code, run.settles_after_s)

    return _repeat(ledger, registry, endpoint, patience_s, (_ask_doubtful, _send_ready), due_s)


def collect(ledger: Ledger, registry: Registry, endpoint: Endpoint, *, patience_s: float = 0.0) -> dict[str, int]:
    """Asks for results that are due: registrations, refusals, numbers still to come. Returns counts by event."""
    return _repeat(
        ledger, registry, endpoint, patience_s, (_ask_awaited,), lambda run: due_to_collect_s(ledger, registry.code)
    )


def _repeat(
    ledger: Ledger,
    registry: Registry,
    endpoint: Endpoint,
    patience_s: float,
    parts: Sequence[Callable[[Run], int]],
    next_due_s: Callable[[Run], float | None],
) -> dict[str, int]:
    started = time.monotonic()
    with (
        Line(endpoint, registry.auth, per_second=registry.per_second, concurrency=registry.concurrency) as line,
        Run(ledger, registry, line) as run,
    ):
        while time.monotonic() - started < LONGEST_RUN_S and not run.failure:
            if sum(part(run) for part in parts):
                continue
            due_s = next_due_s(run)
            if due_s is None or due_s > patience_s:
                break
            time.sleep(max(due_s, 0.05))
        note_line(ledger, registry.code, line, run.failure)
    if run.error:
        raise run.error
    return dict(run.moved)


# Sending


def _send_ready(run: Run) -> int:
    claimed = claim_ready(run.ledger, run.registry.code, CLAIM)
    if not claimed:
        return 0
    send_before = time.monotonic() + LEASE_S - LEASE_MARGIN_S
    ready = _prepare(run, claimed)
    papers = paper_contents(run.ledger, claimed) if run.registry.wants_papers else {}
    unsent = {delivery.delivery_id: delivery for delivery, _ in ready}
    for group, reply in run.line.send_all(_requests(run, ready, papers, unsent, send_before)):
        outcomes, error = _outcomes_of(run.registry, run.settles_after_s, group, reply)
        if error:
            run.note(error)
        for (_, submission), outcome in zip(group, outcomes, strict=True):
            run.record(outcome, submission.dossier)
    for delivery in unsent.values():
        run.record(not_sent(delivery, "not_tried"))
    run.settle()
    return len(claimed)


def _prepare(run: Run, claimed: Sequence[Claimed]) -> Group:
    """What can be written. The outcomes of all other claims are recorded here, and their errors are noted."""
    read = read_originals(claimed)
    translated = translate_places(run.registry, read.ready, local_day(datetime.now(timezone.utc)))
    inquired = inquire(run.registry, run.line, translated.ready)
    run.units_decided_by.update(translated.units_decided_by)
    for error in read.errors:
        run.note(error, stops_sending=False)  # it is about one dossier, the others are sent
    for error in inquired.errors:
        run.note(error)
        run.keep(error)
    for outcome in (*read.outcomes, *translated.outcomes, *inquired.outcomes):
        run.record(outcome)
    return inquired.ready


def _requests(
    run: Run,
    ready: Group,
    papers: Mapping[int, tuple[bytes, ...]],
    unsent: dict[int, Claimed],
    send_before: float,
) -> Iterator[tuple[Group, Request]]:
    """The requests, each written when the line has room for it, so that writing and the network overlap.

    This is the only place where deliveries leave `unsent`: when they are handed to the line, or are refused because
    they cannot be written. Nothing is handed over in the last part of the lease (after `send_before`, on the monotonic
    clock), after a reply of unknown shape or after a refused name.
    """
    for group in groups_of(run.registry, ready, run.registry.sends_at_once):
        if run.stops_sending or time.monotonic() > send_before:
            return
        written, refused = _write(run.registry, run.line.endpoint, group, papers)
        for outcome in refused:
            del unsent[outcome.claimed.delivery_id]
            run.record(outcome)
        for sent, request in written:
            if run.stops_sending or time.monotonic() > send_before:
                return
            for delivery, _ in sent:
                del unsent[delivery.delivery_id]
            yield sent, request


def _write(
    registry: Registry, endpoint: Endpoint, group: Group, papers: Mapping[int, tuple[bytes, ...]]
) -> tuple[list[tuple[Group, Request]], list[DeliveryOutcome]]:
    """The group's request. When it cannot be written, each submission is written alone and the faulty one is refused:
    several requests, and the refusals."""
    try:
        submissions = [with_papers(registry, delivery, submission, papers) for delivery, submission in group]
        return [(group, registry.write(submissions, endpoint))], []
    except WRITER_FAULTS as error:
        if len(group) == 1:
            return [], [_unwritable(group[0][0], error)]
    written: list[tuple[Group, Request]] = []
    refused: list[DeliveryOutcome] = []
    for pair in group:
        requests, outcomes = _write(registry, endpoint, [pair], papers)
        written += requests
        refused += outcomes
    return written, refused


def _unwritable(delivery: Claimed, error: Exception) -> DeliveryOutcome:
    """A refusal. The text of our writer's own fault may be personal, so only its kind is kept."""
    if isinstance(error, Refused):
        return DeliveryOutcome(delivery, DeliveryEvent.REFUSED, code="unwritable", words=str(error))
    log.error("%s: a submission cannot be written: %s", delivery.registry_code, type(error).__name__)
    return DeliveryOutcome(delivery, DeliveryEvent.REFUSED, code=f"unwritable_{type(error).__name__}")


def _outcomes_of(
    registry: Registry, settles_after_s: float, group: Group, reply: Reply | LienthongError
) -> tuple[list[DeliveryOutcome], LienthongError | None]:
    """What a reply to sent submissions means for each of them, in their order; and the error to note."""
    try:
        answers = _read(registry.read, reply, group)
    except Refused as error:
        return [
            DeliveryOutcome(delivery, DeliveryEvent.REFUSED, code="refused", words=str(error)) for delivery, _ in group
        ], None
    except LienthongError as error:
        return [_without_answer(delivery, error, settles_after_s) for delivery, _ in group], error
    return [
        _answered(registry, delivery, submission, answer)
        for (delivery, submission), answer in zip(group, answers, strict=True)
    ], None


def _without_answer(delivery: Claimed, error: LienthongError, settles_after_s: float) -> DeliveryOutcome:
    """The outcome of a request that brought an error instead of an answer: surely not sent, or perhaps sent."""
    if isinstance(error, Unauthorised):
        return not_sent(delivery, "unauthorised")
    if isinstance(error, Unreachable):
        if not error.may_have_arrived:
            return not_sent(delivery, "unreachable", error.retry_after_s)
        return DeliveryOutcome(delivery, DeliveryEvent.UNANSWERED, code="unreachable", wait_s=settles_after_s)
    return DeliveryOutcome(  # a reply of unknown shape: the request may have taken effect, so the reply is kept
        delivery,
        DeliveryEvent.UNANSWERED,
        code="unrecognised",
        words=_verbatim(error.reply),
        wait_s=settles_after_s,
    )


def _verbatim(reply: bytes) -> str:
    """A reply of unknown shape as text; in base64 when it is not in UTF-8, so that no byte is lost."""
    try:
        return reply.decode()
    except UnicodeDecodeError:
        return f"base64:{b64encode(reply).decode()}"


def _read(
    read: Callable[[Reply, Sequence[Submission]], list[Answer]], reply: Reply | LienthongError, group: Group
) -> list[Answer]:
    """The connector's reading. Raises the error that came instead of a reply, and Unrecognised for a value that no
    receipt can hold."""
    if isinstance(reply, LienthongError):
        raise reply
    try:
        return read(reply, [submission for _, submission in group])
    except ValidationError as error:
        field_path = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise Unrecognised(f"a receipt's {field_path} cannot be kept", reply.body) from None


def _answered(registry: Registry, delivery: Claimed, submission: Submission, answer: Answer) -> DeliveryOutcome:
    code, words = answer.code, answer.words
    match answer.outcome:
        case Outcome.ACCEPTED:
            return DeliveryOutcome(
                delivery, DeliveryEvent.ACCEPTED, answer.receipt, code=code, words=words, wait_s=poll_s(0)
            )
        case Outcome.REGISTERED:
            receipt = answer.receipt or REGISTRIES[registry.code].receipt()
            lacks = _lacks(registry, submission, receipt)
            return DeliveryOutcome(delivery, DeliveryEvent.REGISTERED, receipt, lacks, code, words)
        case Outcome.REFUSED:
            return DeliveryOutcome(delivery, DeliveryEvent.REFUSED, answer.receipt, code=code, words=words)
        case Outcome.LATER | Outcome.UNKNOWN:
            return not_sent(delivery, code or "later", words=words)


def _lacks(registry: Registry, submission: Submission, receipt: Receipt) -> tuple[str, ...]:
    """The promised fields that neither this receipt nor an earlier one holds."""
    known = submission.given.and_then(receipt).receipt(registry.code)
    return known.lacks(_promised(registry, submission))


def _promised(registry: Registry, submission: Submission) -> tuple[str, ...]:
    """The receipt fields that the registry gives at once or later; for a change of an entry that stands, and for one
    that a paper book holds, none: nobody gets a new number for either."""
    is_new = submission.operation is Operation.REGISTER
    return registry.promises.get(submission.dossier.case.kind, ()) if is_new else ()


# Asking


def _ask_doubtful(run: Run) -> int:
    claimed = claim_doubtful(run.ledger, run.registry.code, CLAIM, run.settles_after_s)
    for delivery in _ask(run, claimed, _doubt_resolved):
        wait_s = backoff_s(delivery.asked_number + 1)
        run.record(DeliveryOutcome(delivery, DeliveryEvent.UNANSWERED, code="asked", wait_s=wait_s))
    run.settle()
    return len(claimed)


def _ask_awaited(run: Run) -> int:
    claimed = claim_awaited(run.ledger, run.registry.code, CLAIM)
    unchanged = _ask(run, claimed, _news)
    run.settle()
    postpone(run.ledger, [(delivery, poll_s(delivery.asked_number)) for delivery in unchanged])
    return len(claimed) - len(unchanged)


def _ask(run: Run, claimed: Sequence[Claimed], outcome_of: OutcomeOf) -> list[Claimed]:
    """Asks the registry about earlier requests and records what is new. Returns the deliveries without anything new,
    among them those that could not be asked about: their state stays as it is."""
    read = read_originals(claimed)
    for error in read.errors:
        run.note(error, stops_sending=False)  # it is about one dossier
    unchanged = [outcome.claimed for outcome in read.outcomes]
    requests = (
        (group, run.registry.ask([submission for _, submission in group], run.line.endpoint))
        for group in groups_of(run.registry, read.ready, run.registry.asks_at_once)
    )
    for group, reply in run.line.send_all(requests):
        try:
            answers = _read(run.registry.read_asked, reply, group)
        except LienthongError as error:
            run.note(error)
            run.keep(error)
            unchanged += [delivery for delivery, _ in group]
            continue
        for (delivery, submission), answer in zip(group, answers, strict=True):
            if outcome := outcome_of(run.registry, delivery, submission, answer):
                run.record(outcome, submission.dossier)
            else:
                unchanged.append(delivery)
    return unchanged


def _doubt_resolved(
    registry: Registry, delivery: Claimed, submission: Submission, answer: Answer
) -> DeliveryOutcome | None:
    """What the registry says of a request that it may not have got; None while it does not say."""
    match answer.outcome:
        case Outcome.LATER:
            return None
        case Outcome.UNKNOWN:
            return DeliveryOutcome(delivery, DeliveryEvent.FOUND_MISSING)
        case _:
            return _answered(registry, delivery, submission, answer)


def _news(registry: Registry, delivery: Claimed, submission: Submission, answer: Answer) -> DeliveryOutcome | None:
    """What changes by an answer about a request that the registry has; None when nothing does."""
    if delivery.state == DeliveryState.ACCEPTED and answer.outcome in (Outcome.REGISTERED, Outcome.REFUSED):
        return _answered(registry, delivery, submission, answer)
    if delivery.state == DeliveryState.REGISTERED and answer.outcome == Outcome.REGISTERED and answer.receipt:
        lacks = _lacks(registry, submission, answer.receipt)
        if len(lacks) < len(submission.given.receipt(registry.code).lacks(_promised(registry, submission))):
            return DeliveryOutcome(delivery, DeliveryEvent.COMPLETED, answer.receipt, lacks)
    return None
