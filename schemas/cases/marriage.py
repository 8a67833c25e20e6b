"""A marriage to be registered."""

from datetime import date
from typing import ClassVar, Literal

from schemas.cases.base import CaseModel
from schemas.fields import LIST, field
from schemas.person import Person


class Spouse(Person):
    """Vợ hoặc chồng."""

    marriage_order: str | None = field("kết hôn lần thứ", "1", f"{LIST}: 1 lần đầu, 2 kết hôn lại")


class MarriageCase(CaseModel):
    """Đăng ký kết hôn."""

    role_fields: ClassVar = ("husband", "wife")
    subject_roles: ClassVar = ("husband", "wife")
    decided_at: ClassVar = ("husband.residence", "wife.residence")
    decided_at_until: ClassVar = date(2027, 3, 1)  # Luật Hộ tịch 60/2014/QH13; the new law is assumed to free it
    registration_kinds: ClassVar = frozenset("12")
    document: ClassVar = "marriage_certificate"

    kind: Literal["marriage"] = "marriage"
    husband: Spouse = field("chồng", {"full_name": "LÊ VĂN BÌNH"}, required=True)
    wife: Spouse = field("vợ", {"full_name": "VŨ THỊ LAN"}, required=True)
    registration_kind: str = field("loại đăng ký", "1", f"{LIST}: 1 lần đầu, 2 lại", default="1")
