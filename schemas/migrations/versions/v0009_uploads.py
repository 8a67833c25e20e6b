"""Files handed in at the desk, which are examined in the background; whose a keyed file is, and which of its held rows
were corrected.

The columns are new and empty: `loads` and `held_rows` are locked for a moment.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("upload_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=True),
        sa.Column("fixes_load_id", sa.BigInteger(), nullable=True),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("replaces", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("examined_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["book_id"], ["books.book_id"], name=op.f("fk_uploads_book_id")),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("folder", name=op.f("uq_uploads_folder")),
    )
    op.create_index("ix_uploads_book_id", "uploads", ["book_id", "upload_id"], unique=False)
    op.create_index(
        "ix_uploads_fixes_load_id",
        "uploads",
        ["fixes_load_id"],
        unique=False,
        postgresql_where=sa.text("fixes_load_id IS NOT NULL"),
    )
    for name in ("book_kind", "province_code", "commune_code"):
        op.add_column("loads", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("loads", sa.Column("name_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("loads", sa.Column("fixes_load_id", sa.BigInteger(), nullable=True))
    op.add_column("held_rows", sa.Column("fixed_in_load_id", sa.BigInteger(), nullable=True))
