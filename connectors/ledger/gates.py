"""Gates: dossiers of a portal wait in a batch until the batch was judged as a whole; nothing of it is sent before.

A page goes into its portal's open batch. A gate judges the batch and closes it in one transaction: passed or stopped.
Dossiers whose newest version the gate has not seen move to the next open batch. So a worker that dies between reading
and closing leaves an open batch, which the next gate judges, and a page that arrives meanwhile never passes unseen.
One person releases or rejects a stopped batch; the first decision counts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger, copy_rows
from connectors.ledger.batches import BATCH_REJECTED, open_batch
from connectors.ledger.deliveries import TOUCHED
from connectors.ledger.faults import write_faults
from connectors.ledger.grants import grants_of
from connectors.ledger.sealed import VERSION_PURPOSE
from schemas.dates import local_day
from schemas.expectation import FIGURES, Verdict
from schemas.roles import ALLOWS, May, Role
from schemas.states import BATCH, DOSSIER, BatchEvent, DossierEvent, DossierState, listed
from schemas.tables import expectations

READ = 1000
LEARN_DAYS, USUAL_DAYS, LEAST_USUAL_DAYS = 30, 60, 10
DECIDERS = [str(role) for role in Role if May.GATE in ALLOWS[role]]
REASON_PURPOSE = "batch decision"
COLUMNS = ("batch_id", "suite", "subject", "expectation", "column_name", "has_passed", "stops", "observed",
           "failing_ids")  # fmt: skip

(_OPEN,) = BATCH.before(BatchEvent.PASSED)
_HELD_WITH_BATCH = listed(DOSSIER.before(DossierEvent.BATCH_REJECTED, DossierState.HELD))
OPEN_BATCHES = text(f"SELECT batch_id, portal_code, opened_at FROM batches WHERE state = '{_OPEN}' ORDER BY batch_id")
IN_BATCH = text("""
    SELECT d.dossier_id, d.dossier_code, d.version_number, d.portal_status, d.state, v.unreadable_field, v.sealed,
           k.wrapped, (SELECT count(*) FROM findings f
                        WHERE f.dossier_id = d.dossier_id AND f.version_number = d.version_number
                          AND f.weight = 'stops') AS stopping_faults
      FROM dossiers d JOIN versions v USING (dossier_id, version_number) JOIN keys k USING (dossier_id)
     WHERE d.batch_id = :batch_id AND d.state <> 'pulled' AND d.dossier_id > :after
     ORDER BY d.dossier_id LIMIT :limit""")
CLOSE = text(
    f"UPDATE batches SET state = :state WHERE batch_id = :batch_id AND state = '{_OPEN}' RETURNING portal_code"
)
UNSEEN = text("""
    SELECT d.dossier_id
      FROM dossiers d
      LEFT JOIN unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[])) AS u(dossier_id, version_number)
           ON u.dossier_id = d.dossier_id AND u.version_number = d.version_number
     WHERE d.batch_id = :batch_id AND (d.state = 'pulled' OR u.dossier_id IS NULL)
       FOR UPDATE OF d""")
MOVE = text("UPDATE dossiers SET batch_id = :batch_id WHERE dossier_id = ANY(:ids)")
DECIDE = text(f"""
    UPDATE batches SET state = :state, decided_by = :actor, decided_at = clock_timestamp(), wrapped = :wrapped,
           sealed = :sealed
     WHERE batch_id = :batch_id AND state IN ({listed(BATCH.before(BatchEvent.RELEASED))}) RETURNING batch_id""")
NOTE_DECISION = text("""
    INSERT INTO events (dossier_id, kind, actor, detail)
    SELECT dossier_id, :kind, :actor, jsonb_build_object('batch', CAST(:batch_id AS bigint))
      FROM dossiers WHERE batch_id = :batch_id ORDER BY dossier_id""")
HOLD = text(f"""
    WITH held AS (
        UPDATE dossiers d SET state = '{DossierState.HELD}'
         WHERE d.batch_id = :batch_id AND d.state IN ({_HELD_WITH_BATCH})
           AND NOT EXISTS (SELECT FROM deliveries e WHERE e.dossier_id = d.dossier_id AND e.state = ANY(:touched))
        RETURNING d.dossier_id, d.version_number),
    found AS (
        INSERT INTO findings (dossier_id, version_number, check_code, field_path, weight)
        SELECT dossier_id, version_number, :check_code, '', 'holds' FROM held ON CONFLICT DO NOTHING)
    SELECT dossier_id FROM held ORDER BY dossier_id""")
DAY_FIGURES = text("""
    SELECT e.observed FROM expectations e JOIN batches b USING (batch_id)
     WHERE e.suite = 'arrivals' AND e.subject = :subject AND e.expectation = :figures AND b.state = 'passed'""")
WAIVED = text("""
    SELECT DISTINCT e.expectation FROM expectations e JOIN batches b USING (batch_id)
     WHERE e.suite = 'arrivals' AND e.subject = :subject AND NOT e.has_passed AND e.stops AND b.state = 'released'""")
LEARNED = text("""
    SELECT c.key AS name, k.key AS code, sum(k.value::int)::int AS times
      FROM expectations e JOIN batches b USING (batch_id), jsonb_each(e.observed -> 'counts') c,
           jsonb_each_text(c.value) k
     WHERE e.suite = 'arrivals' AND e.subject = ANY(:subjects) AND e.expectation = :figures
       AND b.state IN ('passed', 'released')
     GROUP BY c.key, k.key""")
USUAL = text("""
    SELECT avg(count) + 4 * stddev_samp(count) FROM (
        SELECT day, sum(count) AS count FROM tallies
         WHERE kind = 'arrived' AND portal_code = :portal_code AND day >= :since AND day < :day GROUP BY day) d
    HAVING count(*) >= :least""")
SAVE_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('expectations', 0))")
IS_KEPT = text("""
    SELECT EXISTS (SELECT FROM expectations
                    WHERE suite = :suite AND subject = :subject
                      AND (CAST(:expectation AS text) IS NULL OR expectation = :expectation))""")
NAMED = text("""
    SELECT DISTINCT user_name FROM grants
     WHERE role = ANY(:roles) AND place_code IN ('', :portal_code) AND revoked_at IS NULL ORDER BY user_name""")
BATCH_ROW = text("SELECT * FROM batches WHERE batch_id = :batch_id")
PAGE = text("""
    SELECT b.batch_id, b.portal_code, b.opened_at, b.state, b.decided_by, b.decided_at,
           (SELECT count(*) FROM dossiers d WHERE d.batch_id = b.batch_id) AS dossiers
      FROM batches b
     WHERE (CAST(:portals AS text[]) IS NULL OR b.portal_code = ANY(:portals))
       AND (CAST(:before AS bigint) IS NULL OR b.batch_id < :before)
       AND (CAST(:states AS text[]) IS NULL OR b.state = ANY(:states))
       AND (NOT :only_failed OR EXISTS (
            SELECT FROM expectations e WHERE e.batch_id = b.batch_id AND NOT e.has_passed))
     ORDER BY b.batch_id DESC LIMIT :limit""")
FAILED = text("""
    SELECT e.batch_id, e.suite, e.subject, e.expectation, e.column_name, e.stops, e.observed, e.checked_at,
           cardinality(e.failing_ids) AS failing, e.failing_ids[1 : :keys] AS failing_ids
      FROM expectations e WHERE e.batch_id = ANY(:ids) AND NOT e.has_passed
     ORDER BY e.batch_id DESC, e.stops DESC, e.expectation_id""")


@dataclass(frozen=True)
class OpenBatch:
    """A batch that waits for its gate."""

    batch_id: int
    portal_code: str
    opened_at: datetime

    @property
    def day(self) -> date:
        return local_day(self.opened_at)

    @property
    def subject(self) -> str:
        return subject_of(self.portal_code, self.day)


@dataclass(frozen=True)
class InBatch:
    """An examined dossier of a batch. `stopping_faults`: how many findings of its version stop it. `original`: the
    portal's bytes; None when the dossier is erased."""

    dossier_id: int
    version_number: int
    portal_status: int | None
    is_held: bool
    is_unreadable: bool
    stopping_faults: int
    original: bytes | None = field(repr=False)


