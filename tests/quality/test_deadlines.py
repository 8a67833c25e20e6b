"""Deadlines: two hundred cases computed by hand, what must hold for any case, and which dossiers of a ledger are late.

`recorded/deadlines/cases.csv`: each line was computed on paper from the calendar; `why` says what makes it hard. Times
are in Vietnam's zone.
"""

import csv
import io
from datetime import date, datetime, time, timedelta, timezone
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from rich.console import Console

from dags.cli.due import Watched, late_and_at_risk, print_due
from quality.deadlines import (
    AT_RISK_SHARE,
    LegalTerm,
    Punctuality,
    WorkCalendar,
    calendar_from,
    elapsed_share,
    punctuality,
    term,
    term_of,
)
from schemas.dates import VIETNAM
from schemas.deadlines import Deadline, DeadlineUnit, deadline_of, deadlines, hours_on, work_days
from schemas.dossier import Dossier
from schemas.in_force import Certainty
from schemas.registries import CivilStatusReceipt
from schemas.routes import ROUTES, route_of
from schemas.states import DeliveryEvent
from tests.support.dossiers import BIRTH, DEATH, RESIDENCE
from tests.support.ledger_driver import ENTRY, LedgerDriver

CASES = list(
    csv.DictReader(
        (Path(__file__).parents[1] / "recorded/deadlines/cases.csv").read_text(encoding="utf-8").splitlines()
    )
)


