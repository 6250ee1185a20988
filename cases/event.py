"""What happens to a case, as its log holds it: events are only ever added, and hold ids and codes, never text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.ids import CaseId

AttributeValue = bool | int | float | str


# What an event says of what happened: ids, codes, numbers, times as ISO text, parts of a rank by name.
EventValue = AttributeValue | Mapping[str, float] | Sequence[str] | None


class EventKind(StrEnum):
    """What can happen to a case; an event holds ids and codes, never text. `cases.life` says what each changes."""

    REPORTED = "reported"
    JOINED = "joined"
    SPLIT = "split"
    MERGED = "merged"
    ABSORBED = "absorbed"
    SCORED = "scored"
    RERANKED = "reranked"
    SEVERITY_SET = "severity_set"
    SEVERITY_CLEARED = "severity_cleared"
    PRIORITY_SET = "priority_set"
    PRIORITY_CLEARED = "priority_cleared"
    CLAIMED = "claimed"
    RENEWED = "renewed"
    RELEASED = "released"
    SKIPPED = "skipped"
    HELD = "held"
    RESUMED = "resumed"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    ESCALATED = "escalated"
    MOVED = "moved"
    DECIDED = "decided"
    OVERTURNED = "overturned"
    UPHELD = "upheld"
    REOPENED = "reopened"
    APPEALED = "appealed"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    SAMPLED = "sampled"
    READ_AGAIN = "read_again"
    ADJUDICATED = "adjudicated"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `data` holds ids, codes, numbers and times (as ISO text) only."""

    seq: int
    case_id: CaseId
    kind: EventKind
    at: datetime
    actor: str
    data: Mapping[str, EventValue]
