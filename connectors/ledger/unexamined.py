"""Dossiers that are to be examined: their newest version, opened, and what registries have or may have of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.sealed import COUNTS, VERSION_PURPOSE, effective_edits, open_edits, sealed_edits
from connectors.vault import DataKey
from schemas.decision import RESOLUTIONS, Act, Edit
from schemas.operation import Operation
from schemas.states import DOSSIER, TOUCHED_STATES, BatchState, DeliveryState, DossierEvent, listed

_NEWEST = f"""
    SELECT d.dossier_id, d.portal_code, d.dossier_code, d.version_number, d.content_sha256, d.portal_status,
           v.unreadable_field, v.original_sha256, k.wrapped,
           coalesce(d.released_version = d.version_number, false) AS is_released,
           EXISTS (SELECT FROM batches b WHERE b.batch_id = d.batch_id AND b.state = '{BatchState.REJECTED}')
               AS is_rejected,
           (SELECT m.act || ' ' || m.decision_id FROM decisions m
             WHERE m.dossier_id = d.dossier_id AND m.version_number = d.version_number
               AND m.act IN ({listed(RESOLUTIONS)}) AND {COUNTS}
             ORDER BY m.decision_id DESC LIMIT 1) AS resolution,
           ARRAY(SELECT DISTINCT ON (e.registry_code)
                        concat_ws(' ', e.registry_code, e.version_number, e.delivery_key, e.operation,
                                  array_to_string(e.edits, ','))
                   FROM deliveries e WHERE e.dossier_id = d.dossier_id AND e.state = ANY(:standing)
                  ORDER BY e.registry_code, e.delivery_id DESC) AS standing
      FROM dossiers d JOIN versions v USING (dossier_id, version_number) JOIN keys k USING (dossier_id)
     WHERE """
UNEXAMINED = text(f"""{_NEWEST}
           d.state IN ({listed(DOSSIER.before(DossierEvent.HELD))}) AND d.portal_code = :portal_code
       AND d.dossier_id > :after AND (CAST(:codes AS text[]) IS NULL OR d.dossier_code = ANY(:codes))
     ORDER BY d.dossier_id LIMIT :limit""")
NEWEST = text(f"{_NEWEST} d.dossier_id = ANY(:ids) AND k.wrapped IS NOT NULL ORDER BY d.dossier_id")
SEALED_OF_VERSIONS = text("""
    SELECT dossier_id, version_number, sealed FROM versions v
      JOIN unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[])) AS u(dossier_id, version_number)
     USING (dossier_id, version_number)""")
STANDING_STATES = sorted(map(str, TOUCHED_STATES | {DeliveryState.SETTLED}))
NOTHING: Mapping[bytes, bytes] = {}


@dataclass(frozen=True)
class Standing:
    """What stands at one registry now: the last delivery that the registry has or may have, or that a person had done
    there by hand. `version_number`, `edits`: the version that was sent, and the decisions whose edits were in it."""

    registry_code: str
    version_number: int
    key: UUID
    operation: Operation
    edits: tuple[int, ...]


@dataclass(frozen=True)
class Unexamined:
    """A dossier's newest version, to be examined.

    `unreadable_field`: where the original cannot be read; None when it can. `is_released`: a person lets this version
    go on as it is. `is_rejected`: a person rejected its batch. `standing`: what registries have or may have of the
    dossier, by registry. `original`: the portal's bytes, without the edits. `edits`: what persons changed, by decision.
    `unfit_at`: the field of edits that do not fit the version; `edits` is then empty. `resolution`, `resolution_id`:
    what a person decided about a change after sending, and that decision.
    """

    dossier_id: int
    portal_code: str
    dossier_code: str
    version_number: int
    content_sha256: bytes
    portal_status: int | None
    unreadable_field: str | None
    is_released: bool
    is_rejected: bool
    standing: Mapping[str, Standing]
    key: DataKey = field(repr=False)
    original: bytes = field(repr=False)
    edits: Mapping[int, Edit] = field(default_factory=dict, repr=False)
    unfit_at: str | None = None
    resolution: Act | None = None
    resolution_id: int | None = None


def unexamined(
    ledger: Ledger,
    portal_code: str,
    after: int = 0,
    limit: int = 500,
    codes: Sequence[str] | None = None,
    in_hand: Mapping[bytes, bytes] = NOTHING,
) -> list[Unexamined]:
    """The next dossiers of a portal to examine, ordered by id, at most `limit` of those whose id is above `after`.

    `codes`: only dossiers of these codes; None for all. `in_hand`: originals by their SHA-256, which need not be
    fetched and unsealed.
    """
    values = {"portal_code": portal_code, "after": after, "limit": limit, "standing": STANDING_STATES, "codes": codes}
    with ledger.engine.connect() as connection:
        rows = connection.execute(UNEXAMINED, values).all()
        lacking = [row for row in rows if row.original_sha256 not in in_hand]
        newest = {"ids": [row.dossier_id for row in lacking], "versions": [row.version_number for row in lacking]}
        versions = connection.execute(SEALED_OF_VERSIONS, newest) if lacking else ()
        sealed = {version.dossier_id: version.sealed for version in versions}
        edits = effective_edits(connection, [row.dossier_id for row in rows])
    return [_open(ledger, row, edits.get(row.dossier_id, ()), sealed.get(row.dossier_id), in_hand) for row in rows]


def unexamined_of(ledger: Ledger, dossier_ids: Sequence[int]) -> list[Unexamined]:
    """The newest versions of these dossiers, whatever their state, by id; erased ones are left out."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(NEWEST, {"ids": list(dossier_ids), "standing": STANDING_STATES}).all()
        newest = {"ids": [row.dossier_id for row in rows], "versions": [row.version_number for row in rows]}
        sealed = {row.dossier_id: row.sealed for row in connection.execute(SEALED_OF_VERSIONS, newest)}
        edits = effective_edits(connection, [row.dossier_id for row in rows])
    return [_open(ledger, row, edits.get(row.dossier_id, ()), sealed[row.dossier_id], NOTHING) for row in rows]


