"""Whether a page can be read: resolution, blur, light, cut edges, blank, seen before. What to scan again is data.

Every measure is taken on a grey image of one size, so that a threshold means the same for a scan and for a photograph.
Thresholds were set on invented pages (print, typewriter and script fonts, 100 to 300 dots per inch, photographs) and
are assumed to hold for real ones; each says what was measured on either side of it. Whether a page lies upside down is
said by its registration: `connectors.paper.registration`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

MEASURED_SIDE_PX = 1600
"""The long side of the grey image that is measured."""
LEAST_DPI = 140.0
"""Below, letters of 2 mm are under 11 pixels high. Source: 200 dots per inch is common practice; 140 allows for the
margin around a page in a photograph."""
LONGEST_PAGE_MM = {"A4": 297.0}
"""The smallest page that a register has; a larger one has fewer dots per inch than computed from it."""
MM_PER_INCH = 25.4
LEAST_SHARPNESS = 0.018
"""Power of the finest details by the contrast of the ink. Measured on a print page at 200 dots per inch: 0.073 sharp,
0.021 blurred by 2 pixels, 0.006 by 3; the faintest sharp photograph had 0.030."""
LEAST_PAPER, MOST_INK_FREE = 90.0, 0.0012
"""Grey of the paper, 0 to 255, below which a page is too dark; share of ink below which a page is blank."""
LEAST_CONTRAST = 0.13
"""How much darker than the paper the ink is, 0 to 1, below which a page is too bright. Measured: 0.22 print, 0.16 the
faintest photograph of a thin script, 0.11 a print page with seven parts of eight of its ink gone."""
INK_DEPTH, FAINT_DEPTH = 0.80, 0.92
"""Ink is darker than this share of the paper around it; what shines through from the other side is brighter than the
second."""
PAGE_LEVEL = 0.55
"""Darker than this share of the paper is the table that the page lies on."""
EDGE_PX = 3
LINE_SHARE = 0.12
"""A printed line is at least this share of the page long. One that touches the edge of the image is cut there."""
HASH_WIDTH, HASH_HEIGHT = 48, 64
LEAST_CORRELATION = 0.96
"""Of two hashes: finds one scan that came twice, as JPEG and inside a PDF. Measured: 0.99 to 0.96 for one scan at other
sizes and qualities, at most 0.95 for two pages of one form. It cannot find a page that was scanned twice: that differs
by more than two pages of one form do. Those are found by what is read of them."""


class PageFault(StrEnum):
    """What is wrong with the image of a page. The desk's words under `page_reason.` say what to do."""

    LOW_RESOLUTION = "low_resolution"
    BLURRED = "blurred"
    CUT_EDGE = "cut_edge"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLANK = "blank"
    DUPLICATE = "duplicate"  # the very same image
    LIKELY_DUPLICATE = "likely_duplicate"  # perhaps the same page once more: a person compares them


SETS_ASIDE = frozenset({PageFault.BLANK, PageFault.DUPLICATE})
"""With these a page is not read. With the others it is tried: what is read of it can be searched."""


@dataclass(frozen=True)
class PageLook:
    """What was measured on a page. `digest`: of its pixels; `look`: its perceptual hash."""

    dpi: float
    sharpness: float
    paper: float
    contrast: float
    ink: float
    faint_ink: float
    touches_edge: bool
    digest: bytes
    look: bytes


