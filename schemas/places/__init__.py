"""Provinces, districts and communes, each valid from-until: a code alone is ambiguous, a code and a day are not.

`unit_on(code, day)`, `resolve_address(text, day)`, `crosswalk(unit, day)`: each answers with a unit, or with a *set* and
why. A set becomes one unit only by recorded Evidence, and the answer keeps it.
"""

from schemas.places.addresses import AddressParts, Candidates, Found, Loosened, Why, resolve_address
from schemas.places.crosswalk import (
    CrosswalkResult,
    Decided,
    Evidence,
    EvidenceKind,
    OneOf,
    Reason,
    Subject,
    Unknown,
    Whole,
    changes_of,
    crosswalk,
    passages_from,
    passages_to,
    settle,
)
from schemas.places.former import FormerProvince, former_provinces
from schemas.places.table import (
    TABLE_VERSION,
    DamagedTable,
    commune_on,
    communes_of,
    retired_codes,
    unit_on,
    units_of,
    wrong_code,
)
from schemas.places.units import (
    KNOWN_FROM,
    PROVINCES,
    TWO_LEVELS_FROM,
    Change,
    Commune,
    District,
    Key,
    Passage,
    Province,
    Share,
    Unit,
    WrongCode,
)

__all__ = [
    "KNOWN_FROM", "PROVINCES", "TABLE_VERSION", "TWO_LEVELS_FROM", "AddressParts", "Candidates", "CrosswalkResult",
    "Change", "Commune", "DamagedTable", "Decided", "District", "Evidence", "EvidenceKind", "FormerProvince",
    "Found", "Key", "Loosened", "OneOf", "Passage", "Province", "Reason", "Share", "Subject", "Unit", "Unknown",
    "Whole", "Why", "WrongCode", "crosswalk", "changes_of", "commune_on", "communes_of", "former_provinces",
    "passages_from", "passages_to", "resolve_address", "retired_codes", "settle", "unit_on", "units_of",
    "wrong_code",
]  # fmt: skip
