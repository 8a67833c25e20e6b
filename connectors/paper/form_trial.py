"""A form that is drawn at the desk: the page laid flat by its frame to draw on, and what the form would cut out of it.

A form is tried in a process of its own, with a limit of time: a page that breaks the program which opens it breaks that
process alone.
"""

import multiprocessing
import resource
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from connectors.paper.examining import MOST_MEMORY_BYTES
from connectors.paper.extra import need_libraries
from connectors.paper.intake import ScanRefused
from connectors.paper.set_aside import PageSetAside
from schemas.register_forms import FormDraft, PageLayout

LONGEST_TRIAL_S = 120.0
"""The start of the process, the recognisers and a page of many rows, on a busy machine."""
_FRESH = multiprocessing.get_context("spawn")
BREAKS_READER = "breaks_reader"
FLAT_SIDE_PX = 1600
FLAT_QUALITY = 80
Corners = tuple[tuple[float, float], ...]
"""Of a frame in pixels of an image, from the top left clockwise."""


@dataclass(frozen=True)
class TrialCrop:
    """What would be read of a field. `row`: from 1. `png`: black on white."""

    row: int
    column: str
    is_blank: bool
    png: bytes = field(repr=False)


@dataclass(frozen=True)
class FormTrial:
    """What becomes of a page with a form. `reason_code`: why it would be set aside; None when it would be read.
    `page`: 0, or 1 for the facing page; `evidence`, `residual_mm`, `rows_agreeing`: see `PageReading.fit`."""

    reason_code: str | None = None
    form_code: str = ""
    page: int = 0
    evidence: float = 0.0
    residual_mm: float = 0.0
    rows_agreeing: int | None = None
    crops: tuple[TrialCrop, ...] = field(repr=False, default=())


def image_size(copy: bytes) -> tuple[int, int]:
    """Width and height of an access copy in pixels. Raises PaperExtraMissing."""
    height, width = _decoded(copy).shape[:2]
    return width, height


def found_corners(copy: bytes, beside: Corners = ()) -> Corners:
    """The corners of the printed frame on an access copy; those of the whole image when no frame is found. `beside`: of
    a left page in this image; the frame is looked for on its right."""
    from connectors.paper.frame import frames_in

    image = _decoded(copy)
    height, width = image.shape[:2]
    left = max((x for x, _ in beside), default=0.0)
    for corners in frames_in(image):
        if float(corners[:, 0].min()) >= left:
            return tuple((round(float(x), 1), round(float(y), 1)) for x, y in corners)
    return (0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height))


def flattened(copy: bytes, corners: Corners, width_mm: float, height_mm: float) -> bytes:
    """The inside of a frame as if it lay flat, as JPEG."""
    import cv2
    import numpy as np

    image = _decoded(copy)
    per_mm = FLAT_SIDE_PX / max(width_mm, height_mm)
    size = (max(2, round(width_mm * per_mm)), max(2, round(height_mm * per_mm)))
    flat = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(corners, np.float32), flat)
    inside = cv2.warpPerspective(image, matrix, size, borderValue=(255, 255, 255))
    return bytes(cv2.imencode(".jpg", inside, [cv2.IMWRITE_JPEG_QUALITY, FLAT_QUALITY])[1].tobytes())


def tried(content: bytes, media_type: str, scan_page: int, forms: Sequence[FormDraft]) -> FormTrial:
    """What becomes of a page of a master when a book has these forms. Raises PaperExtraMissing."""
    need_libraries()
    ours, theirs = _FRESH.Pipe(duplex=False)
    process = _FRESH.Process(target=_serve, args=(theirs, content, media_type, scan_page, list(forms)), daemon=True)
    process.start()
    theirs.close()
    with ours:
        try:
            trial = ours.recv() if ours.poll(LONGEST_TRIAL_S) else None
        except EOFError:
            trial = None
    process.kill()
    process.join()
    return trial if isinstance(trial, FormTrial) else FormTrial(BREAKS_READER)


def _serve(line: Connection, content: bytes, media_type: str, scan_page: int, forms: Sequence[FormDraft]) -> None:
    """The process."""
    import cv2

    cv2.setNumThreads(1)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, resource.RLIM_INFINITY))
    line.send(try_forms(content, media_type, scan_page, forms))


def try_forms(content: bytes, media_type: str, scan_page: int, forms: Sequence[FormDraft]) -> FormTrial:
    """Like `tried`, in this process."""
    from connectors.paper.masters import opened
    from connectors.paper.recognisers import available
    from connectors.paper.registration import register
    from connectors.paper.row_numbers import check_row_numbers

    try:
        with opened(content, media_type) as master:
            image = master.page(scan_page).image
        fit = register(image, forms)[0]
    except (PageSetAside, ScanRefused) as refused:
        return FormTrial(str(refused.reason_code))
    reason, agreeing = None, None
    try:
        recognisers = available()[0] if fit.form.row_number_box else []
        numbers = check_row_numbers(image, fit, recognisers)
        agreeing = numbers.agreeing if numbers else None
    except PageSetAside as refused:
        reason = str(refused.reason_code)
    crops = _crops(image, fit)
    code, evidence, residual = fit.form.form_code, round(fit.evidence, 3), round(fit.residual_mm, 3)
    return FormTrial(reason, code, fit.page, evidence, residual, agreeing, crops)


def _crops(image, fit) -> tuple[TrialCrop, ...]:  # type: ignore[no-untyped-def]  # names of libraries of images
    import cv2

    from connectors.paper.crops import crop_fields

    offsets = [row * fit.form.row_height_mm for row in range(fit.form.rows)]
    rows = crop_fields(image, fit.lie, fit.form.boxes, offsets, is_ruled=fit.form.layout == PageLayout.TABLE)
    return tuple(
        TrialCrop(row, crop.column, crop.is_blank, bytes(cv2.imencode(".png", crop.image)[1].tobytes()))
        for row, crops in enumerate(rows, 1)
        for crop in crops
    )


def _decoded(copy: bytes):  # type: ignore[no-untyped-def]  # an image of numpy, which is imported here only
    need_libraries()
    import cv2
    import numpy as np

    image = cv2.imdecode(np.frombuffer(copy, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("the access copy is no image")
    return image
