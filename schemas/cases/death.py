"""A death to be registered."""

from typing import Literal

from schemas.dates import PartialDate
from schemas.fields import LIST, Model, field
from schemas.person import Person


class DeathCase(Model):
    """Đăng ký khai tử."""

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
