"""The ledger's tables. Events are appended and never changed; the state columns beside them are derived from events and
written in the same transaction. Whatever is personal is in a column named `sealed` (or the key that opens it)."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Date,
    DateTime,
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
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

NOW = func.clock_timestamp()
NONE = text("'{}'")


def _instant(name: str, *, nullable: bool = False, now: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=NOW if now else None)


def _dossier(*, primary_key: bool = False) -> Column[int]:
    dossier = ForeignKey("dossiers.dossier_id")
    return Column("dossier_id", BigInteger, dossier, nullable=False, primary_key=primary_key)


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
    _instant("first_pulled_at", now=True),
    _instant("started_at", nullable=True),  # from when its legal time counts; null: no deadline is known
    _instant("due_at", nullable=True),  # the legal due instant as we compute it, not the portal's appointment
    UniqueConstraint("portal_code", "dossier_code"),
    Index("ix_dossiers_unexamined", "portal_code", "dossier_id", postgresql_where=text("state = 'pulled'")),
    Index("ix_dossiers_dossier_code", "dossier_code"),
)

keys = Table(
    "keys",
    metadata,
    _dossier(primary_key=True),
    Column("wrapped", LargeBinary),  # null: destroyed, the dossier is erased
    _instant("destroyed_at", nullable=True),
)

versions = Table(
    "versions",
    metadata,
    _dossier(primary_key=True),
    Column("version_number", Integer, primary_key=True),
    Column("original_sha256", LargeBinary, nullable=False),
    Column("content_sha256", LargeBinary, nullable=False),
    Column("unreadable_field", Text),  # where reading failed; null: it was read
    _instant("pulled_at", now=True),
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
    _instant("fetched_at", now=True),
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
    _instant("found_at", now=True),
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
    Column("delivery_key", UUID(as_uuid=True), nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("needs", ARRAY(Text), nullable=False, server_default=NONE),  # receipt fields that earlier steps must give
    Column("gives", ARRAY(Text), nullable=False, server_default=NONE),  # receipt fields it has given
    Column("lacks", ARRAY(Text), nullable=False, server_default=NONE),  # promised receipt fields still to come
    Column("attempt_number", Integer, nullable=False, server_default="0"),
    Column("asked_number", Integer, nullable=False, server_default="0"),
    _instant("attempted_at", nullable=True),
    _instant("not_before", now=True),
    _instant("leased_until", nullable=True),
    Index("ix_deliveries_dossier_id", "dossier_id"),
    Index(
        "ix_deliveries_open", "registry_code", "state", "delivery_id",
        postgresql_where=text("state in ('ready', 'sending', 'unanswered', 'accepted') or lacks <> '{}'"),
    ),
)  # fmt: skip

replies = Table(
    "replies",
    metadata,
    Column("reply_id", BigInteger, Identity(), primary_key=True),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.delivery_id"), nullable=False),
    Column("event", Text, nullable=False),
    _instant("received_at", now=True),
    Column("sealed", LargeBinary, nullable=False),  # {"receipt": ..., "code": ..., "words": ...}
    Index("ix_replies_delivery_id", "delivery_id"),
)

reports = Table(
    "reports",
    metadata,
    Column("report_id", BigInteger, Identity(), primary_key=True),
    _dossier(),
    Column("milestone", Text, nullable=False),
    _instant("happened_at", now=True),
    Column("state", Text, nullable=False, server_default="pending"),  # pending, heard, refused
    Column("attempt_number", Integer, nullable=False, server_default="0"),
    _instant("not_before", now=True),
    _instant("leased_until", nullable=True),
    _instant("heard_at", nullable=True),
    Index("ix_reports_pending", "dossier_id", "report_id", postgresql_where=text("state = 'pending'")),
    Index("ix_reports_dossier_id", "dossier_id"),
)

events = Table(
    "events",
    metadata,
    Column("event_id", BigInteger, Identity(), primary_key=True),
    _instant("happened_at", now=True),
    _dossier(),
    Column("delivery_id", BigInteger),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False, server_default="lienthong"),
    Column("detail", JSONB, nullable=False, server_default=NONE),  # codes and counts only
    Index("ix_events_dossier_id", "dossier_id"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("portal_code", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("position", Text, nullable=False),
    _instant("moved_at", now=True),
)

incidents = Table(
    "incidents",  # replies of an endpoint that belong to no dossier and that we could not read
    metadata,
    Column("incident_id", BigInteger, Identity(), primary_key=True),
    _instant("happened_at", now=True),
    Column("endpoint_code", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

APPEND_ONLY = ("events", "versions", "replies", "findings")
"""Tables whose rows the database itself refuses to change or delete."""
