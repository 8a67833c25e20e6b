"""`lienthong demo`: the sandbox, a database and Airflow on this machine, with invented persons."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from connectors.ledger import Ledger, open_ledger
from connectors.ledger.account import AccountLine, Pending, account, pending
from connectors.ledger.grants import grant
from connectors.postgres import URL_VARIABLE, home
from connectors.vault import MASTER_KEY_VARIABLE, new_master_key
from dags.local.demo_books import TEAM, ArchiveDay, BookResult, drop_books, drop_environment
from dags.local.engine import USER, Engine
from dags.local.interrupt import until_interrupted
from dags.local.progress import PortalProgress, is_all_done, progress_shown
from dags.local.sandbox_process import sandbox_process
from dags.local.services import err, print_addresses, start_services
from schemas.roles import Role

PACE = {"LIENTHONG_PULL_MINUTES": "0.5", "LIENTHONG_SWEEP_MINUTES": "0.25"}
"""The demo's timetable. Production asks a portal every five minutes and sweeps every ten."""
ENVIRONMENT_FILE = "environment.json"
LOGINS = {USER: "admin", "steward": "user", "second": "user", "auditor": "viewer"}
"""The demo's logins and their role in Airflow: all may open the desk, only the first edits connections."""
GRANTS = {
    USER: (Role.OPERATOR, Role.AUDITOR),
    "steward": (Role.STEWARD,),
    "second": (Role.SECOND_STEWARD,),
    "auditor": (Role.AUDITOR,),
}
"""The role of each login at the desk, in all places."""
QUIET_S = 4.0
"""`--once` ends when nothing is left and nothing has moved for so long. No measurement is known."""
STUCK_S = 60.0
"""`--once` also ends when something is left but nothing has moved for so long. No measurement is known."""


@dataclass(frozen=True)
class DemoResult:
    """Where a demo stood when it ended. `is_done`: nothing was left that could still move by itself."""

    lines: list[AccountLine]
    left: Pending
    is_done: bool
    seconds: float
    books: list[BookResult] = field(default_factory=list)

    @property
    def unexplained(self) -> int:
        return sum(abs(line.unexplained) for line in self.lines)

    @property
    def exit_code(self) -> int:
        are_books_in = all(book.is_accepted and book.entered for book in self.books)
        return 0 if self.is_done and not self.unexplained and are_books_in else 1


def run_demo(dossiers: int, seed: int, *, once: bool, port: int | None, books: int = 0) -> DemoResult | None:
    """Starts everything; returns the result, or None when Ctrl-C ended it.

    Its state lies in `demo` below LIENTHONG_HOME and is deleted and made again at each start.
    """
    with until_interrupted(), sandbox_process(dossiers, seed) as connections:
        return run_pipeline(connections, dossiers, once=once, port=port, books=books, seed=seed)
    return None


def run_pipeline(
    connections: Mapping[str, str], dossiers: int, *, once: bool, port: int | None = None, books: int = 0, seed: int = 0
) -> DemoResult:
    """Runs Airflow on a running sandbox that holds so many `dossiers`; `connections` are its `AIRFLOW_CONN_*` values.
    So many paper `books` lie in its drop place, and the archive team works them at the desk.

    With `once` it returns when nothing moves any more, else when Airflow ends. Raises SystemExit when another demo
    uses the folder.
    """
    began = time.monotonic()
    folder = home() / "demo"
    with ExitStack() as started:
        started.enter_context(_emptied_and_locked(folder))
        environment = {**connections, **PACE, MASTER_KEY_VARIABLE: new_master_key(), "LIENTHONG_HOME": str(folder)}
        dropped = drop_books(folder / "books", books, seed)
        environment |= drop_environment(folder / "books") if dropped else {}
        os.environ.update(environment)
        _write_environment(folder, environment)
        team = dict.fromkeys(TEAM, "user") if dropped else {}
        engine = start_services(started, folder, environment, port, {**LOGINS, **team})
        ledger = started.enter_context(open_ledger())
        _grant_roles(ledger, {**GRANTS, **(TEAM if dropped else {})})
        print_addresses(engine, "lienthong --demo")
        worker = started.enter_context(ThreadPoolExecutor(1, "archive"))
        day = ArchiveDay(ledger, engine, seed)
        started.callback(day.ended.set)
        worked = worker.submit(day.work, dropped)
        is_done = _watch(ledger, PortalProgress(connections), dossiers, engine, worked, once=once)
        lines, left = account(ledger), pending(ledger)
        return DemoResult(lines, left, is_done, time.monotonic() - began, worked.result() if is_done else [])


def enter_demo() -> bool:
    """Takes over the environment of this home's demo, for `lienthong --demo ...`; False when there is none."""
    path = home() / "demo" / ENVIRONMENT_FILE
    if not path.exists():
        return False
    os.environ.pop(URL_VARIABLE, None)
    os.environ.update(json.loads(path.read_text()))
    return True


def _write_environment(folder: Path, environment: Mapping[str, str]) -> None:
    """Keeps the environment for `enter_demo`. Its key opens invented persons only."""
    path = folder / ENVIRONMENT_FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps(environment))


def _grant_roles(ledger: Ledger, grants: Mapping[str, tuple[Role, ...]]) -> None:
    for user_name, roles in grants.items():
        for role in roles:
            grant(ledger, user_name, role, "", "lienthong demo")


@contextmanager
def _emptied_and_locked(folder: Path) -> Iterator[None]:
    """Empties the demo's folder and locks it for this process; raises SystemExit while another demo uses it."""
    lock = folder.with_suffix(".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(
            "lienthong: another demo is running; end it, or set LIENTHONG_HOME to another folder"
        ) from None
    with lock:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        yield


def _watch(
    ledger: Ledger,
    portals: PortalProgress,
    dossiers: int,
    engine: Engine,
    worked: Future[list[BookResult]],
    *,
    once: bool,
) -> bool:
    """Shows progress while Airflow runs, with `once` until nothing moves and the books are `worked`; returns whether
    nothing was left then."""
    last_event, moved_at = -1, time.monotonic()
    with progress_shown(dossiers) as show:
        while engine.is_alive():
            time.sleep(1.0)
            lines, left = account(ledger), pending(ledger)
            show(lines, left)
            if left.last_event != last_event:
                last_event, moved_at = left.last_event, time.monotonic()
            quiet_s = time.monotonic() - moved_at
            if not worked.done():
                continue
            if once and quiet_s > QUIET_S and is_all_done(left, dossiers) and not portals.still_to_come():
                return True
            if once and quiet_s > STUCK_S:
                return False
    err.print(f"Airflow has ended: see {engine.logs}")
    return False
