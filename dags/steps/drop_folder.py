"""Drop folders: which books the files of a folder are of, and all folders of a drop place taken in.

A drop place has a folder for each book: `<province>/<commune>/<book>/`, with codes of today; `-` stands for a commune
that is not known or was divided. What the names do not say of a book is in a `book.json` beside its files.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from connectors.ledger import Ledger
from connectors.ledger.pages import BookClosed
from connectors.paper.book_names import BOOK_FILE, CLUTTER, BookFacts, book_facts, facts_of_book_file, natural_order
from dags.steps.digitising import DroppedFile, take_in
from schemas.source import Book

NO_COMMUNE = "-"
SETTLED_S = 30.0
"""A file that changed since then is perhaps still being copied; the next run takes it. A file that is taken too early
is refused as damaged, and taken when it is whole."""


DROP_PLACE = "LIENTHONG_DROP_PLACE"


class BooksUnknown(Exception):
    """Some folders or files are of no known book; the message says how many and what to do."""


@dataclass(frozen=True)
class FolderBook:
    """A book of a folder. Its `facts` may lack something."""

    facts: BookFacts
    files: tuple[DroppedFile, ...]


@dataclass(frozen=True)
class DropFolder:
    """What lies in a folder. `homeless`: names of files that belong to none of its books."""

    books: tuple[FolderBook, ...]
    homeless: tuple[str, ...]


def look_into(folder: Path, given: BookFacts | None = None) -> DropFolder:
    """The books of a folder, or of one file. `given`: what a person says of the book; it comes before a `book.json`.
    Raises ValueError for a `book.json` that cannot be read."""
    is_file = folder.is_file()
    paths = {path.name if is_file else str(path.relative_to(folder)): path for path in _files(folder)}
    written = paths.pop(BOOK_FILE, None)
    try:
        facts = (given or BookFacts()).or_else(facts_of_book_file(written.read_bytes()) if written else BookFacts())
    except ValueError as error:
        raise ValueError(f"{BOOK_FILE} {error}") from None
    found = book_facts(folder.name, list(paths), facts)
    books = tuple(
        FolderBook(book.facts, tuple(DroppedFile.at(paths[name], name) for name in book.names)) for book in found.books
    )
    return DropFolder(books, found.homeless)


def drop_place() -> Path:
    """Where folders are dropped on this installation; in its home unless an environment variable says where."""
    from connectors.postgres import home

    chosen = os.environ.get(DROP_PLACE, "").strip()
    return Path(chosen) if chosen else home() / "books"


def take_drop_place(ledger: Ledger, place: Path) -> dict[str, int]:
    """Takes in every book of a drop place. Returns counts, as `take_in` does.

    Raises BooksUnknown at the end, when all else is done, while a folder is of no known book.
    """
    counts: Counter[str] = Counter()
    unknown = 0
    for folder in filter(Path.is_dir, sorted(place.glob("*/*/*"))):
        commune_code = folder.parent.name if folder.parent.name != NO_COMMUNE else None
        try:
            found = look_into(folder)
        except ValueError:
            unknown += _is_settled(folder)
            continue
        if _is_settled(folder):
            unknown += len(found.homeless) + sum(bool(book.facts.missing) for book in found.books)
        for book in found.books:
            if not book.facts.missing and (files := settled_files(book.files)):
                counts.update(_taken(ledger, book.facts.book(), files, folder.parent.parent.name, commune_code))
    if unknown:
        raise BooksUnknown(
            f"{unknown} books or files are of no known book: `lienthong backfill take FOLDER` names them"
        )
    return {name: count for name, count in counts.items() if name != "repeated"}


def settled_files(files: Sequence[DroppedFile]) -> list[DroppedFile]:
    """The files of a book that may be taken. While more of them come, those before the first fresh one, where they came
    in the order of their names, as from a camera or a scanner; else none, because pages are numbered as they are taken.
    """
    newest = time.time() - SETTLED_S
    in_order = sorted(files, key=lambda file: natural_order(file.name))
    times = [file.changed_at for file in in_order]
    if max(times, default=0.0) > newest and times != sorted(times):
        return []
    return list(takewhile(lambda file: file.changed_at <= newest, in_order))


def _taken(
    ledger: Ledger, book: Book, files: Sequence[DroppedFile], province_code: str, commune_code: str | None
) -> Counter[str]:
    try:
        taken = take_in(
            ledger, book, files, province_code=province_code, commune_code=commune_code, skip_unchanged=True
        )
    except BookClosed:
        return Counter({"closed": 1})
    return taken.counts


def _files(folder: Path) -> Iterator[Path]:
    """A link may lead anywhere, so none is followed."""
    if folder.is_file():
        yield folder
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not CLUTTER.search(str(path.relative_to(folder))):
            yield path


def _is_settled(folder: Path) -> bool:
    newest = max((path.stat().st_mtime for path in _files(folder)), default=0.0)
    return time.time() - newest > SETTLED_S
