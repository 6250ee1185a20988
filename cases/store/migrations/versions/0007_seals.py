"""Seals: events are chained in batches, so that nobody can change the log unseen.

The table begins empty: `caseload audit seal`, or the service, takes in the events that are there. Down again, the
chain is lost, and with it what tells that the log was left alone.

Revision: 0007, after 0006.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import LONG_TEXT, UtcDateTime
from cases.store.migrations import append_only_0007

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the table, and the triggers that keep it."""
    op.create_table(
        "seals",
        *(sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False) for name in (
            "seq", "first_event", "last_event",
        )),
        sa.Column("events", sa.Integer, nullable=False),
        *(sa.Column(name, LONG_TEXT, nullable=False) for name in ("gaps", "late", "marks")),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("digest", "previous_head", "head")),
        *(sa.Column(name, sa.String(16), nullable=False) for name in ("algorithm", "key_id")),
        sa.Column("sealed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        # Of two that seal at once, one comes first.
        sa.UniqueConstraint("previous_head"),
        **MYSQL,
    )  # fmt: skip
    op.create_index("ix_seals_sealed_at", "seals", ["sealed_at"])
    for statement in append_only_0007.create_statements(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Drop it, with its triggers."""
    op.drop_table("seals")
