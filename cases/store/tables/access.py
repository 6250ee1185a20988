"""Who may call: systems with keys, people behind a proxy, systems that sign."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, String, Table, text

from cases.store.column_types import UtcDateTime
from cases.store.tables.conventions import MYSQL, code_column, metadata, name_column

callers = Table(
    "callers",
    metadata,
    name_column("name", primary_key=True),
    Column("key_sha256", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    # Since revision 0006. Without a role a key may do nothing.
    Column("roles", JSON, nullable=False, server_default=text("'[]'")),
    # Those that it is kept to; NULL for all.
    Column("queues", JSON(none_as_null=True)),
    Column("expires_at", UtcDateTime),
    # The key of before a rotation, good until then.
    Column("old_key_sha256", String(64)),
    Column("old_expires_at", UtcDateTime),
    **MYSQL,
)
Index("ix_callers_old_key_sha256", callers.c.old_key_sha256, unique=True)

# People whom a trusted proxy signs in; none has a key.
people = Table(
    "people",
    metadata,
    name_column("name", primary_key=True),
    Column("roles", JSON, nullable=False, server_default=text("'[]'")),
    Column("queues", JSON(none_as_null=True)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    **MYSQL,
)

# Systems that send reports signed, by the reports' source.
inbound_sources = Table(
    "inbound_sources",
    metadata,
    code_column("source", primary_key=True),
    Column("kind", String(16), nullable=False),
    # NULL of one that was removed.
    name_column("secret", nullable=True),
    name_column("old_secret", nullable=True),
    Column("old_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    **MYSQL,
)
