"""Prints how long the table of places takes to load, and look-ups of codes and addresses; asserts nothing.

    uv run python -m tests.benchmarks.places

Loading is measured in a fresh process (median of several), with the memory that it adds.
"""

import csv
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from rich.console import Console

from schemas.places import Commune, PlaceSubject, crosswalk, resolve_address, unit_on
from schemas.places.table import table

WRITTEN = Path(__file__).parents[1] / "recorded/addresses/addresses.csv"
BEFORE, NOW = date(2025, 5, 15), date(2026, 10, 1)
LOADS = 7
LOADING = """
import psutil, time
import schemas.places
from schemas.places.table import table
from datetime import date
process = psutil.Process()
before, began = process.memory_info().rss, time.perf_counter()
table()
loaded = time.perf_counter()
schemas.places.resolve_address("Phường Phúc Xá, quận Ba Đình, Hà Nội", date(2025, 5, 15))
print((loaded - began) * 1e3, (process.memory_info().rss - before) / 1e6, (time.perf_counter() - loaded) * 1e3)
"""


def main(out: Console | None = None) -> None:
    """Four lines: loading, a code, a unit translated to another day, an address."""
    out = out or Console(width=100, highlight=False)
    loads = [_loaded() for _ in range(LOADS)]
    spent, grown, first = (median(column) for column in zip(*loads, strict=True))
    out.print(f"places: loaded in {spent:.0f} ms (bar 150), {grown:.0f} MB (bar 60), first address {first:.1f} ms more")
    codes = list(table().by_code)
    out.print(f"places: a code {_mean(lambda code: unit_on(code, NOW), codes) * 1e6:.2f} µs (bar 5)")
    olds = [old for code in codes if isinstance(old := unit_on(code, BEFORE), Commune)]
    spent = _mean(lambda old: crosswalk(old, NOW, subject=PlaceSubject.PERSON), olds)
    out.print(f"places: an old commune translated to today {spent * 1e6:.0f} µs")
    with WRITTEN.open(encoding="utf-8", newline="") as lines:
        written = [(row["address"], date.fromisoformat(row["on"])) for row in csv.DictReader(lines)]
    times = sorted(_spent(lambda address: resolve_address(*address), one) for one in written * 5)
    last = quantiles(times, n=100)[98]
    out.print(
        f"places: an address {median(times) * 1e3:.2f} ms, 99 of 100 under {last * 1e3:.2f} ms (bar 1), as people write"
    )


def _loaded() -> tuple[float, ...]:
    ran = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True)
    return tuple(map(float, ran.stdout.split()))


def _mean(function: Callable[[Any], object], of: list[Any]) -> float:
    began = perf_counter()
    for one in of:
        function(one)
    return (perf_counter() - began) / len(of)


def _spent(function: Callable[[Any], object], one: Any) -> float:
    began = perf_counter()
    function(one)
    return perf_counter() - began


if __name__ == "__main__":
    main()
