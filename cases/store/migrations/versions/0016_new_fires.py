"""New fires: bursts and new kinds of case, what they were seen from, how they ended. All tables begin empty.

Down again what burned is forgotten, with the notes of those who acknowledged it.

Revision: 0016, after 0015.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import LONG_TEXT, UtcDateTime
from cases.store.migrations import append_only_0016

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make them, and the triggers that keep three of them."""
    op.create_table(
        "fires",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("category", sa.String(100), nullable=True),
        sa.Column("subject_id", sa.String(36), nullable=True),
        sa.Column("window_seconds", sa.Integer, nullable=False),
        sa.Column("arrivals", sa.Integer, nullable=False),
        sa.Column("expected", sa.Double, nullable=True),
        sa.Column("p_value", sa.Double, nullable=True),
        sa.Column("teams", sa.JSON, nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fires")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_fires_subject_id_subjects")),
        **MYSQL,
    )
    op.create_table(
        "fire_cases",
        sa.Column("fire_id", sa.String(36), nullable=False),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("fire_id", "case_id", name=op.f("pk_fire_cases")),
        sa.ForeignKeyConstraint(["fire_id"], ["fires.id"], name=op.f("fk_fire_cases_fire_id_fires")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_fire_cases_case_id_cases")),
        **MYSQL,
    )
    op.create_index("ix_fire_cases_case_id", "fire_cases", ["case_id"])
    op.create_table(
        "fire_ends",
        sa.Column("fire_id", sa.String(36), nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=False),
        sa.Column("because", sa.String(16), nullable=False),
        sa.Column("ended_by", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("fire_id", name=op.f("pk_fire_ends")),
        sa.ForeignKeyConstraint(["fire_id"], ["fires.id"], name=op.f("fk_fire_ends_fire_id_fires")),
        **MYSQL,
    )
    op.create_table(
        "fire_notes",
        sa.Column("fire_id", sa.String(36), nullable=False),
        sa.Column("author", sa.String(255), nullable=False),
        sa.Column("written_at", UtcDateTime, nullable=False),
        sa.Column("text", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("fire_id", name=op.f("pk_fire_notes")),
        sa.ForeignKeyConstraint(["fire_id"], ["fires.id"], name=op.f("fk_fire_notes_fire_id_fires")),
        **MYSQL,
    )
    op.create_table(
        "fire_states",
        sa.Column("fire_id", sa.String(36), nullable=False),
        sa.Column("standing", sa.String(160), nullable=True),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("arrivals", sa.Integer, nullable=False),
        sa.Column("members", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("fire_id", name=op.f("pk_fire_states")),
        sa.UniqueConstraint("standing", name=op.f("uq_fire_states_standing")),
        **MYSQL,
    )
    for statement in append_only_0016.create_statements(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Drop them, with their triggers."""
    for table in ("fire_states", "fire_notes", "fire_ends", "fire_cases", "fires"):
        op.drop_table(table)
