"""`lienthong backfill export-keying` and `import-keying`: for teams that key offline."""

from pathlib import Path
from typing import Annotated

import typer

from dags.cli.console import one_line_errors, out, stop

REFUSED = {
    "unreadable": "it is no workbook that can be read: save it as .xlsx and try again",
    "too_large": "it is too large for a workbook of ours",
    "not_ours": "it is no workbook that `lienthong backfill export-keying` wrote",
    "changed_keys": "its rows or columns were moved, added or taken away: key into a fresh export",
    "merged_cells": "it has merged cells: take the merging back, each cell is a field",
    "came_before": "it was imported before; records that are kept cannot be kept twice",
}
FIRST_FAULTS = 20


def export_keying(
    book: Annotated[int, typer.Argument(help="The book's number at the desk.")],
    keyer: Annotated[str, typer.Option(help="Who keys it: a user with the role keyer at the place of the book.")],
    to: Annotated[Path, typer.Option(help="The .xlsx to write.")],
    most: Annotated[int, typer.Option(min=1, help="Records at most.")] = 100,
) -> None:
    """Write a workbook for one person who keys offline. Its records are lent to this person for two weeks.

    The sheets are named by slot, so that nobody keys both keys of a record; the keys of the rows are locked and sealed.
    """
    from connectors.ledger import open_ledger
    from dags.steps.offline_keying import export_workbook

    if to.exists():
        stop(f"{to.name} is there already: name another file")
    with one_line_errors(), open_ledger() as ledger:
        exported = export_workbook(ledger, book, keyer, most)
    if exported is None:
        stop(f"nothing of book {book} is left for {keyer} to key: see /keying at the desk, and `lienthong grants`")
    count, content = exported
    to.write_bytes(content)
    out.print(f"{count} records for {keyer}: {to.name}. Import it within 14 days.")


def import_keying(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The workbook.")]) -> None:
    """Take in a workbook that was keyed offline. A file that was changed in its keys, or that comes twice, is refused.

    Rows that were not keyed stay lent; rows with faults are listed, and the rest is kept.
    """
    from connectors.ledger import open_ledger
    from connectors.paper.keying_workbook import WorkbookRefused
    from dags.steps.offline_keying import import_workbook

    with one_line_errors(), open_ledger() as ledger:
        try:
            report = import_workbook(ledger, file.read_bytes())
        except WorkbookRefused as error:
            stop(f"nothing was kept of {file.name}: {REFUSED[error.reason]}")
    counts = (f"{name.replace('_', ' ')} {count}" for name, count in sorted(report.counts.items()))
    out.print(", ".join(counts) or "the workbook has no row")
    for keying_id, column, fault in report.faults[:FIRST_FAULTS]:
        out.print(f"  row {keying_id}, {column}: {fault}")
