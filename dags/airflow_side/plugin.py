"""The desk in Airflow's web pages (entry point ``airflow.plugins``), and its entry in the side menu.

Every process of Airflow loads this file, tasks and DAG processor too; only an API server asks for ``fastapi_apps``. The
desk is therefore imported in that property, and the other processes do not pay for it.

The entry opens the desk in a frame of Airflow's page. The address bar follows the frame
(``/plugin/desk/lienthong/...``), so a page can be reloaded and shared; the desk's own address is ``/lienthong/``.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import quote

from airflow.plugins_manager import AirflowPlugin

from dags.local.engine import DESK_PATH

NAME = "Liên thông"
"""The entry's name. The side menu cuts names off after about ten letters."""
ICON = (  # a colour that is visible on the light, the dark and the selected entry
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#f08c00" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round"><path d="M3 13h18M5 13v7M19 13v7M7 9h10M7 5h6"/></svg>'
)


class DeskPlugin(AirflowPlugin):
    """The desk, below Airflow's own address, for users who are logged in to Airflow."""

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
