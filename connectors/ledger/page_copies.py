"""Access copies of the pages of paper books, opened for who may see them, and where on them a field stands."""

from dataclasses import dataclass, field

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.paper_sealed import PAGE_PURPOSE, open_book_key, open_reading
from connectors.vault import DataKey

PAGE_HEAD = text("""
    SELECT p.page_id, p.book_id, p.page_number, p.facing_page_id, b.province_code, b.commune_code, b.wrapped
      FROM pages p JOIN books b USING (book_id) WHERE p.page_id = :page_id""")
COPY = text("SELECT sealed_copy FROM pages WHERE page_id = :page_id")
FITTED = text("""
    SELECT p.fit #> ARRAY['boxes_px', r.row_number::text] AS boxes_px
      FROM records r JOIN pages l ON l.page_id = r.page_id JOIN pages p ON p.page_id IN (l.page_id, l.facing_page_id)
     WHERE r.record_id = :record_id AND p.page_id = :page_id""")
READINGS = text("""
    SELECT g.recogniser_code, g.sealed, r.page_id <> :page_id AS is_facing
      FROM readings g JOIN records r USING (record_id) JOIN pages l ON l.page_id = r.page_id
     WHERE r.record_id = :record_id AND :page_id IN (l.page_id, l.facing_page_id) ORDER BY g.recogniser_code""")

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the access copy."""


@dataclass(frozen=True)
class PageHead:
    """A page of a book without what stands on it. `province_code`, `commune_code`: of its book, today.
    `facing_page_id`: the page over which its records go on."""

    page_id: int
    book_id: int
    page_number: int
    facing_page_id: int | None
    province_code: str
    commune_code: str | None
    wrapped: bytes = field(repr=False)


def page_head(ledger: Ledger, page_id: int) -> PageHead | None:
    """The page; None when there is none."""
    with ledger.engine.connect() as connection:
        row = connection.execute(PAGE_HEAD, {"page_id": page_id}).one_or_none()
    return PageHead(**row._mapping) if row else None


def copy_of(ledger: Ledger, head: PageHead) -> bytes | None:
    """The bytes of a page's access copy; None while there is none. Raises VaultError."""
    with ledger.engine.connect() as connection:
        sealed = connection.execute(COPY, {"page_id": head.page_id}).scalar()
    return _key(ledger, head).unseal(sealed, PAGE_PURPOSE) if sealed is not None else None


def boxes_of(ledger: Ledger, head: PageHead, record_id: int) -> dict[str, Box]:
    """Where the fields of a record stand on this page, by column: as its form lies on the page (`fit`), else where a
    machine read them; empty when neither is known, and of fields on the facing page. Raises VaultError."""
    at = {"record_id": record_id, "page_id": head.page_id}
    with ledger.engine.connect() as connection:
        fitted = connection.execute(FITTED, at).scalar()
        rows = connection.execute(READINGS, at).all()
    key = _key(ledger, head)
    boxes: dict[str, Box] = {column: (box[0], box[1], box[2], box[3]) for column, box in (fitted or {}).items()}
    for row in rows:
        reading = open_reading(key, record_id, row.recogniser_code, row.sealed)
        on_page = {column: value for column, value in reading.values.items() if value.is_facing == row.is_facing}
        boxes |= {column: value.box_px for column, value in on_page.items() if column not in boxes}
    return boxes


def places_of(ledger: Ledger, head: PageHead, record_id: int) -> dict[str, tuple[PageHead, Box]]:
    """Like `boxes_of`, of a record of this page, with the page on which each field stands: this, or the facing one."""
    facing = page_head(ledger, head.facing_page_id) if head.facing_page_id else None
    places: dict[str, tuple[PageHead, Box]] = {}
    for page in (facing, head):
        if page is not None:
            places |= {column: (page, box) for column, box in boxes_of(ledger, page, record_id).items()}
    return places


def _key(ledger: Ledger, head: PageHead) -> DataKey:
    return open_book_key(ledger, head.book_id, head.wrapped)
