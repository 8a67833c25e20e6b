"""A birth to be registered, with what residence and health insurance need when it is a bundle."""

from typing import Literal

from schemas.dates import PartialDate
from schemas.fields import LIST, Model, field
from schemas.person import Address, HeadOfHousehold, Person


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
