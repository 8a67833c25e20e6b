"""The embedded PostgreSQL: started once, shared by processes, ended by the last, never handed out dead."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from connectors.postgres import EmbeddedServer, embedded, named_url

ANOTHER = """
import sys
from pathlib import Path
from connectors.postgres import embedded
print(embedded(Path(sys.argv[1])).url("lienthong").database)
"""


def in_another_process(home: Path) -> str:
    done = subprocess.run([sys.executable, "-c", ANOTHER, str(home)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def answers(server: EmbeddedServer) -> bool:
    with create_engine(server.url("lienthong")).connect() as connection:
        return bool(connection.execute(text("SELECT 1")).scalar() == 1)


def is_running(home: Path) -> bool:
    return (home / "postgres" / "postmaster.pid").exists()


def test_a_process_that_joins_and_leaves_does_not_stop_the_server_under_another(tmp_path):
    with embedded(tmp_path) as server:
        assert in_another_process(tmp_path) == "lienthong"
        assert answers(server)
    assert not is_running(tmp_path)


def test_the_last_process_to_leave_stops_the_server(tmp_path):
    in_another_process(tmp_path)
    assert not is_running(tmp_path)


def test_processes_that_start_together_share_one_server(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(in_another_process, [tmp_path] * 4)) == {"lienthong"}


def test_a_killed_server_is_never_handed_out(tmp_path):
    with embedded(tmp_path):
        os.kill(int((tmp_path / "postgres" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
        with embedded(tmp_path) as again:
            assert answers(again)


def test_a_home_with_a_long_name_works(tmp_path):
    home = tmp_path / ("dài" * 20) / ("x" * 60)
    with embedded(home) as server:
        assert answers(server)
        socket_folder = server.socket_folder
    assert not socket_folder.exists()


def test_no_error_writes_a_value_to_the_servers_log(tmp_path):
    with embedded(tmp_path) as server, create_engine(server.url("lienthong")).connect() as connection:
        connection.execute(text("CREATE TABLE person (number text PRIMARY KEY)"))
        connection.execute(text("INSERT INTO person VALUES ('001099000001')"))
        with pytest.raises(Exception, match="001099000001"):
            connection.execute(text("INSERT INTO person VALUES ('001099000001')"))
    assert "001099000001" not in (tmp_path / "postgres" / "log").read_text()


def test_letters_of_vietnamese_change_case(tmp_path):
    with embedded(tmp_path) as server, psycopg.connect(host=str(server.socket_folder), user="postgres") as connection:
        assert connection.execute("SELECT lower('ĐẶNG THỊ ẤN')").fetchone() == ("đặng thị ấn",)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_any_spelling_of_the_url_leads_to_our_driver(scheme):
    url = named_url(f"{scheme}://u:p@db.example:6432/ledger")
    assert url.render_as_string(hide_password=False) == "postgresql+psycopg://u:p@db.example:6432/ledger"


def test_another_database_lies_beside_the_named_one():
    assert named_url("postgresql://db.example/ledger", "airflow").database == "airflow"


def test_another_kind_of_database_is_refused():
    with pytest.raises(ValueError, match="sqlite"):
        named_url("sqlite:///ledger.db")
