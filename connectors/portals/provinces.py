"""A line per province: its code, the platform that its portal runs, and its agency code at the portal.

Which platform a province really runs, and its agency code after the mergers, are assumptions: change the line. This
file is read each time Airflow parses the DAGs, so it imports no platform until one is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from connectors.portals.contract import Platform
    from schemas.decision import Edit
    from schemas.dossier import Dossier


@dataclass(frozen=True)
class PortalProvince:
    """A province's portal; `platform_code` is the name of a module in this folder."""

    province_code: str
    name_vi: str
    platform_code: str
    agency_code: str

    @property
    def connection_id(self) -> str:
        return f"portal_{self.province_code}"

    @property
    def platform(self) -> "Platform":
        return cast("Platform", import_module(f"connectors.portals.{self.platform_code}").PLATFORM)


PROVINCES: dict[str, PortalProvince] = {
    province.province_code: province
    for province in (
        PortalProvince("24", "Bắc Ninh", "onestop", "H05"),
        PortalProvince("40", "Nghệ An", "onestop", "H41"),
        PortalProvince("22", "Quảng Ninh", "hub", "H49"),
        PortalProvince("20", "Lạng Sơn", "onestop", "H37"),
        PortalProvince("15", "Lào Cai", "hub", "H38"),
        PortalProvince("52", "Gia Lai", "onestop", "H21"),
        PortalProvince("19", "Thái Nguyên", "onestop", "H55"),
        PortalProvince("31", "Hải Phòng", "hub", "H24"),
        PortalProvince("75", "Đồng Nai", "onestop", "H19"),
        PortalProvince("12", "Lai Châu", "hub", "H35"),
        PortalProvince("38", "Thanh Hóa", "onestop", "H56"),
        PortalProvince("46", "Huế", "hub", "H57"),
    )
}


BOOKS = "book"
"""Stands in the ledger for books, where the dossiers of a portal have its code."""


def platform_of(source_code: str) -> "Platform | None":
    """The platform of a portal; None for books."""
    return PROVINCES[source_code].platform if source_code != BOOKS else None


def read_original(source_code: str, original: bytes, edits: "Sequence[Edit]" = ()) -> "Dossier":
    """The dossier in an original of a portal or a book, with these edits. Raises Unrecognised when the original cannot
    be read, or an edit does not fit; KeyError for a source that is neither."""
    from connectors.books import read_record
    from connectors.errors import Unrecognised
    from schemas.decision import fitted

    platform = platform_of(source_code)
    read = platform.read_dossier if platform else read_record
    dossier = fitted(read(original, source_code), edits)
    if dossier is None:
        raise Unrecognised(f"edits do not fit: {', '.join(sorted({edit.field_path for edit in edits}))}")
    return dossier
