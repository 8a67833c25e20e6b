"""A twin that answers as a test scripts it, and what connects to it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.endpoint import Endpoint
from connectors.errors import LienthongError
from connectors.http import Line, Reply, Request
from connectors.sandbox.server import Incoming, Outgoing

SECRET = "not-in-any-message"
ASK = Request("GET", "/dossiers?name=TRAN+THI+HOA")


@dataclass
class ScriptedTwin:
    """A twin that gives out tokens, answers by `answer`, and keeps what it was asked."""

    code: str = "scripted"
    asked: list[Incoming] = field(default_factory=list)
    tokens: int = 0
    valid: set[str] = field(default_factory=set)
    answer: Callable[[Incoming], Outgoing] = lambda request: Outgoing.of_json({"ok": True})
    together: int = 0
    most_together: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, request: Incoming) -> Outgoing:
        if request.path == "/token":
            return self._give_token(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.valid:
            return Outgoing(401)
        with self.lock:
            self.asked.append(request)
            self.together += 1
            self.most_together = max(self.most_together, self.together)
        answered = self.answer(request)
        with self.lock:
            self.together -= 1
        return answered

    def _give_token(self, request: Incoming) -> Outgoing:
        if request.form()["client_secret"] != SECRET:
            return Outgoing(401, SECRET.encode())
        with self.lock:
            self.tokens += 1
            token = f"token-{self.tokens}"
            self.valid = {token}
        return Outgoing.of_json({"access_token": token, "expires_in": 3600})

    def registered(self) -> list[dict[str, Any]]:
        return []


def endpoint(url: str, secret: str = SECRET) -> Endpoint:
    return Endpoint(url, "client", secret)


def failure(line: Line, request: Request = ASK) -> LienthongError:
    with pytest.raises(LienthongError) as failed:
        line.send(request)
    return failed.value


class NoTokens:
    """The login of a system that wants none."""

    def ask_token(self, endpoint: Endpoint, old: object) -> None:
        return None

    def read_token(self, reply: Reply) -> Any:
        raise AssertionError("there are no tokens")

    def sign(self, request: Request, endpoint: Endpoint, token: object) -> Request:
        return request
