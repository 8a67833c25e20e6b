"""Forms of register pages: where on a printed page each field stands, in force by the day the book was opened.

A form is data: `data/register_forms/*.json`, one file a form edition, or drawn at the desk and kept in the ledger.
Positions are millimetres from the top left corner of the printed frame, the outermost printed rectangle, which a scan
is registered by. A form is never edited in place: the next edition supersedes it, and what was read with the older one
keeps naming it.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Self, TypeVar

from pydantic import model_validator

from schemas.fields import Model
from schemas.form_problems import FormProblem, problems_of
from schemas.in_force import RowInForce
from schemas.register_columns import BookKind

FORM_CODE = re.compile(r"[a-z][a-z0-9_]{1,40}(\.[1-9][0-9]{0,3})?")
"""The name of a form, and from the second edition on its number: `ks_a4_dotted`, `ks_a4_dotted.2`."""


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


class FacingPage(Model):
    """The right page of an open book, on which each record of the left one goes on; it has a frame of its own."""

    frame_width_mm: float
    frame_height_mm: float
    row_number_box: FieldBox | None = None


class FormDraft(RowInForce):
    """An edition of a form as it is drawn, with or without problems. `rows`: of a table, how many records its page has;
    1 for a form. `row_height_mm`: of a table; field boxes are those of its first row. `row_number_box`: where a table
    prints the number of each row, by which a reading proves that it is of that row. `numbers_run_on`: these numbers do
    not begin with 1 on each page. `facing`: a record goes on over the facing page."""

    form_code: str
    book_kind: BookKind
    title_vi: str
    layout: PageLayout
    frame_width_mm: float
    frame_height_mm: float
    rows: int = 1
    row_height_mm: float = 0.0
    row_number_box: FieldBox | None = None
    numbers_run_on: bool = False
    facing: FacingPage | None = None
    fields: tuple[FieldBox, ...]

    @property
    def name(self) -> str:
        """What all editions of the form are called."""
        return self.form_code.partition(".")[0]

    @property
    def edition(self) -> int:
        """From 1."""
        return int(self.form_code.partition(".")[2] or 1)

    @property
    def pages(self) -> tuple[int, ...]:
        """The pages that a record is on: 0, and 1 when it goes on over the facing page."""
        return (0, 1) if self.facing else (0,)

    @property
    def boxes(self) -> tuple[FieldBox, ...]:
        """Every box of the form, printed row numbers too."""
        numbers = (self.row_number_box, self.facing.row_number_box if self.facing else None)
        return (*(box for box in numbers if box), *self.fields)

    def problems(self) -> tuple[FormProblem, ...]:
        """What is wrong with it; nothing for a form that pages can be read with."""
        return problems_of(self)

    def side(self, page: int) -> Self:
        """What of it is printed on one of its pages, as a form of that page alone."""
        fields = tuple(box for box in self.fields if box.page == page)
        if page == 0 or self.facing is None:
            return self.model_copy(update={"fields": fields, "facing": None})
        facing = {name: getattr(self.facing, name) for name in FacingPage.model_fields}
        return self.model_copy(update={"fields": fields, "facing": None, **facing})


class RegisterForm(FormDraft):
    """An edition of a form that pages are read with: it has no problem."""

    @model_validator(mode="after")
    def _has_no_problem(self) -> Self:
        if problems := self.problems():
            raise ValueError(
                "; ".join(f"{problem.code}: {' '.join(problem.columns)}".rstrip(": ") for problem in problems)
            )
        return self


AnyForm = TypeVar("AnyForm", bound=FormDraft)


@cache
def register_forms() -> dict[str, RegisterForm]:
    """The forms of the package by code. Raises ValidationError for a file that is no form."""
    folder = files("schemas").joinpath("data/register_forms")
    forms = (
        RegisterForm.model_validate_json(path.read_bytes()) for path in folder.iterdir() if path.name[-5:] == ".json"
    )
    return {form.form_code: form for form in sorted(forms, key=lambda form: form.form_code)}


def newest_editions(forms: Iterable[AnyForm]) -> Mapping[str, AnyForm]:
    """The newest edition of each form, by the form's name."""
    newest: dict[str, AnyForm] = {}
    for form in forms:
        if form.name not in newest or form.edition > newest[form.name].edition:
            newest[form.name] = form
    return newest


def forms_of(book_kind: str, opened_year: int, drawn: Iterable[RegisterForm] = ()) -> tuple[RegisterForm, ...]:
    """The forms that a book of this kind may have: it is known in which year it was opened, not on which day.

    `drawn`: editions that were drawn at the desk. Only the newest edition of a form counts, whatever its years are.
    """
    newest = newest_editions((*register_forms().values(), *drawn)).values()
    first, last = date(opened_year, 1, 1), date(opened_year, 12, 31)
    return tuple(
        form for form in newest if form.book_kind == book_kind and form.valid_from <= last and first < form.valid_until
    )
