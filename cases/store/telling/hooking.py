"""Receivers of events: added, given other secrets, paused, removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.ids import new_id
from cases.store.database import Database
from cases.store.rows import AnyRow
from cases.store.tables import deliveries, event_readers, events, webhooks
from cases.telling import ALARMS, Told
from cases.webhooks import ENVIRONMENT, DeliveryState, PauseReason, Webhook, WebhookId, new_secret

# As which the log of events is read for all receivers.
READER = "webhooks"

MOST_OVERLAP = timedelta(days=30)

_ACTIVE: Select[Any] = select(webhooks).where(webhooks.c.removed_at.is_(None))


class Hooking:
    """The part of the store that knows who is told."""

    _db: Database

    def add_webhook(self, url: str, told: Iterable[Told] = tuple(Told)) -> tuple[Webhook, str]:
        """A new receiver and its secret, which is shown here and never again; it is told of what happens from now.

        Args:
            url: As `cases.webhooks.checked_url` answers it.
            told: What it is told of, at least one.

        Raises:
            InvalidInputError: Nothing is to be told.
            StoreUnavailableError: The database does not answer.
        """
        kinds = _told_values(told)
        webhook_id, secret = WebhookId(new_id()), new_secret()

        def work(connection: Connection) -> Webhook:
            _insert(connection, self._db, webhook_id, url, kinds, secret)
            return webhook_from(_row(connection, webhook_id))

        return self._db.write(work, retry_duplicates=True), secret

    def keep_environment_webhook(self, url: str) -> None:
        """Let the receiver that the environment names be at `url`, told of alarms; "" for none.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        known = select(webhooks).where(webhooks.c.id == ENVIRONMENT)
        row = self._db.read(lambda connection: connection.execute(known).one_or_none())
        if url == ("" if row is None or row.removed_at is not None else row.url):
            return

        def work(connection: Connection) -> None:
            there = connection.execute(known.with_for_update()).one_or_none()
            if not url:
                _remove(connection, self._db, ENVIRONMENT)
            elif there is None:
                _insert(connection, self._db, ENVIRONMENT, url, [kind.value for kind in ALARMS], None)
            else:
                # Another URL is another receiver: what paused the one before does not hold for it.
                fresh = {"url": url, "removed_at": None, "paused_at": None, "paused_because": None}
                connection.execute(update(webhooks).where(webhooks.c.id == ENVIRONMENT).values(**fresh))

        self._db.write(work, retry_duplicates=True)

    def rotate_webhook(self, webhook_id: WebhookId, overlap: timedelta) -> str:
        """Another secret for the receiver, shown here and never again.

        For `overlap` longer what it is sent is signed with the one of before too; one from a rotation before this is
        used no more.

        Raises:
            NotFoundError: There is no such receiver.
            ConflictError: Its secret is in the environment.
            InvalidInputError: `overlap` is not from nothing to 30 days.
            StoreUnavailableError: The database does not answer.
        """
        if not timedelta(0) <= overlap <= MOST_OVERLAP:
            raise InvalidInputError(
                f"'overlap' must be from 0 to {MOST_OVERLAP.days} days (got {overlap}); give one within",
                field="overlap",
            )
        _refuse_environment(webhook_id, "its secrets are in CASELOAD_WEBHOOK_SECRET; put the new one before the old")
        secret = new_secret()

        def work(connection: Connection) -> str:
            row = _row(connection, webhook_id, lock=True)
            old = {"old_secret": row.secret, "old_until": self._db.clock() + overlap}
            connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(secret=secret, **old))
            return secret

        return self._db.write(work)

    def pause_webhook(self, webhook_id: WebhookId, because: PauseReason = PauseReason.OPERATOR) -> Webhook:
        """Send the receiver nothing until it is resumed; what happens meanwhile waits for it.

        Raises:
            NotFoundError: There is no such receiver.
            StoreUnavailableError: The database does not answer.
        """
        return self._set_webhook(webhook_id, {"paused_at": self._db.clock(), "paused_because": because.value})

    def resume_webhook(self, webhook_id: WebhookId) -> Webhook:
        """Send to the receiver again, what has waited first.

        Raises:
            NotFoundError: There is no such receiver.
            StoreUnavailableError: The database does not answer.
        """
        return self._set_webhook(webhook_id, {"paused_at": None, "paused_because": None})

    def remove_webhook(self, webhook_id: WebhookId) -> None:
        """Tell the receiver nothing more. Its secrets and what it was not told are deleted.

        Raises:
            NotFoundError: There is no such receiver.
            ConflictError: The environment names it.
            StoreUnavailableError: The database does not answer.
        """
        _refuse_environment(webhook_id, "CASELOAD_WEBHOOK_URL names it; unset that and start the service anew")

        def work(connection: Connection) -> None:
            _row(connection, webhook_id, lock=True)
            _remove(connection, self._db, webhook_id)

        self._db.write(work)

    def webhooks(self) -> tuple[Webhook, ...]:
        """All receivers, the oldest first, those removed too."""
        query = select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id)
        return self._db.read(lambda connection: tuple(webhook_from(row) for row in connection.execute(query)))

    def _set_webhook(self, webhook_id: WebhookId, values: Mapping[str, object]) -> Webhook:
        def work(connection: Connection) -> Webhook:
            _row(connection, webhook_id, lock=True)
            connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**values))
            return webhook_from(_row(connection, webhook_id))

        return self._db.write(work)


