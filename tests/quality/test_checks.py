"""Each check sees its fault in a dossier that has it, and nothing in a neighbour that comes close and is sound."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest

from quality import checks
from quality.check import FaultLocation, FetchedPaper, Saw, check
from quality.checks import agencies
from quality.examination import CATALOGUE, examine, explain, sight
from quality.titles import models_in, steps_from, title_of
from schemas.dates import VIETNAM, PartialDate
from schemas.dossier import Dossier, Paper
from schemas.fields import Model
from schemas.finding import Finding, Weight
from schemas.person import Address, IdPaper, Sex
from tests.support.dossiers import BIRTH, DEATH, FATHER, LAND, MARRIAGE, MOVER, RESIDENCE, SOUND, changed, when
from tests.support.planted_defects import HELD_BY

HASH, OTHER_HASH = "9f" * 32, "3c" * 32
MODULES = [import_module(f"{checks.__name__}.{module.name}") for module in iter_modules(checks.__path__)]
FUNCTIONS = {name for module in MODULES for name in vars(module)}
RAISED_BY_STEPS = CATALOGUE.keys() - FUNCTIONS
SHOWN_ELSEWHERE = {check.__name__ for check in vars(agencies).values() if getattr(check, "__name__", "") in CATALOGUE}
"""Checks of agencies, which need a table of agencies: `test_agencies.py`."""


@dataclass(frozen=True)
class Row:
    """A fault: what is changed in a sound dossier, where it must be seen, and a change that must not be seen."""

    check_code: str
    base: Dossier
    fault: dict[str, Any]
    field_path: str
    neighbour: dict[str, Any] = field(default_factory=dict)


def paper(sha256: str | None = HASH, declared: str | None = HASH, size: int = 20480) -> FetchedPaper:
    return FetchedPaper("KS-GCS", declared, sha256, size)


def with_changes(dossier: Dossier, changes: dict[str, Any]) -> Dossier:
    for path, value in changes.items():
        dossier = changed(dossier, path, value)
    return Dossier.model_validate(dossier.model_dump())


OTHER_PROVINCE = Address(province_code="22", commune_code="07210")
FOREIGN = {"case.father.ethnic_group": "Người nước ngoài", "case.father.nationality_code": "KR"}
ID9 = IdPaper(kind_code="1", number="125123456")
NO_DAY = PartialDate(as_written="31.02.2026")
BEFORE_CODED_NOTICES = {
    "received_at": datetime(2025, 9, 1, 8, tzinfo=VIETNAM), "case.child.born_on": when("28.08.2025"),
    "case.notice_on": None,
}  # fmt: skip

ROWS = (
    Row("placeholder_number", BIRTH, {"applicant.personal_id": "000000001"}, "applicant.personal_id"),
    Row("placeholder_number", BIRTH, {"case.head_of_household.personal_id": "111111111111"},
        "case.head_of_household.personal_id", {"case.head_of_household.personal_id": None}),
    Row("placeholder_number", BIRTH, {"case.mother.id_paper.number": "123456789"}, "case.mother.id_paper.number"),
    Row("wrong_personal_id_length", BIRTH, {"case.mother.personal_id": "0241980011119"}, "case.mother.personal_id"),
    Row("wrong_personal_id_length", LAND, {"case.owners.1.personal_id": "024l99007777"}, "case.owners.1.personal_id",
        {"case.owners.1.personal_id": "024 199007777"}),
    Row("wrong_personal_id_length", LAND, {"case.owners.1.personal_id": "٠٢٤١٩٩٠٠٧٧٧٧"}, "case.owners.1.personal_id"),
    Row("spaces_in_number", DEATH, {"case.deceased.personal_id": "024050003333 "}, "case.deceased.personal_id"),
    Row("spaces_in_number", DEATH, {"case.insurance_number": "24123 45678"}, "case.insurance_number"),
    Row("id_paper_number_malformed", BIRTH, {"case.mother.id_paper.number": "02419800111"},
        "case.mother.id_paper.number", {"case.mother.id_paper": IdPaper(kind_code="2", number="C1234567")}),
    Row("unknown_id_paper_kind", BIRTH, {"case.mother.id_paper.kind_code": "63001"}, "case.mother.id_paper.kind_code",
        {"case.mother.id_paper.kind_code": "8"}),
    Row("ended_id_paper", BIRTH, {"case.mother.id_paper": ID9}, "case.mother.id_paper.kind_code",
        {"case.mother.id_paper": ID9, "received_at": datetime(2024, 12, 31, 16, tzinfo=VIETNAM)}),
    Row("odd_personal_id_structure", RESIDENCE, {"case.person.personal_id": "024099007777"},
        "case.person.personal_id", {"case.person.sex": None, "case.person.born_on": None}),
    Row("wrong_insurance_number_length", DEATH, {"case.insurance_number": "241234567"}, "case.insurance_number",
        {"case.insurance_number": "0000000000"}),
    Row("decomposed_text", BIRTH, {"case.child.full_name": unicodedata.normalize("NFD", "NGUYỄN MAI ANH")},
        "case.child.full_name", {"case.child.full_name": "NGUYEN MAI ANH"}),
    Row("decomposed_text", BIRTH, {"case.residence.detail": unicodedata.normalize("NFD", "Thôn Đoài")},
        "case.residence.detail"),
    Row("name_missing", DEATH, {"case.deceased.full_name": "  "}, "case.deceased.full_name"),
    Row("digits_in_name", DEATH, {"case.deceased.full_name": "PHẠM VĂN THÀNH 2"}, "case.deceased.full_name",
        {"case.deceased.full_name": "H'BIA Ê BAN"}),
    Row("needless_spaces_in_name", DEATH, {"case.deceased.full_name": "PHẠM  VĂN THÀNH"}, "case.deceased.full_name"),
    Row("telex_residue", DEATH, {"case.deceased.full_name": "Nguyeenx Vawn An"}, "case.deceased.full_name",
        {"case.deceased.full_name": "KSOR Y BHOK XOONG"}),
    Row("telex_residue", DEATH, {"case.deceased.full_name": "LÊ THUYJ"}, "case.deceased.full_name",
        {"case.deceased.full_name": "FELIX LEEDS", "case.deceased.nationality_code": "GB"}),
    Row("unknown_ethnic_group", BIRTH, {"case.child.ethnic_group": "Kimh"}, "case.child.ethnic_group",
        {"case.child.ethnic_group": "Cơ Ho (Chil)", "case.mother.ethnic_group": "Null"}),
    Row("unknown_ethnic_group", BIRTH, {"case.father.ethnic_group": "Người nước ngoài"}, "case.father.ethnic_group",
        FOREIGN),
    Row("unknown_nationality", BIRTH, {"case.father.nationality_code": "XX"}, "case.father.nationality_code",
        {"case.father.nationality_code": None}),
    Row("unknown_relation", DEATH, {"applicant.relation": "Hàng xóm"}, "applicant.relation",
        {"applicant.relation": "cháu  ngoại"}),
    Row("impossible_date", BIRTH, {"case.child.born_on": NO_DAY}, "case.child.born_on"),
    Row("impossible_date", LAND, {"case.parcel.purposes.1.until": NO_DAY}, "case.parcel.purposes.1.until",
        {"case.parcel.purposes.0.until": PartialDate(as_written="Lâu dài")}),
    Row("lunar_year_open", DEATH, {"case.deceased.born_on": PartialDate.read_lunar("22/8 năm Quý Mùi")},
        "case.deceased.born_on", {"case.deceased.born_on": PartialDate.read_lunar("22/8/1943")}),
    Row("lunar_year_open", DEATH, {"case.deceased.born_on": PartialDate.read_lunar("năm Quý Mùi (1943)")},
        "case.deceased.born_on", {"case.deceased.born_on": PartialDate.read_lunar("tháng 5 năm Quý Mùi (1943)")}),
    Row("birth_after_receipt", BIRTH, {"case.child.born_on": when("21.11.2026"), "case.notice_on": None},
        "case.child.born_on", {"case.child.born_on": when("20.11.2026"), "case.notice_on": None}),
    Row("birth_after_receipt", MARRIAGE, {"case.wife.born_on": when("2027")}, "case.wife.born_on"),
    Row("paper_date_after_receipt", DEATH, {"case.notice_on": when("21.11.2026")}, "case.notice_on",
        {"case.notice_on": when("11.2026")}),
    Row("birth_day_unknown", BIRTH, {"case.child.born_on": when("2026")}, "case.child.born_on",
        {"case.mother.born_on": when("1998")}),
    Row("birth_day_unknown", BIRTH, {"case.child.born_on": None}, "case.child.born_on"),
    Row("notice_before_birth", BIRTH, {"case.notice_on": when("01.11.2026")}, "case.notice_on",
        {"case.notice_on": when("02.11.2026")}),
    Row("late_not_marked", BIRTH, {"case.child.born_on": when("20.09.2026")}, "case.registration_kind",
        {"case.child.born_on": when("20.09.2026"), "case.registration_kind": "4"}),
    Row("late_not_marked", BIRTH, {"case.child.born_on": when("20.09.2026")}, "case.registration_kind",
        {"case.child.born_on": when("21.09.2026")}),
    Row("death_day_missing", DEATH, {"case.died_on": None}, "case.died_on", {"case.died_on": when("2026")}),
    Row("death_before_birth", DEATH, {"case.died_on": when("09.10.1950")}, "case.died_on",
        {"case.died_on": when("10.1950")}),
    Row("notice_before_death", DEATH, {"case.notice_on": when("17.11.2026")}, "case.notice_on",
        {"case.notice_on": when("18.11.2026")}),
    Row("mother_too_young", BIRTH, {"case.mother.born_on": when("03.11.2014")}, "case.mother.born_on",
        {"case.mother.born_on": when("02.11.2014")}),
    Row("mother_too_young", BIRTH, {"case.mother.born_on": when("2015")}, "case.mother.born_on",
        {"case.mother.born_on": when("2014")}),
    Row("father_too_young", BIRTH, {"case.father.born_on": when("2027")}, "case.father.born_on"),
    Row("parents_same_number", BIRTH, {"case.father.personal_id": "024198001111"}, "case.father.personal_id",
        {"case.father.personal_id": None, "case.mother.personal_id": None}),
    Row("child_has_number_of_parent", BIRTH, {"case.child.personal_id": "024198001111"}, "case.child.personal_id",
        {"case.child.personal_id": "024326000001"}),
    Row("birth_kind_contradicted", BIRTH, {"case.birth_kind": "3"}, "case.birth_kind",
        {"case.birth_kind": "3", "case.father": None, "applicant": None}),
    Row("birth_kind_contradicted", BIRTH, {"case.birth_kind": "9"}, "case.birth_kind", {"case.birth_kind": None}),
    Row("applicant_relation_overwrites", BIRTH, {"applicant.full_name": "TRẦN THỊ HOA"}, "case.father",
        {"applicant.full_name": "Nguyễn Văn  Nam", "applicant.personal_id": None}),
    Row("applicant_relation_overwrites", BIRTH, {"applicant.personal_id": "024095009999"}, "case.father",
        {"applicant.full_name": "PHẠM VĂN SƠN", "applicant.relation": "Ông"}),
    Row("applicant_relation_overwrites", BIRTH, {"applicant.relation": "Mẹ"}, "case.mother"),
    Row("applicant_relation_overwrites", BIRTH, {"case.father": None, "case.birth_kind": "3"}, "case.father"),
    Row("applicant_relation_overwrites", BIRTH, {"case.father.full_name": "NGUYỄN VĂN HÓA"}, "case.father",
        {"case.father.full_name": "NGUYỄN VĂN HOÀ", "applicant.full_name": "NGUYỄN VĂN HÒA"}),
    Row("spouses_same_number", MARRIAGE, {"case.wife.personal_id": "024200005555"}, "case.wife.personal_id"),
    Row("spouse_sex_contradicted", MARRIAGE, {"case.wife.sex": Sex.MALE}, "case.wife.sex", {"case.wife.sex": None}),
    Row("spouse_sex_contradicted", MARRIAGE, {"case.husband.sex": Sex.FEMALE}, "case.husband.sex"),
    Row("spouse_too_young", MARRIAGE, {"case.husband.born_on": when("21.11.2006")}, "case.husband.born_on",
        {"case.husband.born_on": when("20.11.2006")}),
    Row("spouse_too_young", MARRIAGE, {"case.wife.born_on": when("2009")}, "case.wife.born_on",
        {"case.wife.born_on": when("2008")}),
    Row("head_of_household_missing", BIRTH, {"case.head_of_household": None}, "case.head_of_household",
        {"case.head_of_household": None, "procedure_code": "2.001023"}),
    Row("head_of_household_missing", RESIDENCE, {"case.head_of_household": None}, "case.head_of_household"),
    Row("residence_address_missing", BIRTH, {"case.residence": None}, "case.residence",
        {"case.residence": None, "procedure_code": "1.001193"}),
    Row("residence_address_missing", RESIDENCE, {"case.moves_to.commune_code": None}, "case.moves_to"),
    Row("retired_commune_code", BIRTH, {"commune_code": "00001"}, "commune_code",
        {"case.mother.home_place.commune_code": "00001"}),
    Row("wrong_commune_code", BIRTH, {"case.mother.home_place.commune_code": "06978"},
        "case.mother.home_place.commune_code", {"case.mother.home_place.commune_code": "06970"}),
    Row("retired_commune_code", RESIDENCE, {"case.moves_to.commune_code": "00001"}, "case.moves_to.commune_code"),
    Row("retired_commune_code", LAND, {"case.parcel.commune_code": "00001"}, "case.parcel.commune_code",
        {"case.parcel.old_commune_code": "00001"}),
    Row("retired_province_code", BIRTH, {"case.mother.residence.province_code": "27"},
        "case.mother.residence.province_code", {"case.mother.home_place.province_code": "27"}),
    Row("commune_outside_province", BIRTH, {"case.mother.residence": OTHER_PROVINCE},
        "case.mother.residence.commune_code", {"case.mother.home_place": OTHER_PROVINCE}),
    Row("receiving_commune_outside_portal", BIRTH, {"portal_code": "22"}, "commune_code", {"commune_code": None}),
    Row("birth_place_never_was", BIRTH, {"case.birth_place.commune_code": "00001"}, "case.birth_place.commune_code",
        {"case.birth_place.commune_code": "00001", "case.child.born_on": when("30.06.2025")}),
    Row("district_code_after_end", BIRTH, {"case.residence.district_code": "213"}, "case.residence.district_code",
        {"case.residence.district_code": ""}),
    Row("dossier_code_malformed", BIRTH, {"dossier_code": "H05.12.34-261120-0001 "}, "dossier_code",
        {"dossier_code": "G09.20-20260609-0092637"}),
    Row("dossier_code_malformed", BIRTH, {"dossier_code": "0001/2026"}, "dossier_code",
        {"dossier_code": "H21.129-250812-10035"}),
    Row("unknown_procedure", BIRTH, {"procedure_code": None, "procedure_as_written": "KS01"}, "procedure_as_written"),
    Row("unknown_procedure", BIRTH, {"procedure_code": "1.004884"}, "procedure_as_written",
        {"procedure_code": "3.000722"}),
    Row("case_differs_from_procedure", DEATH, {"procedure_code": "1.001193"}, "procedure_code",
        {"procedure_code": "1.000656"}),
    Row("status_out_of_order", BIRTH, {"status": 9}, "status", {"status": 4}),
    Row("status_out_of_order", BIRTH, {"status": 10}, "status"),
    Row("unknown_status", BIRTH, {"status": 11}, "status"),
    Row("paper_missing", BIRTH, {"papers": BIRTH.papers[:1]}, "papers"),
    Row("paper_missing", DEATH, {"papers": ()}, "papers", {"papers": (), "case.notice_kind": "7"}),
    Row("birth_notice_malformed", BIRTH, {"case.notice_code": "12/GCS-24001"}, "case.notice_code",
        {"case.notice_code": None}),
    Row("birth_notice_malformed", BIRTH, {"case.notice_code": "00012GCS2400126"}, "case.notice_code",
        {"case.notice_code": "12/GCS", **BEFORE_CODED_NOTICES}),
    Row("clinic_code_malformed", BIRTH, {"case.clinic_code": "2400"}, "case.clinic_code", {"case.clinic_code": None}),
    Row("purpose_areas_differ", LAND, {"case.parcel.area_m2": Decimal("240.0002")}, "case.parcel.area_m2",
        {"case.parcel.area_m2": Decimal("240.0001")}),
    Row("implausible_area", LAND, {"case.parcel.purposes.0.area_m2": Decimal("0")}, "case.parcel.purposes.0.area_m2"),
    Row("implausible_area", LAND, {"case.parcel.area_m2": Decimal("1E+99999999")}, "case.parcel.area_m2"),
    Row("unknown_land_purpose", LAND, {"case.parcel.purposes.1.purpose_code": "XYZ"},
        "case.parcel.purposes.1.purpose_code"),
    Row("parcel_number_missing", LAND, {"case.parcel.parcel_number": None}, "case.parcel.parcel_number"),
    Row("parcel_number_missing", LAND, {"case.parcel.sheet_number": "12a"}, "case.parcel.sheet_number"),
    Row("disputed_parcel", LAND, {"case.parcel.is_disputed": True}, "case.parcel.is_disputed"),
    Row("serial_malformed", LAND, {"case.certificate.serial": "AA1234567"}, "case.certificate.serial",
        {"case.certificate.serial": "Đ 123456"}),
    Row("serial_malformed", LAND, {"case.certificate.serial": None}, "case.certificate.serial",
        {"case.certificate.serial": "0123456789"}),
    Row("owners_differ_from_kind", LAND, {"case.owners": (MOVER,)}, "case.owners",
        {"case.owners": (MOVER,), "case.owner_kind": "0"}),
    Row("owner_twice", LAND, {"case.owners.0": MOVER}, "case.owners.1", {"case.owners.0": FATHER}),
    Row("owner_twice", LAND, {"case.owners.0.personal_id": None, "case.owners.1": changed(
        LAND.case, "owners.0.personal_id", None).owners[0]}, "case.owners.1"),
    Row("dinhkem_abstract", BIRTH, {"abstract": "Dinhkem"}, "abstract", {"abstract": "Đăng ký khai sinh cho trẻ"}),
    Row("dinhkem_abstract", BIRTH, {"abstract": " Đính kèm"}, "abstract", {"abstract": ""}),
)  # fmt: skip

PAPER_ROWS = (
    ("paper_hash_differs", paper(OTHER_HASH), "papers.1.sha256", paper(HASH, HASH.upper())),
    ("paper_hash_differs", paper(OTHER_HASH), "papers.1.sha256", paper(OTHER_HASH, declared=None)),
    ("paper_not_fetched", paper(None, size=0), "papers.1.name", paper()),
    ("empty_paper", paper(declared=None, size=0), "papers.1.size", paper(size=1)),
)


def names(rows: tuple[Row, ...]) -> list[str]:
    return [f"{row.check_code}-{number}" for number, row in enumerate(rows)]


def seen_by(check_code: str, findings: list[Finding]) -> list[str]:
    return [finding.field_path for finding in findings if finding.check_code == check_code]


@pytest.mark.parametrize("kind", SOUND)
def test_nothing_is_found_in_a_sound_dossier(kind: str) -> None:
    papers = [paper() for _ in SOUND[kind].papers]
    assert sight(SOUND[kind], papers) == []


@pytest.mark.parametrize("row", ROWS, ids=names(ROWS))
def test_a_check_sees_its_fault_where_it_lies(row: Row) -> None:
    faulty = with_changes(row.base, row.fault)
    assert seen_by(row.check_code, examine(faulty)) == [row.field_path]


@pytest.mark.parametrize("row", ROWS, ids=names(ROWS))
def test_a_check_sees_nothing_in_a_sound_neighbour(row: Row) -> None:
    neighbour = with_changes(row.base, row.neighbour)
    assert seen_by(row.check_code, examine(neighbour)) == []


@pytest.mark.parametrize(("check_code", "faulty", "field_path", "sound"), PAPER_ROWS)
def test_a_check_of_papers_sees_its_fault(
    check_code: str, faulty: FetchedPaper, field_path: str, sound: FetchedPaper
) -> None:
    assert seen_by(check_code, examine(BIRTH, [paper(), faulty])) == [field_path]
    assert seen_by(check_code, examine(BIRTH, [paper(), sound])) == []


def test_every_planted_defect_is_held_by_a_check_that_holds() -> None:
    assert {CATALOGUE[check_code].weight for check_code in HELD_BY.values()} == {Weight.HOLDS}


ODD = {
    "applicant_is_no_spouse", "applicant_unidentified", "book_of_later_year", "card_expiry_differs",
    "certificate_entry_malformed", "child_home_place_missing", "child_lives_apart", "child_nationality_missing",
    "curved_apostrophe", "district_code_after_end", "district_in_address", "due_before_receipt", "email_malformed",
    "end_of_use_missing", "ended_id_paper", "family_name_of_neither_parent", "father_heads_matrilineal_home",
    "head_number_missing", "id_paper_without_kind", "land_use_ended", "late_death", "late_marked_in_time",
    "late_not_marked", "mother_too_old", "name_differs_by_tone", "name_not_in_capitals", "name_of_one_word",
    "needless_spaces_in_name", "notice_of_another_year", "odd_personal_id_structure", "page_number_malformed",
    "paper_attached_twice", "phone_malformed", "residence_reason_missing", "serial_newer_than_certificate",
    "telex_residue", "two_birth_notices", "unknown_relation",
}  # fmt: skip
"""Checks that note what is only odd."""


def test_what_is_only_odd_does_not_hold_a_dossier() -> None:
    notes = {code for code, check in CATALOGUE.items() if check.weight is Weight.NOTES}
    assert notes == ODD


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_check_is_told_in_vietnamese_and_english_under_25_words_with_its_source(code: str) -> None:
    check = CATALOGUE[code]
    for text in (check.says_vi, check.do_vi, check.says_en, check.do_en):
        assert 3 <= len(text.split()) < 25
        assert text.endswith(".")
    for text in (check.says_vi, check.do_vi):
        assert not text.isascii()
        assert unicodedata.is_normalized("NFC", text)
    assert check.says_en.isascii()
    assert check.do_en.isascii()
    assert check.source


def all_models() -> list[type[Model]]:
    models: list[type[Model]] = [Dossier]
    for model in models:
        for info in model.model_fields.values():
            models += [inner for inner in models_in(info.annotation) if inner not in models]
    return list(dict.fromkeys(models))


@pytest.mark.parametrize("code", sorted(CATALOGUE.keys() - RAISED_BY_STEPS))
def test_the_fields_of_a_check_exist(code: str) -> None:
    """Each in one of the models it is about, or by its name in some model of a dossier."""
    check = CATALOGUE[code]
    about = tuple(Paper if kind is FetchedPaper else kind for kind in check.about) or tuple(all_models())
    assert check.fields
    for path in check.fields:
        assert len(list(steps_from(about, path))) == len(path.split(".")), path


def test_every_finding_can_be_explained_to_a_clerk() -> None:
    finding = examine(with_changes(BIRTH, {"case.mother.personal_id": "0241980011119"}))[0]
    assert explain(finding) == (
        "Mẹ, số định danh cá nhân: Số định danh cá nhân không đủ hoặc thừa chữ số, trong khi luật quy định 12 chữ số."
        " Nhập lại đúng 12 chữ số theo thẻ căn cước rồi gửi lại."
    )


def test_a_finding_at_a_field_that_is_not_the_dossiers_is_explained_without_it() -> None:
    finding = Finding(check_code="unreadable_original", field_path="data/hoTich", weight=Weight.HOLDS)
    assert explain(finding).startswith("Hệ thống không đọc được hồ sơ")


@pytest.mark.parametrize(
    ("field_path", "title"),
    [
        ("case.owners.0.personal_id", "chủ sử dụng 1, số định danh cá nhân"),
        ("papers.1.sha256", "giấy tờ đính kèm 2, mã băm SHA-256 nơi gửi công bố"),
        ("case.notice_on", "ngày cấp giấy chứng sinh / ngày giấy báo tử"),
        ("case", "nội dung hồ sơ"),
        ("case.no_such_field", ""),
    ],
)
def test_a_field_is_called_by_its_vietnamese_title(field_path: str, title: str) -> None:
    assert title_of(field_path) == title


def test_no_message_carries_what_the_dossier_says() -> None:
    faulty = with_changes(BIRTH, {"case.mother.personal_id": "0241980011119", "case.child.full_name": "Nguyeenx 7"})
    for sighting in sight(faulty):
        told = explain(sighting.finding) + sighting.saw
        assert "0241980011119" not in told
        assert "Nguyeenx" not in told


def test_findings_come_in_one_order_those_that_hold_first_and_each_once() -> None:
    faulty = with_changes(BIRTH, {"status": 9, "case.residence.district_code": "213", "abstract": "Dinhkem"})
    assert [(finding.weight.value, finding.check_code) for finding in examine(faulty)] == [
        ("holds", "dinhkem_abstract"),
        ("holds", "status_out_of_order"),
        ("notes", "district_code_after_end"),
    ]
    assert examine(faulty) == examine(faulty)


def test_a_rule_holds_for_events_of_its_time_only() -> None:
    late = {"case.child.born_on": when("01.11.2026"), "procedure_code": "2.000987"}
    before = with_changes(BIRTH, {**late, "received_at": datetime(2027, 2, 28, 16, tzinfo=VIETNAM)})
    after = with_changes(BIRTH, {**late, "received_at": datetime(2027, 3, 1, 8, tzinfo=VIETNAM)})
    assert seen_by("late_not_marked", examine(before)) == ["case.registration_kind"]
    assert seen_by("late_not_marked", examine(after)) == []


def test_two_checks_cannot_have_one_name() -> None:
    def placeholder_number(dossier: Dossier) -> Saw:
        return FaultLocation("status", "a copy")

    copy = check("status", weight=Weight.NOTES, source="-", says_vi="-", do_vi="-", says_en="-", do_en="-")
    with pytest.raises(ValueError, match="placeholder_number"):
        copy(placeholder_number)


def test_text_of_every_kind_is_asked_about_its_unicode_form_or_is_a_code() -> None:
    texts = {
        name
        for model in all_models()
        for name, info in model.model_fields.items()
        if info.annotation in (str, str | None)
    }
    assert texts - set(CATALOGUE["decomposed_text"].fields) == CODES


CODES = {
    "agency_code", "as_written", "birth_kind", "book_number", "change_kind", "clinic_code", "commune_code",
    "country_code", "place_code", "book_code", "page_number", "registry_code",
    "deciding_agency_code", "died_at_time", "district_code", "dossier_code", "email", "entry_number",
    "insurance_number", "kind_code", "link", "marriage_order", "name", "national_code", "nationality_code",
    "notice_code", "notice_kind", "number", "old_commune_code", "old_parcel_number", "old_sheet_number", "origin",
    "owner_kind", "parcel_number", "personal_id", "phone", "portal_code", "procedure_as_written", "procedure_code",
    "province_code", "purpose_code", "registration_kind", "residence_kind", "returning_agency_code", "serial",
    "settled_by", "sha256", "sheet_number", "technical_id",
}  # fmt: skip
"""Fields whose text is issued or chosen, never a name: their own checks ask for their shape."""
