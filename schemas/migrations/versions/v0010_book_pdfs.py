"""Searchable copies of paper books, made when somebody asks for one.

Locks nothing that was there: both tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "book_pdfs",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["book_id"], ["books.book_id"], name=op.f("fk_book_pdfs_book_id")),
        sa.PrimaryKeyConstraint("book_id", name=op.f("pk_book_pdfs")),
    )
    op.create_table(
        "book_pdf_parts",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("part_number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["book_pdfs.book_id"], name=op.f("fk_book_pdf_parts_book_id")),
        sa.PrimaryKeyConstraint("book_id", "part_number", name=op.f("pk_book_pdf_parts")),
    )
