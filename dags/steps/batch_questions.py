"""A stopped batch is put to the persons who may decide about it, and their answer is carried out."""

from collections.abc import Mapping
from typing import Any

from connectors.ledger import Ledger
from connectors.ledger.gates import BatchSeen, batches_page, decide_batch, deciders, may_decide
from connectors.ledger.grants import note_access
from connectors.portals.provinces import PROVINCES
from quality.expectations.declared import BY_CODE
from schemas.dates import VIETNAM

DECISIONS = {"Cho đi": "released", "Từ chối": "rejected"}
"""The decision by the option that the person chose. The third option is no decision: the batch waits for one at the
desk."""
NO_REASON = "không ghi lý do"


class NotAllowed(Exception):
    """The person who answered has no grant to decide about this portal's batches."""


def stopped_batch(ledger: Ledger, batch_id: int) -> BatchSeen | None:
    """The batch, if it still waits for a decision."""
    newest_first = batches_page(ledger, before=batch_id + 1, limit=1, states=["stopped"])
    return next((batch for batch in newest_first if batch.batch_id == batch_id), None)


def question(ledger: Ledger, batch_id: int) -> list[dict[str, Any]]:
    """The question and whom to ask: a subject, a body and the users; an empty list when it was decided meanwhile."""
    batch = stopped_batch(ledger, batch_id)
    if batch is None:
        return []
    province = PROVINCES[batch.portal_code].name_vi
    opened_at = f"{batch.opened_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
    users = [{"id": name, "name": name} for name in deciders(ledger, batch.portal_code)]
    subject = f"{province}: lô hồ sơ {batch_id} lúc {opened_at} đang dừng, cho đi hay từ chối?"
    return [{"subject": subject, "body": body(batch), "assigned_users": users}]


def body(batch: BatchSeen) -> str:
    """The expectations that the batch failed, each with its meaning and its count; no person is named."""
    lines = [f"{batch.dossiers} hồ sơ. Chưa hồ sơ nào được gửi đi.", ""]
    for verdict in batch.failed:
        mark = "**Dừng**" if verdict.stops else "Lưu ý"
        lines.append(f"- {mark}: {BY_CODE[verdict.suite, verdict.expectation].says_vi} ({verdict.failing} hồ sơ)")
    return "\n".join([*lines, "", "Danh sách hồ sơ ở bàn Liên thông, mục Lô hồ sơ."])


def carry_out(ledger: Ledger, batch_id: int, answer: Mapping[str, Any]) -> dict[str, int]:
    """Carries the answer out. Does nothing when the batch was left, or was decided meanwhile, also by this answer.

    `answer`: as Airflow hands it over. Raises NotAllowed, and logs it, when the person who answered may not decide.
    """
    decision = DECISIONS.get(answer["chosen_options"][0])
    batch = stopped_batch(ledger, batch_id)
    if decision is None or batch is None:
        return {}
    actor = str((answer.get("responded_by_user") or {}).get("id", ""))
    if not may_decide(ledger, actor, batch.portal_code):
        note_access(ledger, actor, "decide_batch", was_allowed=False, detail=f"batch {batch_id}")
        raise NotAllowed(f"{actor} may not decide about portal {batch.portal_code}: `lienthong grant` gives the right")
    reason = str((answer.get("params_input") or {}).get("reason") or "").strip() or NO_REASON
    return {decision: 1} if decide_batch(ledger, batch_id, decision, actor, reason) else {}
