"""A searchable copy of a book: by one command, or asked for at the desk, made by a worker, fetched by archivists."""

import base64
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from sqlalchemy import URL
from typer.testing import CliRunner

from connectors.ledger import Ledger, open_ledger
from connectors.ledger.book_pdfs import BREAKS_MAKER, ask_pdf, claimed_pdf, pdf_parts, pdf_standing
from connectors.vault import Vault, VaultError
from dags.cli.app import app
from dags.steps.book_pdfs import UNDER_WAY, make_pdfs
from tests.support.desk import DeskHouse
from tests.support.paper_books import BIRTH, PaperBook

BOXES = {"so": (30, 40, 80, 40), "nksHoTen": (100, 200, 300, 40), "meHoTen": (100, 300, 300, 40)}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where copies lie until they are sealed."""
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / UNDER_WAY


@pytest.fixture
def book(ledger: Ledger) -> PaperBook:
    """An accepted record, one that only a machine read, and a page without a record; a fourth was replaced."""
    book = PaperBook(ledger, {"state": "keying"})
    accepted = book.record({**BIRTH, "meHoTen": {"text": "", "mark": "illegible"}}, book.page(1))
    book.reading(accepted, BOXES)
    unkeyed = book.record({}, book.page(2), state="unkeyed")
    book.reading(unkeyed, {"nksHoTen": (100, 200, 300, 40)}, "tesseract")
    book.page(3)
    book.page(4, state="replaced")
    return book


def texts_of(content: bytes) -> list[list[str]]:
    with pypdfium2.PdfDocument(content) as document:
        return [page.get_textpage().get_text_bounded().split() for page in document]


# What is made


def test_the_text_of_an_accepted_record_is_what_was_accepted_and_of_others_what_was_read(
    ledger: Ledger, book: PaperBook
) -> None:
    assert ask_pdf(ledger, "lan", book.book_id)
    assert make_pdfs(ledger) == {"made": 1}
    content = b"".join(pdf_parts(ledger, book.book_id))
    assert texts_of(content) == [["34", "NGUYỄN", "VĂN", "BA"], ["?"], []]
    standing = pdf_standing(ledger, book.book_id)
    assert standing is not None
    assert (standing.page_count, standing.reason_code, standing.made_at is None) == (3, None, False)
    assert make_pdfs(ledger) == {}


def test_what_a_killed_run_left_unsealed_is_gone_after_the_next(ledger: Ledger, book: PaperBook, place: Path) -> None:
    (place / "of_a_killed_run").mkdir(parents=True)
    (place / "of_a_killed_run" / "book.pdf").write_bytes(b"%PDF personal data")
    ask_pdf(ledger, "lan", book.book_id)
    assert make_pdfs(ledger) == {"made": 1}
    assert list(place.iterdir()) == []
    assert place.stat().st_mode & 0o077 == 0


def test_a_copy_lies_sealed_in_parts_that_cannot_be_exchanged(
    ledger: Ledger, book: PaperBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.ledger.book_pdfs.PART_BYTES", 10_000)
    ask_pdf(ledger, "lan", book.book_id)
    make_pdfs(ledger)
    parts = list(pdf_parts(ledger, book.book_id))
    assert {len(part) for part in parts[:-1]} == {10_000}
    with pikepdf.open(BytesIO(b"".join(parts))) as document:
        assert len(document.pages) == 3
    stored = [bytes(sealed) for (sealed,) in book.rows("SELECT sealed FROM book_pdf_parts")]
    assert len(stored) == len(parts) > 2
    assert not any(b"%PDF" in sealed or b"KS.1962.01" in sealed for sealed in stored)
    book.change(
        "UPDATE book_pdf_parts p SET sealed = o.sealed FROM book_pdf_parts o WHERE p.part_number + o.part_number = 1"
    )
    with pytest.raises(VaultError):
        list(pdf_parts(ledger, book.book_id))


def test_a_copy_that_is_waited_for_is_asked_for_once_and_a_made_one_anew(ledger: Ledger, book: PaperBook) -> None:
    assert (ask_pdf(ledger, "lan", book.book_id), ask_pdf(ledger, "mai", book.book_id)) == (True, False)
    make_pdfs(ledger)
    assert ask_pdf(ledger, "mai", book.book_id)
    assert list(pdf_parts(ledger, book.book_id)) == [], "the old one is not offered as the new one"
    assert make_pdfs(ledger) == {"made": 1}
    asked = book.rows("SELECT actor FROM events WHERE kind = 'book_pdf_asked' ORDER BY event_id")
    assert asked == [("lan",), ("mai",)]


def test_one_book_that_cannot_be_made_keeps_no_other_waiting(ledger: Ledger, book: PaperBook) -> None:
    without, broken = (PaperBook(ledger, {"book_number": number}) for number in ("02", "03"))
    broken.page(1, copy=b"no image")
    for asked in (without, broken, book):
        ask_pdf(ledger, "lan", asked.book_id)
    assert make_pdfs(ledger) == {"refused": 2, "made": 1}
    standings = [pdf_standing(ledger, asked.book_id) for asked in (without, broken, book)]
    assert [standing.reason_code for standing in standings if standing] == ["no_pages", "no_pages", None]
    assert ask_pdf(ledger, "lan", without.book_id), "it may be asked for again"


def test_a_book_that_ends_its_worker_is_tried_three_times(ledger: Ledger, book: PaperBook) -> None:
    ask_pdf(ledger, "lan", book.book_id)
    for _ in range(3):
        with suppress(KeyboardInterrupt), claimed_pdf(ledger) as claimed:
            assert claimed is not None
            raise KeyboardInterrupt  # as a worker that is ended: its transaction is rolled back
    with claimed_pdf(ledger) as claimed:
        assert claimed is None
    standing = pdf_standing(ledger, book.book_id)
    assert standing is not None
    assert (standing.reason_code, standing.is_waited_for) == (BREAKS_MAKER, False)


def test_two_workers_do_not_make_one_copy_twice(ledger: Ledger, book: PaperBook) -> None:
    ask_pdf(ledger, "lan", book.book_id)
    with claimed_pdf(ledger) as first, claimed_pdf(ledger) as second:
        assert (first is not None, second) == (True, None)


# The command


def test_a_person_writes_the_copy_with_one_command(ledger_url: URL, tmp_path: Path) -> None:
    key = bytes(range(32))
    environment = {
        "LIENTHONG_DATABASE_URL": ledger_url.render_as_string(hide_password=False),
        "LIENTHONG_MASTER_KEY": base64.b64encode(key).decode(),
    }
    with open_ledger(ledger_url, Vault(key)) as ledger:
        book = PaperBook(ledger)
        book.reading(book.record(BIRTH, book.page()), BOXES)
        words = ["backfill", "pdf", "KS.1962.01", "--out", str(tmp_path / "out/book.pdf"), "--by", "lan"]
        done = CliRunner().invoke(app, words, env=environment)
        assert done.exit_code == 0, done.output
        assert "1 pages" in done.output.replace("\n", "")
        assert texts_of((tmp_path / "out/book.pdf").read_bytes()) == [["34", *"NGUYỄN VĂN BA TRẦN THỊ TƯ".split()]]
        again = CliRunner().invoke(app, words, env=environment)
        assert (again.exit_code, "is there already" in again.output) == (1, True)
        empty = PaperBook(ledger, {"book_number": "02"})
        words[2:5] = [str(empty.book_id), "--out", str(tmp_path / "none.pdf")]
        assert "no page has an image" in CliRunner().invoke(app, words, env=environment).output
        noted = book.rows("SELECT actor, subject_id, detail FROM events WHERE kind = 'book_handed_over'")
        assert noted == [("lan", book.book_id, {"form": "searchable_pdf", "pages": 1})]


# The desk


def test_an_archivist_asks_for_the_copy_and_fetches_it_when_it_is_made(ledger: Ledger, book: PaperBook) -> None:
    house = DeskHouse(ledger)
    house.grant("lan", "archivist", place="24")
    path = f"/books/{book.book_id}"
    with house.visitor("lan") as lan:
        assert "Làm bản PDF" in lan.get(path)
        assert lan.client.get(f"{path}/pdf").status_code == 404
        assert "Đã ghi yêu cầu" in lan.send(f"{path}/pdf")
        assert "Máy đang làm" in lan.get(path)
        assert "đang được làm" in lan.send(f"{path}/pdf")
        make_pdfs(ledger)
        assert "Tải bản PDF (3 trang)" in lan.get(path)
        answer = lan.client.get(f"{path}/pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == f'attachment; filename="KS.1962.{book.book_id}.pdf"'
    assert texts_of(answer.content)[0] == ["34", "NGUYỄN", "VĂN", "BA"]
    looks = book.rows(
        "SELECT actor, what, subject_kind, subject_id FROM accesses WHERE what = 'book_pdf' AND was_allowed"
    )
    assert looks == [("lan", "book_pdf", "book", book.book_id)]


def test_who_is_no_archivist_of_the_place_neither_asks_nor_fetches(ledger: Ledger, book: PaperBook) -> None:
    house = DeskHouse(ledger)
    for user, role, place in (("xa", "archivist", "07228"), ("hoa", "steward", "24"), ("van", "keyer", "24")):
        house.grant(user, role, place=place)
    ask_pdf(ledger, "lan", book.book_id)
    make_pdfs(ledger)
    path = f"/books/{book.book_id}"
    for user, status in (("xa", 404), ("hoa", 403), ("van", 403)):
        with house.visitor(user) as visitor:
            assert visitor.client.get(f"{path}/pdf").status_code == status
            visitor.send(f"{path}/pdf", status)
    with house.visitor("hoa") as hoa:
        assert "PDF" not in hoa.get(path)
    assert book.rows("SELECT asked_by FROM book_pdfs") == [("lan",)]
