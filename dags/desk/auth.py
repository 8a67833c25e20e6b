"""Who is at the desk, what every answer carries, and what is too long to be read.

`AuthMiddleware` stands before the whole app, static files and unknown addresses included: a dependency of FastAPI
protects neither of them. How the user is found is given to it, so the desk knows no login but the one it is mounted
behind.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from quality.words import LANGUAGES

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
    " form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every answer, each where the answer does not set it itself. Airflow's own page may frame the desk, no other
page may."""
TOO_LONG_PATH = "/too-long"
MOST_BYTES = 2 * 1024 * 1024
"""Of a form."""
UPLOAD_PATH = re.compile(r"/books/(new|\d{1,19})/files")
MOST_UPLOADED_BYTES = 2 * 1024**3
"""Of a form with scans of a paper book: 500 pages at 4 MB. They are written to temporary files while they arrive."""
LANGUAGE_COOKIE = "lienthong_language"
YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True)
class Visitor:
    """A user who is logged in, and the secret that stands in this user's forms."""

    user_name: str
    form_token: str = field(repr=False)


FindUser = Callable[[Request], Awaitable[Visitor | None]]
"""The user of a request; None for one that is not authenticated."""
AnswerUnauthenticated = Callable[[Request], Awaitable[Response]]
"""The answer with status 401."""


class AuthMiddleware:
    """Answers 401 to a request without a user; the app behind it reads the user in `request.state.visitor`.

    It also gives every answer the security headers and the chosen language its cookie, and leads a form that is too
    long to `TOO_LONG_PATH` before it is read. A websocket is closed: the desk has none.
    """

    def __init__(self, app: ASGIApp, *, find_user: FindUser, answer_unauthenticated: AnswerUnauthenticated) -> None:
        self.app = app
        self.find_user = find_user
        self.answer_unauthenticated = answer_unauthenticated

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await WebSocketClose()(scope, receive, send)
        request = Request(scope)
        visitor = await self.find_user(request)
        if visitor is None:
            answer = await self.answer_unauthenticated(request)
            return await answer(scope, receive, _with_headers(send))
        request.state.visitor = visitor
        if request.method not in ("GET", "HEAD") and _length(request) > _most_bytes(scope):
            scope = {**scope, "method": "GET", "path": f"{scope.get('root_path', '')}{TOO_LONG_PATH}"}
        return await self.app(scope, receive, _with_headers(send, _language_cookie(request)))


def _with_headers(send: Send, cookie: str = "") -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if cookie:
                headers.append("Set-Cookie", cookie)
        await send(message)

    return send_with_headers


def _language_cookie(request: Request) -> str:
    """The cookie for the language that the address chooses; empty when it chooses none of ours."""
    chosen = request.query_params.get("lang")
    if chosen not in LANGUAGES:
        return ""
    path = request.scope.get("root_path") or "/"
    return f"{LANGUAGE_COOKIE}={chosen}; Path={path}; Max-Age={YEAR_S}; SameSite=Lax; HttpOnly"


def _most_bytes(scope: Scope) -> int:
    path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
    return MOST_UPLOADED_BYTES if UPLOAD_PATH.fullmatch(path) else MOST_BYTES


def _length(request: Request) -> int:
    """The length in bytes that a client declares; a body without a declared length counts as too long for any form."""
    declared = request.headers.get("content-length", "")
    if not declared and "transfer-encoding" not in request.headers:
        return 0
    return int(declared) if declared.isascii() and declared.isdecimal() else MOST_UPLOADED_BYTES + 1
