"""The record: its tables, the triggers that keep it append-only, and the analysts' views.

Revision: 0001, the first.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import LONG_TEXT, SEQUENCE, UtcDateTime
from cases.store.migrations import append_only_0001, views_0001

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}

# In the order that foreign keys allow them to be made.
TABLES = [
    *("subjects", "cases", "reports", "report_identities", "contents", "scores", "decisions", "notes", "events"),
    *("leases", "champions", "callers", "severity_levels"),
]


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(36), nullable=nullable)


def _code(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(100), nullable=nullable)


def _name(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(255), nullable=nullable)


def _short(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def _double(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON, nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, UtcDateTime, nullable=nullable)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, LONG_TEXT, nullable=False)


def _sequence() -> sa.Column[int]:
    return sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False)


def _key(column: str = "id") -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(column)


def _refers(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"])


def upgrade() -> None:
    """Make everything."""
    _intake_tables()
    _judgement_tables()
    _running_tables()
    dialect = op.get_bind().dialect.name
    for statement in append_only_0001.create_statements(dialect) + views_0001.create_statements(dialect):
        op.execute(statement)


def downgrade() -> None:
    """Drop everything, with all that is in it."""
    for statement in views_0001.drop_statements():
        op.execute(statement)
    for table in reversed(TABLES):
        op.drop_table(table)
    for statement in append_only_0001.drop_statements(op.get_bind().dialect.name):
        op.execute(statement)


def _intake_tables() -> None:
    op.create_table(
        "subjects", _id("id"), _code("kind"), _name("external_id"),
        _key(), sa.UniqueConstraint("kind", "external_id"), **MYSQL,
    )  # fmt: skip
    op.create_table(
        "cases", _id("id"), _id("subject_id", nullable=True),
        _code("ref_source", nullable=True), _name("case_ref", nullable=True), _short("status", 16),
        _time("received_at"), _whole("content_version"), _double("order_key"), _id("score_id", nullable=True),
        _time("first_claimed_at", nullable=True), _time("decided_at", nullable=True),
        _key(), _refers("subject_id", "subjects"), sa.UniqueConstraint("ref_source", "case_ref"), **MYSQL,
    )  # fmt: skip
    op.create_index("ix_cases_queue", "cases", ["status", sa.text("order_key DESC"), "received_at", "id"])
    op.create_index("ix_cases_received_at_id", "cases", ["received_at", "id"])
    op.create_index("ix_cases_subject_id_status", "cases", ["subject_id", "status"])
    op.create_table(
        "reports", _id("id"), _id("case_id"), _code("source"), _name("external_id"), _code("channel"),
        _time("received_at"), _time("filed_at"),
        _key(), _refers("case_id", "cases"), sa.UniqueConstraint("source", "external_id"), **MYSQL,
    )  # fmt: skip
    op.create_index("ix_reports_case_id", "reports", ["case_id"])
    op.create_table(
        "report_identities", _id("report_id"), _text("reporter"),
        _key("report_id"), _refers("report_id", "reports"), **MYSQL,
    )  # fmt: skip
    op.create_table(
        "contents", _id("id"), _id("case_id"), _whole("version"), _id("report_id"), _text("title"),
        _text("description"), _code("channel"), _json("attributes"), _time("created_at"),
        _key(), _refers("case_id", "cases"), _refers("report_id", "reports"),
        sa.UniqueConstraint("case_id", "version"), **MYSQL,
    )  # fmt: skip
    op.create_index("ix_contents_report_id", "contents", ["report_id"])


def _judgement_tables() -> None:
    op.create_table(
        "scores", _id("id"), _id("case_id"), _id("content_id"), _code("model"), _name("model_version"),
        _whole("taxonomy_version"), _whole("assembly_version"), _code("encoder_hash"), _time("created_at"),
        _json("category"), _json("severity"), _json("priority"),
        _code("top_category", nullable=True), _whole("top_severity", nullable=True),
        _double("order_key"), _code("language"), _double("seconds"), _flag("fallback"),
        _key(), _refers("case_id", "cases"), **MYSQL,
    )  # fmt: skip
    op.create_index("ix_scores_case_id", "scores", ["case_id"])
    op.create_index("ix_scores_content_id_model", "scores", ["content_id", "model"])
    op.create_table(
        "decisions", _id("id"), _id("case_id"), _id("content_id"), _code("category"), _code("sub_policy"),
        _json("other_categories"), _whole("severity"), _code("action"), _code("reason"), _name("decided_by"),
        _time("decided_at"), _time("claimed_at", nullable=True), _double("handling_seconds", nullable=True),
        sa.Column("lease_token", sa.BigInteger, nullable=True), _id("score_id", nullable=True),
        _short("suggestion", 16), _flag("suggestion_shown"), _whole("suggested_rank", nullable=True),
        _id("reviews", nullable=True), _flag("overturns"),
        _key(), _refers("case_id", "cases"), _refers("score_id", "scores"), _refers("reviews", "decisions"),
        sa.UniqueConstraint("reviews"), **MYSQL,
    )  # fmt: skip
    op.create_index("ix_decisions_case_id", "decisions", ["case_id"])
    op.create_table(
        "notes", _id("id"), _id("case_id"), _id("decision_id"), _text("text"),
        _key(), _refers("case_id", "cases"), _refers("decision_id", "decisions"), **MYSQL,
    )  # fmt: skip
    op.create_index("ix_notes_case_id", "notes", ["case_id"])
    op.create_index("ix_notes_decision_id", "notes", ["decision_id"])
    op.create_table(
        "events", _sequence(), _id("case_id"), _short("kind", 32), _time("at"), _name("actor"), _json("data"),
        _key("seq"), _refers("case_id", "cases"), sqlite_autoincrement=True, **MYSQL,
    )  # fmt: skip
    op.create_index("ix_events_case_id", "events", ["case_id"])


def _running_tables() -> None:
    op.create_table(
        "leases", _id("case_id"), _name("holder"), sa.Column("token", sa.BigInteger, nullable=False),
        _time("claimed_at"), _time("expires_at"),
        _key("case_id"), _refers("case_id", "cases"), **MYSQL,
    )  # fmt: skip
    op.create_table(
        "champions", _sequence(), _name("name"), _name("version"), _short("sha256", 64), _time("promoted_at"),
        _name("promoted_by"), _key("seq"), sqlite_autoincrement=True, **MYSQL,
    )  # fmt: skip
    op.create_table(
        "callers", _name("name"), _short("key_sha256", 64), _time("created_at"), _time("revoked_at", nullable=True),
        _key("name"), sa.UniqueConstraint("key_sha256"), **MYSQL,
    )  # fmt: skip
    op.create_table(
        "severity_levels", sa.Column("level", sa.Integer, autoincrement=False, nullable=False), _code("name"),
        _double("first_touch_seconds"), _key("level"), **MYSQL,
    )  # fmt: skip
