"""The words for decisions: each version of each letter. They are a case's text, and erased with it."""

from __future__ import annotations

from sqlalchemy import Column, Double, ForeignKey, Integer, String, Table, UniqueConstraint

from cases.store.column_types import LONG_TEXT, UtcDateTime
from cases.store.tables.conventions import MYSQL, id_column, metadata, name_column

letters = Table(
    "letters",
    metadata,
    id_column("id", primary_key=True),
    id_column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    id_column("decision_id", ForeignKey("decisions.id"), nullable=False),
    # Whom it is for, or that it is the statement of reasons.
    Column("audience", String(16), nullable=False),
    # 1 is the template's, filled in.
    Column("version", Integer, nullable=False),
    name_column("author"),
    Column("at", UtcDateTime, nullable=False),
    Column("subject_line", LONG_TEXT, nullable=False),
    Column("body", LONG_TEXT, nullable=False),
    # Why no message is to be sent; empty where one may be.
    Column("withheld", LONG_TEXT, nullable=False),
    name_column("template_id"),
    name_column("template_version"),
    Column("language", String(16), nullable=False),
    # The share of words that are not the template's.
    Column("changed", Double, nullable=False),
    UniqueConstraint("decision_id", "audience", "version"),
    **MYSQL,
)
