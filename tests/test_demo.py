"""The demo as a person starts it: real Airflow, real PostgreSQL, real HTTP; judged by what the twins hold."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from connectors.sandbox.rehearsal import Rehearsal
from dags.demo import carry
from tests.truth import contradictions, registrations, unfinished_at_portals


@pytest.fixture
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A home of its own; what the demo puts into the environment is gone afterwards."""
    before = dict(os.environ)
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    yield tmp_path
    os.environ.clear()
    os.environ.update(before)


def test_after_the_demo_every_dossier_stands_where_the_world_says_and_nothing_twice(
    own_environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Rehearsal(seed=2026, dossiers=120) as rehearsal:
        assert carry(rehearsal.connections, 120, once=True, as_json=True) == 0
        assert contradictions(rehearsal) == []
        assert unfinished_at_portals(rehearsal) == []
        assert sum(registrations(rehearsal)["civil_status"].values()) > 40
    total = json.loads(capsys.readouterr().out.splitlines()[-1])["total"]
    assert total["unexplained"] == 0
    assert total["pulled"] == total["delivered"] + total["waiting"] + total["held"] + total["refused"]


def test_an_interrupt_ends_all_that_the_demo_started(own_environment: Path) -> None:
    command = [sys.executable, "-m", "dags.cli", "demo", "--dossiers", "20"]
    demo = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert demo.stderr
    started: list[psutil.Process] = []
    for line in demo.stderr:
        if "pulled" in line:
            started = [psutil.Process(demo.pid), *psutil.Process(demo.pid).children(recursive=True)]
            break
    assert len(started) > 5
    demo.send_signal(signal.SIGINT)
    assert demo.wait(timeout=60) == 0
    deadline = time.monotonic() + 20
    while (left := [one for one in started if _runs(one)]) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []
    assert not list(own_environment.glob("demo/postgres/postmaster.pid"))


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
