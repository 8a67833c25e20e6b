"""The verbs as plain functions, without Airflow: what DAGs, the command line, tests and benchmarks call.

Each takes the ledger, a connector and its endpoint, moves what can be moved now, and returns counts of what it moved.
Each may be killed at any moment, run twice, or run beside itself, without a second effect. What went wrong with single
dossiers is in the ledger; an error is raised at the end, when all else is done, only for the engineer or the operator.
"""

from dags.steps.checking import check
from dags.steps.delivering import collect, deliver
from dags.steps.gating import build_docs, gate, judge_days
from dags.steps.pulling import pull
from dags.steps.reporting import report

__all__ = ["build_docs", "check", "collect", "deliver", "gate", "judge_days", "pull", "report"]
