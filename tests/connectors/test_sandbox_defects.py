"""What is planted in the sandbox's dataset: defects that show and are edited, refusals, what reaches no registry."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any
from unicodedata import is_normalized

import pytest

from connectors.sandbox.dataset import Dataset, Planted
from connectors.sandbox.defects import DEFECTS
from quality.examination import examine
from schemas.catalogues import ethnic_group
from schemas.dossier import Dossier
from schemas.fields import BIRTH_NOTICE_CODE, CERTIFICATE_SERIAL
from schemas.finding import Weight
from schemas.places import commune_on
from tests.support.planted import BUNDLE, HUB_PROVINCES, NOW, PROVINCE_CODES, REGISTRIES, persons


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return Dataset(20261122, 4000, PROVINCE_CODES, NOW)


SHOWS: dict[str, Callable[[Dossier, Any], bool]] = {
    "placeholder_number": lambda d, case: d.applicant is not None and d.applicant.personal_id == "000000001",
    "dinhkem_abstract": lambda d, case: d.abstract == "Dinhkem",
    "long_personal_id": lambda d, case: 13 in {len(person.personal_id or "") for person in persons(d)},
    "spaces_in_number": lambda d, case: any(" " in (person.personal_id or "") for person in persons(d)),
    "decomposed_text": lambda d, case: any(not is_normalized("NFC", person.full_name) for person in persons(d)),
    "head_of_household_missing": lambda d, case: case.head_of_household is None,
    "status_out_of_order": lambda d, case: d.status in (9, 10),
    "unknown_procedure": lambda d, case: d.procedure_code not in REGISTRIES,
    "death_before_birth": lambda d, case: case.died_on.latest < case.deceased.born_on.earliest,
    "birth_after_receipt": lambda d, case: case.child.born_on.earliest > d.event_on,
    "mother_too_young": lambda d, case: case.child.born_on.year - case.mother.born_on.year == 10,
    "unknown_ethnic_group": lambda d, case: None in {ethnic_group(person.ethnic_group) for person in persons(d)},
    "impossible_date": lambda d, case: '"31.02.' in d.model_dump_json(),
    "birth_notice_malformed": lambda d, case: not BIRTH_NOTICE_CODE.fullmatch(case.notice_code),
    "purpose_areas_differ": lambda d, case: sum(p.area_m2 for p in case.parcel.purposes) <= case.parcel.area_m2 - 10,
    "serial_malformed": lambda d, case: not CERTIFICATE_SERIAL.fullmatch(case.certificate.serial),
    "owner_twice": lambda d, case: len({owner.personal_id for owner in case.owners}) < len(case.owners),
    "disputed_parcel": lambda d, case: case.parcel.is_disputed,
    "paper_missing": lambda d, case: not {"KS-GCS", "KT-GBT"} & {paper.kind_code for paper in d.papers},
    "parents_same_number": lambda d, case: case.mother.personal_id == case.father.personal_id,
    "applicant_relation_overwrites": lambda d, case: (
        d.applicant is not None and d.applicant.relation == "Cha" and d.applicant.personal_id != case.father.personal_id
    ),
    "split_commune_code": lambda d, case: (
        '"detail":"Thôn Đoài","country_code"' in d.model_dump_json()
        and any(
            person.residence is not None and commune_on(person.residence.commune_code or "", d.event_on) is None
            for person in persons(d)
        )
    ),
    "leading_zero_lost": lambda d, case: bool(re.search(r'"commune_code":"\d{4}"', d.model_dump_json())),
    "legacy_encoding": lambda d, case: any(set(person.full_name) & set("¨©ª«¬\xad®µ¶·¸¹»¼½¾") for person in persons(d)),
    "unseen_characters": lambda d, case: any(person.full_name.endswith("\u200b") for person in persons(d)),
    "word_for_nothing": lambda d, case: d.abstract in ("null", "undefined"),
    "copies_implausible": lambda d, case: case.copies == 2026,
    "card_number_differs": lambda d, case: any(
        person.id_paper is not None and person.id_paper.number != person.personal_id for person in persons(d)
    ),
    "child_sex_missing": lambda d, case: case.child.sex is None,
    "clinic_missing": lambda d, case: case.clinic_code is None,
    "two_children_in_one_case": lambda d, case: " VÀ " in case.child.full_name,
    "head_assumed_to_be_father": lambda d, case: (
        case.head_of_household.full_name == case.father.full_name and case.head_of_household.relation is None
    ),
    "death_day_unknown": lambda d, case: case.died_on.precision == "month",
    "death_time_malformed": lambda d, case: not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", case.died_at_time),
    "card_code_for_number": lambda d, case: case.insurance_number is not None and len(case.insurance_number) == 17,
    "foreign_spouse_in_domestic_procedure": lambda d, case: case.husband.nationality_code == "KR",
    "spouse_unidentified": lambda d, case: case.husband.personal_id is None,
    "old_parcel_incomplete": lambda d, case: case.parcel.old_parcel_number and not case.parcel.old_sheet_number,
    "lasting_use_ends": lambda d, case: any(
        each.until is not None and each.purpose_code in ("ONT", "ODT") for each in case.parcel.purposes
    ),
    "paper_of_wrong_type": lambda d, case: d.papers[0].name.endswith(".rar"),
}


def test_about_one_in_eight_has_a_defect_and_all_kinds_are_planted_evenly(dataset: Dataset) -> None:
    planted = Counter(planted.defect for planted in dataset.planted if planted.defect)
    assert set(planted) == {*SHOWS, "retired_commune_code", "paper_hash_differs", "broken_content"} == set(DEFECTS)
    assert 0.10 < planted.total() / 4000 < 0.15
    assert max(planted.values()) - min(planted.values()) <= 3


def with_defect(dataset: Dataset, name: str) -> list[Planted]:
    return [planted for planted in dataset.planted if planted.defect == name]


@pytest.mark.parametrize("name", sorted(SHOWS))
def test_a_planted_defect_shows_and_a_edited_one_does_not(dataset: Dataset, name: str) -> None:
    for planted in with_defect(dataset, name):
        assert SHOWS[name](planted.dossier, planted.dossier.case)
        if planted.edited:
            assert not SHOWS[name](planted.edited, planted.edited.case)


def test_a_retired_commune_code_is_held_by_no_unit(dataset: Dataset) -> None:
    for planted in with_defect(dataset, "retired_commune_code"):
        codes = set(re.findall(r'"commune_code":"(\d{5})"', planted.dossier.model_dump_json()))
        assert any(commune_on(code, NOW.date()) is None for code in codes)


def test_a_differing_hash_is_declared_by_one_stop_portals_only(dataset: Dataset) -> None:
    for planted in with_defect(dataset, "paper_hash_differs"):
        assert planted.dossier.portal_code not in HUB_PROVINCES
        assert planted.dossier.papers[0].sha256 != sha256(planted.papers[0]).hexdigest()


def test_a_check_holds_every_defect_that_the_dossier_itself_shows(dataset: Dataset) -> None:
    not_held = {
        planted.defect
        for planted in dataset.planted
        if planted.defect and Weight.HOLDS not in {finding.weight for finding in examine(planted.dossier)}
    }
    assert not_held == {"broken_content", "paper_hash_differs"}


def test_a_edited_version_is_the_same_dossier_later(dataset: Dataset) -> None:
    edited = [(planted, planted.edited) for planted in dataset.planted if planted.edited]
    assert 0.02 < len(edited) / 4000 < 0.04
    assert not {"paper_missing", "status_out_of_order"} & {planted.defect for planted, _ in edited}
    for planted, later in edited:
        assert later.dossier_code == planted.dossier.dossier_code
        assert planted.defect
        assert NOW.replace(microsecond=0) < later.updated_at <= NOW + timedelta(seconds=30)
        assert planted.registries == REGISTRIES[later.procedure_code or ""]
        assert len(later.papers) == len(planted.papers)
        if planted.defect != "broken_content":
            assert later.content_sha256() != planted.dossier.content_sha256()


def test_what_must_not_be_delivered_reaches_no_registry(dataset: Dataset) -> None:
    unready = [planted for planted in dataset.planted if planted.dossier.status in (1, 5, 7)]
    assert {planted.dossier.status for planted in unready} == {1, 5, 7}
    assert 0.01 < len(unready) / 4000 < 0.03
    assert {(planted.defect, planted.refused_by, planted.registries) for planted in unready} == {(None, None, ())}
    others = Counter(planted.dossier.status for planted in dataset.planted if planted.registries and not planted.defect)
    assert set(others) == {2, 4}


def test_a_refusal_comes_from_one_registry_of_a_clean_dossier(dataset: Dataset) -> None:
    refused = [planted for planted in dataset.planted if planted.refused_by]
    assert 0.02 < len(refused) / 4000 < 0.04
    for planted in refused:
        code = planted.dossier.dossier_code
        assert planted.defect is None
        assert planted.refused_by in planted.registries
        assert planted.refusal_words
        acknowledged = {registry: dataset.refusal(registry, code, "1") for registry in (*BUNDLE, "land")}
        assert {code: words for code, words in acknowledged.items() if words} == {
            planted.refused_by: planted.refusal_words
        }
    words = {planted.refusal_words for planted in refused}
    assert "Số định danh cá nhân của mẹ không khớp CSDL quốc gia về dân cưHọ tên cha không hợp lệ" in words
    assert "Chủ hộ không tồn tại trong cơ sở dữ liệu" in words
