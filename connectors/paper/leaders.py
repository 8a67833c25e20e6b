"""Takes a printed dotted line out of a crop and leaves the writing on it, above all the dot of the tone nặng.

A printed leader is regular: its dots are alike and stand in one row at one pitch. Only what fits that row, that pitch
and that size is taken; a dot that is larger, or stands between two of the leader's, is writing.
"""

from dataclasses import dataclass

import numpy as np

from connectors.paper.images import Bytes, Mask, Reals, cv2

SMALLEST_MM, LARGEST_MM = 0.14, 0.75
ROW_TOLERANCE_MM = 0.25
PITCH_TOLERANCE_MM = 0.25
LARGER_THAN_A_DOT = 1.6
"""By area: what is larger than so many dots of the leader is none of them, or one that a nặng lies on."""
COVERED = 0.6
"""Of the length of a line, the share in which dots must be seen."""


@dataclass(frozen=True)
class Leader:
    """A dotted line in a crop, in pixels. `curve`: the polynomial of its height. `first`, `pitch`: where dots stand."""

    curve: Reals
    first: float
    pitch: float
    dot_area: float

    def height_px(self, x: float | Reals) -> Reals:
        return np.asarray(np.polyval(self.curve, x), np.float32)


@dataclass(frozen=True)
class _Blobs:
    """Connected dark places. `labels`: for each pixel the number of its blob, 0 for paper."""

    labels: np.ndarray[tuple[int, int], np.dtype[np.int32]]
    area: Reals
    x: Reals
    y: Reals
    width: Reals
    height: Reals


def ink_mask(white: Bytes) -> Bytes:
    """Where there is ink on white paper: darker than halfway to the darkest ink of the crop."""
    darkest = float(np.percentile(white, 0.5))
    return np.asarray(white < min(215.0, (255 + darkest) / 2 + 12), np.uint8)


def find_leader(white: Bytes, per_mm: float) -> Leader | None:
    """The dotted line from end to end of a crop; None when it has none."""
    blobs = _blobs(ink_mask(white))
    small, large = SMALLEST_MM * per_mm, LARGEST_MM * per_mm
    dots = (blobs.width >= small) & (blobs.width <= large) & (blobs.height >= small) & (blobs.height <= large)
    x, y = blobs.x[dots], blobs.y[dots]
    row = _row(x, y, white.shape[1], ROW_TOLERANCE_MM * per_mm * 0.8)
    if row is None or _coverage(x[row], white.shape[1], per_mm) < COVERED:
        return None
    curve = np.polyfit(x[row], y[row], 2 if row.sum() > 12 else 1).astype(np.float32)
    row = np.abs(y - np.polyval(curve, x)) < ROW_TOLERANCE_MM * per_mm
    lattice = _lattice(np.sort(x[row]), per_mm)
    return None if lattice is None else Leader(curve, *lattice, float(np.median(blobs.area[dots][row])))


