"""Provinces and communes, each valid from-until: a code alone is ambiguous, a code and a day are not.

Source of `data/communes.csv`: the tables of the package vietnamadminunits 1.0.4 (MIT), as of 30 June 2025 and
1 July 2025 (QĐ 19/2025/QĐ-TTg). What merged and split into what, and the changes of 2026, are not in it yet.
"""

import csv
from datetime import date
from functools import cache
from importlib.resources import files

from schemas.fields import Model

PROVINCES: dict[str, str] = {
    "01": "Hà Nội", "04": "Cao Bằng", "08": "Tuyên Quang", "11": "Điện Biên", "12": "Lai Châu", "14": "Sơn La",
    "15": "Lào Cai", "19": "Thái Nguyên", "20": "Lạng Sơn", "22": "Quảng Ninh", "24": "Bắc Ninh", "25": "Phú Thọ",
    "31": "Hải Phòng", "33": "Hưng Yên", "37": "Ninh Bình", "38": "Thanh Hóa", "40": "Nghệ An", "42": "Hà Tĩnh",
    "44": "Quảng Trị", "46": "Huế", "48": "Đà Nẵng", "51": "Quảng Ngãi", "52": "Gia Lai", "56": "Khánh Hòa",
    "66": "Đắk Lắk", "68": "Lâm Đồng", "75": "Đồng Nai", "79": "Hồ Chí Minh", "80": "Tây Ninh", "82": "Đồng Tháp",
    "86": "Vĩnh Long", "91": "An Giang", "92": "Cần Thơ", "96": "Cà Mau",
}  # fmt: skip
"""The 34 provinces since 1 July 2025, by code."""


class Commune(Model):
    """A commune, ward or special zone while it held its code; `valid_until` is the first day it no longer did."""

    commune_code: str
    name_vi: str
    province_code: str
    valid_from: date = date.min
    valid_until: date = date.max


@cache
def _communes() -> dict[str, tuple[Commune, ...]]:
    by_code: dict[str, tuple[Commune, ...]] = {}
    text = files("schemas").joinpath("data/communes.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        commune = Commune.model_construct(
            commune_code=row["commune_code"],
            name_vi=row["name_vi"],
            province_code=row["province_code"],
            valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else date.min,
            valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else date.max,
        )
        by_code[commune.commune_code] = (*by_code.get(commune.commune_code, ()), commune)
    return by_code


def commune_on(commune_code: str, on: date) -> Commune | None:
    """The commune that held this code on this day; None when none did."""
    for commune in _communes().get(commune_code, ()):
        if commune.valid_from <= on < commune.valid_until:
            return commune
    return None


def communes_of(province_code: str, on: date) -> tuple[Commune, ...]:
    """The communes of a province on a day, by code."""
    held = (commune for holders in _communes().values() for commune in holders)
    return tuple(c for c in held if c.province_code == province_code and c.valid_from <= on < c.valid_until)


def retired_codes(province_code: str, on: date) -> tuple[str, ...]:
    """Codes of a province that no commune holds any more on a day."""
    return tuple(
        code
        for code, holders in _communes().items()
        if any(holder.province_code == province_code for holder in holders) and commune_on(code, on) is None
    )
