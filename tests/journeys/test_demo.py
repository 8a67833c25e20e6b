"""The demo as a person starts it: real Airflow, real PostgreSQL, real HTTP; judged by what the twins hold.

One demo runs for all tests of its web pages; the last test of the file ends it.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import psutil
import pytest
from sqlalchemy.engine import make_url

from connectors.sandbox.sandbox import Sandbox
from dags.airflow_side.plugin import NAME
from dags.cli.account_table import print_demo_result
from dags.local.demo import GRANTS, LOGINS, run_pipeline
from dags.local.engine import DESK_PATH, ROOT, airflow_settings
from schemas.registries import REGISTRY_CODES
from tests.support.ground_truth import contradictions, registrations, unfinished_at_portals


@pytest.fixture
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A home of its own; what the demo puts into the environment is gone afterwards."""
    before = dict(os.environ)
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    yield tmp_path
    os.environ.clear()
    os.environ.update(before)


def test_after_the_demo_every_dossier_stands_where_the_dataset_says_and_nothing_twice(
    own_environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(seed=2026, dossiers=120) as sandbox:
        result = run_pipeline(sandbox.connections, 120, once=True)
        assert print_demo_result(result, as_json=True) == 0
        assert contradictions(sandbox) == []
        assert unfinished_at_portals(sandbox) == []
        assert sum(registrations(sandbox)["civil_status"].values()) > 40
    total = json.loads(capsys.readouterr().out.splitlines()[-1])["total"]
    assert total["unexplained"] == 0
    assert total["pulled"] == total["delivered"] + total["waiting"] + total["held"] + total["refused"]


# The web pages of a running demo

LOGIN = re.compile(r"login: (\S+) +password: (\S+)")
CHROMIUM = shutil.which("chromium")
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True)
class Running:
    """A demo that runs in a process of its own, and what it said about its web pages."""

    process: subprocess.Popen[str]
    home: Path
    url: str
    passwords: dict[str, str]

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        token: str = "",
        cookie: str = "",
        accept: str = "*/*",
        body: Any = None,
    ) -> tuple[int, str]:
        """Status and body of an answer."""
        headers = {"Accept": accept, "Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Cookie": f"_token={cookie}"} if cookie else {}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, headers, method=method)
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def token(self, user: str) -> str:
        asked = self.ask("/auth/token", "POST", body={"username": user, "password": self.passwords[user]})
        return str(json.loads(asked[1])["access_token"])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`lienthong demo`, from the moment on when the first dossiers are pulled."""
    home = tmp_path_factory.mktemp("running")
    command = [sys.executable, "-m", "dags.cli.app", "demo", "--dossiers", "20"]
    environment = {**os.environ, "LIENTHONG_HOME": str(home)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if "pulled" in line:
                break
        Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would stop the demo
        found = re.search(r"Airflow: (\S+)/ ", "".join(said))
        assert found, said
        yield Running(process, home, found[1], dict(LOGIN.findall("".join(said))))
        process.send_signal(signal.SIGINT)


def test_whoever_is_not_logged_in_gets_401_for_whatever_address_of_the_desk(demo: Running) -> None:
    pages = ("", "queue", "queue?cause=x", "static/", "static/desk.css", "nothing", "docs", "redoc", "openapi.json")
    asked = [(method, page) for page in pages for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PROPFIND")]
    answers = {(method, page): demo.ask(f"{DESK_PATH}/{page}", method)[0] for method, page in asked}
    assert {asked: code for asked, code in answers.items() if code != 401} == {}
    assert demo.ask(f"{DESK_PATH}/", token="a.b.c")[0] == 401
    assert demo.ask(f"{DESK_PATH}/", cookie="a.b.c")[0] == 401


def test_a_page_that_a_stranger_asks_for_says_where_to_log_in_and_comes_back(demo: Running) -> None:
    status, page = demo.ask(f"{DESK_PATH}/queue?cause=x&portal=24", accept="text/html")
    assert status == 401
    assert "Bạn cần đăng nhập" in page
    assert 'href="/api/v2/auth/login?next=%2Flienthong%2Fqueue%3Fcause%3Dx%26portal%3D24"' in page
    assert "<script" not in demo.ask(f"{DESK_PATH}/%22%3E%3Cscript%3E?%22%3E<script>", accept="text/html")[1]


def test_every_login_of_the_demo_opens_the_desk_and_only_the_administrator_sees_connections(demo: Running) -> None:
    assert set(demo.passwords) == set(LOGINS) == set(GRANTS)
    for user in LOGINS:
        token = demo.token(user)
        assert demo.ask(f"{DESK_PATH}/", token=token)[0] == 200
        assert demo.ask(f"{DESK_PATH}/", cookie=token)[0] == 200
        assert demo.ask("/api/v2/connections", token=token)[0] == (200 if user == "admin" else 403)
    for path in ("docs", "redoc", "openapi.json", "nothing"):
        assert demo.ask(f"{DESK_PATH}/{path}", token=demo.token("admin"))[0] == 404


def test_the_side_menu_has_the_desk(demo: Running) -> None:
    told = json.loads(demo.ask("/api/v2/plugins", token=demo.token("auditor"))[1])["plugins"]
    [view] = [view for plugin in told for view in plugin["external_views"]]
    assert (view["name"], view["destination"], view["nav_top_level"]) == ("Liên thông", "nav", True)
    assert (view["href"], view["url_route"]) == ("lienthong/", "desk")
    assert json.loads(demo.ask("/api/v2/plugins/importErrors", token=demo.token("admin"))[1])["total_entries"] == 0


def test_touched_dossiers_start_every_delivery(demo: Running) -> None:
    settings = airflow_settings(demo.home / "demo/airflow", _metadata_of(demo), demo.url)
    command = [sys.executable, "-c", "from dags.airflow_side.desk_mount import touch_dossiers; touch_dossiers()"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, check=True, capture_output=True)
    _wait(lambda: _started_by_hand(demo) == {f"deliver_dossiers_{code}" for code in REGISTRY_CODES})


def _started_by_hand(demo: Running) -> set[str]:
    """The DAGs that an event started which came from no DAG."""
    status, told = demo.ask("/api/v2/assets/events?limit=100", token=demo.token("admin"))
    if status == 500:  # Airflow 3.3.2, while a run that an event started is queued
        return set()
    [event] = [event for event in json.loads(told)["asset_events"] if event["source_dag_id"] is None]
    return {run["dag_id"] for run in event["created_dagruns"] if run["run_id"].startswith("asset_triggered")}


def _metadata_of(demo: Running) -> Any:
    """The URL of Airflow's own database, as its processes have it."""
    room = next(one for one in psutil.Process(demo.process.pid).children() if "dags.local.supervisor" in one.cmdline())
    return make_url(room.environ()["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])


def _wait(until: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.skipif(not CHROMIUM, reason="no chromium is installed (apt-get install chromium)")
def test_the_entry_opens_the_desk_in_a_frame_that_has_an_address_of_its_own(demo: Running) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"{demo.url}{DESK_PATH}/?lang=vi")
        page.get_by_role("link", name="Đăng nhập").click()
        page.fill("input[name=username]", "steward")
        page.fill("input[name=password]", demo.passwords["steward"])
        page.click("button[type=submit]")
        page.wait_for_url(f"{demo.url}{DESK_PATH}/?lang=vi")
        page.goto(f"{demo.url}/")
        page.get_by_role("link", name=NAME, exact=True).click()
        page.wait_for_function("path => location.pathname === path", arg=f"/plugin/desk{DESK_PATH}/")
        page.goto(f"{demo.url}/plugin/desk{DESK_PATH}/?lang=vi")
        page.wait_for_function("url => window[0]?.location.href === url", arg=f"{demo.url}{DESK_PATH}/?lang=vi")
        browser.close()


def test_an_interrupt_ends_all_that_the_demo_started(demo: Running) -> None:
    process = psutil.Process(demo.process.pid)
    started = [process, *process.children(recursive=True)]
    assert len(started) > 5
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(timeout=60) == 0
    deadline = time.monotonic() + 20
    while (left := [one for one in started if _runs(one)]) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []
    assert not list(demo.home.glob("demo/postgres/postmaster.pid"))


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
