"""The shipped table of places: `data/places.tsv`, built by `python .ci/build_places.py` and checked by its hash.

Sources: vietnamadminunits 1.0.4 (MIT) for units and successors (codes of QĐ 124/2004/QĐ-TTg and QĐ 19/2025/QĐ-TTg),
corrected by `data/place_corrections.csv`, where each line has its own source. The package itself is not read here.
"""

import gc
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from schemas.in_force import in_force
from schemas.places.units import Commune, District, Passage, Province, Share, Unit, UnitKey, WrongCode

FILE = "data/places.tsv"

Held = dict[str, tuple[Unit, ...]]
Passages = dict[UnitKey, tuple[Passage, ...]]


class DamagedTable(RuntimeError):
    """The content of the shipped file does not have the hash in its first line: install the package again."""


@dataclass(frozen=True, slots=True)
class Table:
    """Units by code and by name key, and the passages between them; never changed after loading."""

    by_code: Held
    by_name: Held
    after: Passages
    before: Passages
    communes_of_district: dict[str, tuple[Commune, ...]]
    wrong_codes: dict[str, WrongCode]


def _first_line() -> list[str]:
    with files("schemas").joinpath(FILE).open("rb") as shipped:
        return shipped.readline().decode().split()


def _version() -> str:
    _, as_of, digest = _first_line()
    return f"{as_of}/{digest[:8]}"


TABLE_VERSION: str = _version()
"""`2026-09-20/<first eight digits of the table's SHA-256>`: the last change in it, and which file it was."""


@cache
def table() -> Table:
    """The table, read once. Raises DamagedTable when the file's hash is not the one in its first line."""
    head, _, content = files("schemas").joinpath(FILE).read_bytes().partition(b"\n")
    if hashlib.sha256(content).hexdigest() != head.decode().split()[2]:
        raise DamagedTable(f"{FILE}: the content does not have the hash that its first line gives")
    sources, units, passages, wrong = (block.splitlines()[1:] for block in content.decode().split("\n\n"))
    with _garbage_left_lying():
        by_code, by_name, of_district = _read_units(units)
        after, before = _read_passages(passages, by_code, [line.split("\t")[1] for line in sources])
    codes = {line.split("\t")[0]: _wrong_code(*line.split("\t")) for line in wrong}
    return Table(by_code, by_name, after, before, of_district, codes)


@contextmanager
def _garbage_left_lying() -> Iterator[None]:
    """No garbage collection while 40,000 lasting objects are made: it would take half of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_units(lines: Sequence[str]) -> tuple[Held, Held, dict[str, tuple[Commune, ...]]]:
    by_code: dict[str, list[Unit]] = defaultdict(list)
    by_name: dict[str, list[Unit]] = defaultdict(list)
    of_district: dict[str, list[Commune]] = defaultdict(list)
    province_of: dict[str, str] = {}
    days = {"": date.min}
    for line in lines:
        code, since, until, above, name_vi, key = line.split("\t")
        for day in (since, until):
            if day not in days:
                days[day] = date.fromisoformat(day)
        dates = days[since], days[until] if until else date.max
        unit: Unit
        if len(code) == 5:
            district_code = above if len(above) == 3 else None
            commune = Commune(code, name_vi, province_of[above] if district_code else above, district_code, *dates)
            if district_code:
                of_district[district_code].append(commune)
            unit = commune
        elif len(code) == 3:
            unit = District(code, name_vi, above, *dates)
            province_of[code] = above
        else:
            unit = Province(code, name_vi, *dates)
        by_code[code].append(unit)
        by_name[key].append(unit)
    return _frozen(by_code), _frozen(by_name), {code: tuple(communes) for code, communes in of_district.items()}


def _frozen(lists: dict[str, list[Unit]]) -> Held:
    return {key: tuple(units) for key, units in lists.items()}


def _read_passages(lines: Sequence[str], by_code: Held, sources: Sequence[str]) -> tuple[Passages, Passages]:
    after: dict[UnitKey, list[Passage]] = defaultdict(list)
    before: dict[UnitKey, list[Passage]] = defaultdict(list)
    days: dict[str, date] = {}
    shares = {share.value: share for share in Share}
    for line in lines:
        old_code, new_code, written_on, share, source = line.split("\t")
        on = days.get(written_on) or days.setdefault(written_on, date.fromisoformat(written_on))
        old, new = _ending(by_code[old_code], on), _beginning(by_code[new_code], on)
        passage = Passage(old, new, on, shares[share], sources[int(source)])
        after[old.key].append(passage)
        before[new.key].append(passage)
    return {key: tuple(of) for key, of in after.items()}, {key: tuple(of) for key, of in before.items()}


def _ending(units: tuple[Unit, ...], on: date) -> Unit:
    for unit in units:
        if unit.valid_until == on:
            return unit
    raise DamagedTable(f"{FILE}: no {units[0].code} ends on {on}")


def _beginning(units: tuple[Unit, ...], on: date) -> Unit:
    for unit in units:
        if unit.valid_from == on:
            return unit
    raise DamagedTable(f"{FILE}: no {units[0].code} begins on {on}")


def _wrong_code(wrong: str, right: str, until: str, words_vi: str, source: str) -> WrongCode:
    return WrongCode(wrong, right, date.fromisoformat(until), words_vi, source)


def unit_on(code: str, on: date) -> Unit | None:
    """The unit that held this code on this day; None when none did, also for a code that is known to be wrong.

    Two digits ask for a province, three for a district, five for a commune. Before KNOWN_FROM the answer is the last
    state of the old units, the only one known.
    """
    return in_force(table().by_code.get(code, ()), on)


def units_of(code: str) -> tuple[Unit, ...]:
    """Every unit that ever held this code, oldest first."""
    return table().by_code.get(code, ())


def wrong_code(code: str) -> WrongCode | None:
    """A known wrong code that no unit ever held: 06978, sent for Ba Chẽ (06970) until August 2026. None for others."""
    return table().wrong_codes.get(code)


def commune_on(commune_code: str, on: date) -> Commune | None:
    """The commune that held this code on this day; None when none did."""
    unit = unit_on(commune_code, on)
    return unit if isinstance(unit, Commune) else None


def communes_of(province_code: str, on: date) -> tuple[Commune, ...]:
    """The communes of a province on a day, by code."""
    held = (unit for units in table().by_code.values() for unit in units if isinstance(unit, Commune))
    return tuple(commune for commune in held if commune.province_code == province_code and commune.holds_on(on))


def retired_codes(province_code: str, on: date) -> tuple[str, ...]:
    """Codes of a province that no commune holds any more on a day."""
    return tuple(
        code
        for code, holders in table().by_code.items()
        if any(isinstance(holder, Commune) and holder.province_code == province_code for holder in holders)
        and commune_on(code, on) is None
    )
