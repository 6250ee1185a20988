"""The quality of decisions: samples, second readings and what was settled, golden sets and exercises with them.

Taken down again all of it is lost, and with it the events `sampled`, `read_again` and `adjudicated`: the chain of
seals then tells that they are gone (`caseload audit verify`), so note the downgrade beside the heads that were kept.

Revision: 0013, after 0012.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from cases.store.column_types import LONG_TEXT, UtcDateTime
from cases.store.migrations import append_only_0003

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """Make the tables."""
    _make_samples()
    _make_readings()
    _make_golden_sets()
    _make_exercises()


def downgrade() -> None:
    """Drop them, and the events that the schema before has no word for."""
    dialect = op.get_bind().dialect.name
    for statement in append_only_0003.drop_statements(dialect, "events"):
        op.execute(statement)
    op.execute("DELETE FROM events WHERE kind IN ('sampled', 'read_again', 'adjudicated')")
    for statement in append_only_0003.create_statements(dialect, "events"):
        op.execute(statement)
    for table in (
        *("exercise_answers", "exercise_attempts", "golden_cases", "golden_sets"),
        *("qa_readings", "qa_sampled", "qa_samples"),
    ):
        op.drop_table(table)


def _make_samples() -> None:
    op.create_table(
        "qa_samples",
        _id("id"),
        _name("drawn_by"),
        sa.Column("drawn_at", UtcDateTime, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("queues", sa.JSON, nullable=True),
        sa.Column("among", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qa_samples")),
        **MYSQL,
    )
    op.create_index("ix_qa_samples_drawn_at", "qa_samples", ["drawn_at"])
    op.create_table(
        "qa_sampled",
        _id("id"),
        _id("sample_id"),
        _id("case_id"),
        _id("decision_id"),
        sa.Column("erased", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qa_sampled")),
        _refers("qa_sampled", "sample_id", "qa_samples"),
        _refers("qa_sampled", "case_id", "cases"),
        _refers("qa_sampled", "decision_id", "decisions"),
        sa.UniqueConstraint("decision_id", name=op.f("uq_qa_sampled_decision_id")),
        **MYSQL,
    )
    op.create_index("ix_qa_sampled_sample_id", "qa_sampled", ["sample_id"])
    op.create_index("ix_qa_sampled_case_id", "qa_sampled", ["case_id"])


def _make_readings() -> None:
    op.create_table(
        "qa_readings",
        _id("id"),
        _id("sampled_id"),
        _id("case_id"),
        sa.Column("kind", sa.String(16), nullable=False),
        _name("reader"),
        sa.Column("at", UtcDateTime, nullable=False),
        *_answer(),
        sa.Column("note", LONG_TEXT, nullable=False),
        sa.Column("stands", sa.String(16), nullable=True),
        sa.Column("own", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qa_readings")),
        _refers("qa_readings", "sampled_id", "qa_sampled"),
        _refers("qa_readings", "case_id", "cases"),
        sa.UniqueConstraint("sampled_id", "kind", name=op.f("uq_qa_readings_sampled_id_kind")),
        **MYSQL,
    )
    op.create_index("ix_qa_readings_case_id", "qa_readings", ["case_id"])
    op.create_index("ix_qa_readings_at", "qa_readings", ["at"])


def _make_golden_sets() -> None:
    op.create_table(
        "golden_sets",
        _id("id"),
        _name("title"),
        _name("made_by"),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden_sets")),
        **MYSQL,
    )
    op.create_table(
        "golden_cases",
        _id("id"),
        _id("set_id"),
        _id("case_id"),
        _id("content_id"),
        sa.Column("place", sa.Integer, nullable=False),
        *_answer(),
        sa.Column("explanation", LONG_TEXT, nullable=False),
        sa.Column("erased", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden_cases")),
        _refers("golden_cases", "set_id", "golden_sets"),
        _refers("golden_cases", "case_id", "cases"),
        sa.UniqueConstraint("set_id", "case_id", name=op.f("uq_golden_cases_set_id_case_id")),
        **MYSQL,
    )
    op.create_index("ix_golden_cases_case_id", "golden_cases", ["case_id"])


def _make_exercises() -> None:
    op.create_table(
        "exercise_attempts",
        _id("id"),
        _id("set_id"),
        _name("person"),
        sa.Column("begun_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exercise_attempts")),
        _refers("exercise_attempts", "set_id", "golden_sets"),
        **MYSQL,
    )
    op.create_index("ix_exercise_attempts_set_id", "exercise_attempts", ["set_id"])
    op.create_index("ix_exercise_attempts_person", "exercise_attempts", ["person"])
    op.create_table(
        "exercise_answers",
        _id("id"),
        _id("attempt_id"),
        _id("golden_case_id"),
        sa.Column("at", UtcDateTime, nullable=False),
        *_answer(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exercise_answers")),
        _refers("exercise_answers", "attempt_id", "exercise_attempts"),
        _refers("exercise_answers", "golden_case_id", "golden_cases"),
        sa.UniqueConstraint(
            "attempt_id", "golden_case_id", name=op.f("uq_exercise_answers_attempt_id_golden_case_id")
        ),
        **MYSQL,
    )
    op.create_index("ix_exercise_answers_golden_case_id", "exercise_answers", ["golden_case_id"])


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(36), nullable=False)


def _name(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(255), nullable=False)


def _answer() -> list[sa.Column[Any]]:
    return [
        sa.Column("category", sa.String(100), nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("action", sa.String(100), nullable=False),
    ]


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
