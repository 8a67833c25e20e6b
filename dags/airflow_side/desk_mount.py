"""The desk in Airflow's API server: whose request it is, which ledger is opened, who starts after a decision.

Airflow does not protect what a plugin mounts. So the desk's `AuthMiddleware` asks here what Airflow's ``GetUserDep``
asks: the bearer token, else the cookie ``_token`` that Airflow's login sets. The cookie is SameSite=Lax: another site
cannot post with it, but a page of another port or of a neighbouring host name can, and Airflow asks for nothing more.
So each user gets a ``form_token`` that the desk puts into its forms and expects back.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from threading import Lock
from typing import Any
from urllib.parse import quote

from airflow.api_fastapi.auth.tokens import get_signing_key
from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
from airflow.assets.manager import asset_manager
from airflow.sdk import Asset
from airflow.serialization.definitions.assets import SerializedAssetUniqueKey
from airflow.utils.session import create_session
from fastapi import FastAPI, HTTPException, Request
from sqlalchemy.exc import ArgumentError
from starlette.responses import JSONResponse, Response

from connectors.ledger import Ledger, open_ledger
from connectors.postgres import EmbeddedServerFailed
from connectors.vault import VaultError
from dags.airflow_side.assets import CLEARED, HANDED_IN
from dags.desk.app import make_desk
from dags.desk.auth import Visitor
from dags.desk.visit import login_page

log = logging.getLogger(__name__)


def make_app() -> FastAPI:
    """The desk, with all it needs of Airflow and of this installation."""
    opened = OpenedOnce()
    desk = make_desk(
        ledger=opened,
        find_user=find_user,
        answer_unauthenticated=answer_unauthenticated,
        after=touch_dossiers,
        after_upload=touch_scans,
    )
    return closed_with_server(desk, opened.close)


def closed_with_server(app: FastAPI, close: Callable[[], None]) -> FastAPI:
    """The same app; ``close`` is called when the server ends."""
    lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan_then_close(running: FastAPI) -> AsyncIterator[Any]:
        try:
            async with lifespan(running) as state:
                yield state
        finally:
            close()

    app.router.lifespan_context = lifespan_then_close
    return app


async def find_user(request: Request) -> Visitor | None:
    """Airflow's user, by the name that grants use too; None without a token and with an expired, a revoked or a forged
    one."""
    try:
        user = await get_user(request, None, await bearer_scheme(request))
    except HTTPException:
        return None
    name = user.get_name()  # an auth manager may let the nameless in; the desk may not
    return Visitor(name, form_token(name)) if name else None


def form_token(user_name: str) -> str:
    """What only the server and pages shown to this user know; equal in all API servers that share Airflow's
    ``[api] secret_key``."""
    key = get_signing_key("api", "secret_key").encode()
    return hmac.digest(key, f"lienthong/desk/{user_name}".encode(), "sha256").hex()


async def answer_unauthenticated(request: Request) -> Response:
    """401, for a browser with the way to Airflow's login. It is written to the server's log alone: a client that is not
    logged in must not be able to fill the ledger."""
    log.warning("not authenticated: %s %s", request.method, quote(request.url.path[:200]))
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": "Not authenticated"}, 401)
    airflow = request.scope.get("app_root_path", "")
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = asked if request.method == "GET" else f"{request.scope.get('root_path', '')}/"
    return login_page(request, f"{airflow}/api/v2/auth/login?next={quote(back, safe='')}")


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
    """Lets the deliveries start at once, as a pull does."""
    _touch(CLEARED)


def touch_scans() -> None:
    """Lets what was handed in be examined at once."""
    _touch(HANDED_IN)


def _touch(changed: Asset) -> None:
    """An event of an asset, for which DAGs wait.

    It is what the public API does on ``POST /assets/events``. Whatever goes wrong is only logged: what the person did
    stands in the ledger, and the timetable behind comes to it.
    """
    asset = SerializedAssetUniqueKey(name=changed.name, uri=changed.uri)
    try:
        with create_session(scoped=False) as session:
            asset_manager.register_asset_change(asset=asset, source_is_api=True, session=session)
    except Exception as error:  # Airflow's database, its listeners, other plugins: no kind is worth a decision
        log.warning(
            "%s: what waits for it starts by its timetable, not at once: %s", changed.name, type(error).__name__
        )