@dataclass(frozen=True)
class Failed:
    """An expectation that a batch failed. `stops`: whether it stops the batch. `observed`: what was measured.
    `failing`: how many dossiers fail it; `failing_ids`: the first of them."""

    suite: str
    subject: str
    expectation: str
    column_name: str
    stops: bool
    observed: Mapping[str, Any]
    checked_at: datetime
    failing: int
    failing_ids: Sequence[int]


@dataclass(frozen=True)
class BatchSeen:
    """A batch as the desk shows it. `dossiers`: how many it holds; `failed`: the expectations that it failed."""

    batch_id: int
    portal_code: str
    opened_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    dossiers: int
    failed: Sequence[Failed] = ()


def subject_of(portal_code: str, day: date) -> str:
    return f"{portal_code}/{day.isoformat()}"


def open_batches(ledger: Ledger) -> list[OpenBatch]:
    """The batches that wait for a gate, oldest first."""
    with ledger.engine.connect() as connection:
        return [OpenBatch(**row._mapping) for row in connection.execute(OPEN_BATCHES)]


def in_batch(ledger: Ledger, batch: OpenBatch) -> Iterator[InBatch]:
    """The examined dossiers of a batch, read and opened a thousand at a time. Unexamined ones are left out."""
    after = 0
    while True:
        with ledger.engine.connect() as connection:
            rows = connection.execute(IN_BATCH, {"batch_id": batch.batch_id, "after": after, "limit": READ}).all()
        for row in rows:
            yield _open(ledger, batch.portal_code, row)
        if len(rows) < READ:
            return
        after = rows[-1].dossier_id


