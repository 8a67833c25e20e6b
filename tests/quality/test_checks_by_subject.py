"""The checks by subject, each with a dossier that has the fault and a neighbour that has not; what they suggest; and
that each check has its words, its rows and its place in the catalogue."""

from datetime import date, datetime
from typing import Any

import pytest

from quality.catalogue import SUBJECTS, as_markdown, subjects
from quality.check import EMPTY, FetchedPaper
from quality.checks.encodings import legacy_encoding
from quality.examination import CATALOGUE, examine, examine_receipt
from quality.titles import title_of
from schemas.dates import VIETNAM, PartialDate
from schemas.dossier import Dossier
from schemas.finding import Weight
from schemas.person import Address, HeadOfHousehold, IdPaper, Sex
from schemas.registries import CivilStatusReceipt, HealthInsuranceReceipt, Receipt
from tests.quality.test_checks import (
    HASH,
    PAPER_ROWS,
    RAISED_BY_STEPS,
    SHOWN_ELSEWHERE,
    Row,
    names,
    paper,
    seen_by,
    with_changes,
)
from tests.quality.test_checks import ROWS as FIRST_ROWS
from tests.support.dossiers import (
    BIRTH,
    DEATH,
    FATHER,
    GRANDFATHER,
    HERE,
    LAND,
    MARRIAGE,
    MOTHER,
    RESIDENCE,
    changed,
    when,
)

TORN = "NGUYá»„N MAI ANH"
HAI_PHONG_SPLIT = "11341"
FATHER_HEAD = HeadOfHousehold(full_name="NGUYỄN VĂN NAM", personal_id="024095002222", relation="Con")
CARD = IdPaper(kind_code="4", number="024198001112", issued_on=when("01.02.2022"))
IN_2033 = {"received_at": datetime(2033, 1, 10, 8, tzinfo=VIETNAM), "due_at": None}

