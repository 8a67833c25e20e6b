"""Provinces, districts and communes, each valid from-until: a code alone is ambiguous, a code and a day are not.

`unit_on(code, day)`, `resolve_address(text, day)`, `carry(unit, day)`: each answers with a unit, or with a *set* and
why. A set becomes one unit only by recorded Evidence, and the answer keeps it.
"""

from schemas.places.table import (
    TABLE_VERSION as TABLE_VERSION,
    commune_on as commune_on,
    communes_of as communes_of,
    retired_codes as retired_codes,
    unit_on as unit_on,
    units_of as units_of,
    wrong_code as wrong_code,
)
from schemas.places.units import (
    KNOWN_FROM as KNOWN_FROM,
    PROVINCES as PROVINCES,
    TWO_LEVELS_FROM as TWO_LEVELS_FROM,
    Change as Change,
    Commune as Commune,
    District as District,
    Passage as Passage,
    Province as Province,
    Share as Share,
    Unit as Unit,
    WrongCode as WrongCode,
)
