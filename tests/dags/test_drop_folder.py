"""Drop folders: books are told apart, what is missing is asked for, and bad folders hold up no good ones."""

import json
import os
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from connectors.ledger import Ledger
from connectors.ledger.book_progress import books_page
from connectors.ledger.pages import scans_of
from connectors.paper.book_names import checked_facts
from dags.cli.app import app
from dags.steps.drop_folder import BooksUnknown, look_into, take_drop_place
from tests.support import scans

PLACE = "xã Hạp Lĩnh, huyện Tiên Du"
PAGE = scans.jpeg(scans.smaller(scans.page(1), 0.8))
OTHER = scans.jpeg(scans.smaller(scans.page(2), 0.8))


def drop(folder: Path, **files: bytes) -> Path:
    """Files by name (`p1_jpg`), copied long ago."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content)
        os.utime(path, (time.time() - 3600,) * 2)
    return folder


def test_a_book_file_completes_what_the_folder_says(tmp_path: Path) -> None:
    folder = drop(tmp_path / "KS.1998.01", p1_jpg=PAGE, book_json=json.dumps({"place": PLACE}).encode())
    (book,) = look_into(folder).books
    assert book.facts.missing == []
    assert book.facts.place == PLACE
    assert [file.name for file in book.files] == ["p1.jpg"]


def test_a_person_is_believed_before_a_book_file(tmp_path: Path) -> None:
    folder = drop(tmp_path / "quet", p1_jpg=PAGE, book_json=b'{"kind": "KS", "year": 1998, "number": "01"}')
    (book,) = look_into(folder, checked_facts({"number": "02", "place": PLACE})).books
    assert (book.facts.kind, book.facts.number) == ("KS", "02")


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(PAGE)
    folder = drop(tmp_path / f"KS.1998.01 {PLACE}", p1_jpg=PAGE)
    (folder / "p2.jpg").symlink_to(secret)
    (book,) = look_into(folder).books
    assert [file.name for file in book.files] == ["p1.jpg"]


def test_a_drop_place_is_taken_in_and_folders_of_no_known_book_hold_up_no_other(ledger: Ledger, tmp_path: Path) -> None:
    drop(tmp_path / "24/07210/quet", p1_jpg=PAGE)
    drop(tmp_path / "24/07210/hong", p1_jpg=PAGE, book_json=b"{")
    drop(tmp_path / f"24/-/KS.1998.01 {PLACE}", p1_jpg=PAGE)
    fresh = drop(tmp_path / f"24/07210/KT.1999.02 {PLACE}", p1_jpg=OTHER)
    os.utime(fresh / "p1.jpg")
    with pytest.raises(BooksUnknown, match="2 books"):
        take_drop_place(ledger, tmp_path)
    (book,) = books_page(ledger)
    assert (book.label, book.province_code, book.commune_code, book.pages) == ("KS 01/1998", "24", None, 1)
    os.utime(fresh / "p1.jpg", (time.time() - 3600,) * 2)
    with pytest.raises(BooksUnknown):
        take_drop_place(ledger, tmp_path)
    assert [book.label for book in books_page(ledger)] == ["KT 02/1999", "KS 01/1998"]


def test_a_second_run_over_a_drop_place_moves_nothing(ledger: Ledger, tmp_path: Path) -> None:
    drop(tmp_path / f"24/07210/KS.1998.01 {PLACE}", p1_jpg=PAGE)
    assert take_drop_place(ledger, tmp_path) == {"scans": 1, "pages": 1}
    assert take_drop_place(ledger, tmp_path) == {}
    assert take_drop_place(ledger, tmp_path / "nothing here") == {}


def settle(path: Path, seconds_ago: float) -> None:
    os.utime(path, (time.time() - seconds_ago,) * 2)


def test_while_photographs_of_a_book_still_come_the_settled_ones_are_taken(ledger: Ledger, tmp_path: Path) -> None:
    folder = drop(tmp_path / f"24/07210/KS.1998.01 {PLACE}", p9_jpg=PAGE, p10_jpg=OTHER)
    settle(folder / "p10.jpg", 0)
    assert take_drop_place(ledger, tmp_path) == {"scans": 1, "pages": 1}
    assert [scan.name for scan in scans_of(ledger, 1)] == ["p9.jpg"]
    settle(folder / "p10.jpg", 31)
    assert take_drop_place(ledger, tmp_path) == {"scans": 1, "pages": 1}


def test_a_book_that_is_copied_in_another_order_is_taken_as_a_whole(ledger: Ledger, tmp_path: Path) -> None:
    third = scans.jpeg(scans.smaller(scans.page(3), 0.8))
    folder = drop(tmp_path / f"24/07210/KS.1998.01 {PLACE}", p3_jpg=PAGE, p1_jpg=OTHER)
    settle(folder / "p3.jpg", 45)
    settle(folder / "p1.jpg", 40)
    drop(folder, p4_jpg=third)
    settle(folder / "p4.jpg", 5)
    assert take_drop_place(ledger, tmp_path) == {}, "p2 may still come"
    settle(folder / "p4.jpg", 31)
    assert take_drop_place(ledger, tmp_path) == {"scans": 3, "pages": 3}
    assert [scan.name for scan in scans_of(ledger, 1)] == ["p1.jpg", "p3.jpg", "p4.jpg"]


def test_a_file_that_the_book_has_is_not_read_again_and_one_that_changed_since_is(
    ledger: Ledger, tmp_path: Path
) -> None:
    folder = drop(tmp_path / f"24/07210/KS.1998.01 {PLACE}", p1_jpg=PAGE)
    take_drop_place(ledger, tmp_path)
    same_size = OTHER[: len(PAGE)].ljust(len(PAGE), b"\0")
    (folder / "p1.jpg").write_bytes(same_size)
    settle(folder / "p1.jpg", 3600)
    assert take_drop_place(ledger, tmp_path) == {}, "the disk says that nothing changed"
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE scans SET received_at = received_at - interval '2 hours'"))
    assert take_drop_place(ledger, tmp_path) == {"scans": 1, "pages": 1}


@pytest.fixture
def commands(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Commands on this ledger, as an operator's shell runs them."""
    import base64

    monkeypatch.setenv("LIENTHONG_DATABASE_URL", ledger.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LIENTHONG_MASTER_KEY", base64.b64encode(bytes(range(32))).decode())
    return CliRunner()


def test_the_command_takes_a_folder_and_asks_for_what_is_missing(
    commands: CliRunner, ledger: Ledger, tmp_path: Path
) -> None:
    folder = drop(tmp_path / "KS.1998.01", p1_jpg=PAGE, p2_pdf=scans.truncated(scans.pdf(scans.page(3))))
    asked = commands.invoke(app, ["backfill", "take", str(folder), "--province", "24"])
    assert asked.exit_code == 1
    assert "not known: place" in asked.output
    assert "--place" in asked.output
    assert books_page(ledger) == []
    taken = commands.invoke(
        app, ["backfill", "take", str(folder), "--province", "24", "--commune", "07210", "--place", PLACE]
    )
    assert taken.exit_code == 0, taken.output
    assert "1 pages" in taken.output
    assert "p2.pdf: The file is cut short or damaged" in " ".join(taken.output.split())
    assert [scan.reason_code for scan in scans_of(ledger, 1)] == [None, "damaged"]
    listed = commands.invoke(app, ["backfill", "books"])
    assert "KS 01/1998" in listed.output


def test_the_command_names_files_of_no_known_book(commands: CliRunner, ledger: Ledger, tmp_path: Path) -> None:
    folder = drop(tmp_path / "quet", IMG7_jpg=PAGE)
    (folder / f"KS.1998.01 {PLACE}.jpg").write_bytes(PAGE)
    (folder / f"KT.1999.02 {PLACE}.jpg").write_bytes(OTHER)
    taken = commands.invoke(app, ["backfill", "take", str(folder), "--province", "24"])
    assert taken.exit_code == 1
    assert "IMG7.jpg" in taken.output
    assert sorted(book.label for book in books_page(ledger)) == ["KS 01/1998", "KT 02/1999"]


@pytest.mark.parametrize("options", [["--province", "99"], ["--province", "24", "--commune", "99999"]])
def test_the_command_refuses_a_place_that_is_not_there(commands: CliRunner, tmp_path: Path, options: list[str]) -> None:
    folder = drop(tmp_path / "KS.1998.01", p1_jpg=PAGE)
    refused = commands.invoke(app, ["backfill", "take", str(folder), *options])
    assert refused.exit_code == 1
