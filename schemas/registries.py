"""The registries: a row each, with what its receipt holds. Every other list of registries derives from `REGISTRIES`.

To add one: `lienthong new-registry CODE` makes its folder in `connectors/registries/` and prints its receipt and its
row for this file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Self, TypeVar

from pydantic import ConfigDict, RootModel, SerializeAsAny, field_validator

from schemas.connection import AGENCY, API_KEY, CLIENT, OFFICER, PACE, ConnectionField
from schemas.entry import Entry
from schemas.fields import Model, field


class Receipt(Model):
    """What a registry gave back for one delivery. What is not known yet is None.

    `registry_code`: whose receipt it is; `numbered_by`: the field by which the registry knows the entry.
    """

    registry_code: ClassVar[str]
    numbered_by: ClassVar[str]

    @field_validator("*")
    @classmethod
    def _is_text(cls, value: object) -> object:
        """Half a surrogate pair is no text: it could be kept nowhere and sent to nobody."""
        if isinstance(value, str):
            value.encode()  # UnicodeEncodeError is a ValueError, which pydantic takes for a fault of the field
        return value

    def and_then(self, later: Self) -> Self:
        """Both receipts as one; what is known is not forgotten."""
        return self.model_copy(update=later.model_dump(exclude_none=True))

    def lacks(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of these fields that are not known yet."""
        return tuple(name for name in names if getattr(self, name) is None)

    def entry(self, place_code: str | None) -> Entry | None:
        """What the registry holds now, registered at this place; None while it has no number there."""
        number = getattr(self, self.numbered_by)
        if not number:
            return None
        return Entry(
            registry_code=self.registry_code,
            number=number,
            book_code=getattr(self, "book_code", None),
            page_number=getattr(self, "page_number", None),
            place_code=place_code,
            entered_on=getattr(self, "registered_on", None),
        )


class CivilStatusReceipt(Receipt):
    """Kết quả đăng ký hộ tịch."""

    registry_code: ClassVar[str] = "civil_status"
    numbered_by: ClassVar[str] = "entry_number"

    registered_on: date | None = field("ngày đăng ký", "2026-11-21")
    entry_number: str | None = field("số đăng ký", "123")
    book_code: str | None = field("quyển số", "01/2026")
    page_number: str | None = field("trang số", "62")
    personal_id: str | None = field("số định danh cá nhân", "024326001234")
    result_code: str | None = field("mã giấy tờ kết quả", "KQ.G15.000031")


class ResidenceReceipt(Receipt):
    """Kết quả giải quyết cư trú. `registered_on` is read for a case of residence alone."""

    registry_code: ClassVar[str] = "residence"
    numbered_by: ClassVar[str] = "residence_case_code"

    residence_case_code: str | None = field("số hồ sơ cư trú", "CT-24-000123")
    registered_on: date | None = field("ngày đăng ký", "2026-11-21")


class HealthInsuranceReceipt(Receipt):
    """Kết quả của cơ quan bảo hiểm xã hội."""

    registry_code: ClassVar[str] = "health_insurance"
    numbered_by: ClassVar[str] = "insurance_number"

    insurance_number: str | None = field("mã số BHXH", "2426001234")
    card_code: str | None = field("mã thẻ BHYT", "TE1242426001234")
    card_until: date | None = field("hạn thẻ", "2032-09-30")


class LandReceipt(Receipt):
    """Kết quả đăng ký biến động đất đai."""

    registry_code: ClassVar[str] = "land"
    numbered_by: ClassVar[str] = "land_entry_code"

    land_entry_code: str | None = field("mã biến động", "24-07210-000123")
    registered_on: date | None = field("ngày đăng ký", "2026-11-21")


@dataclass(frozen=True)
class RegistryRow:
    """One registry: what it gives, what it is called, and what the form of its connection asks."""

    receipt: type[Receipt]
    name_vi: str
    name_en: str
    connection_fields: tuple[ConnectionField, ...] = (AGENCY, PACE)

    @property
    def code(self) -> str:
        return self.receipt.registry_code


REGISTRIES: dict[str, RegistryRow] = {
    row.code: row
    for row in (
        RegistryRow(CivilStatusReceipt, "Hộ tịch", "Civil status"),
        RegistryRow(ResidenceReceipt, "Cư trú", "Residence", (AGENCY, OFFICER, CLIENT, API_KEY, PACE)),
        RegistryRow(HealthInsuranceReceipt, "Bảo hiểm y tế", "Health insurance"),
        RegistryRow(LandReceipt, "Đất đai", "Land"),
    )
}
REGISTRY_CODES = tuple(REGISTRIES)

R = TypeVar("R", bound=Receipt)


class Given(RootModel[dict[str, SerializeAsAny[Receipt]]]):
    """What the registries gave so far for one dossier: the receipt of each, by its code.

    A value is named `civil_status.entry_number`: so steps of a route say what they need.
    """

    model_config = ConfigDict(frozen=True)
    root: dict[str, SerializeAsAny[Receipt]] = {}

    @field_validator("root", mode="before")
    @classmethod
    def _each_its_own(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {
            code: REGISTRIES[code].receipt.model_validate(given) if isinstance(given, Mapping) else given
            for code, given in value.items()
        }

    @classmethod
    def by(cls, receipt: Receipt) -> "Given":
        """What one registry gave."""
        return cls({receipt.registry_code: receipt})

    def of(self, kind: type[R]) -> R:
        """The receipt of one kind; an empty one when that registry gave nothing yet."""
        found = self.root.get(kind.registry_code)
        return found if isinstance(found, kind) else kind()

    def receipt(self, registry_code: str) -> Receipt:
        """The receipt of one registry; an empty one when it gave nothing yet."""
        return self.root.get(registry_code) or REGISTRIES[registry_code].receipt()

    def and_then(self, later: Receipt | None) -> "Given":
        """With what a registry gave later."""
        if later is None:
            return self
        code = later.registry_code
        return Given({**self.root, code: self.receipt(code).and_then(later)})

    def names(self) -> list[str]:
        """All that is known, as `civil_status.entry_number`."""
        return sorted(
            f"{code}.{name}" for code, receipt in self.root.items() for name in receipt.model_dump(exclude_none=True)
        )

    def value(self, name: str) -> Any:
        """The value of that name, None when it is not known."""
        code, _, field_name = name.partition(".")
        return getattr(self.root[code], field_name) if code in self.root else None
