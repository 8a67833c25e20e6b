"""Batches on a driver: taken in as a gated pull does, looked at, stopped."""

from collections import Counter
from datetime import datetime

from connectors.ledger.arrivals import Arrival, save_page
from connectors.ledger.claims import claim_ready
from connectors.ledger.gates import in_batch, open_batches, settle_batch
from schemas.dates import VIETNAM
from schemas.dossier import Dossier
from schemas.expectation import Verdict
from tests.support.dossiers import MARRIAGE, changed
from tests.support.ledger_driver import LedgerDriver

STOPPING = Verdict("arrivals", "24/2026-11-20", "many_held", "is_held", False, True, {"failing": 1}, (1,))


def read(portal_code: str, original: bytes) -> Dossier:
    """On the driver originals are dossiers as our own JSON."""
    return Dossier.model_validate_json(original)


def many(count: int, **changes: object) -> list[Dossier]:
    dossiers = [changed(MARRIAGE, "dossier_code", f"H05.12.34-261120-{n:04d}") for n in range(1, count + 1)]
    for path, value in changes.items():
        dossiers = [changed(dossier, path.replace("__", "."), value) for dossier in dossiers]
    return dossiers


def take_in(driver: LedgerDriver, *dossiers: Dossier) -> Counter[str]:
    """What a gated pull does: a page into the open batch, then the checks. The portal changed them just now, whenever
    that is: a batch whose newest dossier is a week old is noted as stale."""
    driver.pages += 1
    fresh = [dossier.model_copy(update={"updated_at": datetime.now(VIETNAM)}) for dossier in dossiers]
    arrivals = [Arrival(dossier.dossier_code, dossier.model_dump_json().encode(), dossier) for dossier in fresh]
    save_page(driver.ledger, "24", "", arrivals, f"page {driver.pages}", gated=True)
    return driver.examine()


def batch_states(driver: LedgerDriver) -> list[str]:
    return [row.state for row in driver.rows("SELECT state FROM batches ORDER BY batch_id")]


def batch_of(driver: LedgerDriver, dossier: Dossier) -> int:
    ((batch_id,),) = driver.rows("SELECT batch_id FROM dossiers WHERE dossier_code = :code", code=dossier.dossier_code)
    return int(batch_id)


def stop(driver: LedgerDriver) -> int:
    """Closes the open batch as stopped, by a verdict of our own."""
    (batch,) = open_batches(driver.ledger)
    seen = {dossier.dossier_id: dossier.version_number for dossier in in_batch(driver.ledger, batch)}
    assert settle_batch(driver.ledger, batch, seen, [STOPPING]) == "stopped"
    return batch.batch_id


def ready(driver: LedgerDriver) -> int:
    return len(claim_ready(driver.ledger, "civil_status", 100))
