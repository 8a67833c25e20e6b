"""Decisions of persons: written, sealed, and put into effect in one transaction.

Whoever decides says which version was looked at. A dossier that changed meanwhile, or that a worker is sending, is left
alone, and `DecisionOutcome.refused` says why; the others are decided all the same.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, text

from connectors.ledger import Ledger, copy_rows
from connectors.ledger.deliveries import TOUCHED, UNSENT, cancel
from connectors.ledger.faults import UNRESOLVED, clear, tally
from connectors.ledger.reports import queue_reports
from connectors.ledger.sealed import seal_decision
from schemas.decision import Act, Edit, needs_second
from schemas.report import Milestone
from schemas.tables import decisions, events

_STANDING = """
    d.dossier_id, d.portal_code, d.dossier_code, d.version_number, d.state, k.wrapped,
    EXISTS (SELECT FROM faults f WHERE f.dossier_id = d.dossier_id) AS is_at_fault,
    EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id
               AND e.state IN ('sending', 'unanswered', 'accepted')) AS is_under_way,
    EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id AND e.state = ANY(:touched)) AS is_touched,
    EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id AND e.state = 'refused') AS is_refused"""
LOCK = text("SELECT FROM dossiers WHERE dossier_id = ANY(:ids) ORDER BY dossier_id FOR UPDATE")
LOCK_DECIDED = text("""
    SELECT FROM dossiers WHERE dossier_id IN (SELECT dossier_id FROM decisions WHERE decision_id = ANY(:ids))
     ORDER BY dossier_id FOR UPDATE""")
"""Alone and before the question: what is asked in the statement that waits for a lock is answered as of before it."""
STANDING = text(f"""
    SELECT {_STANDING}, NULL AS decision_id, u.version_number AS seen
      FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[])) AS u(dossier_id, version_number)
      JOIN dossiers d ON d.dossier_id = u.dossier_id JOIN keys k ON k.dossier_id = d.dossier_id
     ORDER BY d.dossier_id""")
STANDING_DECIDED = text(f"""
    SELECT {_STANDING}, m.decision_id, m.version_number AS seen, m.act, m.actor, m.field_path, m.bulk_id,
           ({UNRESOLVED}) AS is_unresolved,
           EXISTS (SELECT FROM decisions u WHERE u.of_decision_id = m.decision_id AND u.act <> 'confirmed') AS is_over,
           EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id AND e.state = ANY(:touched)
                      AND (m.act <> 'edited' OR m.decision_id = ANY(e.edits))) AS is_sent,
           EXISTS (SELECT FROM reports r WHERE r.decision_id = m.decision_id
                      AND (r.state <> 'pending' OR r.attempt_number > 0)) AS is_told
      FROM decisions m JOIN dossiers d USING (dossier_id) JOIN keys k USING (dossier_id)
     WHERE m.decision_id = ANY(:ids) ORDER BY d.dossier_id, m.decision_id""")
NEW_IDS = text("SELECT nextval(pg_get_serial_sequence('decisions', 'decision_id')) FROM generate_series(1, :count)")
EXAMINE_AGAIN = text("UPDATE dossiers SET state = 'pulled', released_version = NULL WHERE dossier_id = ANY(:ids)")
RELEASE = text("""
    UPDATE dossiers SET state = 'pulled', released_version = version_number
     WHERE dossier_id = ANY(:ids) AND state = 'held'""")
PUT = text("UPDATE dossiers SET state = :state WHERE dossier_id = ANY(:ids)")
PEND = text(f"""
    UPDATE faults f SET pending_id = (
        SELECT max(m.decision_id) FROM decisions m JOIN dossiers d USING (dossier_id, version_number)
         WHERE m.dossier_id = f.dossier_id AND {UNRESOLVED})
     WHERE f.dossier_id = ANY(:ids)""")
"""Which decision a fault waits for: the last edit that no second person has resolved, or none."""
WITHDRAW = text("""
    UPDATE reports SET state = 'withdrawn'
     WHERE dossier_id = ANY(:ids) AND state = 'pending' AND attempt_number = 0
       AND (decision_id = ANY(:decisions) OR milestone = 'accepted')""")
RESTORE = text("""
    INSERT INTO faults (dossier_id, cause_code, field_paths, registry_code, portal_code, commune_code, found_at, due_at)
    SELECT d.dossier_id, cause ->> 0, array_agg(DISTINCT cause ->> 1 ORDER BY cause ->> 1), e.registry_code,
           d.portal_code, d.commune_code, min(v.happened_at), d.due_at
      FROM dossiers d JOIN deliveries e USING (dossier_id)
      CROSS JOIN LATERAL (SELECT happened_at, detail FROM events v
                           WHERE v.dossier_id = d.dossier_id AND v.delivery_id = e.delivery_id AND v.kind = 'refused'
                           ORDER BY event_id DESC LIMIT 1) v
      CROSS JOIN LATERAL jsonb_array_elements(coalesce(
          v.detail -> 'causes', jsonb_build_array(jsonb_build_array(e.registry_code || '.unknown', '')))) AS cause
     WHERE d.dossier_id = ANY(:ids) AND e.state = 'refused' GROUP BY d.dossier_id, cause ->> 0, e.registry_code
    ON CONFLICT DO NOTHING""")
"""What a registry refused is a person's again when the decision about it is undone."""
RESEND = text("""
    WITH again AS (
        UPDATE deliveries SET state = CASE state WHEN 'refused' THEN 'ready' ELSE 'waiting' END,
               not_before = clock_timestamp()
         WHERE dossier_id = ANY(:ids) AND state IN ('refused', 'stopped') RETURNING dossier_id, delivery_id, state)
    INSERT INTO events (dossier_id, delivery_id, kind)
    SELECT dossier_id, delivery_id, CASE state WHEN 'ready' THEN 'resent' ELSE 'resumed' END FROM again""")
