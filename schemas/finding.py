"""What a check says when it found a fault."""

from enum import StrEnum

from schemas.fields import Model


class Weight(StrEnum):
    """What a fault does to its dossier."""

    HOLDS = "holds"
    NOTES = "notes"


class Finding(Model):
    """A fault in one version: which check, at which field. What was seen is personal, so it is not kept here."""

    check_code: str
    field_path: str
    weight: Weight
