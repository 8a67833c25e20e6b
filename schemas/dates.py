"""PartialDate: the known parts of a date, its written text and its calendar. No unknown part is filled in."""

from datetime import date, datetime, timedelta, timezone
from typing import Self

from pydantic import Field

from schemas.fields import Model
from schemas.lunar import LunarDate, read_lunar

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Vietnam has one zone and no summer time."""


class PartialDate(Model):
    """A date that is known to the year, the month or the day; `year` is None when the written text is no date.

    Year, month and day are solar. For a lunar date they are the certain parts: all three when it is one solar day, none
    while its year is open (`earliest` and `latest` give the possible days).
    """

    as_written: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    lunar: LunarDate | None = Field(default=None, exclude_if=lambda lunar: lunar is None)

    @classmethod
    def of(cls, year: int, month: int | None = None, day: int | None = None, as_written: str | None = None) -> Self:
        """The date of these numbers; unreadable (only `as_written` kept) when the calendar has no such day.

        Zero is how forms write a part that is not known: `00.00.1950` is the year alone, and `05.00.1999` is no date,
        because a day without its month says nothing.
        """
        written = (
            as_written
            if as_written is not None
            else ".".join(f"{part:02d}" for part in (day, month, year) if part is not None)
        )
        month, day = month or None, day or None
        try:
            date(year, month or 1, day or 1)
        except (ValueError, OverflowError):  # Overflow: a number of many digits
            return cls(as_written=written)
        if not 1800 <= year <= 2200 or (day is not None and month is None):
            return cls(as_written=written)
        return cls(as_written=written, year=year, month=month, day=day)

    @classmethod
    def _of_parts(cls, numbers: list[int], as_written: str) -> Self:
        """Year, month and day, as many as there are."""
        year, month, day = (*numbers, None, None)[:3]
        assert year is not None
        return cls.of(year, month, day, as_written)

    @classmethod
    def on(cls, day: date) -> Self:
        return cls.of(day.year, day.month, day.day)

    @classmethod
    def read_dotted(cls, text: str, separator: str = ".") -> Self | None:
        """`22.08.2026`, `08.2026` or `2026` (day first); None for empty text."""
        if not text.strip():
            return None
        parts = text.strip().split(separator)
        if len(parts) > 3 or not all(part.isdecimal() for part in parts):
            return cls(as_written=text)
        return cls._of_parts([int(part) for part in reversed(parts)], text)

    @classmethod
    def read_compact(cls, text: str) -> Self | None:
        """`20260822`, `202608` or `2026`; None for empty text."""
        digits = text.strip()
        if not digits:
            return None
        if not digits.isdecimal() or len(digits) not in (4, 6, 8):
            return cls(as_written=text)
        numbers = [int(digits[:4]), *(int(digits[at : at + 2]) for at in range(4, len(digits), 2))]
        return cls._of_parts(numbers, text)

    @classmethod
    def read_lunar(cls, text: str, province_code: str | None = None) -> Self | None:
        """`22/8 năm Quý Mùi`, as a book of this province had it; None for empty text. See `schemas.lunar`."""
        if not text.strip():
            return None
        lunar = read_lunar(text, province_code)
        return cls.of_lunar(lunar, text) if lunar else cls(as_written=text)

    @classmethod
    def of_lunar(cls, lunar: LunarDate, as_written: str) -> Self:
        """The solar date of a lunar one, as far as it is certain: not even the year when the interval lies in two
        years."""
        first, last = lunar.solar_from, lunar.solar_to
        if first is None or last is None or first.year != last.year:
            return cls(as_written=as_written, lunar=lunar)
        month = first.month if first.month == last.month else None
        return cls(
            as_written=as_written, lunar=lunar, year=first.year, month=month, day=first.day if first == last else None
        )

    def settle(self, book_year: int, within_years: int = 1) -> Self:
        """The date with its lunar year chosen by the year of the book, where that is possible; a solar date is
        unchanged."""
        if self.lunar is None:
            return self
        return self.of_lunar(self.lunar.settle(book_year, within_years), self.as_written)

    @property
    def calendar(self) -> str:
        """`solar` or `lunar`: the calendar in which it was written."""
        return "lunar" if self.lunar else "solar"

    @property
    def precision(self) -> str:
        """`day`, `month`, `year` or `unknown`: how exactly the solar date is known."""
        if self.year is None:
            return "unknown"
        return "day" if self.day else "month" if self.month else "year"

    @property
    def earliest(self) -> date | None:
        """The first possible day; None when nothing is known."""
        if self.lunar:
            return self.lunar.solar_from
        return date(self.year, self.month or 1, self.day or 1) if self.year else None

    @property
    def latest(self) -> date | None:
        """The last possible day; None when nothing is known."""
        if self.lunar:
            return self.lunar.solar_to
        if not self.year:
            return None
        if self.day:
            return self.earliest
        after = date(self.year + 1, 1, 1) if not self.month or self.month == 12 else date(self.year, self.month + 1, 1)
        return after - timedelta(days=1)

    def dotted(self, separator: str = ".") -> str:
        """`22.08.2026`, `08.2026`, `2026`: as much as is known."""
        return separator.join(f"{part:02d}" for part in (self.day, self.month, self.year) if part is not None)

    def compact(self) -> str:
        """`20260822`, `202608`, `2026`: as much as is known."""
        return "".join(f"{part:02d}" for part in (self.year, self.month, self.day) if part is not None)


def local_day(moment: datetime) -> date:
    """The day in Vietnam at an instant with a zone."""
    return moment.astimezone(VIETNAM).date()
