"""`lienthong ...` as a person runs it: a whole small run by hand, and what it says when something is missing."""

import base64
import json
import os
import re
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import URL
from typer.testing import CliRunner, Result

from connectors import errors
from connectors.ledger import open_ledger
from connectors.ledger.account import account as read_account
from connectors.sandbox.dataset import Planted
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.server import SimulatedFault
from connectors.vault import Vault, new_master_key
from dags.cli.account_table import COLUMNS, account_table
from dags.cli.app import app
from dags.cli.story import DELIVERY_STATES, DOSSIER_STATES, EVENTS, REGISTRIES
from dags.desk.event_texts import DETAILS
from quality.words import LANGUAGES, group
from schemas.registries import REGISTRY_CODES
from schemas.report import Milestone
from schemas.states import DeliveryEvent, DeliveryState, DossierState
from tests.connectors.test_vault import leaks, values_of

Cli = Callable[..., Result]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(41, 40, ("24", "22")) as running:
        yield running


@pytest.fixture
def environment(sandbox: Sandbox, ledger_url: URL, tmp_path: object) -> dict[str, str | None]:
    """What a person has set: two provinces, all registries, a database and a key."""
    others = dict.fromkeys(name for name in os.environ if name.startswith(("AIRFLOW_CONN_", "LIENTHONG_")))
    return {
        **others,
        **sandbox.connections,
        "LIENTHONG_DATABASE_URL": ledger_url.render_as_string(hide_password=False),
        "LIENTHONG_MASTER_KEY": new_master_key(),
        "LIENTHONG_HOME": str(tmp_path),
    }


@pytest.fixture
def cli(environment: dict[str, str | None]) -> Cli:
    """Runs a command; further names and values change the environment for this once."""

    def run(*words: str, typed: str = "", **changed: str | None) -> Result:
        return CliRunner().invoke(app, words, input=typed, env={**environment, **changed})

    return run


@pytest.fixture
def walked(cli: Cli, sandbox: Sandbox) -> Cli:
    """The same, after all of two provinces went as far as it can."""
    for code in ("24", "22"):
        assert cli("run", "pull", code).exit_code == 0
    chain, deadline = planted_with(sandbox, None, 3).dossier.dossier_code, time.monotonic() + 60
    while time.monotonic() < deadline:
        for step in ("gate", "deliver", "collect", "report"):
            done = cli("run", step)
            assert done.exit_code == 0, done.output
        (story,) = json.loads(cli("show", chain, "--json").stdout)
        if {one["state"] for one in story["deliveries"]} == {"registered"} and "nothing moved" in done.stdout:
            return cli
        time.sleep(0.2)
    raise AssertionError(story)


def planted_with(sandbox: Sandbox, defect: str | None, steps: int) -> Planted:
    return next(
        planted
        for planted in sandbox.dataset.planted
        if planted.defect == defect and planted.refused_by is None and len(planted.registries) == steps
    )


def held_codes(cli: Cli, sandbox: Sandbox) -> list[str]:
    """Dossiers that stand still because of a check."""
    codes = (planted.dossier.dossier_code.strip() for planted in sandbox.dataset.planted if planted.defect)
    shown = [
        json.loads(done.stdout)[0]["dossier"] for code in codes if not (done := cli("show", code, "--json")).exit_code
    ]
    return [dossier["dossier_code"] for dossier in shown if dossier["state"] == "held"]


# A run by hand


def test_a_dossier_goes_its_way_by_hand_and_is_accounted_for(walked: Cli, sandbox: Sandbox) -> None:
    whole = json.loads(walked("account", "--json").stdout)
    total = whole["total"]
    assert total["delivered"] > 20
    assert total["held"] > 0
    assert total["unexplained"] == 0
    assert total["pulled"] == total["delivered"] + total["waiting"] + total["held"] + total["refused"]
    assert set(whole["lines"][0]) == {"portal_code", "received_on", "registry_code", *COLUMNS}
    chain = planted_with(sandbox, None, 3).dossier.dossier_code
    (story,) = json.loads(walked("show", chain, "--json").stdout)
    assert [one["registry_code"] for one in story["deliveries"]] == ["civil_status", "residence", "health_insurance"]
    assert "attempted" in {one["kind"] for one in story["happenings"]}
    told = walked("show", chain).stdout
    assert all(words in told for words in ("Cổng ", "1. Hộ tịch: đã đăng ký", "Cư trú", "đã báo cho cổng", "lần gửi 1"))

    # the same run is looked at by all that follows: one run is enough
    nothing_personal_is_shown(walked, sandbox)
    everything_has_a_vietnamese_word(walked, sandbox)
    what_is_held_is_listed_with_its_faults(walked, sandbox)
    a_held_dossier_is_released(walked, sandbox)
    a_finished_dossier_is_erased(walked, chain)


