"""The rows of `connectors.ledger.decisions`: what is read before a person decides, and what is written."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from connectors.ledger import Ledger
from connectors.ledger.sealed import seal_decision
from schemas.decision import Act, DecisionContext, Edit

DECISION_COLUMNS = (
    "decision_id", "dossier_id", "version_number", "act", "field_path", "needs_second", "of_decision_id", "bulk_id",
    "actor", "sealed",
)  # fmt: skip
EVENT_COLUMNS = ("dossier_id", "delivery_id", "kind", "actor", "detail")


@dataclass(frozen=True)
class NewDecision:
    """One decision to write. `context`: the state of its dossier. `waits`: a second person must agree first."""

    context: Row[Any]
    edit: Edit | None = None
    of_decision_id: int | None = None
    waits: bool = False


def context_of(row: Row[Any]) -> DecisionContext:
    """What a judgement is given, of a row of `CONTEXT`, `CONTEXT_DECIDED` or `CONTEXT_PARKED`."""
    values = row._mapping
    return DecisionContext(
        state=row.state,
        seen_version=row.seen,
        current_version=row.version_number,
        is_erased=row.wrapped is None,
        is_at_fault=row.is_at_fault,
        is_under_way=row.is_under_way,
        is_touched=row.is_touched,
        is_refused=row.is_refused,
        is_changed=row.is_changed,
        has_correction=row.has_correction,
        decided_act=Act(values["act"]) if "act" in values else None,
        decided_by=values.get("actor", ""),
        is_unresolved=values.get("is_unresolved", False),
        is_over=values.get("is_over", False),
        is_sent=values.get("is_sent", False),
        is_reported=values.get("is_reported", False),
        is_parked=values.get("is_parked", False),
    )


def row_of(
    ledger: Ledger, decision_id: int, act: Act, actor: str, reason: str, new: NewDecision, bulk_id: UUID | None
) -> tuple[Any, ...]:
    """The values of `DECISION_COLUMNS`; the edit and the reason are sealed under the dossier's key."""
    context, path = new.context, new.edit.field_path if new.edit else None
    key = ledger.open_key(context.wrapped, context.portal_code, context.dossier_code)
    return (
        decision_id,
        context.dossier_id,
        context.version_number,
        str(act),
        path,
        new.waits,
        new.of_decision_id,
        bulk_id,
        actor,
        seal_decision(key, new.edit, reason),
    )


def detail_of(decision_id: int, new: NewDecision, bulk_id: UUID | None) -> dict[str, Any]:
    """What the event of a decision keeps of it, in codes."""
    detail: dict[str, Any] = {"decision": decision_id, "version": new.context.version_number}
    if new.edit:
        detail["field"] = new.edit.field_path
    if new.of_decision_id:
        detail["of"] = new.of_decision_id
    if bulk_id:
        detail["bulk"] = str(bulk_id)
    return detail
