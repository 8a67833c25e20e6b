"""Provinces that paper registers name and that ended before the table of places begins: `data/former_provinces.csv`.

Their heirs are whole provinces of 30 June 2025, by code. Districts that went to another province are not followed, so
an address in such a province gives candidates only. The days are those of the resolutions; for 1976, 1989 and 1997 they
are the days from which the provinces are said to have worked [unverified]. Resolutions marked [unverified] were not
seen.
"""

from datetime import date
from functools import cache
from typing import Annotated

from pydantic import BeforeValidator

from schemas.fields import Model
from schemas.in_force import Dated, read_rows
from schemas.places.names import place_key
from schemas.places.table import table
from schemas.places.units import Province


def _old_provinces(codes: str) -> tuple[Province, ...]:
    """The provinces of 30 June 2025 with these codes. Raises KeyError for a code that was no province's."""
    return tuple(_old_province(code) for code in codes.split())


def _old_province(code: str) -> Province:
    oldest = table().by_code[code][0]
    if not isinstance(oldest, Province):
        raise KeyError(code)
    return oldest


class FormerProvince(Model, Dated):
    """A province that was divided or taken up, with the decisions that made and ended it."""

    name_vi: str
    valid_from: date
    valid_until: date
    heirs: Annotated[tuple[Province, ...], BeforeValidator(_old_provinces)]
    made_by: str
    ended_by: str


@cache
def former_provinces() -> dict[str, tuple[FormerProvince, ...]]:
    """By name key; a name may have had several lives (Nam Hà) and may be a later province's too (Hậu Giang)."""
    by_key: dict[str, tuple[FormerProvince, ...]] = {}
    for former in read_rows("former_provinces.csv", FormerProvince):
        key = place_key(former.name_vi)
        by_key[key] = (*by_key.get(key, ()), former)
    return by_key
