"""Our connection types and their forms, for Airflow (entry point ``apache_airflow_provider``).

The forms are data, so the web pages show them without importing a hook. Their fields live in the connection's extra,
under the names the connectors read. A registry's form comes from its row in ``schemas.registries``.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from schemas.connection import AGENCY, PACE, PROVINCE, ConnectionField
from schemas.registries import REGISTRIES, RegistryRow

PREFIX = "lienthong_"

PORTAL = "portal"


def _form(row: RegistryRow) -> tuple[str, tuple[ConnectionField, ...]]:
    """``Liên thông: cư trú``, and what the registry's form asks."""
    return f"Liên thông: {row.name_vi[:1].lower()}{row.name_vi[1:]}", row.connection_fields


FORMS: dict[str, tuple[str, tuple[ConnectionField, ...]]] = {
    PORTAL: ("Liên thông: cổng dịch vụ công tỉnh", (PROVINCE, AGENCY, PACE)),
    **{code: _form(row) for code, row in REGISTRIES.items()},
}
"""The title and the fields of each form, by what the connection leads to."""

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


def hook_name(kind: str) -> str:
    """Returns the name of a hook's class: ``civil_status`` -> ``CivilStatusHook``."""
    return f"{''.join(word.title() for word in kind.split('_'))}Hook"


def _connection_type(kind: str) -> dict[str, Any]:
    title, fields = FORMS[kind]
    return {
        "connection-type": PREFIX + kind,
        "hook-class-name": f"dags.airflow_side.hooks.{hook_name(kind)}",
        "hook-name": title,
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": LABELS,
            "placeholders": {"host": "https://..."},
        },
        "conn-fields": {field.name: _field(field) for field in fields},
    }


def _field(field: ConnectionField) -> dict[str, Any]:
    secret = {"format": "password"} if field.is_secret else {}
    return {
        "label": field.label_vi,
        "description": field.description_vi,
        "schema": {"type": ["string", "null"], **secret},
    }


def _version() -> str:
    try:
        return version("lienthong")
    except PackageNotFoundError:
        return "0"
