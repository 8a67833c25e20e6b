"""What the land database is sent, and what its replies mean. The folder's docstring gives the sources."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from lxml import etree

from connectors import xml
from connectors.endpoint import Endpoint
from connectors.errors import Refused, Unrecognised
from connectors.http import Reply, Request
from schemas.cases import land
from schemas.catalogues import code_of
from schemas.dates import PartialDate
from schemas.delivery import Answer, Outcome, Submission
from schemas.dossier import Dossier
from schemas.person import Address, IdPaper, Person, Sex
from schemas.places import PROVINCES, commune_on
from schemas.registries import LandReceipt
from schemas.text import clean

SEND_PATH = "/dangkydatdai/1.0/guiHoSo"
ASK_PATH = "/dangkydatdai/1.0/traCuuHoSo"
ASKS_AT_ONCE = 20
REPLY_LIMIT_BYTES = 1024 * 1024

TAKEN = frozenset({"00", "01"})  # received, already there and unchanged
REFUSALS = frozenset({"40", "41", "42"})  # structure, business rule, other content under the same GUID
STATES = {"0": Outcome.UNKNOWN, "1": Outcome.ACCEPTED, "2": Outcome.REGISTERED, "3": Outcome.REFUSED}

PERSON, COUPLE, HOUSEHOLD = "0", "1", "2"
SEXES = {Sex.MALE: "1", Sex.FEMALE: "0"}
FOR_LONG = "Lâu dài"
HELD_FOR_LONG = frozenset({"ONT", "ODT"})

_GUIDS = UUID("5b0d4f0e-6a51-5c3e-8d7e-6c616e642d31")


def write(submissions: Sequence[Submission], endpoint: Endpoint) -> Request:
    """The HoSoXml of one dossier, valid by our XSD; Refused with path and rule when it cannot be made so."""
    (submission,) = submissions
    try:
        root = _ho_so(submission)
    except _Unwritable as fault:
        raise _refusal(submission, str(fault)) from None
    if faults := xml.faults(root, xml.schema("connectors.registries.land", "land.xsd")):
        raise _refusal(submission, "; ".join(faults))
    return _post(SEND_PATH, root)


def read(reply: Reply, submissions: Sequence[Submission]) -> list[Answer]:
    """The answer to one dossier: taken, already there, or refused."""
    (submission,) = submissions
    root = _parse(reply, "KetQua")
    code = xml.text(root, "maKetQua")
    if code in REFUSALS:
        return [Answer(outcome=Outcome.REFUSED, code=code, words=xml.text(root, "moTa"))]
    if code not in TAKEN:
        raise Unrecognised("land: maKetQua of a sent dossier is not in our list", reply.body)
    answer = _state(root, submission, reply)
    if xml.text(root, "hoSoGuid") != str(guid_of(submission.dossier)) or answer.outcome is Outcome.UNKNOWN:
        raise Unrecognised("land: the reply is about another hoSoGuid or dangKyThayDoiId than was sent", reply.body)
    return [answer]


def ask(submissions: Sequence[Submission], endpoint: Endpoint) -> Request:
    """A look-up by GUID of at most `ASKS_AT_ONCE` dossiers."""
    return _look_up([guid_of(submission.dossier) for submission in submissions])


def read_asked(reply: Reply, submissions: Sequence[Submission]) -> list[Answer]:
    """What became of each request. One that another version of the dossier holds the GUID of is unknown there."""
    root = _parse(reply, "DanhSachKetQua")
    rows = {xml.text(row, "hoSoGuid"): row for row in root.iterfind("KetQua")}
    answers = []
    for submission in submissions:
        row = rows.get(str(guid_of(submission.dossier)))
        if row is None:
            raise Unrecognised("land: the look-up's reply lacks a hoSoGuid that was asked for", reply.body)
        answers.append(_state(row, submission, reply))
    return answers


def probe(endpoint: Endpoint) -> Request:
    """A look-up of a dossier that cannot exist."""
    return _look_up([UUID(int=0)])


def guid_of(dossier: Dossier) -> UUID:
    """The `hoSoGuid`: the same for every version of a dossier."""
    return uuid5(_GUIDS, f"{dossier.portal_code}/{clean(dossier.dossier_code)}")


class _Unwritable(Exception):
    """A value that the land system has no words for; the message names the field and the rule, never the value."""


def _refusal(submission: Submission, rules: str) -> Refused:
    return Refused(f"land: dossier {clean(submission.dossier.dossier_code)} cannot be written: {rules}")


def _post(path: str, root: etree._Element) -> Request:
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return Request("POST", path, body, {"Content-Type": "application/xml; charset=utf-8"})


def _look_up(guids: Sequence[UUID]) -> Request:
    root = etree.Element("TraCuuHoSo")
    for guid in guids:
        xml.add(root, "hoSoGuid", guid)
    return _post(ASK_PATH, root)


def _ho_so(submission: Submission) -> etree._Element:
    dossier = submission.dossier
    case = dossier.case
    if not isinstance(case, land.LandCase):
        raise _Unwritable("case: not a land change")
    ids = _Ids(guid_of(dossier))
    root = etree.Element("HoSoXml")
    _fill(root, hoSoGuid=str(ids.guid))
    received_on = dossier.event_on.isoformat()
    _fill(xml.add(root, "DC_TinhHinhDangKy"), maXa=_some(dossier.commune_code), ngayTiepNhan=received_on)
    _certificate(_nest(root, "ThongTinGiayChungNhan", "DC_GiayChungNhan"), case.certificate, ids)
    _rights(xml.add(root, "ThongTinQuyenSuDungDat"), case, ids)
    _parcel(_nest(root, "ThongTinTaiSan", "ThongTinThuaDat", "DC_ThuaDat"), case.parcel, ids)
    _owners(xml.add(root, "ThongTinChu"), case, dossier.event_on, ids)
    _change(_nest(root, "ThongTinDangKyThayDoi", "DC_DangKyThayDoi"), submission, case, ids)
    return root


class _Ids:
    """The ids of a dossier's parts, derived from its GUID, so that a repeat has the same."""

    def __init__(self, guid: UUID) -> None:
        self.guid = guid
        self.parcel = str(uuid5(guid, "parcel"))
        self.certificate = str(uuid5(guid, "certificate"))
        self.holder = str(uuid5(guid, "holder"))

    def owner(self, position: int) -> str:
        return str(uuid5(self.guid, f"owner/{position}"))


