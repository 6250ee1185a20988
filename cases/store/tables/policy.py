"""What the service goes by: the models that were promoted and that could be, the weights, the policy's severities."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Double, Integer, String, Table

from cases.store.column_types import LONG_TEXT, SEQUENCE, UtcDateTime
from cases.store.tables.conventions import MYSQL, code_column, metadata, name_column

champions = Table(
    "champions",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    name_column("name"),
    name_column("version"),
    Column("sha256", String(64), nullable=False),
    Column("promoted_at", UtcDateTime, nullable=False),
    name_column("promoted_by"),
    sqlite_autoincrement=True,
    **MYSQL,
)

# The taxonomy's levels, copied here by register_policy for the view first_touch_sla.
severity_levels = Table(
    "severity_levels",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    code_column("name"),
    Column("first_touch_seconds", Double, nullable=False),
    **MYSQL,
)

# Models that were registered, with what they showed on the cases held out.
challengers = Table(
    "challengers",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    name_column("name"),
    name_column("version"),
    Column("sha256", String(64), nullable=False),
    Column("registered_at", UtcDateTime, nullable=False),
    # How many cases were held out, and of each figure [value, low, high].
    Column("held_out", Integer, nullable=False),
    Column("figures", JSON, nullable=False),
    sqlite_autoincrement=True,
    **MYSQL,
)

# Files of weights that were proposed and replayed against the weights of that day.
weight_trials = Table(
    "weight_trials",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False),
    Column("text", LONG_TEXT, nullable=False),
    Column("against", String(16), nullable=False),
    name_column("proposed_by"),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    name_column("progress"),
    # By the database's clock: whoever plays it says so every few seconds.
    Column("beat_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("outcome", JSON(none_as_null=True)),
    # 1 while it is played and NULL ever after: one at a time.
    Column("slot", Integer, unique=True),
    sqlite_autoincrement=True,
    **MYSQL,
)

# Weights that were adopted; the last row counts, while the file that it took the place of stays as it was.
adopted_weights = Table(
    "adopted_weights",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False),
    Column("text", LONG_TEXT, nullable=False),
    # What tells the file's weights apart at that time.
    Column("in_place_of", String(16), nullable=False),
    Column("adopted_at", UtcDateTime, nullable=False),
    name_column("adopted_by"),
    sqlite_autoincrement=True,
    **MYSQL,
)
