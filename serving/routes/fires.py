"""New fires over HTTP: what burns, and what burned."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from cases.identity import Identity
from serving.access.permitting import their_queues
from serving.api.answers_fires import FireAnswer, FiresAnswer
from serving.api.cursors import fires_cursor, fires_place
from serving.api.idempotency import KeyedRoute, keyed
from serving.api.queries import Page
from serving.services import Services, identity, services

router = APIRouter(tags=["fires"], route_class=KeyedRoute, dependencies=[Depends(keyed)])

Parts = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


class FiresQuery(Page):
    """Which fires."""

    burning: bool | None = Field(default=None, description="Only those that burn, or only those that are over.")


@router.get("/v1/fires", summary="New fires: bursts, and new kinds of case")
def list_fires(parts: Parts, who: Who, asked: Annotated[FiresQuery, Query()]) -> FiresAnswer:
    """A page, the newest first. Cases of queues that are not the caller's are not named."""
    found = parts.store().fires(
        asked.limit + 1,
        before=None if asked.cursor is None else fires_place(asked.cursor),
        burning=asked.burning,
        queues=their_queues(parts, who, None),
    )
    page = found[: asked.limit]
    return FiresAnswer(
        fires=[FireAnswer.of(fire) for fire in page],
        next_cursor=fires_cursor(page[-1].id) if len(found) > len(page) else None,
    )
