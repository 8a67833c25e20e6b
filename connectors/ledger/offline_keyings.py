"""Records that are lent for keying offline: many at once, for two weeks, to one person who keys them in a workbook."""

from datetime import timedelta

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.keyings import OPEN_BOOKS, reach_values, take_in_book
from schemas.roles import May, Reach

OFFLINE_LEASE = timedelta(days=14)
STANDING = text("SELECT keying_id, kept_at IS NOT NULL AS is_kept FROM keyings WHERE keying_id = ANY(:ids)")


def take_many(ledger: Ledger, actor: str, reach: Reach, book_id: int, most: int) -> list[int]:
    """Lends up to so many records of a book to one person, in one transaction; returns the numbers of the keyings."""
    values = {**reach_values(reach, May.KEY), "book_id": book_id}
    taken: list[int] = []
    with ledger.engine.begin() as connection:
        for book in connection.execute(OPEN_BOOKS, values).all():
            while len(taken) < most and (keying_id := take_in_book(connection, book, actor, OFFLINE_LEASE)):
                taken.append(keying_id)
    return taken


def kept_of(ledger: Ledger, keying_ids: list[int]) -> set[int]:
    """Those of these keyings that are kept already."""
    with ledger.engine.connect() as connection:
        return {row.keying_id for row in connection.execute(STANDING, {"ids": keying_ids}) if row.is_kept}
