"""Forms of register pages: the list, one edition, and the page on which a form is drawn, corrected, tried and saved.

A form is geometry and holds nobody's data; the page under it is the book's own, shown to who may digitise the book.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import Response

from connectors.ledger.drawn_pages import DrawablePage, drawable_page, pages_around, pages_to_try
from connectors.ledger.forms import (
    FormMoved,
    KeptForm,
    all_forms,
    form_named,
    forms_for,
    new_form_name,
    places_over,
    save_form,
)
from connectors.ledger.grants import note_subject
from connectors.ledger.page_copies import copy_of, page_head
from connectors.ledger.pages import master_of
from connectors.paper.extra import PaperExtraMissing
from connectors.paper.form_trial import FormTrial, flattened, found_corners, image_size, tried
from dags.desk.auth import SECURITY_HEADERS
from dags.desk.book_access import FormFieldsDep, book_name
from dags.desk.form_fields import DrawnForm, columns_at_fault, corners_of, drawn_of_fields, drawn_of_form
from dags.desk.pages.page_images import PageId
from dags.desk.pages.papers import LOCKED
from dags.desk.visit import PostDep, RequestRefused, Visit, VisitDep
from schemas.form_problems import MOST_FRAME_MM, ROW_NUMBER, FormProblem
from schemas.register_columns import RegisterColumn, ValueKind, columns_of
from schemas.register_forms import FORM_CODE, FormDraft, newest_editions
from schemas.roles import May

MOST_PAGES = 12
NEW_FORM = "new_form"
"""The code of a form that is tried before it is saved for the first time."""
WITH_CROPS = SECURITY_HEADERS["Content-Security-Policy"].replace("img-src 'self'", "img-src 'self' data:")
"""The crops of a trial stand in the page itself: they are kept nowhere, so they have no address."""

FormCode = Annotated[str, InPath(pattern=f"^{FORM_CODE.pattern}$", max_length=60)]
NoticeKey = Annotated[str, Query(pattern="^[a-z_]{0,40}$")]

router = APIRouter()


@router.get("/forms")
def forms(visit: VisitDep, no: NoticeKey = "") -> Response:
    """The newest edition of each form, of the package and drawn here."""
    visit.need(May.DIGITISE, "forms")
    kept = all_forms(visit.ledger)
    newest = {row.form.name: row for row in kept}
    editions = {name: sum(row.form.name == name for row in kept) for name in newest}
    return visit.page("forms", forms=list(newest.values()), editions=editions, no=no)


@router.get("/forms/{form_code}")
def form_edition(visit: VisitDep, form_code: FormCode, done: NoticeKey = "") -> Response:
    """One edition as it is, its other editions, and the pages that it can be opened on."""
    visit.need(May.DIGITISE, "forms")
    kept = _edition(visit, form_code)
    form = kept.form
    editions = [row for row in all_forms(visit.ledger) if row.form.name == form.name]
    pages = pages_to_try(visit.ledger, visit.reach, form.book_kind, form_code, MOST_PAGES)
    return visit.page(
        "form",
        kept=kept,
        form=form,
        drawn=drawn_of_form(form),
        editions=editions,
        newest=editions[-1].form,
        pages=[(page, book_name(visit, page)) for page in pages],
        titles=_titles(visit, form.book_kind),
        done=done,
    )


@router.get("/forms/draw/{page_id}")
def begin_drawing(
    visit: VisitDep,
    page_id: PageId,
    form: Annotated[str, Query(pattern=rf"^({FORM_CODE.pattern})?$", max_length=60)] = "",
) -> Response:
    """A page of a book, laid flat, with the boxes of a form or with none. Of a form that has a newer edition for this
    book, that one is opened."""
    page = _page(visit, page_id)
    if not form:
        return _shown(visit, _Drawing(page, DrawnForm(page.book_kind), ""))
    kept = _edition(visit, form).form
    newest = next((start for start in _starts(visit, page) if start.name == kept.name), kept)
    if newest.book_kind != page.book_kind:
        raise RequestRefused(404, "no_form", "forms", detail="other_kind")
    return _shown(visit, _Drawing(page, drawn_of_form(newest), newest.form_code))


@router.post("/forms/draw/{page_id}")
def draw(visit: PostDep, page_id: PageId, fields: FormFieldsDep) -> Response:
    """What was drawn is shown again with a box more or less, tried on the page, or saved."""
    page = _page(visit, page_id)
    drawn, act = drawn_of_fields(page.book_kind, fields), fields.get("act", "")
    based_on = fields.get("based_on", "")
    if based_on and _edition(visit, based_on).form.book_kind != page.book_kind:
        raise RequestRefused(404, "no_form", "forms", detail="other_kind")
    drawing = _Drawing(page, drawn, based_on, fields.get("place"))
    if act == "try":
        return _tried(visit, drawing)
    if act in ("save", "save_new"):
        return _saved(visit, replace(drawing, based_on=based_on if act == "save" else ""))
    if act == "add":
        drawing = replace(drawing, drawn=drawn.with_box())
    elif act.startswith("remove.") and act[7:].isdecimal():
        drawing = replace(drawing, drawn=drawn.without_box(int(act[7:])))
    return _shown(visit, drawing)


@router.get("/forms/draw/{page_id}/flat")
def flat_page(
    visit: VisitDep,
    page_id: PageId,
    corners: Annotated[str, Query(pattern=r"^[0-9. ]{15,100}$")],
    width: Annotated[float, Query(gt=1, le=MOST_FRAME_MM)],
    height: Annotated[float, Query(gt=1, le=MOST_FRAME_MM)],
) -> Response:
    """The inside of the frame of a page, as if it lay flat. An address holds places only."""
    _page(visit, page_id)
    places = _corners_of(corners)
    if not places:
        raise RequestRefused(422, "bad_request", "forms", detail="corners")
    note_subject(visit.ledger, visit.user_name, "page_image", "page", page_id)
    content = flattened(_copy(visit, page_id), places, width, height)
    return Response(content, media_type="image/jpeg", headers={"Content-Security-Policy": LOCKED})


@dataclass(frozen=True)
class _Drawing:
    """What is on the table: a page, what is drawn, the edition that is corrected ("": a new form), and for where."""

    page: DrawablePage
    drawn: DrawnForm
    based_on: str
    place: str | None = None


def _page(visit: Visit, page_id: int) -> DrawablePage:
    """The page; the same answer for one that is not there and one that is not within reach."""
    visit.need(May.DIGITISE, "forms")
    page = drawable_page(visit.ledger, visit.reach, page_id)
    if page is None:
        raise RequestRefused(404, "no_page_image", "forms", detail="place_or_unknown")
    return page


def _edition(visit: Visit, form_code: str) -> KeptForm:
    with visit.ledger.engine.connect() as connection:
        kept = form_named(connection, form_code)
    if kept is None:
        raise RequestRefused(404, "no_form", "forms", detail="unknown")
    return kept


def _copy(visit: Visit, page_id: int) -> bytes:
    head = page_head(visit.ledger, page_id)
    content = copy_of(visit.ledger, head) if head else None
    if content is None:
        raise RequestRefused(404, "no_page_image", "forms", detail="no_copy")
    return content


def _corners_of(text: str) -> Any:
    try:
        return corners_of([float(word) for word in text.split()])
    except ValueError:
        return ()


def _shown(
    visit: Visit,
    drawing: _Drawing,
    *,
    status: int = 200,
    problems: tuple[FormProblem, ...] = (),
    trial: FormTrial | None = None,
    no: str = "",
) -> Response:
    page = drawing.page
    around = pages_around(visit.ledger, page)
    shown_id = _shown_id(drawing, around)
    note_subject(visit.ledger, visit.user_name, "page_image", "page", shown_id)
    try:
        drawn, size = _laid(drawing, shown_id, _copy(visit, shown_id))
    except PaperExtraMissing:
        raise RequestRefused(503, "no_extra", "forms", detail="no_extra") from None
    context = _context(visit, drawing, drawn)
    answer = visit.page(
        "form_draw",
        status=status,
        shown_id=shown_id,
        size=size,
        around=around,
        problems=problems,
        at_fault=columns_at_fault(problems),
        trial=trial,
        is_ours=trial is not None and trial.form_code == (drawing.based_on or NEW_FORM),
        crops=_crops(trial),
        no=no,
        **context,
    )
    if trial:
        answer.headers["Content-Security-Policy"] = WITH_CROPS
    return answer


def _context(visit: Visit, drawing: _Drawing, drawn: DrawnForm) -> dict[str, Any]:
    """What the page shows of the book and of the form, whatever was done."""
    page, places = drawing.page, _places(visit, drawing.page)
    return {
        "page": page,
        "book_title": book_name(visit, page),
        "drawn": drawn,
        "based_on": drawing.based_on,
        "starts": _starts(visit, page),
        "places": places,
        "place": drawing.place if drawing.place in places else places[0],
        "columns": _columns(page.book_kind),
        "titles": _titles(visit, page.book_kind),
        "row_number": ROW_NUMBER,
    }


def _shown_id(drawing: _Drawing, around: list[tuple[int, int]]) -> int:
    """The page of the book that is shown: for the facing page of the form the one that was chosen, else the next."""
    if not drawing.drawn.side:
        return drawing.page.page_id
    known = [page_id for page_id, _ in around]
    if drawing.drawn.facing_id in known:
        return drawing.drawn.facing_id
    after = [page_id for page_id, number in around if number > drawing.page.page_number]
    return after[0] if after else drawing.page.page_id


def _laid(drawing: _Drawing, shown_id: int, copy: bytes) -> tuple[DrawnForm, tuple[int, int]]:
    """What is drawn, with the corners of the frame that is shown and its height where nobody has set them, and the size
    of the image."""
    drawn, side = drawing.drawn, drawing.drawn.side
    corners = drawn.corners[side]
    if not corners:
        beside = drawn.corners[0] if side and shown_id == drawing.page.page_id else ()
        corners = _fitted_corners(drawing.page) if not side else ()
        corners = corners or found_corners(copy, beside)
    width, height = drawn.frames[side]
    if not height:
        left, top = (_distance(corners[first], corners[second]) for first, second in ((0, 3), (0, 1)))
        height = round(width * left / max(top, 1.0), 1)
    frames, all_corners = list(drawn.frames), list(drawn.corners)
    frames[side], all_corners[side] = (width, height), corners
    facing_id = shown_id if side else drawn.facing_id
    laid = replace(drawn, frames=(frames[0], frames[1]), corners=(all_corners[0], all_corners[1]), facing_id=facing_id)
    return laid, image_size(copy)


def _fitted_corners(page: DrawablePage) -> Any:
    """Where a page that was read has its frame."""
    places = (page.fit or {}).get("corners_px") or ()
    return corners_of([float(value) for place in places for value in place])


def _distance(first: tuple[float, float], second: tuple[float, float]) -> float:
    return float(((first[0] - second[0]) ** 2 + (first[1] - second[1]) ** 2) ** 0.5)


def _starts(visit: Visit, page: DrawablePage) -> list[FormDraft]:
    """The newest editions that can be corrected on this page."""
    over = places_over(page.province_code, page.commune_code)
    kept = [row.form for row in all_forms(visit.ledger) if row.place_code in over]
    return [form for form in newest_editions(kept).values() if form.book_kind == page.book_kind]


def _places(visit: Visit, page: DrawablePage) -> list[str]:
    """For whose books this user may save a form: the widest first, all of them over the book that it is drawn on."""
    held = visit.reach.places(May.DIGITISE)
    over = places_over(page.province_code, page.commune_code)
    first = next(number for number, place in enumerate(over) if place in held)
    return over[first:]


def _columns(book_kind: str) -> list[tuple[ValueKind, list[RegisterColumn]]]:
    """The columns of a kind of book by the kind of their value."""
    columns = columns_of(book_kind).values()
    return [(kind, [column for column in columns if column.value_kind == kind]) for kind in ValueKind]


def _titles(visit: Visit, book_kind: str) -> Mapping[str, str]:
    named = {column: row.title_vi for column, row in columns_of(book_kind).items()}
    return {
        **named,
        ROW_NUMBER: visit.locale.translate("forms.row_number"),
        "": visit.locale.translate("forms.unnamed"),
    }


def _crops(trial: FormTrial | None) -> dict[int, list[tuple[str, bool, str]]]:
    """The crops of a trial by row: column, whether nothing is written there, and the image as an address."""
    rows: dict[int, list[tuple[str, bool, str]]] = {}
    for crop in trial.crops if trial else ():
        image = f"data:image/png;base64,{base64.b64encode(crop.png).decode()}"
        rows.setdefault(crop.row, []).append((crop.column, crop.is_blank, image))
    return rows


def _tried(visit: Visit, drawing: _Drawing) -> Response:
    """What becomes of the page that is shown when its book has this form beside its others."""
    draft = drawing.drawn.draft(drawing.based_on or NEW_FORM)
    if (problems := draft.problems()) or drawing.drawn.unreadable:
        return _shown(visit, drawing, status=422, problems=problems)
    page = drawing.page
    with visit.ledger.engine.connect() as connection:
        others = forms_for(connection, page.book_kind, page.opened_year, page.province_code, page.commune_code)
        shown = _page(visit, _shown_id(drawing, pages_around(visit.ledger, page)))
        content, media_type = master_of(connection, visit.ledger, shown.scan_id)
    forms = [draft, *(form for form in others if form.name != draft.name)]
    try:
        trial = tried(content, media_type, shown.scan_page, forms)
    except PaperExtraMissing:
        raise RequestRefused(503, "no_extra", "forms", detail="no_extra") from None
    return _shown(visit, drawing, trial=trial)


def _saved(visit: Visit, drawing: _Drawing) -> Response:
    page, based_on = drawing.page, drawing.based_on
    places = _places(visit, page)
    place = drawing.place if drawing.place is not None else places[0]
    if place not in places:
        raise RequestRefused(403, "no_role", "forms", detail="place")
    code = based_on.partition(".")[0] or new_form_name(visit.ledger, page.book_kind)
    draft = drawing.drawn.draft(code)
    if (problems := draft.problems()) or drawing.drawn.unreadable:
        return _shown(visit, drawing, status=422, problems=problems)
    over = places_over(page.province_code, page.commune_code)
    try:
        form = save_form(
            visit.ledger,
            draft,
            based_on=based_on or None,
            places=over[: over.index(place) + 1],
            place_code=place,
            actor=visit.user_name,
            page_id=page.page_id,
        )
    except FormMoved:
        return _shown(visit, drawing, status=409, no="form_moved")
    return visit.back_to(f"/forms/{form.form_code}?done=form_saved")
