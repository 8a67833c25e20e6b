"""Prints how surely births handed in twice are found and twins are told apart, on invented births.

    python -m tests.benchmarks.duplicates [--births 20000] [--seed 11] [--train]

The errors and their rates are the tables of `tests.support.births`. `--train` makes the model anew from births of
another seed and writes `quality/duplicates/model.json`. It asserts nothing: `tests/quality/test_duplicates.py` does, on
fewer births.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import quality.duplicates
from quality.duplicates.all_pairs import pairs, train
from quality.duplicates.compared_birth import ComparedBirth, birth_of
from quality.duplicates.relation import DuplicateKind, are_too_close, relation_of
from tests.benchmarks.figures import machine
from tests.support.births import Born, births

TRAINED_ON, TESTED_ON = 1, 11
"""Seeds: what the model has learnt from is never what it is measured on."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class Measured:
    """What was said of pairs, beside what is true. `twins_blocked`: twins that would be held for a duplicate."""

    dossiers: int
    true_pairs: int
    candidates: int
    said: int
    rightly_said: int
    missed_as_twins: int
    twin_pairs: int
    twins_blocked: int
    twins_too_close: int
    splink_s: float
    kinds_s: float

    @property
    def precision(self) -> float:
        return self.rightly_said / self.said

    @property
    def recall(self) -> float:
        return self.rightly_said / self.true_pairs


def rows_of(born: Sequence[Born]) -> list[tuple[int, ComparedBirth]]:
    """Each birth as it is compared, numbered."""
    return [(at, birth) for at, one in enumerate(born) if (birth := birth_of(one.dossier))]


def measure(born: Sequence[Born]) -> Measured:
    rows = rows_of(born)
    true_pairs = set(_pairs_by(one.child for one in born))
    twins = set(_pairs_by(one.birth for one in born)) - true_pairs
    started = time.perf_counter()
    found = pairs(rows)
    splinked = time.perf_counter()
    kinds = {(one, other): relation_of(rows[one][1], rows[other][1]) for one, other, _ in found}
    ended = time.perf_counter()
    said = {pair for pair, kind in kinds.items() if kind and kind[0] is DuplicateKind.DUPLICATE}
    taken_for_twins = {pair for pair, kind in kinds.items() if kind and kind[0] is DuplicateKind.MULTIPLE_BIRTH}
    too_close = {pair for pair in kinds if are_too_close(rows[pair[0]][1], rows[pair[1]][1])}
    return Measured(
        len(born),
        len(true_pairs),
        len(found),
        len(said),
        len(said & true_pairs),
        len(true_pairs & taken_for_twins),
        len(twins),
        len(twins & said),
        len(twins & too_close),
        splinked - started,
        ended - splinked,
    )


def _pairs_by(numbers: Iterable[int]) -> Iterable[Pair]:
    groups: dict[int, list[int]] = defaultdict(list)
    for at, number in enumerate(numbers):
        groups[number].append(at)
    for group in groups.values():
        yield from combinations(group, 2)


def write_model(path: Path, count: int) -> None:
    """Trains on the seed for it and writes the numbers."""
    born = births(TRAINED_ON, count)
    model = train(rows_of(born), [one.child for one in born])
    path.write_text(json.dumps(asdict(model), indent=1) + "\n")


def main(
    count: Annotated[int, typer.Option("--births", min=500)] = 20_000,
    seed: Annotated[int, typer.Option(help="Not the one of the training.")] = TESTED_ON,
    make_model: Annotated[bool, typer.Option("--train", help="Train, write the model, and end.")] = False,
) -> None:
    """Precision, recall and twins."""
    out = Console(width=110)
    if make_model:
        write_model(Path(quality.duplicates.__path__[0]) / "model.json", count)
        return
    started = time.perf_counter()
    born = births(seed, count)
    made = time.perf_counter()
    measured = measure(born)
    out.print(f"{machine()}; {measured.dossiers} dossiers of births, seed {seed}, made in {made - started:.1f} s")
    out.print(f"handed in twice: {measured.true_pairs} pairs; candidates by Splink: {measured.candidates} pairs")
    out.print(f"precision {measured.precision:.4f} (bar 0.98), recall {measured.recall:.4f} (bar 0.95)")
    out.print(
        f"twins: {measured.twin_pairs} pairs of dossiers, {measured.twins_blocked} taken for a duplicate (bar 0);"
        f" {measured.twins_too_close} with days that cannot both be right"
    )
    out.print(f"missed because they could be twins: {measured.missed_as_twins}")
    out.print(f"Splink {measured.splink_s:.1f} s, kinds {measured.kinds_s:.2f} s")


if __name__ == "__main__":
    typer.run(main)
