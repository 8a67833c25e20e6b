"""Images of pages of paper books: a whole access copy, or the crop of one field. Each look at a page is logged.

An address holds numbers and the name of a column only; who may neither search, key nor decide at the place of the book
gets the same answer as for a page that is not there.
"""

from io import BytesIO
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import Response

from connectors.ledger.grants import note_subject
from connectors.ledger.page_copies import Box, PageHead, copy_of, page_head, places_of
from dags.desk.pages.papers import LOCKED, kind_of
from dags.desk.visit import RequestRefused, Visit, VisitDep
from schemas.roles import May

SEES_PAGES = (May.SEARCH, May.KEY, May.ADJUDICATE, May.DIGITISE, May.EXTRACT)
MARGIN_SHARE, LEAST_MARGIN_PX = 0.35, 6
"""How much of the page is shown around a field: a share of its height, so that strokes outside the box are seen."""
CROP_QUALITY = 85

PageId = Annotated[int, InPath(ge=1, le=2**62)]
RecordId = Annotated[int, InPath(ge=1, le=2**62)]
ColumnInPath = Annotated[str, InPath(pattern=r"^[A-Za-z][A-Za-z0-9]{0,80}$")]

router = APIRouter()


@router.get("/books/pages/{page_id}/image")
def page_image(visit: VisitDep, page_id: PageId) -> Response:
    """The access copy of a page."""
    head = _head(visit, page_id)
    note_subject(visit.ledger, visit.user_name, "page_image", "page", page_id)
    return _image(_copy(visit, head))


@router.get("/books/pages/{page_id}/crop/{record_id}/{column}")
def field_crop(visit: VisitDep, page_id: PageId, record_id: RecordId, column: ColumnInPath) -> Response:
    """The part of a page where a field of a record stands, with a margin around it; it may be the facing page."""
    head = _head(visit, page_id)
    place = places_of(visit.ledger, head, record_id).get(column)
    if place is None:
        raise RequestRefused(404, "no_page_image", "page_image", detail="no_box")
    page, box = place
    note_subject(visit.ledger, visit.user_name, "page_image", "page", page.page_id)
    return _image(crop(_copy(visit, page), box))


def crop(content: bytes, box: Box) -> bytes:
    """The part of an image inside a box and a margin around it, as JPEG; a box that lies outside gives what is inside
    of it, at least one pixel."""
    from PIL import Image

    left, top, width, height = box
    margin = max(LEAST_MARGIN_PX, round(height * MARGIN_SHARE))
    with Image.open(BytesIO(content)) as image:
        right = min(max(left + width + margin, 1), image.width)
        bottom = min(max(top + height + margin, 1), image.height)
        left, top = min(max(left - margin, 0), right - 1), min(max(top - margin, 0), bottom - 1)
        written = BytesIO()
        image.convert("RGB").crop((left, top, right, bottom)).save(written, "JPEG", quality=CROP_QUALITY)
    return written.getvalue()


def _head(visit: Visit, page_id: int) -> PageHead:
    if not visit.reach.grants:
        raise RequestRefused(403, "no_grant", "page_image", detail="no_grant")
    head = page_head(visit.ledger, page_id)
    if head is None or not any(visit.reach.may(act, head.province_code, head.commune_code) for act in SEES_PAGES):
        raise RequestRefused(404, "no_page_image", "page_image", detail="place_or_unknown")
    return head


def _copy(visit: Visit, head: PageHead) -> bytes:
    content = copy_of(visit.ledger, head)
    if content is None:
        raise RequestRefused(404, "no_page_image", "page_image", detail="no_copy")
    return content


def _image(content: bytes) -> Response:
    media_type, _ = kind_of(content)
    return Response(content, media_type=media_type, headers={"Content-Security-Policy": LOCKED})