def active_webhooks(connection: Connection) -> list[AnyRow]:
    """The rows of those that are told, paused or not."""
    return list(connection.execute(_ACTIVE))


def webhook_from(row: AnyRow) -> Webhook:
    """A row of webhooks."""
    return Webhook(
        id=WebhookId(row.id),
        url=row.url,
        # What an older or newer version could tell of is left out.
        events=tuple(kind for kind in Told if kind in row.events),
        created_at=row.created_at,
        old_until=row.old_until,
        paused_at=row.paused_at,
        paused_because=None if row.paused_because is None else PauseReason(row.paused_because),
        removed_at=row.removed_at,
    )


def known_webhook(connection: Connection, webhook_id: WebhookId, *, lock: bool = False) -> AnyRow:
    """The row of a receiver that was not removed.

    Raises:
        NotFoundError: There is none of that id.
    """
    return _row(connection, webhook_id, lock=lock)


def _insert(
    connection: Connection, db: Database, webhook_id: WebhookId, url: str, told: list[str], secret: str | None
) -> None:
    newest = connection.execute(select(func.coalesce(func.max(events.c.seq), 0))).scalar_one()
    _begin_reading(connection, newest)
    connection.execute(
        insert(webhooks).values(
            id=webhook_id, url=url, events=told, secret=secret, from_event=newest, created_at=db.clock()
        )
    )


def _begin_reading(connection: Connection, newest: int) -> None:
    """Let the log be read from here where nobody was told of it until now."""
    reader = select(event_readers).where(event_readers.c.name == READER).with_for_update()
    row = connection.execute(reader).one_or_none()
    if row is None:
        connection.execute(insert(event_readers).values(name=READER, read_up_to=newest, gaps=[]))
    elif not active_webhooks(connection):
        fresh = update(event_readers).where(event_readers.c.name == READER)
        connection.execute(fresh.values(read_up_to=max(newest, row.read_up_to), gaps=[]))


def _remove(connection: Connection, db: Database, webhook_id: WebhookId) -> None:
    gone = {"removed_at": db.clock(), "secret": None, "old_secret": None, "old_until": None}
    connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**gone))
    untold = (deliveries.c.webhook_id == webhook_id) & (deliveries.c.state != DeliveryState.DELIVERED.value)
    connection.execute(delete(deliveries).where(untold))


def _row(connection: Connection, webhook_id: WebhookId, *, lock: bool = False) -> AnyRow:
    query = _ACTIVE.where(webhooks.c.id == webhook_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFoundError(
            "'webhook_id' must name a receiver (got another id); list them with `caseload webhook list`"
        )
    return row


def _refuse_environment(webhook_id: WebhookId, why: str) -> None:
    if webhook_id == ENVIRONMENT:
        raise ConflictError(f"'webhook_id' must name a receiver that was added (got the environment's: {why})")


def _told_values(told: Iterable[Told]) -> list[str]:
    wanted = set(told)
    if not wanted:
        raise InvalidInputError(
            f"'events' must be at least one of {', '.join(Told)} (got none); name what it is told of", field="events"
        )
    return [kind.value for kind in Told if kind in wanted]