def _certificate(at: etree._Element, certificate: land.Certificate, ids: _Ids) -> None:
    _fill(
        at,
        giayChungNhanId=ids.certificate,
        soVaoSo=_some(certificate.entry_number),
        soPhatHanh=certificate.serial or "",
        donViCap=_some(certificate.issued_by),
        ngayCap=_day(certificate.issued_on, "case.certificate.issued_on"),
    )


def _rights(at: etree._Element, case: land.LandCase, ids: _Ids) -> None:
    """One right per holder: each person, or the couple, or the household."""
    holders = [ids.owner(n) for n in range(len(case.owners))] if case.owner_kind == PERSON else [ids.holder]
    for holder in holders:
        right = xml.add(at, "DC_QuyenSuDungDat")
        _fill(right, loaiDoiTuong=case.owner_kind, chuId=holder, thuaDatId=ids.parcel, giayChungNhanId=ids.certificate)


def _parcel(at: etree._Element, parcel: land.Parcel, ids: _Ids) -> None:
    _fill(
        at,
        thuaDatId=ids.parcel,
        maXa=parcel.commune_code or "",
        maXaCu=_some(parcel.old_commune_code),
        soHieuToBanDo=parcel.sheet_number or "",
        soThuTuThua=parcel.parcel_number or "",
        soHieuToBanDoCu=_some(parcel.old_sheet_number),
        soThuTuThuaCu=_some(parcel.old_parcel_number),
        dienTich=_area(parcel.area_m2, "case.parcel.area_m2"),
        diaChi=_some(parcel.address),
        dangTranhChap=_flag(parcel.is_disputed),
    )
    purposes = xml.add(at, "ThongTinMucDichSuDung")
    for position, purpose in enumerate(parcel.purposes):
        _purpose(xml.add(purposes, "DC_MucDichSuDung"), purpose, position)


