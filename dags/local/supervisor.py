"""The one process that ``Engine`` starts. It imports Airflow once, sets up its database, and forks its parts.

Airflow takes five seconds to import; starting its four commands one by one pays that four times, in time and in memory.
What is started here ends here: when a part ends, when we are asked to, or when whoever started us is no more.
"""

import gc
import importlib
import os
import signal
import sys
import time
from pathlib import Path

from dags.local.engine import end_session

MIGRATE = ("db", "migrate")
PARTS = {  # what a part runs, and what it imports while the database is set up
    "api-server": (("api-server",), ("airflow.api_fastapi.main",)),
    # tasks are forked from the scheduler: what it has imported, they have
    "scheduler": (("scheduler", "--skip-serve-logs"), ("dags.steps", "connectors.ledger", "great_expectations")),
    "dag-processor": (("dag-processor",), ()),
}
FOR_ALL = (
    "airflow.__main__",
    "airflow.dag_processing.manager",
    "airflow.executors.local_executor",
    "airflow.jobs.scheduler_job_runner",
    "airflow.sdk.execution_time.task_runner",
    "airflow.utils.db",
)


def main(logs: Path) -> int:
    """Runs Airflow until something ends it; returns 0 when that was asked for."""
    starter = os.getppid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _import(FOR_ALL)
        gc.freeze()  # the parts share what is imported so far
        return _run_parts(logs, starter)
    finally:
        end_session(os.getpid())


def _run_parts(logs: Path, starter: int) -> int:
    waiting, ready = os.pipe()
    migration = _fork(logs / "migrate.log", MIGRATE)
    parts = {_fork(logs / f"{name}.log", run, warm, waiting, ready): name for name, (run, warm) in PARTS.items()}
    os.close(waiting)
    if os.waitstatus_to_exitcode(os.waitpid(migration, 0)[1]):
        return _ended("db migrate", logs / "migrate.log")
    os.close(ready)
    while os.getppid() == starter:
        ended, _ = os.waitpid(-1, os.WNOHANG)
        if ended in parts:
            return _ended(parts[ended], logs / f"{parts[ended]}.log")
        time.sleep(0.3)
    return 0


def _ended(name: str, log: Path) -> int:
    print(f"airflow {name} ended; the end of {log}:", *log.read_text(errors="replace").splitlines()[-20:], sep="\n")
    return 1


def _fork(log: Path, run: tuple[str, ...], warm: tuple[str, ...] = (), waiting: int = -1, ready: int = -1) -> int:
    """Forks a process that imports what it needs, waits until the other end of its pipe is closed, and runs Airflow."""
    child = os.fork()
    if child:
        return child
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _write_to(log)
        _import(warm)
        if waiting >= 0:
            os.close(ready)
            os.read(waiting, 1)
        sys.argv = ["airflow", *run]
        importlib.import_module("airflow.__main__").main()
    except SystemExit as end:
        _leave(end.code if isinstance(end.code, int) else int(end.code is not None))
    except BaseException:  # a fork: whatever it was is said, and never reaches the parent's code
        sys.excepthook(*sys.exc_info())
        _leave(1)
    _leave(0)
    raise AssertionError("unreachable")


def _leave(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _write_to(log: Path) -> None:
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)


def _import(modules: tuple[str, ...]) -> None:
    for module in modules:
        importlib.import_module(module)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
