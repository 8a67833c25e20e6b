"""Paper books of the sandbox: births of invented persons, written on the shipped form and scanned slightly askew.

A page says what a clerk of that year wrote; the values are kept beside it, for the persons whom the demo plays. The
persons are those of the sandbox's names; the places are communes of 30 June 2025 as they were called then.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING

from connectors.sandbox.people import People
from schemas.person import Sex
from schemas.places import Commune, unit_on
from schemas.register_columns import columns_of
from schemas.register_forms import FieldBox, RegisterForm, register_forms
from schemas.source import Book

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

FORM_CODE = "ks_a4_dotted"
PAPER_MM = (210.0, 297.0)
PIXELS_PER_MM = 8.0
"""About 200 dots an inch."""
LETTER_MM, LABEL_MM = 4.4, 2.6
Colour = tuple[int, int, int]
PAPER: Colour = (246, 240, 226)
PRINT: Colour = (60, 60, 60)
INK: Colour = (60, 36, 30)
FOOT_MM = 8.0
"""Where the dots of a field lie, below its top."""
FONTS = ("DejaVuSerif.ttf", "LiberationSerif-Regular.ttf", "FreeSerif.ttf", "DejaVuSans.ttf")
"""The first that the system has writes the pages."""
LAST_DAY_OF_OLD_UNITS = date(2025, 6, 30)


class NoFont(RuntimeError):
    """No font of the system has Vietnamese letters: install the Debian package fonts-dejavu-core."""


@dataclass(frozen=True)
class SandboxPage:
    """One page: its file, and what is written on it by column of the ministry."""

    jpeg: bytes = field(repr=False)
    values: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class SandboxBook:
    """A book and its pages. `name`: of its folder, as an archive team would name it. `commune_code`: of today."""

    name: str
    book: Book
    province_code: str
    commune_code: str
    pages: tuple[SandboxPage, ...]


def make_book(number: int, pages: int, seed: int, commune_code: str = "07210", year: int = 1998) -> SandboxBook:
    """The book of births `number` of a year, with so many pages. The commune is one that was not divided.

    Raises NoFont, and ModuleNotFoundError without the extra `paper`.
    """
    rng = Random(f"book/{seed}/{number}")
    now = unit_on(commune_code, date(2026, 1, 1))
    then = unit_on(commune_code, LAST_DAY_OF_OLD_UNITS)
    assert isinstance(now, Commune)
    assert isinstance(then, Commune)
    book = Book(
        book_kind="KS",
        opened_year=year,
        book_number=f"{number:02d}",
        place_code=then.commune_code,
        place_as_written=then.name_vi,
    )
    people = People(rng, LAST_DAY_OF_OLD_UNITS)
    entries = list(_entries(rng, people, then, book, pages))
    form = register_forms()[FORM_CODE]
    return SandboxBook(
        f"KS.{year}.{number:02d}",
        book,
        now.province_code,
        now.commune_code,
        tuple(SandboxPage(_page(form, values, rng), values) for values in entries),
    )


def _entries(rng: Random, people: People, commune: Commune, book: Book, count: int) -> Iterator[dict[str, str]]:
    """The entries of a year in the order of their numbers."""
    day = date(book.opened_year, 1, 3)
    for number in range(1, count + 1):
        day += timedelta(days=rng.randint(1, 5))
        yield _entry(rng, people, commune, book, number, day)


def _entry(rng: Random, people: People, commune: Commune, book: Book, number: int, entered_on: date) -> dict[str, str]:
    roots = people.roots(commune, ethnic_group="Kinh")
    born = entered_on - timedelta(days=rng.randint(3, 40))
    sex = people.sex()
    mother = people.name(people.roots(commune, ethnic_group="Kinh"), Sex.FEMALE, born.year - 25)
    father = people.name(roots, Sex.MALE, born.year - 28)
    return {
        "so": f"{number:02d}",
        "quyenSo": book.book_code,
        "ngayDangKy": f"{entered_on:%d.%m.%Y}",
        "nksHoTen": people.name(roots, sex, born.year),
        "nksGioiTinh": "Nam" if sex is Sex.MALE else "Nữ",
        "nksNgaySinh": f"{born:%d.%m.%Y}",
        "nksDanToc": "Kinh",
        "nksQuocTich": "Việt Nam",
        "nksNoiSinh": commune.name_vi,
        "nksQueQuan": commune.name_vi,
        "meHoTen": mother,
        "meNgaySinh": str(born.year - rng.randint(19, 38)),
        "meNoiCuTru": commune.name_vi,
        "chaHoTen": father,
        "chaNgaySinh": str(born.year - rng.randint(21, 44)),
        "chaNoiCuTru": commune.name_vi,
        "nycHoTen": rng.choice((father, mother)),
        "nguoiKy": people.name(people.roots(commune, ethnic_group="Kinh"), Sex.MALE, 1950),
    }


def _page(form: RegisterForm, values: dict[str, str], rng: Random) -> bytes:
    """A page drawn, filled in, turned by less than a degree, as JPEG."""
    from PIL import Image, ImageDraw

    size = (round(PAPER_MM[0] * PIXELS_PER_MM), round(PAPER_MM[1] * PIXELS_PER_MM))
    image = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(image)
    left = (PAPER_MM[0] - form.frame_width_mm) / 2
    top = (PAPER_MM[1] - form.frame_height_mm) / 2
    corners = [(left, top), (left + form.frame_width_mm, top + form.frame_height_mm)]
    draw.rectangle([(x * PIXELS_PER_MM, y * PIXELS_PER_MM) for x, y in corners], outline=PRINT, width=6)
    _write(draw, "SỔ ĐĂNG KÝ KHAI SINH", (left + form.frame_width_mm / 2 - 30, top - 3), LETTER_MM, PRINT, 70)
    for box in form.fields:
        _fill(draw, box, (left, top), values.get(box.column, ""), _label(form, box), _room_before(form, box))
    turned = image.rotate(rng.uniform(-0.8, 0.8), resample=Image.Resampling.BICUBIC, fillcolor=PAPER)
    return _jpeg(turned)


def _label(form: RegisterForm, box: FieldBox) -> str:
    return columns_of(form.book_kind)[box.column].title_vi.partition(" (")[0].capitalize()


def _room_before(form: RegisterForm, box: FieldBox) -> float:
    """Millimetres between a field and the one before it in its line, or the frame."""
    before = (other.left_mm + other.width_mm for other in form.fields if other.top_mm == box.top_mm and other != box)
    return box.left_mm - max((right for right in before if right <= box.left_mm), default=0.0)


def _fill(
    draw: "ImageDraw", box: FieldBox, corner_mm: tuple[float, float], text: str, label: str, room_mm: float
) -> None:
    """The dotted line of a field, its label before it, and what is written on it."""
    x, foot = corner_mm[0] + box.left_mm, corner_mm[1] + box.top_mm + FOOT_MM
    dot = 0.36 * PIXELS_PER_MM
    position = x
    while position < x + box.width_mm:
        at_x, at_y = position * PIXELS_PER_MM, foot * PIXELS_PER_MM
        draw.ellipse((at_x, at_y - dot, at_x + dot, at_y), fill=PRINT)
        position += 1.15
    room = min(room_mm - 4.0, 30.0)
    _write(draw, f"{label}:", (x - room - 1.5, foot), LABEL_MM, PRINT, room)
    _write(draw, text, (x + 1.5, foot - 0.6), LETTER_MM, INK, box.width_mm - 3)


def _write(
    draw: "ImageDraw", text: str, foot_mm: tuple[float, float], height_mm: float, ink: Colour, room_mm: float
) -> None:
    """Writes from a point on a foot line, smaller where there is too little room."""
    from PIL import ImageFont

    path = _font_path()
    height = height_mm
    font = ImageFont.truetype(path, round(height * PIXELS_PER_MM))
    while height > 1.5 and font.getlength(text) > room_mm * PIXELS_PER_MM:
        height *= 0.95
        font = ImageFont.truetype(path, round(height * PIXELS_PER_MM))
    draw.text((foot_mm[0] * PIXELS_PER_MM, foot_mm[1] * PIXELS_PER_MM), text, fill=ink, font=font, anchor="ls")


def _font_path() -> str:
    from PIL import ImageFont

    for name in FONTS:
        try:
            return str(ImageFont.truetype(name, 12).path)
        except OSError:
            continue
    raise NoFont("no font with Vietnamese letters is here: apt-get install fonts-dejavu-core")


def _jpeg(image: "Image") -> bytes:
    held = BytesIO()
    image.save(held, "JPEG", quality=85, dpi=(25.4 * PIXELS_PER_MM, 25.4 * PIXELS_PER_MM))
    return held.getvalue()
