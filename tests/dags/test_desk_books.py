"""Paper books at the desk: who sees them, what to scan again in words, and files that come in over the desk's forms."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from connectors.ledger import Ledger
from connectors.ledger.book_progress import books_page
from connectors.ledger.pages import pages_of, scans_of
from dags.steps.uploads import UPLOAD_PLACE, examine_uploads, upload_place
from tests.support import scans
from tests.support.desk import TOKEN, Browser, DeskHouse

FACTS = {
    "kind": "KS",
    "year": "1998",
    "number": "01",
    "place": "xã Hạp Lĩnh, huyện Tiên Du",
    "province": "24",
    "commune": "07210",
}
Files = Sequence[tuple[str, bytes]]


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where files lie until they are examined."""
    monkeypatch.setenv(UPLOAD_PLACE, str(tmp_path / "uploads"))
    return tmp_path / "uploads"


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    """A desk with an archivist of the province (lan), one of another commune (xa), a steward (hoa), a keyer (van)."""
    house = DeskHouse(ledger)
    house.grant("lan", "archivist", place="24")
    house.grant("xa", "archivist", place="07228")
    house.grant("hoa", "steward", place="24")
    house.grant("van", "keyer")
    return house


def upload(user: Browser, path: str, files: Files, status: int = 200, token: str = "", **values: str) -> str:
    parts = [("files", (name, content, "application/octet-stream")) for name, content in files]
    data: Mapping[str, str] = {"form_token": token or TOKEN.format(user.user), **values}
    response = user.client.post(path, data=data, files=parts, follow_redirects=True)
    assert response.status_code == status, (response.status_code, response.text[:2000])
    if status != 200 or "Đã nhận đủ tệp" not in response.text:
        return str(response.text)
    examine_uploads(user.client.app.state.desk.ledger(), upload_place())  # type: ignore[attr-defined]  # it is a FastAPI
    return user.get(response.url.path)


def send_without_a_file(user: Browser, path: str) -> str:
    """As a browser sends a form in which no file was chosen: one part with an empty name."""
    token = f'name="form_token"\r\n\r\n{TOKEN.format(user.user)}'
    empty = 'name="files"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n'
    parts = "".join(f"--edge\r\nContent-Disposition: form-data; {part}\r\n" for part in (token, empty))
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    response = user.client.post(path, content=f"{parts}--edge--\r\n", headers=headers, follow_redirects=True)
    return str(response.text)


GOOD: Files = [("p1.jpg", scans.jpeg(scans.page(1))), ("p2.jpg", scans.jpeg(scans.page(2)))]
MIXED: Files = [
    ("p1.jpg", scans.jpeg(scans.page(1))),
    ("p2.jpg", scans.jpeg(scans.smaller(scans.page(2), 0.5))),
    ("p3.jpg", scans.jpeg(scans.blank_page())),
    ("Nguyễn Văn A.pdf", scans.truncated(scans.pdf(scans.page(4)))),
]


def test_from_upload_to_a_list_of_what_to_scan_again(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        assert "Chưa có sổ nào" in lan.get("/books")
        html = upload(lan, "/books/new/files", MIXED, **FACTS)
        assert "4 tệp, " in html
        assert "2 trang để riêng" in html or "1 trang để riêng" in html
        assert "1 tệp không dùng được: xem bên dưới" in html
        assert "Sổ khai sinh 01/1998" in html
        assert "Độ phân giải thấp: quét lại ở 200 dpi" in html
        assert "Trang trắng" in html
        assert "Tệp bị cụt hoặc hỏng" in html
        assert "Nguyễn Văn A.pdf" in html
        again = html[html.index("Cần quét lại") : html.index("Tệp không dùng được")]
        assert re.findall(r"#p(\d+)", again) == ["2"], "a blank page is none to scan again"
        assert "Số còn thiếu theo tên tệp" not in html
        more = [("p7.jpg", scans.jpeg(scans.page(7)))]
        assert "Số còn thiếu theo tên tệp: 4-6." in upload(lan, "/books/1/files", more)
        listed = lan.get("/books")
        assert "xã Hạp Lĩnh, huyện Tiên Du" in listed
        assert "đang nhận và đọc trang" in listed
    with house.visitor("lan", "en") as lan:
        english = lan.get("/books/1")
        assert "The resolution is low: scan again at 200 dpi" in english
        assert "pages come in and are read" in english
    assert ("lan", "book") in house.looks()


def test_a_book_is_seen_by_who_has_its_place_and_names_of_files_by_who_digitises_there(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        upload(lan, "/books/new/files", MIXED, **FACTS)
    with house.visitor("hoa") as hoa:
        html = hoa.get("/books/1")
        assert "Sổ khai sinh 01/1998" in html
        assert "Nguyễn Văn A" not in html
        assert "<form" not in html[html.index("<main") :]
    with house.visitor("xa") as xa:
        assert "01/1998" not in xa.get("/books")
        assert "Không có sổ này" in xa.get("/books/1", 404)
    with house.visitor("van") as van:
        van.get("/books", 403)
        van.get("/books/1", 403)
    assert house.refusals() == [
        ("xa", "book", "place_or_unknown"),
        ("van", "books", "may_not_list"),
        ("van", "book", "may_not_list"),
    ]


@pytest.mark.parametrize("user", ["xa", "hoa", "van"])
def test_who_does_not_digitise_there_brings_nothing_in_and_moves_nothing(house: DeskHouse, user: str) -> None:
    with house.visitor("lan") as lan:
        upload(lan, "/books/new/files", GOOD[:1], **FACTS)
    (page,) = pages_of(house.ledger, 1)
    with house.visitor(user) as browser:
        upload(browser, "/books/new/files", GOOD[1:], 403, **{**FACTS, "number": "02"})
        upload(browser, "/books/1/files", GOOD[1:], 404 if user == "xa" else 403)
        browser.send(f"/books/1/pages/{page.page_id}/aside", 404 if user == "xa" else 403)
    assert [found.state for found in pages_of(house.ledger, 1)] == ["received"]
    assert len(books_page(house.ledger)) == 1


def test_a_form_of_another_site_brings_nothing_in(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        upload(lan, "/books/new/files", GOOD, 403, token="guessed", **FACTS)
    assert books_page(house.ledger) == []


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "XX"}, {"year": "98"}, {"number": ""}, {"place": " "}, {"commune": "99999"}, {"province": "99"}],
)
def test_a_book_that_is_not_fully_known_is_asked_for_and_not_guessed(house: DeskHouse, wrong: dict[str, str]) -> None:
    with house.visitor("lan") as lan:
        html = upload(lan, "/books/new/files", GOOD[:1], **{**FACTS, **wrong})
    assert "thông tin về sổ chưa hợp lệ" in html
    assert books_page(house.ledger) == []


