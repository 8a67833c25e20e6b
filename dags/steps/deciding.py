"""A person decides, and it takes effect at once: the same checks run again, and what is cleared is on its way.

Every function returns what the decision holds for and why not for the rest, and what the checks made of it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from connectors.errors import Refused, Unrecognised
from connectors.ledger import Ledger, decisions, duplicate_candidates
from connectors.ledger.decisions import DecisionOutcome, DecisionRequest, RejectionReason
from connectors.ledger.opening import Opened, opened
from connectors.portals.provinces import read_original
from connectors.registries.preview import words_for
from dags.steps.checking import check_again
from schemas.decision import Edit, fitted, value_at
from schemas.dossier import Dossier


@dataclass(frozen=True)
class CommandResult:
    """What a decision did: the outcome, and the states that the dossiers came to by being examined again."""

    outcome: DecisionOutcome
    moved: Counter[str] = field(default_factory=Counter)


def edit(
    ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str = "", bulk_id: UUID | None = None
) -> CommandResult:  # fmt: skip
    """Gives fields other values. A value that cannot stand there, and one that a registry was already outcome otherwise,
    is not taken (`RejectionReason.UNFIT`, `RejectionReason.REGISTERED`)."""
    known = {one.dossier_id: one for one in opened(ledger, [one.dossier_id for one in requests])}
    fit: list[DecisionRequest] = []
    refused: dict[int, RejectionReason] = {}
    for one in requests:
        of = known.get(one.dossier_id)
        prepared = _prepare(of, one) if of else RejectionReason.ERASED
        if isinstance(prepared, RejectionReason):
            refused[one.dossier_id] = prepared
        else:
            fit.append(prepared)
    outcome = decisions.edit(ledger, actor, fit, reason, bulk_id)
    return _after(ledger, replace(outcome, refused={**refused, **outcome.refused}))


def _prepare(of: Opened, requests: DecisionRequest) -> DecisionRequest | RejectionReason:
    """The edits with what stood there before, if they can be made. Earlier ones that do not fit by themselves may do
    with these."""
    if of.unreadable_field is not None:
        return RejectionReason.UNFIT
    try:
        source = read_original(of.portal_code, of.original)
    except Unrecognised:
        return RejectionReason.UNFIT
    earlier = list(of.edits.values())
    now = fitted(source, earlier) or source
    then = fitted(source, [*earlier, *requests.edits])
    if then is None:
        return RejectionReason.UNFIT
    if any(_words(code, now, of) != _words(code, then, of) for code in of.touched):
        return RejectionReason.REGISTERED
    made = [
        Edit(field_path=one.field_path, before=value_at(now, one.field_path), after=one.after) for one in requests.edits
    ]
    return (
        replace(requests, edits=tuple(one for one in made if one.before != one.after))
        if then != now
        else RejectionReason.UNFIT
    )


def _words(registry_code: str, dossier: Dossier, of: Opened) -> bytes | None:
    try:
        return words_for(registry_code, dossier, of.given)
    except Refused:
        return None


def accept(
    ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str, bulk_id: UUID | None = None
) -> CommandResult:
    """Lets held dossiers go on as they are, with a reason."""
    return _after(ledger, decisions.accept(ledger, actor, requests, reason, bulk_id))


def ask_supplement(ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], words: str) -> CommandResult:
    """Asks the citizen for more; the portal hears it with these words."""
    return CommandResult(decisions.ask_supplement(ledger, actor, requests, words))


def reject(ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str) -> CommandResult:
    """Ends dossiers; the portal hears why."""
    return CommandResult(decisions.reject(ledger, actor, requests, reason))


def resend(
    ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str, bulk_id: UUID | None = None
) -> CommandResult:
    """Has the refusing registry sent the same once more."""
    return CommandResult(decisions.resend(ledger, actor, requests, reason, bulk_id))


def confirm(ledger: Ledger, actor: str, decision_ids: Sequence[int]) -> CommandResult:
    """A second person agrees to edits."""
    return _after(ledger, decisions.confirm(ledger, actor, decision_ids))


def decline(ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> CommandResult:
    """A second person does not agree."""
    return CommandResult(decisions.decline(ledger, actor, decision_ids, reason))


def undo(ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> CommandResult:
    """Takes decisions back."""
    return _after(ledger, decisions.undo(ledger, actor, decision_ids, reason))


def compare(ledger: Ledger, actor: str, one: int, other: int, decided_as: Literal["same", "different"]) -> bool:
    """Says whether two dossiers are about one person; False when that was said. Those held are examined again."""
    is_new = duplicate_candidates.decide(ledger, one, other, decided_as, actor)
    if is_new:
        check_again(ledger, decisions.codes_of(ledger, [one, other]))
    return is_new


def _after(ledger: Ledger, outcome: DecisionOutcome) -> CommandResult:
    if not outcome.dossier_ids:
        return CommandResult(outcome)
    return CommandResult(outcome, check_again(ledger, decisions.codes_of(ledger, outcome.dossier_ids)))
