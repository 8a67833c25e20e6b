"""Each registry gets the codes of places that it expects: of the event's or the sending day, with district or not.

A commune that was divided between the two days stays a set until recorded evidence decides; then nothing is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from connectors.errors import Refused
from schemas.cases import Parcel
from schemas.dossier import Dossier
from schemas.fields import Model
from schemas.person import Address
from schemas.places import (
    TWO_LEVELS_FROM,
    Commune,
    DecidedUnit,
    Evidence,
    PlaceSubject,
    Unit,
    WholeUnit,
    crosswalk,
    unit_on,
)

M = TypeVar("M", bound=Model)

AS_WRITTEN = frozenset({"home_place"})
"""Fields that name where someone comes from: the unit of that time, kept as it was written."""


class AsOf(StrEnum):
    """The day whose codes a registry wants."""

    EVENT = "event"
    SENDING = "sending"


@dataclass(frozen=True)
class UnitCodes:
    """A registry's contract about codes of places; `with_district` only matters for days before 1 July 2025."""

    as_of: AsOf = AsOf.EVENT
    with_district: bool = False


class AmbiguousUnit(Refused):
    """A place became several on the way to the day the registry wants: a person must decide. Names the field."""


def day_of(dossier: Dossier, codes: UnitCodes, sent_on: date) -> date:
    """The day whose codes a registry wants for this dossier."""
    return sent_on if codes.as_of is AsOf.SENDING else dossier.event_on


def translate_units(dossier: Dossier, codes: UnitCodes, sent_on: date) -> tuple[Dossier, tuple[Evidence, ...]]:
    """The dossier with its places as a registry wants them, and what decided where a set became one.

    Raises AmbiguousUnit. A code that no unit held on the event's day is left as it is: checks have judged it.
    """
    to = day_of(dossier, codes, sent_on)
    if to == dossier.event_on and not codes.with_district and to >= TWO_LEVELS_FROM:
        return dossier, ()  # nothing is translated, and there are no districts to leave out
    used: list[Evidence] = []

    def translated(code: str, subject: PlaceSubject, at: str) -> Unit | None:
        unit = unit_on(code, dossier.event_on)
        if unit is None or unit.valid_from <= to < unit.valid_until:
            return unit
        found = crosswalk(unit, to, subject=subject)
        if isinstance(found, DecidedUnit):
            used.append(found.evidence)
        if isinstance(found, DecidedUnit | WholeUnit):
            return found.unit
        raise AmbiguousUnit(f"{at}: a unit that was divided or is unknown on {to}: a person must decide")

    def address(of: Address, at: str) -> Address:
        unit = translated(of.commune_code, PlaceSubject.PERSON, f"{at}.commune_code") if of.commune_code else None
        if not isinstance(unit, Commune):
            return of
        district = unit.district_code if codes.with_district else None
        return _changed(of, commune_code=unit.code, province_code=unit.province_code, district_code=district)

    def parcel(of: Parcel, at: str) -> Parcel:
        unit = translated(of.commune_code, PlaceSubject.PARCEL, f"{at}.commune_code") if of.commune_code else None
        return _changed(of, commune_code=unit.code) if isinstance(unit, Commune) else of

    return _walk(dossier, "dossier", address, parcel), tuple(used)


def _changed(of: M, **values: str | None) -> M:
    """The model with these values, itself when it has them already."""
    return of if all(getattr(of, name) == value for name, value in values.items()) else of.model_copy(update=values)


def _walk(model: M, at: str, address: Callable[[Address, str], Address], parcel: Callable[[Parcel, str], Parcel]) -> M:
    """The model with all addresses and parcels below it seen to; itself when none changed."""
    changes: dict[str, object] = {}
    for name, value in model.__dict__.items():
        if name in AS_WRITTEN or not isinstance(value, Model | tuple):
            continue
        where = f"{at}.{name}"
        new: object = value
        if isinstance(value, Address):
            new = address(value, where)
        elif isinstance(value, tuple):
            parts = tuple(_walk(one, where, address, parcel) if isinstance(one, Model) else one for one in value)
            new = value if all(a is b for a, b in zip(parts, value, strict=True)) else parts
        elif isinstance(value, Model):
            new = _walk(value, where, address, parcel)
        if isinstance(new, Parcel):
            new = parcel(new, where)
        if new is not value:
            changes[name] = new
    return model.model_copy(update=changes) if changes else model
