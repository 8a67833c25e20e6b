"""What Airflow is told of us (entry point ``apache_airflow_provider``): our connection types and their forms.

The forms are data, so the web pages show them without importing a hook. Their fields live in the
connection's extra, under the names the connectors read.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

PREFIX = "lienthong_"

Field = tuple[str, str, str]  # name in the connection's extra, label, description
PROVINCE = ("province_code", "Mã tỉnh", "Hai chữ số, như trong tên kết nối: 24 của portal_24; nút Test cần mã này")
AGENCY = ("agency_code", "Mã đơn vị", "Mã định danh của đơn vị gửi, do nơi quản lý hệ thống cấp")
OFFICER = ("officer_id", "Cán bộ thực hiện", "Số định danh 12 chữ số của cán bộ đứng tên từng yêu cầu")
CLIENT = ("x_road_client", "X-Road-Client", "Định danh trên trục liên thông: quốc gia/loại/đơn vị/hệ thống")
API_KEY = ("api_key", "Khóa API", "Khóa do cơ quan quản lý cư trú cấp")
PACE = ("per_second", "Số yêu cầu mỗi giây", "Để trống để dùng mức mặc định của hệ thống")
SECRET = {API_KEY}

FORMS: dict[str, tuple[str, tuple[Field, ...]]] = {
    "portal": ("Liên thông: cổng dịch vụ công tỉnh", (PROVINCE, AGENCY, PACE)),
    "civil_status": ("Liên thông: hộ tịch", (AGENCY, PACE)),
    "residence": ("Liên thông: cư trú", (AGENCY, OFFICER, CLIENT, API_KEY, PACE)),
    "health_insurance": ("Liên thông: bảo hiểm y tế", (AGENCY, PACE)),
    "land": ("Liên thông: đất đai", (AGENCY, PACE)),
}

LABELS = {"host": "Địa chỉ (URL)", "login": "Tài khoản hoặc client id", "password": "Mật khẩu hoặc client secret"}


def get_provider_info() -> dict[str, Any]:
    """Returns the provider's description in the shape of Airflow's ``provider_info.schema.json``."""
    return {
        "package-name": "lienthong",
        "name": "Liên thông",
        "description": "Cổng dịch vụ công và các cơ sở dữ liệu quốc gia",
        "versions": [_version()],
        "connection-types": [_connection_type(kind) for kind in FORMS],
    }


def _connection_type(kind: str) -> dict[str, Any]:
    title, fields = FORMS[kind]
    return {
        "connection-type": PREFIX + kind,
        "hook-class-name": f"dags.airflow_side.hooks.{''.join(word.title() for word in kind.split('_'))}Hook",
        "hook-name": title,
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": LABELS,
            "placeholders": {"host": "https://..."},
        },
        "conn-fields": {field[0]: _field(field) for field in fields},
    }


def _field(field: Field) -> dict[str, Any]:
    _, label, description = field
    secret = {"format": "password"} if field in SECRET else {}
    return {"label": label, "description": description, "schema": {"type": ["string", "null"], **secret}}


def _version() -> str:
    try:
        return version("lienthong")
    except PackageNotFoundError:
        return "0"
