"""Steps in processes of their own that are killed: at a chosen boundary, or at any moment.

A step runs in a forked child with a database engine of its own; the sandbox lives in the test's process, so that its
memory outlives every child. Nothing in the product knows of it: commits are counted in the child's own engine, requests
where the twins get them. A child that is killed leaves leases behind; `time_passes` is what the clock would bring.
"""

import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from threading import Lock
from typing import Any, NoReturn

import pytest
from sqlalchemy import URL, Engine, text

from connectors.endpoint import Endpoint
from connectors.ledger import Ledger, open_ledger
from connectors.ledger.account import pending
from connectors.portals.provinces import PROVINCES
from connectors.registries import REGISTRIES
from connectors.sandbox import sandbox as sandbox_module
from connectors.sandbox.dataset import Dataset, Planted
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.server import Incoming, Outgoing, Twin
from connectors.sandbox.twins import civil_status, hub, onestop
from dags import steps
from schemas.registries import REGISTRY_CODES
from tests.support.ground_truth import registrations
from tests.support.pipeline import PipelineDriver

QUIET, MOVED, FAILED = 0, 1, 2
"""How a child that was not killed ends."""
LONGEST_CHILD_S = 60

ONE_AT_A_TIME = {"settles_after_s": "0", "concurrency": "1", "per_second": "100000"}
"""With one request under way, boundaries come in one order, and none outlives its killed sender."""
AT_FULL_SPEED = {"settles_after_s": "1", "per_second": "100000"}

TIME_PASSES = [
    text(f"""UPDATE {table} SET leased_until = least(leased_until, clock_timestamp()),
                    not_before = least(not_before, clock_timestamp())
              WHERE leased_until > clock_timestamp() OR not_before > clock_timestamp()""")
    for table in ("deliveries", "reports")
]


def time_passes(ledger: Ledger) -> None:
    """Ends every lease and every wait."""
    with ledger.engine.begin() as connection:
        for update in TIME_PASSES:
            connection.execute(update)


class Boundary(StrEnum):
    """Where a process can be killed between two effects."""

    BEFORE_COMMIT = "before a commit"
    AFTER_COMMIT = "after a commit"
    BEFORE_REQUEST = "before a request is handled"
    AFTER_REQUEST = "after a request took effect, before its answer"


@dataclass
class Killer:
    """Kills its victim at the n-th boundary of a kind."""

    boundary: Boundary | None = None
    left: int = 0
    victim: int = 0
    lock: Any = field(default_factory=Lock, repr=False)

    def strikes(self, here: Boundary) -> bool:
        with self.lock:
            if here != self.boundary:
                return False
            self.left -= 1
            if self.left == 0:
                os.kill(self.victim, signal.SIGKILL)
                os.waitid(os.P_PID, self.victim, os.WEXITED | os.WNOWAIT)  # it is dead before anybody goes on
            return self.left <= 0

    def watch(self, engine: Engine) -> None:
        commit = engine.dialect.do_commit

        def do_commit(connection: Any) -> None:
            self.strikes(Boundary.BEFORE_COMMIT)
            commit(connection)
            self.strikes(Boundary.AFTER_COMMIT)

        engine.dialect.do_commit = do_commit  # type: ignore[method-assign, assignment]  # of this engine alone


class DeadlyTwin:
    """A twin that may kill the process which sent the request."""

    def __init__(self, twin: Twin, killer: Killer) -> None:
        self.code, self.twin, self.killer = twin.code, twin, killer

    def handle(self, request: Incoming) -> Outgoing:
        if self.killer.strikes(Boundary.BEFORE_REQUEST):
            return Outgoing(503)
        answer = self.twin.handle(request)
        self.killer.strikes(Boundary.AFTER_REQUEST)
        return answer

    def registered(self) -> list[dict[str, Any]]:
        return self.twin.registered()


def clean(kind: str, registries: int) -> Callable[[Planted], bool]:
    """Whether a dossier is of this kind, for so many registries, and nothing is wrong with it."""

    def is_wanted(planted: Planted) -> bool:
        is_of_kind = planted.dossier.case.kind == kind and len(planted.registries) == registries
        return is_of_kind and not planted.defect and not planted.refused_by

    return is_wanted


