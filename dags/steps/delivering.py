"""A cleared dossier becomes deliveries; each registry answers with a receipt.

Exactly once: an attempt is written before its request leaves. Whatever may have arrived without an answer is looked up
by our request code first, after the registry's settling time, and sent again only when the registry does not know it.
"""

import logging
import time
from base64 import b64encode
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
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
from connectors.portals.provinces import PROVINCES, read_original
from connectors.registries.contract import Registry
from connectors.registries.unit_translation import AmbiguousUnit, day_of, translate_units
from dags.steps.delivery_run import Run
from schemas.dates import local_day
from schemas.delivery import Answer, Outcome, Submission
from schemas.registries import REGISTRIES, Receipt
from schemas.states import DeliveryEvent

log = logging.getLogger(__name__)

CLAIM = 500
"""Deliveries claimed at once: what can be sent well within a lease."""
LONGEST_RUN_S = 600.0

Group = list[tuple[Claimed, Submission]]


def deliver(ledger: Ledger, registry: Registry, endpoint: Endpoint, *, patience_s: float = 0.0) -> dict[str, int]:
    """Asks about what is in doubt, then sends all that is ready. Returns counts by event.

    `patience_s`: stays on while something becomes due within so many seconds.
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
    ledger: Ledger, registry: Registry, endpoint: Endpoint, patience_s: float,
    parts: Sequence[Callable[[Run], int]], next_due_s: Callable[[Run], float | None],
) -> dict[str, int]:  # fmt: skip
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


def _send_ready(run: Run) -> int:
    claimed = claim_ready(run.ledger, run.registry.code, CLAIM)
    if not claimed:
        return 0
    send_before = time.monotonic() + LEASE_S - LEASE_MARGIN_S
    run.unsent = {one.delivery_id: one for one in claimed}
    sendable = _inquire(run, _translated(run, _submissions(run, claimed)))
    for group, reply in run.line.send_all(_requests(run, sendable, send_before)):
        _read_sent(run, group, reply)
    for one in list(run.unsent.values()):
        run.record(
            DeliveryOutcome(one, DeliveryEvent.UNREACHED, code="not_tried", wait_s=_backoff_s(one.attempt_number))
        )
    run.settle()
    return len(claimed)


def _submissions(run: Run, claimed: Sequence[Claimed]) -> Iterator[tuple[Claimed, Submission]]:
    """What the connector is given, for each claim whose original can still be read: read while others are sent."""
    papers = paper_contents(run.ledger, claimed) if run.registry.wants_papers else {}
    for one in claimed:
        try:
            dossier = read_original(one.portal_code, one.original, one.edits)
        except Unrecognised as error:
            run.note(error)
            run.record(DeliveryOutcome(one, DeliveryEvent.UNREACHED, code="unreadable", wait_s=_backoff_s(10)))
            continue
        contents = papers.get(one.delivery_id, ())
        if run.registry.wants_papers and (inside := PROVINCES[one.portal_code].platform.papers_inside):
            contents = tuple(inside(one.original))
        yield one, Submission(key=one.delivery_key, dossier=dossier, operation=one.operation, entry=one.entry,
                              reason=one.reason, given=one.given,
                          attempt_number=one.attempt_number, papers=contents)  # fmt: skip


def _translated(run: Run, submissions: Iterable[tuple[Claimed, Submission]]) -> Iterator[tuple[Claimed, Submission]]:
    """The submissions with the codes of places that the registry expects today; what is undecided is not sent."""
    today = local_day(datetime.now(timezone.utc))
    for one, submission in submissions:
        try:
            dossier, decided = translate_units(submission.dossier, run.registry.places, today)
        except AmbiguousUnit as error:
            run.record(DeliveryOutcome(one, DeliveryEvent.REFUSED, code="place_undecided", words=str(error)))
            continue
        if decided:
            run.decided[one.delivery_id] = [f"{by.kind}: {by.record}" for by in decided]
        on = day_of(dossier, run.registry.places, today)
        is_as_it_was = dossier is submission.dossier and on == submission.places_on
        yield (
            one,
            submission if is_as_it_was else submission.model_copy(update={"dossier": dossier, "units_on_day": on}),
        )


def _inquire(run: Run, submissions: Iterable[tuple[Claimed, Submission]]) -> Iterable[tuple[Claimed, Submission]]:
    """Looks up what must be known before writing; nothing is sent for those it cannot be learnt for."""
    inquire, read_inquiry = run.registry.inquire, run.registry.read_inquiry
    if inquire is None or read_inquiry is None:
        return submissions
    ready: Group = []

    def inquiries() -> Iterator[tuple[tuple[Claimed, Submission], Request]]:
        for one, submission in submissions:
            if run.registry.must_inquire(submission):
                yield (one, submission), inquire(submission, run.line.endpoint)
            else:
                ready.append((one, submission))

    for (one, submission), reply in run.line.send_all(inquiries()):
        try:
            if isinstance(reply, LienthongError):
                raise reply
            found = read_inquiry(reply, submission)
            ready.append((one, submission.model_copy(update={"given": submission.given.and_then(found)})))
        except Refused as error:
            run.record(DeliveryOutcome(one, DeliveryEvent.REFUSED, code="inquiry", words=str(error)))
        except LienthongError as error:
            run.note(error)
            run.keep(error)
            run.record(
                DeliveryOutcome(
                    one, DeliveryEvent.UNREACHED, code=type(error).__name__, wait_s=_backoff_s(one.attempt_number)
                )
            )
    return ready


def _requests(
    run: Run, submissions: Iterable[tuple[Claimed, Submission]], send_before: float
) -> Iterator[tuple[Group, Request]]:
    """Requests one by one, as the line takes them; none in the last part of the lease, none after a reply of unknown
    shape or a refused name."""
    for group in _groups(run.registry, submissions, run.registry.sends_at_once):
        if run.error or time.monotonic() > send_before:
            return
        for written, request in _written(run, group):
            for one, _ in written:
                del run.unsent[one.delivery_id]
            yield written, request


def _written(run: Run, group: Group) -> Iterator[tuple[Group, Request]]:
    """The group's request; when it cannot be written, each is tried alone and the faulty one refused."""
    try:
        yield group, run.registry.write([submission for _, submission in group], run.line.endpoint)
    except (Refused, ValueError, KeyError, TypeError, AttributeError) as error:
        if len(group) > 1:
            for alone in group:
                yield from _written(run, [alone])
            return
        is_ours = not isinstance(error, Refused)  # our writer's fault: its text is personal, its kind is not
        if is_ours:
            log.error("%s: a submission cannot be written: %s", run.registry.code, type(error).__name__)
        code = f"unwritable_{type(error).__name__}" if is_ours else "unwritable"
        run.record(DeliveryOutcome(group[0][0], DeliveryEvent.REFUSED, code=code, words="" if is_ours else str(error)))


