"""A running sandbox: one dataset, all twins, and the connections that lead to them.

The twin of a system is found by its code: `connectors/sandbox/twins/land.py` holds `LandTwin`.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from types import TracebackType
from typing import Any, Self

from connectors.portals.provinces import PROVINCES
from connectors.sandbox.dataset import KINDS_OF_PLATFORM, Dataset
from connectors.sandbox.server import Server
from connectors.sandbox.twins import residence
from schemas.dates import VIETNAM
from schemas.registries import REGISTRY_CODES

LOGIN, SECRET = "lienthong", "sandbox-only"
OFFICER_ID, AGENCY_CODE = "001099000001", "H05.12.34"
SETTLES_AFTER_S = "3"
"""Seconds. Twins are done within two seconds; real registries are given a minute."""
PER_SECOND = "200"


class Sandbox:
    """Starts all twins on 127.0.0.1; `stop`, or the end of a `with`, closes them. `dataset` is what was planted."""

    def __init__(
        self,
        seed: int,
        dossiers: int,
        province_codes: Sequence[str] = tuple(PROVINCES),
        *,
        now: datetime | None = None,
        first_port: int = 0,
    ) -> None:
        self._platforms = {code: PROVINCES[code].platform_code for code in province_codes}
        planted_at = [code for code, platform in self._platforms.items() if platform in KINDS_OF_PLATFORM]
        self.dataset = Dataset(seed, dossiers, planted_at, now or datetime.now(VIETNAM).replace(microsecond=0))
        registries = [twin_of(code)(self.dataset) for code in REGISTRY_CODES]
        self.portals = {platform: self._portal(platform) for platform in platform_codes()}
        self.onestop, self.hub = self.portals["onestop"], self.portals["hub"]
        self.server = Server([*registries, *self.portals.values()], seed, first_port)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self.server.stop()

    @property
    def connections(self) -> dict[str, str]:
        """The connections to every portal and registry: values of the environment variables `AIRFLOW_CONN_*`."""
        connections = {
            f"PORTAL_{code}": self._connection(
                "portal", f"{self.server.url(platform_code)}/{code}", *self._credentials(code), province_code=code
            )
            for code, platform_code in self._platforms.items()
        }
        for code in REGISTRY_CODES:
            connections[code.upper()] = self._connection(code, self.server.url(code))
        return {f"AIRFLOW_CONN_{name}": value for name, value in connections.items()}

    def _portal(self, platform_code: str) -> Any:
        """The twin of a platform, with the provinces that run it."""
        return twin_of(platform_code)(
            self.dataset, [code for code, platform in self._platforms.items() if platform == platform_code]
        )

    def _credentials(self, province_code: str) -> tuple[str, str]:
        login, secret = self.portals[self._platforms[province_code]].credentials(province_code)
        return str(login), str(secret)

    def _connection(self, kind: str, url: str, login: str = LOGIN, secret: str = SECRET, **fields: str) -> str:
        extra = {"settles_after_s": SETTLES_AFTER_S, "per_second": PER_SECOND, **fields}
        if kind == "residence":
            login, secret = residence.LOGIN, residence.SECRET
            extra |= {
                "x_road_client": residence.X_ROAD_CLIENT,
                "api_key": residence.API_KEY,
                "officer_id": OFFICER_ID,
                "agency_code": AGENCY_CODE,
            }
        connection = {"conn_type": f"lienthong_{kind}", "host": url, "login": login, "password": secret, "extra": extra}
        return json.dumps(connection)


def platform_codes() -> tuple[str, ...]:
    """The platforms that some province runs."""
    return tuple(dict.fromkeys(province.platform_code for province in PROVINCES.values()))


def twin_of(code: str) -> Any:
    """The class of a system's twin, by the system's code."""
    name = "".join(word.title() for word in code.split("_"))
    return getattr(import_module(f"connectors.sandbox.twins.{code}"), f"{name}Twin")
