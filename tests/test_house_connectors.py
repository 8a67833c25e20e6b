"""What every connector brings along: a row, a route, a form, a twin of its own, recorded cases, a docstring."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.portals.contract import Platform
from connectors.portals.provinces import PROVINCES
from connectors.registries import REGISTRIES
from connectors.sandbox.sandbox import Sandbox
from dags.airflow_side.provider import FORMS
from schemas.registries import REGISTRY_CODES
from schemas.routes import ROUTES
from tests.support.house import ROOT, connectors_declared, docstring, imports_of, path_name

REGISTRY_FILES = connectors_declared("connectors/registries", "REGISTRY")
PLATFORM_FILES = connectors_declared("connectors/portals", "PLATFORM")
FILES = {**REGISTRY_FILES, **PLATFORM_FILES}
TWINS = "connectors/sandbox/twins"

MUST_SAY = {
    "whose system it is": r"Whose:|A vendor's|The interlinked hub",
    "which documents define it": r"Documents?[:.]|Defined by:",
    "what is assumed": r"(?i)assumed",
    "who we are there": r"Who we are:|client credentials",
    "what a repeat does": r"A repeat",
}
"""What the docstring of a connector says, in one way or another."""


@pytest.fixture(scope="module")
def twins() -> Iterator[set[str]]:
    with Sandbox(1, 1) as sandbox:
        yield set(sandbox.server.listeners)


def test_every_registry_has_a_row_and_every_row_a_registry() -> None:
    assert set(REGISTRIES) == set(REGISTRY_FILES) == set(REGISTRY_CODES)
    assert {code: registry.code for code, registry in REGISTRIES.items()} == {code: code for code in REGISTRY_FILES}


def test_every_route_ends_at_registries_that_exist() -> None:
    assert {step.registry_code for route in ROUTES for step in route.steps} == set(REGISTRIES)


def test_every_province_runs_a_platform_that_exists_and_every_platform_is_run() -> None:
    assert {province.platform_code for province in PROVINCES.values()} == set(PLATFORM_FILES)
    for code, province in PROVINCES.items():
        assert isinstance(province.platform, Platform)
        assert province.platform.code == province.platform_code
        assert re.fullmatch(r"\d{2}", code)
        assert code == province.province_code
    assert len({province.agency_code for province in PROVINCES.values()}) == len(PROVINCES)


def test_every_system_has_a_connection_form() -> None:
    assert set(FORMS) == {"portal", *REGISTRIES}


def expected_of(case: Path) -> object:
    """What a recorded case is read as: registries have it in `case.json`, platforms in a file of its own."""
    whole = case / "case.json"
    if whole.exists():
        return json.loads(whole.read_text())["expected"]
    return json.loads((case / "expected.json").read_text())


@pytest.mark.parametrize("code", FILES)
def test_every_connector_has_a_twin_and_recorded_cases(code: str, twins: set[str]) -> None:
    assert code in twins, f"the sandbox has no {code}: write {TWINS}/{code}.py"
    cases = [path for path in (ROOT / "tests/recorded" / code).glob("*") if path.is_dir()]
    assert len(cases) >= 3, f"tests/recorded/{code} holds {len(cases)} cases"
    for case in cases:
        assert expected_of(case) is not None, f"{case}: what it reads as is missing"


@pytest.mark.parametrize("code", FILES)
def test_every_connector_says_whose_system_it_is_what_is_assumed_and_what_a_repeat_does(code: str) -> None:
    words = "\n".join(docstring(path) for path in FILES[code])
    missing = [what for what, pattern in MUST_SAY.items() if not re.search(pattern, words)]
    assert not missing, f"{path_name(FILES[code][0])} does not say {', '.join(missing)}"


@pytest.mark.parametrize("code", FILES)
def test_a_twin_is_written_from_the_documents_and_never_from_the_connector(code: str) -> None:
    known = {imported.module for path in twin_files(code) for imported in imports_of(path)}
    copied = [name for name in known if name.startswith(("connectors.registries", "connectors.portals", "quality"))]
    assert not copied, f"the twin of {code} imports {copied}: both would be wrong together"


def twin_files(code: str) -> list[Path]:
    """The twin's own file, and those whose names begin with its code."""
    found = [path for path in (ROOT / TWINS).rglob("*.py") if path.stem.startswith(code) or code in path.parts]
    assert found, f"write {TWINS}/{code}.py"
    return found


@pytest.mark.parametrize("code", FILES)
def test_a_connector_opens_no_socket_itself(code: str) -> None:
    used = {imported.module.split(".")[0] for path in FILES[code] for imported in imports_of(path)}
    assert not used & {"requests", "socket", "urllib3", "http", "sqlalchemy", "psycopg"}, "connectors/http.py sends"