WANTED: tuple[tuple[str, int, Callable[[Planted], bool]], ...] = (
    ("24", 1, clean("birth", 3)),
    ("24", 1, clean("birth", 2)),
    ("24", 1, clean("death", 3)),
    ("24", 1, clean("marriage", 1)),
    ("24", 1, clean("residence", 1)),
    ("24", 1, clean("land", 1)),
    ("22", 1, clean("birth", 3)),
    ("22", 1, clean("death", 3)),
    ("24", 1, lambda planted: planted.refused_by is not None),
    ("22", 1, lambda planted: planted.refused_by is not None),
    ("24", 1, lambda planted: planted.defect is not None and planted.edited is None),
    ("22", 1, lambda planted: planted.edited is not None),
)
"""Of which province how many dossiers of which kind."""


class DozenDossiers(Dataset):
    """A dozen dossiers of all kinds out of a larger dataset; registries work twenty times as fast."""

    def _fill(self, dossiers: int) -> None:
        super()._fill(dossiers)
        everything, self.planted = self.planted, []
        for province_code, count, is_wanted in WANTED:
            of_province = [planted for planted in everything if planted.dossier.portal_code == province_code]
            self.planted += list(filter(is_wanted, of_province))[:count]

    def lateness_s(self, registry_code: str, request_code: str) -> float:
        return super().lateness_s(registry_code, request_code) / 20


