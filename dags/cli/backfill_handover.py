"""`lienthong backfill hand-over`: an accepted book in the ministry's form, as a bag for an archive, or both.

`lienthong backfill pdf`: any book as one PDF/A that can be searched.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from dags.cli.console import one_line_errors, out, stop

FORMS = "ministry, bag or both"
BookArgument = Annotated[str, typer.Argument(help="The book's number as the desk shows it, or its code (KS.1962.01).")]
HandedBy = Annotated[str, typer.Option(help="Who hands it over. Default: your user name on this machine.")]


def hand_over(
    book: BookArgument,
    folder: Annotated[Path, typer.Argument(help="Where the files go; it is made when it is not there.")],
    form: Annotated[str, typer.Option(help=f"In what form: {FORMS}.")] = "both",
    address: Annotated[
        str, typer.Option(help="Where the archive will show the book; it stands in the IIIF manifest of the bag.")
    ] = "",
    by: HandedBy = "",
) -> None:
    """Hand an accepted book over: one Excel and one zip of PDFs for the ministry, a BagIt bag for the archive.

    The files hold personal data, and only you can read them.
    """
    from connectors.ledger import open_ledger
    from connectors.paper.handover import HandoverRefused
    from dags.steps import handing_over

    if form not in set(handing_over.HandoverForm):
        stop(f"no form {form}: {FORMS}")
    with one_line_errors(), open_ledger() as ledger:
        try:
            book_id = handing_over.find_book(ledger, book.strip())
            handed = handing_over.hand_over(
                ledger, _actor(by), book_id, folder, handing_over.HandoverForm(form), address or handing_over.ADDRESS
            )
        except HandoverRefused as error:
            stop(str(error))
        except ImportError as error:
            stop(f'{error.name} is not installed: uv sync --extra paper, or pip install "lienthong[paper]"')
    for path in handed.paths:
        out.print(str(path), markup=False)
    out.print(", ".join(f"{name} {count}" for name, count in handed.counts.items()))


def searchable_pdf(
    book: BookArgument,
    out_file: Annotated[Path, typer.Option("--out", help="The PDF to write.")],
    by: HandedBy = "",
) -> None:
    """Write a book as one PDF/A-2b that can be searched: its pages as they are seen at the desk, with a text layer.

    The text of an accepted entry is what was accepted; of any other, what a machine read. The file holds personal data,
    and only you can read it.
    """
    from connectors.ledger import open_ledger
    from connectors.paper.extra import PaperExtraMissing
    from connectors.paper.handover import HandoverRefused
    from connectors.paper.searchable_pdf import NoSearchablePdf
    from dags.steps.book_pdfs import write_pdf
    from dags.steps.handing_over import find_book

    with one_line_errors(), open_ledger() as ledger:
        try:
            count = write_pdf(ledger, _actor(by), find_book(ledger, book.strip()), out_file)
        except (HandoverRefused, PaperExtraMissing, NoSearchablePdf) as error:
            stop(str(error))
    out.print(f"{out_file}: {count} pages", markup=False)


def _actor(by: str) -> str:
    return by or os.environ.get("USER") or os.environ.get("LOGNAME") or "cli"
