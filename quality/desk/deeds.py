"""What the desk is given to act with; it decides nothing itself and knows nothing of steps or portals' lines."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, Protocol
from uuid import UUID

from connectors.ledger import Ledger
from connectors.ledger.decisions import Ruling, Wanted


class Deed(Protocol):
    """What came of a decision: the ruling, and the states its dossiers came to."""

    @property
    def ruling(self) -> Ruling: ...

    @property
    def moved(self) -> Counter[str]: ...


class Deeds(Protocol):
    """The decisions a person may take, each of which takes effect at once."""

    def mend(
        self, ledger: Ledger, actor: str, wanted: Sequence[Wanted], reason: str = "", bulk_id: UUID | None = None
    ) -> Deed: ...

    def accept(
        self, ledger: Ledger, actor: str, wanted: Sequence[Wanted], reason: str, bulk_id: UUID | None = None
    ) -> Deed: ...

    def ask_supplement(self, ledger: Ledger, actor: str, wanted: Sequence[Wanted], words: str) -> Deed: ...

    def reject(self, ledger: Ledger, actor: str, wanted: Sequence[Wanted], reason: str) -> Deed: ...

    def resend(
        self, ledger: Ledger, actor: str, wanted: Sequence[Wanted], reason: str, bulk_id: UUID | None = None
    ) -> Deed: ...

    def confirm(self, ledger: Ledger, actor: str, decision_ids: Sequence[int]) -> Deed: ...

    def decline(self, ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> Deed: ...

    def undo(self, ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> Deed: ...

    def compare(
        self, ledger: Ledger, actor: str, one: int, other: int, decided_as: Literal["same", "different"]
    ) -> bool: ...


class BatchDeeds(Protocol):
    """What a person decides about a stopped batch."""

    def decide_batch(self, ledger: Ledger, batch_id: int, decision: str, actor: str, reason: str) -> bool: ...
