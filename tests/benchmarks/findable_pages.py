"""Photographs of register pages for measuring how soon and how surely they are found, and queries with one error.

Pages are those of `tests.support.register_pages`, all photographed by phone: askew, in perspective, curled, stained.
Errors are made here on the letters of the name as it was written; nothing of the product's search is asked.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from random import Random

from schemas.search_query import SearchQuery
from tests.support.register_layouts import LAYOUTS
from tests.support.register_pages import FONTS, PRINT, TYPEWRITER, Damage, damage, make_page

FORMS = ("ks_a4_dotted", "kh_a4_dotted", "kt_a4_dotted")
TABLE = "ks_a3_12_rows"
PAGES_OF_BOOK = 60
PLACE = "xã Hạp Lĩnh, huyện Tiên Du"
PHONE_DPI = 240
SUBJECTS = ("nksHoTen", "chongHoTen", "voHoTen", "nktHoTen")
DAYS = ("nksNgaySinh", "nktNgayChet", "ngayDangKy")
TONES = "\u0300\u0301\u0303\u0309\u0323"
"""Grave, acute, tilde, hook and dot below, as Unicode writes them apart from their letters."""
ERRORS = ("replaced", "dropped", "doubled", "tone lost", "tone wrong")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Photograph:
    """A page to be drawn. `folder`: of its book, below the drop place."""

    writing: str
    layout_code: str
    seed: int
    font: Path
    folder: str
    name: str


@dataclass(frozen=True)
class DrawnPage:
    """A photograph that lies ready. `rows`: what was written, by column. `digest`: SHA-256 of the file."""

    photograph: Photograph
    path: Path
    digest: bytes
    rows: tuple[Mapping[str, str], ...] = field(repr=False)


@dataclass(frozen=True)
class NameQuery:
    """A query whose answer is one page. `written`: the name without its error."""

    page: DrawnPage
    row_number: int
    error: str
    written: str
    query: SearchQuery


def photographs(forms: int, tables: int, script: Sequence[Path], seed: int) -> Iterator[Photograph]:
    """So many pages of forms, and of the table, in each way of writing; fonts and layouts in turn, in books."""
    ways = {"print": [FONTS / name for name in PRINT], "typewriter": [FONTS / name for name in TYPEWRITER]}
    ways |= {"script": list(script)} if script else {}
    for way, (writing, fonts) in enumerate(ways.items()):
        layouts = [FORMS[number % len(FORMS)] for number in range(forms)] + [TABLE] * tables
        for number, layout_code in enumerate(layouts):
            kind = LAYOUTS[layout_code].book_kind
            at = number // len(FORMS) if layout_code != TABLE else number
            book = way * 30 + at // PAGES_OF_BOOK + (20 if layout_code == TABLE else 1)
            folder = f"24/-/{kind}.1998.{book:02d} {PLACE}"
            font = fonts[at % len(fonts)]
            yield Photograph(writing, layout_code, seed + way * 10_000 + number, font, folder, f"p{number:04d}.jpg")


def photographed(seed: int) -> Damage:
    """The damage of that seed, taken by phone."""
    lot = Random(f"phone/{seed}")
    return replace(
        damage(seed),
        is_photograph=True,
        dpi=PHONE_DPI,
        perspective=lot.uniform(0.02, 0.07),
        curl_mm=lot.uniform(0.5, 2.5),
    )


def drawn(photograph: Photograph, home: Path) -> DrawnPage:
    """Draws a photograph and keeps its file beside the drop place."""
    done = photographed(photograph.seed)
    page = make_page(photograph.layout_code, photograph.seed, photograph.font, photograph.writing, done)
    path = home / f"{photograph.writing}-{photograph.layout_code}-{photograph.name}"
    path.write_bytes(page.jpeg)
    return DrawnPage(photograph, path, sha256(page.jpeg).digest(), page.rows)


def queries_of(pages: Sequence[DrawnPage], seed: int) -> Iterator[NameQuery]:
    """For each person whose birth, marriage or death a page holds: the name with one error, and a year."""
    for page in pages:
        for row_number, row in enumerate(page.rows, 1):
            for column in SUBJECTS:
                if len((name := row.get(column, "")).split()) > 1:
                    lot = Random(f"{seed}/{page.photograph.seed}/{row_number}/{column}")
                    error = lot.choice(ERRORS)
                    query = SearchQuery(one_error(name, error, lot), _year(row, lot))
                    yield NameQuery(page, row_number, error, name, query)


def _year(row: Mapping[str, str], lot: Random) -> int | None:
    """A year that the record names, or none when it names none in digits."""
    years = [int(year) for column in DAYS for year in _YEAR.findall(row.get(column, ""))]
    return lot.choice(years) if years else None


def one_error(name: str, error: str, lot: Random) -> str:
    """The name with that error in one of its words; with a letter replaced when no word bears a tone."""
    words = unicodedata.normalize("NFC", name).split()
    if error.startswith("tone"):
        toned = [at for at, word in enumerate(words) if _tone_of(word)]
        if toned:
            at = lot.choice(toned)
            return " ".join((*words[:at], _other_tone(words[at], error, lot), *words[at + 1 :]))
    at = lot.choice([at for at, word in enumerate(words) if len(word) > 1])
    return " ".join((*words[:at], _other_letter(words[at], error, lot), *words[at + 1 :]))


def _tone_of(word: str) -> str:
    return next((mark for mark in unicodedata.normalize("NFD", word) if mark in TONES), "")


def _other_tone(word: str, error: str, lot: Random) -> str:
    tone = _tone_of(word)
    other = "" if error == "tone lost" else lot.choice([mark for mark in TONES if mark != tone])
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", word).replace(tone, other))


def _other_letter(word: str, error: str, lot: Random) -> str:
    at = lot.randrange(len(word))
    if error == "dropped":
        return word[:at] + word[at + 1 :]
    if error == "doubled":
        return word[:at] + word[at] + word[at:]
    plain = unicodedata.normalize("NFD", word[at])[0].lower()
    return word[:at] + lot.choice([letter for letter in "abcdeghiklmnopqrstuvxy" if letter != plain]) + word[at + 1 :]
