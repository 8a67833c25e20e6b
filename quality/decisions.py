"""Whether a person may decide so about a dossier as it stands, and if not, why.

Pure: the ledger locks the dossier and reads how it stands; what is said here decides whether the decision is written.
"""

from collections.abc import Callable

from schemas.decision import Act, DecisionContext, RejectionReason
from schemas.states import DossierState

NEVER_UNDONE = frozenset({Act.CONFIRMED, Act.DECLINED, Act.RESENT, Act.UNDONE, Act.SETTLED})
"""What took effect outside the dossier, or ended an earlier decision, cannot be taken back."""


def rejection(act: Act, context: DecisionContext, actor: str) -> RejectionReason | None:
    """Why this person's decision is refused; None when it may be written.

    An erased dossier and one whose source changed since the person looked at it are refused whatever is decided.
    """
    if context.is_erased:
        return RejectionReason.ERASED
    if context.current_version != context.seen_version:
        return RejectionReason.OVERTAKEN
    return RULES[act](context, actor)


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
    return RejectionReason.REPORTED if context.is_reported else None


def _not_correctable(context: DecisionContext) -> RejectionReason | None:
    """What a registry has, or may have, is corrected or annulled while the change of its portal is undecided.

    A registry may still work on the original: the correction waits behind it.
    """
    is_open = context.state == DossierState.HELD and context.is_touched and context.is_changed
    return None if is_open else RejectionReason.NOT_CHANGED


def _may_be_kept(context: DecisionContext) -> bool:
    """Registered content may stay while the dossier is held after a registry had it, or a correction is not sent."""
    is_held = context.state == DossierState.HELD and context.is_touched
    return is_held or (context.state == DossierState.CLEARED and context.has_correction)


def _not_ended(context: DecisionContext) -> RejectionReason | None:
    """What no registry has, or may have, may end or wait for the citizen."""
    return _not_free(context) or (RejectionReason.REGISTERED if context.is_touched else None)


def _not_confirmable(context: DecisionContext, actor: str) -> RejectionReason | None:
    """Whoever decided does not confirm."""
    return _resolved(context) or (RejectionReason.OWN if context.decided_by == actor else None)


RULES: dict[Act, Callable[[DecisionContext, str], RejectionReason | None]] = {
    Act.EDITED: lambda context, actor: _not_free(context),
    Act.RELEASED: lambda context, actor: _not_releasable(context),
    Act.SUPPLEMENT_ASKED: lambda context, actor: _not_ended(context),
    Act.REJECTED: lambda context, actor: _not_ended(context),
    Act.RESENT: lambda context, actor: _not_resendable(context),
    Act.CONFIRMED: _not_confirmable,
    Act.DECLINED: lambda context, actor: _resolved(context),
    Act.UNDONE: lambda context, actor: _not_undoable(context),
    Act.CORRECTED: lambda context, actor: _not_correctable(context),
    Act.ANNULLED: lambda context, actor: _not_correctable(context),
    Act.KEPT: lambda context, actor: None if _may_be_kept(context) else RejectionReason.NOT_CHANGED,
    Act.SETTLED: lambda context, actor: None if context.is_parked else RejectionReason.RESOLVED,
}
"""What is asked of each act, beside what every act is asked."""
