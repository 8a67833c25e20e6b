"""What ties the DAGs to each other and to Airflow: assets, the timetable behind them, connections.

A run that moved something touches its asset, and whoever waits for it starts at once; a run that moved nothing is
skipped and touches none, so that empty runs do not start each other for ever. The asset stays declared either way, so
the graph in the web pages is whole from the first minute, which an AssetAlias would not give.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk import Asset, Connection, DeltaTriggerTimetable, get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from schemas.registries import REGISTRY_CODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.endpoint import Endpoint

PULLED = Asset("dossiers_pulled")
CLEARED = Asset("dossiers")
SENT = {code: Asset(f"deliveries_{code}") for code in REGISTRY_CODES}
ANSWERED = {code: Asset(f"receipts_{code}") for code in REGISTRY_CODES}

DEFAULTS = {"owner": "lienthong", "retries": 2, "retry_delay": timedelta(seconds=30), "retry_exponential_backoff": True}

PULL_MINUTES = "LIENTHONG_PULL_MINUTES"
SWEEP_MINUTES = "LIENTHONG_SWEEP_MINUTES"


def every(variable: str, minutes: float) -> DeltaTriggerTimetable:
    """Returns a timetable of so many minutes, or of those in an environment variable (``0.25`` is 15 seconds)."""
    return DeltaTriggerTimetable(timedelta(minutes=float(os.environ.get(variable, minutes))))


def endpoint_of(connection_id: str) -> Endpoint:
    """Returns what Airflow knows of a connection, be it from ``AIRFLOW_CONN_*`` or from the web pages."""
    from connectors.endpoint import Endpoint

    found = Connection.get(connection_id)
    return Endpoint.from_connection(
        found.host or "", found.schema, found.port, found.login, found.password, found.extra_dejson
    )


def moved(counts: Mapping[str, int]) -> dict[str, int]:
    """Returns the counts for XCom, or ends the task as skipped when nothing moved.

    A second try always counts as moved: the first may have moved things and not lived to tell.
    """
    if not any(counts.values()) and get_current_context()["ti"].try_number == 1:
        raise AirflowSkipException("nothing moved")
    return dict(counts)