def what_is_held_is_listed_with_its_faults(walked: Cli, sandbox: Sandbox) -> None:
    listed = json.loads(walked("held", "--json").stdout)
    assert {one["dossier_code"] for one in listed} >= set(held_codes(walked, sandbox))
    assert all(one["check_codes"] for one in listed)
    assert listed[0]["dossier_code"] in walked("held").stdout


def nothing_personal_is_shown(walked: Cli, sandbox: Sandbox) -> None:
    said = "".join(walked("show", planted.dossier.dossier_code.strip()).output for planted in sandbox.dataset.planted)
    said += walked("account").output + walked("doctor").output
    values = {value for planted in sandbox.dataset.planted for value in values_of(planted.dossier) if len(value) >= 6}
    assert len(said) > 10_000
    assert leaks(said, values) == []


def everything_has_a_vietnamese_word(walked: Cli, sandbox: Sandbox) -> None:
    for planted in sandbox.dataset.planted:
        shown = walked("show", planted.dossier.dossier_code.strip(), "--json")
        for story in json.loads(shown.stdout) if not shown.exit_code else ():
            assert story["dossier"]["state"] in DOSSIER_STATES
            assert {one["kind"] for one in story["happenings"]} <= set(EVENTS)
            assert {name for one in story["happenings"] for name in one["detail"]} <= {*DETAILS, "registry"}


def a_held_dossier_is_released(walked: Cli, sandbox: Sandbox) -> None:
    code = held_codes(walked, sandbox)[0]
    assert "đang giữ lại" in walked("show", code).stdout
    released = walked("release", code, "--reason", "đã đối chiếu bản giấy", "--by", "can.bo.01")
    assert released.exit_code == 0
    assert released.stdout.startswith(f"{code} released: cleared")
    for province in ("24", "22"):
        assert walked("run", "check", province).exit_code == 0
    told = walked("show", code).stdout
    assert "can.bo.01" in told
    assert "đã đối chiếu" not in told
    again = walked("release", code, "--reason", "x")
    assert again.exit_code == 1
    assert f"no held dossier {code}: see `lienthong show {code}`" in again.stderr


def a_finished_dossier_is_erased(walked: Cli, chain: str) -> None:
    portal = json.loads(walked("show", chain, "--json").stdout)[0]["dossier"]["portal_code"]
    erased = walked("erase", chain, "--portal", portal, typed="y\n")
    assert f"{chain} is erased." in erased.stdout
    assert "xóa nội dung" in walked("show", chain).stdout
    again = walked("erase", chain, "--portal", portal, "--yes")
    assert again.exit_code == 1
    assert "erased already" in again.stderr


def test_erasing_asks_first(cli: Cli) -> None:
    refused = cli("erase", "H05-1", "--portal", "24", typed="n\n")
    assert refused.exit_code == 1
    assert "Destroy the key of H05-1 for good?" in refused.output


def test_a_dossier_that_cannot_be_sent_is_not_released(cli: Cli, environment: dict[str, str | None]) -> None:
    from connectors.ledger.arrivals import Arrival, save_page
    from connectors.postgres import named_url
    from tests.support.ledger_driver import LedgerDriver

    key = Vault(base64.b64decode(environment["LIENTHONG_MASTER_KEY"] or ""))
    with open_ledger(named_url(environment["LIENTHONG_DATABASE_URL"] or ""), key) as ledger:
        save_page(ledger, "24", "", [Arrival("H05-1", b"?", None, "expected JSON")], "1")
        LedgerDriver(ledger).examine()
    refused = cli("release", "H05-1", "--reason", "x")
    assert refused.exit_code == 1
    assert "must be edited: unreadable_original" in refused.stderr
    assert "đang giữ lại" in cli("show", "H05-1").stdout


# What is said when something is wrong


