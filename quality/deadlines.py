"""Whether a dossier is in time: from when its time counts, when it is due, and how much of its time is gone.

A dossier received before the cut (15:00) of a working day counts as received that day; a later one counts as received
on the next working day. Days are counted from the day after that (Bộ luật Dân sự 2015, Điều 147) and end with office
hours. That they end so is assumed: some portals add hours instead. Hours count while offices work.

A working day is one of Monday to Friday that is no public holiday (package `holidays`, country VN), unless
`schemas/data/work_days.csv` says otherwise. The package knows the lunar calendar of Vietnam until 2099; outside the
years of `YEARS` no deadline is computed.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache

from schemas.dates import VIETNAM
from schemas.deadlines import ANY_GROUP, WHOLE_CHAIN, Deadline, DeadlineUnit, deadline_of, hours_on, work_days
from schemas.dossier import Dossier
from schemas.routes import Route

AT_RISK_SHARE = 0.75
YEARS = range(2007, 2098)
"""The first year in which Giỗ Tổ was a public holiday, to a year before the lunar table ends."""

MICROSECOND = timedelta(microseconds=1)
HOUR_US = 3_600_000_000
Spans = tuple[tuple[int, int], ...]


class Punctuality(StrEnum):
    """Whether a dossier is in time."""

    IN_TIME = "in_time"
    AT_RISK = "at_risk"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class LegalTerm:
    """The time that the law gives a dossier. `started_at`: its receipt, or when offices open on the day of receipt."""

    started_at: datetime
    due_at: datetime


class WorkCalendar:
    """The working time of some whole years: the spans of each day, and the working time before it."""

    def __init__(self, first: date, days: Sequence[Spans], cuts_us: Sequence[int]) -> None:
        self._first = first.toordinal()
        self._days, self._cuts_us = days, cuts_us
        self._worked = array("i", (index for index, spans in enumerate(days) if spans))
        self._rank, self._before_us = array("i", [0]), array("q", [0])
        for spans in days:
            self._rank.append(self._rank[-1] + bool(spans))
            self._before_us.append(self._before_us[-1] + sum(end - start for start, end in spans))

    @classmethod
    def of_years(cls, first: int, last: int, *, also_off: Iterable[date] = ()) -> "WorkCalendar":
        """The calendar of these years; `also_off`: further days off."""
        days_off, worked = _public_holidays(first, last)
        days_off |= set(also_off)
        worked -= set(also_off)
        ordinals = range(date(first, 1, 1).toordinal(), date(last + 1, 1, 1).toordinal())
        days = [date.fromordinal(ordinal) for ordinal in ordinals]
        hours = [hours_on(day) for day in days]
        spans = [
            tuple((_us(start), _us(end)) for start, end in of_day.spans)
            if day in worked or (day.weekday() in of_day.weekdays and day not in days_off)
            else ()
            for day, of_day in zip(days, hours, strict=True)
        ]
        return cls(days[0], spans, [_us(of_day.cut) for of_day in hours])

    def is_worked(self, day: date) -> bool:
        return bool(self._days[day.toordinal() - self._first])

    def worked_us(self, instant: datetime) -> int:
        """The working time from the beginning of the calendar to an instant, in microseconds.

        It is 0 before the calendar, and all of its working time after it.
        """
        local = instant.astimezone(VIETNAM)
        index = local.toordinal() - self._first
        if not 0 <= index < len(self._days):
            return self._before_us[0 if index < 0 else -1]
        now_us = _us_of_day(local)
        spans = self._days[index]
        return self._before_us[index] + sum(min(now_us, end) - start for start, end in spans if now_us > start)

    def start(self, received_at: datetime, *, is_cut: bool) -> datetime:
        """From when the time counts: the receipt, or when offices open next. `is_cut`: the 15:00 rule holds."""
        local = received_at.astimezone(VIETNAM)
        index = local.toordinal() - self._first
        spans = self._days[index]
        if spans and _us_of_day(local) <= (self._cuts_us[index] if is_cut else spans[-1][1] - 1):
            return local
        following = self._worked[self._rank[index + 1]]
        return self._instant(following, self._days[following][0][0])

    def after_worked_days(self, day: date, count: int) -> datetime:
        """When offices close on the working day that is `count` working days after this one."""
        index = self._worked[self._rank[day.toordinal() - self._first] + count]
        return self._instant(index, self._days[index][-1][1])

    def after_days(self, day: date, count: int) -> datetime:
        """When offices close `count` days after this one, or on the next working day if that is a day off."""
        index = self._worked[self._rank[day.toordinal() - self._first + count]]
        return self._instant(index, self._days[index][-1][1])

    def after_worked_us(self, instant: datetime, worked_us: int) -> datetime:
        """The instant by which this much more was worked. Raises IndexError when the calendar ends before it."""
        target = self.worked_us(instant) + worked_us
        index = bisect_left(self._before_us, target) - 1
        left = target - self._before_us[index]
        for start, end in self._days[index]:
            if left <= end - start:
                return self._instant(index, start + left)
            left -= end - start
        raise IndexError("the calendar ends before the deadline")

    def _instant(self, index: int, us: int) -> datetime:
        return datetime.combine(date.fromordinal(self._first + index), time(), VIETNAM) + us * MICROSECOND


def _us(clock: time) -> int:
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000


def _us_of_day(local: datetime) -> int:
    return ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000_000 + local.microsecond


def _public_holidays(first: int, last: int) -> tuple[set[date], set[date]]:
    """Days off, and days that are worked though the week says otherwise: those of the package, changed by our rows."""
    from holidays import country_holidays  # a fifth of a second

    days_off, worked = set(country_holidays("VN", years=range(first, last + 1))), set[date]()
    for row in work_days():
        (worked if row.is_worked else days_off).add(row.day)
        (days_off if row.is_worked else worked).discard(row.day)
    return days_off, worked


@cache
def calendar_from(year: int) -> WorkCalendar:
    """The calendar of a year and the next; every deadline that begins in the year ends within it."""
    return WorkCalendar.of_years(year, year + 1)


def term(
    received_at: datetime, deadline: Deadline, *, with_verification: bool = False, calendar: WorkCalendar | None = None
) -> LegalTerm:
    """The time that a deadline gives. `received_at`: with a zone, in a year of `YEARS`."""
    calendar = calendar or calendar_from(received_at.astimezone(VIETNAM).year)
    started_at = calendar.start(received_at, is_cut=deadline.unit is not DeadlineUnit.WORKING_HOURS)
    verified = deadline.verification_days if with_verification else 0
    match deadline.unit:
        case DeadlineUnit.WORKING_DAYS:
            due_at = calendar.after_worked_days(started_at.date(), deadline.amount + verified)
        case DeadlineUnit.DAYS:
            due_at = calendar.after_days(started_at.date(), deadline.amount + verified)
        case DeadlineUnit.WORKING_HOURS:
            due_at = calendar.after_worked_us(started_at, deadline.amount * HOUR_US)
    return LegalTerm(started_at, due_at)


def term_of(
    dossier: Dossier,
    route: Route | None,
    *,
    registry_code: str = WHOLE_CHAIN,
    group: str = ANY_GROUP,
    with_verification: bool = False,
    from_instant: datetime | None = None,
) -> LegalTerm | None:
    """The time of a dossier's whole chain, or of one step of it, counted from receipt or from `from_instant`.

    The rule is that of the day of receipt. None when no deadline is known.
    """
    event_on = dossier.event_on
    begins_at = from_instant or dossier.received_at
    if route is None or begins_at.astimezone(VIETNAM).year not in YEARS:
        return None
    deadline = deadline_of(route.procedure_code, event_on, registry_code=registry_code, group=group)
    return term(begins_at, deadline, with_verification=with_verification) if deadline else None


def elapsed_share(legal_term: LegalTerm, now: datetime, calendar: WorkCalendar | None = None) -> float:
    """The share of the working time that is gone: 0 before it starts, 1 when due, more than 1 afterwards."""
    calendar = calendar or calendar_from(legal_term.started_at.astimezone(VIETNAM).year)
    started_us = calendar.worked_us(legal_term.started_at)
    whole_us = calendar.worked_us(legal_term.due_at) - started_us
    return max(0.0, (calendar.worked_us(now) - started_us) / whole_us)


def punctuality(legal_term: LegalTerm, now: datetime, share: float = AT_RISK_SHARE) -> Punctuality:
    """Late after the due instant; at risk when `share` of the working time is gone; else in time."""
    if now > legal_term.due_at:
        return Punctuality.LATE
    return Punctuality.AT_RISK if elapsed_share(legal_term, now) >= share else Punctuality.IN_TIME
