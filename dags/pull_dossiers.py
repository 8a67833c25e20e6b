"""Pulls new and changed dossiers from one provincial portal and checks them. `gate_batches` then judges their batch.

**Is one failure urgent?** No. The next run, minutes later, continues after the last saved page; nothing is lost or
doubled. It is urgent when a portal fails for an hour: citizens' deadlines run.

**What to do first.** Open the failed task's log; its last line names the cause. *Unreachable*: wait, then ask the
portal's operator. *Unauthorised*: Admin, Connections, `portal_<code>`, set the password, press Test. *Unrecognised*:
the portal changed its replies; call the engineer, the reply is kept. Then clear the task, or wait for the next run.
"""

from airflow.sdk import DAG, task

from connectors.portals.provinces import PROVINCES
from dags.airflow_side.assets import DEFAULTS, PULL_MINUTES, PULLED, endpoint_of, every, moved

for code, province in PROVINCES.items():
    with DAG(
        f"pull_dossiers_{code}",
        dag_display_name=f"Pull dossiers · {province.name_vi}",
        doc_md=__doc__,
        schedule=every(PULL_MINUTES, 5),
        max_active_runs=1,
        default_args=DEFAULTS,
        tags=["pull"],
    ):

        @task(pool=f"portal_{code}", outlets=[PULLED])
        def pull(code: str) -> dict[str, int]:
            from connectors.ledger import open_ledger
            from dags import steps

            with open_ledger() as ledger:
                return moved(steps.pull(ledger, PROVINCES[code], endpoint_of(f"portal_{code}"), gated=True))

        pull(code)
