"""Judges what a portal gave as a whole before anything of it is sent to a registry.

Each batch is judged as soon as its dossiers were pulled, and every ten minutes in any case; the day before is judged
once a day. A batch that is not as expected stays unsent, and `decide_batches` starts once for it to ask a person.

**Is one failure urgent?** Yes, within the hour: while this DAG fails, nothing new is sent to any registry. Batches that
passed before go on. A batch that waits for a person is not a failure, but the deadlines of its dossiers run.

**What to do first.** Clear the failed task; that is safe at any time. When it fails again, call the engineer.
"""

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, task

from dags.airflow_side.assets import CLEARED, DEFAULTS, PULLED, SWEEP_MINUTES, every, moved

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
            batch_ids = [batch.batch_id for batch in undecided(ledger)]
        return [{"trigger_run_id": f"batch_{batch_id}", "conf": {"batch_id": batch_id}} for batch_id in batch_ids]

    @task
    def judge_yesterday() -> dict[str, int]:
        from connectors.ledger import open_ledger
        from dags import steps

        with open_ledger() as ledger:
            return moved(steps.judge_days(ledger))

    ask = TriggerDagRunOperator.partial(task_id="ask", trigger_dag_id="decide_batches", skip_when_already_exists=True)
    stopped_batches = stopped()
    gate() >> stopped_batches
    ask.expand_kwargs(stopped_batches)
    judge_yesterday()
