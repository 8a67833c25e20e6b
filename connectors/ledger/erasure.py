"""Erasing a dossier destroys its wrapped data key, so that nothing opens again, deletes its blind indexes, and takes
it out of what is searched."""

from sqlalchemy import text

from connectors.ledger import Ledger
from schemas.states import OPEN_STATES, DeliveryState, DossierState, ReportState, listed

ENDED = (DossierState.HELD, DossierState.CLOSED, DossierState.CLEARED)

ERASE = text(f"""
    WITH gone AS (
        UPDATE keys k SET wrapped = NULL, destroyed_at = clock_timestamp() FROM dossiers d
         WHERE d.dossier_id = k.dossier_id AND d.portal_code = :portal_code AND d.dossier_code = :dossier_code
           AND k.wrapped IS NOT NULL AND d.state IN ({listed(ENDED)})
           AND NOT EXISTS (SELECT FROM reports r
                            WHERE r.dossier_id = d.dossier_id AND r.state = '{ReportState.PENDING}')
           AND NOT EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id
                              AND (e.state IN ({listed(OPEN_STATES | {DeliveryState.PARKED})})
                                   OR e.lacks <> '{{}}'))
        RETURNING k.dossier_id),
    unindexed AS (DELETE FROM blind_indexes t USING gone WHERE t.dossier_id = gone.dossier_id),
    unpaired AS (
        DELETE FROM duplicate_candidates l USING gone
         WHERE gone.dossier_id IN (l.dossier_id, l.other_id) AND l.decided_as IS NULL)
    INSERT INTO events (dossier_id, kind) SELECT dossier_id, 'erased' FROM gone RETURNING dossier_id""")

UNSEARCHABLE = text("DELETE FROM searchables WHERE subject_kind = 'dossier' AND subject_id = :dossier_id")
"""A statement of its own: one that waited for the lock of somebody who indexes the dossier still sees its old
snapshot."""


def erase(ledger: Ledger, portal_code: str, dossier_code: str) -> bool:
    """Destroys the key of a dossier. False when there is no such dossier, or something of it is still open: an
    examination, a delivery, a report, a number that a registry promised."""
    with ledger.engine.begin() as connection:
        values = {"portal_code": portal_code, "dossier_code": dossier_code}
        erased = connection.execute(ERASE, values).first()
        if erased:
            connection.execute(UNSEARCHABLE, {"dossier_id": erased.dossier_id})
        return erased is not None