def _open(ledger: Ledger, portal_code: str, row: Any) -> InBatch:
    original = None
    if row.wrapped is not None:
        key = ledger.open_key(row.wrapped, portal_code, row.dossier_code)
        original = key.unseal(row.sealed, VERSION_PURPOSE.format(row.version_number))
    return InBatch(
        row.dossier_id,
        row.version_number,
        row.portal_status,
        row.state == "held",
        row.unreadable_field is not None,
        row.stopping_faults,
        original,
    )


@dataclass(frozen=True)
class Known:
    """What earlier gates kept of a portal. `today`: the figures of this day's batches that passed. `learned`: how often
    each value of a column was seen before. `waived`: expectations that a person released today. `usual_most`: the most
    dossiers of a usual day; None while too few days are known."""

    today: list[dict[str, Any]]
    learned: dict[str, dict[str, int]]
    waived: frozenset[str]
    usual_most: float | None


def known_of(ledger: Ledger, batch: OpenBatch) -> Known:
    """The figures of the day's batches that passed, the values of the last thirty days, and what was released today."""
    earlier = [subject_of(batch.portal_code, batch.day - timedelta(days=ago)) for ago in range(LEARN_DAYS + 1)]
    values = {
        "subject": batch.subject,
        "subjects": earlier,
        "figures": FIGURES,
        "portal_code": batch.portal_code,
        "day": batch.day,
        "since": batch.day - timedelta(days=USUAL_DAYS),
        "least": LEAST_USUAL_DAYS,
    }
    learned: dict[str, dict[str, int]] = {}
    with ledger.engine.connect() as connection:
        for row in connection.execute(LEARNED, values):
            learned.setdefault(row.name, {})[row.code] = row.times
        today = list(connection.execute(DAY_FIGURES, values).scalars())
        waived = frozenset(connection.execute(WAIVED, values).scalars())
        usual = connection.execute(USUAL, values).scalar()
    return Known(today, learned, waived, float(usual) if usual is not None else None)


def settle_batch(ledger: Ledger, batch: OpenBatch, seen: Mapping[int, int], verdicts: Sequence[Verdict]) -> str | None:
    """Closes a batch with its verdicts. Returns its new state: `stopped` when an expectation that stops has failed,
    else `passed`; None when another gate has closed it.

    `seen`: the version of each dossier that was judged; all other dossiers move to the portal's next batch. The failed
    verdicts are kept, and the figures, which say what was judged.
    """
    state = "stopped" if any(verdict.stops_batch for verdict in verdicts) else "passed"
    with ledger.engine.begin() as connection:
        if connection.execute(CLOSE, {"batch_id": batch.batch_id, "state": state}).first() is None:
            return None
        judged = {"batch_id": batch.batch_id, "ids": list(seen), "versions": list(seen.values())}
        if unseen := connection.execute(UNSEEN, judged).scalars().all():
            following = open_batch(connection, batch.portal_code)
            connection.execute(MOVE, {"batch_id": following, "ids": unseen})
        kept = [verdict for verdict in verdicts if not verdict.has_passed or verdict.expectation == FIGURES]
        _write(connection, batch.batch_id, kept)
    return state


def save_results(ledger: Ledger, verdicts: Sequence[Verdict]) -> bool:
    """Keeps verdicts that are not about one batch. False when the last of them is kept already; then nothing is
    written."""
    if not verdicts:
        return False
    last = verdicts[-1]
    values = {"suite": last.suite, "subject": last.subject, "expectation": last.expectation}
    with ledger.engine.begin() as connection:
        connection.execute(SAVE_LOCK)
        if connection.execute(IS_KEPT, values).scalar():
            return False
        _write(connection, None, verdicts)
    return True


