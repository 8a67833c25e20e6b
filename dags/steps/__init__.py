"""The steps of the pipeline as plain functions without Airflow; DAGs, the command line, tests and benchmarks call them.

Each takes the ledger, a connector and its endpoint, moves the dossiers that can be moved now, and returns counts of
them. Each may be killed at any moment, run twice, or run beside itself, without a second effect. Faults of single
dossiers are recorded in the ledger. An error is raised only for the engineer or the operator, at the end, when all
else is done.
"""

from dags.steps.checking import check
from dags.steps.delivering import collect, deliver
from dags.steps.digitising import read_pages, take_in
from dags.steps.entering import enter
from dags.steps.gating import build_docs, gate, judge_days
from dags.steps.pulling import pull
from dags.steps.reporting import report

__all__ = [
    "build_docs",
    "check",
    "collect",
    "deliver",
    "enter",
    "gate",
    "judge_days",
    "pull",
    "read_pages",
    "report",
    "take_in",
]
