"""A keyed row of a register book becomes a dossier: nothing is converted that is not certain."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from connectors.books import read_record
from connectors.paper.rows import NoCaseKind, dossier_of_row, missing_columns, unlisted_codes
from connectors.portals.provinces import BOOKS
from schemas.cases import BirthCase, DeathCase, MarriageCase
from schemas.dates import VIETNAM
from schemas.dossier import Dossier
from schemas.person import Address, Sex
from schemas.register_columns import columns_of
from schemas.source import Book
from tests.support.keyed_files import BIRTH_ROW, DEATH_ROW, MARRIAGE_ROW, PLACE

KEYED_AT = datetime(2026, 11, 30, 9, 0, tzinfo=VIETNAM)


def book(kind: str = "KS", year: int = 1983, number: str = "01") -> Book:
    return Book(book_kind=kind, opened_year=year, book_number=number, place_as_written=PLACE, place_code="09322")  # type: ignore[arg-type]  # one of the five kinds


def birth(year: int = 1983, **changed: str) -> tuple[Dossier, BirthCase]:
    dossier = dossier_of_row({**BIRTH_ROW, **changed}, book(year=year), "R-1", KEYED_AT)
    assert isinstance(dossier.case, BirthCase)
    return dossier, dossier.case


def test_a_birth_is_read_with_its_book_and_entry() -> None:
    dossier, case = birth()
    assert (dossier.portal_code, dossier.dossier_code, dossier.procedure_code) == ("book", "R-1", "KS")
    assert dossier.received_at == KEYED_AT
    assert dossier.book == book()
    entry = dossier.book_entry
    assert entry is not None
    assert (entry.registry_code, entry.number, entry.book_code) == ("civil_status", "34", "01/1983")
    assert (entry.page_number, entry.place_code, entry.entered_on) == ("17", "09322", date(1983, 8, 25))
    assert (case.child.full_name, case.child.sex, case.child.nationality_code) == ("NGUYỄN THỊ MAI", Sex.FEMALE, "VN")
    assert case.child.born_on is not None
    assert case.child.born_on.earliest == date(1983, 8, 22)
    assert case.mother is not None
    assert case.father is not None
    assert (case.mother.full_name, case.mother.sex) == ("TRẦN THỊ HOA", Sex.FEMALE)
    assert (case.father.full_name, case.father.sex) == ("NGUYỄN VĂN NAM", Sex.MALE)
    assert case.father.born_on is not None
    assert (case.father.born_on.month, case.father.born_on.day) == (5, None)
    assert (case.birth_kind, case.registration_kind) == ("1", "1")
    assert dossier.event_on == date(1983, 8, 22)


def test_what_is_kept_as_an_original_is_read_again() -> None:
    dossier, _ = birth()
    assert read_record(dossier.model_dump_json().encode(), BOOKS) == dossier


def test_a_death_is_read() -> None:
    dossier = dossier_of_row(DEATH_ROW, book("KT"), "R-2", KEYED_AT)
    case = dossier.case
    assert isinstance(case, DeathCase)
    assert case.deceased.full_name == "PHẠM VĂN THÀNH"
    assert case.died_on is not None
    assert case.died_on.earliest == date(1983, 8, 20)
    assert (case.died_at_time, case.place, case.cause) == ("05:30", "Tại nhà", "Tuổi già")
    assert (case.notice_kind, case.notice_code) == ("7", "3")
    assert dossier.applicant is not None
    assert (dossier.applicant.full_name, dossier.applicant.relation) == ("PHẠM VĂN BA", "Con")


def test_a_marriage_is_read_and_an_old_card_is_no_personal_number() -> None:
    case = dossier_of_row(MARRIAGE_ROW, book("KH", number="02"), "R-3", KEYED_AT).case
    assert isinstance(case, MarriageCase)
    assert (case.husband.full_name, case.husband.sex) == ("LÊ VĂN BÌNH", Sex.MALE)
    assert (case.wife.full_name, case.wife.ethnic_group, case.wife.personal_id) == ("VŨ THỊ LAN", "Tày", None)
    assert case.wife.id_paper is not None
    assert (case.wife.id_paper.kind_code, case.wife.id_paper.number) == ("1", "121234567")


@pytest.mark.parametrize("kind", ["CMC", "HN"])
def test_other_books_have_no_case(kind: str) -> None:
    with pytest.raises(NoCaseKind, match=kind):
        dossier_of_row({"so": "1"}, book(kind), "R-4", KEYED_AT)


def test_a_card_with_twelve_digits_is_the_personal_number_too() -> None:
    _, case = birth(meLoaiGiayToTuyThan="4", meSoGiayToTuyThan="024160001234")
    assert case.mother is not None
    assert case.mother.personal_id == "024160001234"


@pytest.mark.parametrize(
    ("written", "year", "month", "day"),
    [
        ("22.08.1983", 1983, 8, 22),
        ("22/8/1983", 1983, 8, 22),
        ("22-08-1983", 1983, 8, 22),
        ("08.1983", 1983, 8, None),
        ("1983", 1983, None, None),
        ("ngày 22 tháng 8 năm 1983", 1983, 8, 22),
        ("tháng 8 năm 1983", 1983, 8, None),
        ("31.02.1983", None, None, None),
        ("khoảng 1983", None, None, None),
        ("1983-08-22", None, None, None),
    ],
)
def test_a_date_keeps_what_is_known(written: str, year: int | None, month: int | None, day: int | None) -> None:
    _, case = birth(nksNgaySinh=written)
    born_on = case.child.born_on
    assert born_on is not None
    assert (born_on.as_written, born_on.calendar) == (written, "solar")
    assert (born_on.year, born_on.month, born_on.day) == (year, month, day)


def test_a_year_of_the_cycle_is_settled_by_the_year_of_the_book() -> None:
    """Quý Mùi is 1883, 1943 and 2003; 22/8 of that lunar year was 21 September 1943."""
    _, case = birth(1943, nksNgaySinh="22/8 năm Quý Mùi", quyenSo="01/1943", ngayDangKy="01.10.1943")
    born_on = case.child.born_on
    assert born_on is not None
    assert (born_on.as_written, born_on.calendar) == ("22/8 năm Quý Mùi", "lunar")
    assert born_on.earliest == born_on.latest == date(1943, 9, 21)


def test_a_year_of_the_cycle_that_the_book_contradicts_stays_open() -> None:
    _, case = birth(1950, nksNgaySinh="22/8 năm Quý Mùi", quyenSo="01/1950")
    assert case.child.born_on is not None
    assert case.child.born_on.year is None


def test_a_place_has_the_codes_of_its_time() -> None:
    _, case = birth()
    assert case.birth_place is not None
    assert (case.birth_place.province_code, case.birth_place.district_code) == ("27", "260")
    assert (case.birth_place.commune_code, case.birth_place.detail) == ("09322", PLACE)


@pytest.mark.parametrize(
    "written",
    [
        "xã Hạp Lĩnh, huyện Tiên Du",  # became a ward of another unit before the table begins
        "xã Phú Lâm, huyện Tiên Du, tỉnh Hà Bắc",  # a province that was divided
        "xã Phu Lam, huyện Tiên Du, tỉnh Bắc Ninh",  # marks are missing
        "phường Phú Lâm, huyện Tiên Du, tỉnh Bắc Ninh",  # another kind of unit
        "Phú Lâm",
        "Trạm xá",
        "nước ngoài",
    ],
)
def test_a_place_that_is_not_certain_has_no_codes(written: str) -> None:
    _, case = birth(nksNoiSinh=written)
    assert case.birth_place is not None
    assert (case.birth_place.province_code, case.birth_place.commune_code) == (None, None)
    assert case.birth_place.detail == written


@pytest.mark.parametrize(
    ("code", "sex"), [("1", Sex.MALE), ("2", Sex.FEMALE), ("3", Sex.UNDETERMINED), ("Nữ", Sex.FEMALE), ("", None)]
)
def test_a_sex_is_its_code(code: str, sex: Sex | None) -> None:
    _, case = birth(nksGioiTinh=code)
    assert case.child.sex == sex
    assert unlisted_codes({**BIRTH_ROW, "nksGioiTinh": code}, "KS") == []


def test_a_sex_in_no_list_is_named_and_not_guessed() -> None:
    _, case = birth(nksGioiTinh="5")
    assert case.child.sex is None
    assert unlisted_codes({**BIRTH_ROW, "nksGioiTinh": "5"}, "KS") == ["nksGioiTinh"]


def test_the_word_null_is_no_ethnic_group_and_an_unknown_nationality_stays() -> None:
    _, case = birth(nksDanToc="Null", nksQuocTich="Xứ lạ", meQuocTich="Trung Quốc")
    assert (case.child.ethnic_group, case.child.nationality_code) == (None, "Xứ lạ")
    assert case.mother is not None
    assert case.mother.nationality_code == "CN"


OF_KIND = {"KS": BIRTH_ROW, "KT": DEATH_ROW, "KH": MARRIAGE_ROW}
CELLS = some.sampled_from(["", "1", "2", "4", "nam", "Null", "024085001234", "22.08.1943", "12/1/Quý Mùi", PLACE])


@given(data=some.data(), kind=some.sampled_from(sorted(OF_KIND)), year=some.integers(1860, 2030))
def test_what_is_built_without_validation_is_what_validation_makes(data: some.DataObject, kind: str, year: int) -> None:
    columns = sorted(columns_of(kind))
    changed = data.draw(some.dictionaries(some.sampled_from(columns), CELLS | some.text(max_size=20)))
    built = dossier_of_row({**OF_KIND[kind], **changed}, book(kind, year), "R-1", KEYED_AT)
    validated = Dossier.model_validate(built.model_dump())
    assert built == validated
    assert built.model_dump_json() == validated.model_dump_json()
    assert built.content_sha256() == validated.content_sha256()


def test_a_field_that_a_model_does_not_know_is_refused_without_validation_too() -> None:
    with pytest.raises(TypeError, match="Address has no hamlet"):
        Address.of_typed({"detail": PLACE, "hamlet": "Đông"})


def test_a_registration_kind_that_is_not_written_is_not_made_up() -> None:
    _, case = birth(loaiDangKy="")
    assert case.registration_kind == "0"


def test_the_columns_that_an_entry_needs() -> None:
    assert missing_columns(BIRTH_ROW, "KS") == []
    assert missing_columns({**BIRTH_ROW, "so": "", "nksHoTen": ""}, "KS") == ["so", "nksHoTen"]
