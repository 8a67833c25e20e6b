"""The source of a dossier: a portal that hands it over, or a paper book that holds it."""

from enum import StrEnum
from typing import Literal

from schemas.fields import Model, field
from schemas.register_columns import BookKind


class SourceKind(StrEnum):
    """The kind of source."""

    PORTAL = "portal"
    BOOK = "book"


class Portal(Model):
    """Cổng dịch vụ công of a province; `province_code` is also the code we know the portal by."""

    kind: Literal[SourceKind.PORTAL] = SourceKind.PORTAL
    province_code: str = field("mã tỉnh của cổng", "24", required=True)


class Book(Model):
    """Sổ hộ tịch giấy: one paper register book. Place and year are those of its time; nothing is converted here."""

    kind: Literal[SourceKind.BOOK] = SourceKind.BOOK
    book_kind: BookKind = field("loại sổ", "KS", "mẫu hotich158", required=True)
    opened_year: int = field("năm mở sổ", 1962, required=True)
    book_number: str = field("số quyển", "01", required=True)
    place_code: str | None = field("mã nơi đăng ký khi đó", "07210")
    place_as_written: str = field("nơi đăng ký như bìa sổ ghi", "xã Hạp Lĩnh, huyện Tiên Du", default="")

    @property
    def book_code(self) -> str:
        """`01/1962`, as entries cite it."""
        return f"{self.book_number}/{self.opened_year}"


Source = Portal | Book