def _groups(registry: Registry, submissions: Iterable[tuple[Claimed, Submission]], size: int) -> Iterator[Group]:
    """Parcels that go into one request: of one kind by `together`, at most `size`."""
    open_groups: dict[Hashable, Group] = {}
    for one, submission in submissions:
        kind = (submission.operation, registry.together(submission))
        group = open_groups.setdefault(kind, [])
        group.append((one, submission))
        if len(group) == size:
            yield open_groups.pop(kind)
    yield from open_groups.values()


def _read_sent(run: Run, group: Group, reply: Reply | LienthongError) -> None:
    """What a reply to sent submissions means for each of them."""
    try:
        if isinstance(reply, LienthongError):
            raise reply
        answers = _read(run.registry.read, reply, group)
    except Unreachable as error:
        run.note(error)
        for one, _ in group:
            run.record(_unreached(one, error, run.settles_after_s))
    except Unauthorised as error:
        run.note(error)
        for one, _ in group:
            run.record(
                DeliveryOutcome(
                    one, DeliveryEvent.UNREACHED, code="unauthorised", wait_s=_backoff_s(one.attempt_number)
                )
            )
    except Refused as error:
        for one, _ in group:
            run.record(DeliveryOutcome(one, DeliveryEvent.REFUSED, code="refused", words=str(error)))
    except LienthongError as error:  # of unknown shape: it may have taken effect, the reply is kept
        run.note(error)
        words = _verbatim(error.reply)
        for one, _ in group:
            run.record(
                DeliveryOutcome(
                    one, DeliveryEvent.UNANSWERED, code="unrecognised", words=words, wait_s=run.settles_after_s
                )
            )
    else:
        for (one, submission), answer in zip(group, answers, strict=True):
            run.record(_answered(run.registry, one, submission, answer), submission.dossier)


def _verbatim(reply: bytes) -> str:
    """A reply of unknown shape as text; in base64 when it is not in UTF-8, so that no byte is lost."""
    try:
        return reply.decode()
    except UnicodeDecodeError:
        return f"base64:{b64encode(reply).decode()}"


def _read(read: Callable[[Reply, Sequence[Submission]], list[Answer]], reply: Reply, group: Group) -> list[Answer]:
    """The connector's reading; a value that no receipt can hold makes the reply one of unknown shape."""
    try:
        return read(reply, [submission for _, submission in group])
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise Unrecognised(f"a receipt's {where} cannot be kept", reply.body) from None