@contextmanager
def a_dozen_dossiers(now: datetime) -> Iterator[Sandbox]:
    """A sandbox with `DozenDossiers`, which are equal for an equal `now`; its citizens answer within 0.3 s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox_module, "Dataset", DozenDossiers)
        patch.setattr(civil_status, "NUMBER_COMES_LATER_S", 0.3)
        patch.setattr(onestop, "EDITED_AFTER_S", 0.3)
        patch.setattr(hub, "EDITED_AFTER_S", 0.3)
        with Sandbox(5, 300, ("24", "22"), now=now) as sandbox:
            yield sandbox


@dataclass
class ProcessDriver:
    """A sandbox, a ledger, and processes that run the steps between the two until they are killed."""

    sandbox: Sandbox
    ledger: Ledger
    ledger_url: URL
    extra: Mapping[str, str]
    killer: Killer = field(default_factory=Killer)
    kills: int = 0

    def __post_init__(self) -> None:
        for listener in self.sandbox.server.listeners.values():
            listener.twin = DeadlyTwin(listener.twin, self.killer)

    def time_passes(self) -> None:
        time_passes(self.ledger)

    def is_done(self) -> bool:
        left = pending(self.ledger)
        to_come = self.sandbox.onestop.still_to_come() + self.sandbox.hub.still_to_come()
        return not (left.reports or left.numbers or left.unexamined or left.open_deliveries or to_come) and (
            left.dossiers == len(self.sandbox.dataset.planted)
        )

    def doubled(self) -> list[tuple[str, str]]:
        """What stands more than once in a registry."""
        held = registrations(self.sandbox)
        return [(code, dossier) for code, counts in held.items() for dossier, count in counts.items() if count > 1]

    def sweep(self, boundary: Boundary, within_s: float = 90) -> None:
        """Every step in turn, killed at its first boundary, then at its second ... until it gets through."""
        deadline = time.monotonic() + within_s
        while not self.is_done():
            assert time.monotonic() < deadline, pending(self.ledger)
            for name in self._steps(self.ledger):
                at = 1
                while self._is_killed(name, boundary, at):
                    assert self.doubled() == [], f"{name}, killed {boundary}, the {at}th"
                    at, self.kills = at + 1, self.kills + 1
                    self.time_passes()
            self.time_passes()

    def _steps(self, ledger: Ledger) -> dict[str, Callable[[], Mapping[str, int]]]:
        pipeline = self.pipeline(ledger)
        named_steps: dict[str, Callable[[], Mapping[str, int]]] = {
            f"pull {code}": partial(steps.pull, ledger, PROVINCES[code], pipeline.endpoint(f"portal_{code}"))
            for code in pipeline.provinces
        }
        for code in REGISTRY_CODES:
            named_steps[f"deliver {code}"] = partial(steps.deliver, ledger, REGISTRIES[code], pipeline.endpoint(code))
            named_steps[f"collect {code}"] = partial(steps.collect, ledger, REGISTRIES[code], pipeline.endpoint(code))
        return {**named_steps, "report": partial(steps.report, ledger, pipeline.endpoint)}

    def pipeline(self, ledger: Ledger) -> PipelineDriver:
        return ConfiguredPipeline(ledger, self.sandbox, extra=self.extra)

    def _is_killed(self, name: str, boundary: Boundary, at: int) -> bool:
        ended = os.waitpid(self.start(lambda ledger: sum(self._steps(ledger)[name]().values()), boundary, at), 0)[1]
        assert os.WIFSIGNALED(ended) or os.WEXITSTATUS(ended) != FAILED, f"{name} failed, its error is above"
        assert not os.WIFSIGNALED(ended) or os.WTERMSIG(ended) == signal.SIGKILL, f"{name} ended by {ended}"
        return os.WIFSIGNALED(ended)

    def start(self, work: Callable[[Ledger], int], boundary: Boundary | None = None, at: int = 0) -> int:
        """Starts a child that does this work over a ledger of its own; killed at that boundary. Returns its pid."""
        with self.killer.lock:  # its first request waits until we know whom to kill
            self.killer.boundary, self.killer.left = boundary, at
            self.killer.victim = os.fork()
        return self.killer.victim or self._live(work, Killer(boundary, at, os.getpid()))

    def _live(self, work: Callable[[Ledger], int], killer: Killer) -> NoReturn:
        status = FAILED
        try:
            signal.alarm(LONGEST_CHILD_S)
            with open_ledger(self.ledger_url, self.ledger.vault) as ledger:
                killer.watch(ledger.engine)
                status = MOVED if work(ledger) else QUIET
        except BaseException:  # a fork: it says what it was, and never returns into the tests
            traceback.print_exc()
        finally:
            os._exit(status)

    def start_worker(self) -> int:
        """A child that goes round by round until it is killed."""
        return self.start(self._work_on)

    def _work_on(self, ledger: Ledger) -> int:
        pipeline = self.pipeline(ledger)
        while not pipeline.errors:
            if not pipeline.round():
                time.sleep(0.05)
        raise AssertionError(pipeline.errors)

    def kill(self, worker: int) -> None:
        """Kills a worker that must still be alive; what it had sent last is handled when this returns."""
        os.kill(worker, signal.SIGKILL)
        ended = os.waitpid(worker, 0)[1]
        assert os.WIFSIGNALED(ended), "the worker failed, its error is above"
        time.sleep(0.1)
        self.kills += 1

    def go(self, pipeline: PipelineDriver, within_s: float = 60) -> None:
        """Rounds in this process, with all the time in the dataset between them, until all is done."""
        deadline = time.monotonic() + within_s
        while not self.is_done():
            assert time.monotonic() < deadline, (pending(self.ledger), pipeline.errors[-3:])
            pipeline.round()
            self.time_passes()

    def finish(self, workers: int, within_s: float = 60) -> None:
        """So many workers at once, until all is done."""
        deadline = time.monotonic() + within_s
        at_work = [self.start_worker() for _ in range(workers)]
        while not self.is_done() and time.monotonic() < deadline:
            time.sleep(0.1)
        for worker in at_work:
            self.kill(worker)
        assert self.is_done(), pending(self.ledger)


@dataclass
class ConfiguredPipeline(PipelineDriver):
    """A pipeline with other settings at every endpoint."""

    extra: Mapping[str, str] = field(default_factory=dict)

    def endpoint(self, connection_id: str) -> Endpoint:
        known = super().endpoint(connection_id)
        return replace(known, extra={**known.extra, **self.extra})
