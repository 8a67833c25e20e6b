"""How far a demo has come: what its portals still hold back, what the ledger has left, and the bars that show it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.request import ProxyHandler, build_opener

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from connectors.ledger.account import AccountLine, Pending
from dags.local.services import err
from schemas.registries import REGISTRY_CODES

Show = Callable[[list[AccountLine], Pending], None]


class PortalProgress:
    """Asks the sandbox's portals how many dossiers they will still give.

    `connections` are the sandbox's `AIRFLOW_CONN_*` values.
    """

    def __init__(self, connections: Mapping[str, str]) -> None:
        self._opener = build_opener(ProxyHandler({}))
        hosts = {json.loads(value)["host"] for name, value in connections.items() if "_PORTAL_" in name}
        self._servers = {host.rsplit("/", 1)[0] for host in hosts}

    def still_to_come(self) -> int:
        """Dossiers that the portals hold and have not shown yet."""
        return sum(int(self._progress(server)["still_to_come"]) for server in self._servers)

    def _progress(self, server: str) -> dict[str, Any]:
        for code in ("onestop", "hub"):
            try:
                with self._opener.open(f"{server}/twin/{code}/progress", timeout=10) as reply:
                    return dict(json.load(reply))
            except OSError:  # the other twin's port answers 404
                continue
        return {"still_to_come": 0}


def is_all_done(left: Pending, dossiers: int) -> bool:
    """Whether all `dossiers` were pulled and no report, number, examination or delivery is left to move."""
    return left.dossiers >= dossiers and not (left.reports or left.numbers or left.unexamined or left.open_deliveries)


@contextmanager
def progress_shown(dossiers: int) -> Iterator[Show]:
    """Yields a function that shows the account: as bars on a terminal, elsewhere as a line when something changed."""
    if err.is_terminal:
        with _bars(dossiers) as show:
            yield show
    else:
        yield _lines(dossiers)


def _lines(dossiers: int) -> Show:
    printed: list[str] = []

    def show(lines: list[AccountLine], left: Pending) -> None:
        words = "  ".join(f"{name} {done}" for name, (done, _) in _progress_of(lines, left, dossiers).items())
        if printed[-1:] != [words]:
            printed.append(words)
            err.print(words)

    return show


@contextmanager
def _bars(dossiers: int) -> Iterator[Show]:
    columns = (TextColumn("{task.description:>17}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as progress:
        bars: dict[str, TaskID] = {}

        def show(lines: list[AccountLine], left: Pending) -> None:
            for name, (done, total) in _progress_of(lines, left, dossiers).items():
                if name not in bars:
                    bars[name] = progress.add_task(name)
                progress.update(bars[name], completed=done, total=total)

        yield show


def _progress_of(lines: list[AccountLine], left: Pending, dossiers: int) -> dict[str, tuple[int, int]]:
    """Done and total: dossiers pulled, held; for each registry what is registered and what it is to get."""
    progress = {"pulled": (left.dossiers, dossiers), "held": (left.held, left.dossiers)}
    for code in REGISTRY_CODES:
        registry_lines = [line for line in lines if line.registry_code == code]
        done = sum(line.delivered for line in registry_lines)
        progress[code] = (done, done + sum(line.waiting + line.refused for line in registry_lines))
    progress["reports unacknowledged"] = (left.reports, left.reports)
    return progress