ROWS = (
    # identity
    Row("card_number_differs", BIRTH, {"case.mother.id_paper": CARD}, "case.mother.id_paper.number",
        {"case.mother.id_paper.number": "024198001111 "}),
    Row("id_paper_without_kind", BIRTH, {"case.mother.id_paper.kind_code": "0"}, "case.mother.id_paper.number",
        {"case.mother.id_paper.kind_code": "2"}),
    # names
    Row("signs_in_name", DEATH, {"case.deceased.full_name": "PHẠM VĂN @THÀNH"}, "case.deceased.full_name",
        {"case.deceased.full_name": "H'BIA K-SOR"}),
    Row("name_not_in_capitals", DEATH, {"case.deceased.full_name": "Phạm Văn Thành"}, "case.deceased.full_name"),
    Row("name_of_one_word", DEATH, {"case.deceased.full_name": "THÀNH"}, "case.deceased.full_name"),
    Row("placeholder_name", BIRTH, {"case.father.full_name": "Không có"}, "case.father.full_name",
        {"case.father.full_name": "KHÔNG CÓ TÀI"}),
    Row("placeholder_name", BIRTH, {"case.child.full_name": "CON BÀ HOA"}, "case.child.full_name",
        {"case.child.full_name": "NGUYỄN THỊ BÉ"}),
    Row("look_alike_letters", DEATH, {"case.deceased.full_name": "ÐỖ VĂN THÀNH"}, "case.deceased.full_name",
        {"case.deceased.full_name": "BJÖRK GUÐMUNDSDÓTTIR"}),
    Row("curved_apostrophe", DEATH, {"case.deceased.full_name": "H’HEN NIÊ"}, "case.deceased.full_name",
        {"case.deceased.full_name": "H'HEN NIÊ"}),
    # applicant
    Row("applicant_missing", BIRTH, {"applicant": None}, "applicant"),
    Row("applicant_unidentified", RESIDENCE, {"applicant.personal_id": None}, "applicant.personal_id",
        {"applicant.personal_id": None, "applicant.id_paper": CARD}),
    Row("spouse_unidentified", MARRIAGE, {"case.wife.personal_id": None}, "case.wife.personal_id",
        {"case.wife.personal_id": None, "case.wife.id_paper": CARD}),
    Row("applicant_is_deceased", DEATH, {"applicant.personal_id": "024050003333"}, "applicant.personal_id"),
    Row("applicant_is_child", DEATH, {"applicant.born_on": when("2013")}, "applicant.born_on",
        {"applicant.born_on": when("2012")}),
    Row("applicant_is_no_spouse", MARRIAGE, {"applicant.full_name": "LÊ VĂN AN", "applicant.personal_id": None},
        "applicant", {"applicant.full_name": "Lê Văn Bình", "applicant.personal_id": None}),
    Row("one_number_two_names", BIRTH, {"case.head_of_household.personal_id": "024198001111"},
        "case.mother.personal_id", {"case.head_of_household.personal_id": "024198001111",
                                    "case.head_of_household.full_name": "Trần Thị Hoa"}),
    Row("phone_malformed", BIRTH, {"applicant.phone": "0900.000.000"}, "applicant.phone",
        {"applicant.phone": "+84900000000"}),
    Row("email_malformed", BIRTH, {"applicant.email": "nguoi.nop vidu"}, "applicant.email",
        {"applicant.email": "nguoi.nop@vidu.example"}),
    # dates
    Row("death_day_unknown", DEATH, {"case.died_on": when("11.2026")}, "case.died_on", {"case.died_on": None}),
    Row("late_death", DEATH, {"case.died_on": when("04.11.2026")}, "case.died_on",
        {"case.died_on": when("05.11.2026")}),
    Row("death_time_malformed", DEATH, {"case.died_at_time": "5h30"}, "case.died_at_time",
        {"case.died_at_time": "23:59"}),
    Row("implausible_age", DEATH, {"case.deceased.born_on": when("1905")}, "case.deceased.born_on",
        {"case.deceased.born_on": when("1906")}),
    Row("id_paper_before_birth", BIRTH, {"case.mother.id_paper.issued_on": when("1997")},
        "case.mother.id_paper.issued_on", {"case.mother.id_paper.issued_on": when("1998")}),
    Row("due_before_receipt", BIRTH, {"due_at": datetime(2026, 11, 19, tzinfo=VIETNAM)}, "due_at",
        {"due_at": datetime(2026, 11, 20, 9, tzinfo=VIETNAM)}),
    # births and twins
    Row("child_sex_missing", BIRTH, {"case.child.sex": None}, "case.child.sex"),
    Row("birth_place_missing", BIRTH, {"case.birth_place": None}, "case.birth_place",
        {"case.birth_place": Address(country_code="KR")}),
    Row("child_nationality_missing", BIRTH, {"case.child.nationality_code": None}, "case.child.nationality_code"),
    Row("child_home_place_missing", BIRTH, {"case.child.home_place": None}, "case.child.home_place"),
    Row("parent_sex_contradicted", BIRTH, {"case.mother.sex": Sex.MALE}, "case.mother.sex", {"case.mother.sex": None}),
    Row("parent_sex_contradicted", BIRTH, {"case.father.sex": Sex.FEMALE}, "case.father.sex"),
    Row("mother_too_old", BIRTH, {"case.mother.born_on": when("02.11.1970")}, "case.mother.born_on",
        {"case.mother.born_on": when("03.11.1970")}),
    Row("family_name_of_neither_parent", BIRTH, {"case.child.full_name": "LÊ MAI ANH"}, "case.child.full_name",
        {"case.child.full_name": "TRẦN MAI ANH"}),
    Row("late_marked_in_time", BIRTH, {"case.registration_kind": "4"}, "case.registration_kind",
        {"case.registration_kind": "4", "case.child.born_on": when("20.09.2026")}),
    Row("notice_of_another_year", BIRTH, {"case.notice_code": "00012.GCS.24001.25"}, "case.notice_code",
        {"case.notice_on": None}),
    Row("birth_order_implausible", BIRTH, {"case.birth_order": 0}, "case.birth_order", {"case.birth_order": 3}),
    Row("two_children_in_one_case", BIRTH, {"case.child.full_name": "NGUYỄN MAI ANH, NGUYỄN MAI LAN"},
        "case.child.full_name", {"case.child.full_name": "LẦU Y VÀ DỢ"}),
    Row("two_birth_notices", BIRTH, {"papers": (*BIRTH.papers, BIRTH.papers[1])}, "papers",
        {"papers": (*BIRTH.papers, BIRTH.papers[1]), "case.birth_order": 1}),
    # household
    Row("head_assumed_to_be_father", BIRTH, {"case.head_of_household": HeadOfHousehold(full_name="Nguyễn Văn Nam")},
        "case.head_of_household", {"case.head_of_household": FATHER_HEAD}),
    Row("head_relation_missing", RESIDENCE, {"case.head_of_household.relation": " "},
        "case.head_of_household.relation"),
    Row("head_number_missing", BIRTH, {"case.head_of_household.personal_id": None},
        "case.head_of_household.personal_id", {"case.head_of_household.personal_id": None,
                                               "procedure_code": "2.001023"}),
    Row("head_relation_contradicted", BIRTH, {"case.head_of_household": changed(FATHER_HEAD, "relation", "Cháu")},
        "case.head_of_household.relation", {"case.head_of_household": changed(FATHER_HEAD, "relation", "Con đẻ")}),
    Row("father_heads_matrilineal_home", BIRTH,
        {"case.mother.ethnic_group": "Ê Đê", "case.head_of_household": FATHER_HEAD}, "case.head_of_household",
        {"case.mother.ethnic_group": "Ê Đê", "case.head_of_household": GRANDFATHER}),
    Row("residence_detail_missing", RESIDENCE, {"case.moves_to.detail": " "}, "case.moves_to.detail"),
    Row("mover_unidentified", RESIDENCE, {"case.person.personal_id": None}, "case.person.personal_id"),
    Row("residence_reason_missing", RESIDENCE, {"case.reason": ""}, "case.reason"),
    Row("child_lives_apart", BIRTH, {"case.residence.commune_code": "07222"}, "case.residence",
        {"case.mother.residence.commune_code": "07222"}),
    # places
    Row("split_undecided", DEATH, {"case.deceased.residence.commune_code": HAI_PHONG_SPLIT},
        "case.deceased.residence.commune_code", {"case.deceased.residence.commune_code": "07213"}),
    Row("leading_zero_lost", BIRTH, {"case.residence.commune_code": "7210"}, "case.residence.commune_code",
        {"case.residence.commune_code": "721"}),
    Row("district_in_address", BIRTH, {"case.residence.detail": "Thôn Đông, huyện Yên Dũng"}, "case.residence.detail",
        {"case.mother.home_place.detail": "Huyện Yên Dũng"}),
    Row("foreign_address_with_commune", BIRTH, {"case.mother.residence.country_code": "KR"},
        "case.mother.residence.country_code", {"case.mother.residence": Address(country_code="KR")}),
    # procedure, code lists, fees
    Row("dossier_of_another_province", BIRTH, {"dossier_code": "H41.12.34-261120-0001"}, "dossier_code",
        {"dossier_code": "G22.99.02-261120-0001"}),
    Row("foreign_spouse_in_domestic_procedure", MARRIAGE, {"case.wife.nationality_code": "KR"}, "procedure_code",
        {"case.wife.nationality_code": None}),
    Row("unknown_registration_kind", MARRIAGE, {"case.registration_kind": "3"}, "case.registration_kind",
        {"case.registration_kind": "2"}),
    Row("registration_kind_of_other_procedure", BIRTH, {"case.registration_kind": "2"}, "case.registration_kind",
        {"case.registration_kind": "4"}),
    Row("unknown_residence_kind", BIRTH, {"case.mother.residence_kind": "thường trú"}, "case.mother.residence_kind",
        {"case.mother.residence_kind": "2"}),
    Row("unknown_notice_kind", DEATH, {"case.notice_kind": "8"}, "case.notice_kind", {"case.notice_kind": "7"}),
    Row("unknown_marriage_order", MARRIAGE, {"case.wife.marriage_order": "3"}, "case.wife.marriage_order",
        {"case.wife.marriage_order": "2"}),
    Row("unknown_owner_kind", LAND, {"case.owner_kind": "9"}, "case.owner_kind", {"case.owner_kind": "4"}),
    Row("copies_implausible", BIRTH, {"case.copies": -1}, "case.copies", {"case.copies": 50}),
    # health insurance
    Row("card_code_for_number", DEATH, {"case.insurance_number": "GD4-24-2412345678"}, "case.insurance_number"),
    Row("clinic_missing", BIRTH, {"case.clinic_code": " "}, "case.clinic_code",
        {"case.clinic_code": None, "procedure_code": "1.001193"}),
    Row("too_old_for_card", BIRTH, {**IN_2033, "case.child.born_on": when("02.11.2026")}, "case.child.born_on",
        {**IN_2033, "case.child.born_on": when("02.01.2027")}),
    # papers
    Row("paper_of_wrong_type", BIRTH, {"papers.0.name": "to-khai.rar"}, "papers.0.name", {"papers.0.name": "to khai"}),
    # land
    Row("old_parcel_incomplete", LAND, {"case.parcel.old_parcel_number": "88"}, "case.parcel.old_sheet_number",
        {"case.parcel.old_parcel_number": "88", "case.parcel.old_sheet_number": "5"}),
    Row("old_commune_of_another", LAND, {"case.parcel.old_commune_code": "00001"}, "case.parcel.old_commune_code",
        {"case.parcel.old_commune_code": "07207"}),
    Row("land_purpose_missing", LAND, {"case.parcel.purposes": ()}, "case.parcel.purposes"),
    Row("lasting_use_ends", LAND, {"case.parcel.purposes.0.until": when("31.12.2043")},
        "case.parcel.purposes.0.until", {"case.parcel.purposes.0.until": PartialDate(as_written="Lâu dài")}),
    Row("end_of_use_missing", LAND, {"case.parcel.purposes.1.until": None}, "case.parcel.purposes.1.until",
        {"case.parcel.purposes.1.until": PartialDate(as_written="Lâu dài")}),
    Row("land_use_ended", LAND, {"case.parcel.purposes.1.until": when("2025")}, "case.parcel.purposes.1.until",
        {"case.parcel.purposes.1.until": when("2026")}),
    Row("serial_newer_than_certificate", LAND, {"case.certificate.issued_on": when("2023")},
        "case.certificate.serial", {"case.certificate.issued_on": when("2024")}),
    Row("certificate_entry_malformed", LAND, {"case.certificate.entry_number": "CS 0123456789"},
        "case.certificate.entry_number"),
    Row("owner_unidentified", LAND, {"case.owners.1.personal_id": None}, "case.owners.1.personal_id",
        {"case.owners.1.personal_id": None, "case.owners.1.id_paper": CARD}),
    # what software leaves behind, encodings
    Row("word_for_nothing", DEATH, {"case.cause": "null"}, "case.cause", {"case.cause": "Không rõ"}),
    Row("markup_in_text", BIRTH, {"case.child.full_name": "NGUY&#7876;N MAI ANH"}, "case.child.full_name",
        {"abstract": "Khai sinh & thường trú"}),
    Row("unseen_characters", BIRTH, {"case.mother.personal_id": "024198001111\u200b"}, "case.mother.personal_id"),
    Row("legacy_encoding", DEATH, {"case.deceased.full_name": "Ph¹m V¨n Thµnh"}, "case.deceased.full_name",
        {"case.deceased.full_name": "NEÁNG MAI LAN"}),
    Row("legacy_encoding", DEATH, {"case.deceased.full_name": "NGUYEÃN VAÊN AN"}, "case.deceased.full_name"),
    Row("broken_encoding", BIRTH, {"case.child.full_name": TORN}, "case.child.full_name"),
    Row("broken_encoding", BIRTH, {"abstract": "Nguy?n V?n An"}, "abstract", {"abstract": "Khai sinh?"}),
)  # fmt: skip

