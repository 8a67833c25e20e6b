"""A page becomes readings: its form is found, its fields are cut out, and recognisers read them.

Readings are for searching and for comparing with what a person keyed blind. They are never values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.paper.crops import Crop, crop_fields
from connectors.paper.images import Bytes
from connectors.paper.recognisers import Recogniser
from connectors.paper.registration import Registration, register
from connectors.paper.row_numbers import RowNumbers, check_row_numbers
from connectors.paper.set_aside import PageSetAside, SetAsideReason
from schemas.keying import MachineValue, Reading
from schemas.register_forms import FormDraft, PageLayout


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
    lines that were found), `corners_px` of the frame from the top left clockwise, `rows_agreeing` of a table, and
    `facing` where it is not the first page of its records. `first_row`: the number printed in the first row; None where
    it was not read. `is_left`, `is_right`: its records go on over the facing page, or come from there."""

    form_code: str
    fit: Mapping[str, object]
    records: tuple[RecordReading, ...]
    first_row: int | None = None
    is_left: bool = False
    is_right: bool = False


def read_page(image: Bytes, forms: Sequence[FormDraft], recognisers: Sequence[Recogniser]) -> PageReading:
    """Reads a page. `image`: height x width x 3, blue, green, red. `forms`: those that the book may have, as
    `forms_of` gives them. `recognisers`: as `available` gives them; with none the fields are found and not read.

    An empty text says that nothing is written there. Raises PageSetAside when the page fits no form, and when the
    numbers printed in a table's rows are not those of its form. Of a record over two pages only what stands on this
    page is read; the caller finds the other one (`joined`).
    """
    return read_fitted(image, register(image, forms), forms, recognisers)


def read_fitted(
    image: Bytes, fits: Sequence[Registration], forms: Sequence[FormDraft], recognisers: Sequence[Recogniser]
) -> PageReading:
    """Like `read_page`, of a page that is registered."""
    first, *others = [_read_side(image, fit, recognisers) for fit in fits]
    if others:  # a photograph of the open book: both pages in one image
        check_same_rows(first, others[0])
        return replace(first, records=joined(first.records, others[0].records))
    is_over_two = is_over_two_pages(fits, forms)
    return replace(first, is_left=is_over_two and not fits[0].page, is_right=is_over_two and fits[0].page == 1)


def is_over_two_pages(fits: Sequence[Registration], forms: Sequence[FormDraft]) -> bool:
    """Whether the records of a page go on over another one that this image does not show."""
    code = fits[0].form.form_code
    return len(fits) == 1 and any(form.form_code == code and form.facing is not None for form in forms)


def check_same_rows(left: PageReading, right: PageReading) -> None:
    """Raises PageSetAside unless both pages begin with the same printed row number, where that was read."""
    if left.first_row != right.first_row:
        raise PageSetAside(SetAsideReason.FACING_ROWS)


def joined(left: Sequence[RecordReading], right: Sequence[RecordReading]) -> tuple[RecordReading, ...]:
    """Records whose fields stand on two pages, row by row."""
    return tuple(
        RecordReading(
            ours.row_number,
            {**ours.boxes_px, **theirs.boxes_px},
            {
                code: Reading(recogniser_code=code, values={**reading.values, **theirs.readings[code].values})
                for code, reading in ours.readings.items()
            },
        )
        for ours, theirs in zip(left, right, strict=True)
    )


def _read_side(image: Bytes, fit: Registration, recognisers: Sequence[Recogniser]) -> PageReading:
    rows = range(fit.form.rows)
    numbers = check_row_numbers(image, fit, recognisers)
    offsets = [row * fit.form.row_height_mm for row in rows]
    crops = crop_fields(image, fit.lie, fit.form.fields, offsets, is_ruled=fit.form.layout == PageLayout.TABLE)
    read = {recogniser.code: _read(recogniser, crops) for recogniser in recognisers}
    records = tuple(
        RecordReading(
            row + 1,
            {crop.column: crop.box_px for crop in crops[row]},
            {code: readings[row] for code, readings in read.items()},
        )
        for row in rows
    )
    return PageReading(fit.form.form_code, _facts(fit, numbers), records, numbers.first if numbers else None)


def _facts(fit: Registration, numbers: RowNumbers | None) -> dict[str, object]:
    corners = [[round(x, 1), round(y, 1)] for x, y in fit.corners_px]
    facts: dict[str, object] = {
        "residual_mm": round(fit.residual_mm, 3),
        "evidence": round(fit.evidence, 3),
        "corners_px": corners,
    }
    if fit.page:
        facts["facing"] = True
    return facts if numbers is None else {**facts, "rows_agreeing": numbers.agreeing}


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
