"""Units of places: a province, a district (until 30 June 2025) or a commune, while it held its code and name.

A code alone is ambiguous: 3,316 of the 3,321 codes of 1 July 2025 belonged to an old commune with another territory. A
unit is therefore known by its code and the day on which it began. `valid_until` is the first day on which it no longer
existed.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemas.in_force import Dated

PROVINCES: dict[str, str] = {
    "01": "Hà Nội", "04": "Cao Bằng", "08": "Tuyên Quang", "11": "Điện Biên", "12": "Lai Châu", "14": "Sơn La",
    "15": "Lào Cai", "19": "Thái Nguyên", "20": "Lạng Sơn", "22": "Quảng Ninh", "24": "Bắc Ninh", "25": "Phú Thọ",
    "31": "Hải Phòng", "33": "Hưng Yên", "37": "Ninh Bình", "38": "Thanh Hóa", "40": "Nghệ An", "42": "Hà Tĩnh",
    "44": "Quảng Trị", "46": "Huế", "48": "Đà Nẵng", "51": "Quảng Ngãi", "52": "Gia Lai", "56": "Khánh Hòa",
    "66": "Đắk Lắk", "68": "Lâm Đồng", "75": "Đồng Nai", "79": "Hồ Chí Minh", "80": "Tây Ninh", "82": "Đồng Tháp",
    "86": "Vĩnh Long", "91": "An Giang", "92": "Cần Thơ", "96": "Cà Mau",
}  # fmt: skip
"""The 34 provinces since 1 July 2025, by code (QĐ 19/2025/QĐ-TTg)."""

TWO_LEVELS_FROM = date(2025, 7, 1)
"""Since this day there are 34 provinces, 3,321 communes and no districts."""
KNOWN_FROM = date(2025, 3, 1)
"""The old units are those of 30 June 2025, unchanged since 1365/NQ-UBTVQH15 took effect on this day. What they were
before is not in the table: their `valid_from` is the beginning of time, and results for earlier days say so."""

UnitKey = tuple[str, date]
"""A unit's code and first day."""


@dataclass(frozen=True, slots=True)
class Province(Dated):
    """A province or city under the central government: two digits."""

    province_code: str
    name_vi: str
    valid_from: date = date.min
    valid_until: date = date.max

    @property
    def code(self) -> str:
        return self.province_code

    @property
    def key(self) -> UnitKey:
        return self.province_code, self.valid_from


@dataclass(frozen=True, slots=True)
class District(Dated):
    """A district, town or city of a province: three digits, none since 1 July 2025."""

    district_code: str
    name_vi: str
    province_code: str
    valid_from: date = date.min
    valid_until: date = date.max

    @property
    def code(self) -> str:
        return self.district_code

    @property
    def key(self) -> UnitKey:
        return self.district_code, self.valid_from


@dataclass(frozen=True, slots=True)
class Commune(Dated):
    """A commune, ward, town or special zone: five digits; `district_code` until 30 June 2025."""

    commune_code: str
    name_vi: str
    province_code: str
    district_code: str | None = None
    valid_from: date = date.min
    valid_until: date = date.max

    @property
    def code(self) -> str:
        return self.commune_code

    @property
    def key(self) -> UnitKey:
        return self.commune_code, self.valid_from


Unit = Province | District | Commune


class Share(StrEnum):
    """What of a unit went to a successor, in the words of the official conversion table."""

    WHOLE = "whole"
    PART = "part"
    PART_OF_PEOPLE = "part_of_people"
    ALL_AREA = "all_area"
    PART_WITH_ALL_PEOPLE = "part_with_all_people"
    PART_WITHOUT_PEOPLE_STATED = "part_without_people_stated"


class Change(StrEnum):
    """What happened on the way from one unit to the next; several may be true at once."""

    RENAMED = "renamed"
    MERGED = "merged"
    SPLIT = "split"
    MOVED = "moved"
    STATUS_CHANGED = "status_changed"


@dataclass(frozen=True, slots=True)
class Passage:
    """One unit, or a share of it, became (a part of) another on a day, by a decision."""

    before: Unit
    after: Unit
    on: date
    share: Share
    source: str


@dataclass(frozen=True, slots=True)
class WrongCode:
    """A code that other systems send for a unit and that no unit ever held: a fault to report, never a code to use."""

    wrong_code: str
    right_code: str
    seen_until: date
    words_vi: str
    source: str
