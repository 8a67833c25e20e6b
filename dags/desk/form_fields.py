"""The fields of the page on which a form of register pages is drawn: what was typed, and the form that it makes.

Every place is a number in a field, so a form can be drawn without a mouse and without script; the drawing above the
fields shows and changes the same numbers.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from connectors.paper.form_trial import Corners
from schemas.form_problems import EARLIEST_YEAR, LATEST_YEAR, MOST_BOXES, ROW_NUMBER, FormProblem
from schemas.in_force import Certainty
from schemas.register_forms import FieldBox, FormDraft, PageLayout

BOX_FIELD = re.compile(r"box\.(\d{1,4})\.column")
FIRST_WIDTH_MM = 180.0
"""Of a frame that nobody has measured yet."""
NEW_BOX_MM = (10.0, 10.0, 60.0, 10.0)
PLACES = ("left", "top", "width", "height")
LONGEST_TITLE = 200
SOURCE = "vẽ trên trang sổ"


@dataclass(frozen=True)
class DrawnBox:
    """A box as it is typed. `number`: of its fields on the page. Millimetres."""

    number: int
    column: str = ""
    left: float = NEW_BOX_MM[0]
    top: float = NEW_BOX_MM[1]
    width: float = NEW_BOX_MM[2]
    height: float = NEW_BOX_MM[3]
    page: int = 0
    has_leader: bool = False

    def as_field(self) -> FieldBox:
        places = {f"{name}_mm": getattr(self, name) for name in PLACES}
        return FieldBox(column=self.column, page=self.page, has_leader=self.has_leader, **places)


@dataclass(frozen=True)
class DrawnForm:
    """A form as it stands in the fields of the page. `side`: which of its pages is shown; `frames`: width and height of
    the frame of each page in millimetres; `corners`: of each page, where its frame lies on the access copy;
    `facing_id`: the page of the book on which the facing page is drawn. `unreadable`: fields without a number."""

    book_kind: str
    title: str = ""
    layout: str = str(PageLayout.FORM)
    first_year: str = ""
    last_year: str = ""
    frames: tuple[tuple[float, float], tuple[float, float]] = ((FIRST_WIDTH_MM, 0.0), (FIRST_WIDTH_MM, 0.0))
    corners: tuple[Corners, Corners] = ((), ())
    rows: int = 1
    row_height: float = 0.0
    runs_on: bool = False
    has_facing: bool = False
    facing_id: int = 0
    side: int = 0
    boxes: tuple[DrawnBox, ...] = ()
    unreadable: tuple[str, ...] = field(default=())

    @property
    def frame(self) -> tuple[float, float]:
        """Width and height of the frame of the page that is shown."""
        return self.frames[self.side]

    @property
    def shown(self) -> tuple[DrawnBox, ...]:
        """The boxes of the page that is shown."""
        return tuple(box for box in self.boxes if box.page == self.side)

    @property
    def next_number(self) -> int:
        return 1 + max((box.number for box in self.boxes), default=0)

    @property
    def row_lines(self) -> list[float]:
        """Where the rows of a table are, as millimetres from the top of the frame."""
        if self.layout != PageLayout.TABLE or not self.shown:
            return []
        top = min(box.top for box in self.shown)
        return [round(top + row * self.row_height, 2) for row in range(min(self.rows, 200) + 1)]

    def with_box(self) -> "DrawnForm":
        """With one more box on the page that is shown, at a place of its own."""
        number = self.next_number
        shift = 12.0 * (len(self.shown) % 12)
        box = DrawnBox(number, top=NEW_BOX_MM[1] + shift, page=self.side)
        return replace(self, boxes=(*self.boxes, box)) if len(self.boxes) < MOST_BOXES else self

    def without_box(self, number: int) -> "DrawnForm":
        return replace(self, boxes=tuple(box for box in self.boxes if box.number != number))

    def draft(self, form_code: str) -> FormDraft:
        """The form that the fields make, with or without problems."""
        is_table = self.layout == PageLayout.TABLE
        (width, height), (facing_width, facing_height) = self.frames
        numbers = {box.page: box.as_field() for box in self.boxes if box.column == ROW_NUMBER}
        facing = {"frame_width_mm": facing_width, "frame_height_mm": facing_height, "row_number_box": numbers.get(1)}
        values: dict[str, Any] = {
            "form_code": form_code,
            "book_kind": self.book_kind,
            "title_vi": self.title,
            "layout": self.layout,
            "certainty": Certainty.CONFIRMED,
            "source": SOURCE,
            "frame_width_mm": width,
            "frame_height_mm": height,
            "rows": self.rows if is_table else 1,
            "row_height_mm": self.row_height if is_table else 0.0,
            "row_number_box": numbers.get(0),
            "numbers_run_on": self.runs_on and is_table,
            "facing": facing if self.has_facing else None,
            "fields": [box.as_field() for box in self.boxes if box.column != ROW_NUMBER],
            **_days(self.first_year, self.last_year),
        }
        return FormDraft.model_validate(values)


def _days(first_year: str, last_year: str) -> dict[str, date]:
    days = {}
    if first_year:
        days["valid_from"] = date(int(first_year), 1, 1)
    if last_year:
        days["valid_until"] = date(int(last_year) + 1, 1, 1)
    return days


def drawn_of_form(form: FormDraft) -> DrawnForm:
    """The fields of the page for a form that is there."""
    numbered = enumerate(form.boxes, 1)
    facing = (form.facing.frame_width_mm, form.facing.frame_height_mm) if form.facing else (FIRST_WIDTH_MM, 0.0)
    return DrawnForm(
        form.book_kind,
        form.title_vi,
        str(form.layout),
        str(form.valid_from.year) if form.valid_from > date.min else "",
        str(form.valid_until.year - 1) if form.valid_until < date.max else "",
        ((form.frame_width_mm, form.frame_height_mm), facing),
        rows=form.rows,
        row_height=form.row_height_mm,
        runs_on=form.numbers_run_on,
        has_facing=form.facing is not None,
        boxes=tuple(_drawn_box(number, box) for number, box in numbered),
    )


def _drawn_box(number: int, box: FieldBox) -> DrawnBox:
    places = (box.left_mm, box.top_mm, box.width_mm, box.height_mm)
    return DrawnBox(number, box.column, *places, box.page, box.has_leader)


class _Typed:
    """Fields of a form that was sent. `unreadable` gathers the names of those that hold no number."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields, self.unreadable = fields, list[str]()

    def text(self, name: str) -> str:
        return " ".join(self.fields.get(name, "").replace("\x00", "").split())

    def number(self, name: str, otherwise: float = 0.0) -> float:
        """A number with a point or a comma; an empty field is `otherwise`."""
        typed = self.text(name).replace(",", ".")
        if not typed:
            return otherwise
        try:
            value = float(typed)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or abs(value) > 1e5:
            self.unreadable.append(name)
            return otherwise
        return round(value, 2)

    def whole(self, name: str, most: int, otherwise: int = 0) -> int:
        """A whole number from 0 to `most`."""
        typed = self.text(name)
        if not typed:
            return otherwise
        if not (typed.isascii() and typed.isdecimal() and len(typed) < 20 and int(typed) <= most):
            self.unreadable.append(name)
            return otherwise
        return int(typed)

    def year(self, name: str) -> str:
        typed = self.text(name)
        if typed and not (typed.isascii() and typed.isdecimal() and EARLIEST_YEAR <= int(typed) <= LATEST_YEAR):
            self.unreadable.append(name)
            return ""
        return typed

    def corners(self, name: str) -> Corners:
        """Four corners as eight numbers; nothing when they are not."""
        words = self.text(name).replace(",", ".").split()
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = [math.nan]
        if words and (len(values) != 8 or not all(0 <= value <= 20_000 for value in values)):
            self.unreadable.append(name)
        return corners_of(values)


