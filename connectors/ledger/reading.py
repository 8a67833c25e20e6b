"""Opening dossiers for a person or a step: the original bytes, what was mended, what the registries gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.arrivals import VERSION_PURPOSE
from connectors.ledger.deliveries import TOUCHED
from connectors.ledger.mends import effective_mends, open_mend
from connectors.ledger.outcomes import given_by
from connectors.vault import DataKey
from schemas.decision import Mend
from schemas.delivery import Receipt

OPENED = text("""
    SELECT d.dossier_id, d.portal_code, d.dossier_code, d.version_number, d.state, v.unreadable_field, v.sealed,
           k.wrapped,
           ARRAY(SELECT e.registry_code FROM deliveries e WHERE e.dossier_id = d.dossier_id
                    AND e.state = ANY(:touched) ORDER BY e.step_number) AS touched,
           ARRAY(SELECT r.sealed FROM deliveries e JOIN replies r USING (delivery_id)
                  WHERE e.dossier_id = d.dossier_id AND r.event IN ('accepted', 'registered', 'completed')
                  ORDER BY r.reply_id) AS receipts
      FROM dossiers d JOIN versions v USING (dossier_id, version_number) JOIN keys k USING (dossier_id)
     WHERE d.dossier_id = ANY(:ids) AND k.wrapped IS NOT NULL ORDER BY d.dossier_id""")


@dataclass(frozen=True)
class Opened:
    """A dossier's newest version, open. `original` is without the mends; `touched`: registries that have or may have
    it; `given`: what they gave."""

    dossier_id: int
    portal_code: str
    dossier_code: str
    version_number: int
    state: str
    unreadable_field: str | None
    touched: tuple[str, ...]
    given: Receipt = field(repr=False)
    key: DataKey = field(repr=False)
    original: bytes = field(repr=False)
    mends: Mapping[int, Mend] = field(repr=False)


def opened(ledger: Ledger, dossier_ids: Sequence[int]) -> list[Opened]:
    """Opens dossiers, by id; erased ones are left out. Whoever shows them to a person logs the access."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(OPENED, {"ids": list(dossier_ids), "touched": TOUCHED}).all()
        mends = effective_mends(connection, dossier_ids)
    return [_open(ledger, row, mends.get(row.dossier_id, ())) for row in rows]


def _open(ledger: Ledger, row: Any, mends: Sequence[tuple[int, bytes]]) -> Opened:
    key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
    return Opened(
        row.dossier_id, row.portal_code, row.dossier_code, row.version_number, row.state, row.unreadable_field,
        tuple(row.touched), given_by(key, row.receipts), key,
        key.unseal(row.sealed, VERSION_PURPOSE.format(row.version_number)),
        {decision_id: open_mend(key, sealed) for decision_id, sealed in mends},
    )  # fmt: skip
