"""`lienthong demo` and `lienthong up`: everything started, watched and ended from one process."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from connectors.endpoint import Endpoint, NoConnection
from connectors.ledger import Ledger, open_ledger, upgrade
from connectors.ledger.account import NO_REGISTRY, Line, Pending, account, pending
from connectors.ledger.grants import grant
from connectors.portals.provinces import PROVINCES
from connectors.postgres import EmbeddedServer, embedded, home, named_url
from connectors.vault import MASTER_KEY_VARIABLE, Vault, VaultError, new_master_key
from dags.cli.app import COLUMNS, account_as_json
from dags.local.engine import DESK_PATH, ONE_USER, USER, Engine
from schemas.registries import REGISTRY_CODES
from schemas.roles import Role

PACE = {"LIENTHONG_PULL_MINUTES": "0.5", "LIENTHONG_SWEEP_MINUTES": "0.25"}
"""The demo's timetable: real portals are asked every five minutes."""
ENVIRONMENT_FILE = "environment.json"
LOGINS = {USER: "admin", "steward": "user", "second": "user", "auditor": "viewer"}
"""The demo's logins and their role in Airflow: all may open the desk, only the first edits connections."""
GRANTS = {
    USER: (Role.OPERATOR, Role.AUDITOR),
    "steward": (Role.STEWARD,),
    "second": (Role.SECOND_STEWARD,),
    "auditor": (Role.AUDITOR,),
}
"""What they may do at the desk, everywhere."""
STILL_S = 4.0
"""Nothing has moved for so long, and nothing is left: done."""
STUCK_S = 60.0
"""Nothing has moved for so long although something is left: done all the same, the account shows what waits."""

err = Console(stderr=True, highlight=False, soft_wrap=True)


def missing_for_real() -> list[str]:
    """What `up` cannot do without, in words that say how to get it."""
    missing = []
    try:
        Vault.from_environment()
    except VaultError as error:
        missing.append(str(error))
    for connection_id in (*REGISTRY_CODES, *(province.connection_id for province in PROVINCES.values())):
        try:
            Endpoint.from_environment(connection_id)
        except NoConnection as error:
            missing.append(str(error))
    return missing


def run_for_real(port: int | None) -> int:
    """Airflow on the real connections, until Ctrl-C."""
    with until_told_to_end(), ExitStack() as started:
        engine = _start(started, home(), {}, port)
        _say_where(engine)
        while engine.is_alive():
            time.sleep(1.0)
        err.print(f"Airflow has ended: see {engine.logs}")
        return 1
    return 0


def run_demo(dossiers: int, seed: int, *, once: bool, as_json: bool, port: int | None) -> int:
    """Everything on this machine. Its state lies in `demo` below LIENTHONG_HOME and is made anew each time."""
    with until_told_to_end(), _sandbox(dossiers, seed) as twins:
        return carry(twins, dossiers, once=once, as_json=as_json, port=port)
    return 0


def carry(
    twins: Mapping[str, str], dossiers: int, *, once: bool, as_json: bool = False, port: int | None = None
) -> int:
    """Carries what a running sandbox holds, with Airflow; `twins` are its connections. Returns the exit code."""
    began = time.monotonic()
    folder = home() / "demo"
    with ExitStack() as started:
        started.enter_context(_alone(folder))
        environment = {**twins, **PACE, MASTER_KEY_VARIABLE: new_master_key(), "LIENTHONG_HOME": str(folder)}
        os.environ.update(environment)
        _keep_for_other_shells(folder, environment)
        engine = _start(started, folder, environment, port, fresh=True)
        ledger = started.enter_context(open_ledger())
        _let_in(ledger)
        _say_where(engine, "lienthong --demo")
        is_done = _watch(ledger, twins, dossiers, engine, once=once)
        lines, left = account(ledger), pending(ledger)
        return _print_account(lines, left, as_json, is_done, time.monotonic() - began)


