"""What the pages name exists: paths, modules, commands with their options, tests, and the targets of links."""

import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dags.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("schemas", "connectors", "quality", "dags", "tests")
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *(ROOT / package / "README.md" for package in PACKAGES[:4]),
    *sorted((ROOT / ".docs").glob("*.md")),
]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
IN_REPOSITORY = re.compile(rf"(?:{'|'.join(PACKAGES)}|\.ci|\.docs)/[\w./*<>-]*(?:::\w+)?")
TOP_LEVEL = re.compile(r"(?:[A-Z]+\.md|pyproject\.toml|requirements\.txt|\.airflowignore)")
MODULE = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+")
STARTED = re.compile(r"python -m ([\w.]+)")
COMMAND = re.compile(r"\blienthong (?:--demo )?([a-z][a-z-]*)((?: (?!#)\S+)*)")
OPTION = re.compile(r"--[a-z][a-z-]+")
NAMES_OF_LINES = {"UPPER": r"`([A-Z][A-Z_]{3,})` (?:of|in) `([\w./]+\.py)`"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code_in(markdown: str) -> Iterator[str]:
    """Code spans, and the lines of blocks of shell commands."""
    for language, block in FENCED.findall(markdown):
        if language == "bash":
            yield from block.splitlines()
    yield from SPAN.findall(FENCED.sub("", markdown))


def exists(path: str) -> bool:
    """A file, a folder, a module named without its ending, or a pattern that fits at least one of them."""
    path, _, test = path.partition("::")
    pattern = re.sub(r"<\w+>", "*", path.rstrip("/."))
    found = [*ROOT.glob(pattern), *ROOT.glob(f"{pattern}.py")]
    return bool(found) and (not test or any(f"def {test}(" in file.read_text() for file in found))


def faults(markdown: str) -> Iterator[str]:
    """What a page names and nobody can find."""
    for code in code_in(markdown):
        yield from (f"path {path}" for path in IN_REPOSITORY.findall(code) if not exists(path))
        yield from (f"module {module}" for module in STARTED.findall(code) if not importlib.util.find_spec(module))
        if TOP_LEVEL.fullmatch(code) and not (ROOT / code).exists():
            yield f"file {code}"
        if MODULE.fullmatch(code) and not code.endswith((".py", ".md", ".csv", ".tsv")) and not is_module(code):
            yield f"module {code}"
        for command, words in COMMAND.findall(code):
            yield from faults_of_command(command, words)
    for name, path in re.findall(NAMES_OF_LINES["UPPER"], markdown):
        if not re.search(rf"^{name}\b", (ROOT / path).read_text(), re.MULTILINE):
            yield f"{name} in {path}"


def is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def faults_of_command(command: str, words: str) -> Iterator[str]:
    runner = CliRunner(env={"COLUMNS": "200"})
    below = re.match(r" ([a-z][a-z-]*)", words)
    shown = runner.invoke(app, [command, below[1], "--help"]) if below else None
    if shown is None or shown.exit_code or "Usage:" not in shown.output:
        shown = runner.invoke(app, [command, "--help"])
    if shown.exit_code:
        yield f"command lienthong {command}"
        return
    yield from (
        f"option {option} of lienthong {command}" for option in OPTION.findall(words) if option not in shown.output
    )


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_names_exists(page: Path) -> None:
    assert sorted(set(faults(page.read_text()))) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if not target.startswith("http")]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("`schemas/rutes.py`", "path schemas/rutes.py"),
        ("`tests/test_docs.py::test_that_is_none`", "path tests/test_docs.py::test_that_is_none"),
        ("`uv run python -m tests.benchmarks.none`", "module tests.benchmarks.none"),
        ("`schemas.rutes`", "module schemas.rutes"),
        ("`lienthong fly`", "command lienthong fly"),
        ("```bash\nuv run lienthong demo --twice\n```\n", "option --twice of lienthong demo"),
        ("`NO_SUCH_NAME` in `schemas/routes.py`", "NO_SUCH_NAME in schemas/routes.py"),
    ],
)
def test_a_name_that_leads_nowhere_is_found(text: str, fault: str) -> None:
    assert list(faults(text)) == [fault]


def test_every_command_stands_in_the_readme() -> None:
    named = {command for code in code_in((ROOT / "README.md").read_text()) for command, _ in COMMAND.findall(code)}
    groups = [group.typer_instance for group in app.registered_groups if group.typer_instance]
    commands = [command for group in (app, *groups) for command in group.registered_commands]
    names = {command.name or command.callback.__name__ for command in commands if command.callback}
    assert names - named == set()


def test_every_decision_has_a_number_of_its_own_a_date_and_a_reason() -> None:
    for package in PACKAGES[:4]:
        text = (ROOT / package / "README.md").read_text()
        rows = re.findall(r"^\| ([SCQD]\d+) \| (.*?) \| (.*?) \| (.*?) \|", text, re.MULTILINE)
        assert [number for number, *_ in rows] == [f"{package[0].upper()}{at}" for at in range(1, len(rows) + 1)]
        assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", date) for _, date, *_ in rows)
        assert all(decided and why for *_, decided, why in rows)


def test_the_lease_and_its_margin_are_those_that_the_page_explains() -> None:
    from connectors.http import LONGEST_REPLY_S, LONGEST_WAIT_S
    from connectors.ledger.claims import LEASE_MARGIN_S, LEASE_S

    page = (ROOT / "connectors/README.md").read_text()
    assert f"leased for {LEASE_S} s, and nothing is sent in its last {LEASE_MARGIN_S} s" in page
    assert LONGEST_WAIT_S + LONGEST_REPLY_S <= LEASE_MARGIN_S


def test_the_version_is_the_newest_of_the_changelog() -> None:
    import tomllib

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (
        re.findall(r"^## (\S+) \(20\d\d-\d\d-\d\d\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == version
    )


def test_the_pages_of_the_site_are_made_of_the_repository_without_the_tool_that_builds_it(tmp_path: Path) -> None:
    """What the site is made of is checked here; the build itself, which needs the group `docs`, is in `.ci/run`."""
    code = (
        "import runpy, sys; site = runpy.run_path('.docs/build.py');"
        "pages = dict(site['pages']()); print(*sorted(pages)); print(pages['glossary.md']);"
        "assert 'fault' in pages['checks.md'] and '::: schemas.routes' in pages['code/schemas.md'];"
        "import tomllib; tomllib.loads(site['configuration']())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    names = done.stdout.splitlines()[0].split()
    assert {"index.md", "tour.md", "glossary.md", "checks.md", "checks.vi.md", "connectors/README.md"} <= set(names)
    assert "cổng dịch vụ công" in done.stdout