def without_leader(white: Bytes, leader: Leader, per_mm: float) -> Bytes:
    """The crop with the leader's dots painted over."""
    mask = ink_mask(white)
    blobs = _blobs(mask)
    phase = (blobs.x - leader.first) / leader.pitch
    off_pitch = np.abs(phase - np.round(phase)) * leader.pitch
    off_row = np.abs(blobs.y - leader.height_px(blobs.x))
    is_dot = (
        (off_row < ROW_TOLERANCE_MM * per_mm)
        & (off_pitch < PITCH_TOLERANCE_MM * per_mm)
        & (blobs.area < LARGER_THAN_A_DOT * leader.dot_area)
    )
    is_dot[0] = False
    taken = is_dot[blobs.labels]
    taken |= _attached(blobs, mask, leader, per_mm)
    around = cv2.dilate(taken.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    others = cv2.dilate(np.asarray((mask > 0) & ~taken, np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    cleaned = white.copy()
    cleaned[taken | (around & ~others)] = 255
    return cleaned


def _blobs(mask: Bytes) -> _Blobs:
    _, labels, counted, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    facts: Reals = np.asarray(counted, np.float32)
    return _Blobs(
        np.asarray(labels, np.int32),
        facts[:, cv2.CC_STAT_AREA],
        centres[:, 0].astype(np.float32),
        centres[:, 1].astype(np.float32),
        facts[:, cv2.CC_STAT_WIDTH],
        facts[:, cv2.CC_STAT_HEIGHT],
    )


def _row(x: Reals, y: Reals, width: int, tolerance: float) -> Mask | None:
    """Which dots stand in the straight row that most of them make; None when there are too few."""
    if len(x) < 6:
        return None
    lot = np.random.default_rng(0)
    first, second = lot.integers(0, len(x), (2, 200))
    far = np.abs(x[first] - x[second]) > 0.2 * width
    if not far.any():
        return None
    first, second = first[far], second[far]
    slopes = (y[second] - y[first]) / (x[second] - x[first])
    flat = np.abs(slopes) < 0.03
    if not flat.any():
        return None
    misses = np.abs(y[None] - y[first[flat], None] - slopes[flat, None] * (x[None] - x[first[flat], None]))
    near = misses < tolerance
    best = near[near.sum(1).argmax()]
    return best if best.sum() >= 5 else None


def _coverage(x: Reals, width: int, per_mm: float) -> float:
    """The share of the width, in pieces of 4 mm, in which at least one dot stands."""
    pieces = max(2, round(width / per_mm / 4))
    return float(len(np.unique((x / width * pieces).astype(int)))) / pieces


def _lattice(x: Reals, per_mm: float) -> tuple[float, float] | None:
    """The place of a dot and the pitch, in pixels, of dots that stand in a row; some may be missing."""
    steps = np.diff(x)
    steps = steps[(steps > 0.4 * per_mm) & (steps < 4 * per_mm)]
    if len(steps) < 4:
        return None
    counts, edges = np.histogram(steps, bins=np.arange(0.4, 4.05, 0.1) * per_mm)
    common = edges[counts.argmax()] + 0.05 * per_mm
    pitch = float(np.median(steps[np.abs(steps - common) < 0.15 * per_mm]))
    first = float(x[0])
    for _ in range(3):  # from a rough pitch outwards: each pass counts further dots rightly
        number = np.concatenate([[0.0], np.cumsum(np.round(np.diff(x) / pitch))])
        slope, first = np.polyfit(number, x, 1)
        misses = np.abs(x - first - slope * number)
        kept = misses < max(0.2 * per_mm, float(np.median(misses)) * 2)
        if kept.sum() > 4:
            slope, first = np.polyfit(number[kept], x[kept], 1)
        pitch = float(slope)
    return float(first), pitch


def _attached(blobs: _Blobs, mask: Bytes, leader: Leader, per_mm: float) -> Mask:
    """Dots that touch a letter: taken where the ink around the dot goes on at one side only, and only upwards."""
    taken = np.zeros(mask.shape, bool)
    radius = float(np.sqrt(leader.dot_area / np.pi))
    height, width = mask.shape
    reach = int(np.ceil(radius + 2.5))
    offsets = np.arange(-reach, reach + 1)
    down, right = np.meshgrid(offsets, offsets, indexing="ij")
    disc = down**2 + right**2 <= (radius + 0.7) ** 2
    last = int((width - leader.first) / leader.pitch)
    for number in range(-int(leader.first / leader.pitch), last + 1):
        x = leader.first + number * leader.pitch
        y = float(leader.height_px(x))
        column, row = round(x), round(y)
        if not (reach <= column < width - reach and reach <= row < height - reach) or not mask[row, column]:
            continue
        blob = blobs.labels[row, column]
        if blobs.area[blob] < 2.5 * leader.dot_area:
            continue
        window = mask[row - reach : row + reach + 1, column - reach : column + reach + 1].astype(bool)
        outside = window & ~disc
        goes_down = outside[reach + 1 :].any()
        at_sides = (
            outside[reach - 1 : reach + 2, : reach - int(radius)].any()
            or outside[reach - 1 : reach + 2, reach + int(radius) + 1 :].any()
        )
        if not goes_down and not at_sides:
            taken[row - reach : row + reach + 1, column - reach : column + reach + 1] |= window & disc
    return taken
