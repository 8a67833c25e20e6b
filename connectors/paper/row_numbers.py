"""The numbers printed in the rows of a table prove that each value is of its own row."""

import re
from collections.abc import Sequence

from connectors.paper.crops import crop_fields
from connectors.paper.images import Bytes
from connectors.paper.recognisers import Recogniser
from connectors.paper.registration import Registration
from connectors.paper.set_aside import PageSetAside, SetAsideReason

AGREEING = 0.6
"""Share of the rows whose printed number must be read as expected. A misread digit is common, a shift moves all."""
LOOK_ALIKE = str.maketrans("OoIl|SsBZz", "0011155822")


def check_row_numbers(image: Bytes, fit: Registration, recognisers: Sequence[Recogniser]) -> int | None:
    """How many rows have the printed number that the form says; None for a form without such numbers, or without a
    recogniser, where a person who keys sees the number in the image. Raises PageSetAside when too few have it."""
    box = fit.form.row_number_box
    if box is None or not recognisers:
        return None
    offsets = [row * fit.form.row_height_mm for row in range(fit.form.rows)]
    rows = crop_fields(image, fit.lie, [box], offsets, is_ruled=True)
    written = [(row, crop.image) for row, (crop,) in enumerate(rows) if not crop.is_blank]
    seen: dict[int, set[int]] = {row: set() for row, _ in written}
    for recogniser in recognisers:
        for (row, _), (text, _) in zip(written, recogniser.read([image for _, image in written]), strict=True):
            seen[row] |= {int(digits) for digits in re.findall(r"\d+", text.translate(LOOK_ALIKE))}
    agreeing = sum(row + 1 in numbers for row, numbers in seen.items())
    if agreeing < AGREEING * fit.form.rows:
        raise PageSetAside(SetAsideReason.ROW_NUMBERS)
    return agreeing
