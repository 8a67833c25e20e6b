"""The sandbox's server: one listener per twin on 127.0.0.1, faults that can be switched on, and the ground truth.

Every listener answers, besides its twin's own paths:

    GET  /twin/<code>/progress     {"given": dossiers listed so far, "still_to_come": supplements not given yet}
    GET  /twin/<code>/registered   the registrations that took effect (the ground truth, for tests and sandboxes)
    GET  /twin/<code>/entries      what a registry's twin holds now, after corrections and annulments
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


class SimulatedFault(StrEnum):
    """What can be made to go wrong at a twin. "Done" says whether the request takes effect."""

    REFUSE = "refuse"  # no connection: the port is closed for `seconds`
    RESET = "reset"  # reads the request and hangs up; not done
    SERVER_ERROR = "server_error"  # 503; not done
    TOO_MANY = "too_many"  # 429 with Retry-After; not done
    SLOW = "slow"  # done, answered after `seconds`
    CUT_OFF = "cut_off"  # done, the answer breaks off in its middle
    LOSE_ANSWER = "lose_answer"  # done, closed without an answer
    GARBAGE = "garbage"  # done, answered 200 with a page in HTML
    WITHHOLD_NUMBER = "withhold_number"  # civil status answers without the personal number


@dataclass(frozen=True)
class Incoming:
    """A request as a twin sees it; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    fault: "SimulatedFault | None" = None

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
class RegistryTwin(Protocol):
    """A registry's twin, which holds entries."""

    def entries(self) -> list[dict[str, Any]]:
        """One row per entry: `dossier_code`, `entry_number`, `words` (the content that was accepted last),
        `is_annulled`, `operations` in the order in which they took effect, `submissions` (how many requests were about
        it) and `unknown_citations` (how many changes of its dossier cited nothing that was held)."""


@runtime_checkable
class PortalTwin(Protocol):
    """A portal's twin, which gives dossiers."""

    def given(self) -> int: ...

    def still_to_come(self) -> int: ...


class FaultSwitch:
    """The fault that is switched on at one twin, for a share of its requests; deterministic from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.fault: SimulatedFault | None = None
        self.share = 1.0
        self.seconds = 1.0

    def switch(self, fault: str | None, share: float = 1.0, seconds: float = 1.0) -> None:
        with self._lock:
            self.fault = SimulatedFault(fault) if fault else None
            self.share, self.seconds = share, seconds

    def strikes(self) -> SimulatedFault | None:
        """The fault that this request meets, if it meets one."""
        with self._lock:
            return self.fault if self.fault and self._random.random() < self.share else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: "_HttpServer"

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

    def _answer_under(self, fault: SimulatedFault | None, listener: "Listener", request: Incoming) -> None:
        match fault:
            case SimulatedFault.SERVER_ERROR:
                self._write(Outgoing(503, b"server error", "text/plain"))
            case SimulatedFault.TOO_MANY:
                self._write(Outgoing(429, b"", headers={"Retry-After": str(listener.faults.seconds)}))
            case SimulatedFault.RESET:
                self._hang_up()
            case SimulatedFault.SLOW:
                time.sleep(listener.faults.seconds)
                self._write(listener.twin.handle(request))
            case SimulatedFault.LOSE_ANSWER:
                listener.twin.handle(request)
                self._hang_up()
            case SimulatedFault.CUT_OFF:
                self._write(listener.twin.handle(request), cut=True)
            case SimulatedFault.GARBAGE:
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
        """Closes with a reset, so that the client does not take it for the regular end of an answer."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # the connection was closed on purpose, or by the client
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing: requests carry personal data, and who tries the twins may send real ones."""


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256
    is_closed = False
    listener: "Listener"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is not an error of the twin."""


class Listener:
    """One twin on its own port, so that a refused connection can be a real one."""

    def __init__(self, twin: Twin, seed: int, port: int = 0) -> None:
        self.twin = twin
        self.faults = FaultSwitch(seed)
        self._server = self._listen(port)
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _listen(self, port: int) -> _HttpServer:
        server = _HttpServer(("127.0.0.1", port), _Handler)
        server.listener = self
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return server

    def control(self, request: Incoming) -> Outgoing:
        """Answers what a test or a demo asks about the twin itself."""
        what = request.path.rsplit("/", 1)[-1]
        if what == "registered" and request.method == "GET":
            return Outgoing.of_json(self.twin.registered())
        if what == "entries" and request.method == "GET" and isinstance(self.twin, RegistryTwin):
            return Outgoing.of_json(self.twin.entries())
        if what == "progress" and request.method == "GET" and isinstance(self.twin, PortalTwin):
            return Outgoing.of_json({"given": self.twin.given(), "still_to_come": self.twin.still_to_come()})
        if what == "faults" and request.method == "PUT":
            try:
                self.switch(**request.json())
            except (TypeError, ValueError):
                return Outgoing.of_json(
                    {"error": f"fault must be one of {[name.value for name in SimulatedFault]}"}, 400
                )
            return Outgoing.of_json({"fault": self.faults.fault})
        return Outgoing(404)

    def switch(self, fault: str | None, share: float = 1.0, seconds: float = 1.0) -> None:
        """Switches a fault on; None switches it off. `refuse` needs no share and ends by itself."""
        if fault != SimulatedFault.REFUSE:
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
            twin.code: Listener(twin, seed + number, first_port + number if first_port else 0)
            for number, twin in enumerate(twins)
        }

    def url(self, code: str) -> str:
        return self.listeners[code].url

    def stop(self) -> None:
        for listener in self.listeners.values():
            listener.refuse()
