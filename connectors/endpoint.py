"""An endpoint: where a system is and who we are there, as an Airflow connection holds it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit


class NoConnection(LookupError):
    """A connection is not configured; the message says how to do it."""


@dataclass(frozen=True)
class Endpoint:
    """`base_url` without a trailing slash; `extra` holds what the connection's form asks (agency, officer, client)."""

    base_url: str
    login: str = ""
    password: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_connection(
        cls,
        host: str,
        schema: str | None,
        port: int | None,
        login: str | None,
        password: str | None,
        extra: Mapping[str, str] | None,
    ) -> Self:
        """The endpoint of an Airflow connection's parts; `host` may be a whole URL or a bare name."""
        url = host if "://" in host else f"{schema or 'https'}://{host}{f':{port}' if port else ''}"
        filled = {name: str(value) for name, value in (extra or {}).items() if value not in (None, "")}
        return cls(url.rstrip("/"), login or "", password or "", filled)

    @classmethod
    def from_environment(cls, connection_id: str) -> Self:
        """The endpoint in `AIRFLOW_CONN_<ID>`, in Airflow's JSON or URI form."""
        name = f"AIRFLOW_CONN_{connection_id.upper()}"
        text = os.environ.get(name, "").strip()
        if not text:
            raise NoConnection(
                f"Connection {connection_id} is missing: set {name}, or add it in Airflow (Admin, Connections)"
            )
        try:
            return cls._of_json(text) if text.startswith("{") else cls._of_uri(text)
        except (ValueError, KeyError, TypeError) as error:
            raise NoConnection(
                f"Connection {connection_id} cannot be read from {name}: {type(error).__name__}"
            ) from None

    @classmethod
    def _of_json(cls, text: str) -> Self:
        parts = json.loads(text)
        extra = parts.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
        port = int(parts["port"]) if parts.get("port") else None
        return cls.from_connection(
            parts["host"], parts.get("schema"), port, parts.get("login"), parts.get("password"), extra
        )

    @classmethod
    def _of_uri(cls, text: str) -> Self:
        """`lienthong-portal://login:password@host:port/path?__scheme=http&officer_id=...`"""
        parts = urlsplit(text)
        extra = dict(parse_qsl(parts.query))
        if not parts.hostname:
            raise ValueError("no host")
        place = parts.hostname + (f":{parts.port}" if parts.port else "")
        url = urlunsplit((extra.pop("__scheme", "https"), place, parts.path, "", ""))
        return cls(url.rstrip("/"), unquote(parts.username or ""), unquote(parts.password or ""), extra)
