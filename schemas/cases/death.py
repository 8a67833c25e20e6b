"""A death to be registered."""

from datetime import date
from typing import ClassVar, Literal

from schemas.cases.base import CaseModel
from schemas.dates import PartialDate
from schemas.fields import LIST, field
from schemas.person import Person

DEATH_NOTICE = "1"
"""gbtLoai: other kinds (court decision, minutes, witnesses ...) are other papers."""


class DeathCase(CaseModel):
    """Đăng ký khai tử."""

    role_fields: ClassVar = ("deceased",)
    subject_roles: ClassVar = ("deceased",)
    decided_at: ClassVar = ("deceased.residence",)
    decided_at_until: ClassVar = date(2027, 3, 1)  # Luật Hộ tịch 60/2014/QH13; the new law is assumed to free it
    notice_field: ClassVar = "notice_code"
    document: ClassVar = "death_certificate"

    kind: Literal["death"] = "death"
    deceased: Person = field("người chết", {"full_name": "PHẠM VĂN THÀNH"}, required=True)
    died_on: PartialDate | None = field("ngày chết", {"as_written": "20.08.2026"})
    died_at_time: str | None = field("giờ phút chết", "05:30")
    place: str = field("nơi chết", "Bệnh viện đa khoa tỉnh", default="")
    cause: str = field("nguyên nhân chết", "Bệnh", default="")
    notice_kind: str | None = field("loại giấy báo tử", "1", f"{LIST}: 1 giấy báo tử ... 7 làm chứng")
    notice_code: str | None = field("số giấy báo tử", "12/2026")
    notice_on: PartialDate | None = field("ngày giấy báo tử", {"as_written": "20.08.2026"})
    notice_by: str = field("cơ quan cấp giấy báo tử", "Trạm y tế xã", default="")
    insurance_number: str | None = field("mã số BHXH người chết", "2412345678")
    copies: int = field("số bản sao", 1, default=0)

    @property
    def happened_on(self) -> PartialDate | None:
        return self.died_on

    def required_papers(self) -> tuple[frozenset[str], ...]:
        return (frozenset({"KT-GBT"}),) if self.notice_kind in (None, DEATH_NOTICE) else ()
