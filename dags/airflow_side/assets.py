"""How the DAGs start each other: assets, the timetable behind them, and Airflow's connections.

A run that moved something updates its asset, and the DAGs that wait for the asset start at once. A run that moved
nothing is skipped and updates no asset, so that empty runs do not start each other without end. The assets are declared
in advance, so that Airflow's graph is complete from the first minute; an AssetAlias would not show them.
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
HANDED_IN = Asset("scans_handed_in")
SENT = {code: Asset(f"deliveries_{code}") for code in REGISTRY_CODES}
ANSWERED = {code: Asset(f"receipts_{code}") for code in REGISTRY_CODES}

DEFAULTS = {"owner": "lienthong", "retries": 2, "retry_delay": timedelta(seconds=30), "retry_exponential_backoff": True}

PULL_MINUTES = "LIENTHONG_PULL_MINUTES"
SWEEP_MINUTES = "LIENTHONG_SWEEP_MINUTES"
PAPER_MINUTES = "LIENTHONG_PAPER_MINUTES"


def every(variable: str, minutes: float) -> DeltaTriggerTimetable:
    """Returns a timetable of so many minutes, or of the number in an environment variable (``0.25`` is 15 seconds)."""
    return DeltaTriggerTimetable(timedelta(minutes=float(os.environ.get(variable, minutes))))


def endpoint_of(connection_id: str) -> Endpoint:
    """Returns a connection that was set in ``AIRFLOW_CONN_*`` or on Airflow's web pages."""
    from connectors.endpoint import Endpoint

    found = Connection.get(connection_id)
    return Endpoint.from_connection(
        found.host or "", found.schema, found.port, found.login, found.password, found.extra_dejson
    )


def moved(counts: Mapping[str, int]) -> dict[str, int]:
    """Returns the counts for XCom, or ends the task as skipped when nothing moved.

    A second try always counts as moved, since the first may have been killed after it moved something.
    """
    if not any(counts.values()) and get_current_context()["ti"].try_number == 1:
        raise AirflowSkipException("nothing moved")
    return dict(counts)


def moved_or_waiting(counts: Mapping[str, int], waiting: Mapping[str, int]) -> dict[str, int]:
    """Returns the counts for XCom and how many wait for a person, or ends the task as skipped when nothing moved and
    nothing waits. What waits is no move: `moved` decides by `counts` alone whether others start. `tries_before`: a
    second try counts as moved, in the tasks behind it too."""
    tries_before = get_current_context()["ti"].try_number - 1
    if not (any(counts.values()) or any(waiting.values()) or tries_before):
        raise AirflowSkipException("nothing moved, and nothing waits")
    return {**counts, **waiting, **({"tries_before": tries_before} if tries_before else {})}
