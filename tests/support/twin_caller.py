"""A program that calls one registry's twin over HTTP, with messages written by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import requests

from connectors.sandbox.server import Server

DOSSIER = "H05.12.34-261120-0001"
NOBODY = "H05.12.34-261120-0099"


def request_code(number: int) -> str:
    return f"{number:032x}"


@dataclass
class QuietDataset:
    """Nobody has a number or is refused, and all is done at once, unless a test says otherwise.

    `late` is in seconds, by request code; `refused` holds the words by dossier code.
    """

    planted: list[Any] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    late: dict[str, float] = field(default_factory=dict)

    def refusal(self, registry_code: str, dossier_code: str, request: str) -> str | None:
        return self.refused.get(dossier_code)

    def lateness_s(self, registry_code: str, request_code: str) -> float:
        return self.late.get(request_code, 0.0)

    def number(self, *parts: str, digits: int) -> str:
        if parts[0] in ("insured", "busy", "late number"):
            return "1" * digits
        return str(int(sha256("/".join(parts).encode()).hexdigest(), 16))[-digits:]


@dataclass
class TwinCaller:
    """A program that talks to a twin over HTTP with a token of its own."""

    twin: Any
    dataset: QuietDataset
    url: str

    def __post_init__(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": "key", "client_secret": "secret"}
        token = requests.post(f"{self.url}/token", data=form, timeout=5).json()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, content: Any) -> dict[str, Any]:
        reply = requests.post(f"{self.url}{path}", json=content, headers=self.headers, timeout=5)
        return dict(reply.json())

    def entries(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = requests.get(f"{self.url}/twin/{self.twin.code}/entries", timeout=5).json()
        return rows

    def entry(self) -> dict[str, Any]:
        (row,) = self.entries()
        return row


@contextmanager
def called(kind: Any) -> Iterator[TwinCaller]:
    """A caller of a twin of this kind, which runs meanwhile."""
    dataset = QuietDataset()
    twin = kind(dataset)
    server = Server([twin], seed=1)
    try:
        yield TwinCaller(twin, dataset, server.url(twin.code))
    finally:
        server.stop()
