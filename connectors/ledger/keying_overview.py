"""What there is to key and to decide, by book, and how much of it a person has done today. Counts and codes only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.keyings import IN_REACH, LEASE, TIMED, note, reach_values
from schemas.paper_states import RECORD, RecordEvent
from schemas.roles import May, Reach
from schemas.states import listed

_TO_KEY, _TO_DECIDE = listed(RECORD.before(RecordEvent.KEYED)), listed(RECORD.before(RecordEvent.DECIDED))
BOOKS = text(f"""
    SELECT b.book_id, b.book_kind, b.opened_year, b.book_number, b.place_as_written, b.state, b.province_code,
           b.commune_code, b.is_tightened, c.records, c.to_key, c.to_decide, c.wanted, c.held, c.released
      FROM books b, LATERAL (
           SELECT count(*) AS records, count(*) FILTER (WHERE r.state IN ({_TO_KEY})) AS to_key,
                  count(*) FILTER (WHERE r.state IN ({_TO_DECIDE})) AS to_decide,
                  count(*) FILTER (WHERE r.is_wanted AND r.state IN ({_TO_KEY})) AS wanted,
                  count(*) FILTER (WHERE r.state = 'held') AS held,
                  count(*) FILTER (WHERE r.state = 'agreed') AS released
             FROM records r WHERE r.book_id = b.book_id) c
     WHERE b.state = ANY(:states) AND {IN_REACH} AND (CAST(:book_id AS bigint) IS NULL OR b.book_id = :book_id)
     ORDER BY c.wanted DESC, b.book_id LIMIT :limit""")
PROGRESS = text(f"""
    SELECT count(*) AS records, count(*) FILTER (WHERE {TIMED}) AS timed_records,
           coalesce(extract(epoch FROM sum(k.kept_at - k.started_at) FILTER (WHERE {TIMED})), 0)::float AS seconds
      FROM keyings k WHERE k.keyed_by = :actor AND k.kept_at >= :since""")
WANT = text("UPDATE records SET is_wanted = TRUE WHERE record_id = :record_id AND NOT is_wanted RETURNING record_id")
PLACE_OF_RECORD = text("""
    SELECT b.province_code, b.commune_code FROM records r JOIN books b USING (book_id)
     WHERE r.record_id = :record_id""")


@dataclass(frozen=True)
class BookWork:
    """A book and what is left to do in it. `to_key`: records of which a key is missing; `to_decide`: those in which two
    keys differ; `wanted`: those to key that somebody needs; `held`: those in which checks found fault; `released`:
    those that are agreed on (in an accepted book they were held until now)."""

    book_id: int
    book_kind: str
    opened_year: int
    book_number: str
    place_as_written: str
    state: str
    province_code: str
    commune_code: str | None
    is_tightened: bool
    records: int
    to_key: int
    to_decide: int
    wanted: int
    held: int
    released: int


def book_work(
    ledger: Ledger, reach: Reach, act: May, states: list[str], book_id: int | None = None, limit: int = 200
) -> list[BookWork]:
    """The books in these states where this may be done; those that somebody needs something of come first."""
    values = {**reach_values(reach, act), "states": states, "book_id": book_id, "limit": limit}
    with ledger.engine.connect() as connection:
        return [BookWork(**row._mapping) for row in connection.execute(BOOKS, values)]


@dataclass(frozen=True)
class DayProgress:
    """What a person has kept since an instant. `seconds`: from taking each of the timed records to keeping it."""

    records: int
    timed_records: int
    seconds: float

    @property
    def records_per_hour(self) -> float:
        return 3600 * self.timed_records / self.seconds if self.seconds else 0.0


def progress_since(ledger: Ledger, actor: str, since: datetime) -> DayProgress:
    """How much a person has keyed or decided since then."""
    values = {"actor": actor, "since": since, "lease": LEASE}
    with ledger.engine.connect() as connection:
        return DayProgress(**connection.execute(PROGRESS, values).one()._mapping)


def place_of_record(ledger: Ledger, record_id: int) -> tuple[str, str | None] | None:
    """Province and commune, of today, of the book of a record; None when there is no such record."""
    with ledger.engine.connect() as connection:
        row = connection.execute(PLACE_OF_RECORD, {"record_id": record_id}).one_or_none()
    return (row.province_code, row.commune_code) if row else None


def want(ledger: Ledger, record_id: int, actor: str) -> bool:
    """Has a record keyed before others, because somebody needs it; False when it is wanted already."""
    with ledger.engine.begin() as connection:
        if connection.execute(WANT, {"record_id": record_id}).first() is None:
            return False
        note(connection, "record", record_id, "record_wanted", actor, {})
    return True
