"""One client for every endpoint that speaks HTTP: time-outs, rate, tokens, size limits, errors by who acts next.

No request is ever repeated here once it may have left: whether to send again is the ledger's decision, made after
asking the registry. Messages carry host, path and status only; bodies and queries may be personal.
"""

import json
import logging
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from threading import Event, Lock
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import urlencode

import requests
from pydantic_core import to_json
from requests.adapters import HTTPAdapter
from requests.utils import default_headers, get_environ_proxies
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from connectors.endpoint import Endpoint
from connectors.errors import LienthongError, TooLarge, Unauthorised, Unreachable, Unrecognised

logging.getLogger("urllib3").setLevel(logging.ERROR)  # warnings hold whole URLs, and a query may be personal

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
LONGEST_WAIT_S = 20.0
"""A request that would have to wait longer for its turn is not sent at all."""
QUICK_S = 0.005
"""While the last answers took less, requests go one after the other, 200 a second at least: handing a request to
another thread costs more time than waiting for such an answer."""
LONGEST_REPLY_S = 40.0
"""A reply that takes longer is given up: with the read time-out alone, a reply that comes in small pieces could take
longer than the lease of the claim."""
REPLY_LIMIT_BYTES = 32 * 1024 * 1024
FAILURES_BEFORE_GIVING_UP = 4
"""Unreachable answers in a row after which the rest of a batch is not tried."""
NEVER_LEFT = (NewConnectionError, ConnectTimeoutError)
"""No connection was made, so nothing can have been sent."""

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """A request of a connector; `path` starts with a slash and is added to the endpoint's URL."""

    method: str
    path: str
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def post_json(cls, path: str, content: Any, headers: Mapping[str, str] | None = None) -> Self:
        body = to_json(content)
        return cls("POST", path, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


@dataclass(frozen=True)
class Reply:
    """The answer to a request. The connector's `read` gets every status below 500 but 401, 403 and 429."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def json(self) -> Any:
        """The body as JSON (UTF-8, with or without BOM); Unrecognised when it is not."""
        try:
            return json.loads(self.body.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise Unrecognised(f"expected JSON, status {self.status}: {type(error).__name__}", self.body) from None

    def json_object(self) -> dict[str, Any]:
        content = self.json()
        if not isinstance(content, dict):
            raise Unrecognised(f"expected a JSON object, got {type(content).__name__}", self.body)
        return content


@dataclass(frozen=True)
class Token:
    """A token, when it ends on the monotonic clock, and what renews it."""

    value: str
    expires_at: float
    refresh: str = ""


class Auth(Protocol):
    """How an endpoint learns who we are."""

    def ask_token(self, endpoint: Endpoint, old: Token | None) -> Request | None:
        """The request for a new token (`old` may hold a refresh token); None when there are no tokens."""

    def read_token(self, reply: Reply) -> Token: ...

    def sign(self, request: Request, endpoint: Endpoint, token: Token | None) -> Request:
        """The request with our name on it."""


@dataclass(frozen=True)
class ClientCredentials:
    """OAuth2 client credentials: `login` is the consumer key, `password` its secret (LGSP, vendor portals)."""

    token_path: str = "/token"

    def ask_token(self, endpoint: Endpoint, old: Token | None) -> Request | None:
        pairs = {"grant_type": "client_credentials", "client_id": endpoint.login, "client_secret": endpoint.password}
        body = urlencode(pairs).encode()
        return Request("POST", self.token_path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def read_token(self, reply: Reply) -> Token:
        content = reply.json_object()
        if not isinstance(content.get("access_token"), str):
            raise Unauthorised(f"no access_token in the token reply, status {reply.status}: check key and secret")
        try:
            lasts_s = float(content.get("expires_in", 300))
        except (TypeError, ValueError):
            raise Unrecognised("expected seconds in expires_in of the token reply") from None  # the reply is a secret
        return Token(content["access_token"], time.monotonic() + lasts_s - 10)

    def sign(self, request: Request, endpoint: Endpoint, token: Token | None) -> Request:
        return bearing(request, token)


def bearing(request: Request, token: Token | None) -> Request:
    """The request with the token as `Authorization: Bearer`."""
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {token.value if token else ''}"})


class Pace:
    """At most so many requests a second, evenly; a pause when the other side asks for one. Threads share it."""

    def __init__(self, per_second: float) -> None:
        self._gap_s = 1 / per_second
        self._next = time.monotonic()
        self._lock = Lock()

    def wait(self) -> None:
        """Sleeps until our turn. Raises Unreachable when the wait would be longer than LONGEST_WAIT_S."""
        with self._lock:
            now = time.monotonic()
            turn_at = max(self._next, now)
            if turn_at - now > LONGEST_WAIT_S:
                raise Unreachable("asked to pause", may_have_arrived=False, retry_after_s=turn_at - now)
            self._next = turn_at + self._gap_s
        while (left := turn_at - time.monotonic()) > 0:
            time.sleep(left)

    def pause(self, seconds: float) -> None:
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


class _Adapter(HTTPAdapter):
    """Asks `requests` once per line for proxies and certificates; the requests themselves go to urllib3 directly.

    So there are no cookies, no redirects and no netrc, and a request takes a third of the time that a session takes.
    """

    def connections(self, url: str) -> tuple[HTTPConnectionPool, str]:
        """The connections to a URL, and what each path begins with on them (the whole URL when there is a proxy)."""
        try:
            asked = requests.Request("GET", url).prepare()
            proxies = get_environ_proxies(url)
            connections = self.get_connection_with_tls_context(asked, verify=True, proxies=proxies)
            self.cert_verify(connections, url, True, None)  # type: ignore[no-untyped-call]  # untyped in requests
        except (requests.RequestException, HTTPError) as error:
            raise Unreachable(f"{url}: {type(error).__name__}", may_have_arrived=False) from None
        assert isinstance(connections, HTTPConnectionPool)
        return connections, self.request_url(asked, proxies).rstrip("/")


class Line:
    """An open line to one endpoint. Close it, or use it in a `with`."""

    def __init__(
        self,
        endpoint: Endpoint,
        auth: Auth,
        *,
        per_second: float = 50.0,
        concurrency: int = 8,
        reply_limit: int = REPLY_LIMIT_BYTES,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self.endpoint = endpoint
        self.concurrency = int(endpoint.extra.get("concurrency", concurrency))
        self._auth = auth
        self._pace = Pace(float(endpoint.extra.get("per_second", per_second)))
        self._limit = reply_limit
        self.answers, self.seconds = 0, 0.0  # how many answered and how long they took together: threads may miss one
        self._timeout = Timeout(connect=CONNECT_TIMEOUT_S, read=float(endpoint.extra.get("timeout_s", read_timeout_s)))
        self._token: Token | None = None
        self._token_lock = Lock()
        self._lately_s = 0.0  # how long answers took lately, the newest counting most
        self._headers = {**default_headers(), "User-Agent": "lienthong"}
        self._threads = ThreadPoolExecutor(self.concurrency, thread_name_prefix="line")
        self._connections, self._root = _Adapter(pool_maxsize=self.concurrency).connections(endpoint.base_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()
        self._connections.close()

    def send(self, request: Request) -> Reply:
        """Sends once (a second time only after a 401, which is no acceptance) and returns the reply.

        Raises Unreachable (with whether it may have arrived), Unauthorised, Unrecognised (too large a reply).
        """
        token = self._current_token(None)
        reply = self._send_signed(request, token)
        if reply.status == 401 and token:
            reply = self._send_signed(request, self._current_token(token))
        if reply.status in (401, 403):
            raise Unauthorised(f"{self._where(request)} answered {reply.status}: check login and password", reply.body)
        return reply

    def send_all(self, requests_of: Iterable[tuple[T, Request]]) -> Iterator[tuple[T, Reply | LienthongError]]:
        """Sends concurrently and yields in the order of arrival. Stops sending when the line is down."""
        down = Event()
        failures = 0
        with closing(self._answers(iter(requests_of), down)) as answers:
            for key, result in answers:
                failures = failures + 1 if isinstance(result, Unreachable) else 0
                if failures >= FAILURES_BEFORE_GIVING_UP:
                    down.set()
                yield key, result

    def _answers(
        self, waiting: Iterator[tuple[T, Request]], down: Event
    ) -> Generator[tuple[T, Reply | LienthongError], None, None]:
        """One after the other while answers are quick, then the rest in threads."""
        self._lately_s = 0.0
        for key, request in waiting:
            yield key, self._try(request, down)
            if self._lately_s > QUICK_S:
                yield from self._side_by_side(waiting, down)

    def _side_by_side(
        self, waiting: Iterator[tuple[T, Request]], down: Event
    ) -> Iterator[tuple[T, Reply | LienthongError]]:
        done: SimpleQueue[Future[Reply | LienthongError]] = SimpleQueue()
        under_way: dict[Future[Reply | LienthongError], T] = {}
        try:
            while True:
                while len(under_way) < self.concurrency and (item := next(waiting, None)) is not None:
                    future = self._threads.submit(self._try, item[1], down)
                    under_way[future] = item[0]
                    future.add_done_callback(done.put)
                if not under_way:
                    return
                future = done.get()
                yield under_way.pop(future), future.result()
        finally:  # also when the caller stops early: no request is still under way afterwards
            wait(under_way)

    def _try(self, request: Request, down: Event) -> Reply | LienthongError:
        if down.is_set():
            return Unreachable(f"{self._where(request)} not tried: the line is down", may_have_arrived=False)
        try:
            return self.send(request)
        except LienthongError as error:
            return error

    def _current_token(self, refused: Token | None) -> Token | None:
        """A token that is not the refused one and has not ended; one thread fetches it for all."""
        with self._token_lock:
            token = self._token
            if token and token is not refused and time.monotonic() < token.expires_at:
                return token
            self._token = self._new_token(token)
            return self._token

    def _new_token(self, old: Token | None) -> Token | None:
        """A token from the endpoint; when the old one's refresh is refused, one by login and password."""
        token_request = self._auth.ask_token(self.endpoint, old)
        if token_request is None:
            return None
        try:
            reply = self._exchange(token_request)
        except Unreachable as error:  # the request itself was not sent: only a token was asked for
            raise Unreachable(str(error), may_have_arrived=False, retry_after_s=error.retry_after_s) from None
        if reply.status not in (400, 401, 403):
            return self._auth.read_token(reply)
        if old is not None:
            return self._new_token(None)
        self._token = None
        where = self._where(token_request)
        raise Unauthorised(f"{where} answered {reply.status}: check login and password", reply.body)

    def _send_signed(self, request: Request, token: Token | None) -> Reply:
        return self._exchange(self._auth.sign(request, self.endpoint, token))

    def _exchange(self, request: Request) -> Reply:
        self._pace.wait()
        asked_at = time.monotonic()
        try:
            response = self._connections.urlopen(
                request.method,
                self._root + request.path,
                request.body or None,
                {**self._headers, **request.headers},
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=self._timeout,
                preload_content=False,
            )
            body = self._read_body(response, request)
        except (HTTPError, ValueError) as error:  # ValueError: a header that cannot be sent, a token with a line break
            what = f"{self._where(request)}: {type(error).__name__}"
            raise Unreachable(what, may_have_arrived=not isinstance(error, NEVER_LEFT)) from None
        finally:
            took_s = time.monotonic() - asked_at
            self._lately_s += (took_s - self._lately_s) / 8
        self.answers += 1
        self.seconds += took_s
        if response.status == 429:
            seconds = _retry_after_s(response.headers.get("Retry-After"))
            self._pace.pause(seconds)
            raise Unreachable(f"{self._where(request)} answered 429", may_have_arrived=False, retry_after_s=seconds)
        if response.status >= 500:
            raise Unreachable(f"{self._where(request)} answered {response.status}", may_have_arrived=True)
        return Reply(response.status, body, response.headers)

    def _read_body(self, response: BaseHTTPResponse, request: Request) -> bytes:
        """The whole body. Raises TooLarge over the limit, and Unreachable when it takes longer than LONGEST_REPLY_S."""
        body = bytearray()
        end_at = time.monotonic() + LONGEST_REPLY_S
        try:
            while part := response.read1(65536):
                body += part
                if len(body) > self._limit:
                    what = f"{self._where(request)}: reply over {self._limit} bytes, not read"
                    raise TooLarge(what, bytes(body[:4096]))
                if time.monotonic() > end_at:
                    what = f"{self._where(request)}: still sending after {LONGEST_REPLY_S:.0f} s"
                    raise Unreachable(what, may_have_arrived=True)
        except LienthongError:
            response.close()
            raise
        finally:
            response.release_conn()
        return bytes(body)

    def _where(self, request: Request) -> str:
        return f"{request.method} {self.endpoint.base_url}{request.path.split('?')[0]}"


def _retry_after_s(text: str | None) -> float:
    """Seconds of a Retry-After header, ten minutes at most; a minute for a header that is no number."""
    try:
        return max(0.1, min(600.0, float(text or 1)))  # in this order a NaN becomes ten minutes
    except ValueError:
        return 60.0
