"""One client for every endpoint that speaks HTTP: time-outs, rate, tokens, size limits, errors by who acts next.

No request is ever repeated here once it may have left: whether to send again is the ledger's decision, made after
asking the registry. Messages carry host, path and status only; bodies and queries may be personal.
"""

import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from threading import Event, Lock
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from requests.utils import default_headers, get_environ_proxies

from connectors.endpoint import Endpoint
from connectors.errors import LienthongError, TooLarge, Unauthorised, Unreachable, Unrecognised

log = logging.getLogger(__name__)
logging.getLogger("urllib3").setLevel(logging.ERROR)  # its lesser messages hold whole URLs: a query may be personal

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
LONGEST_WAIT_S = 20.0
"""A request that would have to wait longer for its turn is not sent at all."""
MOST_MODELS = 64
"""Paths remembered as requests has prepared them: a registry has a handful, a hub one per dossier."""
LONGEST_REPLY_S = 40.0
"""A reply that takes longer is given up: the read time-out alone would let a trickle hold a claim past its lease."""
REPLY_LIMIT_BYTES = 32 * 1024 * 1024
FAILURES_BEFORE_GIVING_UP = 4
"""Unreachable answers in a row after which the rest of a batch is not tried."""

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """What a connector wants sent; `path` starts with a slash and is added to the endpoint's URL."""

    method: str
    path: str
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def post_json(cls, path: str, content: Any, headers: Mapping[str, str] | None = None) -> Self:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return cls("POST", path, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


@dataclass(frozen=True)
class Reply:
    """What came back; every status below 500 but 401, 403 and 429 reaches the connector's `read`."""

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
        """Sleeps until it is our turn; Unreachable when that is too far off to hold a claim for."""
        with self._lock:
            now = time.monotonic()
            at = max(self._next, now)
            if at - now > LONGEST_WAIT_S:
                raise Unreachable("asked to pause", may_have_arrived=False, retry_after_s=at - now)
            self._next = at + self._gap_s
        while (left := at - time.monotonic()) > 0:
            time.sleep(left)

    def pause(self, seconds: float) -> None:
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


class Line:
    """An open line to one endpoint. Close it, or use it in a `with`."""

    def __init__(
        self, endpoint: Endpoint, auth: Auth, *, per_second: float = 50.0, concurrency: int = 8,
        reply_limit: int = REPLY_LIMIT_BYTES, read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:  # fmt: skip
        self.endpoint = endpoint
        self.concurrency = int(endpoint.extra.get("concurrency", concurrency))
        self._auth = auth
        self._pace = Pace(float(endpoint.extra.get("per_second", per_second)))
        self._limit = reply_limit
        self._timeout = (CONNECT_TIMEOUT_S, float(endpoint.extra.get("timeout_s", read_timeout_s)))
        self._token: Token | None = None
        self._models: dict[tuple[str, str], requests.PreparedRequest] = {}
        self._token_lock = Lock()
        self._proxies = get_environ_proxies(endpoint.base_url)  # looked up once, not for every request
        self._headers = {**default_headers(), "User-Agent": "lienthong"}
        self._pool = ThreadPoolExecutor(self.concurrency, thread_name_prefix="line")
        self._adapter = HTTPAdapter(pool_maxsize=self.concurrency, max_retries=0)
        """Without a session: no cookies, no redirects, no netrc, and half the time for each request."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        self._adapter.close()

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
        """Sends concurrently, yields in the order of arrival; stops trying when the line is down."""
        down = Event()
        done: SimpleQueue[Future[Reply | LienthongError]] = SimpleQueue()
        failures = 0
        waiting = iter(requests_of)
        under_way: dict[Future[Reply | LienthongError], T] = {}
        try:
            while True:
                while len(under_way) < self.concurrency and (item := next(waiting, None)) is not None:
                    future = self._pool.submit(self._try, item[1], down)
                    under_way[future] = item[0]
                    future.add_done_callback(done.put)
                if not under_way:
                    return
                future = done.get()
                result = future.result()
                failures = failures + 1 if isinstance(result, Unreachable) else 0
                if failures >= FAILURES_BEFORE_GIVING_UP:
                    down.set()
                yield under_way.pop(future), result
        finally:  # also when nobody wants the rest: none is left behind on its way
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
        asking = self._auth.ask_token(self.endpoint, old)
        if asking is None:
            return None
        try:
            reply = self._exchange(asking)
        except Unreachable as error:  # a token request changes nothing: what follows was surely not sent
            raise Unreachable(str(error), may_have_arrived=False, retry_after_s=error.retry_after_s) from None
        if reply.status not in (400, 401, 403):
            return self._auth.read_token(reply)
        if old is not None:
            return self._new_token(None)
        self._token = None
        raise Unauthorised(f"{self._where(asking)} answered {reply.status}: check login and password", reply.body)

    def _send_signed(self, request: Request, token: Token | None) -> Reply:
        return self._exchange(self._auth.sign(request, self.endpoint, token))

    def _exchange(self, request: Request) -> Reply:
        self._pace.wait()
        try:
            with self._adapter.send(
                self._prepared(request), stream=True, timeout=self._timeout, proxies=self._proxies
            ) as response:
                body = self._read_body(response, request)
        except requests.RequestException as error:
            never_left = isinstance(error, requests.ConnectTimeout) or _is_refusal(error)
            what = f"{self._where(request)}: {type(error).__name__}"
            raise Unreachable(what, may_have_arrived=not never_left) from None
        if response.status_code == 429:
            seconds = _retry_after_s(response.headers.get("Retry-After"))
            self._pace.pause(seconds)
            raise Unreachable(f"{self._where(request)} answered 429", may_have_arrived=False, retry_after_s=seconds)
        if response.status_code >= 500:
            raise Unreachable(f"{self._where(request)} answered {response.status_code}", may_have_arrived=True)
        return Reply(response.status_code, body, response.headers)

    def _prepared(self, request: Request) -> requests.PreparedRequest:
        """The request as requests sends it; a path that was met before is not taken apart again."""
        model = self._models.get((request.method, request.path))
        if model is None:
            model = requests.PreparedRequest()
            model.prepare(request.method, self.endpoint.base_url + request.path)
            if len(self._models) < MOST_MODELS:
                self._models[request.method, request.path] = model
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.hooks = model.method, model.url, model.hooks
        prepared.prepare_headers({**self._headers, **request.headers})
        prepared.prepare_body(request.body or None, None)
        return prepared

    def _read_body(self, response: requests.Response, request: Request) -> bytes:
        """The whole body; a longer one than the limit, or one that trickles, is not read to its end."""
        body = bytearray()
        end_at = time.monotonic() + LONGEST_REPLY_S
        for part in response.iter_content(65536):
            body += part
            if len(body) > self._limit:
                raise TooLarge(f"{self._where(request)}: reply over {self._limit} bytes, not read", bytes(body[:4096]))
            if time.monotonic() > end_at:
                what = f"{self._where(request)}: still sending after {LONGEST_REPLY_S:.0f} s"
                raise Unreachable(what, may_have_arrived=True)
        return bytes(body)

    def _where(self, request: Request) -> str:
        return f"{request.method} {self.endpoint.base_url}{request.path.split('?')[0]}"


def _is_refusal(error: requests.RequestException) -> bool:
    """Whether no connection came about, so that nothing can have been sent."""
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _retry_after_s(text: str | None) -> float:
    """Seconds of a Retry-After header; a minute for a date or nonsense, never more than ten minutes."""
    try:
        return max(0.1, min(600.0, float(text or 1)))  # in this order a NaN becomes ten minutes
    except ValueError:
        return 60.0
