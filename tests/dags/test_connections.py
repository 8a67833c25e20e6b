"""A connection in the environment is the same endpoint for a command in the terminal as for a task in Airflow."""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from connectors.endpoint import Endpoint, NoConnection

HOSTS = (
    {"host": "https://motcua.vidu.example/api"},
    {"host": "motcua.vidu.example", "schema": "https", "port": 8443},
    {"host": "http://10.0.0.5:8080", "extra": json.dumps({"province_code": "24", "per_second": 5})},
    {"host": "http://10.0.0.5/a/b", "port": 8080, "extra": json.dumps({"officer": "Cán bộ", "nested": {"a": 1}})},
    {"host": "MotCua.Vidu.example"},
    {"host": "motcua.vidu.example", "schema": "http", "extra": json.dumps({"client": "a=b&c", "empty": ""})},
)
PASSWORDS = ("", "mat-khau", "mat/khau@bi:mat", "a b%2F?#", "khau://", "mật khẩu", "[x]", "a&b=c+d")
AS_AIRFLOW_READS = """
import json, sys
from airflow.models.connection import Connection

read = []
for parts in json.load(sys.stdin):
    uri = Connection(conn_id="portal_24", conn_type="lienthong-portal", **parts).get_uri()
    back = Connection(conn_id="portal_24", uri=uri)
    read.append((uri, back.host, back.schema, back.port, back.login, back.password, back.extra_dejson))
print(json.dumps(read))
"""


def test_airflows_own_form_of_a_connection_is_read_as_airflow_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [{"login": "khach", "password": password, **host} for host, password in product(HOSTS, PASSWORDS)]
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", AS_AIRFLOW_READS],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path)},
    )
    rows = json.loads(process.stdout.splitlines()[-1])
    assert len(rows) == len(given)
    for (uri, host, schema, port, login, password, extra), parts in zip(rows, given, strict=True):
        monkeypatch.setenv("AIRFLOW_CONN_PORTAL_24", uri)
        ours = Endpoint.from_environment("portal_24")
        assert ours == Endpoint.from_connection(host, schema, port, login, password, extra), uri
        assert (ours.login, ours.password) == ("khach", parts["password"])
        assert not parts["password"] or parts["password"] not in ours.base_url + repr(ours)


@pytest.mark.parametrize(
    ("uri", "base_url"),
    [
        ("lienthong-portal://a:b@motcua.vidu.example/", "https://motcua.vidu.example"),
        ("lienthong-portal://a:b@motcua.vidu.example:8443/http", "http://motcua.vidu.example:8443"),
        ("lienthong-portal://https://a:b@motcua.vidu.example%2Fapi", "https://motcua.vidu.example/api"),
        ("lienthong-portal://http://a:b@10.0.0.5%3A8080", "http://10.0.0.5:8080"),
        ("lienthong-portal://http://a:b@10.0.0.5%2Fapi:8080", "http://10.0.0.5:8080/api"),
    ],
)
def test_the_address_of_a_connection(uri: str, base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PORTAL_24", uri)
    assert Endpoint.from_environment("portal_24").base_url == base_url


@pytest.mark.parametrize("uri", ["", "lienthong-portal://", "{", "lienthong-portal://a:b@h?__extra__=[1]", "motcua"])
def test_what_is_no_connection_is_refused_without_its_password(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PORTAL_24", uri)
    with pytest.raises(NoConnection) as refused:
        Endpoint.from_environment("portal_24")
    assert "AIRFLOW_CONN_PORTAL_24" in str(refused.value)
    assert "a:b" not in str(refused.value)
