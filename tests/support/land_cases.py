"""A land change written by hand, and how to change it for the tests of the land database; nobody is real."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.endpoint import Endpoint
from schemas.cases import Certificate, LandCase, Parcel, Purpose
from schemas.dates import VIETNAM, PartialDate
from schemas.delivery import Submission, delivery_key
from schemas.dossier import Dossier
from schemas.person import Person, Sex

NOWHERE = Endpoint("http://127.0.0.1:9", "key", "secret")
MOMENT = datetime(2026, 11, 20, 8, 15, tzinfo=VIETNAM)
CODE = "H05.12.34-261120-0001"
GUID = "14712904-bdae-5d2d-b11b-5fa12708965a"

WIFE = Person(full_name="TRẦN THỊ HOA", sex=Sex.FEMALE, born_on=PartialDate.of(1990), personal_id="024190000011")
HUSBAND = Person(full_name="NGUYỄN VĂN NAM", sex=Sex.MALE, born_on=PartialDate.of(1985), personal_id="024085000012")


def case(**changes: Any) -> LandCase:
    plain = LandCase(
        change_kind="CN",
        owner_kind="1",
        owners=(WIFE, HUSBAND),
        certificate=Certificate(serial="BA 123456"),
        parcel=Parcel(
            commune_code="07210",
            sheet_number="12",
            parcel_number="345",
            area_m2=Decimal("240"),
            address="Thôn Đông",
            purposes=(
                Purpose(purpose_code="ONT", area_m2=Decimal("120.5")),
                Purpose(purpose_code="CLN", area_m2=Decimal("119.5"), until=PartialDate.of(2043)),
            ),
        ),
    )
    return plain.model_copy(update=changes)


def submission_of(land_case: LandCase, dossier_code: str = CODE, **changes: Any) -> Submission:
    dossier = Dossier(
        portal_code="24",
        dossier_code=dossier_code,
        procedure_as_written="1.012756",
        status=2,
        received_at=MOMENT,
        updated_at=MOMENT,
        commune_code="07210",
        case=land_case,
    ).model_copy(update=changes)
    return Submission(key=delivery_key("land", dossier, dossier.content_sha256()), dossier=dossier)


def ground(**changes: Any) -> LandCase:
    return case(parcel=case().parcel.model_copy(update=changes))


def used_until(day: PartialDate | None, code: str = "CLN") -> LandCase:
    return ground(purposes=(Purpose(purpose_code=code, area_m2=Decimal("240"), until=day),))


def owned_by(*owners: Person, kind: str = "0") -> LandCase:
    return case(owners=owners, owner_kind=kind)


def hoa(**changes: Any) -> LandCase:
    return owned_by(WIFE.model_copy(update=changes))
