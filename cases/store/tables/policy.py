"""What the service goes by: the models that were promoted, and the policy's severities."""

from __future__ import annotations

from sqlalchemy import Column, Double, Integer, String, Table

from cases.store.column_types import SEQUENCE, UtcDateTime
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
