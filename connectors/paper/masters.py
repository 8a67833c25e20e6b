"""The pages of a master as images: PDF by pypdfium2, TIFF, JPEG, PNG and HEIC by Pillow. A master is never altered.

What would break the program that opens it is refused before anything is decoded: sizes are read from headers, PDFs are
inspected by pikepdf without repairing them (a repaired PDF has silently lost pages). An orientation that a camera wrote
down is applied to the image that is returned, not to the master.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from connectors.paper.extra import INSTALL, PaperExtraMissing, need_libraries
from connectors.paper.intake import HEIC, PDF, ScanReason, ScanRefused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Pixels = NDArray[np.uint8]

MOST_PAGES = 2000
"""Of one file. Assumed: a book has some hundred pages."""
MOST_PIXELS = 100_000_000
"""Of one page. An A3 page at 600 dots per inch has 70 million."""
LONGEST_SIDE_PX = 5000
"""Of an image that is worked with: an A3 page at 300 dots per inch. A larger one is made smaller."""
DRAWN_DPI, LEAST_DPI, MOST_DPI = 200.0, 100.0, 400.0
"""How a PDF page is drawn: by the resolution of its image within the last two; one without an image at the first."""
COPY_BYTES = 100_000
"""Of an access copy, about. Source: the ministry's practice of about 100 kB a page, as a vendor reports it."""
COPY_SIDE_PX = 2200
COPY_QUALITIES = (72, 60, 50, 40, 32)
COPY_STEP = 0.85
LEAST_COPY_SIDE_PX = 1200
POINTS_PER_INCH = 72.0
PHOTOGRAPHS = ("JPEG", "HEIF")
UNDECODABLE = (OSError, EOFError, ValueError, SyntaxError, KeyError, TypeError, MemoryError, RuntimeError)
"""What Pillow and its plugins raise for a damaged image; RuntimeError is that of libheif."""
DEEPEST_FORM = 8
"""Forms of a PDF that are nested deeper are not looked into; no scanner writes any."""


@dataclass(frozen=True)
class MasterPage:
    """One page. `image`: BGR, height x width x 3. `dpi`: as the file says it; None where it says nothing, and of
    photographs, whose cameras write any number."""

    image: Pixels
    dpi: float | None


@dataclass(frozen=True)
class OpenedMaster:
    """A master whose pages can be looked at. `page(number)` counts from 0 and raises ScanRefused."""

    count: int
    _page: Any

    def page(self, number: int) -> MasterPage:
        return self._page(number)  # type: ignore[no-any-return]  # one of the two functions below


@contextmanager
def opened(content: bytes, media_type: str) -> Iterator[OpenedMaster]:
    """Opens a master. Raises ScanRefused when it is damaged, locked or larger than allowed, and PaperExtraMissing."""
    need_libraries()
    if media_type == PDF:
        with _opened_pdf(content) as found:
            yield found
    else:
        if media_type == HEIC:
            _open_heic()
        with _opened_image(content) as found:
            yield found


