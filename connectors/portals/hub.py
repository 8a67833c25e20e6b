"""The interlinked hub (Phần mềm dịch vụ công liên thông), from which a province's one-stop desk (MCĐT) takes dossiers.

Documents. Token, list, detail, status update, the hub's statuses and the wording of its answers are as seen in public
adapters between MCĐT and hub; element names of `<hoTich>` follow the civil-status payload (nks, me, cha, nkt, gbt, nyc,
Dktt...). NĐ 63/2024/NĐ-CP; by NĐ 301/2026/NĐ-CP the national portal takes the hub's place from 1 January 2027.

Assumed: the paths; a list by day of last change; marking by id and update time; in the detail `ngayCapNhat`,
`ngayHenTra`, `maCoQuan`, `trichYeu`, `maXaTiepNhan`, `trangThai`, `trangThaiHoSo`; `maBam` and `dungLuong` of a file;
the attribute `ghi` of a date: how it stands on the form, when that is not yyyyMMdd, yyyyMM or yyyy.

Who we are: userName and password give a token and a refresh token. No document gives the token's lifetime: it is used
until it is refused, then renewed, with the refresh token as long as that one lives.

Statuses. The hub's own list is 1 received into MCĐT, 2 supplement asked, 3 accepted, 7 forwarded to the Ministry of
Justice, 4 registered, 5 result returned, 6 rejected; 0 or none before. `trangThaiHoSo` is the national list's number at
the time the dossier was handed over. It is the dossier's status until the hub's own status is more than 1, because 1 is
what we reported ourselves; from then on the hub's number is translated into the national list (`NATIONAL`). We report
1-3-7-4-5 in this order; a person's decision puts 2 or 6 in between, with a text. Assumed: both may come anywhere after
1 and before 5, 6 not after a result (4), and 6 is final; the hub takes its 2 back when the citizen has answered;
`hanBoSungHoSo`, seven days as a province has it, is written as the other times are; a dossier that the citizen
withdraws has 7 as `trangThaiHoSo` and no longer a status of the hub.

A repeat of a status is answered with a text that means done. A taken dossier is marked, and listed again when it
changes. `maDonVi` is a number that has lost its zeros: 4 or 5 digits are a commune, 3 a district of before July 2025,
which does not tell the commune. Papers lie in the original in base64; one with `huyGiayTo` 1 was withdrawn.
"""

import binascii
import json
import math
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from lxml import etree

from connectors.decoding import (
    DecodeError,
    Decoder,
    XmlDecoder,
    among,
    code,
    code_of,
    digits,
    items,
    leaf,
    made,
    many,
    of,
    of_our_age,
    parsed,
    status,
    text,
    whole,
)
from connectors.endpoint import Endpoint
from connectors.errors import Unauthorised, Unrecognised
from connectors.http import Reply, Request, Token, bearing
from connectors.portals.contract import ListedDossier, Listing, Platform, progress_text, report_outcome, results
from connectors.xml import parse
from schemas.dates import VIETNAM, PartialDate, local_day
from schemas.dossier import Dossier, PortalStatus
from schemas.fields import procedure_code
from schemas.person import Sex
from schemas.report import Milestone, Report, ReportOutcome

MOMENT = "%d/%m/%Y %H:%M:%S"
FIRST_DAYS = 30
"""How far back a province that is new to us is read."""
OVERLAP = timedelta(days=2)
CIVIL_STATUS_AGENCY = 5  # coQuanXuLy

MODULES = {"LTKS": "birth", "LTKT": "death"}
NATIONAL = {
    2: PortalStatus.SUPPLEMENT_ASKED, 3: PortalStatus.IN_PROGRESS, 7: PortalStatus.IN_PROGRESS, 4: PortalStatus.DONE,
    5: PortalStatus.RETURNED, 6: PortalStatus.NOT_RECEIVED,
}  # fmt: skip
"""The hub's status as a number of the national list."""
BEFORE_WORK = {0, 1}
"""With these statuses of the hub, `trangThaiHoSo` is the status of the dossier."""

