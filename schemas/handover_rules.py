"""The rules of the ministry's hand-over form: how its files are called and how its cells are written.

CV 1437/BTP-CNTT fixes them and could not be read, so each is a row of `data/handover_rules.csv` that says how sure it
is; who has the letter changes the row.
"""

from functools import cache
from typing import Any

from pydantic import Field

from schemas.fields import Model
from schemas.in_force import SourcedRow, read_rows


class _RuleRow(SourcedRow):
    """One rule by its name."""

    rule: str
    value: str = ""


class HandoverRules(Model):
    """All rules. `case_file`, `sheet_file` and `zip_file` are patterns with the names of `{...}` as their values.

    `number_digits`: an entry's number gets zeros in front until it has so many digits. `unknown_date`,
    `unknown_number`: what stands in a name when the entry has none that can be read. `page_bytes`: what a page of a
    case's PDF may weigh, about.
    """

    case_file: str
    sheet_file: str
    zip_file: str
    number_digits: int = Field(ge=1)
    unknown_date: str
    unknown_number: str
    row_number_column: str
    blank: str
    illegible: str
    page_bytes: int = Field(ge=10_000)


@cache
def handover_rules() -> HandoverRules:
    """The rules as they stand. Raises ValidationError when one is missing."""
    values: dict[str, Any] = {row.rule: row.value for row in read_rows("handover_rules.csv", _RuleRow)}
    return HandoverRules.model_validate(values)
