"""What `--json` answers of `caseload webhook`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from cases.telling import Told
from cases.webhooks import Delivery, PauseReason, Webhook
from cli.contract.base import Answer


class WebhookAddedAnswer(Answer):
    """`caseload webhook add --json`."""

    schema_: Literal["caseload.webhook-added/1"] = Field(default="caseload.webhook-added/1", alias="schema")
    webhook_id: str
    secret: str = Field(description="What its messages are signed with; shown this once.")


class ListedWebhook(Answer):
    """A receiver of events, or what once was one."""

    webhook_id: str = Field(description="`environment` of the one that CASELOAD_WEBHOOK_URL names.")
    url: str
    events: list[Told] = Field(description="What it is told of.")
    created_at: datetime
    old_secret_until: datetime | None = Field(
        description="Until when what it is sent is signed with the secret of before too; null where there is none."
    )
    paused_at: datetime | None = Field(description="Since when it is sent nothing; null where it is.")
    paused_because: PauseReason | None
    removed_at: datetime | None

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """The receiver as it is listed."""
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


class WebhooksAnswer(Answer):
    """`caseload webhook list --json`."""

    schema_: Literal["caseload.webhooks/1"] = Field(default="caseload.webhooks/1", alias="schema")
    webhooks: list[ListedWebhook] = Field(description="The oldest first, those removed too; never a secret.")


class ListedDelivery(Answer):
    """A delivery that was given up."""

    delivery_id: int
    webhook_id: str
    event_id: str = Field(description="The header webhook-id of each try.")
    kind: str
    about: str = Field(description="The case's id, or the alarm.")
    event_at: datetime
    attempts: int
    last_status: str = Field(description="The last answer's status, or why there was none.")
    done_at: datetime | None = Field(description="When it was given up.")

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """The delivery as it is listed."""
        return cls(
            delivery_id=delivery.id,
            webhook_id=delivery.webhook_id,
            event_id=delivery.event_id,
            kind=delivery.kind,
            about=delivery.about,
            event_at=delivery.event_at,
            attempts=delivery.attempts,
            last_status=delivery.last_status,
            done_at=delivery.done_at,
        )


class DeadLettersAnswer(Answer):
    """`caseload webhook dead --json`."""

    schema_: Literal["caseload.webhook-dead/1"] = Field(default="caseload.webhook-dead/1", alias="schema")
    deliveries: list[ListedDelivery] = Field(description="The newest first, at most --limit.")
