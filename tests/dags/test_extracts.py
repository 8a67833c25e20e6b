"""The data of a certified copy: from accepted records only, with a reason, kept, logged, within the user's places."""

import json
from io import BytesIO

import pytest
from PIL import Image

from connectors.ledger import Ledger
from connectors.ledger.extracts import record_view
from dags.steps.extracting import ExtractRequest, extract_data
from tests.support.desk import DeskHouse
from tests.support.paper_books import BIRTH, MARRIAGE, PaperBook, page_image

ASKED = {"asked_for": "Nguyễn Thị Hoa", "reason": "Làm hộ chiếu", "relation": "Con", "paper_number": "024085001234"}


@pytest.fixture
def house(ledger: Ledger) -> DeskHouse:
    """A desk with an archivist of the province of the book (lan), one of another province (mai), and a keyer (hoa)."""
    house = DeskHouse(ledger)
    house.grant("lan", "archivist", place="24")
    house.grant("mai", "archivist", place="22")
    house.grant("hoa", "keyer", place="24")
    return house


@pytest.fixture
def book(ledger: Ledger) -> PaperBook:
    return PaperBook(ledger)


def path_of(record_id: int) -> str:
    return f"/records/{record_id}/extract"


# What is given out


def test_the_data_of_a_copy_is_what_the_national_software_takes(house: DeskHouse, book: PaperBook) -> None:
    record_id = book.record({**BIRTH, "ghiChu": "Cải chính năm 1990"}, book.page(17), state="entered")
    with house.visitor("lan") as lan:
        html = lan.send(path_of(record_id), **ASKED)
        assert "NGUYỄN VĂN BA" in html
        assert "Làm hộ chiếu" in html
        assert "1 · nam" in html
        assert "1 · đúng hạn" in html
        assert "lan" in html
        response = lan.client.get(f"{path_of(record_id)}/1/data.json")
    assert response.headers["Content-Disposition"] == 'attachment; filename="BS-1-1.json"'
    assert response.json() == {
        "module": "BS",
        "maHoSoLT": "BS",
        "maDonVi": "09385",
        "data": {
            "nycHoTen": {"Ho": "Nguyễn", "ChuDem": "Thị", "Ten": "Hoa"},
            "nycQuanHe": "Con",
            "nycSoGiayToTuyThan": "024085001234",
            "cbsHoTen": {"Ho": "NGUYỄN", "ChuDem": "VĂN", "Ten": "BA"},
            "cbsGioiTinh": 1,
            "cbsNgaySinh": {"ngaySinh": "05", "thangSinh": "03", "namSinh": "1962"},
            "cbsDanToc": "Kinh",
            "cbsQuocTich": "VN",
            "noiDangKyTruocDay": "09382",
            "soDangKyTruocDay": "34",
            "quyenSoDangKyTruocDay": "01/1962",
            "ngayDangKyTruocDay": "12/03/1962",
            "loaiBanSao": 0,
            "thongTinKhac": "Cải chính năm 1990",
        },
    }


def test_what_is_illegible_or_blank_is_left_out_and_what_is_partial_stays_so(book: PaperBook) -> None:
    marked = {
        "nksHoTen": {"mark": "illegible"},
        "nksNgaySinh": "1962",
        "ngayDangKy": "Quý Mão",
        "meHoTen": {"mark": "blank"},
    }
    record_id = book.record({**BIRTH, **marked})
    record = record_view(book.ledger, record_id)
    assert record is not None
    data = extract_data(record, ExtractRequest(asked_for="A", reason="x", subject="nks"))["data"]
    assert "cbsHoTen" not in data
    assert data["cbsNgaySinh"] == {"ngaySinh": "", "thangSinh": "", "namSinh": "1962"}
    assert data["ngayDangKyTruocDay"] == "Quý Mão"
    with pytest.raises(ValueError, match="has no person vo"):
        extract_data(record, ExtractRequest(asked_for="A", reason="x", subject="vo"))


def test_of_a_marriage_the_desk_says_whose_copy_it_is(house: DeskHouse, ledger: Ledger) -> None:
    record_id = PaperBook(ledger, {"book_kind": "KH"}).record(MARRIAGE)
    with house.visitor("lan") as lan:
        assert '<option value="vo">vợ</option>' in lan.get(path_of(record_id))
        lan.send(path_of(record_id), **ASKED, subject="vo")
        data = json.loads(lan.get(f"{path_of(record_id)}/1/data.json"))["data"]
        lan.send(path_of(record_id), 422, **ASKED, subject="nks")
    assert data["cbsHoTen"] == {"Ho": "VŨ", "ChuDem": "THỊ", "Ten": "LAN"}


def test_the_page_is_the_evidence_and_of_a_table_the_row_alone(house: DeskHouse, book: PaperBook) -> None:
    whole, table = book.page(1), book.page(2, copy=page_image(2000, 1400))
    alone, in_row = book.record(BIRTH, whole), book.record({**BIRTH, "so": "35"}, table, row_number=2)
    book.reading(in_row, {"nksHoTen": (10, 600, 300, 100)})
    with house.visitor("lan") as lan:
        for record_id in (alone, in_row):
            lan.send(path_of(record_id), **ASKED)
        image = lan.client.get(f"{path_of(alone)}/1/page")
        row = lan.client.get(f"{path_of(in_row)}/2/page")
    assert (image.content, image.headers["Content-Type"]) == (page_image(), "image/jpeg")
    assert Image.open(BytesIO(row.content)).size == (1400, 130)


