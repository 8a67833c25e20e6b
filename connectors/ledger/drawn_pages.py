"""Pages of books on which a form is drawn: a page with the facts of its book, and pages that a form can be tried on."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.keyings import IN_REACH, reach_values
from schemas.paper_states import PageState
from schemas.roles import May, Reach

_COLUMNS = """p.page_id, p.page_number, p.state, p.scan_id, p.scan_page, p.form_code, p.fit, b.book_id, b.book_kind,
           b.opened_year, b.book_number, b.place_as_written, b.province_code, b.commune_code"""
PAGE = text(f"""
    SELECT {_COLUMNS} FROM pages p JOIN books b USING (book_id)
     WHERE p.page_id = :page_id AND p.sealed_copy IS NOT NULL AND {IN_REACH}""")
AROUND = text(f"""
    SELECT page_id, page_number FROM pages
     WHERE book_id = :book_id AND page_number BETWEEN :page_number - 5 AND :page_number + 5
       AND sealed_copy IS NOT NULL AND state <> '{PageState.REPLACED}' ORDER BY page_number, page_id""")
SUGGESTED = text(f"""
    SELECT {_COLUMNS} FROM pages p JOIN books b USING (book_id)
     WHERE b.book_kind = :book_kind AND p.sealed_copy IS NOT NULL AND p.state <> '{PageState.REPLACED}' AND {IN_REACH}
     ORDER BY p.form_code IS NOT DISTINCT FROM :form_code DESC, p.state = '{PageState.SET_ASIDE}' DESC, p.page_id DESC
     LIMIT :most""")


@dataclass(frozen=True)
class DrawablePage:
    """A page with the facts of its book. `fit`: how it lies on the form that it was read with."""

    page_id: int
    page_number: int
    state: str
    scan_id: int
    scan_page: int
    form_code: str | None
    fit: dict[str, Any] | None
    book_id: int
    book_kind: str
    opened_year: int
    book_number: str
    place_as_written: str
    province_code: str
    commune_code: str | None


def drawable_page(ledger: Ledger, reach: Reach, page_id: int) -> DrawablePage | None:
    """A page that this user may draw a form on; None when it is not there, has no image, or is not within reach."""
    values = {**reach_values(reach, May.DIGITISE), "page_id": page_id}
    with ledger.engine.connect() as connection:
        row = connection.execute(PAGE, values).one_or_none()
    return DrawablePage(**row._mapping) if row else None


def pages_around(ledger: Ledger, page: DrawablePage) -> list[tuple[int, int]]:
    """Id and number of the pages near a page, itself too: one of them is its facing page."""
    values = {"book_id": page.book_id, "page_number": page.page_number}
    with ledger.engine.connect() as connection:
        return [(row.page_id, row.page_number) for row in connection.execute(AROUND, values)]


def pages_to_try(ledger: Ledger, reach: Reach, book_kind: str, form_code: str, most: int) -> list[DrawablePage]:
    """Pages of books of a kind within reach: those that were read with the form first, then those set aside."""
    values = {**reach_values(reach, May.DIGITISE), "book_kind": book_kind, "form_code": form_code, "most": most}
    with ledger.engine.connect() as connection:
        return [DrawablePage(**row._mapping) for row in connection.execute(SUGGESTED, values)]
