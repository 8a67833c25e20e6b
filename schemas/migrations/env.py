"""Alembic's way in: the connection is given by who calls the upgrade."""

from alembic import context

from schemas import paper_tables
from schemas.tables import metadata

assert paper_tables.books.metadata is metadata  # its tables are known from here on
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
