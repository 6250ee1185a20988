"""Answers given: a request that is sent again with its Idempotency-Key is answered as it was.

Down again, what was kept is lost: such a request is then done anew.

Revision: 0008, after 0007.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import LONG_TEXT, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "idempotent_answers",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("busy_until", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("body", LONG_TEXT, nullable=False),
        sa.Column("case_id", sa.String(36)),
        sa.PrimaryKeyConstraint("id"),
        **MYSQL,
    )
    op.create_index("ix_idempotent_answers_expires_at", "idempotent_answers", ["expires_at"])
    op.create_index("ix_idempotent_answers_case_id", "idempotent_answers", ["case_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("idempotent_answers")
