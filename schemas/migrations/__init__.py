"""How the ledger's tables came to be: one Alembic script a change."""
