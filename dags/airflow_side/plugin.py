"""What Airflow's web pages are told of us (entry point ``airflow.plugins``): the desk, and its entry in the side menu.

Every process of Airflow loads this file, tasks and DAG processor too; only an API server asks for ``fastapi_apps``. So
the desk, and what of Airflow it needs, is imported then and not before: it costs the others nothing.

The entry opens the desk in a frame of Airflow's page. The address bar follows what is opened in the frame and leads
back to it (``/plugin/desk/lienthong/...``); without the frame the desk has its own address, ``/lienthong/``.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import quote

from airflow.plugins_manager import AirflowPlugin

from dags.local.engine import DESK_PATH

NAME = "Liên thông"
"""Of the entry; the side menu cuts off what is longer than some ten letters."""
ICON = (  # a colour that is seen on the light, the dark and the chosen entry
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#f08c00" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round"><path d="M3 13h18M5 13v7M19 13v7M7 9h10M7 5h6"/></svg>'
)


class DeskPlugin(AirflowPlugin):
    """The desk below Airflow's own address, for whoever is logged in there."""

    name = "lienthong"
    external_views = [
        {
            "name": NAME,
            "href": f"{DESK_PATH[1:]}/",  # relative: Airflow may itself live below a path
            "url_route": "desk",
            "destination": "nav",
            "nav_top_level": True,
            "icon": f"data:image/svg+xml,{quote(ICON)}",
        }
    ]

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]  # Airflow reads it from the instance
        from dags.airflow_side.desk_mount import make_app

        return [{"name": NAME, "url_prefix": DESK_PATH, "app": make_app()}]
