"""Prints how quickly the desk answers over a ledger of a million dossiers.

    uv run --group benchmarks python -m tests.benchmarks.desk [--dossiers 1000000] [--pages 300]

A thousand dossiers come from the sandbox over real HTTP and go the real way: pulled, checked, sent, refused,
registered. The rest are their copies, row by row, in the database. Pages are asked for over real HTTP, one at a time,
of a server in a process of its own; dossiers and filters are chosen by lot among all.
"""

import random
import socket
import tempfile
import time
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated

import requests
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, create_engine, text

from connectors.ledger import open_ledger, upgrade
from connectors.ledger.grants import grant
from connectors.postgres import embedded
from connectors.sandbox.sandbox import Sandbox
from connectors.vault import Vault
from schemas.roles import Role
from schemas.tables import metadata
from tests.benchmarks.figures import machine
from tests.support.pipeline import PipelineDriver

out = Console(width=100)
KEY = bytes(range(32))
REAL = 1000
BAR_MS = {"median": 100, "99 of 100": 300}

COPIED = ("dossiers", "keys", "versions", "findings", "faults", "deliveries", "events", "reports")
"""Papers and replies are not copied: only the opened dossier's count."""
OTHERWISE = {
    "dossier_id": "dossier_id + :dossiers * n",
    "delivery_id": "delivery_id + :deliveries * n",
    "event_id": "event_id + :events * n",
    "report_id": "report_id + :reports * n",
    "dossier_code": "dossier_code || '-' || n",
    "delivery_key": "gen_random_uuid()",
    "received_on": "received_on - n % 300",
    "pending_id": "NULL",
    "decision_id": "NULL",
    **dict.fromkeys(("first_pulled_at", "started_at", "due_at", "found_at", "happened_at")),
}
"""What differs in the nth copy of a row; an instant lies so many days earlier."""


LAST_IDS = text("""
    SELECT (SELECT max(dossier_id) FROM dossiers) AS dossiers, (SELECT max(delivery_id) FROM deliveries) AS deliveries,
           (SELECT max(event_id) FROM events) AS events, (SELECT max(report_id) FROM reports) AS reports""")


def fill(url: URL, dossiers: int) -> None:
    """The real ones first, then so many copies of them as are wanted."""
    upgrade(url)
    with open_ledger(url, Vault(KEY)) as ledger:
        sandbox = Sandbox(2026, REAL)
        try:
            PipelineDriver(ledger, sandbox).go(600)
        finally:
            sandbox.stop()
        grant(ledger, "lan", Role.STEWARD, "", "benchmark")
        grant(ledger, "hoa", Role.SECOND_STEWARD, "", "benchmark")
    engine = create_engine(url)
    with engine.begin() as connection:
        last = connection.execute(LAST_IDS).one()._mapping
        for name in COPIED:
            columns = [column.name for column in metadata.tables[name].columns]
            values = ", ".join(_otherwise(column) for column in columns)
            connection.execute(
                text(
                    f"INSERT INTO {name} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE"
                    f" SELECT {values} FROM {name}, generate_series(1, :copies) AS n"
                ),
                {**last, "copies": dossiers // REAL - 1},
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _otherwise(column: str) -> str:
    return (OTHERWISE[column] or f"{column} - n % 300 * interval '1 day'") if column in OTHERWISE else column


def serve(url: str, port: int) -> None:
    """The desk for one user, in this process."""
    import uvicorn
    from fastapi import Request
    from sqlalchemy import make_url

    from dags.desk.app import make_desk
    from dags.desk.auth import Visitor

    async def find_user(request: Request) -> Visitor:
        return Visitor(request.headers.get("x-user", "lan"), "t")

    with open_ledger(make_url(url), Vault(KEY)) as ledger:
        app = make_desk(ledger=lambda: ledger, find_user=find_user)
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def addresses(url: URL, pages: int) -> dict[str, list[str]]:
    """Pages of each kind, by lot."""
    lot = random.Random(7)
    engine = create_engine(url)
    with engine.connect() as connection:
        real = connection.execute(
            text("SELECT portal_code, dossier_code, state FROM dossiers WHERE dossier_id <= :last"), {"last": REAL}
        ).all()
        causes = connection.execute(text("SELECT DISTINCT cause_code FROM faults")).scalars().all()
    engine.dispose()
    portals = sorted({row.portal_code for row in real})
    held = [row for row in real if row.state == "held"]

    def dossier(row: object) -> str:
        return f"/dossier/{row.portal_code}/{row.dossier_code}"  # type: ignore[attr-defined]  # a row of `real`

    return {
        "queue": ["/queue" if lot.random() < 0.5 else f"/queue?portal={lot.choice(portals)}" for _ in range(pages)],
        "queue of a cause": [
            f"/queue/{lot.choice(causes)}" + (f"?portal={lot.choice(portals)}" if lot.random() < 0.5 else "")
            for _ in range(pages)
        ],
        "dossier at fault": [dossier(lot.choice(held)) for _ in range(pages)],
        "any dossier": [dossier(lot.choice(real)) for _ in range(pages)],
        "overview": ["/"] * (pages // 3),
    }


def main(
    dossiers: Annotated[int, typer.Option(help="In the ledger.")] = 1_000_000,
    pages: Annotated[int, typer.Option(help="Asked for, of each kind.")] = 300,
) -> None:
    """Fills a ledger and asks for pages."""
    with ExitStack() as ends, tempfile.TemporaryDirectory() as home, embedded(Path(home)) as server:
        url = server.url()
        began = time.monotonic()
        fill(url, dossiers)
        out.print(f"{machine()}; {dossiers:,} dossiers, filled in {time.monotonic() - began:.0f} s", highlight=False)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = get_context("spawn").Process(
            target=serve, args=(url.render_as_string(hide_password=False), port), daemon=True
        )
        process.start()
        ends.callback(process.terminate)
        out.print(measured(f"http://127.0.0.1:{port}", addresses(url, pages)))


def measured(base: str, wanted: dict[str, list[str]]) -> Table:
    table = Table(title="The desk, ms a page", title_justify="left")
    for name in ("page", "asked", "median", "99 of 100", "slowest", "kB, median"):
        table.add_column(name, justify="right")
    with requests.Session() as session:
        _until_it_answers(session, base)
        for name, paths in wanted.items():
            for path in paths[:20]:
                session.get(base + path).raise_for_status()
            times, sizes = [], []
            for path in paths:
                began = time.perf_counter()
                reply = session.get(base + path)
                times.append((time.perf_counter() - began) * 1000)
                reply.raise_for_status()
                sizes.append(len(reply.content) / 1024)
            cut = quantiles(times, n=100)[98]
            numbers = (len(paths), median(times), cut, max(times), median(sizes))
            table.add_row(name, *(f"{number:.0f}" for number in numbers))
    table.caption = (
        ", ".join(f"{what} under {ms} ms" for what, ms in BAR_MS.items()) + ": the bar for queue and dossier"
    )
    return table


def _until_it_answers(session: requests.Session, base: str) -> None:
    for _ in range(300):
        try:
            if session.get(base + "/").ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise SystemExit("the desk did not start")


if __name__ == "__main__":
    typer.run(main)
