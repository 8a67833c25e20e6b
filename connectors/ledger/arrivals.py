"""A portal gives dossiers: pages are saved together with the cursor that passes them."""

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
from schemas.states import DossierState
from schemas.tables import dossiers, events, keys, versions

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
    """One dossier as a portal gave it. `dossier` is None when it cannot be read; `unreadable_field` says where."""

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
    """What the ledger knows of a dossier, while a page is being worked into it."""

    dossier_id: int
    key: DataKey | None  # None: the dossier is erased
    wrapped: bytes | None = None  # only for new ones
    version_number: int = 0
    content_sha256: bytes = b""
    portal_status: int | None = None
    state: str = DossierState.PULLED
    arrival: Arrival | None = None  # the newest that changed anything
    is_new: bool = False


def position_of(ledger: Ledger, portal_code: str, stream: str) -> str | None:
    """Where a stream's cursor stands; None before the first page."""
    with ledger.engine.connect() as connection:
        found = connection.execute(POSITION, {"portal_code": portal_code, "stream": stream}).scalar()
        return str(found) if found is not None else None


def save_page(
    ledger: Ledger, portal_code: str, stream: str, arrivals: Sequence[Arrival], position: str, *, gated: bool = False
) -> Counter[str]:
    """Saves a page and moves the cursor past it, in one transaction. Returns counts of new, changed and same.

    A dossier that comes again unchanged writes nothing; a changed one gets a new version and is examined again; one
    whose portal status alone changed is examined again only when the status means something else for us. An erased one
    stays erased. `gated`: what is to be examined goes into the portal's open batch.
    """
    moved: Counter[str] = Counter()
    version_rows: list[tuple[Any, ...]] = []
    event_rows: list[tuple[Any, ...]] = []
    with ledger.engine.begin() as connection:
        connection.execute(LOCK, {"portal_code": portal_code})
        standings = _standings(ledger, connection, portal_code, arrivals)
        for arrival in arrivals:
            standing = standings[arrival.code]
            moved[_work_in(standing, arrival, version_rows, event_rows)] += 1
        unexamined = [one for one in standings.values() if one.arrival and one.state == DossierState.PULLED]
        batch_id = open_batch(connection, portal_code) if gated and unexamined else None
        _write(connection, portal_code, batch_id, standings, version_rows, event_rows)
        connection.execute(MOVE_CURSOR, {"portal_code": portal_code, "stream": stream, "position": position})
        if came := moved["new"] + moved["changed"]:
            tally(connection, Counter({(portal_code, "arrived", ""): came}))
    return moved


def _standings(
    ledger: Ledger, connection: Connection, portal_code: str, arrivals: Sequence[Arrival]
) -> dict[str, _KnownDossier]:
    codes = list(dict.fromkeys(arrival.code for arrival in arrivals))
    standings: dict[str, _KnownDossier] = {}
    for row in connection.execute(KNOWN, {"portal_code": portal_code, "codes": codes}):
        key = ledger.open_key(row.wrapped, portal_code, row.dossier_code) if row.wrapped else None
        standings[row.dossier_code] = _KnownDossier(
            row.dossier_id, key, None, row.version_number, bytes(row.content_sha256), row.portal_status, row.state
        )
    new = [code for code in codes if code not in standings]
    for code, dossier_id in zip(new, connection.execute(NEW_IDS, {"count": len(new)}).scalars(), strict=True):
        key, wrapped = ledger.vault.new_key(owner_of(portal_code, code))
        standings[code] = _KnownDossier(dossier_id, key, wrapped, is_new=True)
    return standings


