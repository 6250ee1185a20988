"""Handing out what is to be sent, and keeping what came of it.

A delivery is claimed under a lease by the database's clock, and under the number of its attempt: whoever comes back
after the lease ended changes nothing, unless it was delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from cases.store.database import Database
from cases.store.rows import AnyRow, chunks
from cases.store.tables import deliveries, webhooks
from cases.webhooks import ClaimedDelivery, Delivery, DeliveryState, WebhookId

# What is told of a case waits while an earlier message about it was tried fewer times than this: about half an hour.
IN_ORDER_ATTEMPTS = 5
PURGED_AT_ONCE = 1_000
PAGE = 100

_PENDING, _DELIVERED, _DEAD = (state.value for state in DeliveryState)


class Delivering:
    """The part of the store that hands out deliveries."""

    _db: Database

    def due_webhooks(self) -> list[WebhookId]:
        """The receivers to which something is to be sent now, paused ones not among them."""
        now = self._db.clock()

        def work(connection: Connection) -> list[WebhookId]:
            due = _due(now, self._db.now(connection))
            active = select(webhooks.c.id).where(webhooks.c.removed_at.is_(None), webhooks.c.paused_at.is_(None))
            # One look into the index each: asked for all at once, databases read through all that waits.
            return [
                WebhookId(webhook_id)
                for webhook_id in connection.execute(active.order_by(webhooks.c.id)).scalars().all()
                if connection.execute(
                    select(deliveries.c.id).where(deliveries.c.webhook_id == webhook_id, due).limit(1)
                ).first()
            ]

        return self._db.read(work)

    def claim_deliveries(self, webhook_id: WebhookId, limit: int, lease: timedelta) -> list[ClaimedDelivery]:
        """Take deliveries to send to the receiver, those due longest first; none where it is paused or removed.

        Args:
            webhook_id: The receiver.
            limit: How many at most.
            lease: After how long another may take them, if nothing was said of them.

        Raises:
            StoreUnavailableError: The database does not answer; nothing was taken.
        """
        now = self._db.clock()

        def work(connection: Connection) -> list[ClaimedDelivery]:
            receiver = connection.execute(select(webhooks).where(webhooks.c.id == webhook_id)).one_or_none()
            if receiver is None or receiver.removed_at is not None or receiver.paused_at is not None:
                return []
            at = self._db.now(connection)
            free = and_(deliveries.c.webhook_id == webhook_id, _due(now, at))
            ids = _next_ids(connection, webhook_id, free, limit)
            if not ids:
                return []
            # Those that another process takes at this very moment are passed over; SQLite has one writer at a time.
            locking = select(deliveries).where(deliveries.c.id.in_(ids), free).order_by(deliveries.c.id)
            rows = connection.execute(locking.with_for_update(skip_locked=self._db.skips_locked)).all()
            taken = update(deliveries).where(deliveries.c.id.in_([row.id for row in rows]))
            counted = {"leased_until": at + lease, "attempts": deliveries.c.attempts + 1}
            if rows:
                connection.execute(taken.values(**counted))
            return [_claimed(row, receiver, now) for row in rows]

        return self._db.write(work)

    def delivered(self, delivery: Delivery, status: str) -> None:
        """Keep that the receiver took it, also where the lease has ended meanwhile: it was told.

        Raises:
            StoreUnavailableError: The database does not answer; it is sent again when the lease has ended.
        """
        done = {"state": _DELIVERED, "done_at": self._db.clock(), "last_status": status, "leased_until": None}
        mine = and_(deliveries.c.id == delivery.id, deliveries.c.state == _PENDING)
        self._db.write(lambda connection: connection.execute(update(deliveries).where(mine).values(**done)))

    def not_delivered(
        self, delivery: Delivery, status: str, again_in: timedelta | None, *, counts: bool = True
    ) -> None:
        """Keep that the receiver did not take it, unless somebody else has taken it over.

        Args:
            delivery: As it was claimed.
            status: The answer's HTTP status, or why there was none.
            again_in: After how long it is sent again; None gives it up: it is a dead letter.
            counts: Whether this was an attempt.

        Raises:
            StoreUnavailableError: The database does not answer; it is sent again when the lease has ended.
        """
        now = self._db.clock()
        values: dict[str, Any] = {"last_status": status, "leased_until": None}
        if again_in is None:
            values |= {"state": _DEAD, "done_at": now}
        else:
            values |= {"next_at": now + again_in}
        if not counts:
            values["attempts"] = deliveries.c.attempts - 1
        mine = and_(
            deliveries.c.id == delivery.id,
            deliveries.c.state == _PENDING,
            deliveries.c.attempts == delivery.attempts,
        )
        self._db.write(lambda connection: connection.execute(update(deliveries).where(mine).values(**values)))

    def purge_deliveries(self, keep_delivered: timedelta, keep_dead: timedelta) -> int:
        """Delete what was delivered or given up longer ago; answers how many rows, at most a thousand of each.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        now = self._db.clock()
        old = [
            and_(deliveries.c.state == _DELIVERED, deliveries.c.done_at < now - keep_delivered),
            and_(deliveries.c.state == _DEAD, deliveries.c.done_at < now - keep_dead),
        ]
        ids = self._db.read(lambda connection: [number for one in old for number in _ids(connection, one)])
        if ids:
            self._db.write(lambda connection: _delete(connection, ids))
        return len(ids)