RECEIPTS: tuple[Receipt, ...] = (
    CivilStatusReceipt(
        registered_on=date(2026, 11, 21),
        entry_number="123",
        book_code="01/2026",
        page_number="62",
        personal_id="024326001234",
    ),
    HealthInsuranceReceipt(insurance_number="2426001234", card_code="TE1242426001234", card_until=date(2032, 11, 30)),
)

RECEIPT_ROWS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("book_code_malformed", {"book_code": "2026-01"}, {"book_code": None}),
    ("entry_number_malformed", {"entry_number": "12a"}, {"entry_number": "000001"}),
    ("page_number_malformed", {"page_number": "trang 62"}, {"page_number": ""}),
    ("book_of_later_year", {"book_code": "01/2027"}, {"book_code": "01/2025"}),
    ("registered_before_event", {"registered_on": date(2026, 11, 1)}, {"registered_on": date(2026, 11, 2)}),
    ("card_code_malformed", {"card_code": "HS4242426001234"}, {"card_code": None}),
    ("card_of_another_number", {"insurance_number": "2426001235"}, {"insurance_number": None}),
    ("card_expiry_differs", {"card_until": date(2032, 9, 30)}, {"card_until": None}),
)
FETCHED = (
    (
        "paper_size_differs",
        [paper(declared=None), paper(declared=None, size=3)],
        "papers.1.size",
        [paper(declared=None), paper(declared=None, size=4)],
    ),
    ("paper_attached_twice", [paper(), FetchedPaper("KS-TK", None, HASH, 20480)], "papers.1", [paper(), paper()]),
)


