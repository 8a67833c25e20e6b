"""Asks a person about one batch that did not pass the gate, and carries out the answer.

`gate_batches` starts it once for each such batch. The users whom a grant names for the portal find the question in
Airflow under *Required actions*. When the batch was decided at the desk in the meantime, the answer changes nothing.

**Is one failure urgent?** Yes, within the hour: the batch stays unsent, and the deadlines of its dossiers run. A run
that waits for an answer is not a failure.

**What to do first.** Open the failed task's log; its last line names the cause. *NotAllowed*: the person who answered
has no role for this portal; give one with `lienthong grant`, or let a person with the role decide at the desk. For any
other cause clear the task, which is safe at any time; when it fails again, call the engineer.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Param, get_current_context, task

from dags.airflow_side.assets import CLEARED, DEFAULTS, moved

OPTIONS = ["Cho đi", "Từ chối", "Để lại"]
"""Release, reject, leave it to the desk: the words that `dags/steps/batch_questions.py` knows."""


def _batch_id() -> int:
    """The batch that this run is about."""
    return int((get_current_context()["dag_run"].conf or {})["batch_id"])


with DAG(
    "decide_batches",
    dag_display_name="Decide about batches",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=50,
    default_args=DEFAULTS,
    tags=["gate"],
):

    @task
    def question() -> list[dict[str, Any]]:
        from connectors.ledger import open_ledger
        from dags.steps import batch_questions

        with open_ledger() as ledger:
            return batch_questions.question(ledger, _batch_id())

    @task(outlets=[CLEARED])
    def carry_out(answers: Any) -> dict[str, int]:
        from connectors.ledger import open_ledger
        from dags.steps import batch_questions

        with open_ledger() as ledger:
            return moved(batch_questions.carry_out(ledger, _batch_id(), list(answers)[0]))

    decide = HITLOperator.partial(
        task_id="decide",
        options=OPTIONS,
        defaults=OPTIONS[2],
        response_timeout=timedelta(days=7),
        params={"reason": Param("", type="string", title="Lý do")},
    )
    carry_out(decide.expand_kwargs(question()).output)
