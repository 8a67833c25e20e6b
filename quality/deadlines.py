"""Whether a dossier is in time: when its time began to count, when it is due, how much of it is gone.

A day counts as the day of receipt when the dossier came before the cut (15:00) of a working day; else the next working
day does. Days are counted from the day after that one (Bộ luật Dân sự 2015, Điều 147) and end with office hours, which
is assumed: some portals add hours instead. Hours run while offices work.

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
"""Since Giỗ Tổ is a public holiday, and with a year to spare before the lunar table ends."""

MICROSECOND = timedelta(microseconds=1)
HOUR_US = 3_600_000_000
Spans = tuple[tuple[int, int], ...]


class Punctuality(StrEnum):
    """How a dossier stands with its time."""

    IN_TIME = "in_time"
    AT_RISK = "at_risk"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class LegalTerm:
    """The time a dossier is given. `started_at` is its receipt, or the opening of the day that counts as such."""

    started_at: datetime
    due_at: datetime


class WorkCalendar:
    """The working time of some whole years: a day's spans, and how much was worked before it."""

    def __init__(self, first: date, days: Sequence[Spans], cuts_us: Sequence[int]) -> None:
        self._first = first.toordinal()
        self._days, self._cuts_us = days, cuts_us
        self._worked = array("i", (at for at, spans in enumerate(days) if spans))
        self._rank, self._before_us = array("i", [0]), array("q", [0])
        for spans in days:
            self._rank.append(self._rank[-1] + bool(spans))
            self._before_us.append(self._before_us[-1] + sum(end - start for start, end in spans))

    @classmethod
    def of_years(cls, first: int, last: int, *, also_off: Iterable[date] = ()) -> "WorkCalendar":
        """The calendar of these years; `also_off`: further days on which nobody works."""
        days_off, worked = _public_holidays(first, last)
        days_off |= set(also_off)
        worked -= set(also_off)
        every = [date.fromordinal(n) for n in range(date(first, 1, 1).toordinal(), date(last + 1, 1, 1).toordinal())]
        hours = [hours_on(day) for day in every]
        spans = [
            tuple((_us(start), _us(end)) for start, end in of.spans)
            if day in worked or (day.weekday() in of.weekdays and day not in days_off) else ()
            for day, of in zip(every, hours, strict=True)
        ]  # fmt: skip
        return cls(every[0], spans, [_us(of.cut) for of in hours])

    def is_worked(self, day: date) -> bool:
        return bool(self._days[day.toordinal() - self._first])

    def worked_us(self, instant: datetime) -> int:
        """Working time from the calendar's beginning to an instant, in microseconds; outside it, none or all of it."""
        local = instant.astimezone(VIETNAM)
        at = local.toordinal() - self._first
        if not 0 <= at < len(self._days):
            return self._before_us[0 if at < 0 else -1]
        now_us = _us_of_day(local)
        return self._before_us[at] + sum(min(now_us, end) - start for start, end in self._days[at] if now_us > start)

    def start(self, received_at: datetime, *, is_cut: bool) -> datetime:
        """From when the time counts: receipt, or the opening of the next working day. `is_cut`: by the 15:00 rule."""
        local = received_at.astimezone(VIETNAM)
        at = local.toordinal() - self._first
        spans = self._days[at]
        if spans and _us_of_day(local) <= (self._cuts_us[at] if is_cut else spans[-1][1] - 1):
            return local
        following = self._worked[self._rank[at + 1]]
        return self._at(following, self._days[following][0][0])

    def after_worked_days(self, day: date, count: int) -> datetime:
        """The close of the working day that is so many after this working day."""
        at = self._worked[self._rank[day.toordinal() - self._first] + count]
        return self._at(at, self._days[at][-1][1])

    def after_days(self, day: date, count: int) -> datetime:
        """The close of the day so many after this one, or of the next working day."""
        at = self._worked[self._rank[day.toordinal() - self._first + count]]
        return self._at(at, self._days[at][-1][1])

    def after_worked_us(self, instant: datetime, worked_us: int) -> datetime:
        """The instant by which so much more was worked."""
        target = self.worked_us(instant) + worked_us
        at = bisect_left(self._before_us, target) - 1
        left = target - self._before_us[at]
        for start, end in self._days[at]:
            if left <= end - start:
                return self._at(at, start + left)
            left -= end - start
        raise IndexError("the calendar ends before the deadline")

    def _at(self, at: int, us: int) -> datetime:
        return datetime.combine(date.fromordinal(self._first + at), time(), VIETNAM) + us * MICROSECOND


