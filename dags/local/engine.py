"""Airflow as ``lienthong demo`` and ``lienthong up`` run it: one machine, reachable from this machine only.

It resembles ``airflow standalone`` and does not use it: that command serves its logs to every network on port 8793,
runs a triggerer that nothing here needs (since 3.3 a task that asks a person waits without one), imports Airflow five
times, and leaves its children running when it gets a SIGTERM. ``supervisor.py`` forks API server, scheduler with
LocalExecutor and DAG processor instead. All of them live in one session and are ended by session. Airflow is not
imported here.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.request import ProxyHandler, Request, build_opener

import psutil

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

ROOT = Path(__file__).resolve().parents[2]
DAG_FILES = tuple(sorted(path.name for path in (ROOT / "dags").glob("*.py") if path.name != "__init__.py"))
"""Files that lie directly in `dags/` define DAGs; no other file may lie there."""
USER = "admin"
ONE_USER: Mapping[str, str] = {USER: "admin"}
"""Logins and their role in Airflow: viewer, user (also answers questions of a DAG), op (also connections), admin."""
DESK_PATH = "/lienthong"
GRACE_S = 3  # from asking to end to killing; a task may be killed at any moment


class EngineFailed(RuntimeError):
    """Airflow did not start, or ended. The message names the part, the end of its log and what to do next."""


class Engine:
    """Airflow running in a home; ``metadata`` is the URL of its own database, ``environment`` what its tasks may read.

    Tasks and the desk in the API server get the same environment: that of this process, and ``environment`` over it.
    """

    def __init__(
        self,
        home: Path,
        metadata: URL,
        environment: Mapping[str, str],
        port: int | None = None,
        users: Mapping[str, str] = ONE_USER,
    ) -> None:
        self.folder = home.resolve() / "airflow"
        self.logs = self.folder / "logs"
        self.url = f"http://127.0.0.1:{port or _free_port()}"
        self.environment = environment
        self.metadata = metadata
        self.users = users
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._lock = -1
        self._token = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def logins(self) -> dict[str, str]:
        """Password by user name, for the web pages. They are made once for each home."""
        kept = json.loads(self._passwords.read_text())
        return {user: str(kept[user]) for user in self.users}

    def start(self) -> None:
        """Starts Airflow and returns at once. Raises EngineFailed when another one runs in this home."""
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _lock_or_fail(self.folder / "engine.lock")
        _end_left_over(self._pid)
        _write_once(self._passwords, lambda: {user: secrets.token_urlsafe(12) for user in self.users})
        with self._log.open("wb") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "dags.local.supervisor", str(self.logs)],
                env=self._environment(),
                cwd=self.folder,
                umask=0o077,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._pid.write_text(f"{self._supervisor.pid} {psutil.Process(self._supervisor.pid).create_time()}")

    def wait_until_ready(self, timeout: float = 120) -> None:
        """Returns when the scheduler runs and every DAG file is read; raises EngineFailed, also for a broken file."""
        deadline = time.monotonic() + timeout
        while not self._is_ready():
            if not self.is_alive():
                raise EngineFailed(f"Airflow ended before it was ready.\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise EngineFailed(f"Airflow was not ready within {timeout:.0f} s.\n{self._log_tail()}")
            time.sleep(0.2)

    def is_alive(self) -> bool:
        """Whether every part of Airflow still runs."""
        return self._supervisor is not None and self._supervisor.poll() is None

    def create_pools(self, slots: Mapping[str, int]) -> None:
        """Makes the pools that are missing; a task whose pool is missing waits for it. Needs a ready API."""
        entities = [{"name": name, "slots": count, "include_deferred": False} for name, count in slots.items()]
        action = {"action": "create", "action_on_existence": "skip", "entities": entities}
        self._call("PATCH", "/api/v2/pools", {"actions": [action]})

    def unpause_all(self) -> None:
        """Unpauses every DAG, also those that a person paused."""
        self._call("PATCH", "/api/v2/dags?dag_id_pattern=~&update_mask=is_paused", {"is_paused": False})

    def stop(self) -> None:
        """Ends every process that was started: SIGTERM first, SIGKILL after 3 s. May be called again."""
        if self._supervisor is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._supervisor.terminate()
                self._supervisor.wait(GRACE_S + 2)
            end_session(self._supervisor.pid)
            self._supervisor.wait()
            self._supervisor = None
            self._pid.unlink(missing_ok=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def _passwords(self) -> Path:
        return self.folder / "simple_auth_manager_passwords.json.generated"

    @property
    def _pid(self) -> Path:
        return self.folder / "engine.pid"

    @property
    def _log(self) -> Path:
        return self.logs / "engine.log"

    def _environment(self) -> dict[str, str]:
        keys = _write_once(self.folder / "keys.json", _new_keys)
        settings = {**airflow_settings(self.folder, self.metadata, self.url, self.users), **keys}
        return {**os.environ, **settings, **self.environment}

    def _is_ready(self) -> bool:
        try:
            if not self._token:
                # the first call takes seconds, which the first task would lose otherwise
                _call("GET", f"{self.url}/execution/health", "", None)
            health = self._call("GET", "/api/v2/monitor/health")
            broken = self._call("GET", "/api/v2/importErrors")["import_errors"]
            files = {dag["relative_fileloc"] for dag in self._call("GET", "/api/v2/dags?limit=100")["dags"]}
        except (OSError, KeyError):
            return False
        if broken:
            raise EngineFailed(f"Airflow cannot read {broken[0]['filename']}:\n{broken[0]['stack_trace']}")
        return health["scheduler"]["status"] == "healthy" and {Path(file).name for file in files} >= set(DAG_FILES)

    def _log_tail(self) -> str:
        last = self._log.read_text(errors="replace").splitlines()[-25:]
        return "\n".join([*last, f"All logs are in {self.logs}. Correct what the last error names, and start again."])

    def _call(self, method: str, path: str, body: object = None) -> Any:
        """Calls Airflow's API as the administrator; raises OSError for every failure."""
        if not self._token and path != "/auth/token":
            answer = self._call("POST", "/auth/token", {"username": USER, "password": self.logins[USER]})
            self._token = answer["access_token"]
        return _call(method, self.url + path, self._token, body)


