"""Findings: the faults that checks saw."""

from enum import StrEnum

from schemas.fields import Model


class Weight(StrEnum):
    """The effect of a fault, the heaviest first. A fault that stops a batch holds its dossier too."""

    STOPS = "stops"  # the whole batch is suspect: nothing of it is sent until a person releases it
    HOLDS = "holds"  # the dossier waits for a person
    NOTES = "notes"  # the dossier goes on, the fault is shown

    @property
    def holds_dossier(self) -> bool:
        return self is not Weight.NOTES


class Finding(Model):
    """A fault in one version: the check and the field. The seen value is personal data and is not kept here."""

    check_code: str
    field_path: str
    weight: Weight
