"""Reports the outcome of dossiers to their portals.

It starts when something was sent to a registry or a registry answered, and every ten minutes in any case.

**Is one failure urgent?** No. The next run sends again what a portal has not confirmed. It is urgent when it fails for
an hour: citizens see no progress of their dossier.

**What to do first.** Open the failed task's log; it names the portal and the cause. *Unreachable*: wait, then ask the
portal's operator. *Unauthorised*: Admin, Connections, `portal_<code>`, set the password, press Test. *Unrecognised*:
the portal changed its replies; call the engineer, the reply is kept. Clearing the task is safe at any time.
"""

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, task

from dags.airflow_side.assets import ANSWERED, DEFAULTS, SENT, SWEEP_MINUTES, endpoint_of, every, moved

with DAG(
    "report_outcomes",
    dag_display_name="Report outcomes",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        assets=AssetAny(*SENT.values(), *ANSWERED.values()), timetable=every(SWEEP_MINUTES, 10)
    ),
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["report"],
):

    @task
    def report() -> dict[str, int]:
        from connectors.ledger import open_ledger
        from dags import steps

        with open_ledger() as ledger:
            return moved(steps.report(ledger, endpoint_of))

    report()
