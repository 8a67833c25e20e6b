"""Paper books: how far each is, what to scan again and why, and the files that come in. Pages themselves are shown by
`page_images`; names of refused files are shown to who may digitise, and that is logged."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi import Path as InPath
from fastapi.responses import Response, StreamingResponse

from connectors.ledger.book_pdfs import ask_pdf, pdf_parts, pdf_standing
from connectors.ledger.book_progress import books_page, books_within, number_gaps_of
from connectors.ledger.grants import Condition, note_access, note_subject
from connectors.ledger.pages import BookClosed, pages_of, scans_of, set_aside_by, try_again
from connectors.ledger.uploads import books_under_way, settle_stopped, uploads_of
from connectors.ledger.waiting_records import waiting_books
from connectors.paper.book_names import KINDS, checked_facts, name_gaps
from connectors.paper.legibility import to_scan_again
from dags.desk.book_access import progress_within_reach
from dags.desk.pages.page_images import PageId
from dags.desk.pages.papers import LOCKED
from dags.desk.visit import PostDep, RequestRefused, Visit, VisitDep
from dags.steps.entering import KINDS as KINDS_SENT
from dags.steps.uploads import receive
from schemas.dates import local_day
from schemas.paper_states import PageState
from schemas.places import unit_on
from schemas.roles import May
from schemas.source import Book

PAGE = 50
MOST_FILES = 1000
MOST_GAPS = 50

BookId = Annotated[int, InPath(ge=1, le=2**62)]
Uploads = Annotated[list[UploadFile], File(max_length=MOST_FILES)]
Fact = Annotated[str, Form(max_length=300)]

router = APIRouter()


@router.get("/books")
def books(
    visit: VisitDep,
    before: Annotated[int, Query(ge=0, le=2**62)] = 0,
    waiting: bool = False,
    no: Annotated[str, Query(pattern="^[a-z_]{0,40}$")] = "",
) -> Response:
    """The books within reach, the newest first; with `waiting`, those alone whose records wait for a place."""
    visit.need(May.LIST, "books")
    reach = books_within(visit.reach, May.LIST)
    waits = waiting_books(visit.ledger, KINDS_SENT, reach)
    if waiting:
        reach = Condition(f"{reach.sql} AND b.book_id = ANY(:_waiting)", {**reach.values, "_waiting": list(waits)})
    found = books_page(visit.ledger, reach, before=before or None, limit=PAGE + 1)
    return visit.page(
        "books",
        books=found[:PAGE],
        following=found[PAGE - 1].book_id if len(found) > PAGE else 0,
        before=before,
        waits=waits,
        under_way=books_under_way(visit.ledger, [book.book_id for book in found[:PAGE]]),
        records_waiting=sum(wait.records for wait in waits.values()),
        is_filtered=waiting,
        kinds=KINDS,
        place=_only_place(visit),
        no=no,
    )


@router.get("/books/{book_id}")
def book(
    visit: VisitDep,
    book_id: BookId,
    done: Annotated[str, Query(pattern="^[a-z_]{0,40}$")] = "",
    no: Annotated[str, Query(pattern="^[a-z_]{0,40}$")] = "",
) -> Response:
    """One book: its progress, what to scan again, the files that were refused, and its pages."""
    found = progress_within_reach(visit, book_id, May.LIST)
    may_digitise = visit.reach.may(May.DIGITISE, found.province_code, found.commune_code)
    pages = pages_of(visit.ledger, book_id)
    current = [page for page in pages if page.state != PageState.REPLACED]
    files = scans_of(visit.ledger, book_id) if may_digitise else []
    refused = [scan for scan in files if scan.reason_code]
    if refused:
        note_access(visit.ledger, visit.user_name, "book", detail=f"book_{book_id}")
    return visit.page(
        "book",
        book=found,
        pages=current,
        again=to_scan_again([(page.page_number, page.reason_code, page.fault_codes) for page in current]),
        refused=refused,
        gaps=_ranges(number_gaps_of(visit.ledger, book_id)),
        name_gaps=_ranges(name_gaps(scan.name for scan in files)),
        may_digitise=may_digitise,
        pdf=pdf_standing(visit.ledger, book_id) if may_digitise else None,
        uploads=uploads_of(visit.ledger, book_id),
        wait=waiting_books(visit.ledger, KINDS_SENT, book_id=book_id).get(book_id),
        movable=(PageState.RECEIVED, PageState.FITTED, PageState.READ),
        done=done,
        no=no,
    )


@router.post("/books/new/files")
def new_book(
    visit: PostDep,
    files: Uploads,
    kind: Fact = "",
    year: Fact = "",
    number: Fact = "",
    place: Fact = "",
    province: Annotated[str, Form(pattern=r"^\d{2}$")] = "",
    commune: Annotated[str, Form(pattern=r"^(\d{5})?$")] = "",
) -> Response:
    """Files of a book that may be new; it is known by what is said of it, never by a guess."""
    visit.need(May.DIGITISE, "books")
    today = local_day(visit.now)
    if any(code and unit_on(code, today) is None for code in (province, commune)):
        return visit.back_to("/books?no=book_facts")
    if not visit.reach.may(May.DIGITISE, province, commune or None):
        raise RequestRefused(403, "no_role", "books", detail="place")
    try:
        named = checked_facts({"kind": kind, "year": year, "number": number, "place": place}).book()
    except ValueError:
        return visit.back_to("/books?no=book_facts")
    return _receive(visit, named, province, commune or None, files, "/books")


@router.post("/books/{book_id}/files")
def more_files(
    visit: PostDep, book_id: BookId, files: Uploads, replaces: Annotated[int, Form(ge=0, le=2**62)] = 0
) -> Response:
    """More files of a book, or a better scan of one of its pages."""
    found = progress_within_reach(visit, book_id, May.DIGITISE)
    path = f"/books/{book_id}"
    replaceable = [page.page_id for page in pages_of(visit.ledger, book_id) if page.state == PageState.SET_ASIDE]
    if replaces and replaces not in replaceable:
        return visit.back_to(f"{path}?no=page_moved")
    return _receive(visit, found.book, found.province_code, found.commune_code, files, path, replaces or None)


@router.post("/books/{book_id}/uploads/{upload_id}/{act}")
def settle_upload(visit: PostDep, book_id: BookId, upload_id: BookId, act: Literal["again", "drop"]) -> Response:
    """Has files examined again whose examination ended with its process, or drops them."""
    progress_within_reach(visit, book_id, May.DIGITISE)
    is_done = settle_stopped(visit.ledger, book_id, upload_id, visit.user_name, again=act == "again")
    if is_done:
        visit.desk.after_upload()
    return visit.back_to(f"/books/{book_id}?{f'done=files_{act}' if is_done else 'no=upload_moved'}")


@router.post("/books/{book_id}/pdf")
def ask_for_pdf(visit: PostDep, book_id: BookId) -> Response:
    """Asks for the book as one PDF that can be searched; a worker makes it, and this page offers it when it is made."""
    progress_within_reach(visit, book_id, May.DIGITISE)
    is_new = ask_pdf(visit.ledger, visit.user_name, book_id)
    return visit.back_to(f"/books/{book_id}?{'done=pdf_asked' if is_new else 'no=pdf_waits'}#pdf")


@router.get("/books/{book_id}/pdf")
def pdf(visit: VisitDep, book_id: BookId) -> Response:
    """The book as one PDF that can be searched, part by part; each look is logged."""
    found = progress_within_reach(visit, book_id, May.DIGITISE)
    standing = pdf_standing(visit.ledger, book_id)
    if standing is None or standing.made_at is None:
        raise RequestRefused(404, "no_pdf", "book_pdf", detail="not_made")
    note_subject(visit.ledger, visit.user_name, "book_pdf", "book", book_id)
    name = f"{found.book.book_kind}.{found.book.opened_year}.{book_id}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Security-Policy": LOCKED}
    return StreamingResponse(pdf_parts(visit.ledger, book_id), media_type="application/pdf", headers=headers)


@router.post("/books/{book_id}/pages/{page_id}/{act}")
def move_page(visit: PostDep, book_id: BookId, page_id: PageId, act: Literal["again", "aside"]) -> Response:
    """Has a page read once more, or sets it aside."""
    progress_within_reach(visit, book_id, May.DIGITISE)
    if all(page.page_id != page_id for page in pages_of(visit.ledger, book_id)):
        raise RequestRefused(404, "no_book", "book", detail="place_or_unknown")
    move = try_again if act == "again" else set_aside_by
    is_moved = move(visit.ledger, page_id, visit.user_name)
    return visit.back_to(f"/books/{book_id}?{f'done=page_{act}' if is_moved else 'no=page_moved'}#pages")


def _receive(
    visit: Visit,
    named: Book,
    province_code: str,
    commune_code: str | None,
    files: list[UploadFile],
    path: str,
    replaces: int | None = None,
) -> Response:
    """Keeps the files, and answers: they are examined in the background."""
    received = [(file.filename, file.file) for file in files if file.filename]
    if not received:
        return visit.back_to(f"{path}?no=no_files")
    try:
        book_id = receive(
            visit.ledger,
            named,
            received,
            province_code=province_code,
            commune_code=commune_code,
            actor=visit.user_name,
            replaces=replaces,
        )
    except BookClosed:
        return visit.back_to(f"{path}?no=book_closed")
    except OSError:
        raise RequestRefused(507, "no_space", "books", detail="no_space") from None
    visit.desk.after_upload()
    return visit.back_to(f"/books/{book_id}?done=files")


def _ranges(found: Sequence[tuple[int, int]]) -> list[str]:
    """`3`, `5-8`."""
    return [f"{first}" if first == last else f"{first}-{last}" for first, last in found[:MOST_GAPS]]


def _only_place(visit: Visit) -> Mapping[str, Any]:
    """What the form begins with, for a user of one place."""
    places = visit.reach.places(May.DIGITISE)
    (place,) = places if len(places) == 1 else ("",)
    if len(place) == 5:
        unit = unit_on(place, local_day(visit.now))
        return {"province": getattr(unit, "province_code", "") or "", "commune": place}
    return {"province": place, "commune": ""}
