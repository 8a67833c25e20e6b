"""Rows in force: the day chooses the row, and every table is read by one loader."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.agencies import Agency
from schemas.catalogues import CatalogueRow
from schemas.deadlines import Deadline
from schemas.in_force import Certainty, RowInForce, in_force, read_rows, rows_of_text
from schemas.places import FormerProvince, unit_on

OLD = RowInForce(valid_until=date(2025, 7, 1), certainty=Certainty.CONFIRMED, source="cũ")
NEW = RowInForce(valid_from=date(2025, 7, 1), certainty=Certainty.ASSUMED, source="mới")
GAP = RowInForce(
    valid_from=date(2024, 1, 1), valid_until=date(2024, 1, 1), certainty=Certainty.ASSUMED, source="không ngày nào"
)


def test_a_row_holds_from_its_first_day_until_the_day_before_its_last() -> None:
    assert OLD.holds_on(date.min)
    assert OLD.holds_on(date(2025, 6, 30))
    assert not OLD.holds_on(date(2025, 7, 1))
    assert not NEW.holds_on(date(2025, 6, 30))
    assert NEW.holds_on(date(2025, 7, 1))
    assert not GAP.holds_on(date(2024, 1, 1))


def test_the_day_chooses_the_row() -> None:
    assert in_force((OLD, NEW), date(1962, 1, 1)) is in_force((NEW, OLD), date(2025, 6, 30)) is OLD
    assert in_force((OLD, NEW), date(2025, 7, 1)) is NEW
    assert in_force((GAP,), date(2024, 1, 1)) is in_force((), date(2024, 1, 1)) is None


def test_a_unit_of_places_holds_like_a_row() -> None:
    old, new = unit_on("07210", date(2025, 6, 30)), unit_on("07210", date(2025, 7, 1))
    assert old is not None
    assert old.holds_on(date(2025, 6, 30))
    assert not old.holds_on(date(2025, 7, 1))
    assert new is not None
    assert new.holds_on(date(2025, 7, 1))
    assert not new.holds_on(date(2025, 6, 30))


def test_an_empty_cell_leaves_the_default_and_a_cell_of_several_words_is_read_as_such() -> None:
    lines = (
        "agency_code,name_vi,kind,valid_from,valid_until,heirs,receives,certainty,source\n"
        "H02,UBND tỉnh,province,,2025-07-01,H05 H06,,assumed,-"
    )
    (agency,) = rows_of_text(lines, Agency)
    assert (agency.valid_from, agency.valid_until) == (date.min, date(2025, 7, 1))
    assert (agency.heirs, agency.receives) == (("H05", "H06"), ())


@pytest.mark.parametrize("certainty", ["", "sure"])
def test_a_row_that_does_not_say_how_sure_it_is_is_refused(certainty: str) -> None:
    with pytest.raises(ValidationError, match="certainty"):
        rows_of_text(f"certainty,source\n{certainty},-", RowInForce)


def test_a_column_that_the_model_does_not_know_is_refused() -> None:
    with pytest.raises(ValidationError, match="colour"):
        rows_of_text("certainty,source,colour\nassumed,-,red", RowInForce)


@pytest.mark.parametrize(
    ("file_name", "model"),
    [
        ("agencies.csv", Agency),
        ("catalogues.csv", CatalogueRow),
        ("deadlines.csv", Deadline),
        ("former_provinces.csv", FormerProvince),
    ],
)
def test_a_file_is_read_once(file_name: str, model: type[Any]) -> None:
    rows = read_rows(file_name, model)
    assert rows
    assert rows is read_rows(file_name, model)
