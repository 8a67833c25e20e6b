"""THE moves: every state of a dossier, a delivery, an entry, a report and a batch, what leads from one to another, and
who may make each move. Those of paper registers are in `paper_states`.

The ledger writes no state that is not written here: its SQL is made from these tables (`listed`), and a test replays
the events of a whole demo against them. An event of a delivery, an entry, a report or a batch leads to one state. An
event of a dossier may be read in several ways (a decision that waits for a second person leaves the dossier where it
is), so a dossier's states after an event are a set.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar


class Mover(StrEnum):
    """Who makes a move: a step of the pipeline, or somebody at the desk."""

    PULL = "pull"
    CHECK = "check"
    GATE = "gate"
    DELIVER = "deliver"
    COLLECT = "collect"
    REPORT = "report"
    STEWARD = "steward"
    SECOND_STEWARD = "second_steward"
    OPERATOR = "operator"
    DIGITISE = "digitise"
    LOAD = "load"
    KEYER = "keyer"
    ARCHIVIST = "archivist"


class DossierState(StrEnum):
    """Where a dossier stands with us."""

    PULLED = "pulled"  # its latest version is not examined yet
    WAITING = "waiting"  # the portal has not handed it over yet, or the citizen is asked for more
    HELD = "held"  # a check found fault; a person decides
    CLEARED = "cleared"  # its deliveries go their way
    CLOSED = "closed"  # withdrawn, stopped or not received at the portal, or rejected by a person


class DossierEvent(StrEnum):
    """What moves a dossier; further kinds of events tell of it without moving it."""

    ARRIVED = "arrived"  # a new version
    STATUS_CHANGED = "status_changed"
    HELD = "held"
    CLEARED = "cleared"
    WAITING = "waiting"
    CLOSED = "closed"
    EDITED = "edited"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    RELEASED = "released"
    SUPPLEMENT_ASKED = "supplement_asked"
    REJECTED = "rejected"
    RESENT = "resent"
    UNDONE = "undone"
    CORRECTED = "corrected"
    ANNULLED = "annulled"
    KEPT = "kept"
    DUPLICATE_DECIDED = "duplicate_decided"
    UNPAIRED = "unpaired"  # the dossier that it might be a duplicate of is none any more
    BATCH_REJECTED = "batch_rejected"
    REFUSED = "refused"  # a registry said no while a newer version was held
    FOUND_MISSING = "found_missing"  # a registry does not know it while a newer version was held
    REPORT_REFUSED = "report_refused"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"  # an earlier step, or a value it needs, is missing
    READY = "ready"  # may be sent
    SENDING = "sending"  # an attempt is written down; its answer is not
    UNANSWERED = "unanswered"  # the attempt may have taken effect: ask first
    ACCEPTED = "accepted"  # the registry has it and works on it
    REGISTERED = "registered"  # done; the receipt is kept
    REFUSED = "refused"  # the registry said no
    STOPPED = "stopped"  # an earlier step was refused
    PARKED = "parked"  # the registry takes no such operation: a person has it done there
    SETTLED = "settled"  # a person says that it was done there
    CANCELLED = "cancelled"  # a newer version took its place before anything was sent


class DeliveryEvent(StrEnum):
    """What can happen to a delivery."""

    PLANNED = "planned"
    OPENED = "opened"
    PARKED = "parked"
    ATTEMPTED = "attempted"
    UNREACHED = "unreached"  # surely not sent
    UNANSWERED = "unanswered"  # perhaps sent
    FOUND_MISSING = "found_missing"  # asked: the registry does not know it
    ACCEPTED = "accepted"
    REGISTERED = "registered"
    COMPLETED = "completed"  # a value that was pending has come
    REFUSED = "refused"
    STOPPED = "stopped"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    RESENT = "resent"  # a person wants the same sent once more
    RESUMED = "resumed"  # the step before goes out again


class EntryState(StrEnum):
    """Where an entry of a registry stands, as far as our deliveries tell."""

    EXPECTED = "expected"  # a delivery that would make it is planned or under way
    REGISTERED = "registered"
    ANNULLED = "annulled"


class EntryEvent(StrEnum):
    """What happens to an entry."""

    REGISTERED = "registered"
    CORRECTED = "corrected"
    ANNULLED = "annulled"


class ReportState(StrEnum):
    """Where a report to a portal stands."""

    PENDING = "pending"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # what it would tell is no longer so


class ReportEvent(StrEnum):
    """What happens to a report; events carry these kinds with the prefix `report_`."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class BatchState(StrEnum):
    """Where a batch stands."""

    OPEN = "open"
    PASSED = "passed"
    STOPPED = "stopped"
    RELEASED = "released"
    REJECTED = "rejected"