@pytest.mark.parametrize("row", ROWS, ids=names(ROWS))
def test_a_check_sees_its_fault_where_it_lies(row: Row) -> None:
    assert seen_by(row.check_code, examine(with_changes(row.base, row.fault))) == [row.field_path]


@pytest.mark.parametrize("row", ROWS, ids=names(ROWS))
def test_a_check_sees_nothing_in_a_sound_neighbour(row: Row) -> None:
    assert seen_by(row.check_code, examine(with_changes(row.base, row.neighbour))) == []


@pytest.mark.parametrize(("check_code", "fault", "neighbour"), RECEIPT_ROWS)
def test_a_check_of_what_a_registry_gave_sees_its_fault(
    check_code: str, fault: dict[str, Any], neighbour: dict[str, Any]
) -> None:
    (changed_field,) = fault
    (receipt,) = [each for each in RECEIPTS if changed_field in type(each).model_fields]
    assert seen_by(check_code, examine_receipt(receipt.model_copy(update=fault), BIRTH)) == [f"receipt.{changed_field}"]
    assert seen_by(check_code, examine_receipt(receipt.model_copy(update=neighbour), BIRTH)) == []


def test_nothing_is_found_in_a_sound_receipt_and_its_fields_have_titles() -> None:
    assert [examine_receipt(receipt, BIRTH) for receipt in RECEIPTS] == [[], []]
    assert title_of("receipt.book_code") == "quyển số"


