"""One hook for each connection type; its only work is the Test button of the connection's page."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import BaseHook

from dags.provider import FORMS, PREFIX
from dags.ties import endpoint_of

NEXT_VI = {
    "Unreachable": "Không kết nối được. Kiểm tra địa chỉ và đường truyền, rồi bấm Test lại.",
    "Unauthorised": "Không được chấp nhận. Kiểm tra tài khoản và mật khẩu, hoặc xin cấp lại, rồi bấm Test lại.",
    "Unrecognised": "Trả lời lạ. Kiểm tra địa chỉ; nếu đúng, báo kỹ sư kèm dòng dưới đây.",
    "Refused": "Bị từ chối. Kiểm tra mã đơn vị và các mục bổ sung, rồi bấm Test lại.",
}


class GreetingHook(BaseHook):
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
        """Returns whether the system answered, and what it said or what to do next, in Vietnamese."""
        from connectors.errors import LienthongError
        from connectors.http import greet

        try:
            return True, greet(self.kind, endpoint_of(self.connection_id))
        except LienthongError as error:
            return False, f"{NEXT_VI.get(type(error).__name__, 'Có lỗi.')} ({error})"


class PortalHook(GreetingHook, kind="portal"):
    """A provincial portal."""


class CivilStatusHook(GreetingHook, kind="civil_status"):
    """The civil-status registry."""


class ResidenceHook(GreetingHook, kind="residence"):
    """The residence register."""


class HealthInsuranceHook(GreetingHook, kind="health_insurance"):
    """The health-insurance agency."""


class LandHook(GreetingHook, kind="land"):
    """The land registry."""
