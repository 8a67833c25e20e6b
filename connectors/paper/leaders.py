"""Finds printed dotted lines in the crops of a page.

A leader is regular: its dots are alike and stand in one row at one pitch, and all leaders of a page are of one kind.
Where writing covers most of a line, the kind is known from the page's other lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from connectors.paper.images import Bytes, Mask, Numbers, Reals, cv2

SMALLEST_MM, LARGEST_MM = 0.14, 0.75
ROW_TOLERANCE_MM = 0.25
COVERED = 0.6
"""Of the length of a line, the share in which dots must be seen; where its kind is known, dots or writing."""
SHORT_COVERED = 0.9
REGULAR = 0.7
"""How regular the dots must stand: 1 when each is exactly at its place, 0 when they are strewn."""
KIND_FROM = 3
"""So many leaders of a page must be seen whole before the others are judged by them."""


@dataclass(frozen=True)
class Leader:
    """A dotted line in a crop, in pixels. `curve`: the polynomial of its height. `first`, `pitch`: where dots stand.
    `dot_area`: of one dot alone."""

    curve: Reals
    first: float
    pitch: float
    dot_area: float

    def height_px(self, x: float | Reals) -> Reals:
        return np.asarray(np.polyval(self.curve, x), np.float32)


@dataclass(frozen=True)
class _LeaderKind:
    """What the leaders of a page have in common, in pixels. `foot`: how far below the top of its crop each runs."""

    foot: float
    pitch: float
    dot_area: float


@dataclass(frozen=True)
class Blobs:
    """Connected dark places. `labels`: for each pixel the number of its blob, 0 for paper."""

    labels: Numbers
    area: Reals
    x: Reals
    y: Reals
    width: Reals
    height: Reals


def ink_mask(white: Bytes) -> Bytes:
    """Where there is ink on white paper: darker than halfway to the darkest ink of the crop."""
    darkest = float(np.percentile(white, 0.5))
    return np.asarray(white < min(215.0, (255 + darkest) / 2 + 12), np.uint8)


def blobs_of(mask: Bytes) -> Blobs:
    _, labels, counted, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    facts: Reals = np.asarray(counted, np.float32)
    return Blobs(
        np.asarray(labels, np.int32),
        facts[:, cv2.CC_STAT_AREA],
        centres[:, 0].astype(np.float32),
        centres[:, 1].astype(np.float32),
        facts[:, cv2.CC_STAT_WIDTH],
        facts[:, cv2.CC_STAT_HEIGHT],
    )


def find_leaders(crops: Sequence[Bytes], per_mm: float) -> list[Leader | None]:
    """The dotted line of each crop, black on white, of one page; None for a crop that has none from end to end."""
    masks = [ink_mask(white) for white in crops]
    blobs = [blobs_of(mask) for mask in masks]
    leaders = [_find(mask, dots, per_mm, None) for mask, dots in zip(masks, blobs, strict=True)]
    kind = _common([(leader, mask.shape[1]) for leader, mask in zip(leaders, masks, strict=True) if leader], per_mm)
    if kind is None:
        return leaders
    return [
        leader if leader and _is_of(kind, leader, mask.shape[1], per_mm) else _find(mask, dots, per_mm, kind)
        for leader, mask, dots in zip(leaders, masks, blobs, strict=True)
    ]


def _common(leaders: Sequence[tuple[Leader, int]], per_mm: float) -> _LeaderKind | None:
    """The kind that most of the leaders are of; None when fewer than three are."""
    best: list[tuple[Leader, int]] = []
    for leader, width in leaders:
        kind = _LeaderKind(float(leader.height_px(width / 2)), leader.pitch, leader.dot_area)
        alike = [(other, wide) for other, wide in leaders if _is_of(kind, other, wide, per_mm)]
        best = max(best, alike, key=len)
    if len(best) < KIND_FROM:
        return None
    feet = [float(leader.height_px(width / 2)) for leader, width in best]
    pitches, areas = [leader.pitch for leader, _ in best], [leader.dot_area for leader, _ in best]
    return _LeaderKind(float(np.median(feet)), float(np.median(pitches)), float(np.median(areas)))


def _is_of(kind: _LeaderKind, leader: Leader, width: int, per_mm: float) -> bool:
    is_near = abs(float(leader.height_px(width / 2)) - kind.foot) < 1.2 * per_mm
    return is_near and abs(leader.pitch / kind.pitch - 1) < 0.04


def _find(mask: Bytes, blobs: Blobs, per_mm: float, kind: _LeaderKind | None) -> Leader | None:
    small, large = SMALLEST_MM * per_mm, LARGEST_MM * per_mm
    dots = (blobs.width >= small) & (blobs.width <= large) & (blobs.height >= small) & (blobs.height <= large)
    if kind:
        dots &= (np.abs(blobs.y - kind.foot) < 1.2 * per_mm) & (blobs.area < 2 * kind.dot_area)
    x, y = blobs.x[dots], blobs.y[dots]
    row = _row(x, y, mask.shape[1], ROW_TOLERANCE_MM * per_mm * 0.8)
    if row is None:
        return None
    curve = np.polyfit(x[row], y[row], 2 if row.sum() > 12 else 1).astype(np.float32)
    row = np.abs(y - np.polyval(curve, x)) < ROW_TOLERANCE_MM * per_mm
    around = kind.pitch if kind else _usual_step(np.sort(x[row]), per_mm)
    if around is None:
        return None
    first, pitch, regularity = _lattice(x[row], around, 0.02 if kind else 0.08)
    covered = _coverage(x[row], mask, curve, per_mm, counts_writing=kind is not None)
    if regularity < REGULAR or covered < (SHORT_COVERED if kind else COVERED):
        return None
    return Leader(curve, first, pitch, float(np.median(blobs.area[dots][row])))


def _row(x: Reals, y: Reals, width: int, tolerance: float) -> Mask | None:
    """Which dots stand in the straight row that most of them make; None when there are too few."""
    if len(x) < 5:
        return None
    lot = np.random.default_rng(0)
    first, second = lot.integers(0, len(x), (2, 200))
    far = np.abs(x[first] - x[second]) > 0.2 * width
    slopes = (y[second] - y[first])[far] / (x[second] - x[first])[far]
    flat = np.abs(slopes) < 0.03
    if not flat.any():
        return None
    start = first[far][flat]
    misses = np.abs(y[None] - y[start, None] - slopes[flat, None] * (x[None] - x[start, None]))
    near = misses < tolerance
    best = near[near.sum(1).argmax()]
    return best if best.sum() >= 5 else None


def _coverage(x: Reals, mask: Bytes, curve: Reals, per_mm: float, *, counts_writing: bool) -> float:
    """The share of the width, in pieces of 4 mm, in which at least one dot stands, or writing that may hide some."""
    width = int(mask.shape[1])
    pieces = max(2, round(width / per_mm / 4))
    covered: set[int] = set((x / width * pieces).astype(int).tolist())
    if counts_writing:
        foot = int(np.polyval(curve, width / 2))
        band = mask[max(0, foot - round(3 * per_mm)) : max(1, foot - round(0.5 * per_mm))]
        inked = np.flatnonzero(band.sum(0) >= 0.4 * per_mm)
        covered |= set((inked / width * pieces).astype(int).tolist())
    return float(len(covered)) / pieces


def _usual_step(x: Reals, per_mm: float) -> float | None:
    """The commonest distance between dots that stand in a row, in pixels."""
    steps = np.diff(x)
    steps = steps[(steps > 0.4 * per_mm) & (steps < 4 * per_mm)]
    if len(steps) < 4:
        return None
    counts, edges = np.histogram(steps, bins=np.arange(0.4, 4.05, 0.1) * per_mm)
    common = edges[counts.argmax()] + 0.05 * per_mm
    return float(np.median(steps[np.abs(steps - common) < 0.15 * per_mm]))


def _lattice(x: Reals, around: float, spread: float) -> tuple[float, float, float]:
    """Where dots stand: the first place, the pitch, and how regularly they do, by the pitch near `around` that fits
    best. Dots may be missing, and some may be writing."""
    pitches = around * np.linspace(1 - spread, 1 + spread, 161)
    turns = np.exp(2j * np.pi * x[None] / pitches[:, None]).mean(1)
    best = int(np.abs(turns).argmax())
    pitch, first = float(pitches[best]), float(np.angle(turns[best]) / (2 * np.pi) * pitches[best])
    for _ in range(2):
        number = np.round((x - first) / pitch)
        kept = np.abs(x - first - number * pitch) < 0.18 * pitch
        if kept.sum() >= 4 and np.ptp(number[kept]) > 3:
            pitch, first = (float(value) for value in np.polyfit(number[kept], x[kept], 1))
    return first, pitch, float(np.abs(turns[best]))
