"""A birth with other values, and the same handed in once more."""

from typing import Any

from schemas.dossier import Dossier
from tests.support.dossiers import BIRTH, changed

NEXT_NOTICE = "00013.GCS.24001.26"


def but(dossier: Dossier = BIRTH, **changes: Any) -> Dossier:
    """The dossier with other values; `child__full_name` is a field of the child."""
    for path, value in changes.items():
        dossier = changed(dossier, f"case.{path.replace('__', '.')}", value)
    return dossier


def again(number: int, dossier: Dossier = BIRTH, **changes: Any) -> Dossier:
    """The same, handed in under another code."""
    return but(dossier, **changes).model_copy(update={"dossier_code": f"H05.12.34-261120-{number:04d}"})


FIRST = but(birth_order=1)
"""Of twins."""
