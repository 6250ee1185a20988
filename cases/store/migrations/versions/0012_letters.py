"""The words for decisions: a table with each version of each letter. And whether a suggestion was hidden on purpose.

A suggestion that was not shown may have been hidden (the blind slice), or there was none, since the model abstained;
the two were stored alike.

Taken down again both are lost; what was sent was sent by other systems, which have it.

Revision: 0012, after 0011.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import LONG_TEXT, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "letters",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("author", sa.String(255), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("subject_line", LONG_TEXT, nullable=False),
        sa.Column("body", LONG_TEXT, nullable=False),
        sa.Column("withheld", LONG_TEXT, nullable=False),
        sa.Column("template_id", sa.String(255), nullable=False),
        sa.Column("template_version", sa.String(255), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("changed", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_letters_case_id_cases")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_letters_decision_id_decisions")),
        sa.UniqueConstraint(
            "decision_id", "audience", "version", name=op.f("uq_letters_decision_id_audience_version")
        ),
        **MYSQL,
    )
    op.create_index("ix_letters_case_id", "letters", ["case_id"])
    op.add_column("decisions", sa.Column("suggestion_hidden", sa.Boolean, nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("decisions", "suggestion_hidden")
    op.drop_table("letters")
