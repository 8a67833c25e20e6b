"""An endpoint: where a system is and who we are there, as an Airflow connection holds it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
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
        parts = urlsplit(host if "://" in host else f"{schema or 'https'}://{host}")
        place = f"{parts.netloc}:{port}" if port and parts.port is None else parts.netloc
        url = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
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
        """Airflow's own form: `lienthong-portal://login:password@host:port/schema?extra=...`, or with the scheme of the
        host in it, `lienthong-portal://https://login:password@host%2Fapi?officer_id=...`. All is quoted as in a URL.

        It is read as `airflow.models.Connection` reads it, which would take two seconds to import.
        """
        kind, _, rest = text.partition("://")
        scheme, found, inside = rest.partition("://")
        has_scheme = bool(found) and not {"@", ":", "/", "?"} & set(scheme)
        parts = urlsplit("//" + (inside if has_scheme else rest))
        host = unquote(parts.hostname or "")
        if "/" in host:  # a host with a path keeps its capitals, because Airflow cuts it out of the URI itself
            host = unquote(parts.netloc.rpartition("@")[2].partition(":")[0])
        if not kind or not host:
            raise ValueError("no host")
        return cls.from_connection(
            f"{scheme}://{host}" if has_scheme else host,
            unquote(parts.path[1:]),
            parts.port,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            _extra_of(parts.query),
        )


def _extra_of(query: str) -> Mapping[str, str]:
    """The extra of a connection's URI: under one name as JSON, or each value under its own."""
    values = dict(parse_qsl(query, keep_blank_values=True))
    extra = json.loads(values["__extra__"]) if "__extra__" in values else {k: _plain(v) for k, v in values.items()}
    if not isinstance(extra, dict):
        raise TypeError("the extra is no object")
    return extra


def _plain(value: str) -> Any:
    try:
        return json.loads(value) if value else value
    except ValueError:
        return value
