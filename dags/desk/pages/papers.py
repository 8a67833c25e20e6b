"""Papers that came with a dossier, shown or handed over; each look is logged.

A paper is a file that anybody may have made. Its first bytes decide its kind, from a short list; any other file is only
handed over to be saved. A shown paper is locked in a sandbox without scripts, forms or other addresses.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import Response

from connectors.errors import LienthongError
from connectors.ledger.dossier_view import Head, paper_of, version_of
from connectors.portals.provinces import PROVINCES, platform_of
from dags.desk.dossier_access import HeadDep
from dags.desk.visit import RequestRefused, Visit, VisitDep

KINDS = {
    b"%PDF-": ("application/pdf", "pdf"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
}
UNKNOWN = ("application/octet-stream", "bin")
LOCKED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"

router = APIRouter()


def papers_inside(portal_code: str, original: bytes) -> list[bytes] | None:
    """The papers that lie inside a portal's original, in their order; None where a portal keeps them apart."""
    platform = platform_of(portal_code)
    inside = platform.papers_inside if platform else None
    if inside is None:
        return None
    try:
        return inside(original)
    except LienthongError:
        return []


def kind_of(content: bytes) -> tuple[str, str]:
    """Media type and ending, by the first bytes."""
    return next((kind for first, kind in KINDS.items() if content.startswith(first)), UNKNOWN)


@router.get("/dossier/{portal_code}/{dossier_code}/papers/{version}/{position}")
def paper(
    visit: VisitDep,
    head: HeadDep,
    version: Annotated[int, InPath(ge=1, le=100_000)],
    position: Annotated[int, InPath(ge=0, le=1000)],
    save: Annotated[bool, Query()] = False,
) -> Response:
    """The bytes of one paper."""
    content = _content(visit, head, version, position)
    if content is None:
        raise RequestRefused(404, "no_paper", "paper", dossier_id=head.dossier_id, detail="unknown")
    visit.looked("paper", [head.dossier_id], f"{version}/{position}")
    media_type, ending = kind_of(content)
    is_shown = not save and media_type != UNKNOWN[0]
    name = f"{head.dossier_id}-{version}-{position + 1}.{ending}"
    headers = {
        "Content-Disposition": f'{"inline" if is_shown else "attachment"}; filename="{name}"',
        "Content-Security-Policy": LOCKED,
    }
    return Response(content, media_type=media_type, headers=headers)


def _content(visit: Visit, head: Head, version: int, position: int) -> bytes | None:
    """From where it lies: fetched and kept, or inside the original."""
    if head.portal_code in PROVINCES and PROVINCES[head.portal_code].platform.papers_inside:
        stored = version_of(visit.ledger, head, version)
        inside = (papers_inside(head.portal_code, stored.original) if stored else None) or []
        return inside[position] if position < len(inside) else None
    return paper_of(visit.ledger, head, version, position)
