"""Showing deliveries: which, and how many stand where."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from cases.store.database import Database
from cases.store.tables import deliveries
from cases.store.telling.delivering import delivery_from
from cases.webhooks import Delivery, DeliveryCount, DeliveryState, WebhookId


class Listing:
    """The part of the store that shows deliveries."""

    _db: Database

    def deliveries(
        self,
        limit: int,
        *,
        state: DeliveryState | None = None,
        webhook_id: WebhookId | None = None,
        before: int | None = None,
    ) -> tuple[Delivery, ...]:
        """Deliveries, the newest first.

        Args:
            limit: At most so many.
            state: In this state alone; None for any.
            webhook_id: To this receiver alone; None for all.
            before: With lower ids alone; None begins with the newest.
        """
        query = select(deliveries).order_by(deliveries.c.id.desc()).limit(limit)
        if state is not None:
            query = query.where(deliveries.c.state == state.value)
        if webhook_id is not None:
            query = query.where(deliveries.c.webhook_id == webhook_id)
        if before is not None:
            query = query.where(deliveries.c.id < before)
        return self._db.read(lambda connection: tuple(delivery_from(row) for row in connection.execute(query)))

    def delivery_counts(self) -> Sequence[DeliveryCount]:
        """How many deliveries of each kind are in each state, and when the oldest of them was made."""
        query = select(
            deliveries.c.state,
            deliveries.c.kind,
            func.count().label("number"),
            func.min(deliveries.c.created_at).label("oldest"),
        ).group_by(deliveries.c.state, deliveries.c.kind)
        return self._db.read(
            lambda connection: [
                DeliveryCount(DeliveryState(row.state), row.kind, row.number, row.oldest)
                for row in connection.execute(query)
            ]
        )
