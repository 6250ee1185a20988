"""Events out: who is told, what is to be told, and how far the log was read."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from cases.store.column_types import SEQUENCE, UtcDateTime
from cases.store.tables.conventions import MYSQL, code_column, id_column, metadata, name_column

# Who is told of events. `serving.hooks.messages` signs with `secret`, and with `old_secret` too until `old_until`.
webhooks = Table(
    "webhooks",
    metadata,
    id_column("id", primary_key=True),
    Column("url", String(2000), nullable=False),
    Column("events", JSON, nullable=False),
    # NULL of the receiver that the environment names, whose secret stays there, and of one that was removed.
    name_column("secret", nullable=True),
    name_column("old_secret", nullable=True),
    Column("old_until", UtcDateTime),
    # The last event that there was when it was added: it is told of later ones.
    Column("from_event", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("paused_at", UtcDateTime),
    code_column("paused_because", nullable=True),
    Column("removed_at", UtcDateTime),
    **MYSQL,
)

# What a receiver is to be told, or was; ids ascend in the order of the log.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", SEQUENCE, primary_key=True, autoincrement=True),
    id_column("webhook_id", ForeignKey("webhooks.id"), nullable=False),
    Column("event_id", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    # The case, the alarm or the fire: what is told of one is told in order.
    Column("about", String(64), nullable=False),
    Column("event_at", UtcDateTime, nullable=False),
    Column("payload", JSON, nullable=False),
    # "pending", "delivered" or "dead".
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_at", UtcDateTime, nullable=False),
    # By the database's clock, as all leases; whoever sends it does so under the number of its attempt.
    Column("leased_until", UtcDateTime),
    Column("last_status", String(64), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    UniqueConstraint("webhook_id", "event_id"),
    sqlite_autoincrement=True,
    **MYSQL,
)
Index("ix_deliveries_due", deliveries.c.state, deliveries.c.webhook_id, deliveries.c.next_at, deliveries.c.id)
Index("ix_deliveries_before", deliveries.c.webhook_id, deliveries.c.about, deliveries.c.state, deliveries.c.id)
Index("ix_deliveries_done", deliveries.c.state, deliveries.c.done_at)
Index("ix_deliveries_counted", deliveries.c.state, deliveries.c.kind, deliveries.c.created_at)

# What a receiver is told once and never again, also when its delivery is no longer kept.
told_once = Table(
    "told_once",
    metadata,
    id_column("webhook_id", ForeignKey("webhooks.id"), primary_key=True),
    Column("event_id", String(64), primary_key=True),
    **MYSQL,
)

# How far somebody has read the log of events, and which numbers below were not there yet, with when that was seen.
event_readers = Table(
    "event_readers",
    metadata,
    code_column("name", primary_key=True),
    Column("read_up_to", BigInteger, nullable=False),
    Column("gaps", JSON, nullable=False),
    **MYSQL,
)

# Which alarms hold, so that several services tell of each once. `raised_at` is when it began, or, of an alarm that
# each process sees of itself alone, when one last said that it holds.
standing_alarms = Table(
    "standing_alarms",
    metadata,
    Column("alarm", String(64), primary_key=True),
    Column("raised_at", UtcDateTime, nullable=False),
    **MYSQL,
)
