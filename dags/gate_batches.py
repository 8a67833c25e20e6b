"""Looks at what a portal gave as a whole before anything of it is sent; what looks wrong is put to a person.

`gate_batches` judges each batch and, once a day, the day before. A batch that fails stays where it is, and
`decide_batches` starts once for it: it asks those whom a grant names for this portal, in Airflow under *Required
actions*. Who decides at the desk instead makes the question moot: whatever is answered then changes nothing.

**Is one failure urgent?** Yes, within the hour: while no gate runs, nothing new is sent to any registry. What already
passed goes on. A batch that waits for a person is not a failure; its citizens' deadlines run all the same.

**What to do first.** Open the failed task's log; its last line names the cause. *NotAllowed*: who answered has no grant
there (`lienthong grant`); let someone who has decide at the desk. Anything else: clear the task, it is safe at any
time; when it fails again, call the engineer.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, Param, get_current_context, task

from dags.airflow_side.assets import CLEARED, DEFAULTS, PULLED, SWEEP_MINUTES, every, moved

ASKED = "decide_batches"
OPTIONS = ["Cho đi", "Từ chối", "Để lại"]
"""Release, reject, leave it to the desk: the words that `steps.batch_questions` knows."""


def _batch_id() -> int:
    """The batch that this run of `decide_batches` is about."""
    return int((get_current_context()["dag_run"].conf or {})["batch_id"])


with DAG(
    "gate_batches",
    dag_display_name="Gate batches",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(assets=AssetAny(PULLED), timetable=every(SWEEP_MINUTES, 10)),
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["gate"],
):

    @task(outlets=[CLEARED])
    def gate() -> dict[str, int]:
        from connectors.ledger import open_ledger
        from dags import steps

        with open_ledger() as ledger:
            return moved(steps.gate(ledger))

    @task(trigger_rule="all_done")
    def stopped() -> list[dict[str, Any]]:
        from connectors.ledger import open_ledger
        from connectors.ledger.gates import undecided

        with open_ledger() as ledger:
            ids = [one.batch_id for one in undecided(ledger)]
        return [{"trigger_run_id": f"batch_{one}", "conf": {"batch_id": one}} for one in ids]

    @task
    def judge_yesterday() -> dict[str, int]:
        from connectors.ledger import open_ledger
        from dags import steps

        with open_ledger() as ledger:
            return moved(steps.judge_days(ledger))

    waiting = stopped()
    gate() >> waiting
    TriggerDagRunOperator.partial(
        task_id="ask", trigger_dag_id=ASKED, skip_when_already_exists=True
    ).expand_kwargs(waiting)  # fmt: skip
    judge_yesterday()

with DAG(
    ASKED,
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

    decision = HITLOperator.partial(
        task_id="decide",
        options=OPTIONS,
        defaults=OPTIONS[2],
        response_timeout=timedelta(days=7),
        params={"reason": Param("", type="string", title="Lý do")},
    ).expand_kwargs(question())
    carry_out(decision.output)
