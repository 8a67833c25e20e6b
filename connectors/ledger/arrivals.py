"""A portal gives dossiers: a page is saved in one transaction with the cursor that moves past it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from functools import cached_property
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger, copy_rows, owner_of
from connectors.ledger.batches import open_batch
from connectors.ledger.faults import tally
from connectors.ledger.sealed import VERSION_PURPOSE
from connectors.vault import DataKey
from schemas.dates import local_day
from schemas.dossier import ADMISSION, Dossier
from schemas.source import SourceKind
from schemas.states import DossierState
from schemas.tables import dossiers, events, keys, versions

DOSSIER_COLUMNS = (
    "dossier_id", "portal_code", "dossier_code", "national_code", "technical_id", "procedure_as_written",
    "commune_code", "received_on", "version_number", "content_sha256", "portal_status", "state", "source_kind",
    "batch_id",
)  # fmt: skip

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('pull/' || :portal_code, 0))")
KNOWN = text("""
    SELECT dossier_id, dossier_code, version_number, content_sha256, portal_status, state, wrapped
      FROM dossiers JOIN keys USING (dossier_id)
     WHERE portal_code = :portal_code AND dossier_code = ANY(:codes)""")
NEW_IDS = text("SELECT nextval(pg_get_serial_sequence('dossiers', 'dossier_id')) FROM generate_series(1, :count)")
CHANGE = text("""
    UPDATE dossiers d
       SET version_number = u.version_number, content_sha256 = u.content_sha256, portal_status = u.portal_status,
           state = u.state, procedure_as_written = coalesce(u.procedure_as_written, d.procedure_as_written),
           commune_code = coalesce(u.commune_code, d.commune_code),
           national_code = coalesce(u.national_code, d.national_code),
           technical_id = coalesce(u.technical_id, d.technical_id),
           batch_id = CASE WHEN u.state = 'pulled' THEN coalesce(CAST(:batch_id AS bigint), d.batch_id)
                           ELSE d.batch_id END
      FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[]), CAST(:digests AS bytea[]), CAST(:statuses AS int[]),
                  CAST(:states AS text[]), CAST(:procedures AS text[]), CAST(:communes AS text[]),
                  CAST(:national_codes AS text[]), CAST(:technical_ids AS text[]))
           AS u(dossier_id, version_number, content_sha256, portal_status, state, procedure_as_written, commune_code,
                national_code, technical_id)
     WHERE d.dossier_id = u.dossier_id""")
MOVE_CURSOR = text("""
    INSERT INTO cursors (portal_code, stream, position) VALUES (:portal_code, :stream, :position)
    ON CONFLICT (portal_code, stream) DO UPDATE SET position = excluded.position, moved_at = clock_timestamp()""")
POSITION = text("SELECT position FROM cursors WHERE portal_code = :portal_code AND stream = :stream")


@dataclass(frozen=True)
class Arrival:
    """One dossier as a portal gave it. `original`: its bytes. `dossier`: what was read from them; None when they cannot
    be read, and then `unreadable_field` says where."""

    dossier_code: str
    original: bytes = field(repr=False)
    dossier: Dossier | None = field(repr=False)
    unreadable_field: str | None = None

    @property
    def code(self) -> str:
        """The dossier's code; for one without, a code made of its content, so that it is not lost."""
        return self.dossier_code.strip() or "?" + sha256(self.original).hexdigest()[:16]

    @cached_property
    def original_sha256(self) -> bytes:
        return sha256(self.original).digest()

    @property
    def content_sha256(self) -> bytes:
        return self.dossier.content_sha256() if self.dossier else self.original_sha256


@dataclass
class _KnownDossier:
    """What the ledger knows of a dossier while a page is worked into it.

    `key`: None when the dossier is erased. `wrapped`: the wrapped key of a new dossier, to be written. `arrival`: the
    newest arrival that changed anything; None when none did.
    """

    dossier_id: int
    key: DataKey | None
    wrapped: bytes | None = None
    version_number: int = 0
    content_sha256: bytes = b""
    portal_status: int | None = None
    state: str = DossierState.PULLED
    arrival: Arrival | None = None
    is_new: bool = False


