"""What happened, told for good: events, the seals that chain them, and that something was erased."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table

from cases.store.column_types import LONG_TEXT, SEQUENCE, UtcDateTime
from cases.store.tables.conventions import MYSQL, code_column, id_column, metadata, name_column

events = Table(
    "events",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    id_column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    name_column("actor"),
    Column("data", JSON, nullable=False),
    sqlite_autoincrement=True,
    **MYSQL,
)

# What `cases.seals.Seal` says; gaps and late are ranges as text. No foreign keys: no writer of events waits for it.
seals = Table(
    "seals",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("first_event", BigInteger, nullable=False),
    Column("last_event", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    Column("gaps", LONG_TEXT, nullable=False),
    Column("late", LONG_TEXT, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("marks", LONG_TEXT, nullable=False),
    # Of two that seal at once, one comes first.
    Column("previous_head", String(64), nullable=False, unique=True),
    Column("head", String(64), nullable=False),
    Column("algorithm", String(16), nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False, index=True),
    **MYSQL,
)

# That something was erased, when, by whom and how much; never what, and never of whom.
erasures = Table(
    "erasures",
    metadata,
    id_column("id", primary_key=True),
    code_column("kind"),
    Column("at", UtcDateTime, nullable=False),
    name_column("erased_by"),
    # How many of each, by name.
    Column("counts", JSON, nullable=False),
    # Where it has yet to reach, by name, and the ids of the cases that it touched; NULL once it has reached all.
    Column("pending", JSON(none_as_null=True)),
    Column("case_ids", JSON(none_as_null=True)),
    Column("finished_at", UtcDateTime),
    **MYSQL,
)
Index("ix_erasures_finished_at", erasures.c.finished_at)
