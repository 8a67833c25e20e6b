"""Which unit kept a book: the place on its cover, with the code of its time, where exactly one unit is meant.

A cover often has the name of the commune alone. The commune of today that keeps the book then says which one it was:
the one of that name among the units that became it.
"""

from collections.abc import Iterator
from datetime import date

from connectors.paper.rows import unit_named
from schemas.places import Commune, Unit, commune_on, passages_to
from schemas.source import Book
from schemas.text import clean, tone_key


def place_code_of(book: Book, commune_code: str | None, today: date) -> str | None:
    """The code of the commune that opened a book, as it was that year; None unless exactly one unit is meant.

    `commune_code`: the commune of `today` that keeps the book, where it is known.
    """
    if book.place_code:
        return book.place_code
    on = date(book.opened_year, 1, 1)
    if named := unit_named(book.place_as_written, on):
        return named.commune_code
    keeper = commune_on(commune_code, today) if commune_code else None
    if keeper is None:
        return None
    written = tone_key(clean(book.place_as_written))
    fitting = {
        unit.commune_code
        for unit in _ancestry(keeper)
        if isinstance(unit, Commune) and unit.holds_on(on) and tone_key(unit.name_vi) == written
    }
    return fitting.pop() if len(fitting) == 1 else None


def _ancestry(unit: Unit) -> Iterator[Unit]:
    """A unit, and all units that became it."""
    yield unit
    for passage in passages_to(unit):
        yield from _ancestry(passage.before)
