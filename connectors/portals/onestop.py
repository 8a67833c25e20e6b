"""A vendor's one-stop portal (hệ thống một cửa điện tử): the provinces whose vendor offers OAuth2 and JSON.

Documents. The item's and the progress row's fields follow the national portal's sync service (DongBoHoSoMC,
CapNhatTienDoHoSoMC) in the camel case that vendors' adapters write; the answer {error_code, message} with 0 ok and
"đã tồn tại" for a repeat is as seen there. NĐ 118/2025/NĐ-CP defines the dossier code.

Assumed, because no vendor publishes its interface: the paths; `updatedSince` (inclusive), ascending by update time, at
most 200 a page; the names inside `duLieu`, one form per kind of case; results of registries beside a progress row;
`donViGiaiQuyet` and `donViTraKetQua`, the agencies that decide and return.

Who we are: OAuth2 client credentials (`/oauth2/token`), login = client id, password = its secret.

Paging. Rows move to the end while we read, because every change moves the update time; a page number counted at one
moment is then wrong at the next. So a full page is followed from the time of its last row. Only when a whole page has
one time are its further pages asked for by number, down and then up again: rows only move towards page 1 of that time,
so a row that was missed on the way down is met on the way up. A position is `<time>|<page>`, or on the way up
`<time>|-<page>|<time to go on from>`.

A person's message to the citizen is the row's text: 5 asks for a supplement, 8 (dừng xử lý) rejects. 3 (không được tiếp
nhận) is given by the desk before it takes a dossier in, and such dossiers do not come to us. Assumed: the portal shows
the text of such a row to the citizen, and the status goes back to 2 or 4 when the citizen has answered.

A repeat of a progress row is answered "đã tồn tại". Papers are fetched by link, on this portal only. Status numbers are
the national list's. An update time, or a row of ours, changes neither the item's content nor its papers.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from connectors.decoding import (
    DecodeError,
    Decoder,
    among,
    code,
    code_of,
    decimal,
    flag,
    items,
    made,
    many,
    of_our_age,
    parsed,
    status,
    text,
    whole,
)
from connectors.endpoint import Endpoint
from connectors.errors import Unrecognised
from connectors.http import ClientCredentials, Reply, Request
from connectors.portals.contract import ListedDossier, Listing, Platform, progress_text, report_outcome, results
from schemas.dates import VIETNAM, PartialDate
from schemas.dossier import Dossier, Paper
from schemas.fields import procedure_code
from schemas.person import Sex
from schemas.report import Milestone, Report, ReportOutcome

PAGE_SIZE = 200
FIRST_DAYS = 30
"""How far back a province that is new to us is read."""
OVERLAP = timedelta(minutes=10)
"""A row may be committed later than its update time."""
ROWS_AT_ONCE = 10
"""Progress rows in one call (CapNhatTienDoHoSoMC)."""
REPORTER = {
    "nguoiXuLy": "Hệ thống liên thông",
    "chucDanh": "Hệ thống",
    "phongBanXuLy": "Liên thông cơ sở dữ liệu quốc gia",
}

STATUSES = {
    Milestone.RECEIVED: 2,
    Milestone.ACCEPTED: 4,
    Milestone.FORWARDED: 4,
    Milestone.REGISTERED: 4,
    Milestone.RETURNED: 9,
    Milestone.WITH_STEWARD: 4,
    Milestone.SUPPLEMENT_ASKED: 5,
    Milestone.REJECTED: 8,
}
PROGRESS_VI = {
    Milestone.RECEIVED: "Hệ thống liên thông đã nhận hồ sơ",
    Milestone.ACCEPTED: "Hồ sơ hợp lệ, chuẩn bị chuyển cơ sở dữ liệu chuyên ngành",
    Milestone.FORWARDED: "Đã chuyển hồ sơ đến cơ sở dữ liệu chuyên ngành",
    Milestone.REGISTERED: "Cơ sở dữ liệu đầu tiên đã đăng ký, có kết quả",
    Milestone.RETURNED: "Đã có kết quả của mọi cơ sở dữ liệu, trả về một cửa",
    Milestone.WITH_STEWARD: "Cơ sở dữ liệu chuyên ngành chưa chấp nhận, cán bộ đang xem xét",
    Milestone.SUPPLEMENT_ASKED: "Đề nghị công dân bổ sung, chỉnh sửa hồ sơ",
    Milestone.REJECTED: "Hồ sơ không đủ điều kiện giải quyết, dừng xử lý",
}
WORDS = {
    "đã tồn tại": ReportOutcome.ACKNOWLEDGED,
    "đã hoàn thành": ReportOutcome.ACKNOWLEDGED,
    "đã trả kết quả": ReportOutcome.ACKNOWLEDGED,
    "bị từ chối. không thể cập nhật trạng thái": ReportOutcome.ACKNOWLEDGED,
    "không tồn tại": ReportOutcome.ACKNOWLEDGED,
    "chưa cập nhật trạng thái": ReportOutcome.LATER,
    "chưa được gửi không thể cập nhật": ReportOutcome.LATER,
    "server error": ReportOutcome.LATER,
    "logic xử lý không hợp lệ": ReportOutcome.REFUSED,
}
"""The outcome by phrases of a row's answer whose error_code is not 0."""


