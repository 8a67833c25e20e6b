"""Paper books for keying, written into the ledger by hand: pages with an image, records, and what machines read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.vault import DataKey

RECOGNISER = "aster-test"
WIDTH, HEIGHT = 800, 1100
SYLLABLES = """AN BÌNH CHI DUNG GIANG HÀ KHANH LAN MAI NGA OANH PHƯƠNG QUYÊN SEN THẢO UYÊN VÂN XUÂN YẾN HẠNH""".split()


def page_jpeg(shade: int = 220) -> bytes:
    """A small page of one shade."""
    written = BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), (shade, shade, shade)).save(written, "JPEG")
    return written.getvalue()


def truth_of(number: int) -> dict[str, str]:
    """What stands in the record of this number; every other column is blank."""
    first, second, third = (SYLLABLES[number // step % 20] for step in (1, 20, 400))
    return {
        "so": f"{number:03d}",
        "quyenSo": "01/1962",
        "ngayDangKy": f"{number % 28 + 1:02d}/03/1962",
        "nksHoTen": f"Nguyễn {third} {second} {first}",
        "nksNgaySinh": f"{number % 28 + 1:02d}/02/1962",
        "meHoTen": f"Trần Thị {second} {first}",
        "chaHoTen": f"Nguyễn Văn {first}",
    }


@dataclass
class KeyedBook:
    """A book in the ledger. `records`: their numbers by the number of the entry."""

    ledger: Ledger
    book_id: int
    key: DataKey
    form_code: str | None = None
    records: dict[int, int] = field(default_factory=dict)
    pages: dict[int, int] = field(default_factory=dict)

    def execute(self, statement: str, **values: Any) -> Any:
        with self.ledger.engine.begin() as connection:
            done = connection.execute(text(statement), values)
            return done.scalar() if done.returns_rows else None

    def rows(self, question: str, **values: Any) -> list[Any]:
        with self.ledger.engine.connect() as connection:
            return list(connection.execute(text(question), {"book": self.book_id, **values}))

    def add(self, number: int, columns: Sequence[str], readings: Mapping[str, Mapping[str, str]] | None = None) -> int:
        """A page with one record on it, and what each recogniser read of it, by column."""
        scan_id = self.execute(
            "INSERT INTO scans (book_id, sha256, media_type, size, name_sealed, sealed)"
            " VALUES (:book, :sha, 'image/jpeg', 1, :name, '') RETURNING scan_id",
            book=self.book_id,
            sha=number.to_bytes(8, "big"),
            name=self.key.seal(f"trang {number}.jpg".encode(), "scan name"),
        )
        page_id = self.execute(
            "INSERT INTO pages (book_id, scan_id, scan_page, page_number, state, form_code, sealed_copy)"
            " VALUES (:book, :scan, 0, :number, 'read', :form, :copy) RETURNING page_id",
            book=self.book_id,
            scan=scan_id,
            number=number,
            form=self.form_code,
            copy=self.key.seal(page_jpeg(), "page"),
        )
        record_id = int(
            self.execute(
                "INSERT INTO records (book_id, page_id, state) VALUES (:book, :page, 'unkeyed') RETURNING record_id",
                book=self.book_id,
                page=page_id,
            )
        )
        for recogniser, read in (readings or {}).items():
            self.read(record_id, recogniser, columns, read)
        self.records[number], self.pages[number] = record_id, int(page_id)
        return record_id

    def read(self, record_id: int, recogniser: str, columns: Sequence[str], read: Mapping[str, str]) -> None:
        """A machine's reading; a column that it does not name was read as nothing."""
        values = {
            column: {"text": read.get(column, ""), "confidence": 0.9, "box_px": [100, 20 * place, 300, 18]}
            for place, column in enumerate(columns, 1)
        }
        content = json.dumps({"recogniser_code": recogniser, "values": values}).encode()
        self.execute(
            "INSERT INTO readings (record_id, recogniser_code, sealed) VALUES (:record, :recogniser, :sealed)",
            record=record_id,
            recogniser=recogniser,
            sealed=self.key.seal(content, f"reading/{record_id}/{recogniser}"),
        )

    def state(self) -> str:
        return str(self.rows("SELECT state FROM books WHERE book_id = :book")[0].state)

    def states(self) -> dict[str, int]:
        return dict(
            tuple(row) for row in self.rows("SELECT state, count(*) FROM records WHERE book_id = :book GROUP BY state")
        )

    def values(self, record_id: int) -> dict[str, dict[str, str]]:
        """The values that count, as they lie in the ledger."""
        ((sealed,),) = self.rows("SELECT sealed FROM records WHERE record_id = :record", record=record_id)
        opened: dict[str, dict[str, str]] = json.loads(self.key.unseal(sealed, f"record/{record_id}"))
        return opened

    def events(self, kind: str) -> list[Any]:
        return self.rows(
            "SELECT subject_kind, subject_id, actor, detail FROM events WHERE kind = :kind ORDER BY event_id", kind=kind
        )


def open_book(
    ledger: Ledger,
    *,
    state: str = "keying",
    province_code: str = "24",
    commune_code: str | None = None,
    design: str = "two_persons",
    recogniser_code: str | None = None,
    form_code: str | None = None,
    book_number: str = "01",
) -> KeyedBook:
    """A book of births of 1962."""
    with ledger.engine.begin() as connection:
        book_id = connection.execute(text("SELECT nextval(pg_get_serial_sequence('books', 'book_id'))")).scalar_one()
        key, wrapped = ledger.vault.new_key(f"book/{book_id}")
        connection.execute(
            text(
                "INSERT INTO books (book_id, book_kind, opened_year, book_number, place_as_written, province_code,"
                " commune_code, state, design, recogniser_code, form_code, wrapped)"
                " VALUES (:book_id, 'KS', 1962, :number, 'xã Hạp Lĩnh', :province, :commune, :state, :design,"
                " :recogniser, :form, :wrapped)"
            ),
            {
                "book_id": book_id,
                "number": book_number,
                "province": province_code,
                "commune": commune_code,
                "state": state,
                "design": design,
                "recogniser": recogniser_code,
                "form": form_code,
                "wrapped": wrapped,
            },
        )
    return KeyedBook(ledger, int(book_id), key, form_code)
