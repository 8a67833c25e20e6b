"""Entries of registries, operations on them, and events, decisions and accesses about any subject.

Deliveries that stand are registrations; each gets the entry that it makes or made. An entry of a registered delivery is
registered, the others are expected.

Locks: deliveries, whose rows get their entries and which gets indexes and foreign keys; events, decisions and accesses,
while a constraint is checked and an index is built.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SUBJECTS = ("events", "decisions", "accesses")
HAS_ONE_SUBJECT = "(subject_kind = 'dossier') = (subject_id IS NULL)"


def upgrade() -> None:
    op.add_column("dossiers", sa.Column("source_kind", sa.Text(), server_default="portal", nullable=False))
    op.create_table(
        "entries",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("registry_code", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.BigInteger(), nullable=False),
        sa.Column("place_code", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="expected", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.dossier_id"], name=op.f("fk_entries_dossier_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_entries")),
        sa.UniqueConstraint("dossier_id", "registry_code", name=op.f("uq_entries_dossier_id_registry_code")),
    )
    op.add_column("deliveries", sa.Column("operation", sa.Text(), server_default="register", nullable=False))
    op.add_column("deliveries", sa.Column("is_taken", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("deliveries", sa.Column("entry_id", sa.BigInteger(), nullable=True))
    op.add_column("deliveries", sa.Column("decision_id", sa.BigInteger(), nullable=True))
    op.add_column("deliveries", sa.Column("provenance", postgresql.JSONB(), nullable=True))
    op.create_foreign_key(op.f("fk_deliveries_entry_id"), "deliveries", "entries", ["entry_id"], ["entry_id"])
    op.create_foreign_key(
        op.f("fk_deliveries_decision_id"), "deliveries", "decisions", ["decision_id"], ["decision_id"]
    )
    _enter_what_stands()
    op.create_index("ix_deliveries_entry_id", "deliveries", ["entry_id"], unique=False)
    op.create_index(
        "ix_deliveries_parked",
        "deliveries",
        ["registry_code"],
        unique=False,
        postgresql_where=sa.text("state = 'parked'"),
    )
    for table in SUBJECTS:
        op.add_column(table, sa.Column("subject_kind", sa.Text(), server_default="dossier", nullable=False))
        op.add_column(table, sa.Column("subject_id", sa.BigInteger(), nullable=True))
        op.alter_column(table, "dossier_id", nullable=True)
        op.create_check_constraint(op.f(f"ck_{table}_subject"), table, HAS_ONE_SUBJECT)
        op.create_index(
            f"ix_{table}_subject",
            table,
            ["subject_kind", "subject_id"],
            unique=False,
            postgresql_where=sa.text("subject_id IS NOT NULL"),
        )


def _enter_what_stands() -> None:
    """The entry of each dossier at each registry it has deliveries to, and the deliveries' link to it."""
    op.execute("""
        INSERT INTO entries (registry_code, dossier_id, place_code, state)
        SELECT e.registry_code, e.dossier_id, max(d.commune_code),
               CASE WHEN bool_or(e.state = 'registered') THEN 'registered' ELSE 'expected' END
          FROM deliveries e JOIN dossiers d USING (dossier_id) GROUP BY e.dossier_id, e.registry_code""")
    op.execute("""
        UPDATE deliveries d SET entry_id = n.entry_id FROM entries n
         WHERE n.dossier_id = d.dossier_id AND n.registry_code = d.registry_code""")
