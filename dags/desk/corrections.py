"""What a dossier's page says about corrections: the portal changed the dossier after registries had it, or a registry
takes no correction online and a person has it done there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.ledger import Ledger
from connectors.ledger.dossier_view import DossierView, KeptDecision
from dags.steps.correcting import RegistryDifference, changes_identity, differences
from schemas.decision import RESOLUTIONS
from schemas.dossier import ADMISSION, Admission
from schemas.states import DeliveryState

CHANGED = "changed_after_sending"
NOT_TAKEN = ".correction_not_taken"
"""Behind a registry's code: the fault of a correction that must be done at the registry."""


@dataclass(frozen=True)
class CorrectionView:
    """`is_open`: the change waits for a decision. `is_ended`: the portal withdrew or ended the dossier, so what
    registries hold is annulled or kept; otherwise it is corrected or kept. `needs_second`: a correction changes a
    person's identity. `pending`: decisions that wait for a second person. `parked`: rows of deliveries that must be
    done at their registry."""

    is_open: bool
    is_ended: bool
    needs_second: bool
    differences: Sequence[RegistryDifference]
    pending: Sequence[KeptDecision]
    parked: Sequence[Any]


def corrections_of(ledger: Ledger, view: DossierView) -> CorrectionView | None:
    """None for a dossier without a change to decide and without a correction to be done at a registry."""
    is_open = view.head.key is not None and any(fault.cause_code == CHANGED for fault in view.faults)
    parked = [delivery for delivery in view.deliveries if delivery.state == DeliveryState.PARKED]
    if not is_open and not parked:
        return None
    is_ended = ADMISSION.get(view.head.portal_status or 0) == Admission.CLOSED
    found = differences(ledger, view.head) if is_open else []
    needs_second = is_open and not is_ended and changes_identity(ledger, [view.head.dossier_id])[view.head.dossier_id]
    pending = [decision for decision in view.decisions if is_pending(view, decision) and decision.act in RESOLUTIONS]
    return CorrectionView(is_open, is_ended, needs_second, found, pending, parked)


def is_correction(cause_code: str) -> bool:
    """Whether the fault is handled at a registry, by a correction, an annulment or by hand."""
    return cause_code == CHANGED or cause_code.endswith(NOT_TAKEN)


def is_pending(view: DossierView, decision: KeptDecision) -> bool:
    """Whether a decision about the newest version waits for a second person."""
    is_newest = decision.version_number == view.head.version_number
    return decision.needs_second and decision.resolved_as is None and is_newest