def position_of(ledger: Ledger, portal_code: str, stream: str) -> str | None:
    """Where a stream's cursor stands; None before the first page."""
    with ledger.engine.connect() as connection:
        position = connection.execute(POSITION, {"portal_code": portal_code, "stream": stream}).scalar()
        return str(position) if position is not None else None


def save_page(
    ledger: Ledger, portal_code: str, stream: str, arrivals: Sequence[Arrival], position: str, *, gated: bool = False
) -> Counter[str]:
    """Saves a page and moves the cursor past it, in one transaction. Returns counts of new, changed, status and same.

    An unchanged dossier writes nothing. A changed one gets a new version and is examined again. One whose portal status
    alone changed is examined again only when the new status is treated differently from the old one. An erased dossier
    stays erased. `gated`: dossiers that are to be examined go into the portal's open batch.
    """
    moved: Counter[str] = Counter()
    version_rows: list[tuple[Any, ...]] = []
    event_rows: list[tuple[Any, ...]] = []
    with ledger.engine.begin() as connection:
        connection.execute(LOCK, {"portal_code": portal_code})
        dossiers_known = _known_dossiers(ledger, connection, portal_code, arrivals)
        for arrival in arrivals:
            known = dossiers_known[arrival.code]
            moved[_work_in(known, arrival, version_rows, event_rows)] += 1
        unexamined = [
            known for known in dossiers_known.values() if known.arrival and known.state == DossierState.PULLED
        ]
        batch_id = open_batch(connection, portal_code) if gated and unexamined else None
        _write(connection, portal_code, batch_id, dossiers_known, version_rows, event_rows)
        connection.execute(MOVE_CURSOR, {"portal_code": portal_code, "stream": stream, "position": position})
        if arrived := moved["new"] + moved["changed"]:
            tally(connection, Counter({(portal_code, "arrived", ""): arrived}))
    return moved


def _known_dossiers(
    ledger: Ledger, connection: Connection, portal_code: str, arrivals: Sequence[Arrival]
) -> dict[str, _KnownDossier]:
    codes = list(dict.fromkeys(arrival.code for arrival in arrivals))
    dossiers_known: dict[str, _KnownDossier] = {}
    for row in connection.execute(KNOWN, {"portal_code": portal_code, "codes": codes}):
        key = ledger.open_key(row.wrapped, portal_code, row.dossier_code) if row.wrapped else None
        dossiers_known[row.dossier_code] = _KnownDossier(
            row.dossier_id, key, None, row.version_number, bytes(row.content_sha256), row.portal_status, row.state
        )
    new = [code for code in codes if code not in dossiers_known]
    for code, dossier_id in zip(new, connection.execute(NEW_IDS, {"count": len(new)}).scalars(), strict=True):
        key, wrapped = ledger.vault.new_key(owner_of(portal_code, code))
        dossiers_known[code] = _KnownDossier(dossier_id, key, wrapped, is_new=True)
    return dossiers_known


