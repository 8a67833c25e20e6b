"""Prints how quickly a person is found among many records, and how often, by kind of query; asserts nothing.

    uv run python -m tests.benchmarks.search [--records 1000000] [--queries 1000]

Entries and queries are invented apart from the index (`tests.benchmarks.search_people`). A hit: the record that the
query was made from is among the first 20; for a name alone, which many people share, a record of that name. Beside it
in the same run, on the same rows and queries: PostgreSQL's own full text (`simple`, every word must be there, the year
within one), and a scan with rapidfuzz of all names within one year, in memory.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Annotated

import psycopg
import typer
from rapidfuzz import process
from rapidfuzz.distance import OSA
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, text

from connectors.ledger import Ledger, copy_rows, open_ledger, upgrade
from connectors.ledger.search import SEARCHABLE_COLUMNS, search, searchable_row
from connectors.postgres import embedded
from connectors.vault import Vault
from schemas.paper_tables import searchables
from schemas.search_facts import facts_of_values
from schemas.search_query import SearchQuery
from tests.benchmarks.figures import machine
from tests.benchmarks.search_people import (
    RegisterEntry,
    bare_place,
    entries,
    one_error,
    plain,
    today_of,
    without_a_middle,
)

PROVINCES = ("24", "08", "68")
SHOWN = 20
WARM_UP = 30
SAMPLED = 5_000

out = Console(width=118)

Make = Callable[[RegisterEntry, Random], SearchQuery | None]


def near(entry: RegisterEntry, rng: Random) -> int:
    return entry.year + rng.choice((-1, 0, 1))


QUERIES: dict[str, Make] = {
    "all as written, without tones": lambda entry, rng: SearchQuery(
        plain(entry.name), entry.year, 1, bare_place(entry.commune)
    ),
    "error in name and commune, year +-1": lambda entry, rng: SearchQuery(
        one_error(entry.name, rng), near(entry, rng), 1, one_error(bare_place(entry.commune), rng)
    ),
    "error in name and commune, no year": lambda entry, rng: SearchQuery(
        one_error(entry.name, rng), place=one_error(bare_place(entry.commune), rng)
    ),
    "error in name, today's commune, year +-1": lambda entry, rng: SearchQuery(
        one_error(entry.name, rng), near(entry, rng), 1, plain(today_of(entry.commune))
    ),
    "middle name left out, commune, year +-1": lambda entry, rng: (
        SearchQuery(without_a_middle(entry.name), near(entry, rng), 1, bare_place(entry.commune))
        if len(entry.name.split()) > 2
        else None
    ),
    "error in name, father": lambda entry, rng: (
        SearchQuery(one_error(entry.name, rng), parent=entry.father) if entry.father else None
    ),
    "error in name, year +-1": lambda entry, rng: SearchQuery(one_error(entry.name, rng), near(entry, rng), 1),
    "error in name, nothing else": lambda entry, rng: SearchQuery(one_error(entry.name, rng)),
}


@dataclass
class Measured:
    """Times in milliseconds, and how many queries found what was meant."""

    times: list[float] = field(default_factory=list)
    found: int = 0

    def row(self) -> tuple[str, ...]:
        times = sorted(self.times)
        last = times[min(len(times) - 1, int(len(times) * 0.99))]
        return f"{median(times):.1f}", f"{last:.1f}", f"{self.found / len(times):.3f}"


@dataclass
class Rivals:
    """The names in plain words, as no ledger of ours has them."""

    connection: psycopg.Connection
    by_year: dict[int, list[tuple[str, int]]]

    def full_text(self, query: SearchQuery) -> list[int]:
        words = " & ".join(word for word in plain(query.name).replace("'", " ").split() if word.isalnum())
        year = query.year or 0
        rows = self.connection.execute(
            "SELECT record_id FROM plain_names WHERE words @@ to_tsquery('simple', %s) AND year BETWEEN %s AND %s"
            " LIMIT 20",
            (words or "x", year - 1, year + 1),
        )
        return [int(row[0]) for row in rows]

    def scan(self, query: SearchQuery) -> list[int]:
        assert query.year is not None
        block = [known for year in range(query.year - 1, query.year + 2) for known in self.by_year.get(year, ())]
        names = [name for name, _ in block]
        best = process.extract(plain(query.name), names, scorer=OSA.distance, score_cutoff=2, limit=SHOWN)
        return [block[place][1] for _, _, place in best]


def main(
    records: Annotated[int, typer.Option(min=1000, help="Records that are searched.")] = 1_000_000,
    queries: Annotated[int, typer.Option(min=50, help="Queries of each kind.")] = 1_000,
    rivals: Annotated[bool, typer.Option(help="Measure full text and the scan too.")] = True,
) -> None:
    """Builds the index, then asks."""
    with tempfile.TemporaryDirectory(prefix="lienthong-") as folder, embedded(Path(folder)) as server:
        url = server.url("search_benchmark")
        upgrade(url)
        with open_ledger(url, Vault(bytes(range(32)))) as ledger:
            out.print(f"{machine()}; {records:,} records of three provinces")
            sample, beside = _build(ledger, url, records, rivals)
            _measure(ledger, sample, beside, queries)


def _build(ledger: Ledger, url: URL, records: int, rivals: bool) -> tuple[list[tuple[int, RegisterEntry]], Rivals]:
    """Copies the rows, then makes the index, as a first load does."""
    sample: list[tuple[int, RegisterEntry]] = []
    by_year: dict[int, list[tuple[str, int]]] = defaultdict(list)
    spent = 0.0

    def rows() -> Iterator[tuple[object, ...]]:
        nonlocal spent
        for number, entry in enumerate(entries(records, PROVINCES)):
            if number % max(1, records // SAMPLED) == 0:
                sample.append((number, entry))
            if rivals:
                by_year[entry.year].append((plain(entry.name), number))
            began = perf_counter()
            facts = facts_of_values(entry.book_kind, entry.values)
            row = searchable_row(ledger.vault, "record", number, entry.commune.province_code, None, facts)
            spent += perf_counter() - began
            yield row

    with ledger.engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_searchables_tokens"))
        copy_rows(connection, searchables, SEARCHABLE_COLUMNS, rows())
    began = perf_counter()
    with ledger.engine.begin() as connection:
        connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        connection.execute(text("CREATE INDEX ix_searchables_tokens ON searchables USING gin (tokens)"))
    indexed = perf_counter() - began
    plain_connection = psycopg.connect(
        host=str(url.query["host"]), user="postgres", dbname=url.database, autocommit=True
    )
    plain_connection.execute("VACUUM ANALYZE searchables")
    sizes = plain_connection.execute(
        "SELECT pg_size_pretty(pg_relation_size('searchables')),"
        " pg_size_pretty(pg_relation_size('ix_searchables_tokens'))"
    ).fetchone()
    assert sizes is not None
    out.print(f"a row {spent / records * 1e6:.0f} µs, index in {indexed:.0f} s, table {sizes[0]}, index {sizes[1]}\n")
    if rivals:
        _copy_plain(plain_connection, by_year)
    return sample, Rivals(plain_connection, by_year)


def _copy_plain(connection: psycopg.Connection, by_year: dict[int, list[tuple[str, int]]]) -> None:
    connection.execute("CREATE TABLE plain_names (record_id bigint, year int, words tsvector)")
    with connection.cursor().copy("COPY plain_names FROM STDIN") as copy:
        for year, names in by_year.items():
            for name, number in names:
                words = " ".join(f"'{word}'" for word in name.replace("'", " ").split() if word.isalnum())
                copy.write_row((number, year, words))
    connection.execute("CREATE INDEX ON plain_names USING gin (words)")
    connection.execute("ANALYZE plain_names")


def _measure(ledger: Ledger, sample: list[tuple[int, RegisterEntry]], rivals: Rivals, queries: int) -> None:
    table = Table("query", "ours p50", "p99 ms", "found", "full text p50", "p99", "found", "scan p50", "p99", "found")
    for kind, make in QUERIES.items():
        rng = Random(77)
        asked = [(number, entry, query) for number, entry in sample if (query := make(entry, rng))][: queries + WARM_UP]
        ours = _timed(asked, lambda query: _ours(ledger, query), is_name_alone=kind.endswith("nothing else"))
        beside: list[str] = []
        if rivals.by_year and asked[0][2].year is not None:
            beside += _timed(asked, rivals.full_text).row()
            beside += _timed(asked[: WARM_UP + 100], rivals.scan).row()
        table.add_row(kind, *ours.row(), *beside)
    out.print(table)


def _ours(ledger: Ledger, query: SearchQuery) -> list[int | str]:
    hits = search(ledger, query, {""}, SHOWN)
    return [hit.subject_id for hit in hits] + [plain(name) for hit in hits for name in hit.facts.subjects]


def _timed(
    asked: list[tuple[int, RegisterEntry, SearchQuery]],
    find: Callable[[SearchQuery], list[int] | list[int | str]],
    is_name_alone: bool = False,
) -> Measured:
    measured = Measured()
    for place, (number, entry, query) in enumerate(asked):
        began = perf_counter()
        found = find(query)
        spent = (perf_counter() - began) * 1e3
        if place >= WARM_UP:
            measured.times.append(spent)
            measured.found += (plain(entry.name) if is_name_alone else number) in found
    return measured


if __name__ == "__main__":
    typer.run(main)
