"""A migration carries an existing ledger over: in one chain, without losing data, and saying which tables it locks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

VERSIONS = sorted((Path(__file__).resolve().parents[2] / "schemas/migrations/versions").glob("v*.py"))
LOSES_DATA = re.compile(r"\bDROP\s+(TABLE|COLUMN|SCHEMA)\b|\bDELETE\s+FROM\b|\bTRUNCATE\s+(?!ON\b)", re.IGNORECASE)
LOSING_OPERATIONS = {"drop_table", "drop_column"}
WRITES_ROWS = re.compile(r"^\s*UPDATE\s+(?:ONLY\s+)?(\w+)?", re.IGNORECASE)
LOCKING_OPERATIONS = {
    "create_index": 1,
    "create_foreign_key": 1,
    "create_unique_constraint": 1,
    "create_check_constraint": 1,
    "create_primary_key": 1,
    "alter_column": 0,
}
"""What reads or rewrites a whole table while others wait, and where among its arguments the table stands."""
IS_QUICK = {"new_column_name", "server_default", "comment"}
"""Of `alter_column`: these change the catalogue alone, as does `nullable=True`."""

each_migration = pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every `op.something(...)` in the order of the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "op":
            yield node.func.attr, node


def constant(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def assigned(tree: ast.Module, name: str) -> object:
    """The constant that a migration assigns to a name at its top."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            return constant(statement.value)
    raise AssertionError(f"no {name}")


def keywords(call: ast.Call) -> dict[str | None, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords}


def statements(tree: ast.Module) -> Iterator[str]:
    """The SQL that is executed; what is filled in later stands in braces."""
    for name, call in calls(tree):
        if name == "execute":
            yield "".join(text_of(part) for part in parts_of(call.args[0]))


def parts_of(node: ast.expr) -> list[ast.expr]:
    return list(node.values) if isinstance(node, ast.JoinedStr) else [node]


def text_of(node: ast.expr) -> str:
    if isinstance(node, ast.FormattedValue):
        return "{" + ast.unparse(node.value) + "}"
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)


def locked(tree: ast.Module) -> set[str]:
    """The tables that a migration found there and reads or rewrites whole; `*` for one that is named at run time."""
    made = {constant(call.args[0]) for name, call in calls(tree) if name == "create_table"}
    tables = {
        constant(call.args[LOCKING_OPERATIONS[name]]) or "*"
        for name, call in calls(tree)
        if name in LOCKING_OPERATIONS and not is_quick(name, call)
    }
    tables |= {match[1] or "*" for sql in statements(tree) if (match := WRITES_ROWS.match(sql))}
    return {str(table) for table in tables - made}


def is_quick(name: str, call: ast.Call) -> bool:
    changed = keywords(call)
    if changed.pop("nullable", None) is not None and constant(keywords(call)["nullable"]) is not True:
        return False
    return name == "alter_column" and changed.keys() <= IS_QUICK


def test_migrations_are_one_chain_in_the_order_of_their_files() -> None:
    trees = {path.stem[1:5]: ast.parse(path.read_text()) for path in VERSIONS}
    assert list(trees) == [f"{number:04d}" for number in range(1, len(trees) + 1)]
    chain = [(assigned(tree, "revision"), assigned(tree, "down_revision")) for tree in trees.values()]
    assert chain == list(zip(trees, [None, *list(trees)[:-1]], strict=True))


@each_migration
def test_a_migration_loses_no_data(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert [name for name, _ in calls(tree) if name in LOSING_OPERATIONS] == []
    assert [sql for sql in statements(tree) if LOSES_DATA.search(sql)] == []


@each_migration
def test_a_new_column_that_must_hold_something_says_what_old_rows_hold(path: Path) -> None:
    for name, call in calls(ast.parse(path.read_text())):
        if name == "add_column":
            column = call.args[1]
            assert isinstance(column, ast.Call)
            must_hold = constant(keywords(column).get("nullable")) is not True
            assert not must_hold or "server_default" in keywords(column), ast.unparse(call)


@each_migration
def test_a_migration_says_which_tables_it_locks(path: Path) -> None:
    tree = ast.parse(path.read_text())
    names = re.search(r"^Locks: (.*?)(?:\n\n|\Z)", ast.get_docstring(tree) or "", re.MULTILINE | re.DOTALL)
    said = set(re.findall(r"\w+", names[1])) if names else set[str]()
    silent = locked(tree) - said - ({"*"} if said else set())
    assert not silent, f"{path.name}: say `Locks: ...` in its docstring, for who upgrades a large ledger: {silent}"


def test_what_would_lose_data_or_lock_a_table_is_seen() -> None:
    tree = ast.parse("""
op.create_table("made", sa.Column("a", sa.Text()))
op.create_index("ix", "made", ["a"])
op.create_index("ix", "found", ["a"])
op.alter_column("renamed", "a", new_column_name="b")
op.alter_column("loosened", "a", nullable=True)
op.alter_column("tightened", "a", nullable=False)
op.execute("UPDATE written SET a = 1")
op.execute(f"UPDATE {table} SET a = 1")
""")
    assert locked(tree) == {"found", "tightened", "written", "*"}
    losing = ("DROP TABLE a", "ALTER TABLE a DROP COLUMN b", "DELETE FROM a", "TRUNCATE a")
    assert all(LOSES_DATA.search(sql) for sql in losing)
    assert not LOSES_DATA.search("CREATE TRIGGER t BEFORE UPDATE OR DELETE OR TRUNCATE ON a")


def test_a_lock_of_a_session_is_given_back_where_it_is_taken() -> None:
    """A pooler in transaction mode keeps the session, and its locks, for the next one who comes."""
    root = Path(__file__).resolve().parents[2]
    sources = [path for room in ("connectors", "dags", "quality", "schemas") for path in (root / room).rglob("*.py")]
    takes = {path: path.read_text() for path in sources if re.search(r"pg_(try_)?advisory_lock\(", path.read_text())}
    assert [path.name for path, text in takes.items() if "pg_advisory_unlock(" not in text] == []
    assert len(sources) > 200
