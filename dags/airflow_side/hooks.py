"""One hook for each connection type. It serves the Test button of the connection's page.

The hooks of registries are made from ``FORMS``, so a new registry has one.
"""

from __future__ import annotations

from types import new_class
from typing import TYPE_CHECKING, Any, ClassVar, cast

from airflow.sdk import BaseHook

from dags.airflow_side.assets import endpoint_of
from dags.airflow_side.provider import FORMS, PORTAL, PREFIX, hook_name

if TYPE_CHECKING:
    from connectors.endpoint import Endpoint


class ConnectionHook(BaseHook):
    """Tests the system behind a connection with one cheap call that proves the address and our login."""

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
        """The connection id. The page tests under a temporary name, so a portal's form holds the province code."""
        return self.kind


class PortalHook(ConnectionHook, kind=PORTAL):
    """A provincial portal."""

    def _system(self, endpoint: Endpoint) -> str:
        return f"portal_{endpoint.extra.get('province_code') or self.connection_id.removeprefix('portal_')}"


def _registry_hook(kind: str) -> type[ConnectionHook]:
    """The hook of a registry's connections; Airflow imports it by its name."""
    members = {"__module__": __name__, "__doc__": f"{FORMS[kind][0]}."}
    made = new_class(hook_name(kind), (ConnectionHook,), {"kind": kind}, lambda named: named.update(members))
    return cast("type[ConnectionHook]", made)


HOOKS: dict[str, type[ConnectionHook]] = {
    PORTAL: PortalHook,
    **{kind: _registry_hook(kind) for kind in FORMS if kind != PORTAL},
}
"""A hook for each form, by its kind."""
globals().update({hook.__name__: hook for hook in HOOKS.values()})
