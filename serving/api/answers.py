"""What goes out over HTTP. Probabilities keep all their digits: rounding is for screens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cases.decision import Suggestion
from cases.handling import NoteKind
from cases.record import CaseStatus


class Outgoing(BaseModel):
    """An answer's body, or a part of it."""

    model_config = ConfigDict(frozen=True)


class CategoryAnswer(Outgoing):
    """A category that the model suggests."""

    category: str
    name: str
    probability: float = Field(ge=0, le=1)


class SeverityAnswer(Outgoing):
    """How much harm, how soon; 1 is the most severe."""

    level: int | None = Field(description="The likeliest level by the model alone; null where it judges none.")
    shown: int | None = Field(
        description=(
            "The level to show: the one that is cheapest to be wrong with by the policy's `severity_costs`, raised "
            "by its rules. On a score from before it was kept the likeliest; null where none is judged."
        )
    )
    distribution: dict[int, float] = Field(description="Probability of each level by the model alone.")


class PriorityAnswer(Outgoing):
    """The place in the queue."""

    order_key: float = Field(description="Larger = sooner.")
    parts: dict[str, float] = Field(
        description="What the order key is the sum of, in doublings: one more is twice the harm."
    )


class RaisedAnswer(Outgoing):
    """What the human-set rules add; it counts in the priority and the severity shown, not in the model's own."""

    levels: int = Field(ge=0)
    reasons: list[str]


class ModelIdentity(Outgoing):
    """Which model spoke."""

    name: str
    version: str
    sha256: str


class ScoreAnswer(Outgoing):
    """What a model says of a case."""

    case_ref: str | None = None
    case_id: str | None = None
    score_id: str | None = None
    categories: list[CategoryAnswer]
    tier: Literal["apply", "suggest", "abstain"] | None = Field(
        description=(
            "How far the suggestion is to be trusted. apply: right as often as the policy's precision target asks. "
            "suggest: one of a short list. abstain: the model does not know; such a case ranks with caution. Null on "
            "a score from before it was kept."
        )
    )
    shortlist: list[CategoryAnswer] = Field(
        description="The categories that hold the right one nine times in ten, likeliest first; empty: no promise."
    )
    shortlists: dict[str, list[str]] = Field(
        description='Such lists, as ids, by the share of cases promised: "0.9", "0.95"; of a stored score the first.'
    )
    novelty_p: float | None = Field(
        description=(
            "How likely a case like those decided is to look as unlike them as this one, 0 to 1; small = a new kind "
            "of case. Null where the model has no memory of them."
        )
    )
    novel: bool = Field(description="Whether it is a new kind of case; it then ranks with caution.")
    sub_policy: str = Field(
        description="The clause of the likeliest category; empty where only the category can be said."
    )
    severity: SeverityAnswer
    priority: PriorityAnswer
    raised: RaisedAnswer
    language: str
    supported: bool | None = Field(
        default=None,
        description="False where the model has not learned the text's language; null on a stored score.",
    )
    model: ModelIdentity
    taxonomy_version: int
    assembly_version: int
    seconds: float = Field(description="The case's share of the time that its batch took.")


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


class ReasonAnswer(Outgoing):
    """Why there is no score yet."""

    code: str
    detail: str


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


class ModelAnswer(Outgoing):
    """What serves, and what it knows."""

    state: str = Field(description="loading, ready, no_model or failed")
    reason: str
    model: ModelIdentity | None
    promoted_at: datetime | None
    promoted_by: str | None
    taxonomy_version: int = Field(description="Of the policy that the service runs on.")
    model_taxonomy_version: int | None
    assembly_version: int
    encoder_hash: str | None
    categories: list[str] = Field(description="Those that the model can suggest.")
    unlearned_categories: list[str] = Field(description="Those of the policy that it has not learned.")
    severity_levels: list[int]


class LiveAnswer(Outgoing):
    """The process answers."""

    status: str = "alive"


class ReadyAnswer(Outgoing):
    """Whether scores can be had. Intake goes on in any state, as long as the database answers."""

    state: str = Field(description="loading, ready, no_model or failed")
    reason: str
    model: ModelIdentity | None


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
