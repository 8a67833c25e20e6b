"""The batch that a portal's pages go into while a gate stands before them; see `gates`."""

from sqlalchemy import Connection, text

from schemas.states import BatchState, listed

BATCH_REJECTED = "batch_rejected"
"""The fault of a dossier whose batch a person rejected."""

FIND_OPEN = text(f"""
    SELECT batch_id FROM batches WHERE portal_code = :portal_code AND state = '{BatchState.OPEN}'
     ORDER BY batch_id DESC LIMIT 1 FOR SHARE""")
OPEN = text("INSERT INTO batches (portal_code) VALUES (:portal_code) RETURNING batch_id")

IN_GATE = f"""(s.batch_id IS NOT NULL AND EXISTS (
            SELECT FROM batches b WHERE b.batch_id = s.batch_id AND b.state IN ({listed((BatchState.OPEN, BatchState.STOPPED))})))"""
"""Of a dossier `s`: nothing of it is sent. A rejected batch stands in nobody's way: its dossiers are held."""


def open_batch(connection: Connection, portal_code: str) -> int:
    """The portal's open batch, which stays open until this transaction ends; a new one when there is none."""
    wanted = {"portal_code": portal_code}
    found = connection.execute(FIND_OPEN, wanted).scalar()
    return int(found if found is not None else connection.execute(OPEN, wanted).scalar_one())