class BatchEvent(StrEnum):
    """What happens to a batch."""

    PASSED = "passed"
    STOPPED = "stopped"
    RELEASED = "released"
    REJECTED = "rejected"


S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class IllegalMove(ValueError):
    """An event that cannot happen in a state."""


@dataclass(frozen=True)
class Move(Generic[S, E]):
    """One row: what happens, in which states it can, which state follows, and who makes it happen.

    `after` None: the state stays what it is.
    """

    event: E
    before: frozenset[S]
    after: S | None
    by: frozenset[Mover]


@dataclass(frozen=True)
class StateMachine(Generic[S, E]):
    """The moves of one kind of thing. `first`: the states it can begin in."""

    name: str
    states: type[S]
    first: frozenset[S]
    moves: tuple[Move[S, E], ...]
    _by_event: Mapping[E, tuple[Move[S, E], ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_event: dict[E, tuple[Move[S, E], ...]] = {}
        for move in self.moves:
            by_event[move.event] = (*by_event.get(move.event, ()), move)
        object.__setattr__(self, "_by_event", by_event)

    def before(self, event: E, after: S | None = None) -> frozenset[S]:
        """The states in which it can happen; with `after`, those from which it leads there."""
        moves = (move for move in self._by_event[event] if after is None or move.after == after)
        return frozenset(state for move in moves for state in move.before)

    def after(self, event: E) -> S:
        """The one state that follows. Raises ValueError where several may, or where the state stays."""
        (after,) = {move.after for move in self._by_event[event]}
        if after is None:
            raise IllegalMove(f"{self.name}: {event} leaves the state as it is")
        return after

    def possible(self, state: S, event: E) -> frozenset[S]:
        """The states that may follow when this happens in that state; none when it cannot happen there."""
        return frozenset(move.after or state for move in self._by_event.get(event, ()) if state in move.before)


def listed(states: Iterable[StrEnum]) -> str:
    """States as an SQL list: `'ready', 'sending'`; they are constants of ours, never input."""
    return ", ".join(f"'{state}'" for state in sorted(states))


def move(event: E, before: Iterable[S], after: S | None, *by: Mover) -> Move[S, E]:
    return Move(event, frozenset(before), after, frozenset(by))


_D, _DE, _M = DossierState, DossierEvent, Mover
_ANY = frozenset(DossierState)

DOSSIER: StateMachine[DossierState, DossierEvent] = StateMachine(
    "dossier",
    DossierState,
    frozenset({_D.PULLED}),
    (
        move(_DE.ARRIVED, _ANY, _D.PULLED, _M.PULL),
        move(_DE.STATUS_CHANGED, _ANY, _D.PULLED, _M.PULL),
        move(_DE.STATUS_CHANGED, _ANY, None, _M.PULL),  # it means the same for us
        move(_DE.HELD, {_D.PULLED}, _D.HELD, _M.CHECK),
        move(_DE.CLEARED, {_D.PULLED}, _D.CLEARED, _M.CHECK),
        move(_DE.WAITING, {_D.PULLED}, _D.WAITING, _M.CHECK),
        move(_DE.CLOSED, {_D.PULLED}, _D.CLOSED, _M.CHECK),
        move(_DE.EDITED, {_D.HELD, _D.CLEARED, _D.PULLED}, _D.PULLED, _M.STEWARD),
        move(_DE.EDITED, {_D.HELD, _D.CLEARED, _D.PULLED}, None, _M.STEWARD),  # it waits for a second person
        move(_DE.CONFIRMED, {_D.HELD, _D.CLEARED, _D.PULLED}, _D.PULLED, _M.SECOND_STEWARD),
        move(_DE.DECLINED, {_D.HELD, _D.CLEARED, _D.PULLED}, None, _M.SECOND_STEWARD),
        move(_DE.RELEASED, {_D.HELD}, _D.PULLED, _M.STEWARD, _M.OPERATOR),
        move(_DE.RELEASED, {_D.CLEARED}, None, _M.STEWARD, _M.OPERATOR),  # what was found beside it is seen to
        move(_DE.SUPPLEMENT_ASKED, {_D.HELD, _D.CLEARED, _D.PULLED}, _D.WAITING, _M.STEWARD),
        move(_DE.REJECTED, {_D.HELD, _D.CLEARED, _D.PULLED}, _D.CLOSED, _M.STEWARD),
        move(_DE.RESENT, {_D.CLEARED}, None, _M.STEWARD),
        move(_DE.UNDONE, _ANY, _D.PULLED, _M.STEWARD),
        move(_DE.CORRECTED, {_D.HELD}, _D.PULLED, _M.STEWARD),
        move(_DE.CORRECTED, {_D.HELD}, None, _M.STEWARD),  # it waits for a second person
        move(_DE.ANNULLED, {_D.HELD}, _D.PULLED, _M.STEWARD),
        move(_DE.ANNULLED, {_D.HELD}, None, _M.STEWARD),
        move(_DE.KEPT, {_D.HELD, _D.CLEARED}, _D.PULLED, _M.STEWARD),
        move(_DE.DUPLICATE_DECIDED, {_D.HELD}, _D.PULLED, _M.STEWARD),
        move(_DE.DUPLICATE_DECIDED, _ANY, None, _M.STEWARD),
        move(_DE.UNPAIRED, {_D.HELD}, _D.PULLED, _M.CHECK),
        move(_DE.BATCH_REJECTED, {_D.CLEARED, _D.HELD}, _D.HELD, _M.STEWARD, _M.OPERATOR),
        move(_DE.BATCH_REJECTED, _ANY, None, _M.STEWARD, _M.OPERATOR),
        move(_DE.REFUSED, {_D.HELD}, _D.PULLED, _M.DELIVER, _M.COLLECT),
        move(_DE.REFUSED, _ANY, None, _M.DELIVER, _M.COLLECT),
        move(_DE.FOUND_MISSING, {_D.HELD}, _D.PULLED, _M.DELIVER),
        move(_DE.FOUND_MISSING, _ANY, None, _M.DELIVER),
        move(_DE.REPORT_REFUSED, {_D.WAITING, _D.CLOSED}, _D.HELD, _M.REPORT),
        move(_DE.REPORT_REFUSED, _ANY, None, _M.REPORT),
    ),
)

_L, _LE = DeliveryState, DeliveryEvent
IN_DOUBT = frozenset({_L.SENDING, _L.UNANSWERED})
"""Perhaps sent."""
OPEN_STATES = frozenset({_L.WAITING, _L.READY, _L.SENDING, _L.UNANSWERED, _L.ACCEPTED})
"""Counted as waiting in the account."""
UNDER_WAY = frozenset({_L.SENDING, _L.UNANSWERED, _L.ACCEPTED})
"""The registry is being asked, or works on it."""
TOUCHED_STATES = UNDER_WAY | {_L.REGISTERED}
"""The registry has it, or may have it."""
UNSENT_STATES = frozenset({_L.WAITING, _L.READY})
PASSED_STATES = frozenset({_L.REGISTERED, _L.CANCELLED, _L.PARKED, _L.SETTLED})
"""What comes behind it in order need not wait for it."""

DELIVERY: StateMachine[DeliveryState, DeliveryEvent] = StateMachine(
    "delivery",
    DeliveryState,
    frozenset({_L.READY, _L.WAITING}),
    (
        move(_LE.PLANNED, {_L.CANCELLED}, _L.WAITING, _M.CHECK),
        move(_LE.PLANNED, {_L.CANCELLED}, _L.READY, _M.CHECK),
        move(_LE.OPENED, {_L.WAITING}, _L.READY, _M.CHECK, _M.DELIVER, _M.COLLECT),
        move(_LE.PARKED, {_L.WAITING}, _L.PARKED, _M.CHECK, _M.DELIVER, _M.COLLECT),
        move(_LE.ATTEMPTED, {_L.READY}, _L.SENDING, _M.DELIVER),
        move(_LE.UNREACHED, {_L.SENDING}, _L.READY, _M.DELIVER),
        move(_LE.UNANSWERED, IN_DOUBT, _L.UNANSWERED, _M.DELIVER),
        move(_LE.FOUND_MISSING, IN_DOUBT, _L.READY, _M.DELIVER),
        move(_LE.ACCEPTED, IN_DOUBT, _L.ACCEPTED, _M.DELIVER),
        move(_LE.REGISTERED, UNDER_WAY, _L.REGISTERED, _M.DELIVER, _M.COLLECT),
        move(_LE.COMPLETED, {_L.REGISTERED}, _L.REGISTERED, _M.COLLECT),
        move(_LE.REFUSED, UNDER_WAY, _L.REFUSED, _M.DELIVER, _M.COLLECT),
        move(_LE.STOPPED, {_L.WAITING}, _L.STOPPED, _M.DELIVER, _M.COLLECT),
        move(_LE.SETTLED, {_L.PARKED, _L.REFUSED}, _L.SETTLED, _M.STEWARD),
        move(
            _LE.CANCELLED, {_L.WAITING, _L.READY, _L.REFUSED, _L.STOPPED, _L.PARKED}, _L.CANCELLED, _M.CHECK, _M.STEWARD
        ),
        move(_LE.RESENT, {_L.REFUSED}, _L.READY, _M.STEWARD),
        move(_LE.RESUMED, {_L.STOPPED}, _L.WAITING, _M.STEWARD),
    ),
)

_N, _NE = EntryState, EntryEvent
ENTRY: StateMachine[EntryState, EntryEvent] = StateMachine(
    "entry",
    EntryState,
    frozenset({_N.EXPECTED}),
    (
        move(_NE.REGISTERED, {_N.EXPECTED}, _N.REGISTERED, _M.DELIVER, _M.COLLECT),
        move(_NE.CORRECTED, {_N.REGISTERED}, _N.REGISTERED, _M.DELIVER, _M.COLLECT),
        move(_NE.ANNULLED, {_N.REGISTERED}, _N.ANNULLED, _M.DELIVER, _M.COLLECT, _M.STEWARD),
    ),
)

_R, _RE = ReportState, ReportEvent
REPORT: StateMachine[ReportState, ReportEvent] = StateMachine(
    "report",
    ReportState,
    frozenset({_R.PENDING}),
    (
        move(_RE.ACKNOWLEDGED, {_R.PENDING}, _R.ACKNOWLEDGED, _M.REPORT),
        move(_RE.REFUSED, {_R.PENDING}, _R.REFUSED, _M.REPORT),
        move(_RE.WITHDRAWN, {_R.PENDING}, _R.WITHDRAWN, _M.REPORT, _M.STEWARD),
    ),
)

_B, _BE = BatchState, BatchEvent
BATCH: StateMachine[BatchState, BatchEvent] = StateMachine(
    "batch",
    BatchState,
    frozenset({_B.OPEN}),
    (
        move(_BE.PASSED, {_B.OPEN}, _B.PASSED, _M.GATE),
        move(_BE.STOPPED, {_B.OPEN}, _B.STOPPED, _M.GATE),
        move(_BE.RELEASED, {_B.STOPPED}, _B.RELEASED, _M.STEWARD, _M.OPERATOR),
        move(_BE.REJECTED, {_B.STOPPED}, _B.REJECTED, _M.STEWARD, _M.OPERATOR),
    ),
)
