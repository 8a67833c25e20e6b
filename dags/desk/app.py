"""The desk: the stewards' web pages, as an app to be mounted behind a login.

It works without script, asks no other host for anything, and every answer forbids the browser to do so.
"""

import logging
from collections.abc import Callable
from hashlib import sha256

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

from connectors.ledger import Ledger
from connectors.ledger.grants import note_access
from dags.desk.auth import SECURITY_HEADERS, TOO_LONG_PATH, AnswerUnauthenticated, AuthMiddleware, FindUser
from dags.desk.pages import ROUTERS
from dags.desk.visit import HERE, DeskServices, RequestRefused, Visit, VisitDep, refusal_page, visit

log = logging.getLogger(__name__)

STATIC_TYPES = {
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "keying.js": "text/javascript",
    "forms.js": "text/javascript",
    "desk.svg": "image/svg+xml",
}
REFUSED_STATUSES = {400: "bad_request", 404: "not_found", 405: "not_found", 413: "too_long", 422: "bad_request"}


def make_desk(
    *,
    ledger: Callable[[], Ledger],
    find_user: FindUser,
    answer_unauthenticated: AnswerUnauthenticated | None = None,
    after: Callable[[], None] = lambda: None,
    after_upload: Callable[[], None] = lambda: None,
) -> FastAPI:
    """The app. `ledger()` gives the open ledger; `find_user` says whose request it is; `answer_unauthenticated` makes
    the answer 401 (a bare one, noted in the access log, unless given); `after()` is called when a decision has cleared
    something, `after_upload()` when scans were handed in."""
    app = FastAPI(title="lienthong", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.desk = DeskServices(ledger, after, _static_version(), after_upload)
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/static/{version}/{name}", static_file, include_in_schema=False)
    app.add_api_route(TOO_LONG_PATH, too_long, include_in_schema=False)
    app.add_exception_handler(RequestRefused, _on_refused)  # type: ignore[arg-type]  # starlette knows Exception only
    app.add_exception_handler(RequestValidationError, _on_unfit)
    app.add_exception_handler(HTTPException, _on_http)  # type: ignore[arg-type]  # starlette knows Exception only
    app.add_exception_handler(Exception, _on_error)
    answer = answer_unauthenticated or _bare_answer(ledger)
    app.add_middleware(AuthMiddleware, find_user=find_user, answer_unauthenticated=answer)
    return app


def _bare_answer(ledger: Callable[[], Ledger]) -> AnswerUnauthenticated:
    async def answer(request: Request) -> Response:
        await run_in_threadpool(lambda: note_access(ledger(), "", "unauthenticated", was_allowed=False))
        return HTMLResponse("<!doctype html><title>401</title><p>Unauthorized", 401)

    return answer


def _static_version() -> str:
    content = b"".join((HERE / "static" / name).read_bytes() for name in STATIC_TYPES)
    return sha256(content).hexdigest()[:12]


def static_file(version: str, name: str) -> Response:
    """Our style sheet and our scripts; their address changes with their content."""
    if name not in STATIC_TYPES:
        raise HTTPException(404)
    kept = {"Cache-Control": "private, max-age=31536000, immutable"}
    return FileResponse(HERE / "static" / name, media_type=STATIC_TYPES[name], headers=kept)


def too_long(visit: VisitDep) -> Response:
    """Where `AuthMiddleware` leads a form that is too long."""
    raise RequestRefused(413, "too_long", "form", detail="too_long")


def _on_refused(request: Request, error: RequestRefused) -> Response:
    found: Visit | None = getattr(request.state, "visit", None)
    actor = found.user_name if found else ""
    ledger = request.app.state.desk.ledger()
    note_access(ledger, actor, error.what, [error.dossier_id], was_allowed=False, detail=error.detail)
    return refusal_page(request, error.status, error.key)


def _on_unfit(request: Request, error: Exception) -> Response:
    """A form or an address with values that cannot be: logged by the names of its fields."""
    assert isinstance(error, RequestValidationError)
    kinds = {str(finding["type"]) for finding in error.errors()}
    return _on_refused(request, RequestRefused(422, "bad_request", "form", detail=",".join(sorted(kinds))))


def _on_http(request: Request, error: HTTPException) -> Response:
    """No such page, no ledger: with a page of ours."""
    visit(request)
    if error.status_code >= 500:
        return refusal_page(request, error.status_code, "closed")
    key = REFUSED_STATUSES.get(error.status_code, "bad_request")
    return _on_refused(request, RequestRefused(error.status_code, key, "address"))


def _on_error(request: Request, error: Exception) -> Response:
    """Starlette sends this answer outside of all middleware, so it gets the headers here."""
    log.exception("the desk failed at %s", request.scope.get("route"), exc_info=error)
    answer = refusal_page(request, 500, "broken")
    answer.headers.update(SECURITY_HEADERS)
    return answer
