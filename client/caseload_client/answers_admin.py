"""What the service answers to whoever looks after it: receivers of events, deliveries to them, erasures."""

from __future__ import annotations

from datetime import datetime

from caseload_client.answers import Answer


class Receiver(Answer):
    """A receiver of events; its secret is never shown.

    Attributes:
        events: What it is told of.
        old_secret_until: Until when messages are signed with the secret of before, too; None where there is none.
        paused_because: "operator", or "gone": it answered 410; None where it is not paused.
    """

    webhook_id: str
    url: str
    events: tuple[str, ...]
    created_at: datetime
    old_secret_until: datetime | None
    paused_at: datetime | None
    paused_because: str | None
    removed_at: datetime | None


class Receivers(Answer):
    """All receivers."""

    webhooks: tuple[Receiver, ...]


class Delivery(Answer):
    """What a receiver is to be told, or was; not what it says.

    Attributes:
        event_id: The `webhook-id` of each try.
        about: The case's id, or the alarm.
        state: "pending", "delivered" or "dead".
        attempts: How often it was sent.
        last_status: The last answer's, or why there was none; empty before the first.
        done_at: When it was taken or given up; None while it is pending.
    """

    delivery_id: int
    webhook_id: str
    event_id: str
    kind: str
    about: str
    event_at: datetime
    state: str
    attempts: int
    next_at: datetime
    last_status: str
    done_at: datetime | None


class DeliveriesPage(Answer):
    """A page of deliveries, the newest first; `next_cursor` is None at the end."""

    deliveries: tuple[Delivery, ...]
    next_cursor: str | None = None


class Replayed(Answer):
    """How many deliveries are sent again."""

    replayed: int


class Erased(Answer):
    """What was erased, or would be.

    Attributes:
        erasure_id: Of the record of it; None where nothing was erased.
        erased: False: nothing changed.
        counts: How many, by name.
        exports: Exports in the service's own folder that go, too.
        pending: Where it has yet to reach.
    """

    erasure_id: str | None
    erased: bool
    counts: dict[str, int]
    exports: int = 0
    pending: tuple[str, ...] = ()


class Erasure(Answer):
    """The record of an erasure: that it was, not what it was of."""

    erasure_id: str
    kind: str
    at: datetime
    by: str
    counts: dict[str, int]
    pending: tuple[str, ...]
    finished_at: datetime | None
