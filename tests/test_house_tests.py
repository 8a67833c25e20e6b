"""The tests keep their order too: each has the markers of its file, and every mutant still fits the source."""

import ast
import re

import pytest

from tests.mutants.__main__ import planted_in
from tests.mutants.mutant import Mutant
from tests.mutants.mutants import MUTANTS
from tests.support.house import ROOT, TESTS, complaint, imports_of, path_name, tree_of
from tests.support.markers import AIRFLOW, BROWSER, MARKERS, PAPER, SLOW, is_in, markers_of

TEST_FILES = [path for path in TESTS if path.name.startswith("test_")]
NEEDED_FOR = {
    "airflow": re.compile(r"airflow|dags\.airflow_side\.(?!provider)|dags\.(?:local\.)?demo"),
    "browser": re.compile(r"playwright|tests\.support\.(?:browser|staged_desk)"),
    "paper": re.compile(r"cv2|connectors\.paper\.(?:images|reading|crops|recognisers)|tests\.support\.register_pages"),
}
"""By marker: what a file imports that has it."""


def test_every_test_that_is_collected_has_the_markers_of_its_file(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        has = {marker.name for marker in item.iter_markers()} & MARKERS.keys()
        assert has == markers_of(item.nodeid, getattr(item, "fixturenames", ())), item.nodeid


def test_no_file_marks_its_tests_by_itself() -> None:
    own = re.compile(rf"pytest\.mark\.(?:{'|'.join(MARKERS)})\b")
    found = [path_name(path) for path in TEST_FILES if own.search(path.read_text())]
    assert not found, complaint("tests/support/markers.py says which tests are slow, and why.", found)


def test_every_marked_place_is_there() -> None:
    for place in (*AIRFLOW, *BROWSER, *PAPER, *SLOW):
        path, _, name = place.partition("::")
        assert (ROOT / path).exists(), place
        if name:
            tests = [node.name for node in tree_of(ROOT / path).body if isinstance(node, ast.FunctionDef)]
            assert any(is_in(f"{path}::{test}", place) for test in tests), place


@pytest.mark.parametrize("marker", NEEDED_FOR)
def test_a_file_that_needs_airflow_or_a_browser_is_marked_so(marker: str) -> None:
    needing = [
        path_name(path)
        for path in TEST_FILES
        if any(NEEDED_FOR[marker].match(imported.module) for imported in imports_of(path))
    ]
    unmarked = [name for name in needing if marker not in markers_of(name)]
    assert not unmarked, complaint(f"These need the marker `{marker}` in tests/support/markers.py:", unmarked)


def test_a_test_is_quick_unless_its_place_says_more() -> None:
    assert markers_of("tests/schemas/test_text.py::test_new") == {"quick"}
    assert markers_of("tests/journeys/test_new.py::test_new") == {"slow"}
    assert markers_of("tests/dags/test_plugin_more.py::test_new") == {"quick"}
    assert markers_of("tests/quality/test_new.py::test_new", ["ledger", "pipeline"]) == {"slow"}
    demo = next(place for place in BROWSER if "test_demo.py::" in place)
    assert markers_of(demo) == {"airflow", "browser", "slow"}
    assert "browser" not in markers_of(f"{demo}_too")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_fits_the_source_and_its_test_is_there(mutant: Mutant) -> None:
    for change in mutant.changes:
        planted_in(ROOT, change)
        assert change.anchor != change.replacement
    path, _, name = mutant.caught_by.partition("[")[0].partition("::")
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE), mutant.caught_by


def test_mutants_have_names_of_their_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 20
