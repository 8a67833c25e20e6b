"""One dossier as a person sees it: where it stands, its versions, papers, decisions, deliveries, and what happened."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.account import STORY, Happening
from connectors.ledger.sealed import PAPER_PURPOSE, VERSION_PURPOSE, OpenedDecision, open_decision, open_reply
from connectors.vault import DataKey
from schemas.decision import Edit
from schemas.registries import Receipt

HEAD = text("""
    SELECT d.dossier_id, d.portal_code, d.dossier_code, d.national_code, d.procedure_as_written, d.commune_code,
           d.received_on, d.version_number, d.portal_status, d.state, d.started_at, d.due_at, d.batch_id,
           k.wrapped, k.destroyed_at
      FROM dossiers d JOIN keys k USING (dossier_id)
     WHERE d.portal_code = :portal_code AND d.dossier_code = :dossier_code""")
FIND = text("""
    SELECT portal_code, dossier_code, commune_code FROM dossiers WHERE dossier_code = :code
     ORDER BY portal_code LIMIT 20""")
FAULTS = text("""
    SELECT cause_code, unnest(field_paths) AS field_path, registry_code, pending_id FROM faults
     WHERE dossier_id = :dossier_id ORDER BY registry_code NULLS FIRST, cause_code, field_path""")
NOTES = text("""
    SELECT check_code, field_path FROM findings
     WHERE dossier_id = :dossier_id AND version_number = :version_number AND weight = 'notes' ORDER BY check_code""")
VERSIONS = text("""
    SELECT version_number, pulled_at, unreadable_field, sealed FROM versions WHERE dossier_id = :dossier_id
     ORDER BY version_number""")
VERSION = text("""
    SELECT version_number, pulled_at, unreadable_field, sealed FROM versions
     WHERE dossier_id = :dossier_id AND version_number = :version_number""")
PAPERS = text("""
    SELECT version_number, position, size, sha256, fetched_at FROM papers WHERE dossier_id = :dossier_id
     ORDER BY version_number DESC, position""")
PAPER = text("""
    SELECT sealed FROM papers WHERE dossier_id = :dossier_id AND version_number = :version_number
       AND position = :position AND sealed IS NOT NULL""")
DELIVERIES = text("""
    SELECT delivery_id, registry_code, step_number, state, attempt_number, attempted_at, lacks, version_number,
           operation
      FROM deliveries WHERE dossier_id = :dossier_id AND state <> 'cancelled'
     ORDER BY version_number, step_number, delivery_id""")
REPLIES = text("""
    SELECT r.delivery_id, e.registry_code, r.event, r.received_at, r.sealed
      FROM replies r JOIN deliveries e USING (delivery_id) WHERE e.dossier_id = :dossier_id ORDER BY r.reply_id""")
DECISIONS = text("""
    SELECT m.decision_id, m.version_number, m.act, m.field_path, m.needs_second, m.of_decision_id, m.bulk_id, m.actor,
           m.decided_at, m.sealed,
           (SELECT r.act FROM decisions r WHERE r.of_decision_id = m.decision_id ORDER BY r.decision_id DESC LIMIT 1)
               AS resolved_as
      FROM decisions m WHERE m.dossier_id = :dossier_id ORDER BY m.decision_id""")


@dataclass(frozen=True)
class Head:
    """What the ledger says of a dossier in codes.

    `received_on`: the day on which its portal took it in. `started_at`, `due_at`: its legal time. `destroyed_at`: when
    it was erased; `key` is None from then on.
    """

    dossier_id: int
    portal_code: str
    dossier_code: str
    national_code: str | None
    procedure_as_written: str | None
    commune_code: str | None
    received_on: date
    version_number: int
    portal_status: int | None
    state: str
    started_at: datetime | None
    due_at: datetime | None
    batch_id: int | None
    destroyed_at: datetime | None
    key: DataKey | None = field(repr=False)


@dataclass(frozen=True)
class OpenFault:
    """A fault that a person must act on. `registry_code`: the registry that answered so; None when a check found it.
    `pending_id`: the decision about it that waits for a second person."""

    cause_code: str
    field_path: str
    registry_code: str | None
    pending_id: int | None


@dataclass(frozen=True)
class KeptVersion:
    """One version of a dossier: the bytes that the portal gave. `unreadable_field`: where they cannot be read."""

    version_number: int
    pulled_at: datetime
    unreadable_field: str | None
    original: bytes = field(repr=False)


@dataclass(frozen=True)
class KeptDecision:
    """A decision, opened. `of_decision_id`: the earlier decision that it is about. `bulk_id`: the action over many
    dossiers that it was part of. `resolved_as`: the act of the last decision about it (confirmed, declined, undone).
    `edit`, `reason`: empty when the dossier is erased."""

    decision_id: int
    version_number: int
    act: str
    field_path: str | None
    needs_second: bool
    of_decision_id: int | None
    bulk_id: UUID | None
    actor: str
    decided_at: datetime
    resolved_as: str | None
    edit: Edit | None = field(repr=False)
    reason: str = field(repr=False)


@dataclass(frozen=True)
class RegistryReply:
    """What a registry answered, opened. `code` and `words` are the registry's own."""

    delivery_id: int
    registry_code: str
    event: str
    received_at: datetime
    code: str
    words: str = field(repr=False)
    receipt: Receipt | None = field(repr=False)