def test_one_endpoint_that_fails_keeps_no_other_from_its_turn(cli: Cli, sandbox: Sandbox) -> None:
    pulled = cli("run", "pull")
    assert pulled.exit_code == 1  # ten provinces have no connection here
    assert "pull 24: new" in pulled.stdout
    assert "pull 22: new" in pulled.stdout
    assert "pull 40: NoConnection: Connection portal_40 is missing: set AIRFLOW_CONN_PORTAL_40" in pulled.stderr
    sandbox.server.listeners["land"].faults.switch(SimulatedFault.GARBAGE)
    delivered = cli("run", "deliver", "--json")
    sandbox.server.listeners["land"].faults.switch(None)
    assert {json.loads(line)["code"] for line in delivered.stdout.splitlines()} >= set(REGISTRY_CODES) - {"land"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "fly"), "no step 'fly': pull, check, gate, enter, deliver, collect or report"),
        (("run", "pull", "99"), "no province '99': 24, 40, 22"),
        (("run", "deliver", "24"), "no registry '24': civil_status, residence, health_insurance, land"),
        (("show", "H05-none"), "no dossier H05-none: check the code"),
        (("release", "H05-none", "--reason", "x"), "no held dossier H05-none"),
        (("erase", "H05-none", "--portal", "24", "--yes"), "H05-none cannot be erased: unknown"),
    ],
)
def test_a_code_that_nobody_knows_is_named_with_what_to_do(cli: Cli, words: tuple[str, ...], said: str) -> None:
    done = cli(*words)
    assert done.exit_code == 1
    assert said in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"LIENTHONG_MASTER_KEY": None}, "LIENTHONG_MASTER_KEY is missing: make one with `lienthong new-key`"),
        ({"LIENTHONG_DATABASE_URL": "postgresql://u:secret-word@127.0.0.1:1/x"}, "check LIENTHONG_DATABASE_URL"),
        ({"LIENTHONG_DATABASE_URL": "sqlite:///x"}, "must be a postgresql:// URL"),
        ({"LIENTHONG_DATABASE_URL": "secret-word"}, "must be postgresql://user:password@host:port/database"),
    ],
)
def test_what_is_missing_or_wrong_is_said_in_one_line(cli: Cli, changed: dict[str, str], said: str) -> None:
    done = cli("account", **changed)
    assert done.exit_code == 1
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert "secret-word" not in done.output


def test_a_database_without_tables_says_how_to_make_them(cli: Cli, server: object) -> None:
    from connectors.postgres import EmbeddedServer

    assert isinstance(server, EmbeddedServer)
    url = server.url("without_tables").render_as_string(hide_password=False)
    bare = cli("account", LIENTHONG_DATABASE_URL=url)
    assert bare.exit_code == 1
    assert "run `lienthong upgrade`" in bare.stderr
    assert cli("upgrade", LIENTHONG_DATABASE_URL=url).exit_code == 0
    assert cli("account", LIENTHONG_DATABASE_URL=url).exit_code == 0


def test_a_dossier_that_vanished_makes_the_account_fail(cli: Cli, environment: dict[str, str | None]) -> None:
    from sqlalchemy import create_engine, text

    from connectors.postgres import named_url

    assert cli("run", "pull", "24").exit_code == 0
    engine = create_engine(named_url(environment["LIENTHONG_DATABASE_URL"] or ""))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM deliveries WHERE registry_code = 'civil_status' AND state = 'ready'"))
    engine.dispose()
    done = cli("account")
    assert done.exit_code == 2
    assert re.search(r"\d+ unexplained, and nothing may be", done.stderr)


def test_up_names_all_that_is_missing_before_it_starts_anything(cli: Cli) -> None:
    refused = cli("up", LIENTHONG_MASTER_KEY=None, AIRFLOW_CONN_LAND="{", AIRFLOW_CONN_RESIDENCE="")
    assert refused.exit_code == 1
    missing = refused.stderr.splitlines()
    assert missing[0] == "lienthong: cannot start, still missing:"
    assert "LIENTHONG_MASTER_KEY is missing" in missing[1]
    named = [line for line in missing if "Connection" in line]
    assert len(named) == 12  # residence, land, and ten provinces
    assert any("Connection land cannot be read from AIRFLOW_CONN_LAND" in line for line in named)
    assert any("Connection residence is missing: set AIRFLOW_CONN_RESIDENCE" in line for line in named)


# The doctor


@pytest.fixture
def well(environment: dict[str, str | None], sandbox: Sandbox) -> dict[str, str | None]:
    """Connections for every province; those that are not in_sandbox lead to the same portal."""
    from connectors.portals.provinces import PROVINCES

    of_platform = {"onestop": "AIRFLOW_CONN_PORTAL_24", "hub": "AIRFLOW_CONN_PORTAL_22"}
    return {
        **{
            f"AIRFLOW_CONN_PORTAL_{code}": sandbox.connections[of_platform[province.platform_code]]
            for code, province in PROVINCES.items()
        },
        **environment,
    }


