"""A ledger that version 0.1.0 made is carried over: nothing is lost, nothing is held as changed, all of it goes on.

`tests/recorded/ledgers/*.copy.gz`: each table of such a ledger (revision 0004) as PostgreSQL's COPY text, made by
version 0.1.0 from 24 invented dossiers of its sandbox: delivered, refused, edited, accepted, one attempt without an
answer. Its master key is that of the tests.
"""

import gzip
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from connectors.ledger import Ledger, open_ledger, upgrade
from connectors.ledger.account import account
from connectors.ledger.arrivals import save_page
from connectors.ledger.claims import claim_awaited, claim_doubtful
from connectors.ledger.dossier_view import head_of, view_of
from connectors.ledger.unexamined import unexamined_of
from connectors.portals.provinces import PROVINCES, read_original
from connectors.postgres import EmbeddedServer
from connectors.vault import Vault
from dags.steps.pulling import read_arrival

RECORDED = Path(__file__).parents[1] / "recorded" / "ledgers"
_numbers = itertools.count(1)
HEAD = re.compile(r"-- (\w+) \((.*)\)\n")
IDENTITIES = """
    SELECT table_name, column_name FROM information_schema.columns
     WHERE is_identity = 'YES' AND table_schema = 'public'"""
DELIVERIES = {
    "12": {"ready": 1, "registered": 55, "refused": 1},
    "14": {"waiting": 3, "registered": 56, "sending": 1, "accepted": 1},
}
DOSSIERS = {"12": {"cleared": 24}, "14": {"waiting": 1, "cleared": 23}}
ACTS = {"12": {"edited": 1}, "14": {"edited": 1, "released": 2, "supplement_asked": 1}}
"""What version 0.1.0 said of itself when the dumps were made, an edit then called `mended`."""


def restored(url: URL, seed: str) -> None:
    """The tables of revision 0004 with the rows of the dump."""
    engine = create_engine(url)
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", "schemas:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.commit()
        driver = connection.connection.driver_connection
        assert driver is not None
        parts = HEAD.split(gzip.decompress((RECORDED / f"v0_1_0_seed_{seed}.copy.gz").read_bytes()).decode())
        for table, columns, rows in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            with driver.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                copy.write(rows)
        for table, column in driver.execute(IDENTITIES).fetchall():  # COPY leaves the numbering where it was
            newest = f"(SELECT coalesce(max({column}), 0) + 1 FROM {table})"
            driver.execute(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), {newest})")
        driver.commit()
    engine.dispose()


@pytest.fixture(params=["12", "14"])
def seed(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def old(server: EmbeddedServer, seed: str) -> Iterator[Ledger]:
    """A database that version 0.1.0 left, brought to this version."""
    url = server.url(f"old_ledger_{seed}_{next(_numbers)}")
    restored(url, seed)
    upgrade(url)
    with open_ledger(url, Vault(bytes(range(32)))) as ledger:
        yield ledger


def count(ledger: Ledger, question: str) -> dict[str, int]:
    with ledger.engine.connect() as connection:
        return dict(tuple(row) for row in connection.execute(text(question)))


def test_every_dossier_delivery_and_decision_stands_where_it_stood(old: Ledger, seed: str) -> None:
    assert count(old, "SELECT state, count(*) FROM deliveries GROUP BY 1") == DELIVERIES[seed]
    assert count(old, "SELECT state, count(*) FROM dossiers GROUP BY 1") == DOSSIERS[seed]
    assert count(old, "SELECT act, count(*) FROM decisions GROUP BY 1") == ACTS[seed]
    assert sum(line.unexplained for line in account(old)) == 0


def test_words_of_the_old_dialect_are_gone(old: Ledger) -> None:
    kinds = count(old, "SELECT kind, count(*) FROM events GROUP BY 1")
    assert not {"mended", "report_heard", "likeness_decided"} & kinds.keys()
    assert kinds["report_acknowledged"] > 0
    states = count(old, "SELECT state, count(*) FROM reports GROUP BY 1")
    assert "heard" not in states
    assert states["acknowledged"] > 0


def test_every_delivery_has_its_entry_and_names_values_by_their_registry(old: Ledger) -> None:
    assert count(old, "SELECT operation, count(*) FROM deliveries WHERE entry_id IS NULL GROUP BY 1") == {}
    names = set(count(old, "SELECT DISTINCT unnest(needs || gives), 1 FROM deliveries"))
    assert "civil_status.entry_number" in names
    assert all(name.count(".") == 1 for name in names)
    mismatched = (
        "SELECT e.state || ' ' || n.state, count(*) FROM deliveries e JOIN entries n USING (entry_id)"
        " WHERE e.state <> 'cancelled' AND (e.state = 'registered') <> (n.state = 'registered') GROUP BY 1"
    )
    assert count(old, mismatched) == {}


def test_what_was_sealed_can_be_read(old: Ledger) -> None:
    edits = 0
    for portal_code, dossier_code in rows(old, "SELECT portal_code, dossier_code FROM dossiers"):
        head = head_of(old, portal_code, dossier_code)
        assert head is not None
        view = view_of(old, head)
        assert read_original(portal_code, view.versions[-1].original).dossier_code.strip() == dossier_code
        edits += sum(decision.edit is not None for decision in view.decisions)
        assert all(
            reply.receipt is None or reply.receipt.registry_code == reply.registry_code for reply in view.replies
        )
    assert edits == 1


def test_a_portal_that_gives_the_unchanged_dossiers_makes_no_new_version(old: Ledger) -> None:
    for portal_code in ("24", "22"):
        ids = [row[0] for row in rows(old, f"SELECT dossier_id FROM dossiers WHERE portal_code = '{portal_code}'")]
        originals = [(one.dossier_code, one.original) for one in unexamined_of(old, ids)]
        platform = PROVINCES[portal_code].platform
        arrivals = [read_arrival(platform, portal_code, code, original) for code, original in originals]
        moved = save_page(old, portal_code, platform.streams[0], arrivals, "again")
        assert moved["same"] + moved["status"] == len(ids), moved  # a status is the portal's, and no content


def test_what_was_under_way_is_asked_about_and_not_sent_again(old: Ledger, seed: str) -> None:
    if seed != "14":
        return
    with old.engine.begin() as connection:
        connection.execute(text("UPDATE deliveries SET not_before = now(), leased_until = now() - interval '1 day'"))
    (doubtful,) = claim_doubtful(old, "civil_status", 10, 1.0)
    assert (doubtful.state, doubtful.operation, doubtful.entry) == ("sending", "register", None)
    (awaited,) = claim_awaited(old, "civil_status", 10)
    assert awaited.state == "accepted"


def rows(ledger: Ledger, question: str) -> list[tuple[object, ...]]:
    with ledger.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(question))]
