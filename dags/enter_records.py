"""Enters records of accepted paper books: they become dossiers, are checked by the rules of their day, and go to civil
status as history.

**Is one failure urgent?** No. A record is linked to its dossier in one transaction; the next run goes on with the
records that have none. No record is entered twice, also when a task was killed or cleared.

**What to do first.** Open the failed task's log; its last line names the error. *VaultError*: the book was sealed under
another master key; set the right one. Any other error: call the engineer.

**Records that wait.** The result of *enter* counts accepted records whose book keeps them back: nobody has said which
commune of today keeps it (`without_commune`), or which commune of its time opened it (`without_place`). An archivist
says it at the desk (Paper books, "records wait"); for a place of then, `lienthong backfill set-place BOOK CODE` does it
too. The next run enters them. *announce* is skipped when nothing was entered: then no delivery has to start.
"""

from airflow.sdk import DAG, task

from dags.airflow_side.assets import CLEARED, DEFAULTS, PAPER_MINUTES, every, moved, moved_or_waiting

with DAG(
    "enter_records",
    dag_display_name="Enter records",
    doc_md=__doc__,
    schedule=every(PAPER_MINUTES, 10),
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["paper"],
):

    @task
    def enter() -> dict[str, int]:
        from connectors.ledger import open_ledger
        from connectors.ledger.waiting_records import EnteringBar
        from dags import steps

        with open_ledger() as ledger:
            counts = steps.enter(ledger)
            waiting = {str(bar): counts.pop(bar, 0) for bar in EnteringBar}
            return moved_or_waiting(counts, waiting)

    @task(outlets=[CLEARED])
    def announce(counts: dict[str, int]) -> dict[str, int]:
        from connectors.ledger.waiting_records import EnteringBar

        return moved({name: count for name, count in counts.items() if name not in set(EnteringBar)})

    announce(enter())  # type: ignore[arg-type]  # Airflow gives the task its result, not the XComArg
