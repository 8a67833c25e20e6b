"""Paper registers: books, their scans and pages, the records on them, what was read, keyed and sampled, and searches.

Locks nothing that was there: every table is new.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _books()
    _scans()
    _pages()
    _records()
    _indexes_of_records()
    _readings()
    _keyings()
    _samples()
    _loads()
    _held_rows()
    _searchables()
    _searches()
    _extracts()


def _books() -> None:
    op.create_table(
        "books",
        sa.Column("book_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("book_kind", sa.Text(), nullable=False),
        sa.Column("opened_year", sa.SmallInteger(), nullable=False),
        sa.Column("book_number", sa.Text(), nullable=False),
        sa.Column("place_as_written", sa.Text(), nullable=False),
        sa.Column("place_code", sa.Text(), nullable=True),
        sa.Column("province_code", sa.Text(), nullable=False),
        sa.Column("commune_code", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="intake", nullable=False),
        sa.Column("design", sa.Text(), server_default="two_persons", nullable=False),
        sa.Column("recogniser_code", sa.Text(), nullable=True),
        sa.Column("form_code", sa.Text(), nullable=True),
        sa.Column("is_tightened", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("book_id", name=op.f("pk_books")),
        sa.UniqueConstraint(
            "province_code", "place_as_written", "book_kind", "opened_year", "book_number", name="uq_books"
        ),
    )


def _scans() -> None:
    op.create_table(
        "scans",
        sa.Column("scan_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["books.book_id"], name=op.f("fk_scans_book_id")),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_scans")),
        sa.UniqueConstraint("book_id", "sha256", name=op.f("uq_scans_book_id_sha256")),
    )


def _pages() -> None:
    op.create_table(
        "pages",
        sa.Column("page_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("scan_id", sa.BigInteger(), nullable=False),
        sa.Column("scan_page", sa.Integer(), nullable=False),
        sa.Column("page_number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="received", nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("form_code", sa.Text(), nullable=True),
        sa.Column("fit", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fault_codes", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("sealed_copy", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["book_id"], ["books.book_id"], name=op.f("fk_pages_book_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.scan_id"], name=op.f("fk_pages_scan_id")),
        sa.PrimaryKeyConstraint("page_id", name=op.f("pk_pages")),
        sa.UniqueConstraint("scan_id", "scan_page", name=op.f("uq_pages_scan_id_scan_page")),
    )
    op.create_index("ix_pages_book_id", "pages", ["book_id", "page_number"], unique=False)


def _records() -> None:
    op.create_table(
        "records",
        sa.Column("record_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=True),
        sa.Column("row_number", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("load_id", sa.BigInteger(), nullable=True),
        sa.Column("line_number", sa.Integer(), nullable=True),
        sa.Column("entry_number", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_wanted", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_known", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("fault_codes", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("content_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("dossier_id", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["book_id"], ["books.book_id"], name=op.f("fk_records_book_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_records_dossier_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_records")),
    )


def _indexes_of_records() -> None:
    op.create_index("ix_records_book_id", "records", ["book_id", "state"], unique=False)
    op.create_index(
        "ix_records_dossier_id",
        "records",
        ["dossier_id"],
        unique=True,
        postgresql_where=sa.text("dossier_id IS NOT NULL"),
    )
    op.create_index(
        "ix_records_page_id", "records", ["page_id"], unique=False, postgresql_where=sa.text("page_id IS NOT NULL")
    )
    op.create_index(
        "ix_records_wanted",
        "records",
        ["book_id"],
        unique=False,
        postgresql_where=sa.text("is_wanted AND state IN ('unkeyed', 'first_keyed')"),
    )
    op.create_index(
        "uq_records_content",
        "records",
        ["book_id", "content_sha256"],
        unique=True,
        postgresql_where=sa.text("content_sha256 IS NOT NULL"),
    )


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("recogniser_code", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.record_id"], name=op.f("fk_readings_record_id")),
        sa.PrimaryKeyConstraint("record_id", "recogniser_code", name=op.f("pk_readings")),
    )


def _keyings() -> None:
    op.create_table(
        "keyings",
        sa.Column("keying_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("round_number", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("keyed_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["records.record_id"], name=op.f("fk_keyings_record_id")),
        sa.PrimaryKeyConstraint("keying_id", name=op.f("pk_keyings")),
        sa.UniqueConstraint("record_id", "round_number", "slot", name=op.f("uq_keyings_record_id_round_number_slot")),
    )
    op.create_index("ix_keyings_keyed_by", "keyings", ["keyed_by", "kept_at"], unique=False)


def _samples() -> None:
    op.create_table(
        "samples",
        sa.Column("sample_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("plan_code", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_as", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["book_id"], ["books.book_id"], name=op.f("fk_samples_book_id")),
        sa.PrimaryKeyConstraint("sample_id", name=op.f("pk_samples")),
    )
    op.create_index("ix_samples_book_id", "samples", ["book_id"], unique=False)
    op.create_index(
        "uq_samples_open", "samples", ["book_id"], unique=True, postgresql_where=sa.text("decided_as IS NULL")
    )


def _loads() -> None:
    op.create_table(
        "loads",
        sa.Column("load_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("load_id", name=op.f("pk_loads")),
        sa.UniqueConstraint("file_sha256", name=op.f("uq_loads_file_sha256")),
    )


def _held_rows() -> None:
    op.create_table(
        "held_rows",
        sa.Column("load_id", sa.BigInteger(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("reason_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["loads.load_id"], name=op.f("fk_held_rows_load_id")),
        sa.PrimaryKeyConstraint("load_id", "line_number", name=op.f("pk_held_rows")),
    )


def _searchables() -> None:
    op.create_table(
        "searchables",
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("province_code", sa.Text(), nullable=False),
        sa.Column("commune_code", sa.Text(), nullable=True),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("tokens", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", name=op.f("pk_searchables")),
    )
    op.create_index("ix_searchables_province_code", "searchables", ["province_code", "year"], unique=False)
    op.create_index("ix_searchables_tokens", "searchables", ["tokens"], unique=False, postgresql_using="gin")


def _searches() -> None:
    op.create_table(
        "searches",
        sa.Column("search_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "searched_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("search_id", name=op.f("pk_searches")),
    )


def _extracts() -> None:
    op.create_table(
        "extracts",
        sa.Column("extract_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.record_id"], name=op.f("fk_extracts_record_id")),
        sa.PrimaryKeyConstraint("extract_id", name=op.f("pk_extracts")),
    )
    op.create_index("ix_extracts_record_id", "extracts", ["record_id"], unique=False)
