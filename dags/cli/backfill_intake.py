"""`lienthong backfill take`, `read` and `books`: scans of paper registers come in, are read, and how far each is."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from dags.cli.console import one_line_errors, out, stop
from quality.words import EN

if TYPE_CHECKING:
    from connectors.paper.book_names import BookFacts
    from dags.steps.drop_folder import DropFolder, FolderBook

Folder = Annotated[
    Path, typer.Argument(exists=True, help="The folder of a book, or one file: PDF, TIFF, JPEG, PNG, ZIP.")
]
KindOption = Annotated[str, typer.Option(help="KS, KT, KH, CMC or HN. Default: by the folder's name.")]
ReadBook = Annotated[int | None, typer.Argument(help="The number of a book. Default: every book.")]


def take(
    folder: Folder,
    province: Annotated[str, typer.Option(help="Province of today that keeps the book, two digits.")],
    commune: Annotated[str, typer.Option(help="Commune of today that keeps the book, five digits.")] = "",
    kind: KindOption = "",
    year: Annotated[str, typer.Option(help="The year in which the book was opened.")] = "",
    number: Annotated[str, typer.Option(help="The number of the book, as its cover has it.")] = "",
    place: Annotated[str, typer.Option(help="Where it was kept, as that place was called then.")] = "",
) -> None:
    """Take in the scans of a book. A file that the book has already changes nothing.

    What the names of folder and files do not say of the book, options or a `book.json` must say; nothing is guessed.
    """
    from connectors.paper.book_names import checked_facts
    from connectors.paper.extra import need_libraries
    from dags.steps.drop_folder import look_into

    _stop_if_no_place(province, commune)
    with one_line_errors():
        need_libraries()
        try:
            given = checked_facts({"kind": kind, "year": year, "number": number, "place": place})
            found = look_into(folder, given)
        except ValueError as error:
            stop(error)
        is_one = bool(given.kind and given.year and given.number)
        is_complete = [
            _take_book(book, province, commune) for book in found.books if not is_one or book.facts.may_be(given)
        ]
    _print_homeless(found)
    if not all(is_complete) or found.homeless:
        raise typer.Exit(1)


def _stop_if_no_place(province: str, commune: str) -> None:
    from datetime import datetime, timezone

    from schemas.dates import local_day
    from schemas.places import unit_on

    today = local_day(datetime.now(timezone.utc))
    for code, length in ((province, 2), (commune, 5)):
        if code and (len(code) != length or unit_on(code, today) is None):
            stop(f"no province or commune has the code {code} today: see `lienthong place {code}`")


def _take_book(book: "FolderBook", province: str, commune: str) -> bool:
    """False when not enough is known of the book to take it."""
    from connectors.ledger import open_ledger
    from connectors.ledger.pages import BookClosed
    from dags.desk.language import LOCALES
    from dags.steps.digitising import take_in

    if missing := book.facts.missing:
        options = " ".join(f"--{name} ..." for name in missing)
        out.print(f"{_label(book.facts)}: not known: {', '.join(missing)}. Nothing was taken; run again with {options}")
        return False
    with open_ledger() as ledger:
        try:
            taken = take_in(
                ledger,
                book.facts.book(),
                book.files,
                province_code=province,
                commune_code=commune or None,
                actor=getpass.getuser(),
            )
        except BookClosed:
            stop("this book is accepted: it takes no more pages")
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(taken.counts.items()) if count)
    out.print(f"Book {taken.book_id} ({_label(book.facts)}): {counts or 'nothing new'}.")
    for name, reason in taken.refused:
        out.print(f"  {name}: {LOCALES[EN].of('scan', reason)}", markup=False)
    return True


def _label(facts: "BookFacts") -> str:
    return f"{facts.kind or '?'} {facts.number or '?'}/{facts.year or '?'} {facts.place}".strip()


def _print_homeless(found: "DropFolder") -> None:
    if found.homeless:
        out.print("Several books are in this folder. These files belong to none of them; put each where it belongs:")
        for name in found.homeless:
            out.print(f"  {name}", markup=False)


def read(
    book: ReadBook = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many processes read at once.")] = 2,
) -> None:
    """Read pages by machine, so that they can be found. It may be stopped at any moment and started again."""
    from connectors.ledger import open_ledger
    from connectors.paper.extra import need_libraries
    from dags.steps.digitising import ReadersFailed, read_pages

    with one_line_errors(), open_ledger() as ledger:
        need_libraries()
        try:
            counts = read_pages(ledger, book, processes)
        except ReadersFailed as error:
            stop(error)
    words = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(counts.items()))
    out.print(f"{words}." if words else "No page is left to be read.")


def books() -> None:
    """List the books and how far each is."""
    from connectors.ledger import open_ledger
    from connectors.ledger.book_progress import books_page

    names = ("book", "what", "pages", "read", "set aside", "files refused", "records", "keyed", "state")
    table = Table(*names, box=box.SIMPLE_HEAD, show_edge=False)
    with one_line_errors(), open_ledger() as ledger:
        rows = books_page(ledger)
    for row in rows:
        counts = (row.pages, row.read + row.fitted, row.set_aside, row.refused, row.records, row.keyed)
        table.add_row(str(row.book_id), f"{row.label} {row.place_as_written}", *map(str, counts), row.state)
    out.print(table if rows else "No book was taken in yet: `lienthong backfill take FOLDER --province 24`.")


def set_place(
    book: Annotated[int, typer.Argument(help="The number of the book.")],
    code: Annotated[str, typer.Argument(help="The commune that opened it, by its code of that year, five digits.")],
) -> None:
    """Say which commune of its time opened a book, where its cover alone does not. Its records cite that code."""
    from datetime import datetime, timezone

    from connectors.ledger import open_ledger
    from connectors.ledger.book_progress import book_progress
    from dags.steps.book_places import UnfitPlace, choose_place
    from schemas.dates import local_day

    with one_line_errors(), open_ledger() as ledger:
        if (found := book_progress(ledger, book)) is None:
            stop(f"no book {book}: see `lienthong backfill books`")
        try:
            is_new = choose_place(ledger, found, code, getpass.getuser(), local_day(datetime.now(timezone.utc)))
        except UnfitPlace as error:
            stop(f"{error}: see `lienthong place {code}`")
    out.print("Written." if is_new else "Nothing changed: it has this place, or records of it are entered already.")
