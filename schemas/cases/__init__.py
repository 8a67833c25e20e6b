"""What a dossier asks for, a file per kind of case. `Case` is any of them; each says itself who and what is in it."""

from typing import Annotated

from pydantic import Field

from schemas.cases.birth import BirthCase
from schemas.cases.death import DeathCase
from schemas.cases.land import Certificate, LandCase, Parcel, Purpose
from schemas.cases.marriage import MarriageCase, Spouse
from schemas.cases.residence import ResidenceCase

Case = Annotated[BirthCase | DeathCase | MarriageCase | ResidenceCase | LandCase, Field(discriminator="kind")]

__all__ = [
    "BirthCase", "Case", "Certificate", "DeathCase", "LandCase", "MarriageCase", "Parcel", "Purpose", "ResidenceCase",
    "Spouse",
]  # fmt: skip
