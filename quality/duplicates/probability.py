"""The probability that two dossiers are about one birth: weights after Fellegi and Sunter, pinned in `model.json`.

`match_probability` gives a pair the probability that Splink gives it, without Splink: it has Splink's levels and
numbers. Of a level's numbers, m is how often it holds for two dossiers about one birth, u for two about different
births. The model was trained on invented births (`python -m tests.benchmarks.duplicates --train`): it holds no personal
data.
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
"""Shares of family names as commonly quoted for the Kinh, without marks: to share Nguyễn says little."""
RARE_FAMILY = 0.002


def share_of_family(family: str) -> float:
    return FAMILIES.get(family, RARE_FAMILY)


@dataclass(frozen=True)
class LinkageModel:
    """`prior`: the probability that two random births are one. `chances`: m and u by comparison and level."""

    prior: float
    chances: Mapping[str, Mapping[str, tuple[float, float]]]


@cache
def pinned_model() -> LinkageModel:
    """The model in `model.json`."""
    content = json.loads(files("quality.duplicates").joinpath("model.json").read_text())
    chances = {name: {level: (m, u) for level, (m, u) in levels.items()} for name, levels in content["chances"].items()}
    return LinkageModel(content["prior"], chances)


@dataclass(frozen=True, slots=True)
class _Weights:
    """A comparison with the weight of each level, in the order in which levels are tried."""

    column: str
    levels: tuple[tuple[Holds, float], ...]
    otherwise: float
    log_u_by_frequency: float | None


@cache
def _weights() -> tuple[float, tuple[_Weights, ...]]:
    model = pinned_model()
    weighed = []
    for comparison in COMPARISONS:
        chances = model.chances[comparison.name]
        weight = {level: log2(m / u) for level, (m, u) in chances.items()}
        weighed.append(
            _Weights(
                comparison.column,
                tuple((level.holds, weight[level.name]) for level in comparison.levels),
                weight[ELSE],
                log2(chances[comparison.levels[0].name][1]) if comparison.by_frequency else None,
            )
        )
    return log2(model.prior / (1 - model.prior)), tuple(weighed)


def match_probability(first: ComparedBirth, second: ComparedBirth) -> float:
    """The probability that two dossiers are about one birth. Twins are told apart by `relation` before."""
    weight, comparisons = _weights()
    for comparison in comparisons:
        value = getattr(first, comparison.column)
        if value is None or getattr(second, comparison.column) is None:
            continue
        for holds, level_weight in comparison.levels:
            if holds(first, second):
                weight += level_weight
                if comparison.log_u_by_frequency is not None:
                    weight += comparison.log_u_by_frequency - log2(share_of_family(value))
                break
        else:
            weight += comparison.otherwise
    return _probability(weight)


def _probability(weight: float) -> float:
    return 1 / (1 + 2**-weight) if weight > -1000 else 0.0
