"""The quality of decisions: samples, second readings and what was settled, golden sets and exercises with them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
)

from cases.store.column_types import LONG_TEXT, UtcDateTime
from cases.store.tables.conventions import MYSQL, code_column, id_column, metadata, name_column

qa_samples = Table(
    "qa_samples",
    metadata,
    id_column("id", primary_key=True),
    name_column("drawn_by"),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("days", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    # With it, and the decisions that there were, the same are drawn again.
    Column("seed", BigInteger, nullable=False),
    # The queues that were drawn from; NULL for all.
    Column("queues", JSON(none_as_null=True)),
    # How many decisions could have been drawn.
    Column("among", Integer, nullable=False),
    **MYSQL,
)
Index("ix_qa_samples_drawn_at", qa_samples.c.drawn_at)

qa_sampled = Table(
    "qa_sampled",
    metadata,
    id_column("id", primary_key=True),
    id_column("sample_id", ForeignKey("qa_samples.id"), nullable=False, index=True),
    id_column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    # Drawn once at most: read twice already, it would count twice.
    id_column("decision_id", ForeignKey("decisions.id"), nullable=False, unique=True),
    # Whether something of the text was erased since.
    Column("erased", Boolean, nullable=False, server_default=false()),
    **MYSQL,
)

qa_readings = Table(
    "qa_readings",
    metadata,
    id_column("id", primary_key=True),
    id_column("sampled_id", ForeignKey("qa_sampled.id"), nullable=False),
    id_column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    # "second" or "adjudication".
    Column("kind", String(16), nullable=False),
    name_column("reader"),
    Column("at", UtcDateTime, nullable=False, index=True),
    code_column("category"),
    Column("severity", Integer, nullable=False),
    code_column("action"),
    # People's own words; erased with the case's text.
    Column("note", LONG_TEXT, nullable=False),
    # Of an adjudication: which reading stands, and whether one of the two readers said so.
    Column("stands", String(16)),
    Column("own", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("sampled_id", "kind"),
    **MYSQL,
)

golden_sets = Table(
    "golden_sets",
    metadata,
    id_column("id", primary_key=True),
    name_column("title"),
    name_column("made_by"),
    Column("made_at", UtcDateTime, nullable=False),
    **MYSQL,
)

golden_cases = Table(
    "golden_cases",
    metadata,
    id_column("id", primary_key=True),
    id_column("set_id", ForeignKey("golden_sets.id"), nullable=False),
    id_column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    id_column("content_id", nullable=False),
    Column("place", Integer, nullable=False),
    code_column("category"),
    Column("severity", Integer, nullable=False),
    code_column("action"),
    # Why that is right, in a lead's own words; erased with the case's text.
    Column("explanation", LONG_TEXT, nullable=False),
    Column("erased", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("set_id", "case_id"),
    **MYSQL,
)

exercise_attempts = Table(
    "exercise_attempts",
    metadata,
    id_column("id", primary_key=True),
    id_column("set_id", ForeignKey("golden_sets.id"), nullable=False, index=True),
    name_column("person"),
    Column("begun_at", UtcDateTime, nullable=False),
    **MYSQL,
)
Index("ix_exercise_attempts_person", exercise_attempts.c.person)

exercise_answers = Table(
    "exercise_answers",
    metadata,
    id_column("id", primary_key=True),
    id_column("attempt_id", ForeignKey("exercise_attempts.id"), nullable=False),
    id_column("golden_case_id", ForeignKey("golden_cases.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    code_column("category"),
    Column("severity", Integer, nullable=False),
    code_column("action"),
    UniqueConstraint("attempt_id", "golden_case_id"),
    **MYSQL,
)