def secrets_of(receiver: AnyRow, now: datetime) -> tuple[str, ...]:
    """What the receiver's messages are signed with at `now`, the newest first."""
    old = receiver.old_until is not None and now < receiver.old_until
    named = (receiver.secret, receiver.old_secret if old else None)
    return tuple(secret for secret in named if secret is not None)


def delivery_from(row: AnyRow, *, attempts: int | None = None) -> Delivery:
    """A row of deliveries."""
    return Delivery(
        id=row.id,
        webhook_id=WebhookId(row.webhook_id),
        event_id=row.event_id,
        kind=row.kind,
        about=row.about,
        event_at=row.event_at,
        state=DeliveryState(row.state),
        attempts=row.attempts if attempts is None else attempts,
        next_at=row.next_at,
        last_status=row.last_status,
        done_at=row.done_at,
    )


def _claimed(row: AnyRow, receiver: AnyRow, now: datetime) -> ClaimedDelivery:
    return ClaimedDelivery(
        delivery_from(row, attempts=row.attempts + 1), receiver.url, row.payload, secrets_of(receiver, now)
    )


def _due(now: datetime, at: datetime) -> ColumnElement[bool]:
    """What is to be sent at `now`, and that nobody is sending at `at` by the database's clock."""
    unleased = or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= at)
    return and_(deliveries.c.state == _PENDING, deliveries.c.next_at <= now, unleased)


def _next_ids(connection: Connection, webhook_id: WebhookId, free: ColumnElement[bool], limit: int) -> list[int]:
    """The next deliveries that are free and before which nothing about the same case is still on its way.

    Looked at a page at a time and compared here: a database that joins a queue with itself may compare each row with
    each.
    """
    found: list[int] = []
    after: tuple[datetime, int] | None = None
    while len(found) < limit:
        query = select(deliveries.c.id, deliveries.c.about, deliveries.c.next_at).where(free)
        if after is not None:
            later = and_(deliveries.c.next_at == after[0], deliveries.c.id > after[1])
            query = query.where(or_(deliveries.c.next_at > after[0], later))
        page = connection.execute(query.order_by(deliveries.c.next_at, deliveries.c.id).limit(PAGE)).all()
        first = _first_of_each(connection, webhook_id, {row.about for row in page})
        found += [row.id for row in page if first.get(row.about, row.id) >= row.id]
        if len(page) < PAGE:
            break
        after = (page[-1].next_at, page[-1].id)
    return found[:limit]


def _first_of_each(connection: Connection, webhook_id: WebhookId, about: set[str]) -> dict[str, int]:
    """By case, the first delivery that holds up what is told later."""
    holding = (
        select(deliveries.c.about, func.min(deliveries.c.id).label("first"))
        .where(
            deliveries.c.webhook_id == webhook_id,
            deliveries.c.about.in_(sorted(about)),
            deliveries.c.state == _PENDING,
            deliveries.c.attempts < IN_ORDER_ATTEMPTS,
        )
        .group_by(deliveries.c.about)
    )
    return {row.about: row.first for row in connection.execute(holding)} if about else {}


def _ids(connection: Connection, condition: ColumnElement[bool]) -> Sequence[int]:
    return connection.execute(select(deliveries.c.id).where(condition).limit(PURGED_AT_ONCE)).scalars().all()


def _delete(connection: Connection, ids: Sequence[int]) -> None:
    for some in chunks(ids):
        connection.execute(delete(deliveries).where(deliveries.c.id.in_(some)))
