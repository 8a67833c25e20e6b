"""The land database: what is written, what cannot be written, and what is understood."""

from decimal import Decimal
from uuid import UUID

import pytest
from lxml import etree

from connectors.endpoint import Endpoint
from connectors.errors import Refused, Unrecognised
from connectors.http import Reply
from connectors.registries.land import REGISTRY
from connectors.registries.land.wire import guid_of
from schemas.cases import Certificate, LandCase, Purpose
from schemas.dates import PartialDate
from schemas.person import Address, IdPaper, Sex
from schemas.registries import CivilStatusReceipt, Given
from tests.support.land_cases import (
    CODE,
    GUID,
    HUSBAND,
    NOWHERE,
    WIFE,
    case,
    ground,
    hoa,
    owned_by,
    submission_of,
    used_until,
)

VALUES = ("TRẦN", "HOA", "NGUYỄN", "024190000011", "024085000012", "Thôn Đông", "BA 123456", "345.5")


def written(land_case: LandCase, path: str) -> list[str | None]:
    root = etree.fromstring(REGISTRY.write([submission_of(land_case)], NOWHERE).body)
    return [element.text for element in root.iterfind(path)]


def test_a_reply_that_is_too_large_is_not_recognised() -> None:
    body = b"<KetQua><moTa>" + b"a" * (1024 * 1024) + b"</moTa></KetQua>"
    with pytest.raises(Unrecognised, match="XML over 1048576 bytes"):
        REGISTRY.read(Reply(200, body), [submission_of(case())])


def test_a_reply_with_an_unexpected_status_is_not_recognised() -> None:
    with pytest.raises(Unrecognised, match="status 404"):
        REGISTRY.read(Reply(404, b"<KetQua/>"), [submission_of(case())])


# --- what is written ---


def test_the_guid_is_the_same_for_every_version_of_a_dossier() -> None:
    assert guid_of(submission_of(case()).dossier) == UUID(GUID)
    assert guid_of(submission_of(case(change_kind="TK"), f" {CODE} ").dossier) == UUID(GUID)
    assert guid_of(submission_of(case(), portal_code="40").dossier) != UUID(GUID)


def test_another_attempt_sends_the_same_bytes() -> None:
    first = submission_of(case())
    again = first.model_copy(update={"attempt_number": 2, "given": Given.by(CivilStatusReceipt(entry_number="1"))})
    elsewhere = Endpoint("http://127.0.0.1:8", "other", "other", {"officer_id": "1"})
    assert REGISTRY.write([first], NOWHERE).body == REGISTRY.write([again], elsewhere).body


@pytest.mark.parametrize(
    ("born_on", "day", "year"),
    [
        (PartialDate.of(1990, 5, 1), ["1990-05-01"], ["1990"]),
        (PartialDate.of(1990, 5), [], ["1990"]),
        (PartialDate.of(1990), [], ["1990"]),
        (None, [], []),
    ],
)
def test_a_birth_date_is_written_as_far_as_it_is_known(born_on: PartialDate, day: list[str], year: list[str]) -> None:
    assert written(hoa(born_on=born_on), ".//ngaySinh") == day
    assert written(hoa(born_on=born_on), ".//namSinh") == year


def test_areas_travel_with_a_point_and_nothing_between_thousands() -> None:
    purpose = Purpose(purpose_code="ONT", area_m2=Decimal("1.2345E+3"))
    assert written(ground(purposes=(purpose,), area_m2=Decimal("12345.5")), ".//dienTich") == ["12345.5", "1234.5"]


@pytest.mark.parametrize(
    ("purpose_code", "until", "for_long", "ends_on"),
    [
        ("ONT", None, ["Lâu dài"], []),
        ("ODT ", None, ["Lâu dài"], []),
        ("ODT", PartialDate.of(2070, 1, 2), [], ["2070-01-02"]),
        ("CLN", PartialDate.of(2043), [], ["2043-12-31"]),
    ],
)
def test_land_to_live_on_is_held_for_long_and_other_land_to_a_day(
    purpose_code: str, until: PartialDate | None, for_long: list[str], ends_on: list[str]
) -> None:
    assert written(used_until(until, purpose_code), ".//thoiHanSuDung") == for_long
    assert written(used_until(until, purpose_code), ".//ngayHetHanSuDung") == ends_on


def test_ethnic_codes_are_the_land_systems_own() -> None:
    assert written(hoa(ethnic_group="Ngái"), ".//danTocId") == ["42"]
    assert written(hoa(ethnic_group="Mèo"), ".//danTocId") == ["8"]


def test_an_address_abroad_ends_with_its_country() -> None:
    abroad = Address(detail="Seoul", country_code="KR")
    assert written(hoa(residence=abroad), "ThongTinChu/.//diaChi") == ["Seoul, KR"]


