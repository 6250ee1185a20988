"""What goes out over HTTP. Probabilities keep all their digits: rounding is for screens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from cases.decision import Suggestion
from cases.handling import NoteKind
from cases.record import CaseStatus
from serving.api.answers_scores import Outgoing, ReasonAnswer, ScoreAnswer


class ProblemItem(Outgoing):
    """One thing that is wrong with a request."""

    field: str
    message: str


class ItemProblem(Outgoing):
    """Why nothing came of one item of a list; a problem's fields, but for what is the same for all."""

    code: str
    status: int = Field(description="Which it would have been answered with alone.")
    detail: str
    field: str | None = None
    errors: list[ProblemItem] | None = None


class FiledAnswer(Outgoing):
    """What became of a report."""

    report_id: str
    case_id: str
    created: bool = Field(description="False where (source, external_id) was known; then nothing changed.")
    score: ScoreAnswer | None
    unscored: ReasonAnswer | None = Field(
        description="Why `score` is null; the case is stored and queued all the same."
    )


class FiledItemAnswer(Outgoing):
    """What became of one report of a batch."""

    index: int = Field(description="Its place in the request, from 0.")
    status: int = Field(description="201: filed; 200: known before; else why not, as of a problem.")
    report_id: str | None = None
    case_id: str | None = None
    created: bool | None = Field(default=None, description="As of a report that is filed alone.")
    problem: ItemProblem | None = None


class BatchFiledAnswer(Outgoing):
    """What became of each report, in the request's order."""

    results: list[FiledItemAnswer]


class SubjectAnswer(Outgoing):
    """What is reported."""

    kind: str
    ref: str


class ContentAnswer(Outgoing):
    """The text and attributes of all reports so far."""

    version: int
    title: str
    description: str
    channel: str
    attributes: dict[str, Any]


class ReportAnswer(Outgoing):
    """A report; who sent it is kept apart and not shown."""

    report_id: str
    source: str
    external_id: str
    channel: str
    received_at: datetime
    subject: SubjectAnswer | None = Field(
        description="What it named itself, also where its case is about another; null where it named none."
    )


class DecisionAnswer(Outgoing):
    """A decision, by codes of the taxonomy."""

    decision_id: str
    case_id: str
    category: str
    sub_policy: str
    other_categories: list[str]
    severity: int
    action: str
    reason: str
    decided_by: str
    decided_at: datetime
    handling_seconds: float | None
    score_id: str | None
    suggestion: Suggestion
    suggested_rank: int | None
    reviews: str | None
    overturns: bool
    after_reopening: bool = Field(description="Whether it reviews because the case was reopened, without an appeal.")
    bulk_id: str | None


class NoteAnswer(Outgoing):
    """A person's own words."""

    note_id: str
    kind: NoteKind
    author: str
    at: datetime
    text: str
    decision_id: str | None


class CaseSummary(Outgoing):
    """A case in the queue."""

    case_id: str
    status: CaseStatus
    received_at: datetime
    order_key: float
    rank_parts: dict[str, float] = Field(
        description="What the order key is made of today, by the score or by a person; empty before the first score."
    )
    queue: str = Field(description="Where it waits: main, a queue of the policy, or a team's.")
    assigned_to: str | None = Field(description="Whom alone it is handed out to.")
    hold_until: datetime | None = Field(description="Not handed out before; a time that has passed holds nothing.")
    appeal: bool = Field(description="Whether it is open because its decision was appealed.")
    severity_set: int | None = Field(description="The level that a person set.")
    priority_set: str | None = Field(description="The priority that a person set, by its name.")
    due: datetime | None = Field(
        description="By when somebody must have claimed it; null where somebody has, or no severity is known."
    )
    subject: SubjectAnswer | None
    title: str
    score: ScoreAnswer | None


class CaseAnswer(CaseSummary):
    """A case with all that hangs on it."""

    version: int = Field(
        description="The number of the latest event but for being ranked again; its `ETag` begins with it."
    )
    first_claimed_at: datetime | None
    decided_at: datetime | None
    content: ContentAnswer
    merged_into: str | None = Field(description="The case that took its reports over.")
    reports: list[ReportAnswer]
    decisions: list[DecisionAnswer]
    notes: list[NoteAnswer] = Field(description="What people wrote on it, and was not erased.")


NextCursor = Annotated[
    str | None, Field(description="Asks for the page after this one, as `cursor`; null where this is the last.")
]


class QueueAnswer(Outgoing):
    """A page of the queue, the most urgent first."""

    cases: list[CaseSummary]
    next_cursor: NextCursor
    length: int = Field(description="How many cases are undecided in all, of such as are asked for.")
    limit: int
    offset: int = Field(description="Deprecated: 0 unless asked for.")


class CasesAnswer(Outgoing):
    """A page of the cases, the newest first."""

    cases: list[CaseSummary]
    next_cursor: NextCursor


class LeaseAnswer(Outgoing):
    """A claim: whoever holds the newest token may decide until it expires."""

    case_id: str
    holder: str
    token: int
    expires_at: datetime


class ClaimAnswer(Outgoing):
    """What was claimed."""

    lease: LeaseAnswer
    case: CaseAnswer


class Problem(Outgoing):
    """RFC 9457. Branch on `code`, which does not change; `detail` is for people. Neither holds what was sent."""

    type: str = Field(description="A page that says what it is and what to do; needs no key.")
    instance: str | None = Field(default=None, description="Of this request, by its id, which the log names too.")
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    errors: list[ProblemItem] | None = None
