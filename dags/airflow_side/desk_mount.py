"""The desk's front door in Airflow's API server: who comes in, which ledger is opened, who is woken after a decision.

Airflow does not protect what a plugin mounts, and a dependency of FastAPI protects neither static files nor addresses
that do not exist. So ``Gate`` stands before the whole app and asks what ``GetUserDep`` asks: the bearer token, else the
cookie ``_token`` that Airflow's login sets. The cookie is SameSite=Lax: another site cannot post with it, but a page of
another port or of a neighbouring host name can, and Airflow asks for nothing more. So each user gets a ``form_token``
that the desk puts into its forms and wants back.
"""

from __future__ import annotations

import hmac
import html
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from threading import Lock
from typing import Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.tokens import get_signing_key
from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
from airflow.assets.manager import asset_manager
from airflow.serialization.definitions.assets import SerializedAssetUniqueKey
from airflow.utils.session import create_session
from fastapi import FastAPI, HTTPException, Request
from sqlalchemy.exc import ArgumentError
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from connectors.ledger import Ledger, open_ledger
from connectors.postgres import EmbeddedServerFailed
from connectors.vault import VaultError
from dags.airflow_side.assets import CLEARED
from dags.desk import make_desk

log = logging.getLogger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Sent where the desk does not say otherwise; the frame of Airflow's own page is allowed, no other is."""

STRANGER = """<!doctype html><html lang="vi"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Bàn liên thông</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32rem;padding:0 1rem}}</style>
<h1>Bạn cần đăng nhập</h1><p>Chưa đăng nhập, hoặc phiên làm việc đã hết hạn.</p>
<p><a href="{login}">Đăng nhập</a> để trở lại trang này.</p></html>"""
STRANGER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"


def make_app() -> FastAPI:
    """The desk, with all it needs of Airflow and of this installation."""
    opened = OpenedOnce()
    return guarded(make_desk(ledger=opened, after=touch_dossiers), opened.close)


def guarded(app: FastAPI, close: Callable[[], None]) -> FastAPI:
    """The same app, open to those who are logged in to Airflow and to nobody else; ``close`` when the server ends."""
    app.add_middleware(Gate)
    lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan_then_close(of: FastAPI) -> AsyncIterator[Any]:
        try:
            async with lifespan(of) as state:
                yield state
        finally:
            close()

    app.router.lifespan_context = lifespan_then_close
    return app


class Gate:
    """Answers 401 for whatever a stranger asks; says to the app behind it who asks, in ``request.state``.

    ``airflow_user`` is Airflow's own object; ``user_name`` its name, which grants name too; ``form_token`` that user's
    secret for forms, the same in all API servers that share Airflow's ``[api] secret_key``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await WebSocketClose()(scope, receive, send)
        request = Request(scope)
        user = await _who(request)
        if user is None:
            log.warning("a stranger was turned away: %s %s", request.method, quote(request.url.path[:200]))
            return await _turned_away(request)(scope, receive, send)
        request.state.airflow_user = user
        request.state.user_name = user.get_name()
        request.state.form_token = form_token(user.get_name())

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for header, value in HEADERS.items():
                    headers.setdefault(header, value)
            await send(message)

        return await self.app(scope, receive, send_guarded)


async def _who(request: Request) -> BaseUser | None:
    """Airflow's user; None for a stranger, be it without a token, with an expired, a revoked or a forged one."""
    try:
        user = await get_user(request, None, await bearer_scheme(request))
    except HTTPException:
        return None
    return user if user.get_name() else None  # an auth manager may let the nameless in; the desk may not


def form_token(user_name: str) -> str:
    """What only the server and pages shown to this user know."""
    key = get_signing_key("api", "secret_key").encode()
    return hmac.digest(key, f"lienthong/desk/{user_name}".encode(), "sha256").hex()


def _turned_away(request: Request) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": "Not authenticated"}, 401, {"Cache-Control": "no-store"})
    airflow = request.scope.get("app_root_path", "")
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = wanted if request.method == "GET" else f"{request.scope.get('root_path', '')}/"
    login = f"{airflow}/api/v2/auth/login?next={quote(back, safe='')}"
    headers = {**HEADERS, "Content-Security-Policy": STRANGER_POLICY}
    return HTMLResponse(STRANGER.format(login=html.escape(login)), 401, headers)


class OpenedOnce:
    """The ledger of this process: opened by the first call, the same for all others, closed with the server."""

    def __init__(self, open_it: Callable[[], Any] = open_ledger) -> None:
        self._open = open_it
        self._lock = Lock()
        self._opened = ExitStack()
        self._ledger: Ledger | None = None

    def __call__(self) -> Ledger:
        """Raises HTTPException 503 with words for the operator when this installation cannot open its ledger."""
        with self._lock:
            if self._ledger is None:
                try:
                    self._ledger = self._opened.enter_context(self._open())
                except (VaultError, EmbeddedServerFailed, ArgumentError, ValueError) as error:
                    log.error("the desk cannot open the ledger: %s", error)
                    raise HTTPException(503, f"{type(error).__name__}: run `lienthong doctor`") from error
            return self._ledger

    def close(self) -> None:
        with self._lock:
            self._opened.close()
            self._ledger = None


def touch_dossiers() -> None:
    """Lets the deliveries start at once, as a pull does: an event of the asset that they wait for.

    It is what the public API does on ``POST /assets/events``. Whatever goes wrong is only logged: the person's decision
    stands in the ledger, and the timetable behind the deliveries comes to it.
    """
    asset = SerializedAssetUniqueKey(name=CLEARED.name, uri=CLEARED.uri)
    try:
        with create_session(scoped=False) as session:
            asset_manager.register_asset_change(asset=asset, source_is_api=True, session=session)
    except Exception as error:  # Airflow's database, its listeners, other plugins: no kind is worth a decision
        log.warning("deliveries start by their timetable, not at once: %s: %s", type(error).__name__, error)