def corners_of(values: list[float]) -> Corners:
    """Corners of eight numbers; nothing unless they are four places that a frame can have."""
    if len(values) != 8 or not all(0 <= value <= 20_000 for value in values):
        return ()
    corners = tuple(zip(values[::2], values[1::2], strict=True))
    turns = [_turn(corners[number - 2], corners[number - 1], corners[number]) for number in range(4)]
    return corners if all(turn > 100 for turn in turns) else ()  # clockwise, and no three of them in a line


def _turn(first: tuple[float, float], second: tuple[float, float], third: tuple[float, float]) -> float:
    """Twice the area of a triangle in pixels; above 0 when it goes clockwise on a screen."""
    across, down = second[0] - first[0], second[1] - first[1]
    return across * (third[1] - second[1]) - down * (third[0] - second[0])


def drawn_of_fields(book_kind: str, fields: Mapping[str, str]) -> DrawnForm:
    """What was typed; nothing of it is lost but what is no number, which `unreadable` names."""
    typed = _Typed(fields)
    layout = typed.text("layout")
    has_facing = "has_facing" in fields
    numbers = sorted(int(found[1]) for name in fields if (found := BOX_FIELD.fullmatch(name)))[:MOST_BOXES]
    frames = [
        (typed.number(f"frame_width.{page}", FIRST_WIDTH_MM), typed.number(f"frame_height.{page}")) for page in (0, 1)
    ]
    drawn = DrawnForm(
        book_kind,
        typed.text("title")[:LONGEST_TITLE],
        layout if layout in [*PageLayout] else str(PageLayout.FORM),
        typed.year("first_year"),
        typed.year("last_year"),
        (frames[0], frames[1]),
        (typed.corners("corners.0"), typed.corners("corners.1")),
        typed.whole("rows", 1000, 1),
        typed.number("row_height"),
        "runs_on" in fields,
        has_facing,
        typed.whole("facing_page", 2**62),
        min(typed.whole("side", 1), int(has_facing)),
        tuple(_typed_box(typed, number) for number in numbers),
    )
    return replace(drawn, unreadable=tuple(dict.fromkeys(typed.unreadable)))


def _typed_box(typed: _Typed, number: int) -> DrawnBox:
    name = f"box.{number}"
    left, top, width, height = (typed.number(f"{name}.{place}") for place in PLACES)
    page, has_leader = typed.whole(f"{name}.page", 1), f"{name}.leader" in typed.fields
    return DrawnBox(number, typed.text(f"{name}.column")[:80], left, top, width, height, page, has_leader)


def columns_at_fault(problems: tuple[FormProblem, ...]) -> frozenset[str]:
    """The columns whose boxes are marked."""
    return frozenset(column for problem in problems for column in problem.columns)
