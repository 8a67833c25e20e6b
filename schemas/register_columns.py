"""The columns of a record of a paper register book, by kind of book: the ministry's sets for digitisation.

The names are the flat ones of the civil-status interfaces (`nksHoTen`), so a keyed row, a spreadsheet of the ministry
and a form speak of a field by one name. `data/register_columns.csv` has a line for each column, in the order of the
template "hotich158"; the number of columns of each kind is known, some names are assumed (`certainty`).
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Literal

from schemas.in_force import SourcedRow, read_rows

BookKind = Literal["KS", "KT", "KH", "CMC", "HN"]
"""Khai sinh, khai tử, kết hôn, nhận cha mẹ con, tình trạng hôn nhân."""


class ValueKind(StrEnum):
    """What a field of a record holds; how it is read, keyed, compared and searched depends on it."""

    NAME = "name"
    DATE = "date"
    PLACE = "place"
    NUMBER = "number"  # a code or number that keeps its leading zeros: it is text
    CODE = "code"  # a digit of one of the ministry's code lists
    TEXT = "text"


class RegisterColumn(SourcedRow):
    """One column. `is_critical`: an error in it changes who somebody is, so acceptance is stricter.
    `is_required`: without it the row is no entry."""

    book_kind: BookKind
    column: str
    title_vi: str
    value_kind: ValueKind
    is_critical: bool = False
    is_required: bool = False


@cache
def columns_of(book_kind: str) -> Mapping[str, RegisterColumn]:
    """The columns of a kind of book by name, in the ministry's order. Raises KeyError for another kind."""
    found = {row.column: row for row in read_rows("register_columns.csv", RegisterColumn) if row.book_kind == book_kind}
    if not found:
        raise KeyError(book_kind)
    return found
