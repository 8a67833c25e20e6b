"""A real PostgreSQL for all tests, a fresh ledger for each test that asks for one; a line to a twin of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from connectors.http import ClientCredentials, Line
from connectors.ledger import Ledger, open_ledger
from connectors.postgres import EmbeddedServer, embedded
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.server import Listener
from connectors.vault import Vault
from tests.support import markers
from tests.support.databases import Databases, prepare
from tests.support.ledger_driver import LedgerDriver
from tests.support.pipeline import PipelineDriver
from tests.support.scripted_twin import ASK, ScriptedTwin, endpoint


def pytest_configure(config: pytest.Config) -> None:
    for name, what in markers.MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {what}")


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        markers.mark(item)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One PostgreSQL for all tests."""
    with embedded(tmp_path_factory.mktemp("home")) as running:
        prepare(running)
        yield running


@pytest.fixture(scope="session")
def databases(server: EmbeddedServer) -> Databases:
    return Databases(server)


@pytest.fixture
def ledger_url(databases: Databases) -> Iterator[URL]:
    """A database of its own, with empty tables."""
    with databases.lent() as url:
        yield url


@pytest.fixture
def vault() -> Vault:
    return Vault(bytes(range(32)))


@pytest.fixture
def ledger(ledger_url: URL, vault: Vault) -> Iterator[Ledger]:
    with open_ledger(ledger_url, vault) as opened:
        yield opened


@pytest.fixture
def driver(ledger: Ledger) -> LedgerDriver:
    """A ledger of one portal, to be worked by hand."""
    return LedgerDriver(ledger)


@pytest.fixture
def pipeline(ledger: Ledger) -> Iterator[Callable[..., PipelineDriver]]:
    """Makes a pipeline: a sandbox of so many dossiers, and the ledger that carries them."""
    sandboxes: list[Sandbox] = []

    def make(dossiers: int = 60, seed: int = 7, **options: object) -> PipelineDriver:
        sandbox = Sandbox(seed, dossiers, **options)  # type: ignore[arg-type]  # checked where it is taken
        sandboxes.append(sandbox)
        return PipelineDriver(ledger, sandbox)

    yield make
    for sandbox in sandboxes:
        sandbox.stop()


@pytest.fixture
def repository() -> Path:
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def twin() -> ScriptedTwin:
    return ScriptedTwin()


@pytest.fixture
def listener(twin: ScriptedTwin) -> Iterator[Listener]:
    listening = Listener(twin, 1)
    yield listening
    listening.refuse()


@pytest.fixture
def line(listener: Listener) -> Iterator[Line]:
    with Line(endpoint(listener.url), ClientCredentials(), per_second=1000, read_timeout_s=0.5) as opened:
        opened.send(ASK)  # a token, and a connection that is kept open
        yield opened
