"""The product's source as the house tests read it: its files, what each imports, which names and docstrings it has."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "connectors", "quality", "dags")
SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


@dataclass(frozen=True)
class Import:
    """A module that a file imports. `at_import`: when the file is imported itself, not in a function."""

    module: str
    line: int
    at_import: bool


def path_name(path: Path) -> str:
    """The path from the root of the repository, with slashes."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """`connectors.ledger` for its `__init__.py`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in SOURCES}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def docstring(path: Path) -> str:
    return ast.get_docstring(tree_of(path)) or ""


@cache
def imports_of(path: Path) -> tuple[Import, ...]:
    """Every name imported with its module (`a.b` and `a.b.name`); what only type checkers import is left out.

    Raises AssertionError for a relative import.
    """
    return tuple(_imports(path, tree_of(path), at_import=True))


def _imports(path: Path, node: ast.AST, *, at_import: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, at_import) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.module, f"{path_name(path)}:{child.lineno}: import by the full name"
            assert not child.level, f"{path_name(path)}:{child.lineno}: import by the full name"
            yield Import(child.module, child.lineno, at_import)
            yield from (Import(f"{child.module}.{alias.name}", child.lineno, at_import) for alias in child.names)
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports(path, child, at_import=at_import and not is_function)


def modules_needed(path: Path) -> set[str]:
    """The product's modules that run when this file is imported: those it imports, and the packages around them.

    Its own packages are left out, unless it imports a name from one: they always run before it.
    """
    here = module_name(path)
    needed: set[str] = set()
    for imported in imports_of(path):
        if imported.at_import and (module := _known(imported.module)):
            needed |= {module} if imported.module == module or module not in _around(here) else set()
            needed |= {package for package in _around(module) if package not in _around(here)}
    return needed - {here}


def _known(name: str) -> str | None:
    """The module that a dotted name leads to; None when it is none of ours."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


def _around(module: str) -> list[str]:
    """The packages that a module lies in, the outermost last."""
    packages = []
    while module := module.rpartition(".")[0]:
        packages.append(module)
    return packages


def circles(needed: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules each of which needs, over others, itself; each sorted. (Tarjan's algorithm.)"""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(module: str) -> None:
        number[module] = lowest[module] = len(number)
        stack.append(module)
        for other in sorted(needed.get(module, ())):
            if other not in number:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in stack:
                lowest[module] = min(lowest[module], number[other])
        if lowest[module] == number[module]:
            at = stack.index(module)
            groups.append(sorted(stack[at:]))
            del stack[at:]

    for module in sorted(needed):
        if module not in number:
            visit(module)
    return [group for group in groups if len(group) > 1]


def connectors_declared(folder: str, name: str) -> dict[str, list[Path]]:
    """By code, the files of every connector in a folder: a module or a package that assigns `name` (`REGISTRY`)."""
    found = {}
    for path in sorted((ROOT / folder).glob("*.py")):
        if _assigns(path, name):
            found[path.stem] = [path]
    for path in sorted((ROOT / folder).glob("*/__init__.py")):
        if _assigns(path, name):
            found[path.parent.name] = sorted(path.parent.rglob("*.py"))
    return found


def _assigns(path: Path, name: str) -> bool:
    for node in tree_of(path).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return True
    return False


def types_of(path: Path) -> Iterator[tuple[str, int]]:
    """Every class and every named alias of a type at the level of the module (`Group = list[...]`), with its line."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ClassDef):
            yield node.name, node.lineno
    for statement in tree_of(path).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            is_camel = name.lstrip("_")[:1].isupper() and not name.isupper() and "_" not in name.lstrip("_")
            if is_camel and isinstance(statement.value, ast.Subscript | ast.BinOp | ast.Name):
                yield name, statement.lineno


def identifiers_of(path: Path) -> set[str]:
    """Every name that a file gives or uses, and the module's own."""
    names = {path.parent.name if path.name == "__init__.py" else path.stem}
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.keyword(arg=str(name)) | ast.alias(asname=str(name)):
                names.add(name)
    return names


def docstrings_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every text that stands alone as a statement: docstrings, and what is said of a constant below it."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


def functions_of(path: Path) -> Iterator[tuple[str, int, int]]:
    """Every function: its name, its line, and how many lines it has with its decorators."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            assert node.end_lineno is not None
            yield node.name, node.lineno, node.end_lineno - first + 1


def complaint(rule: str, places: Iterable[str]) -> str:
    """What a failing house test says: the rule, and every place where it does not hold."""
    return f"{rule}\n  " + "\n  ".join(places)