OF_CODE = text("""
    SELECT dossier_id, version_number FROM dossiers
     WHERE dossier_code = :dossier_code AND (:portal_code = '' OR portal_code = :portal_code)""")
CODES = text("SELECT portal_code, dossier_code FROM dossiers WHERE dossier_id = ANY(:ids)")


class RejectionReason(StrEnum):
    """RejectionReason a dossier was not decided."""

    OVERTAKEN = "overtaken"  # its source changed since it was looked at
    UNDER_WAY = "under_way"  # a registry is being asked, or works on it
    NOT_AT_FAULT = "not_at_fault"  # there is nothing to decide: somebody was quicker
    ERASED = "erased"
    REGISTERED = "registered"  # a registry has it: only that registry's own correction can change it
    OWN = "own"  # who edits does not confirm
    RESOLVED = "resolved"  # confirmed, declined or undone already
    TOLD = "told"  # the portal has acknowledged of it
    UNFIT = "unfit"  # the value cannot stand there, or it stands there already


@dataclass(frozen=True)
class DecisionRequest:
    """What is to be decided: a dossier, the version that was looked at, and for a edit the new values."""

    dossier_id: int
    version_number: int
    edits: tuple[Edit, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class DecisionOutcome:
    """What came of a decision over one or many: the dossiers it holds for, the decisions, and why not for others."""

    dossier_ids: tuple[int, ...]
    decision_ids: tuple[int, ...]
    refused: dict[int, RejectionReason]


@dataclass(frozen=True)
class _Entry:
    """One row to write: about a dossier that stands as `of` says."""

    of: Row[Any]
    edit: Edit | None = None
    of_decision_id: int | None = None
    waits: bool = False  # for a second person


_Objection = Callable[[Row[Any]], RejectionReason | None]
_Effect = Callable[[Connection, Sequence[tuple[int, _Entry]]], None]
"""Given the new decisions with their entries."""


def codes_of(ledger: Ledger, dossier_ids: Sequence[int]) -> list[tuple[str, str]]:
    """Portal and dossier code of each."""
    with ledger.engine.connect() as connection:
        return [(row.portal_code, row.dossier_code) for row in connection.execute(CODES, {"ids": list(dossier_ids)})]


def requests_of(ledger: Ledger, dossier_code: str, portal_code: str = "") -> list[DecisionRequest]:
    """The dossiers of this code as they are now."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(OF_CODE, {"dossier_code": dossier_code, "portal_code": portal_code})
        return [DecisionRequest(row.dossier_id, row.version_number) for row in rows]


def edit(
    ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str = "", bulk_id: UUID | None = None
) -> DecisionOutcome:  # fmt: skip
    """Gives fields other values. What needs no second person counts at once, and the dossier is examined again; where
    one field of a dossier needs one, all that is edited with it waits too: half of a new part is none."""

    def put(connection: Connection, made: Sequence[tuple[int, _Entry]]) -> None:
        connection.execute(PEND, {"ids": [one.of.dossier_id for _, one in made if one.waits]})
        connection.execute(EXAMINE_AGAIN, {"ids": [one.of.dossier_id for _, one in made if not one.waits]})

    return _decide(ledger, Act.EDITED, actor, requests, reason, _at_fault, put, bulk_id)


def accept(
    ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str, bulk_id: UUID | None = None
) -> DecisionOutcome:
    """Lets dossiers go on as they are. Held ones are examined again with their faults noted only; of one that is on its
    way, what was found beside it counts as seen to."""

    def objection(row: Row[Any]) -> RejectionReason | None:
        is_on_its_way = row.state == "cleared" and row.is_at_fault and not row.is_refused
        return None if row.state == "held" or is_on_its_way else RejectionReason.NOT_AT_FAULT

    def put(connection: Connection, made: Sequence[tuple[int, _Entry]]) -> None:
        connection.execute(RELEASE, {"ids": _ids(made)})
        clear(connection, [one.of.dossier_id for _, one in made if one.of.state != "held"])

    return _decide(ledger, Act.RELEASED, actor, requests, reason, objection, put, bulk_id)


def ask_supplement(ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], words: str) -> DecisionOutcome:
    """Asks the citizen for more, through the portal; the dossier waits for its next version."""
    return _end(ledger, Act.SUPPLEMENT_ASKED, actor, requests, words, "waiting", Milestone.SUPPLEMENT_ASKED)


def reject(ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str) -> DecisionOutcome:
    """Ends dossiers that no registry has, and has the portal say why."""
    return _end(ledger, Act.REJECTED, actor, requests, reason, "closed", Milestone.REJECTED)


def _end(
    ledger: Ledger,
    act: Act,
    actor: str,
    requests: Sequence[DecisionRequest],
    words: str,
    state: str,
    milestone: Milestone,
) -> DecisionOutcome:
    def objection(row: Row[Any]) -> RejectionReason | None:
        return _at_fault(row) or (RejectionReason.REGISTERED if row.is_touched else None)

    def put(connection: Connection, made: Sequence[tuple[int, _Entry]]) -> None:
        ids = _ids(made)
        connection.execute(PUT, {"ids": ids, "state": state})
        clear(connection, ids)
        if act == Act.REJECTED:
            cancel(connection, ids)
        queue_reports(connection, Milestone.RECEIVED, ids)  # a hub hears nothing of what it was not told we have
        queue_reports(connection, milestone, ids, once=False, decision_ids=[decision_id for decision_id, _ in made])

    return _decide(ledger, act, actor, requests, words, objection, put)


def resend(
    ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str, bulk_id: UUID | None = None
) -> DecisionOutcome:
    """Sends the refusing registry the same once more, under the same request code."""

    def objection(row: Row[Any]) -> RejectionReason | None:
        return None if row.state == "cleared" and row.is_refused else RejectionReason.NOT_AT_FAULT

    def put(connection: Connection, made: Sequence[tuple[int, _Entry]]) -> None:
        connection.execute(RESEND, {"ids": _ids(made)})
        clear(connection, _ids(made))

    return _decide(ledger, Act.RESENT, actor, requests, reason, objection, put, bulk_id)


def confirm(ledger: Ledger, actor: str, decision_ids: Sequence[int]) -> DecisionOutcome:
    """A second person agrees to edits; never the one who made them."""

    def objection(row: Row[Any]) -> RejectionReason | None:
        return _unresolved(row) or (RejectionReason.OWN if row.actor == actor else None)

    return _resolve(ledger, Act.CONFIRMED, actor, decision_ids, "", objection, _execute(PEND, EXAMINE_AGAIN))


def decline(ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> DecisionOutcome:
    """A second person does not agree: the dossier is a steward's again."""
    return _resolve(ledger, Act.DECLINED, actor, decision_ids, reason, _unresolved, _execute(PEND))


def undo(ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str) -> DecisionOutcome:
    """Takes decisions back while nothing of them has left the house; the dossiers are examined again."""

    def objection(row: Row[Any]) -> RejectionReason | None:
        if row.is_over or row.act in (Act.CONFIRMED, Act.DECLINED, Act.RESENT, Act.UNDONE):
            return RejectionReason.RESOLVED
        if row.is_sent:
            return RejectionReason.REGISTERED
        return RejectionReason.TOLD if row.is_told else None

    def put(connection: Connection, made: Sequence[tuple[int, _Entry]]) -> None:
        connection.execute(WITHDRAW, {"ids": _ids(made), "decisions": [one.of_decision_id for _, one in made]})
        cancel(connection, _ids(made), states=UNSENT)  # planned anew when the dossier is cleared again
        _execute(RESTORE, PEND, EXAMINE_AGAIN)(connection, made)

    return _resolve(ledger, Act.UNDONE, actor, decision_ids, reason, objection, put)


def _at_fault(row: Row[Any]) -> RejectionReason | None:
    if row.is_under_way:
        return RejectionReason.UNDER_WAY
    return None if row.is_at_fault else RejectionReason.NOT_AT_FAULT


def _unresolved(row: Row[Any]) -> RejectionReason | None:
    return None if row.is_unresolved else RejectionReason.RESOLVED


def _execute(*statements: TextClause) -> _Effect:
    def put(connection: Connection, made: Sequence[tuple[int, _Entry]]) -> None:
        for statement in statements:
            connection.execute(statement, {"ids": _ids(made)})

    return put


def _ids(made: Sequence[tuple[int, _Entry]]) -> list[int]:
    return [one.of.dossier_id for _, one in made]


def _decide(
    ledger: Ledger, act: Act, actor: str, requests: Sequence[DecisionRequest], reason: str, objection: _Objection, effect: _Effect,
    bulk_id: UUID | None = None,
) -> DecisionOutcome:  # fmt: skip
    """Locks the dossiers, drops those there is an objection to, writes a decision for each (each edit) of the rest."""
    with ledger.engine.begin() as connection:
        by_id = {one.dossier_id: one for one in requests}
        seen = {"ids": list(by_id), "versions": [one.version_number for one in by_id.values()], "touched": TOUCHED}
        connection.execute(LOCK, {"ids": list(by_id)})
        rows = connection.execute(STANDING, seen).all()
        refused = {one: RejectionReason.NOT_AT_FAULT for one in by_id.keys() - {row.dossier_id for row in rows}}
        entries = []
        for row in rows:
            if why := _barred(row) or objection(row):
                refused[row.dossier_id] = why
            else:
                edits = by_id[row.dossier_id].edits
                waits = any(needs_second(one.field_path) for one in edits)
                entries += [_Entry(row, one, waits=waits) for one in edits] or [_Entry(row)]
        return _write(ledger, connection, act, actor, reason, entries, effect, refused, bulk_id)


def _resolve(
    ledger: Ledger, act: Act, actor: str, decision_ids: Sequence[int], reason: str, objection: _Objection,
    effect: _Effect,
) -> DecisionOutcome:  # fmt: skip
    """The same about decisions that were made before."""
    with ledger.engine.begin() as connection:
        connection.execute(LOCK_DECIDED, {"ids": list(decision_ids)})
        rows = connection.execute(STANDING_DECIDED, {"ids": list(decision_ids), "touched": TOUCHED}).all()
        refused: dict[int, RejectionReason] = {}
        entries = []
        for row in rows:
            if why := _barred(row) or objection(row):
                refused[row.dossier_id] = why
            else:
                entries.append(_Entry(row, of_decision_id=row.decision_id))
        return _write(ledger, connection, act, actor, reason, entries, effect, refused, None)


def _barred(row: Row[Any]) -> RejectionReason | None:
    if row.wrapped is None:
        return RejectionReason.ERASED
    return None if row.version_number == row.seen else RejectionReason.OVERTAKEN


def _write(
    ledger: Ledger, connection: Connection, act: Act, actor: str, reason: str, entries: Sequence[_Entry],
    effect: _Effect, refused: dict[int, RejectionReason], bulk_id: UUID | None,
) -> DecisionOutcome:  # fmt: skip
    if not entries:
        return DecisionOutcome((), (), refused)
    decision_ids = connection.execute(NEW_IDS, {"count": len(entries)}).scalars().all()
    numbered = list(zip(decision_ids, entries, strict=True))
    copy_rows(
        connection, decisions,
        ("decision_id", "dossier_id", "version_number", "act", "field_path", "needs_second", "of_decision_id",
         "bulk_id", "actor", "sealed"),
        (_row(ledger, decision_id, act, actor, reason, one, bulk_id) for decision_id, one in numbered),
    )  # fmt: skip
    copy_rows(
        connection, events, ("dossier_id", "delivery_id", "kind", "actor", "detail"),
        ((one.of.dossier_id, None, str(act), actor, _detail(made, one, bulk_id)) for made, one in numbered),
    )  # fmt: skip
    effect(connection, numbered)
    tally(connection, Counter((one.of.portal_code, "decided", str(act)) for one in entries))
    return DecisionOutcome(tuple(dict.fromkeys(_ids(numbered))), tuple(decision_ids), refused)


def _row(
    ledger: Ledger, decision_id: int, act: Act, actor: str, reason: str, one: _Entry, bulk_id: UUID | None
) -> tuple[Any, ...]:
    key = ledger.open_key(one.of.wrapped, one.of.portal_code, one.of.dossier_code)
    return (
        decision_id, one.of.dossier_id, one.of.version_number, str(act), one.edit.field_path if one.edit else None,
        one.waits, one.of_decision_id, bulk_id, actor, seal_decision(key, one.edit, reason),
    )  # fmt: skip


def _detail(decision_id: int, one: _Entry, bulk_id: UUID | None) -> dict[str, Any]:
    detail: dict[str, Any] = {"decision": decision_id, "version": one.of.version_number}
    if one.edit:
        detail["field"] = one.edit.field_path
    if one.of_decision_id:
        detail["of"] = one.of_decision_id
    if bulk_id:
        detail["bulk"] = str(bulk_id)
    return detail
