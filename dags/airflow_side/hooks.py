"""One hook for each connection type; its only work is the Test button of the connection's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseHook

from dags.airflow_side.assets import endpoint_of
from dags.airflow_side.provider import FORMS, PREFIX

if TYPE_CHECKING:
    from connectors.endpoint import Endpoint

class ConnectionHook(BaseHook):
    """Greets the system behind a connection: one cheap call that proves the address and who we are."""

    conn_name_attr = "connection_id"
    kind: ClassVar[str]
    connection_id: str
    conn_type: ClassVar[str]
    hook_name: ClassVar[str]
    default_conn_name: ClassVar[str]

    def __init_subclass__(cls, kind: str, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        cls.kind, cls.conn_type, cls.hook_name = kind, PREFIX + kind, FORMS[kind][0]
        cls.default_conn_name = kind

    def __init__(self, connection_id: str = "", **rest: Any) -> None:
        super().__init__(**rest)
        self.connection_id = connection_id or self.default_conn_name

    def test_connection(self) -> tuple[bool, str]:
        """Returns whether the system answered, and what to do next if not, in Vietnamese."""
        from connectors.errors import LienthongError
        from connectors.probe import probe
        from quality.words import group

        endpoint = endpoint_of(self.connection_id)
        system = self._system(endpoint)
        try:
            probe(system, endpoint)
        except KeyError:
            return False, f"Không có cổng nào tên {system}. Điền mã tỉnh hai chữ số, rồi bấm Test lại."
        except LienthongError as error:
            return False, f"{group('next')[type(error).__name__]} ({error})"
        return True, f"Đã kết nối {self.hook_name}."

    def _system(self, endpoint: Endpoint) -> str:
        """The connection id that is meant: the page tests under a passing name, so a portal's form tells it."""
        return self.kind


class PortalHook(ConnectionHook, kind="portal"):
    """A provincial portal."""

    def _system(self, endpoint: Endpoint) -> str:
        return f"portal_{endpoint.extra.get('province_code') or self.connection_id.removeprefix('portal_')}"


class CivilStatusHook(ConnectionHook, kind="civil_status"):
    """The civil-status registry."""


class ResidenceHook(ConnectionHook, kind="residence"):
    """The residence register."""


class HealthInsuranceHook(ConnectionHook, kind="health_insurance"):
    """The health-insurance agency."""


class LandHook(ConnectionHook, kind="land"):
    """The land registry."""