STATUSES = {
    Milestone.RECEIVED: 1, Milestone.ACCEPTED: 3, Milestone.FORWARDED: 7, Milestone.REGISTERED: 4,
    Milestone.RETURNED: 5, Milestone.SUPPLEMENT_ASKED: 2, Milestone.REJECTED: 6,
}  # fmt: skip
PROGRESS_VI = {
    Milestone.RECEIVED: "Đã tiếp nhận hồ sơ vào một cửa điện tử",
    Milestone.ACCEPTED: "Hồ sơ hợp lệ, đã tiếp nhận chính thức",
    Milestone.FORWARDED: "Đã chuyển hồ sơ đến hệ thống đăng ký",
    Milestone.REGISTERED: "Đã đăng ký, có kết quả", Milestone.RETURNED: "Đã trả kết quả",
    Milestone.SUPPLEMENT_ASKED: "Yêu cầu bổ sung hồ sơ", Milestone.REJECTED: "Từ chối giải quyết hồ sơ",
}  # fmt: skip
SUPPLEMENT_WITHIN = timedelta(days=7)  # hanBoSungHoSo
REPORTER = {"nguoiXuLy": "Hệ thống liên thông", "chucDanh": "Hệ thống", "phongBanXuLy": "Liên thông CSDL quốc gia"}
WORDS = {
    "thành công": ReportOutcome.ACKNOWLEDGED,
    "bị từ chối. không thể cập nhật trạng thái": ReportOutcome.ACKNOWLEDGED,
    "đã tồn tại trong một cửa điện tử": ReportOutcome.ACKNOWLEDGED,
    "không tồn tại": ReportOutcome.ACKNOWLEDGED,
    "đã trả kết quả, không được cập nhật": ReportOutcome.ACKNOWLEDGED,
    "đã có kết quả xử lý": ReportOutcome.ACKNOWLEDGED,
    "đã hoàn thành đăng ký": ReportOutcome.ACKNOWLEDGED,
    "chưa cập nhật trạng thái": ReportOutcome.LATER,
    "chưa được gửi không thể cập nhật": ReportOutcome.LATER,
    "có lỗi trong quá trình thêm mới": ReportOutcome.LATER,
    "client received soap fault": ReportOutcome.LATER,
    "server error": ReportOutcome.LATER,
    "logic xử lý không hợp lệ": ReportOutcome.REFUSED,
}
"""The outcome by phrases of the answer, as adapters in use tell them apart."""

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_AS_ON_FORM = frozenset({"ghi"})


def moment(content: Any, place: str) -> datetime:
    """dd/MM/yyyy HH:mm:ss, Vietnam's time."""
    try:
        return of_our_age(datetime.strptime(text(content, place).strip(), MOMENT).replace(tzinfo=VIETNAM), place)
    except ValueError:
        raise DecodeError(place, "expected dd/MM/yyyy HH:mm:ss") from None


def day(element: etree._Element, place: str) -> PartialDate | None:
    """yyyyMMdd, or the part that is known; `ghi` is how the form has it."""
    written = leaf(element, place, _AS_ON_FORM)
    known = PartialDate.read_compact(written)
    on_form = element.get("ghi")
    if on_form is None:
        return known
    return known.model_copy(update={"as_written": str(on_form)}) if known else PartialDate(as_written=str(on_form))


def commune_of_unit(content: Any, place: str) -> str | None:
    """The commune in `maDonVi`, with its zeros; None for a district."""
    return f"{content:05d}" if 1000 <= whole(content, place) < 100_000 else None


