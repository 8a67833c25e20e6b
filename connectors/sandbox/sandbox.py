"""The sandbox put together: one dataset, all twins, and the connections that lead to them."""

import json
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from connectors.portals.provinces import PROVINCES
from connectors.sandbox.dataset import Dataset
from connectors.sandbox.server import Server, Twin
from connectors.sandbox.twins import residence
from connectors.sandbox.twins.civil_status import CivilStatusTwin
from connectors.sandbox.twins.health_insurance import HealthInsuranceTwin
from connectors.sandbox.twins.hub import HubTwin
from connectors.sandbox.twins.land import LandTwin
from connectors.sandbox.twins.onestop import OnestopTwin
from connectors.sandbox.twins.residence import ResidenceTwin
from schemas.dates import VIETNAM
from schemas.registries import REGISTRY_CODES

LOGIN, SECRET = "lienthong", "sandbox-only"
OFFICER_ID, AGENCY_CODE = "001099000001", "H05.12.34"
SETTLES_AFTER_S = "3"
"""Twins are done within two seconds; real registries are given a minute."""
PER_SECOND = "200"


class Sandbox:
    """A running sandbox. `dataset` is what was planted; `connections` lead to the twins, as `AIRFLOW_CONN_*` values."""

    def __init__(
        self, seed: int, dossiers: int, province_codes: Sequence[str] = tuple(PROVINCES), *,
        now: datetime | None = None, first_port: int = 0,
    ) -> None:  # fmt: skip
        self.dataset = Dataset(seed, dossiers, province_codes, now or datetime.now(VIETNAM).replace(microsecond=0))
        platforms = {code: PROVINCES[code].platform_code for code in province_codes}
        self.onestop = OnestopTwin(self.dataset, [code for code, of in platforms.items() if of == "onestop"])
        self.hub = HubTwin(self.dataset, [code for code, of in platforms.items() if of == "hub"])
        kinds = (CivilStatusTwin, ResidenceTwin, HealthInsuranceTwin, LandTwin)
        registries: list[Twin] = [kind(self.dataset) for kind in kinds]
        self.server = Server([*registries, self.onestop, self.hub], seed, first_port)
        self._platforms = platforms

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        self.server.stop()

    @property
    def connections(self) -> dict[str, str]:
        """Environment variables for every portal and registry."""
        found = {
            f"PORTAL_{code}": self._connection(
                "portal", f"{self.server.url(of)}/{code}", *self._credentials(code), province_code=code
            )
            for code, of in self._platforms.items()
        }
        for code in REGISTRY_CODES:
            found[code.upper()] = self._connection(code, self.server.url(code))
        return {f"AIRFLOW_CONN_{name}": value for name, value in found.items()}

    def _credentials(self, province_code: str) -> tuple[str, str]:
        twin = self.onestop if self._platforms[province_code] == "onestop" else self.hub
        return twin.credentials(province_code)

    def _connection(self, kind: str, url: str, login: str = LOGIN, secret: str = SECRET, **fields: str) -> str:
        extra = {"settles_after_s": SETTLES_AFTER_S, "per_second": PER_SECOND, **fields}
        if kind == "residence":
            login, secret = residence.LOGIN, residence.SECRET
            extra |= {"x_road_client": residence.X_ROAD_CLIENT, "api_key": residence.API_KEY,
                      "officer_id": OFFICER_ID, "agency_code": AGENCY_CODE}  # fmt: skip
        connection = {"conn_type": f"lienthong_{kind}", "host": url, "login": login, "password": secret, "extra": extra}
        return json.dumps(connection)
