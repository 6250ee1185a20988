"""What the service answers about cases: what was filed, what waits, who holds it, what happened to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field, model_validator

from caseload_client.answers import Answer, ItemProblem, Score


class Unscored(Answer):
    """Why there is no score yet, by code; the case is stored and queued all the same."""

    code: str
    detail: str


class Filed(Answer):
    """What became of a report.

    Attributes:
        created: False where (source, external_id) was known; then nothing changed.
        score: None where it has none yet (`unscored` may say why), and always in a batch.
    """

    report_id: str
    case_id: str
    created: bool
    score: Score | None = None
    unscored: Unscored | None = None


class FileResult(Answer):
    """What became of one report of `file_many`.

    Attributes:
        index: Its place among the reports that were sent, from 0.
        status: 201 filed, 200 known before, else why not.
        filed, problem: One of them is None.
    """

    @model_validator(mode="before")
    @classmethod
    def _gathered(cls, told: Any) -> Any:  # noqa: ANN401 - whatever JSON held
        # What was filed stands beside the index.
        if isinstance(told, dict) and told.get("filed") is None and told.get("report_id") is not None:
            return {**told, "filed": {name: told.get(name) for name in ("report_id", "case_id", "created")}}
        return told

    index: int
    status: int
    filed: Filed | None = None
    problem: ItemProblem | None = None


class Subject(Answer):
    """What is reported."""

    kind: str
    ref: str


class Content(Answer):
    """The text and attributes of all of a case's reports so far."""

    version: int
    title: str = Field(repr=False)
    description: str = Field(repr=False)
    channel: str
    attributes: dict[str, Any] = Field(repr=False)


class Report(Answer):
    """A report of a case; who sent it is kept apart and not shown."""

    report_id: str
    source: str
    external_id: str
    channel: str
    received_at: datetime
    subject: Subject | None = None


class Decision(Answer):
    """A decision, by codes of the policy."""

    decision_id: str
    case_id: str
    category: str
    sub_policy: str
    other_categories: tuple[str, ...]
    severity: int
    action: str
    reason: str
    decided_by: str
    decided_at: datetime
    handling_seconds: float | None
    score_id: str | None
    suggestion: str
    suggested_rank: int | None
    reviews: str | None
    overturns: bool
    after_reopening: bool
    bulk_id: str | None


class Note(Answer):
    """A person's own words."""

    note_id: str
    kind: str
    author: str
    at: datetime
    text: str = Field(repr=False)
    decision_id: str | None


class CaseSummary(Answer):
    """A case in a list.

    Attributes:
        status: "open", "claimed", "decided", "merged" or "erased".
        order_key: Larger = sooner; `rank_parts` add up to it.
        hold_until: It is not handed out before; a time that has passed holds nothing.
        due: By when somebody must have claimed it; None where somebody has, or no severity is known.
    """

    case_id: str
    status: str
    received_at: datetime
    order_key: float
    rank_parts: dict[str, float]
    queue: str
    assigned_to: str | None
    hold_until: datetime | None
    appeal: bool
    severity_set: int | None
    priority_set: str | None
    due: datetime | None
    subject: Subject | None
    title: str = Field(repr=False)
    score: Score | None


class Case(CaseSummary):
    """A case with all that hangs on it.

    Attributes:
        version: The number of its last event; name it (`version=case.version`) where a change must go by what was
            read.
    """

    version: int
    first_claimed_at: datetime | None
    decided_at: datetime | None
    content: Content
    merged_into: str | None
    reports: tuple[Report, ...]
    decisions: tuple[Decision, ...]
    notes: tuple[Note, ...]


class Lease(Answer):
    """A claim: whoever holds the newest token may decide until `expires_at`."""

    case_id: str
    holder: str
    token: int
    expires_at: datetime


class Claim(Answer):
    """What was claimed."""

    lease: Lease
    case: Case


class QueuePage(Answer):
    """A page of the queue, the most urgent first; `length` counts all that wait, `next_cursor` is None at the end."""

    cases: tuple[CaseSummary, ...]
    length: int
    next_cursor: str | None = None


class CasesPage(Answer):
    """A page of cases, the newest first; `next_cursor` is None at the end."""

    cases: tuple[CaseSummary, ...]
    next_cursor: str | None = None


class Event(Answer):
    """Something that happened to a case; `data` holds ids, codes, numbers and times, never a text."""

    seq: int
    kind: str
    at: datetime
    actor: str
    data: dict[str, Any]


class EventsPage(Answer):
    """A page of what happened to a case, in order; `next_cursor` is None at the end."""

    case_id: str
    events: tuple[Event, ...]
    next_cursor: str | None = None


class Split(Answer):
    """Where a report is now: in the new case `case_id`."""

    report_id: str
    case_id: str


class BulkItem(Answer):
    """One case of a bulk; `state` says how it was found, docs/api.md which there are."""

    case_id: str
    state: str
    decision_id: str | None


class BulkPreview(Answer):
    """What would become of each case."""

    cases: tuple[BulkItem, ...]


class Bulk(BulkPreview):
    """What became of each case; `bulk_id` undoes it."""

    bulk_id: str
