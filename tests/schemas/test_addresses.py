"""Addresses as people write them, and the unit each names on a day: answers by hand, from the official tables."""

import csv
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.places import (
    PROVINCES,
    AddressCandidates,
    AddressDoubt,
    AddressParts,
    Commune,
    DecidedUnit,
    Evidence,
    EvidenceKind,
    Loosened,
    PlaceSubject,
    ResolvedAddress,
    UnitSet,
    WholeUnit,
    communes_of,
    crosswalk,
    resolve_address,
    unit_on,
)
from schemas.places.table import table
from schemas.text import search_fold

WRITTEN = Path(__file__).parents[1] / "recorded/addresses/addresses.csv"
BEFORE, NOW = date(2025, 5, 15), date(2026, 10, 1)


def written() -> Iterator[tuple[date, str, list[str], str]]:
    with WRITTEN.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield date.fromisoformat(row["on"]), row["answer"], row["codes"].split(), row["address"]


def answer(address: str | AddressParts, on: date) -> tuple[str, list[str]]:
    read = resolve_address(address, on)
    if isinstance(read, ResolvedAddress):
        return "found", [read.unit.code]
    return read.why.value, sorted(unit.code for unit in read.units)


def test_two_hundred_addresses_stand_in_the_file() -> None:
    assert len({(on, address) for on, _, _, address in written()}) >= 200


@pytest.mark.parametrize(("on", "expected", "codes", "address"), list(written()))
def test_an_address_is_read_as_a_person_reads_it(on: date, expected: str, codes: list[str], address: str) -> None:
    assert answer(address, on) == (expected, codes)


def old_communes() -> list[Commune]:
    held = (units[0] for units in table().by_code.values())
    return [unit for unit in held if isinstance(unit, Commune) and unit.district_code]


def official(commune: Commune, on: date, separator: str = ", ") -> str:
    codes = (commune.district_code, commune.province_code)
    above = [unit.name_vi for code in codes if code and (unit := unit_on(code, on))]
    return separator.join([commune.name_vi, *above])


@pytest.mark.parametrize("separator", [", ", " ", " - "])
def test_every_old_commune_is_found_by_its_official_address_with_or_without_commas(separator: str) -> None:
    for commune in old_communes():
        read = resolve_address(official(commune, BEFORE, separator), BEFORE)
        assert isinstance(read, ResolvedAddress), official(commune, BEFORE)
        assert read.unit == commune, official(commune, BEFORE)


def test_every_old_address_leads_to_what_its_commune_is_today_and_a_split_to_its_set() -> None:
    for commune in old_communes():
        read, carried = resolve_address(official(commune, BEFORE), NOW), crosswalk(commune, NOW)
        if isinstance(carried, UnitSet):
            assert isinstance(read, AddressCandidates)
            assert (read.why, read.units) == (AddressDoubt.SPLIT, carried.units)
        else:
            assert isinstance(read, ResolvedAddress)
            assert isinstance(carried, WholeUnit)
            assert read.unit == carried.unit


def test_every_commune_of_today_is_found_by_its_name_and_province() -> None:
    for code in PROVINCES:
        for commune in communes_of(code, NOW):
            read = resolve_address(official(commune, NOW), NOW)
            assert isinstance(read, ResolvedAddress), official(commune, NOW)
            assert read.unit == commune, official(commune, NOW)


def test_without_marks_no_other_commune_is_ever_found() -> None:
    for commune in old_communes():
        read = resolve_address(search_fold(official(commune, BEFORE)), BEFORE)
        if isinstance(read, ResolvedAddress):
            assert read.unit == commune, official(commune, BEFORE)


def test_the_fields_of_a_form_are_each_read_as_what_they_are() -> None:
    form = AddressParts(detail="Tổ 4, thôn Hạ", commune="Tân Lập", district="Đan Phượng", province="Hà Nội")
    read = resolve_address(form, BEFORE)
    assert isinstance(read, ResolvedAddress)
    assert (read.unit.code, read.rest) == ("09820", "Tổ 4, thôn Hạ")
    assert answer(form, NOW) == ("split", ["09817", "09832"])
    assert answer(AddressParts(commune="Xã Kim Chung", province="Hà Nội"), BEFORE) == ("homonym", ["00493", "09853"])
    assert answer(AddressParts(commune="Xã Ba Chẽ", province="Quảng Ninh"), NOW) == ("found", ["06970"])
    unread = AddressParts(commune="Xã Bala", district="Ba Vì", province="Hà Nội")
    assert answer(unread, BEFORE) == ("contradicted", ["271"])
    assert answer(AddressParts(), NOW) == ("nothing_found", [])


