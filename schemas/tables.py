"""The ledger's tables. Events are appended and never changed; the state columns beside them are derived from events and
written in the same transaction. Whatever is personal is in a column named `sealed` (or the key that opens it)."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

NOW = func.clock_timestamp()
NONE = text("'{}'")


def instant(name: str, *, nullable: bool = False, now: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=NOW if now else None)


def _dossier(*, primary_key: bool = False) -> Column[int]:
    dossier = ForeignKey("dossiers.dossier_id")
    return Column("dossier_id", BigInteger, dossier, nullable=False, primary_key=primary_key)


def _subject(table: str) -> tuple[Column[object], Column[object], CheckConstraint, Index]:
    """What a row is about: a dossier (`dossier_id`), or a book, page, record, entry or batch (`subject_id`)."""
    return (
        Column("subject_kind", Text, nullable=False, server_default="dossier"),
        Column("subject_id", BigInteger),
        CheckConstraint("(subject_kind = 'dossier') = (subject_id IS NULL)", name="subject"),
        Index(f"ix_{table}_subject", "subject_kind", "subject_id", postgresql_where=text("subject_id IS NOT NULL")),
    )


dossiers = Table(
    "dossiers",
    metadata,
    Column("dossier_id", BigInteger, Identity(), primary_key=True),
    Column("portal_code", Text, nullable=False),
    Column("dossier_code", Text, nullable=False),
    Column("national_code", Text),
    Column("technical_id", Text),
    Column("procedure_as_written", Text),
    Column("commune_code", Text),
    Column("received_on", Date, nullable=False),
    Column("version_number", Integer, nullable=False),
    Column("content_sha256", LargeBinary, nullable=False),
    Column("portal_status", SmallInteger),
    Column("state", Text, nullable=False),
    Column("registries", ARRAY(Text), nullable=False, server_default=NONE),
    Column("released_version", Integer),
    instant("first_pulled_at", now=True),
    instant("started_at", nullable=True),  # from when its legal time counts; null: no deadline is known
    instant("due_at", nullable=True),  # the legal due instant as we compute it, not the portal's appointment
    Column("batch_id", BigInteger, ForeignKey("batches.batch_id")),  # null: no gate stands before it
    Column("source_kind", Text, nullable=False, server_default="portal"),  # portal, book
    UniqueConstraint("portal_code", "dossier_code"),
    Index("ix_dossiers_unexamined", "portal_code", "dossier_id", postgresql_where=text("state = 'pulled'")),
    Index("ix_dossiers_dossier_code", "dossier_code"),
    Index("ix_dossiers_batch_id", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
    Index(
        "ix_dossiers_running",
        "due_at",
        "dossier_id",
        postgresql_where=text("due_at IS NOT NULL AND state IN ('pulled', 'held', 'cleared')"),
    ),
)

keys = Table(
    "keys",
    metadata,
    _dossier(primary_key=True),
    Column("wrapped", LargeBinary),  # null: destroyed, the dossier is erased
    instant("destroyed_at", nullable=True),
)

versions = Table(
    "versions",
    metadata,
    _dossier(primary_key=True),
    Column("version_number", Integer, primary_key=True),
    Column("original_sha256", LargeBinary, nullable=False),
    Column("content_sha256", LargeBinary, nullable=False),
    Column("unreadable_field", Text),  # where reading failed; null: it was read
    instant("pulled_at", now=True),
    Column("sealed", LargeBinary, nullable=False),
)

papers = Table(
    "papers",
    metadata,
    _dossier(primary_key=True),
    Column("version_number", Integer, primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("sha256", LargeBinary),  # null: the portal does not have it
    Column("size", Integer, nullable=False),
    instant("fetched_at", now=True),
    Column("sealed", LargeBinary),
)

findings = Table(
    "findings",
    metadata,
    _dossier(primary_key=True),
    Column("version_number", Integer, primary_key=True),
    Column("check_code", Text, primary_key=True),
    Column("field_path", Text, primary_key=True),
    Column("weight", Text, nullable=False),
    instant("found_at", now=True),
)

entries = Table(
    "entries",  # what a registry holds, or will hold, of a dossier; its number and book lie sealed in the replies
    metadata,
    Column("entry_id", BigInteger, Identity(), primary_key=True),
    Column("registry_code", Text, nullable=False),
    _dossier(),
    Column("place_code", Text),  # the commune that registered it, as it was sent
    Column("state", Text, nullable=False, server_default="expected"),  # expected, registered, annulled
    instant("created_at", now=True),
    UniqueConstraint("dossier_id", "registry_code"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", BigInteger, Identity(), primary_key=True),
    _dossier(),
    Column("version_number", Integer, nullable=False),
    Column("registry_code", Text, nullable=False),
    Column("step_number", SmallInteger, nullable=False),
    Column("places_version", Text),  # the table of places that stood when it was planned
    Column("edits", ARRAY(BigInteger), nullable=False, server_default=NONE),  # the decisions that its content carries
    Column("delivery_key", UUID(as_uuid=True), nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("needs", ARRAY(Text), nullable=False, server_default=NONE),  # receipt fields that earlier steps must give
    Column("gives", ARRAY(Text), nullable=False, server_default=NONE),  # receipt fields it has given
    Column("lacks", ARRAY(Text), nullable=False, server_default=NONE),  # promised receipt fields still to come
    Column("attempt_number", Integer, nullable=False, server_default="0"),
    Column("asked_number", Integer, nullable=False, server_default="0"),
    instant("attempted_at", nullable=True),
    instant("not_before", now=True),
    instant("leased_until", nullable=True),
    Column("operation", Text, nullable=False, server_default="register"),  # register, correct, annul, historical
    Column("is_taken", Boolean, nullable=False, server_default="true"),  # false: the registry takes no such operation
    Column("entry_id", BigInteger, ForeignKey("entries.entry_id")),
    Column("decision_id", BigInteger, ForeignKey("decisions.decision_id")),  # who ordered a correction, and why
    Column("provenance", JSONB),  # {"source": "portal", "portal": "24", "planned_by": "lienthong 0.2.0"}; null before
    Index("ix_deliveries_dossier_id", "dossier_id"),
    Index("ix_deliveries_entry_id", "entry_id"),
    Index("ix_deliveries_parked", "registry_code", postgresql_where=text("state = 'parked'")),
    Index(
        "ix_deliveries_open",
        "registry_code",
        "state",
        "delivery_id",
        postgresql_where=text("state in ('ready', 'sending', 'unanswered', 'accepted') or lacks <> '{}'"),
    ),
)

replies = Table(
    "replies",
    metadata,
    Column("reply_id", BigInteger, Identity(), primary_key=True),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.delivery_id"), nullable=False),
    Column("event", Text, nullable=False),
    instant("received_at", now=True),
    Column("sealed", LargeBinary, nullable=False),  # {"receipt": ..., "code": ..., "words": ...}
    Index("ix_replies_delivery_id", "delivery_id"),
)

reports = Table(
    "reports",
    metadata,
    Column("report_id", BigInteger, Identity(), primary_key=True),
    _dossier(),
    Column("milestone", Text, nullable=False),
    instant("happened_at", now=True),
    Column("state", Text, nullable=False, server_default="pending"),  # pending, acknowledged, refused, withdrawn
    Column("attempt_number", Integer, nullable=False, server_default="0"),
    instant("not_before", now=True),
    instant("leased_until", nullable=True),
    instant("acknowledged_at", nullable=True),
    Column("decision_id", BigInteger, ForeignKey("decisions.decision_id")),  # whose reason the citizen is to read
    Index("ix_reports_decision_id", "decision_id", postgresql_where=text("decision_id IS NOT NULL")),
    Index("ix_reports_pending", "dossier_id", "report_id", postgresql_where=text("state = 'pending'")),
    Index("ix_reports_dossier_id", "dossier_id"),
)

events = Table(
    "events",
    metadata,
    Column("event_id", BigInteger, Identity(), primary_key=True),
    instant("happened_at", now=True),
    Column("dossier_id", BigInteger, ForeignKey("dossiers.dossier_id")),
    Column("delivery_id", BigInteger),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False, server_default="lienthong"),
    Column("detail", JSONB, nullable=False, server_default=NONE),  # codes and counts only
    *_subject("events"),
    Index("ix_events_dossier_id", "dossier_id"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("portal_code", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("position", Text, nullable=False),
    instant("moved_at", now=True),
)

incidents = Table(
    "incidents",  # replies of an endpoint that belong to no dossier and that we could not read
    metadata,
    Column("incident_id", BigInteger, Identity(), primary_key=True),
    instant("happened_at", now=True),
    Column("endpoint_code", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("reply_sha256", LargeBinary),  # the same reply is kept once a day
    Index("ix_incidents_reply_sha256", "reply_sha256"),
)

decisions = Table(
    "decisions",  # what persons decided about one version of a dossier; a later one may undo an earlier one
    metadata,
    Column("decision_id", BigInteger, Identity(), primary_key=True),
    Column("dossier_id", BigInteger, ForeignKey("dossiers.dossier_id")),
    Column("version_number", Integer, nullable=False),
    Column("act", Text, nullable=False),
    Column("field_path", Text),
    Column("needs_second", Boolean, nullable=False, server_default="false"),  # without effect until confirmed
    Column("of_decision_id", BigInteger, ForeignKey("decisions.decision_id")),  # the one it confirms, declines, undoes
    Column("bulk_id", UUID(as_uuid=True)),  # one action over many dossiers
    Column("actor", Text, nullable=False),
    instant("decided_at", now=True),
    Column("sealed", LargeBinary, nullable=False),  # {"before": ..., "after": ..., "reason": ...}
    *_subject("decisions"),
    Index("ix_decisions_dossier_id", "dossier_id"),
    Index("ix_decisions_of_decision_id", "of_decision_id"),
    Index("ix_decisions_bulk_id", "bulk_id", postgresql_where=text("bulk_id IS NOT NULL")),
)

faults = Table(
    "faults",  # what a person has to see to now: derived, a row for each cause of a dossier that stands still
    metadata,
    _dossier(primary_key=True),
    Column("cause_code", Text, primary_key=True),  # a check's code, or a cause of the registries' answers
    Column("field_paths", ARRAY(Text), nullable=False),  # where it lies, in order; '' is the whole dossier
    Column("registry_code", Text),  # whose answer it is; null: a check found it
    Column("portal_code", Text, nullable=False),
    Column("commune_code", Text),
    instant("found_at", now=True),
    instant("due_at", nullable=True),
    Column("pending_id", BigInteger),  # the decision about it that waits for a second person
    Index("ix_faults_cause_code", "cause_code", "portal_code", "commune_code", "due_at", "dossier_id"),
    Index("ix_faults_pending_id", "pending_id", postgresql_where=text("pending_id IS NOT NULL")),
)

tallies = Table(
    "tallies",  # how many of what on a day, for trends
    metadata,
    Column("day", Date, primary_key=True),
    Column("portal_code", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # arrived, held, cleared, fault, registered, refused
    Column("code", Text, primary_key=True),  # of the check, the cause or the registry; else ""
    Column("count", Integer, nullable=False),
)

batches = Table(
    "batches",  # what one pull of a portal brought, which a gate lets through or stops
    metadata,
    Column("batch_id", BigInteger, Identity(), primary_key=True),
    Column("portal_code", Text, nullable=False),
    instant("opened_at", now=True),
    Column("state", Text, nullable=False, server_default="open"),  # open, passed, stopped, released, rejected
    Column("decided_by", Text),
    instant("decided_at", nullable=True),
    Column("wrapped", LargeBinary),
    Column("sealed", LargeBinary),  # the reason of who decided
    Index("ix_batches_undecided", "portal_code", postgresql_where=text("state IN ('open', 'stopped')")),
)

expectations = Table(
    "expectations",  # what came of looking at many at once
    metadata,
    Column("expectation_id", BigInteger, Identity(), primary_key=True),
    Column("batch_id", BigInteger, ForeignKey("batches.batch_id")),  # null: not about one pull
    instant("checked_at", now=True),
    Column("suite", Text, nullable=False),
    Column("subject", Text, nullable=False),  # portal and day, book, registry: codes
    Column("expectation", Text, nullable=False),
    Column("column_name", Text, nullable=False, server_default=""),
    Column("has_passed", Boolean, nullable=False),
    Column("stops", Boolean, nullable=False, server_default="false"),
    Column("observed", JSONB, nullable=False, server_default=NONE),  # counts and codes only
    Column("failing_ids", ARRAY(BigInteger), nullable=False, server_default=NONE),  # dossiers
    Index("ix_expectations_batch_id", "batch_id"),
    Index("ix_expectations_subject", "suite", "subject", "checked_at"),
)

grants = Table(
    "grants",  # who may do what where at the desk
    metadata,
    Column("grant_id", BigInteger, Identity(), primary_key=True),
    Column("user_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("place_code", Text, nullable=False, server_default=""),  # province, commune, or "": everywhere
    Column("granted_by", Text, nullable=False),
    instant("granted_at", now=True),
    Column("revoked_by", Text),
    instant("revoked_at", nullable=True),
    Index("ix_grants_user_name", "user_name"),
)

accesses = Table(
    "accesses",  # every look at a person's data, and every refused try
    metadata,
    Column("access_id", BigInteger, Identity(), primary_key=True),
    instant("happened_at", now=True),
    Column("actor", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("dossier_id", BigInteger),
    Column("was_allowed", Boolean, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),  # codes only
    *_subject("accesses"),
    Index("ix_accesses_dossier_id", "dossier_id"),
)

lines = Table(
    "lines",  # how each endpoint answers, as of the last run that spoke with it
    metadata,
    Column("endpoint_code", Text, primary_key=True),
    instant("answered_at", nullable=True),
    instant("failing_since", nullable=True),  # null: it answered last time
    Column("error", Text, nullable=False, server_default=""),  # kind of the last error
    Column("seconds", Float),  # a request's mean in the last run
)

blind_indexes = Table(
    "blind_indexes",  # keyed digests by which dossiers of the same person or entry are found without opening any
    metadata,
    Column("dossier_id", BigInteger, primary_key=True),  # no foreign key: it would double the cost of writing them
    Column("kind", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Index("ix_blind_indexes_digest", "digest", "kind"),
)

duplicate_candidates = Table(
    "duplicate_candidates",  # two dossiers that may be about one person; a person decides
    metadata,
    _dossier(primary_key=True),
    Column("other_id", BigInteger, ForeignKey("dossiers.dossier_id"), primary_key=True),  # the smaller id comes first
    Column("kind", Text, nullable=False),  # duplicate, twin, sibling
    Column("probability", Float, nullable=False),
    instant("found_at", now=True),
    Column("decided_as", Text),  # same, different; null: nobody decided
    Column("decided_by", Text),
    instant("decided_at", nullable=True),
    Index("ix_duplicate_candidates_other_id", "other_id"),
    Index("ix_duplicate_candidates_undecided", "kind", "dossier_id", postgresql_where=text("decided_as IS NULL")),
)
