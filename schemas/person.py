"""Persons as dossiers describe them. Every text is kept as it was written."""

from enum import StrEnum

from schemas.dates import PartialDate
from schemas.fields import Model, field

FORM = "biểu mẫu điện tử NĐ 63/2024/NĐ-CP"


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"
    UNDETERMINED = "undetermined"


class Address(Model):
    """Địa chỉ. The codes of a place, and the part that has no code. Codes are strings with leading zeros. A code alone
    is ambiguous (3,316 of the 3,321 communes of 1 July 2025 reuse an old one): it is read on the event day."""

    province_code: str | None = field("mã tỉnh", "24")
    district_code: str | None = field("mã huyện (đến 30/06/2025)", "213")
    commune_code: str | None = field("mã xã", "07210")
    detail: str = field("địa chỉ chi tiết", "Thôn Đông, số 12", default="")
    country_code: str = field("quốc gia", "VN", default="VN")


class IdPaper(Model):
    """Giấy tờ tùy thân: kinds as in the Ministry of Justice's digitisation list."""

    kind_code: str = field("loại giấy tờ", "4", "domain: loaiGiayToTuyThan 0-8", required=True)
    number: str = field("số giấy tờ", "024085001234", required=True)
    issued_on: PartialDate | None = field("ngày cấp", {"as_written": "01.02.2022"})
    issued_by: str = field("nơi cấp", "Cục Cảnh sát QLHC về TTXH", default="")


class Person(Model):
    """A person whom a dossier describes, with what its form asks for."""

    full_name: str = field("họ, chữ đệm, tên", "NGUYỄN THỊ MAI ANH", FORM, required=True)
    sex: Sex | None = field("giới tính", "female", FORM)
    born_on: PartialDate | None = field("ngày, tháng, năm sinh", {"as_written": "22.08.2026"}, FORM)
    personal_id: str | None = field("số định danh cá nhân", "024085001234", "Luật Căn cước 26/2023/QH15, Điều 12")
    id_paper: IdPaper | None = field("giấy tờ tùy thân", {"kind_code": "4", "number": "024085001234"})
    ethnic_group: str | None = field("dân tộc", "Kinh", "54 dân tộc; tên, không phải mã")
    nationality_code: str | None = field("quốc tịch", "VN", "ISO 3166-1 alpha-2")
    residence_kind: str | None = field("loại cư trú", "1", "domain: loaiCuTru 0 không, 1 thường trú, 2 tạm trú")
    residence: Address | None = field("nơi cư trú", {"province_code": "24", "commune_code": "07210"})
    home_place: Address | None = field("quê quán", {"province_code": "24", "commune_code": "07210"})


class Applicant(Person):
    """Người yêu cầu. The relation is never assumed: where portals had the default "Cha", they overwrote the father."""

    relation: str | None = field("quan hệ với người được đăng ký", "Cha", FORM)
    phone: str | None = field("số điện thoại", "0900000000", FORM)
    email: str | None = field("thư điện tử", "nguoi.nop@vidu.example", FORM)


class HeadOfHousehold(Model):
    """Chủ hộ (CT01 items 7-9). Not always the father: in matrilineal areas it often is not."""

    full_name: str = field("họ tên chủ hộ", "NGUYỄN VĂN HÙNG", "Mẫu CT01, mục 7", required=True)
    personal_id: str | None = field("số định danh chủ hộ", "024060004321", "Mẫu CT01, mục 9")
    relation: str | None = field("quan hệ với chủ hộ", "Cháu", "Mẫu CT01, mục 8")
