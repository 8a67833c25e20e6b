"""`lienthong search` as a person runs it: by options, by answers, and for whom."""

import base64
import json
from collections.abc import Callable

import pytest
from sqlalchemy import URL
from typer.testing import CliRunner, Result

from connectors.ledger import Ledger
from connectors.ledger.grants import grant
from dags.cli.app import app
from dags.steps.searching import index_records
from tests.support.keyed_books import open_book

COLUMNS = ("so", "nksHoTen", "nksNgaySinh", "chaHoTen")
LAN = {"so": "034", "nksHoTen": "Nguyễn Thị Lan", "nksNgaySinh": "22/8/1962", "chaHoTen": "Nguyễn Văn Nam"}

Cli = Callable[..., Result]


@pytest.fixture
def cli(ledger: Ledger, ledger_url: URL) -> Cli:
    """Runs a command on a ledger with one page that a machine has read and nobody has indexed."""
    open_book(ledger).add(1, COLUMNS, {"aster-test": LAN})
    grant(ledger, "lan", "archivist", "24", "root")
    grant(ledger, "hoa", "archivist", "46", "root")
    environment = {
        "LIENTHONG_DATABASE_URL": ledger_url.render_as_string(hide_password=False),
        "LIENTHONG_MASTER_KEY": base64.b64encode(bytes(range(32))).decode(),
    }

    def run(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, ["search", *words], input=typed, env=environment)

    return run


def found(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [name["name"] for hit in json.loads(result.output) for name in hit["names"] if name["role"] == "subject"]


def test_a_ledger_is_indexed_and_searched_by_options(cli: Cli) -> None:
    assert "searchable: reading 1" in cli("--reindex").output
    options = ("--name", "nguyen thi lam", "--year", "1963", "--place", "hap lihn", "--as", "lan", "--json")
    assert found(cli(*options)) == ["Nguyễn Thị Lan"]
    assert found(cli("--number", "34", "--as", "lan", "--json")) == ["Nguyễn Thị Lan"]
    assert found(cli("--name", "nguyen thi lan", "--as", "hoa", "--json")) == []
    shown = cli("--name", "nguyen thi lan", "--as", "lan").output
    assert "unchecked: by machine" in shown
    assert "KS 01/1962" in shown


def test_without_options_it_asks_so_that_nothing_stays_in_the_history_of_the_shell(cli: Cli) -> None:
    cli("--reindex")
    asked = cli("--as", "lan", typed="nguyen thi lan\n1962\n\n\n\n")
    assert asked.exit_code == 0
    assert "Nguyễn Thị Lan" in asked.output
    assert "a year has four digits" in cli("--as", "lan", typed="lan\n62\n").output


def test_who_has_no_grant_is_told_how_to_get_one_and_a_year_alone_is_refused(cli: Cli, ledger: Ledger) -> None:
    refused = cli("--name", "Lan", "--as", "nam")
    assert refused.exit_code == 1
    assert "lienthong grant nam archivist 24" in refused.output
    assert cli("--year", "1962", "--as", "lan").exit_code == 1


def test_nobody_who_fits_is_an_answer(cli: Cli, ledger: Ledger) -> None:
    index_records(ledger, [1])
    nobody = cli("--name", "Đinh Bộ Lĩnh", "--as", "lan")
    assert nobody.exit_code == 0
    assert "Nobody fits" in nobody.output
