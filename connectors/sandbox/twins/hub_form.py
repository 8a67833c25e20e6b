"""The hub's names for the elements of `<hoTich>`, and how it writes values: for its twin."""

from collections.abc import Mapping

from lxml import etree

from schemas.cases import BirthCase, DeathCase
from schemas.dates import PartialDate
from schemas.dossier import Dossier
from schemas.fields import Model
from schemas.person import Address, Applicant, HeadOfHousehold, IdPaper, Person, Sex

_PERSON = {
    "full_name": "HoTen",
    "sex": "GioiTinh",
    "born_on": "NgaySinh",
    "personal_id": "SoDDCN",
    "id_paper": "",
    "ethnic_group": "DanToc",
    "nationality_code": "QuocTich",
    "residence_kind": "LoaiCuTru",
    "residence": "NoiCuTru",
    "home_place": "QueQuan",
}
NAMES: Mapping[type[Model], Mapping[str, str]] = {
    Address: {"province_code": "maTinh", "district_code": "maHuyen", "commune_code": "maXa", "detail": "dcChiTiet",
              "country_code": "quocGia"},
    IdPaper: {"kind_code": "LoaiGiayToTuyThan", "number": "SoGiayToTuyThan", "issued_on": "NgayCapGiayToTuyThan",
              "issued_by": "NoiCapGiayToTuyThan"},
    HeadOfHousehold: {"full_name": "DkttChuHo", "personal_id": "DkttChuHoSoGiayTo", "relation": "DkttMaQuanHe"},
    Person: _PERSON,
    Applicant: {**_PERSON, "relation": "QuanHe", "phone": "SoDienThoai", "email": "Email"},
    BirthCase: {
        "child": "nks", "birth_place": "nksNoiSinh", "birth_kind": "nksLoaiKhaiSinh",
        "registration_kind": "loaiDangKy", "notice_code": "maGCS", "notice_on": "ngayCapGCS", "mother": "me",
        "father": "cha", "head_of_household": "", "residence": "DkttNoiDangKy", "clinic_code": "maCSKCB",
        "birth_order": "thuTuSinh", "copies": "soLuongBanSao",
    },
    DeathCase: {
        "deceased": "nkt", "died_on": "nktNgayChet", "died_at_time": "nktGioPhutChet", "place": "nktNoiChet",
        "cause": "nktNguyenNhanChet", "notice_kind": "gbtLoai", "notice_code": "gbtSo", "notice_on": "gbtNgay",
        "notice_by": "gbtCoQuanCap", "insurance_number": "maSoBHXH", "copies": "soLuongBanSao",
    },
}  # fmt: skip
"""Our field -> the element of the hub's XML. An empty name: the fields of this part stand beside those of the whole."""
SEXES = {Sex.MALE: "1", Sex.FEMALE: "2", Sex.UNDETERMINED: "3"}


def form_of(dossier: Dossier) -> str:
    """The dossier's form as `<hoTich>`."""
    root = etree.Element("hoTich")
    if dossier.applicant:
        _fill(etree.SubElement(root, "nyc"), dossier.applicant)
    _fill(root, dossier.case)
    return etree.tostring(root, encoding="unicode")


def _fill(parent: etree._Element, model: Model) -> None:
    for ours, name in NAMES[type(model)].items():
        value = getattr(model, ours)
        if isinstance(value, Model) and not isinstance(value, PartialDate):
            _fill(etree.SubElement(parent, name) if name else parent, value)
        elif isinstance(value, PartialDate):
            _date(etree.SubElement(parent, name), value)
        elif value is not None:
            etree.SubElement(parent, name).text = SEXES[value] if isinstance(value, Sex) else str(value)


def _date(element: etree._Element, value: PartialDate) -> None:
    element.text = value.compact() if value.year else value.as_written
    if value.as_written != element.text or not element.text:
        element.set("ghi", value.as_written)