SEX = among({"1": Sex.MALE, "2": Sex.FEMALE, "3": Sex.UNDETERMINED})
WRITTEN = of(text)
ADDRESS = XmlDecoder({
    "maTinh": ("province_code", WRITTEN), "maHuyen": ("district_code", WRITTEN), "maXa": ("commune_code", WRITTEN),
    "dcChiTiet": ("detail", WRITTEN), "quocGia": ("country_code", WRITTEN),
})  # fmt: skip
PERSON = XmlDecoder({
    "HoTen": ("full_name", WRITTEN), "GioiTinh": ("sex", of(SEX)), "NgaySinh": ("born_on", day),
    "SoDDCN": ("personal_id", WRITTEN), "LoaiGiayToTuyThan": ("id_paper.kind_code", WRITTEN),
    "SoGiayToTuyThan": ("id_paper.number", WRITTEN), "NgayCapGiayToTuyThan": ("id_paper.issued_on", day),
    "NoiCapGiayToTuyThan": ("id_paper.issued_by", WRITTEN), "DanToc": ("ethnic_group", WRITTEN),
    "QuocTich": ("nationality_code", WRITTEN), "LoaiCuTru": ("residence_kind", WRITTEN),
    "NoiCuTru": ("residence", ADDRESS), "QueQuan": ("home_place", ADDRESS),
}, ignored=frozenset({"NgaySinhBangChu", "XacThucThongTin"}))  # fmt: skip
APPLICANT = XmlDecoder({
    **PERSON.fields, "QuanHe": ("relation", WRITTEN), "SoDienThoai": ("phone", WRITTEN), "Email": ("email", WRITTEN),
}, PERSON.ignored)  # fmt: skip
FORMS = {
    "birth": XmlDecoder({
        "nyc": ("applicant", APPLICANT), "nks": ("child", PERSON), "nksNoiSinh": ("birth_place", ADDRESS),
        "nksLoaiKhaiSinh": ("birth_kind", WRITTEN), "loaiDangKy": ("registration_kind", WRITTEN),
        "maGCS": ("notice_code", WRITTEN), "ngayCapGCS": ("notice_on", day), "me": ("mother", PERSON),
        "cha": ("father", PERSON), "DkttChuHo": ("head_of_household.full_name", WRITTEN),
        "DkttChuHoSoGiayTo": ("head_of_household.personal_id", WRITTEN),
        "DkttMaQuanHe": ("head_of_household.relation", WRITTEN), "DkttNoiDangKy": ("residence", ADDRESS),
        "maCSKCB": ("clinic_code", WRITTEN), "thuTuSinh": ("birth_order", of(digits)),
        "soLuongBanSao": ("copies", of(digits)),
    }, frozenset({"noiDangKy"})),
    "death": XmlDecoder({
        "nyc": ("applicant", APPLICANT), "nkt": ("deceased", PERSON), "nktNgayChet": ("died_on", day),
        "nktGioPhutChet": ("died_at_time", WRITTEN), "nktNoiChet": ("place", WRITTEN),
        "nktNguyenNhanChet": ("cause", WRITTEN), "gbtLoai": ("notice_kind", WRITTEN),
        "gbtSo": ("notice_code", WRITTEN), "gbtNgay": ("notice_on", day), "gbtCoQuanCap": ("notice_by", WRITTEN),
        "maSoBHXH": ("insurance_number", WRITTEN), "soLuongBanSao": ("copies", of(digits)),
    }, frozenset({"noiDangKy", "nktNgayChetGhiBangChu"})),
}  # fmt: skip
PAPER = Decoder({
    "loaiGiayTo": ("kind_code", text), "tenTepDinhKem": ("name", text), "maBam": ("sha256", text),
    "dungLuong": ("size", whole),
}, ignored=frozenset({"id", "tenGiayTo", "huyGiayTo", "duLieuTepDinhKem"}))  # fmt: skip


