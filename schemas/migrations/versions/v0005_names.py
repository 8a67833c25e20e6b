"""Tables, columns and stored codes get the field's standard terms.

The codes of events and decisions are translated too, so that one code means one thing over the whole ledger; their
triggers rest inside this transaction alone.

Locks: events, decisions, findings, faults, tallies, reports, accesses, duplicate_candidates and deliveries, whose rows
are rewritten where an old term stands in them.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = {"traces": "blind_indexes", "likenesses": "duplicate_candidates"}
INDEXES = {
    "pk_traces": "pk_blind_indexes",
    "ix_traces_digest": "ix_blind_indexes_digest",
    "pk_likenesses": "pk_duplicate_candidates",
    "ix_likenesses_other_id": "ix_duplicate_candidates_other_id",
    "ix_likenesses_undecided": "ix_duplicate_candidates_undecided",
}
CONSTRAINTS = {
    "fk_likenesses_dossier_id": "fk_duplicate_candidates_dossier_id",
    "fk_likenesses_other_id": "fk_duplicate_candidates_other_id",
}
CODES = (
    (
        "events",
        "kind",
        {"mended": "edited", "likeness_decided": "duplicate_decided", "report_heard": "report_acknowledged"},
    ),
    ("decisions", "act", {"mended": "edited"}),
    ("findings", "check_code", {"mends_do_not_fit": "edits_do_not_fit"}),
    ("faults", "cause_code", {"mends_do_not_fit": "edits_do_not_fit"}),
    ("tallies", "code", {"mended": "edited", "mends_do_not_fit": "edits_do_not_fit"}),
    ("reports", "state", {"heard": "acknowledged"}),
    ("accesses", "what", {"likeness": "duplicate", "likenesses": "duplicates"}),
    ("duplicate_candidates", "kind", {"twin": "multiple_birth"}),
)
GIVES = {
    "residence": ("residence_case_code",),
    "health_insurance": ("insurance_number", "card_code", "card_until"),
    "land": ("land_entry_code",),
}
"""What is not civil status's. A registration day is civil status's wherever another registry needed one."""
APPEND_ONLY = ("events", "decisions", "findings", "accesses")


def upgrade() -> None:
    for old, new in TABLES.items():
        op.rename_table(old, new)
    for old, new in INDEXES.items():
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    for old, new in CONSTRAINTS.items():
        op.execute(f"ALTER TABLE duplicate_candidates RENAME CONSTRAINT {old} TO {new}")
    op.alter_column("deliveries", "mends", new_column_name="edits")
    op.alter_column("reports", "heard_at", new_column_name="acknowledged_at")
    for table in APPEND_ONLY:
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
    for table, column, codes in CODES:
        for old, new in codes.items():
            op.execute(f"UPDATE {table} SET {column} = '{new}' WHERE {column} = '{old}'")
    _name_values_by_registry()
    for table in APPEND_ONLY:
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


def _name_values_by_registry() -> None:
    """`entry_number` becomes `civil_status.entry_number`: each registry has a receipt of its own."""
    whose = " ".join(f"WHEN '{name}' THEN '{code}'" for code, names in GIVES.items() for name in names)
    named = f"CASE value {whose} ELSE 'civil_status' END || '.' || value"
    for column in ("needs", "gives"):
        op.execute(f"""
            UPDATE deliveries SET {column} = ARRAY(SELECT {named} FROM unnest({column}) AS u(value) ORDER BY 1)
             WHERE {column} <> '{{}}'""")
