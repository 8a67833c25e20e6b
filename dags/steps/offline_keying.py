"""Keying offline: records leave in a workbook for one person, and come back into the same comparison."""

from collections import Counter
from dataclasses import dataclass, field

from connectors.ledger import Ledger
from connectors.ledger.grants import grants_of
from connectors.ledger.keyings import give_back, task_of
from connectors.ledger.offline_keyings import kept_of, take_many
from connectors.paper.keying_workbook import OfflineRow, WorkbookRefused, read_workbook, write_workbook
from dags.steps.keying import keep_keying
from schemas.roles import May

SEAL_KIND = "keying workbook"


@dataclass(frozen=True)
class ImportReport:
    """What came of a workbook. `counts`: kept, not_keyed, not_theirs and faulty rows; `faults`: keying, column and why
    of each cell that could not be taken."""

    counts: Counter[str]
    faults: list[tuple[int, str, str]] = field(default_factory=list)


def export_workbook(ledger: Ledger, book_id: int, keyed_by: str, most: int) -> tuple[int, bytes] | None:
    """Lends records of a book to a person for two weeks and writes them into a workbook; returns how many, and the
    file. None when nothing of the book is left for this person, or they may not key there. Records of another form than
    the first one go into the next workbook."""
    taken = take_many(ledger, keyed_by, grants_of(ledger, keyed_by), book_id, most)
    tasks = [task for keying_id in taken if (task := task_of(ledger, keying_id))]
    if not tasks:
        return None
    columns = tasks[0].columns
    same_form = [task for task in tasks if task.columns == columns]
    for task in tasks:
        if task.columns != columns:
            give_back(ledger, task.keying_id, keyed_by)
    rows = [OfflineRow(task.slot, task.keying_id, task.page_number or 0, task.row_number) for task in same_form]
    content = write_workbook(
        book_id, tasks[0].book_kind, keyed_by, columns, rows, lambda text: ledger.vault.blind_index(SEAL_KIND, text)
    )
    return len(rows), content


def import_workbook(ledger: Ledger, content: bytes) -> ImportReport:
    """Keeps what a person keyed offline, each record by the comparison of the desk. Raises WorkbookRefused for a file
    that was changed in its keys, that came before, or whose person may not key there (any more); then nothing is
    kept."""
    workbook = read_workbook(content, lambda text: ledger.vault.blind_index(SEAL_KIND, text))
    if kept_of(ledger, [row.keying_id for row in workbook.rows]):
        raise WorkbookRefused("came_before")
    report = ImportReport(Counter())
    reach = grants_of(ledger, workbook.keyed_by)
    for row in workbook.rows:
        task = task_of(ledger, row.keying_id)
        if task is None or not reach.may(May.KEY, task.province_code, task.commune_code):
            report.counts["not_theirs"] += 1
        elif row.values is None:
            report.counts["faulty" if row.faults else "not_keyed"] += 1
            report.faults.extend((row.keying_id, column, fault) for column, fault in row.faults)
        else:
            kept = keep_keying(ledger, task, workbook.keyed_by, row.values)
            report.counts["kept" if kept else "not_theirs"] += 1
    return report
