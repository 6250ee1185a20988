"""What holds for a while: leases, who is not given a case again, and answers to requests that may be sent twice."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Integer, String, Table

from cases.store.column_types import LONG_TEXT, UtcDateTime
from cases.store.tables.conventions import MYSQL, id_column, metadata, name_column

leases = Table(
    "leases",
    metadata,
    id_column("case_id", ForeignKey("cases.id"), primary_key=True),
    name_column("holder"),
    # Grows with each claim of the case; the row outlives its lease so that it never starts again.
    Column("token", BigInteger, nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
    # By the database's clock, unlike every other time in this schema but its copy `cases.leased_until`.
    Column("expires_at", UtcDateTime, nullable=False),
    **MYSQL,
)

# Part of a case's state: who gave it back and is not given it again.
skips = Table(
    "skips",
    metadata,
    id_column("case_id", ForeignKey("cases.id"), primary_key=True),
    name_column("holder", primary_key=True),
    **MYSQL,
)

# What requests with an Idempotency-Key were answered, by the digest of caller and key; `cases/store/answering.py`.
# Times by the database's clock. The body may hold a case's text, so no foreign key keeps it from being erased.
idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("busy_until", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("status", Integer),
    Column("headers", JSON, nullable=False),
    Column("body", LONG_TEXT, nullable=False),
    id_column("case_id", index=True),
    **MYSQL,
)
