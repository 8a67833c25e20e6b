"""The format of issued codes, the base of all models, and the description of a field.

Models keep what the source wrote. A format here is for checks to judge, never a reason to lose a dossier.
"""

import re
from functools import cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

DOSSIER_CODE = re.compile(r"(?:\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}|[A-Z]\d{2}(?:\.\d{1,3}){1,4})-(?:\d{6}|\d{8})-\d{4,7}")
PROCEDURE_CODE = re.compile(r"(\d\.\d{6})(?:\.\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2})?")
"""A procedure code, with the suffix that local copies append (`1.001193.000.00.00.H05`)."""
PERSONAL_ID = re.compile(r"\d{12}")
BIRTH_NOTICE_CODE = re.compile(r"\d{5}\.GCS\.\d{5}\.\d{2}")
"""Sequence, facility (QĐ 384/2019), year: TT 22/2025/TT-BYT."""
INSURANCE_NUMBER = re.compile(r"\d{10}")
CARD_CODE = re.compile(r"[A-Z]{2}[1-5]\d{12}")
"""Group, benefit level, province, insurance number."""
CERTIFICATE_SERIAL = re.compile(r"\d{10}|[A-ZĐ] \d{6,7}|[A-ZĐ]{2} (?:\d{6}|\d{8})")
BOOK_CODE = re.compile(r"\d{1,3}/\d{4}")
"""Register book and the year it was opened: `01/2026`."""

LIST = "mẫu hotich158, danh mục Bộ Tư pháp"
"""Where the code lists of births, deaths and marriages come from: the ministry's digitisation schema."""

PLACEHOLDER_IDS = frozenset({"000000001", "000000000", "000000000000", "000000000001", "123456789", "0000000000"})
"""Numbers that vendors' adapters write where the source has none (seen in production code)."""


class Model(BaseModel):
    """The base of all values: it cannot be changed, and it refuses fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def of_typed(cls, values: dict[str, Any]) -> Self:
        """The model of values that have the types of its fields already, without validation, in a third of its time.

        For what our own code read by the million. Every field without a default must be there. Raises TypeError for a
        field that the model does not know.
        """
        blank = _blank(cls)
        every = blank | values
        if len(every) != len(blank):
            raise TypeError(f"{cls.__name__} has no {', '.join(sorted(values.keys() - blank.keys()))}")
        model = cls.__new__(cls)
        _set(model, "__dict__", every)
        _set(model, "__pydantic_fields_set__", set(values))
        _set(model, "__pydantic_extra__", None)
        _set(model, "__pydantic_private__", None)
        return model


_set = object.__setattr__


@cache
def _blank(model: type[Model]) -> dict[str, Any]:
    """The fields of a model in their order with their defaults; None where there is none."""
    return {name: None if info.is_required() else info.default for name, info in model.model_fields.items()}


def field(title_vi: str, example: Any, source: str = "", *, default: Any = None, required: bool = False) -> Any:
    """A model's field with its official Vietnamese name, an example, and where its meaning comes from."""
    extra: JsonDict | None = {"source": source} if source else None
    return Field(... if required else default, title=title_vi, examples=[example], json_schema_extra=extra)


def procedure_code(as_written: str) -> str | None:
    """`1.001193.000.00.00.H05` -> `1.001193`; None when it is no procedure code."""
    found = PROCEDURE_CODE.fullmatch(as_written.strip())
    return found.group(1) if found else None


def id_structure_oddity(personal_id: str, *, born_year: int | None, is_male: bool | None) -> str | None:
    """The part of a 12-digit number that does not fit its holder, or None. It is a warning, never an error.

    TT 59/2021/TT-BCA: 3 digits province of registration, 1 digit century and sex, 2 digits year of birth, 6 random.
    The circular lapsed on 1 July 2024 and the law now promises twelve digits only, hence only a warning.
    """
    if not PERSONAL_ID.fullmatch(personal_id):
        return None
    century_and_sex, year = int(personal_id[3]), int(personal_id[4:6])
    if not 1 <= int(personal_id[:3]) <= 96:
        return "province"
    if born_year is not None and (born_year != 1900 + 100 * (century_and_sex // 2) + year):
        return "year"
    if is_male is not None and (century_and_sex % 2 == 0) != is_male:
        return "sex"
    return None
