"""Paper books at the desk: what a book is called, and whether what an address names is within a user's reach."""

from collections.abc import Mapping
from typing import Annotated, Protocol

from fastapi import Depends, Request
from fastapi import Path as InPath

from connectors.ledger.book_progress import BookProgress, book_progress, books_within
from connectors.ledger.keying_overview import BookWork, book_work
from dags.desk.visit import RequestRefused, Visit
from schemas.roles import May

SubjectId = Annotated[int, InPath(ge=1, le=2**62)]


class NamedBook(Protocol):
    """What a book's name is made of."""

    @property
    def book_kind(self) -> str: ...

    @property
    def book_number(self) -> str: ...

    @property
    def opened_year(self) -> int: ...

    @property
    def place_as_written(self) -> str: ...


def book_name(visit: Visit, book: NamedBook) -> str:
    """`Sổ khai sinh 01/1962, xã Hạp Lĩnh`."""
    kind = visit.locale.of("book_kind", book.book_kind)
    return f"{kind} {book.book_number}/{book.opened_year}, {book.place_as_written}"


def book_within_reach(visit: Visit, book_id: int, act: May, states: list[str]) -> BookWork:
    """The book; for a user without it in reach the same answer as for one that is not there, or not in these states."""
    visit.need(act, "book")
    books = book_work(visit.ledger, visit.reach, act, states, book_id)
    if not books:
        raise RequestRefused(404, "no_book", "book", detail="place_or_unknown")
    return books[0]


def progress_within_reach(visit: Visit, book_id: int, act: May) -> BookProgress:
    """The book with its counts; for a user without it in reach the same answer as for one that is not there."""
    visit.need(act, "book")
    found = book_progress(visit.ledger, book_id, books_within(visit.reach, act))
    if found is None:
        raise RequestRefused(404, "no_book", "book", detail="place_or_unknown")
    return found


async def _form_fields(request: Request) -> Mapping[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


FormFieldsDep = Annotated[Mapping[str, str], Depends(_form_fields)]
"""All fields of a form by name: a record has a field for each of its columns (`value.nksHoTen`)."""
