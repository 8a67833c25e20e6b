"""Runs and their figures: medians side by side, and what machine it was."""

import os
import platform
import sys
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Run:
    """So many things in so many seconds of the wall clock."""

    count: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.count / self.seconds


def rate(runs: list[Run]) -> float:
    """The median of the runs, in things per second."""
    return median(run.per_second for run in runs)


def spread(runs: list[Run]) -> str:
    """Slowest and fastest run."""
    rates = [run.per_second for run in runs]
    return f"{min(rates):,.0f} - {max(rates):,.0f}"


def machine() -> str:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    return f"{platform.machine()}, {cores} cores, Python {platform.python_version()}"
