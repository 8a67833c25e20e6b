"""Entries: what a registry holds, and by what it is known there."""

from datetime import date

from schemas.fields import Model, field


class Entry(Model):
    """Mục đăng ký. One entry of one registry, as a correction or a certified copy cites it.

    `number` alone is unique only within its book and place; registries without books leave both empty. Our own link to
    it is the ledger's `entries` row, which names the dossier or record that it came from.
    """

    registry_code: str = field("cơ sở dữ liệu", "civil_status", required=True)
    number: str = field("số đăng ký", "123", required=True)
    book_code: str | None = field("quyển số", "01/2026")
    page_number: str | None = field("trang số", "62")
    place_code: str | None = field("mã nơi đăng ký", "07210")
    entered_on: date | None = field("ngày đăng ký", "2026-11-21")
