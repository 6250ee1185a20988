"""Receivers of events: who they are, what they were told, and telling them again. `caseload webhook` adds them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from cases.webhooks import DeliveryState, WebhookId
from serving.api.answers_webhooks import (
    DeliveriesAnswer,
    DeliveryAnswer,
    ReplayedAnswer,
    WebhookAnswer,
    WebhooksAnswer,
)
from serving.api.idempotency import KeyedRoute, keyed
from serving.api.schemas import MAX_PAGE, SAFE_INTEGER, Incoming, Moment, Storable
from serving.services import Services, services

router = APIRouter(tags=["webhooks"], route_class=KeyedRoute, dependencies=[Depends(keyed)])

Parts = Annotated[Services, Depends(services)]
ReceiverId = Annotated[str, Storable, Path(max_length=36)]


class ReplayRequest(Incoming):
    """What a receiver is to be told again."""

    since: Moment | None = Field(
        default=None,
        description="All that happened from then on and is still kept; absent: what was given up.",
    )


@router.get("/v1/webhooks", summary="The receivers of events")
def list_webhooks(parts: Parts) -> WebhooksAnswer:
    """The oldest first, those removed too; never a secret."""
    return WebhooksAnswer(webhooks=[WebhookAnswer.of(webhook) for webhook in parts.store().webhooks()])


@router.get("/v1/webhooks/deliveries", summary="What receivers are to be told, were told, or could not be told")
def list_deliveries(
    parts: Parts,
    state: Annotated[DeliveryState | None, Query()] = None,
    webhook_id: Annotated[str | None, Storable, Query(max_length=36)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    cursor: Annotated[str | None, Query(pattern=r"^[1-9][0-9]{0,15}$")] = None,
) -> DeliveriesAnswer:
    """A page, the newest first."""
    found = parts.store().deliveries(
        limit + 1,
        state=state,
        webhook_id=None if webhook_id is None else WebhookId(webhook_id),
        before=None if cursor is None else int(cursor),
    )
    page = found[:limit]
    return DeliveriesAnswer(
        deliveries=[DeliveryAnswer.of(delivery) for delivery in page],
        next_cursor=str(page[-1].id) if len(found) > limit else None,
    )


@router.post("/v1/webhooks/deliveries/{delivery_id}/replay", summary="Send one delivery again")
def replay_delivery(delivery_id: Annotated[int, Path(ge=1, le=SAFE_INTEGER)], parts: Parts) -> DeliveryAnswer:
    """The same message under the same id, from its first attempt on."""
    return DeliveryAnswer.of(parts.store().replay_delivery(delivery_id))


@router.post("/v1/webhooks/{webhook_id}/replay", summary="Send a receiver again what it did not take, or all since")
def replay_webhook(webhook_id: ReceiverId, parts: Parts, body: ReplayRequest | None = None) -> ReplayedAnswer:
    """The same messages under the same ids."""
    since = None if body is None else body.since
    return ReplayedAnswer(replayed=parts.store().replay_webhook(WebhookId(webhook_id), since))
