"""Held rows of a keyed file at the desk: by cause, with what was read, and corrected rows come in exactly once."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from connectors.ledger import Ledger
from dags.steps.held_rows import load_described
from dags.steps.loading import LoadPlan
from dags.steps.uploads import UPLOAD_PLACE, examine_uploads
from tests.support.desk import TOKEN, Browser, DeskHouse
from tests.support.keyed_files import births, table_of, write_xlsx

KEEPER = "09322"


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where files lie until they are loaded."""
    monkeypatch.setenv(UPLOAD_PLACE, str(tmp_path / "uploads"))
    return tmp_path / "uploads"


@pytest.fixture
def house(ledger: Ledger, tmp_path: Path) -> DeskHouse:
    """Three births were loaded; a day of the second became a number, the third names no book."""
    house = DeskHouse(ledger)
    house.grant("lan", "archivist", place="24")
    house.grant("hue", "archivist", place="46")
    house.grant("hoa", "steward", place="24")
    rows = births(3)
    rows[1]["nksNgaySinh"], rows[2]["quyenSo"] = "30550", "không rõ"
    path = write_xlsx(tmp_path / "Nguyễn Văn A.xlsx", table_of(rows))
    report = load_described(ledger, LoadPlan(path, "24", KEEPER), "tester")
    assert (report.load_id, report.counts["loaded"], report.counts["held"]) == (1, 1, 2)
    return house


def hand_in(user: Browser, content: bytes, status: int = 200) -> str:
    response = user.client.post(
        "/loads/1/fixed",
        data={"form_token": TOKEN.format(user.user)},
        files=[("file", ("held-1.xlsx", content, "application/octet-stream"))],
        follow_redirects=True,
    )
    assert response.status_code == status, response.text[:2000]
    return str(response.text)


def corrected(content: bytes, **by_line: dict[str, str]) -> bytes:
    """The workbook after a person has corrected these columns, by the number of the row (`row_3`)."""
    book = openpyxl.load_workbook(BytesIO(content))
    sheet = book.active
    header = [cell.value for cell in sheet[2]]
    for cells in list(sheet.iter_rows(min_row=3)):
        changes = by_line.get(f"row_{cells[0].value}", {})
        for name, text in changes.items():
            cells[header.index(name)].value = text
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def numbers(house: DeskHouse) -> list[str]:
    return [row.entry_number for row in house.rows("SELECT entry_number FROM records ORDER BY record_id")]


def test_held_rows_are_listed_by_cause_with_row_column_and_what_was_read(house: DeskHouse) -> None:
    with house.visitor("lan") as lan:
        listed = lan.get("/loads")
        assert "Nguyễn Văn A.xlsx" in listed
        html = lan.get("/loads/1")
        assert "Ngày bị ghi thành số; nhập lại dạng 22.08.1983." in html
        assert "Không rõ dòng thuộc sổ nào" in html
        assert "Dòng 3" in html
        assert "nksNgaySinh" in html
        assert "30550" in html
        faulty = html[html.index("Dòng 3") : html.index("<details")]
        assert "chaNgaySinh" not in faulty, "a month and a year are a date"
        only = lan.get("/loads/1?reason=book_not_named")
        rows = only[only.index('id="rows"') :]
        assert "Dòng 4" in rows
        assert "Dòng 3" not in rows
    seen = house.rows("SELECT actor, what, subject_kind, subject_id FROM accesses WHERE what = 'load'")
    assert [tuple(look) for look in seen] == [("lan", "load", "load", 1)]


def test_who_does_not_digitise_there_sees_no_row_and_corrects_none(house: DeskHouse) -> None:
    for user, status in (("hue", 404), ("hoa", 403)):
        with house.visitor(user) as visitor:
            assert "30550" not in visitor.get("/loads/1", status)
            visitor.get("/loads/1/held.xlsx", status)
            hand_in(visitor, b"PK", status)
    with house.visitor("hue") as hue:
        assert "Nguyễn Văn A" not in hue.get("/loads")
    assert house.rows("SELECT FROM uploads") == []


def test_a_corrected_row_comes_in_once_and_is_listed_no_more(house: DeskHouse, place: Path) -> None:
    with house.visitor("lan") as lan:
        workbook = lan.client.get("/loads/1/held.xlsx").content
        fixed = corrected(workbook, row_3={"nksNgaySinh": "22.08.1983"}, row_4={"quyenSo": "01/1983"})
        assert "Đã nhận tệp đã sửa" in hand_in(lan, fixed)
        assert "đang chờ máy kiểm tra" in lan.get("/loads/1")
        assert examine_uploads(house.ledger, place) == {"uploads": 1, "loaded": 2}
        html = lan.get("/loads/1")
        assert "2 dòng đã vào" in html
        assert "Không còn dòng nào phải sửa" in html
        assert len(numbers(house)) == 3
        hand_in(lan, fixed)
        examine_uploads(house.ledger, place)
        again = corrected(fixed, row_3={"nksNgaySinh": " 22.08.1983"})  # another file, the same rows
        hand_in(lan, again)
        examine_uploads(house.ledger, place)
    assert len(numbers(house)) == 3
    fixed_rows = house.rows("SELECT line_number, fixed_in_load_id FROM held_rows WHERE load_id = 1 ORDER BY 1")
    assert [tuple(row) for row in fixed_rows] == [(3, 2), (4, 2)]


def test_a_row_that_is_still_at_fault_is_held_in_the_new_file_and_a_deleted_one_stays_in_the_first(
    house: DeskHouse, place: Path
) -> None:
    with house.visitor("lan") as lan:
        book = openpyxl.load_workbook(BytesIO(lan.client.get("/loads/1/held.xlsx").content))
        book.active.delete_rows(4)  # the row that names no book
        written = BytesIO()
        book.save(written)
        hand_in(lan, corrected(written.getvalue(), row_3={"nksNgaySinh": "#N/A"}))
        assert examine_uploads(house.ledger, place) == {"uploads": 1, "held": 1}
        html = lan.get("/loads/1")
        assert "1 dòng vẫn sai" in html
        assert "Dòng 4" in html
        assert "Dòng 3" not in html
        assert "Ô báo lỗi công thức" in lan.get("/loads/2")
    assert len(numbers(house)) == 1


def test_a_file_that_is_no_workbook_of_held_rows_says_what_to_do(house: DeskHouse, place: Path, tmp_path: Path) -> None:
    with house.visitor("lan") as lan:
        hand_in(lan, write_xlsx(tmp_path / "other.xlsx", [["tên", "tuổi"], ["A", "3"]]).read_bytes())
        examine_uploads(house.ledger, place)
        html = lan.get("/loads/1")
    assert "Không thấy dòng tên cột" in html or "Tệp không có cột stt" in html
    assert len(numbers(house)) == 1


def test_names_of_files_and_values_stand_in_no_event_and_no_access_line(house: DeskHouse, place: Path) -> None:
    with house.visitor("lan") as lan:
        fixed = corrected(lan.client.get("/loads/1/held.xlsx").content, row_3={"nksNgaySinh": "22.08.1983"})
        hand_in(lan, fixed)
        examine_uploads(house.ledger, place)
    written = str(house.rows("SELECT kind, detail FROM events")) + str(house.rows("SELECT what, detail FROM accesses"))
    for secret in ("Nguyễn", "1983", "30550"):
        assert secret not in written
    assert b"30550" not in b"".join(row.sealed for row in house.rows("SELECT sealed FROM held_rows"))
