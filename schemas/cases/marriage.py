"""A marriage to be registered."""

from typing import Literal

from schemas.fields import LIST, Model, field
from schemas.person import Person


class Spouse(Person):
    marriage_order: str | None = field("kết hôn lần thứ", "1", f"{LIST}: 1 lần đầu, 2 kết hôn lại")


class MarriageCase(Model):
    """Đăng ký kết hôn."""

    kind: Literal["marriage"] = "marriage"
    husband: Spouse = field("chồng", {"full_name": "LÊ VĂN BÌNH"}, required=True)
    wife: Spouse = field("vợ", {"full_name": "VŨ THỊ LAN"}, required=True)
    registration_kind: str = field("loại đăng ký", "1", f"{LIST}: 1 lần đầu, 2 lại", default="1")
