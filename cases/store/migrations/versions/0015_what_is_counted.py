"""Indexes for what people look at: a lead's figures, counted without a row being looked up, and search by an id.

The two that they replace began with the same columns. Taken down again these are back, and nothing is lost.

Revision: 0015, after 0014.
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STANDING = ("leased", "leased_until", "hold_until", "assigned_to")
_NEW = {
    "ix_cases_standing": (
        "cases",
        ["status", "level", "received_at", "queue", "first_claimed_at", "paused_seconds", *_STANDING],
    ),
    "ix_reports_flow": ("reports", ["filed_at", "received_at", "case_id"]),
    "ix_reports_external_id": ("reports", ["external_id"]),
    "ix_subjects_external_id": ("subjects", ["external_id"]),
}  # fmt: skip
_OLD = {
    "ix_cases_due": ("cases", ["status", "level", "received_at"]),
    "ix_reports_filed_at": ("reports", ["filed_at"]),
}


def upgrade() -> None:
    """Make them, and drop the two that they replace."""
    for name, (table, columns) in _NEW.items():
        op.create_index(name, table, columns)
    for name, (table, _) in _OLD.items():
        op.drop_index(name, table)


def downgrade() -> None:
    """The other way round."""
    for name, (table, columns) in _OLD.items():
        op.create_index(name, table, columns)
    for name, (table, _) in _NEW.items():
        op.drop_index(name, table)
