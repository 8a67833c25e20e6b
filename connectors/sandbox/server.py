"""The sandbox's server: one listener per twin on 127.0.0.1, faults that can be switched on, and the ground truth.

Every listener answers, besides its twin's own paths:

    GET  /twin/<code>/progress     {"given": dossiers listed so far, "still_to_come": supplements not given yet}
    GET  /twin/<code>/registered   what the twin holds as registered (the ground truth, for tests and sandboxes)
    PUT  /twin/<code>/faults       {"fault": "lose_answer", "share": 0.2, "seconds": 3}; {"fault": null} ends it
"""

import json
import random
import socket
import struct
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, Self, runtime_checkable
from urllib.parse import parse_qsl, urlsplit

BODY_LIMIT_BYTES = 64 * 1024 * 1024


class Fault(StrEnum):
    """What can be made to go wrong at a twin."""

    REFUSE = "refuse"  # no connection at all: the port is closed for `seconds`
    RESET = "reset"  # reads the request, hangs up, nothing done
    SERVER_ERROR = "server_error"  # 503, nothing done
    TOO_MANY = "too_many"  # 429 with Retry-After
    SLOW = "slow"  # does it, answers after `seconds`
    CUT_OFF = "cut_off"  # does it, breaks off in the middle of the answer
    LOSE_ANSWER = "lose_answer"  # does it, closes without an answer
    GARBAGE = "garbage"  # does it, answers 200 with something else
    WITHHOLD_NUMBER = "withhold_number"  # civil status registers without the personal number


@dataclass(frozen=True)
class Incoming:
    """A request as a twin sees it; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    fault: "Fault | None" = None

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass(frozen=True)
class Outgoing:
    """A twin's answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, content: Any, status: int = 200) -> Self:
        return cls(status, json.dumps(content, ensure_ascii=False).encode())

    @classmethod
    def of_xml(cls, body: bytes, status: int = 200) -> Self:
        return cls(status, body, "application/xml; charset=utf-8")


class Twin(Protocol):
    """A stand-in for one system. `handle` is called by many threads at once; `code` names it in paths."""

    code: str

    def handle(self, request: Incoming) -> Outgoing: ...

    def registered(self) -> list[dict[str, Any]]:
        """One row per registration that took effect, doubles included, each with `dossier_code`."""


@runtime_checkable
class Giving(Protocol):
    """A portal's twin, which gives dossiers."""

    def given(self) -> int: ...

    def still_to_come(self) -> int: ...


class Faults:
    """The fault that is on at one twin, for a share of its requests; deterministic from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.fault: Fault | None = None
        self.share = 1.0
        self.seconds = 1.0

    def switch(self, fault: str | None, share: float = 1.0, seconds: float = 1.0) -> None:
        with self._lock:
            self.fault = Fault(fault) if fault else None
            self.share, self.seconds = share, seconds

    def strikes(self) -> Fault | None:
        """The fault for this request, if it is struck."""
        with self._lock:
            return self.fault if self.fault and self._random.random() < self.share else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: "_Server"

    def _answer(self) -> None:
        body = self._read_body()
        if body is None:
            return
        if self.server.is_closed:
            self._hang_up()
            return
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Incoming(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        listener = self.server.listener
        if parts.path.startswith(f"/twin/{listener.twin.code}/"):
            self._write(listener.control(request))
            return
        self._answer_under(listener.faults.strikes(), listener, request)

    do_GET = do_POST = do_PUT = _answer

    def _read_body(self) -> bytes | None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_LIMIT_BYTES:
            self.close_connection = True
            self._write(Outgoing(413))
            return None
        return self.rfile.read(length)

    def _answer_under(self, fault: Fault | None, listener: "Listener", request: Incoming) -> None:
        match fault:
            case Fault.SERVER_ERROR:
                self._write(Outgoing(503, b"server error", "text/plain"))
            case Fault.TOO_MANY:
                self._write(Outgoing(429, b"", headers={"Retry-After": str(listener.faults.seconds)}))
            case Fault.RESET:
                self._hang_up()
            case Fault.SLOW:
                time.sleep(listener.faults.seconds)
                self._write(listener.twin.handle(request))
            case Fault.LOSE_ANSWER:
                listener.twin.handle(request)
                self._hang_up()
            case Fault.CUT_OFF:
                self._write(listener.twin.handle(request), cut=True)
            case Fault.GARBAGE:
                listener.twin.handle(request)
                self._write(Outgoing(200, b"<html><body>He thong dang bao tri</body></html>", "text/html"))
            case _:
                self._write(listener.twin.handle(replace(request, fault=fault)))

    def _write(self, answer: Outgoing, *, cut: bool = False) -> None:
        self.send_response_only(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body) + (1 if cut else 0)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
        self.wfile.flush()
        if cut:
            self._hang_up()

    def _hang_up(self) -> None:
        """Closes with a reset, so that the client cannot take it for an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # hung up on purpose, or by the client
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Requests carry personal data, invented here, real when rehearsed with: nothing is logged."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256
    is_closed = False
    listener: "Listener"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class Listener:
    """One twin on its own port, so that a refused connection can be a real one."""

    def __init__(self, twin: Twin, seed: int, port: int = 0) -> None:
        self.twin = twin
        self.faults = Faults(seed)
        self._server = self._listen(port)
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _listen(self, port: int) -> _Server:
        server = _Server(("127.0.0.1", port), _Handler)
        server.listener = self
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return server

    def control(self, request: Incoming) -> Outgoing:
        what = request.path.rsplit("/", 1)[-1]
        if what == "registered" and request.method == "GET":
            return Outgoing.of_json(self.twin.registered())
        if what == "progress" and request.method == "GET" and isinstance(self.twin, Giving):
            return Outgoing.of_json({"given": self.twin.given(), "still_to_come": self.twin.still_to_come()})
        if what == "faults" and request.method == "PUT":
            try:
                self.switch(**request.json())
            except (TypeError, ValueError):
                return Outgoing.of_json({"error": f"fault must be one of {[f.value for f in Fault]}"}, 400)
            return Outgoing.of_json({"fault": self.faults.fault})
        return Outgoing(404)

    def switch(self, fault: str | None, share: float = 1.0, seconds: float = 1.0) -> None:
        """Puts a fault on, or ends it with None. `refuse` needs no share and ends by itself."""
        if fault != Fault.REFUSE:
            self.faults.switch(fault, share, seconds)
            return
        self.refuse()
        threading.Timer(seconds, self.listen).start()

    def refuse(self) -> None:
        """Stops listening: connections are refused until `listen`, those that were open are closed."""
        self._server.is_closed = True
        self._server.shutdown()
        self._server.server_close()

    def listen(self) -> None:
        self._server = self._listen(self.port)


class Server:
    """All listeners of one sandbox."""

    def __init__(self, twins: Iterable[Twin], seed: int, first_port: int = 0) -> None:
        self.listeners = {
            twin.code: Listener(twin, seed + at, first_port + at if first_port else 0) for at, twin in enumerate(twins)
        }

    def url(self, code: str) -> str:
        return self.listeners[code].url

    def stop(self) -> None:
        for listener in self.listeners.values():
            listener.refuse()
