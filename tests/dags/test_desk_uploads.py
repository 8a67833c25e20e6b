"""Scans handed in at the desk: received whole and answered at once, then examined in the background; a broken upload
leaves nothing."""

import os
import shutil
import socket
import time
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectors.ledger import Ledger
from connectors.ledger.pages import pages_of, scans_of
from connectors.ledger.samples import BookDecision, BookDecisionOutcome, latest_sample
from connectors.ledger.uploads import claimed_upload, uploads_of
from dags.steps.keying import decide_book, draw_sample
from dags.steps.uploads import UPLOAD_PLACE, UploadsUnreachable, examine_uploads, receive
from schemas.source import Book
from tests.support import scans
from tests.support.desk import TOKEN, USER, Browser, DeskHouse
from tests.support.served_desk import served

FACTS = {"kind": "KS", "year": "1998", "number": "01", "place": "xã Hạp Lĩnh", "province": "24", "commune": "07210"}
BOOK = Book(book_kind="KS", opened_year=1998, book_number="01", place_as_written="xã Hạp Lĩnh")
PAGES = [scans.jpeg(scans.page(number)) for number in (1, 2)]


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where files lie until they are examined."""
    monkeypatch.setenv(UPLOAD_PLACE, str(tmp_path / "uploads"))
    return tmp_path / "uploads"


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    house = DeskHouse(ledger)
    house.grant("lan", "archivist", place="24")
    house.grant("hoa", "steward", place="24")
    return house


def send(user: Browser, path: str, files: list[tuple[str, bytes]], status: int = 200, **values: str) -> str:
    parts = [("files", (name, content, "image/jpeg")) for name, content in files]
    data = {"form_token": TOKEN.format(user.user), **values}
    response = user.client.post(path, data=data, files=parts, follow_redirects=True)
    assert response.status_code == status, response.text[:2000]
    return str(response.text)


def hand_in(ledger: Ledger, *contents: bytes, replaces: int | None = None) -> int:
    files = [(f"p{number}.jpg", BytesIO(content)) for number, content in enumerate(contents, 1)]
    return receive(ledger, BOOK, files, province_code="24", commune_code="07210", actor="lan", replaces=replaces)


def test_an_upload_is_answered_before_it_is_examined_and_the_page_says_so(house: DeskHouse, place: Path) -> None:
    with house.visitor("lan") as lan:
        html = send(lan, "/books/new/files", [("p1.jpg", PAGES[0]), ("hỏng.pdf", b"%PDF-1.4 cut")], **FACTS)
        assert "Đã nhận đủ tệp" in html
        assert "2 tệp, " in html
        assert "đang chờ máy kiểm tra" in html
        assert "Chưa có trang nào" in html
        assert scans_of(house.ledger, 1) == []
        assert "đang kiểm tra tệp mới nộp" in lan.get("/books")
        assert examine_uploads(house.ledger, place) == {"uploads": 1, "scans": 1, "pages": 1, "refused": 1}
        html = lan.get("/books/1")
        assert "đang chờ máy kiểm tra" not in html
        assert "1 trang đã nhận" in html
        assert "1 tệp không dùng được: xem bên dưới" in html
        assert "hỏng.pdf" in html
        assert "đang kiểm tra tệp mới nộp" not in lan.get("/books")
    assert list(place.iterdir()) == [], "nothing lies open on the disk when it is sealed"
    assert [scan.name for scan in scans_of(house.ledger, 1)] == ["hỏng.pdf", "p1.jpg"]
    received = house.rows("SELECT actor, detail FROM events WHERE kind = 'book_files_received'")
    assert [tuple(event) for event in received] == [("lan", {"upload": 1, "files": 2})]


def test_files_are_of_nobody_else_on_the_disk_and_have_no_names_of_others_making(house: DeskHouse, place: Path) -> None:
    hand_in(house.ledger, PAGES[0])
    (folder,) = place.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    with house.visitor("lan") as lan:
        send(lan, "/books/new/files", [("../../evil.jpg", PAGES[1])], **{**FACTS, "number": "02"})
    assert sorted(path.name for path in place.rglob("*") if path.is_file()) == ["0", "0", "names.json", "names.json"]
    assert not list(place.parent.glob("**/evil*"))


def test_a_connection_that_breaks_leaves_neither_book_nor_file(house: DeskHouse, place: Path) -> None:
    with served(house) as address:
        parts = urlsplit(address)
        head = (
            f"POST {parts.path}/books/new/files HTTP/1.1\r\nHost: {parts.netloc}\r\n{USER}: lan\r\n"
            "Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: 5000000\r\n\r\n"
        )
        facts = {**FACTS, "form_token": TOKEN.format("lan")}
        fields = "".join(
            f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in facts.items()
        )
        file = '--edge\r\nContent-Disposition: form-data; name="files"; filename="p1.jpg"\r\n\r\n'
        with socket.create_connection((parts.hostname, parts.port)) as broken:
            broken.sendall((head + fields + file).encode() + PAGES[0])
            time.sleep(0.3)
    assert house.rows("SELECT FROM uploads") == []
    assert house.rows("SELECT FROM books") == []
    assert not place.exists() or list(place.iterdir()) == []


def test_a_full_disk_leaves_nothing_and_says_what_to_do(house: DeskHouse, place: Path) -> None:
    place.write_bytes(b"no folder can be made here")
    with house.visitor("lan") as lan:
        html = send(lan, "/books/new/files", [("p1.jpg", PAGES[0])], 507, **FACTS)
    assert "Máy chủ hết chỗ chứa tệp" in html
    assert house.rows("SELECT FROM books") == []


class BreaksOff(BytesIO):
    """A stream that fails after its first bytes."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError(28, "No space left on device")
        return super().read(10)


