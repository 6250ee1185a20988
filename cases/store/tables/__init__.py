"""The schema as SQLAlchemy sees it. docs/database.md says who writes what; the migrations make it.

Append-only, held by triggers: contents (no UPDATE); scores, decisions, withdrawn_decisions, events, seals, champions,
challengers, adopted_weights, fires, fire_cases, fire_ends (neither UPDATE nor DELETE). Erasable: the rows of
report_identities, notes, letters, fire_notes, contents and fingerprints, the words in qa_readings and golden_cases;
`erasing` erases them, and `erasures` says that it was done.
"""

from __future__ import annotations

from cases.store.tables.access import callers, inbound_sources, people
from cases.store.tables.console import choices, sign_ins
from cases.store.tables.conventions import CODE_LENGTH, ID_LENGTH, MYSQL, NAME_LENGTH, metadata
from cases.store.tables.fires import fire_cases, fire_ends, fire_notes, fire_states, fires
from cases.store.tables.history import erasures, events, seals
from cases.store.tables.letters import letters
from cases.store.tables.policy import adopted_weights, challengers, champions, severity_levels, weight_trials
from cases.store.tables.quality import (
    exercise_answers,
    exercise_attempts,
    golden_cases,
    golden_sets,
    qa_readings,
    qa_sampled,
    qa_samples,
)
from cases.store.tables.record import (
    QUEUE_ORDER,
    cases,
    contents,
    decisions,
    fingerprints,
    notes,
    report_identities,
    reports,
    scores,
    subjects,
    withdrawn_decisions,
)
from cases.store.tables.telling import deliveries, event_readers, standing_alarms, told_once, webhooks
from cases.store.tables.work import idempotent_answers, leases, skips

__all__ = [
    "CODE_LENGTH",
    "ID_LENGTH",
    "MYSQL",
    "NAME_LENGTH",
    "QUEUE_ORDER",
    "adopted_weights",
    "callers",
    "cases",
    "challengers",
    "champions",
    "choices",
    "contents",
    "decisions",
    "deliveries",
    "erasures",
    "event_readers",
    "events",
    "exercise_answers",
    "exercise_attempts",
    "fingerprints",
    "fire_cases",
    "fire_ends",
    "fire_notes",
    "fire_states",
    "fires",
    "golden_cases",
    "golden_sets",
    "idempotent_answers",
    "inbound_sources",
    "leases",
    "letters",
    "metadata",
    "notes",
    "people",
    "qa_readings",
    "qa_sampled",
    "qa_samples",
    "report_identities",
    "reports",
    "scores",
    "seals",
    "severity_levels",
    "sign_ins",
    "skips",
    "standing_alarms",
    "subjects",
    "told_once",
    "webhooks",
    "weight_trials",
    "withdrawn_decisions",
]
