"""Births and deaths for health insurance, and their dataset: nobody has a number and all is
done at once, unless a test says otherwise."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from connectors.endpoint import Endpoint
from connectors.registries.health_insurance import REGISTRY
from schemas.cases import BirthCase, DeathCase
from schemas.dates import VIETNAM, PartialDate
from schemas.delivery import Submission
from schemas.dossier import Dossier
from schemas.person import Address, Person, Sex
from schemas.registries import CivilStatusReceipt, Given, HealthInsuranceReceipt

NOWHERE = Endpoint("http://127.0.0.1:9", "key", "secret")


@dataclass(frozen=True)
class Planted:
    dossier: Dossier
    edited: Dossier | None = None


@dataclass
class Dataset:
    planted: list[Planted] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    late: dict[str, float] = field(default_factory=dict)
    insured: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)

    def refusal(self, registry_code: str, dossier_code: str, request: str) -> str | None:
        return self.refusals.get(dossier_code)

    def lateness_s(self, registry_code: str, request_code: str) -> float:
        return self.late.get(request_code, 0.2)

    def number(self, *parts: str, digits: int) -> str:
        if parts[0] in ("insured", "busy"):
            return "000000" if parts[1] in self.insured | self.busy else "000001"
        return str(int(sha256("/".join(parts).encode()).hexdigest(), 16))[-digits:]


def born(full_name: str, born_on: PartialDate, **more: Any) -> BirthCase:
    child = Person(full_name=full_name, sex=Sex.FEMALE, born_on=born_on, ethnic_group="Kinh", nationality_code="VN")
    return BirthCase(child=child, residence=Address(province_code="24", commune_code="07210"), **more)


def died(full_name: str, insurance_number: str | None) -> DeathCase:
    person = Person(full_name=full_name, sex=Sex.MALE, born_on=PartialDate.of(1950), ethnic_group="Mường")
    return DeathCase(deceased=person, died_on=PartialDate.of(2026, 8, 20), insurance_number=insurance_number)


def dossier(at: int, case: BirthCase | DeathCase) -> Dossier:
    moment = datetime(2026, 11, 20, 8, 15, tzinfo=VIETNAM)
    return Dossier(
        portal_code="24",
        dossier_code=f"H05.12.34-261120-{at:04d}",
        procedure_as_written="2.000987",
        status=2,
        received_at=moment,
        updated_at=moment,
        commune_code="07210",
        case=case,
    )


def submission(at: int, case: BirthCase | DeathCase | None = None, insurance_number: str | None = None) -> Submission:
    entered = CivilStatusReceipt(entry_number="123", book_code="01/2026", personal_id="024326001234")
    given = Given.by(entered).and_then(HealthInsuranceReceipt(insurance_number=insurance_number))
    case = case or born(f"NGUYỄN THỊ SỐ {at}", PartialDate.of(2026, 8, 22))
    return Submission(key=UUID(int=at), dossier=dossier(at, case), given=given)


def written(sent: Submission) -> dict[str, str]:
    return dict(json.loads(REGISTRY.write([sent], NOWHERE).body)["dsYeuCau"][0])