def _valid_papers(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    return [paper for paper in content if not isinstance(paper, dict) or str(paper.get("huyGiayTo", 0)) != "1"]


def _paper_bytes(paper: Any, place: str) -> bytes:
    place = f"{place}.duLieuTepDinhKem"
    content = paper.get("duLieuTepDinhKem") if isinstance(paper, dict) else None
    try:
        return b64decode("".join(text(content, place).split()).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise DecodeError(place, "expected base64") from None


def _papers(content: Any, place: str) -> Any:
    """The description of each valid paper. Raises DecodeError when the bytes of one are missing."""
    valid = _valid_papers(content)
    many(_paper_bytes)(valid, place)
    return many(PAPER)(valid, place)


DETAIL = Decoder({
    "maHoSo": ("dossier_code", code), "soHoSoLT": ("national_code", code), "techId": ("technical_id", code),
    "maTTHC": ("procedure_as_written", code), "module": ("kind", among(MODULES)), "trangThai": ("hub_status", status),
    "trangThaiHoSo": ("status", status), "ngayTiepNhan": ("received_at", moment), "ngayCapNhat": ("updated_at", moment),
    "ngayHenTra": ("due_at", moment), "maCoQuan": ("agency_code", code), "maDonVi": ("unit", commune_of_unit),
    "maXaTiepNhan": ("commune_code", code), "trichYeu": ("abstract", text), "data": ("form", text),
    "fileDinhKem": ("papers", _papers),
}, ignored=frozenset({"id", "ketQuaXuLy", "tienDo", "tenTTHC"}))  # fmt: skip


@dataclass(frozen=True)
class HubToken(Token):
    """A token that `refresh` can renew until `refresh_until`."""

    refresh_until: datetime | None = None


class HubLogin:
    """Token by userName and password, renewed with the refresh token while that one lives."""

    def ask_token(self, endpoint: Endpoint, old: Token | None) -> Request | None:
        if isinstance(old, HubToken) and old.refresh_until and datetime.now(VIETNAM) < old.refresh_until:
            return Request.post_json("/api/token/refresh", {"token": old.value, "refreshToken": old.refresh})
        return Request.post_json("/api/token", {"userName": endpoint.login, "password": endpoint.password})

    def read_token(self, reply: Reply) -> Token:
        content = reply.json_object()
        token, refresh = content.get("token"), content.get("refreshToken")
        if not isinstance(token, str):
            raise Unauthorised(f"no token in the hub's token reply, status {reply.status}: check userName and password")
        until = moment(content.get("refreshTokenExpiryTime"), "hub.refreshTokenExpiryTime") if refresh else None
        return HubToken(token, math.inf, str(refresh or ""), until)

    def sign(self, request: Request, endpoint: Endpoint, token: Token | None) -> Request:
        return bearing(request, token)


def first_position(now: datetime) -> str:
    return (local_day(now) - timedelta(days=FIRST_DAYS)).isoformat()


def rewind(position: str) -> str:
    return (date.fromisoformat(position) - OVERLAP).isoformat()


def list_page(stream: str, position: str, endpoint: Endpoint) -> Request:
    on = date.fromisoformat(position).strftime("%d/%m/%Y")
    return Request("GET", f"/api/hoSo?{urlencode({'module': stream, 'ngay': on})}")


def read_page(reply: Reply, stream: str, position: str, now: datetime) -> Listing:
    """The list of one day. An item without an id cannot be fetched, so the bytes of the item are its original."""
    around, rows = items(reply.body, "value")
    if reply.status != 200 or around.get("status") != "1":
        raise Unrecognised(f"hub: a list with status {reply.status} or a status other than 1", reply.body)
    entries = [_entry(row, original) for row, original in rows]
    on = date.fromisoformat(position)
    if on < local_day(now):
        return Listing(entries, (on + timedelta(days=1)).isoformat(), True)
    return Listing(entries, position, False)


def _entry(row: Any, original: bytes) -> ListedDossier:
    hub_id = _id_of(row)
    return ListedDossier(code_of(row, "maHoSo"), None if hub_id else original, hub_id, code_of(row, "ngayCapNhat"))


def _id_of(row: Any) -> str:
    """The hub's own id, which is text or a number."""
    number = row.get("id") if isinstance(row, dict) else None
    return str(number) if type(number) is int else code_of(row, "id")


def fetch(entry: ListedDossier, endpoint: Endpoint) -> Request:
    return Request("GET", f"/api/hoSo/{quote(entry.technical_id, safe='')}")


def read_fetched(reply: Reply, entry: ListedDossier) -> bytes:
    """The detail's bytes, when they are the detail of this entry, readable or not."""
    if reply.status != 200 or _id_of(reply.json_object().get("value")) != entry.technical_id:
        raise Unrecognised(f"hub: status {reply.status}, expected the detail that was asked for", reply.body)
    return reply.body


def taken(entries: Sequence[ListedDossier], endpoint: Endpoint) -> Request:
    marks = [{"id": entry.technical_id, "ngayCapNhat": entry.version} for entry in entries if entry.technical_id]
    return Request.post_json("/api/hoSo/danhDau", {"danhSach": marks})


def read(original: bytes, province_code: str) -> Dossier:
    ours = DETAIL(_detail(original), "hub")
    kind = ours.pop("kind", None)
    if kind is None or "form" not in ours:
        raise DecodeError("hub.data" if kind else "hub.module", "missing")
    case = FORMS[kind](_form(ours.pop("form")), "hub.data")
    ours["applicant"] = case.pop("applicant", None)
    ours["case"] = {"kind": kind, **_without_blank_papers(case)}
    ours["status"] = _national_status(ours.pop("hub_status", 0), ours.get("status"))
    ours.setdefault("commune_code", ours.pop("unit", None))
    ours["portal_code"] = province_code
    ours["procedure_code"] = procedure_code(ours.get("procedure_as_written", ""))
    return made(Dossier, ours, "hub")


def _detail(original: bytes) -> Any:
    """The detail inside its envelope, or a bare item of a list that had no id."""
    content = parsed(original, "hub")
    return content.get("value", content) if isinstance(content, dict) else content


def _form(data: str) -> etree._Element:
    """The root of the XML in the string, without its declaration: the string is decoded, so its encoding is void."""
    try:
        root = parse(_DECLARATION.sub("", data.lstrip("\ufeff")).strip().encode())
    except (UnicodeEncodeError, Unrecognised) as error:
        raise DecodeError("hub.data", error.reason if isinstance(error, UnicodeEncodeError) else str(error)) from None
    if root.tag != "hoTich":
        raise DecodeError("hub.data", "expected the element hoTich")
    return root


def _without_blank_papers(case: dict[str, Any]) -> dict[str, Any]:
    """Kind 0 means "none" in the ministry's list: a paper of kind 0 without a number is left out."""
    for person in case.values():
        if isinstance(person, dict) and person.get("id_paper") == {"kind_code": "0"}:
            del person["id_paper"]
    return case


def _national_status(hub_status: int, handed_over: int | None) -> int:
    if hub_status in BEFORE_WORK:
        return PortalStatus.RECEIVED if handed_over is None else handed_over
    if hub_status not in NATIONAL:
        raise DecodeError("hub.trangThai", "expected one of the hub's statuses")
    return NATIONAL[hub_status]


def papers_inside(original: bytes) -> list[bytes]:
    """The files in their order. It raises nothing for an original that `read` accepts."""
    detail = _detail(original)
    papers = _valid_papers(detail.get("fileDinhKem") or []) if isinstance(detail, dict) else None
    return list(many(_paper_bytes)(papers, "hub.fileDinhKem"))


def write_reports(reports: Sequence[Report], endpoint: Endpoint) -> Request:
    (report,) = reports
    happened_at = report.happened_at.astimezone(VIETNAM).strftime(MOMENT)
    content = {
        "maTTHC": report.procedure_as_written,
        "soHoSoLT": report.national_code,
        "coQuanXuLy": CIVIL_STATUS_AGENCY,
        "maHoSo": report.dossier_code,
        "trangThai": STATUSES[report.milestone],
        "thoiGianThucHien": happened_at,
        "ngayBatDau": happened_at,
        "ghiChu": "",
        "noiDungXuLy": progress_text(report, PROGRESS_VI),
    }
    return Request.post_json("/api/hoSo/trangThai", content | REPORTER | _result(report))


def _result(report: Report) -> dict[str, str]:
    """What the registries gave, from the registration on (the personal number may be known only at the end), or the
    time until which the citizen may supplement."""
    if report.milestone == Milestone.SUPPLEMENT_ASKED:
        return {"hanBoSungHoSo": f"{(report.happened_at + SUPPLEMENT_WITHIN).astimezone(VIETNAM):{MOMENT}}"}
    if report.milestone not in (Milestone.REGISTERED, Milestone.RETURNED):
        return {}
    given = results(report).items()
    written = {name: f"{value:%d/%m/%Y}" if isinstance(value, date) else value for name, value in given}
    return {"ketQuaXuLy": json.dumps(written, ensure_ascii=False, separators=(",", ":"))}


def read_reports(reply: Reply, reports: Sequence[Report]) -> list[ReportOutcome]:
    return [_acknowledged(reply.json_object(), reply, reports[0].milestone)]


def _acknowledged(content: Mapping[str, Any], reply: Reply, milestone: Milestone) -> ReportOutcome:
    words = " ".join(str(content.get(name) or "") for name in ("statusDescription", "errorDescription"))
    meant = report_outcome(words, WORDS, milestone)
    if meant is None:
        raise Unrecognised(f"hub: a status answer with unknown words, status {reply.status}", reply.body)
    return meant


PLATFORM = Platform(
    code="hub",
    name_vi="Phần mềm dịch vụ công liên thông",
    auth=HubLogin(),
    probe=lambda endpoint: Request("GET", "/api/ketNoi"),
    streams=tuple(MODULES), first_position=first_position, rewind=rewind, list_page=list_page, read_page=read_page,
    fetch=fetch, read_fetched=read_fetched, read=read, papers_inside=papers_inside, taken=taken,
    statuses=STATUSES, write_reports=write_reports, read_reports=read_reports,
)  # fmt: skip
