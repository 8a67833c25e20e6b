"""Sends one registry the deliveries that wait for it, each exactly once.

It starts when a batch of cleared dossiers passed the gate or when another registry answered, since a delivery may wait
for that answer. It also runs every ten minutes in any case.

**Is one failure urgent?** No. Each attempt is written down before it leaves; the next run asks the registry about the
unanswered ones before it sends anything again. It is urgent when a registry fails for half a day.

**What to do first.** Open the failed task's log; its last line names the cause. *Unreachable*: wait, the registry is
down. *Unauthorised*: Admin, Connections, set the registry's secret, press Test. *Unrecognised*: its replies changed;
call the engineer, the reply is kept. Clearing the task is safe at any time.
"""

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, task

from dags.airflow_side.assets import ANSWERED, CLEARED, DEFAULTS, SENT, SWEEP_MINUTES, endpoint_of, every, moved
from schemas.registries import REGISTRY_CODES

for code in REGISTRY_CODES:
    others = [stage[other] for stage in (SENT, ANSWERED) for other in REGISTRY_CODES if other != code]
    with DAG(
        f"deliver_dossiers_{code}",
        dag_display_name=f"Deliver · {code}",
        doc_md=__doc__,
        schedule=AssetOrTimeSchedule(assets=AssetAny(CLEARED, *others), timetable=every(SWEEP_MINUTES, 10)),
        max_active_runs=1,
        default_args=DEFAULTS,
        tags=["deliver"],
    ):

        @task(pool=code, outlets=[SENT[code]])
        def deliver(code: str) -> dict[str, int]:
            from connectors.ledger import open_ledger
            from connectors.registries import REGISTRIES
            from dags import steps

            with open_ledger() as ledger:
                return moved(steps.deliver(ledger, REGISTRIES[code], endpoint_of(code)))

        deliver(code)
