"""Code lists: each registry's own, each row of its time, and no code for what a list does not have."""

from collections import Counter
from datetime import date
from itertools import combinations

import pytest

from schemas.catalogues import (
    ETHNIC_GROUPS,
    LAND_PURPOSES,
    code_of,
    ethnic_group,
    row_of,
    rows,
    title_of,
)
from schemas.in_force import Certainty

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("group", "land", "health_insurance", "civil_status"),
    [
        ("Hoa", "4", "08", "Hoa"),
        ("Mường", "6", "04", "Mường"),
        ("H'Mông", "8", "06", "H'Mông"),
        ("Nùng", "7", "07", "Nùng"),
        ("Ngái", "42", "54", "Ngái"),
        ("Rơ Măm", "54", "51", "Rơ Măm"),
        ("Ơ Đu", "53", "53", "Ơ Đu"),
        ("Tày", "2", None, "Tày"),
    ],
)
def test_a_group_has_another_code_in_each_registry(
    group: str, land: str, health_insurance: str | None, civil_status: str
) -> None:
    assert code_of("ethnic_group", "land", group, TODAY) == land
    assert code_of("ethnic_group", "health_insurance", group, TODAY) == health_insurance
    assert code_of("ethnic_group", "civil_status", group, TODAY) == civil_status


@pytest.mark.parametrize(
    ("as_written", "group"),
    [
        ("KINH", "Kinh"), ("Mèo", "H'Mông"), ("HMông", "H'Mông"), ("H’Mông", "H'Mông"), ("RaGlay", "Ra Glai"),
        ("X'tiêng", "Xtiêng"), ("giẻ triêng", "Gié Triêng"), ("Giẻ-Triêng", "Gié Triêng"), ("Cờ Lao", "Cơ Lao"),
        ("Cơ Ho (Chil)", "Cơ Ho"), ("Cill", "Cơ Ho"), ("Khơ Me", "Khmer"), ("Bru - Vân Kiều", "Bru-Vân Kiều"),
        ("Khơ-me", "Khmer"), ("Gia-rai", "Gia Rai"), ("Giarai", "Gia Rai"), ("Ê-đê", "Ê Đê"), ("Êđê", "Ê Đê"),
        ("Ba-na", "Ba Na"), ("Bana", "Ba Na"), ("Xơ-đăng", "Xơ Đăng"), ("Xê Đăng", "Xơ Đăng"), ("Cơ-ho", "Cơ Ho"),
        ("K'Ho", "Cơ Ho"), ("Ra-glai", "Ra Glai"), ("Cơ-tu", "Cơ Tu"), ("Gié-Triêng", "Gié Triêng"),
        ("Khơ-mú", "Khơ Mú"),
        ("Ta-ôi", "Tà Ôi"), ("Chơ-ro", "Chơ Ro"), ("Xinh-mun", "Xinh Mun"), ("Chu-ru", "Chu Ru"), ("Ơ-đu", "Ơ Đu"),
        ("Rơ-măm", "Rơ Măm"), ("Hmông", "H'Mông"), ("Bru-Vân Kiều", "Bru-Vân Kiều"), ("BRU VÂN KIỀU", "Bru-Vân Kiều"),
        ("M'Nông", "Mnông"), ("H'rê", "Hrê"), ("Cao Lan", "Sán Chay"), ("Sán Chí", "Sán Chay"), ("Pu-péo", "Pu Péo"),
        ("Pà-thẻn", "Pà Thẻn"), ("Cà", None), ("Cơ", None),
        ("Kimh", None), ("Null", None), ("", None), (None, None), ("Người nước ngoài", None),
    ],
)  # fmt: skip
def test_a_group_is_known_by_its_spellings(as_written: str | None, group: str | None) -> None:
    assert ethnic_group(as_written) == group


def test_no_two_groups_have_one_key() -> None:
    assert len(ETHNIC_GROUPS) == 54
    joined = [group.replace(" ", "").replace("-", "").replace("'", "").upper() for group in ETHNIC_GROUPS]
    assert [ethnic_group(name) for name in joined] == list(ETHNIC_GROUPS)


def test_foreigners_have_a_code_only_where_the_list_has_them() -> None:
    assert code_of("ethnic_group", "health_insurance", "Người nước ngoài", TODAY) == "99"
    assert code_of("ethnic_group", "land", "Người nước ngoài", TODAY) is None


def test_what_is_unverified_is_known_but_gives_no_code() -> None:
    assert row_of("land_purpose", "land", "HNK", TODAY) is None
    assert code_of("ethnic_group", "statistics", "Hoa", TODAY) is None
    assert {row.certainty for row in rows() if row.value == "HNK"} == {Certainty.UNVERIFIED}
    assert "HNK" not in LAND_PURPOSES


@pytest.mark.parametrize(
    ("kind_code", "on", "title"),
    [
        ("1", date(2024, 12, 31), "Chứng minh nhân dân"),
        ("1", date(2025, 1, 1), None),
        ("4", date(2024, 6, 30), "Căn cước công dân"),
        ("4", date(2024, 7, 1), "Căn cước"),
        ("63001", TODAY, None),
    ],
)
def test_kinds_of_identity_papers_have_their_time(kind_code: str, on: date, title: str | None) -> None:
    row = row_of("id_paper", "civil_status", kind_code, on)
    assert (row and row.title_vi) == title


@pytest.mark.parametrize(
    ("document", "on", "title"),
    [
        ("death_certificate", date(2027, 2, 28), "Trích lục khai tử"),
        ("death_certificate", date(2027, 3, 1), "Giấy chứng tử"),
        ("birth_certificate", date(2027, 3, 1), "Giấy khai sinh"),
        ("identity_card", date(2024, 6, 30), "Thẻ căn cước công dân"),
        ("identity_card", date(2024, 7, 1), "Thẻ căn cước"),
    ],
)
def test_a_document_is_called_as_on_its_day(document: str, on: date, title: str) -> None:
    assert title_of(document, on) == title


def test_a_document_nobody_knows_has_no_title() -> None:
    with pytest.raises(KeyError):
        title_of("horoscope", TODAY)


def test_an_unknown_value_never_gets_a_code() -> None:
    for catalogue, registry_code in {(row.catalogue, row.registry_code) for row in rows()}:
        assert code_of(catalogue, registry_code, "không có trong danh mục", TODAY) is None
        assert code_of(catalogue, registry_code, "", TODAY) is None
        assert code_of(catalogue, registry_code, None, TODAY) is None


def test_no_value_has_two_rows_on_one_day_and_every_row_has_a_source() -> None:
    by_value: dict[tuple[str, str, str], list[tuple[date, date]]] = {}
    for row in rows():
        assert row.valid_from < row.valid_until
        assert row.source
        by_value.setdefault((row.catalogue, row.registry_code, row.value), []).append((row.valid_from, row.valid_until))
    for spans in by_value.values():
        assert not any(one[0] < other[1] and other[0] < one[1] for one, other in combinations(spans, 2))


def test_no_code_stands_for_two_values_of_a_list_on_one_day() -> None:
    for catalogue in ("ethnic_group", "nationality", "land_purpose", "id_paper"):
        codes = Counter(
            (row.registry_code, row.code) for row in rows() if row.catalogue == catalogue and row.holds_on(TODAY)
        )
        assert set(codes.values()) == {1}, catalogue


def test_the_lists_are_whole() -> None:
    assert len(ETHNIC_GROUPS) == 54
    assert (ETHNIC_GROUPS[0], ETHNIC_GROUPS[-1]) == ("Kinh", "Rơ Măm")
    assert len(LAND_PURPOSES) == 53
