"""What can be wrong with the form of a register page that somebody draws; the desk says of each problem what to do.

A form with a problem is not kept: a value would land in another field or in another person's row.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from schemas.register_columns import columns_of

if TYPE_CHECKING:
    from schemas.register_forms import FieldBox, FormDraft

LEAST_FRAME_MM, MOST_FRAME_MM = 40.0, 1200.0
LEAST_BOX_MM = 2.0
SLACK_MM = 0.5
"""So far boxes may lie over each other or over the frame: a printed line is as thick."""
MOST_ROWS, MOST_BOXES = 100, 120
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100
ROW_NUMBER = "row_number"
"""The column of a box in which a table prints the number of its row."""


class ProblemCode(StrEnum):
    """What is wrong with a form."""

    NO_NAME = "no_name"
    NO_FIELDS = "no_fields"
    TOO_MANY_BOXES = "too_many_boxes"
    FRAME_SIZE = "frame_size"  # no size in millimetres that a printed frame can have
    YEARS = "years"  # the last year is before the first
    BOX_SIZE = "box_size"  # too small to write in
    BOX_OUTSIDE = "box_outside"  # not within the frame
    BOXES_OVERLAP = "boxes_overlap"
    COLUMN_TWICE = "column_twice"
    COLUMN_UNKNOWN = "column_unknown"  # a book of this kind has no such column
    ROWS = "rows"  # a table without rows or without a row's height, or a form with them
    ROWS_OUTSIDE = "rows_outside"  # the last row ends below the frame
    ROW_HEIGHT = "row_height"  # a box is higher than a row, or is not in the first one
    NUMBERS_IN_FORM = "numbers_in_form"  # row numbers, and no rows
    NUMBERS_MISSING = "numbers_missing"  # a table over two pages without row numbers on both: nothing proves its rows
    NO_FACING_PAGE = "no_facing_page"  # a box on the facing page of a form that has none
    FACING_EMPTY = "facing_empty"  # a facing page without a field
    PAGES_ALIKE = "pages_alike"  # both pages have the same lines, so that none can be known from the other


@dataclass(frozen=True)
class FormProblem:
    """A problem, and the columns of the boxes that it is in."""

    code: ProblemCode
    columns: tuple[str, ...] = ()


def problems_of(form: FormDraft) -> tuple[FormProblem, ...]:
    """What is wrong with a form; nothing for one that pages can be read with."""
    found = [*_of_form(form), *_of_columns(form), *_of_boxes(form), *_of_rows(form), *_of_pages(form)]
    return tuple(dict.fromkeys(found))


def _of_form(form: FormDraft) -> Iterator[FormProblem]:
    if not form.title_vi.strip():
        yield FormProblem(ProblemCode.NO_NAME)
    if not form.fields:
        yield FormProblem(ProblemCode.NO_FIELDS)
    if len(form.boxes) > MOST_BOXES:
        yield FormProblem(ProblemCode.TOO_MANY_BOXES)
    sizes = [form.frame_width_mm, form.frame_height_mm]
    sizes += [form.facing.frame_width_mm, form.facing.frame_height_mm] if form.facing else []
    if not all(LEAST_FRAME_MM <= size <= MOST_FRAME_MM for size in sizes):  # NaN is not either
        yield FormProblem(ProblemCode.FRAME_SIZE)
    if form.valid_until <= form.valid_from:
        yield FormProblem(ProblemCode.YEARS)


def _of_columns(form: FormDraft) -> Iterator[FormProblem]:
    known = columns_of(form.book_kind)
    counts = Counter(box.column for box in form.fields)
    for column, count in counts.items():
        if column not in known:
            yield FormProblem(ProblemCode.COLUMN_UNKNOWN, (column,))
        if count > 1:
            yield FormProblem(ProblemCode.COLUMN_TWICE, (column,))


def _of_boxes(form: FormDraft) -> Iterator[FormProblem]:
    for box in form.boxes:
        width, height = frame_of(form, box.page)
        places = (box.left_mm, box.top_mm, box.width_mm, box.height_mm)
        if not all(math.isfinite(place) for place in places) or min(places[2:]) < LEAST_BOX_MM:
            yield FormProblem(ProblemCode.BOX_SIZE, (box.column,))
        elif not _is_within(box, width, height):
            yield FormProblem(ProblemCode.BOX_OUTSIDE, (box.column,))
    for first, second in combinations(form.boxes, 2):
        if first.page == second.page and _overlap(first, second):
            yield FormProblem(ProblemCode.BOXES_OVERLAP, (first.column, second.column))


def frame_of(form: FormDraft, page: int) -> tuple[float, float]:
    """Width and height of the frame of one of the pages, in millimetres."""
    if page and form.facing:
        return form.facing.frame_width_mm, form.facing.frame_height_mm
    return form.frame_width_mm, form.frame_height_mm


def _is_within(box: FieldBox, width: float, height: float) -> bool:
    right, foot = box.left_mm + box.width_mm, box.top_mm + box.height_mm
    return min(box.left_mm, box.top_mm) >= -SLACK_MM and right <= width + SLACK_MM and foot <= height + SLACK_MM


def _overlap(first: FieldBox, second: FieldBox) -> bool:
    across = min(first.left_mm + first.width_mm, second.left_mm + second.width_mm) - max(first.left_mm, second.left_mm)
    down = min(first.top_mm + first.height_mm, second.top_mm + second.height_mm) - max(first.top_mm, second.top_mm)
    return across > SLACK_MM and down > SLACK_MM


def _of_rows(form: FormDraft) -> Iterator[FormProblem]:
    if form.layout == "form":
        if form.rows != 1 or form.row_height_mm:
            yield FormProblem(ProblemCode.ROWS)
        if any(box.column == ROW_NUMBER for box in form.boxes):
            yield FormProblem(ProblemCode.NUMBERS_IN_FORM)
        return
    if not (1 <= form.rows <= MOST_ROWS and form.row_height_mm >= LEAST_BOX_MM):
        yield FormProblem(ProblemCode.ROWS)
        return
    for page in form.pages:
        boxes = [box for box in form.boxes if box.page == page]
        top = min((box.top_mm for box in boxes), default=0.0)
        if top + form.rows * form.row_height_mm > frame_of(form, page)[1] + SLACK_MM:
            yield FormProblem(ProblemCode.ROWS_OUTSIDE)
        foot = top + form.row_height_mm + SLACK_MM
        if low := tuple(box.column for box in boxes if box.top_mm + box.height_mm > foot):
            yield FormProblem(ProblemCode.ROW_HEIGHT, low)


def _of_pages(form: FormDraft) -> Iterator[FormProblem]:
    astray = tuple(box.column for box in form.boxes if box.page not in form.pages)
    if astray:
        yield FormProblem(ProblemCode.NO_FACING_PAGE, astray)
    if form.facing is None:
        return
    if not all(any(box.page == page for box in form.fields) for page in form.pages):
        yield FormProblem(ProblemCode.FACING_EMPTY)
    if form.layout == "table" and not (form.row_number_box and form.facing.row_number_box):
        yield FormProblem(ProblemCode.NUMBERS_MISSING)
    left, right = (_lines(form, page) for page in form.pages)
    if len(left) == len(right) and all(abs(one - other) < LEAST_BOX_MM for one, other in zip(left, right, strict=True)):
        yield FormProblem(ProblemCode.PAGES_ALIKE)


def _lines(form: FormDraft, page: int) -> list[float]:
    """What a page is known by: the size of its frame, and where its boxes begin and end."""
    boxes = [box for box in form.boxes if box.page == page]
    across = sorted({edge for box in boxes for edge in (box.left_mm, box.left_mm + box.width_mm)})
    apart = [edge for before, edge in pairwise([-math.inf, *across]) if edge - before > SLACK_MM]
    tops = sorted({box.top_mm for box in boxes})
    return [*frame_of(form, page), *apart, *tops]
