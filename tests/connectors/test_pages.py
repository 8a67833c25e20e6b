"""Scans and pages in the ledger: kept whole or not at all, read by one worker at a time, and nothing is lost in
silence."""

from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.book_progress import books_page, books_within, finish_reading
from connectors.ledger.books import ensure_book
from connectors.ledger.page_readings import RecordRead, claimed_page, keep_readings, readings_of_book
from connectors.ledger.pages import (
    BookClosed,
    NewPage,
    NewScan,
    keep_scan,
    known_scans,
    pages_of,
    scans_of,
    set_aside,
    set_aside_by,
    try_again,
)
from connectors.vault import DataKey, VaultError
from schemas.keying import MachineValue, Reading
from schemas.roles import May, Reach, Role
from schemas.source import Book
from tests.support.paper_pages import access_copy_of

BOOK = Book(book_kind="KS", opened_year=1998, book_number="01", place_as_written="xã Hạp Lĩnh, huyện Tiên Du")


@pytest.fixture
def book(ledger: Ledger) -> tuple[int, DataKey]:
    with ledger.engine.begin() as connection:
        return ensure_book(connection, ledger, BOOK, "24", "09430")


def scan(name: str = "p1.jpg", pages: int = 1, reason: str | None = None, **page: Any) -> NewScan:
    content = f"bytes of {name}".encode()
    new = tuple(NewPage(number, b"copy", 0.5, **page) for number in range(pages))
    return NewScan(name, "image/jpeg", len(content), sha256(content).digest(), content, reason, new)


def rows(ledger: Ledger, question: str) -> list[Any]:
    with ledger.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(question))]


def events(ledger: Ledger) -> list[tuple[str, str]]:
    return rows(ledger, "SELECT subject_kind, kind FROM events ORDER BY event_id")


def reading(name: str, code: str = "seen 1") -> dict[str, Reading]:
    value = MachineValue(text=name, confidence=0.9, box_px=(1, 2, 30, 4))
    return {code: Reading(recogniser_code=code, values={"nksHoTen": value})}


def read_next(ledger: Ledger, *names: str, with_machine: bool = True) -> bool:
    """Reads the next page: a record for each name."""
    with claimed_page(ledger, None, with_machine=with_machine) as page:
        if page is None:
            return False
        records = [RecordRead(row, reading(name) if with_machine else {}) for row, name in enumerate(names, 1)]
        keep_readings(page, "ks", {"residual_mm": 0.3}, records)
        return True


def names_read(ledger: Ledger, book_id: int) -> list[str]:
    return [found.values["nksHoTen"].text for _, _, found in readings_of_book(ledger, book_id)]


# Books


