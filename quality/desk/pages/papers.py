"""Papers that came with a dossier, shown or handed over; each look is logged.

A paper is a stranger's file. Its kind is told by its first bytes, from a short list; all else is handed over as bytes
to be saved. Shown ones are locked in a sandbox without scripts, forms or any other address.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import Response

from connectors.ledger.folder import paper_of
from quality.desk.folders import HeadDep
from quality.desk.visit import TurnedAway, VisitDep

KINDS = {
    b"%PDF-": ("application/pdf", "pdf"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
}
UNKNOWN = ("application/octet-stream", "bin")
LOCKED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"

router = APIRouter()


def kind_of(content: bytes) -> tuple[str, str]:
    """Media type and ending, by the first bytes."""
    return next((kind for first, kind in KINDS.items() if content.startswith(first)), UNKNOWN)


@router.get("/dossier/{portal_code}/{dossier_code}/papers/{version}/{position}")
def paper(
    visit: VisitDep, head: HeadDep, version: Annotated[int, InPath(ge=1, le=100_000)],
    position: Annotated[int, InPath(ge=0, le=1000)], save: Annotated[bool, Query()] = False,
) -> Response:  # fmt: skip
    """The bytes of one paper."""
    content = paper_of(visit.ledger, head, version, position)
    if content is None:
        raise TurnedAway(404, "no_paper", "paper", dossier_id=head.dossier_id, detail="unknown")
    visit.looked("paper", [head.dossier_id], f"{version}/{position}")
    media_type, ending = kind_of(content)
    is_shown = not save and media_type != UNKNOWN[0]
    name = f"{head.dossier_id}-{version}-{position + 1}.{ending}"
    headers = {
        "Content-Disposition": f'{"inline" if is_shown else "attachment"}; filename="{name}"',
        "Content-Security-Policy": LOCKED,
    }
    return Response(content, media_type=media_type, headers=headers)