def test_the_husband_is_printed_first_when_he_is_named_first() -> None:
    assert written(owned_by(HUSBAND, WIFE, kind="1"), ".//inVoTruoc") == ["false"]
    assert written(owned_by(WIFE, HUSBAND, kind="1"), ".//inVoTruoc") == ["true"]


def test_persons_who_own_together_hold_a_right_each() -> None:
    persons = written(owned_by(WIFE, HUSBAND), ".//caNhanId")
    assert written(owned_by(WIFE, HUSBAND), ".//DC_QuyenSuDungDat/chuId") == persons
    assert len(set(persons)) == 2


# --- what cannot be written: path and rule, never the value ---

CARD = IdPaper(kind_code="4", number="024190000011", issued_on=PartialDate.of(2022))
PERSON_PATH = "/HoSoXml/ThongTinChu/ThongTinCaNhan/DC_CaNhan"
PARCEL_PATH = "/HoSoXml/ThongTinTaiSan/ThongTinThuaDat/DC_ThuaDat"


@pytest.mark.parametrize(
    ("land_case", "rule"),
    [
        (hoa(personal_id="0241900000111"), f"{PERSON_PATH}/maSoDinhDanh: SCHEMAV_CVC_PATTERN_VALID"),
        (hoa(full_name=" "), f"{PERSON_PATH}/hoTen: SCHEMAV_CVC_MINLENGTH_VALID"),
        (hoa(full_name="HOA\x00"), f"{PERSON_PATH}/hoTen: characters that XML cannot carry"),
        (hoa(ethnic_group="Nguồn"), "case.owners.0.ethnic_group: not one of the 54 groups"),
        (hoa(nationality_code="XX"), "case.owners.0.nationality_code: not in the list of nationalities"),
        (hoa(sex=Sex.UNDETERMINED), "case.owners.0.sex: the land system knows male and female"),
        (hoa(born_on=PartialDate(as_written="HOA")), "case.owners.0.born_on: not a date"),
        (hoa(id_paper=CARD), "case.owners.0.id_paper.issued_on: day, month and year are needed"),
        (hoa(residence=Address(commune_code="99999")), "case.owners.0.residence.commune_code: no commune held it"),
        (hoa(residence=Address(province_code="27")), "case.owners.0.residence.province_code: no province since"),
        (owned_by(), "/HoSoXml/ThongTinQuyenSuDungDat: SCHEMAV_ELEMENT_CONTENT"),
        (owned_by(WIFE, kind="1"), "case.owners: a couple is one wife and one husband"),
        (owned_by(WIFE, WIFE, kind="1"), "case.owners: a couple is one wife and one husband"),
        (owned_by(WIFE, kind="3"), "case.owner_kind: not one of 0, 1, 2"),
        (ground(commune_code=None), f"{PARCEL_PATH}/maXa: SCHEMAV_CVC_PATTERN_VALID"),
        (ground(commune_code="7210"), f"{PARCEL_PATH}/maXa: SCHEMAV_CVC_PATTERN_VALID"),
        (ground(sheet_number=None), f"{PARCEL_PATH}/soHieuToBanDo: SCHEMAV_CVC_MINLENGTH_VALID"),
        (ground(address="Thôn Đông" * 40), f"{PARCEL_PATH}/diaChi: SCHEMAV_CVC_MAXLENGTH_VALID"),
        (ground(area_m2=Decimal("-345.5")), f"{PARCEL_PATH}/dienTich: SCHEMAV_CVC_MINEXCLUSIVE_VALID"),
        (ground(area_m2=Decimal("345.55555")), f"{PARCEL_PATH}/dienTich: SCHEMAV_CVC_FRACTIONDIGITS_VALID"),
        (ground(area_m2=Decimal("1E+999999999")), "case.parcel.area_m2: no area of a parcel"),
        (ground(purposes=()), f"{PARCEL_PATH}/ThongTinMucDichSuDung: SCHEMAV_ELEMENT_CONTENT"),
        (used_until(None), "case.parcel.purposes.0.until: only ONT and ODT are held without an end"),
        (used_until(PartialDate.of(2043, 5)), "case.parcel.purposes.0.until: day, month and year are needed"),
        (case(certificate=Certificate()), "DC_GiayChungNhan/soPhatHanh: SCHEMAV_CVC_MINLENGTH_VALID"),
        (case(change_kind=""), "DC_DangKyThayDoi/loaiGiaoDichBienDong: SCHEMAV_CVC_MINLENGTH_VALID"),
    ],
)
def test_what_cannot_be_written_is_refused_by_path_and_rule_without_the_value(land_case: LandCase, rule: str) -> None:
    with pytest.raises(Refused) as raised:
        REGISTRY.write([submission_of(land_case)], NOWHERE)
    message = str(raised.value)
    assert rule in message
    assert message.startswith(f"land: dossier {CODE} cannot be written: ")
    assert not any(value in message for value in VALUES)
