"""What is sent: plain values. The service alone judges them, so that a newer service need not wait for this client.

What people wrote is left out of every repr, so that a traceback that shows a value does not show a case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

AttributeValue = bool | int | float | str
SkipReason = Literal["conflict_of_interest", "language", "expertise", "distressing", "other"]
HoldReason = Literal["awaiting_reporter", "awaiting_subject", "awaiting_team", "awaiting_evidence", "other"]
ReopenReason = Literal["mistake", "new_evidence", "policy_change", "quality_review", "other"]
RankReason = Literal["misjudged", "new_information", "outside_pressure", "deadline", "other"]
Outcome = Literal["uphold", "overturn"]
CaseStatus = Literal["open", "claimed", "decided", "merged", "erased"]
DeliveryState = Literal["pending", "delivered", "dead"]
# The number of the last event of a case as it was read, or "*": whatever has happened to it since.
Version = int | Literal["*"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseToScore:
    """A case to score; nothing of it is kept.

    Attributes:
        description: 1 to 1,000,000 characters, not blanks alone.
        attributes: The marketplace's own, at most 100; `reach`, `minor_involved`, `imminent`, `deadline_at` move it.
        received_at: Aware, or ISO 8601 with a zone; now where it is None.
        case_ref: Given back with the score.
    """

    description: str = field(repr=False)
    title: str = field(default="", repr=False)
    channel: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict, repr=False)
    received_at: datetime | str | None = None
    case_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A report to file. Sent again with one (source, external_id) it is filed once.

    Attributes:
        source, external_id: The sending system, and the report's name there.
        description, title, channel, attributes, received_at: As of `CaseToScore`.
        subject_kind, subject_ref: What is reported; reports on one undecided subject are one case.
        case_ref: Reports of one source that share it are one case.
        reporter: Who reported; kept apart, can be erased, never given back.
    """

    source: str
    external_id: str
    description: str = field(repr=False)
    title: str = field(default="", repr=False)
    channel: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict, repr=False)
    received_at: datetime | str | None = None
    subject_kind: str = ""
    subject_ref: str = field(default="", repr=False)
    case_ref: str = ""
    reporter: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The substance of a decision, by codes of the policy, and the decider's own words.

    Attributes:
        severity: 1 is the most severe.
        note: Kept apart, can be erased.
    """

    category: str
    severity: int
    action: str
    reason: str
    sub_policy: str = ""
    other_categories: Sequence[str] = ()
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The suggestion that the decider had on the screen, or (`hidden`) would have had.

    Attributes:
        categories: Those offered, in their order; empty where the model abstained.
    """

    score_id: str
    categories: Sequence[str]
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which of the undecided cases; what is left out is not asked for.

    Attributes:
        queues: Of these queues alone; None: of all that the key sees.
        status: "open" or "claimed": the others are not in the queue.
        category: The likeliest by the latest score.
        severity: The one that it is due by: what a person set, else what is shown.
        assigned_to: Handed out to nobody but them.
    """

    queues: Sequence[str] | None = None
    status: Literal["open", "claimed"] | None = None
    category: str | None = None
    severity: int | None = None
    assigned_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases; what is left out is not asked for.

    Attributes:
        queue: Where it waits, or waited last.
        source, external_id: With such a report; `external_id` needs `source`.
        subject_kind, subject_ref: About such a subject; `subject_ref` needs `subject_kind`.
        received_from, received_before: Aware, or ISO 8601 with a zone; the first is in, the second is not.
    """

    status: CaseStatus | None = None
    queue: str | None = None
    source: str | None = None
    external_id: str | None = None
    subject_kind: str | None = None
    subject_ref: str | None = None
    received_from: datetime | str | None = None
    received_before: datetime | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToErase:
    """Whose, or which, to erase: one of `reporter`, `subject_ref`, `case_id` and `external_id`.

    Attributes:
        source: Of `external_id`, which needs it; of `reporter`, whose reports of other sources then stay.
        subject_kind: Of `subject_ref`, which needs it.
    """

    reporter: str | None = field(default=None, repr=False)
    subject_ref: str | None = field(default=None, repr=False)
    case_id: str | None = None
    external_id: str | None = None
    source: str = ""
    subject_kind: str = ""


def as_body(value: CaseToScore | NewReport | Verdict | Shown | ToErase) -> dict[str, Any]:
    """What goes out of `value`: what was left at its default stays out, times are written as ISO 8601."""
    body: dict[str, Any] = {}
    for one in fields(value):
        held = getattr(value, one.name)
        left_out = not held if one.default_factory is not MISSING else held == one.default
        if not left_out:
            body[one.name] = plain(held)
    return body


def plain(held: object) -> object:
    """`held` as JSON can say it."""
    if isinstance(held, datetime):
        return held.isoformat()
    if isinstance(held, Mapping):
        return dict(held)
    if isinstance(held, Sequence) and not isinstance(held, str):
        return list(held)
    return held