def _purpose(at: etree._Element, purpose: land.Purpose, position: int) -> None:
    field = f"case.parcel.purposes.{position}"
    area = _area(purpose.area_m2, f"{field}.area_m2")
    _fill(at, soThuTuMucDichSuDung=str(position + 1), maMucDichSuDung=purpose.purpose_code, dienTich=area)
    if purpose.until is not None:
        _fill(at, ngayHetHanSuDung=_last_day(purpose.until, f"{field}.until"))
    elif clean(purpose.purpose_code) in HELD_FOR_LONG:
        _fill(at, thoiHanSuDung=FOR_LONG)
    else:
        raise _Unwritable(f"{field}.until: only ONT and ODT are held without an end")
    if _some(purpose.origin):
        _fill(_nest(at, "ThongTinNguonGocDat", "DC_NguonGocDat"), nguonGoc=purpose.origin, dienTich=area)


def _owners(at: etree._Element, case: land.LandCase, on: date, ids: _Ids) -> None:
    persons = xml.add(at, "ThongTinCaNhan")
    for position, owner in enumerate(case.owners):
        _person(xml.add(persons, "DC_CaNhan"), owner, on, ids.owner(position), f"case.owners.{position}")
    if case.owner_kind == COUPLE:
        _couple(_nest(at, "ThongTinVoChong", "DC_VoChong"), case.owners, ids)
    elif case.owner_kind == HOUSEHOLD:
        _household(_nest(at, "ThongTinHoGiaDinh", "DC_HoGiaDinh"), case.owners, ids)
    elif case.owner_kind != PERSON:
        raise _Unwritable("case.owner_kind: not one of 0, 1, 2")


def _person(at: etree._Element, person: Person, on: date, person_id: str, field: str) -> None:
    born_on = person.born_on
    if born_on and not born_on.year:
        raise _Unwritable(f"{field}.born_on: not a date")
    _fill(
        at,
        caNhanId=person_id,
        hoTen=person.full_name,
        ngaySinh=_day(born_on, field) if born_on and born_on.day else None,
        namSinh=str(born_on.year) if born_on else None,
        gioiTinh=_sex(person.sex, f"{field}.sex"),
        maSoDinhDanh=_some(person.personal_id),
        quocTichId=_nationality(person.nationality_code, on, f"{field}.nationality_code"),
        danTocId=_ethnic(person.ethnic_group, on, f"{field}.ethnic_group"),
        diaChi=_address(person.residence, on, f"{field}.residence"),
    )
    if person.id_paper is not None:
        _id_paper(_nest(at, "ThongTinGiayToTuyThan", "DC_GiayToTuyThan"), person.id_paper, f"{field}.id_paper")


def _id_paper(at: etree._Element, paper: IdPaper, field: str) -> None:
    _fill(
        at,
        loaiGiayToTuyThan=paper.kind_code,
        soGiayTo=paper.number,
        ngayCap=_day(paper.issued_on, f"{field}.issued_on"),
        noiCap=_some(paper.issued_by),
    )


def _couple(at: etree._Element, owners: Sequence[Person], ids: _Ids) -> None:
    sexes = [owner.sex for owner in owners]
    if sorted(sex or "" for sex in sexes) != [Sex.FEMALE, Sex.MALE]:
        raise _Unwritable("case.owners: a couple is one wife and one husband")
    wife, husband = ids.owner(sexes.index(Sex.FEMALE)), ids.owner(sexes.index(Sex.MALE))
    _fill(at, voChongId=ids.holder, voId=wife, chongId=husband, inVoTruoc=_flag(sexes[0] is Sex.FEMALE))


def _household(at: etree._Element, owners: Sequence[Person], ids: _Ids) -> None:
    _fill(at, hoGiaDinhId=ids.holder, chuHoId=ids.owner(0))
    if len(owners) > 1:
        members = xml.add(at, "ThongTinThanhVienHoGiaDinh")
        for position in range(1, len(owners)):
            _fill(xml.add(members, "ThanhVienHoGiaDinh"), caNhanId=ids.owner(position))


def _change(at: etree._Element, submission: Submission, case: land.LandCase, ids: _Ids) -> None:
    _fill(
        at,
        dangKyThayDoiId=submission.request_code,
        laThuaDat="true",
        thuaDatId=ids.parcel,
        loaiGiaoDichBienDong=case.change_kind,
        maHoSoThuTucDangKy=submission.dossier.dossier_code,
        noiDungDangKyThayDoi=_some(submission.dossier.abstract),
    )


