"""A new registry and a new platform are made by a command, found by every list, and taken away without a trace.

All of it happens in a copy of the repository, in processes of their own: this one has imported the original.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dags.cli.scaffold import _words, app, platform_files, registry_files

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".ruff_cache", ".pytest_cache", "dist", "site")
ROW = '        RegistryRow(LandReceipt, "Đất đai", "Land"),\n'
STEPS = '"land", (LAND,), SOIL),'
OF_LISTS = "one_dag_per_province or each_registry or connection_type"
"""Tests of the DAGs, pools, forms and hooks."""
PROVINCE = '        PortalProvince("46", "Huế", "hub", "H57"),\n'

LISTS = """
import json
from connectors.portals.provinces import PROVINCES
from connectors.registries import REGISTRIES, refusal_rows
from connectors.sandbox.sandbox import Sandbox
from dags.airflow_side import hooks
from dags.airflow_side.assets import ANSWERED, SENT
from dags.airflow_side.provider import FORMS, get_provider_info
from dags.desk.language import Locale
from dags.steps.answers import read_answer
from quality import words
from quality.answers.causes import ANSWERING
from schemas.registries import REGISTRY_CODES, Given

with Sandbox(1, 1) as sandbox:
    listeners, connections = sorted(sandbox.server.listeners), sorted(sandbox.connections)
