"""A page becomes readings: its form is found, its fields are cut out, and recognisers read them.

Readings are for searching and for comparing with what a person keyed blind. They are never values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.paper.crops import Crop, crop_fields
from connectors.paper.images import Bytes
from connectors.paper.recognisers import Recogniser
from connectors.paper.registration import Registration, register
from connectors.paper.row_numbers import check_row_numbers
from schemas.keying import MachineValue, Reading
from schemas.register_forms import PageLayout, RegisterForm


@dataclass(frozen=True)
class RecordReading:
    """One record of a page. `row_number`: from 1, as printed in a table; 1 on a form. `boxes_px`: where each field is
    in the image. `readings`: by the recogniser's code; empty where no recogniser works."""

    row_number: int
    boxes_px: Mapping[str, tuple[int, int, int, int]]
    readings: Mapping[str, Reading] = field(repr=False)


@dataclass(frozen=True)
class PageReading:
    """What was read on a page. `fit`: how it lies on its form, as JSON: `residual_mm`, `evidence` (share of the printed
    lines that were found), `corners_px` of the frame from the top left clockwise, `rows_agreeing` of a table."""

    form_code: str
    fit: Mapping[str, float | int | list[list[float]]]
    records: tuple[RecordReading, ...]


def read_page(image: Bytes, forms: Sequence[RegisterForm], recognisers: Sequence[Recogniser]) -> PageReading:
    """Reads a page. `image`: height x width x 3, blue, green, red. `forms`: those that the book may have, as
    `forms_of` gives them. `recognisers`: as `available` gives them; with none the fields are found and not read.

    An empty text says that nothing is written there. Raises PageSetAside when the page fits no form, and when the
    numbers printed in a table's rows are not those of its form.
    """
    fit = register(image, forms)
    rows = range(fit.form.rows)
    rows_agreeing = check_row_numbers(image, fit, recognisers)
    boxes = [box for box in fit.form.fields if box.page == 0]
    offsets = [row * fit.form.row_height_mm for row in rows]
    crops = crop_fields(image, fit.lie, boxes, offsets, is_ruled=fit.form.layout == PageLayout.TABLE)
    read = {recogniser.code: _read(recogniser, crops) for recogniser in recognisers}
    records = tuple(
        RecordReading(
            row + 1,
            {crop.column: crop.box_px for crop in crops[row]},
            {code: readings[row] for code, readings in read.items()},
        )
        for row in rows
    )
    return PageReading(fit.form.form_code, _facts(fit, rows_agreeing), records)


def _facts(fit: Registration, rows_agreeing: int | None) -> dict[str, float | int | list[list[float]]]:
    corners = [[round(x, 1), round(y, 1)] for x, y in fit.corners_px]
    facts: dict[str, float | int | list[list[float]]] = {
        "residual_mm": round(fit.residual_mm, 3),
        "evidence": round(fit.evidence, 3),
        "corners_px": corners,
    }
    return facts if rows_agreeing is None else {**facts, "rows_agreeing": rows_agreeing}


def _read(recogniser: Recogniser, rows: Sequence[Sequence[Crop]]) -> list[Reading]:
    """A reading for each row. All crops of the page go to the recogniser at once."""
    written = [crop for crops in rows for crop in crops if not crop.is_blank]
    texts = iter(recogniser.read([crop.image for crop in written]))
    readings = []
    for crops in rows:
        values = {
            crop.column: MachineValue(text="", confidence=crop.blank_confidence, box_px=crop.box_px)
            if crop.is_blank
            else _value(crop, *next(texts))
            for crop in crops
        }
        readings.append(Reading(recogniser_code=recogniser.code, values=values))
    return readings


def _value(crop: Crop, text: str, confidence: float) -> MachineValue:
    return MachineValue(text=text, confidence=confidence, box_px=crop.box_px)
