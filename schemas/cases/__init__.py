"""What a dossier asks for, a file per kind of case. `Case` is any of them; each says itself who and what is in it."""

from typing import Annotated

from pydantic import Field

from schemas.cases.base import CaseModel
from schemas.cases.birth import BirthCase
from schemas.cases.death import DeathCase
from schemas.cases.land import Certificate, LandCase
from schemas.cases.marriage import MarriageCase, Spouse
from schemas.cases.parcel import Parcel, Purpose
from schemas.cases.residence import ResidenceCase

Case = Annotated[BirthCase | DeathCase | MarriageCase | ResidenceCase | LandCase, Field(discriminator="kind")]

CASES: dict[str, type[CaseModel]] = {
    model.model_fields["kind"].default: model for model in (BirthCase, DeathCase, MarriageCase, ResidenceCase, LandCase)
}
"""Every kind of case by its name."""

__all__ = [
    "CASES", "BirthCase", "Case", "CaseModel", "Certificate", "DeathCase", "LandCase", "MarriageCase", "Parcel",
    "Purpose", "ResidenceCase", "Spouse",
]  # fmt: skip
