"""A one-stop portal's names for the fields of a dossier, and how it writes values: for its twin."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from schemas.cases import (
    BirthCase,
    Certificate,
    DeathCase,
    LandCase,
    MarriageCase,
    Parcel,
    Purpose,
    ResidenceCase,
    Spouse,
)
from schemas.dates import PartialDate
from schemas.dossier import Dossier, Paper
from schemas.fields import Model
from schemas.person import Address, Applicant, HeadOfHousehold, IdPaper, Person, Sex

_PERSON = {
    "full_name": "hoTen",
    "sex": "gioiTinh",
    "born_on": "ngaySinh",
    "personal_id": "soDinhDanh",
    "id_paper": "giayToTuyThan",
    "ethnic_group": "danToc",
    "nationality_code": "quocTich",
    "residence_kind": "loaiCuTru",
    "residence": "noiCuTru",
    "home_place": "queQuan",
}
NAMES: Mapping[type[Model], Mapping[str, str]] = {
    Address: {
        "province_code": "maTinh", "district_code": "maHuyen", "commune_code": "maXa", "detail": "diaChiChiTiet",
        "country_code": "maQuocGia",
    },
    IdPaper: {"kind_code": "loaiGiayTo", "number": "soGiayTo", "issued_on": "ngayCap", "issued_by": "noiCap"},
    Person: _PERSON,
    Spouse: {**_PERSON, "marriage_order": "lanKetHon"},
    Applicant: {**_PERSON, "relation": "quanHe", "phone": "soDienThoai", "email": "email"},
    HeadOfHousehold: {"full_name": "hoTen", "personal_id": "soDinhDanh", "relation": "quanHe"},
    BirthCase: {
        "child": "nguoiDuocKhaiSinh", "birth_place": "noiSinh", "birth_kind": "loaiKhaiSinh",
        "registration_kind": "loaiDangKy", "notice_code": "soGiayChungSinh", "notice_on": "ngayGiayChungSinh",
        "mother": "me", "father": "cha", "head_of_household": "chuHo", "residence": "noiDangKyThuongTru",
        "clinic_code": "maCoSoKcb", "birth_order": "thuTuSinh", "copies": "soLuongBanSao",
    },
    DeathCase: {
        "deceased": "nguoiChet", "died_on": "ngayChet", "died_at_time": "gioPhutChet", "place": "noiChet",
        "cause": "nguyenNhanChet", "notice_kind": "loaiGiayBaoTu", "notice_code": "soGiayBaoTu",
        "notice_on": "ngayGiayBaoTu", "notice_by": "coQuanCapGiayBaoTu", "insurance_number": "maSoBhxh",
        "copies": "soLuongBanSao",
    },
    MarriageCase: {"husband": "chong", "wife": "vo", "registration_kind": "loaiDangKy"},
    ResidenceCase: {
        "person": "nguoiDangKy", "moves_to": "noiDangKyThuongTru", "head_of_household": "chuHo",
        "reason": "noiDungDeNghi",
    },
    LandCase: {
        "change_kind": "loaiBienDong", "parcel": "thuaDat", "certificate": "giayChungNhan", "owner_kind": "loaiChu",
        "owners": "chuSuDung",
    },
    Parcel: {
        "commune_code": "maXa", "sheet_number": "soHieuToBanDo", "parcel_number": "soThuTuThua",
        "old_commune_code": "maXaCu", "old_sheet_number": "soHieuToBanDoCu", "old_parcel_number": "soThuTuThuaCu",
        "area_m2": "dienTich", "address": "diaChi", "purposes": "mucDichSuDung", "is_disputed": "dangTranhChap",
    },
    Purpose: {
        "purpose_code": "maMucDichSuDung", "area_m2": "dienTich", "until": "ngayHetHanSuDung", "origin": "nguonGoc",
    },
    Certificate: {
        "serial": "soPhatHanh", "entry_number": "soVaoSo", "issued_on": "ngayCap", "issued_by": "donViCap",
    },
    Paper: {
        "kind_code": "maThanhPhanHoSo", "name": "tenTepDinhKem", "link": "duongDan", "sha256": "sha256",
        "size": "dungLuong",
    },
    Dossier: {
        "dossier_code": "maHoSo", "national_code": "maHoSoLienThong", "technical_id": "techId",
        "procedure_as_written": "maTTHC", "received_at": "ngayTiepNhan", "due_at": "ngayHenTra",
        "agency_code": "donViXuLy", "deciding_agency_code": "donViGiaiQuyet",
        "returning_agency_code": "donViTraKetQua", "commune_code": "maXaTiepNhan", "abstract": "trichYeuHoSo",
        "applicant": "chuHoSo", "case": "duLieu", "papers": "thanhPhanHoSo",
    },
}  # fmt: skip
"""Our field -> the portal's. Status and update time are not here: they are written anew each time."""
FORMS = {
    "birth": "KHAI_SINH",
    "death": "KHAI_TU",
    "marriage": "KET_HON",
    "residence": "THUONG_TRU",
    "land": "BIEN_DONG_DAT",
}
SEXES = {Sex.MALE: "Nam", Sex.FEMALE: "Nữ", Sex.UNDETERMINED: "Chưa xác định"}


def written(value: Any) -> Any:
    """A value of a dossier as this portal's JSON has it."""
    match value:
        case PartialDate():
            parts = {"ngay": value.day, "thang": value.month, "nam": value.year}
            return {name: f"{part:02d}" for name, part in parts.items() if part} | {"ghi": value.as_written}
        case Model():
            names = NAMES[type(value)]
            pairs = ((names[ours], getattr(value, ours)) for ours in names)
            return {name: written(content) for name, content in pairs if content is not None}
        case Sex():
            return SEXES[value]
        case datetime():
            return value.isoformat()
        case Decimal():
            return str(value)
        case tuple():
            return [written(item) for item in value]
        case _:
            return value
