"""Sound dossiers written by hand, one of each kind of case, and how to change one field of them; nobody is real."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from schemas.cases import (
    BirthCase,
    Certificate,
    DeathCase,
    LandCase,
    MarriageCase,
    Parcel,
    Purpose,
    ResidenceCase,
    Spouse,
)
from schemas.dates import VIETNAM, PartialDate
from schemas.dossier import Case, Dossier, Paper
from schemas.fields import Model
from schemas.person import Address, Applicant, HeadOfHousehold, IdPaper, Person, Sex

HERE = Address(province_code="24", commune_code="07210", detail="Thôn Đông, số 12")


def when(text: str) -> PartialDate:
    """`22.08.2026` as a dossier writes it."""
    day = PartialDate.read_dotted(text)
    assert day is not None
    return day


def changed(model: Any, path: str, value: Any) -> Any:
    """The same, with another value in the field at this path; `papers.0.name` goes into a tuple."""
    name, _, rest = path.partition(".")
    if isinstance(model, tuple):
        at = int(name)
        return (*model[:at], changed(model[at], rest, value) if rest else value, *model[at + 1 :])
    assert isinstance(model, Model), path
    assert name in type(model).model_fields, path
    return model.model_copy(update={name: changed(getattr(model, name), rest, value) if rest else value})


def described(kind: type[Person], full_name: str, sex: Sex, born: str, number: str | None, **more: Any) -> Any:
    return kind(
        full_name=full_name,
        sex=sex,
        born_on=when(born),
        personal_id=number,
        ethnic_group="Kinh",
        nationality_code="VN",
        residence_kind="1",
        residence=HERE,
        home_place=HERE,
        **more,
    )


MOTHER = described(
    Person,
    "TRẦN THỊ HOA",
    Sex.FEMALE,
    "04.03.1998",
    "024198001111",
    id_paper=IdPaper(kind_code="4", number="024198001111", issued_on=when("01.02.2022")),
)
FATHER = described(Person, "NGUYỄN VĂN NAM", Sex.MALE, "05.06.1995", "024095002222")
GRANDFATHER = HeadOfHousehold(full_name="NGUYỄN VĂN HÙNG", personal_id="024060004321", relation="Cháu")
CHILD = described(Person, "NGUYỄN MAI ANH", Sex.FEMALE, "02.11.2026", None)


def dossier(sequence: int, procedure_code: str, case: Case, *paper_kinds: str, applicant: Applicant) -> Dossier:
    at = datetime(2026, 11, 20, 8, 15, tzinfo=VIETNAM)
    return Dossier(
        portal_code="24",
        dossier_code=f"H05.12.34-261120-{sequence:04d}",
        procedure_as_written=f"{procedure_code}.000.00.00.H05",
        procedure_code=procedure_code,
        status=2,
        received_at=at,
        updated_at=at,
        agency_code="H05.12.34",
        commune_code="07210",
        abstract="Đề nghị của công dân",
        applicant=applicant,
        case=case,
        papers=tuple(Paper(kind_code=kind, name=f"{kind}.pdf", link=f"/papers/{kind}") for kind in paper_kinds),
    )


BIRTH = dossier(
    1, "2.000987",
    BirthCase(
        child=CHILD, birth_place=HERE, birth_kind="1", notice_code="00012.GCS.24001.26", notice_on=when("03.11.2026"),
        mother=MOTHER, father=FATHER, head_of_household=GRANDFATHER, residence=HERE, clinic_code="24001",
    ),
    "KS-TK", "KS-GCS",
    applicant=Applicant(**dict(FATHER), relation="Cha", phone="0900000000"),
)  # fmt: skip

DEATH = dossier(
    2, "2.002913",
    DeathCase(
        deceased=described(Person, "PHẠM VĂN THÀNH", Sex.MALE, "10.10.1950", "024050003333"),
        died_on=when("18.11.2026"), place="Tại nhà", cause="Bệnh", notice_kind="1", notice_code="12/2026",
        notice_on=when("19.11.2026"), notice_by="Trạm y tế xã", insurance_number="2412345678",
    ),
    "KT-GBT",
    applicant=described(Applicant, "PHẠM THỊ LÝ", Sex.FEMALE, "01.01.1980", "024180004444", relation="Con"),
)  # fmt: skip

HUSBAND = described(Spouse, "LÊ VĂN BÌNH", Sex.MALE, "07.07.2000", "024200005555", marriage_order="1")
WIFE = described(Spouse, "VŨ THỊ LAN", Sex.FEMALE, "08.08.2002", "024302006666", marriage_order="1")

MARRIAGE = dossier(
    3,
    "1.000894",
    MarriageCase(husband=HUSBAND, wife=WIFE),
    "KH-TK",
    applicant=described(Applicant, "LÊ VĂN BÌNH", Sex.MALE, "07.07.2000", "024200005555", relation="Chồng"),
)

MOVER = described(Person, "ĐỖ THỊ HẠNH", Sex.FEMALE, "09.09.1999", "024199007777")

RESIDENCE = dossier(
    4,
    "1.004222",
    ResidenceCase(person=MOVER, moves_to=HERE, head_of_household=GRANDFATHER, reason="Nhập hộ khẩu về với chồng"),
    "CT-CT01",
    applicant=Applicant(**dict(MOVER)),
)

LAND = dossier(
    5,
    "1.012756",
    LandCase(
        change_kind="CN",
        parcel=Parcel(
            commune_code="07210",
            sheet_number="12",
            parcel_number="345",
            area_m2=Decimal("240.0"),
            old_commune_code="07213",
            address="Thôn Đông",
            purposes=(
                Purpose(purpose_code="ONT", area_m2=Decimal("120.5")),
                Purpose(purpose_code="CLN", area_m2=Decimal("119.5"), until=when("31.12.2043")),
            ),
        ),
        certificate=Certificate(serial="AA 12345678", entry_number="CS01234", issued_on=when("12.03.2025")),
        owner_kind="1",
        owners=(HUSBAND_OWNER := Person(**{k: v for k, v in dict(HUSBAND).items() if k != "marriage_order"}), MOVER),
    ),
    "DD-DK",
    "DD-HD",
    applicant=Applicant(**dict(HUSBAND_OWNER)),
)

SOUND = {"birth": BIRTH, "death": DEATH, "marriage": MARRIAGE, "residence": RESIDENCE, "land": LAND}
"""A dossier of each kind in which there is nothing to find."""
