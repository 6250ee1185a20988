"""What associates choose for themselves: how pages look, what they are spared, views of the queue that they keep."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, Response

from cases.choices import Choices, SavedView, Theme
from cases.identity import Identity
from serving.api.storable import storable
from serving.console.pages import PageRoute, choices_of, gone_to, page, visited
from serving.services import Services, identity, services

router = APIRouter(route_class=PageRoute, dependencies=[Depends(visited)], include_in_schema=False)

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


@router.get("/choices")
def show(request: Request, parts: Parts, who: Who) -> HTMLResponse:
    """What they chose, to be changed."""
    sensitive = [category for category in parts.taxonomy.categories if category.sensitive]
    seen = parts.store().sensitive_decisions(who.name, parts.taxonomy.sensitive)
    return page(request, "choices.html", sensitive=sensitive, themes=list(Theme), seen=seen)


@router.post("/choices")
def choose(
    request: Request,
    parts: Parts,
    who: Who,
    theme: Annotated[Theme, Form()] = Theme.SYSTEM,
    keys: Annotated[bool, Form()] = False,
    blur: Annotated[bool, Form()] = False,
    greyscale: Annotated[bool, Form()] = False,
    avoid: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Keep what they chose. A box that is not ticked is not sent."""
    spared = tuple(category for category in parts.taxonomy.category_ids if category in (avoid or ()))
    kept = choices_of(parts, who)
    chosen = dataclasses.replace(kept, theme=theme, keys=keys, blur=blur, greyscale=greyscale, avoid=spared)
    parts.store().choose(who.name, chosen)
    return gone_to(request, "/choices")


@router.post("/views")
def save_view(
    request: Request, parts: Parts, who: Who, name: Annotated[str, Form()], query: Annotated[str, Form()] = ""
) -> Response:
    """Keep a view of the queue under a name."""
    return _changed(
        request,
        parts,
        who,
        choices_of(parts, who).with_view(SavedView(storable(name), storable(query))),
        f"/?{query}",
    )


@router.post("/views/remove")
def remove_view(request: Request, parts: Parts, who: Who, name: Annotated[str, Form()]) -> Response:
    """Keep it no more."""
    return _changed(request, parts, who, choices_of(parts, who).without_view(name), "/choices")


def _changed(request: Request, parts: Services, who: Identity, chosen: Choices, to: str) -> Response:
    parts.store().choose(who.name, chosen)
    return gone_to(request, to)
