"""Prints how soon a photographed page is found by search, and how often by a name with one error; asserts nothing.

    uv run --group benchmarks python -m tests.benchmarks.findable --fonts FOLDER [--forms 180] [--tables 12] [--rate 80]

Photographs are drawn first. Then forms are laid into a drop place, so many a minute, while what the DAG
`digitise_registers` runs is run by its timetable, without Airflow: the drop place is taken in, its books are read. When
a photograph lies there a clock starts, which stops when a search can hit what it holds. In the end every name of a page
is searched with one error, beside the year, among many other records. FOLDER holds script fonts that the recogniser was
not trained on; without it no script is measured.
"""

import base64
import os
import resource
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Annotated

import psycopg
import typer
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, text

from connectors.ledger import Ledger, copy_rows, open_ledger, upgrade
from connectors.ledger.book_progress import books_to_read
from connectors.ledger.search import SEARCHABLE_COLUMNS, Hit, search, searchable_row
from connectors.postgres import embedded
from connectors.vault import Vault
from dags.steps.digitising import read_pages
from dags.steps.drop_folder import take_drop_place
from quality.adjudication import wilson
from schemas.paper_tables import searchables
from schemas.search_facts import facts_of_values
from schemas.text import search_fold
from tests.benchmarks.figures import machine
from tests.benchmarks.findable_pages import TABLE, DrawnPage, NameQuery, drawn, photographs, queries_of
from tests.benchmarks.search_people import entries

out = Console(width=110)
PROCESSES = 2
PROVINCES = ("24", "08", "68")
SHOWN = 20
BARS = {"print": 0.98, "typewriter": 0.97, "script": 0.90}
SOON_BAR_S = 600
MASTER_KEY = bytes(range(32))
FIRST_OTHER_ID = 10_000_000
RUN_MINUTES = 2.0
"""Of the DAG `digitise_registers`."""
FOUND = """
    SELECT DISTINCT c.sha256 FROM searchables s JOIN records r ON r.record_id = s.subject_id
      JOIN pages p USING (page_id) JOIN scans c USING (scan_id) WHERE s.subject_kind = 'reading'"""
PAGE_OF_RECORDS = text("""
    SELECT r.record_id, c.sha256 FROM records r JOIN pages p USING (page_id) JOIN scans c USING (scan_id)""")
SET_ASIDE = text("""
    SELECT c.sha256, p.reason_code FROM pages p JOIN scans c USING (scan_id) WHERE p.state = 'set_aside'""")
LEFT = text("SELECT count(*) FROM pages WHERE state IN ('received', 'fitted')")


@dataclass
class Clocks:
    """By digest of a file: when it lay in the drop place, and when a search could hit it, in seconds."""

    dropped: dict[bytes, float] = field(default_factory=dict)
    findable: dict[bytes, float] = field(default_factory=dict)
    is_over: threading.Event = field(default_factory=threading.Event)

    def waited(self) -> list[float]:
        return sorted(at - self.dropped[digest] for digest, at in self.findable.items() if digest in self.dropped)


def main(
    forms: Annotated[int, typer.Option(min=3, help="Pages of forms in each way of writing.")] = 180,
    tables: Annotated[int, typer.Option(min=0, help="Pages of the table in each; they come before the clock.")] = 12,
    rate: Annotated[float, typer.Option(min=0, help="Photographs a minute; 0: all at once.")] = 80,
    others: Annotated[int, typer.Option(min=0, help="Other records that are searched.")] = 100_000,
    fonts: Annotated[Path | None, typer.Option(help="A folder of script fonts never trained on.")] = None,
    seed: Annotated[int, typer.Option(help="Of the first page.")] = 40_000,
    misses: Annotated[bool, typer.Option(help="Print what was not found, and why.")] = False,
) -> None:
    """Draws, takes in, reads, and searches."""
    os.environ["LIENTHONG_MASTER_KEY"] = base64.b64encode(MASTER_KEY).decode()
    script = sorted(fonts.glob("*.ttf")) if fonts else []
    with tempfile.TemporaryDirectory(prefix="lienthong-") as folder, embedded(Path(folder) / "server") as server:
        home, place = Path(folder) / "drawn", Path(folder) / "drop"
        home.mkdir()
        with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
            work = list(photographs(forms, tables, script, seed))
            pages = list(pool.map(partial(drawn, home=home), work, chunksize=4))
        out.print(f"{machine()}; {len(pages)} photographs, {others:,} other records", highlight=False)
        url = server.url("findable_benchmark")
        upgrade(url)
        with open_ledger(url, Vault(MASTER_KEY)) as ledger:
            _fill(ledger, others)
            _read_all(ledger, place, [page for page in pages if page.photograph.layout_code == TABLE], 0, url)
            clocks, spent = _read_all(
                ledger, place, [page for page in pages if page.photograph.layout_code != TABLE], rate, url
            )
            _print_soon(clocks, spent, rate)
            _print_found(ledger, pages, seed, misses)