def test_a_persons_address_is_decided_where_all_people_went_and_says_by_what() -> None:
    address = "Xã Tân Lập, huyện Đan Phượng, Hà Nội"
    read = resolve_address(address, NOW, subject=PlaceSubject.PERSON)
    assert isinstance(read, ResolvedAddress)
    assert read.unit.code == "09817"
    assert isinstance(read.translated, DecidedUnit)
    assert read.translated.evidence.kind is EvidenceKind.ALL_PEOPLE
    hamlet = Evidence(kind=EvidenceKind.HAMLET, unit_code="09832", record="H01.12-260901-0001")
    read = resolve_address(address, NOW, [hamlet])
    assert isinstance(read, ResolvedAddress)
    assert isinstance(read.translated, DecidedUnit)
    assert read.translated.evidence == hamlet


@pytest.mark.parametrize(
    "address",
    [
        "Xã Nậm Chầy, Lào Cai",
        "xã Nam Chây, tỉnh Lào Cai",
        "Phường Cũ, Hà Nội",
        "Xã Mới, Lào Cai",
        "xã Ea Suea, Đắk Lắk",
    ],
)
def test_a_kind_of_commune_before_words_that_name_none_is_never_passed_over(address: str) -> None:
    read = resolve_address(address, NOW)
    assert isinstance(read, AddressCandidates)
    assert read.why is AddressDoubt.COMMUNE_UNREAD


@pytest.mark.parametrize("address", ["Lào Cai, Việt Nam", "tỉnh Lào Cai, VN", "nay là tỉnh Lào Cai"])
def test_words_that_say_nothing_do_not_hide_a_province(address: str) -> None:
    read = resolve_address(address, NOW)
    assert isinstance(read, ResolvedAddress)
    assert read.unit.name_vi == "Tỉnh Lào Cai"


def test_a_kind_that_no_unit_of_the_day_has_is_of_an_older_unit() -> None:
    """The town of Hòa Thành became phường Long Hoa in 2020; today's phường Hòa Thành was made of other communes."""
    read = resolve_address("Thị trấn Hòa Thành, Hòa Thành, Tây Ninh", NOW)
    assert isinstance(read, AddressCandidates)
    assert read.why is AddressDoubt.KIND_OF_ANOTHER_TIME
    assert isinstance(resolve_address("Xã Hòa Thành, Tây Ninh", NOW), ResolvedAddress)


def test_what_stands_before_the_name_is_kept_and_what_differs_is_said() -> None:
    read = resolve_address("Số 5, ngõ 12, xa Tan Lap, huyen Dan Phuong, Ha Noi", BEFORE)
    assert isinstance(read, ResolvedAddress)
    assert read.rest == "Số 5, ngõ 12"
    read = resolve_address("phường Lộc Ninh, Đồng Nai", date(2026, 3, 1))
    assert isinstance(read, ResolvedAddress)
    assert read.loosened == (Loosened.OTHER_KIND,)
    read = resolve_address("xã Tân Lập, huyện Đan Phượng, Hà Nội", date(2019, 1, 1))
    assert isinstance(read, ResolvedAddress)
    assert read.loosened == (Loosened.BEFORE_THE_TABLE,)
    read = resolve_address("xã Kim Chung, Đông Anh, HÀ NỘI", BEFORE)
    assert isinstance(read, ResolvedAddress)
    assert read.loosened == ()
    decomposed = unicodedata.normalize("NFD", "Phường Phúc Xá, Quận Ba Đình, Thành phố Hà Nội")
    assert answer(decomposed, BEFORE) == ("found", ["00001"])


@given(st.text(max_size=80))
def test_any_text_has_an_answer(text: str) -> None:
    assert isinstance(resolve_address(text, NOW), ResolvedAddress | AddressCandidates)


def test_candidates_under_an_abolished_province_carry_its_days_and_decisions() -> None:
    read = resolve_address("xã Nghĩa Hưng, huyện Lạng Giang, tỉnh Hà Bắc", date(1985, 3, 1))
    assert isinstance(read, AddressCandidates)
    (former,) = read.formers
    assert (former.name_vi, former.valid_until, former.made_by) == (
        "Hà Bắc",
        date(1997, 1, 1),
        "Nghị quyết Quốc hội 27/10/1962",
    )
