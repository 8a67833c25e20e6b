"""The numbers printed in the rows of a table prove that each value is of its own row."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.paper.crops import crop_fields
from connectors.paper.images import Bytes
from connectors.paper.recognisers import Recogniser
from connectors.paper.registration import Registration
from connectors.paper.set_aside import PageSetAside, SetAsideReason

AGREEING = 0.6
"""Share of the rows whose printed number must be read as expected. A misread digit is common, a shift moves all."""
LOOK_ALIKE = str.maketrans("OoIl|SsBZz", "0011155822")


@dataclass(frozen=True)
class RowNumbers:
    """What is printed in the rows of a page. `agreeing`: how many rows have the number that is expected of them;
    `first`: the number of the first row."""

    agreeing: int
    first: int


def check_row_numbers(image: Bytes, fit: Registration, recognisers: Sequence[Recogniser]) -> RowNumbers | None:
    """The printed numbers of a page; None for a form without such numbers, or without a recogniser, where a person who
    keys sees the number in the image. Raises PageSetAside when too few rows have the number that is expected: from 1,
    or, where numbers run on from page to page, one more than that of the row above."""
    if fit.form.row_number_box is None or not recognisers:
        return None
    seen = _read(image, fit, recognisers)
    first = _first_of(seen) if fit.form.numbers_run_on else 1
    agreeing = sum(first + row in numbers for row, numbers in seen.items())
    if agreeing < AGREEING * fit.form.rows:
        raise PageSetAside(SetAsideReason.ROW_NUMBERS)
    return RowNumbers(agreeing, first)


def _read(image: Bytes, fit: Registration, recognisers: Sequence[Recogniser]) -> dict[int, set[int]]:
    """The numbers that were read in each row, counted from 0; a row in which nothing is printed is left out."""
    assert fit.form.row_number_box is not None
    offsets = [row * fit.form.row_height_mm for row in range(fit.form.rows)]
    rows = crop_fields(image, fit.lie, [fit.form.row_number_box], offsets, is_ruled=True)
    written = [(row, crop.image) for row, (crop,) in enumerate(rows) if not crop.is_blank]
    seen: dict[int, set[int]] = {row: set() for row, _ in written}
    for recogniser in recognisers:
        for (row, _), (text, _) in zip(written, recogniser.read([image for _, image in written]), strict=True):
            seen[row] |= {int(digits) for digits in re.findall(r"\d+", text.translate(LOOK_ALIKE))}
    return seen


def _first_of(seen: Mapping[int, set[int]]) -> int:
    """The number of the first row that most of the rows speak for."""
    votes = Counter(number - row for row, numbers in seen.items() for number in numbers if number > row)
    return max(votes, key=lambda first: (votes[first], -first), default=1)
