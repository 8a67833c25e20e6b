"""Provinces that paper registers name and that were gone before the table begins: `data/former_provinces.csv`.

Their heirs are provinces of 30 June 2025, by code, as a whole: districts that went elsewhere are not followed, so an
address under such a name gives candidates only. Days are those of the resolutions, or, for 1976, 1989 and 1997, those
from which the provinces are said to have worked [unverified]; decisions marked so were not seen.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from schemas.places.names import place_key
from schemas.places.table import table
from schemas.places.units import Province


@dataclass(frozen=True, slots=True)
class FormerProvince:
    """A province that was divided or taken up, with the decisions that made and ended it."""

    name_vi: str
    valid_from: date
    valid_until: date
    heirs: tuple[Province, ...]
    made_by: str
    ended_by: str


@cache
def former_provinces() -> dict[str, tuple[FormerProvince, ...]]:
    """By name key; a name may have had several lives (Nam Hà) and may be a later province's too (Hậu Giang)."""
    by_key: dict[str, tuple[FormerProvince, ...]] = {}
    text = files("schemas").joinpath("data/former_provinces.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        former = FormerProvince(
            row["name_vi"], date.fromisoformat(row["valid_from"]), date.fromisoformat(row["valid_until"]),
            tuple(_old_province(code) for code in row["heirs"].split()), row["made_by"], row["ended_by"],
        )  # fmt: skip
        key = place_key(former.name_vi)
        by_key[key] = (*by_key.get(key, ()), former)
    return by_key


def _old_province(code: str) -> Province:
    oldest = table().by_code[code][0]
    assert isinstance(oldest, Province)
    return oldest
