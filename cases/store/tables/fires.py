"""New fires: what began, what it was seen from, whether it still burns, how it ended, and what was written then."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Double, ForeignKey, Index, Integer, String, Table

from cases.store.column_types import LONG_TEXT, UtcDateTime
from cases.store.tables.conventions import MYSQL, code_column, id_column, metadata, name_column

fires = Table(
    "fires",
    metadata,
    id_column("id", primary_key=True),
    Column("kind", String(32), nullable=False),
    code_column("category", nullable=True),
    id_column("subject_id", ForeignKey("subjects.id")),
    Column("window_seconds", Integer, nullable=False),
    # Cases, or reports on the subject, when it began.
    Column("arrivals", Integer, nullable=False),
    # Both NULL of a new kind.
    Column("expected", Double),
    Column("p_value", Double),
    Column("teams", JSON, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    **MYSQL,
)

# Some of the cases that it was seen from, the ones to name first.
fire_cases = Table(
    "fire_cases",
    metadata,
    id_column("fire_id", ForeignKey("fires.id"), primary_key=True),
    id_column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("place", Integer, nullable=False),
    **MYSQL,
)
Index("ix_fire_cases_case_id", fire_cases.c.case_id)

# Told as over: after a quiet day, or because somebody said that they know.
fire_ends = Table(
    "fire_ends",
    metadata,
    id_column("fire_id", ForeignKey("fires.id"), primary_key=True),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("because", String(16), nullable=False),
    name_column("ended_by"),
    **MYSQL,
)

fire_notes = Table(
    "fire_notes",
    metadata,
    id_column("fire_id", ForeignKey("fires.id"), primary_key=True),
    name_column("author"),
    Column("written_at", UtcDateTime, nullable=False),
    Column("text", LONG_TEXT, nullable=False),
    **MYSQL,
)

# One row for each fire, and one without a fire that whoever keeps fires locks: of two services one comes first.
fire_states = Table(
    "fire_states",
    metadata,
    id_column("fire_id", primary_key=True),
    # What burns, once at a time; NULL once what began it has been gone for a day.
    Column("standing", String(160), unique=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("arrivals", Integer, nullable=False),
    # Of a new kind the latest cases that it was seen from, by which it is known again.
    Column("members", JSON, nullable=False),
    **MYSQL,
)
