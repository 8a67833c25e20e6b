"""The first tables of the ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

APPEND_ONLY = ("events", "versions", "replies", "findings")


def upgrade() -> None:
    op.create_table(
        "cursors",
        sa.Column("portal_code", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("portal_code", "stream", name=op.f("pk_cursors")),
    )
    op.create_table(
        "dossiers",
        sa.Column("dossier_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portal_code", sa.Text(), nullable=False),
        sa.Column("dossier_code", sa.Text(), nullable=False),
        sa.Column("national_code", sa.Text(), nullable=True),
        sa.Column("technical_id", sa.Text(), nullable=True),
        sa.Column("procedure_as_written", sa.Text(), nullable=True),
        sa.Column("commune_code", sa.Text(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("portal_status", sa.SmallInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("registries", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("released_version", sa.Integer(), nullable=True),
        sa.Column(
            "first_pulled_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("dossier_id", name=op.f("pk_dossiers")),
        sa.UniqueConstraint("portal_code", "dossier_code", name=op.f("uq_dossiers_portal_code_dossier_code")),
    )
    op.create_index("ix_dossiers_dossier_code", "dossiers", ["dossier_code"], unique=False)
    op.create_index(
        "ix_dossiers_unexamined",
        "dossiers",
        ["portal_code", "dossier_id"],
        unique=False,
        postgresql_where=sa.text("state = 'pulled'"),
    )
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "happened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("endpoint_code", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incidents")),
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("registry_code", sa.Text(), nullable=False),
        sa.Column("step_number", sa.SmallInteger(), nullable=False),
        sa.Column("delivery_key", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("needs", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("gives", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("lacks", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("attempt_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "not_before", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_deliveries_dossier_id")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("delivery_key", name=op.f("uq_deliveries_delivery_key")),
    )
    op.create_index("ix_deliveries_dossier_id", "deliveries", ["dossier_id"], unique=False)
    op.create_index(
        "ix_deliveries_open",
        "deliveries",
        ["registry_code", "state", "delivery_id"],
        unique=False,
        postgresql_where=sa.text("state in ('ready', 'sending', 'unanswered', 'accepted') or lacks <> '{}'"),
    )
    op.create_table(
        "events",
        sa.Column("event_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "happened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), server_default="lienthong", nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_events_dossier_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_dossier_id", "events", ["dossier_id"], unique=False)
    op.create_table(
        "findings",
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("check_code", sa.Text(), nullable=False),
        sa.Column("field_path", sa.Text(), nullable=False),
        sa.Column("weight", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_findings_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "version_number", "check_code", "field_path", name=op.f("pk_findings")),
    )
    op.create_table(
        "keys",
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_keys_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", name=op.f("pk_keys")),
    )
    op.create_table(
        "papers",
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column(
            "fetched_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_papers_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "version_number", "position", name=op.f("pk_papers")),
    )
    op.create_table(
        "reports",
        sa.Column("report_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column(
            "happened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempt_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "not_before", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_reports_dossier_id")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_reports")),
    )
    op.create_index("ix_reports_dossier_id", "reports", ["dossier_id"], unique=False)
    op.create_index(
        "ix_reports_pending",
        "reports",
        ["dossier_id", "report_id"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "versions",
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("original_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("unreadable_field", sa.Text(), nullable=True),
        sa.Column("pulled_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_versions_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "version_number", name=op.f("pk_versions")),
    )
    op.create_table(
        "replies",
        sa.Column("reply_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.delivery_id"], name=op.f("fk_replies_delivery_id")),
        sa.PrimaryKeyConstraint("reply_id", name=op.f("pk_replies")),
    )
    op.create_index("ix_replies_delivery_id", "replies", ["delivery_id"], unique=False)
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""")
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
