"""The writing of each field of a page, cut out flat, black on white, without what was printed and stamped around it."""

from dataclasses import dataclass, field

import numpy as np

from connectors.paper.geometry import Lie
from connectors.paper.images import RED, Bytes, cv2, on_white
from connectors.paper.leaders import find_leader, ink_mask, without_leader
from schemas.register_forms import FieldBox

PER_MM = 10.0
"""Pixels a millimetre of a crop: 254 dpi."""
GROUND_MM = 4.0
MARGIN_MM = 0.6
RULE_MM = 1.0
"""How much of a ruled cell is left out at each side, where its rules are."""
STROKE_MM = 1.0
"""A field in which no stroke is longer is blank."""


@dataclass(frozen=True)
class Crop:
    """The writing of one field: grey, 8 bits, black on white. `is_blank`: nothing is written there; the confidence of
    that is apart from any recogniser's. `box_px`: where the field is in the page's image."""

    column: str
    image: Bytes = field(repr=False)
    box_px: tuple[int, int, int, int]
    is_blank: bool
    blank_confidence: float


def crop_field(image: Bytes, lie: Lie, box: FieldBox, row_offset_mm: float = 0.0, *, is_ruled: bool = False) -> Crop:
    """Cuts a field out. `is_ruled`: the box is a cell between printed rules. `row_offset_mm`: how far down its row
    is below the first."""
    inset = RULE_MM if is_ruled else 0.0
    left, top = box.left_mm + inset, box.top_mm + row_offset_mm + inset
    width, height = box.width_mm - 2 * inset, box.height_mm - 2 * inset
    flat = lie.flattened(image, left, top, width, height, PER_MM)
    white = on_white(np.ascontiguousarray(flat[:, :, RED]), round(GROUND_MM * PER_MM))
    if box.has_leader and (leader := find_leader(white, PER_MM)) is not None:
        white = without_leader(white, leader, PER_MM)
    white = _without_strays(white)
    writing = _extent(white)
    is_blank = writing is None
    tight = white if writing is None else white[writing]
    return Crop(box.column, tight, lie.box_px(left, top, width, height), is_blank, _blank_confidence(flat, is_blank))


def _without_strays(white: Bytes) -> Bytes:
    """Without what comes in over the edges: rules, and the feet and heads of the lines above and below."""
    count, labels, facts, centres = cv2.connectedComponentsWithStats(ink_mask(white), connectivity=8)
    height, width = white.shape
    cleaned = white
    for label in range(1, count):
        left, top, wide, high = (int(value) for value in facts[label, :4])
        at_top, at_foot = top <= 1, top + high >= height - 1
        at_side = left <= 1 or left + wide >= width - 1
        is_far = centres[label, 1] < 0.15 * height or centres[label, 1] > 0.85 * height
        is_rule = at_side and wide < 0.6 * PER_MM and high > 2 * PER_MM
        if ((at_top or at_foot) and is_far) or is_rule or (at_top and at_foot and at_side):
            cleaned = white.copy() if cleaned is white else cleaned
            around = cv2.dilate(np.asarray(labels == label, np.uint8), np.ones((5, 5), np.uint8))
            cleaned[around > 0] = 255
    return cleaned


def _extent(white: Bytes) -> tuple[slice, slice] | None:
    """The rows and columns of the writing with a margin; None when nothing is written."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats(ink_mask(white), connectivity=8)
    longest = np.maximum(facts[1:, cv2.CC_STAT_WIDTH], facts[1:, cv2.CC_STAT_HEIGHT])
    strokes = np.flatnonzero(longest >= STROKE_MM * PER_MM) + 1
    dark = [label for label in strokes if white[labels == label].min() < 150]
    if not dark:
        return None
    first_x, last_x = facts[dark, 0].min(), (facts[dark, 0] + facts[dark, 2]).max()
    first_y, last_y = facts[dark, 1].min(), (facts[dark, 1] + facts[dark, 3]).max()
    near = round(1.2 * PER_MM)  # dots and accents belong to the strokes beside them
    for label in range(1, count):
        x, y, wide, high, area = (int(value) for value in facts[label])
        beside = first_x - near <= x and x + wide <= last_x + near and first_y - near <= y and y + high <= last_y + near
        if beside and area >= 3:
            first_x, last_x = min(first_x, x), max(last_x, x + wide)
            first_y, last_y = min(first_y, y), max(last_y, y + high)
    margin = round(MARGIN_MM * PER_MM)
    rows = slice(max(0, first_y - margin), min(white.shape[0], last_y + margin))
    return rows, slice(max(0, first_x - margin), min(white.shape[1], last_x + margin))


def _blank_confidence(flat: Bytes, is_blank: bool) -> float:
    """How sure it is that nothing is written, or that something is: lower where a red thing was left out."""
    if not is_blank:
        return 1.0
    green = on_white(np.ascontiguousarray(flat[:, :, 1]), round(GROUND_MM * PER_MM))
    coloured = float((green < 150).mean())
    return 0.99 if coloured < 0.01 else 0.6
