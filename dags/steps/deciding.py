"""A person decides, and the decision takes effect at once: the checks run again, and cleared dossiers go on.

Every function returns the dossiers that the decision is valid for, the reasons for the others, and the states after the
new examination.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from connectors.errors import Unrecognised
from connectors.ledger import Ledger, decisions, duplicate_candidates
from connectors.ledger.decisions import DecisionOutcome, DecisionRequest
from connectors.ledger.opening import Opened, opened
from connectors.portals.provinces import read_original
from dags.steps.checking import check_again
from dags.steps.correcting import changes_identity, words_if_any
from quality.decisions import rejection
from schemas.decision import Act, Edit, RejectionReason, fitted, value_at


@dataclass(frozen=True)
class CommandResult:
    """The result of a command: the decision's outcome, and how many dossiers each state has after the examination."""

    outcome: DecisionOutcome
    moved: Counter[str] = field(default_factory=Counter)


def edit(
    ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str = "", bulk_id: UUID | None = None
) -> CommandResult:
    """Gives fields other values. Not taken are a value that the field cannot hold (`RejectionReason.UNFIT`), and one
    that changes what a registry was already sent (`RejectionReason.REGISTERED`)."""
    ids = [request.dossier_id for request in requests]
    known = {dossier.dossier_id: dossier for dossier in opened(ledger, ids)}
    fit: list[DecisionRequest] = []
    refused: dict[int, RejectionReason] = {}
    for request in requests:
        dossier = known.get(request.dossier_id)
        prepared = _prepare(dossier, request) if dossier else RejectionReason.ERASED
        if isinstance(prepared, RejectionReason):
            refused[request.dossier_id] = prepared
        else:
            fit.append(prepared)
    outcome = decisions.edit(ledger, actor, fit, reason, bulk_id, reject=rejection)
    return _after(ledger, replace(outcome, refused={**refused, **outcome.refused}))


def _prepare(dossier: Opened, request: DecisionRequest) -> DecisionRequest | RejectionReason:
    """The request with the value before each edit, or why it cannot be made. Earlier edits that do not fit by
    themselves may fit together with these."""
    if dossier.unreadable_field is not None:
        return RejectionReason.UNFIT
    try:
        source = read_original(dossier.portal_code, dossier.original)
    except Unrecognised:
        return RejectionReason.UNFIT
    earlier = list(dossier.edits.values())
    now = fitted(source, earlier) or source
    then = fitted(source, [*earlier, *request.edits])
    if then is None:
        return RejectionReason.UNFIT
    given = dossier.given
    if any(words_if_any(code, now, given) != words_if_any(code, then, given) for code in dossier.touched):
        return RejectionReason.REGISTERED
    made = [
        Edit(field_path=change.field_path, before=value_at(now, change.field_path), after=change.after)
        for change in request.edits
    ]
    changing = tuple(change for change in made if change.before != change.after)
    return replace(request, edits=changing) if then != now else RejectionReason.UNFIT


def accept(
    ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str, bulk_id: UUID | None = None
) -> CommandResult:
    """Lets held dossiers go on as they are, with a reason."""
    return _after(ledger, decisions.accept(ledger, actor, requests, reason, bulk_id, reject=rejection))


def ask_supplement(ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], words: str) -> CommandResult:
    """Asks the citizen for more; the portal is sent these words."""
    return CommandResult(decisions.ask_supplement(ledger, actor, requests, words, reject=rejection))


def reject(ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str) -> CommandResult:
    """Ends dossiers; the reason is sent to the portal."""
    return CommandResult(decisions.end(ledger, actor, requests, reason, reject=rejection))


def resend(
    ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str, bulk_id: UUID | None = None
) -> CommandResult:
    """Sends the refusing registry the unchanged request once more."""
    return CommandResult(decisions.resend(ledger, actor, requests, reason, bulk_id, reject=rejection))


def correct(ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str) -> CommandResult:
    """Has the registries that hold other words correct them, in the route's order. Where a person's identity changes, a
    second person must agree first."""
    waits = changes_identity(ledger, [request.dossier_id for request in requests])
    outcome = decisions.resolve_change(ledger, Act.CORRECTED, actor, requests, reason, waits, reject=rejection)
    return _after(ledger, outcome)


def annul(ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str) -> CommandResult:
    """Has the registries annul what they hold; a second person must agree first."""
    waits = dict.fromkeys((request.dossier_id for request in requests), True)
    outcome = decisions.resolve_change(ledger, Act.ANNULLED, actor, requests, reason, waits, reject=rejection)
    return _after(ledger, outcome)


def keep(ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str) -> CommandResult:
    """Leaves unchanged what the registries hold, although the portal now says something else."""
    outcome = decisions.resolve_change(ledger, Act.KEPT, actor, requests, reason, {}, reject=rejection)
    return _after(ledger, outcome)


def settle(ledger: Ledger, actor: str, delivery_ids: Sequence[int], reason: str) -> CommandResult:
    """Writes down that parked corrections were done at their registry."""
    return CommandResult(decisions.settle(ledger, actor, delivery_ids, reason, reject=rejection))


def confirm(ledger: Ledger, actor: str, decision_ids: Sequence[int]) -> CommandResult:
    """A second person agrees to edits, corrections or annulments."""
    return _after(ledger, decisions.confirm(ledger, actor, decision_ids, reject=rejection))


def decline(ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> CommandResult:
    """A second person does not agree."""
    return CommandResult(decisions.decline(ledger, actor, decision_ids, reason, reject=rejection))


def undo(ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> CommandResult:
    """Takes decisions back."""
    return _after(ledger, decisions.undo(ledger, actor, decision_ids, reason, reject=rejection))


def compare(
    ledger: Ledger, actor: str, dossier_id: int, other_id: int, decided_as: Literal["same", "different"]
) -> bool:
    """Records whether two dossiers are about one person, and examines again those that are held. False when that
    was recorded before."""
    is_new = duplicate_candidates.decide(ledger, dossier_id, other_id, decided_as, actor)
    if is_new:
        check_again(ledger, decisions.codes_of(ledger, [dossier_id, other_id]))
    return is_new


def _after(ledger: Ledger, outcome: DecisionOutcome) -> CommandResult:
    if not outcome.dossier_ids:
        return CommandResult(outcome)
    return CommandResult(outcome, check_again(ledger, decisions.codes_of(ledger, outcome.dossier_ids)))