def _open_heic() -> None:
    """Lets Pillow open HEIC. What a phone keeps beside the photograph (thumbnail, depth, masks) is not looked at; its
    orientation is applied by the library. Raises PaperExtraMissing."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise PaperExtraMissing(f"pillow_heif missing: {INSTALL}") from None
    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


@contextmanager
def _opened_pdf(content: bytes) -> Iterator[OpenedMaster]:
    import pypdfium2 as pdfium

    dpis = _inspected_pdf(content)
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError:
        raise ScanRefused(ScanReason.DAMAGED) from None
    try:
        if len(document) != len(dpis):
            raise ScanRefused(ScanReason.DAMAGED)
        yield OpenedMaster(len(dpis), lambda number: _drawn(document, number, dpis[number]))
    finally:
        document.close()


def _inspected_pdf(content: bytes) -> list[float | None]:
    """The resolution of the largest image of each page; None for a page without. Raises ScanRefused."""
    import pikepdf

    try:
        with pikepdf.open(BytesIO(content), attempt_recovery=False, suppress_warnings=True) as document:
            pages = list(document.pages)
            if len(pages) > MOST_PAGES:
                raise ScanRefused(ScanReason.TOO_MANY_PAGES)
            if not pages:
                raise ScanRefused(ScanReason.NO_PAGES)
            return [_page_dpi(page) for page in pages]
    except pikepdf.PasswordError:
        raise ScanRefused(ScanReason.LOCKED) from None
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise ScanRefused(ScanReason.DAMAGED) from None


def _page_dpi(page: Any) -> float | None:
    box = [float(value) for value in page.mediabox]
    width_pt, height_pt = abs(box[2] - box[0]), abs(box[3] - box[1])
    scale = (DRAWN_DPI / POINTS_PER_INCH) ** 2
    if not width_pt or not height_pt:
        raise ScanRefused(ScanReason.DAMAGED)
    if width_pt * height_pt * scale > MOST_PIXELS:
        raise ScanRefused(ScanReason.TOO_MANY_PIXELS)
    sizes = list(_image_sizes(page.obj, 0))
    if any(width * height > MOST_PIXELS for width, height in sizes):
        raise ScanRefused(ScanReason.TOO_MANY_PIXELS)
    if not sizes:
        return None
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return max(width, height) / (max(width_pt, height_pt) / POINTS_PER_INCH)


def _image_sizes(holder: Any, depth: int) -> Iterator[tuple[int, int]]:
    """Width and height of every image that a page or a form of it names; each must be there as long as it says."""
    resources = holder.get("/Resources")
    named = resources.get("/XObject") if resources is not None else None
    for drawn in (named or {}).values() if named is not None else ():
        if drawn.get("/Subtype") == "/Image":
            drawn.read_raw_bytes()
            yield int(drawn.get("/Width", 0)), int(drawn.get("/Height", 0))
        elif drawn.get("/Subtype") == "/Form" and depth < DEEPEST_FORM:
            yield from _image_sizes(drawn, depth + 1)


def _drawn(document: Any, number: int, image_dpi: float | None) -> MasterPage:
    import numpy as np
    import pypdfium2 as pdfium

    dpi = min(max(image_dpi or DRAWN_DPI, LEAST_DPI), MOST_DPI)
    try:
        page = document[number]
        longest = max(page.get_size()) / POINTS_PER_INCH
        dpi = min(dpi, LONGEST_SIDE_PX / longest)
        bitmap = page.render(scale=dpi / POINTS_PER_INCH, rev_byteorder=False, prefer_bgrx=False)
        pixels = bitmap.to_numpy()
    except (pdfium.PdfiumError, ValueError, MemoryError):
        raise ScanRefused(ScanReason.DAMAGED) from None
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    image = np.array(pixels[:, :, :3], dtype=np.uint8, order="C")  # a copy: the bitmap's memory goes with it
    page.close()
    return MasterPage(image, image_dpi)


@contextmanager
def _opened_image(content: bytes) -> Iterator[OpenedMaster]:
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(BytesIO(content), formats=("TIFF", "JPEG", "PNG", "HEIF"))
        count = getattr(image, "n_frames", 1)
    except Image.DecompressionBombError:
        raise ScanRefused(ScanReason.TOO_MANY_PIXELS) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, KeyError, TypeError, EOFError):
        raise ScanRefused(ScanReason.DAMAGED) from None
    with image:
        if count > MOST_PAGES:
            raise ScanRefused(ScanReason.TOO_MANY_PAGES)
        _check_size(image)
        yield OpenedMaster(count, lambda number: _decoded(image, number))


def _check_size(image: Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise ScanRefused(ScanReason.TOO_MANY_PIXELS)


def _decoded(image: Image, number: int) -> MasterPage:
    import cv2
    import numpy as np
    from PIL import Image, ImageOps

    try:
        image.seek(number)
        _check_size(image)
        image.load()
        dpi = image.info.get("dpi", (0, 0))[0] if image.format not in PHOTOGRAPHS else 0
        upright = ImageOps.exif_transpose(image)
        rgb = np.asarray(_on_white(upright))
    except UNDECODABLE:
        raise ScanRefused(ScanReason.DAMAGED) from None
    except Image.DecompressionBombError:
        raise ScanRefused(ScanReason.TOO_MANY_PIXELS) from None
    pixels = _at_most(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), LONGEST_SIDE_PX)
    return MasterPage(pixels, float(dpi) if dpi and float(dpi) > 1 else None)


def _on_white(image: Image) -> Image:
    """Any mode as RGB: sixteen bits are made eight, what is transparent is paper."""
    import numpy as np
    from PIL import Image

    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        most = max(float(values.max(initial=0)), 255.0)
        return Image.fromarray((values * (255.0 / most)).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(paper, layered).convert("RGB")
    return image.convert("RGB")


def _at_most(image: Any, longest_px: int) -> Pixels:
    import cv2
    import numpy as np

    longest = max(image.shape[:2])
    if longest <= longest_px:
        return np.asarray(image, np.uint8)
    scale = longest_px / longest
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True)
class AccessCopy:
    """What people see of a page. `scale`: its pixels by those of the image that it was made from."""

    jpeg: bytes
    scale: float


def access_copy(image: Pixels) -> AccessCopy:
    """A JPEG of about 100 kB: first of lower quality, then smaller."""
    import cv2

    side = COPY_SIDE_PX
    while True:
        small = _at_most(image, side)
        for quality in COPY_QUALITIES:
            _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if len(encoded) <= COPY_BYTES:
                break
        if len(encoded) <= COPY_BYTES or side <= LEAST_COPY_SIDE_PX:
            return AccessCopy(encoded.tobytes(), small.shape[1] / image.shape[1])
        side = max(LEAST_COPY_SIDE_PX, round(side * COPY_STEP))
