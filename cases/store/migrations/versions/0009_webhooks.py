"""Events out: who is told of what (`webhooks`), what is still to be told (`deliveries`), how far the log was read.

And in: which systems may send reports signed (`inbound_sources`). All tables begin empty. Down again, receivers and
sources with their secrets, and what was not yet delivered, are lost.

Revision: 0009, after 0008.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import SEQUENCE, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("events", sa.JSON, nullable=False),
        sa.Column("secret", sa.String(255), nullable=True),
        sa.Column("old_secret", sa.String(255), nullable=True),
        sa.Column("old_until", UtcDateTime, nullable=True),
        sa.Column("from_event", sa.BigInteger, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("paused_at", UtcDateTime, nullable=True),
        sa.Column("paused_because", sa.String(100), nullable=True),
        sa.Column("removed_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        **MYSQL,
    )
    op.create_table(
        "deliveries",
        sa.Column("id", SEQUENCE, nullable=False, autoincrement=True),
        sa.Column("webhook_id", sa.String(36), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("event_at", UtcDateTime, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("leased_until", UtcDateTime, nullable=True),
        sa.Column("last_status", sa.String(64), nullable=False, server_default=""),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("done_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_id_webhooks")),
        sa.UniqueConstraint("webhook_id", "event_id", name=op.f("uq_deliveries_webhook_id_event_id")),
        sqlite_autoincrement=True,
        **MYSQL,
    )
    for name, columns in (
        ("ix_deliveries_due", ["state", "webhook_id", "next_at", "id"]),
        ("ix_deliveries_before", ["webhook_id", "about", "state", "id"]),
        ("ix_deliveries_done", ["state", "done_at"]),
        ("ix_deliveries_counted", ["state", "kind", "created_at"]),
    ):
        op.create_index(name, "deliveries", columns)
    op.create_table(
        "told_once",
        sa.Column("webhook_id", sa.String(36), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", name=op.f("pk_told_once")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_told_once_webhook_id_webhooks")),
        **MYSQL,
    )
    op.create_table(
        "event_readers",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("read_up_to", sa.BigInteger, nullable=False),
        sa.Column("gaps", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_event_readers")),
        **MYSQL,
    )
    op.create_table(
        "inbound_sources",
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("secret", sa.String(255), nullable=True),
        sa.Column("old_secret", sa.String(255), nullable=True),
        sa.Column("old_until", UtcDateTime, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("removed_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_inbound_sources")),
        **MYSQL,
    )
    op.create_table(
        "standing_alarms",
        sa.Column("alarm", sa.String(64), nullable=False),
        sa.Column("raised_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("alarm", name=op.f("pk_standing_alarms")),
        **MYSQL,
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("inbound_sources", "standing_alarms", "event_readers", "told_once", "deliveries", "webhooks"):
        op.drop_table(table)
