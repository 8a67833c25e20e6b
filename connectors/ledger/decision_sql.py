"""The SQL of `connectors.ledger.decisions`: the state of a dossier when a person decides, and the effects of each
act."""

from sqlalchemy import text

from connectors.ledger.deliveries import EXPECT_NO_MORE, MAKES_ENTRY
from connectors.ledger.faults import UNRESOLVED
from schemas.decision import RESOLUTIONS, Act
from schemas.operation import Operation
from schemas.report import Milestone
from schemas.states import (
    DELIVERY,
    DOSSIER,
    UNDER_WAY,
    DeliveryEvent,
    DeliveryState,
    DossierEvent,
    DossierState,
    EntryState,
    ReportState,
    listed,
)

CHANGED = "changed_after_sending"
_NOT_SENT = listed(DELIVERY.before(DeliveryEvent.CANCELLED))
_PULLED, _REFUSED = f"'{DossierState.PULLED}'", f"'{DeliveryState.REFUSED}'"

_CONTEXT = f"""
    d.dossier_id, d.portal_code, d.dossier_code, d.version_number, d.state, k.wrapped,
    EXISTS (SELECT FROM faults f WHERE f.dossier_id = d.dossier_id) AS is_at_fault,
    EXISTS (SELECT FROM faults f WHERE f.dossier_id = d.dossier_id AND f.cause_code = '{CHANGED}') AS is_changed,
    EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id AND e.state IN ({listed(UNDER_WAY)}))
        AS is_under_way,
    EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id AND e.state = ANY(:touched)) AS is_touched,
    EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id AND e.state = {_REFUSED}) AS is_refused,
    EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id AND NOT e.{MAKES_ENTRY}
               AND e.state IN ({_NOT_SENT})) AS has_correction"""
LOCK = text("SELECT FROM dossiers WHERE dossier_id = ANY(:ids) ORDER BY dossier_id FOR UPDATE")
LOCK_DECIDED = text("""
    SELECT FROM dossiers WHERE dossier_id IN (SELECT dossier_id FROM decisions WHERE decision_id = ANY(:ids))
     ORDER BY dossier_id FOR UPDATE""")
LOCK_PARKED = text("""
    SELECT FROM dossiers WHERE dossier_id IN (SELECT dossier_id FROM deliveries WHERE delivery_id = ANY(:ids))
     ORDER BY dossier_id FOR UPDATE""")
"""READ COMMITTED: a statement that waited for a lock still sees its old snapshot, so a statement of its own takes the
lock, and the next one reads."""
CONTEXT = text(f"""
    SELECT {_CONTEXT}, NULL AS decision_id, u.version_number AS seen
      FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[])) AS u(dossier_id, version_number)
      JOIN dossiers d ON d.dossier_id = u.dossier_id JOIN keys k ON k.dossier_id = d.dossier_id
     ORDER BY d.dossier_id""")
CONTEXT_DECIDED = text(f"""
    SELECT {_CONTEXT}, m.decision_id, m.version_number AS seen, m.act, m.actor, m.field_path, m.bulk_id,
           ({UNRESOLVED}) AS is_unresolved,
           EXISTS (SELECT FROM decisions u WHERE u.of_decision_id = m.decision_id AND u.act <> '{Act.CONFIRMED}')
               AS is_over,
           EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id AND e.state = ANY(:touched)
                      AND CASE WHEN m.act = '{Act.EDITED}' THEN m.decision_id = ANY(e.edits)
                               WHEN m.act IN ({listed(RESOLUTIONS)}) THEN e.decision_id = m.decision_id
                               ELSE true END) AS is_sent,
           EXISTS (SELECT FROM reports r WHERE r.decision_id = m.decision_id
                      AND (r.state <> '{ReportState.PENDING}' OR r.attempt_number > 0)) AS is_reported
      FROM decisions m JOIN dossiers d USING (dossier_id) JOIN keys k USING (dossier_id)
     WHERE m.decision_id = ANY(:ids) ORDER BY d.dossier_id, m.decision_id""")
CONTEXT_PARKED = text(f"""
    SELECT {_CONTEXT}, NULL AS decision_id, d.version_number AS seen, p.delivery_id,
           p.state IN ({listed(DELIVERY.before(DeliveryEvent.SETTLED))}) AND NOT p.{MAKES_ENTRY} AS is_parked
      FROM deliveries p JOIN dossiers d USING (dossier_id) JOIN keys k USING (dossier_id)
     WHERE p.delivery_id = ANY(:ids) ORDER BY d.dossier_id, p.delivery_id""")
