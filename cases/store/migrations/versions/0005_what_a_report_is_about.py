"""What a report is about: the subject that it named itself, also where it joined a case about another.

Until now it stood only on the case that a report began. So it is filled in from the case that each report was filed
on, whichever it was moved to since. What a report named that joined a case about something else is no longer known.

Revision: 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FOREIGN_KEY = "fk_reports_subject_id_subjects"

# SQLite adds no constraint to a table that is there, only a column that has one.
_SQLITE_COLUMN = (
    f"ALTER TABLE reports ADD COLUMN subject_id VARCHAR(36) CONSTRAINT {FOREIGN_KEY} REFERENCES subjects (id)"
)
# The first version that holds the report's text is of the case that it was filed on; later ones are copies, made by
# merging and splitting. By time and then id, as the ids of one millisecond were made at random until now. Where the
# text was erased nothing tells but the case that the report is on.
_FILL_IN = """
UPDATE reports SET subject_id = (
    SELECT cases.subject_id FROM cases WHERE cases.id = COALESCE(
        (SELECT contents.case_id FROM contents
         WHERE contents.report_id = reports.id AND contents.withdraws IS NULL
         ORDER BY contents.created_at, contents.id LIMIT 1),
        reports.case_id))
"""


def upgrade() -> None:
    """Add the column and fill it in."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.execute(_SQLITE_COLUMN)
    else:
        op.add_column("reports", sa.Column("subject_id", sa.String(36), nullable=True))
    op.execute(_FILL_IN)
    if not sqlite:
        # After the rows are written, which is quicker. MariaDB makes the index that it wants under it by itself.
        op.create_foreign_key(FOREIGN_KEY, "reports", "subjects", ["subject_id"], ["id"])


def downgrade() -> None:
    """Drop it."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(FOREIGN_KEY, "reports", type_="foreignkey")
    op.drop_column("reports", "subject_id")
