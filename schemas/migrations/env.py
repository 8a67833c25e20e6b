"""Alembic's way in: the connection is given by who calls the upgrade."""

from alembic import context

from schemas.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
