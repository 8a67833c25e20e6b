"""Asks one registry for the results of deliveries that it has not answered yet, and keeps its receipts.

It starts when something was sent to the registry, and every ten minutes in any case, since answers may take days.

**Is one failure urgent?** No. Asking changes nothing at the registry; the next run asks again. It is urgent when a
registry fails for half a day: the steps after it wait, and deadlines run.

**What to do first.** Open the failed task's log; its last line names the cause. *Unreachable*: wait, the registry is
down. *Unauthorised*: Admin, Connections, set the registry's secret, press Test. *Unrecognised*: its replies changed;
call the engineer, the reply is kept. Clearing the task is safe at any time.
"""

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, task

from dags.airflow_side.assets import ANSWERED, DEFAULTS, SENT, SWEEP_MINUTES, endpoint_of, every, moved
from schemas.registries import REGISTRY_CODES

for code in REGISTRY_CODES:
    with DAG(
        f"collect_receipts_{code}",
        dag_display_name=f"Collect receipts · {code}",
        doc_md=__doc__,
        schedule=AssetOrTimeSchedule(assets=AssetAny(SENT[code]), timetable=every(SWEEP_MINUTES, 10)),
        max_active_runs=1,
        default_args=DEFAULTS,
        tags=["collect"],
    ):

        @task(pool=code, outlets=[ANSWERED[code]])
        def collect(code: str) -> dict[str, int]:
            from connectors.ledger import open_ledger
            from connectors.registries import REGISTRIES
            from dags import steps

            with open_ledger() as ledger:
                return moved(steps.collect(ledger, REGISTRIES[code], endpoint_of(code)))

        collect(code)
