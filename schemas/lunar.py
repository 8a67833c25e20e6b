"""Days of the Vietnamese lunar calendar, as registers write them (`22/8 năm Quý Mùi`), and the solar days they may be.

Until 1967 the published calendar, made for UTC+8, was used everywhere. From 1 January 1968 the North used UTC+7 (Quyết
định 121-CP ngày 08/08/1967); the South used UTC+8 until the end of 1975. So Tết of 1968 was 29 January in the North and
30 January in the South. While the place is unknown, both days are possible.

The arithmetic is vnlunar 1.0.5 (MIT): its tables of the published calendar 1800-2199 (Hồ Ngọc Đức), and its
astronomical reckoning for UTC+8. Assumed: a month without the word "nhuận" is the plain one of its name.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Self

from schemas.fields import Model, field
from schemas.text import clean, tone_key

STEMS = ("Giáp", "Ất", "Bính", "Đinh", "Mậu", "Kỷ", "Canh", "Tân", "Nhâm", "Quý")
BRANCHES = ("Tý", "Sửu", "Dần", "Mão", "Thìn", "Tỵ", "Ngọ", "Mùi", "Thân", "Dậu", "Tuất", "Hợi")
SPELLINGS = {"Kỉ": "Kỷ", "Quí": "Quý", "Tí": "Tý", "Mẹo": "Mão", "Tị": "Tỵ", "Vị": "Mùi"}
"""Other spellings, and the southern names of two branches."""
MONTHS = {
    "giêng": 1, "hai": 2, "ba": 3, "tư": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9, "mười": 10,
    "mười một": 11, "một": 11, "mười hai": 12, "chạp": 12,
}  # fmt: skip
FULL_MOON = "rằm"

FIRST_YEAR, LAST_YEAR = 1800, 2199
"""The years in the tables."""

NORTH_LAST = 44
"""By province code, GSO (QĐ 124/2004/QĐ-TTg): 01-44 lie north of the Bến Hải, 45 (Quảng Trị) on both banks."""
DIVIDED = frozenset({"44", "45"})
"""Quảng Trị: its Vĩnh Linh belonged to the North; since July 2025 code 44 is Quảng Bình and Quảng Trị together."""
PUBLISHED, SOUTHERN = None, 8.0
"""The zone given to vnlunar: none for its tables, UTC+8 for the South."""
TWO_CALENDARS = range(1967, 1976)
"""Lunar years in which North and South could differ; that of 1967 ended in January 1968."""


def calendars_of(province_code: str | None, lunar_year: int) -> tuple[float | None, ...]:
    """The calendars that a register of this province may have used in a lunar year; both when the place is unknown."""
    if lunar_year not in TWO_CALENDARS:
        return (PUBLISHED,)
    if province_code is None or province_code in DIVIDED or not province_code.isdecimal():
        return (PUBLISHED, SOUTHERN)
    return (PUBLISHED,) if int(province_code) <= NORTH_LAST else (SOUTHERN,)


@lru_cache(maxsize=4096)
def solar_day(year: int, month: int, day: int, is_leap_month: bool, calendar: float | None) -> date | None:
    """The solar day of a lunar one; None when that year has no such day or no such leap month."""
    from vnlunar.core import convert_lunar_to_solar  # 25 ms to import; most dossiers have no lunar date

    found = convert_lunar_to_solar(day, month, year, int(is_leap_month), calendar)
    return date(found[2], found[1], found[0]) if found else None


def _month(year: int, month: int, is_leap_month: bool, calendar: float | None) -> tuple[date, date] | None:
    first = solar_day(year, month, 1, is_leap_month, calendar)
    if first is None:
        return None
    return first, solar_day(year, month, 30, is_leap_month, calendar) or first + timedelta(days=28)


def _year(year: int, calendar: float | None) -> tuple[date, date] | None:
    first, after = solar_day(year, 1, 1, False, calendar), solar_day(year + 1, 1, 1, False, calendar)
    return (first, after - timedelta(days=1)) if first and after else None


def years_of(stem_and_branch: str) -> tuple[int, ...]:
    """`Quý Mùi` -> 1823, 1883, 1943, 2003, ...: every sixtieth year; none for a pair that the cycle lacks (`Quý
    Thân`)."""
    stem, _, branch = stem_and_branch.partition(" ")
    if stem not in STEMS or branch not in BRANCHES:
        return ()
    stems, branches = STEMS.index(stem), BRANCHES.index(branch)
    return tuple(
        year for year in range(FIRST_YEAR, LAST_YEAR) if ((year - 4) % 10, (year - 4) % 12) == (stems, branches)
    )


class LunarDate(Model):
    """A lunar day, month or year, with all the lunar years to which it may belong."""

    years: tuple[int, ...] = field("các năm âm lịch có thể", [1883, 1943], "chu kỳ 60 năm can chi", default=())
    month: int | None = field("tháng âm lịch", 8)
    day: int | None = field("ngày âm lịch", 22)
    is_leap_month: bool = field("tháng nhuận", False, default=False)
    province_code: str | None = field("mã tỉnh của nơi ghi", "24")
    settled_by: str | None = field("căn cứ chọn năm", "book opened 1943")
    solar_from: date | None = field("sớm nhất theo dương lịch", "1943-09-21")
    solar_to: date | None = field("muộn nhất theo dương lịch", "1943-09-21")

    @classmethod
    def of(
        cls,
        years: tuple[int, ...],
        month: int | None = None,
        day: int | None = None,
        *,
        is_leap_month: bool = False,
        province_code: str | None = None,
        settled_by: str | None = None,
    ) -> Self:
        """The date of these numbers. Its solar interval is computed when only one year is possible and has such a
        day."""
        lunar = cls(
            years=years,
            month=month,
            day=day,
            is_leap_month=is_leap_month,
            province_code=province_code,
            settled_by=settled_by,
        )
        spans = list(lunar.spans(years[0])) if len(years) == 1 else []
        if not spans:
            return lunar
        span = {"solar_from": min(first for first, _ in spans), "solar_to": max(last for _, last in spans)}
        return lunar.model_copy(update=span)

    @property
    def year(self) -> int | None:
        """The lunar year; None while several are possible."""
        return self.years[0] if len(self.years) == 1 else None

    def spans(self, year: int) -> Iterator[tuple[date, date]]:
        """The first and the last solar day in this lunar year, by each calendar that may have been used."""
        for calendar in calendars_of(self.province_code, year):
            if span := self._span(year, calendar):
                yield span

    def _span(self, year: int, calendar: float | None) -> tuple[date, date] | None:
        if self.month is None:
            return _year(year, calendar)
        if self.day is None:
            return _month(year, self.month, self.is_leap_month, calendar)
        day = solar_day(year, self.month, self.day, self.is_leap_month, calendar)
        return (day, day) if day else None

    def settle(self, book_year: int, within_years: int = 1) -> Self:
        """The date with the years that are possible in a book opened in `book_year`: not later, at most `within_years`
        earlier.

        An event is in the book of its own year or of the next, hence one year; the birth of a person in a book of
        deaths may be a lifetime earlier. When no year is possible, book and date contradict each other: then all years
        stay, and a person decides.
        """
        left = tuple(
            year for year in self.years if book_year - within_years <= year <= book_year and any(self.spans(year))
        )
        if not left or left == self.years:
            return self
        return self.of(
            left,
            self.month,
            self.day,
            is_leap_month=self.is_leap_month,
            province_code=self.province_code,
            settled_by=f"book opened {book_year}, within {within_years} years",
        )


_SPELLED = {tone_key(name): name for name in (*STEMS, *BRANCHES)} | {tone_key(k): v for k, v in SPELLINGS.items()}
_END = r" *\(?(?:âm lịch|âl|al)?\)?"
_LUNAR = re.compile(
    r"(?:(?:(?:ngày )?(?:(?:mùng|mồng) )?(?P<day>\d{1,2}|rằm)(?: ?[/.-] ?| (?=tháng)))?"
    rf"(?:tháng (?P<named>{'|'.join(sorted(MONTHS, key=len, reverse=True))})|(?:tháng )?(?P<month>\d{{1,2}}))(?!\w)"
    r"(?P<leap> ?\(?nhuận\)?)?)?"
    r"(?:[ ,/.-]*(?:năm )?(?:(?P<year>\d{4})(?!\d))?[ (,-]*(?:(?P<stem>[^\W\d]+) (?P<branch>[^\W\d]+?))??"
    r"(?:[ (,-]*(?P<also>\d{4}))?\)?)?"
    rf"(?:,?{_END})?"
)


LONGEST_DATE = 100
"""Characters: no date in words has as many, and a pattern would try every way to divide a long row of dashes."""


def read_lunar(as_written: str, province_code: str | None = None) -> LunarDate | None:
    """`22/8 năm Quý Mùi`, `rằm tháng Chạp 1943 (ÂL)`, `15/4 nhuận/1963`, `năm Ất Tỵ (1905)`; None when it is no date.

    Is the day of a column or a sentence that is lunar: solar days look the same.
    """
    found = _LUNAR.fullmatch(clean(as_written).lower()) if len(as_written) <= LONGEST_DATE else None
    if not found or not any(found.groupdict().values()):
        return None
    month = MONTHS[found["named"]] if found["named"] else int(found["month"]) if found["month"] else None
    day = 15 if found["day"] == FULL_MOON else int(found["day"]) if found["day"] else None
    if not (month is None or 1 <= month <= 12) or not (day is None or 1 <= day <= 30):
        return None
    years = _years(found["year"] or found["also"], found["stem"], found["branch"])
    if years is None:
        return None
    return LunarDate.of(years, month, day, is_leap_month=bool(found["leap"]), province_code=province_code)


def _years(digits: str | None, stem: str | None, branch: str | None) -> tuple[int, ...] | None:
    """The years that number and name leave; none when they contradict each other, None when the name is no year's."""
    cycle: tuple[int, ...] = ()
    if stem and branch:
        names = _SPELLED.get(tone_key(stem)), _SPELLED.get(tone_key(branch))
        cycle = years_of(f"{names[0]} {names[1]}")
        if not cycle:
            return None
    if not digits:
        return cycle
    year = int(digits)
    if not FIRST_YEAR <= year < LAST_YEAR:
        return None
    return (year,) if not cycle or year in cycle else ()
