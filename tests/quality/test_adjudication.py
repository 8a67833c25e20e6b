"""Two keys of a record are compared as a careful reader would; a book's design follows from its own known records."""

import pytest

from quality.adjudication import (
    DesignReason,
    ExactMatch,
    agree,
    choose_design,
    compare,
    exact_matches,
    known_count,
    majority,
    wilson,
)
from schemas.keying import FieldValue, KeyingDesign, MachineValue, Mark, Reading
from schemas.keying_thresholds import KeyingThreshold
from schemas.register_columns import ValueKind

BLANK, ILLEGIBLE = FieldValue(mark=Mark.BLANK), FieldValue(mark=Mark.ILLEGIBLE)
THRESHOLD = KeyingThreshold(
    least_exact=0.9,
    least_fields=100,
    known_records=12,
    least_records=30,
    certainty="assumed",
    source="invented for the test",
)
NAME, DATE, PLACE, NUMBER, CODE = (
    ValueKind.NAME,
    ValueKind.DATE,
    ValueKind.PLACE,
    ValueKind.NUMBER,
    ValueKind.CODE,
)


def text(value: str) -> FieldValue:
    return FieldValue(text=value)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (NAME, "NGUYỄN THỊ HOÀ", "Nguyễn Thị Hòa"),
        (NAME, "Thuỳ", "Thu\u0300y"),
        (NAME, "Nguyễn  Văn An ", "Nguyễn Văn An"),
        (NAME, "Quý", "Qúy"),
        (PLACE, "xã Hạp Lĩnh,huyện Tiên Du", "Xã Hạp Lĩnh, huyện Tiên Du"),
        (DATE, "22/8/1962", "22.08.1962"),
        (DATE, "ngày 22 tháng 8 năm 1962", "22-08-1962"),
        (DATE, "22/8 năm Quý Mùi", "22.8 Quý Mùi"),
        (NUMBER, "0241 98 001 111", "024198001111"),
        (NUMBER, "01 / 1962", "01/1962"),
        (CODE, "1", " 1 "),
    ],
)
def test_what_cannot_change_a_value_is_no_difference(kind: ValueKind, one: str, other: str) -> None:
    assert agree(kind, text(one), text(other))


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (NAME, "Thuý", "Thuỳ"),
        (NAME, "Nguyễn Thị Hoa", "Nguyễn Thị Hoà"),
        (NAME, "Dung", "Đung"),
        (NAME, "Lan Anh", "Lananh"),
        (DATE, "22/8/1962", "8/22/1962"),
        (DATE, "1962", "62"),
        (DATE, "22/8 năm Quý Mùi", "22/8 năm Quý Tỵ"),
        (DATE, "2/10/1962", "21/0/1962"),
        (NUMBER, "034", "34"),
        (NUMBER, "01/1962", "011962"),
        (CODE, "1", "7"),
    ],
)
def test_what_can_change_a_value_is_a_difference(kind: ValueKind, one: str, other: str) -> None:
    assert not agree(kind, text(one), text(other))


def test_blank_and_illegible_are_values_of_their_own() -> None:
    assert agree(NAME, BLANK, BLANK)
    assert agree(NAME, ILLEGIBLE, ILLEGIBLE)
    assert not agree(NAME, BLANK, ILLEGIBLE)
    assert not agree(NAME, BLANK, text("Lan"))
    assert not agree(NAME, text("Lan"), ILLEGIBLE)


def test_an_agreed_value_is_kept_as_the_first_wrote_it_and_a_difference_is_left_to_a_third() -> None:
    first = {"so": text("034"), "nksHoTen": text("Nguyễn  Thị HOÀ"), "meHoTen": text("Trần Thị Thuý")}
    second = {"so": text("034"), "nksHoTen": text("NGUYỄN THỊ HÒA"), "meHoTen": text("Trần Thị Thuỳ")}
    compared = compare("KS", first, second)
    assert compared.agreed == {"so": text("034"), "nksHoTen": text("Nguyễn Thị HOÀ")}
    assert compared.differing == ("meHoTen",)


def test_a_field_that_the_other_key_lacks_is_a_difference() -> None:
    assert compare("KS", {"so": text("034")}, {}).differing == ("so",)


