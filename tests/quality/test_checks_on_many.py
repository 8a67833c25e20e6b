"""The checks over many dossiers: those of the sandbox, each with at most one planted defect, and strange ones."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from connectors.portals.provinces import PROVINCES
from connectors.sandbox.dataset import Dataset, Planted
from quality.check import FetchedPaper
from quality.examination import examine, explain, holding_checks
from schemas.dates import VIETNAM, PartialDate
from schemas.dossier import ADMISSION, Admission, Dossier
from schemas.fields import Model
from tests.support.dossiers import SOUND, changed
from tests.support.planted_defects import HELD_BY

UNREADABLE = "broken_content"
"""Planted in the portal's bytes, so that reading fails before any check."""


@pytest.fixture(scope="module")
def planted() -> list[Planted]:
    dataset = Dataset(11, 1500, tuple(PROVINCES), datetime(2026, 11, 22, 12, tzinfo=VIETNAM))
    return [each for each in dataset.planted if ADMISSION[each.dossier.status] is Admission.DELIVER]


def fetched(planted: Planted) -> list[FetchedPaper]:
    return [
        FetchedPaper(paper.kind_code, paper.sha256, sha256(content).hexdigest(), len(content))
        for paper, content in zip(planted.dossier.papers, planted.papers, strict=True)
    ]


def held_for(dossier: Dossier, papers: list[FetchedPaper]) -> set[str]:
    return {finding.check_code for finding in examine(dossier, papers) if finding.weight.holds_dossier}


def test_each_planted_defect_is_held_under_its_own_name(planted: list[Planted]) -> None:
    faulty = [each for each in planted if each.defect not in (None, UNREADABLE)]
    assert {each.defect for each in faulty} == HELD_BY.keys()
    missed = {each.defect for each in faulty if HELD_BY[str(each.defect)] not in held_for(each.dossier, fetched(each))}
    assert missed == set()


def test_no_dossier_is_held_that_has_no_defect(planted: list[Planted]) -> None:
    sound = [each for each in planted if each.defect in (None, UNREADABLE)]
    assert len(sound) > 1000
    assert set().union(*(held_for(each.dossier, fetched(each)) for each in sound)) == set()


def test_the_checks_that_hold_a_dossier_can_be_had_alone(planted: list[Planted]) -> None:
    held = [holding_checks(each.dossier) for each in planted]
    assert held == [held_for(each.dossier, []) for each in planted]
    assert len(set().union(*held)) > 20


def test_an_edited_dossier_is_not_held_any_more(planted: list[Planted]) -> None:
    edited = [each.edited for each in planted if each.edited]
    assert len(edited) > 10
    assert set().union(*(held_for(each, []) for each in edited)) == set()


def test_all_checks_together_take_less_than_half_a_millisecond(planted: list[Planted]) -> None:
    """The bar is 150 microseconds on a machine at rest (`tests.benchmarks.checks`); this one is for any machine."""
    papers = [(each.dossier, fetched(each)) for each in planted]
    began = time.process_time()
    for dossier, fetched_papers in papers:
        examine(dossier, fetched_papers)
    assert (time.process_time() - began) / len(papers) < 500e-6


def leaves(model: Model, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of a dossier that holds a value, a date or nothing, with its path."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        parts = value if isinstance(value, tuple) else ()
        for place, part in enumerate(parts):
            yield from leaves(part, f"{path}{name}.{place}.")
        if isinstance(value, Model) and not isinstance(value, PartialDate):
            yield from leaves(value, f"{path}{name}.")
        elif not isinstance(value, tuple):
            yield f"{path}{name}", value


LEAVES = {kind: [leaf for leaf in leaves(dossier) if leaf[0] != "case.kind"] for kind, dossier in SOUND.items()}
ODD_TEXTS = ("", " ", "\u0301", "000000001", "²³¹", "Null", "H'Mông (Hoa)", "ẶX" * 40)
TEXTS = some.text(max_size=30) | some.sampled_from(ODD_TEXTS)
DATES = some.builds(
    PartialDate.of, some.integers(0, 2300), some.none() | some.integers(0, 13), some.none() | some.integers(0, 32)
)


def strange(value: Any) -> some.SearchStrategy[Any]:
    """Anything of the value's own type that a portal could send in its place."""
    if isinstance(value, PartialDate):
        return DATES | some.none()
    if isinstance(value, bool):
        return some.booleans()
    if isinstance(value, int):
        return some.integers(-(2**40), 2**40)
    if isinstance(value, Decimal):
        return some.decimals(allow_nan=False, allow_infinity=False) | some.just(Decimal("1E+999999"))
    return TEXTS if isinstance(value, str) else some.just(value)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=some.data())
def test_no_dossier_however_strange_makes_a_check_fail(data: some.DataObject) -> None:
    kind = data.draw(some.sampled_from(sorted(SOUND)))
    dossier = SOUND[kind]
    replaced = some.lists(some.sampled_from(LEAVES[kind]), min_size=1, max_size=6, unique_by=lambda leaf: leaf[0])
    for path, value in data.draw(replaced):
        dossier = changed(dossier, path, data.draw(strange(value)))
    for finding in examine(dossier):
        assert explain(finding)


@pytest.mark.parametrize("module", ["quality.check", "quality.checks.family", "quality.checks", "quality.examination"])
def test_the_catalogue_is_whole_whichever_module_is_imported_first(module: str) -> None:
    program = f"import {module}; from quality.examination import CATALOGUE; print(len(CATALOGUE))"
    counted = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    from quality.examination import CATALOGUE

    assert int(counted.stdout) == len(CATALOGUE)
