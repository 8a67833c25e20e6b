"""Names as desks, old files and telephones write them: each kind of wrong writing is seen, and nothing else is held."""

from time import process_time

import pytest

from quality.checks.encodings import legacy_encoding
from quality.duplicates.contradictions import ComparedDossier, compare_dossiers
from quality.duplicates.relation import DuplicateKind
from quality.examination import CATALOGUE, examine
from schemas.finding import Weight
from tests.support.dossiers import BIRTH, DEATH, changed
from tests.support.repeated_births import again, but

NAME = "case.child.full_name"


def found(name: str, group: str = "Kinh") -> set[str]:
    child = changed(changed(BIRTH, NAME, name), "case.child.ethnic_group", group)
    return {finding.check_code for finding in examine(child) if finding.field_path == NAME}


def held(name: str, group: str = "Kinh") -> bool:
    return any(CATALOGUE[code].weight is not Weight.NOTES for code in found(name, group))


@pytest.mark.parametrize("group", ["Kinh", "Tày", "Ê Đê"])
@pytest.mark.parametrize(
    "name",
    [
        "CON BÀ HOA", "CON BA HOA", "Con của Trần Thị Hoa", "CB TRẦN THỊ HOA", "BÉ GÁI", "BE TRAI", "EM BÉ HOA",
        "TRẺ SƠ SINH", "BÉ SƠ SINH", "NỮ SƠ SINH", "KHÔNG TÊN", "KHÔNG CÓ TÊN", "CHƯA CÓ TÊN GỌI", "CHƯA ĐẶT",
        "VÔ DANH", "XXX XXX", "XXX", "AAAA", "HÀI NHI", "BABY HOA",
    ],
)  # fmt: skip
def test_what_is_written_for_a_child_without_a_name_is_held(name: str, group: str) -> None:
    assert "placeholder_name" in found(name, group)
    assert held(name, group)


@pytest.mark.parametrize(
    "name",
    [
        "NGUYỄN THỊ BÉ", "BẾ VĂN ĐÀN", "BẾ THỊ GÁI", "KHỔNG TÊN HOA", "VÕ DANH", "VO DANH", "TRẦN THỊ CON", "CAO TRẺ",
        "LÊ VĂN SINH", "TRẦN CHƯA", "Ô A", "PHẠM XUÂN XX", "HỒ CON BÀ",
    ],
)  # fmt: skip
def test_a_name_that_only_resembles_a_filler_is_a_name(name: str) -> None:
    assert "placeholder_name" not in found(name)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NGUYEÃN THÒ OANH", "NGUYỄN THỊ OANH"),
        ("TRAÀN THÒ LAN", "TRẦN THỊ LAN"),
        ("LEÂ THÒ HOA", "LÊ THỊ HOA"),
        ("VOÕ THÒ LAN", "VÕ THỊ LAN"),
        ("HOAØNG QUANG KHOA", "HOÀNG QUANG KHOA"),
        ("PHUØNG KIM NGOÏC", "PHÙNG KIM NGỌC"),
        ("TRAÀN QUOÁC BAÙCH", "TRẦN QUỐC BÁCH"),
        ("Nguyeãn Du", "Nguyễn Du"),
        ("BUØI AN", "BÙI AN"),
        ("ÑAËNG MINH", "ĐẶNG MINH"),
        ("DOAÕN AN", "DOÃN AN"),
    ],
)
def test_a_name_in_vni_is_read_also_where_one_word_alone_is_odd(written: str, meant: str) -> None:
    assert legacy_encoding(written) == "vni"
    edit = CATALOGUE["legacy_encoding"].edit
    assert edit is not None
    assert edit(written) == meant
    assert "legacy_encoding" in found(written)


@pytest.mark.parametrize(
    "name", ["NEÁNG SA VY", "NGUYỄN HOÀNG OANH", "H'HOÈN NIÊ", "Y BHIÊNG", "PƠLANG MAI", "THẠCH SA VƯƠN", "KIM SÔ PHIA"]
)
def test_a_name_of_another_people_is_no_old_encoding(name: str) -> None:
    assert legacy_encoding(name) is None


ODD = {
    "ÐỖ MAI ANH": "ĐỖ MAI ANH",
    "ƉỖ MAI ANH": "ĐỖ MAI ANH",
    "NGUYỄN MAI АNH": "NGUYỄN MAI ANH",
    "NGUYỄN ΜAI ANH": "NGUYỄN MAI ANH",
    "NGUYỄN MAI\u00ad ANH": "NGUYỄN MAI ANH",
    "NGUYỄN MAI\u2069 ANH": "NGUYỄN MAI ANH",
    "NGUYỄN MAI\u200e ANH": "NGUYỄN MAI ANH",
    "H’HEN NIÊ": "H'HEN NIÊ",
}


@pytest.mark.parametrize(("odd", "plain"), ODD.items())
def test_a_letter_that_only_looks_like_ours_is_seen_and_hides_no_duplicate(odd: str, plain: str) -> None:
    assert found(odd) & {"look_alike_letters", "unseen_characters", "curved_apostrophe"}
    without_notice = {"notice_code": None, "notice_on": None}
    pair = but(child__full_name=odd, **without_notice), again(2, child__full_name=plain, **without_notice)
    first, second = map(ComparedDossier.of, pair)
    assert compare_dossiers(first, second).kind is DuplicateKind.DUPLICATE


@pytest.mark.parametrize("name", ["BJÖRK GUÐMUNDSDÓTTIR", "MÜLLER ANNA", "ŁUKASZ NOWAK", "NGUYỄN ĐỖ MAI ANH"])
def test_a_foreign_name_in_latin_letters_is_no_look_alike(name: str) -> None:
    assert "look_alike_letters" not in found(name)


@pytest.mark.parametrize(
    "relation", ["Cha", "Cha đẻ", "cha đẻ", "Bố", "Bố đẻ", "Ba", "Cha ruột", "Mẹ", "Mẹ đẻ", "Má", "Má ruột"]
)
def test_an_applicant_who_is_said_to_be_a_parent_and_is_another_person_is_seen(relation: str) -> None:
    assert "applicant_relation_overwrites" in _found_at_applicant(relation)


@pytest.mark.parametrize("relation", ["Cha nuôi", "Mẹ vợ", "Bố chồng", "Bà", "Ông ngoại", "Người giám hộ"])
def test_another_relation_is_another_person(relation: str) -> None:
    assert "applicant_relation_overwrites" not in _found_at_applicant(relation)


def _found_at_applicant(relation: str) -> set[str]:
    other = BIRTH
    values = {"full_name": "PHẠM VĂN KHÁC", "personal_id": "024095009999", "relation": relation}
    for name, value in values.items():
        other = changed(other, f"applicant.{name}", value)
    return {finding.check_code for finding in examine(other)}


@pytest.mark.parametrize("letters", ["A", " ", "AA ", "SƠ ", "Ð", "CON ", "́"])
def test_a_name_of_any_length_is_judged_at_once(letters: str) -> None:
    """Longer names cost so much more and no more: a pattern that tries every way to divide them would never end."""
    took = []
    for length in (2_000, 16_000):
        began = process_time()
        found(letters * (length // len(letters)) + "!")
        took.append(process_time() - began)
    assert took[1] < 2 + 60 * took[0]


def test_an_address_in_vni_is_seen() -> None:
    street = changed(DEATH, "case.deceased.residence.detail", "53C Nguyeãn Du")
    assert "legacy_encoding" in {finding.check_code for finding in examine(street)}