print(json.dumps({
    "registries": list(REGISTRIES), "codes": list(REGISTRY_CODES), "forms": list(FORMS), "sent": list(SENT),
    "answered": list(ANSWERED), "answering": list(ANSWERING), "words": words.group("registry"),
    "desk": Locale("vi").of("registry", "sea_use"),
    "hook": getattr(getattr(hooks, "SeaUseHook", None), "conn_type", None),
    "types": [kind["connection-type"] for kind in get_provider_info()["connection-types"]],
    "listeners": listeners, "connections": connections,
    "platforms": sorted({province.platform.code for province in PROVINCES.values()}),
    "unknown": [cause.code for cause in read_answer("sea_use", "", "gì đó")] if "sea_use" in ANSWERING else [],
}))
"""


class Copy:
    """A copy of the repository, and commands run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT, root, ignore=LEFT_OUT)
        self.before = self.digests()

    def digests(self) -> dict[str, str]:
        """The digest of each file that a person writes."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return {
            path.relative_to(self.root).as_posix(): sha256(path.read_bytes()).hexdigest()
            for path in files
            if not {"__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis"} & set(path.parts)
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(self.root), "AIRFLOW_HOME": str(self.root.parent / "airflow")}
        return subprocess.run(
            [sys.executable, *words], cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )

    def must(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def lienthong(self, *words: str) -> str:
        return self.must("-m", "dags.cli.app", *words)

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        content = file.read_text(encoding="utf-8")
        assert content.count(old) == 1, f"{path}: {old}"
        file.write_text(content.replace(old, new), encoding="utf-8")

    def made(self) -> set[str]:
        """The files that are new; nothing else may have changed."""
        after = self.digests()
        assert {path: after.get(path) for path in self.before} == self.before
        return after.keys() - self.before.keys()

    def lists(self) -> dict[str, object]:
        read: dict[str, object] = json.loads(self.must("-c", LISTS).splitlines()[-1])
        return read

    def is_sound(self, *paths: str) -> None:
        """Linter, formatter and type checker find nothing in these files."""
        self.must("-m", "ruff", "check", *paths)
        self.must("-m", "ruff", "format", "--check", *paths)
        self.must("-m", "mypy", *paths)

    def passes(self, *words: str) -> None:
        """These tests pass, as they stand in the copy."""
        self.must("-m", "pytest", "-q", "-p", "no:cacheprovider", *words)

    def house_tests(self) -> list[str]:
        return [path.relative_to(self.root).as_posix() for path in sorted(self.root.glob("tests/test_house*.py"))]


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    made = Copy(tmp_path / "repository")
    yield made
    shutil.rmtree(made.root)


def receipt_of(printed: str) -> str:
    """The receipt that the command printed."""
    start = printed.index("class SeaUseReceipt")
    return printed[start : printed.index("and as the last line")]


def test_a_new_registry_is_found_by_every_list_and_leaves_no_trace(copy: Copy) -> None:
    printed = copy.lienthong(
        "new-registry", "sea_use", "--name-vi", "Biển đảo", "--name-en", "Sea", "--case-kind", "land"
    )
    made = copy.made()
    assert {path.split("/")[-1] for path in made if "registries" in path} == {
        "__init__.py",
        "wire.py",
        "phrases.csv",
        "codes.csv",
        "elements.csv",
    }

    rows, routes = "schemas/registries.py", "schemas/routes.py"
    row = 'RegistryRow(SeaUseReceipt, "Biển đảo", "Sea"),'
    assert row in printed
    assert 'Step(registry_code="sea_use")' in printed
    copy.edit(
        rows,
        "@dataclass(frozen=True)\nclass RegistryRow:",
        f"{receipt_of(printed)}\n@dataclass(frozen=True)\nclass RegistryRow:",
    )
    copy.edit(rows, ROW, f"{ROW}        {row}\n")
    copy.edit(routes, STEPS, '"land", (LAND, Step(registry_code="sea_use")), SOIL),')

    lists = copy.lists()
    for name in ("registries", "codes", "forms", "sent", "answered", "answering", "words", "listeners"):
        assert "sea_use" in lists[name], name  # type: ignore[operator]  # each is a list or a dict
    assert lists["words"]["sea_use"] == lists["desk"] == "Biển đảo"  # type: ignore[index]  # it is a dict
    assert lists["hook"] == "lienthong_sea_use"
    assert "lienthong_sea_use" in lists["types"]
    assert "AIRFLOW_CONN_SEA_USE" in lists["connections"]  # type: ignore[operator]  # it is a list
    assert lists["unknown"] == ["sea_use.unknown"]

    copy.is_sound("connectors/registries/sea_use", "connectors/sandbox/twins/sea_use.py", rows)
    copy.passes("tests/connectors/test_contract.py", "-k", "sea_use")
    copy.passes("tests/dags/test_dag_files.py", "-k", OF_LISTS)
    copy.passes(*copy.house_tests(), "-k", "sea_use or registr or route")

    for path in made:
        (copy.root / path).unlink()
    shutil.rmtree(copy.root / "connectors/registries/sea_use")
    shutil.rmtree(copy.root / "tests/recorded/sea_use")
    for path in (rows, routes):
        shutil.copy(ROOT / path, copy.root / path)
    assert copy.digests() == copy.before
    assert "sea_use" not in copy.lists()["registries"]  # type: ignore[operator]  # it is a list


def test_a_new_platform_is_found_by_every_list_and_leaves_no_trace(copy: Copy) -> None:
    printed = copy.lienthong("new-platform", "new_portal", "--name-vi", "Cổng mới", "--name-en", "A new portal")
    made = copy.made()
    assert '"new_portal"' in printed

    provinces = "connectors/portals/provinces.py"
    copy.edit(provinces, PROVINCE, f'{PROVINCE}        PortalProvince("01", "Hà Nội", "new_portal", "H26"),\n')
    lists = copy.lists()
    assert "new_portal" in lists["platforms"]
    assert "new_portal" in lists["listeners"]
    assert "AIRFLOW_CONN_PORTAL_01" in lists["connections"]  # type: ignore[operator]  # it is a list

    copy.is_sound("connectors/portals/new_portal.py", "connectors/sandbox/twins/new_portal.py")
    copy.passes("tests/connectors/test_portals.py", "-k", "recorded_exchange")
    copy.passes("tests/dags/test_dag_files.py", "-k", OF_LISTS)
    copy.passes(*copy.house_tests(), "-k", "new_portal or province")

    for path in made:
        (copy.root / path).unlink()
    shutil.rmtree(copy.root / "tests/recorded/new_portal")
    shutil.copy(ROOT / provinces, copy.root / provinces)
    assert copy.digests() == copy.before


def refused(command: str, code: str, *words: str) -> str:
    """What the command says when it makes nothing."""
    done = CliRunner().invoke(app, [command, code, *words])
    assert done.exit_code == 1
    return done.stderr


@pytest.mark.parametrize("command", ["new-registry", "new-platform"])
@pytest.mark.parametrize("code", ["Sea", "sea-use", "1sea", "sea__use", "../sea", "", "s", "sea_" * 6 + "u"])
def test_a_code_that_is_none_is_refused(command: str, code: str) -> None:
    assert "is no code" in refused(command, code)


@pytest.mark.parametrize("name", ["", " ", 'Biển "đảo"', "Biển\\đảo", "Biển\nđảo", "B" * 61])
def test_a_name_that_would_break_a_line_of_code_is_refused(name: str) -> None:
    assert "is no name" in refused("new-registry", "sea_use", "--name-vi", name)


@pytest.mark.parametrize(("command", "code"), [("new-registry", "land"), ("new-platform", "hub")])
def test_what_is_there_already_is_never_written_over(command: str, code: str) -> None:
    twin = ROOT / f"connectors/sandbox/twins/{code}.py"
    before = twin.stat().st_mtime_ns
    assert "there is already" in refused(command, code)
    assert twin.stat().st_mtime_ns == before


@pytest.mark.parametrize("code", ["ab", "a_registry_of_a_long_code"[:24]])
def test_what_is_made_is_as_the_formatter_writes_it_whatever_the_code(tmp_path: Path, code: str) -> None:
    words = _words(code, "Tên gọi", "B" * 60)
    made = {"registry": registry_files({**words, "case_kind": "residence"}), "platform": platform_files(words)}
    for path, text in ((tmp_path / what / path, text) for what in made for path, text in made[what].items()):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    ours = ("--config", 'lint.isort.known-first-party = ["connectors", "schemas"]')
    for verb, more in ((["check"], ours), (["format", "--check"], ())):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *verb, "--config", str(ROOT / "pyproject.toml"), *more, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
