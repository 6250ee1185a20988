"""The schema as SQLAlchemy sees it. docs/database.md says who writes what; the migrations make it.

Append-only, held by triggers: contents (no UPDATE), scores, decisions, withdrawn_decisions, events, seals, champions
(neither UPDATE nor DELETE). Erasable: the rows of report_identities, notes, contents and fingerprints; `erasing`
erases them, and `erasures` says that it was done.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from cases.record import MAIN_QUEUE
from cases.store.column_types import LONG_TEXT, SEQUENCE, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A binary collation: two external ids that differ in case are two ids, as they are on the other databases.
MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}

ID_LENGTH = 36
CODE_LENGTH = 100  # sources, kinds, channels, categories, reasons
NAME_LENGTH = 255  # people's and systems' names, outside ids


def _id(name: str, *args: Any, **kwargs: Any) -> Column[str]:  # noqa: ANN401 - passed on to Column
    return Column(name, String(ID_LENGTH), *args, **kwargs)


def _code(name: str, **kwargs: Any) -> Column[str]:  # noqa: ANN401 - passed on to Column
    return Column(name, String(CODE_LENGTH), nullable=kwargs.pop("nullable", False), **kwargs)


def _name(name: str, **kwargs: Any) -> Column[str]:  # noqa: ANN401 - passed on to Column
    return Column(name, String(NAME_LENGTH), nullable=kwargs.pop("nullable", False), **kwargs)


subjects = Table(
    "subjects",
    metadata,
    _id("id", primary_key=True),
    _code("kind"),
    _name("external_id"),
    UniqueConstraint("kind", "external_id"),
    **MYSQL,
)

cases = Table(
    "cases",
    metadata,
    _id("id", primary_key=True),
    _id("subject_id", ForeignKey("subjects.id")),
    _code("ref_source", nullable=True),
    _name("case_ref", nullable=True),
    # From here on the state, which `cases.life` makes of the events; docs/database.md says what each column means.
    # "open", "decided", "merged" or "erased"; that a case is claimed follows from its lease and the database's clock.
    Column("status", String(16), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("content_version", Integer, nullable=False),
    Column("order_key", Double, nullable=False),
    # The score that order_key comes from. No foreign key: scores point here, and a cycle could not be created.
    _id("score_id"),
    Column("first_claimed_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
    _code("queue", server_default=MAIN_QUEUE),
    Column("queue_fixed", Boolean, nullable=False, server_default=false()),
    Column("hold_until", UtcDateTime),
    Column("paused_seconds", Double, nullable=False, server_default=text("0")),
    _name("assigned_to", nullable=True),
    Column("set_severity", Integer),
    _code("set_priority", nullable=True),
    Column("rank_parts", JSON(none_as_null=True)),
    Column("rerank_at", UtcDateTime),
    # No foreign keys here either, for the same reason; merged_into could be one, and would only slow filing.
    _id("decision_id"),
    Column("under_appeal", Boolean, nullable=False, server_default=false()),
    _name("barred", nullable=True),
    Column("gathers", Boolean, nullable=False, server_default=true()),
    _id("merged_into"),
    # For the indexes that claims go by; see cases/store/pools.py. No part of the state: they follow from it, from the
    # lease and from the clock.
    Column("pool", String(16), nullable=False, server_default="open"),
    Column("leased", Boolean, nullable=False, server_default=false()),
    Column("leased_until", UtcDateTime),
    # Under which policy and weights the order key was computed.
    _code("ranked_by", server_default=""),
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
Index("ix_cases_due", cases.c.status, cases.c.level, cases.c.received_at)
Index("ix_cases_ranked_by", cases.c.status, cases.c.ranked_by, cases.c.id)
Index("ix_cases_received_at_id", cases.c.received_at, cases.c.id)
Index("ix_cases_subject_id_status", cases.c.subject_id, cases.c.status)

reports = Table(
    "reports",
    metadata,
    _id("id", primary_key=True),
    _id("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    _code("source"),
    _name("external_id"),
    _code("channel"),
    Column("received_at", UtcDateTime, nullable=False),
    Column("filed_at", UtcDateTime, nullable=False),
    # What the report itself named, whatever its case is about. No index: nothing looks reports up by it, and subjects
    # are never deleted. (MariaDB makes one for the foreign key.)
    _id("subject_id", ForeignKey("subjects.id")),
    UniqueConstraint("source", "external_id"),
    **MYSQL,
)

Index("ix_reports_filed_at", reports.c.filed_at)

report_identities = Table(
    "report_identities",
    metadata,
    _id("report_id", ForeignKey("reports.id"), primary_key=True),
    Column("reporter", LONG_TEXT, nullable=False),
    **MYSQL,
)

# One row for each report: what that report said. The text of version n is the rows 1..n, so a pile-on of ten
# thousand reports costs ten thousand rows and not ten thousand growing copies. Attributes are already merged.
contents = Table(
    "contents",
    metadata,
    _id("id", primary_key=True),
    _id("case_id", ForeignKey("cases.id"), nullable=False),
    Column("version", Integer, nullable=False),
    _id("report_id", ForeignKey("reports.id"), nullable=False, index=True),
    Column("title", LONG_TEXT, nullable=False),
    Column("description", LONG_TEXT, nullable=False),
    _code("channel"),
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
    _id("report_id", ForeignKey("reports.id"), primary_key=True),
    _code("source"),
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
    _id("id", primary_key=True),
    _id("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    # No foreign key here and in decisions: erasure removes content, and these rows keep its id.
    _id("content_id", nullable=False),
    _code("model"),
    _name("model_version"),
    Column("taxonomy_version", Integer, nullable=False),
    Column("assembly_version", Integer, nullable=False),
    _code("encoder_hash"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("category", JSON, nullable=False),
    Column("severity", JSON, nullable=False),
    Column("priority", JSON, nullable=False),
    # The likeliest of the two maps above, for SQL that cannot look into them. NULL where the map is empty.
    _code("top_category", nullable=True),
    Column("top_severity", Integer),
    Column("order_key", Double, nullable=False),
    _code("language"),
    Column("seconds", Double, nullable=False),
    Column("fallback", Boolean, nullable=False),
    # What the model knows of its own answer, since revision 0002; NULL in the rows from before, which never change.
    Column("severity_level", Integer),
    _code("tier", nullable=True),
    Column("shortlist", JSON),
    Column("novelty_p", Double),
    _code("sub_policy", nullable=True),
    # Since revision 0003.
    Column("changes_at", UtcDateTime),
    _code("queue", nullable=True),
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
    _id("id", primary_key=True),
    _id("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    _id("content_id", nullable=False),
    _code("category"),
    _code("sub_policy"),
    Column("other_categories", JSON, nullable=False),
    Column("severity", Integer, nullable=False),
    _code("action"),
    _code("reason"),
    _name("decided_by"),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("claimed_at", UtcDateTime),
    Column("handling_seconds", Double),
    Column("lease_token", BigInteger),
    _id("score_id", ForeignKey("scores.id")),
    Column("suggestion", String(16), nullable=False),
    Column("suggestion_shown", Boolean, nullable=False),
    Column("suggested_rank", Integer),
    # Of those not withdrawn at most one reviews another: each case has one that stands, cases.decision_id.
    _id("reviews", ForeignKey("decisions.id"), index=True),
    Column("overturns", Boolean, nullable=False),
    Column("after_reopening", Boolean, nullable=False, server_default=false()),
    _id("bulk_id", index=True),
    **MYSQL,
)

Index("ix_decisions_decided_at", decisions.c.decided_at)

withdrawn_decisions = Table(
    "withdrawn_decisions",
    metadata,
    _id("decision_id", ForeignKey("decisions.id"), primary_key=True),
    _id("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("withdrawn_at", UtcDateTime, nullable=False),
    _name("withdrawn_by"),
    **MYSQL,
)

notes = Table(
    "notes",
    metadata,
    _id("id", primary_key=True),
    _id("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    _id("decision_id", ForeignKey("decisions.id"), index=True),
    # What it was written beside: a decision, an escalation, an appeal.
    Column("kind", String(32), nullable=False),
    _name("author"),
    Column("at", UtcDateTime, nullable=False),
    Column("text", LONG_TEXT, nullable=False),
    **MYSQL,
)

events = Table(
    "events",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    _id("case_id", ForeignKey("cases.id"), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _name("actor"),
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

leases = Table(
    "leases",
    metadata,
    _id("case_id", ForeignKey("cases.id"), primary_key=True),
    _name("holder"),
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
    _id("case_id", ForeignKey("cases.id"), primary_key=True),
    _name("holder", primary_key=True),
    **MYSQL,
)

champions = Table(
    "champions",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    _name("name"),
    _name("version"),
    Column("sha256", String(64), nullable=False),
    Column("promoted_at", UtcDateTime, nullable=False),
    _name("promoted_by"),
    sqlite_autoincrement=True,
    **MYSQL,
)

callers = Table(
    "callers",
    metadata,
    _name("name", primary_key=True),
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
    _name("name", primary_key=True),
    Column("roles", JSON, nullable=False, server_default=text("'[]'")),
    Column("queues", JSON(none_as_null=True)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
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
    _id("case_id", index=True),
    **MYSQL,
)

# Who is told of events. `serving.webhooks` signs with `secret`, and with `old_secret` too until `old_until`.
webhooks = Table(
    "webhooks",
    metadata,
    _id("id", primary_key=True),
    Column("url", String(2000), nullable=False),
    Column("events", JSON, nullable=False),
    # NULL of the receiver that the environment names, whose secret stays there, and of one that was removed.
    _name("secret", nullable=True),
    _name("old_secret", nullable=True),
    Column("old_until", UtcDateTime),
    # The last event that there was when it was added: it is told of later ones.
    Column("from_event", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("paused_at", UtcDateTime),
    _code("paused_because", nullable=True),
    Column("removed_at", UtcDateTime),
    **MYSQL,
)

# What a receiver is to be told, or was; ids ascend in the order of the log.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", SEQUENCE, primary_key=True, autoincrement=True),
    _id("webhook_id", ForeignKey("webhooks.id"), nullable=False),
    Column("event_id", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    # The case, or the alarm: what is told of one is told in order.
    Column("about", String(64), nullable=False),
    Column("event_at", UtcDateTime, nullable=False),
    Column("payload", JSON, nullable=False),
    # "pending", "delivered" or "dead".
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_at", UtcDateTime, nullable=False),
    # By the database's clock, as all leases; whoever sends it does so under the number of its attempt.
    Column("leased_until", UtcDateTime),
    Column("last_status", String(64), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    UniqueConstraint("webhook_id", "event_id"),
    sqlite_autoincrement=True,
    **MYSQL,
)
Index("ix_deliveries_due", deliveries.c.state, deliveries.c.webhook_id, deliveries.c.next_at, deliveries.c.id)
Index("ix_deliveries_before", deliveries.c.webhook_id, deliveries.c.about, deliveries.c.state, deliveries.c.id)
Index("ix_deliveries_done", deliveries.c.state, deliveries.c.done_at)
Index("ix_deliveries_counted", deliveries.c.state, deliveries.c.kind, deliveries.c.created_at)

# What a receiver is told once and never again, also when its delivery is no longer kept.
told_once = Table(
    "told_once",
    metadata,
    _id("webhook_id", ForeignKey("webhooks.id"), primary_key=True),
    Column("event_id", String(64), primary_key=True),
    **MYSQL,
)

# How far somebody has read the log of events, and which numbers below were not there yet, with when that was seen.
event_readers = Table(
    "event_readers",
    metadata,
    _code("name", primary_key=True),
    Column("read_up_to", BigInteger, nullable=False),
    Column("gaps", JSON, nullable=False),
    **MYSQL,
)

# Which alarms hold, so that several services tell of each once.
standing_alarms = Table(
    "standing_alarms",
    metadata,
    Column("alarm", String(64), primary_key=True),
    Column("raised_at", UtcDateTime, nullable=False),
    **MYSQL,
)

# Systems that send reports signed, by the reports' source.
inbound_sources = Table(
    "inbound_sources",
    metadata,
    _code("source", primary_key=True),
    Column("kind", String(16), nullable=False),
    # NULL of one that was removed.
    _name("secret", nullable=True),
    _name("old_secret", nullable=True),
    Column("old_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    **MYSQL,
)

# That something was erased, when, by whom and how much; never what, and never of whom.
erasures = Table(
    "erasures",
    metadata,
    _id("id", primary_key=True),
    _code("kind"),
    Column("at", UtcDateTime, nullable=False),
    _name("erased_by"),
    # How many of each, by name.
    Column("counts", JSON, nullable=False),
    # Where it has yet to reach, by name, and the ids of the cases that it touched; NULL once it has reached all.
    Column("pending", JSON(none_as_null=True)),
    Column("case_ids", JSON(none_as_null=True)),
    Column("finished_at", UtcDateTime),
    **MYSQL,
)
Index("ix_erasures_finished_at", erasures.c.finished_at)

# The taxonomy's levels, copied here by register_policy for the view first_touch_sla.
severity_levels = Table(
    "severity_levels",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    _code("name"),
    Column("first_touch_seconds", Double, nullable=False),
    **MYSQL,
)
