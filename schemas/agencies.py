"""Agencies: which one receives a dossier, which one decides it, which one returns the result. They often differ: a
dossier may be handed in anywhere (NĐ 118/2025/NĐ-CP).

An agency's code has two forms, and both occur: `000.34.12.H05` (QCVN 102:2016/BTTTT, read from the right, with zeros
for missing levels) and `H05.12.34` (QĐ 20/2020/QĐ-TTg, amended by QĐ 09/2025/QĐ-TTg, read from the left; numbers of
three digits occur since 2025). It is assumed that both name one unit, and that `H05.7` and `H05.07` do.

`data/agencies.csv` has a row for each agency while it held its code, with the agencies that took over its work. The
real codes after the mergers of 1 July 2025 are not public, so it has provinces only, most of them assumed. An
installation adds its own rows: a commune may have several reception points, and a special zone is a commune. The table
is complete for a province only if the row of the province says `lists_all`; elsewhere an unknown code is no fault.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache

from schemas.in_force import RowInForce, SeveralWords, read_rows, rows_of_text

LEVELS_FORM = re.compile(r"([A-Z]\d{2})((?:\.\d{1,3}){0,4})")
QCVN_FORM = re.compile(r"(\d{3})\.(\d{2})\.(\d{2})\.([A-Z]\d{2})")
ALL = "*"


class AgencyKind(StrEnum):
    """What an agency is."""

    MINISTRY = "ministry"
    PROVINCE = "province"  # UBND cấp tỉnh
    DEPARTMENT = "department"  # sở, văn phòng đăng ký đất đai
    DISTRICT = "district"  # until 30 June 2025
    COMMUNE = "commune"  # UBND xã, phường
    SPECIAL_ZONE = "special_zone"  # UBND đặc khu
    RECEPTION_POINT = "reception_point"  # điểm tiếp nhận, several to a commune


OF_A_COMMUNE = frozenset({AgencyKind.COMMUNE, AgencyKind.SPECIAL_ZONE, AgencyKind.RECEPTION_POINT})


@dataclass(frozen=True, slots=True)
class AgencyCode:
    """A code by its levels: `H05.12.34` is the root H05 and the numbers 12 and 34."""

    root: str
    numbers: tuple[int, ...] = ()

    @staticmethod
    def read(as_written: str) -> "AgencyCode | None":
        """Reads either form; None when it is neither."""
        return _read(as_written)


@lru_cache(maxsize=16_384)
def _read(as_written: str) -> AgencyCode | None:
    if not as_written.isascii():
        return None
    if found := QCVN_FORM.fullmatch(as_written):
        *numbers, root = found.groups()
        return AgencyCode(root, _without_last_zeros(tuple(int(number) for number in reversed(numbers))))
    if found := LEVELS_FORM.fullmatch(as_written):
        return AgencyCode(found[1], _without_last_zeros(tuple(int(number) for number in found[2].split(".")[1:])))
    return None


def _without_last_zeros(numbers: tuple[int, ...]) -> tuple[int, ...]:
    while numbers and not numbers[-1]:
        numbers = numbers[:-1]
    return numbers


class Agency(RowInForce):
    """An agency while it held its code. `receives`: procedure codes, or `*`.

    `heirs`: who took over; `lists_all`, for a province: the table holds every agency of it.
    """

    agency_code: str
    name_vi: str
    kind: AgencyKind
    province_code: str | None = None
    commune_code: str | None = None
    heirs: SeveralWords = ()
    receives: SeveralWords = ()
    lists_all: bool = False

    def receives_procedure(self, procedure_code: str) -> bool:
        return ALL in self.receives or procedure_code in self.receives


@dataclass(frozen=True, eq=False)
class AgencyTable:
    """Agencies by their codes, in whichever form those are written."""

    agencies: tuple[Agency, ...]
    _by_code: dict[AgencyCode, tuple[Agency, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, agencies: Iterable[Agency]) -> "AgencyTable":
        """Raises ValueError for a line whose code, or whose heir's, is none."""
        table = cls(tuple(agencies))
        for agency in table.agencies:
            code, *heirs = (AgencyCode.read(written) for written in (agency.agency_code, *agency.heirs))
            if code is None or None in heirs:
                raise ValueError(f"agencies: {agency.agency_code} or an heir of it is no agency code")
            table._by_code[code] = (*table._by_code.get(code, ()), agency)
        return table

    @classmethod
    def read(cls, text: str) -> "AgencyTable":
        """Reads the lines of a data file."""
        return cls.of(rows_of_text(text, Agency))

    def named(self, as_written: str | None) -> tuple[Agency, ...]:
        """All agencies that ever held this code."""
        code = AgencyCode.read(as_written) if as_written else None
        return self._by_code.get(code, ()) if code else ()

    def on(self, as_written: str | None, on: date) -> tuple[Agency, ...]:
        """The agencies that hold this code on a day: none when it is unknown or dissolved, two when the table has a
        fault."""
        known = self.named(as_written)
        return tuple(agency for agency in known if agency.holds_on(on)) if known else ()

    def heirs(self, as_written: str, on: date) -> tuple[str, ...]:
        """The codes of the agencies that took over from a dissolved one and exist on this day."""
        found: list[str] = []
        open_codes, seen = [as_written], set[AgencyCode | None]()
        while open_codes:
            code = open_codes.pop(0)
            if (key := AgencyCode.read(code)) in seen:
                continue
            seen.add(key)
            gone = [agency for agency in self.named(code) if agency.valid_until <= on]
            if self.on(code, on):
                found.append(code)
            else:
                open_codes += [heir for agency in gone for heir in agency.heirs]
        return tuple(found)

    def province_of(self, as_written: str | None, on: date) -> str | None:
        """The province an agency belongs to on a day: by its own line, else by its root's; None for a ministry's."""
        code = AgencyCode.read(as_written) if as_written else None
        if code is None:
            return None
        known = self.on(as_written, on) or self.on(code.root, on)
        return known[0].province_code if known else None

    def lists_all_of(self, province_code: str | None, on: date) -> bool:
        """Whether the table claims to hold every agency of a province."""
        return province_code in _complete(self, on)

    def receivers(self, procedure_code: str, province_code: str, on: date) -> tuple[Agency, ...]:
        """The agencies of a province that receive a procedure on a day."""
        return tuple(
            agency
            for agency in self.agencies
            if agency.province_code == province_code
            and agency.holds_on(on)
            and agency.receives_procedure(procedure_code)
        )


@lru_cache(maxsize=64)
def _complete(table: AgencyTable, on: date) -> frozenset[str]:
    return frozenset(
        agency.province_code
        for agency in table.agencies
        if agency.lists_all and agency.province_code and agency.holds_on(on)
    )


@cache
def agencies() -> AgencyTable:
    """The table that ships. Raises ValueError for a line whose code, or whose heir's, is none."""
    return AgencyTable.of(read_rows("agencies.csv", Agency))
