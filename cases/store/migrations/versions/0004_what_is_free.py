"""What is free is seen from an index: each case's pool and whether it is leased; and what a score was ranked from.

`pool`, `leased` and `level` follow from what is there already: the state, the lease, the score.

Revision: 0004, after 0003.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ORDER = (sa.text("order_key DESC"), "received_at", "id")
_INDEXES: dict[str, list[str | sa.TextClause]] = {
    "ix_cases_free": ["pool", "leased", *_ORDER],
    "ix_cases_free_of_queue": ["pool", "leased", "queue", *_ORDER],
    "ix_cases_assigned": ["assigned_to", "pool", "leased", *_ORDER],
    "ix_cases_leased": ["leased", "leased_until"],
    "ix_cases_held": ["pool", "hold_until"],
    "ix_cases_due": ["status", "level", "received_at"],
    "ix_cases_ranked_by": ["status", "ranked_by", "id"],
}

_POOLS = """
UPDATE cases SET pool = CASE
    WHEN status <> 'open' THEN 'closed'
    WHEN hold_until IS NOT NULL THEN 'held'
    WHEN assigned_to IS NOT NULL THEN 'assigned'
    ELSE 'open' END
"""
# One that ended meanwhile is put back by whoever claims next; its lease is looked at under the lock all the same.
_LEASED = """
UPDATE cases SET leased = {yes}, leased_until = (SELECT expires_at FROM leases WHERE leases.case_id = cases.id)
WHERE status = 'open' AND EXISTS (SELECT 1 FROM leases WHERE leases.case_id = cases.id AND expires_at > :now)
"""
_LEVELS = """
UPDATE cases SET level = COALESCE(set_severity, (SELECT severity_level FROM scores WHERE scores.id = cases.score_id))
WHERE status = 'open'
"""


def upgrade() -> None:
    """Add the columns, fill them in, and index them."""
    for column in (
        sa.Column("pool", sa.String(16), nullable=False, server_default="open"),
        sa.Column("leased", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("leased_until", UtcDateTime, nullable=True),
        sa.Column("ranked_by", sa.String(100), nullable=False, server_default=""),
        sa.Column("level", sa.Integer, nullable=True),
    ):
        op.add_column("cases", column)
    for column in (
        sa.Column("ranked_from", sa.JSON, nullable=True),
        sa.Column("minutes", sa.Double, nullable=True),
        sa.Column("by_lot", sa.Boolean, nullable=True),
        sa.Column("propensity", sa.Double, nullable=True),
    ):
        op.add_column("scores", column)
    op.execute(_POOLS)
    yes = "true" if op.get_bind().dialect.name == "postgresql" else "1"
    now = sa.bindparam("now", datetime.now(UTC), type_=UtcDateTime)
    op.execute(sa.text(_LEASED.format(yes=yes)).bindparams(now))
    op.execute(_LEVELS)
    op.drop_index("ix_cases_hold", "cases")
    for name, columns in _INDEXES.items():
        op.create_index(name, "cases", columns)
    # For alarms, which count what came in and what was decided within a while.
    op.create_index("ix_reports_filed_at", "reports", ["filed_at"])
    op.create_index("ix_decisions_decided_at", "decisions", ["decided_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_decisions_decided_at", "decisions")
    op.drop_index("ix_reports_filed_at", "reports")
    for name in reversed(_INDEXES):
        op.drop_index(name, "cases")
    op.create_index("ix_cases_hold", "cases", ["status", "hold_until"])
    for name in ("propensity", "by_lot", "minutes", "ranked_from"):
        op.drop_column("scores", name)
    for name in ("level", "ranked_by", "leased_until", "leased", "pool"):
        op.drop_column("cases", name)
