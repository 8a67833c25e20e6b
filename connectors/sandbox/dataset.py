"""The dataset of the twins: invented dossiers of every kind, deterministic from a seed.

Everything follows from the arguments: a seed, a number, provinces and `now` always give one dataset, byte for byte.
About one dossier in eight has one planted defect (`connectors.sandbox.defects`); citizens supplement a quarter of these
later. Of the clean dossiers a few are withdrawn, not yet received or waiting for a supplement (statuses 7, 1, 5): they
must not be delivered, so their `registries` is empty and `defect` is None. A registry refuses some of the clean ones.

Assumed: which provinces run the hub, and agency codes below the province (`connectors.portals.provinces`); that the hub
carries births and deaths only; the codes of marriage and land change.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from random import Random

from connectors.portals.provinces import PROVINCES, PortalProvince
from connectors.sandbox.cases import Application, Cases, ReceivingDesk
from connectors.sandbox.defects import DEFECTS, Defect
from connectors.sandbox.papers import PaperFile, papers_of
from connectors.sandbox.people import People
from schemas.dates import VIETNAM, local_day
from schemas.dossier import Dossier, PortalStatus
from schemas.places import Commune

DAYS = 3
"""The dossiers were received in so many days before `now`."""
DEFECTIVE, EDITED, REFUSED, NOT_FOR_US, MULTIPLE_BIRTHS, LOCAL_SUFFIX = 1 / 8, 0.27, 0.035, 0.02, 0.02, 0.25
"""Shares: of all dossiers; of the defects that can be edited; of the clean dossiers (twice); of the births; of the
procedure codes."""
EDITED_WITHIN_S = 30
FAR = date(9999, 12, 31)


@dataclass(frozen=True)
class Procedure:
    """A procedure. It is written down here a second time, so that an error in `schemas.routes` is found."""

    procedure_code: str
    kind: str
    abstract: str
    registries: tuple[str, ...]
    weight: int
    valid_from: date = date.min
    valid_until: date = FAR


_BUNDLE = ("civil_status", "residence", "health_insurance")
_2026_09, _2027 = date(2026, 9, 1), date(2027, 1, 1)
_BIRTH_BUNDLE = "Khai sinh, đăng ký thường trú, cấp thẻ BHYT cho trẻ dưới 6 tuổi"
_DEATH_BUNDLE = "Khai tử, xóa đăng ký thường trú, mai táng phí"

PROCEDURES = (
    Procedure("2.000986", "birth", _BIRTH_BUNDLE, _BUNDLE, 9, valid_until=_2027),
    Procedure("2.000987", "birth", _BIRTH_BUNDLE, _BUNDLE, 9),
    Procedure("3.000722", "birth", f"{_BIRTH_BUNDLE}, căn cước", _BUNDLE, 10, valid_from=_2026_09),
    Procedure(
        "2.001023",
        "birth",
        "Khai sinh, cấp thẻ BHYT cho trẻ dưới 6 tuổi",
        ("civil_status", "health_insurance"),
        7,
        valid_until=_2027,
    ),
    Procedure("1.001193", "birth", "Đăng ký khai sinh", ("civil_status",), 10),
    Procedure("1.011733", "death", _DEATH_BUNDLE, _BUNDLE, 5, valid_until=_2027),
    Procedure("2.002622", "death", _DEATH_BUNDLE, _BUNDLE, 5, valid_until=_2027),
    Procedure("2.002913", "death", _DEATH_BUNDLE, _BUNDLE, 6, valid_from=_2026_09),
    Procedure("1.000656", "death", "Đăng ký khai tử", ("civil_status",), 7),
    Procedure("1.000894", "marriage", "Đăng ký kết hôn", ("civil_status",), 10),
    Procedure("1.004222", "residence", "Đăng ký thường trú", ("residence",), 10),
    Procedure("1.012756", "land", "Đăng ký biến động đất đai", ("land",), 12),
)
"""The procedures of the dossiers, and the registries that each must reach."""

KINDS_OF_PLATFORM = {
    "onestop": frozenset({"birth", "death", "marriage", "residence", "land"}),
    "hub": frozenset({"birth", "death"}),
}
"""The kinds of case by platform. At a platform that is not named here nothing is planted: its twin brings its own."""

REFUSALS: dict[tuple[str, str], tuple[str, ...]] = {
    ("civil_status", "birth"): (
        "Số định danh cá nhân của mẹ không khớp CSDL quốc gia về dân cưHọ tên cha không hợp lệ",
        "Số định danh cá nhân của mẹ không khớp CSDL quốc gia về dân cư",
        "Giấy chứng sinh đã được sử dụng để đăng ký khai sinhNơi sinh không hợp lệ",
        "nksQueQuan không được để trốngmeSoDDCN độ dài vượt quáchaLoaiGiayToTuyThan không tồn tại trong danh mục",
        "1. Ngày sinh của mẹ không khớp CSDL quốc gia về dân cư; 2. Quê quán không hợp lệ",
    ),
    ("civil_status", "death"): (
        "Người chết đã được đăng ký khai tử",
        "Họ tên người chết không khớp CSDL quốc gia về dân cưNgày chết không hợp lệ",
        "gbtSo không được để trống, nktNgayChet không được lớn hơn ngày hiện tại",
    ),
    ("civil_status", "marriage"): (
        "Tình trạng hôn nhân của bên nam không hợp lệSố giấy tờ tùy thân bên nữ không khớp CSDL quốc gia về dân cư",
        "Bên nam đang có vợ",
        "chongLoaiGiayToTuyThan không tồn tại trong danh mục và voNoiCuTru không được để trống",
    ),
    ("residence", "birth"): (
        "Chủ hộ không tồn tại trong cơ sở dữ liệu",
        "Quan hệ với chủ hộ không hợp lệChỗ ở hợp pháp chưa được xác nhận",
        "Chủ hộ chưa đồng ý\nSố định danh của mẹ không khớp CSDL quốc gia về dân cư",
    ),
    ("residence", "death"): (
        "Công dân không có thông tin thường trú tại địa phương",
        "Số định danh không khớp CSDL quốc gia về dân cư",
    ),
    ("residence", "residence"): (
        "Chủ hộ không tồn tại trong cơ sở dữ liệu",
        "Công dân đang có hồ sơ cư trú khác chưa giải quyết",
    ),
    ("health_insurance", "birth"): (
        "Invalid facility code for initial registration",
        "Participant already exists in another household",
        "Warning: Insured person already exists in another provinceInvalid facility code for initial registration",
    ),
    ("health_insurance", "death"): (
        "Participant is not active",
        "Benefit already settled for this number",
        "Warning: Participant is not active; Date of birth does not match",
    ),
    ("land", "land"): (
        "Thửa đất đang có giao dịch bảo đảm chưa xóa đăng ký",
        "Giấy chứng nhận không tồn tại trong cơ sở dữ liệu đất đai",
        "Người sử dụng đất chưa hoàn thành nghĩa vụ tài chínhThửa đất đang có tranh chấp",
        "Chủ sử dụng đất không khớp với giấy chứng nhận",
    ),
}
"""Texts of refusals by registry and kind of case: several errors glued together, English from health insurance (where a
warning refuses too)."""


@dataclass(frozen=True)
class Planted:
    """A dossier, and what must become of it.

    `dossier` is as its portal gives it, with its defect, and `papers` are the bytes of its papers in order; a one-stop
    portal's links are `/papers/<technical_id>/<n>`, n from 0. `registries` are those it must reach when it is clean.
    `edited` is the supplemented version that the portal gives some seconds after it first served the dossier; its
    `updated_at` lies up to half a minute after `now`, later than all first versions. `defect` stays set.
    """

    dossier: Dossier
    papers: tuple[bytes, ...]
    defect: str | None
    refused_by: str | None
    refusal_words: str
    edited: Dossier | None
    registries: tuple[str, ...]


class Dataset:
    """`dossiers` invented dossiers of these provinces, in the order they were received; `now` must have a zone."""

    def __init__(self, seed: int, dossiers: int, province_codes: Sequence[str], now: datetime) -> None:
        self._seed = seed
        self._now = now.astimezone(VIETNAM).replace(microsecond=0)
        self._rng = Random(seed)
        self._people = People(self._rng, local_day(self._now))
        self._cases = Cases(self._rng, self._people)
        self._provinces = [PROVINCES[code] for code in province_codes]
        self._codes: Counter[str] = Counter()
        self._times_planted = Counter({name: 0 for name in DEFECTS})
        self._refused: dict[str, str] = {}  # the request of each dossier that is refused
        self.planted: list[Planted] = []
        self._fill(dossiers)
        self._by_code = {planted.dossier.dossier_code: planted for planted in self.planted}
        self._by_province: dict[str, list[Planted]] = {}
        for planted in self.planted:
            self._by_province.setdefault(planted.dossier.portal_code, []).append(planted)

    def find(self, dossier_code: str) -> Planted | None:
        return self._by_code.get(dossier_code)

    def of_province(self, province_code: str) -> list[Planted]:
        return list(self._by_province.get(province_code, ()))

    def refusal(self, registry_code: str, dossier_code: str, request: str) -> str | None:
        """The words in which this registry refuses this dossier; None when it does not.

        `request` tells one request about the dossier from another. The first one is refused each time it comes; the
        one that is sent after a steward has edited the dossier differs, and is taken.
        """
        planted = self.find(dossier_code)
        if planted is None or planted.refused_by != registry_code:
            return None
        return planted.refusal_words if self._refused.setdefault(dossier_code, request) == request else None

    def lateness_s(self, registry_code: str, request_code: str) -> float:
        """How long this registry takes for this request: 0.2 to 2.0 seconds."""
        return 0.2 + 1.8 * int(self.number("lateness", registry_code, request_code, digits=6)) / 999_999

    def number(self, *parts: str, digits: int) -> str:
        """A number of so many digits that follows from the seed and the parts alone."""
        digest = sha256("\x1f".join((str(self._seed), *parts)).encode()).digest()
        return f"{int.from_bytes(digest) % 10**digits:0{digits}d}"

    def _fill(self, dossiers: int) -> None:
        span = DAYS * 86_400
        moments = sorted(self._now - timedelta(seconds=self._rng.randrange(60, span)) for _ in range(dossiers))
        while len(self.planted) < dossiers:
            number = len(self.planted)
            self.planted.extend(self._next(moments[number : number + 2]))

    def _next(self, moments: Sequence[datetime]) -> Iterator[Planted]:
        """The next dossier, or the two of a multiple birth; `moments` are the next times of receipt, one or two."""
        province, received_at = self._rng.choice(self._provinces), moments[0]
        name = self._due_defect(province, received_at) if self._rng.random() < DEFECTIVE else None
        procedure = self._procedure(province, received_at, DEFECTS[name] if name else None)
        desk = self._desk(province, received_at, procedure)
        if name:
            yield self._faulty(name, province, procedure, desk, received_at)
        elif procedure.kind == "birth" and len(moments) > 1 and self._rng.random() < MULTIPLE_BIRTHS:
            for application, moment in zip(self._cases.births(desk, 2), moments, strict=False):
                yield self._clean(province, procedure, desk, application, moment)
        else:
            yield self._clean(province, procedure, desk, self._cases.of_kind(procedure.kind, desk), received_at)

    def _procedures(self, province: PortalProvince, received_at: datetime) -> list[Procedure]:
        """The procedures that this portal has on this day."""
        kinds, day = KINDS_OF_PLATFORM[province.platform_code], local_day(received_at)
        return [
            procedure
            for procedure in PROCEDURES
            if procedure.kind in kinds and procedure.valid_from <= day < procedure.valid_until
        ]

    def _due_defect(self, province: PortalProvince, received_at: datetime) -> str:
        """One of the defects that are possible here, of those that were planted least often."""
        procedures = self._procedures(province, received_at)
        possible = [
            name
            for name, defect in DEFECTS.items()
            if any(
                defect.fits(province.platform_code, procedure.kind, procedure.registries) for procedure in procedures
            )
        ]
        fewest = min(self._times_planted[name] for name in possible)
        name = self._rng.choice([name for name in possible if self._times_planted[name] == fewest])
        self._times_planted[name] += 1
        return name

    def _procedure(self, province: PortalProvince, received_at: datetime, defect: Defect | None) -> Procedure:
        procedures = [
            procedure
            for procedure in self._procedures(province, received_at)
            if not defect or defect.fits(province.platform_code, procedure.kind, procedure.registries)
        ]
        return self._rng.choices(procedures, [procedure.weight for procedure in procedures])[0]

    def _desk(self, province: PortalProvince, received_at: datetime, procedure: Procedure) -> ReceivingDesk:
        return ReceivingDesk(self._people.commune(province.province_code), local_day(received_at), procedure.registries)

    def _clean(
        self,
        province: PortalProvince,
        procedure: Procedure,
        desk: ReceivingDesk,
        application: Application,
        received_at: datetime,
    ) -> Planted:
        dossier, files = self._write(province, procedure, desk, application, received_at)
        contents = tuple(file.content for file in files)
        if self._rng.random() < NOT_FOR_US:
            unready = (PortalStatus.WITHDRAWN, PortalStatus.NEW, PortalStatus.SUPPLEMENT_ASKED)
            waiting = dossier.model_copy(update={"status": int(self._rng.choice(unready))})
            return Planted(waiting, contents, None, None, "", None, ())
        if self._rng.random() < REFUSED:
            registry_code = self._rng.choice(procedure.registries)
            words = self._rng.choice(REFUSALS[registry_code, procedure.kind])
            return Planted(dossier, contents, None, registry_code, words, None, procedure.registries)
        return Planted(dossier, contents, None, None, "", None, procedure.registries)

    def _faulty(
        self, name: str, province: PortalProvince, procedure: Procedure, desk: ReceivingDesk, received_at: datetime
    ) -> Planted:
        """A dossier with this defect. A case that cannot have it (no father, no accents) is replaced by another."""
        defect = DEFECTS[name]
        dossier, files = self._write(province, procedure, desk, self._cases.of_kind(procedure.kind, desk), received_at)
        faulty = defect.plant(dossier)
        while faulty == dossier and name != "broken_content":
            application = self._cases.of_kind(procedure.kind, desk)
            dossier = dossier.model_copy(update={"case": application.case, "applicant": application.applicant})
            faulty = defect.plant(dossier)
        kept = {paper.kind_code for paper in faulty.papers}
        contents = tuple(file.content for file in files if file.kind_code in kept)
        edited = None
        if defect.is_edited_by_content and self._rng.random() < EDITED:
            later = self._now + timedelta(seconds=self._rng.randint(1, EDITED_WITHIN_S))
            edited = dossier.model_copy(update={"updated_at": later})
        return Planted(faulty, contents, name, None, "", edited, procedure.registries)

    def _write(
        self,
        province: PortalProvince,
        procedure: Procedure,
        desk: ReceivingDesk,
        application: Application,
        received_at: datetime,
    ) -> tuple[Dossier, tuple[PaperFile, ...]]:
        """The dossier as the one-stop desk and the portal write it, and its papers."""
        rng, is_hub = self._rng, province.platform_code == "hub"
        agency_code = _agency_code(province, desk.commune)
        dossier_code = self._code(agency_code, received_at)
        technical_id = sha256(f"{self._seed}/{dossier_code}".encode()).hexdigest()[:24]
        files = papers_of(procedure.kind, procedure.registries, dossier_code, rng)
        suffix = f".000.00.00.{province.agency_code}" if rng.random() < LOCAL_SUFFIX else ""
        dossier = Dossier(
            portal_code=province.province_code,
            dossier_code=dossier_code,
            national_code=self._code("G22.99.02", received_at) if is_hub or len(procedure.registries) > 1 else None,
            technical_id=technical_id,
            procedure_as_written=procedure.procedure_code + suffix,
            procedure_code=procedure.procedure_code,
            status=int(PortalStatus.RECEIVED if rng.random() < 0.75 else PortalStatus.IN_PROGRESS),
            received_at=received_at,
            updated_at=received_at + timedelta(seconds=rng.randint(0, int((self._now - received_at).total_seconds()))),
            due_at=datetime.combine(desk.received_on + timedelta(days=rng.randint(3, 10)), time(17), VIETNAM),
            agency_code=agency_code,
            commune_code=desk.commune.commune_code,
            abstract=procedure.abstract,
            applicant=application.applicant,
            case=application.case,
            papers=tuple(
                file.described(None if is_hub else f"/papers/{technical_id}/{position}")
                for position, file in enumerate(files)
            ),
        )
        return dossier, files

    def _code(self, agency_code: str, received_at: datetime) -> str:
        """The agency's next number of the day: `H05.12.34-261122-0007`."""
        series = f"{agency_code}-{received_at:%y%m%d}"
        self._codes[series] += 1
        return f"{series}-{self._codes[series]:04d}"


def _agency_code(province: PortalProvince, commune: Commune) -> str:
    """The agency code of a commune under its province: two numbers that follow from the commune's code."""
    return f"{province.agency_code}.{int(commune.commune_code[:2])}.{int(commune.commune_code[2:])}"