@dataclass(frozen=True)
class DossierView:
    """All that the ledger has of one dossier. `notes`: check codes and field paths of findings that hold nothing up.

    An erased dossier has codes only: no versions, papers or replies, and decisions without their content.
    """

    head: Head
    faults: list[OpenFault]
    notes: list[tuple[str, str]]
    versions: list[KeptVersion] = field(repr=False)
    papers: list[Any] = field(repr=False)
    deliveries: list[Any] = field(repr=False)
    replies: list[RegistryReply] = field(repr=False)
    decisions: list[KeptDecision] = field(repr=False)
    happenings: list[Happening] = field(repr=False)


def head_of(ledger: Ledger, portal_code: str, dossier_code: str) -> Head | None:
    """The dossier of this code at this portal, in codes; None when there is none."""
    with ledger.engine.connect() as connection:
        row = connection.execute(HEAD, {"portal_code": portal_code, "dossier_code": dossier_code}).first()
    if row is None:
        return None
    values = dict(row._mapping)
    wrapped = values.pop("wrapped")
    return Head(**values, key=ledger.open_key(wrapped, portal_code, dossier_code) if wrapped else None)


def places_of(ledger: Ledger, dossier_code: str) -> list[tuple[str, str, str | None]]:
    """Portal, code and commune of the dossiers of this code."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(FIND, {"code": dossier_code})
        return [(row.portal_code, row.dossier_code, row.commune_code) for row in rows]


def view_of(ledger: Ledger, head: Head) -> DossierView:
    """Opens a dossier. A caller that shows it to a person logs the access first."""
    values = {"dossier_id": head.dossier_id, "version_number": head.version_number}
    with ledger.engine.connect() as connection:

        def ask(question: Any) -> list[Any]:
            return list(connection.execute(question, values))

        return DossierView(
            head,
            [OpenFault(**row._mapping) for row in ask(FAULTS)],
            [(row.check_code, row.field_path) for row in ask(NOTES)],
            [_version(head.key, row) for row in ask(VERSIONS)] if head.key else [],
            ask(PAPERS) if head.key else [],
            ask(DELIVERIES),
            [_reply(head.key, row) for row in ask(REPLIES)] if head.key else [],
            [_decided(head.key, row) for row in ask(DECISIONS)],
            [Happening(row.happened_at, row.kind, row.actor, row.registry_code, row.detail) for row in ask(STORY)],
        )


def faults_of(ledger: Ledger, head: Head) -> list[OpenFault]:
    """The faults that the dossier has now."""
    with ledger.engine.connect() as connection:
        return [OpenFault(**row._mapping) for row in connection.execute(FAULTS, {"dossier_id": head.dossier_id})]


def version_of(ledger: Ledger, head: Head, version_number: int) -> KeptVersion | None:
    """One version alone, opened; None when there is no such version, or the dossier is erased."""
    with ledger.engine.connect() as connection:
        row = connection.execute(VERSION, {"dossier_id": head.dossier_id, "version_number": version_number}).first()
    return _version(head.key, row) if row and head.key else None


def paper_of(ledger: Ledger, head: Head, version_number: int, position: int) -> bytes | None:
    """The bytes of a paper that was fetched; None when there is none, or the dossier is erased."""
    values = {"dossier_id": head.dossier_id, "version_number": version_number, "position": position}
    with ledger.engine.connect() as connection:
        sealed = connection.execute(PAPER, values).scalar()
    if sealed is None or head.key is None:
        return None
    return head.key.unseal(sealed, PAPER_PURPOSE.format(version_number, position))


def _version(key: DataKey, row: Any) -> KeptVersion:
    original = key.unseal(row.sealed, VERSION_PURPOSE.format(row.version_number))
    return KeptVersion(row.version_number, row.pulled_at, row.unreadable_field, original)


def _reply(key: DataKey, row: Any) -> RegistryReply:
    opened = open_reply(key, row.registry_code, row.sealed)
    return RegistryReply(
        row.delivery_id, row.registry_code, row.event, row.received_at, opened.code, opened.words, opened.receipt
    )


def _decided(key: DataKey | None, row: Any) -> KeptDecision:
    values = dict(row._mapping)
    sealed = values.pop("sealed")
    opened = open_decision(key, sealed) if key else OpenedDecision(None, "")
    return KeptDecision(**values, edit=opened.edit, reason=opened.reason)
