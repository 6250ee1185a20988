"""Sending again what was delivered or given up: the same message under the same id."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from cases.clock import as_utc
from cases.errors import ConflictError, NotFoundError
from cases.store.database import Database
from cases.store.tables import deliveries
from cases.store.telling.delivering import delivery_from
from cases.store.telling.hooking import known_webhook
from cases.webhooks import Delivery, DeliveryState, WebhookId


class Replaying:
    """The part of the store that lets receivers be told again."""

    _db: Database

    def replay_delivery(self, delivery_id: int) -> Delivery:
        """Let one delivery be sent again, from its first attempt on.

        Raises:
            NotFoundError: There is no such delivery, or no longer.
            ConflictError: It is pending, or its receiver was removed.
            StoreUnavailableError: The database does not answer.
        """
        one = deliveries.c.id == delivery_id

        def work(connection: Connection) -> Delivery:
            row = connection.execute(select(deliveries).where(one).with_for_update()).one_or_none()
            if row is None:
                raise NotFoundError(
                    f"'delivery_id' must name a delivery that is kept (got {delivery_id}); list them first"
                )
            if row.state == DeliveryState.PENDING.value:
                raise ConflictError(
                    f"'delivery_id' must name one that is delivered or dead (got {delivery_id}, pending); it is sent "
                    "by itself"
                )
            _require(connection, WebhookId(row.webhook_id))
            self._send_again(connection, one)
            return delivery_from(connection.execute(select(deliveries).where(one)).one())

        return self._db.write(work)

    def replay_webhook(self, webhook_id: WebhookId, since: datetime | None = None) -> int:
        """Let all that the receiver did not take be sent again, or all it was to be told since a time.

        Args:
            webhook_id: The receiver.
            since: Of what happened from then on, also what was delivered and is still kept; None: all dead letters.

        Returns:
            How many.

        Raises:
            NotFoundError: There is no such receiver.
            InvalidInputError: `since` has no zone.
            StoreUnavailableError: The database does not answer.
        """
        to_it = deliveries.c.webhook_id == webhook_id
        if since is None:
            which = to_it & (deliveries.c.state == DeliveryState.DEAD.value)
        else:
            from_then = deliveries.c.event_at >= as_utc(since, field="since")
            which = to_it & (deliveries.c.state != DeliveryState.PENDING.value) & from_then

        def work(connection: Connection) -> int:
            known_webhook(connection, webhook_id)
            return self._send_again(connection, which)

        return self._db.write(work)

    def _send_again(self, connection: Connection, which: ColumnElement[bool]) -> int:
        fresh = {"state": DeliveryState.PENDING.value, "attempts": 0, "next_at": self._db.clock(), "done_at": None}
        done = connection.execute(update(deliveries).where(which).values(**fresh, leased_until=None))
        return int(done.rowcount)


def _require(connection: Connection, webhook_id: WebhookId) -> None:
    try:
        known_webhook(connection, webhook_id)
    except NotFoundError as error:
        raise ConflictError(
            "'delivery_id' must name one whose receiver is still there (got one that was removed); add it anew"
        ) from error