@pytest.mark.parametrize(("check_code", "faulty", "field_path", "sound"), FETCHED)
def test_a_check_of_fetched_papers_sees_its_fault(
    check_code: str, faulty: list[FetchedPaper], field_path: str, sound: list[FetchedPaper]
) -> None:
    dossier = with_changes(BIRTH, {"papers.1.size": 4})
    assert seen_by(check_code, examine(dossier, faulty)) == [field_path]
    assert seen_by(check_code, examine(dossier, sound)) == []


def test_every_check_with_a_function_has_a_faulty_and_a_sound_dossier() -> None:
    rows = {row.check_code for row in (*FIRST_ROWS, *ROWS)}
    shown = rows | {row[0] for row in (*PAPER_ROWS, *RECEIPT_ROWS, *FETCHED)}
    assert shown == CATALOGUE.keys() - RAISED_BY_STEPS - SHOWN_ELSEWHERE


# Suggestions

EDITS: tuple[tuple[str, Dossier, str, str, Any], ...] = (
    ("placeholder_number", BIRTH, "case.mother.personal_id", "000000001", EMPTY),
    ("spaces_in_number", DEATH, "case.insurance_number", " 24123 45678", "2412345678"),
    ("decomposed_text", BIRTH, "abstract", "Kha\u0309i sinh", "Khải sinh"),
    ("needless_spaces_in_name", DEATH, "case.deceased.full_name", " PHẠM  VĂN THÀNH", "PHẠM VĂN THÀNH"),
    ("telex_residue", DEATH, "case.deceased.full_name", "NGUYEENX VAWN DDUWCS", "NGUYỄN VĂN ĐỨC"),
    ("name_not_in_capitals", DEATH, "case.deceased.full_name", "Phạm Văn Thành", "PHẠM VĂN THÀNH"),
    ("unknown_nationality", BIRTH, "case.father.nationality_code", "Việt Nam", "VN"),
    ("dinhkem_abstract", BIRTH, "abstract", "Dinhkem", ""),
    ("word_for_nothing", DEATH, "case.place", "undefined", EMPTY),
    ("markup_in_text", BIRTH, "case.child.full_name", "NGUY&#7876;N MAI ANH", "NGUYỄN MAI ANH"),
    ("unseen_characters", BIRTH, "case.mother.personal_id", "0241\u200b98001111", "024198001111"),
    ("legacy_encoding", DEATH, "case.deceased.full_name", "Ph¹m V¨n Thµnh", "Phạm Văn Thành"),
    ("look_alike_letters", BIRTH, "case.child.full_name", "NGUYỄN MAI АNH", "NGUYỄN MAI ANH"),
    ("curved_apostrophe", DEATH, "case.deceased.full_name", "H’HEN NIÊ", "H'HEN NIÊ"),
    ("broken_encoding", BIRTH, "case.child.full_name", TORN, "NGUYỄN MAI ANH"),
    ("wrong_commune_code", BIRTH, "case.residence.commune_code", "06978", "06970"),
    ("retired_commune_code", BIRTH, "case.residence.commune_code", "07213", "07210"),
    ("retired_province_code", BIRTH, "case.mother.residence.province_code", "27", "24"),
    ("leading_zero_lost", BIRTH, "case.residence.commune_code", "7210", "07210"),
    ("phone_malformed", BIRTH, "applicant.phone", "0900 000-000", "0900000000"),
    ("email_malformed", BIRTH, "applicant.email", "nop @vidu.example", "nop@vidu.example"),
    ("death_time_malformed", DEATH, "case.died_at_time", "5 giờ 30", "05:30"),
    ("card_code_for_number", DEATH, "case.insurance_number", "GD4242412345678", "2412345678"),
    ("birth_notice_malformed", BIRTH, "case.notice_code", "00012GCS2400126", "00012.GCS.24001.26"),
    ("clinic_code_malformed", BIRTH, "case.clinic_code", "24 001", "24001"),
    ("serial_malformed", LAND, "case.certificate.serial", "aa12345678", "AA 12345678"),
    ("parcel_number_missing", LAND, "case.parcel.sheet_number", " 12", "12"),
)


