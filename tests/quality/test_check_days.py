"""The days of checks: a check judges the events of the days on which the laws hold that it cites."""

from datetime import date

import pytest

from quality.examination import CATALOGUE
from schemas.law import citations, laws

ALWAYS, ENDLESS = date.min, date.max
A_DAY_OF_1962 = date(1962, 5, 19)


@pytest.mark.parametrize(
    ("check_code", "first", "last"),
    [
        ("death_before_birth", ALWAYS, ENDLESS),
        ("impossible_date", ALWAYS, ENDLESS),
        ("legacy_encoding", ALWAYS, ENDLESS),
        ("placeholder_name", ALWAYS, ENDLESS),
        ("look_alike_letters", ALWAYS, ENDLESS),
        ("curved_apostrophe", ALWAYS, ENDLESS),
        ("mother_too_young", ALWAYS, ENDLESS),
        ("procedure_has_no_route", ALWAYS, ENDLESS),
        ("child_sex_missing", date(2016, 1, 1), ENDLESS),
        ("late_not_marked", date(2016, 1, 1), date(2027, 3, 1)),
        ("late_death", date(2016, 1, 1), date(2027, 3, 1)),
        ("wrong_personal_id_length", date(2016, 1, 1), ENDLESS),
        ("odd_personal_id_structure", date(2021, 7, 1), ENDLESS),
        ("ended_id_paper", date(2024, 7, 1), ENDLESS),
        ("spouse_too_young", date(2015, 1, 1), ENDLESS),
        ("family_name_of_neither_parent", date(2017, 1, 1), ENDLESS),
        ("clinic_missing", date(2024, 6, 10), ENDLESS),
        ("birth_notice_malformed", date(2025, 10, 1), ENDLESS),
        ("notice_of_another_year", date(2025, 10, 1), ENDLESS),
        ("head_number_missing", date(2021, 7, 1), ENDLESS),
        ("retired_commune_code", date(2004, 7, 8), ENDLESS),
        ("retired_province_code", date(2025, 7, 1), ENDLESS),
        ("too_old_for_card", date(2018, 12, 1), ENDLESS),
        ("disputed_parcel", date(2014, 7, 1), ENDLESS),
        ("serial_newer_than_certificate", date(2024, 8, 1), ENDLESS),
    ],
)
def test_a_check_holds_while_its_laws_do(check_code: str, first: date, last: date) -> None:
    check = CATALOGUE[check_code]
    assert (check.valid_from, check.valid_until) == (first, last)


def test_the_table_has_every_law_that_a_check_cites() -> None:
    for check in CATALOGUE.values():
        assert {citation.number for citation in citations(check.source)} <= laws().keys(), check.code


def test_an_event_of_1962_is_judged_by_no_check_that_cites_a_law_of_2014_or_later() -> None:
    for check in CATALOGUE.values():
        years = {laws()[citation.number].valid_from.year for citation in citations(check.source)}
        assert not check.holds_on(A_DAY_OF_1962) or not years or max(years) < 2014, check.code
    assert sum(check.holds_on(A_DAY_OF_1962) for check in CATALOGUE.values()) > 50


def test_a_check_holds_on_some_day() -> None:
    assert all(check.valid_from < check.valid_until for check in CATALOGUE.values())