def test_a_file_that_cannot_be_written_to_its_end_leaves_no_file_and_no_row(house: DeskHouse, place: Path) -> None:
    with pytest.raises(OSError, match="No space"):
        receive(
            house.ledger,
            BOOK,
            [("p1.jpg", BytesIO(PAGES[0])), ("p2.jpg", BreaksOff(PAGES[1]))],
            province_code="24",
            commune_code=None,
            actor="lan",
        )
    assert list(place.iterdir()) == []
    assert house.rows("SELECT FROM books") == []


def test_a_body_without_a_length_is_refused_before_it_is_read(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        chunks = iter([b"--edge\r\n", b"x" * 1000])
        headers = {"Content-Type": "multipart/form-data; boundary=edge"}
        answer = lan.client.post("/books/new/files", content=chunks, headers=headers)
    assert answer.status_code == 413
    assert house.rows("SELECT FROM uploads") == []


def test_a_killed_examination_is_begun_again_and_no_page_comes_twice(house: DeskHouse, place: Path) -> None:
    hand_in(house.ledger, *PAGES)
    (folder,) = place.iterdir()
    kept = place.parent / "kept"
    shutil.copytree(folder, kept)
    examine_uploads(house.ledger, place)
    with house.ledger.engine.begin() as connection:  # as if it had been killed before it said that it was done
        connection.exec_driver_sql("UPDATE uploads SET state = 'received'")
    shutil.copytree(kept, folder)
    assert examine_uploads(house.ledger, place) == {"uploads": 1, "repeated": 2}
    assert [page.page_number for page in pages_of(house.ledger, 1)] == [1, 2]


def test_what_one_process_examines_no_other_does(house: DeskHouse, place: Path) -> None:
    hand_in(house.ledger, PAGES[0])
    with claimed_upload(house.ledger, 1) as upload:
        assert upload is not None
        assert examine_uploads(house.ledger, place) == {}
    assert examine_uploads(house.ledger, place)["pages"] == 1


def test_an_upload_that_ends_its_process_again_and_again_is_stopped_and_a_person_settles_it(
    house: DeskHouse, place: Path
) -> None:
    hand_in(house.ledger, PAGES[0])
    for _ in range(3):  # each attempt ends with its process
        with claimed_upload(house.ledger, 1):
            pass
    assert examine_uploads(house.ledger, place) == {}
    with house.visitor("lan") as lan:
        html = lan.get("/books/1")
        assert "Chương trình dừng ba lần khi mở các tệp này" in html
        assert 'action="/books/1/uploads/1/again"' in html
        assert "sẽ được kiểm tra lại" in lan.send("/books/1/uploads/1/again")
        assert examine_uploads(house.ledger, place)["pages"] == 1
        assert "tình trạng của các tệp này đã khác" in lan.send("/books/1/uploads/1/again")
    with house.visitor("hoa") as hoa:
        hoa.send("/books/1/uploads/1/drop", 403)


def test_a_damaged_upload_holds_up_no_other(house: DeskHouse, place: Path) -> None:
    hand_in(house.ledger, PAGES[0])
    (folder,) = place.iterdir()
    (folder / "names.json").write_text("damaged")
    hand_in(house.ledger, PAGES[1])
    assert examine_uploads(house.ledger, place) == {"failed": 1, "uploads": 1, "scans": 1, "pages": 1}
    examine_uploads(house.ledger, place)
    examine_uploads(house.ledger, place)
    examine_uploads(house.ledger, place)
    assert [upload.state for upload in uploads_of(house.ledger, 1)] == ["examined", "stopped"]


def test_files_that_another_machine_keeps_are_asked_for(house: DeskHouse, place: Path, tmp_path: Path) -> None:
    hand_in(house.ledger, PAGES[0])
    with pytest.raises(UploadsUnreachable, match=UPLOAD_PLACE):
        examine_uploads(house.ledger, tmp_path / "another machine")
    assert examine_uploads(house.ledger, place)["pages"] == 1


def test_what_a_killed_receiver_left_is_swept_away_after_a_day_and_not_before(house: DeskHouse, place: Path) -> None:
    hand_in(house.ledger, PAGES[0])
    (waiting,) = place.iterdir()
    old, new = place / "old", place / "new"
    for folder in (old, new):
        folder.mkdir()
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    os.utime(waiting, (two_days_ago, two_days_ago))
    with claimed_upload(house.ledger, 1):
        examine_uploads(house.ledger, place)
    assert sorted(path.name for path in place.iterdir()) == sorted([waiting.name, "new"])


def test_an_accepted_book_takes_no_files_and_one_with_files_under_way_is_not_accepted(
    house: DeskHouse, place: Path
) -> None:
    hand_in(house.ledger, PAGES[0])
    with house.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE books SET state = 'sampling'")
    draw_sample(house.ledger, 1, "kim")
    sample = latest_sample(house.ledger, 1)
    assert sample is not None
    outcome = decide_book(house.ledger, sample, "kim", BookDecision.ACCEPTED, "Đã xem đủ")
    assert outcome == BookDecisionOutcome.FILES_WAIT
    with house.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE books SET state = 'accepted'")
    with house.visitor("lan") as lan:
        assert "sổ đã nghiệm thu" in send(lan, "/books/1/files", [("p2.jpg", PAGES[1])])
    assert len(uploads_of(house.ledger, 1)) == 1
    examine_uploads(house.ledger, place)
    (upload,) = uploads_of(house.ledger, 1)
    assert (upload.state, upload.reason_code) == ("examined", "book_closed")


def test_a_better_scan_of_a_page_that_moved_meanwhile_says_so(house: DeskHouse, place: Path) -> None:
    hand_in(house.ledger, PAGES[0])
    examine_uploads(house.ledger, place)
    (page,) = pages_of(house.ledger, 1)
    hand_in(house.ledger, PAGES[1], replaces=page.page_id)
    examine_uploads(house.ledger, place)
    assert uploads_of(house.ledger, 1)[0].reason_code == "page_moved"
    assert len(pages_of(house.ledger, 1)) == 1