def _fill(ledger: Ledger, others: int) -> None:
    """Other records, as the search benchmark invents them."""

    def rows() -> Iterator[tuple[object, ...]]:
        for number, entry in enumerate(entries(others, PROVINCES), FIRST_OTHER_ID):
            facts = facts_of_values(entry.book_kind, entry.values)
            yield searchable_row(ledger.vault, "record", number, PROVINCES[0], None, facts)

    with ledger.engine.begin() as connection:
        copy_rows(connection, searchables, SEARCHABLE_COLUMNS, rows())
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE searchables"))


def _read_all(
    ledger: Ledger, place: Path, pages: Sequence[DrawnPage], rate: float, url: URL
) -> tuple[Clocks, tuple[float, float]]:
    """Lays photographs into the drop place and works until all are read. Seconds of work by the wall clock and by the
    processors, PostgreSQL's apart."""
    clocks = Clocks()
    threads = [
        threading.Thread(target=_drop, args=(clocks, place, pages, rate)),
        threading.Thread(target=_watch, args=(clocks, url)),
    ]
    for thread in threads:
        thread.start()
    cpu, wall = _processor_s(), 0.0
    while pages and not clocks.is_over.is_set():
        began = time.perf_counter()
        take_drop_place(ledger, place)
        for book_id in books_to_read(ledger):
            read_pages(ledger, book_id, PROCESSES)
        worked = time.perf_counter() - began
        wall += worked
        if len(clocks.dropped) == len(pages) and _is_done(ledger, pages):
            break
        pause = RUN_MINUTES * 60 if rate else 1.0
        time.sleep(max(0.0, pause - worked))
    spent = wall, _processor_s() - cpu
    clocks.is_over.set()
    for thread in threads:
        thread.join()
    return clocks, spent