@pytest.mark.parametrize(("check_code", "base", "path", "faulty", "suggested"), EDITS)
def test_what_a_check_suggests_no_longer_has_the_fault(
    check_code: str, base: Dossier, path: str, faulty: str, suggested: Any
) -> None:
    edit = CATALOGUE[check_code].edit
    assert edit is not None
    assert edit(faulty) == suggested
    assert seen_by(check_code, examine(with_changes(base, {path: faulty}))) == [path]
    edited = with_changes(
        base, {path: None if suggested is EMPTY and path != "case.place" else "" if suggested is EMPTY else suggested}
    )
    assert seen_by(check_code, examine(edited)) == []


def test_every_check_that_suggests_is_shown_suggesting() -> None:
    assert {row[0] for row in EDITS} == {code for code, check in CATALOGUE.items() if check.edit}


@pytest.mark.parametrize("value", [None, 7, True, ["000000001"], {"as_written": "31.02.2026"}])
def test_nothing_is_suggested_for_what_is_no_text(value: Any) -> None:
    assert {check.edit(value) for check in CATALOGUE.values() if check.edit} == {None}


@pytest.mark.parametrize(
    ("check_code", "value"),
    [
        ("telex_residue", "KSOR Y BHOK XOONG"),
        ("retired_commune_code", HAI_PHONG_SPLIT),
        ("serial_malformed", "AA 1"),
        ("birth_notice_malformed", "12/GCS-24001"),
        ("broken_encoding", "Nguy?n V?n An"),
        ("phone_malformed", "115"),
        ("unknown_nationality", "XX"),
        ("look_alike_letters", "МОСКВА Ж"),
        ("death_time_malformed", "sáng"),
        ("name_not_in_capitals", "PHẠM VĂN THÀNH"),
    ],
)
def test_nothing_is_suggested_where_it_would_be_a_guess(check_code: str, value: str) -> None:
    edit = CATALOGUE[check_code].edit
    assert edit is not None
    assert edit(value) is None


