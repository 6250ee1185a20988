"""What is answered to whoever sends reports signed."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from cases.triage import Confidence, Triage, triage_of
from serving.api.answers import FiledAnswer
from serving.api.answers_scores import Outgoing, ScoreAnswer
from serving.hooks.zendesk import Ignored


class TriageAnswer(Outgoing):
    """A score as helpdesks keep it."""

    category: str | None = Field(description="The likeliest category's id; null where the model abstains.")
    category_confidence: Confidence | None
    severity: int | None = Field(description="The level to show; null where the model abstains or judges none.")
    severity_confidence: Confidence | None
    tags: list[str] = Field(description="For rules: caseload_category_…, caseload_severity_…, caseload_abstained.")

    @classmethod
    def of(cls, triage: Triage) -> Self:
        """The triage as it is answered."""
        return cls(
            category=triage.category,
            category_confidence=triage.category_confidence,
            severity=triage.severity,
            severity_confidence=triage.severity_confidence,
            tags=list(triage.tags),
        )


class InboundAnswer(Outgoing):
    """What became of what was sent."""

    ignored: Ignored | None = Field(
        description=(
            "Why nothing was filed: another kind of event, a comment by staff, or no words that are new. Null where "
            "it was."
        )
    )
    filed: FiledAnswer | None = Field(description="As POST /v1/cases answers; null where it was ignored.")
    triage: TriageAnswer | None = Field(description="Null before the case has a score.")


def triage_answer(score: ScoreAnswer) -> TriageAnswer:
    """The triage of an answered score."""
    best = score.categories[0] if score.categories else None
    severity = score.severity
    return TriageAnswer.of(
        triage_of(
            score.tier or "",
            best.category if best else "",
            best.probability if best else 0.0,
            severity.shown,
            0.0 if severity.shown is None else severity.distribution.get(severity.shown, 0.0),
        )
    )
