"""Ledgers for tests: a database is made once, lent to one test after the other, and emptied in between.

To make a database takes a hundred times as long as to empty one in which a test has written a few rows.
"""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from connectors.ledger import upgrade
from connectors.postgres import EmbeddedServer

TEMPLATE = "template_ledger"
NEED_NOT_SURVIVE_A_POWER_CUT = ("fsync = off", "full_page_writes = off")
"""Of a server for tests: they kill processes, never the machine."""

LEAVE = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()")
EMPTY = text("""
    DO $$
    DECLARE
        thing record;
        is_used boolean;
    BEGIN
        SET LOCAL lock_timeout = '5s';
        SET LOCAL session_replication_role = replica;  -- no trigger refuses, no foreign key asks
        FOR thing IN SELECT tablename AS name FROM pg_tables
                      WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %I)', thing.name) INTO is_used;
            IF is_used THEN
                EXECUTE format('DELETE FROM %I', thing.name);
            END IF;
        END LOOP;
        FOR thing IN SELECT sequencename AS name FROM pg_sequences WHERE last_value IS NOT NULL LOOP
            PERFORM setval(quote_ident(thing.name)::regclass, 1, false);
        END LOOP;
    END $$""")

_numbers = itertools.count(1)


def prepare(server: EmbeddedServer) -> None:
    """Makes the template, with the ledger's tables."""
    engine = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in NEED_NOT_SURVIVE_A_POWER_CUT:
            connection.execute(text(f"ALTER SYSTEM SET {setting}"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    upgrade(server.url(TEMPLATE))


def new_ledger_url(server: EmbeddedServer) -> URL:
    """A new database with empty tables."""
    name = f"ledger_{os.getpid()}_{next(_numbers)}"
    engine = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    engine.dispose()
    return server.url(name)


@dataclass
class Databases:
    """The databases that no test has at the moment."""

    server: EmbeddedServer
    free: list[URL] = field(default_factory=list)

    @contextmanager
    def lent(self) -> Iterator[URL]:
        """A database with empty tables. One that cannot be emptied afterwards is not lent again."""
        url = self.free.pop() if self.free else new_ledger_url(self.server)
        yield url
        with suppress(DBAPIError):
            self._empty(url)
            self.free.append(url)

    def _empty(self, url: URL) -> None:
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(LEAVE, {"name": url.database})
            connection.execute(EMPTY)