def moment(content: Any, place: str) -> datetime:
    """An instant in ISO 8601 with an offset."""
    try:
        instant = datetime.fromisoformat(text(content, place).strip())
    except ValueError:
        raise DecodeError(place, "expected a time in ISO 8601") from None
    if instant.tzinfo is None:
        raise DecodeError(place, "expected a time with an offset")
    return of_our_age(instant, place)


def day(content: Any, place: str) -> PartialDate | None:
    """`{ngay, thang, nam, ghi}`: day, month and year as far as they are known, and the date as the form has it. None
    for a date that was left blank."""
    given = DAY(content, place)
    if not any(part.strip() for part in given.values()):
        return None
    return _day(given.get("ngay"), given.get("thang"), given.get("nam"), given.get("ghi"))


@lru_cache(maxsize=16_384)
def _day(of_month: str | None, month: str | None, year: str | None, written: str | None) -> PartialDate:
    known = [part for part in (of_month, month, year) if part]
    as_written = ".".join(known) if written is None else written
    if not year or not "".join(known).isdecimal() or max(map(len, known)) > 4:
        return PartialDate(as_written=as_written)
    return PartialDate.of(int(year), int(month) if month else None, int(of_month) if of_month else None, as_written)


def _as_it_is(content: Any, place: str) -> Any:
    return content


