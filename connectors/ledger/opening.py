"""Opens dossiers for a person or a step: the original bytes, the edits, and what the registries gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.deliveries import TOUCHED
from connectors.ledger.sealed import GIVEN, VERSION_PURPOSE, effective_edits, given_of, open_edits
from connectors.vault import DataKey
from schemas.decision import Edit
from schemas.registries import Given

OPENED = text(f"""
    SELECT d.dossier_id, d.portal_code, d.dossier_code, d.version_number, d.state, v.unreadable_field, v.sealed,
           k.wrapped,
           ARRAY(SELECT e.registry_code FROM deliveries e WHERE e.dossier_id = d.dossier_id
                    AND e.state = ANY(:touched) ORDER BY e.step_number) AS touched,
           {GIVEN.format(dossier="d.dossier_id")}
      FROM dossiers d JOIN versions v USING (dossier_id, version_number) JOIN keys k USING (dossier_id)
     WHERE d.dossier_id = ANY(:ids) AND k.wrapped IS NOT NULL ORDER BY d.dossier_id""")


@dataclass(frozen=True)
class Opened:
    """A dossier's newest version, opened. `original`: the portal's bytes, without the `edits`, which are by decision.
    `touched`: the registries that have or may have the dossier; `given`: what they gave to it."""

    dossier_id: int
    portal_code: str
    dossier_code: str
    version_number: int
    state: str
    unreadable_field: str | None
    touched: tuple[str, ...]
    given: Given = field(repr=False)
    key: DataKey = field(repr=False)
    original: bytes = field(repr=False)
    edits: Mapping[int, Edit] = field(repr=False)


def opened(ledger: Ledger, dossier_ids: Sequence[int]) -> list[Opened]:
    """Opens dossiers, ordered by id; erased ones are left out. A caller that shows them to a person logs the access."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(OPENED, {"ids": list(dossier_ids), "touched": TOUCHED}).all()
        edits = effective_edits(connection, dossier_ids)
    return [_open(ledger, row, edits.get(row.dossier_id, ())) for row in rows]


def _open(ledger: Ledger, row: Any, edits: Sequence[tuple[int, bytes]]) -> Opened:
    key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
    return Opened(
        row.dossier_id,
        row.portal_code,
        row.dossier_code,
        row.version_number,
        row.state,
        row.unreadable_field,
        tuple(row.touched),
        given_of(key, row.given_by, row.given_sealed),
        key,
        key.unseal(row.sealed, VERSION_PURPOSE.format(row.version_number)),
        open_edits(key, edits),
    )
