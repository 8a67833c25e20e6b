"""Faults that a person has to see to, and the day's tallies: derived, and written with what they are derived from."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, text

from connectors.ledger import Ledger, copy_rows
from schemas.decision import WAITS_FOR_SECOND
from schemas.finding import Finding
from schemas.states import DeliveryState, listed
from schemas.tables import events

NOT_TAKEN = ".correction_not_taken"
"""Behind a registry's code: the fault of a correction that it takes no request for. A person has it done there."""

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
       ARRAY(SELECT DISTINCT unnest(faults.field_paths || excluded.field_paths) ORDER BY 1)""")  # fmt: skip
CLEAR_SEEN_TO = text(f"""
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
    """Rows of dossier, cause, field path, and the registry whose answer it is (None: a check's)."""
    if rows:
        ids, causes, paths, registries = zip(*rows, strict=True)
        connection.execute(
            WRITE, {"ids": list(ids), "causes": list(causes), "paths": list(paths), "registries": list(registries)}
        )


def find_beside(ledger: Ledger, found: Sequence[tuple[int, Finding]]) -> None:
    """Keeps what was found about dossiers that are on their way: for a person where it weighs, else noted only."""
    if not found:
        return
    with ledger.engine.begin() as connection:
        write_faults(
            connection, [(of, one.check_code, one.field_path, None) for of, one in found if one.weight.holds_dossier]
        )
        copy_rows(
            connection,
            events,
            ("dossier_id", "delivery_id", "kind", "detail"),
            ((of, None, "found", {"checks": [one.check_code], "field": one.field_path}) for of, one in found),
        )


def clear_seen_to(connection: Connection, dossier_ids: Sequence[int]) -> None:
    """Forgets what checks found, which they are about to say anew, and refusals whose delivery no longer stands so."""
    connection.execute(CLEAR_SEEN_TO, {"ids": list(dossier_ids)})


def clear(connection: Connection, dossier_ids: Sequence[int]) -> None:
    """Forgets all: somebody has seen to it."""
    connection.execute(CLEAR, {"ids": list(dossier_ids)})


def tally(connection: Connection, counts: Counter[tuple[str, str, str]]) -> None:
    """Adds to today's tallies: by portal, kind and code."""
    if counts:
        keys = list(counts)
        connection.execute(
            TALLY,
            {
                "portals": [portal for portal, _, _ in keys],
                "kinds": [kind for _, kind, _ in keys],
                "codes": [code for _, _, code in keys],
                "counts": [counts[key] for key in keys],
            },
        )
