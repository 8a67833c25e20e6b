"""Faults that a person must act on, and the day's tallies. Both are derived from events, and written with them."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, text

from connectors.ledger import Ledger, copy_rows
from schemas.decision import WAITS_FOR_SECOND
from schemas.finding import Finding
from schemas.states import DeliveryState, listed
from schemas.tables import events

NOT_TAKEN = ".correction_not_taken"
"""Ends the fault code of a correction that a registry takes no request for. A person has it done at the registry."""

UNRESOLVED = f"""m.act IN ({listed(WAITS_FOR_SECOND)}) AND m.needs_second
                AND NOT EXISTS (SELECT FROM decisions r WHERE r.of_decision_id = m.decision_id)"""
"""A decision that waits for a second person: neither confirmed nor declined nor undone."""

WRITE = text(f"""
    INSERT INTO faults
        (dossier_id, cause_code, field_paths, registry_code, portal_code, commune_code, due_at, pending_id)
    SELECT u.dossier_id, u.cause_code, u.field_paths, u.registry_code, d.portal_code, d.commune_code, d.due_at,
           (SELECT max(m.decision_id) FROM decisions m
             WHERE m.dossier_id = d.dossier_id AND m.version_number = d.version_number AND {UNRESOLVED})
      FROM (SELECT dossier_id, cause_code, registry_code, array_agg(DISTINCT field_path ORDER BY field_path)
              FROM unnest(CAST(:ids AS bigint[]), CAST(:causes AS text[]), CAST(:paths AS text[]),
                          CAST(:registries AS text[])) AS r(dossier_id, cause_code, field_path, registry_code)
             GROUP BY dossier_id, cause_code, registry_code) AS u(dossier_id, cause_code, registry_code, field_paths)
      JOIN dossiers d USING (dossier_id)
    ON CONFLICT (dossier_id, cause_code) DO UPDATE SET field_paths =
       ARRAY(SELECT DISTINCT unnest(faults.field_paths || excluded.field_paths) ORDER BY 1)""")
CLEAR_OUTDATED = text(f"""
    DELETE FROM faults f WHERE dossier_id = ANY(:ids)
       AND (registry_code IS NULL
            OR NOT EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = f.dossier_id
                              AND e.registry_code = f.registry_code
                              AND e.state IN ('{DeliveryState.REFUSED}', '{DeliveryState.PARKED}')))""")
CLEAR = text("DELETE FROM faults WHERE dossier_id = ANY(:ids)")
TALLY = text("""
    INSERT INTO tallies (day, portal_code, kind, code, count)
    SELECT (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, portal_code, kind, code, count
      FROM unnest(CAST(:portals AS text[]), CAST(:kinds AS text[]), CAST(:codes AS text[]), CAST(:counts AS int[]))
           AS u(portal_code, kind, code, count)
     ORDER BY portal_code, kind, code
    ON CONFLICT (day, portal_code, kind, code) DO UPDATE SET count = tallies.count + excluded.count""")


def write_faults(connection: Connection, rows: Sequence[tuple[int, str, str, str | None]]) -> None:
    """Writes faults. A row: dossier, cause code, field path, and the registry that answered so; None when a check found
    it."""
    if rows:
        ids, causes, paths, registries = zip(*rows, strict=True)
        values = {"ids": list(ids), "causes": list(causes), "paths": list(paths), "registries": list(registries)}
        connection.execute(WRITE, values)


def find_beside(ledger: Ledger, findings: Sequence[tuple[int, Finding]]) -> None:
    """Keeps findings about dossiers that are on their way already, by dossier. One whose weight holds dossiers
    becomes a fault for a person; any other is an event only."""
    if not findings:
        return
    faults = [
        (dossier_id, finding.check_code, finding.field_path, None)
        for dossier_id, finding in findings
        if finding.weight.holds_dossier
    ]
    rows = (
        (dossier_id, None, "found", {"checks": [finding.check_code], "field": finding.field_path})
        for dossier_id, finding in findings
    )
    with ledger.engine.begin() as connection:
        write_faults(connection, faults)
        copy_rows(connection, events, ("dossier_id", "delivery_id", "kind", "detail"), rows)


def clear_outdated(connection: Connection, dossier_ids: Sequence[int]) -> None:
    """Deletes the faults of checks, which are about to be written anew, and those of registries whose delivery is no
    longer refused or parked."""
    connection.execute(CLEAR_OUTDATED, {"ids": list(dossier_ids)})


def clear(connection: Connection, dossier_ids: Sequence[int]) -> None:
    """Deletes all faults of these dossiers: a person has decided about them."""
    connection.execute(CLEAR, {"ids": list(dossier_ids)})


def tally(connection: Connection, counts: Counter[tuple[str, str, str]]) -> None:
    """Adds to today's tallies. The key of a count: portal, kind and code."""
    if counts:
        portals, kinds, codes = zip(*counts, strict=True)
        values = {"portals": list(portals), "kinds": list(kinds), "codes": list(codes), "counts": list(counts.values())}
        connection.execute(TALLY, values)
