"""The writing of each field of a page, cut out flat, black on white, without what was printed and stamped around it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from connectors.paper.geometry import Lie
from connectors.paper.images import GREEN, RED, Bytes, Mask, cv2, on_white
from connectors.paper.leader_removal import without_leader
from connectors.paper.leaders import find_leaders, ink_mask
from schemas.register_forms import FieldBox

PER_MM = 10.0
"""Pixels a millimetre of a crop: 254 dpi."""
GROUND_MM = 4.0
MARGIN_MM = 0.6
RULE_MM = 1.0
"""How much of a ruled cell is left out at each side, where its rules are."""
STAMPED, REDDER = 130, 40
"""In a place of a seal the paper is at least so bright in red, and by so much darker in green."""
CLEAR, SEALED_OVER = 0.99, 0.6
"""How sure a blank field is one: clear paper, and paper that a seal covers."""
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


def crop_fields(
    image: Bytes, lie: Lie, boxes: Sequence[FieldBox], rows: Sequence[float] = (0.0,), *, is_ruled: bool
) -> list[list[Crop]]:
    """The crops of each row. `rows`: how far each is below the first, in millimetres. `is_ruled`: the boxes are cells
    between printed rules."""
    inset = RULE_MM if is_ruled else 0.0
    fields = [(row, box) for row in rows for box in boxes]
    places = [
        (box.left_mm + inset, box.top_mm + row + inset, box.width_mm - 2 * inset, box.height_mm - 2 * inset)
        for row, box in fields
    ]
    flat = [lie.flattened(image, *place, PER_MM) for place in places]
    writings = writings_of(flat, [box.has_leader for _, box in fields])
    crops = [
        Crop(box.column, writing, lie.box_px(*place), is_blank, confidence)
        for (_, box), place, (writing, is_blank, confidence) in zip(fields, places, writings, strict=True)
    ]
    return [crops[start : start + len(boxes)] for start in range(0, len(crops), len(boxes))]


def writings_of(flat: Sequence[Bytes], has_leader: Sequence[bool]) -> list[tuple[Bytes, bool, float]]:
    """What is written in the flat colour crops of one page, tightly cut, black on white; whether nothing is, and how
    sure that is."""
    whites, seals = zip(*(without_seal(crop) for crop in flat), strict=True)
    cleaned = list(whites)
    with_leaders = [number for number, has in enumerate(has_leader) if has]
    leaders = find_leaders([whites[number] for number in with_leaders], PER_MM)
    for number, leader in zip(with_leaders, leaders, strict=True):
        if leader is not None:
            cleaned[number] = without_leader(whites[number], leader, PER_MM)
    tight = [_tight(_without_strays(white)) for white in cleaned]
    return [(*crop, _blank_confidence(seal, crop[1])) for crop, seal in zip(tight, seals, strict=True)]


def without_seal(flat: Bytes) -> tuple[Bytes, Mask]:
    """A colour crop as grey on white, without what is red, and where that was: a seal is light in the red channel and
    dark in the green."""
    red = on_white(np.asarray(flat[:, :, RED], np.uint8), round(GROUND_MM * PER_MM))
    green = on_white(np.asarray(flat[:, :, GREEN], np.uint8), round(GROUND_MM * PER_MM))
    is_seal = (red > STAMPED) & (cv2.subtract(red, green) > REDDER)
    red[is_seal] = 255
    return red, np.asarray(is_seal, np.bool_)


def _tight(white: Bytes) -> tuple[Bytes, bool]:
    writing = _extent(white)
    return (white, True) if writing is None else (white[writing], False)


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


def _blank_confidence(seal: Mask, is_blank: bool) -> float:
    """How sure it is that nothing is written, or that something is: lower where a red thing was left out, since that
    may have been red writing."""
    return CLEAR if not is_blank or float(seal.mean()) < 0.01 else SEALED_OVER
