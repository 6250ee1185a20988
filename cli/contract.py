"""What `--json` answers: a versioned contract, one model for each command that has the option.

docs/schemas/<command>-<version>.json are the JSON Schemas; a test holds them and these together. Change one on
purpose, with a new number and a note in CHANGELOG.md. Probabilities keep all their digits.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from cases.decision import Suggestion
from cases.record import AttributeValue, CaseStatus
from cli.contract_audit import AuditHeadAnswer, AuditSealAnswer, AuditVerifyAnswer
from cli.contract_base import Answer as Answer  # noqa: PLC0414 - it is part of this contract
from cli.contract_handling import BulkAnswer, HandledAnswer, HistoryAnswer
from cli.contract_inbound import InboundAnswer
from cli.contract_privacy import ErasureAnswer, FinishAnswer, RetentionAnswer
from cli.contract_replay import ReplayAnswer
from cli.contract_rights import CallersAnswer, PeopleAnswer
from cli.contract_webhooks import DeadLettersAnswer, WebhookAddedAnswer, WebhooksAnswer


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


class RejectedRow(Answer):
    """A row that was not taken; what it held is never repeated."""

    row: int
    column: str
    length: int
    kind: str
    expected: str


class ImportAnswer(Answer):
    """`caseload import --json`."""

    schema_: Literal["caseload.import/1"] = Field(default="caseload.import/1", alias="schema")
    dry_run: bool
    read: int = Field(description="Rows read; each was accepted or rejected.")
    accepted: int
    created: int = Field(description="Reports that were new; 0 on a dry run.")
    known: int = Field(description="Reports that were known already; nothing changed for them.")
    decided: int = Field(description="Past decisions among the accepted rows.")
    rejected: int
    dropped_characters: int = Field(description="NULs and lone surrogates left out of accepted texts.")
    ignored_columns: list[str] = Field(description="The source's columns that feed no field.")
    stopped: bool = Field(description="True where the source could not be read to its end.")
    rejections: list[RejectedRow] = Field(description="The first 1,000.")


class ExportAnswer(Answer):
    """`caseload export --json`."""

    schema_: Literal["caseload.export/1"] = Field(default="caseload.export/1", alias="schema")
    path: str
    rows: int = Field(description="Rows written, the header not counted.")
    sheets: int
    guarded_cells: int = Field(description="Texts that got an apostrophe so that no spreadsheet runs them.")
    cut_cells: int = Field(description="Texts of which Excel holds only the first 32,767 characters.")
    dropped_characters: int = Field(description="Control characters left out.")


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


class DatabaseAnswer(Answer):
    """`caseload db status --json`."""

    schema_: Literal["caseload.db-status/1"] = Field(default="caseload.db-status/1", alias="schema")
    database: str = Field(description="Its URL, without the password.")
    revision: str | None = Field(description="What it is at; null before the first migration.")
    ready: bool = Field(description="Whether it is at this version's schema.")
    undecided: int | None = Field(description="How many cases wait; null where it is not ready.")
    champion: str | None = Field(description="The model that serves, name/version; null where there is none.")


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


ANSWERS: tuple[type[Answer], ...] = (
    QueueAnswer,
    ClaimAnswer,
    DecideAnswer,
    HandledAnswer,
    BulkAnswer,
    HistoryAnswer,
    ImportAnswer,
    ExportAnswer,
    ScoreAnswer,
    ExplainAnswer,
    DatabaseAnswer,
    AuditSealAnswer,
    AuditHeadAnswer,
    AuditVerifyAnswer,
    CallersAnswer,
    PeopleAnswer,
    WebhookAddedAnswer,
    WebhooksAnswer,
    DeadLettersAnswer,
    InboundAnswer,
    ErasureAnswer,
    FinishAnswer,
    RetentionAnswer,
    CompareAnswer,
    EvaluateAnswer,
    SuspectsAnswer,
    ReplayAnswer,
)


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each answer, by the name of its file in docs/schemas."""
    schemas = {}
    for answer in ANSWERS:
        name = answer.model_fields["schema_"].default.removeprefix("caseload.")
        schemas[name.replace("/", "-") + ".json"] = answer.model_json_schema(by_alias=True)
    return schemas
