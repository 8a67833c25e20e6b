"""`lienthong backfill hand-over`: an accepted book in the ministry's form, as a bag for an archive, or both."""

import os
from pathlib import Path
from typing import Annotated

import typer

from dags.cli.console import one_line_errors, out, stop

FORMS = "ministry, bag or both"


def hand_over(
    book: Annotated[str, typer.Argument(help="The book's number as the desk shows it, or its code (KS.1962.01).")],
    folder: Annotated[Path, typer.Argument(help="Where the files go; it is made when it is not there.")],
    form: Annotated[str, typer.Option(help=f"In what form: {FORMS}.")] = "both",
    address: Annotated[
        str, typer.Option(help="Where the archive will show the book; it stands in the IIIF manifest of the bag.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who hands it over. Default: your user name on this machine.")] = "",
) -> None:
    """Hand an accepted book over: one Excel and one zip of PDFs for the ministry, a BagIt bag for the archive.

    The files hold personal data, and only you can read them.
    """
    from connectors.ledger import open_ledger
    from connectors.paper.handover import HandoverRefused
    from dags.steps import handing_over

    if form not in set(handing_over.HandoverForm):
        stop(f"no form {form}: {FORMS}")
    actor = by or os.environ.get("USER") or os.environ.get("LOGNAME") or "cli"
    with one_line_errors(), open_ledger() as ledger:
        try:
            book_id = handing_over.find_book(ledger, book.strip())
            handed = handing_over.hand_over(
                ledger, actor, book_id, folder, handing_over.HandoverForm(form), address or handing_over.ADDRESS
            )
        except HandoverRefused as error:
            stop(str(error))
        except ImportError as error:
            stop(f'{error.name} is not installed: uv sync --extra paper, or pip install "lienthong[paper]"')
    for path in handed.paths:
        out.print(str(path), markup=False)
    out.print(", ".join(f"{name} {count}" for name, count in handed.counts.items()))
