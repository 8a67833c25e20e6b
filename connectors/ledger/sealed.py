"""What lies sealed in the ledger, and how it is opened: originals, papers, replies, decisions. No other module knows.

Associated data (`purpose`) says what a sealed text is, so that no text can take the place of another.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from connectors.vault import DataKey
from schemas.decision import Act, Edit
from schemas.registries import REGISTRIES, Given, Receipt

VERSION_PURPOSE = "version/{}"
PAPER_PURPOSE = "paper/{}/{}"
REPLY_PURPOSE = "reply"
DECISION_PURPOSE = "decision"

GIVEN = """
    ARRAY(SELECT r.sealed FROM deliveries g JOIN replies r USING (delivery_id)
           WHERE g.dossier_id = {dossier} AND r.event IN ('accepted', 'registered', 'completed')
           ORDER BY r.reply_id) AS given_sealed,
    ARRAY(SELECT g.registry_code FROM deliveries g JOIN replies r USING (delivery_id)
           WHERE g.dossier_id = {dossier} AND r.event IN ('accepted', 'registered', 'completed')
           ORDER BY r.reply_id) AS given_by"""
"""Columns of a query: the replies in which registries gave something to a dossier, and the registry of each reply."""

COUNTS = """NOT EXISTS (SELECT FROM decisions u WHERE u.of_decision_id = m.decision_id AND u.act <> 'confirmed')
       AND (NOT m.needs_second OR EXISTS (SELECT FROM decisions c WHERE c.of_decision_id = m.decision_id))"""
"""Of a decision `m`: it is neither declined nor undone, and it is confirmed where that is needed."""
EFFECTIVE = text(f"""
    SELECT m.dossier_id, m.decision_id, m.sealed FROM decisions m JOIN dossiers d USING (dossier_id, version_number)
     WHERE m.dossier_id = ANY(:ids) AND m.act = '{Act.EDITED}' AND {COUNTS}
     ORDER BY m.decision_id""")
"""The edits that count in the newest version."""
OF_IDS = text("SELECT decision_id, sealed FROM decisions WHERE decision_id = ANY(:ids)")


@dataclass(frozen=True)
class OpenedReply:
    """What a registry answered. `code` and `words` are its own; `receipt`: what it gave, if anything."""

    code: str
    words: str
    receipt: Receipt | None


@dataclass(frozen=True)
class OpenedDecision:
    """What a person decided: an edit, or a reason, or both."""

    edit: Edit | None
    reason: str


def given_of(key: DataKey, given_by: Sequence[str], given_sealed: Sequence[bytes]) -> Given:
    """What the registries gave to a dossier so far, over all replies. The arguments are the columns of `GIVEN`."""
    given = Given()
    for registry_code, sealed in zip(given_by, given_sealed, strict=True):
        given = given.and_then(open_reply(key, registry_code, sealed).receipt)
    return given


def open_reply(key: DataKey, registry_code: str, sealed: bytes) -> OpenedReply:
    """Opens a registry's answer."""
    content = json.loads(key.unseal(sealed, REPLY_PURPOSE))
    receipt = REGISTRIES[registry_code].receipt.model_validate(content["receipt"]) if content["receipt"] else None
    return OpenedReply(content["code"], content["words"], receipt)


def seal_reply(key: DataKey, code: str, words: str, receipt: Receipt | None) -> bytes:
    """Seals a registry's answer."""
    given = receipt.model_dump(mode="json", exclude_none=True) if receipt else None
    return key.seal(json.dumps({"receipt": given, "code": code, "words": words}).encode(), REPLY_PURPOSE)


def open_decision(key: DataKey, sealed: bytes) -> OpenedDecision:
    """Opens a person's decision. Until October 2026 an edit was sealed as `mend`. Half a surrogate pair in a reason
    cannot be encoded, so that a report of it would fail; it is replaced."""
    content = json.loads(key.unseal(sealed, DECISION_PURPOSE))
    edit = content.get("edit") or content.get("mend")
    reason = str(content.get("reason") or "").encode(errors="replace").decode()
    return OpenedDecision(Edit.model_validate(edit) if edit else None, reason)


def seal_decision(key: DataKey, edit: Edit | None, reason: str) -> bytes:
    """Seals a person's decision."""
    content = {"edit": edit.model_dump(mode="json") if edit else None, "reason": reason}
    return key.seal(json.dumps(content).encode(), DECISION_PURPOSE)


def effective_edits(connection: Connection, dossier_ids: Sequence[int]) -> dict[int, list[tuple[int, bytes]]]:
    """The edits that count, by dossier: decision and sealed edit, in the order in which they were made. A dossier
    without edits is left out."""
    edits: dict[int, list[tuple[int, bytes]]] = {}
    for row in connection.execute(EFFECTIVE, {"ids": list(dossier_ids)}):
        edits.setdefault(row.dossier_id, []).append((row.decision_id, row.sealed))
    return edits


def sealed_edits(connection: Connection, decision_ids: Iterable[int]) -> dict[int, bytes]:
    """The sealed edits of these decisions, by decision."""
    ids = list(decision_ids)
    return {row.decision_id: row.sealed for row in connection.execute(OF_IDS, {"ids": ids})} if ids else {}


def open_edits(key: DataKey, sealed: Iterable[tuple[int, bytes]]) -> Mapping[int, Edit]:
    """Opens edits; the result is by decision."""
    opened = {decision_id: open_decision(key, content).edit for decision_id, content in sealed}
    return {decision_id: edit for decision_id, edit in opened.items() if edit}
