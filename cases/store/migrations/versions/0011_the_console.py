"""The console: who signed in without a proxy, and what each person chose for themselves.

Taken down again both are lost: everybody signs in anew and sees the console as it comes.

Revision: 0011, after 0010.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sign_ins",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("person", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_sign_ins")),
        **MYSQL,
    )
    op.create_index("ix_sign_ins_expires_at", "sign_ins", ["expires_at"])
    op.create_index("ix_sign_ins_person", "sign_ins", ["person"])
    op.create_table(
        "choices",
        sa.Column("person", sa.String(255), nullable=False),
        sa.Column("chosen", sa.JSON, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_choices")),
        **MYSQL,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("choices")
    op.drop_table("sign_ins")
