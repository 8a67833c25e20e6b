"""Code lists: each registry has its own, and each row has its first and last day.

The rows are in `data/catalogues.csv`. `value` is our own name: the name of an ethnic group among the 54, the ISO code
of a nationality, the ministry's number for a kind of identity paper, the English name of a document. `code` is the
registry's. A row without a registry is for all registries that have no row of their own. An `assumed` row is used; an
`unverified` row gives no code until somebody confirms it. A value without a code is a finding and never gets a default.
"""

import re
from datetime import date
from functools import cache

from schemas.in_force import Certainty, RowInForce, read_rows
from schemas.text import clean, tone_key

ANY_REGISTRY = ""

SPELLINGS: dict[str, dict[str, str]] = {
    "ethnic_group": {
        "Khơ Me": "Khmer", "HMông": "H'Mông", "HơMông": "H'Mông", "Mông": "H'Mông", "Mèo": "H'Mông",
        "RaGlay": "Ra Glai", "Raglai": "Ra Glai", "Stiêng": "Xtiêng", "X'tiêng": "Xtiêng", "Giẻ-Triêng": "Gié Triêng",
        "Giẻ Triêng": "Gié Triêng", "Cờ Lao": "Cơ Lao", "Co Lao": "Cơ Lao", "Ta Ôi": "Tà Ôi", "Cil": "Cơ Ho",
        "Cill": "Cơ Ho", "K'Ho": "Cơ Ho", "Kơ Ho": "Cơ Ho", "Cờ Ho": "Cơ Ho", "Cao Lan": "Sán Chay",
        "Sán Chí": "Sán Chay", "Sán Chỉ": "Sán Chay", "Xê Đăng": "Xơ Đăng", "Vân Kiều": "Bru-Vân Kiều",
        "Ca Tu": "Cơ Tu", "Chàm": "Chăm", "Ra Đê": "Ê Đê",
    },
    "relation": {
        "Bố": "Cha", "Ba": "Cha", "Tía": "Cha", "Bố đẻ": "Cha đẻ", "Ba đẻ": "Cha đẻ", "Cha ruột": "Cha đẻ",
        "Bố ruột": "Cha đẻ", "Ba ruột": "Cha đẻ", "Má": "Mẹ", "Má đẻ": "Mẹ đẻ", "Mẹ ruột": "Mẹ đẻ", "Má ruột": "Mẹ đẻ",
        "Bố nuôi": "Cha nuôi", "Ba nuôi": "Cha nuôi", "Má nuôi": "Mẹ nuôi", "Bố vợ": "Cha vợ", "Ba vợ": "Cha vợ",
        "Má vợ": "Mẹ vợ", "Bố chồng": "Cha chồng", "Ba chồng": "Cha chồng", "Má chồng": "Mẹ chồng",
    },
}  # fmt: skip
"""Spellings seen in dossiers and in public forms, and other names that the list of groups (QĐ 121-TCTK/PPCĐ) gives."""
_BETWEEN = re.compile(r"[\s'’‘ʼ`´-]+")


class CatalogueRow(RowInForce):
    """A line of a code list."""

    catalogue: str
    registry_code: str = ANY_REGISTRY
    value: str
    code: str = ""
    title_vi: str = ""


def rows() -> tuple[CatalogueRow, ...]:
    """All rows, in the order of their lists."""
    return read_rows("catalogues.csv", CatalogueRow)


@cache
def _by_value() -> dict[tuple[str, str, str], tuple[CatalogueRow, ...]]:
    """The rows of a value under its key and under those of its other spellings."""
    by_value: dict[tuple[str, str, str], tuple[CatalogueRow, ...]] = {}
    for row in rows():
        others = (other for other, value in SPELLINGS.get(row.catalogue, {}).items() if value == row.value)
        for spelling_key in {_key(row.catalogue, spelling) for spelling in (row.value, *others)}:
            key = (row.catalogue, row.registry_code, spelling_key)
            by_value[key] = (*by_value.get(key, ()), row)
    return by_value


def _key(catalogue: str, value: str) -> str:
    return tone_key(_BETWEEN.sub("", value.split("(")[0]) if catalogue == "ethnic_group" else value)


def rows_of(catalogue: str, registry_code: str, value: str | None) -> tuple[CatalogueRow, ...]:
    """The rows of a value in any of its known spellings, of any day and any certainty; none for no value.

    A subgroup in brackets belongs to its group: `Cơ Ho (Chil)` is `Cơ Ho`. The names of groups are written joined,
    with a space, a dash or an apostrophe between their syllables: `Êđê`, `Ê-đê`, `Ê Đê` are one.
    """
    key = _key(catalogue, clean(value))
    held = _by_value()
    return held.get((catalogue, registry_code, key)) or held.get((catalogue, ANY_REGISTRY, key), ())


def row_of(catalogue: str, registry_code: str, value: str | None, on: date) -> CatalogueRow | None:
    """The row in force on a day, if it is confirmed or assumed."""
    for row in rows_of(catalogue, registry_code, value):
        if row.certainty is not Certainty.UNVERIFIED and row.holds_on(on):
            return row
    return None


def code_of(catalogue: str, registry_code: str, value: str | None, on: date) -> str | None:
    """The registry's code for a value on a day; None when we know none."""
    row = row_of(catalogue, registry_code, value, on)
    return row.code if row else None


def title_of(document: str, on: date) -> str:
    """What a document is called on a day: `death_certificate` is `Giấy chứng tử` from 1 March 2027. Raises KeyError for
    a document without a row that day."""
    row = row_of("document", ANY_REGISTRY, document, on)
    if row is None:
        raise KeyError(document)
    return row.title_vi


def _values(catalogue: str, registry_code: str) -> tuple[str, ...]:
    listed = (
        row.value
        for row in rows()
        if (row.catalogue, row.registry_code) == (catalogue, registry_code)
        and row.certainty is not Certainty.UNVERIFIED
    )
    return tuple(dict.fromkeys(listed))


ETHNIC_GROUPS = _values("ethnic_group", "land")
"""The 54 groups in the order of the land system's list, whose codes are the positions 1-54."""
LAND_PURPOSES = frozenset(_values("land_purpose", "land"))
"""Land-use codes that are or were in force."""


def ethnic_group(as_written: str | None) -> str | None:
    """The group's name as in the list of 54, whatever its known spelling; None when it is not known.

    The literal `Null` of the ministry's list means missing, so it is not known either.
    """
    listed = rows_of("ethnic_group", "land", as_written) if as_written else ()
    return listed[0].value if listed else None
