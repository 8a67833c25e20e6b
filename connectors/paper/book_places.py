"""Which unit kept a book: the place on its cover, with the code of its time, where exactly one unit is meant.

A cover often has the name of the commune alone. The commune of today that keeps the book then says which one it was:
the one of that name among the units that became it.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache

from connectors.paper.rows import unit_named
from schemas.places import Commune, Unit, UnitSet, WholeUnit, commune_on, crosswalk, passages_to, units_of
from schemas.places.names import bare
from schemas.places.table import table
from schemas.source import Book
from schemas.text import clean, search_fold, tone_key

CODE_LENGTH = 5
KINDS_OF_COMMUNES = ("xa ", "phuong ", "thi tran ", "thi xa ", "dac khu ")
MOST_NAMED = 30
"""Of one name; 28 communes of one old province are called Tân Lập."""


def place_code_of(book: Book, commune_code: str | None, today: date) -> str | None:
    """The code of the commune that opened a book, as it was that year; None unless exactly one unit is meant.

    `commune_code`: the commune of `today` that keeps the book, where it is known.
    """
    if book.place_code:
        return book.place_code
    on = date(book.opened_year, 1, 1)
    if named := unit_named(book.place_as_written, on):
        return named.commune_code
    keeper = commune_on(commune_code, today) if commune_code else None
    if keeper is None:
        return None
    written = tone_key(clean(book.place_as_written))
    fitting = {
        unit.commune_code
        for unit in _ancestry(keeper)
        if isinstance(unit, Commune) and unit.holds_on(on) and tone_key(unit.name_vi) == written
    }
    return fitting.pop() if len(fitting) == 1 else None


def _ancestry(unit: Unit) -> Iterator[Unit]:
    """A unit, and all units that became it."""
    yield unit
    for passage in passages_to(unit):
        yield from _ancestry(passage.before)


def places_named(words: str, opened_year: int, province_code: str, today: date) -> list[Commune]:
    """The communes that may have opened a book which a province of `today` keeps, by name or code: those whose name has
    the words before the first comma, with or without tones, or that have this code. At most MOST_NAMED."""
    return [unit for unit in _named(words) if may_have_opened(unit, opened_year, province_code, today)][:MOST_NAMED]


def may_have_opened(unit: Unit, opened_year: int, province_code: str, today: date) -> bool:
    """Whether a unit is a commune that was there on some day of that year, and lies in the province of `today`."""
    if (
        not isinstance(unit, Commune)
        or unit.valid_from.year > opened_year
        or unit.valid_until <= date(opened_year, 1, 1)
    ):
        return False
    return any(getattr(heir, "province_code", None) == province_code for heir in _heirs(unit, today))


def units_of_book(code: str, opened_year: int, province_code: str, today: date) -> list[Commune]:
    """The communes that had a code and may have opened the book."""
    units = (unit for unit in units_of(code) if isinstance(unit, Commune))
    return [unit for unit in units if may_have_opened(unit, opened_year, province_code, today)]


def keepers_named(words: str, province_code: str, today: date) -> list[Commune]:
    """The communes of a province of `today` whose name has these words, or that have this code; at most MOST_NAMED."""
    return [unit for unit in _named(words) if unit.holds_on(today) and unit.province_code == province_code][:MOST_NAMED]


def likely_keepers(place_code: str, opened_year: int, province_code: str, today: date) -> list[Commune]:
    """The communes of a province of `today` to which the commune came that opened a book; several after a division."""
    opened = units_of_book(place_code, opened_year, province_code, today)
    heirs = [heir for unit in opened for heir in _heirs(unit, today) if isinstance(heir, Commune)]
    return sorted({heir for heir in heirs if heir.province_code == province_code}, key=lambda heir: heir.name_vi)


def _heirs(unit: Unit, today: date) -> tuple[Unit, ...]:
    found = crosswalk(unit, today)
    if isinstance(found, UnitSet):
        return found.units
    return (found.unit,) if isinstance(found, WholeUnit) else ()


def _named(words: str) -> Iterator[Commune]:
    """By name; those whose name is written exactly so, tones and all, come first."""
    written = clean(words).partition(",")[0].casefold()
    wanted = _without_kind(search_fold(written))
    if len(wanted) == CODE_LENGTH and wanted.isdecimal():
        yield from (unit for unit in units_of(wanted) if isinstance(unit, Commune))
    elif wanted:
        units = [unit for folded, unit in _communes() if f" {wanted} " in folded]
        yield from sorted(units, key=lambda unit: not written.endswith(bare(unit.name_vi).casefold()))


def _without_kind(folded: str) -> str:
    """A commune may have become a ward since: what it was is left out."""
    return next((folded.removeprefix(kind) for kind in KINDS_OF_COMMUNES if folded.startswith(kind)), folded)


@cache
def _communes() -> tuple[tuple[str, Commune], ...]:
    """Every commune that ever was, with its folded name, by name and code."""
    units = (unit for held in table().by_code.values() for unit in held if isinstance(unit, Commune))
    named = ((f" {search_fold(unit.name_vi)} ", unit) for unit in units)
    return tuple(sorted(named, key=lambda pair: (pair[0], pair[1].key)))
