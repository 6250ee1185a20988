"""Two tables as 0002 and 0003 have them: SQLite changes little about a table that is there, so it is made anew."""

from __future__ import annotations

import sqlalchemy as sa

from cases.store.column_types import LONG_TEXT, UtcDateTime


def _metadata() -> sa.MetaData:
    naming = {
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
    return sa.MetaData(naming_convention=naming)


def decisions_table(*, unique: bool) -> sa.Table:
    """The table decisions; `unique` as 0002 has it, where a decision is reviewed once for good."""
    metadata = _metadata()
    for name in ("cases", "scores"):
        sa.Table(name, metadata, sa.Column("id", sa.String(36), primary_key=True))
    table = sa.Table(
        "decisions",
        metadata,
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("case_id", sa.String(36), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("content_id", sa.String(36), nullable=False),
        *(sa.Column(name, sa.String(100), nullable=False) for name in ("category", "sub_policy")),
        sa.Column("other_categories", sa.JSON, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String(100), nullable=False) for name in ("action", "reason")),
        sa.Column("decided_by", sa.String(255), nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=False),
        sa.Column("claimed_at", UtcDateTime),
        sa.Column("handling_seconds", sa.Double),
        sa.Column("lease_token", sa.BigInteger),
        sa.Column("score_id", sa.String(36), sa.ForeignKey("scores.id")),
        sa.Column("suggestion", sa.String(16), nullable=False),
        sa.Column("suggestion_shown", sa.Boolean, nullable=False),
        sa.Column("suggested_rank", sa.Integer),
        sa.Column("reviews", sa.String(36), sa.ForeignKey("decisions.id"), unique=unique),
        sa.Column("overturns", sa.Boolean, nullable=False),
    )
    if not unique:
        table.append_column(sa.Column("after_reopening", sa.Boolean, nullable=False, server_default=sa.false()))
        table.append_column(sa.Column("bulk_id", sa.String(36)))
    for name in ("case_id",) if unique else ("case_id", "reviews", "bulk_id"):
        sa.Index(f"ix_decisions_{name}", table.c[name])
    return table


def notes_table(*, wide: bool, filled: bool = True) -> sa.Table:
    """The table notes; `wide` as 0003 has it, and before its new columns are `filled` they may be NULL."""
    metadata = _metadata()
    for name in ("cases", "decisions"):
        sa.Table(name, metadata, sa.Column("id", sa.String(36), primary_key=True))
    table = sa.Table(
        "notes",
        metadata,
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("case_id", sa.String(36), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("decision_id", sa.String(36), sa.ForeignKey("decisions.id"), nullable=wide),
        sa.Column("text", LONG_TEXT, nullable=False),
    )
    if wide:
        for column in (
            sa.Column("kind", sa.String(32), nullable=not filled),
            sa.Column("author", sa.String(255), nullable=not filled),
            sa.Column("at", UtcDateTime, nullable=not filled),
        ):
            table.append_column(column)
    for name in ("case_id", "decision_id"):
        # By their names: one that is left to the naming convention is not made anew with the table.
        sa.Index(f"ix_notes_{name}", table.c[name])
    return table
