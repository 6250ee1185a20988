"""The words and values of handling a case: why it was given back or kept back, what became of it in bulk, notes.

The reasons are codes of a fixed set, so that they can be counted; a person's own words go into a note.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.ids import BulkId, CaseId, DecisionId, NoteId


class SkipReason(StrEnum):
    """Why an associate gives a case back and should not be given it again."""

    CONFLICT_OF_INTEREST = "conflict_of_interest"
    LANGUAGE = "language"
    EXPERTISE = "expertise"
    DISTRESSING = "distressing"
    OTHER = "other"


class HoldReason(StrEnum):
    """What a case on hold waits for."""

    AWAITING_REPORTER = "awaiting_reporter"
    AWAITING_SUBJECT = "awaiting_subject"
    AWAITING_TEAM = "awaiting_team"
    AWAITING_EVIDENCE = "awaiting_evidence"
    OTHER = "other"


class ReopenReason(StrEnum):
    """Why a decided case is looked at again though nobody appealed."""

    MISTAKE = "mistake"
    NEW_EVIDENCE = "new_evidence"
    POLICY_CHANGE = "policy_change"
    QUALITY_REVIEW = "quality_review"
    OTHER = "other"


class RankReason(StrEnum):
    """Why a person sets a case's severity or priority."""

    MISJUDGED = "misjudged"
    NEW_INFORMATION = "new_information"
    OUTSIDE_PRESSURE = "outside_pressure"
    DEADLINE = "deadline"
    OTHER = "other"


class RerankCause(StrEnum):
    """Why the order key of a case was computed anew."""

    CLOCK = "clock"
    POLICY = "policy"
    FORMULA = "formula"


class Outcome(StrEnum):
    """What a decision on an appeal makes of the decision appealed."""

    UPHOLD = "uphold"
    OVERTURN = "overturn"


class NoteKind(StrEnum):
    """What a note was written beside."""

    DECISION = "decision"
    ESCALATION = "escalation"
    APPEAL = "appeal"


@dataclass(frozen=True, slots=True)
class Note:
    """A person's own words on a case; erasable, and in no event, log or error."""

    id: NoteId
    case_id: CaseId
    kind: NoteKind
    author: str
    at: datetime
    text: str
    decision_id: DecisionId | None = None


class BulkState(StrEnum):
    """What a decision in bulk finds, or makes, of a case.

    Free: it would be decided. The others are left as they are, and say why: held (another's lease), on hold,
    assigned (to another), appealed (an appeal must be upheld or overturned one by one), decided, merged, erased (its
    text), unknown (no such case), not yours (in a queue that they do not see). Touched, of an undo: decided, reopened
    or appealed since, or withdrawn already.
    """

    FREE = "free"
    HELD = "held"
    ON_HOLD = "on_hold"
    ASSIGNED = "assigned"
    APPEALED = "appealed"
    DECIDED = "decided"
    MERGED = "merged"
    ERASED = "erased"
    UNKNOWN = "unknown"
    NOT_YOURS = "not_yours"
    WITHDRAWN = "withdrawn"
    TOUCHED = "touched"


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One case of a bulk.

    Attributes:
        state: How it was found.
        decision_id: What was taken, or withdrawn; None where the case was left alone.
    """

    case_id: CaseId
    state: BulkState
    decision_id: DecisionId | None = None


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of each case, in the order asked; `bulk_id` undoes it."""

    bulk_id: BulkId
    items: tuple[BulkItem, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A case whose row is not what its events say.

    Attributes:
        fields: The names of what differs; "events" where its history cannot be replayed.
    """

    case_id: CaseId
    fields: tuple[str, ...]
