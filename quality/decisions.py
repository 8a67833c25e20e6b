"""Whether a person may decide so about a dossier as it stands, and if not, why.

Pure: the ledger locks the dossier and reads how it stands; what is said here decides whether the decision is written.
"""

from typing import assert_never

from schemas.decision import Act, DecisionContext, RejectionReason
from schemas.states import DossierState

NEVER_UNDONE = frozenset({Act.CONFIRMED, Act.DECLINED, Act.RESENT, Act.UNDONE})
"""What took effect outside the dossier, or ended an earlier decision, cannot be taken back."""


def rejection(act: Act, context: DecisionContext, actor: str) -> RejectionReason | None:
    """Why this person's decision is refused; None when it may be written.

    An erased dossier and one whose source changed since the person looked at it are refused whatever is decided.
    """
    if context.is_erased:
        return RejectionReason.ERASED
    if context.current_version != context.seen_version:
        return RejectionReason.OVERTAKEN
    match act:
        case Act.EDITED:
            return _not_free(context)
        case Act.RELEASED:
            return _not_releasable(context)
        case Act.SUPPLEMENT_ASKED | Act.REJECTED:
            return _not_free(context) or (RejectionReason.REGISTERED if context.is_touched else None)
        case Act.RESENT:
            return _not_resendable(context)
        case Act.CONFIRMED:
            return _resolved(context) or (RejectionReason.OWN if context.decided_by == actor else None)
        case Act.DECLINED:
            return _resolved(context)
        case Act.UNDONE:
            return _not_undoable(context)
        case _:
            assert_never(act)


def _not_free(context: DecisionContext) -> RejectionReason | None:
    """A dossier is decided while it has a fault and no registry works on it."""
    if context.is_under_way:
        return RejectionReason.UNDER_WAY
    return None if context.is_at_fault else RejectionReason.NOT_AT_FAULT


def _not_releasable(context: DecisionContext) -> RejectionReason | None:
    """A held dossier is let go on. Of a cleared one that no registry refused, the person says that its fault is known.

    A registry may work on it meanwhile: its words do not change.
    """
    is_noted = context.state == DossierState.CLEARED and context.is_at_fault and not context.is_refused
    return None if context.state == DossierState.HELD or is_noted else RejectionReason.NOT_AT_FAULT


def _not_resendable(context: DecisionContext) -> RejectionReason | None:
    is_refused = context.state == DossierState.CLEARED and context.is_refused
    return None if is_refused else RejectionReason.NOT_AT_FAULT


def _resolved(context: DecisionContext) -> RejectionReason | None:
    return None if context.is_unresolved else RejectionReason.RESOLVED


def _not_undoable(context: DecisionContext) -> RejectionReason | None:
    """A decision is taken back while neither a registry nor the portal can have learnt of it."""
    if context.is_over or context.decided_act in NEVER_UNDONE:
        return RejectionReason.RESOLVED
    if context.is_sent:
        return RejectionReason.REGISTERED
    return RejectionReason.TOLD if context.is_told else None