def _processor_s() -> float:
    """Of this process and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _is_done(ledger: Ledger, pages: Sequence[DrawnPage]) -> bool:
    with ledger.engine.connect() as connection:
        left = connection.execute(LEFT).scalar_one()
        known = {bytes(digest) for digest in connection.execute(text("SELECT sha256 FROM scans")).scalars()}
    return left == 0 and all(page.digest in known for page in pages)


def _drop(clocks: Clocks, place: Path, pages: Sequence[DrawnPage], rate: float) -> None:
    """The books of the three ways of writing are photographed at once, each page after page."""
    began = time.time()
    for number, page in enumerate(sorted(pages, key=lambda page: page.photograph.name)):
        if rate:
            time.sleep(max(0.0, began + number * 60 / rate - time.time()))
        folder = place / page.photograph.folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / page.photograph.name).write_bytes(page.path.read_bytes())
        clocks.dropped[page.digest] = time.time()


def _watch(clocks: Clocks, url: URL) -> None:
    """Notes once a second what has become findable."""
    with psycopg.connect(host=str(url.query["host"]), user=url.username, dbname=url.database, autocommit=True) as line:
        while True:
            is_last = clocks.is_over.is_set()
            now = time.time()
            for (digest,) in line.execute(FOUND):
                clocks.findable.setdefault(bytes(digest), now)
            if is_last:
                return
            clocks.is_over.wait(1.0)


def _print_soon(clocks: Clocks, spent: tuple[float, float], rate: float) -> None:
    waited = clocks.waited()
    if not waited:
        return
    wall, processor = spent
    last = waited[min(len(waited) - 1, int(len(waited) * 0.95))]
    arrival = f"{rate:.0f} a minute" if rate else "all at once"
    out.print(f"from photograph to search, {len(waited)} forms, {arrival}, a run every {RUN_MINUTES:.0f} minutes:")
    out.print(f"  p50 {median(waited):.0f} s, p95 {last:.0f} s (bar {SOON_BAR_S}), longest {waited[-1]:.0f} s")
    out.print(
        f"  taken in and read: {len(waited) / wall * 60:.0f} pages a minute by the wall clock,"
        f" {len(waited) / processor * 60 * PROCESSES:.0f} by processor time on {PROCESSES} cores (PostgreSQL apart)"
    )


@dataclass
class Shares:
    """Queries, and of how many the right page is among the first 20."""

    asked: int = 0
    found: int = 0

    def add(self, is_found: bool) -> None:
        self.asked += 1
        self.found += is_found

    def text(self) -> str:
        low, high = wilson(self.found, self.asked)
        return f"{self.found / self.asked:.3f} ({low:.3f} - {high:.3f})"


def _print_found(ledger: Ledger, pages: Sequence[DrawnPage], seed: int, misses: bool) -> None:
    with ledger.engine.connect() as connection:
        digests = {row.record_id: bytes(row.sha256) for row in connection.execute(PAGE_OF_RECORDS)}
        aside = {bytes(row.sha256): str(row.reason_code) for row in connection.execute(SET_ASIDE)}
    shares: dict[tuple[str, str], Shares] = defaultdict(Shares)
    times = []
    for asked in queries_of(pages, seed):
        began = time.perf_counter()
        hits = search(ledger, asked.query, {""}, SHOWN)
        times.append(time.perf_counter() - began)
        is_found = asked.page.digest in _pages_of(hits, digests)
        writing, layout = asked.page.photograph.writing, asked.page.photograph.layout_code
        for part in ("all", "table" if layout == TABLE else "form", asked.error):
            shares[writing, part].add(is_found)
        if misses and not is_found:
            _print_miss(ledger, asked, digests, aside)
    table = Table("writing", "queries", "asked", "in the first 20 (95 %)", "bar")
    for (writing, part), share in sorted(shares.items(), key=lambda item: (list(BARS).index(item[0][0]), item[0][1])):
        table.add_row(writing, part, str(share.asked), share.text(), f"{BARS[writing]:.2f}" if part == "all" else "")
    table.caption = f"set aside: {dict(Counter(aside.values()))}; a search p50 {median(times) * 1e3:.0f} ms"
    out.print(table)


def _pages_of(hits: Sequence[Hit], digests: dict[int, bytes]) -> set[bytes]:
    return {digests[hit.subject_id] for hit in hits if hit.subject_kind == "reading"}


def _print_miss(ledger: Ledger, asked: NameQuery, digests: dict[int, bytes], aside: dict[bytes, str]) -> None:
    """Whether the page was read at all, what of the name was read wrong, and where the page stands without the error
    and beyond the first 20. All names are invented."""
    photograph, query = asked.page.photograph, asked.query
    line = f"{photograph.writing} {photograph.layout_code} {photograph.seed} {asked.error}: {asked.written!r}"
    line += f" asked as {query.name!r} {query.year}"
    if asked.page.digest in aside:
        out.print(f"{line}; set aside: {aside[asked.page.digest]}", highlight=False)
        return
    exact = search(ledger, type(query)(asked.written, query.year), {""}, 1000)
    hits = search(ledger, query, {""}, 1000)
    places = [place for place, hit in enumerate(hits, 1) if asked.page.digest in _pages_of([hit], digests)]
    mine = [hit for hit in exact if asked.page.digest in _pages_of([hit], digests)]
    names = {name for hit in mine for name in hit.facts.subjects}
    near = min((Levenshtein.distance(search_fold(asked.written), search_fold(name)), name) for name in names or {""})
    years = {year for hit in mine for year in hit.facts.years}
    out.print(f"{line}; read {near[1]!r} ({near[0]}) {sorted(years)}, at {places or 'no place'}", highlight=False)


if __name__ == "__main__":
    typer.run(main)
