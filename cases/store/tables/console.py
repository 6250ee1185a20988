"""What the console keeps of people: that they signed in, and what they chose."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, String, Table

from cases.store.column_types import UtcDateTime
from cases.store.tables.conventions import MYSQL, metadata, name_column

# Codes that sign in once, and the sessions that they began; both are kept as digests only.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("sha256", String(64), primary_key=True),
    name_column("person"),
    Column("kind", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    **MYSQL,
)
Index("ix_sign_ins_expires_at", sign_ins.c.expires_at)
Index("ix_sign_ins_person", sign_ins.c.person)

choices = Table(
    "choices",
    metadata,
    name_column("person", primary_key=True),
    Column("chosen", JSON, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    **MYSQL,
)
