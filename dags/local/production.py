"""`lienthong up`: Airflow on the real connections of this installation."""

import os
import time
from contextlib import ExitStack

from connectors.endpoint import Endpoint, NoConnection
from connectors.portals.provinces import PROVINCES
from connectors.postgres import URL_VARIABLE, home
from connectors.vault import Vault, VaultError
from dags.local.interrupt import until_interrupted
from dags.local.services import err, print_addresses, start_services
from schemas.registries import REGISTRY_CODES


def missing_settings() -> list[str]:
    """The settings that production cannot do without and that are missing or unreadable; each text says what to set."""
    missing = []
    try:
        Vault.from_environment()
    except VaultError as error:
        missing.append(str(error))
    for connection_id in (*REGISTRY_CODES, *(province.connection_id for province in PROVINCES.values())):
        try:
            Endpoint.from_environment(connection_id)
        except NoConnection as error:
            missing.append(str(error))
    return missing


def run_production(port: int | None) -> int:
    """Runs Airflow on the real connections until Ctrl-C; returns the exit code, 1 when Airflow ended by itself."""
    with until_interrupted(), ExitStack() as started:
        engine = start_services(started, home(), {}, port, database=os.environ.get(URL_VARIABLE, ""))
        print_addresses(engine)
        while engine.is_alive():
            time.sleep(1.0)
        err.print(f"Airflow has ended: see {engine.logs}")
        return 1
    return 0
