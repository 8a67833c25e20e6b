"""A parcel of land and what it is used for (structure of the VBDLIS exchange XML)."""

from decimal import Decimal

from schemas.dates import PartialDate
from schemas.fields import Model, field

VBDLIS = "cấu trúc HoSoXml của VBDLIS"


class Purpose(Model):
    """Mục đích sử dụng đất of part of a parcel."""

    purpose_code: str = field("mã mục đích sử dụng", "ONT", "TT 25/2014/TT-BTNMT", required=True)
    area_m2: Decimal = field("diện tích", "120.5", VBDLIS, required=True)
    until: PartialDate | None = field("ngày hết hạn sử dụng", {"as_written": "31.12.2043"}, "trống: lâu dài")
    origin: str = field("nguồn gốc", "DG-KTT", VBDLIS, default="")


class Parcel(Model):
    """Thửa đất. Its natural key (commune, sheet, number) changes when communes merge: the old triple stays beside."""

    commune_code: str | None = field("mã xã", "07210", VBDLIS)
    sheet_number: str | None = field("số hiệu tờ bản đồ", "12", VBDLIS)
    parcel_number: str | None = field("số thứ tự thửa", "345", VBDLIS)
    old_commune_code: str | None = field("mã xã cũ", "07213")
    old_sheet_number: str | None = field("số hiệu tờ bản đồ cũ", "5", VBDLIS)
    old_parcel_number: str | None = field("số thứ tự thửa cũ", "88", VBDLIS)
    area_m2: Decimal = field("diện tích", "240.0", VBDLIS, required=True)
    address: str = field("địa chỉ thửa đất", "Thôn Đông", VBDLIS, default="")
    purposes: tuple[Purpose, ...] = field("mục đích sử dụng", [], VBDLIS, default=())
    is_disputed: bool = field("đang tranh chấp", False, "MPLIS DANGTRANHCHAP", default=False)
