"""Comparing many births at once needs an extra; who has not installed it is told how."""

import subprocess
import sys

import pytest

WITHOUT = """
import sys
sys.modules[{name!r}] = None
from quality.duplicates import all_pairs
{call}
"""


@pytest.mark.parametrize(
    ("name", "call"), [("pyarrow", "all_pairs.frame_of([])"), ("splink", "all_pairs.settings(None)")]
)
def test_without_the_extra_the_error_names_the_command_that_installs_it(name: str, call: str) -> None:
    code = WITHOUT.format(name=name, call=call)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert last == (
        f"ModuleNotFoundError: {name} is not installed: it belongs to an extra, `pip install 'lienthong[linkage]'`"
    )


def test_duplicates_are_found_without_the_extra() -> None:
    code = WITHOUT.format(
        name="splink", call="from quality.duplicates import probability; from dags.steps import matching"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).returncode == 0
