"""A change of land to be registered: certificate and owners (structure of the VBDLIS exchange XML)."""

from typing import ClassVar, Literal

from schemas.cases.base import CaseModel
from schemas.cases.parcel import VBDLIS
from schemas.cases.parcel import Parcel as Parcel
from schemas.cases.parcel import Purpose as Purpose
from schemas.dates import PartialDate
from schemas.fields import Model, field
from schemas.person import Person


class Certificate(Model):
    """Giấy chứng nhận."""

    serial: str | None = field("số phát hành", "AA 12345678", VBDLIS)
    entry_number: str | None = field("số vào sổ", "CS01234", VBDLIS)
    issued_on: PartialDate | None = field("ngày cấp", {"as_written": "12.03.2019"}, VBDLIS)
    issued_by: str = field("đơn vị cấp", "Văn phòng đăng ký đất đai", VBDLIS, default="")


class LandCase(CaseModel):
    """Đăng ký biến động đất đai."""

    role_fields: ClassVar = ("owners",)
    subject_roles: ClassVar = ("owners",)
    place_fields: ClassVar = ("parcel",)
    decided_at: ClassVar = ("parcel",)

    kind: Literal["land"] = "land"
    change_kind: str = field("loại biến động", "CN", "chuyển nhượng, tặng cho, thừa kế (mã giả định)", required=True)
    parcel: Parcel = field("thửa đất", {"area_m2": "240.0"}, required=True)
    certificate: Certificate = field("giấy chứng nhận", {"serial": "AA 12345678"}, required=True)
    owner_kind: str = field("loại chủ", "0", f"{VBDLIS}: 0 cá nhân, 1 vợ chồng, 2 hộ", required=True)
    owners: tuple[Person, ...] = field("chủ sử dụng", [], VBDLIS, default=())