def _print_account(lines: list[Line], left: Pending, as_json: bool, is_done: bool, seconds: float) -> int:
    unexplained = sum(abs(line.unexplained) for line in lines)
    (err if as_json else Console(highlight=False)).print(_summary(lines))
    words = f"{left.dossiers} dossiers in {seconds:.0f} s, {left.reports} reports unacknowledged, {unexplained} unexplained."
    err.print(words + ("" if is_done else " Some still wait: `lienthong show CODE` says for what."))
    if as_json:
        print(json.dumps({**account_as_json(lines), "seconds": round(seconds, 1), "pending_reports": left.reports}))
    return 0 if is_done and not unexplained else 1


def _summary(lines: list[Line]) -> Table:
    """The account by registry; `lienthong account` has it by portal and day."""
    table = Table("registry", *COLUMNS, title="Account", box=box.SIMPLE_HEAD, pad_edge=False)
    for code in sorted({line.registry_code for line in lines}, key=(*REGISTRY_CODES, NO_REGISTRY).index):
        of_registry = [line for line in lines if line.registry_code == code]
        table.add_row(code, *(str(sum(getattr(line, name) for line in of_registry)) for name in COLUMNS))
    return table


def _start(
    started: ExitStack, folder: Path, environment: Mapping[str, str], port: int | None, *, fresh: bool = False
) -> Engine:
    """Database, ledger and Airflow, in this order; each is ended when `started` closes."""
    err.print("Starting the database ...")
    named = None if fresh else os.environ.get("LIENTHONG_DATABASE_URL")
    if named:
        url, metadata = named_url(named), named_url(named, "airflow")
    else:
        server: EmbeddedServer = started.enter_context(embedded(folder))
        url, metadata = server.url(), server.url("airflow")
    os.environ["LIENTHONG_DATABASE_URL"] = url.render_as_string(hide_password=False)
    environment = {**environment, "LIENTHONG_DATABASE_URL": os.environ["LIENTHONG_DATABASE_URL"]}
    engine = Engine(folder, metadata, environment, port, LOGINS if fresh else ONE_USER)
    err.print("Starting Airflow ...")
    started.enter_context(engine)
    upgrade(url)
    engine.wait_until_ready()
    engine.create_pools({**{f"portal_{code}": 1 for code in PROVINCES}, **{code: 2 for code in REGISTRY_CODES}})
    engine.unpause_all()
    return engine


def _say_where(engine: Engine, lienthong: str = "lienthong") -> None:
    err.print(f"Airflow: {engine.url}/  the desk: {engine.url}{DESK_PATH}/", markup=False)
    for user, password in engine.logins.items():
        err.print(f"  login: {user:8} password: {password}", markup=False)
    err.print(f"In another shell: `{lienthong} account`, `{lienthong} show CODE`. Ctrl-C ends all that was started.")


def _let_in(ledger: Ledger) -> None:
    """Grants the demo's logins what their names promise."""
    for user_name, roles in GRANTS.items():
        for role in roles:
            grant(ledger, user_name, role, "", "lienthong demo")


def _keep_for_other_shells(folder: Path, environment: Mapping[str, str]) -> None:
    """Leaves the demo's environment where `lienthong --demo ...` finds it; it opens invented persons only."""
    path = folder / ENVIRONMENT_FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps(environment))


def enter_demo() -> bool:
    """Takes on the environment of the demo of this home; False when there is none."""
    path = home() / "demo" / ENVIRONMENT_FILE
    if not path.exists():
        return False
    os.environ.pop("LIENTHONG_DATABASE_URL", None)
    os.environ.update(json.loads(path.read_text()))
    return True


