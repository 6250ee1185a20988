"""What goes out over HTTP about scores and the model that made them. Probabilities keep all their digits."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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


class ReasonAnswer(Outgoing):
    """Why there is no score yet."""

    code: str
    detail: str


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
