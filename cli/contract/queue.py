"""What `--json` answers of the queue's own commands: looking at it, taking the next case, deciding it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from cases.decision import Suggestion
from cases.event import AttributeValue
from cases.record import CaseStatus
from cli.contract.base import Answer as Answer  # noqa: PLC0414 - it is part of this contract


class SuggestedCategory(Answer):
    """A category that the model offers."""

    category: str
    name: str
    probability: float = Field(ge=0, le=1)


class SuggestedSeverity(Answer):
    """What the model says of severity; 1 is the most severe."""

    level: int = Field(description="The likeliest level by the model alone.")
    shown: int = Field(
        description=(
            "The level to show: the cheapest to be wrong with, raised by the policy's rules; the likeliest on a "
            "score from before it was kept."
        )
    )
    distribution: dict[int, float] = Field(description="Probability of each level.")


class ScoreOfCase(Answer):
    """The latest score of a case."""

    score_id: str
    categories: list[SuggestedCategory] = Field(description="The three likeliest, the likeliest first.")
    tier: Literal["apply", "suggest", "abstain"] | None = Field(
        description="How far they are to be trusted; null on a score from before it was kept."
    )
    shortlist: list[str] = Field(
        description="The categories that hold the right one nine times in ten, likeliest first; empty: no promise."
    )
    novelty_p: float | None = Field(
        description="Small = unlike all cases decided so far, 0 to 1; null where the model cannot tell."
    )
    sub_policy: str = Field(description="The clause of the likeliest category; empty where only that can be said.")
    severity: SuggestedSeverity | None = Field(description="Null where the model judges no severity.")
    priority: dict[str, float] = Field(description="The parts that the order key is made of.")
    language: str
    model_version: str
    fallback: bool = Field(description="True where no model could judge and the rules spoke.")

    @property
    def offered(self) -> list[SuggestedCategory]:
        """What a person is shown of them: nothing where the model does not know; a guess would be looked at too."""
        return [] if self.tier == "abstain" else self.categories


class QueuedCase(Answer):
    """A case that waits for a decision."""

    place: int = Field(ge=1)
    case_id: str
    status: CaseStatus
    received_at: datetime
    order_key: float = Field(description="Larger = sooner.")
    rank_parts: dict[str, float] = Field(description="What the order key is made of; empty before it was ranked.")
    queue: str = Field(description="Where it waits.")
    hold_until: datetime | None = Field(description="It is kept back until then; null where it is not.")
    assigned_to: str | None = Field(description="Who alone is handed it; null: anybody.")
    appeal: bool = Field(description="Whether it waits for a review of its decision.")
    severity_set: int | None = Field(description="The severity that a person set; null where none did.")
    priority_set: str | None = Field(description="The name of the priority that a person set; null where none did.")
    title: str
    score: ScoreOfCase | None = Field(description="Null before the first score.")


class QueueAnswer(Answer):
    """`caseload queue --json`."""

    schema_: Literal["caseload.queue/1"] = Field(default="caseload.queue/1", alias="schema")
    length: int = Field(description="How many cases are undecided in all.")
    cases: list[QueuedCase] = Field(description="The most urgent first, at most --limit.")


class ClaimedLease(Answer):
    """The lease: its token is what `caseload decide` asks for."""

    holder: str
    token: int
    expires_at: datetime


class ClaimedCase(Answer):
    """A claimed case, with its text."""

    case_id: str
    received_at: datetime
    channel: str
    title: str
    description: str
    attributes: dict[str, AttributeValue]
    queue: str = Field(description="Where it waited.")
    appeal: bool = Field(description="Whether its decision is reviewed: then `decide` needs an outcome.")
    severity_set: int | None = Field(description="The severity that a person set; null where none did.")
    priority_set: str | None = Field(description="The name of the priority that a person set; null where none did.")
    score: ScoreOfCase | None = Field(description="Null before the first score.")


class ClaimAnswer(Answer):
    """`caseload claim --json`."""

    schema_: Literal["caseload.claim/1"] = Field(default="caseload.claim/1", alias="schema")
    lease: ClaimedLease | None = Field(description="Null where the queue is empty.")
    case: ClaimedCase | None = Field(description="Null where the queue is empty.")


class DecideAnswer(Answer):
    """`caseload decide --json`."""

    schema_: Literal["caseload.decide/1"] = Field(default="caseload.decide/1", alias="schema")
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
    suggestion: Suggestion = Field(description="What came of the model's suggestion.")
    suggested_rank: int | None = Field(description="Place of the decided category among those shown, from 1.")