def _open(
    ledger: Ledger,
    row: Any,
    edits: Sequence[tuple[int, bytes]],
    sealed: bytes | None,
    in_hand: Mapping[bytes, bytes],
) -> Unexamined:
    key = ledger.open_key(row.wrapped, row.portal_code, row.dossier_code)
    purpose = VERSION_PURPOSE.format(row.version_number)
    original = in_hand[row.original_sha256] if sealed is None else key.unseal(sealed, purpose)
    standing = {delivery.registry_code: delivery for delivery in map(_standing, row.standing)}
    act, _, decision_id = (row.resolution or "").partition(" ")
    return Unexamined(
        row.dossier_id,
        row.portal_code,
        row.dossier_code,
        row.version_number,
        bytes(row.content_sha256),
        row.portal_status,
        row.unreadable_field,
        row.is_released,
        row.is_rejected,
        standing,
        key,
        original,
        open_edits(key, edits),
        None,
        Act(act) if act else None,
        int(decision_id) if decision_id else None,
    )


def _standing(packed: str) -> Standing:
    registry_code, version_number, key, operation, *edits = packed.split(" ")
    ids = tuple(int(decision_id) for decision_id in "".join(edits).split(",") if decision_id)
    return Standing(registry_code, int(version_number), UUID(key), Operation(operation), ids)


def contents_sent(ledger: Ledger, subjects: Sequence[Unexamined]) -> dict[tuple[int, str], tuple[bytes, list[Edit]]]:
    """What was sent to each registry that has something of these dossiers, by dossier and registry: the original of
    the version that was sent, and the edits that were in it."""
    standing = [(subject, delivery) for subject in subjects for delivery in subject.standing.values()]
    sent_versions = {(subject.dossier_id, delivery.version_number) for subject, delivery in standing}
    values = {
        "ids": [dossier_id for dossier_id, _ in sent_versions],
        "versions": [number for _, number in sent_versions],
    }
    with ledger.engine.connect() as connection:
        rows = connection.execute(SEALED_OF_VERSIONS, values)
        sealed = {(row.dossier_id, row.version_number): row.sealed for row in rows}
        edits = sealed_edits(connection, {decision_id for _, delivery in standing for decision_id in delivery.edits})
    contents: dict[tuple[int, str], tuple[bytes, list[Edit]]] = {}
    for subject, delivery in standing:
        purpose = VERSION_PURPOSE.format(delivery.version_number)
        original = subject.key.unseal(sealed[subject.dossier_id, delivery.version_number], purpose)
        opened = open_edits(subject.key, ((decision_id, edits[decision_id]) for decision_id in delivery.edits))
        contents[subject.dossier_id, delivery.registry_code] = (original, list(opened.values()))
    return contents
