"""How long each procedure may take, when offices work, and which days were swapped.

`data/deadlines.csv`: one line per deadline of one or more procedures; without a registry it is the deadline of the
whole chain, with one it is that step's. The decrees' deadlines for single steps are not public, so those are assumed.
`data/work_days.csv`: days on which offices close or work against the week and the public holidays; the government
announces them for each year, so a line is added when it does.
"""

from datetime import date, time
from enum import StrEnum
from functools import cache

from schemas.in_force import Certainty, RowInForce, SeveralWords, SourcedRow, in_force, read_rows

ANY_GROUP = ""
WHOLE_CHAIN = ""


class DeadlineUnit(StrEnum):
    """What a deadline is counted in. Days begin on the day after the one that counts as the day of receipt."""

    WORKING_DAYS = "working_days"
    WORKING_HOURS = "working_hours"
    DAYS = "days"  # of the calendar; one that ends on a day off ends on the next working day


class Deadline(RowInForce):
    """How long procedures may take. `amount` 0 working days: by the end of the day of receipt.

    `subjects`: procedure codes, a notice, or the supplement of a dossier; `group`: a kind of beneficiary that has its
    own time.
    """

    subjects: SeveralWords
    registry_code: str = WHOLE_CHAIN
    group: str = ANY_GROUP
    amount: int
    unit: DeadlineUnit
    verification_days: int


class OfficeHours(RowInForce):
    """When offices work; a dossier received after `cut` counts from the next working day."""

    weekdays: frozenset[int]
    spans: tuple[tuple[time, time], ...]
    cut: time


class WorkDay(SourcedRow):
    """A day on which offices do other than the week and the public holidays say."""

    day: date
    is_worked: bool
    instead_of: date | None = None
    name_vi: str


MONDAY_TO_FRIDAY = frozenset(range(5))

OFFICE_HOURS: tuple[OfficeHours, ...] = (
    OfficeHours(
        weekdays=MONDAY_TO_FRIDAY,
        spans=((time(7, 30), time(11, 30)), (time(13, 30), time(17, 0))),
        cut=time(15, 0),
        certainty=Certainty.ASSUMED,
        source="QĐ 188/1999/QĐ-TTg: tuần 40 giờ, nghỉ thứ bảy, chủ nhật; giờ do tỉnh định; mốc 15 giờ của hộ tịch",
    ),
)


def hours_on(day: date) -> OfficeHours:
    """The office hours in force on a day, whether or not it is worked. Raises KeyError for a day without a row."""
    hours = in_force(OFFICE_HOURS, day)
    if hours is None:
        raise KeyError(day)
    return hours


def deadlines() -> tuple[Deadline, ...]:
    """All deadlines."""
    return read_rows("deadlines.csv", Deadline)


def work_days() -> tuple[WorkDay, ...]:
    """Swapped and declared days, by date."""
    return read_rows("work_days.csv", WorkDay)


@cache
def _by_subject() -> dict[tuple[str, str, str], tuple[Deadline, ...]]:
    by_subject: dict[tuple[str, str, str], tuple[Deadline, ...]] = {}
    for row in deadlines():
        for subject in row.subjects:
            key = (subject, row.registry_code, row.group)
            by_subject[key] = (*by_subject.get(key, ()), row)
    return by_subject


def deadline_of(
    subject: str, event_on: date, *, registry_code: str = WHOLE_CHAIN, group: str = ANY_GROUP
) -> Deadline | None:
    """The deadline of a procedure, a notice or one step, in force on a day; None when the law sets none we know."""
    return in_force(_by_subject().get((subject, registry_code, group), ()), event_on)
