"""The life of a case: where it waits and for whom, holds, appeals, undoing; its row as the outcome of its events.

Events from before do not say all that the state is made of, so each case there is gets one SNAPSHOT event with its
present state, from which it can be replayed.

Taken down again, what only this revision holds is lost: the new kinds of events, notes that are not beside a
decision, withdrawn decisions; cases that are open for review are decided again, and merged ones are closed without a
decision.

Revision: 0003, after 0002.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import UtcDateTime
from cases.store.migrations import append_only_0003, views_0003
from cases.store.migrations.tables_0003 import decisions_table, notes_table

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}

# The kinds of events that 0002 knows.
KINDS_BEFORE = (
    *("reported", "joined", "scored", "claimed", "renewed", "released", "decided", "overturned", "upheld"),
)
PAGE = 1_000
ACTOR = "migration 0003"

CASE_INDEXES: dict[str, list[str | sa.TextClause]] = {
    "ix_cases_one_queue": ["status", "queue", sa.text("order_key DESC"), "received_at", "id"],
    "ix_cases_rerank": ["status", "rerank_at", "id"],
    "ix_cases_hold": ["status", "hold_until"],
}


def _case_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("queue", sa.String(100), nullable=False, server_default="main"),
        sa.Column("queue_fixed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("hold_until", UtcDateTime, nullable=True),
        sa.Column("paused_seconds", sa.Double, nullable=False, server_default=sa.text("0")),
        sa.Column("assigned_to", sa.String(255), nullable=True),
        sa.Column("set_severity", sa.Integer, nullable=True),
        sa.Column("set_priority", sa.String(100), nullable=True),
        sa.Column("rank_parts", sa.JSON, nullable=True),
        sa.Column("rerank_at", UtcDateTime, nullable=True),
        sa.Column("decision_id", sa.String(36), nullable=True),
        sa.Column("under_appeal", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("barred", sa.String(255), nullable=True),
        sa.Column("gathers", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("merged_into", sa.String(36), nullable=True),
    ]


def upgrade() -> None:
    """Add what is new, and a snapshot of each case."""
    dialect = op.get_bind().dialect.name
    # First of all: SQLite renames no table that a view looks at.
    _drop_views()
    for column in _case_columns():
        op.add_column("cases", column)
    op.add_column("contents", sa.Column("own_attributes", sa.JSON, nullable=True))
    op.add_column("contents", sa.Column("withdraws", sa.Integer, nullable=True))
    op.add_column("scores", sa.Column("changes_at", UtcDateTime, nullable=True))
    op.add_column("scores", sa.Column("queue", sa.String(100), nullable=True))
    _let_decisions_be_reviewed_again(dialect)
    _widen_notes()
    _new_tables()
    _execute(append_only_0003.create_statements(dialect, "withdrawn_decisions"))
    _fill_in_cases()
    _take_snapshots()
    # After the rows are written, which is quicker.
    for name, columns in CASE_INDEXES.items():
        op.create_index(name, "cases", columns)
    _execute(views_0003.create_statements(dialect))


def downgrade() -> None:
    """Drop it, with what only it holds."""
    dialect = op.get_bind().dialect.name
    _drop_views()
    _close_what_is_under_review()
    for table in ("events", "decisions"):
        _execute(append_only_0003.drop_statements(dialect, table))
    kept = ", ".join(f"'{kind}'" for kind in KINDS_BEFORE)
    op.execute(f"DELETE FROM events WHERE kind NOT IN ({kept})")  # noqa: S608 - our own words
    _execute(append_only_0003.create_statements(dialect, "events"))
    op.execute("DELETE FROM notes WHERE kind <> 'decision'")
    withdrawn = list(op.get_bind().execute(sa.text("SELECT decision_id FROM withdrawn_decisions")).scalars())
    for table in ("skips", "withdrawn_decisions", "fingerprints"):
        op.drop_table(table)
    _delete_decisions(withdrawn)
    _narrow_notes()
    _let_decisions_be_reviewed_once(dialect)
    for name in ("queue", "changes_at"):
        op.drop_column("scores", name)
    for name in ("withdraws", "own_attributes"):
        op.drop_column("contents", name)
    for name in CASE_INDEXES:
        op.drop_index(name, "cases")
    for column in reversed(_case_columns()):
        op.drop_column("cases", column.name)
    _execute(views_0003.statements_before(dialect))


def _drop_views() -> None:
    _execute(f"DROP VIEW {name}" for name in views_0003.NAMES)


def _execute(statements: Iterable[str]) -> None:
    for statement in statements:
        op.execute(statement)


def _let_decisions_be_reviewed_again(dialect: str) -> None:
    """A review that was withdrawn makes room for another, so the constraint goes; the lock on the case holds it."""
    with op.batch_alter_table("decisions", copy_from=decisions_table(unique=True)) as batch:
        batch.add_column(sa.Column("after_reopening", sa.Boolean, nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("bulk_id", sa.String(36), nullable=True))
        # Before the constraint goes: MariaDB wants an index under its foreign key at every moment.
        batch.create_index("ix_decisions_reviews", ["reviews"])
        batch.create_index("ix_decisions_bulk_id", ["bulk_id"])
        batch.drop_constraint("uq_decisions_reviews", type_="unique")
    _restore_sqlite_triggers(dialect)


def _let_decisions_be_reviewed_once(dialect: str) -> None:
    with op.batch_alter_table("decisions", copy_from=decisions_table(unique=False)) as batch:
        batch.create_unique_constraint("uq_decisions_reviews", ["reviews"])
        batch.drop_index("ix_decisions_reviews")
        batch.drop_index("ix_decisions_bulk_id")
        batch.drop_column("bulk_id")
        batch.drop_column("after_reopening")
    _execute(append_only_0003.create_statements(dialect, "decisions"))


def _restore_sqlite_triggers(dialect: str) -> None:
    # There the table was made anew, and its triggers went with the old one.
    if dialect == "sqlite":
        _execute(append_only_0003.create_statements(dialect, "decisions"))


def _widen_notes() -> None:
    with op.batch_alter_table("notes", copy_from=notes_table(wide=False)) as batch:
        batch.alter_column("decision_id", existing_type=sa.String(36), nullable=True)
        batch.add_column(sa.Column("kind", sa.String(32), nullable=True))
        batch.add_column(sa.Column("author", sa.String(255), nullable=True))
        batch.add_column(sa.Column("at", UtcDateTime, nullable=True))
    of_decision = "(SELECT {} FROM decisions d WHERE d.id = notes.decision_id)"
    op.execute(
        "UPDATE notes SET kind = 'decision', "  # noqa: S608 - our own words
        f"author = {of_decision.format('decided_by')}, at = {of_decision.format('decided_at')}"
    )
    with op.batch_alter_table("notes", copy_from=notes_table(wide=True, filled=False)) as batch:
        batch.alter_column("kind", existing_type=sa.String(32), nullable=False)
        batch.alter_column("author", existing_type=sa.String(255), nullable=False)
        batch.alter_column("at", existing_type=UtcDateTime(), nullable=False)


def _narrow_notes() -> None:
    with op.batch_alter_table("notes", copy_from=notes_table(wide=True)) as batch:
        for name in ("at", "author", "kind"):
            batch.drop_column(name)
        batch.alter_column("decision_id", existing_type=sa.String(36), nullable=False)


def _new_tables() -> None:
    op.create_table(
        "withdrawn_decisions",
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime, nullable=False),
        sa.Column("withdrawn_by", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("decision_id"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        **MYSQL,
    )
    op.create_index("ix_withdrawn_decisions_case_id", "withdrawn_decisions", ["case_id"])
    op.create_table(
        "skips",
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("holder", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "holder"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        **MYSQL,
    )
    bands = [f"band_{number}" for number in (1, 2, 3, 4)]
    op.create_table(
        "fingerprints",
        sa.Column("report_id", sa.String(36), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("simhash", sa.String(16), nullable=True),
        *(sa.Column(band, sa.Integer, nullable=True) for band in bands),
        sa.PrimaryKeyConstraint("report_id"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"]),
        **MYSQL,
    )
    op.create_index("ix_fingerprints_digest", "fingerprints", ["digest"])
    for band in bands:
        op.create_index(f"ix_fingerprints_{band}", "fingerprints", [band, "received_at"])


def _fill_in_cases() -> None:
    # In 0002 a decision that stands is one that no other reviews, and each case has at most one.
    op.execute(
        "UPDATE cases SET decision_id = (SELECT d.id FROM decisions d LEFT JOIN decisions later "
        "ON later.reviews = d.id WHERE d.case_id = cases.id AND later.id IS NULL)"
    )
    op.execute(
        "UPDATE cases SET rank_parts = (SELECT s.priority FROM scores s WHERE s.id = cases.score_id) "
        "WHERE score_id IS NOT NULL"
    )


def _take_snapshots() -> None:
    connection, at, after = op.get_bind(), datetime.now(UTC), ""
    cases = sa.table(
        "cases",
        *(sa.column(name) for name in ("id", "status", "content_version", "order_key", "score_id", "decision_id")),
        *(sa.column(name, UtcDateTime) for name in ("received_at", "first_claimed_at", "decided_at")),
        sa.column("rank_parts", sa.JSON),
    )
    events = sa.table(
        "events",
        *(sa.column(name) for name in ("case_id", "kind", "actor")),
        sa.column("at", UtcDateTime),
        sa.column("data", sa.JSON),
    )
    while True:
        query = sa.select(cases).where(cases.c.id > after).order_by(cases.c.id).limit(PAGE)
        page = connection.execute(query).all()
        if not page:
            return
        connection.execute(
            sa.insert(events),
            [
                {"case_id": row.id, "kind": "snapshot", "at": at, "actor": ACTOR, "data": _snapshot(row)}
                for row in page
            ],
        )
        after = page[-1].id


def _snapshot(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
    data = {
        "status": row.status,
        "received_at": row.received_at,
        "content_version": row.content_version,
        "order_key": row.order_key,
        "queue": "main",
        "queue_fixed": False,
        "score_id": row.score_id,
        "first_claimed_at": row.first_claimed_at,
        "decided_at": row.decided_at,
        "paused_seconds": 0.0,
        "rank_parts": row.rank_parts,
        "decision_id": row.decision_id,
        "under_appeal": False,
        "gathers": True,
        "skipped_by": [],
    }
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in data.items()
        if value is not None
    }


def _delete_decisions(ids: list[str]) -> None:
    """Delete decisions, with the notes beside them; none of them is reviewed by one that is kept."""
    for start in range(0, len(ids), PAGE):
        some = ids[start : start + PAGE]
        for table, column in (("notes", "decision_id"), ("decisions", "id")):
            named: sa.ColumnClause[str] = sa.column(column)
            op.get_bind().execute(sa.delete(sa.table(table, named)).where(named.in_(some)))


def _close_what_is_under_review() -> None:
    op.execute(
        "UPDATE cases SET status = 'decided', "
        "decided_at = (SELECT d.decided_at FROM decisions d WHERE d.id = cases.decision_id) "
        "WHERE status = 'open' AND decision_id IS NOT NULL"
    )
    op.execute("UPDATE cases SET status = 'decided' WHERE status = 'merged'")