# Weights and the catalogue


def test_what_stops_a_batch_is_the_portals_own_fault() -> None:
    stopping = {code for code, check in CATALOGUE.items() if check.weight is Weight.STOPS}
    assert stopping == {
        "broken_encoding",
        "dossier_of_another_province",
        "receiving_commune_outside_portal",
        "unknown_status",
    }
    assert [weight.holds_dossier for weight in (Weight.STOPS, Weight.HOLDS, Weight.NOTES)] == [True, True, False]


def test_every_file_of_checks_is_a_subject_of_the_catalogue_in_both_languages() -> None:
    for english in (False, True):
        listed = subjects(english=english)
        assert [subject.file for subject in listed] == list(SUBJECTS)
        assert sum(len(subject.rows) for subject in listed) == len(CATALOGUE) >= 60
    page = as_markdown()
    assert page.startswith("# Danh mục kiểm tra hồ sơ\n")
    assert all(f"| `{code}` |" in page for code in CATALOGUE)
    assert "Catalogue of checks" in as_markdown(english=True)


def test_a_mother_and_a_father_of_one_house_are_sound() -> None:
    assert {MOTHER.residence, FATHER.residence} == {HERE}


@pytest.mark.parametrize("text", ["P¬lang DiÖu Mai", "NguyÔn V¨n Hïng"])
def test_an_old_encoding_is_seen_also_beside_a_name_of_another_people(text: str) -> None:
    assert legacy_encoding(text) == "tcvn3"


@pytest.mark.parametrize("text", ["Müller", "Núñez García", "Søren Ødegård", "Björk Guðmundsdóttir", "Neáng Sóc"])
def test_a_foreign_name_is_no_old_encoding(text: str) -> None:
    assert legacy_encoding(text) is None
