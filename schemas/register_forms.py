"""Forms of register pages: where on a printed page each field stands, in force by the day the book was opened.

A form is data: `data/register_forms/*.json`, one file a form edition. Positions are millimetres from the top left
corner of the printed frame, the outermost printed rectangle, which a scan is registered by.
"""

from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

from schemas.fields import Model
from schemas.in_force import RowInForce, in_force
from schemas.register_columns import BookKind


class PageLayout(StrEnum):
    """How records lie on a page."""

    FORM = "form"  # one record a page
    TABLE = "table"  # one record a ruled row


class FieldBox(Model):
    """Where a field is written, on the page or, in a table, in its row. Millimetres inside the frame.

    `page`: 0, or 1 when a record goes on over the facing page. `has_leader`: it is written on a dotted line.
    """

    column: str
    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float
    page: int = 0
    has_leader: bool = False


class RegisterForm(RowInForce):
    """One edition of a form. `rows`: of a table, how many records its page has; 1 for a form. `row_height_mm`: of a
    table; field boxes are those of its first row. `row_number_box`: where a table prints the number of each row, by
    which a reading proves that it is of that row."""

    form_code: str
    book_kind: BookKind
    title_vi: str
    layout: PageLayout
    frame_width_mm: float
    frame_height_mm: float
    rows: int = 1
    row_height_mm: float = 0.0
    row_number_box: FieldBox | None = None
    fields: tuple[FieldBox, ...]


@cache
def register_forms() -> dict[str, RegisterForm]:
    """All forms by code. Raises ValidationError for a file that is no form."""
    folder = files("schemas").joinpath("data/register_forms")
    forms = (
        RegisterForm.model_validate_json(path.read_bytes()) for path in folder.iterdir() if path.name[-5:] == ".json"
    )
    return {form.form_code: form for form in sorted(forms, key=lambda form: form.form_code)}


def forms_of(book_kind: str, opened_on: date) -> tuple[RegisterForm, ...]:
    """The forms that a book of this kind, opened on that day, may have."""
    return tuple(
        form for form in register_forms().values() if form.book_kind == book_kind and in_force((form,), opened_on)
    )
