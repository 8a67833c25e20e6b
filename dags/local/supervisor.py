"""The process that ``Engine`` starts: it imports Airflow once, migrates its database, and forks its parts.

Importing Airflow takes five seconds; four commands started one by one would each spend that time and memory. All parts
end together: when one of them ends, on SIGTERM, or when the process that started this one is gone.
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
PARTS = {  # the command of a part, and what it imports while the database is migrated
    "api-server": (("api-server",), ("airflow.api_fastapi.main",)),
    # tasks are forked from the scheduler and share what it has imported
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
    """Runs Airflow until a part or the starter ends; returns the exit code, 0 after a SIGTERM."""
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
    last = log.read_text(errors="replace").splitlines()[-20:]
    sys.stdout.write("\n".join([f"airflow {name} ended; the end of {log}:", *last, ""]))
    return 1


def _fork(log: Path, run: tuple[str, ...], warm: tuple[str, ...] = (), waiting: int = -1, ready: int = -1) -> int:
    """Forks a process that imports `warm`, waits until the other end of its pipe is closed, and runs Airflow."""
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
    except BaseException:  # a fork prints its error and must never run on in the parent's code
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