def test_a_book_is_made_once_and_keeps_its_key(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    with ledger.engine.begin() as connection:
        again, key = ensure_book(connection, ledger, BOOK, "24", None)
        other, _ = ensure_book(connection, ledger, BOOK.model_copy(update={"book_number": "02"}), "24", None)
    assert again == book[0]
    assert other != book[0]
    assert key.unseal(book[1].seal(b"x", "page"), "page") == b"x"
    assert rows(ledger, "SELECT commune_code FROM books ORDER BY book_id") == [("09430",), (None,)]


def test_a_book_is_seen_by_who_has_its_province_or_its_commune(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    def seen(place: str, role: Role = Role.ARCHIVIST) -> int:
        reach = books_within(Reach("lan", frozenset({(role, place)})), May.DIGITISE)
        return len(books_page(ledger, reach))

    assert [seen(place) for place in ("", "24", "09430", "25", "09431")] == [1, 1, 1, 0, 0]
    assert seen("", Role.KEYER) == 0


# Scans


def test_a_scan_is_sealed_with_its_name_and_its_pages_follow_the_last(
    ledger: Ledger, book: tuple[int, DataKey]
) -> None:
    assert keep_scan(ledger, *book, scan("Nguyễn Văn A.pdf", 2))
    assert keep_scan(ledger, *book, scan("p3.jpg"))
    assert [(page.page_number, page.scan_page, page.state) for page in pages_of(ledger, book[0])] == [
        (1, 0, "received"),
        (2, 1, "received"),
        (3, 0, "received"),
    ]
    assert [found.name for found in scans_of(ledger, book[0])] == ["Nguyễn Văn A.pdf", "p3.jpg"]
    sealed = rows(ledger, "SELECT name_sealed, sealed FROM scans")
    assert not any("Nguyễn".encode() in bytes(column) for row in sealed for column in row)
    assert access_copy_of(ledger, pages_of(ledger, book[0])[0].page_id) == b"copy"
    assert events(ledger) == [("book", "book_pages_came")] * 2


def test_a_scan_that_the_book_has_changes_nothing(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    assert keep_scan(ledger, *book, scan())
    assert not keep_scan(ledger, *book, scan())
    assert len(pages_of(ledger, book[0])) == 1
    assert known_scans(ledger, book[0]) == {scan().sha256}
    assert len(events(ledger)) == 1


def test_a_refused_scan_is_kept_with_its_reason_and_no_page(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    assert keep_scan(ledger, *book, scan("x.pdf", 0, "damaged"))
    (found,) = scans_of(ledger, book[0])
    assert (found.reason_code, found.pages) == ("damaged", 0)
    assert events(ledger) == []


def test_a_scan_of_another_book_cannot_be_put_in_the_place_of_one(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    with ledger.engine.begin() as connection:
        other = ensure_book(connection, ledger, BOOK.model_copy(update={"book_number": "02"}), "24", None)
    keep_scan(ledger, *book, scan())
    keep_scan(ledger, *other, scan("p2.jpg"))
    with ledger.engine.begin() as connection:
        connection.execute(
            text("UPDATE pages SET sealed_copy = (SELECT sealed_copy FROM pages ORDER BY page_id LIMIT 1)")
        )
    with pytest.raises(VaultError):
        [access_copy_of(ledger, page_id) for ((page_id),) in rows(ledger, "SELECT page_id FROM pages")]


def test_an_accepted_book_takes_no_more_pages(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE books SET state = 'accepted'"))
    with pytest.raises(BookClosed):
        keep_scan(ledger, *book, scan())
    assert rows(ledger, "SELECT FROM scans") == []


# Reading


def test_a_page_is_kept_with_its_records_and_readings_at_once(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    keep_scan(ledger, *book, scan())
    assert read_next(ledger, "LÊ THỊ B", "TRẦN VĂN C")
    (page,) = pages_of(ledger, book[0])
    assert (page.state, page.records, page.form_code, page.attempts) == ("read", 2, "ks", 0)
    assert page.fit == {"copy_scale": 0.5, "residual_mm": 0.3}
    assert names_read(ledger, book[0]) == ["LÊ THỊ B", "TRẦN VĂN C"]
    assert rows(ledger, "SELECT row_number, state FROM records ORDER BY row_number") == [(1, "unkeyed"), (2, "unkeyed")]
    assert events(ledger)[-1] == ("page", "page_read")
    assert not read_next(ledger, "X")


def test_what_fails_while_a_page_is_read_leaves_nothing_but_the_attempt(
    ledger: Ledger, book: tuple[int, DataKey]
) -> None:
    keep_scan(ledger, *book, scan())
    with pytest.raises(RuntimeError), claimed_page(ledger, None, with_machine=True) as page:  # noqa: PT012  # one act
        assert page is not None
        keep_readings(page, "ks", {}, [RecordRead(0, reading("LÊ THỊ B"))])
        raise RuntimeError
    assert rows(ledger, "SELECT FROM records") == []
    (after,) = pages_of(ledger, book[0])
    assert (after.state, after.attempts) == ("received", 1)


def test_a_page_whose_reader_ends_three_times_is_set_aside(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    keep_scan(ledger, *book, scan())
    keep_scan(ledger, *book, scan("p2.jpg"))
    for _ in range(6):
        with claimed_page(ledger, None, with_machine=True) as page:
            assert page is not None
    assert not read_next(ledger, "X")
    assert [(page.state, page.reason_code) for page in pages_of(ledger, book[0])] == [
        ("set_aside", "breaks_reader"),
        ("set_aside", "breaks_reader"),
    ]


def test_two_workers_share_a_book_and_never_a_page(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    keep_scan(ledger, *book, scan("so.pdf", 2))
    with (
        claimed_page(ledger, book[0], with_machine=True) as first,
        claimed_page(ledger, book[0], with_machine=True) as second,
        claimed_page(ledger, book[0], with_machine=True) as third,
    ):
        assert first is not None
        assert second is not None
        assert third is None
        assert first.page_id != second.page_id


def test_a_page_in_the_hands_of_a_slow_reader_is_not_set_aside(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    keep_scan(ledger, *book, scan())
    for _ in range(2):
        with claimed_page(ledger, None, with_machine=True):
            pass
    with claimed_page(ledger, None, with_machine=True) as third:
        assert third is not None
        assert not read_next(ledger, "X"), "another worker passes by"
        keep_readings(third, "ks", {}, [RecordRead(0, reading("LÊ THỊ B"))])
    assert pages_of(ledger, book[0])[0].state == "read"


def test_without_a_machine_pages_wait_for_two_keyers_and_are_read_when_one_comes(
    ledger: Ledger, book: tuple[int, DataKey]
) -> None:
    keep_scan(ledger, *book, scan())
    assert read_next(ledger, "", "", with_machine=False)
    assert [(page.state, page.records) for page in pages_of(ledger, book[0])] == [("fitted", 2)]
    assert not read_next(ledger, "", with_machine=False)
    assert read_next(ledger, "LÊ THỊ B", "TRẦN VĂN C")
    assert [(page.state, page.records) for page in pages_of(ledger, book[0])] == [("read", 2)]
    assert names_read(ledger, book[0]) == ["LÊ THỊ B", "TRẦN VĂN C"]


def test_a_page_that_is_read_again_replaces_no_reading_that_a_person_was_compared_with(
    ledger: Ledger, book: tuple[int, DataKey]
) -> None:
    keep_scan(ledger, *book, scan())
    read_next(ledger, "LÊ THỊ B", "TRẦN VĂN C")
    (page,) = pages_of(ledger, book[0])
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE records SET state = 'agreed' WHERE row_number = 1"))
    assert set_aside_by(ledger, page.page_id, "lan")
    assert names_read(ledger, book[0]) == [], "a page that is set aside says nothing"
    assert try_again(ledger, page.page_id, "lan")
    read_next(ledger, "LÊ THỊ BÍCH", "TRẦN VĂN CHÍN")
    assert names_read(ledger, book[0]) == ["LÊ THỊ B", "TRẦN VĂN CHÍN"]
    assert pages_of(ledger, book[0])[0].records == 2
    ((detail,),) = rows(ledger, "SELECT detail FROM events WHERE kind = 'page_read' ORDER BY event_id DESC LIMIT 1")
    assert detail == {"records": 2, "new": 0, "replaced": 1, "kept": 1, "gone": 0}


# What a person decides


def test_a_better_scan_takes_the_number_of_the_page_that_is_set_aside(
    ledger: Ledger, book: tuple[int, DataKey]
) -> None:
    keep_scan(ledger, *book, scan("so.pdf", 3))
    second = pages_of(ledger, book[0])[1]
    with pytest.raises(ValueError, match="set aside"):
        keep_scan(ledger, *book, scan("p2.jpg"), replaces=second.page_id)
    assert known_scans(ledger, book[0]) == {scan("so.pdf").sha256}, "nothing was kept"
    assert set_aside_by(ledger, second.page_id, "lan")
    assert keep_scan(ledger, *book, scan("p2.jpg", 2), replaces=second.page_id, actor="lan")
    assert [(page.page_number, page.state) for page in pages_of(ledger, book[0])] == [
        (1, "received"),
        (2, "replaced"),
        (2, "received"),
        (3, "received"),
        (4, "received"),
    ]


def test_a_page_of_another_book_is_not_replaced(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    with ledger.engine.begin() as connection:
        other = ensure_book(connection, ledger, BOOK.model_copy(update={"book_number": "02"}), "24", None)
    keep_scan(ledger, *other, scan())
    (page,) = pages_of(ledger, other[0])
    set_aside_by(ledger, page.page_id, "lan")
    with pytest.raises(ValueError, match="another book"):
        keep_scan(ledger, *book, scan("p2.jpg"), replaces=page.page_id)


def test_a_page_moves_only_as_its_moves_say(ledger: Ledger, book: tuple[int, DataKey]) -> None:
    keep_scan(ledger, *book, scan())
    (page,) = pages_of(ledger, book[0])
    assert not try_again(ledger, page.page_id, "lan")
    assert set_aside_by(ledger, page.page_id, "lan")
    with ledger.engine.begin() as connection:
        assert not set_aside(connection, page.page_id, "bent")
    assert pages_of(ledger, book[0])[0].reason_code == "not_a_page"
    assert try_again(ledger, page.page_id, "lan")
    assert [kind for _, kind in events(ledger)] == [
        "book_pages_came",
        "page_set_aside",
        "page_tried_again",
        "book_pages_came",
    ]


# Books that are read


def test_a_book_goes_on_when_every_page_is_read_or_set_aside_and_comes_back_with_new_pages(
    ledger: Ledger, book: tuple[int, DataKey]
) -> None:
    def finished() -> list[int]:
        return finish_reading(ledger, None, lambda book_id: {"gaps": []})

    assert finished() == [], "a book without pages is not read"
    keep_scan(ledger, *book, scan("p1.jpg"))
    keep_scan(ledger, *book, scan("p2.jpg", reason_code="blank"))
    assert finished() == []
    read_next(ledger, "LÊ THỊ B")
    assert finished() == [book[0]]
    assert finished() == []
    assert events(ledger)[-1] == ("book", "book_read")
    keep_scan(ledger, *book, scan("p3.jpg"))
    (progress,) = books_page(ledger)
    assert (progress.state, progress.pages, progress.read, progress.set_aside, progress.received) == (
        "intake",
        3,
        1,
        1,
        1,
    )
    assert (progress.records, progress.keyed, progress.label) == (1, 0, "KS 01/1998")