KINDS = {
    "KHAI_SINH": "birth",
    "KHAI_TU": "death",
    "KET_HON": "marriage",
    "THUONG_TRU": "residence",
    "BIEN_DONG_DAT": "land",
}
SEX = among({"Nam": Sex.MALE, "Nữ": Sex.FEMALE, "Chưa xác định": Sex.UNDETERMINED})
DAY = Decoder({name: (name, code) for name in ("ngay", "thang", "nam", "ghi")})
ADDRESS = Decoder(
    {
        "maTinh": ("province_code", text),
        "maHuyen": ("district_code", text),
        "maXa": ("commune_code", text),
        "diaChiChiTiet": ("detail", text),
        "maQuocGia": ("country_code", text),
    }
)
ID_PAPER = Decoder(
    {
        "loaiGiayTo": ("kind_code", text),
        "soGiayTo": ("number", text),
        "ngayCap": ("issued_on", day),
        "noiCap": ("issued_by", text),
    }
)
PERSON = Decoder({
    "hoTen": ("full_name", text), "gioiTinh": ("sex", SEX), "ngaySinh": ("born_on", day),
    "soDinhDanh": ("personal_id", text), "giayToTuyThan": ("id_paper", ID_PAPER), "danToc": ("ethnic_group", text),
    "quocTich": ("nationality_code", text), "loaiCuTru": ("residence_kind", text), "noiCuTru": ("residence", ADDRESS),
    "queQuan": ("home_place", ADDRESS),
})  # fmt: skip
SPOUSE = Decoder({**PERSON.fields, "lanKetHon": ("marriage_order", text)})
APPLICANT = Decoder(
    {
        **PERSON.fields,
        "quanHe": ("relation", text),
        "soDienThoai": ("phone", text),
        "email": ("email", text),
    },
    ignored=frozenset({"loaiDoiTuong", "maDoiTuong", "fax"}),
)
HEAD = Decoder({"hoTen": ("full_name", text), "soDinhDanh": ("personal_id", text), "quanHe": ("relation", text)})
PURPOSE = Decoder(
    {
        "maMucDichSuDung": ("purpose_code", text),
        "dienTich": ("area_m2", decimal),
        "ngayHetHanSuDung": ("until", day),
        "nguonGoc": ("origin", text),
    }
)
PARCEL = Decoder({
    "maXa": ("commune_code", text), "soHieuToBanDo": ("sheet_number", text), "soThuTuThua": ("parcel_number", text),
    "maXaCu": ("old_commune_code", text), "soHieuToBanDoCu": ("old_sheet_number", text),
    "soThuTuThuaCu": ("old_parcel_number", text), "dienTich": ("area_m2", decimal), "diaChi": ("address", text),
    "mucDichSuDung": ("purposes", many(PURPOSE)), "dangTranhChap": ("is_disputed", flag),
})  # fmt: skip
CERTIFICATE = Decoder(
    {
        "soPhatHanh": ("serial", text),
        "soVaoSo": ("entry_number", text),
        "ngayCap": ("issued_on", day),
        "donViCap": ("issued_by", text),
    }
)
FORMS = {
    "birth": Decoder({
        "nguoiDuocKhaiSinh": ("child", PERSON), "noiSinh": ("birth_place", ADDRESS),
        "loaiKhaiSinh": ("birth_kind", text), "loaiDangKy": ("registration_kind", text),
        "soGiayChungSinh": ("notice_code", text), "ngayGiayChungSinh": ("notice_on", day), "me": ("mother", PERSON),
        "cha": ("father", PERSON), "chuHo": ("head_of_household", HEAD), "noiDangKyThuongTru": ("residence", ADDRESS),
        "maCoSoKcb": ("clinic_code", text), "thuTuSinh": ("birth_order", whole), "soLuongBanSao": ("copies", whole),
    }),
    "death": Decoder({
        "nguoiChet": ("deceased", PERSON), "ngayChet": ("died_on", day), "gioPhutChet": ("died_at_time", text),
        "noiChet": ("place", text), "nguyenNhanChet": ("cause", text), "loaiGiayBaoTu": ("notice_kind", text),
        "soGiayBaoTu": ("notice_code", text), "ngayGiayBaoTu": ("notice_on", day),
        "coQuanCapGiayBaoTu": ("notice_by", text), "maSoBhxh": ("insurance_number", text),
        "soLuongBanSao": ("copies", whole),
    }),
    "marriage": Decoder({
        "chong": ("husband", SPOUSE), "vo": ("wife", SPOUSE), "loaiDangKy": ("registration_kind", text),
    }),
    "residence": Decoder({
        "nguoiDangKy": ("person", PERSON), "noiDangKyThuongTru": ("moves_to", ADDRESS),
        "chuHo": ("head_of_household", HEAD), "noiDungDeNghi": ("reason", text),
    }),
    "land": Decoder({
        "loaiBienDong": ("change_kind", text), "thuaDat": ("parcel", PARCEL),
        "giayChungNhan": ("certificate", CERTIFICATE), "loaiChu": ("owner_kind", text),
        "chuSuDung": ("owners", many(PERSON)),
    }),
}  # fmt: skip
PAPER = Decoder({
    "maThanhPhanHoSo": ("kind_code", text), "tenTepDinhKem": ("name", text), "duongDan": ("link", text),
    "sha256": ("sha256", text), "dungLuong": ("size", whole),
}, ignored=frozenset({
    "tepDinhKemId", "duocSoHoa", "duocTaiSuDung", "duocLayTuKhoDMQG", "maKetQuaThayThe",
}))  # fmt: skip
ITEM = Decoder({
    "maHoSo": ("dossier_code", code),
    "maHoSoLienThong": ("national_code", code),
    "techId": ("technical_id", code),
    "maTTHC": ("procedure_as_written", code),
    "trangThai": ("status", status),
    "ngayTiepNhan": ("received_at", moment),
    "ngayCapNhat": ("updated_at", moment),
    "ngayHenTra": ("due_at", moment),
    "donViXuLy": ("agency_code", code),
    "donViGiaiQuyet": ("deciding_agency_code", code),
    "donViTraKetQua": ("returning_agency_code", code),
    "maXaTiepNhan": ("commune_code", code),
    "trichYeuHoSo": ("abstract", text),
    "chuHoSo": ("applicant", APPLICANT),
    "loaiBieuMau": ("kind", among(KINDS)),
    "duLieu": ("form", _as_it_is),
    "thanhPhanHoSo": ("papers", many(PAPER)),
}, ignored=frozenset({
    "tenTTHC", "maLinhVuc", "tenLinhVuc", "kenhThucHien", "hinhThuc", "noiNopHoSo", "ngayNopHoSo", "ngayTra",
    "thongTinTra", "ngayKetThucXuLy", "ghiChu", "thongTinKhac", "hoSoCoThanhPhanSoHoa", "taiKhoanDuocXacThucVoiVNeID",
    "duocThanhToanTrucTuyen", "danhSachLePhi", "tienDoXuLy", "danhSachGiayToKetQua", "tenDonViXuLy",
}))  # fmt: skip