def at(text: str) -> datetime:
    """`2026-11-20 08:15` in Vietnam."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def received(text: str, like: Dossier = BIRTH) -> Dossier:
    return like.model_copy(update={"received_at": at(text)})


def due_of(dossier: Dossier, *, with_verification: bool = False) -> datetime | None:
    route = route_of(dossier.procedure_code, dossier.event_on)
    legal_term = term_of(dossier, route, with_verification=with_verification)
    return legal_term.due_at if legal_term else None


# By hand


def test_there_are_two_hundred_different_cases() -> None:
    questions = {tuple(case[name] for name in case if name not in ("due_at", "why")) for case in CASES}
    assert len(questions) == len(CASES) >= 200


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['received_at']} {case['subject']} {case['why']}")
def test_it_is_due_when_it_was_computed_by_hand(case: dict[str, str]) -> None:
    received_at = at(case["received_at"])
    deadline = deadline_of(
        case["subject"], received_at.date(), registry_code=case["registry_code"], group=case["group"]
    )
    assert deadline is not None
    assert term(received_at, deadline, with_verification=case["verified"] == "yes").due_at == at(case["due_at"])


TET = {
    2007: "2007-02-17", 2022: "2022-02-01", 2023: "2023-01-22", 2024: "2024-02-10", 2025: "2025-01-29",
    2026: "2026-02-17", 2027: "2027-02-06", 2028: "2028-01-26", 2029: "2029-02-13", 2030: "2030-02-02",
}  # fmt: skip
"""In 2007 and 2030 Vietnam's new year is a day before China's."""
GIO_TO = {
    2022: "2022-04-10", 2023: "2023-04-29", 2024: "2024-04-18", 2025: "2025-04-07", 2026: "2026-04-26",
    2027: "2027-04-16", 2028: "2028-04-04",
}  # fmt: skip


@pytest.mark.parametrize(("year", "tet"), TET.items())
def test_nobody_works_on_tet_and_the_two_days_after(year: int, tet: str) -> None:
    calendar, first = calendar_from(year), date.fromisoformat(tet)
    assert not any(calendar.is_worked(first + timedelta(days=days)) for days in (-1, 0, 1, 2))


@pytest.mark.parametrize(("year", "day"), GIO_TO.items())
def test_nobody_works_on_gio_to_nor_on_the_day_that_makes_up_for_it(year: int, day: str) -> None:
    calendar, feast = calendar_from(year), date.fromisoformat(day)
    assert not calendar.is_worked(feast)
    instead = {5: 2, 6: 1}.get(feast.weekday(), 0)
    assert not calendar.is_worked(feast + timedelta(days=instead))


OFF_2026 = [
    "01-01", "01-02", "02-16", "02-17", "02-18", "02-19", "02-20", "04-27", "04-30", "05-01", "08-31", "09-01", "09-02",
    "11-24",
]  # fmt: skip


def test_2026_has_these_weekdays_off_and_these_saturdays_worked() -> None:
    calendar = calendar_from(2026)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [f"{day:%m-%d}" for day in days if day.weekday() < 5 and not calendar.is_worked(day)] == OFF_2026
    assert [f"{day:%m-%d}" for day in days if day.weekday() > 4 and calendar.is_worked(day)] == ["01-10", "08-22"]


def test_a_swapped_day_and_the_day_worked_for_it_name_each_other() -> None:
    by_day = {row.day: row for row in work_days()}
    for row in work_days():
        if row.instead_of:
            other = by_day[row.instead_of]
            assert other.instead_of == row.day, row.day
            assert other.is_worked is not row.is_worked, row.day
        assert row.certainty in (Certainty.CONFIRMED, Certainty.UNVERIFIED)
        assert row.source


# The rows of the law


def test_every_route_has_one_deadline_on_every_day_it_is_in_force() -> None:
    turns = {date(2028, 1, 1)} | {row.valid_from for row in ROUTES} | {row.valid_until for row in ROUTES}
    turns |= {row.valid_from for row in deadlines()} | {row.valid_until for row in deadlines()}
    days = {day for turn in turns if turn.year < 9999 for day in (turn - timedelta(days=1), turn)}
    for route, day in product(ROUTES, sorted(days)):
        if route.valid_from <= day < route.valid_until:
            in_force = [row for row in deadlines() if row.valid_from <= day < row.valid_until]
            whole = [row for row in in_force if not row.registry_code and not row.group]
            assert len([row for row in whole if route.procedure_code in row.subjects]) == 1, (route.procedure_code, day)


def test_every_step_of_a_chain_has_a_deadline_whose_sum_is_no_longer_than_the_chains() -> None:
    for route in ROUTES:
        if len(route.steps) == 1:
            continue
        on = route.valid_from
        whole = deadline_of(route.procedure_code, on)
        steps = [deadline_of(route.procedure_code, on, registry_code=step.registry_code) for step in route.steps]
        assert whole
        assert sum(step.amount for step in steps if step) <= whole.amount
        assert None not in steps


def test_rules_change_on_their_days_without_a_change_of_code() -> None:
    def amount(subject: str, on: str) -> tuple[int, str] | None:
        row = deadline_of(subject, date.fromisoformat(on))
        return (row.amount, str(row.unit)) if row else None

    assert amount("3.000722", "2026-08-31") is None
    assert amount("3.000722", "2026-09-01") == (3, "working_days")
    assert amount("2.000986", "2026-12-31") == (3, "working_days")
    assert amount("2.000986", "2027-01-01") is None
    assert amount("2.000806", "2025-06-30") == (15, "days")
    assert amount("2.000806", "2025-07-01") == amount("2.000806", "2027-02-28") == (5, "working_days")
    assert amount("2.000806", "2027-03-01") == (15, "days")
    births = [deadline_of("1.001193", date(2027, month, 1)) for month in (2, 3)]
    assert ["60/2014" in row.source for row in births if row] == [True, False]


def test_a_deadline_without_a_source_does_not_exist() -> None:
    assert all(row.source and row.valid_from < row.valid_until for row in deadlines())
    assert {row.certainty for row in deadlines()} == set(Certainty)


# A dossier


def test_a_birth_bundle_is_due_in_three_working_days_and_in_five_when_verified() -> None:
    assert due_of(BIRTH) == at("2026-11-26 17:00")
    assert due_of(BIRTH, with_verification=True) == at("2026-11-30 17:00")


def test_a_procedure_without_a_known_deadline_is_never_due() -> None:
    assert term_of(BIRTH, None) is None
    assert due_of(received("1999-12-01 09:00")) is None


def test_a_step_counts_from_when_the_step_before_it_ended() -> None:
    route = route_of(BIRTH.procedure_code, BIRTH.event_on)
    begins = at("2026-11-25 10:00")
    legal_term = term_of(BIRTH, route, registry_code="residence", from_instant=begins)
    assert legal_term is not None
    assert legal_term.due_at == at("2026-11-26 17:00")


def test_the_zone_in_which_an_instant_is_written_does_not_matter() -> None:
    moved = BIRTH.model_copy(update={"received_at": BIRTH.received_at.astimezone(timezone.utc)})
    assert due_of(moved) == due_of(BIRTH)
    late_evening_in_utc = received("2026-11-20 08:15").received_at.astimezone(timezone(timedelta(hours=-11)))
    assert due_of(BIRTH.model_copy(update={"received_at": late_evening_in_utc})) == due_of(BIRTH)


THREE_DAYS = LegalTerm(at("2026-11-09 07:30"), at("2026-11-11 17:00"))
"""22.5 working hours."""


@pytest.mark.parametrize(
    ("now", "share", "how"),
    [
        ("2026-11-08 12:00", 0.0, Punctuality.IN_TIME),
        ("2026-11-09 07:30", 0.0, Punctuality.IN_TIME),
        ("2026-11-09 12:30", 4 / 22.5, Punctuality.IN_TIME),
        ("2026-11-09 20:00", 7.5 / 22.5, Punctuality.IN_TIME),
        ("2026-11-11 09:00", 16.5 / 22.5, Punctuality.IN_TIME),
        ("2026-11-11 09:22", (16.5 + 22 / 60) / 22.5, Punctuality.IN_TIME),
        ("2026-11-11 09:23", (16.5 + 23 / 60) / 22.5, Punctuality.AT_RISK),
        ("2026-11-11 17:00", 1.0, Punctuality.AT_RISK),
        ("2026-11-11 17:01", 1.0, Punctuality.LATE),
        ("2026-11-12 11:30", 26.5 / 22.5, Punctuality.LATE),
    ],
)
def test_the_clock_runs_while_offices_work(now: str, share: float, how: Punctuality) -> None:
    assert elapsed_share(THREE_DAYS, at(now)) == pytest.approx(share)
    assert punctuality(THREE_DAYS, at(now)) is how


def test_at_risk_begins_at_the_share_that_is_asked_for() -> None:
    assert punctuality(THREE_DAYS, at("2026-11-10 12:00"), share=0.5) is Punctuality.AT_RISK
    assert punctuality(THREE_DAYS, at("2026-11-10 12:00"), share=AT_RISK_SHARE) is Punctuality.IN_TIME


# Whatever the case

INSTANTS = some.datetimes(
    datetime(2024, 6, 10),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2029, 12, 31),  # noqa: DTZ001
    timezones=some.just(VIETNAM),
)
DEADLINES = some.sampled_from(deadlines())
DAYS = some.dates(date(2024, 1, 1), date(2030, 6, 1))


@settings(max_examples=300, deadline=None)
@given(INSTANTS, DEADLINES, some.booleans())
def test_it_is_never_due_on_a_day_off_nor_outside_office_hours(
    received_at: datetime, deadline: Deadline, with_verification: bool
) -> None:
    legal_term = term(received_at, deadline, with_verification=with_verification)
    due_at = legal_term.due_at.astimezone(VIETNAM)
    assert calendar_from(due_at.year).is_worked(due_at.date())
    assert any(start < due_at.time() <= end for start, end in hours_on(due_at.date()).spans)
    assert received_at <= legal_term.due_at
    assert legal_term.started_at < legal_term.due_at
    assert received_at == legal_term.started_at or legal_term.started_at.time() == time(7, 30)


@settings(max_examples=300, deadline=None)
@given(INSTANTS, INSTANTS, DEADLINES)
def test_what_comes_later_is_not_due_earlier(one: datetime, other: datetime, deadline: Deadline) -> None:
    first, second = sorted((one, other))
    assert term(first, deadline).due_at <= term(second, deadline).due_at


@settings(max_examples=300, deadline=None)
@given(INSTANTS, DEADLINES, some.integers(0, 30))
def test_more_time_is_never_due_earlier(received_at: datetime, deadline: Deadline, more: int) -> None:
    longer = deadline.model_copy(update={"amount": deadline.amount + more})
    due_at = term(received_at, deadline).due_at
    assert due_at <= term(received_at, longer).due_at
    assert due_at <= term(received_at, deadline, with_verification=True).due_at


@settings(max_examples=60, deadline=None)
@given(INSTANTS, DEADLINES, some.sets(DAYS, max_size=20))
def test_a_holiday_more_never_makes_it_earlier(received_at: datetime, deadline: Deadline, more: set[date]) -> None:
    with_more = WorkCalendar.of_years(received_at.year, received_at.year + 1, also_off=more)
    assert term(received_at, deadline).due_at <= term(received_at, deadline, calendar=with_more).due_at


@settings(max_examples=300, deadline=None)
@given(INSTANTS, DEADLINES, INSTANTS, INSTANTS)
def test_the_share_grows_from_nothing_to_all(
    received_at: datetime, deadline: Deadline, one: datetime, other: datetime
) -> None:
    legal_term = term(received_at, deadline)
    assert elapsed_share(legal_term, legal_term.started_at) == 0
    assert elapsed_share(legal_term, legal_term.due_at) == 1
    first, second = sorted((one, other))
    assert elapsed_share(legal_term, first) <= elapsed_share(legal_term, second)
    assert punctuality(legal_term, legal_term.due_at) is Punctuality.AT_RISK
    assert punctuality(legal_term, legal_term.due_at + timedelta(microseconds=1)) is Punctuality.LATE


@settings(max_examples=300, deadline=None)
@given(INSTANTS, some.integers(1, 40))
def test_hours_are_hours_of_work(received_at: datetime, hours: int) -> None:
    calendar = calendar_from(received_at.year)
    notice = Deadline(
        subjects=("-",),
        amount=hours,
        unit=DeadlineUnit.WORKING_HOURS,
        verification_days=0,
        valid_from=date.min,
        certainty=Certainty.ASSUMED,
        source="-",
    )
    legal_term = term(received_at, notice)
    worked_us = calendar.worked_us(legal_term.due_at) - calendar.worked_us(legal_term.started_at)
    assert worked_us == hours * 3_600_000_000


# In the ledger


def watched(driver: LedgerDriver, now: str) -> list[tuple[str, str]]:
    listed = late_and_at_risk(driver.ledger, at(now))
    return [(each.dossier.dossier_code, str(each.standing)) for each in listed]


EARLY = received("2026-11-09 08:00")
"""A birth bundle, due on Thursday 12 November."""
LATER = received("2026-11-16 08:00", RESIDENCE)
"""A residence, due on Thursday 26 November: 24 November is off."""


def test_each_dossier_knows_its_due_instant_once_it_was_examined(driver: LedgerDriver) -> None:
    driver.arrive(EARLY)
    assert [tuple(row) for row in driver.rows("SELECT started_at, due_at FROM dossiers")] == [(None, None)]
    driver.examine()
    assert [tuple(row) for row in driver.rows("SELECT started_at, due_at FROM dossiers")] == [
        (at("2026-11-09 08:00"), at("2026-11-12 17:00"))
    ]


def test_late_and_at_risk_are_listed_those_due_first_in_front(driver: LedgerDriver) -> None:
    driver.take_in(EARLY, LATER)
    assert watched(driver, "2026-11-10 09:00") == []
    assert watched(driver, "2026-11-12 15:00") == [(EARLY.dossier_code, "at_risk")]
    assert watched(driver, "2026-11-25 08:30") == [(EARLY.dossier_code, "late"), (LATER.dossier_code, "at_risk")]
    assert watched(driver, "2026-11-26 17:01") == [(EARLY.dossier_code, "late"), (LATER.dossier_code, "late")]


def test_what_is_registered_everywhere_is_late_no_more(driver: LedgerDriver) -> None:
    driver.take_in(LATER)
    assert watched(driver, "2026-12-01 09:00") == [(LATER.dossier_code, "late")]
    driver.register("residence")
    assert watched(driver, "2026-12-01 09:00") == []


def test_a_chain_is_in_hand_until_its_last_registry_has_answered(driver: LedgerDriver) -> None:
    driver.take_in(EARLY)
    driver.register("civil_status", CivilStatusReceipt(**ENTRY, personal_id="024326001234"))
    (late,) = late_and_at_risk(driver.ledger, at("2026-11-13 09:00"))
    assert (late.dossier.registry_code, late.dossier.delivery_state) == ("residence", "ready")


def test_a_held_dossier_is_in_hand_and_one_that_waits_for_the_citizen_is_not(driver: LedgerDriver) -> None:
    held = EARLY.model_copy(update={"abstract": "Dinhkem"})
    asked = received("2026-11-09 08:00", DEATH).model_copy(update={"status": 5})
    driver.take_in(held, asked)
    assert watched(driver, "2026-12-31 09:00") == [(held.dossier_code, "late")]


def test_a_refused_dossier_stays_in_hand_until_its_portal_closed_it(driver: LedgerDriver) -> None:
    driver.take_in(LATER)
    driver.tell(driver.send("residence"), DeliveryEvent.REFUSED)
    assert watched(driver, "2026-12-01 09:00") == [(LATER.dossier_code, "late")]
    driver.change("UPDATE dossiers SET portal_status = 10")
    assert watched(driver, "2026-12-01 09:00") == []


def test_a_supplemented_dossier_keeps_its_due_instant(driver: LedgerDriver) -> None:
    driver.take_in(EARLY.model_copy(update={"abstract": "Dinhkem"}))
    driver.take_in(EARLY)
    ((due_at,),) = driver.rows("SELECT due_at FROM dossiers")
    assert due_at == at("2026-11-12 17:00")


def test_the_list_for_a_person_names_codes_only(driver: LedgerDriver) -> None:
    driver.take_in(EARLY, LATER)
    page = io.StringIO()
    print_due(Console(file=page, width=120), driver.ledger, at("2026-11-25 08:30"))
    assert "12/11/2026 17:00" in page.getvalue()
    assert EARLY.dossier_code in page.getvalue()
    assert page.getvalue().rstrip().endswith("1 late, 1 at risk")
    assert "NGUYỄN" not in page.getvalue()


def test_when_nobody_is_late_it_says_so(driver: LedgerDriver) -> None:
    page = io.StringIO()
    print_due(Console(file=page), driver.ledger, at("2026-11-23 16:00"))
    assert page.getvalue().strip() == "0 late, 0 at risk"


def test_a_watched_dossier_carries_its_share(driver: LedgerDriver) -> None:
    driver.take_in(EARLY)
    (listed,) = late_and_at_risk(driver.ledger, at("2026-11-12 17:00"))
    assert isinstance(listed, Watched)
    assert listed.share == 1
