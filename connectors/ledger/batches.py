"""The open batch of a portal: its pages go into it, and a gate judges it before anything of it is sent; see `gates`."""

from sqlalchemy import Connection, text

from schemas.states import BatchState, listed

BATCH_REJECTED = "batch_rejected"
"""The fault of a dossier whose batch a person rejected."""

FIND_OPEN = text(f"""
    SELECT batch_id FROM batches WHERE portal_code = :portal_code AND state = '{BatchState.OPEN}'
     ORDER BY batch_id DESC LIMIT 1 FOR SHARE""")
OPEN = text("INSERT INTO batches (portal_code) VALUES (:portal_code) RETURNING batch_id")

_UNDECIDED = listed((BatchState.OPEN, BatchState.STOPPED))
IN_GATE = f"""(s.batch_id IS NOT NULL AND EXISTS (
            SELECT FROM batches b WHERE b.batch_id = s.batch_id AND b.state IN ({_UNDECIDED})))"""
"""Of a dossier `s`: its batch is open or stopped, so nothing of it is sent. A rejected batch is not meant here: its
dossiers are held one by one."""


def open_batch(connection: Connection, portal_code: str) -> int:
    """The portal's open batch, which stays open until this transaction ends; a new one when there is none."""
    values = {"portal_code": portal_code}
    batch_id = connection.execute(FIND_OPEN, values).scalar()
    return int(batch_id if batch_id is not None else connection.execute(OPEN, values).scalar_one())
