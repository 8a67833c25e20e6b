"""Prints what the checks catch of what the sandbox plants, and what a dossier costs; asserts nothing.

    uv run python -m tests.benchmarks.checks [--dossiers 10000] [--seed 11]

Per planted defect: how many were planted, how many of them the check meant for them held (recall), and of the dossiers
that this check held, how many have the defect (precision). A defect may rightly raise other checks' findings as well;
those count against a check only when the dossier has no defect at all. The cost is that of `examine` alone, papers
fetched and hashed before, best of several rounds in one thread, in time of the processor: other work on the machine
still slows it. The bar is 150 microseconds.
"""

import gc
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from time import process_time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from connectors.portals.provinces import PROVINCES
from connectors.sandbox.dataset import Dataset, Planted
from quality.check import FetchedPaper
from quality.examination import CATALOGUE, examine
from schemas.dates import VIETNAM
from schemas.dossier import ADMISSION, Admission, Dossier
from tests.support.planted_defects import HELD_BY

NOW = datetime(2026, 11, 22, 12, tzinfo=VIETNAM)
UNREADABLE = "broken_content"
"""Planted in the portal's bytes, so that reading fails before any check."""
ROUNDS = 7

Examinable = tuple[Dossier, Sequence[FetchedPaper]]


def main(
    dossiers: Annotated[int, typer.Option(help="How many dossiers the dataset has.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The dataset follows from it.")] = 11,
) -> None:
    """A line for each planted defect, then the clean dossiers and the cost."""
    out = Console(width=110, highlight=False)
    dataset = Dataset(seed, dossiers, tuple(PROVINCES), NOW)
    planted = [each for each in dataset.planted if ADMISSION[each.dossier.status] is Admission.DELIVER]
    read = [_examinable(each) for each in planted]
    held = [_held(one) for one in read]
    _print_defects(out, planted, held)
    clean = [codes for each, codes in zip(planted, held, strict=True) if each.defect in (None, UNREADABLE)]
    out.print(f"clean dossiers held: {sum(map(bool, clean))} of {len(clean)}")
    out.print(f"checks: {len(CATALOGUE)}; a dossier costs {_cost_us(read):.0f} µs (bar 150)")


def _examinable(planted: Planted) -> Examinable:
    described = zip(planted.dossier.papers, planted.papers, strict=True)
    return planted.dossier, [
        FetchedPaper(paper.kind_code, paper.sha256, sha256(content).hexdigest(), len(content))
        for paper, content in described
    ]


def _held(one: Examinable) -> frozenset[str]:
    return frozenset(finding.check_code for finding in examine(*one) if finding.weight.holds_dossier)


def _print_defects(out: Console, planted: Sequence[Planted], held: Sequence[frozenset[str]]) -> None:
    times, caught = Counter[str](), Counter[str]()
    falsely = Counter(code for each, codes in zip(planted, held, strict=True) if each.defect is None for code in codes)
    for each, codes in zip(planted, held, strict=True):
        if each.defect in HELD_BY:
            times[each.defect] += 1
            caught[each.defect] += HELD_BY[each.defect] in codes
    table = Table("planted", "times", "check", "recall", "precision", box=None)
    for name, code in HELD_BY.items():
        precision = caught[name] / (caught[name] + falsely[code]) if caught[name] else 0
        table.add_row(name, str(times[name]), code, f"{caught[name] / max(times[name], 1):.3f}", f"{precision:.3f}")
    out.print(table)
    out.print(f"all: {caught.total()} of {times.total()} caught, {falsely.total()} findings in clean dossiers")


def _cost_us(read: Sequence[Examinable]) -> float:
    """The dataset that lies in memory here is kept out of the garbage collector's way: it is not the checks'."""
    gc.collect()
    gc.freeze()
    return min(_round_s(read) for _ in range(ROUNDS)) / len(read) * 1e6


def _round_s(read: Sequence[Examinable]) -> float:
    began = process_time()
    for dossier, papers in read:
        examine(dossier, papers)
    return process_time() - began


if __name__ == "__main__":
    typer.run(main)
