"""The record: what was reported, what it says, what a model and people made of it."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from cases.record import MAIN_QUEUE
from cases.store.column_types import LONG_TEXT, UtcDateTime
from cases.store.tables.conventions import MYSQL, code_column, id_column, metadata, name_column

subjects = Table(
    "subjects",
    metadata,
    id_column("id", primary_key=True),
    code_column("kind"),
    name_column("external_id"),
    UniqueConstraint("kind", "external_id"),
    **MYSQL,
)
# People look for an id without saying of what.
Index("ix_subjects_external_id", subjects.c.external_id)

cases = Table(
    "cases",
    metadata,
    id_column("id", primary_key=True),
    id_column("subject_id", ForeignKey("subjects.id")),
    code_column("ref_source", nullable=True),
    name_column("case_ref", nullable=True),
    # From here on the state, which `cases.life` makes of the events; docs/database.md says what each column means.
    # "open", "decided", "merged" or "erased"; that a case is claimed follows from its lease and the database's clock.
    Column("status", String(16), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("content_version", Integer, nullable=False),
    Column("order_key", Double, nullable=False),
    # The score that order_key comes from. No foreign key: scores point here, and a cycle could not be created.
    id_column("score_id"),
    Column("first_claimed_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
    code_column("queue", server_default=MAIN_QUEUE),
    Column("queue_fixed", Boolean, nullable=False, server_default=false()),
    Column("hold_until", UtcDateTime),
    Column("paused_seconds", Double, nullable=False, server_default=text("0")),
    name_column("assigned_to", nullable=True),
    Column("set_severity", Integer),
    code_column("set_priority", nullable=True),
    Column("rank_parts", JSON(none_as_null=True)),
    Column("rerank_at", UtcDateTime),
    # No foreign keys here either, for the same reason; merged_into could be one, and would only slow filing.
    id_column("decision_id"),
    Column("under_appeal", Boolean, nullable=False, server_default=false()),
    name_column("barred", nullable=True),
    Column("gathers", Boolean, nullable=False, server_default=true()),
    id_column("merged_into"),
    # For the indexes that claims go by; see cases/store/pools.py. No part of the state: they follow from it, from the
    # lease and from the clock.
    Column("pool", String(16), nullable=False, server_default="open"),
    Column("leased", Boolean, nullable=False, server_default=false()),
    Column("leased_until", UtcDateTime),
    # Under which policy and weights the order key was computed.
    code_column("ranked_by", server_default=""),
    # The severity by which it is due: the one that a person set, else the one shown; NULL where nobody said any.
    Column("level", Integer),
    UniqueConstraint("ref_source", "case_ref"),
    **MYSQL,
)
# The order of the queue; what is claimed next stands first in these indexes, of all queues, of one, of one's own.
QUEUE_ORDER = (cases.c.order_key.desc(), cases.c.received_at, cases.c.id)
Index("ix_cases_free", cases.c.pool, cases.c.leased, *QUEUE_ORDER)
Index("ix_cases_free_of_queue", cases.c.pool, cases.c.leased, cases.c.queue, *QUEUE_ORDER)
Index("ix_cases_assigned", cases.c.assigned_to, cases.c.pool, cases.c.leased, *QUEUE_ORDER)
Index("ix_cases_leased", cases.c.leased, cases.c.leased_until)
Index("ix_cases_held", cases.c.pool, cases.c.hold_until)
# What is listed, ranked again by the clock, or ranked again under other weights.
Index("ix_cases_queue", cases.c.status, *QUEUE_ORDER)
Index("ix_cases_one_queue", cases.c.status, cases.c.queue, *QUEUE_ORDER)
Index("ix_cases_rerank", cases.c.status, cases.c.rerank_at, cases.c.id)
# What is due; and all that a lead's figures are counted from, of some queues too, so that no row is looked up.
_STANDING = (cases.c.leased, cases.c.leased_until, cases.c.hold_until, cases.c.assigned_to)
Index(
    "ix_cases_standing",
    *(cases.c.status, cases.c.level, cases.c.received_at, cases.c.queue),
    *(cases.c.first_claimed_at, cases.c.paused_seconds, *_STANDING),
)
Index("ix_cases_ranked_by", cases.c.status, cases.c.ranked_by, cases.c.id)
Index("ix_cases_received_at_id", cases.c.received_at, cases.c.id)
Index("ix_cases_subject_id_status", cases.c.subject_id, cases.c.status)

reports = Table(
    "reports",
    metadata,
    id_column("id", primary_key=True),
    id_column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    code_column("source"),
    name_column("external_id"),
    code_column("channel"),
    Column("received_at", UtcDateTime, nullable=False),
    Column("filed_at", UtcDateTime, nullable=False),
    # What the report itself named, whatever its case is about. No index: nothing looks reports up by it, and subjects
    # are never deleted. (MariaDB makes one for the foreign key.)
    id_column("subject_id", ForeignKey("subjects.id")),
    UniqueConstraint("source", "external_id"),
    **MYSQL,
)
Index("ix_reports_flow", reports.c.filed_at, reports.c.received_at, reports.c.case_id)
Index("ix_reports_external_id", reports.c.external_id)

report_identities = Table(
    "report_identities",
    metadata,
    id_column("report_id", ForeignKey("reports.id"), primary_key=True),
    Column("reporter", LONG_TEXT, nullable=False),
    **MYSQL,
)

# One row for each report: what that report said. The text of version n is the rows 1..n, so a pile-on of ten
# thousand reports costs ten thousand rows and not ten thousand growing copies. Attributes are already merged.
contents = Table(
    "contents",
    metadata,
    id_column("id", primary_key=True),
    id_column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("version", Integer, nullable=False),
    id_column("report_id", ForeignKey("reports.id"), nullable=False, index=True),
    Column("title", LONG_TEXT, nullable=False),
    Column("description", LONG_TEXT, nullable=False),
    code_column("channel"),
    Column("attributes", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # What this report alone said, so that the others' can be merged anew when it leaves. NULL where that is the same
    # as `attributes` (the first report), and in rows from before revision 0003.
    Column("own_attributes", JSON(none_as_null=True)),
    # The version whose report has left the case: a row that says so has no text, and neither of the two is read.
    Column("withdraws", Integer),
    UniqueConstraint("case_id", "version"),
    **MYSQL,
)

# What a report that names neither subject nor case begins a case with, for finding those that say the same. Made of
# the text, and erased with it.
fingerprints = Table(
    "fingerprints",
    metadata,
    id_column("report_id", ForeignKey("reports.id"), primary_key=True),
    code_column("source"),
    Column("received_at", UtcDateTime, nullable=False),
    # SHA-256 of the normalised text.
    Column("digest", String(64), nullable=False),
    # 64 bits as 16 hexadecimal digits, and its four quarters; NULL for a text too short to be nearly the same.
    Column("simhash", String(16)),
    Column("band_1", Integer),
    Column("band_2", Integer),
    Column("band_3", Integer),
    Column("band_4", Integer),
    **MYSQL,
)
Index("ix_fingerprints_digest", fingerprints.c.digest)
for _band in (fingerprints.c.band_1, fingerprints.c.band_2, fingerprints.c.band_3, fingerprints.c.band_4):
    Index(f"ix_fingerprints_{_band.name}", _band, fingerprints.c.received_at)

scores = Table(
    "scores",
    metadata,
    id_column("id", primary_key=True),
    id_column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    # No foreign key here and in decisions: erasure removes content, and these rows keep its id.
    id_column("content_id", nullable=False),
    code_column("model"),
    name_column("model_version"),
    Column("taxonomy_version", Integer, nullable=False),
    Column("assembly_version", Integer, nullable=False),
    code_column("encoder_hash"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("category", JSON, nullable=False),
    Column("severity", JSON, nullable=False),
    Column("priority", JSON, nullable=False),
    # The likeliest of the two maps above, for SQL that cannot look into them. NULL where the map is empty.
    code_column("top_category", nullable=True),
    Column("top_severity", Integer),
    Column("order_key", Double, nullable=False),
    code_column("language"),
    Column("seconds", Double, nullable=False),
    Column("fallback", Boolean, nullable=False),
    # What the model knows of its own answer, since revision 0002; NULL in the rows from before, which never change.
    Column("severity_level", Integer),
    code_column("tier", nullable=True),
    Column("shortlist", JSON),
    Column("novelty_p", Double),
    code_column("sub_policy", nullable=True),
    # Since revision 0003.
    Column("changes_at", UtcDateTime),
    code_column("queue", nullable=True),
    # Since revision 0004: what the priority was computed from, and how the case came to its lane.
    Column("ranked_from", JSON(none_as_null=True)),
    Column("minutes", Double),
    Column("by_lot", Boolean),
    Column("propensity", Double),
    **MYSQL,
)
Index("ix_scores_content_id_model", scores.c.content_id, scores.c.model)

decisions = Table(
    "decisions",
    metadata,
    id_column("id", primary_key=True),
    id_column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    id_column("content_id", nullable=False),
    code_column("category"),
    code_column("sub_policy"),
    Column("other_categories", JSON, nullable=False),
    Column("severity", Integer, nullable=False),
    code_column("action"),
    code_column("reason"),
    name_column("decided_by"),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("claimed_at", UtcDateTime),
    Column("handling_seconds", Double),
    Column("lease_token", BigInteger),
    id_column("score_id", ForeignKey("scores.id")),
    Column("suggestion", String(16), nullable=False),
    Column("suggestion_shown", Boolean, nullable=False),
    # Since revision 0012, NULL before: whether it was kept from view. Not shown may also mean that there was none.
    Column("suggestion_hidden", Boolean),
    Column("suggested_rank", Integer),
    # Of those not withdrawn at most one reviews another: each case has one that stands, cases.decision_id.
    id_column("reviews", ForeignKey("decisions.id"), index=True),
    Column("overturns", Boolean, nullable=False),
    Column("after_reopening", Boolean, nullable=False, server_default=false()),
    id_column("bulk_id", index=True),
    **MYSQL,
)
Index("ix_decisions_decided_at", decisions.c.decided_at)

withdrawn_decisions = Table(
    "withdrawn_decisions",
    metadata,
    id_column("decision_id", ForeignKey("decisions.id"), primary_key=True),
    id_column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("withdrawn_at", UtcDateTime, nullable=False),
    name_column("withdrawn_by"),
    **MYSQL,
)

notes = Table(
    "notes",
    metadata,
    id_column("id", primary_key=True),
    id_column("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    id_column("decision_id", ForeignKey("decisions.id"), index=True),
    # What it was written beside: a decision, an escalation, an appeal.
    Column("kind", String(32), nullable=False),
    name_column("author"),
    Column("at", UtcDateTime, nullable=False),
    Column("text", LONG_TEXT, nullable=False),
    **MYSQL,
)
