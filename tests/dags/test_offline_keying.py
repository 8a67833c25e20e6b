"""Keying offline: a workbook goes out, comes back, and is compared like what is keyed at the desk."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from connectors.ledger import Ledger
from connectors.ledger.grants import grant
from connectors.ledger.keyings import keyed_columns, task_of
from connectors.paper.keying_workbook import WorkbookRefused
from dags.steps.keying import next_to_key
from dags.steps.offline_keying import export_workbook, import_workbook
from schemas.roles import Reach, Role
from tests.support.keyed_books import KeyedBook, open_book, truth_of

COLUMNS = keyed_columns("KS", None)


@pytest.fixture
def book(ledger: Ledger) -> KeyedBook:
    for user in ("an", "binh"):
        grant(ledger, user, "keyer", "24", "root")
    opened = open_book(ledger)
    for number in (1, 2, 3):
        opened.add(number, COLUMNS)
    return opened


def exported(ledger: Ledger, book: KeyedBook, user: str) -> Any:
    """The workbook, open in another person's tool."""
    answer = export_workbook(ledger, book.book_id, user, 100)
    assert answer is not None
    return load_workbook(BytesIO(answer[1]))


def saved(workbook: Any) -> bytes:
    written = BytesIO()
    workbook.save(written)
    return written.getvalue()


def keyed(workbook: Any, change: Mapping[tuple[int, str], Any] | None = None) -> bytes:
    """A person keys every row by its page; `change`: what they type instead, by page and column."""
    for sheet in workbook.worksheets:
        if sheet.sheet_state == "visible":
            names = [cell.value for cell in sheet[2]]
            for row in sheet.iter_rows(min_row=4):
                number = row[1].value
                for name, cell in list(zip(names, row, strict=True))[3:]:
                    cell.value = truth_of(number).get(name, "-")
                    if (number, name) in (change or {}):
                        cell.value = (change or {})[number, name]
    return saved(workbook)


def test_two_workbooks_are_compared_like_what_is_keyed_at_the_desk(ledger: Ledger, book: KeyedBook) -> None:
    first = exported(ledger, book, "an")
    assert [sheet.title for sheet in first.worksheets if sheet.sheet_state == "visible"] == ["first"]
    assert import_workbook(ledger, keyed(first)).counts == {"kept": 3}
    assert book.states() == {"first_keyed": 3}
    second = exported(ledger, book, "binh")
    assert [sheet.title for sheet in second.worksheets if sheet.sheet_state == "visible"] == ["second"]
    assert import_workbook(ledger, keyed(second, {(2, "meHoTen"): "?"})).counts == {"kept": 3}
    assert book.states() == {"agreed": 2, "differs": 1}
    assert book.values(book.records[1])["ghiChu"] == {"mark": "blank"}


def test_a_workbook_holds_nothing_that_was_read_or_keyed_and_its_keys_are_locked(
    ledger: Ledger, book: KeyedBook
) -> None:
    import_workbook(ledger, keyed(exported(ledger, book, "an")))
    sheet = exported(ledger, book, "binh")["second"]
    assert sheet.protection.sheet
    for row in sheet.iter_rows(min_row=4):
        assert [cell.value for cell in row[3:]] == [None] * len(COLUMNS)
        assert all(cell.protection.locked for cell in row[:3])
        assert not any(cell.protection.locked for cell in row[3:])
        assert {cell.number_format for cell in row[3:]} == {"@"}


def test_records_in_a_workbook_are_lent_to_nobody_at_the_desk(ledger: Ledger, book: KeyedBook) -> None:
    exported(ledger, book, "an")
    for user in ("an", "binh"):
        assert next_to_key(ledger, user, Reach(user, frozenset({(Role.KEYER, "24")}))) is None
    assert export_workbook(ledger, book.book_id, "binh", 100) is None


def test_who_may_not_key_there_gets_no_workbook(ledger: Ledger, book: KeyedBook) -> None:
    assert export_workbook(ledger, book.book_id, "nobody", 100) is None


def test_a_workbook_that_comes_twice_is_refused_and_changes_nothing(ledger: Ledger, book: KeyedBook) -> None:
    content = keyed(exported(ledger, book, "an"))
    import_workbook(ledger, content)
    with pytest.raises(WorkbookRefused, match="came_before"):
        import_workbook(ledger, content)
    assert len(book.events("record_keyed")) == 3


def swap_rows(workbook: Any) -> None:
    sheet = workbook["first"]
    sheet["A4"].value, sheet["A5"].value = sheet["A5"].value, sheet["A4"].value


def delete_row(workbook: Any) -> None:
    workbook["first"].delete_rows(5)


def swap_columns(workbook: Any) -> None:
    sheet = workbook["first"]
    sheet["D2"].value, sheet["E2"].value = sheet["E2"].value, sheet["D2"].value


def change_person(workbook: Any) -> None:
    cell = workbook["lienthong"]["A1"]
    cell.value = cell.value.replace('"an"', '"binh"')


def rename_slot(workbook: Any) -> None:
    workbook["first"].title = "second"


@pytest.mark.parametrize("change", [swap_rows, delete_row, swap_columns, change_person, rename_slot])
def test_a_workbook_that_was_changed_in_its_keys_is_refused(
    ledger: Ledger, book: KeyedBook, change: Callable[[Any], None]
) -> None:
    workbook = exported(ledger, book, "an")
    keyed(workbook)
    change(workbook)
    with pytest.raises(WorkbookRefused, match="changed_keys"):
        import_workbook(ledger, saved(workbook))
    assert book.states() == {"unkeyed": 3}


def test_what_is_no_workbook_of_ours_is_refused(ledger: Ledger, book: KeyedBook) -> None:
    workbook = exported(ledger, book, "an")
    with pytest.raises(WorkbookRefused, match="unreadable"):
        import_workbook(ledger, saved(workbook)[:2000])
    workbook["first"].merge_cells("D4:E4")
    with pytest.raises(WorkbookRefused, match="merged_cells"):
        import_workbook(ledger, saved(workbook))
    del workbook["lienthong"]
    with pytest.raises(WorkbookRefused, match="not_ours"):
        import_workbook(ledger, saved(workbook))


def test_a_bad_row_harms_itself_alone(ledger: Ledger, book: KeyedBook) -> None:
    workbook = exported(ledger, book, "an")
    content = keyed(workbook, {(1, "so"): 1.23e9, (1, "meHoTen"): "=A1", (1, "ghiChu"): None, (2, "quyenSo"): 1})
    report = import_workbook(ledger, content)
    assert report.counts == {"kept": 1, "faulty": 2}
    by_column = {column: fault for _, column, fault in report.faults}
    assert by_column == {"so": "number", "meHoTen": "formula", "ghiChu": "missing", "quyenSo": "number"}
    assert book.states() == {"unkeyed": 2, "first_keyed": 1}


def test_a_row_that_was_not_keyed_stays_lent(ledger: Ledger, book: KeyedBook) -> None:
    workbook = exported(ledger, book, "an")
    keyed(workbook)
    for cell in workbook["first"][6][3:]:
        cell.value = None
    assert import_workbook(ledger, saved(workbook)).counts == {"kept": 2, "not_keyed": 1}
    left = book.rows("SELECT keying_id FROM keyings WHERE kept_at IS NULL AND leased_until > clock_timestamp()")
    assert len(left) == 1
    task = task_of(ledger, left[0].keying_id)
    assert task is not None
    assert task.keyed_by == "an"