# What is not


@pytest.mark.parametrize(
    ("state", "first"),
    [
        ("unkeyed", "nhập liệu mục này trước"),
        ("first_keyed", "chờ người thứ hai"),
        ("differs", "người đối chiếu quyết định"),
        ("agreed", "nghiệm thu mục này"),
        ("held", "xử lý lỗi kiểm tra"),
    ],
)
def test_a_record_that_is_not_accepted_gives_nothing_and_says_what_to_do(
    house: DeskHouse, book: PaperBook, state: str, first: str
) -> None:
    record_id = book.record(BIRTH, book.page(), state=state)
    book.reading(record_id, {"nksHoTen": (1, 2, 3, 4)})
    with house.visitor("lan") as lan:
        html = lan.get(path_of(record_id))
        assert first in html
        assert 'name="asked_for"' not in html
        assert ("/want" in html) == (state in ("unkeyed", "first_keyed"))
        assert ('class="button primary" href="/accepting"' in html) == (state == "agreed")
        refused = lan.send(path_of(record_id), 409, **ASKED)
    assert "NGUYỄN" not in html + refused
    assert book.rows("SELECT FROM extracts") == []


def test_a_record_that_is_returned_meanwhile_gives_nothing(house: DeskHouse, book: PaperBook) -> None:
    from dags.steps.extracting import extract

    record_id = book.record(BIRTH)
    record = record_view(book.ledger, record_id)
    assert record is not None
    book.change("UPDATE records SET state = 'unkeyed'")
    assert extract(book.ledger, "lan", record, ExtractRequest(asked_for="A", reason="x", subject="nks")) is None
    assert book.rows("SELECT FROM extracts") == book.rows("SELECT FROM events") == []


@pytest.mark.parametrize("lacking", ["asked_for", "reason"])
def test_nothing_is_given_without_a_reason_and_for_nobody(house: DeskHouse, book: PaperBook, lacking: str) -> None:
    record_id = book.record(BIRTH)
    with house.visitor("lan") as lan:
        lan.send(path_of(record_id), 422, **{**ASKED, lacking: "   "})
        lan.send(path_of(record_id), 422, **{**ASKED, lacking: ""})
    assert book.rows("SELECT FROM extracts") == []


def test_only_who_may_give_out_extracts_of_the_place_sees_one(house: DeskHouse, book: PaperBook) -> None:
    record_id, other = book.record(BIRTH), book.record({**BIRTH, "so": "35"})
    with house.visitor("lan") as lan:
        lan.send(path_of(record_id), **ASKED)
        lan.get(f"{path_of(other)}/1", 404)
    for user, status in (("mai", 404), ("hoa", 403)):
        with house.visitor(user) as visitor:
            for path in ("", "/1", "/1/data.json", "/1/page"):
                assert "NGUYỄN" not in visitor.get(path_of(record_id) + path, status)
            visitor.send(path_of(record_id), status, **ASKED)
    with house.visitor("lan") as lan:
        assert lan.get("/records/999/extract", 404).count("Không có mục này") >= 1
    assert len(book.rows("SELECT FROM extracts")) == 1


# What is kept


def test_who_asked_and_why_is_kept_sealed_and_every_look_is_logged(house: DeskHouse, book: PaperBook) -> None:
    record_id = book.record(BIRTH, book.page())
    with house.visitor("lan") as lan:
        lan.send(path_of(record_id), **ASKED)
        lan.get(f"{path_of(record_id)}/1/data.json")
    ((asked_by, sealed),) = book.rows("SELECT asked_by, sealed FROM extracts")
    kept = json.loads(book.key.unseal(bytes(sealed), f"extract/{record_id}"))
    assert (asked_by, kept["asked_for"], kept["reason"]) == ("lan", "Nguyễn Thị Hoa", "Làm hộ chiếu")
    assert kept["data"]["data"]["soDangKyTruocDay"] == "34"
    events = book.rows("SELECT kind, actor, subject_kind, subject_id, detail FROM events")
    assert events == [("record_extracted", "lan", "record", record_id, {"extract_id": 1})]
    looks = book.rows("SELECT actor, what, subject_kind, subject_id, detail FROM accesses WHERE was_allowed")
    assert looks == [("lan", "extract", "record", record_id, "1")] * 2
    assert b"Hoa" not in bytes(sealed)


def test_both_languages_and_a_printed_page(house: DeskHouse, book: PaperBook) -> None:
    record_id = book.record({**BIRTH, "nksHoTen": {"mark": "illegible"}})
    with house.visitor("lan", "en") as lan:
        assert "Look at the book itself" in lan.get(path_of(record_id))
        html = lan.send(path_of(record_id), **ASKED)
    assert "illegible" in html
    assert "This record has no image" in html