def airflow_settings(folder: Path, metadata: URL, url: str, users: Mapping[str, str] = ONE_USER) -> dict[str, str]:
    """Returns Airflow's settings as environment variables. The database URLs are the only secrets in it."""
    address = url.removeprefix("http://")
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": address.split(":")[0],
        "AIRFLOW__API__INSTANCE_NAME": "Liên thông",
        "AIRFLOW__API__PORT": address.split(":")[1],
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": str(max(4, 2 * (os.cpu_count() or 1))),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in users.items()),
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([_bundle()]),
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",  # a file that changes is read again at once
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "60",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": _render(metadata, "psycopg2"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": _render(metadata, "asyncpg"),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(folder / "logs" / "dag_processor"),
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__UVICORN_LOGGING_LEVEL": "WARNING",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",  # after a kill -9 its DAG run goes on this soon
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",  # 5 is too close to what the first request takes
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # a finished task may be noticed this many seconds late
        "GX_ANALYTICS_ENABLED": "False",
        "NO_PROXY": ",".join(filter(None, ["127.0.0.1,localhost", os.environ.get("NO_PROXY", "")])),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])),
    }


def _bundle() -> dict[str, object]:
    """The repository root, where ``.airflowignore`` leaves only the DAG files; in an installed wheel, this folder."""
    path = ROOT if (ROOT / ".airflowignore").exists() else ROOT / "dags"
    return {
        "name": "lienthong",
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(path)},
    }


def _render(url: URL, driver: str) -> str:
    url = url.set(drivername=f"postgresql+{driver}")
    if driver == "asyncpg" and "sslmode" in url.query:  # the two drivers name it differently
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": url.query["sslmode"]})
    return url.render_as_string(hide_password=False)


def _new_keys() -> dict[str, str]:
    return {
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__CORE__FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def _write_once(file: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Returns the content of a private JSON file; the first call makes it."""
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as stream:
            json.dump(make(), stream)
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


def _lock_or_fail(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise EngineFailed(f"Airflow already runs in {path.parent}; stop that one, or set LIENTHONG_HOME.") from None
    return lock


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def end_session(leader: int) -> None:
    """Ends all processes of a session but this one: SIGTERM, after 3 s SIGKILL, until none is left."""
    signals = iter([signal.SIGTERM])
    while members := [process for process in psutil.process_iter() if _is_member(process, leader)]:
        last = next(signals, signal.SIGKILL)
        for process in members:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(last)
        psutil.wait_procs(members, timeout=GRACE_S)


def _is_member(process: psutil.Process, leader: int) -> bool:
    with contextlib.suppress(OSError, psutil.NoSuchProcess):
        ended = process.status() == psutil.STATUS_ZOMBIE
        return process.pid != os.getpid() and os.getsid(process.pid) == leader and not ended
    return False


def _end_left_over(file: Path) -> None:
    """Ends what a killed run left behind. A session keeps its number while it has members, so the number is safe."""
    if not file.exists():
        return
    leader, created = file.read_text().split()
    with contextlib.suppress(psutil.NoSuchProcess):
        if psutil.Process(int(leader)).create_time() != float(created):
            return
    end_session(int(leader))


def _call(method: str, url: str, token: str, body: object) -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, headers, method=method)  # noqa: S310  # the address of our own Airflow
    with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:  # never by way of a proxy
        return json.load(answer)