NEW_IDS = text("SELECT nextval(pg_get_serial_sequence('decisions', 'decision_id')) FROM generate_series(1, :count)")
EXAMINE_AGAIN = text(f"UPDATE dossiers SET state = {_PULLED}, released_version = NULL WHERE dossier_id = ANY(:ids)")
RELEASE = text(f"""
    UPDATE dossiers SET state = {_PULLED}, released_version = version_number
     WHERE dossier_id = ANY(:ids) AND state IN ({listed(DOSSIER.before(DossierEvent.RELEASED, DossierState.PULLED))})
""")
PUT = text("UPDATE dossiers SET state = :state WHERE dossier_id = ANY(:ids)")
PEND = text(f"""
    UPDATE faults f SET pending_id = (
        SELECT max(m.decision_id) FROM decisions m JOIN dossiers d USING (dossier_id, version_number)
         WHERE m.dossier_id = f.dossier_id AND {UNRESOLVED})
     WHERE f.dossier_id = ANY(:ids)""")
"""Writes which decision a fault waits for: the last one that no second person has resolved, or none."""
WITHDRAW = text(f"""
    UPDATE reports SET state = '{ReportState.WITHDRAWN}'
     WHERE dossier_id = ANY(:ids) AND state = '{ReportState.PENDING}' AND attempt_number = 0
       AND (decision_id = ANY(:decisions) OR milestone = '{Milestone.ACCEPTED}')""")
RESTORE = text(f"""
    INSERT INTO faults (dossier_id, cause_code, field_paths, registry_code, portal_code, commune_code, found_at, due_at)
    SELECT d.dossier_id, cause ->> 0, array_agg(DISTINCT cause ->> 1 ORDER BY cause ->> 1), e.registry_code,
           d.portal_code, d.commune_code, min(v.happened_at), d.due_at
      FROM dossiers d JOIN deliveries e USING (dossier_id)
      CROSS JOIN LATERAL (SELECT happened_at, detail FROM events v
                           WHERE v.dossier_id = d.dossier_id AND v.delivery_id = e.delivery_id
                             AND v.kind = '{DeliveryEvent.REFUSED}'
                           ORDER BY event_id DESC LIMIT 1) v
      CROSS JOIN LATERAL jsonb_array_elements(coalesce(
          v.detail -> 'causes', jsonb_build_array(jsonb_build_array(e.registry_code || '.unknown', '')))) AS cause
     WHERE d.dossier_id = ANY(:ids) AND e.state = {_REFUSED} GROUP BY d.dossier_id, cause ->> 0, e.registry_code
    ON CONFLICT DO NOTHING""")
"""When a decision about a refusal is undone, a person must act on the refusal again."""
RESEND = text(f"""
    WITH again AS (
        UPDATE deliveries
           SET state = CASE state WHEN {_REFUSED} THEN '{DELIVERY.after(DeliveryEvent.RESENT)}'
                                  ELSE '{DELIVERY.after(DeliveryEvent.RESUMED)}' END,
               not_before = clock_timestamp()
         WHERE dossier_id = ANY(:ids)
           AND state IN ({listed(DELIVERY.before(DeliveryEvent.RESENT) | DELIVERY.before(DeliveryEvent.RESUMED))})
        RETURNING dossier_id, delivery_id, state)
    INSERT INTO events (dossier_id, delivery_id, kind)
    SELECT dossier_id, delivery_id,
           CASE state WHEN '{DELIVERY.after(DeliveryEvent.RESENT)}' THEN '{DeliveryEvent.RESENT}'
                      ELSE '{DeliveryEvent.RESUMED}' END FROM again""")
RESUME = text(f"""
    WITH again AS (
        UPDATE deliveries SET state = '{DELIVERY.after(DeliveryEvent.RESUMED)}'
         WHERE dossier_id = ANY(:ids) AND state IN ({listed(DELIVERY.before(DeliveryEvent.RESUMED))})
        RETURNING dossier_id, delivery_id)
    INSERT INTO events (dossier_id, delivery_id, kind)
    SELECT dossier_id, delivery_id, '{DeliveryEvent.RESUMED}' FROM again""")
SETTLE = text(f"""
    WITH done AS (
        UPDATE deliveries SET state = '{DELIVERY.after(DeliveryEvent.SETTLED)}'
         WHERE delivery_id = ANY(:deliveries) AND state IN ({listed(DELIVERY.before(DeliveryEvent.SETTLED))})
        RETURNING dossier_id, delivery_id, registry_code, entry_id, operation),
    annulled AS (
        UPDATE entries n SET state = '{EntryState.ANNULLED}' FROM done
         WHERE n.entry_id = done.entry_id AND done.operation = '{Operation.ANNUL}'
        RETURNING n.entry_id),
    complete AS ({EXPECT_NO_MORE}),
    cleared AS (
        DELETE FROM faults f USING done
         WHERE f.dossier_id = done.dossier_id AND f.registry_code = done.registry_code)
    INSERT INTO events (dossier_id, delivery_id, kind, actor)
    SELECT dossier_id, delivery_id, '{DeliveryEvent.SETTLED}', :actor FROM done""")
