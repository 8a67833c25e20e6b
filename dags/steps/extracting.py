"""The data of a certified copy (bản sao trích lục) out of an accepted record, as the national software takes it.

Document: none of the ministry's was available; the names are those that one public integration sends for module `BS`
(August 2025): `nyc...` who asks, `cbs...` the person of the copy, `...TruocDay` the entry in the book, `loaiBanSao` 0.
Assumed: the ethnic group by its name until the ministry's list (danhMuc 3) is loaded; notes of the entry in
`thongTinKhac`. The values of `loaiBSCC` are not known, so it is left out.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.ledger import Ledger
from connectors.ledger.extracts import RecordView, keep_extract
from connectors.paper.rows import SEXES, nationality, read_date, read_place
from schemas.catalogues import ethnic_group
from schemas.dates import PartialDate
from schemas.fields import Model
from schemas.person import Address, Sex
from schemas.text import clean

MODULE = "BS"
SUBJECTS = {"KS": ("nks",), "KT": ("nkt",), "KH": ("chong", "vo"), "CMC": ("nc", "cm"), "HN": ("nxn",)}
"""By kind of book: the prefixes of the persons whom its entries are about."""
LIFETIME_YEARS = 150
SEX_NUMBERS = {Sex.MALE: 1, Sex.FEMALE: 2, Sex.UNDETERMINED: 3, None: None}


class ExtractRequest(Model):
    """Who asks for a copy, whose copy it is where the entry has two persons, and why. `subject`: a prefix of
    `SUBJECTS`."""

    asked_for: str
    reason: str
    subject: str
    relation: str = ""
    paper_number: str = ""


def extract(ledger: Ledger, actor: str, record: RecordView, request: ExtractRequest) -> int | None:
    """Makes and keeps an extract; returns its id. None when the record is not accepted. Raises ValueError for a subject
    that the kind of book has not."""
    if not record.is_accepted:
        return None
    data = extract_data(record, request)
    return keep_extract(ledger, actor, record, data, request.asked_for, request.reason)


def extract_data(record: RecordView, request: ExtractRequest) -> dict[str, Any]:
    """The envelope of module `BS`. A field that is blank or illegible is left out: nothing is made up for it."""
    if request.subject not in SUBJECTS[record.book.book_kind]:
        raise ValueError(f"a book of kind {record.book.book_kind} has no person {request.subject}")
    values = {column: value.text for column, value in record.values.items() if value.mark is None and value.text}
    data = {
        **_applicant(request),
        **_person(values, record, request.subject),
        "noiDangKyTruocDay": record.book.place_code or values.get("noiDangKy") or record.book.place_as_written,
        "soDangKyTruocDay": values.get("so"),
        "quyenSoDangKyTruocDay": values.get("quyenSo") or record.book.book_code,
        "ngayDangKyTruocDay": _day(values.get("ngayDangKy", ""), record),
        "loaiBanSao": 0,
        "thongTinKhac": values.get("ghiChu"),
    }
    return {
        "module": MODULE,
        "maHoSoLT": MODULE,
        "maDonVi": record.commune_code,
        "data": {name: value for name, value in data.items() if value not in (None, "")},
    }


def _applicant(request: ExtractRequest) -> dict[str, Any]:
    return {
        "nycHoTen": _name(request.asked_for),
        "nycQuanHe": clean(request.relation),
        "nycSoGiayToTuyThan": clean(request.paper_number),
    }


def _person(values: Mapping[str, str], record: RecordView, subject: str) -> dict[str, Any]:
    """The person of the copy, in the columns that begin with `subject`."""

    def written(column: str) -> str:
        return values.get(subject + column, "")

    place = read_place(written("NoiCuTru") or written("QueQuan"), date(record.book.opened_year, 1, 1))
    return {
        "cbsHoTen": _name(written("HoTen")) if written("HoTen") else None,
        "cbsGioiTinh": SEX_NUMBERS.get(SEXES.get(clean(written("GioiTinh")).lower())),
        "cbsNgaySinh": _birth(read_date(written("NgaySinh"), record.book, LIFETIME_YEARS)),
        "cbsDanToc": ethnic_group(written("DanToc")) or clean(written("DanToc")),
        "cbsQuocTich": nationality(written("QuocTich")),
        "cbsNoiCuTru": _address(place) if place else None,
        "cbsSoGiayToTuyThan": clean(written("SoGiayToTuyThan")),
    }


def _address(place: Address) -> dict[str, str]:
    """The place of that time, with codes where its name is that of one unit only."""
    codes = {"maTinh": place.province_code, "maXa": place.commune_code}
    known = {name: code for name, code in codes.items() if code}
    return {"dcChiTiet": clean(place.detail), "quocGia": place.country_code, **known}


def _name(full_name: str) -> dict[str, str]:
    """Family, middle and given name: the first word, what lies between, the last word."""
    words = clean(full_name).split()
    if len(words) < 2:
        return {"Ho": " ".join(words), "ChuDem": "", "Ten": ""}
    return {"Ho": words[0], "ChuDem": " ".join(words[1:-1]), "Ten": words[-1]}


def _birth(born_on: PartialDate | None) -> dict[str, str] | None:
    """Texts, so that a day that is not known stays empty."""
    if born_on is None or born_on.year is None:
        return None
    day, month = (f"{part:02d}" if part else "" for part in (born_on.day, born_on.month))
    return {"ngaySinh": day, "thangSinh": month, "namSinh": str(born_on.year)}


def _day(written: str, record: RecordView) -> str:
    """`12/03/1962`, or as much as is known; a date that cannot be read as it was written."""
    day = read_date(written, record.book)
    return (day.dotted("/") if day else "") or written
