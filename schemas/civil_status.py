"""What the civil-status registry holds: births, deaths, marriages. Code lists: the ministry's digitisation schema."""

from typing import Literal

from schemas.dates import PartialDate
from schemas.fields import Model, field
from schemas.person import Address, HeadOfHousehold, Person

LIST = "mẫu hotich158, danh mục Bộ Tư pháp"


class BirthCase(Model):
    """Đăng ký khai sinh, with what residence and health insurance need when it is a bundle."""

    kind: Literal["birth"] = "birth"
    child: Person = field("người được khai sinh", {"full_name": "NGUYỄN MAI ANH"}, required=True)
    birth_place: Address | None = field("nơi sinh", {"commune_code": "07210"})
    birth_kind: str | None = field("loại khai sinh", "1", f"{LIST}: 1 đủ cha mẹ ... 5 trẻ bị bỏ rơi")
    registration_kind: str = field("loại đăng ký", "1", f"{LIST}: 1 đúng hạn, 2 đăng ký lại, 4 quá hạn", default="1")
    notice_code: str | None = field("số giấy chứng sinh", "00012.GCS.24001.26", "TT 22/2025/TT-BYT")
    notice_on: PartialDate | None = field("ngày cấp giấy chứng sinh", {"as_written": "23.08.2026"})
    mother: Person | None = field("mẹ", {"full_name": "TRẦN THỊ HOA"})
    father: Person | None = field("cha", {"full_name": "NGUYỄN VĂN NAM"})
    head_of_household: HeadOfHousehold | None = field("chủ hộ nơi đăng ký thường trú", {"full_name": "NGUYỄN VĂN HÙNG"})
    residence: Address | None = field("nơi đăng ký thường trú cho trẻ", {"commune_code": "07210"})
    clinic_code: str | None = field("nơi khám chữa bệnh ban đầu", "24001", "QĐ 384/2019, 5 chữ số")
    birth_order: int | None = field("thứ tự sinh trong ca sinh đôi, sinh ba", 1)
    copies: int = field("số bản sao", 2, default=0)


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


class Spouse(Person):
    marriage_order: str | None = field("kết hôn lần thứ", "1", f"{LIST}: 1 lần đầu, 2 kết hôn lại")


class MarriageCase(Model):
    """Đăng ký kết hôn."""

    kind: Literal["marriage"] = "marriage"
    husband: Spouse = field("chồng", {"full_name": "LÊ VĂN BÌNH"}, required=True)
    wife: Spouse = field("vợ", {"full_name": "VŨ THỊ LAN"}, required=True)
    registration_kind: str = field("loại đăng ký", "1", f"{LIST}: 1 lần đầu, 2 lại", default="1")
