"""Laws: what a source cites, from when until when it holds, and that the table has every law that is cited anywhere."""

import re
from datetime import date

import pytest

from schemas.catalogues import rows
from schemas.deadlines import OFFICE_HOURS, deadlines
from schemas.in_force import Certainty
from schemas.law import LawCitation, citations, days_of, laws
from schemas.routes import BOOK_ROUTES, FORMS, ROUTES

SHORT = re.compile(r"(?:NĐ|TT|Luật(?: \w+)*) \d+/\d{4}(?![/\d])")
"""A law by kind, number and year alone: no look-up finds it."""


@pytest.mark.parametrize(
    ("source", "numbers"),
    [
        ("Luật Hộ tịch 60/2014/QH13, Điều 14 và Điều 34", ["60/2014/QH13"]),
        ("NĐ 63/2024/NĐ-CP, sửa đổi bởi NĐ 301/2026/NĐ-CP", ["63/2024/NĐ-CP", "301/2026/NĐ-CP"]),
        ("QĐ 1351/QĐ-BHXH năm 2015; QĐ 19/2025/QĐ-TTg", ["1351/QĐ-BHXH", "19/2025/QĐ-TTg"]),
        ("QCVN 102:2016/BTTTT", ["102:2016/BTTTT"]),
        ("TCVN 6909:2001; ISO 3166-1; quyển 01/2026; từ 01/10/2025", []),
    ],
)
def test_a_law_is_cited_by_its_number(source: str, numbers: list[str]) -> None:
    assert [citation.number for citation in citations(source)] == numbers


def test_a_law_may_be_cited_for_its_form_only() -> None:
    source = "Luật Cư trú 68/2020/QH14; mẫu CT01 (TT 66/2023/TT-BCA), mục 8; Tờ khai hộ tịch (TT 04/2020/TT-BTP)"
    assert list(citations(source)) == [
        LawCitation("68/2020/QH14", is_for_form=False),
        LawCitation("66/2023/TT-BCA", is_for_form=True),
        LawCitation("04/2020/TT-BTP", is_for_form=True),
    ]


@pytest.mark.parametrize(
    ("source", "first", "last"),
    [
        ("Nguyên tắc của lienthong: mỗi hồ sơ đăng ký đúng một lần", date.min, date.max),
        ("TT 22/2025/TT-BYT, từ 01/10/2025", date(2025, 10, 1), date.max),
        ("NĐ 120/2025/NĐ-CP, phụ lục", date(2025, 7, 1), date(2027, 3, 1)),
        ("NĐ 120/2025/NĐ-CP; QĐ 19/2025/QĐ-TTg", date(2025, 7, 1), date.max),
        ("TT 59/2021/TT-BCA", date(2021, 7, 1), date(2024, 7, 1)),
        ("mẫu của TT 59/2021/TT-BCA", date(2021, 7, 1), date.max),
        ("TT 25/2025/TT-BYT, Mẫu 05; NĐ 120/2025/NĐ-CP", date(2025, 7, 1), date(2027, 3, 1)),
    ],
)
def test_a_source_holds_from_its_earliest_law_until_the_end_of_its_latest(source: str, first: date, last: date) -> None:
    assert days_of(source) == (first, last)


def test_a_source_goes_on_under_the_law_that_replaced_its_own() -> None:
    assert laws()["60/2014/QH13"].valid_until == laws()["03/2026/QH16"].valid_from == date(2027, 3, 1)
    assert days_of("Luật Hộ tịch 60/2014/QH13, Điều 14") == (date(2016, 1, 1), date.max)


def test_a_law_without_a_row_is_refused() -> None:
    with pytest.raises(KeyError, match="99/2099/QH20"):
        days_of("Luật Mới 99/2099/QH20")


def test_the_table_has_every_law_that_routes_forms_deadlines_and_code_lists_cite_and_none_is_cited_short() -> None:
    sourced = (*ROUTES, *BOOK_ROUTES, *FORMS, *deadlines(), *OFFICE_HOURS, *rows())
    for source in {row.source for row in sourced}:
        assert {citation.number for citation in citations(source)} <= laws().keys(), source
        assert not SHORT.search(source), source


def test_every_law_has_a_source_and_a_day_and_follows_the_one_that_it_replaces() -> None:
    for law in laws().values():
        assert law.source, law.law_code
        assert date.min < law.valid_from < law.valid_until, law.law_code
        assert law.replaced_by is None or laws()[law.replaced_by].valid_until > law.valid_until, law.law_code


def test_only_days_that_a_source_confirms_are_called_confirmed() -> None:
    confirmed = {law.number: law.valid_from for law in laws().values() if law.certainty is Certainty.CONFIRMED}
    assert confirmed == {
        "03/2026/QH16": date(2027, 3, 1),
        "120/2025/NĐ-CP": date(2025, 7, 1),
        "63/2024/NĐ-CP": date(2024, 6, 10),
        "301/2026/NĐ-CP": date(2026, 9, 1),
        "19/2025/QĐ-TTg": date(2025, 7, 1),
        "118/2025/NĐ-CP": date(2025, 7, 1),
        "137/2024/NĐ-CP": date(2024, 10, 23),
        "188/2025/NĐ-CP": date(2025, 8, 15),
        "22/2025/TT-BYT": date(2025, 10, 1),
        "25/2025/TT-BYT": date(2025, 7, 1),
    }
