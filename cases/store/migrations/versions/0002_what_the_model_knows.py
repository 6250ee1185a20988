"""What the model knows of its own answer: columns of scores, and first touch measured by the severity shown.

All columns may be NULL: scores are append-only, so those from before never get a value. Neither adding nor dropping
a column asks the triggers of 0001, and they stay.

Revision: 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cases.store.migrations import views_0002

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and let the view look at one of them."""
    for column in (
        sa.Column("severity_level", sa.Integer, nullable=True),
        sa.Column("tier", sa.String(100), nullable=True),
        sa.Column("shortlist", sa.JSON, nullable=True),
        sa.Column("novelty_p", sa.Double, nullable=True),
        sa.Column("sub_policy", sa.String(100), nullable=True),
    ):
        op.add_column("scores", column)
    _replace_views(views_0002.create_statements(op.get_bind().dialect.name))


def downgrade() -> None:
    """Drop the columns, with what only they hold."""
    # The view first: a column that a view looks at cannot be dropped.
    _replace_views(views_0002.statements_before(op.get_bind().dialect.name))
    for name in ("sub_policy", "novelty_p", "shortlist", "tier", "severity_level"):
        op.drop_column("scores", name)


def _replace_views(created: list[str]) -> None:
    for name in views_0002.NAMES:
        op.execute(f"DROP VIEW {name}")
    for statement in created:
        op.execute(statement)
