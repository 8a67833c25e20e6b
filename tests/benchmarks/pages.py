"""Prints how well pages of paper registers are read by machine, on invented pages of our own layouts.

    uv run --group benchmarks python -m tests.benchmarks.pages [--pages 100] [--fonts FOLDER] [--seed 0]

Pages are those of `tests.support.register_pages`: three forms and a table, damaged as scans and photographs are. Print
and typewriter fonts are Debian's (fonts-liberation2, fonts-dejavu-core, fonts-freefont-ttf). FOLDER holds script fonts
that the recogniser was not trained on, as .ttf with all Vietnamese letters; without it no script is measured. Fields
that nothing is written in are counted apart. It asserts nothing: the bars stand beside the figures.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import cv2
import typer
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.table import Table

from connectors.paper.reading import PageReading, read_page
from connectors.paper.recognisers import Recogniser, available
from connectors.paper.set_aside import PageSetAside
from dags.steps.searching import shown_texts
from schemas.register_columns import ValueKind, columns_of
from schemas.register_forms import register_forms
from schemas.text import clean, search_fold
from tests.benchmarks.figures import machine
from tests.support.register_layouts import LAYOUTS, TableLayout
from tests.support.register_pages import FONTS, PRINT, TYPEWRITER, make_page

out = Console(width=110)
PROCESSES = 2
BARS = {
    ("table", "print"): 0.98,
    ("table", "typewriter"): 0.95,
    ("form", "print"): 0.93,
    ("form", "typewriter"): 0.90,
    ("form", "script"): 0.55,
    ("table", "script"): 0.55,
}
NAMES_BAR, FORM_PAGES_BAR, FIELDS_BAR = 0.95, 80, 1200

Key = tuple[str, str, str]
"""Layout, kind of font, recogniser."""
Row = Mapping[str, str]


@dataclass(frozen=True)
class Job:
    """A page to be made and read."""

    layout_code: str
    seed: int
    font: Path
    font_kind: str

    @property
    def layout(self) -> str:
        return "table" if isinstance(LAYOUTS[self.layout_code], TableLayout) else "form"


@dataclass
class Measured:
    """What was read, beside what was written: counts by layout, kind of font, recogniser and figure;
    seconds by layout and clock."""

    counts: Counter[tuple[Key, str]] = field(default_factory=Counter)
    set_aside: list[str] = field(default_factory=list)
    row_shifts: int = 0
    seconds: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))

    def add(self, other: "Measured") -> None:
        self.counts.update(other.counts)
        for key, number in other.seconds.items():
            self.seconds[key] += number
        self.set_aside += other.set_aside
        self.row_shifts += other.row_shifts


def jobs(pages: int, seed: int, script: list[Path]) -> Iterator[Job]:
    """Pages of each layout in each kind of font in turn, and of each kind its fonts in turn."""
    kinds = {"print": [FONTS / name for name in PRINT], "typewriter": [FONTS / name for name in TYPEWRITER]}
    kinds |= {"script": script} if script else {}
    for number in range(pages):
        kind = list(kinds)[number // len(LAYOUTS) % len(kinds)]
        font = kinds[kind][number // len(LAYOUTS) // len(kinds) % len(kinds[kind])]
        yield Job(list(LAYOUTS)[number % len(LAYOUTS)], seed + number, font, kind)


_recognisers: list[Recogniser] = []


def measured(job: Job) -> Measured:
    """Makes one page, reads it as the product does, and compares. Only the reading is timed."""
    if not _recognisers:
        cv2.setNumThreads(1)  # one process a core
        _recognisers.extend(available()[0])
    page = make_page(job.layout_code, job.seed, job.font, job.font_kind)
    result = Measured()
    began, cpu = time.perf_counter(), time.process_time()
    try:
        reading = read_page(page.image, list(register_forms().values()), _recognisers)
    except PageSetAside as error:
        result.set_aside.append(f"{job.layout_code} {job.seed}: {error.reason_code}")
        return result
    result.seconds[job.layout, "wall"] = time.perf_counter() - began
    result.seconds[job.layout, "processor"] = time.process_time() - cpu
    if reading.form_code != job.layout_code:
        result.set_aside.append(f"{job.layout_code} {job.seed}: taken for {reading.form_code}")
        return result
    _compare(job, page.rows, reading, result)
    return result


def _compare(job: Job, rows: Sequence[Row], reading: PageReading, result: Measured) -> None:
    columns = columns_of(LAYOUTS[job.layout_code].book_kind)
    codes = [recogniser.code for recogniser in _recognisers]
    for truth, record in zip(rows, reading.records, strict=True):
        read = {
            code: {column: value.text for column, value in record.readings[code].values.items() if value.text}
            for code in codes
        }
        search = shown_texts(list(read.values()))
        for code, texts in {**read, "search": search}.items():
            key = (job.layout, job.font_kind, code.split("-")[0])
            for column, written in truth.items():
                text = texts.get(column, "")
                _count(result, key, clean(written), clean(text), columns[column].value_kind)
        if codes and _is_of_another_row(search, truth, rows):
            result.row_shifts += 1


def _count(result: Measured, key: Key, written: str, text: str, kind: ValueKind) -> None:
    if not written:
        result.counts[key, "blank"] += 1
        result.counts[key, "blank read as blank"] += not text
        return
    result.counts[key, "fields"] += 1
    result.counts[key, "exact"] += text == written
    result.counts[key, "letters"] += len(written)
    result.counts[key, "letters wrong"] += Levenshtein.distance(written, text)
    if kind is ValueKind.NAME:
        result.counts[key, "names"] += 1
        result.counts[key, "names near"] += Levenshtein.distance(search_fold(written), search_fold(text)) <= 2


def _is_of_another_row(texts: Row, truth: Row, rows: Sequence[Row]) -> bool:
    """Whether what was read of a row fits another row of the page better than its own."""

    def distance(other: Row) -> int:
        return sum(Levenshtein.distance(texts.get(column, ""), other[column]) for column in other)

    return any(distance(other) < distance(truth) for other in rows)


def accuracy(result: Measured) -> Table:
    table = Table(title="Read by machine", title_justify="left")
    for name in ("layout", "font", "read by", "fields", "exact", "bar", "CER", "names near", "blank kept"):
        table.add_column(name, justify="left" if name in ("layout", "font", "read by") else "right")
    for key in sorted({key for key, _ in result.counts}):
        count = {name: number for (other, name), number in result.counts.items() if other == key}
        bar = BARS.get(key[:2]) if key[2] == "search" else None
        exact = f"{count['exact'] / count['fields']:.3f}"
        wrong = f"{count['letters wrong'] / count['letters']:.3f}"
        near = f"{count['names near'] / count['names']:.3f}"
        blank = f"{count.get('blank read as blank', 0)}/{count.get('blank', 0)}"
        table.add_row(*key, str(count["fields"]), exact, f"{bar:.2f}" if bar else "", wrong, near, blank)
    table.caption = f"names near: at most two letters wrong, tones folded; the bar for unseen script is {NAMES_BAR}"
    return table


def speed(result: Measured, pages: Counter[str], fields: Counter[str]) -> Table:
    table = Table(title=f"Pages and fields a minute on {PROCESSES} processes, all recognisers", title_justify="left")
    for name in ("layout", "clock", "pages a minute", "bar", "fields a minute", "bar"):
        table.add_column(name, justify="left" if name in ("layout", "clock") else "right")
    for (layout, clock), seconds in sorted(result.seconds.items()):
        minutes = seconds / PROCESSES / 60
        bar = str(FORM_PAGES_BAR) if layout == "form" else ""
        figures = f"{pages[layout] / minutes:.0f}", bar, f"{fields[layout] / minutes:,.0f}", f"{FIELDS_BAR:,}"
        table.add_row(layout, clock, *figures)
    table.caption = "by processor time: on a machine that does nothing else"
    return table


def main(
    pages: Annotated[int, typer.Option(min=1)] = 100,
    fonts: Annotated[Path | None, typer.Option(help="A folder of script fonts never trained on.")] = None,
    seed: Annotated[int, typer.Option(help="Of the first page.")] = 0,
) -> None:
    """Accuracy, row shifts, pages set aside, and speed."""
    script = sorted(fonts.glob("*.ttf")) if fonts else []
    work = list(jobs(pages, seed, script))
    out.print(f"{machine()}; {len(work)} pages, seeds {seed} to {seed + len(work) - 1}", highlight=False)
    for name, problem in available()[1].items():
        out.print(f"without {name}: {problem}")
    result = Measured()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for part in pool.map(measured, work):
            result.add(part)
    read, cells = Counter[str](), Counter[str]()
    for job in work:
        read[job.layout] += 1
        layout = LAYOUTS[job.layout_code]
        cells[job.layout] += len(register_forms()[job.layout_code].fields) * getattr(layout, "rows", 1)
    out.print(f"set aside: {len(result.set_aside)} of {len(work)} (bar 0), rows shifted: {result.row_shifts} (bar 0)")
    for line in result.set_aside:
        out.print(line, highlight=False)
    out.print(accuracy(result))
    out.print(speed(result, read, cells))


if __name__ == "__main__":
    typer.run(main)
