"""A birth to be registered, with what residence and health insurance need when it is a bundle."""

from datetime import date
from typing import ClassVar, Literal

from schemas.cases.base import CaseModel
from schemas.dates import PartialDate
from schemas.fields import LIST, field
from schemas.person import Address, HeadOfHousehold, Person


class BirthCase(CaseModel):
    """Đăng ký khai sinh, with what residence and health insurance need when it is a bundle."""

    role_fields: ClassVar = ("child", "mother", "father")
    subject_roles: ClassVar = ("child",)
    place_fields: ClassVar = ("birth_place", "residence")
    decided_at: ClassVar = ("residence", "mother.residence", "father.residence")
    decided_at_until: ClassVar = date(2027, 3, 1)  # Luật Hộ tịch 60/2014/QH13; the new law is assumed to free it
    moves_to_field: ClassVar = "residence"
    registration_kinds: ClassVar = frozenset("01234")
    notice_field: ClassVar = "notice_code"
    document: ClassVar = "birth_certificate"

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

    @property
    def happened_on(self) -> PartialDate | None:
        return self.child.born_on

    @property
    def head(self) -> HeadOfHousehold | None:
        return self.head_of_household

    def required_papers(self) -> tuple[frozenset[str], ...]:
        return (frozenset({"KS-GCS"}),)
