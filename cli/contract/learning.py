"""What `--json` answers of the commands about models: scoring, explaining, comparing, suspecting."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cli.contract.base import Answer as Answer  # noqa: PLC0414 - it is part of this contract
from cli.contract.record import RejectedRow


class ScoreAnswer(Answer):
    """`caseload score --json`."""

    schema_: Literal["caseload.score/1"] = Field(default="caseload.score/1", alias="schema")
    path: str
    model_version: str
    scored: int
    rejected: int
    rejections: list[RejectedRow] = Field(description="The first 1,000.")


class ExplainedSentence(Answer):
    """A sentence and what it did; places count the characters of `text` from 0, the end not included."""

    start: int
    end: int
    share: float = Field(description="By how much the category's log-odds drop without it.")


class ExplainedWord(Answer):
    """A word and what it added to the category's logit."""

    term: str
    start: int
    end: int
    contribution: float


class ExplainedPrecedent(Answer):
    """A decided case that is like this one."""

    case_id: str
    similarity: float = Field(description="1 = the same meaning, -1 to 1.")
    category: str
    severity: int | None
    action: str
    differs: bool = Field(description="Whether it was decided otherwise than the model suggests here.")


class ExplainedPadding(Answer):
    """A passage that was set aside, as it holds nothing to judge."""

    start: int
    end: int


class ExplainAnswer(Answer):
    """`caseload explain --json`."""

    schema_: Literal["caseload.explain/1"] = Field(default="caseload.explain/1", alias="schema")
    case_id: str
    model_version: str
    category: str = Field(description="The one explained: the likeliest.")
    probability: float = Field(ge=0, le=1)
    tier: Literal["apply", "suggest", "abstain"] = Field(description="How far it is to be trusted.")
    text: str = Field(description="The case as the model read it, cleaned and redacted.")
    padding: list[ExplainedPadding] = Field(description="What of the text was not weighed, in its order.")
    sentences: list[ExplainedSentence] = Field(description="In the text's order.")
    words: list[ExplainedWord] = Field(description="In the text's order.")
    precedents: list[ExplainedPrecedent] = Field(description="The nearest first, at most --precedents.")
    precedents_say: str = Field(description="How many of the nearest were decided otherwise, in words.")


class ComparedMetric(Answer):
    """One metric of both models on the same rows."""

    metric: str
    champion: float
    challenger: float
    difference: float = Field(description="Challenger minus champion.")
    low: float = Field(description="Of the difference's 95 % paired bootstrap interval.")
    high: float
    better_is: Literal["higher", "lower"]
    verdict: str


class CompareAnswer(Answer):
    """`caseload compare --json`."""

    schema_: Literal["caseload.compare/1"] = Field(default="caseload.compare/1", alias="schema")
    champion: str = Field(description="name/version")
    challenger: str
    n_rows: int = Field(description="Cases measured on, that neither learnt from.")
    n_new: int = Field(description="Cases that the challenger learnt from and the champion did not know.")
    metrics: list[ComparedMetric]


class EvaluateAnswer(Answer):
    """`caseload evaluate --json`."""

    schema_: Literal["caseload.evaluate/1"] = Field(default="caseload.evaluate/1", alias="schema")
    model: str = Field(description="name/version")
    sha256: str = Field(description="Of the artifact's manifest.")
    rows: int = Field(description="Cases measured on.")
    left_out: dict[str, int] = Field(description="Cases not measured on, by reason.")
    figures: dict[str, Any] = Field(
        description="What the page shows, a part each: category, classes, reliability, risk_coverage, confusion, "
        "severity, slices, shortlists, tiers, novelty. Figures with an interval are {value, low, high}."
    )


class SuspectDecision(Answer):
    """A decision that may be a slip."""

    case_id: str
    decided: str = Field(description="The category decided.")
    suggested: str = Field(description="What the model says, not having seen the case.")
    p_decided: float = Field(ge=0, le=1)
    p_suggested: float = Field(ge=0, le=1)
    decided_by: str


class SuspectsAnswer(Answer):
    """`caseload suspects --json`."""

    schema_: Literal["caseload.suspects/1"] = Field(default="caseload.suspects/1", alias="schema")
    model: str = Field(description="name/version")
    total: int = Field(description="Suspects in all; the list may be shorter.")
    suspects: list[SuspectDecision] = Field(description="The likeliest slips first.")


class DriftBin(Answer):
    """One value of a feature, or a range of them."""

    label: str
    before: int
    now: int


class DriftFeature(Answer):
    """One feature of the cases that come in."""

    feature: str
    before: int = Field(description="Cases of before that tell it.")
    now: int
    psi: float | None = Field(description="Population stability index; null of too few cases.")
    bound: float | None = Field(description="What it stays below in 95 of 100 periods in which nothing changed.")
    reading: Literal["too few to say", "no more than chance", "steady", "worth a look", "changed"]
    bins: list[DriftBin]


class DriftAnswer(Answer):
    """`caseload drift --json`."""

    schema_: Literal["caseload.drift/1"] = Field(default="caseload.drift/1", alias="schema")
    days: int = Field(description="Length of the period that ends now.")
    before_days: int = Field(description="Length of the one before it, that it is compared with.")
    features: list[DriftFeature]
