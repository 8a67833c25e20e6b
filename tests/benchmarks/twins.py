"""The sandbox in a process of its own: fresh twins for every run, so that nothing is answered "already received"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import requests

from connectors.endpoint import Endpoint
from connectors.sandbox.dataset import Dataset, Planted
from connectors.sandbox.sandbox import LOGIN, SECRET
from connectors.sandbox.server import Server, Twin
from connectors.sandbox.twins.civil_status import CivilStatusTwin
from connectors.sandbox.twins.onestop import OnestopTwin
from schemas.cases import DeathCase
from schemas.dates import VIETNAM

PROVINCE = "24"
SEED = 2026
PAGE_SIZE = 200
ON_WITNESSES_WORD = "7"
"""A kind of death notice that needs no paper."""
UNPACED = {"per_second": "1000000"}
"""No pace of ours decides."""


@dataclass
class _Sandbox:
    """This process's dossiers and the server that is up; deaths, marriages, residence and land clear without papers."""

    planted: list[Planted] = field(default_factory=list)
    server: Server | None = None

    def of_province(self, province_code: str) -> Sequence[Planted]:
        return self.planted

    def refusal(self, registry_code: str, dossier_code: str, request: str) -> str | None:
        return None

    def lateness_s(self, registry_code: str, request_code: str) -> float:
        return 0.2

    def number(self, *parts: str, digits: int) -> str:
        return "7" * digits


_sandbox = _Sandbox()


def plant(dossiers: int) -> None:
    """Invents the province's dossiers and keeps them without papers and without supplements to come."""
    dataset = Dataset(SEED, dossiers, [PROVINCE], datetime.now(VIETNAM))
    _sandbox.planted = [_without_papers(planted) for planted in dataset.planted]


def _without_papers(planted: Planted) -> Planted:
    dossier = planted.dossier.model_copy(update={"papers": ()})
    if isinstance(dossier.case, DeathCase):
        case = dossier.case.model_copy(update={"notice_kind": ON_WITNESSES_WORD})
        dossier = dossier.model_copy(update={"case": case})
    return replace(planted, dossier=dossier, papers=(), edited=None)


def fresh_portal() -> Endpoint:
    """A portal that was never asked. Every page is served once before, so that writing it down is not measured."""
    url = _start(OnestopTwin(_sandbox, [PROVINCE]))
    login, password = OnestopTwin.credentials(PROVINCE)
    endpoint = Endpoint(f"{url}/{PROVINCE}", login, password, UNPACED)
    with requests.Session() as session:
        session.headers.update(bearer(endpoint, "/oauth2/token"))
        for page in range(1, len(_sandbox.planted) // PAGE_SIZE + 2):
            session.get(f"{endpoint.base_url}/api/hoSo", params=page_of(page)).raise_for_status()
    return endpoint


def fresh_registry() -> Endpoint:
    """A civil-status registry that knows no dossier."""
    return Endpoint(_start(CivilStatusTwin(_sandbox)), LOGIN, SECRET, UNPACED)


def _start(twin: Twin) -> str:
    if _sandbox.server:
        _sandbox.server.stop()
    _sandbox.server = Server([twin], SEED)
    return _sandbox.server.url(twin.code)


def page_of(page: int) -> Mapping[str, str]:
    """The query of one page of everything."""
    return {"updatedSince": "2026-01-01T00:00:00+00:00", "page": str(page), "pageSize": str(PAGE_SIZE)}


def bearer(endpoint: Endpoint, token_path: str) -> dict[str, str]:
    """The header that names us, for those who do not use our client."""
    asked = {"grant_type": "client_credentials", "client_id": endpoint.login, "client_secret": endpoint.password}
    reply = requests.post(f"{endpoint.base_url}{token_path}", data=asked)
    return {"Authorization": f"Bearer {reply.json()['access_token']}"}
