"""Two pages of an open book on which one record stands: the left page holds the records, the right one goes with it.

Which page faces which is known from their places in the file and in the book. Both are locked while they are read
together: who reads the left page waits for the right one; who reads the right page passes, if another has the left one.
"""

from dataclasses import dataclass, replace

from sqlalchemy import Connection, text

from connectors.ledger import Ledger
from connectors.ledger.page_readings import ClaimedPage
from connectors.ledger.paper_moves import PAGE_MOVES, move_subject
from schemas.paper_states import PageEvent, PageState

BESIDE = text(f"""
    SELECT p.page_id FROM pages p JOIN pages o ON o.page_id = :page_id
     WHERE p.book_id = o.book_id AND p.state <> '{PageState.REPLACED}'
       AND (p.scan_id = o.scan_id AND p.scan_page = o.scan_page + :step OR p.page_number = o.page_number + :step)
     ORDER BY p.scan_id = o.scan_id DESC, p.page_id LIMIT 1""")
LOCK = "SELECT page_id, scan_id, scan_page, state, reason_code, fit FROM pages WHERE page_id = :page_id FOR UPDATE"
LOCK_LEFT, LOCK_RIGHT = text(f"{LOCK} SKIP LOCKED"), text(LOCK)
NOT_BEGUN = text("UPDATE pages SET attempts = greatest(attempts - 1, 0) WHERE page_id = :page_id")
AWAIT = text("SELECT FROM pages WHERE page_id = :page_id FOR SHARE")
JOIN = text("UPDATE pages SET facing_page_id = :right_id WHERE page_id = :left_id")
PART = text("UPDATE pages SET facing_page_id = NULL WHERE facing_page_id = :right_id AND page_id <> :left_id")
AS_NEW = text("UPDATE pages SET reason_code = NULL, attempts = 0 WHERE page_id = :page_id")

FACING_REASONS = frozenset({"facing_missing", "facing_aside", "facing_rows"})
"""Why a page is set aside that is good by itself; `connectors.paper.set_aside` says what each means."""


@dataclass(frozen=True)
class FacingPageRow:
    """The page beside a claimed one; it is locked. `state`, `reason_code`: as they were."""

    page: ClaimedPage
    state: PageState
    reason_code: str | None

    @property
    def is_usable(self) -> bool:
        """Whether it may be read, or was: it is not set aside for a reason of its own."""
        return self.state != PageState.SET_ASIDE or self.reason_code in FACING_REASONS


def page_beside(page: ClaimedPage, step: int) -> int | None:
    """The id of the next (1) or the last (-1) page, in the file or else in the book; None at the end."""
    values = {"page_id": page.page_id, "step": step}
    return page.connection.execute(BESIDE, values).scalar()


def locked_beside(page: ClaimedPage, page_id: int, *, is_left: bool) -> FacingPageRow | None:
    """Locks the page beside a claimed one. A left page that another worker has gives None at once; a right one is
    waited for, and nobody who has a right page waits, so two never wait for each other."""
    row = page.connection.execute(LOCK_LEFT if is_left else LOCK_RIGHT, {"page_id": page_id}).first()
    if row is None:
        return None
    scale = float((row.fit or {}).get("copy_scale", 1.0))
    facing = replace(page, page_id=row.page_id, scan_id=row.scan_id, scan_page=row.scan_page, copy_scale=scale)
    return FacingPageRow(facing, PageState(row.state), row.reason_code)


def leave_to_left(page: ClaimedPage) -> None:
    """The reader of the left page reads this one too: it does not count as begun."""
    page.connection.execute(NOT_BEGUN, {"page_id": page.page_id})


def await_page(ledger: Ledger, page_id: int) -> None:
    """Waits until nobody has locked a page."""
    with ledger.engine.begin() as connection:
        connection.execute(AWAIT, {"page_id": page_id})


def take_up(connection: Connection, facing: FacingPageRow) -> None:
    """A page that was set aside only for want of the other is to be read again."""
    if facing.state == PageState.SET_ASIDE:
        move_subject(connection, PAGE_MOVES, facing.page.page_id, PageEvent.TRIED_AGAIN)
        connection.execute(AS_NEW, {"page_id": facing.page.page_id})


def join_pages(connection: Connection, left_id: int, right_id: int) -> None:
    """Writes that the records of the left page go on over the right one, and over no other."""
    values = {"left_id": left_id, "right_id": right_id}
    connection.execute(PART, values)
    connection.execute(JOIN, values)
