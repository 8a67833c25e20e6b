"""How much each agreement says: weights after Fellegi and Sunter, trained once by Splink and pinned in `model.json`.

`compare` gives for one pair, without Splink, the probability that Splink gives it: the same levels, the same numbers.
Numbers: m is how often a level holds for two dossiers about one birth, u for two about different ones. Trained on
invented births (`python -m tests.benchmarks.duplicates --train`); no person's value is in the file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log2

from quality.duplicates.agreement import COMPARISONS, ELSE, Holds
from quality.duplicates.compared_birth import ComparedBirth

DUPLICATE_FROM = 0.9
"""From this probability on a pair is shown as a likely duplicate."""

FAMILIES: Mapping[str, float] = {
    "nguyen": 0.38, "tran": 0.121, "le": 0.095, "pham": 0.07, "hoang": 0.051, "huynh": 0.051, "phan": 0.045,
    "vu": 0.039, "vo": 0.039, "dang": 0.021, "bui": 0.02, "do": 0.014, "ho": 0.013, "ngo": 0.013, "duong": 0.01,
    "ly": 0.005, "dao": 0.009, "dinh": 0.008, "trinh": 0.008, "mai": 0.007, "truong": 0.01, "lam": 0.005,
    "doan": 0.007, "cao": 0.006, "luong": 0.006, "luu": 0.004, "ta": 0.004, "ha": 0.006, "phung": 0.003, "chu": 0.003,
}  # fmt: skip
"""Shares of family names as commonly quoted for the Kinh, without marks: two Nguyễn say little, two Nghiêm much."""
RARE_FAMILY = 0.002


def share_of_family(family: str) -> float:
    return FAMILIES.get(family, RARE_FAMILY)


@dataclass(frozen=True)
class LinkageModel:
    """`prior`: that two births taken at random are one. `chances`: m and u of each level, by comparison and level."""

    prior: float
    chances: Mapping[str, Mapping[str, tuple[float, float]]]


@cache
def pinned_model() -> LinkageModel:
    """The pinned model."""
    content = json.loads(files("quality.duplicates").joinpath("model.json").read_text())
    chances = {name: {level: (m, u) for level, (m, u) in levels.items()} for name, levels in content["chances"].items()}
    return LinkageModel(content["prior"], chances)


@dataclass(frozen=True, slots=True)
class _Weights:
    """A comparison with the weight of each of its levels, in the order in which they are tried."""

    column: str
    levels: tuple[tuple[Holds, float], ...]
    otherwise: float
    log_u_by_frequency: float | None


@cache
def _weights() -> tuple[float, tuple[_Weights, ...]]:
    pinned = pinned_model()
    weighed = []
    for comparison in COMPARISONS:
        chances = pinned.chances[comparison.name]
        weight = {level: log2(m / u) for level, (m, u) in chances.items()}
        weighed.append(
            _Weights(
                comparison.column,
                tuple((level.holds, weight[level.name]) for level in comparison.levels),
                weight[ELSE],
                log2(chances[comparison.levels[0].name][1]) if comparison.by_frequency else None,
            )
        )
    return log2(pinned.prior / (1 - pinned.prior)), tuple(weighed)


def match_probability(one: ComparedBirth, other: ComparedBirth) -> float:
    """The probability that two dossiers are about one birth. Says nothing of twins: see `kinds`."""
    weight, comparisons = _weights()
    for comparison in comparisons:
        value = getattr(one, comparison.column)
        if value is None or getattr(other, comparison.column) is None:
            continue
        for holds, of_level in comparison.levels:
            if holds(one, other):
                weight += of_level
                if comparison.log_u_by_frequency is not None:
                    weight += comparison.log_u_by_frequency - log2(share_of_family(value))
                break
        else:
            weight += comparison.otherwise
    return _probability(weight)


def _probability(weight: float) -> float:
    return 1 / (1 + 2**-weight) if weight > -1000 else 0.0
