"""A date says what is known, in the calendar it was written in; no day is invented."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from schemas.dates import PartialDate
from schemas.lunar import calendars_of, read_lunar, solar_day, years_of

HANOI, SAIGON, QUANG_TRI, BAC_NINH = "01", "79", "45", "24"


def lunar(text: str, province_code: str | None = None) -> PartialDate:
    found = PartialDate.read_lunar(text, province_code)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("year", "province_code", "tet"),
    [
        (1968, HANOI, date(1968, 1, 29)), (1968, SAIGON, date(1968, 1, 30)),
        (1969, HANOI, date(1969, 2, 16)), (1969, SAIGON, date(1969, 2, 17)),
        (1975, HANOI, date(1975, 2, 11)), (1975, SAIGON, date(1975, 2, 11)),
        (1985, HANOI, date(1985, 1, 21)), (1985, SAIGON, date(1985, 1, 21)),
        (2000, SAIGON, date(2000, 2, 5)), (2007, HANOI, date(2007, 2, 17)), (2007, SAIGON, date(2007, 2, 17)),
        (2024, HANOI, date(2024, 2, 10)), (2030, SAIGON, date(2030, 2, 2)), (2030, None, date(2030, 2, 2)),
    ],
)  # fmt: skip
def test_tet_is_on_the_day_it_was(year: int, province_code: str | None, tet: date) -> None:
    first = lunar(f"mùng 1 tháng Giêng năm {year}", province_code)
    assert (first.earliest, first.latest) == (tet, tet)
    assert (first.year, first.month, first.day) == (tet.year, tet.month, tet.day)
    assert (first.precision, first.calendar) == ("day", "lunar")


@pytest.mark.parametrize("province_code", [None, QUANG_TRI, "44"])
def test_tet_of_1968_is_two_days_where_the_place_does_not_say_which_calendar(province_code: str | None) -> None:
    first = lunar("1/1/1968", province_code)
    assert (first.earliest, first.latest) == (date(1968, 1, 29), date(1968, 1, 30))
    assert (first.year, first.month, first.day, first.precision) == (1968, 1, None, "month")
    assert first.dotted() == "01.1968"


def test_north_and_south_differ_from_1968_to_1975_only() -> None:
    assert calendars_of(HANOI, 1966) == calendars_of(SAIGON, 1966) == calendars_of(None, 1976)
    assert [len(calendars_of(None, year)) for year in (1966, 1967, 1975, 1976)] == [1, 2, 2, 1]
    assert lunar("30/12/1967", SAIGON).earliest == date(1968, 1, 29)
    assert lunar("30/12/1967", HANOI).earliest is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("22/8/1943 âm lịch", date(1943, 9, 21), date(1943, 9, 21)),
        ("ngày 22 tháng 8 năm Quý Mùi (1943)", date(1943, 9, 21), date(1943, 9, 21)),
        ("15/4 nhuận/1963", date(1963, 6, 6), date(1963, 6, 6)),
        ("15/4/1963 (ÂL)", date(1963, 5, 8), date(1963, 5, 8)),
        ("tháng 4 nhuận năm 1963", date(1963, 5, 23), date(1963, 6, 20)),
        ("rằm tháng Tám năm 2024", date(2024, 9, 17), date(2024, 9, 17)),
        ("tháng Chạp năm 1943", date(1943, 12, 27), date(1944, 1, 24)),
        ("năm Ất Dậu (1945)", date(1945, 2, 13), date(1946, 2, 1)),
        ("mồng 3 tháng Giêng năm 2025 (Ất Tị)", date(2025, 1, 31), date(2025, 1, 31)),
        ("NGÀY 10 THÁNG BA NĂM 2024", date(2024, 4, 18), date(2024, 4, 18)),
    ],
)
def test_what_registers_write_is_read(text: str, first: date, last: date) -> None:
    found = lunar(text, BAC_NINH)
    assert (found.earliest, found.latest) == (first, last)
    assert found.as_written == text


def test_a_lunar_year_lies_in_two_solar_years_so_none_is_written() -> None:
    found = lunar("năm Ất Dậu (1945)")
    assert (found.year, found.precision, found.dotted(), found.compact()) == (None, "unknown", "", "")
    assert found.earliest is not None


def test_the_name_of_a_year_comes_back_after_sixty() -> None:
    assert years_of("Quý Mùi") == (1823, 1883, 1943, 2003, 2063, 2123, 2183)
    assert years_of("Giáp Tý")[2:4] == (1924, 1984)
    assert years_of("Quý Thân") == ()


def test_a_named_year_stays_open_until_the_book_settles_it() -> None:
    found = lunar("22/8 năm Quý Mùi", BAC_NINH)
    assert found.lunar is not None
    assert 1943 in found.lunar.years
    assert 1883 in found.lunar.years
    assert (found.earliest, found.latest, found.precision, found.lunar.year) == (None, None, "unknown", None)

    settled = found.settle(1943)
    assert (settled.dotted(), settled.precision) == ("21.09.1943", "day")
    assert settled.as_written == "22/8 năm Quý Mùi"
    assert settled.lunar is not None
    assert settled.lunar.settled_by == "book opened 1943, within 1 years"
    assert found.settle(1944).dotted() == "21.09.1943"


def test_a_book_that_does_not_settle_a_year_leaves_all_that_can_be() -> None:
    found = lunar("22/8 năm Quý Mùi")
    assert found.settle(1955) == found
    narrowed = found.settle(1955, within_years=110)
    assert narrowed.lunar is not None
    assert narrowed.lunar.years == (1883, 1943)
    assert narrowed.precision == "unknown"
    assert narrowed.settle(1955, within_years=60).dotted() == "21.09.1943"


def test_a_day_that_the_books_year_does_not_have_stays_open() -> None:
    found = lunar("15/4 nhuận năm Quý Mùi")
    assert found.settle(1943) == found
    assert lunar("15/4 nhuận năm Quý Mão").settle(1963).dotted() == "06.06.1963"
    assert lunar("15/3 nhuận/1963").earliest is None


@pytest.mark.parametrize(
    "text",
    ["22/8 năm Quý Thân", "hôm qua", "31/8 năm Quý Mùi", "1/13/1943", "năm 19435", "0/1/1943", "22/8/1799", "-" * 5000],
)
def test_what_is_no_lunar_date_is_kept_as_written(text: str) -> None:
    assert lunar(text) == PartialDate(as_written=text)


def test_a_name_and_a_number_that_contradict_each_other_leave_no_year() -> None:
    found = lunar("22/8 năm Quý Mùi (1944)")
    assert found.lunar is not None
    assert found.lunar.years == ()
    assert found.settle(1944).precision == "unknown"
    assert read_lunar("") is None
    assert PartialDate.read_lunar("  ") is None


LUNAR_DAYS = some.tuples(some.integers(1801, 2190), some.integers(1, 12), some.integers(1, 29))


@given(LUNAR_DAYS, some.sampled_from([HANOI, SAIGON]))
def test_a_day_lies_in_its_month_and_its_month_in_its_year(numbers: tuple[int, int, int], province_code: str) -> None:
    year, month, day = numbers
    of_day, of_month, of_year = (
        lunar(text, province_code) for text in (f"{day}/{month}/{year}", f"tháng {month}/{year}", f"năm {year}")
    )
    assert of_day.earliest is not None
    assert of_month.earliest
    assert of_month.latest
    assert of_year.earliest
    assert of_year.latest
    assert of_year.earliest <= of_month.earliest <= of_day.earliest <= of_month.latest <= of_year.latest
    assert of_day.earliest == of_month.earliest + timedelta(days=day - 1)
    assert of_month.latest - of_month.earliest in (timedelta(days=28), timedelta(days=29))


@given(some.integers(1801, 2190))
def test_the_day_before_tet_is_the_last_of_the_year(year: int) -> None:
    tet = solar_day(year + 1, 1, 1, False, None)
    assert tet is not None
    assert lunar(f"năm {year}", HANOI).latest == tet - timedelta(days=1)


@given(LUNAR_DAYS, some.booleans())
def test_a_date_survives_being_stored(numbers: tuple[int, int, int], is_named: bool) -> None:
    year, month, day = numbers
    found = lunar(f"{day}/{month} năm Quý Mùi" if is_named else f"{day}/{month}/{year}")
    assert PartialDate.model_validate_json(found.model_dump_json()) == found


def test_a_solar_date_is_stored_as_it_always_was() -> None:
    stored = {"as_written": "22.08.2026", "year": 2026, "month": 8, "day": 22}
    assert PartialDate.of(2026, 8, 22).model_dump() == stored
    assert PartialDate.of(2026, 8, 22).settle(1943).calendar == "solar"


@pytest.mark.parametrize(
    ("text", "year", "month"),
    [("00.00.1950", 1950, None), ("00.05.1950", 1950, 5), ("0.0.1950", 1950, None), ("00.1950", 1950, None)],
)
def test_zero_is_a_part_that_is_not_known(text: str, year: int, month: int | None) -> None:
    date_read = PartialDate.read_dotted(text)
    assert date_read is not None
    assert (date_read.year, date_read.month, date_read.day, date_read.as_written) == (year, month, None, text)
    compact = "".join(reversed([part.zfill(2) for part in text.split(".")]))
    assert PartialDate.read_compact(compact) == date_read.model_copy(update={"as_written": compact})


@pytest.mark.parametrize("text", ["05.00.1999", "00.00.0000", "05.13.1999", "00.00.0050", "31.00.1999"])
def test_a_day_without_its_month_is_no_date(text: str) -> None:
    date_read = PartialDate.read_dotted(text)
    assert date_read is not None
    assert (date_read.earliest, date_read.precision, date_read.compact()) == (None, "unknown", "")
