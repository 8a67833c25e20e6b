"""Claimed deliveries become submissions, before any request is written.

Each phase returns values and records nothing: the submissions that may be sent, the outcomes of the deliveries that are
not sent, and the errors that an engineer or an operator must know. `delivering` records them.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from connectors.errors import LienthongError, Refused, Unrecognised
from connectors.http import Line, Reply, Request
from connectors.ledger.claims import Claimed
from connectors.ledger.deliveries import DeliveryOutcome
from connectors.portals.provinces import platform_of, read_original
from connectors.registries.contract import Registry
from connectors.registries.unit_translation import AmbiguousUnit, day_of, translate_units
from dags.steps.delivery_run import backoff_s, not_sent
from schemas.delivery import Submission
from schemas.operation import Operation
from schemas.states import DeliveryEvent

Pair = tuple[Claimed, Submission]
Group = list[Pair]

UNREADABLE_WAIT_S = backoff_s(10)
"""An original that cannot be read stays so until an engineer has changed the connector."""


@dataclass(frozen=True)
class Prepared:
    """What a phase returns. `ready`: what the next phase takes. `outcomes`: of deliveries that are not sent.

    `units_decided_by`: by delivery, the records that made one place of several.
    """

    ready: Group = field(default_factory=list)
    outcomes: list[DeliveryOutcome] = field(default_factory=list)
    errors: list[LienthongError] = field(default_factory=list)
    units_decided_by: dict[int, list[str]] = field(default_factory=dict)


def read_originals(claimed: Sequence[Claimed]) -> Prepared:
    """What the connector is given, for each claim whose original can still be read; without the bytes of papers."""
    prepared = Prepared()
    for delivery in claimed:
        try:
            dossier = read_original(delivery.portal_code, delivery.original, delivery.edits)
        except Unrecognised as error:
            prepared.errors.append(error)
            prepared.outcomes.append(not_sent(delivery, "unreadable", UNREADABLE_WAIT_S))
            continue
        submission = Submission(
            key=delivery.delivery_key,
            dossier=dossier,
            operation=delivery.operation,
            entry=dossier.book_entry if delivery.operation is Operation.HISTORICAL else delivery.entry,
            reason=delivery.reason,
            given=delivery.given,
            attempt_number=delivery.attempt_number,
        )
        prepared.ready.append((delivery, submission))
    return prepared


def translate_places(registry: Registry, group: Group, today: date) -> Prepared:
    """The submissions with the codes of places that the registry expects today. One whose place became several, and
    where no record decides, is refused: a person must decide."""
    prepared = Prepared()
    for delivery, submission in group:
        try:
            dossier, evidence = translate_units(submission.dossier, registry.places, today)
        except AmbiguousUnit as error:
            prepared.outcomes.append(
                DeliveryOutcome(delivery, DeliveryEvent.REFUSED, code="place_undecided", words=str(error))
            )
            continue
        if evidence:
            prepared.units_decided_by[delivery.delivery_id] = [f"{record.kind}: {record.record}" for record in evidence]
        units_on_day = day_of(dossier, registry.places, today)
        if dossier is not submission.dossier or units_on_day != submission.places_on:
            submission = submission.model_copy(update={"dossier": dossier, "units_on_day": units_on_day})
        prepared.ready.append((delivery, submission))
    return prepared


def inquire(registry: Registry, line: Line, group: Group) -> Prepared:
    """Looks up at the registry what must be known before writing. What cannot be looked up now is not sent now."""
    prepared = Prepared(ready=[pair for pair in group if not registry.must_inquire(pair[1])])
    for (delivery, submission), reply in line.send_all(_inquiries(registry, line, group)):
        try:
            learnt = _read_inquiry(registry, submission, reply)
        except Refused as error:
            prepared.outcomes.append(DeliveryOutcome(delivery, DeliveryEvent.REFUSED, code="inquiry", words=str(error)))
        except LienthongError as error:
            prepared.errors.append(error)
            prepared.outcomes.append(not_sent(delivery, type(error).__name__))
        else:
            prepared.ready.append((delivery, learnt))
    return prepared


def _inquiries(registry: Registry, line: Line, group: Group) -> Iterator[tuple[Pair, Request]]:
    if registry.inquire:
        for delivery, submission in group:
            if registry.must_inquire(submission):
                yield (delivery, submission), registry.inquire(submission, line.endpoint)


def _read_inquiry(registry: Registry, submission: Submission, reply: Reply | LienthongError) -> Submission:
    """The submission with what the registry answered. Raises the error that came instead of a reply."""
    if isinstance(reply, LienthongError):
        raise reply
    assert registry.read_inquiry is not None  # a registry that inquires reads the answer
    return submission.model_copy(update={"given": submission.given.and_then(registry.read_inquiry(reply, submission))})


def with_papers(
    registry: Registry, delivery: Claimed, submission: Submission, fetched: Mapping[int, tuple[bytes, ...]]
) -> Submission:
    """The submission with the bytes of its papers, where the registry wants them. `fetched`: by delivery, for portals
    whose papers do not lie inside the original."""
    if not registry.wants_papers:
        return submission
    platform = platform_of(delivery.portal_code)
    inside = platform.papers_inside if platform else None
    papers = tuple(inside(delivery.original)) if inside else fetched.get(delivery.delivery_id, ())
    return submission.model_copy(update={"papers": papers})


def groups_of(registry: Registry, pairs: Iterable[Pair], size: int) -> Iterator[Group]:
    """The submissions that go into one request: of one operation, of one kind by `together`, at most `size`."""
    open_groups: dict[Hashable, Group] = {}
    for delivery, submission in pairs:
        kind = (submission.operation, registry.together(submission))
        group = open_groups.setdefault(kind, [])
        group.append((delivery, submission))
        if len(group) == size:
            yield open_groups.pop(kind)
    yield from open_groups.values()