def test_a_machine_that_read_nothing_says_blank_and_never_illegible() -> None:
    empty = MachineValue(text=" ", confidence=0.0, box_px=(0, 0, 10, 10))
    read = Reading(recogniser_code="r", values={"so": empty}).as_values()
    assert read == {"so": BLANK}
    assert compare("KS", {"so": ILLEGIBLE}, read).differing == ("so",)


def test_a_column_of_another_kind_of_book_is_refused() -> None:
    with pytest.raises(KeyError):
        compare("KS", {"khongCo": text("1")}, {"khongCo": text("1")})


# Two of three


def test_what_a_third_key_has_in_common_with_one_of_two_is_decided_in_the_thirds_writing() -> None:
    key = {"so": text("034"), "nksHoTen": text("Lê Thị Hoà"), "meHoTen": text("Thuý"), "chaHoTen": BLANK}
    other = {"so": text("34"), "nksHoTen": text("Lê Thị Hoa"), "meHoTen": text("Thuỳ"), "chaHoTen": ILLEGIBLE}
    third = {"so": text("34"), "nksHoTen": text("LÊ THỊ  HÒA"), "meHoTen": text("Thủy"), "chaHoTen": ILLEGIBLE}
    result = majority("KS", third, key, other)
    assert result.decided == {"so": text("34"), "nksHoTen": text("LÊ THỊ HÒA"), "chaHoTen": ILLEGIBLE}
    assert result.unsettled == ("meHoTen",)


def test_a_third_key_agrees_with_one_key_where_the_other_has_no_such_field() -> None:
    assert majority("KS", {"so": text("034")}, {"so": text("034")}, {}).unsettled == ()
    assert majority("KS", {"so": text("034")}, {"so": text("34")}, {}).unsettled == ("so",)


# The design of a book


def test_the_interval_of_a_share_is_wilsons() -> None:
    low, high = wilson(90, 100)
    assert (round(low, 4), round(high, 4)) == (0.8256, 0.9448)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 10)[0] == 0.0
    assert round(wilson(0, 10)[1], 4) == 0.2775


@pytest.mark.parametrize(
    ("matches", "design", "reason", "recogniser"),
    [
        ([("tess", 200, 100), ("aster", 200, 180)], "person_and_machine", "machine_reads_it", "aster"),
        ([("tess", 200, 100), ("aster", 200, 179)], "two_persons", "machine_misses_too_much", None),
        ([("aster", 99, 99)], "two_persons", "too_few_known", None),
        ([("lucky", 3, 3), ("aster", 100, 90)], "person_and_machine", "machine_reads_it", "aster"),
        ([], "two_persons", "no_machine", None),
    ],
)
def test_a_machine_is_the_second_key_only_where_it_reads_the_books_own_known_records(
    matches: list[tuple[str, int, int]], design: str, reason: str, recogniser: str | None
) -> None:
    choice = choose_design([ExactMatch(*match) for match in matches], THRESHOLD)
    assert choice.design == KeyingDesign(design)
    assert choice.reason == DesignReason(reason)
    assert choice.recogniser_code == recogniser
    assert len(choice.matches) == len(matches), "every figure is shown, whatever is chosen"


def test_as_many_records_are_known_as_give_enough_written_fields() -> None:
    assert known_count(8, THRESHOLD) == 19
    assert known_count(19, THRESHOLD) == 12


def test_recognisers_are_measured_on_written_fields_and_what_they_skip_counts_as_wrong() -> None:
    truth = {
        "so": text("034"),
        "nksHoTen": text("Lê Thị Hoà"),
        "meHoTen": ILLEGIBLE,
        "chaHoTen": BLANK,
        "nguoiKy": text("Bùi An"),
    }
    readings = {
        "aster": {"so": text("034"), "nksHoTen": text("LÊ THỊ HÒA"), "meHoTen": text("xx"), "chaHoTen": BLANK},
        "tess": {"so": text("34"), "nksHoTen": text("Lê Thị Hoa")},
    }
    assert exact_matches("KS", [(truth, readings)]) == [ExactMatch("aster", 3, 2), ExactMatch("tess", 3, 0)]
