"""What the desk is given to act with; it decides nothing itself and knows nothing of steps or portals' lines."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, Protocol
from uuid import UUID

from connectors.ledger import Ledger
from connectors.ledger.decisions import DecisionOutcome, DecisionRequest


class CommandResult(Protocol):
    """What came of a decision: the outcome, and the states its dossiers came to."""

    @property
    def outcome(self) -> DecisionOutcome: ...

    @property
    def moved(self) -> Counter[str]: ...


class Commands(Protocol):
    """The decisions a person may take, each of which takes effect at once."""

    def edit(
        self,
        ledger: Ledger,
        actor: str,
        wanted: Sequence[DecisionRequest],
        reason: str = "",
        bulk_id: UUID | None = None,
    ) -> CommandResult: ...

    def accept(
        self, ledger: Ledger, actor: str, wanted: Sequence[DecisionRequest], reason: str, bulk_id: UUID | None = None
    ) -> CommandResult: ...

    def ask_supplement(
        self, ledger: Ledger, actor: str, wanted: Sequence[DecisionRequest], words: str
    ) -> CommandResult: ...

    def reject(self, ledger: Ledger, actor: str, wanted: Sequence[DecisionRequest], reason: str) -> CommandResult: ...

    def resend(
        self, ledger: Ledger, actor: str, wanted: Sequence[DecisionRequest], reason: str, bulk_id: UUID | None = None
    ) -> CommandResult: ...

    def confirm(self, ledger: Ledger, actor: str, decision_ids: Sequence[int]) -> CommandResult: ...

    def decline(self, ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> CommandResult: ...

    def undo(self, ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> CommandResult: ...

    def compare(
        self, ledger: Ledger, actor: str, one: int, other: int, decided_as: Literal["same", "different"]
    ) -> bool: ...


class BatchCommands(Protocol):
    """What a person decides about a stopped batch."""

    def decide_batch(self, ledger: Ledger, batch_id: int, decision: str, actor: str, reason: str) -> bool: ...