def test_the_same_files_change_nothing_and_no_file_is_said_so(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        upload(lan, "/books/new/files", GOOD, **FACTS)
        assert "2 tệp đã có trong sổ" in upload(lan, "/books/1/files", GOOD)
        assert "chưa chọn tệp nào" in send_without_a_file(lan, "/books/1/files")
    assert len(scans_of(house.ledger, 1)) == 2


def test_a_page_is_set_aside_tried_again_and_replaced(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        upload(lan, "/books/new/files", GOOD, **FACTS)
        first = pages_of(house.ledger, 1)[0].page_id
        assert "Đã để riêng" in lan.send(f"/books/1/pages/{first}/aside")
        assert "tình trạng của trang đã khác" in lan.send(f"/books/1/pages/{first}/aside")
        assert "đọc lại ở lượt tới" in lan.send(f"/books/1/pages/{first}/again")
        better = [("p1b.jpg", scans.jpeg(scans.page(3)))]
        assert "tình trạng của trang đã khác" in upload(lan, "/books/1/files", better, replaces=str(first))
        lan.send(f"/books/1/pages/{first}/aside")
        upload(lan, "/books/1/files", better, replaces=str(first))
    assert [(page.page_number, page.state) for page in pages_of(house.ledger, 1)] == [
        (1, "replaced"),
        (1, "received"),
        (2, "received"),
    ]


def test_a_page_of_another_book_is_not_moved_under_the_name_of_this_one(house: DeskHouse) -> None:
    house.grant("hai", "archivist", place="07228")
    with house.visitor("lan") as lan:
        upload(lan, "/books/new/files", GOOD[:1], **FACTS)
    with house.visitor("hai") as hai:
        upload(hai, "/books/new/files", GOOD[1:], **{**FACTS, "number": "02", "commune": "07228"})
        (page,) = pages_of(house.ledger, 1)
        assert "Sổ khai sinh 02/1998" in hai.get("/books/2")
        hai.send(f"/books/2/pages/{page.page_id}/aside", 404)
    assert pages_of(house.ledger, 1)[0].state == "received"


def test_an_upload_may_be_longer_than_a_form_and_not_longer_than_its_limit(
    house: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dags.desk.auth.MOST_UPLOADED_BYTES", 4_000_000)
    large = [("p1.tif", scans.tiff(scans.smaller(scans.page(1), 0.5)))]
    assert 2_000_000 < len(large[0][1]) < 4_000_000
    with house.visitor("lan") as lan:
        upload(lan, "/books/new/files", large, **FACTS)
        upload(lan, "/books/1/files", [("p2.tif", scans.tiff(scans.page(2)))], 413)
        assert lan.client.post("/books/1/pages/1/aside", content=bytes(3_000_000)).status_code == 413
    assert len(scans_of(house.ledger, 1)) == 1


def test_names_of_files_stand_in_no_event_and_no_log_line(house: DeskHouse, caplog: pytest.LogCaptureFixture) -> None:
    with house.visitor("lan") as lan:
        upload(lan, "/books/new/files", MIXED, **FACTS)
    written = str(house.rows("SELECT kind, detail FROM events")) + str(house.rows("SELECT what, detail FROM accesses"))
    assert "Nguyễn" not in written
    assert "Nguyễn" not in caplog.text
