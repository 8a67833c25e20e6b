"""Decisions of persons: written, sealed, and put into effect in one transaction.

A request names the version that the person looked at. The ledger locks the dossiers, reads the state of each, asks the
judgement that the caller gave (`quality.decisions.rejection`), and writes a decision for each dossier that the
judgement does not refuse.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, text

from connectors.ledger import Ledger, copy_rows
from connectors.ledger.decision_rows import (
    DECISION_COLUMNS,
    EVENT_COLUMNS,
    NewDecision,
    context_of,
    detail_of,
    row_of,
)
from connectors.ledger.decision_sql import (
    CONTEXT,
    CONTEXT_DECIDED,
    CONTEXT_PARKED,
    EXAMINE_AGAIN,
    LOCK,
    LOCK_DECIDED,
    LOCK_PARKED,
    NEW_IDS,
    PEND,
    PUT,
    RELEASE,
    RESEND,
    RESTORE,
    RESUME,
    SETTLE,
    WITHDRAW,
)
from connectors.ledger.deliveries import TOUCHED, cancel, cancel_unsent, open_next
from connectors.ledger.faults import clear, tally
from connectors.ledger.reports import queue_reports
from schemas.decision import RESOLUTIONS, Act, DecisionContext, Edit, RejectionReason, needs_second
from schemas.report import Milestone
from schemas.states import DOSSIER, DossierEvent, DossierState
from schemas.tables import decisions, events

OF_CODE = text("""
    SELECT dossier_id, version_number FROM dossiers
     WHERE dossier_code = :dossier_code AND (:portal_code = '' OR portal_code = :portal_code)""")
CODES = text("SELECT portal_code, dossier_code FROM dossiers WHERE dossier_id = ANY(:ids)")

Judgement = Callable[[Act, DecisionContext, str], RejectionReason | None]
"""Says why an act of an actor is refused in the state in which the dossier is; None when it may be written."""


@dataclass(frozen=True)
class DecisionRequest:
    """What a person wants to decide about: a dossier, the version that the person looked at, and for an edit the
    values."""

    dossier_id: int
    version_number: int
    edits: tuple[Edit, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class DecisionOutcome:
    """The outcome of a decision over one or many dossiers. `dossier_ids`: those that it holds for; `decision_ids`: what
    was written; `refused`: the reason for each of the others; `waiting_ids`: the dossiers where a second person must
    agree first."""

    dossier_ids: tuple[int, ...]
    decision_ids: tuple[int, ...]
    refused: dict[int, RejectionReason]
    waiting_ids: frozenset[int] = frozenset()


_Effect = Callable[[Connection, Sequence[tuple[int, NewDecision]]], None]
"""Puts decisions into effect; they are given with their new ids."""


def codes_of(ledger: Ledger, dossier_ids: Sequence[int]) -> list[tuple[str, str]]:
    """Portal code and dossier code of each dossier."""
    with ledger.engine.connect() as connection:
        return [(row.portal_code, row.dossier_code) for row in connection.execute(CODES, {"ids": list(dossier_ids)})]


def requests_of(ledger: Ledger, dossier_code: str, portal_code: str = "") -> list[DecisionRequest]:
    """Requests for the dossiers of this code, in their newest version; at any portal when `portal_code` is empty."""
    with ledger.engine.connect() as connection:
        rows = connection.execute(OF_CODE, {"dossier_code": dossier_code, "portal_code": portal_code})
        return [DecisionRequest(row.dossier_id, row.version_number) for row in rows]


def edit(
    ledger: Ledger,
    actor: str,
    requests: Sequence[DecisionRequest],
    reason: str = "",
    bulk_id: UUID | None = None,
    *,
    reject: Judgement,
) -> DecisionOutcome:
    """Gives fields other values. Edits that need no second person count at once, and the dossier is examined again.
    When one field of a dossier needs a second person, all edits made with it wait too: half of a new part is no
    part."""

    def put(connection: Connection, made: Sequence[tuple[int, NewDecision]]) -> None:
        connection.execute(PEND, {"ids": [new.context.dossier_id for _, new in made if new.waits]})
        connection.execute(EXAMINE_AGAIN, {"ids": [new.context.dossier_id for _, new in made if not new.waits]})

    waits = {request.dossier_id: any(needs_second(edit.field_path) for edit in request.edits) for request in requests}
    return _decide(ledger, Act.EDITED, actor, requests, reason, reject, put, bulk_id, waits)


def accept(
    ledger: Ledger,
    actor: str,
    requests: Sequence[DecisionRequest],
    reason: str,
    bulk_id: UUID | None = None,
    *,
    reject: Judgement,
) -> DecisionOutcome:
    """Lets dossiers go on as they are. Held ones are examined again, and their faults are then noted only. For a
    dossier that is on its way, the person says that the fault found about it is known."""

    def put(connection: Connection, made: Sequence[tuple[int, NewDecision]]) -> None:
        connection.execute(RELEASE, {"ids": _ids(made)})
        clear(connection, [new.context.dossier_id for _, new in made if new.context.state != DossierState.HELD])

    return _decide(ledger, Act.RELEASED, actor, requests, reason, reject, put, bulk_id)


def ask_supplement(
    ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], words: str, *, reject: Judgement
) -> DecisionOutcome:
    """Asks the citizen for more, through the portal; the dossier waits for its next version."""
    return _end(ledger, Act.SUPPLEMENT_ASKED, actor, requests, words, reject)


def end(
    ledger: Ledger, actor: str, requests: Sequence[DecisionRequest], reason: str, *, reject: Judgement
) -> DecisionOutcome:
    """Ends dossiers that no registry has, and has the portal say why."""
    return _end(ledger, Act.REJECTED, actor, requests, reason, reject)


_ENDS = {
    Act.SUPPLEMENT_ASKED: (DOSSIER.after(DossierEvent.SUPPLEMENT_ASKED), Milestone.SUPPLEMENT_ASKED),
    Act.REJECTED: (DOSSIER.after(DossierEvent.REJECTED), Milestone.REJECTED),
}


def _end(
    ledger: Ledger, act: Act, actor: str, requests: Sequence[DecisionRequest], words: str, reject: Judgement
) -> DecisionOutcome:
    state, milestone = _ENDS[act]

    def put(connection: Connection, made: Sequence[tuple[int, NewDecision]]) -> None:
        ids = _ids(made)
        connection.execute(PUT, {"ids": ids, "state": str(state)})
        clear(connection, ids)
        if act == Act.REJECTED:
            cancel(connection, ids)
        queue_reports(connection, Milestone.RECEIVED, ids)  # a hub refuses any status before this one
        queue_reports(connection, milestone, ids, once=False, decision_ids=[decision_id for decision_id, _ in made])

    return _decide(ledger, act, actor, requests, words, reject, put)


def resend(
    ledger: Ledger,
    actor: str,
    requests: Sequence[DecisionRequest],
    reason: str,
    bulk_id: UUID | None = None,
    *,
    reject: Judgement,
) -> DecisionOutcome:
    """Sends the refusing registry the unchanged request once more, under its request code."""

    def put(connection: Connection, made: Sequence[tuple[int, NewDecision]]) -> None:
        connection.execute(RESEND, {"ids": _ids(made)})
        clear(connection, _ids(made))

    return _decide(ledger, Act.RESENT, actor, requests, reason, reject, put, bulk_id)


def resolve_change(
    ledger: Ledger,
    act: Act,
    actor: str,
    requests: Sequence[DecisionRequest],
    reason: str,
    waits: Mapping[int, bool],
    *,
    reject: Judgement,
) -> DecisionOutcome:
    """Decides about dossiers that changed after registries had them. `act`: corrected, annulled or kept. `waits`:
    whether a second person must agree first, by dossier."""

    def put(connection: Connection, made: Sequence[tuple[int, NewDecision]]) -> None:
        connection.execute(PEND, {"ids": [new.context.dossier_id for _, new in made if new.waits]})
        connection.execute(EXAMINE_AGAIN, {"ids": [new.context.dossier_id for _, new in made if not new.waits]})

    return _decide(ledger, act, actor, requests, reason, reject, put, None, waits)


def settle(
    ledger: Ledger, actor: str, delivery_ids: Sequence[int], reason: str, *, reject: Judgement
) -> DecisionOutcome:
    """A person says that corrections were done at their registry: parked ones, and those that the registry refused."""

    def put(connection: Connection, made: Sequence[tuple[int, NewDecision]]) -> None:
        values = {"deliveries": [new.context.delivery_id for _, new in made], "actor": actor}
        connection.execute(SETTLE, values)
        connection.execute(RESUME, {"ids": _ids(made)})
        open_next(connection, _ids(made))

    with ledger.engine.begin() as connection:
        connection.execute(LOCK_PARKED, {"ids": list(delivery_ids)})
        rows = connection.execute(CONTEXT_PARKED, {"ids": list(delivery_ids), "touched": TOUCHED}).all()
        refused: dict[int, RejectionReason] = {}
        allowed = _allowed(Act.SETTLED, actor, rows, reject, refused)
        made = [NewDecision(row) for row in allowed]
        return _write(ledger, connection, Act.SETTLED, actor, reason, made, put, refused, None)


def confirm(ledger: Ledger, actor: str, decision_ids: Sequence[int], *, reject: Judgement) -> DecisionOutcome:
    """A second person agrees to decisions that wait; never the person who made them."""
    return _resolve(ledger, Act.CONFIRMED, actor, decision_ids, "", reject, _execute(PEND, EXAMINE_AGAIN))


def decline(
    ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str, *, reject: Judgement
) -> DecisionOutcome:
    """A second person does not agree: a steward must decide about the dossier again."""
    return _resolve(ledger, Act.DECLINED, actor, decision_ids, reason, reject, _execute(PEND))


def undo(ledger: Ledger, actor: str, decision_ids: Sequence[int], reason: str, *, reject: Judgement) -> DecisionOutcome:
    """Takes decisions back while neither a registry nor the portal knows of them; the dossiers are examined again."""

    def put(connection: Connection, made: Sequence[tuple[int, NewDecision]]) -> None:
        connection.execute(WITHDRAW, {"ids": _ids(made), "decisions": [new.of_decision_id for _, new in made]})
        cancel_unsent(connection, _ids(made))
        changes = [new.context.dossier_id for _, new in made if new.context.act in RESOLUTIONS]
        cancel(connection, changes, only_changes=True)
        _execute(RESTORE, PEND, EXAMINE_AGAIN)(connection, made)

    return _resolve(ledger, Act.UNDONE, actor, decision_ids, reason, reject, put)


def _execute(*statements: TextClause) -> _Effect:
    def put(connection: Connection, made: Sequence[tuple[int, NewDecision]]) -> None:
        for statement in statements:
            connection.execute(statement, {"ids": _ids(made)})

    return put


def _ids(made: Sequence[tuple[int, NewDecision]]) -> list[int]:
    return [new.context.dossier_id for _, new in made]


def _decide(
    ledger: Ledger,
    act: Act,
    actor: str,
    requests: Sequence[DecisionRequest],
    reason: str,
    reject: Judgement,
    effect: _Effect,
    bulk_id: UUID | None = None,
    waits: Mapping[int, bool] | None = None,
) -> DecisionOutcome:
    """Locks the dossiers, leaves out those that the judgement refuses, and writes a decision for each of the others;
    for edits one decision each."""
    with ledger.engine.begin() as connection:
        by_id = {request.dossier_id: request for request in requests}
        versions = [request.version_number for request in by_id.values()]
        connection.execute(LOCK, {"ids": list(by_id)})
        rows = connection.execute(CONTEXT, {"ids": list(by_id), "versions": versions, "touched": TOUCHED}).all()
        unknown = by_id.keys() - {row.dossier_id for row in rows}
        refused = dict.fromkeys(unknown, RejectionReason.NOT_AT_FAULT)
        made = []
        for row in _allowed(act, actor, rows, reject, refused):
            waits_here = bool(waits and waits.get(row.dossier_id))
            edits = by_id[row.dossier_id].edits or (None,)
            made += [NewDecision(row, edit, waits=waits_here) for edit in edits]
        return _write(ledger, connection, act, actor, reason, made, effect, refused, bulk_id)


def _resolve(
    ledger: Ledger,
    act: Act,
    actor: str,
    decision_ids: Sequence[int],
    reason: str,
    reject: Judgement,
    effect: _Effect,
) -> DecisionOutcome:
    """Does as `_decide`, about decisions that were made before."""
    with ledger.engine.begin() as connection:
        connection.execute(LOCK_DECIDED, {"ids": list(decision_ids)})
        rows = connection.execute(CONTEXT_DECIDED, {"ids": list(decision_ids), "touched": TOUCHED}).all()
        refused: dict[int, RejectionReason] = {}
        allowed = _allowed(act, actor, rows, reject, refused)
        made = [NewDecision(row, of_decision_id=row.decision_id) for row in allowed]
        return _write(ledger, connection, act, actor, reason, made, effect, refused, None)


def _allowed(
    act: Act, actor: str, rows: Sequence[Row[Any]], reject: Judgement, refused: dict[int, RejectionReason]
) -> list[Row[Any]]:
    """The dossiers that the judgement does not refuse; the reasons for the others are put into `refused`."""
    allowed = []
    for row in rows:
        if rejection := reject(act, context_of(row), actor):
            refused[row.dossier_id] = rejection
        else:
            allowed.append(row)
    return allowed


def _write(
    ledger: Ledger,
    connection: Connection,
    act: Act,
    actor: str,
    reason: str,
    made: Sequence[NewDecision],
    effect: _Effect,
    refused: dict[int, RejectionReason],
    bulk_id: UUID | None,
) -> DecisionOutcome:
    if not made:
        return DecisionOutcome((), (), refused)
    decision_ids = connection.execute(NEW_IDS, {"count": len(made)}).scalars().all()
    numbered = list(zip(decision_ids, made, strict=True))
    copy_rows(
        connection,
        decisions,
        DECISION_COLUMNS,
        (row_of(ledger, decision_id, act, actor, reason, new, bulk_id) for decision_id, new in numbered),
    )
    if act is not Act.SETTLED:  # SETTLE writes an event of the delivery
        rows = (
            (new.context.dossier_id, None, str(act), actor, detail_of(decision_id, new, bulk_id))
            for decision_id, new in numbered
        )
        copy_rows(connection, events, EVENT_COLUMNS, rows)
    effect(connection, numbered)
    tally(connection, Counter((new.context.portal_code, "decided", str(act)) for new in made))
    waiting_ids = frozenset(new.context.dossier_id for _, new in numbered if new.waits)
    return DecisionOutcome(tuple(dict.fromkeys(_ids(numbered))), tuple(decision_ids), refused, waiting_ids)
