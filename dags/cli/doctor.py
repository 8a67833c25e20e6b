"""`lienthong doctor`: examines this installation; a fault is named together with what to do about it."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from connectors.endpoint import Endpoint, NoConnection
from connectors.errors import LienthongError
from connectors.portals.provinces import PROVINCES
from quality.words import EN, group
from schemas.registries import REGISTRY_CODES

LEAST_FREE_BYTES = 2 * 1024**3
CLOCK_TOLERANCE_S = 60.0
"""Registries refuse signed requests from a clock that is off by some minutes. The value 60 is assumed."""

SET_CLOCK = "set this machine's clock by NTP"
NEWEST_KEY = """
    SELECT wrapped, portal_code, dossier_code FROM keys JOIN dossiers USING (dossier_id)
     WHERE wrapped IS NOT NULL ORDER BY dossier_id DESC LIMIT 1"""

Diagnosis = tuple[str, bool, str]


def examine_installation() -> Iterator[Diagnosis]:
    """Yields (what was examined, whether it is well, words for the operator)."""
    yield from _database()
    yield from _master_key()
    yield _disk()
    yield from _paper()
    connection_ids = (*(province.connection_id for province in PROVINCES.values()), *REGISTRY_CODES)
    with ThreadPoolExecutor(len(connection_ids)) as pool:  # time-outs pass at the same time
        yield from pool.map(_connection, connection_ids)


def _database() -> Iterator[Diagnosis]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    from connectors.postgres import database_url

    try:
        engine = create_engine(database_url(), connect_args={"connect_timeout": 10})
        with engine.connect() as connection:
            now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            has_tables = connection.execute(text("SELECT to_regclass('events') IS NOT NULL")).scalar_one()
    except (SQLAlchemyError, ValueError, RuntimeError) as error:
        yield "database", False, f"cannot be reached ({type(error).__name__}): check LIENTHONG_DATABASE_URL"
        return
    yield "database", bool(has_tables), "" if has_tables else "has no tables yet: run `lienthong upgrade`"
    apart_s = abs((datetime.now(timezone.utc) - now).total_seconds())
    yield _clock("clock against database", apart_s)


def _clock(what: str, apart_s: float) -> Diagnosis:
    is_well = apart_s <= CLOCK_TOLERANCE_S
    return what, is_well, f"{apart_s:.1f} s apart" + ("" if is_well else f": {SET_CLOCK}")


def _master_key() -> Iterator[Diagnosis]:
    from sqlalchemy.exc import SQLAlchemyError

    from connectors.ledger import open_ledger
    from connectors.vault import Vault, VaultError

    try:
        with open_ledger(vault=Vault.from_environment()) as ledger, ledger.engine.connect() as connection:
            if newest := connection.exec_driver_sql(NEWEST_KEY).first():
                ledger.open_key(*newest)
    except VaultError as error:
        yield "master key", False, str(error)
    except (SQLAlchemyError, ValueError, RuntimeError):  # the database is another finding
        yield "master key", True, "is set; not tried on the ledger"
    else:
        yield "master key", True, "opens the newest dossier" if newest else ""


def _disk() -> Diagnosis:
    from connectors.postgres import home

    free = shutil.disk_usage(home()).free
    is_well = free >= LEAST_FREE_BYTES
    return "disk", is_well, f"{free / 1024**3:.1f} GiB free" + ("" if is_well else ": make room, the ledger grows")


def _paper() -> Iterator[Diagnosis]:
    """What paper registers need. None of it is a fault: without scans, or without a machine that reads them, the rest
    works, and pages wait for two keyers."""
    from connectors.paper.extra import INSTALL, makes_searchable_pdfs, missing_libraries, reads_heic

    if missing := missing_libraries():
        yield "paper registers", True, f"scans cannot be opened here ({', '.join(missing)}): {INSTALL}"
        return
    yield "paper registers", True, "scans can be opened"
    lacking = [
        what for what, is_there in (("HEIC", reads_heic()), ("searchable PDF", makes_searchable_pdfs())) if not is_there
    ]
    if lacking:
        yield "paper registers", True, f"no {', no '.join(lacking)} here: {INSTALL}"
    from connectors.paper.recognisers import available

    works, problems = available()
    for recogniser in works:
        yield "recogniser", True, f"{recogniser.code} works"
    for name, problem in problems.items():
        yield "recogniser", True, f"{name} does not read: {problem}"
    if not works:
        yield "recogniser", True, "no machine reads pages: they wait for two keyers"


def _connection(connection_id: str) -> Diagnosis:
    from connectors.probe import probe

    try:
        endpoint = Endpoint.from_environment(connection_id)
        date = probe(connection_id, endpoint)
    except NoConnection as error:
        return connection_id, False, str(error)
    except LienthongError as error:
        return connection_id, False, f"{type(error).__name__}: {error}. {group('next', EN)[type(error).__name__]}"
    apart_s = _apart_s(date)
    if apart_s is None:
        return connection_id, True, "answers"
    is_well = apart_s <= CLOCK_TOLERANCE_S
    return connection_id, is_well, f"answers, clocks {apart_s:.0f} s apart" + ("" if is_well else f": {SET_CLOCK}")


def _apart_s(date: str | None) -> float | None:
    """Seconds between our clock and a reply's `Date` header; None when the reply has no readable one."""
    try:
        return abs((datetime.now(timezone.utc) - parsedate_to_datetime(date or "")).total_seconds())
    except (TypeError, ValueError):  # TypeError: a date of no zone
        return None