def _work_in(
    standing: _KnownDossier, arrival: Arrival, version_rows: list[tuple[Any, ...]], event_rows: list[tuple[Any, ...]]
) -> str:
    """Takes one arrival into its dossier's standing: `new`, `changed`, `status` or `same`."""
    digest = arrival.content_sha256
    status = arrival.dossier.status if arrival.dossier else standing.portal_status
    if standing.key is None:
        return _pass_over(standing, arrival, digest, status, event_rows)
    if digest != standing.content_sha256:
        standing.version_number += 1
        standing.content_sha256, standing.portal_status, standing.state = digest, status, DossierState.PULLED
        standing.arrival = arrival
        number = standing.version_number
        version_rows.append(
            (
                standing.dossier_id,
                number,
                arrival.original_sha256,
                digest,
                arrival.unreadable_field,
                standing.key.seal(arrival.original, VERSION_PURPOSE.format(number)),
            )
        )
        event_rows.append((standing.dossier_id, None, "arrived", {"version": number, "status": status}))
        return "new" if number == 1 else "changed"
    if status == standing.portal_status:
        return "same"
    event_rows.append((standing.dossier_id, None, "status_changed", {"from": standing.portal_status, "to": status}))
    if ADMISSION.get(status or 0) != ADMISSION.get(standing.portal_status or 0):
        standing.state = DossierState.PULLED
    standing.portal_status, standing.arrival = status, arrival
    return "status"


def _pass_over(
    standing: _KnownDossier, arrival: Arrival, digest: bytes, status: int | None, event_rows: list[tuple[Any, ...]]
) -> str:
    """An erased dossier that its portal gives again stays erased; that it changed there is noted, for a person."""
    if (digest, status) == (standing.content_sha256, standing.portal_status):
        return "same"
    event_rows.append((standing.dossier_id, None, "changed_after_erasure", {"status": status}))
    standing.content_sha256, standing.portal_status, standing.arrival = digest, status, arrival
    return "changed"


def _write(
    connection: Connection,
    portal_code: str,
    batch_id: int | None,
    standings: dict[str, _KnownDossier],
    version_rows: list[tuple[Any, ...]],
    event_rows: list[tuple[Any, ...]],
) -> None:
    new = [(code, standing) for code, standing in standings.items() if standing.is_new]
    changed = [standing for standing in standings.values() if standing.arrival and not standing.is_new]
    if new:
        copy_rows(
            connection,
            dossiers,
            (
                "dossier_id",
                "portal_code",
                "dossier_code",
                "national_code",
                "technical_id",
                "procedure_as_written",
                "commune_code",
                "received_on",
                "version_number",
                "content_sha256",
                "portal_status",
                "state",
                "batch_id",
            ),
            ((*_dossier_row(portal_code, code, standing), batch_id) for code, standing in new),
        )
        copy_rows(connection, keys, ("dossier_id", "wrapped"), ((s.dossier_id, s.wrapped) for _, s in new))
    if changed:
        _change(connection, changed, batch_id)
    copy_rows(
        connection,
        versions,
        ("dossier_id", "version_number", "original_sha256", "content_sha256", "unreadable_field", "sealed"),
        version_rows,
    )
    copy_rows(connection, events, ("dossier_id", "delivery_id", "kind", "detail"), event_rows)


def _dossier_row(portal_code: str, code: str, standing: _KnownDossier) -> tuple[Any, ...]:
    dossier = standing.arrival.dossier if standing.arrival else None
    return (
        standing.dossier_id,
        portal_code,
        code,
        dossier.national_code if dossier else None,
        dossier.technical_id if dossier else None,
        dossier.procedure_as_written if dossier else None,
        dossier.commune_code if dossier else None,
        dossier.event_on if dossier else _today(),
        standing.version_number,
        standing.content_sha256,
        standing.portal_status,
        standing.state,
    )


def _change(connection: Connection, changed: Sequence[_KnownDossier], batch_id: int | None) -> None:
    readings = [standing.arrival.dossier if standing.arrival else None for standing in changed]
    connection.execute(
        CHANGE,
        {
            "ids": [standing.dossier_id for standing in changed],
            "versions": [standing.version_number for standing in changed],
            "digests": [standing.content_sha256 for standing in changed],
            "statuses": [standing.portal_status for standing in changed],
            "states": [str(standing.state) for standing in changed],
            "procedures": [reading.procedure_as_written if reading else None for reading in readings],
            "communes": [reading.commune_code if reading else None for reading in readings],
            "national_codes": [reading.national_code if reading else None for reading in readings],
            "technical_ids": [reading.technical_id if reading else None for reading in readings],
            "batch_id": batch_id,
        },
    )


def _today() -> date:
    return local_day(datetime.now(timezone.utc))
