"""What was erased: the table that says so, and a state for cases that nobody can decide any more.

Taken down again the table is lost, and with it the `erased` events: the chain of seals then tells that they are gone
(`caseload audit verify`), so note the downgrade beside the heads that were kept. Cases closed by an erasure are
decided, without a decision, as those that were merged are by revision 0003's way back.

Revision: 0010, after 0009.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import UtcDateTime
from cases.store.migrations import append_only_0003, views_0010

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the table, and the view that passes over what was erased."""
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("erased_by", sa.String(255), nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("pending", sa.JSON, nullable=True),
        sa.Column("case_ids", sa.JSON, nullable=True),
        sa.Column("finished_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        **MYSQL,
    )
    op.create_index("ix_erasures_finished_at", "erasures", ["finished_at"])
    op.execute(f"DROP VIEW {views_0010.NAME}")
    op.execute(views_0010.create_statement(op.get_bind().dialect.name))


def downgrade() -> None:
    """Drop it, and what the schema before has no word for."""
    dialect = op.get_bind().dialect.name
    op.execute(f"DROP VIEW {views_0010.NAME}")
    op.execute(views_0010.statement_before(dialect))
    for statement in append_only_0003.drop_statements(dialect, "events"):
        op.execute(statement)
    op.execute("DELETE FROM events WHERE kind = 'erased'")
    for statement in append_only_0003.create_statements(dialect, "events"):
        op.execute(statement)
    op.execute("UPDATE cases SET status = 'decided' WHERE status = 'erased'")
    op.drop_table("erasures")
