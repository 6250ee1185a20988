"""What goes out over HTTP about receivers of events."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from cases.webhooks import Delivery, DeliveryState, PauseReason, Webhook
from serving.api.answers_scores import Outgoing


class WebhookAnswer(Outgoing):
    """A receiver of events; its secret is never shown."""

    webhook_id: str
    url: str
    events: list[str] = Field(description="What it is told of.")
    created_at: datetime
    old_secret_until: datetime | None = Field(
        description="Until when what it is sent is signed with the secret of before too; null where there is none."
    )
    paused_at: datetime | None = Field(description="Since when it is sent nothing; null where it is.")
    paused_because: PauseReason | None = Field(description="operator, or gone: it answered 410.")
    removed_at: datetime | None

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """The receiver as it is answered."""
        return cls(
            webhook_id=webhook.id,
            url=webhook.url,
            events=list(webhook.events),
            created_at=webhook.created_at,
            old_secret_until=webhook.old_until,
            paused_at=webhook.paused_at,
            paused_because=webhook.paused_because,
            removed_at=webhook.removed_at,
        )


class WebhooksAnswer(Outgoing):
    """All receivers."""

    webhooks: list[WebhookAnswer]


class DeliveryAnswer(Outgoing):
    """What a receiver is to be told, or was; not what it says."""

    delivery_id: int
    webhook_id: str
    event_id: str = Field(description="The header webhook-id of each try.")
    kind: str
    about: str = Field(description="The case's id, or the alarm.")
    event_at: datetime
    state: DeliveryState
    attempts: int = Field(description="How often it was sent, a try that is going on counted.")
    next_at: datetime = Field(description="From when on it is sent, while it is pending.")
    last_status: str = Field(description="The last answer's status, or why there was none; empty before the first.")
    done_at: datetime | None = Field(description="When it was taken or given up; null while it is pending.")

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """The delivery as it is answered."""
        return cls(
            delivery_id=delivery.id,
            webhook_id=delivery.webhook_id,
            event_id=delivery.event_id,
            kind=delivery.kind,
            about=delivery.about,
            event_at=delivery.event_at,
            state=delivery.state,
            attempts=delivery.attempts,
            next_at=delivery.next_at,
            last_status=delivery.last_status,
            done_at=delivery.done_at,
        )


class DeliveriesAnswer(Outgoing):
    """A page of deliveries, the newest first."""

    deliveries: list[DeliveryAnswer]
    next_cursor: str | None = Field(description="What to send as `cursor` for the next page; null at the end.")


class ReplayedAnswer(Outgoing):
    """How many deliveries are sent again."""

    replayed: int = Field(ge=0)
