"""Who may do what: roles and queues of callers, when their keys end, and people whom a proxy vouches for.

Callers from before could call everything: they get every role but admin, which is new. On the way down a key that may
do less than that is revoked, since the schema before would let it do all.

Revision: 0006, after 0005.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
ROLES_OF_BEFORE = ["tooling", "associate", "lead", "policy_owner", "data_scientist"]

_OLD_KEY = "ix_callers_old_key_sha256"

_callers = sa.table(
    "callers",
    sa.column("name", sa.String),
    sa.column("roles", sa.JSON),
    sa.column("queues", sa.JSON(none_as_null=True)),
    sa.column("expires_at", UtcDateTime),
    sa.column("revoked_at", UtcDateTime),
)


def upgrade() -> None:
    """Add the columns and the table, and give the callers of before what they could do."""
    for column in (
        sa.Column("roles", sa.JSON, nullable=False, server_default=sa.text("'[]'")),
        sa.Column("queues", sa.JSON, nullable=True),
        sa.Column("expires_at", UtcDateTime, nullable=True),
        sa.Column("old_key_sha256", sa.String(64), nullable=True),
        sa.Column("old_expires_at", UtcDateTime, nullable=True),
    ):
        op.add_column("callers", column)
    op.create_index(_OLD_KEY, "callers", ["old_key_sha256"], unique=True)
    op.execute(_callers.update().values(roles=ROLES_OF_BEFORE))
    op.create_table(
        "people",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("roles", sa.JSON, nullable=False, server_default=sa.text("'[]'")),
        sa.Column("queues", sa.JSON, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("removed_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_people")),
        **MYSQL,
    )


def downgrade() -> None:
    """Revoke the keys that may do less than those of before, and drop what was added."""
    connection = op.get_bind()
    for caller in connection.execute(sa.select(_callers).where(_callers.c.revoked_at.is_(None))).all():
        everything = set(ROLES_OF_BEFORE) <= set(caller.roles) and caller.queues is None and caller.expires_at is None
        if not everything:
            revoke = _callers.update().where(_callers.c.name == caller.name)
            connection.execute(revoke.values(revoked_at=datetime.now(UTC)))
    op.drop_table("people")
    op.drop_index(_OLD_KEY, "callers")
    for name in ("old_expires_at", "old_key_sha256", "expires_at", "queues", "roles"):
        op.drop_column("callers", name)
