"""When and where the tests' dataset is, which registries its dossiers must reach, and who is in them."""

from datetime import datetime

from schemas.dates import VIETNAM
from schemas.dossier import Dossier
from schemas.person import Person

NOW = datetime(2026, 11, 22, 10, 30, 12, 345_678, VIETNAM)
PROVINCE_CODES = ("24", "40", "22", "20", "15", "52", "19", "31", "75", "12", "38", "46")
HUB_PROVINCES = {"22", "15", "31", "12", "46"}
BUNDLE = ("civil_status", "residence", "health_insurance")
REGISTRIES: dict[str, tuple[str, ...]] = {
    "2.000986": BUNDLE, "2.000987": BUNDLE, "3.000722": BUNDLE, "2.001023": ("civil_status", "health_insurance"),
    "1.001193": ("civil_status",), "1.011733": BUNDLE, "2.002622": BUNDLE, "2.002913": BUNDLE,
    "1.000656": ("civil_status",), "1.000894": ("civil_status",), "1.004222": ("residence",), "1.012756": ("land",),
}  # fmt: skip


def persons(dossier: Dossier) -> list[Person]:
    parts = [*dict(dossier.case).values(), *getattr(dossier.case, "owners", ()), dossier.applicant]
    return [part for part in parts if isinstance(part, Person)]
