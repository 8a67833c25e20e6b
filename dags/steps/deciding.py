"""A person decides, and it takes effect at once: the same checks run again, and what is cleared is on its way.

Every function returns what the decision holds for and why not for the rest, and what the checks made of it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from connectors.errors import Refused, Unrecognised
from connectors.ledger import Ledger, decisions, likenesses
from connectors.ledger.decisions import Ruling, Wanted, Why
from connectors.ledger.reading import Opened, opened
from connectors.portals.provinces import read_original
from connectors.preview import words_for
from dags.steps.checking import check_again
from schemas.decision import Mend, fitted, value_at
from schemas.dossier import Dossier


@dataclass(frozen=True)
class Deed:
    """What a decision did: the ruling, and the states that the dossiers came to by being examined again."""

    ruling: Ruling
    moved: Counter[str] = field(default_factory=Counter)


def mend(
    ledger: Ledger, actor: str, wanted: Sequence[Wanted], reason: str = "", bulk_id: UUID | None = None
) -> Deed:  # fmt: skip
    """Gives fields other values. A value that cannot stand there, and one that a registry was already told otherwise,
    is not taken (`Why.UNFIT`, `Why.REGISTERED`)."""
    known = {one.dossier_id: one for one in opened(ledger, [one.dossier_id for one in wanted])}
    fit: list[Wanted] = []
    refused: dict[int, Why] = {}
    for one in wanted:
        of = known.get(one.dossier_id)
        prepared = _prepare(of, one) if of else Why.ERASED
        if isinstance(prepared, Why):
            refused[one.dossier_id] = prepared
        else:
            fit.append(prepared)
    ruling = decisions.mend(ledger, actor, fit, reason, bulk_id)
    return _after(ledger, replace(ruling, refused={**refused, **ruling.refused}))


def _prepare(of: Opened, wanted: Wanted) -> Wanted | Why:
    """The mends with what stood there before, if they can be made. Earlier ones that do not fit by themselves may do
    with these."""
    if of.unreadable_field is not None:
        return Why.UNFIT
    try:
        source = read_original(of.portal_code, of.original)
    except Unrecognised:
        return Why.UNFIT
    earlier = list(of.mends.values())
    now = fitted(source, earlier) or source
    then = fitted(source, [*earlier, *wanted.mends])
    if then is None:
        return Why.UNFIT
    if any(_words(code, now, of) != _words(code, then, of) for code in of.touched):
        return Why.REGISTERED
    made = [
        Mend(field_path=one.field_path, before=value_at(now, one.field_path), after=one.after) for one in wanted.mends
    ]
    return replace(wanted, mends=tuple(one for one in made if one.before != one.after)) if then != now else Why.UNFIT


def _words(registry_code: str, dossier: Dossier, of: Opened) -> bytes | None:
    try:
        return words_for(registry_code, dossier, of.given)
    except Refused:
        return None


def accept(ledger: Ledger, actor: str, wanted: Sequence[Wanted], reason: str, bulk_id: UUID | None = None) -> Deed:
    """Lets held dossiers go on as they are, with a reason."""
    return _after(ledger, decisions.accept(ledger, actor, wanted, reason, bulk_id))


def ask_supplement(ledger: Ledger, actor: str, wanted: Sequence[Wanted], words: str) -> Deed:
    """Asks the citizen for more; the portal hears it with these words."""
    return Deed(decisions.ask_supplement(ledger, actor, wanted, words))


def reject(ledger: Ledger, actor: str, wanted: Sequence[Wanted], reason: str) -> Deed:
    """Ends dossiers; the portal hears why."""
    return Deed(decisions.reject(ledger, actor, wanted, reason))


def resend(ledger: Ledger, actor: str, wanted: Sequence[Wanted], reason: str, bulk_id: UUID | None = None) -> Deed:
    """Has the refusing registry sent the same once more."""
    return Deed(decisions.resend(ledger, actor, wanted, reason, bulk_id))


def confirm(ledger: Ledger, actor: str, decision_ids: Sequence[int]) -> Deed:
    """A second person agrees to mends."""
    return _after(ledger, decisions.confirm(ledger, actor, decision_ids))


def decline(ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> Deed:
    """A second person does not agree."""
    return Deed(decisions.decline(ledger, actor, decision_ids, reason))


def undo(ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> Deed:
    """Takes decisions back."""
    return _after(ledger, decisions.undo(ledger, actor, decision_ids, reason))


def compare(ledger: Ledger, actor: str, one: int, other: int, decided_as: Literal["same", "different"]) -> bool:
    """Says whether two dossiers are about one person; False when that was said. Those held are examined again."""
    is_new = likenesses.decide(ledger, one, other, decided_as, actor)
    if is_new:
        check_again(ledger, decisions.codes_of(ledger, [one, other]))
    return is_new


def _after(ledger: Ledger, ruling: Ruling) -> Deed:
    if not ruling.dossier_ids:
        return Deed(ruling)
    return Deed(ruling, check_again(ledger, decisions.codes_of(ledger, ruling.dossier_ids)))
