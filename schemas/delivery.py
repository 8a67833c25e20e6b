"""Deliveries: how one dossier reaches one registry at most once, and what comes back.

A delivery's state is derived from its events by `TRANSITIONS`, which is the whole state machine:

    waiting -> ready -> sending -> accepted -> registered
                 ^         |  `-> refused         (a steward acts: mends, or has it sent again)
                 |         v
                 `---- unanswered                 (asked about before anything is sent again)
"""

from datetime import date
from enum import StrEnum
from uuid import UUID, uuid5

from pydantic import field_validator

from schemas.dossier import Dossier
from schemas.fields import Model, field

REGISTRY_CODES = ("civil_status", "residence", "health_insurance", "land")

_KEYS = UUID("6b7c3c9e-2f0a-5d5e-9a53-6c69656e7468")


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"  # an earlier step, or a value it needs, is missing
    READY = "ready"  # may be sent
    SENDING = "sending"  # an attempt is written down; its answer is not
    UNANSWERED = "unanswered"  # the attempt may have taken effect: ask first
    ACCEPTED = "accepted"  # the registry has it and works on it
    REGISTERED = "registered"  # done; the receipt is kept
    REFUSED = "refused"  # the registry said no
    STOPPED = "stopped"  # an earlier step was refused
    CANCELLED = "cancelled"  # a newer version took its place before anything was sent


class Event(StrEnum):
    """What can happen to a delivery."""

    PLANNED = "planned"
    OPENED = "opened"
    ATTEMPTED = "attempted"
    UNREACHED = "unreached"  # surely not sent
    UNANSWERED = "unanswered"  # perhaps sent
    FOUND_MISSING = "found_missing"  # asked: the registry does not know it
    ACCEPTED = "accepted"
    REGISTERED = "registered"
    COMPLETED = "completed"  # a value that was pending has come
    REFUSED = "refused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    RESENT = "resent"  # a person wants the same sent once more
    RESUMED = "resumed"  # the step before goes out again


_IN_DOUBT = frozenset({State.SENDING, State.UNANSWERED})

TRANSITIONS: dict[Event, tuple[frozenset[State], State]] = {
    Event.OPENED: (frozenset({State.WAITING}), State.READY),
    Event.ATTEMPTED: (frozenset({State.READY}), State.SENDING),
    Event.UNREACHED: (frozenset({State.SENDING}), State.READY),
    Event.UNANSWERED: (_IN_DOUBT, State.UNANSWERED),
    Event.FOUND_MISSING: (_IN_DOUBT, State.READY),
    Event.ACCEPTED: (_IN_DOUBT, State.ACCEPTED),
    Event.REGISTERED: (_IN_DOUBT | {State.ACCEPTED}, State.REGISTERED),
    Event.COMPLETED: (frozenset({State.REGISTERED}), State.REGISTERED),
    Event.REFUSED: (_IN_DOUBT | {State.ACCEPTED}, State.REFUSED),
    Event.STOPPED: (frozenset({State.WAITING}), State.STOPPED),
    Event.CANCELLED: (frozenset({State.WAITING, State.READY, State.REFUSED, State.STOPPED}), State.CANCELLED),
    Event.RESENT: (frozenset({State.REFUSED}), State.READY),
    Event.RESUMED: (frozenset({State.STOPPED}), State.WAITING),
}

OPEN_STATES = frozenset({State.WAITING, State.READY, State.SENDING, State.UNANSWERED, State.ACCEPTED})
"""Counted as waiting in the account."""

TOUCHED_STATES = frozenset({State.SENDING, State.UNANSWERED, State.ACCEPTED, State.REGISTERED})
"""The registry has it, or may have it."""


class Receipt(Model):
    """What a registry gave back; a later step of the chain takes what an earlier one gave."""

    registered_on: date | None = field("ngày đăng ký", "2026-11-21")
    entry_number: str | None = field("số đăng ký", "123")
    book_code: str | None = field("quyển số", "01/2026")
    page_number: str | None = field("trang số", "62")
    personal_id: str | None = field("số định danh cá nhân", "024326001234")
    residence_case_code: str | None = field("số hồ sơ cư trú", "CT-24-000123")
    insurance_number: str | None = field("mã số BHXH", "2426001234")
    card_code: str | None = field("mã thẻ BHYT", "TE1242426001234")
    card_until: date | None = field("hạn thẻ", "2032-09-30")
    land_entry_code: str | None = field("mã biến động", "24-07210-000123")
    result_code: str | None = field("mã giấy tờ kết quả", "KQ.G15.000031")

    @field_validator("*")
    @classmethod
    def _is_text(cls, value: object) -> object:
        """Half a surrogate pair is no text: it could be kept nowhere and told to nobody."""
        if isinstance(value, str):
            value.encode()  # UnicodeEncodeError is a ValueError, which pydantic takes for a fault of the field
        return value

    def and_then(self, later: "Receipt") -> "Receipt":
        """Both receipts as one; what is known is not forgotten."""
        return self.model_copy(update=later.model_dump(exclude_none=True))

    def lacks(self, needs: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in needs if getattr(self, name) is None)


class Parcel(Model):
    """What a connector is given to write: the dossier, our request number, and what earlier steps gave.

    `papers` are the bytes of the dossier's papers in their order, for a registry that wants them.
    """

    key: UUID
    dossier: Dossier
    given: Receipt = Receipt()
    attempt_number: int = 1
    papers: tuple[bytes, ...] = ()
    carried_to: date | None = None

    @property
    def places_on(self) -> date:
        """The day whose codes the dossier's places now have: the event's, or the day they were carried to."""
        return self.carried_to or self.dossier.event_on

    @property
    def request_code(self) -> str:
        """Our number for this request at the registry, the same for every attempt: 32 hex digits."""
        return self.key.hex


class Outcome(StrEnum):
    """What a registry's reply means for one parcel."""

    ACCEPTED = "accepted"  # it has it; the result comes later
    REGISTERED = "registered"
    REFUSED = "refused"
    LATER = "later"  # it did not take it; the same request may be sent again later
    UNKNOWN = "unknown"  # asked: it does not have it


class Answer(Model):
    """A registry's reply, read. `words` are the registry's own, for the vault only; `code` may be logged."""

    outcome: Outcome
    receipt: Receipt | None = None
    code: str = ""
    words: str = ""


def delivery_key(registry_code: str, dossier: Dossier, content_sha256: bytes) -> UUID:
    """The same dossier content for the same registry always has the same key; the digest is that of the content."""
    return uuid5(_KEYS, "/".join((registry_code, dossier.portal_code, dossier.dossier_code, content_sha256.hex())))
