"""The mends that count: what persons changed in a dossier's newest version, confirmed where that is needed."""

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from connectors.vault import DataKey
from schemas.decision import Mend

DECISION_PURPOSE = "decision"

EFFECTIVE = text("""
    SELECT m.dossier_id, m.decision_id, m.sealed FROM decisions m JOIN dossiers d USING (dossier_id, version_number)
     WHERE m.dossier_id = ANY(:ids) AND m.act = 'mended'
       AND NOT EXISTS (SELECT FROM decisions u WHERE u.of_decision_id = m.decision_id AND u.act <> 'confirmed')
       AND (NOT m.needs_second OR EXISTS (SELECT FROM decisions c WHERE c.of_decision_id = m.decision_id))
     ORDER BY m.decision_id""")
"""Neither declined nor undone; a confirmation can be nothing else but there, then."""
OF_IDS = text("SELECT decision_id, sealed FROM decisions WHERE decision_id = ANY(:ids)")


def effective_mends(connection: Connection, dossier_ids: Sequence[int]) -> dict[int, list[tuple[int, bytes]]]:
    """By dossier: decision and sealed mend, in the order in which they were made; without those that have none."""
    found: dict[int, list[tuple[int, bytes]]] = {}
    for row in connection.execute(EFFECTIVE, {"ids": list(dossier_ids)}):
        found.setdefault(row.dossier_id, []).append((row.decision_id, row.sealed))
    return found


def sealed_mends(connection: Connection, decision_ids: Iterable[int]) -> dict[int, bytes]:
    """The sealed mends of these decisions."""
    wanted = list(decision_ids)
    return {row.decision_id: row.sealed for row in connection.execute(OF_IDS, {"ids": wanted})} if wanted else {}


def open_mend(key: DataKey, sealed: bytes) -> Mend:
    return Mend.model_validate(json.loads(key.unseal(sealed, DECISION_PURPOSE))["mend"])
