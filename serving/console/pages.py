"""How a page is answered: who sees it, from where it may be asked for, and what becomes of errors.

Errors are pages here, with the same codes and words as the API's problems. Whoever is not signed in is shown how to,
at the address that they asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cases.choices import Choices
from cases.errors import CaseloadError
from cases.identity import Identity
from serving.access.guard import IDENTITY
from serving.access.pages import PAGES
from serving.access.permissions import OPEN, ROLES, Permission
from serving.access.permitting import permitted
from serving.api.problems import (
    INTERNAL,
    INVALID_INPUT,
    ForbiddenError,
    Kind,
    UnauthorizedError,
    crash,
    field_errors,
    kind_of,
    told_errors,
)
from serving.console import words
from serving.console.assets import TEMPLATES, address_of
from serving.console.squeezing import squeezed
from serving.observing.logs import logger
from serving.observing.request_context import request_id
from serving.services import Services, services

HTMX = "hx-request"
_SIGN_IN = "/sign-in"


class PageRoute(APIRoute):
    """A route that answers errors as pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with what it raises turned into a page."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                answer = await handle(request)
            except UnauthorizedError:
                answer = await run_in_threadpool(sign_in_page, request, 401)
            except CaseloadError as error:
                answer = await run_in_threadpool(_problem_page, request, error)
            except RequestValidationError as error:
                told = told_errors(field_errors(error.errors(), skip=1))
                answer = await run_in_threadpool(_error_page, request, INVALID_INPUT, told)
            except Exception as error:  # noqa: BLE001 - logged without what it says; a page is owed a page
                crash(error)
                answer = await run_in_threadpool(_error_page, request, INTERNAL, INTERNAL.detail)
            return squeezed(request, answer)

        return handled


async def visited(request: Request) -> None:
    """FastAPI dependency of every page: whether who asks may see it, and asks from a page of ours.

    Raises:
        UnauthorizedError: Nobody is signed in.
        ForbiddenError: No role of theirs allows it, or another site's page asked for it.
        OtherQueueError, NotFoundError: The case is not theirs to see, or there is none.
    """
    if request.method != "GET":
        refuse_other_sites(request)
    path: str = request.scope["route"].path_format
    if PAGES.get((request.method, path)) == OPEN:
        return
    if request.scope.get(IDENTITY) is None:
        raise UnauthorizedError("Sign in first.")
    await permitted(request)


def refuse_other_sites(request: Request) -> None:
    """Let through what a page of ours sent: a browser says so itself, whatever another site's page makes it send.

    Raises:
        ForbiddenError: Another site's page sent it, or it is not known which.
    """
    told = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    same = urlsplit(origin).netloc == request.headers.get("host") if origin else False
    # Browsers send the first over HTTPS and from this machine; all send an Origin with a POST.
    if told == "same-origin" or (told is None and same):
        return
    raise ForbiddenError(
        "'Origin' must be this console's own (got another's, or none); open the console itself and try again there"
    )


def page(request: Request, name: str, *, status: int = 200, **shown: Any) -> HTMLResponse:  # noqa: ANN401
    """The page from the template `name`, for whoever asks.

    Args:
        request: What is answered.
        name: A file in `templates/`.
        status: Of HTTP.
        shown: What the template shows; all of it is escaped.
    """
    who: Identity | None = request.scope.get(IDENTITY)
    parts = services(request)
    chosen = shown.pop("choices", None) or choices_of(parts, who)
    text = (
        _templates()
        .get_template(name)
        .render(
            who=who,
            can=_rights(who),
            choices=chosen,
            taxonomy=parts.taxonomy,
            now=parts.clock(),
            here=request.url.path,
            **shown,
        )
    )
    return HTMLResponse(text, status_code=status)


def choices_of(parts: Services, who: Identity | None) -> Choices:
    """What they chose; the defaults for nobody."""
    return Choices() if who is None else parts.store().choices_of(who.name)


def gone_to(request: Request, path: str) -> Response:
    """The answer that leads to `path`, a page of ours, after something was done."""
    if HTMX in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)


def sign_in_page(request: Request, status: int = 200, *, failed: bool = False) -> HTMLResponse:
    """The page that asks for a sign-in code, and leads back to what was asked for."""
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method != "GET" or request.url.path == _SIGN_IN:
        back = "/"
    answer = page(request, "sign_in.html", status=status, back=back, failed=failed)
    if HTMX in request.headers:
        answer.headers["HX-Redirect"] = f"{_SIGN_IN}?{quote(back, safe='')}"
    return answer


def _problem_page(request: Request, error: CaseloadError) -> Response:
    kind = kind_of(error)
    if kind.status >= 500:
        logger.warning("%s: %s", kind.code, error)
    return _error_page(request, kind, kind.detail or str(error))


def _error_page(request: Request, kind: Kind, detail: str) -> Response:
    if HTMX in request.headers:
        # What was typed stays on the page; the notice alone is new.
        answer = page(request, "_notice.html", status=kind.status, choices=Choices(), kind=kind, detail=detail)
        answer.headers["HX-Retarget"] = "#notice"
        answer.headers["HX-Reswap"] = "innerHTML"
        answer.headers["HX-Trigger"] = json.dumps({"caseload:refused": kind.code})
        return answer
    # The defaults: what a person chose lies in the very store that may not answer.
    return page(
        request,
        "problem.html",
        status=kind.status,
        choices=Choices(),
        kind=kind,
        detail=detail,
        named=request_id.get(),
    )


def _rights(who: Identity | None) -> frozenset[Permission]:
    return frozenset() if who is None else frozenset().union(*(ROLES[role] for role in who.roles))


@cache
def _templates() -> Environment:
    # A name that a template misspells is an error and not an empty place; everything shown is escaped.
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        percent=words.percent,
        likelihood=words.likelihood,
        in_words=words.code_in_words,
        event=words.event_in_words,
        ago=words.ago,
        due=words.due_in_words,
        span=words.span,
        fire=words.fire_in_words,
        told=words.value_in_words,
    )
    environment.globals.update(asset=address_of, Permission=Permission, why_here=words.why_here)
    return environment
