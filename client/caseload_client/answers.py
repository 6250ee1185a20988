"""What the service answers: frozen, typed, and blind to fields that a later service adds.

Codes (a status, a tier, a kind of event) are plain text, since a later service may know more of them. What people
wrote is left out of every repr, so that a traceback or a log that shows a value does not show a case.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Answer(BaseModel):
    """An answer, or a part of it."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, protected_namespaces=())


class FieldProblem(Answer):
    """One thing that is wrong with a request."""

    field: str
    message: str


# None where no field is to blame.
FieldProblems = Annotated[tuple[FieldProblem, ...], BeforeValidator(lambda told: () if told is None else told)]


class Problem(Answer):
    """RFC 9457. Branch on `code`, which does not change; `detail` is for people."""

    type: str = "about:blank"
    title: str = ""
    status: int
    code: str = ""
    detail: str = ""
    field: str | None = None
    errors: FieldProblems = ()
    instance: str | None = None


class ItemProblem(Answer):
    """Why one item of a batch was not taken; the others were. Its fields are named as of the item alone.

    Attributes:
        status: The HTTP status that it would have been answered with alone.
    """

    code: str
    status: int = 422
    detail: str = ""
    field: str | None = None
    errors: FieldProblems = ()


class ModelIdentity(Answer):
    """Which model spoke."""

    name: str
    version: str
    sha256: str


class SuggestedCategory(Answer):
    """A category that the model suggests."""

    category: str
    name: str
    probability: float


class Severity(Answer):
    """How much harm, how soon; 1 is the most severe.

    Attributes:
        level: The likeliest by the model alone; None where it judges none.
        shown: The one to show, raised by the policy's rules; None where none is judged.
        distribution: The probability of each level by the model alone.
    """

    level: int | None
    shown: int | None
    distribution: dict[int, float]


class Priority(Answer):
    """The place in the queue: `order_key`, larger = sooner, is the sum of its `parts`; one more is twice the harm."""

    order_key: float
    parts: dict[str, float]


class Raised(Answer):
    """By how many levels the policy's rules raise the severity, and why."""

    levels: int
    reasons: tuple[str, ...]


class Sentence(Answer):
    """A sentence of `Why.text` from `start` up to `end`; `share` of the category's log-odds goes without it."""

    start: int
    end: int
    share: float


class Word(Answer):
    """A word of `Why.text` from `start` up to `end`, and what it adds to `Why.logit`."""

    term: str = Field(repr=False)
    start: int
    end: int
    contribution: float


class Signal(Answer):
    """Something known beside the text, and what it adds to `Why.logit`."""

    name: str
    contribution: float


class Padding(Answer):
    """A passage of `Why.text` that was set aside, as it holds nothing to judge."""

    start: int
    end: int


class Why(Answer):
    """Why the likeliest category: words, signals, embedding and intercept add up to `logit`.

    Attributes:
        text: The case as the model read it; places count its Unicode characters from 0.
    """

    category: str
    text: str = Field(repr=False)
    padding: tuple[Padding, ...]
    sentences: tuple[Sentence, ...]
    words: tuple[Word, ...]
    signals: tuple[Signal, ...]
    embedding: float
    intercept: float
    logit: float


class Precedent(Answer):
    """A decided case that is like this one; `similarity` is -1 to 1, 1 = the same meaning.

    `case_id` is None where the case is in a queue that the key is not let see.
    """

    case_id: str | None
    similarity: float
    category: str
    severity: int | None
    action: str
    differs: bool


class Score(Answer):
    """What a model says of a case; docs/api.md describes each field.

    Attributes:
        tier: "apply", "suggest", "abstain"; None on a score from before it was kept.
        novelty_p: 0 to 1, small = unlike all that was decided; None where the model has no memory.
        why, precedents, precedents_say: None unless they were asked for.
    """

    case_ref: str | None = None
    case_id: str | None = None
    score_id: str | None = None
    categories: tuple[SuggestedCategory, ...]
    tier: str | None
    shortlist: tuple[SuggestedCategory, ...]
    shortlists: dict[str, tuple[str, ...]]
    novelty_p: float | None
    novel: bool
    sub_policy: str
    severity: Severity
    priority: Priority
    raised: Raised
    language: str
    supported: bool | None = None
    model: ModelIdentity
    taxonomy_version: int
    assembly_version: int
    seconds: float
    why: Why | None = None
    precedents: tuple[Precedent, ...] | None = None
    precedents_say: str | None = None


class ScoreResult(Answer):
    """What became of one case of `score_many`: a score, or why there is none.

    Attributes:
        index: Its place among the cases that were sent, from 0.
    """

    index: int
    score: Score | None = None
    problem: ItemProblem | None = None


class Model(Answer):
    """What serves, and what it knows; `state` is "loading", "ready", "no_model" or "failed"."""

    state: str
    reason: str
    model: ModelIdentity | None
    promoted_at: datetime | None
    promoted_by: str | None
    taxonomy_version: int
    model_taxonomy_version: int | None
    assembly_version: int
    encoder_hash: str | None
    categories: tuple[str, ...]
    unlearned_categories: tuple[str, ...]
    severity_levels: tuple[int, ...]


class Live(Answer):
    """The process answers."""

    status: str


class Ready(Answer):
    """Whether scores can be had: `state` is "loading", "ready", "no_model" or "failed". Intake goes on in any."""

    state: str
    reason: str = ""
    model: ModelIdentity | None = None
