"""A visit: one request of one user at the desk, with what the user may do, and the answer in the user's language.

Everything a person asks for goes through here: who it is, what is within reach, whether a form is our own. What is
refused is logged with codes only, and answered with a page that says what to do.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connectors.ledger import Ledger
from connectors.ledger.grants import grants_of, note_access
from connectors.portals.provinces import PROVINCES
from dags.desk.auth import LANGUAGE_COOKIE, Visitor
from dags.desk.language import LOCALES, Locale
from quality.words import VI
from schemas.registries import REGISTRY_CODES
from schemas.roles import May, Reach

HERE = Path(__file__).parent
LONGEST_TEXT = 2000
"""Characters of a reason, of words for a citizen, of a value."""
LOGIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"
"""The login page's style stands in the page: our style sheet is for users who are logged in."""


class RequestRefused(Exception):
    """A request that is refused. `key` names the words that tell the user why; `what` and `detail` go into the access
    log."""

    def __init__(self, status: int, key: str, what: str, *, dossier_id: int | None = None, detail: str = "") -> None:
        super().__init__(key)
        self.status, self.key, self.what, self.dossier_id, self.detail = status, key, what, dossier_id, detail


@dataclass(frozen=True)
class DeskServices:
    """What all requests of one desk share. `after()` is called when a decision has cleared something, `after_upload()`
    when scans were handed in."""

    ledger: Callable[[], Ledger]
    after: Callable[[], None]
    static_version: str
    after_upload: Callable[[], None]


ENVIRONMENT = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    auto_reload=False,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    cache_size=-1,
)


@dataclass
class Visit:
    """One request. `reach` is read from the ledger once."""

    request: Request
    desk: DeskServices
    visitor: Visitor
    locale: Locale
    now: datetime

    @cached_property
    def ledger(self) -> Ledger:
        return self.desk.ledger()

    @cached_property
    def reach(self) -> Reach:
        return grants_of(self.ledger, self.visitor.user_name)

    @property
    def user_name(self) -> str:
        return self.visitor.user_name

    @property
    def root(self) -> str:
        return str(self.request.scope.get("root_path", ""))

    def need(self, act: May, what: str) -> None:
        """Raises RequestRefused for a user who may not do this anywhere."""
        if not self.reach.grants:
            raise RequestRefused(403, "no_grant", what, detail="no_grant")
        if not self.reach.may_somewhere(act):
            raise RequestRefused(403, "no_role", what, detail=f"may_not_{act}")

    def looked(self, what: str, dossier_ids: list[int | None] | list[int], detail: str = "") -> None:
        """Logs that this user was shown what stands in these dossiers."""
        note_access(self.ledger, self.user_name, what, [*dossier_ids], detail=detail)

    def page(self, name: str, status: int = 200, **context: Any) -> Response:
        """A page of ours."""
        return HTMLResponse(self._render(name, context), status)

    def back_to(self, path: str) -> Response:
        """After a form: to a page that can be opened again."""
        return RedirectResponse(f"{self.root}{path}", 303)

    def _render(self, name: str, context: Mapping[str, Any]) -> str:
        return ENVIRONMENT.get_template(f"{name}.html").render(
            visit=self,
            t=self.locale.translate,
            locale=self.locale,
            root=self.root,
            may=self.reach.may_somewhere,
            token=self.visitor.form_token,
            now=self.now,
            May=May,
            portals=PROVINCES,
            registry_codes=REGISTRY_CODES,
            static=f"{self.root}/static/{self.desk.static_version}",
            here=self._here,
            **context,
        )

    def _here(self, **changes: Any) -> str:
        """This page's address with other values in its query; None takes one away."""
        kept = {name: value for name, value in self.request.query_params.items() if name not in changes}
        query = urlencode({**kept, **{name: value for name, value in changes.items() if value not in (None, "")}})
        path = self.request.url.path
        return f"{path}?{query}" if query else path


def visit(request: Request) -> Visit:
    """The visit of the user whom `AuthMiddleware` found."""
    locale = LOCALES.get(request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, ""), LOCALES[VI])
    found = Visit(request, request.app.state.desk, request.state.visitor, locale, datetime.now(timezone.utc))
    request.state.visit = found
    return found


VisitDep = Annotated[Visit, Depends(visit)]


def posted(visit: VisitDep, form_token: Annotated[str, Form()] = "") -> Visit:
    """The visit behind a form that one of our own pages gave to this very user."""
    headers = visit.request.headers
    if not _is_from_here(headers, str(visit.request.url.netloc)):
        raise RequestRefused(403, "forged", "form", detail="other_site")
    if not hmac.compare_digest(form_token.encode(errors="replace"), visit.visitor.form_token.encode()):
        raise RequestRefused(403, "forged", "form", detail="form_token")
    return visit


PostDep = Annotated[Visit, Depends(posted)]


def _is_from_here(headers: Mapping[str, str], host: str) -> bool:
    """Whether the browser says that a page of ours sent it; browsers too old to say so have the token alone."""
    if site := headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == host


def refusal_page(request: Request, status: int, key: str) -> Response:
    """The page that says why a request was refused and what to do, in the user's language, without any detail."""
    found: Visit | None = getattr(request.state, "visit", None)
    if found is None:
        return HTMLResponse(f"<!doctype html><title>{status}</title><p>{HTTPStatus(status).phrase}", status)
    if status >= 500:  # nothing more is asked of a ledger that may be what broke
        found.reach = Reach(found.user_name, frozenset())
    return found.page("refused", status, key=key, code=status)


def login_page(request: Request, login: str) -> Response:
    """The answer 401 for a browser, which leads to the login at this address."""
    locale = LOCALES.get(request.cookies.get(LANGUAGE_COOKIE, ""), LOCALES[VI])
    html = ENVIRONMENT.get_template("login.html").render(t=locale.translate, locale=locale, login=login)
    return HTMLResponse(html, 401, {"Content-Security-Policy": LOGIN_POLICY})
