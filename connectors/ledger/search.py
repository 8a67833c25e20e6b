"""Finding a person again: the rows that make a reading, a record or a dossier searchable, and the search itself.

Nothing legible stands in the index. `searchables.tokens` holds keyed digests of the texts of
`schemas.search_facts.tokens_of`; what a hit shows is sealed. Who holds a copy of the database without the master key
can count how often a token occurs, and so guess the most common family names, but cannot try a name out.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.vault import Vault
from schemas.search_facts import SearchFacts, tokens_of
from schemas.search_query import SearchQuery, SearchStep, steps_of
from schemas.search_ranking import LOWEST, Wanted, score

SEARCH_PURPOSE, WORDS_PURPOSE = "search", "search words"
DIGEST_KIND = "search"
SEARCHABLE_COLUMNS = ("subject_kind", "subject_id", "province_code", "commune_code", "year", "tokens", "sealed")
CANDIDATES = 200
"""Rows that one step opens at most: opening and comparing takes about 20 µs a row."""
MOST_DIGESTS = 400_000
"""Digests that are kept in memory, about 50 MB; names recur, and digesting is most of what a row costs."""

BY_INDEX = text("""
    SELECT set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)""")
"""The planner takes a few hundred rare tokens for frequent ones, and would read the whole table."""

WRITE = text("""
    INSERT INTO searchables (subject_kind, subject_id, province_code, commune_code, year, tokens, sealed)
    VALUES (:subject_kind, :subject_id, :province_code, :commune_code, :year, CAST(:tokens AS bigint[]), :sealed)
    ON CONFLICT (subject_kind, subject_id) DO UPDATE
       SET province_code = excluded.province_code, commune_code = excluded.commune_code, year = excluded.year,
           tokens = excluded.tokens, sealed = excluded.sealed""")
REPLACED_READINGS = text("DELETE FROM searchables WHERE subject_kind = 'reading' AND subject_id = ANY(:ids)")
UNCHECK = text("""
    UPDATE searchables SET subject_kind = 'reading' WHERE subject_kind = 'record' AND subject_id = ANY(:ids)""")
LIVING = text("""
    SELECT d.dossier_id FROM dossiers d JOIN keys k USING (dossier_id)
      JOIN unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[])) AS u(dossier_id, version_number)
        ON u.dossier_id = d.dossier_id AND u.version_number = d.version_number
     WHERE k.wrapped IS NOT NULL ORDER BY d.dossier_id FOR SHARE OF d, k""")
"""Locked, so that an erasure either comes first, and is seen here, or waits, and deletes the row that is written."""
NOTE_SEARCH = text("INSERT INTO searches (actor, hits, sealed) VALUES (:actor, :hits, :sealed)")


class _Digests(dict[str, int]):
    """Blind tokens by text, under one vault."""

    def __init__(self, vault: Vault) -> None:
        super().__init__()
        self.vault = vault

    def __missing__(self, text: str) -> int:
        if len(self) >= MOST_DIGESTS:
            self.clear()
        token = self[text] = self.vault.blind_token(DIGEST_KIND, text)
        return token


_digests: dict[int, _Digests] = {}
"""By the identity of the vault, of which a process has one."""


def digests_of(vault: Vault) -> _Digests:
    """The digests under a vault, kept from call to call."""
    known = _digests.get(id(vault))
    if known is None or known.vault is not vault:
        _digests.clear()
        known = _digests[id(vault)] = _Digests(vault)
    return known


def searchable_row(
    vault: Vault, subject_kind: str, subject_id: int, province_code: str, commune_code: str | None, facts: SearchFacts
) -> tuple[Any, ...]:
    """The row of a reading, a record or a dossier for COPY into `searchables`, in the order of SEARCHABLE_COLUMNS.
    Province and commune are those of today by which readers are admitted; `year` is the first that is known."""
    digests = digests_of(vault)
    return (
        subject_kind,
        subject_id,
        province_code,
        commune_code,
        facts.years[0] if facts.years else None,
        [digests[text] for text in tokens_of(facts)],
        vault.search_key.seal(facts.to_bytes(), SEARCH_PURPOSE),
    )


def index_subjects(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes rows of `searchable_row`, or puts them in the place of older ones. A record takes the place of its
    reading."""
    if not rows:
        return
    if records := [row[1] for row in rows if row[0] == "record"]:
        connection.execute(REPLACED_READINGS, {"ids": records})
    ordered = sorted(rows, key=lambda row: (row[0], row[1]))  # two writers lock in one order
    connection.execute(WRITE, [dict(zip(SEARCHABLE_COLUMNS, row, strict=True)) for row in ordered])