def _work_in(
    known: _KnownDossier, arrival: Arrival, version_rows: list[tuple[Any, ...]], event_rows: list[tuple[Any, ...]]
) -> str:
    """Works an arrival into what is known of its dossier. Says what changed: `new`, `changed`, `status` or `same`."""
    digest = arrival.content_sha256
    status = arrival.dossier.status if arrival.dossier else known.portal_status
    if known.key is None:
        return _pass_over(known, arrival, digest, status, event_rows)
    if digest != known.content_sha256:
        known.version_number += 1
        known.content_sha256, known.portal_status, known.state = digest, status, DossierState.PULLED
        known.arrival = arrival
        number = known.version_number
        sealed = known.key.seal(arrival.original, VERSION_PURPOSE.format(number))
        version_rows.append(
            (known.dossier_id, number, arrival.original_sha256, digest, arrival.unreadable_field, sealed)
        )
        event_rows.append((known.dossier_id, None, "arrived", {"version": number, "status": status}))
        return "new" if number == 1 else "changed"
    if status == known.portal_status:
        return "same"
    event_rows.append((known.dossier_id, None, "status_changed", {"from": known.portal_status, "to": status}))
    if ADMISSION.get(status or 0) != ADMISSION.get(known.portal_status or 0):
        known.state = DossierState.PULLED
    known.portal_status, known.arrival = status, arrival
    return "status"


def _pass_over(
    known: _KnownDossier, arrival: Arrival, digest: bytes, status: int | None, event_rows: list[tuple[Any, ...]]
) -> str:
    """An erased dossier that its portal gives again stays erased. When it changed there, an event says so."""
    if (digest, status) == (known.content_sha256, known.portal_status):
        return "same"
    event_rows.append((known.dossier_id, None, "changed_after_erasure", {"status": status}))
    known.content_sha256, known.portal_status, known.arrival = digest, status, arrival
    return "changed"


def _write(
    connection: Connection,
    portal_code: str,
    batch_id: int | None,
    dossiers_known: dict[str, _KnownDossier],
    version_rows: list[tuple[Any, ...]],
    event_rows: list[tuple[Any, ...]],
) -> None:
    new = [(code, known) for code, known in dossiers_known.items() if known.is_new]
    changed = [known for known in dossiers_known.values() if known.arrival and not known.is_new]
    if new:
        copy_rows(
            connection,
            dossiers,
            DOSSIER_COLUMNS,
            ((*_dossier_row(portal_code, code, known), batch_id) for code, known in new),
        )
        new_keys = ((known.dossier_id, known.wrapped) for _, known in new)
        copy_rows(connection, keys, ("dossier_id", "wrapped"), new_keys)
    if changed:
        _change(connection, changed, batch_id)
    copy_rows(
        connection,
        versions,
        ("dossier_id", "version_number", "original_sha256", "content_sha256", "unreadable_field", "sealed"),
        version_rows,
    )
    copy_rows(connection, events, ("dossier_id", "delivery_id", "kind", "detail"), event_rows)


def _dossier_row(portal_code: str, code: str, known: _KnownDossier) -> tuple[Any, ...]:
    dossier = known.arrival.dossier if known.arrival else None
    return (
        known.dossier_id,
        portal_code,
        code,
        dossier.national_code if dossier else None,
        dossier.technical_id if dossier else None,
        dossier.procedure_as_written if dossier else None,
        dossier.commune_code if dossier else None,
        dossier.event_on if dossier else _today(),
        known.version_number,
        known.content_sha256,
        known.portal_status,
        known.state,
        str(dossier.source.kind if dossier else SourceKind.PORTAL),
    )


def _change(connection: Connection, changed: Sequence[_KnownDossier], batch_id: int | None) -> None:
    dossiers_read = [known.arrival.dossier if known.arrival else None for known in changed]
    connection.execute(
        CHANGE,
        {
            "ids": [known.dossier_id for known in changed],
            "versions": [known.version_number for known in changed],
            "digests": [known.content_sha256 for known in changed],
            "statuses": [known.portal_status for known in changed],
            "states": [str(known.state) for known in changed],
            "procedures": [dossier.procedure_as_written if dossier else None for dossier in dossiers_read],
            "communes": [dossier.commune_code if dossier else None for dossier in dossiers_read],
            "national_codes": [dossier.national_code if dossier else None for dossier in dossiers_read],
            "technical_ids": [dossier.technical_id if dossier else None for dossier in dossiers_read],
            "batch_id": batch_id,
        },
    )


def _today() -> date:
    return local_day(datetime.now(timezone.utc))
