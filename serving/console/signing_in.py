"""Signing in where no proxy does it, and the files that pages load: what is open to everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, Response

from cases.errors import NotFoundError
from serving.access.callers import SESSION_COOKIE, session_of
from serving.console.assets import assets
from serving.console.pages import PageRoute, gone_to, sign_in_page
from serving.services import Services, services

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
# Named by their digest, files never change.
_KEPT = "public, max-age=31536000, immutable"


@router.get("/sign-in")
def ask(request: Request) -> HTMLResponse:
    """The page that asks for a code."""
    return sign_in_page(request)


@router.post("/sign-in")
def sign_in(
    request: Request, parts: Parts, code: Annotated[str, Form(max_length=100)], back: Annotated[str, Form()] = "/"
) -> Response:
    """Begin a session, and go to what was asked for."""
    lasts = timedelta(hours=parts.settings.session_hours)
    token = parts.store().begin_session(code, lasts)
    if token is None:
        return sign_in_page(request, 401, failed=True)
    answer = gone_to(request, _page_of_ours(back))
    answer.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/sign-out")
def sign_out(request: Request, parts: Parts) -> Response:
    """End the session."""
    token = session_of(request.scope)
    if token is not None:
        parts.store().end_session(token)
        parts.callers.forget(token)
    answer = gone_to(request, "/sign-in")
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
    return answer


@router.get("/static/{name}")
def static(name: str) -> Response:
    """A file that pages load."""
    found = assets().get(name)
    if found is None:
        raise NotFoundError(f"'name' must be of a file that pages load (got {len(name)} characters); open a page")
    return Response(found.content, media_type=found.media_type, headers={"Cache-Control": _KEPT})


def _page_of_ours(back: str) -> str:
    """Where to go after signing in: never to another site, whatever the form says."""
    path = unquote(back)
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path and path.isprintable()
    return path if ours else "/"