def _us(of: time) -> int:
    return ((of.hour * 60 + of.minute) * 60 + of.second) * 1_000_000


def _us_of_day(local: datetime) -> int:
    return ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000_000 + local.microsecond


def _public_holidays(first: int, last: int) -> tuple[set[date], set[date]]:
    """Days off, and days worked against the week: the package's, corrected by our own rows."""
    from holidays import country_holidays  # a fifth of a second

    days_off, worked = set(country_holidays("VN", years=range(first, last + 1))), set[date]()
    for row in work_days():
        (worked if row.is_worked else days_off).add(row.day)
        (days_off if row.is_worked else worked).discard(row.day)
    return days_off, worked


@cache
def calendar_from(year: int) -> WorkCalendar:
    """The calendar of a year and the next, which any deadline that begins in the year ends in."""
    return WorkCalendar.of_years(year, year + 1)


def term(
    received_at: datetime, deadline: Deadline, *, with_verification: bool = False, calendar: WorkCalendar | None = None
) -> LegalTerm:  # fmt: skip
    """The time that a deadline gives to what was received at an instant (with a zone), in a year of `YEARS`."""
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
    dossier: Dossier, route: Route | None, *, registry_code: str = WHOLE_CHAIN, group: str = ANY_GROUP,
    with_verification: bool = False, from_instant: datetime | None = None,
) -> LegalTerm | None:  # fmt: skip
    """The time of a dossier's whole chain, or of one step of it, counted from receipt or from another instant.

    The day of receipt chooses the rule. None when the law sets no deadline that we know.
    """
    event_on = dossier.event_on
    begins_at = from_instant or dossier.received_at
    if route is None or begins_at.astimezone(VIETNAM).year not in YEARS:
        return None
    deadline = deadline_of(route.procedure_code, event_on, registry_code=registry_code, group=group)
    return term(begins_at, deadline, with_verification=with_verification) if deadline else None


def due(
    dossier: Dossier, route: Route | None, *, registry_code: str = WHOLE_CHAIN, group: str = ANY_GROUP,
    with_verification: bool = False, from_instant: datetime | None = None,
) -> datetime | None:  # fmt: skip
    """The instant by which it must be done; after it the dossier is late."""
    of = term_of(dossier, route, registry_code=registry_code, group=group, with_verification=with_verification,
                 from_instant=from_instant)  # fmt: skip
    return of.due_at if of else None


def elapsed_share(of: LegalTerm, now: datetime, calendar: WorkCalendar | None = None) -> float:
    """The share of working time that is gone: 0 before it starts, 1 when due, more when late and offices work."""
    calendar = calendar or calendar_from(of.started_at.astimezone(VIETNAM).year)
    started_us = calendar.worked_us(of.started_at)
    whole_us = calendar.worked_us(of.due_at) - started_us
    return max(0.0, (calendar.worked_us(now) - started_us) / whole_us)


def punctuality(of: LegalTerm, now: datetime, share: float = AT_RISK_SHARE) -> Punctuality:
    """Late when the due instant has passed, at risk when this share of its working time is gone."""
    if now > of.due_at:
        return Punctuality.LATE
    return Punctuality.AT_RISK if elapsed_share(of, now) >= share else Punctuality.IN_TIME
