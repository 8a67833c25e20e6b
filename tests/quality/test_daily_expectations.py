"""Expectations on what registries gave in a day: books of entries, answers, and whether the registries agree."""

from datetime import date
from typing import Any

import pytest

from connectors.ledger.daily_checks import Bundle, Entered
from dags.steps.gating import (
    ANSWER_COLUMNS,
    BUNDLE_COLUMNS,
    ENTRY_COLUMNS,
    bundle_row,
    entry_rows,
    judge_books,
)
from quality.expectations import judge_rows
from quality.expectations.declared import (
    AGREEMENT,
    ANSWERS,
    BOOK,
    EXPECTED,
)
from schemas.expectation import Verdict
from schemas.registries import CivilStatusReceipt


def entered(
    dossier_id: int,
    number: str | None,
    on: date | None = date(2026, 11, 20),
    book: str | None = "01/2026",
    commune: str = "07210",
) -> Entered:
    given = CivilStatusReceipt(registered_on=on, entry_number=number, book_code=book)
    return Entered(dossier_id, "24", commune, "1.001193.000.00.00.H05", given)


def judged_books(*entries: Entered) -> dict[str, Verdict]:
    verdicts = judge_books("all/2026-11-20", entries)
    return {verdict.expectation: verdict for verdict in verdicts if not verdict.has_passed}


SOUND_BOOK = [entered(n, str(n)) for n in range(1, 31)]

BROKEN_BOOKS: dict[str, tuple[list[Entered], tuple[int, ...]]] = {
    "entry_unnumbered": ([entered(99, None)], (99,)),
    "entry_doubled": ([entered(99, "7")], (7, 99)),
    "entry_skipped": ([entered(99, "32")], (99,)),
    "entry_before_its_predecessor": ([entered(99, "31", date(2026, 11, 19))], (99,)),
    "entry_outside_year": ([entered(99, "31", date(2027, 1, 2))], (99,)),
    "book_misnamed": ([entered(99, "1", book="Quyển 1")], (99,)),
}


@pytest.mark.parametrize("code", BROKEN_BOOKS)
def test_a_book_made_to_fail_it_fails_it_under_its_own_name(code):
    more, failing = BROKEN_BOOKS[code]
    verdict = judged_books(*SOUND_BOOK, *more)[code]
    assert verdict.failing_ids == failing
    assert verdict.subject == f"07210/birth/{more[0].given.book_code}"


def test_a_sound_book_and_the_same_numbers_in_another_commune_fail_nothing():
    there = [entered(n + 100, str(n), commune="07211") for n in range(1, 31)]
    assert judged_books(*SOUND_BOOK, *there) == {}
    assert {verdict.expectation for verdict in judge_books("all/2026-11-20", SOUND_BOOK)} == {
        expected.code for expected in EXPECTED if expected.suite == BOOK
    }


def test_a_book_is_never_cut_by_a_chunk():
    rows = entry_rows([*SOUND_BOOK, entered(99, "1")])
    for chunk in (1, 2, 10):
        verdicts = judge_rows(BOOK, "all/2026-11-20", ENTRY_COLUMNS, rows, chunk=chunk, together="book")
        (doubled,) = [verdict for verdict in verdicts if verdict.expectation == "entry_doubled"]
        assert doubled.failing_ids == (1, 99)


def answer(dossier_id: int, refused: int = 0, unexplained: int | None = None, hours: float = 1.0) -> dict[str, Any]:
    return {"dossier_id": dossier_id, "is_refused": refused, "is_unexplained": unexplained, "hours": hours}


BROKEN_ANSWERS: dict[str, tuple[list[dict[str, Any]], int]] = {
    "many_refused": ([answer(n, refused=1, unexplained=0) for n in range(1, 13)], 12),
    "many_unexplained": ([answer(n, refused=1, unexplained=int(n <= 2)) for n in range(1, 12)], 2),
    "slow_answers": ([answer(n, hours=72.5) for n in range(1, 5)], 4),
}


@pytest.mark.parametrize("code", BROKEN_ANSWERS)
def test_answers_made_to_fail_it_fail_it(code):
    bad, failing = BROKEN_ANSWERS[code]
    rows = bad + [answer(n) for n in range(len(bad) + 1, 40)]
    judged = judge_rows(ANSWERS, "land/2026-11-20", ANSWER_COLUMNS, rows)
    verdicts = {verdict.expectation: verdict for verdict in judged}
    assert verdicts[code].failing_ids == tuple(range(1, failing + 1))
    assert [name for name, verdict in verdicts.items() if not verdict.has_passed] == [code]


def test_usual_answers_and_none_at_all_fail_nothing():
    for rows in ([answer(n, refused=int(n < 5), unexplained=0 if n < 5 else None) for n in range(40)], []):
        verdicts = judge_rows(ANSWERS, "land/2026-11-20", ANSWER_COLUMNS, rows)
        assert all(verdict.has_passed for verdict in verdicts)


def bundle(
    dossier_id: int,
    residence: str = "registered",
    insurance: str = "registered",
    differ: bool = False,
    procedure: str = "2.000987",
) -> Bundle:
    states = {"civil_status": "registered", "residence": residence, "health_insurance": insurance}
    return Bundle(dossier_id, procedure, states, differ)


@pytest.mark.parametrize(
    ("code", "disagreeing"),
    [
        ("birth_not_at_residence", bundle(5, residence="ready")),
        ("birth_not_at_insurance", bundle(5, insurance="accepted")),
        ("numbers_differ", bundle(5, differ=True)),
    ],
)
def test_registries_that_do_not_agree_are_noted(code, disagreeing):
    rows = [bundle_row(each) for each in (bundle(1), bundle(2, insurance="refused"), disagreeing)]
    verdicts = judge_rows(AGREEMENT, "all/2026-11-20", BUNDLE_COLUMNS, rows)
    assert [(verdict.expectation, verdict.failing_ids) for verdict in verdicts if not verdict.has_passed] == [
        (code, (5,))
    ]


def test_a_death_is_not_looked_for_as_a_birth():
    rows = [bundle_row(bundle(1, residence="ready", procedure="2.002913"))]
    verdicts = judge_rows(AGREEMENT, "all/2026-11-20", BUNDLE_COLUMNS, rows)
    assert all(verdict.has_passed for verdict in verdicts)


def test_every_expectation_on_what_registries_gave_is_broken_somewhere_in_these_tests():
    disagreeing = {"birth_not_at_residence", "birth_not_at_insurance", "numbers_differ"}
    codes = {expected.code for expected in EXPECTED if expected.suite in {BOOK, ANSWERS, AGREEMENT}}
    assert codes == {*BROKEN_BOOKS, *BROKEN_ANSWERS} | disagreeing