def first_position(now: datetime) -> str:
    return f"{_stamp(now - timedelta(days=FIRST_DAYS))}|1"


def rewind(position: str) -> str:
    since, _, _ = _taken_apart(position)
    return f"{_stamp(since - OVERLAP)}|1"


def _stamp(instant: datetime) -> str:
    """The instant in UTC and in one length, so that positions sort like their times."""
    return instant.astimezone(timezone.utc).isoformat(timespec="microseconds")


def _taken_apart(position: str) -> tuple[datetime, int, datetime | None]:
    since, page, *then = position.split("|")
    return datetime.fromisoformat(since), int(page), datetime.fromisoformat(then[0]) if then else None


def list_page(stream: str, position: str, endpoint: Endpoint) -> Request:
    since, page, _ = _taken_apart(position)
    query = urlencode({"updatedSince": _stamp(since), "page": abs(page), "pageSize": PAGE_SIZE})
    return Request("GET", f"/api/hoSo?{query}")


def read_page(reply: Reply, stream: str, position: str, now: datetime) -> Listing:
    """The page's items as they are; a fault in an item is found when that item is read."""
    around, rows = items(reply.body, "danhSach")
    if reply.status != 200 or around.get("error_code") != 0:
        raise Unrecognised(f"onestop: a list with status {reply.status} or an error_code", reply.body)
    times = [min(instant, now) for row, _ in rows if (instant := _updated_at(row))]  # a later time would skip dossiers
    next_position, has_more = _after(position, times[-1] if times else None, len(rows) >= PAGE_SIZE)
    return Listing([_entry(row, original) for row, original in rows], next_position, has_more)


def _entry(row: Any, original: bytes) -> ListedDossier:
    return ListedDossier(code_of(row, "maHoSo"), original, code_of(row, "techId"))


def _updated_at(row: Any) -> datetime | None:
    try:
        return moment(row["ngayCapNhat"], "ngayCapNhat") if isinstance(row, dict) and "ngayCapNhat" in row else None
    except DecodeError:
        return None