def look_at(image: Pixels, longest_mm: float = LONGEST_PAGE_MM["A4"]) -> PageLook:
    """Measures a page. `longest_mm`: the long side of what the image shows; without it, of the smallest page."""
    from hashlib import sha256

    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    scale = MEASURED_SIDE_PX / max(grey.shape)
    size = (max(8, round(grey.shape[1] * scale)), max(8, round(grey.shape[0] * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    paper = _paper_of(small)
    flat = cv2.divide(small, paper, scale=255)
    flat[~_on_page(paper)] = 255
    ink_mask, faint_mask = flat < 255 * INK_DEPTH, cv2.blur(flat, (3, 3)) < 255 * FAINT_DEPTH
    return PageLook(
        dpi=max(image.shape[:2]) / (longest_mm / MM_PER_INCH),
        sharpness=_sharpness(flat, ink_mask),
        paper=_level(paper, 0.5),
        contrast=_contrast(small, paper, faint_mask),
        ink=float(ink_mask.mean()),
        faint_ink=float(faint_mask.mean()),
        touches_edge=_touches_edge(flat),
        digest=sha256(repr(image.shape).encode() + image.tobytes()).digest(),
        look=_hash_of(flat),
    )


def faults_of(look: PageLook, *, is_seen: bool = False, is_like_another: bool = False) -> list[PageFault]:
    """What is wrong, by its measures. `is_seen`: the book has this very image; `is_like_another`: one much like it.
    Nothing more is said of a blank page."""
    if look.ink < MOST_INK_FREE:
        is_faint = look.faint_ink >= MOST_INK_FREE
        return [
            PageFault.TOO_DARK if look.paper < LEAST_PAPER else PageFault.TOO_BRIGHT if is_faint else PageFault.BLANK
        ]
    tests = {
        PageFault.DUPLICATE: is_seen,
        PageFault.LIKELY_DUPLICATE: is_like_another and not is_seen,
        PageFault.LOW_RESOLUTION: look.dpi < LEAST_DPI,
        PageFault.BLURRED: look.sharpness < LEAST_SHARPNESS,
        PageFault.TOO_DARK: look.paper < LEAST_PAPER,
        PageFault.TOO_BRIGHT: look.contrast < LEAST_CONTRAST,
        PageFault.CUT_EDGE: look.touches_edge,
    }
    return [fault for fault, is_so in tests.items() if is_so]


def correlation_of(look: bytes, other: bytes) -> float:
    """The correlation of two perceptual hashes, -1 to 1; 0 where one has nothing on it."""
    import numpy as np

    if len(look) != len(other) or not look:
        return 0.0
    values, others = (np.frombuffer(cells, np.uint8).astype(np.float64) - 128.0 for cells in (look, other))
    power = float(np.sqrt((values**2).sum() * (others**2).sum()))
    return float((values * others).sum()) / power if power else 0.0


def is_like(look: bytes, others: Iterable[bytes]) -> bool:
    """Whether one of the others is of the same scan, perhaps in another file format."""
    return any(correlation_of(look, other) >= LEAST_CORRELATION for other in others)


@dataclass(frozen=True)
class ScanAgain:
    """One line of the list of what to scan again: the page, and why, in codes."""

    page_number: int
    reason_codes: tuple[str, ...]


def to_scan_again(pages: Sequence[tuple[int, str | None, Sequence[str]]]) -> list[ScanAgain]:
    """The list, from (page number, why it is set aside, faults) of each page. A page that is only blank or doubled is
    no page to scan again."""
    settled = {str(fault) for fault in (PageFault.BLANK, PageFault.DUPLICATE, PageFault.LIKELY_DUPLICATE)}
    lines = []
    for page_number, reason_code, fault_codes in pages:
        reasons = dict.fromkeys([*([reason_code] if reason_code else []), *fault_codes])
        if wanted := tuple(reason for reason in reasons if reason not in settled):
            lines.append(ScanAgain(page_number, wanted))
    return lines


def _paper_of(grey: Any) -> Any:
    """The paper behind the ink: what is bright within some millimetres."""
    import cv2
    import numpy as np

    bright = cv2.dilate(grey, np.ones((25, 25), np.uint8))
    return np.maximum(cv2.GaussianBlur(bright, (0, 0), 12), 1)


def _on_page(paper: Any) -> Any:
    """Where the page is, some millimetres inside of its edges; the edge of the image is none."""
    import cv2
    import numpy as np

    page = (paper > PAGE_LEVEL * _level(paper, 0.9)).astype(np.uint8)
    return cv2.erode(page, np.ones((41, 41), np.uint8)) > 0


def _level(grey: Any, share: float) -> float:
    import numpy as np

    return float(np.quantile(grey, share))


def _contrast(grey: Any, paper: Any, ink_mask: Any) -> float:
    """How much darker than the paper the ink is, in the middle of all ink."""
    import numpy as np

    if not ink_mask.any():
        return 0.0
    return float(np.median(1.0 - grey[ink_mask] / paper[ink_mask]))


def _sharpness(flat: Any, ink_mask: Any) -> float:
    """Power of the Laplacian by the power of the contrast: a blurred edge has the same contrast over more pixels."""
    import cv2

    if not ink_mask.any():
        return 0.0
    fine = cv2.Laplacian(cv2.GaussianBlur(flat, (3, 3), 0), cv2.CV_32F)
    depth = 255.0 - float(flat[ink_mask].mean())
    return float(fine[ink_mask].var() / max(depth, 1.0) ** 2)


def _touches_edge(flat: Any) -> bool:
    """Whether a printed line that leads to an edge of the image ends there only because the image ends."""
    import cv2
    import numpy as np

    dark = (flat < 255 * INK_DEPTH).astype(np.uint8)
    height, width = dark.shape
    for is_upright in (False, True):
        longest = height if is_upright else width
        length = max(20, round(longest * LINE_SHARE))
        kernel = np.ones((length, 1) if is_upright else (1, length), np.uint8)
        lines = cv2.morphologyEx(cv2.dilate(dark, np.ones((3, 3), np.uint8)), cv2.MORPH_OPEN, kernel)
        first, last = (lines[:EDGE_PX], lines[-EDGE_PX:]) if is_upright else (lines[:, :EDGE_PX], lines[:, -EDGE_PX:])
        if first.any() or last.any():
            return True
    return False


def _hash_of(flat: Any) -> bytes:
    """How much darker than its surroundings each cell of the page is: a byte a cell, 128 for no difference."""
    import cv2
    import numpy as np

    cells = cv2.resize(flat, (HASH_WIDTH, HASH_HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    cells -= cv2.blur(cells, (9, 9))
    return bytes(np.clip(128 - cells, 0, 255).astype(np.uint8).tobytes())
