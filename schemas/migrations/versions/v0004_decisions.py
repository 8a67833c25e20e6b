"""Decisions of persons and what they need: faults to decide, batches and their gate, grants, accesses, and pairs of
dossiers that may be duplicates.

Locks: dossiers, reports and incidents, while their new indexes and foreign keys are built.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = ("decisions", "accesses")


def upgrade() -> None:
    op.create_table(
        "accesses",
        sa.Column("access_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "happened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.BigInteger(), nullable=True),
        sa.Column("was_allowed", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("access_id", name=op.f("pk_accesses")),
    )
    op.create_index("ix_accesses_dossier_id", "accesses", ["dossier_id"], unique=False)
    op.create_table(
        "batches",
        sa.Column("batch_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portal_code", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batches")),
    )
    op.create_index(
        "ix_batches_undecided",
        "batches",
        ["portal_code"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'stopped')"),
    )
    op.create_table(
        "grants",
        sa.Column("grant_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("place_code", sa.Text(), server_default="", nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column(
            "granted_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_user_name", "grants", ["user_name"], unique=False)
    op.create_table(
        "lines",
        sa.Column("endpoint_code", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("endpoint_code", name=op.f("pk_lines")),
    )
    op.create_table(
        "tallies",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("portal_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "portal_code", "kind", "code", name=op.f("pk_tallies")),
    )
    op.create_table(
        "expectations",
        sa.Column("expectation_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "checked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("expectation", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), server_default="", nullable=False),
        sa.Column("has_passed", sa.Boolean(), nullable=False),
        sa.Column("stops", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("observed", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("failing_ids", sa.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.batch_id"], name=op.f("fk_expectations_batch_id")),
        sa.PrimaryKeyConstraint("expectation_id", name=op.f("pk_expectations")),
    )
    op.create_index("ix_expectations_batch_id", "expectations", ["batch_id"], unique=False)
    op.create_index("ix_expectations_subject", "expectations", ["suite", "subject", "checked_at"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("field_path", sa.Text(), nullable=True),
        sa.Column("needs_second", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("of_decision_id", sa.BigInteger(), nullable=True),
        sa.Column("bulk_id", sa.UUID(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "decided_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_decisions_dossier_id")),
        sa.ForeignKeyConstraint(
            ["of_decision_id"], ["decisions.decision_id"], name=op.f("fk_decisions_of_decision_id")
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decisions")),
    )
    op.create_index(
        "ix_decisions_bulk_id", "decisions", ["bulk_id"], unique=False, postgresql_where=sa.text("bulk_id IS NOT NULL")
    )
    op.create_index("ix_decisions_dossier_id", "decisions", ["dossier_id"], unique=False)
    op.create_index("ix_decisions_of_decision_id", "decisions", ["of_decision_id"], unique=False)
    op.create_table(
        "faults",
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("cause_code", sa.Text(), nullable=False),
        sa.Column("field_paths", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("registry_code", sa.Text(), nullable=True),
        sa.Column("portal_code", sa.Text(), nullable=False),
        sa.Column("commune_code", sa.Text(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_faults_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "cause_code", name=op.f("pk_faults")),
    )
    op.create_index(
        "ix_faults_cause_code",
        "faults",
        ["cause_code", "portal_code", "commune_code", "due_at", "dossier_id"],
        unique=False,
    )
    op.create_index(
        "ix_faults_pending_id",
        "faults",
        ["pending_id"],
        unique=False,
        postgresql_where=sa.text("pending_id IS NOT NULL"),
    )
    op.create_table(
        "likenesses",
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("decided_as", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_likenesses_dossier_id")),
        sa.ForeignKeyConstraint(["other_id"], ["dossiers.dossier_id"], name=op.f("fk_likenesses_other_id")),
        sa.PrimaryKeyConstraint("dossier_id", "other_id", name=op.f("pk_likenesses")),
    )
    op.create_index("ix_likenesses_other_id", "likenesses", ["other_id"], unique=False)
    op.create_index(
        "ix_likenesses_undecided",
        "likenesses",
        ["kind", "dossier_id"],
        unique=False,
        postgresql_where=sa.text("decided_as IS NULL"),
    )
    op.create_table(
        "traces",
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("dossier_id", "kind", "digest", name=op.f("pk_traces")),
    )
    op.create_index("ix_traces_digest", "traces", ["digest", "kind"], unique=False)
    op.add_column(
        "deliveries", sa.Column("mends", sa.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("reports", sa.Column("decision_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_reports_decision_id",
        "reports",
        ["decision_id"],
        unique=False,
        postgresql_where=sa.text("decision_id IS NOT NULL"),
    )
    op.create_foreign_key(op.f("fk_reports_decision_id"), "reports", "decisions", ["decision_id"], ["decision_id"])
    op.add_column("incidents", sa.Column("reply_sha256", sa.LargeBinary(), nullable=True))
    op.create_index("ix_incidents_reply_sha256", "incidents", ["reply_sha256"], unique=False)
    op.add_column("dossiers", sa.Column("batch_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_dossiers_batch_id", "dossiers", ["batch_id"], unique=False, postgresql_where=sa.text("batch_id IS NOT NULL")
    )
    op.create_index(
        "ix_dossiers_running",
        "dossiers",
        ["due_at", "dossier_id"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL AND state IN ('pulled', 'held', 'cleared')"),
    )
    op.create_foreign_key(op.f("fk_dossiers_batch_id"), "dossiers", "batches", ["batch_id"], ["batch_id"])
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute("""
        INSERT INTO faults (dossier_id, cause_code, field_paths, portal_code, commune_code, found_at, due_at)
        SELECT d.dossier_id, f.check_code, array_agg(f.field_path ORDER BY f.field_path), d.portal_code, d.commune_code,
               min(f.found_at), d.due_at
          FROM dossiers d JOIN findings f USING (dossier_id, version_number)
         WHERE d.state = 'held' AND f.weight = 'holds' GROUP BY d.dossier_id, f.check_code""")
    op.execute("""
        INSERT INTO faults (dossier_id, cause_code, field_paths, registry_code, portal_code, commune_code, due_at)
        SELECT d.dossier_id, e.registry_code || '.unknown', '{""}', e.registry_code, d.portal_code, d.commune_code,
               d.due_at
          FROM deliveries e JOIN dossiers d USING (dossier_id) WHERE e.state = 'refused'""")
