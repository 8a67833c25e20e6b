"""Rows in force: every table of laws, routes, forms, deadlines, codes and agencies says from when until when it holds.

The day of an event chooses the row, never the day of the run. `valid_until` is the first day on which a row no longer
holds. `data/*.csv` are the tables, a line per row; an empty cell leaves the field at its default.
"""

import csv
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Protocol, TypeVar

from pydantic import BeforeValidator

from schemas.fields import Model


class Certainty(StrEnum):
    """How sure we are of a row."""

    CONFIRMED = "confirmed"
    UNVERIFIED = "unverified"  # believed, its text not seen
    ASSUMED = "assumed"  # chosen by us until somebody knows


class HasDays(Protocol):
    """What holds from a day until another."""

    @property
    def valid_from(self) -> date: ...

    @property
    def valid_until(self) -> date: ...


class Dated:
    """Adds `holds_on` to a class with `valid_from` and `valid_until`."""

    __slots__ = ()

    def holds_on(self: HasDays, day: date) -> bool:
        """Whether it holds on a day; on `valid_until` it does not."""
        return self.valid_from <= day < self.valid_until


class SourcedRow(Model):
    """A row that says where it comes from and how sure we are of it."""

    certainty: Certainty
    source: str


class RowInForce(SourcedRow, Dated):
    """A row that holds from a day until another."""

    valid_from: date = date.min
    valid_until: date = date.max


SeveralWords = Annotated[tuple[str, ...], BeforeValidator(lambda cell: cell.split() if isinstance(cell, str) else cell)]
"""Several words of one cell, with spaces between: codes of heirs, of procedures."""

RowModel = TypeVar("RowModel", bound=Model)
DatedRow = TypeVar("DatedRow", bound=HasDays)


def in_force(rows: Iterable[DatedRow], day: date) -> DatedRow | None:
    """The first of the rows that holds on a day; None when none does."""
    for row in rows:
        if day < row.valid_until and row.valid_from <= day:  # of rows in order of time the old ones fail at once
            return row
    return None


@cache
def read_rows(file_name: str, model: type[RowModel]) -> tuple[RowModel, ...]:
    """The rows of a file in `schemas/data/`, in its order, read once. Raises ValidationError for a row that does not
    fit the model, FileNotFoundError for a file that is not there."""
    text = files("schemas").joinpath(f"data/{file_name}").read_text(encoding="utf-8")
    return tuple(rows_of_text(text, model))


def rows_of_text(text: str, model: type[RowModel]) -> list[RowModel]:
    """The rows of CSV text whose first line names the columns. Raises ValidationError for a row that does not fit."""
    lines = csv.DictReader(text.splitlines())
    return [model.model_validate({name: cell for name, cell in line.items() if cell}) for line in lines]