def is_judged(ledger: Ledger, suite: str, subject: str) -> bool:
    """Whether verdicts of this suite about this subject are kept."""
    with ledger.engine.connect() as connection:
        return bool(connection.execute(IS_KEPT, {"suite": suite, "subject": subject, "expectation": None}).scalar())


def _write(connection: Connection, batch_id: int | None, verdicts: Sequence[Verdict]) -> None:
    copy_rows(connection, expectations, COLUMNS, (_row(batch_id, verdict) for verdict in verdicts))


def _row(batch_id: int | None, verdict: Verdict) -> tuple[Any, ...]:
    return (
        batch_id,
        verdict.suite,
        verdict.subject,
        verdict.expectation,
        verdict.column,
        verdict.has_passed,
        verdict.stops,
        dict(verdict.observed),
        list(verdict.failing_ids),
    )


def decide_batch(ledger: Ledger, batch_id: int, decision: str, actor: str, reason: str) -> bool:
    """Writes a person's decision, `released` or `rejected`, on a stopped batch; False when the batch is not stopped.

    Released: its deliveries may be sent. Rejected: those of its dossiers that no registry has or may have are held,
    each with a fault of its own, to be accepted or rejected one by one; the others continue. Raises ValueError for any
    other decision.
    """
    if decision not in ("released", "rejected"):
        raise ValueError(f"{decision} is no decision on a batch")
    key, wrapped = ledger.vault.new_key(_owner(batch_id))
    sealed = key.seal(json.dumps({"reason": reason}).encode(), REASON_PURPOSE)
    with ledger.engine.begin() as connection:
        values = {"batch_id": batch_id, "state": decision, "actor": actor, "wrapped": wrapped, "sealed": sealed}
        if connection.execute(DECIDE, values).first() is None:
            return False
        if decision == "rejected":
            rejected = {"batch_id": batch_id, "check_code": BATCH_REJECTED, "touched": TOUCHED}
            held = connection.execute(HOLD, rejected).scalars().all()
            write_faults(connection, [(dossier_id, BATCH_REJECTED, "", None) for dossier_id in held])
        connection.execute(NOTE_DECISION, {"kind": f"batch_{decision}", "actor": actor, "batch_id": batch_id})
    return True


def _owner(batch_id: int) -> str:
    return f"batch/{batch_id}"


def reason_of(ledger: Ledger, batch_id: int) -> str:
    """Why a batch was released or rejected, in the words of the person who did it; empty while nobody has."""
    with ledger.engine.connect() as connection:
        row = connection.execute(BATCH_ROW, {"batch_id": batch_id}).one()
    if row.sealed is None:
        return ""
    opened = ledger.vault.open_key(row.wrapped, _owner(batch_id)).unseal(row.sealed, REASON_PURPOSE)
    return str(json.loads(opened)["reason"])


def deciders(ledger: Ledger, portal_code: str) -> list[str]:
    """The users who may release or reject a batch of this portal: their grant is for there or for everywhere."""
    with ledger.engine.connect() as connection:
        return list(connection.execute(NAMED, {"roles": DECIDERS, "portal_code": portal_code}).scalars())


def may_decide(ledger: Ledger, actor: str, portal_code: str) -> bool:
    """Whether this person may release or reject a batch of this portal."""
    return grants_of(ledger, actor).may(May.GATE, portal_code, None)


def batches_page(
    ledger: Ledger,
    *,
    portals: Sequence[str] | None = None,
    before: int | None = None,
    limit: int = 50,
    states: Sequence[str] | None = None,
    only_failed: bool = False,
    keys: int = 1000,
) -> list[BatchSeen]:
    """Batches with the expectations that they failed, the newest first.

    `portals`, `states`: only batches of these; None for all. `before`: only batches with a smaller id, to go on after a
    page. `keys`: how many failing dossiers are named for each expectation.
    """
    values = {
        "portals": list(portals) if portals is not None else None,
        "before": before,
        "limit": limit,
        "states": list(states) if states is not None else None,
        "only_failed": only_failed,
    }
    with ledger.engine.connect() as connection:
        rows = connection.execute(PAGE, values).all()
        failed: dict[int, list[Failed]] = {}
        for row in connection.execute(FAILED, {"ids": [row.batch_id for row in rows], "keys": keys}):
            columns = dict(row._mapping)
            failed.setdefault(columns.pop("batch_id"), []).append(Failed(**columns))
    return [BatchSeen(**row._mapping, failed=failed.get(row.batch_id, ())) for row in rows]


def undecided(ledger: Ledger, limit: int = 500) -> list[BatchSeen]:
    """The stopped batches, which wait for a person; the oldest first."""
    return batches_page(ledger, states=["stopped"], limit=limit)[::-1]
