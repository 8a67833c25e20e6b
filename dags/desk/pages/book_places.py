"""The places of a paper book: the commune that opened it, by its code of then, and the commune that keeps it today.

Records of an accepted book wait until both are known. A person chooses among communes that can be meant; the words of
the search are posted, and stand in no address.
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from connectors.ledger.book_progress import BookProgress
from connectors.ledger.waiting_records import waiting_books
from connectors.paper.book_places import keepers_named, likely_keepers, places_named, units_of_book
from dags.desk.book_access import SubjectId, progress_within_reach
from dags.desk.visit import PostDep, RequestRefused, Visit, VisitDep
from dags.steps.book_places import UnfitPlace, choose_keeper, choose_place
from dags.steps.entering import KINDS
from schemas.dates import local_day
from schemas.places import Commune, unit_on
from schemas.roles import May

UnitWords = Annotated[str, Form(max_length=200)]
UnitCode = Annotated[str, Form(pattern=r"^\d{5}$")]

router = APIRouter(prefix="/books/{book_id}/places")


@router.get("")
def places(visit: VisitDep, book_id: SubjectId, no: str = "") -> Response:
    """What is known of the book's places, and the communes that its cover may mean."""
    return _page(visit, progress_within_reach(visit, book_id, May.DIGITISE), no=no)


@router.post("/search")
def search(visit: PostDep, book_id: SubjectId, place: UnitWords = "", keeper: UnitWords = "") -> Response:
    """The communes of these names, to choose from."""
    return _page(visit, progress_within_reach(visit, book_id, May.DIGITISE), place, keeper)


@router.post("/place")
def say_place(visit: PostDep, book_id: SubjectId, code: UnitCode) -> Response:
    """Writes the commune of its time that opened the book."""
    book = progress_within_reach(visit, book_id, May.DIGITISE)
    try:
        is_new = choose_place(visit.ledger, book, code, visit.user_name, local_day(visit.now))
    except UnfitPlace:
        return visit.back_to(f"/books/{book_id}/places?no=unfit_place")
    return _after(visit, book_id, is_new)


@router.post("/keeper")
def say_keeper(visit: PostDep, book_id: SubjectId, code: UnitCode) -> Response:
    """Writes the commune of today that keeps the book. Who has that commune sees the book from then on, so only who
    digitises there may say it."""
    book = progress_within_reach(visit, book_id, May.DIGITISE)
    if not visit.reach.may(May.DIGITISE, book.province_code, code):
        raise RequestRefused(403, "no_role", "book", detail="place")
    try:
        is_new = choose_keeper(visit.ledger, book, code, visit.user_name, local_day(visit.now))
    except UnfitPlace:
        return visit.back_to(f"/books/{book_id}/places?no=unfit_place")
    return _after(visit, book_id, is_new)


def _after(visit: Visit, book_id: int, is_new: bool) -> Response:
    return visit.back_to(f"/books/{book_id}?{'done=book_places' if is_new else 'no=same_places'}")


def _page(visit: Visit, book: BookProgress, place: str = "", keeper: str = "", no: str = "") -> Response:
    today = local_day(visit.now)
    keepers = (
        keepers_named(keeper, book.province_code, today)
        if keeper
        else likely_keepers(book.place_code or "", book.opened_year, book.province_code, today)
    )
    opened = units_of_book(book.place_code or "", book.opened_year, book.province_code, today)
    kept = unit_on(book.commune_code, today) if book.commune_code else None
    return visit.page(
        "book_places",
        book=book,
        wait=waiting_books(visit.ledger, KINDS, book_id=book.book_id).get(book.book_id),
        opened=[(unit, _above(unit, book.opened_year)) for unit in opened[:1]],
        kept=kept,
        places=[
            (unit, _above(unit, book.opened_year))
            for unit in places_named(place or book.place_as_written, book.opened_year, book.province_code, today)
        ],
        keepers=[(unit, "") for unit in keepers],
        asked_place=place,
        asked_keeper=keeper,
        no=no,
    )


def _above(unit: Commune, opened_year: int) -> str:
    """The district and the province of a commune in that year, by name."""
    on = max(unit.valid_from, date(opened_year, 1, 1))
    names = [unit_on(code, on) for code in (unit.district_code, unit.province_code) if code]
    return ", ".join(above.name_vi for above in names if above)