def mark_unchecked(connection: Connection, record_ids: Sequence[int]) -> None:
    """Has records that were returned found as unchecked, by what was keyed of them, until they are keyed again. It
    belongs into the transaction that returns them."""
    ids = {"ids": sorted(record_ids)}
    connection.execute(REPLACED_READINGS, ids)
    connection.execute(UNCHECK, ids)


def index_dossiers(ledger: Ledger, rows: Mapping[tuple[int, int], tuple[Any, ...]]) -> int:
    """Writes the rows of dossiers, by id and version number, and says how many. Left out are a dossier that is erased
    and one that has a newer version by now."""
    if not rows:
        return 0
    values = {"ids": [dossier_id for dossier_id, _ in rows], "versions": [version for _, version in rows]}
    with ledger.engine.begin() as connection:
        living = set(connection.execute(LIVING, values).scalars())
        kept = [row for (dossier_id, _), row in rows.items() if dossier_id in living]
        index_subjects(connection, kept)
    return len(kept)


@dataclass(frozen=True)
class Hit:
    """A reading, a record or a dossier that may be meant. `score`: 0 to 1, see `schemas.search_ranking`."""

    subject_kind: str
    subject_id: int
    province_code: str
    commune_code: str | None
    score: float
    facts: SearchFacts = field(repr=False)


def note_search(ledger: Ledger, actor: str, query: SearchQuery, hits: Sequence[Hit]) -> None:
    """Keeps who searched, when, and how many hits were shown; what was typed and which hits they were is sealed."""
    shown = [(hit.subject_kind, hit.subject_id) for hit in hits]
    words = json.dumps({"query": asdict(query), "hits": shown}, ensure_ascii=False).encode()
    sealed = ledger.vault.search_key.seal(words, WORDS_PURPOSE)
    with ledger.engine.begin() as connection:
        connection.execute(NOTE_SEARCH, {"actor": actor, "hits": len(hits), "sealed": sealed})


def search(ledger: Ledger, query: SearchQuery, places: Collection[str], limit: int = 20) -> list[Hit]:
    """The best hits within these places (as grants have them: "" is everywhere), the best first and of equal ones the
    newest. None for a query that `is_empty`."""
    wanted = Wanted.of(query)
    hits: dict[tuple[str, int], Hit] = {}
    with ledger.engine.connect() as connection:
        connection.execute(BY_INDEX)
        best = 0.0
        for step in steps_of(query):
            if best >= step.needless_from:
                continue
            for row in _candidates(ledger, connection, step, query.year, places, hits.keys()):
                hit = hits[row.subject_kind, row.subject_id] = _hit(ledger.vault, row, wanted)
                best = max(best, hit.score)
    ordered = sorted((hit for hit in hits.values() if hit.score >= LOWEST), key=_order)
    return ordered[:limit]


def _candidates(
    ledger: Ledger,
    connection: Connection,
    step: SearchStep,
    year: int | None,
    places: Collection[str],
    known: Collection[tuple[str, int]],
) -> list[Any]:
    digests = digests_of(ledger.vault)
    values: dict[str, Any] = {
        f"group_{number}": [digests[token] for token in group] for number, group in enumerate(step.groups)
    }
    conditions = [f"tokens && CAST(:group_{number} AS bigint[])" for number in range(len(step.groups))]
    if "" not in places:
        conditions.append("(province_code || '' = ANY(:places) OR commune_code || '' = ANY(:places))")
        values["places"] = list(places)
    order = "ORDER BY abs(year - :year) NULLS LAST" if year is not None else ""
    statement = text(f"""
        SELECT subject_kind, subject_id, province_code, commune_code, sealed FROM searchables
         WHERE {" AND ".join(conditions)} {order} LIMIT {CANDIDATES}""")
    if year is not None:
        values["year"] = year
    rows = connection.execute(statement, values)
    return [row for row in rows if (row.subject_kind, row.subject_id) not in known]


def _hit(vault: Vault, row: Any, wanted: Wanted) -> Hit:
    facts = SearchFacts.from_bytes(vault.search_key.unseal(bytes(row.sealed), SEARCH_PURPOSE))
    return Hit(row.subject_kind, row.subject_id, row.province_code, row.commune_code, score(wanted, facts), facts)


def _order(hit: Hit) -> tuple[float, int, int]:
    return -round(hit.score, 2), -max(hit.facts.years, default=0), -hit.subject_id
