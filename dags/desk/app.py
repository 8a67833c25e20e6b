"""The desk: the stewards' web pages, as an app to be mounted wherever somebody says who asks.

It works without script, asks no other host for anything, and every answer forbids the browser to do so.
"""

import logging
from collections.abc import Callable
from hashlib import sha256

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.ledger import Ledger
from connectors.ledger.grants import note_access
from dags.desk.pages import ROUTERS
from dags.desk.visit import (
    HERE,
    LANGUAGE_COOKIE,
    YEAR_S,
    Desk,
    TurnedAway,
    Visit,
    VisitDep,
    Visitor,
    turned_away,
    visit,
)
from quality.words import LANGUAGES

log = logging.getLogger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
    " form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STATIC_TYPES = {"desk.css": "text/css", "desk.js": "text/javascript", "desk.svg": "image/svg+xml"}
TOO_LONG = "/too-long"
MOST_BYTES = 2 * 1024 * 1024
"""Of a form."""
REFUSED_STATUSES = {400: "bad_request", 404: "not_found", 405: "not_found", 413: "too_long", 422: "bad_request"}


def at_the_gate(request: Request) -> Visitor | None:
    """Who asks, as the gate before the app said in `request.state`."""
    name, token = getattr(request.state, "user_name", ""), getattr(request.state, "form_token", "")
    return Visitor(name, token) if name and token else None


def make_desk(
    *, ledger: Callable[[], Ledger],
    who: Callable[[Request], Visitor | None] = at_the_gate, after: Callable[[], None] = lambda: None,
) -> FastAPI:  # fmt: skip
    """The app. `ledger()` gives the open ledger; `who` says who asks (None: a stranger); `after()` is called when a
    decision has cleared something."""
    app = FastAPI(title="lienthong", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.desk = Desk(ledger, who, after, _static_version())
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/static/{version}/{name}", static_file, include_in_schema=False)
    app.add_api_route(TOO_LONG, too_long, include_in_schema=False)
    app.add_exception_handler(TurnedAway, _on_turned_away)  # type: ignore[arg-type]  # starlette knows Exception only
    app.add_exception_handler(RequestValidationError, _on_unfit)
    app.add_exception_handler(HTTPException, _on_http)  # type: ignore[arg-type]  # starlette knows Exception only
    app.add_exception_handler(Exception, _on_error)
    app.add_middleware(Guard)
    return app


def _static_version() -> str:
    content = b"".join((HERE / "static" / name).read_bytes() for name in STATIC_TYPES)
    return sha256(content).hexdigest()[:12]


def static_file(version: str, name: str, request: Request) -> Response:
    """Our one style sheet and our one script; their address changes with their content."""
    if name not in STATIC_TYPES or request.app.state.desk.who(request) is None:
        raise HTTPException(404)
    kept = {"Cache-Control": "private, max-age=31536000, immutable"}
    return FileResponse(HERE / "static" / name, media_type=STATIC_TYPES[name], headers=kept)


def too_long(visit: VisitDep) -> Response:
    """Where the guard leads whatever is too long."""
    raise TurnedAway(413, "too_long", "form", detail="too_long")


def _on_turned_away(request: Request, error: TurnedAway) -> Response:
    found: Visit | None = getattr(request.state, "visit", None)
    actor = found.user_name if found else ""
    ledger = request.app.state.desk.ledger()
    note_access(ledger, actor, error.what, [error.dossier_id], was_allowed=False, detail=error.detail)
    return turned_away(request, error.status, error.key)


def _on_unfit(request: Request, error: Exception) -> Response:
    """A form or an address with values that cannot be: logged by the names of its fields."""
    assert isinstance(error, RequestValidationError)
    kinds = {str(one["type"]) for one in error.errors()}
    return _on_turned_away(request, TurnedAway(422, "bad_request", "form", detail=",".join(sorted(kinds))))


def _on_http(request: Request, error: HTTPException) -> Response:
    """No such page, no ledger: with a visit, since a stranger hears nothing but 401."""
    try:
        visit(request)
    except TurnedAway as stranger:
        return _on_turned_away(request, stranger)
    if error.status_code >= 500:
        return turned_away(request, error.status_code, "closed")
    refused = TurnedAway(error.status_code, REFUSED_STATUSES.get(error.status_code, "bad_request"), "address")
    return _on_turned_away(request, refused)


def _on_error(request: Request, error: Exception) -> Response:
    log.exception("the desk failed at %s", request.scope.get("route"), exc_info=error)
    return turned_away(request, 500, "broken")


class Guard:
    """Gives every answer its headers and the chosen language its cookie; refuses what is too long."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope)
        chosen = request.query_params.get("lang")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for header, value in HEADERS.items():
                    headers.setdefault(header, value)
                if chosen in LANGUAGES:
                    path = scope.get("root_path") or "/"
                    cookie = f"{LANGUAGE_COOKIE}={chosen}; Path={path}; Max-Age={YEAR_S}; SameSite=Lax; HttpOnly"
                    headers.append("Set-Cookie", cookie)
            await send(message)

        if request.method not in ("GET", "HEAD") and _length(request) > MOST_BYTES:
            scope = {**scope, "method": "GET", "path": f"{scope.get('root_path', '')}{TOO_LONG}"}
        return await self.app(scope, receive, send_guarded)


def _length(request: Request) -> int:
    """The length a client declares; without one it is taken for too long."""
    declared = request.headers.get("content-length", "")
    if not declared and "transfer-encoding" not in request.headers:
        return 0
    return int(declared) if declared.isascii() and declared.isdecimal() else MOST_BYTES + 1
