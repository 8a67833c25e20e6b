"""Prints what the pipeline carries, beside tools that do a part of it, in one run on one machine.

    uv run --group benchmarks python -m tests.benchmarks [--dossiers 5000] [--repeat 5]

Real HTTP from the sandbox's twins (a process of their own), a real PostgreSQL (embedded, fsync on), each side in a
process of its own, sides in turn, medians. It asserts nothing: read the ratios.
"""

import gc
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Literal, ParamSpec, TypeVar

import psycopg
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL

from connectors.postgres import EmbeddedServer, embedded
from tests.benchmarks import ours, places, rivals, twins
from tests.benchmarks.figures import Run, machine, rate, spread

P = ParamSpec("P")
R = TypeVar("R")

out = Console(width=100)


class Process:
    """A process of its own, which keeps what it has loaded."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, get_context("spawn"))

    def __call__(self, function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        return self._pool.submit(function, *arguments, **named).result()


@dataclass
class Databases:
    """Databases of one server, each used once."""

    server: EmbeddedServer
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new(self, template: str = "template1") -> URL:
        """A copy of a database, with everything written down that was still in the air."""
        name = f"run_{next(self.numbers)}"
        url = self.server.url("postgres")
        with psycopg.connect(host=str(url.query["host"]), user="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            connection.execute("CHECKPOINT")
        return url.set(database=name)


@dataclass
class Stage:
    """The three processes, and the databases they share."""

    databases: Databases
    sandbox: Process = field(default_factory=Process)
    us: Process = field(default_factory=Process)
    rival: Process = field(default_factory=Process)
    pulled: str = ""
    became: Mapping[str, int] = field(default_factory=dict)

    def settle(self) -> None:
        """What was imported is garbage to nobody: no collector walks it again, as in Airflow's workers."""
        for process in (self.us, self.rival, self.sandbox):
            process(gc.freeze)

    def pull(self) -> Run:
        url = self.databases.new("template_ledger")
        run, self.became = self.us(ours.pull, url, self.sandbox(twins.fresh_portal))
        self.pulled = str(url.database)
        return run

    def land(self, how: Literal["merge", "append"], is_flat: bool = True) -> Run:
        return self.rival(rivals.land, self.databases.new(), self.sandbox(twins.fresh_portal), how, is_flat)

    def deliver(self) -> Run:
        return self.us(ours.deliver, self.databases.new(self.pulled), self.sandbox(twins.fresh_registry))

    def bodies(self) -> list[tuple[str, bytes]]:
        return self.us(ours.bodies, self.databases.new(self.pulled), self.sandbox(twins.fresh_registry))

    def send(self, bodies: list[tuple[str, bytes]]) -> Run:
        return self.rival(rivals.send, bodies, self.sandbox(twins.fresh_registry))

    def examine(self) -> Run:
        return self.us(ours.examine_claimed, self.databases.new(self.pulled))


def in_turn(repeat: int, settle: Callable[[], None], **sides: Callable[[], Run]) -> dict[str, list[Run]]:
    """Every side once to warm up, then each in turn, so that a busy moment of the machine meets all of them."""
    runs: dict[str, list[Run]] = {name: [] for name in sides}
    for at in range(repeat + 1):
        for name, side in sides.items():
            run = side()
            if at:
                runs[name].append(run)
        if not at:
            settle()
    return runs


def table_of(title: str, unit: str, runs: dict[str, list[Run]], bar: float) -> Table:
    """Our side is the first, what it must hold against the second; ratio: how many times as fast ours is."""
    table = Table(title=title, title_justify="left", expand=True)
    table.add_column()
    for name in (f"{unit}, median", "slowest - fastest", "ratio"):
        table.add_column(name, justify="right")
    us, first_rival, *_ = runs
    for name, of in runs.items():
        ratio = "" if name == us else f"{rate(runs[us]) / rate(of):.2f}"
        against = f" (bar {bar})" if name == first_rival else ""
        table.add_row(name.replace("_", " "), f"{rate(of):,.0f}", spread(of), ratio + against)
    return table


def main(
    dossiers: Annotated[int, typer.Option(min=200, help="Dossiers at the portal.")] = 5_000,
    repeat: Annotated[int, typer.Option(min=1, help="Measured runs of each side.")] = 5,
) -> None:
    """Pull + check + ledger beside dlt, deliver beside a bare requests loop."""
    with tempfile.TemporaryDirectory(prefix="lienthong-") as folder, embedded(Path(folder)) as server:
        stage = Stage(Databases(server))
        stage.us(ours.make_tables, server.url("template_ledger"))
        stage.sandbox(twins.plant, dossiers)
        out.print(f"{machine()}; {dossiers} dossiers of one province, without papers; each side in turn\n")
        _pulling(stage, repeat)
        _delivering(stage, repeat)
        examined = [stage.examine() for _ in range(repeat)]
        out.print(f"check: {1e6 / rate(examined):,.0f} µs a dossier, all checks (median of {repeat})")
        out.print(f"memory: {stage.us(ours.peak_mb):,.0f} MB at most in the process of ledger and steps (bar 500)\n")
    places.main(out)


def _pulling(stage: Stage, repeat: int) -> None:
    runs = in_turn(
        repeat,
        stage.settle,
        pull_check_ledger=stage.pull,
        dlt_merge=lambda: stage.land("merge"),
        dlt_merge_nested_left_as_JSON=lambda: stage.land("merge", is_flat=False),
        dlt_append_nested_left_as_JSON=lambda: stage.land("append", is_flat=False),
    )
    out.print(table_of("Pull + check + ledger, beside dlt landing the same pages", "dossiers/s", runs, bar=1.0))
    became = ", ".join(f"{what} {number}" for what, number in stage.became.items())
    out.print(f"ours: {became}. Births are held: they lack the birth notice. dlt neither checks nor seals.\n")


def _delivering(stage: Stage, repeat: int) -> None:
    bodies = stage.bodies()
    runs = in_turn(repeat, stage.settle, deliver=stage.deliver, bare_requests_loop=lambda: stage.send(bodies))
    out.print(table_of("Deliver to civil status, beside a bare requests loop", "requests/s", runs, bar=0.7))
    size = sum(len(body) for _, body in bodies) / len(bodies)
    out.print(f"{len(bodies)} requests of {size:,.0f} bytes on average; ours with attempts and receipts durable.\n")


if __name__ == "__main__":
    typer.run(main)
