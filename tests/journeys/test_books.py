"""The record of a paper book takes the same road as a portal's dossier: kept, examined, entered at civil status as
history, and reported to no portal."""

import pytest

from connectors.errors import Unrecognised
from connectors.ledger.arrivals import Arrival, save_page
from connectors.portals.provinces import BOOKS, read_original
from dags.steps.checking import check_again
from schemas.source import Book
from tests.support.dossiers import BIRTH, MARRIAGE, changed
from tests.support.ledger_driver import LedgerDriver

BOOK = Book(book_kind="KH", opened_year=2026, book_number="01", place_as_written="xã Hạp Lĩnh, huyện Tiên Du")
RECORD = MARRIAGE.model_copy(
    update={
        "portal_code": BOOKS,
        "book": BOOK,
        "procedure_code": "KH",
        "procedure_as_written": "KH",
        "papers": (),
    }
)


def test_the_record_of_a_book_is_planned_as_history_and_nothing_is_reported(driver: LedgerDriver) -> None:
    original = RECORD.model_dump_json().encode()
    assert read_original(BOOKS, original) == RECORD
    save_page(driver.ledger, BOOKS, "", [Arrival(RECORD.dossier_code, original, RECORD)], "1")
    assert check_again(driver.ledger, [(BOOKS, RECORD.dossier_code)]) == {"cleared": 1}
    planned = driver.rows("SELECT registry_code, operation, state, is_taken, provenance ->> 'source' FROM deliveries")
    assert [tuple(row) for row in planned] == [("civil_status", "historical", "ready", True, "book")]
    assert [tuple(row) for row in driver.rows("SELECT source_kind FROM dossiers")] == [("book",)]
    assert driver.rows("SELECT FROM reports") == []


@pytest.mark.parametrize(
    "original",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        MARRIAGE.model_copy(update={"portal_code": BOOKS}).model_dump_json().encode(),
        changed(RECORD, "portal_code", "24").model_dump_json().encode(),
        BIRTH.model_dump_json().encode(),
    ],
)
def test_what_is_no_record_of_a_book_is_not_read_as_one(original: bytes) -> None:
    with pytest.raises(Unrecognised, match="the record of a book"):
        read_original(BOOKS, original)
