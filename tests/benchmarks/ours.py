"""Our side, in a process of its own: ledger and steps, called as the DAGs call them."""

import resource
import sys
import time
from collections.abc import Mapping, Sequence

from sqlalchemy import URL

from connectors.endpoint import Endpoint
from connectors.ledger import open_ledger, upgrade
from connectors.ledger.claims import Claimed, claim_ready
from connectors.portals.provinces import PROVINCES
from connectors.registries import REGISTRIES
from connectors.vault import Vault
from dags import steps
from quality.examination import examine
from schemas.delivery import Submission
from schemas.dossier import Dossier
from tests.benchmarks.figures import Run
from tests.benchmarks.twins import PROVINCE

VAULT = Vault(bytes(range(32)))
REGISTRY = REGISTRIES["civil_status"]
ALL = 1_000_000


def make_tables(url: URL) -> None:
    upgrade(url)


def pull(url: URL, portal: Endpoint) -> tuple[Run, Mapping[str, int]]:
    """Everything the portal has: pulled, sealed, examined and planned, into empty tables. Also what became of it."""
    with open_ledger(url, VAULT) as ledger:
        started = time.perf_counter()
        moved = steps.pull(ledger, PROVINCES[PROVINCE], portal)
        return Run(moved["new"], time.perf_counter() - started), moved


def deliver(url: URL, registry: Endpoint) -> Run:
    """All that is ready for civil status: attempts written before, answers after."""
    with open_ledger(url, VAULT) as ledger:
        started = time.perf_counter()
        moved = steps.deliver(ledger, REGISTRY, registry)
        seconds = time.perf_counter() - started
    if set(moved) != {"accepted"}:
        raise AssertionError(f"a fresh registry must accept everything: {moved}")
    return Run(moved["accepted"], seconds)


def bodies(url: URL, registry: Endpoint) -> list[tuple[str, bytes]]:
    """Path and body of every request that `deliver` sends. Claims them all: the ledger is of no use afterwards."""
    written = []
    for one in _claimed(url):
        request = REGISTRY.write([Submission(key=one.delivery_key, dossier=_read(one), given=one.given)], registry)
        written.append((request.path, request.body))
    return written


def examine_claimed(url: URL) -> Run:
    """Every check on the dossiers that are ready for civil status, and nothing else. Claims them all."""
    dossiers = [_read(one) for one in _claimed(url)]
    started = time.perf_counter()
    for dossier in dossiers:
        examine(dossier)
    return Run(len(dossiers), time.perf_counter() - started)


def peak_mb() -> float:
    """The most memory this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1_048_576 if sys.platform == "darwin" else peak / 1_024


def _claimed(url: URL) -> Sequence[Claimed]:
    with open_ledger(url, VAULT) as ledger:
        return claim_ready(ledger, REGISTRY.code, ALL)


def _read(one: Claimed) -> Dossier:
    return PROVINCES[PROVINCE].platform.read_dossier(one.original, PROVINCE)
