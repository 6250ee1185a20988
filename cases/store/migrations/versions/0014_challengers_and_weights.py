"""Models that were registered, with their figures; weights that were proposed and replayed, and those adopted.

The tables begin empty. Taken down again they are lost, and the weights of the file count.

Revision: 0014, after 0013.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import LONG_TEXT, SEQUENCE, UtcDateTime
from cases.store.migrations import append_only_0014

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Make the tables, and the triggers that keep two of them."""
    op.create_table(
        "challengers",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("version", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("registered_at", UtcDateTime, nullable=False),
        sa.Column("held_out", sa.Integer, nullable=False),
        sa.Column("figures", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_challengers")),
        **OPTIONS,
    )
    op.create_table(
        "weight_trials",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("text", LONG_TEXT, nullable=False),
        sa.Column("against", sa.String(16), nullable=False),
        sa.Column("proposed_by", sa.String(255), nullable=False),
        sa.Column("proposed_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("progress", sa.String(255), nullable=False),
        sa.Column("beat_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("outcome", sa.JSON(none_as_null=True)),
        sa.Column("slot", sa.Integer),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_weight_trials")),
        sa.UniqueConstraint("slot", name=op.f("uq_weight_trials_slot")),
        **OPTIONS,
    )
    op.create_table(
        "adopted_weights",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("text", LONG_TEXT, nullable=False),
        sa.Column("in_place_of", sa.String(16), nullable=False),
        sa.Column("adopted_at", UtcDateTime, nullable=False),
        sa.Column("adopted_by", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_adopted_weights")),
        **OPTIONS,
    )
    for statement in append_only_0014.create_statements(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Drop them, with their triggers."""
    for table in ("adopted_weights", "weight_trials", "challengers"):
        op.drop_table(table)