def _after(position: str, last: datetime | None, is_full: bool) -> tuple[str, bool]:
    """The position after a page that ended at this time, and whether more follows at once."""
    since, page, then = _taken_apart(position)
    if page < -1 and then:
        return f"{_stamp(since)}|{page + 1}|{_stamp(then)}", True
    if page == -1 and then:
        return f"{_stamp(then)}|1", then > since
    has_passed = last is not None and last > since
    if is_full and not has_passed:
        return f"{_stamp(since)}|{page + 1}", True
    on = last if last and has_passed else since
    if page > 1:
        return f"{_stamp(since)}|{1 - page}|{_stamp(on)}", True
    return f"{_stamp(on)}|1", is_full


def read(original: bytes, province_code: str) -> Dossier:
    ours = ITEM(parsed(original, "onestop"), "onestop")
    kind = ours.pop("kind", None)
    if kind is None or "form" not in ours:
        raise DecodeError("onestop.duLieu" if kind else "onestop.loaiBieuMau", "missing")
    ours["case"] = {"kind": kind, **FORMS[kind](ours.pop("form"), "onestop.duLieu")}
    ours["portal_code"] = province_code
    ours["procedure_code"] = procedure_code(ours.get("procedure_as_written", ""))
    return made(Dossier, ours, "onestop")


def fetch_paper(paper: Paper, endpoint: Endpoint) -> Request:
    """The paper behind its link, which is a path of this portal or its whole URL. Raises DecodeError for any other."""
    path = (paper.link or "").removeprefix(endpoint.base_url)
    is_plain = path.isascii() and path.isprintable() and not set(path) & set(' \\#"<>')
    if not path.startswith("/") or path.startswith("//") or ".." in path or not is_plain:
        raise DecodeError("onestop.thanhPhanHoSo.duongDan", "expected a link into this portal")
    return Request("GET", path)


def write_reports(reports: Sequence[Report], endpoint: Endpoint) -> Request:
    return Request.post_json("/api/tienDo", {"data": [_row(report) for report in reports]})


def _row(report: Report) -> dict[str, Any]:
    happened_at = report.happened_at.astimezone(VIETNAM).isoformat(timespec="seconds")
    return {
        "maHoSo": report.dossier_code,
        "maTTHC": report.procedure_as_written,
        "trangThai": STATUSES[report.milestone],
        "noiDungXuLy": progress_text(report, PROGRESS_VI),
        "thoiDiemXuLy": happened_at,
        "ngayBatDau": happened_at,
        **REPORTER,
        **{name: str(value) for name, value in results(report).items()},
    }


def read_reports(reply: Reply, reports: Sequence[Report]) -> list[ReportOutcome]:
    content = reply.json_object()
    rows = content.get("data")
    if not isinstance(rows, list):
        return [_acknowledged(content, reply)] * len(reports)
    if [isinstance(row, dict) and row.get("maHoSo") for row in rows] != [report.dossier_code for report in reports]:
        raise Unrecognised("onestop: expected one answer per progress row, in order", reply.body)
    return [_acknowledged(row, reply, report.milestone) for row, report in zip(rows, reports, strict=True)]


def _acknowledged(answer: Mapping[str, Any], reply: Reply, milestone: Milestone | None = None) -> ReportOutcome:
    """The outcome of a row. Raises Unrecognised for unknown words, and for an accepted call without its rows."""
    if answer.get("error_code") == 0 and "maHoSo" in answer:
        return ReportOutcome.ACKNOWLEDGED
    meant = report_outcome(str(answer.get("message") or ""), WORDS, milestone)
    if meant is None or ("maHoSo" not in answer and meant is not ReportOutcome.LATER):
        raise Unrecognised(f"onestop: a progress answer with unknown words, status {reply.status}", reply.body)
    return meant


PLATFORM = Platform(
    code="onestop",
    name_vi="Một cửa điện tử của nhà cung cấp",
    auth=ClientCredentials("/oauth2/token"),
    probe=lambda endpoint: Request("GET", "/api/ketNoi"),
    streams=("",), first_position=first_position, rewind=rewind, list_page=list_page, read_page=read_page,
    read=read, fetch_paper=fetch_paper,
    statuses=STATUSES, write_reports=write_reports, read_reports=read_reports, reports_at_once=ROWS_AT_ONCE,
)  # fmt: skip
