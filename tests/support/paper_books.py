"""Paper books as the ledger holds them, written row by row: what a book was accepted with, and its scans."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from typing import Any

from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.vault import DataKey

BOOK = {
    "book_kind": "KS",
    "opened_year": 1962,
    "book_number": "01",
    "place_as_written": "xã Đồng Kỵ, huyện Từ Sơn",
    "place_code": "09382",
    "province_code": "24",
    "commune_code": "09385",
    "state": "accepted",
}
BIRTH = {
    "so": "34", "quyenSo": "01/1962", "trangSo": "17", "ngayDangKy": "12.03.1962", "loaiDangKy": "1",
    "noiDangKy": "xã Đồng Kỵ, huyện Từ Sơn, tỉnh Bắc Ninh", "nguoiKy": "Nguyễn Đăng Khoa", "nksHoTen": "NGUYỄN VĂN BA",
    "nksGioiTinh": "1", "nksNgaySinh": "05.03.1962", "nksNoiSinh": "xã Đồng Kỵ", "nksDanToc": "Kinh",
    "nksQuocTich": "Việt Nam", "meHoTen": "TRẦN THỊ TƯ", "meNgaySinh": "1935", "chaHoTen": "NGUYỄN VĂN NĂM",
    "chaNgaySinh": "1930",
}  # fmt: skip
DEATH = {
    "so": "7",
    "quyenSo": "01/1962",
    "ngayDangKy": "06.05.1962",
    "nktHoTen": "PHẠM VĂN THÀNH",
    "nktGioiTinh": "1",
    "nktNgaySinh": "1900",
    "nktNgayChet": "04.05.1962",
    "nktNoiChet": "tại nhà",
}
MARRIAGE = {
    "so": "2",
    "quyenSo": "01/1962",
    "ngayDangKy": "20.11.1962",
    "loaiDangKy": "1",
    "chongHoTen": "LÊ VĂN BÌNH",
    "chongNgaySinh": "1940",
    "voHoTen": "VŨ THỊ LAN",
    "voNgaySinh": "1942",
}


def page_image(height_px: int = 900, width_px: int = 640) -> bytes:
    """A page as a JPEG: lines of grey on white, a darker bar in each tenth of its height."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (width_px, height_px), "white")
    draw = ImageDraw.Draw(image)
    for row in range(10):
        top = row * height_px // 10
        draw.rectangle((20, top + 10, width_px - 20, top + 14), fill=(20 * row, 60, 90))
    target = BytesIO()
    image.save(target, "JPEG", quality=80)
    return target.getvalue()


@dataclass
class PaperBook:
    """One book in a ledger, and how to put pages and records into it."""

    ledger: Ledger
    facts: Mapping[str, Any] = field(default_factory=dict)
    book_id: int = 0
    key: DataKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        values = {**BOOK, **self.facts}
        self.book_id = self._insert("books", "book_id", **values, wrapped=b"")
        self.key, wrapped = self.ledger.vault.new_key(f"book/{self.book_id}")
        self.change("UPDATE books SET wrapped = :wrapped WHERE book_id = :id", wrapped=wrapped, id=self.book_id)

    def page(
        self,
        number: int = 1,
        copy: bytes | None = None,
        master: bytes = b"II*\0 a master",
        state: str = "read",
        **more: Any,
    ) -> int:
        """A page with the master it came from; returns its id."""
        copy = page_image() if copy is None else copy
        master += b" %d" % number
        scan_id = self._insert(
            "scans",
            "scan_id",
            book_id=self.book_id,
            sha256=sha256(master).digest(),
            media_type="image/tiff",
            size=len(master),
            name_sealed=self.key.seal(b"so khai sinh.tif", "scan name"),
            sealed=self.key.seal(master, "scan"),
        )
        return self._insert(
            "pages",
            "page_id",
            book_id=self.book_id,
            scan_id=scan_id,
            scan_page=0,
            page_number=number,
            state=state,
            form_code="ks-1962",
            sealed_copy=self.key.seal(copy, "page"),
            **more,
        )

    def record(self, values: Mapping[str, Any], page_id: int | None = None, **more: Any) -> int:
        """A record with these values, texts or `FieldValue` objects; returns its id."""
        content = {name: value if isinstance(value, dict) else {"text": value} for name, value in values.items()}
        row = {"state": "accepted", "row_number": 0, "entry_number": content.get("so", {}).get("text"), **more}
        record_id = self._insert("records", "record_id", book_id=self.book_id, page_id=page_id, **row)
        sealed = self.key.seal(json.dumps(content).encode(), f"record/{record_id}")
        self.change("UPDATE records SET sealed = :sealed WHERE record_id = :id", sealed=sealed, id=record_id)
        return record_id

    def reading(self, record_id: int, boxes: Mapping[str, tuple[int, int, int, int]], code: str = "asternet") -> None:
        """A machine's reading of a record: where each field is on the access copy."""
        read = {name: {"text": "?", "confidence": 0.5, "box_px": box} for name, box in boxes.items()}
        content = json.dumps({"recogniser_code": code, "values": read}).encode()
        sealed = self.key.seal(content, f"reading/{record_id}/{code}")
        self._insert("readings", "record_id", record_id=record_id, recogniser_code=code, sealed=sealed)

    def event(
        self, kind: str, subject_kind: str, subject_id: int, actor: str = "lienthong", detail: str = "{}"
    ) -> None:
        self._insert(
            "events",
            "event_id",
            kind=kind,
            subject_kind=subject_kind,
            subject_id=subject_id,
            actor=actor,
            detail=detail,
        )

    def keying(self, record_id: int, slot: str, keyed_by: str) -> None:
        self._insert(
            "keyings",
            "keying_id",
            record_id=record_id,
            slot=slot,
            keyed_by=keyed_by,
            started_at="2026-11-20T08:00:00+07:00",
            kept_at="2026-11-20T08:15:00+07:00",
            sealed=self.key.seal(b"{}", f"keying/{record_id}/{slot}"),
        )

    def rows(self, question: str, **values: object) -> list[tuple[Any, ...]]:
        with self.ledger.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(question), values)]

    def change(self, statement: str, **values: object) -> None:
        with self.ledger.engine.begin() as connection:
            connection.execute(text(statement), values)

    def _insert(self, table: str, key: str, **values: Any) -> int:
        names = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        statement = text(f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING {key}")
        with self.ledger.engine.begin() as connection:
            return int(connection.execute(statement, values).scalar_one())
