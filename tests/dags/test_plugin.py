"""What Airflow loads of us for its web pages, and the login before the desk, without a running Airflow.

What only a running one can show, users and the frame in Airflow's page, is in `test_demo.py`.
"""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import URL
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from connectors.ledger import Ledger, open_ledger
from connectors.vault import Vault
from dags.airflow_side.desk_mount import (
    OpenedOnce,
    answer_unauthenticated,
    closed_with_server,
    find_user,
    form_token,
    make_app,
)
from dags.airflow_side.plugin import NAME, DeskPlugin
from dags.desk.auth import SECURITY_HEADERS, AuthMiddleware
from dags.local.engine import DESK_PATH, ROOT

LOADED = """
import json, sys
from dags.airflow_side.plugin import DeskPlugin
plugin = DeskPlugin()
print(json.dumps([name for name in sys.argv[1].split(",") if name in sys.modules]))
"""
FOR_THE_API_SERVER_ALONE = (
    "dags.desk,dags.airflow_side.desk_mount,connectors.ledger,airflow.api_fastapi.core_api.security"
)


def run(code: str, tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs code in a fresh process with a fresh AIRFLOW_HOME."""
    environment = {"AIRFLOW_HOME": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True, env=environment
    )


# What Airflow loads


def test_airflow_finds_the_desk_by_its_entry_point() -> None:
    entries = importlib.metadata.entry_points(group="airflow.plugins")
    assert [entry.load() for entry in entries if entry.value.startswith("dags.")] == [DeskPlugin]


def test_a_task_that_loads_the_plugin_does_not_load_the_desk(tmp_path: Path) -> None:
    assert json.loads(run(LOADED, tmp_path, FOR_THE_API_SERVER_ALONE).stdout.splitlines()[-1]) == []


def test_the_name_of_the_entry_fits_into_the_side_menu() -> None:
    assert len(NAME) <= 10


# Who comes in


@pytest.fixture
def unauthenticated(tmp_path: Path) -> Iterator[TestClient]:
    """An app with pages, files and documentation behind Airflow's login, mounted as Airflow mounts it; nobody is
    logged in."""
    app = FastAPI()
    app.add_api_route("/", lambda: PlainTextResponse("secret"))
    (tmp_path / "file.css").write_text("secret")
    app.mount("/static", StaticFiles(directory=tmp_path))
    airflow = FastAPI(root_path="/airflow")
    app.add_middleware(AuthMiddleware, find_user=find_user, answer_unauthenticated=answer_unauthenticated)
    airflow.mount(DESK_PATH, app)
    with TestClient(airflow) as client:
        yield client


@pytest.mark.parametrize("path", ["", "static/file.css", "static/", "docs", "redoc", "openapi.json", "nothing", "../x"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_an_unauthenticated_request_is_answered_401_and_nothing_else(
    unauthenticated: TestClient, method: str, path: str
) -> None:
    answer = unauthenticated.request(method, f"/airflow{DESK_PATH}/{path.replace('../', '%2e%2e/')}")
    assert answer.status_code == 401
    assert "secret" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


@pytest.mark.parametrize("path", ["", "queue", "static/x/desk.css", "too-long", "nothing"])
def test_the_desk_itself_is_mounted_behind_the_login(path: str) -> None:
    airflow = FastAPI(root_path="/airflow")
    airflow.mount(DESK_PATH, make_app())
    with TestClient(airflow) as client:
        assert client.get(f"/airflow{DESK_PATH}/{path}").status_code == 401
        assert client.post(f"/airflow{DESK_PATH}/{path}", content=b"x" * 3_000_000).status_code == 401


def test_an_unauthenticated_client_opens_no_websocket(unauthenticated: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), unauthenticated.websocket_connect(f"/airflow{DESK_PATH}/"):
        raise AssertionError("let in")


def test_an_unauthenticated_browser_is_led_to_the_login_and_back(unauthenticated: TestClient) -> None:
    asked = {"accept": "text/html,*/*;q=0.8"}
    page = unauthenticated.get(f"/airflow{DESK_PATH}/queue?cause=a&portal=24", headers=asked)
    assert page.status_code == 401
    login = "/airflow/api/v2/auth/login?next=%2Fairflow%2Flienthong%2Fqueue%3Fcause%3Da%26portal%3D24"
    assert f'href="{login}"' in page.text
    posted = unauthenticated.post(f"/airflow{DESK_PATH}/decide", headers=asked)
    assert posted.status_code == 401
    assert 'next=%2Fairflow%2Flienthong%2F"' in posted.text
    tricky = unauthenticated.get(f'/airflow{DESK_PATH}/"><script>?"><script>', headers=asked)
    assert tricky.status_code == 401
    assert "<script" not in tricky.text


def test_each_user_has_a_form_token_of_its_own() -> None:
    assert form_token("steward") == form_token("steward") != form_token("second")
    assert len(form_token("steward")) == 64


# Which ledger is opened


def test_the_ledger_is_opened_once_for_all_threads(ledger_url: URL, vault: Vault) -> None:
    times: list[str] = []

    @contextmanager
    def open_it() -> Iterator[Ledger]:
        times.append("opened")
        with open_ledger(ledger_url, vault) as ledger:
            yield ledger
        times.append("closed")

    opened = OpenedOnce(open_it)
    with ThreadPoolExecutor(8) as threads:
        assert len({id(ledger) for ledger in threads.map(lambda _: opened(), range(32))}) == 1
    opened.close()
    assert times == ["opened", "closed"]


def test_the_ledger_is_closed_with_the_server() -> None:
    closed: list[str] = []
    with TestClient(closed_with_server(FastAPI(), lambda: closed.append("ledger"))):
        assert closed == []
    assert closed == ["ledger"]


def test_an_installation_without_its_key_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIENTHONG_MASTER_KEY", raising=False)
    opened = OpenedOnce()
    for _ in range(2):
        with pytest.raises(HTTPException, match="lienthong doctor") as refusal:
            opened()
        assert refusal.value.status_code == 503


# Who is woken after a decision


def test_a_decision_stands_although_nobody_can_be_woken(tmp_path: Path) -> None:
    done = run(
        "from dags.airflow_side.desk_mount import touch_dossiers; touch_dossiers()", tmp_path
    )  # its database has no tables
    assert "what waits for it starts by its timetable, not at once" in done.stdout + done.stderr