@contextmanager
def until_told_to_end() -> Iterator[None]:
    """Leaves the block, from wherever in it, when a person (Ctrl-C) or the system (SIGTERM) asks."""

    def end(*_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # what was started is being ended: do not disturb
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    with suppress(KeyboardInterrupt):
        yield
    for number, handler in before.items():
        signal.signal(number, handler)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The demo's own folder, emptied; refuses while another demo uses it."""
    import fcntl

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


@contextmanager
def _sandbox(dossiers: int, seed: int) -> Iterator[dict[str, str]]:
    """The sandbox as a process of its own; yields its connections."""
    command = [
        sys.executable,
        "-m",
        "dags.cli.app",
        "sandbox",
        "--json",
        "--dossiers",
        str(dossiers),
        "--seed",
        str(seed),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            if not line:
                raise SystemExit("lienthong: the sandbox did not start, see the messages above")
            yield json.loads(line)
        finally:
            process.terminate()


class Portals:
    """What the sandbox's portals have given, and what they will still give."""

    def __init__(self, connections: Mapping[str, str]) -> None:
        self._opener = build_opener(ProxyHandler({}))
        hosts = {json.loads(value)["host"] for name, value in connections.items() if "_PORTAL_" in name}
        self._servers = {host.rsplit("/", 1)[0] for host in hosts}

    def still_to_come(self) -> int:
        return sum(int(self._progress(server)["still_to_come"]) for server in self._servers)

    def _progress(self, server: str) -> dict[str, Any]:
        for code in ("onestop", "hub"):
            try:
                with self._opener.open(f"{server}/twin/{code}/progress", timeout=10) as reply:
                    return dict(json.load(reply))
            except OSError:  # the other twin's port answers 404
                continue
        return {"still_to_come": 0}


def _watch(ledger: Ledger, twins: Mapping[str, str], dossiers: int, engine: Engine, *, once: bool) -> bool:
    """Shows progress until told to end, or with `once` until nothing moves any more; whether nothing was left then."""
    portals = Portals(twins)
    last_event, moved_at = -1, time.monotonic()
    with _bars(dossiers) as show:
        while engine.is_alive():
            time.sleep(1.0)
            lines, left = account(ledger), pending(ledger)
            show(lines, left)
            if left.last_event != last_event:
                last_event, moved_at = left.last_event, time.monotonic()
            still_s = time.monotonic() - moved_at
            if once and still_s > STILL_S and _is_all_done(left, dossiers) and not portals.still_to_come():
                return True
            if once and still_s > STUCK_S:
                return False
    err.print(f"Airflow has ended: see {engine.logs}")
    return False


def _is_all_done(left: Pending, dossiers: int) -> bool:
    """Whether all was pulled and all that waits, waits for its portal."""
    return left.dossiers >= dossiers and not (left.reports or left.numbers or left.unexamined or left.open_deliveries)


@contextmanager
def _bars(dossiers: int) -> Iterator[Callable[[list[Line], Pending], None]]:
    """Progress: bars on a terminal, a line whenever something changed elsewhere."""
    if not err.is_terminal:
        said: list[str] = []

        def say(lines: list[Line], left: Pending) -> None:
            words = "  ".join(f"{name} {done}" for name, (done, _) in _progress_of(lines, left, dossiers).items())
            if said[-1:] != [words]:
                said.append(words)
                err.print(words)

        yield say
        return
    columns = (TextColumn("{task.description:>17}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as progress:
        bars: dict[str, TaskID] = {}

        def show(lines: list[Line], left: Pending) -> None:
            for name, (done, total) in _progress_of(lines, left, dossiers).items():
                if name not in bars:
                    bars[name] = progress.add_task(name)
                progress.update(bars[name], completed=done, total=total)

        yield show


def _progress_of(lines: list[Line], left: Pending, dossiers: int) -> dict[str, tuple[int, int]]:
    """Done and total: dossiers pulled, held; per registry what is registered of what it is to get."""
    shown = {"pulled": (left.dossiers, dossiers), "held": (left.held, left.dossiers)}
    for code in REGISTRY_CODES:
        of_registry = [line for line in lines if line.registry_code == code]
        done = sum(line.delivered for line in of_registry)
        shown[code] = (done, done + sum(line.waiting + line.refused for line in of_registry))
    shown["reports unacknowledged"] = (left.reports, left.reports)
    return shown