def _unreached(one: Claimed, error: Unreachable, settles_after_s: float) -> DeliveryOutcome:
    if error.may_have_arrived:
        return DeliveryOutcome(one, DeliveryEvent.UNANSWERED, code="unreachable", wait_s=settles_after_s)
    return DeliveryOutcome(
        one, DeliveryEvent.UNREACHED, code="unreachable", wait_s=error.retry_after_s or _backoff_s(one.attempt_number)
    )


def _answered(registry: Registry, one: Claimed, submission: Submission, answer: Answer) -> DeliveryOutcome:
    match answer.outcome:
        case Outcome.ACCEPTED:
            return DeliveryOutcome(
                one, DeliveryEvent.ACCEPTED, answer.receipt, code=answer.code, words=answer.words, wait_s=_poll_s(0)
            )
        case Outcome.REGISTERED:
            receipt = answer.receipt or REGISTRIES[registry.code].receipt()
            return DeliveryOutcome(
                one, DeliveryEvent.REGISTERED, receipt, _lacks(registry, submission, receipt), answer.code, answer.words
            )
        case Outcome.REFUSED:
            return DeliveryOutcome(one, DeliveryEvent.REFUSED, answer.receipt, code=answer.code, words=answer.words)
        case Outcome.LATER | Outcome.UNKNOWN:
            wait_s = _backoff_s(one.attempt_number)
            return DeliveryOutcome(
                one, DeliveryEvent.UNREACHED, code=answer.code or "later", words=answer.words, wait_s=wait_s
            )


def _lacks(registry: Registry, submission: Submission, receipt: Receipt) -> tuple[str, ...]:
    known = submission.given.and_then(receipt).receipt(registry.code)
    return known.lacks(registry.promises.get(submission.dossier.case.kind, ()))


def _ask_doubtful(run: Run) -> int:
    claimed = claim_doubtful(run.ledger, run.registry.code, CLAIM, run.settles_after_s)
    for one, submission, answer in _asked(run, claimed):
        if answer is None or answer.outcome == Outcome.LATER:
            run.record(
                DeliveryOutcome(one, DeliveryEvent.UNANSWERED, code="asked", wait_s=_backoff_s(one.asked_number + 1))
            )
        elif answer.outcome == Outcome.UNKNOWN:
            run.record(DeliveryOutcome(one, DeliveryEvent.FOUND_MISSING))
        else:
            run.record(_answered(run.registry, one, submission, answer), submission.dossier)
    run.settle()
    return len(claimed)


def _ask_awaited(run: Run) -> int:
    claimed = claim_awaited(run.ledger, run.registry.code, CLAIM)
    waiting: list[tuple[Claimed, float]] = []
    for one, submission, answer in _asked(run, claimed):
        outcome = _news(run.registry, one, submission, answer) if answer else None
        if outcome:
            run.record(outcome, submission.dossier)
        else:
            waiting.append((one, _poll_s(one.asked_number)))
    run.settle()
    postpone(run.ledger, waiting)
    return len(claimed) - len(waiting)


def _news(registry: Registry, one: Claimed, submission: Submission, answer: Answer) -> DeliveryOutcome | None:
    """What an answer to a poll changes; None when nothing."""
    if one.state == "accepted" and answer.outcome in (Outcome.REGISTERED, Outcome.REFUSED):
        return _answered(registry, one, submission, answer)
    if one.state == "registered" and answer.outcome == Outcome.REGISTERED and answer.receipt:
        promised = registry.promises.get(submission.dossier.case.kind, ())
        lacks = _lacks(registry, submission, answer.receipt)
        if len(lacks) < len(submission.given.receipt(registry.code).lacks(promised)):
            return DeliveryOutcome(one, DeliveryEvent.COMPLETED, answer.receipt, lacks)
    return None


def _asked(run: Run, claimed: Sequence[Claimed]) -> Iterator[tuple[Claimed, Submission, Answer | None]]:
    """The registry's answers about earlier requests; None where it could not be asked."""
    requests = (
        (group, run.registry.ask([submission for _, submission in group], run.line.endpoint))
        for group in _groups(run.registry, _submissions(run, claimed), run.registry.asks_at_once)
    )
    for group, reply in run.line.send_all(requests):
        try:
            if isinstance(reply, LienthongError):
                raise reply
            answers: Sequence[Answer | None] = _read(run.registry.read_asked, reply, group)
        except LienthongError as error:
            run.note(error)
            run.keep(error)
            answers = [None] * len(group)
        for (one, submission), answer in zip(group, answers, strict=True):
            yield one, submission, answer


def _backoff_s(attempt: int) -> float:
    """2, 4, 8 ... seconds, ten minutes at most."""
    return float(min(2 ** min(attempt, 10), 600))


def _poll_s(asked: int) -> float:
    """1, 1.5, 2.3 ... seconds, ten minutes at most: a result comes in seconds, or in days."""
    return float(min(1.5 ** min(asked, 16), 600.0))
