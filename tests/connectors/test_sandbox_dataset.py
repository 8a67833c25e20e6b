"""The sandbox's dataset: what is clean, and that it follows from the seed."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from unicodedata import is_normalized

import pytest

from connectors.sandbox.dataset import Dataset
from connectors.sandbox.papers import pdf
from quality.examination import examine
from schemas.catalogues import ethnic_group
from schemas.dates import VIETNAM
from schemas.dossier import Dossier
from schemas.fields import BIRTH_NOTICE_CODE, CERTIFICATE_SERIAL, DOSSIER_CODE, id_structure_oddity
from schemas.person import Sex
from schemas.places import commune_on
from tests.support.planted import BUNDLE, HUB_PROVINCES, NOW, PROVINCE_CODES, REGISTRIES, persons


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return Dataset(20261122, 4000, PROVINCE_CODES, NOW)


@pytest.fixture(scope="module")
def clean(dataset: Dataset) -> list[Dossier]:
    """What must be clean: dossiers without a defect, and edited ones."""
    without = [planted.dossier for planted in dataset.planted if planted.defect is None]
    return without + [planted.edited for planted in dataset.planted if planted.edited]


def cases(dossiers: list[Dossier], kind: str) -> list[tuple[Dossier, Any]]:
    return [(dossier, dossier.case) for dossier in dossiers if dossier.case.kind == kind]


def test_the_same_arguments_give_the_same_dataset() -> None:
    assert Dataset(7, 300, ["24", "22"], NOW).planted == Dataset(7, 300, ["24", "22"], NOW).planted
    assert Dataset(7, 300, ["24", "22"], NOW).planted != Dataset(8, 300, ["24", "22"], NOW).planted


def test_the_zone_of_now_does_not_matter() -> None:
    assert Dataset(7, 50, ["24"], NOW).planted == Dataset(7, 50, ["24"], NOW.astimezone(UTC)).planted


@pytest.mark.parametrize("dossiers", [0, 1, 2, 37])
def test_there_are_as_many_dossiers_as_asked_for(dossiers: int) -> None:
    assert len(Dataset(3, dossiers, ["15"], NOW).planted) == dossiers


def test_a_dossier_is_found_by_its_code_and_by_its_province(dataset: Dataset) -> None:
    planted = dataset.planted[17]
    assert dataset.find(planted.dossier.dossier_code) is planted
    assert dataset.find("H05.1.1-261122-9999") is None
    assert sum(len(dataset.of_province(code)) for code in PROVINCE_CODES) == 4000
    assert {each.dossier.portal_code for each in dataset.of_province("52")} == {"52"}


def test_dossier_codes_are_numbered_by_agency_and_day(dataset: Dataset) -> None:
    by_series: dict[str, list[int]] = {}
    for planted in dataset.planted:
        dossier = planted.dossier
        assert DOSSIER_CODE.fullmatch(dossier.dossier_code)
        series, sequence = dossier.dossier_code.rsplit("-", 1)
        assert series == f"{dossier.agency_code}-{dossier.received_at:%y%m%d}"
        by_series.setdefault(series, []).append(int(sequence))
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_series.values())


def test_times_are_whole_seconds_of_vietnam_in_the_last_three_days(dataset: Dataset) -> None:
    for planted in dataset.planted:
        received_at, updated_at = planted.dossier.received_at, planted.dossier.updated_at
        assert NOW - timedelta(days=3, seconds=1) <= received_at <= updated_at <= NOW
        assert received_at.utcoffset() == updated_at.utcoffset() == timedelta(hours=7)
        assert received_at.microsecond == updated_at.microsecond == 0


def test_every_procedure_is_there_and_names_its_registries(dataset: Dataset) -> None:
    seen = {}
    for planted in dataset.planted:
        if planted.defect != "unknown_procedure" and planted.registries:
            seen[planted.dossier.procedure_code] = planted.registries
    assert seen == REGISTRIES


def test_some_procedure_codes_have_the_local_suffix(dataset: Dataset) -> None:
    written = [planted.dossier.procedure_as_written for planted in dataset.of_province("24")]
    assert all(re.fullmatch(r"\d\.\d{6}(\.000\.00\.00\.H05)?", code) for code in written)
    assert 0.15 < sum(code.endswith(".H05") for code in written) / len(written) < 0.35


def test_a_procedure_is_asked_for_only_while_it_is_in_force() -> None:
    in_2025 = Dataset(1, 600, ["24"], datetime(2025, 12, 1, tzinfo=VIETNAM))
    in_2027 = Dataset(1, 600, ["24"], datetime(2027, 3, 1, tzinfo=VIETNAM))
    assert not {"3.000722", "2.002913"} & {planted.dossier.procedure_code for planted in in_2025.planted}
    assert not {"2.000986", "2.001023", "1.011733"} & {planted.dossier.procedure_code for planted in in_2027.planted}


def test_hubs_carry_births_and_deaths_with_a_national_code(dataset: Dataset) -> None:
    of_hubs = [planted.dossier for code in HUB_PROVINCES for planted in dataset.of_province(code)]
    assert {dossier.case.kind for dossier in of_hubs} == {"birth", "death"}
    national = [dossier.national_code or "" for dossier in of_hubs]
    assert all(re.fullmatch(r"G22\.99\.02-2611\d\d-\d{4}", code) for code in national)
    assert len(set(national)) == len(national)
    assert all(paper.link is None for dossier in of_hubs for paper in dossier.papers)


def test_papers_are_small_pdf_files_as_described(dataset: Dataset) -> None:
    for planted in dataset.planted:
        described = planted.dossier.papers
        assert len(described) == len(planted.papers)
        assert len(described) in (1, 2, 3)
        for at, (paper, content) in enumerate(zip(described, planted.papers, strict=True)):
            assert content.startswith(b"%PDF-1.4\n")
            assert content.endswith(b"%%EOF\n")
            assert 1000 <= len(content) <= 3000
            assert paper.size == len(content)
            if planted.defect != "paper_hash_differs" or at:
                assert paper.sha256 == sha256(content).hexdigest()
            if planted.dossier.portal_code not in HUB_PROVINCES:
                assert paper.link == f"/papers/{planted.dossier.technical_id}/{at}"


def test_the_table_of_a_pdf_points_to_its_objects() -> None:
    content = pdf("KS-TK H05.1.2-261122-0001", 9)
    table_at = int(content.split()[-2])
    assert content[table_at:].startswith(b"xref\n0 6\n")
    offsets = [int(line[:10]) for line in content[table_at:].split(b"\n")[3:8]]
    assert [content[at:].split(b"\n")[0] for at in offsets] == [b"%d 0 obj" % number for number in range(1, 6)]


def test_clean_persons_are_written_as_civil_status_writes_them(clean: list[Dossier]) -> None:
    for person in [person for dossier in clean for person in persons(dossier)]:
        assert person.full_name == person.full_name.upper() == " ".join(person.full_name.split())
        assert is_normalized("NFC", person.full_name)
        assert ethnic_group(person.ethnic_group) == person.ethnic_group


def test_clean_personal_numbers_fit_their_holders_and_belong_to_one_person(clean: list[Dossier]) -> None:
    holders: dict[str, set[str]] = {}
    for person in [person for dossier in clean for person in persons(dossier)]:
        if person.personal_id is None:
            continue
        born_year = person.born_on.year if person.born_on else None
        assert re.fullmatch(r"\d{12}", person.personal_id)
        assert id_structure_oddity(person.personal_id, born_year=born_year, is_male=person.sex is Sex.MALE) is None
        holders.setdefault(person.personal_id, set()).add(person.full_name)
    assert all(len(names) == 1 for names in holders.values())


def test_clean_communes_are_in_force_and_of_the_portals_province(clean: list[Dossier]) -> None:
    for dossier in clean:
        commune = commune_on(dossier.commune_code or "", NOW.date())
        assert commune
        assert commune.province_code == dossier.portal_code
        for person in persons(dossier):
            for place in filter(None, (person.residence, person.home_place)):
                found = commune_on(place.commune_code or "", NOW.date())
                assert found
                assert found.province_code == place.province_code


def years_between(earlier: date, later: date) -> int:
    return later.year - earlier.year - ((later.month, later.day) < (earlier.month, earlier.day))


def test_clean_births_are_plausible(clean: list[Dossier]) -> None:
    for dossier, case in cases(clean, "birth"):
        born, noticed = case.child.born_on.earliest, case.notice_on.earliest
        assert born <= noticed <= dossier.event_on
        assert ((dossier.event_on - born).days > 60) == (case.registration_kind == "4")
        assert BIRTH_NOTICE_CODE.fullmatch(case.notice_code)
        assert case.notice_code.endswith(f".{noticed.year % 100}")
        assert case.child.personal_id is None
        assert case.mother is not None
        for known in (case.mother.born_on.earliest, case.mother.born_on.latest):
            assert 16 <= years_between(known, born) <= 45
        assert case.birth_kind == ("1" if case.father else "3")
        assert (case.head_of_household is not None) == (REGISTRIES[dossier.procedure_code or ""] == BUNDLE)
        assert dossier.papers[-1].kind_code == "KS-GCS"


def test_clean_applicants_are_who_they_say(clean: list[Dossier]) -> None:
    parents = {"Cha": "father", "Mẹ": "mother"}
    seen = Counter[str | None]()
    for dossier, case in cases(clean, "birth"):
        applicant = dossier.applicant
        assert applicant
        seen[applicant.relation] += 1
        if applicant.relation in parents:
            parent = getattr(case, parents[applicant.relation])
            assert (applicant.full_name, applicant.personal_id) == (parent.full_name, parent.personal_id)
    assert set(seen) == {"Cha", "Mẹ", "Ông", "Bà"}


def test_clean_deaths_are_plausible(clean: list[Dossier]) -> None:
    for dossier, case in cases(clean, "death"):
        assert case.deceased.born_on.latest < case.died_on.earliest <= case.notice_on.earliest <= dossier.event_on
        assert case.notice_kind == "1"
        assert dossier.papers[-1].kind_code == "KT-GBT"
        assert case.insurance_number is None or re.fullmatch(r"\d{10}", case.insurance_number)


def test_clean_spouses_are_of_age(clean: list[Dossier]) -> None:
    for dossier, case in cases(clean, "marriage"):
        assert years_between(case.husband.born_on.latest, dossier.event_on) >= 20
        assert years_between(case.wife.born_on.latest, dossier.event_on) >= 18


def test_clean_parcels_add_up_and_belong_to_different_people(clean: list[Dossier]) -> None:
    keys = []
    for dossier, case in cases(clean, "land"):
        assert sum(purpose.area_m2 for purpose in case.parcel.purposes) == case.parcel.area_m2
        assert CERTIFICATE_SERIAL.fullmatch(case.certificate.serial)
        assert case.certificate.issued_on.latest < dossier.event_on
        assert {"0": 1, "1": 2, "2": 3}[case.owner_kind] == len({owner.personal_id for owner in case.owners})
        assert not case.parcel.is_disputed
        keys.append((case.parcel.commune_code, case.parcel.sheet_number, case.parcel.parcel_number))
    assert len(set(keys)) == len(keys)


def test_no_check_holds_a_clean_dossier(clean: list[Dossier]) -> None:
    found = [finding.check_code for dossier in clean if dossier.status in (2, 4) for finding in examine(dossier)]
    assert found == []


def test_lateness_and_numbers_follow_from_the_seed_alone(dataset: Dataset) -> None:
    other = Dataset(20261122, 1, ["24"], NOW)
    late = [dataset.lateness_s("land", f"{number:032x}") for number in range(200)]
    assert late == [other.lateness_s("land", f"{number:032x}") for number in range(200)]
    assert 0.2 <= min(late) < 0.3
    assert 1.9 < max(late) <= 2.0
    assert dataset.number("a", "bc", digits=7) == other.number("a", "bc", digits=7)
    assert re.fullmatch(r"\d{7}", dataset.number("a", "bc", digits=7))
    assert dataset.number("a", "bc", digits=12) != dataset.number("ab", "c", digits=12)


def test_families_are_of_many_kinds(clean: list[Dossier]) -> None:
    births = [case for _, case in cases(clean, "birth")]
    single = [case for case in births if case.father is None]
    assert 0.08 < len(single) / len(births) < 0.17
    assert 0.03 < sum(case.registration_kind == "4" for case in births) / len(births) < 0.10
    assert any(case.mother.born_on.precision == "year" for case in births)
    heads = [case for case in births if case.head_of_household]
    assert 0.4 < sum(case.head_of_household.relation == "Cháu" for case in heads) / len(heads) < 0.7


def test_twins_are_two_dossiers_of_one_mother_and_day(clean: list[Dossier]) -> None:
    twins: dict[str, list[tuple[Dossier, Any]]] = {}
    for dossier, case in cases(clean, "birth"):
        if case.birth_order:
            twins.setdefault(case.mother.personal_id, []).append((dossier, case))
    assert twins
    for (first, one), (second, other) in twins.values():
        assert (one.birth_order, other.birth_order) == (1, 2)
        assert one.child.born_on == other.child.born_on
        assert one.child.full_name != other.child.full_name
        assert one.notice_code != other.notice_code
        assert first.dossier_code != second.dossier_code


def test_in_matrilineal_houses_a_woman_of_the_mothers_line_is_the_head() -> None:
    births = cases(
        [planted.dossier for planted in Dataset(5, 2500, ["52"], NOW).planted if not planted.defect], "birth"
    )
    jarai = [case for _, case in births if case.mother.ethnic_group == "Gia Rai" and case.head_of_household]
    assert len(jarai) > 30
    for case in jarai:
        head = case.head_of_household
        assert head.relation in ("Cháu", "Con")
        assert int(head.personal_id[3]) % 2 == 1
        assert " H'" in head.full_name
        assert case.child.ethnic_group == "Gia Rai"
        if head.relation == "Con":
            assert head.full_name == case.mother.full_name


def test_names_and_groups_are_distributed_as_in_the_country(clean: list[Dossier]) -> None:
    everyone = [person for dossier in clean for person in persons(dossier)]
    groups = Counter(person.ethnic_group for person in everyone)
    assert groups.most_common(1)[0][0] == "Kinh"
    assert len(groups) > 25
    families = Counter(person.full_name.split()[0] for person in everyone if person.ethnic_group == "Kinh")
    assert [family for family, _ in families.most_common(3)] == ["NGUYỄN", "TRẦN", "LÊ"]
    assert 0.34 < families["NGUYỄN"] / families.total() < 0.42
    assert families["HUỲNH"]
    assert families["HOÀNG"]
    hmong = [person.full_name for person in everyone if person.ethnic_group == "H'Mông" and person.sex is Sex.MALE]
    assert hmong
    assert all(name.split()[1] == "A" for name in hmong)
