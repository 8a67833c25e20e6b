"""Enters records of accepted paper books: they become dossiers, are checked by the rules of their day, and go to civil
status as history.

**Is one failure urgent?** No. A record is linked to its dossier in one transaction; the next run goes on with the
records that have none. No record is entered twice, also when a task was killed or cleared.

**What to do first.** Open the failed task's log; its last line names the error. *VaultError*: the book was sealed under
another master key; set the right one. Any other error: call the engineer. A record of an accepted book that is never
entered has a book whose commune of today is not known (`without_commune`), or whose place of then has no code yet
(`without_place`): `lienthong backfill set-place BOOK CODE`.
"""

from airflow.sdk import DAG, task

from dags.airflow_side.assets import CLEARED, DEFAULTS, PAPER_MINUTES, every, moved

with DAG(
    "enter_records",
    dag_display_name="Enter records",
    doc_md=__doc__,
    schedule=every(PAPER_MINUTES, 10),
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["paper"],
):

    @task(outlets=[CLEARED])
    def enter() -> dict[str, int]:
        from connectors.ledger import open_ledger
        from dags import steps

        with open_ledger() as ledger:
            counts = steps.enter(ledger)
            waiting = {name: counts.pop(name, 0) for name in ("without_commune", "without_place")}
            return moved(counts) | waiting

    enter()
