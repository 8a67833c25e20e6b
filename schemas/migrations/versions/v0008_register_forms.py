"""Forms of register pages that are drawn at the desk, and the facing page of a page whose records go on over it.

Locks: pages, for a moment; the new column is null and is added without a rewrite, and its index has no row yet.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "register_forms",
        sa.Column("form_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("form_code", sa.Text(), nullable=False),
        sa.Column("form_name", sa.Text(), nullable=False),
        sa.Column("edition", sa.SmallInteger(), nullable=False),
        sa.Column("book_kind", sa.Text(), nullable=False),
        sa.Column("place_code", sa.Text(), server_default="", nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=True),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("form_id", name=op.f("pk_register_forms")),
        sa.UniqueConstraint("form_code", name=op.f("uq_register_forms_form_code")),
        sa.UniqueConstraint("form_name", "edition", name="uq_register_forms_edition"),
    )
    op.add_column("pages", sa.Column("facing_page_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_pages_facing_page_id",
        "pages",
        ["facing_page_id"],
        postgresql_where=sa.text("facing_page_id IS NOT NULL"),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register_forms"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
