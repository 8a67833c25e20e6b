"""Dossiers and where they come from: a portal hands one over, a paper book holds one."""

from datetime import date, datetime
from typing import Any

import pytest

from quality.examination import CATALOGUE, examine
from schemas.dates import VIETNAM, PartialDate
from schemas.dossier import Dossier
from schemas.law import citations, laws
from schemas.operation import Operation
from schemas.routes import BOOK_ROUTES, route_of
from schemas.source import Book, Portal
from tests.support.dossiers import BIRTH, DEATH, LAND, MARRIAGE, RESIDENCE, SOUND, changed

BOOK = Book(book_kind="KS", opened_year=1962, book_number="01", place_as_written="xã Hạp Lĩnh, huyện Tiên Du")
DIGESTS = {
    "birth": "857473f6ac38101f397486273d98ae4a4b0bb1af3fc4573d8bfe379a545335d3",
    "death": "1e8ccc3e5fb4bd74161c7bfe3b5129299d2a928558a4979e01c62ac3959c9e7b",
    "marriage": "6ed06160ff20ebb60d0c38a7b8b3e963c76fd59561031ac545666169d75c6e64",
    "residence": "bf9e2f429833a78924f9da3c323efd71c2d5a98efe6eb6d23241566a08174320",
    "land": "11becd4b9223d85db7713b102f4e9d84b03e0835113402d5828f5b9fbd915e0c",
}
"""Of the sound dossiers, as the code computed them before a dossier could have a book."""


def of_book(like: Dossier = BIRTH, book: Book = BOOK, **changes: Any) -> Dossier:
    """The record of a book, keyed on the day on which `like` was received."""
    record = like.model_copy(update={"book": book, "procedure_code": book.book_kind, **changes})
    return Dossier.model_validate(record.model_dump())


def born(as_written: PartialDate | None) -> Dossier:
    return of_book(changed(BIRTH, "case.child.born_on", as_written))


@pytest.mark.parametrize("kind", SOUND)
def test_a_portals_dossier_has_the_content_that_it_had_before_there_were_books(kind: str) -> None:
    assert SOUND[kind].content_sha256().hex() == DIGESTS[kind]


def test_the_book_is_content() -> None:
    assert of_book().content_sha256() != BIRTH.content_sha256()
    assert of_book().content_sha256() != of_book(book=changed(BOOK, "book_number", "02")).content_sha256()


def test_a_dossier_says_where_it_comes_from() -> None:
    assert BIRTH.source == Portal(province_code=BIRTH.portal_code)
    assert of_book().source == BOOK


def test_the_rules_of_the_day_of_receipt_apply_to_a_portals_dossier() -> None:
    late = changed(BIRTH, "received_at", datetime.fromisoformat("2026-08-31T17:00:00+00:00"))
    assert late.event_on == date(2026, 9, 1)
    assert [dossier.event_on for dossier in (BIRTH, DEATH, MARRIAGE, RESIDENCE, LAND)] == [date(2026, 11, 20)] * 5


@pytest.mark.parametrize(
    ("born_on", "event_on"),
    [
        (PartialDate.of(1962, 5, 19), date(1962, 5, 19)),
        (PartialDate.of(1961, 12), date(1961, 12, 1)),
        (PartialDate.of(1961), date(1961, 1, 1)),
        (PartialDate(as_written="không rõ"), date(1962, 1, 1)),
        (None, date(1962, 1, 1)),
    ],
)
def test_the_rules_of_the_day_of_the_event_apply_to_the_record_of_a_book(
    born_on: PartialDate | None, event_on: date
) -> None:
    assert born(born_on).event_on == event_on


def test_a_marriage_of_a_book_is_of_the_books_year() -> None:
    book = Book(book_kind="KH", opened_year=1975, book_number="02")
    assert of_book(MARRIAGE, book).event_on == date(1975, 1, 1)


@pytest.mark.parametrize(("book_kind", "case_kind"), [("KS", "birth"), ("KT", "death"), ("KH", "marriage")])
def test_the_record_of_a_book_is_entered_at_the_civil_status_registry_as_history(
    book_kind: str, case_kind: str
) -> None:
    route = route_of(book_kind, date(1962, 5, 19))
    assert route is not None
    assert route.case_kind == case_kind
    assert [(step.registry_code, step.operation) for step in route.steps] == [("civil_status", Operation.HISTORICAL)]
    assert route is route_of(book_kind, date.min) is route_of(book_kind, date(2026, 11, 20))


def test_a_portals_dossier_is_registered() -> None:
    route = route_of("2.000987", date(2026, 11, 20))
    assert route is not None
    assert {step.operation for step in route.steps} == {Operation.REGISTER}


def test_books_without_a_kind_of_case_have_no_route() -> None:
    assert route_of("CMC", date(1962, 5, 19)) is route_of("HN", date(1962, 5, 19)) is None
    assert [route.procedure_code for route in BOOK_ROUTES] == ["KS", "KT", "KH"]


def test_a_record_of_1962_is_judged_by_no_check_that_cites_a_law_of_2014_or_later() -> None:
    """A record with a fault for every check that is about persons: what holds it is older than 2014, or no law."""
    record = born(PartialDate.of(1962, 5, 19))
    for path, value in {
        "case.child.full_name": "Nguyễn Mai 1",
        "case.child.personal_id": "024 085001234",
        "case.child.sex": None,
        "case.mother.personal_id": "1",
        "case.father.personal_id": "1",
        "case.birth_place": None,
        "case.notice_code": "7",
        "case.registration_kind": "9",
        "papers": (),
        "applicant": None,
        "case.mother.born_on": PartialDate.of(1955, 1, 1),
        "case.child.nationality_code": None,
        "received_at": datetime(2026, 11, 20, 8, tzinfo=VIETNAM),
    }.items():
        record = changed(record, path, value)
    assert record.event_on == date(1962, 5, 19)
    codes = {finding.check_code for finding in examine(record)}
    assert {"mother_too_young", "unknown_registration_kind"} <= codes
    for code in codes:
        numbers = {citation.number for citation in citations(CATALOGUE[code].source)}
        assert all(laws()[number].valid_from.year < 2014 for number in numbers), code
