"""A permanent residence to be registered, and the household that is joined (Luật Cư trú 68/2020/QH14, mẫu CT01)."""

from typing import ClassVar, Literal

from schemas.cases.base import CaseModel
from schemas.fields import field
from schemas.person import Address, HeadOfHousehold, Person


class ResidenceCase(CaseModel):
    """Đăng ký thường trú."""

    role_fields: ClassVar = ("person",)
    subject_roles: ClassVar = ("person",)
    place_fields: ClassVar = ("moves_to",)
    decided_at: ClassVar = ("moves_to",)  # Luật Cư trú 68/2020/QH14, Điều 22
    moves_to_field: ClassVar = "moves_to"

    kind: Literal["residence"] = "residence"
    person: Person = field("người đăng ký", {"full_name": "ĐỖ THỊ HẠNH"}, required=True)
    moves_to: Address | None = field("nơi đăng ký thường trú", {"province_code": "24", "commune_code": "07210"})
    head_of_household: HeadOfHousehold | None = field("chủ hộ", {"full_name": "ĐỖ VĂN SƠN"})
    reason: str = field("nội dung đề nghị", "Nhập hộ khẩu về với chồng", default="")

    @property
    def head(self) -> HeadOfHousehold | None:
        return self.head_of_household
