"""Which commune opened a book and which keeps it today, as a person says; its records wait until both are known.

What a person says must be able to be true: a commune that was there in the year of the book, and lies in the province
that keeps it.
"""

from datetime import date

from connectors.ledger import Ledger
from connectors.ledger.book_progress import BookProgress
from connectors.ledger.books import set_keeper, set_place
from connectors.paper.book_places import place_code_of, units_of_book
from schemas.places import commune_on


class UnfitPlace(ValueError):
    """A commune that cannot have opened the book, or cannot keep it today."""


def choose_place(ledger: Ledger, book: BookProgress, code: str, actor: str, today: date) -> bool:
    """Writes the commune of its time that opened a book. False when nothing changed, see `set_place`. Raises
    UnfitPlace."""
    if not units_of_book(code, book.opened_year, book.province_code, today):
        raise UnfitPlace(f"{code} is no commune of {book.opened_year} that lies in province {book.province_code} today")
    return set_place(ledger, book.book_id, code, actor)


def choose_keeper(ledger: Ledger, book: BookProgress, code: str, actor: str, today: date) -> bool:
    """Writes the commune of today that keeps a book, and the one that opened it where that follows. False when nothing
    changed, see `set_keeper`. Raises UnfitPlace."""
    commune = commune_on(code, today)
    if commune is None or commune.province_code != book.province_code:
        raise UnfitPlace(f"{code} is no commune of province {book.province_code} today")
    is_new = set_keeper(ledger, book.book_id, code, actor)
    if is_new and book.place_code is None and (place_code := place_code_of(book.book, code, today)):
        set_place(ledger, book.book_id, place_code, actor)
    return is_new
