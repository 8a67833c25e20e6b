"""The law's clockwork: how long each procedure may take, when offices work, which days were swapped. Rows valid
from-until, chosen by the day of the event, each with its source; how sure we are of it stands in `certainty`.

`data/deadlines.csv`: one line per deadline of one or more procedures; without a registry it is the deadline of the
whole chain, with one it is that step's. The decrees' deadlines for single steps are not public, so those are assumed.
`data/work_days.csv`: days on which offices close or work against the week and the public holidays; the government
announces them for each year, so a line is added when it does.
"""

import csv
from collections.abc import Iterator
from datetime import date, time
from enum import StrEnum
from functools import cache
from importlib.resources import files

from schemas.fields import Model

ANY_GROUP = ""
WHOLE_CHAIN = ""


class Certainty(StrEnum):
    """How sure we are of a row."""

    CONFIRMED = "confirmed"
    UNVERIFIED = "unverified"  # believed, its text not seen
    ASSUMED = "assumed"  # chosen by us until somebody knows


class Unit(StrEnum):
    """What a deadline is counted in. Days begin on the day after the one that counts as the day of receipt."""

    WORKING_DAYS = "working_days"
    WORKING_HOURS = "working_hours"
    DAYS = "days"  # of the calendar; one that ends on a day off ends on the next working day


class Deadline(Model):
    """How long a procedure may take. `amount` 0 working days: by the end of the day of receipt.

    `group`: a kind of beneficiary that has its own time; `valid_until` is the first day it no longer holds.
    """

    subject: str
    registry_code: str = WHOLE_CHAIN
    group: str = ANY_GROUP
    amount: int
    unit: Unit
    verification_days: int
    valid_from: date
    valid_until: date = date.max
    certainty: Certainty
    source: str


class OfficeHours(Model):
    """When offices work; a dossier received after `cut` counts from the next working day."""

    weekdays: frozenset[int]
    spans: tuple[tuple[time, time], ...]
    cut: time
    valid_from: date = date.min
    valid_until: date = date.max
    certainty: Certainty
    source: str


class WorkDay(Model):
    """A day on which offices do other than the week and the public holidays say."""

    day: date
    is_worked: bool
    instead_of: date | None = None
    name_vi: str
    certainty: Certainty
    source: str


MONDAY_TO_FRIDAY = frozenset(range(5))

OFFICE_HOURS: tuple[OfficeHours, ...] = (
    OfficeHours(
        weekdays=MONDAY_TO_FRIDAY, spans=((time(7, 30), time(11, 30)), (time(13, 30), time(17, 0))), cut=time(15, 0),
        certainty=Certainty.ASSUMED,
        source="QĐ 188/1999/QĐ-TTg: tuần 40 giờ, nghỉ thứ bảy, chủ nhật; giờ do tỉnh định; mốc 15 giờ của hộ tịch",
    ),
)  # fmt: skip


def hours_on(day: date) -> OfficeHours:
    """The office hours in force on a day, whether or not it is worked."""
    return next(hours for hours in OFFICE_HOURS if hours.valid_from <= day < hours.valid_until)


@cache
def deadlines() -> tuple[Deadline, ...]:
    """All deadlines, a row per subject."""
    return tuple(
        Deadline.model_validate({**row, "subject": subject})
        for row in _rows("deadlines.csv")
        for subject in row.pop("subjects").split()
    )


@cache
def work_days() -> tuple[WorkDay, ...]:
    """Swapped and declared days, by date."""
    return tuple(WorkDay.model_validate(row) for row in _rows("work_days.csv"))


def _rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a data file, without their empty cells."""
    text = files("schemas").joinpath(f"data/{name}").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield {name: cell for name, cell in row.items() if cell}


@cache
def _by_subject() -> dict[tuple[str, str, str], tuple[Deadline, ...]]:
    found: dict[tuple[str, str, str], tuple[Deadline, ...]] = {}
    for row in deadlines():
        at = (row.subject, row.registry_code, row.group)
        found[at] = (*found.get(at, ()), row)
    return found


def deadline_of(
    subject: str, event_on: date, *, registry_code: str = WHOLE_CHAIN, group: str = ANY_GROUP
) -> Deadline | None:  # fmt: skip
    """The deadline of a procedure, a notice or one step, in force on a day; None when the law sets none we know."""
    for row in _by_subject().get((subject, registry_code, group), ()):
        if row.valid_from <= event_on < row.valid_until:
            return row
    return None
