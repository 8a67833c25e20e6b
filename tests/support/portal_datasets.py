"""Small datasets made by hand for the portals' tests: dossiers with every field filled, and a line to their portal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any
from unicodedata import normalize

from connectors.endpoint import Endpoint
from connectors.http import Line
from connectors.portals import hub, onestop
from connectors.portals.contract import ListedDossier, Platform
from connectors.sandbox.dataset import Planted
from connectors.sandbox.server import Server
from connectors.sandbox.twins.hub import HubTwin
from connectors.sandbox.twins.onestop import OnestopTwin
from schemas.dates import VIETNAM, PartialDate
from schemas.dossier import Dossier
from schemas.registries import Given, Receipt
from schemas.report import Milestone, Report, ReportOutcome
from tests.support.dossiers import SOUND, changed

NOW = datetime.now(VIETNAM).replace(microsecond=0)
ADDRESS = {
    "province_code": "24",
    "district_code": "213",
    "commune_code": "07210",
    "detail": " Thôn  Đông ",
    "country_code": "LA",
}


def full(kind: str) -> Dossier:
    """A dossier of this kind with something, often something odd, in every field."""
    dossier = SOUND[kind].model_dump()
    dossier |= {
        "national_code": "G22.99.02-261120-0001",
        "technical_id": f"t-{kind}",
        "due_at": NOW + timedelta(days=3),
        "received_at": NOW - timedelta(days=1),
        "updated_at": NOW - timedelta(hours=1),
        "deciding_agency_code": "000.00.12.H05",
        "returning_agency_code": "H05.12.35",
    }
    dossier["papers"] = [
        {"kind_code": "X", "name": "tờ khai .pdf", "link": f"/papers/t-{kind}/{number}", "sha256": "ab" * 32, "size": 5}
        for number in range(2)
    ]
    _fill(dossier["applicant"], relation="Mẹ ", phone="09000 00000", email="a@vidu.example")
    _fill_case(dossier["case"])
    return Dossier.model_validate(dossier)


def _fill_case(case: dict[str, Any]) -> None:
    for name in ("child", "mother", "father", "deceased", "husband", "wife", "person"):
        if name in case:
            _fill(case[name])
    for owner in case.get("owners", ()):
        _fill(owner)
    if case["kind"] == "birth":
        case |= {"birth_order": 2, "copies": 3, "birth_place": ADDRESS, "residence": ADDRESS}
    if case["kind"] == "residence":
        case |= {"moves_to": ADDRESS}
    if case["kind"] == "death":
        case |= {"died_at_time": "05:30", "copies": 1}
    if case["kind"] == "land":
        case["parcel"] |= {"old_sheet_number": "5", "old_parcel_number": "88 ", "is_disputed": True}
        case["parcel"]["purposes"] = [
            {"purpose_code": "ONT", "area_m2": "240.00", "until": PartialDate.of(2043), "origin": "DG-KTT"}
        ]
        case["certificate"] |= {"issued_by": "Văn phòng", "issued_on": PartialDate(as_written="khoảng 2019")}


def _fill(person: dict[str, Any], **more: str) -> None:
    """NFD, spaces at the end, thirteen digits, an impossible day, a day of the form written otherwise."""
    paper = {"kind_code": "4", "number": "024198001111 ", "issued_on": PartialDate.of(2022, 2), "issued_by": ""}
    born = PartialDate.of(1990, 3, 2, "2/3/1990")
    if "marriage_order" in person:
        born = PartialDate(as_written="31.02.1990")
    person |= {
        "full_name": normalize("NFD", "TRẦN THỊ HÒA  "),
        "personal_id": "0241980011119",
        "born_on": born,
        "id_paper": paper,
        "ethnic_group": "Kinh",
        "nationality_code": "VN",
        "residence_kind": "1",
        "residence": ADDRESS,
        "home_place": ADDRESS,
        **more,
    }


FULL = {kind: full(kind) for kind in SOUND}


def of_hub(dossier: Dossier) -> Dossier:
    """The dossier as a hub gives it: no links, and of the agencies the receiving one only."""
    papers = tuple(paper.model_copy(update={"link": None}) for paper in dossier.papers)
    unsaid = {"deciding_agency_code": None, "returning_agency_code": None}
    return dossier.model_copy(update={"portal_code": "22", "papers": papers, **unsaid})


def planted(dossier: Dossier, *, defect: str | None = None, edited: Dossier | None = None) -> Planted:
    papers = tuple(b"%%PDF %d" % number for number in range(len(dossier.papers)))
    return Planted(dossier, papers, defect, None, "", edited, ())


def renumbered(dossier: Dossier, number: int, updated_at: datetime) -> Dossier:
    """Another dossier with the same content."""
    named = {"dossier_code": f"H05.12.34-261120-{number:04d}", "technical_id": f"n{number}", "updated_at": updated_at}
    return changed(dossier.model_copy(update=named), "papers", ())


class SmallDataset:
    def __init__(self, *dossiers: Planted) -> None:
        self.planted = list(dossiers)

    def of_province(self, province_code: str) -> list[Planted]:
        return [planted for planted in self.planted if planted.dossier.portal_code == province_code]


class Portal:
    """One platform with its twin, served over HTTP, and a line of one province to it."""

    def __init__(self, twin: OnestopTwin | HubTwin, province_code: str, url: str, password: str | None = None) -> None:
        self.twin = twin
        self.platform: Platform = onestop.PLATFORM if twin.code == "onestop" else hub.PLATFORM
        self.province_code = province_code
        login, secret = twin.credentials(province_code)
        self.endpoint = Endpoint(f"{url}/{province_code}", login, password if password is not None else secret)
        self.line = Line(self.endpoint, self.platform.auth, per_second=100_000)

    def pull(
        self, stream: str | None = None, position: str = "", between: Callable[[int], object] = lambda page: None
    ) -> dict[str, bytes]:
        """All originals by dossier code, the last one met; `between` is called after each page."""
        originals: dict[str, bytes] = {}
        for stream_name in self.platform.streams if stream is None else (stream,):
            for number, entries in enumerate(
                self._pages(stream_name, position or self.platform.first_position(NOW)), 1
            ):
                for entry in entries:
                    originals[entry.dossier_code] = self.original(entry)
                between(number)
        return originals

    def _pages(self, stream: str, position: str) -> Iterator[Sequence[ListedDossier]]:
        more = True
        while more:
            reply = self.line.send(self.platform.list_page(stream, position, self.endpoint))
            page = self.platform.read_page(reply, stream, position, datetime.now(timezone.utc))
            yield page.entries
            position, more = page.next_position, page.has_more

    def original(self, entry: ListedDossier) -> bytes:
        if entry.original is not None:
            return entry.original
        assert self.platform.fetch
        assert self.platform.read_fetched
        return self.platform.read_fetched(self.line.send(self.platform.fetch(entry, self.endpoint)), entry)

    def entries(self, stream: str) -> list[ListedDossier]:
        return [entry for page in self._pages(stream, self.platform.first_position(NOW)) for entry in page]

    def read(self, original: bytes) -> Dossier:
        return self.platform.read(original, self.province_code)

    def dossiers(self) -> dict[str, Dossier]:
        return {code: self.read(original) for code, original in self.pull().items()}

    def tell(
        self, dossier: Dossier, *milestones: Milestone, receipt: Receipt | None = None, words: str = "", at: int = 0
    ) -> list[ReportOutcome]:
        """`at`: seconds after now."""
        reports = [
            Report(
                dossier_code=dossier.dossier_code,
                national_code=dossier.national_code,
                technical_id=dossier.technical_id,
                procedure_as_written=dossier.procedure_as_written,
                milestone=milestone,
                happened_at=NOW + timedelta(seconds=at),
                given=Given().and_then(receipt),
                words=words,
            )
            for milestone in milestones
        ]
        return [acknowledged for report in reports for acknowledged in self.send([report])]

    def send(self, reports: Sequence[Report]) -> list[ReportOutcome]:
        reply = self.line.send(self.platform.write_reports(reports, self.endpoint))
        return self.platform.read_reports(reply, reports)

    def shown(self, dossier: Dossier) -> dict[str, Any]:
        """What the twin holds of it."""
        (row,) = [row for row in self.twin.registered() if row["dossier_code"] == dossier.dossier_code.strip()]
        return row


@contextmanager
def served(
    kind: type[OnestopTwin] | type[HubTwin], *dossiers: Planted, password: str | None = None, **options: float
) -> Iterator[Portal]:
    """The portal of one province with these dossiers."""
    province_code = "24" if kind is OnestopTwin else "22"
    twin = kind(SmallDataset(*dossiers), [province_code], **options)
    server = Server([twin], seed=1)
    portal = Portal(twin, province_code, server.url(twin.code), password)
    try:
        with portal.line:
            yield portal
    finally:
        server.stop()
