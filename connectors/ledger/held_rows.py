"""Rows of keyed files that are no entry: whose file they are of, what was read, and which were corrected since.

They belong to no book, so who sees them follows from the place for which their file was loaded. What was read lies
sealed under the search key. A corrected row comes in with a file of its own; its held row then points to that load.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.grants import Condition
from connectors.ledger.records import HELD_ROW_PURPOSE

LOAD_NAME_PURPOSE = "load name/{}"

DESCRIBE = text("""
    UPDATE loads SET name_sealed = coalesce(name_sealed, :name_sealed), book_kind = :book_kind,
           province_code = :province_code, commune_code = :commune_code, fixes_load_id = coalesce(fixes_load_id, :fixes)
     WHERE load_id = :load_id""")
LOADS = """
    SELECT l.load_id, l.state, l.position, l.actor, l.started_at, l.name_sealed, l.book_kind, l.province_code,
           l.commune_code, l.fixes_load_id, coalesce((l.counts->>'loaded')::int, 0) AS loaded,
           coalesce((l.counts->>'held')::int, 0) AS held, h.open
      FROM loads l CROSS JOIN LATERAL (
          SELECT count(*) AS open FROM held_rows WHERE load_id = l.load_id AND fixed_in_load_id IS NULL) h
     WHERE (CAST(:load_id AS bigint) IS NULL OR l.load_id = :load_id)
       AND (CAST(:before AS bigint) IS NULL OR l.load_id < :before) AND {reach}
     ORDER BY l.load_id DESC LIMIT :limit"""
REASONS = text("""
    SELECT code, count(*) AS rows FROM held_rows, unnest(reason_codes) AS code
     WHERE load_id = :load_id AND fixed_in_load_id IS NULL GROUP BY code ORDER BY count(*) DESC, code""")
ROWS = text("""
    SELECT line_number, reason_codes, sealed FROM held_rows
     WHERE load_id = :load_id AND fixed_in_load_id IS NULL AND line_number > :after
       AND (:reason = '' OR :reason = ANY(reason_codes))
     ORDER BY line_number LIMIT :limit""")
FIX = text("""
    UPDATE held_rows SET fixed_in_load_id = :in_load
     WHERE load_id = :load_id AND line_number = ANY(:lines) AND fixed_in_load_id IS NULL RETURNING line_number""")
NOTE = text("""
    INSERT INTO events (subject_kind, subject_id, kind, actor, detail)
    VALUES ('load', :load_id, 'load_rows_fixed', :actor, CAST(:detail AS jsonb))""")


@dataclass(frozen=True)
class KeyedLoad:
    """A keyed file that was loaded. `name`: of the file, which may name a person; empty while the load is not
    described. `rows`: of the file, so far; `open`: held rows that nobody has corrected yet."""

    load_id: int
    state: str
    rows: int
    actor: str
    started_at: datetime
    name: str = field(repr=False)
    book_kind: str | None
    province_code: str | None
    commune_code: str | None
    fixes_load_id: int | None
    loaded: int
    held: int
    open: int


@dataclass(frozen=True)
class HeldRow:
    """A row that is no entry: its number in the file, why, and what was read, by the ministry's columns."""

    line_number: int
    reason_codes: tuple[str, ...]
    values: Mapping[str, str] = field(repr=False)


def describe_load(
    ledger: Ledger,
    load_id: int,
    name: str,
    book_kind: str,
    province_code: str,
    commune_code: str | None,
    fixes: int | None = None,
) -> None:
    """Writes whose file a load was of; its first name and the load that it corrects stay."""
    sealed = ledger.vault.search_key.seal(name.encode("utf-8", "replace"), LOAD_NAME_PURPOSE.format(load_id))
    places = {"province_code": province_code, "commune_code": commune_code, "fixes": fixes}
    with ledger.engine.begin() as connection:
        connection.execute(DESCRIBE, {"load_id": load_id, "name_sealed": sealed, "book_kind": book_kind, **places})


def loads_page(
    ledger: Ledger, reach: Condition, *, load_id: int | None = None, before: int | None = None, limit: int = 50
) -> list[KeyedLoad]:
    """Loads, the newest first. `reach`: on `province_code` and `commune_code` of `l`; a load that is not described has
    neither. `load_id`: only this one; `before`: only loads with a smaller id. Raises VaultError."""
    values = {**reach.values, "load_id": load_id, "before": before, "limit": limit}
    with ledger.engine.connect() as connection:
        rows = connection.execute(text(LOADS.format(reach=reach.sql)), values).all()
    return [_load(ledger, row) for row in rows]


def _load(ledger: Ledger, row: Any) -> KeyedLoad:
    columns = dict(row._mapping)
    sealed, position = columns.pop("name_sealed"), columns.pop("position")
    purpose = LOAD_NAME_PURPOSE.format(row.load_id)
    name = ledger.vault.search_key.unseal(bytes(sealed), purpose).decode() if sealed else ""
    return KeyedLoad(**columns, name=name, rows=position)


def held_reasons(ledger: Ledger, load_id: int) -> dict[str, int]:
    """How many rows of a load are held and not corrected, by reason, the most frequent first."""
    with ledger.engine.connect() as connection:
        return {row.code: row.rows for row in connection.execute(REASONS, {"load_id": load_id})}


def held_rows_of(ledger: Ledger, load_id: int, *, reason: str = "", after: int = 0, limit: int = 50) -> list[HeldRow]:
    """The next held rows of a load that nobody has corrected, by their number, with what was read. `reason`: only those
    with this one. Raises VaultError."""
    values = {"load_id": load_id, "reason": reason, "after": after, "limit": limit}
    with ledger.engine.connect() as connection:
        rows = connection.execute(ROWS, values).all()
    key = ledger.vault.search_key
    return [
        HeldRow(
            row.line_number,
            tuple(row.reason_codes),
            json.loads(key.unseal(bytes(row.sealed), HELD_ROW_PURPOSE.format(load_id, row.line_number)).decode()),
        )
        for row in rows
    ]


def mark_fixed(ledger: Ledger, load_id: int, lines: Collection[int], in_load: int, actor: str) -> int:
    """Writes that the corrected rows came in another load: what is held of them is listed there. Returns how many rows
    were marked; a repeat marks none."""
    values = {"load_id": load_id, "lines": sorted(lines), "in_load": in_load}
    with ledger.engine.begin() as connection:
        marked = len(connection.execute(FIX, values).all())
        if marked:
            detail = json.dumps({"in": in_load, "rows": marked})
            connection.execute(NOTE, {"load_id": load_id, "actor": actor, "detail": detail})
    return marked
