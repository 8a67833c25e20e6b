"""Plants each mutant in a copy of the tree and runs the test that must catch it. Exits with 1 when one survives.

The named tests are run without any mutant first: a test that fails anyway has caught nothing.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.mutants.mutant import Change, Mutant
from tests.mutants.mutants import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("schemas", "connectors", "quality", "dags", "tests", "pyproject.toml", "README.md")
TOGETHER = 2
LONGEST_S = 300
PASSED, FAILED = 0, 1
"""How pytest ends; any other number means that it could not run."""


def planted_in(root: Path, change: Change) -> Path:
    """The file that the change is made in. Raises ValueError unless its anchor stands exactly once."""
    holding = [(path, path.read_text().count(change.anchor)) for path in sorted(root.glob(change.files))]
    times = sum(count for _, count in holding)
    if times != 1:
        raise ValueError(f"stands {times} times instead of once in {change.files}: {change.anchor!r}")
    return next(path for path, count in holding if count)


def plant(root: Path, mutant: Mutant) -> None:
    for change in mutant.changes:
        path = planted_in(root, change)
        path.write_text(path.read_text().replace(change.anchor, change.replacement))


@contextmanager
def copy_of(tree: Path) -> Iterator[Path]:
    """A copy of a tree in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        for name in COPIED:
            source, target = tree / name, Path(folder) / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        yield Path(folder)


def run(root: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Runs tests in a tree: how pytest ended, and what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={root}/pytest", *tests]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, f"no end after {LONGEST_S} s"
    return done.returncode, done.stdout + done.stderr


def failing_without_a_mutant(tree: Path, tests: Sequence[str]) -> set[str]:
    """Those of the tests that fail in the tree as it is."""
    ended, printed = run(tree, ["-rfE", *tests])
    if ended == PASSED:
        return set()
    failing = {test for test in tests if f"FAILED {test}" in printed or f"ERROR {test}" in printed}
    if not failing:
        sys.exit(f"the named tests cannot be run:\n{printed[-2000:]}")
    return failing


def judge(tree: Path, mutant: Mutant) -> str:
    """`caught`, or what is wrong."""
    with copy_of(tree) as root:
        try:
            plant(root, mutant)
        except ValueError as error:
            return f"does not fit the source any more: {error}"
        ended, printed = run(root, ["-x", mutant.caught_by])
    if ended == PASSED:
        return f"SURVIVED {mutant.caught_by}: {mutant.bug}"
    if ended == FAILED:
        return "caught"
    return f"cannot be judged, pytest ended with {ended}:\n{printed[-1500:]}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants to run; all when none is named")
    names = parser.parse_args().names
    unknown = set(names) - {mutant.name for mutant in MUTANTS}
    if unknown:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    with copy_of(ROOT) as tree:  # what is edited meanwhile changes nothing
        return judge_all(tree, chosen)


def judge_all(tree: Path, chosen: Sequence[Mutant]) -> int:
    failing = failing_without_a_mutant(tree, sorted({mutant.caught_by for mutant in chosen}))
    judged = [mutant for mutant in chosen if mutant.caught_by not in failing]
    wrong = [f"{mutant.name}: its test fails without it too" for mutant in chosen if mutant.caught_by in failing]
    with ThreadPoolExecutor(TOGETHER) as workers:
        for mutant, verdict in zip(judged, workers.map(partial(judge, tree), judged), strict=True):
            print(f"{mutant.name}: {verdict}", flush=True)
            if verdict != "caught":
                wrong.append(f"{mutant.name}: {verdict.splitlines()[0]}")
    print(f"\n{len(chosen) - len(wrong)} of {len(chosen)} caught", *wrong, sep="\n  ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
