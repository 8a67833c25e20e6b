"""Deliveries: how one dossier reaches one registry at most once, and what comes back.

A delivery's moves are `DELIVERY` in `schemas.states`:

    waiting -> ready -> sending -> accepted -> registered
                 ^         |  `-> refused         (a steward acts: edits, or has it sent again)
                 |         v
                 `---- unanswered                 (asked about before anything is sent again)
"""

from datetime import date
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid5

from pydantic import SerializeAsAny

from schemas.dossier import Dossier
from schemas.entry import Entry
from schemas.fields import Model
from schemas.operation import Operation
from schemas.registries import Given, Receipt

_KEYS = UUID("6b7c3c9e-2f0a-5d5e-9a53-6c69656e7468")


class Submission(Model):
    """What a connector is given to write: the dossier, our request number, and what earlier steps gave.

    `entry` is the one that a correction or an annulment is about; a registration makes one. `reason` is why it is
    corrected or annulled, in words for the registry; it is empty for a registration.

    `papers` are the bytes of the dossier's papers in their order, for a registry that wants them.
    """

    key: UUID
    dossier: Dossier
    operation: Operation = Operation.REGISTER
    entry: Entry | None = None
    given: Given = Given()
    attempt_number: int = 1
    papers: tuple[bytes, ...] = ()
    reason: str = ""
    units_on_day: date | None = None

    @property
    def places_on(self) -> date:
        """The day whose codes the dossier's places now have: the event's, or the day they were translated to."""
        return self.units_on_day or self.dossier.event_on

    @property
    def request_code(self) -> str:
        """Our number for this request at the registry, the same for every attempt: 32 hex digits."""
        return self.key.hex


class Outcome(StrEnum):
    """What a registry's reply means for one submission."""

    ACCEPTED = "accepted"  # it has it; the result comes later
    REGISTERED = "registered"
    REFUSED = "refused"
    LATER = "later"  # it did not take it; the same request may be sent again later
    UNKNOWN = "unknown"  # asked: it does not have it


class Answer(Model):
    """A registry's reply, read. `words` are the registry's own, for the vault only; `code` may be logged."""

    outcome: Outcome
    receipt: SerializeAsAny[Receipt] | None = None
    code: str = ""
    words: str = ""


class Coded(Protocol):
    """What is known by its portal and its dossier code."""

    @property
    def portal_code(self) -> str: ...

    @property
    def dossier_code(self) -> str: ...


def delivery_key(
    registry_code: str,
    dossier: Coded,
    content_sha256: bytes,
    operation: Operation = Operation.REGISTER,
    before: UUID | None = None,
) -> UUID:
    """The same dossier content for the same registry always has the same key; the digest is that of the content.

    What changes an entry that stands has in its key what it comes after (`before`): a child that is renamed, and named
    as at first again, is two corrections.
    """
    parts = [registry_code, dossier.portal_code, dossier.dossier_code, content_sha256.hex()]
    if operation is not Operation.REGISTER:
        parts += [str(operation), before.hex if before else ""]
    return uuid5(_KEYS, "/".join(parts))
