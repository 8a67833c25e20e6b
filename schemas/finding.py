"""What a check says when it found a fault."""

from enum import StrEnum

from schemas.fields import Model


class Weight(StrEnum):
    """What a fault does, the heaviest first. What stops a batch holds its dossier as well."""

    STOPS = "stops"  # the portal's whole delivery is suspect: nothing of the batch is sent until a person says so
    HOLDS = "holds"
    NOTES = "notes"

    @property
    def holds_dossier(self) -> bool:
        return self is not Weight.NOTES


class Finding(Model):
    """A fault in one version: which check, at which field. What was seen is personal, so it is not kept here."""

    check_code: str
    field_path: str
    weight: Weight
