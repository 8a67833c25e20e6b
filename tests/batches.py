"""Batches on a shelf: taken in as a gated pull does, looked at, stopped."""

from collections import Counter
from datetime import datetime

from connectors.ledger.arrivals import Arrival, save_page
from connectors.ledger.deliveries import claim_ready
from connectors.ledger.gates import in_batch, open_batches, settle_batch
from schemas.dates import VIETNAM
from schemas.dossier import Dossier
from schemas.expectation import Verdict
from tests.dossiers import MARRIAGE, changed
from tests.shelf import Shelf

STOPPING = Verdict("arrivals", "24/2026-11-20", "many_held", "is_held", False, True, {"failing": 1}, (1,))


def read(portal_code: str, original: bytes) -> Dossier:
    """On the shelf originals are dossiers as our own JSON."""
    return Dossier.model_validate_json(original)


def many(count: int, **changes: object) -> list[Dossier]:
    dossiers = [changed(MARRIAGE, "dossier_code", f"H05.12.34-261120-{n:04d}") for n in range(1, count + 1)]
    for path, value in changes.items():
        dossiers = [changed(one, path.replace("__", "."), value) for one in dossiers]
    return dossiers


def take_in(shelf: Shelf, *dossiers: Dossier) -> Counter[str]:
    """What a gated pull does: a page into the open batch, then the checks. The portal changed them just now, whenever
    that is: a batch whose newest dossier is a week old is noted as stale."""
    shelf.pages += 1
    fresh = [one.model_copy(update={"updated_at": datetime.now(VIETNAM)}) for one in dossiers]
    arrivals = [Arrival(one.dossier_code, one.model_dump_json().encode(), one) for one in fresh]
    save_page(shelf.ledger, "24", "", arrivals, f"page {shelf.pages}", gated=True)
    return shelf.examine()


def batch_states(shelf: Shelf) -> list[str]:
    return [row.state for row in shelf.rows("SELECT state FROM batches ORDER BY batch_id")]


def batch_of(shelf: Shelf, of: Dossier) -> int:
    ((batch_id,),) = shelf.rows("SELECT batch_id FROM dossiers WHERE dossier_code = :code", code=of.dossier_code)
    return int(batch_id)


def stop(shelf: Shelf) -> int:
    """Closes the open batch as stopped, by a verdict of our own."""
    (batch,) = open_batches(shelf.ledger)
    seen = {one.dossier_id: one.version_number for one in in_batch(shelf.ledger, batch)}
    assert settle_batch(shelf.ledger, batch, seen, [STOPPING]) == "stopped"
    return batch.batch_id


def ready(shelf: Shelf) -> int:
    return len(claim_ready(shelf.ledger, "civil_status", 100))