def doctor(environment: dict[str, str | None], **changed: str | None) -> Result:
    return CliRunner().invoke(app, ["doctor"], env={**environment, **changed})


def test_the_doctor_finds_a_sound_installation_well(well: dict[str, str | None]) -> None:
    found = doctor(well)
    assert found.exit_code == 0
    assert "FAULT" not in found.stdout
    of_paper = re.findall(r"^ (?:paper registers|recogniser) +ok ", found.stdout, re.MULTILINE)
    assert of_paper  # how many they are depends on what is installed here
    assert found.stdout.count(" ok ") == 20 + len(of_paper)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"LIENTHONG_MASTER_KEY": None}, r"master key +FAULT +LIENTHONG_MASTER_KEY is missing"),
        ({"LIENTHONG_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, r"database +FAULT +cannot be reached"),
        ({"AIRFLOW_CONN_LAND": None}, r"land +FAULT +Connection land is missing: set AIRFLOW_CONN_LAND"),
        ({"AIRFLOW_CONN_LAND": "{"}, r"land +FAULT +Connection land cannot be read"),
        (
            {"AIRFLOW_CONN_LAND": "lienthong-land://a:b@127.0.0.1:1/http"},
            r"land +FAULT +Unreachable: .*Check the",
        ),
    ],
)
def test_the_doctor_names_each_fault_and_what_to_do(
    well: dict[str, str | None], changed: dict[str, str | None], said: str
) -> None:
    found = doctor(well, **changed)
    assert found.exit_code == 1
    assert re.search(said, found.stdout)
    assert found.stdout.count("FAULT") == 1


def test_the_doctor_finds_a_wrong_secret_and_a_system_that_is_another(well: dict[str, str | None]) -> None:
    portal = json.dumps({**json.loads(well["AIRFLOW_CONN_PORTAL_24"] or ""), "password": "wrong-secret"})
    found = doctor(well, AIRFLOW_CONN_PORTAL_24=portal, AIRFLOW_CONN_LAND=well["AIRFLOW_CONN_RESIDENCE"])
    assert re.search(r"portal_24 +FAULT +Unauthorised: .*check login and password", found.stdout)
    assert re.search(r"land +FAULT", found.stdout)
    assert "wrong-secret" not in found.stdout


def test_the_doctor_sees_that_the_master_key_is_not_the_one_used(cli: Cli, well: dict[str, str | None]) -> None:
    assert cli("run", "pull", "24").exit_code == 0
    assert "opens the newest dossier" in doctor(well).stdout
    other = doctor(well, LIENTHONG_MASTER_KEY=new_master_key())
    assert re.search(r"master key +FAULT +wrapped under another master key", other.stdout)


# Odds and ends


def test_a_new_key_can_be_put_into_the_environment_as_it_is_printed(cli: Cli) -> None:
    printed = cli("new-key").stdout
    assert re.fullmatch(r"[A-Za-z0-9+/]{43}=\n", printed)
    assert cli("account", LIENTHONG_MASTER_KEY=printed).exit_code == 0


def test_without_a_command_the_help_is_shown(cli: Cli) -> None:
    shown = cli()
    assert all(word in shown.output for word in ("demo", "account", "doctor", "new-key"))


def test_every_state_event_and_milestone_has_a_vietnamese_word() -> None:
    assert set(DOSSIER_STATES) == {str(state) for state in DossierState}
    assert set(DELIVERY_STATES) == {str(state) for state in DeliveryState}
    assert set(EVENTS) >= {str(event) for event in DeliveryEvent}
    assert set(group("milestone")) == {str(milestone) for milestone in Milestone}
    assert set(REGISTRIES) == set(REGISTRY_CODES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_error_has_words_for_what_to_do_next(language: str) -> None:
    kinds = {kind.__name__ for kind in vars(errors).values() if isinstance(kind, type)} - {"LienthongError"}
    assert set(group("next", language)) == kinds


def test_the_account_fits_a_terminal_of_80_columns(cli: Cli, environment: dict[str, str | None]) -> None:
    from rich.console import Console

    from connectors.postgres import named_url

    assert cli("run", "pull", "24").exit_code == 0
    with open_ledger(named_url(environment["LIENTHONG_DATABASE_URL"] or ""), Vault(bytes(32))) as ledger:
        lines = read_account(ledger)
    narrow = Console(width=80)
    with narrow.capture() as shown:
        narrow.print(account_table(lines))
    assert "…" not in shown.get()
    assert all(word in shown.get() for word in ("health_insurance", "unexplained", "Bắc Ninh"))
