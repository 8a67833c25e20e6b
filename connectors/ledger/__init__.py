"""The ledger: our database. One file for each thing that happens to a dossier: arrivals, examinations, deliveries,
decisions, reports.

Every function is one transaction, or one query. States and the events that they are derived from are written together.
Two workers may call any function at any moment: rows are claimed with SKIP LOCKED, and are changed only while they are
in the state in which they were read.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, URL, Connection, Engine, Table, create_engine, text
from sqlalchemy.types import TypeEngine

from connectors.postgres import database_url
from connectors.vault import DataKey, Vault

PG_TYPES = {
    "BIGINT": "int8", "INTEGER": "int4", "SMALLINT": "int2", "TEXT": "text", "BYTEA": "bytea", "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamptz", "UUID": "uuid", "JSONB": "jsonb", "BOOLEAN": "bool",
}  # fmt: skip

UPGRADE_LOCK = 0x6C69656E

KEEP_INCIDENT = text("""
    INSERT INTO incidents (endpoint_code, error, message, reply_sha256, wrapped, sealed)
    SELECT CAST(:endpoint_code AS text), CAST(:error AS text), CAST(:message AS text), CAST(:reply_sha256 AS bytea),
           :wrapped, :sealed
     WHERE NOT EXISTS (SELECT FROM incidents i
                        WHERE i.reply_sha256 = CAST(:reply_sha256 AS bytea) AND i.error = CAST(:error AS text)
                          AND i.endpoint_code = CAST(:endpoint_code AS text) AND i.message = CAST(:message AS text)
                          AND i.happened_at > clock_timestamp() - interval '1 day')""")


@dataclass(frozen=True)
class Ledger:
    """An open ledger: the database, and the vault that seals what goes into it."""

    engine: Engine
    vault: Vault

    def open_key(self, wrapped: bytes | None, portal_code: str, dossier_code: str) -> DataKey:
        return self.vault.open_key(wrapped, owner_of(portal_code, dossier_code))

    def keep_incident(self, endpoint_code: str, error: Exception, reply: bytes) -> None:
        """Keeps a reply that belongs to no dossier and could not be read, for the engineer. A repeat is kept once a
        day."""
        key, wrapped = self.vault.new_key(f"incident/{endpoint_code}")
        values = {
            "endpoint_code": endpoint_code,
            "error": type(error).__name__,
            "message": str(error),
            "reply_sha256": sha256(reply).digest(),
            "wrapped": wrapped,
            "sealed": key.seal(reply, "incident"),
        }
        with self.engine.begin() as connection:
            connection.execute(KEEP_INCIDENT, values)


def owner_of(portal_code: str, dossier_code: str) -> str:
    """The owner of a dossier's data key, as the vault authenticates it."""
    return f"{portal_code}/{dossier_code}"


@contextmanager
def open_ledger(url: URL | None = None, vault: Vault | None = None) -> Iterator[Ledger]:
    """Opens the ledger of this installation; its tables must exist (`upgrade`)."""
    vault = vault or Vault.from_environment()
    engine = create_engine(url or database_url(), pool_size=2, max_overflow=6, pool_pre_ping=True, hide_parameters=True)
    try:
        yield Ledger(engine, vault)
    finally:
        engine.dispose()


def upgrade(url: URL | None = None) -> None:
    """Brings the tables to the newest migration. Several callers at once wait for each other.

    The lock ends with the transaction, so that a pooler of connections cannot keep it.
    """
    from alembic import command
    from alembic.config import Config

    engine = create_engine(url or database_url())
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
            config = Config()
            config.set_main_option("script_location", "schemas:migrations")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def copy_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes rows by binary COPY, inside the connection's transaction."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    names = ", ".join(columns)
    with driver.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
        kinds = [_pg_type(table.c[name].type) for name in columns]
        copy.set_types(kinds)
        json_positions = [position for position, kind in enumerate(kinds) if kind == "jsonb"]
        for row in rows:
            if json_positions:
                row = list(row)
                for position in json_positions:
                    row[position] = Jsonb(row[position])
            copy.write_row(row)


def _pg_type(column_type: TypeEngine[Any]) -> str:
    if isinstance(column_type, ARRAY):
        return _pg_type(column_type.item_type) + "[]"
    from sqlalchemy.dialects import postgresql

    name = column_type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    return PG_TYPES[name]
