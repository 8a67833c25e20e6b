"""Takes in scans of paper registers and reads them by machine, so that a person can be found the same day.

It is the archive team's backfill (hồi tố): old books come in. Airflow's own backfill, which runs past intervals of a
DAG again, is something else, and this DAG has no use for it: each run works on whatever is not done yet.

First come files handed in at the desk and folders of `LIENTHONG_DROP_PLACE/<province>/<commune>/<book>/`. Each open
book is then read by one task with one process a core; the desk says how far it is. Last, searchable PDFs are made.

**Is one failure urgent?** No. Every page is read in a transaction of its own; the next run goes on at the first page
that is not read. It is urgent when the archive waits for a book and two runs in a row failed.

**What to do first.** *BooksUnknown*: a folder's name does not say which book it is; `lienthong backfill take FOLDER`
names it, and a `book.json` in it settles it. *PaperExtraMissing*: `lienthong doctor` says what to install.
*UploadsUnreachable*: name a folder in `LIENTHONG_UPLOAD_PLACE` that desk and worker both see. *ReadersFailed*: read the
last line of the reader's log and call the engineer. Clearing a task is safe at any time.
"""

from collections import Counter

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, task

from dags.airflow_side.assets import DEFAULTS, HANDED_IN, PAPER_MINUTES, every, moved

with DAG(
    "digitise_registers",
    dag_display_name="Digitise registers",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(assets=AssetAny(HANDED_IN), timetable=every(PAPER_MINUTES, 2)),
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["paper"],
):

    @task
    def take() -> dict[str, int]:
        from connectors.ledger import open_ledger
        from dags.steps.drop_folder import drop_place, take_drop_place
        from dags.steps.uploads import examine_uploads, upload_place

        with open_ledger() as ledger:
            counts = Counter(examine_uploads(ledger, upload_place()))
            return moved(counts + Counter(take_drop_place(ledger, drop_place())))

    @task(trigger_rule="all_done")
    def open_books() -> list[int]:
        from connectors.ledger import open_ledger
        from connectors.ledger.book_progress import books_to_read

        with open_ledger() as ledger:
            return books_to_read(ledger)

    @task(max_active_tis_per_dagrun=1, map_index_template="{{ task.op_kwargs['book_id'] }}")
    def read(book_id: int) -> dict[str, int]:
        from connectors.ledger import open_ledger
        from dags import steps

        with open_ledger() as ledger:
            return moved(steps.read_pages(ledger, book_id))

    @task(trigger_rule="all_done")
    def copies() -> dict[str, int]:
        from connectors.ledger import open_ledger
        from dags.steps.book_pdfs import make_pdfs

        with open_ledger() as ledger:
            return moved(make_pdfs(ledger))

    books = open_books()
    take() >> books
    read.expand(book_id=books) >> copies()
