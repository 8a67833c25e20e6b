"""A stopped batch is put to a named person, and what they answer is carried out."""

from collections.abc import Mapping
from typing import Any

from connectors.ledger import Ledger
from connectors.ledger.gates import BatchSeen, batches_page, decide_batch, deciders, may_decide
from connectors.ledger.grants import note_access
from connectors.portals.provinces import PROVINCES
from quality.expectations.declared import BY_CODE
from schemas.dates import VIETNAM

DECISIONS = {"Cho đi": "released", "Từ chối": "rejected"}
"""By what the person chose; whoever leaves it decides at the desk, later."""
NO_REASON = "không ghi lý do"


class NotAllowed(Exception):
    """Who answered has no grant that lets them decide about this portal's batches."""


def stopped_batch(ledger: Ledger, batch_id: int) -> BatchSeen | None:
    """The batch, if it still waits for a decision."""
    return next(
        (
            one
            for one in batches_page(ledger, before=batch_id + 1, limit=1, states=["stopped"])
            if one.batch_id == batch_id
        ),
        None,
    )


def question(ledger: Ledger, batch_id: int) -> list[dict[str, Any]]:
    """What to ask, and whom: a subject, a body and the users that are named; nothing when it was decided meanwhile."""
    batch = stopped_batch(ledger, batch_id)
    if batch is None:
        return []
    province = PROVINCES[batch.portal_code].name_vi
    at = f"{batch.opened_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
    users = [{"id": name, "name": name} for name in deciders(ledger, batch.portal_code)]
    return [
        {
            "subject": f"{province}: lô hồ sơ {batch_id} lúc {at} đang dừng, cho đi hay từ chối?",
            "body": body(batch),
            "assigned_users": users,
        }
    ]


def body(batch: BatchSeen) -> str:
    """What the batch failed, with counts and what each means; no person is in it."""
    lines = [f"{batch.dossiers} hồ sơ. Chưa hồ sơ nào được gửi đi.", ""]
    for one in batch.failed:
        mark = "**Dừng**" if one.stops else "Lưu ý"
        lines.append(f"- {mark}: {BY_CODE[one.suite, one.expectation].says_vi} ({one.failing} hồ sơ)")
    return "\n".join([*lines, "", "Danh sách hồ sơ ở bàn Liên thông, mục Lô hồ sơ."])


def carry_out(ledger: Ledger, batch_id: int, answer: Mapping[str, Any]) -> dict[str, int]:
    """Does what was answered. Nothing when it was left, or decided meanwhile; a repeat does nothing either.

    `answer`: as Airflow hands it over. Raises NotAllowed, and logs it, when who answered may not decide.
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
