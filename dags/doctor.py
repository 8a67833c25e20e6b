"""Is this installation well? Each answer says what to do when it is not."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from connectors.endpoint import REGISTRY_CONNECTIONS, Endpoint, NoConnection
from connectors.errors import LienthongError
from connectors.portals.provinces import PROVINCES

LEAST_FREE_BYTES = 2 * 1024**3
CLOCK_TOLERANCE_S = 60.0
"""Signed headers are refused when our clock is off by more than a few minutes."""

Finding = tuple[str, bool, str]


def examine_installation() -> Iterator[Finding]:
    """Yields (what, is well, words) for each thing that must be right."""
    yield from _database()
    yield from _master_key()
    yield _disk()
    for connection_id in (*(province.connection_id for province in PROVINCES.values()), *REGISTRY_CONNECTIONS):
        yield _connection(connection_id)


def _database() -> Iterator[Finding]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    from connectors.postgres import database_url

    try:
        engine = create_engine(database_url())
        with engine.connect() as connection:
            now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            has_tables = connection.execute(text("SELECT to_regclass('events') IS NOT NULL")).scalar_one()
    except (SQLAlchemyError, ValueError, RuntimeError) as error:
        yield "database", False, f"cannot be reached ({type(error).__name__}): check LIENTHONG_DATABASE_URL"
        return
    yield "database", bool(has_tables), "" if has_tables else "has no tables yet: run `lienthong upgrade`"
    apart_s = abs((datetime.now(timezone.utc) - now).total_seconds())
    yield _clock("clock against database", apart_s)


def _clock(what: str, apart_s: float) -> Finding:
    is_well = apart_s <= CLOCK_TOLERANCE_S
    return what, is_well, f"{apart_s:.1f} s apart" + ("" if is_well else ": set this machine's clock by NTP")


def _master_key() -> Iterator[Finding]:
    from connectors.vault import Vault, VaultError

    try:
        Vault.from_environment()
    except VaultError as error:
        yield "master key", False, str(error)
    else:
        yield "master key", True, ""


def _disk() -> Finding:
    from connectors.postgres import home

    free = shutil.disk_usage(home()).free
    is_well = free >= LEAST_FREE_BYTES
    return "disk", is_well, f"{free / 1024**3:.1f} GiB free" + ("" if is_well else ": make room, the ledger grows")


def _connection(connection_id: str) -> Finding:
    from connectors.greet import greet

    try:
        endpoint = Endpoint.from_environment(connection_id)
        date = greet(connection_id, endpoint)
    except NoConnection as error:
        return connection_id, False, str(error)
    except LienthongError as error:
        return connection_id, False, f"{type(error).__name__}: {error}"
    if date is None:
        return connection_id, True, "answers"
    apart_s = abs((datetime.now(timezone.utc) - parsedate_to_datetime(date)).total_seconds())
    return connection_id, apart_s <= CLOCK_TOLERANCE_S, f"answers, clocks {apart_s:.0f} s apart"