def _nest(at: etree._Element, *names: str) -> etree._Element:
    for name in names:
        at = xml.add(at, name)
    return at


def _fill(at: etree._Element, **texts: str | None) -> None:
    """Children in this order; None is left out, empty text is written, so that the XSD's fault names the element."""
    for name, text in texts.items():
        if text is None:
            continue
        try:
            xml.add(at, name, clean(text))
        except ValueError:
            where = at.getroottree().getpath(at)
            raise _Unwritable(f"{where}/{name}: characters that XML cannot carry") from None


def _some(text: str | None) -> str | None:
    """The text, or None when there is nothing in it."""
    return clean(text) or None


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _area(area: Decimal, field: str) -> str:
    if not area.is_finite() or not -5 < area.adjusted() < 16:
        raise _Unwritable(f"{field}: no area of a parcel")
    return format(area, "f")


def _day(day: PartialDate | None, field: str) -> str | None:
    """A date that must be whole to be sent."""
    if day is None:
        return None
    if not day.day or day.earliest is None:
        raise _Unwritable(f"{field}: day, month and year are needed")
    return day.earliest.isoformat()


def _last_day(day: PartialDate, field: str) -> str | None:
    """The last day of a term; a year alone means its 31 December."""
    return day.latest.isoformat() if day.precision == "year" and day.latest else _day(day, field)


def _sex(sex: Sex | None, field: str) -> str | None:
    if sex is not None and sex not in SEXES:
        raise _Unwritable(f"{field}: the land system knows male and female")
    return SEXES[sex] if sex else None


def _nationality(code: str | None, on: date, field: str) -> str | None:
    listed = code_of("nationality", "land", code, on)
    if _some(code) and listed is None:
        raise _Unwritable(f"{field}: not in the list of nationalities")
    return listed


def _ethnic(group: str | None, on: date, field: str) -> str | None:
    code = code_of("ethnic_group", "land", group, on)
    if _some(group) and code is None:
        raise _Unwritable(f"{field}: not one of the 54 groups")
    return code


def _address(address: Address | None, on: date, field: str) -> str | None:
    """One line: detail, commune, province, country if not Vietnam; names as they were on the day of receipt."""
    if address is None:
        return None
    commune = commune_on(clean(address.commune_code), on)
    province = PROVINCES.get(clean(address.province_code))
    if _some(address.commune_code) and commune is None:
        raise _Unwritable(f"{field}.commune_code: no commune held it on the day of receipt")
    if _some(address.province_code) and province is None:
        raise _Unwritable(f"{field}.province_code: no province since 1 July 2025")
    country = clean(address.country_code)
    parts = (clean(address.detail), commune and commune.name_vi, province, country if country != "VN" else "")
    return _some(", ".join(part for part in parts if part))


def _parse(reply: Reply, root_name: str) -> etree._Element:
    if reply.status not in (200, 400):
        raise Unrecognised(f"land: status {reply.status}, expected 200 or 400", reply.body)
    root = xml.parse(reply.body, limit=REPLY_LIMIT_BYTES)
    if root.tag != root_name:
        raise Unrecognised(f"land: the reply's root is not {root_name}", reply.body)
    return root


def _state(row: etree._Element, submission: Submission, reply: Reply) -> Answer:
    code = xml.text(row, "maKetQua")
    outcome = STATES.get(xml.text(row, "trangThai"))
    if code not in TAKEN or outcome is None:
        raise Unrecognised("land: maKetQua or trangThai of a result is not in our list", reply.body)
    if outcome is Outcome.UNKNOWN or xml.text(row, "dangKyThayDoiId") != submission.request_code:
        return Answer(outcome=Outcome.UNKNOWN, code=code)
    receipt = _receipt(row, reply) if outcome is Outcome.REGISTERED else None
    return Answer(outcome=outcome, receipt=receipt, code=code, words=xml.text(row, "moTa"))


def _receipt(row: etree._Element, reply: Reply) -> LandReceipt:
    """A registration has its day; its code may come later."""
    try:
        registered_on = date.fromisoformat(xml.text(row, "ngayDangKy"))
    except ValueError:
        raise Unrecognised("land: ngayDangKy of a registration is no date", reply.body) from None
    return LandReceipt(registered_on=registered_on, land_entry_code=xml.text(row, "maBienDong") or None)
