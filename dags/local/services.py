"""Database, ledger tables and Airflow on this machine: what `lienthong demo` and `lienthong up` both start."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from connectors.ledger import upgrade
from connectors.portals.provinces import PROVINCES
from connectors.postgres import URL_VARIABLE, embedded, named_url
from dags.local.engine import DESK_PATH, ONE_USER, Engine
from schemas.registries import REGISTRY_CODES

PORTAL_SLOTS, REGISTRY_SLOTS = 1, 2
"""Tasks that may call one system at a time: one pulls from a portal; one sends to a registry and one collects."""

err = Console(stderr=True, highlight=False, soft_wrap=True)


def start_services(
    started: ExitStack,
    folder: Path,
    environment: Mapping[str, str],
    port: int | None,
    users: Mapping[str, str] = ONE_USER,
    database: str = "",
) -> Engine:
    """Starts database and Airflow, upgrades the ledger's tables, and ends all of it when `started` closes.

    `folder` keeps the embedded database and Airflow's files; `environment` is added to what Airflow's tasks read;
    `users` are the logins and their roles in Airflow; `database` is the URL of a database that runs elsewhere, and an
    embedded server is started where it is empty. Raises EngineFailed and EmbeddedServerFailed, which say what to do.
    """
    err.print("Starting the database ...")
    if database:
        url, metadata = named_url(database), named_url(database, "airflow")
    else:
        server = started.enter_context(embedded(folder))
        url, metadata = server.url(), server.url("airflow")
    os.environ[URL_VARIABLE] = url.render_as_string(hide_password=False)
    environment = {**environment, URL_VARIABLE: os.environ[URL_VARIABLE]}
    engine = Engine(folder, metadata, environment, port, users)
    err.print("Starting Airflow ...")
    started.enter_context(engine)
    upgrade(url)
    engine.wait_until_ready()
    engine.create_pools(
        {**{f"portal_{code}": PORTAL_SLOTS for code in PROVINCES}, **dict.fromkeys(REGISTRY_CODES, REGISTRY_SLOTS)}
    )
    engine.unpause_all()
    return engine


def print_addresses(engine: Engine, command: str = "lienthong") -> None:
    """Prints the web addresses, the logins, and the `command` that asks about dossiers from another shell."""
    err.print(f"Airflow: {engine.url}/  the desk: {engine.url}{DESK_PATH}/", markup=False)
    for user, password in engine.logins.items():
        err.print(f"  login: {user:8} password: {password}", markup=False)
    err.print(f"In another shell: `{command} account`, `{command} show CODE`. Ctrl-C ends all that was started.")
